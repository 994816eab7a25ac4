"""Files of order lines feed a dataset: what they add, that they add it once, and that nothing else gets in."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd
import pytest
from sqlalchemy import select

from segmentation.codec import from_json
from segmentation.roles import Schema
from segmentation.synthetic_order_lines import synthetic_orders
from tests.webapp.working import Shop, count_rows, open_shop, run_jobs, store_file
from webapp import bulk
from webapp.edge import Resources
from webapp.models import Customer, Dataset, Import, Snapshot
from webapp.services.data import imports, snapshots
from webapp.services.data.datasets import ensure_dataset

HEAD = "Order,Customer,Order date,Product,Category,Channel,Quantity,Unit price,Country"
CUSTOMERS = "Id,Income,Wine spend,Since\n" + "".join(f"c{n},{20_000 + n},{n}.5,2024-01-{n:02}\n" for n in range(1, 29))


@pytest.fixture
def shop(resources: Resources) -> Shop:
    return open_shop(resources)


@pytest.fixture
def sqlite_shop(sqlite_resources: Resources) -> Shop:
    return open_shop(sqlite_resources)


def _text(first: int, last: int, *more: str, quantity: int = 2) -> str:
    """Orders first..last of six customers, a day apart, and `more` lines."""
    lines = [f"{n},ann{n % 6},2024-03-{n:02},P{n % 4},Toys,Web,{quantity},1.50,Austria" for n in range(first, last + 1)]
    return "\n".join((HEAD, *lines, *more)) + "\n"


def _current(shop: Shop, dataset: str = "Customers") -> tuple[Snapshot, pd.DataFrame]:
    with shop.reading() as session:
        snapshot = snapshots.latest_snapshot(session, session.scalars(select(Dataset).where(Dataset.name == dataset)).one())
        assert snapshot is not None
        session.expunge(snapshot)
    path = shop.resources.store.path(shop.actor.team_id, "snapshot", snapshot.digest)
    return snapshot, bulk.read_snapshot(path, from_json(Schema, snapshot.column_schema))


def _spent(shop: Shop) -> float:
    return float(_current(shop)[1]["net_spend"].sum())


def _undo(shop: Shop, import_id: str) -> float:
    """What is spent in all once that import is taken back."""
    with shop.writing() as session:
        imports.undo_import(session, shop.actor, import_id)
    run_jobs(shop.resources)
    return _spent(shop)


def test_order_lines_become_customers(shop: Shop) -> None:
    done = shop.import_file(_text(1, 24, "25,,2024-03-25,P1,Toys,Web,1,1,", "C24,ann0,2024-03-26,P1,Toys,Web,-1,1.50,Austria"))
    report = done.report
    assert report is not None
    assert (done.status, done.message) == ("done", None)
    assert (report.file_rows, report.new, report.rejected) == (26, 6, 0)
    assert report.lines is not None
    assert (report.lines.without_customer, report.lines.cancellations, report.lines.sales) == (1, 1, 24)
    assert report.schema["Order date"] == "ordered_on"
    assert report.as_of == date(2024, 3, 26)
    assert "1 of 26 lines name no customer: they were left out." in [finding.message for finding in report.findings]
    assert {choice.source: choice.use for choice in report.columns}["Quantity"] == "made into customers"
    snapshot, customers = _current(shop)
    assert (snapshot.as_of, len(customers), customers["orders"].sum()) == (date(2024, 3, 26), 6, 24)
    assert customers.set_index("customer_key").loc["ann0", "net_spend"] == pytest.approx(4 * 3.0 - 1.5)


def test_later_files_add_to_earlier_ones_and_the_same_file_adds_nothing(shop: Shop) -> None:
    shop.import_file(_text(1, 20))
    first = _current(shop)[0]
    again = shop.import_file(_text(1, 20))
    assert again.report is not None
    assert (again.report.new, again.report.changed, again.report.unchanged) == (0, 0, 6)
    assert _current(shop)[0].id == first.id
    shuffled = _text(1, 20).splitlines()
    shop.import_file("\n".join((shuffled[0], *reversed(shuffled[1:]))))
    assert _current(shop)[0].id == first.id
    later = shop.import_file(_text(11, 28))
    assert later.report is not None
    assert (later.report.changed, later.report.as_of) == (6, date(2024, 3, 28))
    assert _current(shop)[1]["orders"].sum() == 28
    assert _spent(shop) == pytest.approx(28 * 3.0)
    shop.import_file(_text(1, 20))
    assert _spent(shop) == pytest.approx(28 * 3.0)
    with shop.reading() as session:
        assert len({row.part_digest for row in session.scalars(select(Import))} - {None}) == 2


def test_parts_make_the_customers_of_the_whole(sqlite_shop: Shop) -> None:
    made = synthetic_orders(60, seed=2, repeated=0.0).lines
    order = made["Order"].str.removeprefix("C").astype(int)
    for part in (made[order % 3 == 1], made[order % 3 == 0], made[order % 3 == 2]):
        assert sqlite_shop.import_file(part.to_csv(index=False)).status == "done"
    pieces = _current(sqlite_shop)[1]
    assert sqlite_shop.import_file(made.to_csv(index=False), dataset="Whole").status == "done"
    whole = _current(sqlite_shop, "Whole")[1]
    names = sorted(whole.columns)
    pd.testing.assert_frame_equal(pieces[names], whole[names])


def test_an_order_that_comes_again_with_other_lines_is_what_the_newer_file_says(sqlite_shop: Shop) -> None:
    sqlite_shop.import_file(_text(1, 20))
    newer = sqlite_shop.import_file(_text(19, 22, quantity=4))
    assert newer.report is not None
    assert "2 orders were in earlier files with other lines. The lines of this file stand for them now." in [
        finding.message for finding in newer.report.findings
    ]
    assert _spent(sqlite_shop) == pytest.approx(18 * 3.0 + 4 * 6.0)


def test_a_file_that_comes_again_after_another_counts_as_the_later_one(sqlite_shop: Shop) -> None:
    first, second = _text(1, 20), _text(19, 20, quantity=4)
    sqlite_shop.import_file(first)
    sqlite_shop.import_file(second)
    assert _spent(sqlite_shop) == pytest.approx(18 * 3.0 + 2 * 6.0)
    again = sqlite_shop.import_file(first)
    assert again.report is not None
    assert "orders_again" in {finding.code for finding in again.report.findings}
    assert (again.report.changed, _spent(sqlite_shop)) == (2, pytest.approx(20 * 3.0))
    sqlite_shop.import_file(first)
    assert _undo(sqlite_shop, sqlite_shop.import_file(second).id) == pytest.approx(20 * 3.0)
    with sqlite_shop.reading() as session:
        twice = imports.list_imports(session, sqlite_shop.actor, "customers")[1]
    assert _undo(sqlite_shop, twice.id) == pytest.approx(20 * 3.0)
    assert _undo(sqlite_shop, again.id) == pytest.approx(18 * 3.0 + 2 * 6.0)
    sqlite_shop.import_file(_text(21, 22))
    assert _spent(sqlite_shop) == pytest.approx(20 * 3.0 + 2 * 6.0)


def test_a_file_that_only_adds_its_lines_again_leaves_what_it_replaced_before(sqlite_shop: Shop) -> None:
    first, second = _text(1, 20), _text(19, 20, quantity=4)
    for text, mode, spent in (
        (first, "update", 60.0),
        (second, "update", 66.0),
        (first, "append", 72.0),
        (second, "append", 72.0),
        (first, "append", 72.0),
        (second, "update", 66.0),
    ):
        sqlite_shop.import_file(text, mode=mode)
        assert _spent(sqlite_shop) == pytest.approx(spent)


def test_lines_of_earlier_files_and_orders_of_two_customers_are_told(sqlite_shop: Shop) -> None:
    sqlite_shop.import_file(_text(1, 20))
    later = sqlite_shop.import_file(_text(19, 22, "1,zoe,2024-03-01,P1,Toys,Web,2,1.50,Austria"))
    assert later.report is not None
    told = {finding.code: (finding.count, finding.lines) for finding in later.report.findings}
    assert (told["repeated_lines"], told["shared_orders"]) == ((2, (2, 3)), (1, (6,)))


def test_a_dataset_is_fed_by_orders_or_by_customers(sqlite_shop: Shop) -> None:
    sqlite_shop.import_file(_text(1, 20))
    before = _current(sqlite_shop)[0].id
    refused = sqlite_shop.import_file(CUSTOMERS)
    assert refused.status == "failed"
    assert "This dataset is fed by order lines" in (refused.message or "")
    assert _current(sqlite_shop)[0].id == before
    other = sqlite_shop.import_file(CUSTOMERS, dataset="People")
    assert other.status == "done"
    mixed = sqlite_shop.import_file(_text(1, 20), dataset="People")
    assert mixed.status == "failed"
    assert "The file holds order lines" in (mixed.message or "")
    assert "fed by files of customers" in (mixed.message or "")


def test_somebody_can_say_that_rows_are_customers(sqlite_shop: Shop) -> None:
    stated = {"schema": {"Customer": "ignore", "Order": "customer_id", "Order date": "enrolled_on"}}
    done = sqlite_shop.import_file(_text(1, 20), mapping=stated)
    assert done.report is not None
    assert (done.status, done.report.new, done.report.lines) == ("done", 20, None)


def test_a_dry_run_of_orders_stores_no_customer(sqlite_shop: Shop) -> None:
    file = store_file(sqlite_shop.resources, sqlite_shop.actor, _text(1, 20))
    with sqlite_shop.writing() as session:
        slug = ensure_dataset(session, sqlite_shop.actor, "Customers").slug
        started = imports.start_import(session, sqlite_shop.actor, slug, file, check=True)
    run_jobs(sqlite_shop.resources)
    with sqlite_shop.reading() as session:
        checked = imports.show_import(session, sqlite_shop.actor, started.id)
        assert count_rows(session, Customer, Snapshot) == [0, 0]
    assert checked.report is not None
    assert (checked.status, checked.report.new) == ("checked", 6)
    assert not list((sqlite_shop.resources.store.root / sqlite_shop.actor.team_id / "orders").rglob("*.*"))
    assert not sqlite_shop.resources.store.holds_any("orders")
    done = sqlite_shop.import_file(_text(1, 20))
    assert done.report is not None
    assert done.report.new == 6


def test_days_to_come_are_rejected(sqlite_shop: Shop) -> None:
    ahead = f"{datetime.now(UTC).year + 2}-01-01"
    done = sqlite_shop.import_file(_text(1, 20, f"21,ann1,{ahead},P1,Toys,Web,2,1.50,Austria"))
    assert done.report is not None
    assert [(reject.line, reject.reason) for reject in done.report.rejects] == [(22, "a day that has not come yet")]
    assert done.report.as_of == date(2024, 3, 20)


def test_the_columns_of_the_last_file_are_known_again(sqlite_shop: Shop) -> None:
    stated = {"schema": {"Category": "ignore", "Country": "ignore"}}
    first = sqlite_shop.import_file(_text(1, 20), mapping=stated)
    second = sqlite_shop.import_file(_text(21, 24))
    assert first.report is not None
    assert second.report is not None
    assert second.report.schema == first.report.schema


def test_customers_of_orders_are_clustered(sqlite_shop: Shop) -> None:
    sqlite_shop.import_file(synthetic_orders(400, seed=5).lines.to_csv(index=False))
    version = sqlite_shop.recluster()
    assert version.status == "ready"
    assert version.k == 4


def test_a_file_that_only_adds_leaves_the_lines_of_its_orders(sqlite_shop: Shop) -> None:
    sqlite_shop.import_file(_text(1, 20))
    added = sqlite_shop.import_file(_text(19, 22, quantity=4), mode="append")
    assert added.report is not None
    assert "orders_again" not in {finding.code for finding in added.report.findings}
    assert (added.report.changed, added.report.known) == (6, 0)
    assert _spent(sqlite_shop) == pytest.approx(20 * 3.0 + 4 * 6.0)
    sqlite_shop.import_file(_text(21, 22))
    assert _spent(sqlite_shop) == pytest.approx(22 * 3.0 + 2 * 6.0)


def test_a_file_that_replaces_stands_for_all_before_it(sqlite_shop: Shop) -> None:
    sqlite_shop.import_file(_text(1, 20))
    replaced = sqlite_shop.import_file(_text(19, 22), mode="replace")
    assert replaced.report is not None
    assert (replaced.report.changed, replaced.report.removed) == (4, 2)
    assert _spent(sqlite_shop) == pytest.approx(4 * 3.0)
    sqlite_shop.import_file(_text(23, 24))
    assert _spent(sqlite_shop) == pytest.approx(6 * 3.0)


def test_an_undone_file_takes_its_lines_along(sqlite_shop: Shop) -> None:
    sqlite_shop.import_file(_text(1, 20))
    before = _current(sqlite_shop)
    wrong = sqlite_shop.import_file(_text(19, 28, quantity=9))
    with sqlite_shop.writing() as session:
        imports.undo_import(session, sqlite_shop.actor, wrong.id)
    run_jobs(sqlite_shop.resources)
    assert _current(sqlite_shop)[0].id == before[0].id
    sqlite_shop.import_file(_text(21, 22))
    assert _spent(sqlite_shop) == pytest.approx(22 * 3.0)


def test_rejected_lines_come_back_to_be_corrected(sqlite_shop: Shop) -> None:
    done = sqlite_shop.import_file(_text(1, 20, "21,ann1,2024-03-21,P1,Toys,Web,two,1.50,Austria"))
    with sqlite_shop.reading() as session:
        rejects = imports.read_rejects(session, sqlite_shop.actor, sqlite_shop.resources.store, done.id)
    text = rejects.data.decode("utf-8-sig")
    assert text.splitlines()[0] == f"line,reason,{HEAD}"
    assert sqlite_shop.import_file(text.replace(",two,", ",2,")).status == "done"
    assert _spent(sqlite_shop) == pytest.approx(21 * 3.0)
