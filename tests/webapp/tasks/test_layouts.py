"""Records list values, and layouts say of which columns: through files that bring and drop columns, their undoing, and older releases."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select, text

from tests.webapp.tasks.test_importing import current, plain, records
from tests.webapp.tasks.test_merging import bring, stored, undo
from tests.webapp.working import Shop, open_shop
from webapp.edge import Resources
from webapp.migrate import downgrade, upgrade
from webapp.models import Customer, Layout
from webapp.services.doctor import examine_team

BEFORE_LAYOUTS = "20261126_customers_keys"
BEFORE_REFS = "20261126_customers_consent"
FILE = 'Id,Income,City,Since\na,10000.5,"Bed ""9"" Ü",2024-01-02\nb,20000,York,\nc,,Leeds,2024-03-04\n'
ROLES = {"schema": {"Id": "customer_id", "Income": "income", "City": "category", "Since": "enrolled_on", "Visits": "count"}}


def mapping(*headers: str) -> dict[str, dict[str, str]]:
    return {"schema": {header: ROLES["schema"][header] for header in headers}}


@pytest.fixture
def shop(resources: Resources) -> Shop:
    """A dataset with three customers, on both databases in turn."""
    opened = open_shop(resources)
    bring(opened, FILE, mapping=mapping("Id", "Income", "City", "Since"))
    return opened


def raw(shop: Shop) -> dict[str, tuple[object, bool]]:
    """What lies in the database for each customer, and whether a layout goes with it."""
    with shop.reading() as session:
        return {row.customer_key: (row.record, row.layout_id is not None) for row in session.scalars(select(Customer))}


def layouts(shop: Shop) -> list[list[str]]:
    with shop.reading() as session:
        return [row.columns for row in session.scalars(select(Layout).order_by(Layout.id))]


def test_a_record_lists_the_values_of_its_layout(shop: Shop) -> None:
    assert layouts(shop) == [["income", "city", "since"]]
    assert raw(shop)["a"] == ([10000.5, 'Bed "9" Ü', "2024-01-02"], True)
    assert raw(shop)["b"] == ([20000.0, "York", None], True)
    assert records(shop) == plain(current(shop)[1])


def test_each_record_keeps_the_layout_that_it_was_written_in(shop: Shop) -> None:
    first = stored(shop)
    bring(shop, "Id,City,Visits\nb,Bath,3\nd,Rye,4\n", mapping=mapping("Id", "City", "Visits"))
    assert layouts(shop) == [["income", "city", "since"], ["income", "city", "since", "visits"]]
    assert len(raw(shop)["a"][0]) == 3  # type: ignore[arg-type] - nobody rewrites whom the file leaves alone
    assert records(shop) == plain(current(shop)[1])
    assert [row for row in stored(shop) if row[0] in "ac"] == [row for row in first if row[0] in "ac"]


def test_undoing_gives_back_the_columns_of_before(shop: Shop) -> None:
    first = stored(shop)
    second, _ = bring(shop, "Id,City,Visits\nb,Bath,3\nd,Rye,4\n", mapping=mapping("Id", "City", "Visits"))
    grown = stored(shop)
    third, _ = bring(shop, "Id,Income\na,1\nd,2\n", mapping=mapping("Id", "Income"))  # a is in the first layout, d in the second
    undo(shop, third.id)
    assert stored(shop) == grown
    assert records(shop) == plain(current(shop)[1])
    undo(shop, second.id)
    assert stored(shop) == first
    assert len(layouts(shop)) == 2, "columns that were there before have their layout"


def test_a_dataset_whose_only_import_was_undone_takes_customers_in_again(resources: Resources) -> None:
    shop = open_shop(resources)
    undo(shop, bring(shop, FILE)[0].id)
    assert records(shop) == {}
    bring(shop, FILE)
    assert set(records(shop)) == {"a", "b", "c"}
    assert records(shop) == plain(current(shop)[1])


def test_records_of_an_earlier_release_stay_readable_and_are_merged(shop: Shop) -> None:
    first, engine = stored(shop), shop.resources.engine
    downgrade(engine, BEFORE_LAYOUTS)
    with shop.reading() as session:
        found = session.execute(text("SELECT customer_key, CAST(attributes AS TEXT) FROM customers ORDER BY customer_key"))
        before = {key: json.loads(record) for key, record in found}
    assert before == {row[0]: row[1] for row in first}
    upgrade(engine)
    assert raw(shop) == {key: (record, False) for key, record in before.items()}
    assert stored(shop) == first
    done, report = bring(shop, "Id,Income\nb,21000\n", mapping=mapping("Id", "Income"))
    assert report.changed == 1
    assert {key for key, (_, has_layout) in raw(shop).items() if has_layout} == {"b"}
    assert records(shop) == plain(current(shop)[1])
    undo(shop, done.id)
    assert stored(shop) == first


def test_an_import_of_the_release_before_is_undone_by_this_one(shop: Shop) -> None:
    first, engine = stored(shop), shop.resources.engine
    second, _ = bring(shop, "Id,Income\nb,21000\nd,1\n", mapping=mapping("Id", "Income"))
    grown = stored(shop)
    downgrade(engine, BEFORE_REFS)
    upgrade(engine)
    assert stored(shop) == grown
    undo(shop, second.id)
    assert stored(shop) == first
    assert records(shop) == plain(current(shop)[1])


def test_customers_whose_import_is_gone_stay_and_doctor_tells_of_them(shop: Shop) -> None:
    engine = shop.resources.engine
    downgrade(engine, BEFORE_REFS)
    with engine.begin() as connection:
        connection.execute(text("UPDATE customers SET first_import_id = 'gone' WHERE customer_key = 'a'"))
    upgrade(engine)
    assert set(records(shop)) == {"a", "b", "c"}
    with shop.reading() as session:
        assert [problem.id for problem in examine_team(session, shop.actor, shop.resources.store)] == ["customers_of_others"]
    done, _ = bring(shop, "Id,Income\na,1\n", mapping=mapping("Id", "Income"))
    undo(shop, done.id)
    assert records(shop) == plain(current(shop)[1])
