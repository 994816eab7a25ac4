"""Every line of a file of orders is accounted for."""

from __future__ import annotations

import gzip
import re
import shutil
from datetime import date

import pandas as pd
import pytest

from segmentation.errors import MissingRole, SegmentationError, UnreadableFile
from segmentation.intake import inspect_file
from segmentation.orders import part_schema, read_order_lines
from segmentation.roles import Role
from tests.segmentation.orders.shop_lines import RETAIL, SHOP, customers_of, expected_customers, order_schema, read

HEAD = "Order,Customer,Order date,Product,Category,Channel,Quantity,Unit price,Country\n"
PLAIN = "1,ann,2024-03-05,P1,Toys,Web,2,1.50,Austria\n"


@pytest.fixture(scope="session")
def retail(shared_data, tmp_path_factory):
    """The folder with the real file of order lines, unpacked and read, and what reading gave."""
    packed = shared_data / "online_retail.csv.gz"
    if not packed.is_file():
        pytest.skip("needs online_retail.csv.gz among the real customer files")
    folder = tmp_path_factory.mktemp("retail")
    with gzip.open(packed, "rb") as source, (folder / "retail.csv").open("wb") as target:
        shutil.copyfileobj(source, target)
    return folder, read_order_lines(folder / "retail.csv", folder / "part", schema=order_schema(RETAIL))


def test_online_retail_is_accounted_for_to_the_line(retail) -> None:
    folder, lines = retail
    counts = lines.counts
    assert (counts.total, counts.without_customer, counts.cancellations, counts.duplicates) == (541_909, 135_080, 9_288, 5_268)
    assert counts.total == counts.rejected + counts.without_customer + counts.repeated + counts.sales + counts.returns + counts.free
    assert (counts.rejected, counts.free) == (0, 40)
    told = {finding.code: finding.message for finding in lines.findings}
    assert told["no_customer"] == "135,080 of 541,909 lines name no customer: they were left out."
    assert "“C”" in told["cancellations"]
    customers = customers_of(folder)
    assert len(customers.customers) == 4_372
    assert int((customers.customers["orders"] > 0).sum()) == 4_338
    assert customers.as_of == date(2011, 12, 9)
    assert "34 of 4,372 customers have no sale" in customers.findings[0].message


def test_online_retail_makes_the_customers_that_pandas_computes(retail) -> None:
    folder, _ = retail
    raw = pd.read_csv(folder / "retail.csv", dtype=str)
    # Repeats are those of the whole line, the time of day and the description included.
    raw = raw[~raw.duplicated()]
    lines = pd.DataFrame(
        {
            "customer": raw["CustomerID"],
            "order": raw["InvoiceNo"],
            "day": pd.to_datetime(raw["InvoiceDate"]).dt.normalize(),
            "quantity": raw["Quantity"].astype(float),
            "amount": raw["Quantity"].astype(float) * raw["UnitPrice"].astype(float),
            "product": raw["StockCode"],
            "apart": range(len(raw)),
        }
    )
    found = customers_of(folder)
    table = found.customers.set_index("customer_key")
    assert list(table.index) == sorted(lines["customer"].dropna().unique())
    table = table.iloc[::8]
    expected = expected_customers(lines[lines["customer"].isin(table.index)], pd.Timestamp(found.as_of))
    for name in expected.columns.drop("enrolled_on"):
        pd.testing.assert_series_equal(
            table[name].astype(float), expected[name].astype(float), check_names=False, rtol=1e-9, atol=1e-6, obj=name
        )
    pd.testing.assert_series_equal(
        table["enrolled_on"], expected["enrolled_on"].astype("datetime64[s]"), check_names=False, check_index_type=False
    )


def test_lines_are_told_apart_by_what_became_of_them(tmp_path) -> None:
    text = (
        HEAD
        + PLAIN
        + (
            "2,,2024-03-06,P1,Toys,Web,1,9.99,Austria\n"  # nobody's
            "C1,ann,2024-03-07,P1,Toys,Web,-1,1.50,Austria\n"  # a cancellation
            "3,bob,2024-03-08,P2,Toys,Web,1,0,France\n"  # free
            "4,bob,2024-03-08,P2,Toys,Web,one,2,France\n"  # no number
            "5,bob,,P2,Toys,Web,1,2,France\n"  # no day
            "6,bob,2024-02-31,P2,Toys,Web,1,2,France\n"  # no such day
            "7,bob,2024-03-09,P2,Toys,Web,1,,France\n"  # no price
        )
        + PLAIN
    )  # a repeat
    found = read(tmp_path, text)
    counts = found.counts
    assert (counts.total, counts.without_customer, counts.repeated, counts.sales, counts.returns, counts.free) == (9, 1, 1, 1, 1, 1)
    assert (counts.rejected, counts.cancellations, counts.duplicates) == (4, 1, 1)
    assert [(reject.line, reject.column, reject.value, re.split(r"[:(]", reject.reason)[0].strip()) for reject in found.rejects] == [
        (6, "Quantity", "one", "not a number"),
        (7, "Order date", "", "no order date"),
        (8, "Order date", "2024-02-31", "not a date"),
        (9, "Unit price", "", "no amount"),
    ]
    assert found.customers == 2
    assert found.latest == date(2024, 3, 8)


