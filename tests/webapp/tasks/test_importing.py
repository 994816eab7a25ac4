"""What an import makes of a file, and that it makes all of it or nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from uuid import uuid4

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from segmentation.codec import from_json
from segmentation.roles import CUSTOMER_KEY, Schema
from tests.webapp.working import Shop, claim, count_rows, open_shop, run_claimed, run_jobs, store_file
from webapp import bulk, merging
from webapp.edge import Resources
from webapp.models import AuditEvent, Customer, Dataset, Import, JobStatus, Snapshot
from webapp.services.data import imports, snapshots
from webapp.services.data.datasets import ensure_dataset
from webapp.services.data.quality import show_health
from webapp.services.work import jobs
from webapp.store import StoreError
from webapp.tasks import importing

FILE = """Id,Income,Wine spend,Since,City,Response
b,20000,10.5,2024-01-02,York,1
a,,3,2024-03-01,Leeds,0
c,30000,7,2024-02-01,,0
"""


@pytest.fixture
def shop(resources: Resources) -> Shop:
    return open_shop(resources)


@pytest.fixture
def sqlite_shop(sqlite_resources: Resources) -> Shop:
    return open_shop(sqlite_resources)


def current(shop: Shop, dataset: str = "Customers") -> tuple[Snapshot, pd.DataFrame]:
    """The dataset's current snapshot and its customers."""
    with shop.reading() as session:
        row = session.scalars(select(Dataset).where(Dataset.name == dataset)).one()
        snapshot = snapshots.latest_snapshot(session, row)
        assert snapshot is not None
        session.expunge(snapshot)
    path = shop.resources.store.path(shop.actor.team_id, "snapshot", snapshot.digest)
    return snapshot, bulk.read_snapshot(path, from_json(Schema, snapshot.column_schema))


def records(shop: Shop, dataset: str = "Customers") -> dict[str, dict[str, object]]:
    """The customers of the database by key."""
    with shop.reading() as session:
        row = session.scalars(select(Dataset).where(Dataset.name == dataset)).one()
        return {c.customer_key: c.attributes for c in session.scalars(select(Customer).where(Customer.dataset_ref == row.ref))}


def plain(frame: pd.DataFrame) -> dict[str, dict[str, object]]:
    """A snapshot as the database should have it: attributes by key, missing ones left out, dates in ISO."""
    rows = json.loads(
        frame.assign(**{name: frame[name].dt.strftime("%Y-%m-%d") for name in frame.select_dtypes("datetime")}).to_json(orient="records")
    )
    return {row.pop(CUSTOMER_KEY): {name: value for name, value in row.items() if value is not None} for row in rows}


def test_import_stores_customers_and_a_snapshot(shop: Shop) -> None:
    done = shop.import_file(FILE)
    assert (done.status, done.snapshot, done.message) == ("done", 1, None)
    assert done.report is not None
    assert (done.report.file_rows, done.report.new, done.report.changed, done.report.unchanged, done.report.rejected) == (3, 3, 0, 0, 0)
    assert records(shop) == {
        "a": {"wine_spend": 3.0, "since": "2024-03-01", "city": "Leeds", "response": 0},
        "b": {"income": 20000.0, "wine_spend": 10.5, "since": "2024-01-02", "city": "York", "response": 1},
        "c": {"income": 30000.0, "wine_spend": 7.0, "since": "2024-02-01", "response": 0},
    }
    snapshot, frame = current(shop)
    assert (snapshot.customers, snapshot.as_of) == (3, date(2024, 3, 1))
    assert list(frame[CUSTOMER_KEY]) == ["a", "b", "c"]
    assert plain(frame) == records(shop)


def test_same_file_again_changes_nothing(shop: Shop) -> None:
    first = shop.import_file(FILE)
    again = shop.import_file(FILE)
    assert again.report is not None
    assert (again.status, again.snapshot, again.report.new, again.report.unchanged) == ("done", 1, 0, 3)
    with shop.reading() as session:
        assert count_rows(session, Snapshot, Customer) == [1, 3]
        assert set(session.scalars(select(Import.id).join(Customer, Customer.last_import_ref == Import.ref))) == {first.id}


