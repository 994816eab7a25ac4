"""Files without ids, with a category spelt out, and with nothing to find segments by, through the steps of an import."""

from __future__ import annotations

import pytest

from segmentation.roles import ROW_NUMBERS
from tests.webapp.services.data.test_imports import show, start
from tests.webapp.working import Shop, open_shop
from webapp.edge import Resources
from webapp.services.data import imports
from webapp.services.data.imports import ImportReport

WAYS = ("Card", "Cash", "Giro")
SPELT_OUT = "id,income," + ",".join(f"pay_{way}" for way in WAYS) + "\n"
SPELT_OUT += "".join(f"c{n:02},{20_000 + 41 * n},{','.join('1' if n % 3 == way else '0' for way in range(3))}\n" for n in range(30))


@pytest.fixture
def shop(sqlite_resources: Resources) -> Shop:
    return open_shop(sqlite_resources)


def report(shop: Shop, import_id: str) -> ImportReport:
    detail = show(shop, import_id)
    assert detail.report is not None, detail.message
    return detail.report


def test_row_numbers_are_ids_once_somebody_says_so_and_for_later_files(shop: Shop) -> None:
    failed = show(shop, start(shop, "age,income\n30,10\n41,20\n30,10\n").id)
    assert failed.report is not None
    assert failed.report.unidentified
    assert ROW_NUMBERS in failed.report.findings[0].message
    with shop.writing() as session:
        imports.change_mapping(session, shop.actor, failed.id, {"schema": {ROW_NUMBERS: "customer_id"}})
    checked = report(shop, failed.id)
    assert (checked.new, checked.schema[ROW_NUMBERS]) == (3, "customer_id")
    assert "row_numbers" in {finding.code for finding in checked.findings}
    with shop.writing() as session:
        imports.confirm_import(session, shop.actor, failed.id)
    assert show(shop, failed.id).status == "done"
    later = report(shop, start(shop, "age,income\n30,10\n41,25\n30,10\n52,40\n").id)
    assert (later.new, later.changed, later.unchanged) == (1, 1, 2)


def test_a_category_spelt_out_is_the_same_category_the_next_time(shop: Shop) -> None:
    first = start(shop, SPELT_OUT, check=False)
    assert show(shop, first.id).status == "done"
    later = report(shop, start(shop, SPELT_OUT + "c90,25000,0,0,1\n").id)
    assert later.schema == {"id": "customer_id", "income": "income", "pay": "category"}
    assert (later.new, later.unchanged) == (1, 30)
    again = report(shop, start(shop, SPELT_OUT, mapping={"schema": later.schema}).id)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 30)
    apart = report(shop, start(shop, SPELT_OUT, mapping={"schema": {"pay_Card": "flag"}}).id)
    assert apart.schema["pay_Cash"] == "flag"


def test_customers_with_nothing_to_find_segments_by_can_be_imported(shop: Shop) -> None:
    mails = "id,email,churn\n" + "".join(f"c{n},p{n}@shop.example,{'yes' if n % 4 else 'no'}\n" for n in range(30))
    checked = show(shop, start(shop, mails).id)
    assert checked.report is not None
    assert "nothing_to_cluster" in {finding.code for finding in checked.report.findings}
    with shop.writing() as session:
        imports.confirm_import(session, shop.actor, checked.id)
    assert show(shop, checked.id).status == "done"