def test_a_line_that_does_not_fit_the_header_is_rejected_and_counted(tmp_path) -> None:
    found = read(tmp_path, HEAD + PLAIN + "2,bob\n")
    assert (found.counts.total, found.counts.rejected, found.counts.sales) == (2, 1, 1)
    assert found.rejects[0].line == 3


def test_the_unreadable_lines_of_nobody_are_left_out_once(tmp_path) -> None:
    found = read(tmp_path, HEAD + PLAIN + "2,,yesterday,P1,Toys,Web,many,x,Austria\n")
    assert (found.counts.without_customer, found.counts.rejected, found.rejects) == (1, 0, ())


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("1e308,2", "more than can be true"),
        ("1e12,1e12", "more than can be true"),
        ("inf,2", "more than can be true"),
        ("-inf,2", "more than can be true"),
    ],
)
def test_what_no_shop_sells_is_rejected(tmp_path, cells: str, reason: str) -> None:
    found = read(tmp_path, HEAD + PLAIN + f"2,ann,2024-03-05,P1,Toys,Web,{cells},Austria\n")
    assert {reject.reason for reject in found.rejects} == {reason}
    assert customers_of(tmp_path).customers["net_spend"].tolist() == [3.0]


def test_days_that_have_not_come_and_days_long_gone_are_rejected(tmp_path) -> None:
    text = HEAD + PLAIN + PLAIN.replace("2024-03-05", "2204-03-05") + PLAIN.replace("2024-03-05", "1024-03-05")
    found = read(tmp_path, text, not_after=date(2024, 12, 31))
    assert [reject.reason for reject in found.rejects] == ["a day that has not come yet", "a day before 1900"]
    assert found.latest == date(2024, 3, 5)


def test_a_few_late_lines_are_flagged_where_nobody_knows_the_day(tmp_path) -> None:
    many = "".join(PLAIN.replace("1,ann", f"{n},ann") for n in range(1, 2_000))
    found = read(tmp_path, HEAD + many + PLAIN.replace("2024-03-05", "2204-03-05"))
    (late,) = [finding for finding in found.findings if finding.code == "late_lines"]
    assert (late.severity, late.count, late.lines) == ("flag", 1, (2001,))


def test_dates_prove_their_order_or_it_is_said(tmp_path) -> None:
    proven = read(tmp_path, HEAD + PLAIN.replace("2024-03-05", "03/04/2024") + PLAIN.replace("2024-03-05", "03/25/2024"))
    assert (proven.format.date_order, proven.latest) == ("month_first", date(2024, 3, 25))
    assert "date_order" in {finding.code for finding in proven.findings}
    open_ = read(tmp_path, HEAD + PLAIN.replace("2024-03-05", "03/04/2024"))
    assert open_.latest == date(2024, 4, 3)
    assert "date_order_assumed" in {finding.code for finding in open_.findings}


def test_cancellations_are_known_by_what_their_lines_do_not_by_a_letter(tmp_path) -> None:
    sold = "".join(PLAIN.replace("1,ann", f"C{n},ann") for n in range(9))
    found = read(tmp_path, HEAD + sold + PLAIN.replace(",2,", ",-2,"))
    assert (found.counts.cancellations, found.counts.returns) == (0, 1)


def test_a_stated_amount_counts_and_a_contradiction_is_told(tmp_path) -> None:
    roles = {**SHOP, "Total": Role.AMOUNT, "Tax amount": Role.AMOUNT}
    head, line = HEAD.strip() + ",Tax amount,Total\n", PLAIN.strip()
    found = read(tmp_path, head + f"{line},1,3.00\n" + f"{line},1,99\n", roles)
    assert "In 1 lines Total is not Quantity × Unit price; Total counts." in [finding.message for finding in found.findings]
    assert customers_of(tmp_path).customers["net_spend"].tolist() == [102.0]


def test_lines_marked_as_returned_were_bought_and_brought_back(tmp_path) -> None:
    head, line = HEAD.strip() + ",Returned\n", PLAIN.strip()
    found = read(tmp_path, head + f"{line},no\n" + f"{line.replace('1,ann', '2,ann')},yes\n", {**SHOP, "Returned": Role.FLAG})
    assert "marked_returned" in {finding.code for finding in found.findings}
    (customer,) = customers_of(tmp_path).customers.itertuples()
    assert (customer.orders, customer.net_spend, customer.return_rate) == (2, 3.0, 0.5)