def test_update_keeps_absent_customers_and_columns_and_adds_new_ones(shop: Shop) -> None:
    first = shop.import_file(FILE)
    second = shop.import_file("Id,Income,Visits\nb,21000.5,4\nd,40000,2\n")
    assert second.report is not None
    assert (second.snapshot, second.report.new, second.report.changed) == (2, 1, 1)
    found = records(shop)
    assert found["b"] == {"income": 21000.5, "wine_spend": 10.5, "since": "2024-01-02", "city": "York", "response": 1, "visits": 4}
    assert found["d"] == {"income": 40000.0, "visits": 2}
    assert found["a"] == {"wine_spend": 3.0, "since": "2024-03-01", "city": "Leeds", "response": 0}
    assert plain(current(shop)[1]) == found
    with shop.reading() as session:
        rows = select(Customer.customer_key, Import.id)
        touched = dict(session.execute(rows.join(Import, Import.ref == Customer.last_import_ref)).all())
        started = dict(session.execute(rows.join(Import, Import.ref == Customer.first_import_ref)).all())
    assert touched == {"a": first.id, "b": second.id, "c": first.id, "d": second.id}
    assert started["b"] == first.id


def test_returning_to_an_earlier_state_returns_to_its_snapshot(shop: Shop) -> None:
    shop.import_file(FILE)
    shop.import_file(FILE.replace("20000", "20001"))
    back = shop.import_file(FILE)
    assert back.snapshot == 1
    assert current(shop)[0].number == 1
    assert records(shop)["b"]["income"] == 20000.0
    assert shop.import_file(FILE).report.unchanged == 3  # type: ignore[union-attr]


def test_check_reports_what_the_import_then_does_and_stores_nothing(shop: Shop) -> None:
    file = store_file(shop.resources, shop.actor, FILE + "d,much,1,2024-01-01,York,0\n")
    with shop.writing() as session:
        slug = ensure_dataset(session, shop.actor, "Customers").slug
        started = imports.start_import(session, shop.actor, slug, file)
    run_jobs(shop.resources)
    with shop.writing() as session:
        checked = imports.show_import(session, shop.actor, started.id)
        assert count_rows(session, Customer, Snapshot) == [0, 0]
        assert session.scalars(select(Dataset)).one().column_schema is None
        imports.confirm_import(session, shop.actor, started.id)
    run_jobs(shop.resources)
    with shop.reading() as session:
        done = imports.show_import(session, shop.actor, started.id)
    assert (checked.status, done.status) == ("checked", "done")
    assert checked.report == done.report
    assert checked.report is not None
    assert checked.report.new == len(records(shop))
    assert checked.report.new + checked.report.rejected == checked.report.file_rows == 4


def test_as_of_stated_wins_and_makes_another_snapshot(shop: Shop) -> None:
    shop.import_file(FILE)
    later = shop.import_file(FILE, as_of=date(2025, 1, 1))
    assert later.report is not None
    assert (later.snapshot, later.report.unchanged, later.report.as_of) == (2, 3, date(2025, 1, 1))


