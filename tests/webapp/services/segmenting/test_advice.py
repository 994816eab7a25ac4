"""Re-cluster now? As a team reads it."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from sqlalchemy import select

from tests.webapp.conftest import Prepare
from tests.webapp.working import Shop, customers_csv, open_shop
from webapp.edge import Resources
from webapp.models import MemberRole, SegmentTrace, Snapshot
from webapp.services.access import team_dataset
from webapp.services.errors import Forbidden, NotFound
from webapp.services.modelling.tracing import plan_trace, stored_counts
from webapp.services.modelling.versions import find_version
from webapp.services.segmenting.advice import ReclusterAdvice, advise_recluster

JANUARY, FEBRUARY, LATER = date(2025, 1, 31), date(2025, 2, 28), date(2025, 12, 31)
FILE = customers_csv((50, 50, 50))


def filled(resources: Resources) -> Shop:
    opened = open_shop(resources)
    opened.import_file(FILE, as_of=JANUARY)
    opened.recluster(k=3)
    return opened


@pytest.fixture
def shop(prepare: Prepare) -> Shop:
    return prepare(filled)


def read(shop: Shop) -> ReclusterAdvice | None:
    with shop.reading() as session:
        return advise_recluster(session, shop.actor, "customers")


def answer(shop: Shop) -> tuple[str, dict[str, str]]:
    found = read(shop)
    assert found is not None
    assert found.advice is not None
    return found.advice.answer, {reason.code: reason.text for reason in found.advice.reasons}


def multiplied(file: str, column: str, times: float) -> str:
    """The file with everybody's amount in `column` times as large."""
    rows = list(csv.DictReader(io.StringIO(file)))
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows({**row, column: str(round(float(row[column]) * times))} for row in rows)
    return out.getvalue()


def test_on_the_customers_of_the_fit_there_is_no_need(shop: Shop) -> None:
    found, reasons = answer(shop)
    assert found == "no"
    assert reasons["age"] == "The segments were found on the customers of today."
    assert reasons["measures"].startswith("None of the ")


def test_other_incomes_are_a_reason_and_named(shop: Shop) -> None:
    shop.import_file(multiplied(FILE, "Income", 3), as_of=FEBRUARY)
    found, reasons = answer(shop)
    assert found == "yes"
    assert "Income" in reasons["measures_large"]
    assert "28 days earlier" in reasons["age"]


def test_old_customers_are_a_reason(shop: Shop) -> None:
    shop.import_file(FILE + customers_csv((1, 1, 1), seed=5, first=900).split("\n", 1)[1], as_of=LATER)
    assert "334 days earlier" in answer(shop)[1]["age"]


def test_a_new_version_settles_it(shop: Shop) -> None:
    shop.import_file(multiplied(FILE, "Income", 3), as_of=FEBRUARY)
    shop.recluster(k=3, promote=True)
    found = read(shop)
    assert found is not None
    assert found.version == 2
    assert answer(shop)[0] == "no"


def test_sizes_are_compared_with_those_of_the_fit(shop: Shop) -> None:
    """Only customers of one kind come: that segment grows."""
    shop.import_file(FILE + customers_csv((0, 0, 120), seed=5, first=900).split("\n", 1)[1], as_of=FEBRUARY)
    found, reasons = answer(shop)
    assert found == "yes"
    assert "PSI" in reasons["segments"]


def test_what_was_counted_before_advice_was_given_is_counted_again(shop: Shop) -> None:
    with shop.reading() as session:
        version = find_version(session, shop.actor, team_dataset(session, shop.actor, "customers"), None)
        assert version is not None
        [counted] = stored_counts(session, shop.actor, version).values()
    assert counted.since_fit is not None
    assert counted.since_fit.placed == 150


def test_there_is_no_advice_without_a_champion_and_none_for_viewers(resources: Resources) -> None:
    shop = open_shop(resources)
    shop.import_file(FILE)
    assert read(shop) is None
    with shop.reading() as session, pytest.raises(NotFound):
        advise_recluster(session, shop.stranger, "customers")
    with shop.reading() as session, pytest.raises(Forbidden):
        advise_recluster(session, shop.member(MemberRole.VIEWER), "customers")


def test_a_replaced_base_of_the_same_day_is_another_one(shop: Shop) -> None:
    shop.import_file("\n".join(FILE.split("\n")[:101]) + "\n", as_of=JANUARY, mode="replace")
    found, reasons = answer(shop)
    assert found == "yes"
    assert reasons["turnover"] == "50 of the 150 that the segments were found on (33.3%) are gone."
    assert reasons["age"] == "The segments were found on snapshot 1; the newest, snapshot 2, has the same day."


def test_new_customers_of_the_same_day_have_no_segment(shop: Shop) -> None:
    shop.import_file(customers_csv((1, 1, 1), seed=5, first=900), as_of=JANUARY)
    assert answer(shop)[1]["turnover"] == "3 of 153 customers (2.0%) joined since and have no segment yet; that is little."


def test_a_trace_from_before_turnover_was_counted_is_counted_again(shop: Shop) -> None:
    with shop.writing() as session:
        row = session.scalars(select(SegmentTrace)).one()
        kept = {name: value for name, value in row.counts["since_fit"].items() if name not in ("joined", "left")}
        row.counts = {**row.counts, "since_fit": kept}
        dataset = session.get_one(Snapshot, row.snapshot_id).dataset_id
    assert answer(shop)[0] == "no"
    with shop.reading() as session:
        plan = plan_trace(session, shop.actor, dataset)
    assert plan is not None
    assert len(plan.missing) == 1