def test_a_negative_quantity_takes_back_even_where_the_amount_has_no_sign(tmp_path) -> None:
    head, line = HEAD.strip() + ",Total\n", PLAIN.strip()
    back = line.replace("1,ann", "2,ann").replace(",2,", ",-1,")
    read(tmp_path, head + f"{line},3.00\n{back},1.50\n", {**SHOP, "Total": Role.AMOUNT})
    assert customers_of(tmp_path).customers["net_spend"].tolist() == [1.5]


def test_a_part_knows_its_columns_and_its_content(tmp_path) -> None:
    lines = [PLAIN, PLAIN.replace("1,ann", "2,bob"), PLAIN.replace("P1", "P'2")]
    first = read(tmp_path, HEAD + "".join(lines), name="first")
    assert part_schema(tmp_path / "first") == order_schema(SHOP)
    same = read(tmp_path, HEAD + "".join([lines[2], lines[0], lines[1], lines[0]]), name="same")
    other = read(tmp_path, HEAD + "".join(lines).replace("1.50", "1.51"), name="other")
    assert first.digest == same.digest != other.digest
    assert (tmp_path / "first").read_bytes() == (tmp_path / "same").read_bytes()


def test_columns_in_another_order_say_the_same(tmp_path) -> None:
    read(
        tmp_path,
        "Customer,Order,Order date,Unit price\nann,1,2024-03-05,2\n",
        {h: SHOP[h] for h in ("Customer", "Order", "Order date", "Unit price")},
    )
    read(
        tmp_path,
        "Unit price,Order date,Order,Customer\n2,2024-03-05,1,ann\n",
        {h: SHOP[h] for h in ("Unit price", "Order date", "Order", "Customer")},
        name="turned",
    )
    assert customers_of(tmp_path, "part", "turned", mode="append").customers["net_spend"].tolist() == [2.0]


@pytest.mark.parametrize(
    ("missing", "role"), [("Customer", Role.CUSTOMER_ID), ("Order date", Role.ORDERED_ON), ("Unit price", Role.AMOUNT)]
)
def test_what_orders_cannot_do_without_is_asked_for(tmp_path, missing: str, role: Role) -> None:
    with pytest.raises(MissingRole) as refusal:
        read(tmp_path, HEAD + PLAIN, {**SHOP, missing: Role.IGNORE})
    assert refusal.value.details["role"] is role


def test_a_mapping_for_another_file_is_refused(tmp_path) -> None:
    with pytest.raises(SegmentationError, match="no column “Country”"):
        read(tmp_path, HEAD.replace("Country", "Land") + PLAIN)


def test_a_file_of_nobody_is_refused_with_the_number_of_lines(tmp_path) -> None:
    with pytest.raises(UnreadableFile, match="2 of 2 lines name no customer"):
        read(tmp_path, HEAD + 2 * PLAIN.replace("ann", ""))
    with pytest.raises(UnreadableFile, match="line 2, not a number"):
        read(tmp_path, HEAD + PLAIN.replace(",2,", ",two,"))


def test_an_attribute_that_cannot_be_read_keeps_no_line_out(tmp_path) -> None:
    head, line = HEAD.strip() + ",Age\n", PLAIN.strip()
    found = read(tmp_path, head + f"{line},41\n" + f"{line.replace('1,ann', '2,bob')},old\n", {**SHOP, "Age": Role.AGE})
    (unread,) = [finding for finding in found.findings if finding.code == "unread_cells"]
    assert (found.counts.sales, unread.column, unread.lines) == (2, "Age", (3,))
    assert customers_of(tmp_path).customers["age"].fillna(-1).tolist() == [41, -1]


def test_postage_and_fees_are_told(tmp_path) -> None:
    found = read(tmp_path, HEAD + PLAIN + PLAIN.replace("P1", "POST") + PLAIN.replace("P1", "Bank charges"))
    (told,) = [finding for finding in found.findings if finding.code == "no_goods"]
    assert (told.count, told.severity) == (2, "note")


def test_a_first_look_tells_order_lines_from_customers(tmp_path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(HEAD + "".join(PLAIN.replace("1,ann", f"{n},c{n % 7}") for n in range(40)), encoding="utf-8")
    seen = inspect_file(path)
    assert (seen.kind, seen.rows) == ("orders", 40)
    assert {column.source: column.role for column in seen.schema} == SHOP
    stated = inspect_file(path, roles={"Order date": "enrolled_on"})
    assert (stated.kind, stated.kind_reason) == ("customers", "stated")


def test_online_retail_is_recognised(retail) -> None:
    seen = inspect_file(retail[0] / "retail.csv")
    assert seen.kind == "orders"
    assert {column.source: column.role for column in seen.schema} == RETAIL