def test_without_dates_the_snapshot_is_of_the_day_of_the_import_and_stays_when_nothing_changes(
    sqlite_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = "Id,Income\na,1\nb,2\n"
    genuine = importing.plan_import
    with monkeypatch.context() as patched:
        patched.setattr(importing, "plan_import", lambda *args: replace(genuine(*args), day=date(2020, 1, 1)))
        sqlite_shop.import_file(bare)
    assert current(sqlite_shop)[0].as_of == date(2020, 1, 1)
    assert sqlite_shop.import_file(bare).snapshot == 1
    changed = sqlite_shop.import_file("Id,Income\na,7\n")
    assert changed.report is not None
    assert (changed.snapshot, changed.report.as_of) == (2, changed.created_at.date())


BOUNDARIES = (
    (merging.Staging, "write_snapshot", True),
    (merging.Staging, "snapshot_digest", False),
    (merging.Staging, "prepare_rows", False),
    (jobs, "finish_job", True),
    (importing, "record_import", True),
)


@pytest.mark.parametrize(("owner", "name", "after"), BOUNDARIES, ids=[name for _, name, _ in BOUNDARIES])
def test_a_crash_at_any_boundary_leaves_all_or_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, owner: object, name: str, after: bool
) -> None:
    shop.import_file(FILE)
    before, kept = records(shop), current(shop)[0].digest
    genuine = getattr(owner, name)

    def crash(*args: object, **options: object) -> object:
        if after:
            genuine(*args, **options)
        raise MemoryError(name)

    file = store_file(shop.resources, shop.actor, FILE.replace("20000", "25000") + "z,1,1,2024-01-01,York,0\n")
    with shop.writing() as session:
        started = imports.start_import(session, shop.actor, "customers", file, check=False)
    job = claim(shop.resources)
    assert job is not None
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, crash)
        with pytest.raises(MemoryError):
            run_claimed(shop.resources, job)
    assert (records(shop), current(shop)[0].digest) == (before, kept)
    with shop.reading() as session:
        assert count_rows(session, Snapshot) == [1]
        assert session.scalars(select(AuditEvent).where(AuditEvent.action == "import.stored", AuditEvent.subject == started.id)).all() == []
        assert imports.show_import(session, shop.actor, started.id).status == "importing"
    run_claimed(shop.resources, job)  # the next attempt finds what was left behind, and is not disturbed by it
    assert records(shop)["b"]["income"] == 25000.0
    assert current(shop)[0].number == 2


def test_a_job_that_lost_its_lease_stores_nothing(shop: Shop) -> None:
    file = store_file(shop.resources, shop.actor, FILE)
    with shop.writing() as session:
        imports.start_import(session, shop.actor, ensure_dataset(session, shop.actor, "Customers").slug, file, check=False)
    job = claim(shop.resources)
    assert job is not None
    with shop.writing() as session:
        jobs.finish_job(session, job.fence, JobStatus.FAILED, "taken over")
    with pytest.raises(jobs.LeaseLost):
        run_claimed(shop.resources, job)
    with shop.reading() as session:
        assert count_rows(session, Customer, Snapshot) == [0, 0]


def test_two_imports_at_once_both_count(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.import_file(FILE)
    genuine, interrupted = merging.Staging.prepare_rows, []

    def slow(staged: merging.Staging) -> None:
        genuine(staged)
        if not interrupted:
            interrupted.append(True)
            shop.import_file("Id,Income\ny,5\n")

    monkeypatch.setattr(merging.Staging, "prepare_rows", slow)
    done = shop.import_file("Id,Income\nz,6\n")
    assert done.status == "done"
    assert set(records(shop)) == {"a", "b", "c", "y", "z"}
    assert plain(current(shop)[1]) == records(shop)


def test_consent_is_read_and_a_file_without_it_leaves_it_alone(shop: Shop) -> None:
    def consents() -> dict[str, str]:
        with shop.reading() as session:
            return dict(session.execute(select(Customer.customer_key, Customer.consent)).all())

    shop.import_file("Id,Income,Consent\na,1,yes\nb,2,no\nc,3,\n")
    assert consents() == {"a": "given", "b": "withdrawn", "c": "unknown"}
    shop.import_file("Id,Income\na,10\nb,20\nd,4\n")
    assert consents() == {"a": "given", "b": "withdrawn", "c": "unknown", "d": "unknown"}
    shop.import_file("Id,Consent\na,no\n")
    assert consents()["a"] == "withdrawn"


def test_rejected_rows_are_kept_as_a_file_that_no_spreadsheet_runs(sqlite_shop: Shop) -> None:
    done = sqlite_shop.import_file(FILE + "d,=1+cmd,3,2024-01-01,York,0\n", mapping={"schema": {"Income": "income"}})
    assert done.report is not None
    assert [(reject.line, reject.column) for reject in done.report.rejects] == [(5, "Income")]
    with sqlite_shop.reading() as session:
        rejects = imports.read_rejects(session, sqlite_shop.actor, sqlite_shop.resources.store, done.id)
    lines = rejects.data.decode("utf-8-sig").splitlines()
    assert lines[0] == "line,reason,Id,Income,Wine spend,Since,City,Response"
    assert lines[1] == "5,Income: not a number alone: a unit or other text stands beside it,d,'=1+cmd,3,2024-01-01,York,0"


def test_a_file_of_rejects_alone_is_refused_with_the_first_reason(sqlite_shop: Shop) -> None:
    nothing = sqlite_shop.import_file("Id,Income\n,1\n,2\n", dataset="Other", mapping={"schema": {"Id": "customer_id"}})
    assert nothing.status == "failed"
    assert "line 2" in (nothing.message or "")
    with sqlite_shop.reading() as session:
        assert session.scalars(select(Dataset).where(Dataset.name == "Other")).one().column_schema is None


@pytest.mark.parametrize(
    "data", ["", "Id,Income\n", "Income,City\n1,York\n1,York\n", b"PK\x03\x04rest"], ids=["empty", "header", "no id", "zip"]
)
def test_unusable_files_are_refused_in_words_and_nothing_is_stored(sqlite_shop: Shop, data: str | bytes) -> None:
    refused = sqlite_shop.import_file(data)
    assert refused.status == "failed"
    assert refused.message
    with sqlite_shop.reading() as session:
        assert count_rows(session, Customer, Snapshot) == [0, 0]


def test_a_missing_upload_says_so(sqlite_shop: Shop) -> None:
    with sqlite_shop.writing() as session:
        slug = ensure_dataset(session, sqlite_shop.actor, "Customers").slug
        imports.start_import(session, sqlite_shop.actor, slug, imports.StoredFile("gone.csv", "0" * 64, 3), check=False)
    job = claim(sqlite_shop.resources)
    assert job is not None
    with pytest.raises(StoreError, match="Upload it again"):
        run_claimed(sqlite_shop.resources, job)


def test_kinds_widen_and_other_clashes_are_refused(sqlite_shop: Shop) -> None:
    sqlite_shop.import_file("Id,Score,City\na,1,York\nb,2,Bath\nc,3,York\n", mapping={"schema": {"Score": "number"}})
    widened = sqlite_shop.import_file("Id,Score\nb,2.5\nd,4.25\n")
    assert widened.status == "done"
    assert list(current(sqlite_shop)[1]["score"]) == [1.0, 2.5, 3.0, 4.25]
    clash = sqlite_shop.import_file("Id,City\na,7\nb,8\n", mapping={"schema": {"City": "number"}})
    assert clash.status == "failed"
    assert "text" in (clash.message or "")
    assert current(sqlite_shop)[0].number == 2


CELLS = st.one_of(st.none(), st.integers(-(10**6), 10**6))
ROWS = st.dictionaries(st.integers(0, 30).map(lambda n: f"k{n:02d}"), st.tuples(CELLS, CELLS), min_size=1, max_size=20)
MAPPING = {"schema": {"Id": "customer_id", "A": "number", "B": "number"}}


def table(rows: dict[str, tuple[int | None, int | None]]) -> str:
    lines = [f"{key},{'' if a is None else a},{'' if b is None else b}" for key, (a, b) in rows.items()]
    return "\n".join(["Id,A,B", *lines]) + "\n"


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.lists(ROWS, min_size=1, max_size=3), shuffle=st.randoms(use_true_random=False))
def test_imports_merge_like_a_dictionary(sqlite_shop: Shop, files: list[dict[str, tuple[int | None, int | None]]], shuffle) -> None:
    number = uuid4()
    expected: dict[str, tuple[int | None, int | None]] = {}
    for rows in files:
        done = sqlite_shop.import_file(table(rows), dataset=f"D {number}", mapping=MAPPING)
        assert done.report is not None, done.message
        new = len(rows.keys() - expected.keys())
        changed = sum(key in expected and expected[key] != rows[key] for key in rows)
        assert (done.report.new, done.report.changed, done.report.unchanged) == (new, changed, len(rows) - new - changed)
        expected |= rows
    wanted = {key: {name: value for name, value in (("a", a), ("b", b)) if value is not None} for key, (a, b) in expected.items()}
    snapshot, frame = current(sqlite_shop, f"D {number}")
    assert plain(frame) == records(sqlite_shop, f"D {number}") == wanted
    shuffled = list(expected.items())
    shuffle.shuffle(shuffled)
    again = sqlite_shop.import_file(table(dict(shuffled)), dataset=f"D {number}", mapping=MAPPING)
    assert again.report is not None
    assert (again.report.unchanged, again.snapshot) == (len(expected), snapshot.number)
    sqlite_shop.import_file(table(dict(shuffled)), dataset=f"E {number}", mapping=MAPPING, as_of=snapshot.as_of)
    assert current(sqlite_shop, f"E {number}")[0].digest == snapshot.digest


def test_rows_stay_together_in_a_file_that_is_read_in_many_pieces(sqlite_shop: Shop) -> None:
    rows = 130_000  # more than one of DuckDB's row groups
    lines = [f"{n},{n + 0.5},{n % 7},2024-01-{1 + n % 28:02d},{'no' if n % 2 else 'yes'},w{n % 5}" for n in range(rows)]
    roles = {"Id": "customer_id", "A": "amount", "B": "count", "C": "enrolled_on", "D": "flag", "E": "category"}
    done = sqlite_shop.import_file("Id,A,B,C,D,E\n" + "\n".join(lines) + "\n", mapping={"schema": roles})
    assert done.report is not None, done.message
    assert done.report.new == rows
    frame = current(sqlite_shop)[1]
    number = frame[CUSTOMER_KEY].astype(int)
    assert (frame["a"] == number + 0.5).all()
    assert (frame["b"] == number % 7).all()
    assert (frame["c"].dt.day == 1 + number % 28).all()
    assert (frame["d"] == (number + 1) % 2).all()
    assert (frame["e"] == "w" + (number % 5).astype(str)).all()
    with sqlite_shop.reading() as session:
        for customer in session.scalars(select(Customer).where(Customer.customer_key.in_(["0", "77777", "129999"]))):
            assert customer.attributes["a"] == int(customer.customer_key) + 0.5


def test_the_smartcart_file(shop: Shop, shared_data) -> None:
    data = (shared_data / "smartcart_customers.csv").read_bytes()
    first = shop.import_file(data)
    again = shop.import_file(data)
    assert first.report is not None
    assert again.report is not None
    assert (first.report.file_rows, first.report.new, first.report.rejected) == (2240, 2240, 0)
    assert (again.report.unchanged, again.report.new, again.report.changed, again.snapshot) == (2240, 0, 0, 1)
    flagged = sum(finding.count for finding in first.report.findings if finding.severity == "flag" and finding.column == "Income")
    frame = current(shop)[1]
    assert frame["income"].isna().sum() == 24 + flagged
    assert any(finding.count == 24 and finding.column == "Income" for finding in first.report.findings)
    assert sum("income" not in attributes for attributes in records(shop).values()) == 24 + flagged
    assert {"0"} <= set(frame[CUSTOMER_KEY])
    with shop.reading() as session:
        health = show_health(session, shop.actor, shop.resources.store, "customers")
        assert session.scalars(select(Import.status)).all() == ["done", "done"]
    assert health is not None
    quality = {column.quality.name: column.quality for column in health.columns}
    assert quality["income"].filled == pytest.approx((2240 - 24 - flagged) / 2240)
    assert quality["enrolled_on"].high == "2014-06-29"


def test_the_day_of_the_import_is_only_taken_for_the_file_s_and_told(sqlite_shop: Shop) -> None:
    told = sqlite_shop.import_file("Id,Income,City\n1,10,York\n2,20,Bath\n").report
    assert told is not None
    assert "as_of_assumed" in {finding.code for finding in told.findings}
    stated = sqlite_shop.import_file("Id,Income,City\n1,11,York\n", as_of=date(2024, 6, 30)).report
    assert stated is not None
    assert "as_of_assumed" not in {finding.code for finding in stated.findings}
