"""Customers are what the definitions say, whatever the order and the division of the lines."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segmentation.errors import NotEnoughData
from segmentation.measures import measure_customers
from segmentation.orders import Part, orders_again
from segmentation.roles import Role
from segmentation.synthetic_order_lines import synthetic_orders
from tests.conftest import LONG
from tests.segmentation.orders.shop_lines import SHOP, customers_of, expected_customers, read

HEAD = "Order,Customer,Order date,Product,Category,Channel,Quantity,Unit price,Country"


def _line(
    order="1", customer="ann", day="2024-03-05", product="P1", category="Toys", channel="Web", quantity="2", price="1.50", country="AT"
):
    return ",".join((order, customer, day, product, category, channel, quantity, price, country))


def _text(*lines: str) -> str:
    return "\n".join((HEAD, *lines)) + "\n"


def _oracle(frame: pd.DataFrame) -> pd.DataFrame:
    """The drawn file as `expected_customers` wants it; whole lines are told apart."""
    frame = frame.drop_duplicates()
    return pd.DataFrame(
        {
            "customer": frame["Customer"].astype("string"),
            "order": frame["Order"],
            "day": pd.to_datetime(frame["Order date"]),
            "quantity": frame["Quantity"].astype(float),
            "amount": frame["Quantity"] * frame["Unit price"],
            "product": frame["Product"],
            "category": frame["Category"],
            "channel": frame["Channel"],
            "apart": range(len(frame)),
        }
    )


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Drawn orders, read: the folder, and the file as a table."""
    folder = tmp_path_factory.mktemp("drawn")
    made = synthetic_orders(150, seed=4)
    read(folder, made.lines.to_csv(index=False))
    return folder, made


@pytest.mark.parametrize("as_of", [None, date(2023, 9, 30)])
def test_figures_are_those_of_pandas(drawn, as_of) -> None:
    folder, made = drawn
    lines = _oracle(made.lines)
    found = customers_of(folder, as_of=as_of)
    table = found.customers.set_index("customer_key")
    expected = expected_customers(lines, pd.Timestamp(as_of) if as_of else None)
    assert list(table.index) == list(expected.index)
    table["orders"] = table[["purchases_web", "purchases_store", "purchases_app"]].sum(axis=1)
    table["net_spend"] = table[[column.name for column in found.schema.of(Role.SPEND)]].sum(axis=1)
    for name in expected.columns.drop("enrolled_on"):
        pd.testing.assert_series_equal(
            table[name].astype(float), expected[name].astype(float), check_names=False, check_index_type=False, rtol=1e-9, atol=1e-6
        )
    assert table["enrolled_on"].equals(expected["enrolled_on"].astype("datetime64[s]").set_axis(table.index))
    assert found.as_of == (as_of or lines.loc[lines["customer"].notna(), "day"].max().date())


def test_spend_by_category_and_orders_by_channel_are_those_of_pandas(drawn) -> None:
    folder, made = drawn
    lines = _oracle(made.lines)
    lines = lines[lines["customer"].notna()]
    table = customers_of(folder).customers.set_index("customer_key")
    spend = lines.pivot_table(index="customer", columns="category", values="amount", aggfunc="sum", fill_value=0.0)
    sold = lines[lines["amount"] > 0].drop_duplicates(["customer", "order"])
    orders = sold.pivot_table(index="customer", columns="channel", values="order", aggfunc="count", fill_value=0)
    for word in spend.columns:
        pd.testing.assert_series_equal(
            table[f"spend_{word.lower()}"], spend[word], check_names=False, check_index_type=False, rtol=1e-9, atol=1e-6
        )
    for word in orders.columns:
        assert table[f"purchases_{word.lower()}"].reindex(orders.index).tolist() == orders[word].tolist()


def test_the_schema_says_what_each_column_is(drawn) -> None:
    folder, _ = drawn
    found = customers_of(folder)
    assert [column.name for column in found.schema] == list(found.customers.columns)
    assert len({column.source for column in found.schema}) == len(found.schema.columns)
    roles = {column.name: column.role for column in found.schema}
    assert roles["recency_days"] is Role.RECENCY_DAYS
    assert roles["enrolled_on"] is Role.ENROLLED_ON
    assert roles["return_rate"] is Role.RATIO
    assert roles["country"] is Role.CATEGORY
    measured = measure_customers(found.customers, found.schema, found.as_of)
    assert len(set(measured.table.columns)) == len(measured.table.columns)
    assert {"spend", "orders", "average_order", "recency_days", "tenure", "share_garden", "share_web"} <= set(measured.table.columns)


_KEYS = st.sampled_from(["ann", "bob", "cy", ""])
_LINES = st.builds(
    _line,
    order=st.sampled_from(["1", "2", "3", "C1", ""]),
    customer=_KEYS,
    day=st.dates(date(2024, 1, 1), date(2024, 2, 20)).map(str),
    product=st.sampled_from(["P1", "P2", ""]),
    category=st.sampled_from(["Toys", "Books", ""]),
    channel=st.sampled_from(["Web", "Store", ""]),
    quantity=st.integers(-3, 6).map(str),
    price=st.sampled_from(["0", "0.1", "0.2", "1234.5678"]),
    country=st.sampled_from(["AT", "FR"]),
)


@settings(max_examples=150 if LONG else 6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data(), lines=st.lists(_LINES, min_size=1, max_size=14))
def test_any_division_and_any_order_of_the_lines_make_the_same_customers(tmp_path_factory, data, lines: list[str]) -> None:
    folder = tmp_path_factory.mktemp("split")
    lines = [_line(), *lines]
    read(folder, _text(*lines), name="whole")
    whole = customers_of(folder, "whole")
    piece = data.draw(st.lists(st.integers(0, 2), min_size=len(lines), max_size=len(lines)))
    order = data.draw(st.permutations(range(len(lines))))
    names = []
    for number in (0, 1, 2):
        # A line of somebody in each piece, so that no piece is refused; it is the same line.
        chosen = [_line(), *(lines[i] for i in order if piece[i] == number)]
        read(folder, _text(*chosen), name=f"piece{number}")
        names += [f"piece{number}", *([f"piece{number}"] if data.draw(st.booleans()) else [])]
    pieces = customers_of(folder, *data.draw(st.permutations(names)), mode="append")
    pd.testing.assert_frame_equal(pieces.customers, whole.customers, check_exact=True)
    assert (pieces.schema, pieces.as_of) == (whole.schema, whole.as_of)


@settings(max_examples=60 if LONG else 5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), lines=st.lists(_LINES.filter(lambda line: not line.startswith(",")), min_size=1, max_size=14))
def test_whole_orders_in_any_files_update_to_the_same_customers(tmp_path_factory, data, lines: list[str]) -> None:
    folder = tmp_path_factory.mktemp("updates")
    lines = [_line(order="9"), *lines]
    read(folder, _text(*lines), name="whole")
    place = {order: data.draw(st.integers(0, 1)) for order in sorted({line.split(",")[0] for line in lines})}
    for number in (0, 1):
        read(folder, _text(_line(order="9"), *(line for line in lines if place[line.split(",")[0]] == number)), name=f"piece{number}")
    pieces = customers_of(folder, "piece0", "piece1", "piece0")
    pd.testing.assert_frame_equal(pieces.customers, customers_of(folder, "whole").customers, check_exact=True)


def test_a_later_file_says_what_an_order_is_or_adds_to_it(tmp_path) -> None:
    read(tmp_path, _text(_line(), _line(product="P2"), _line(order="2")), name="before")
    read(tmp_path, _text(_line(quantity="10"), _line(order="3")), name="after")
    spend = {mode: customers_of(tmp_path, "before", "after", mode=mode).customers["net_spend"].tolist() for mode in ("update", "append")}
    assert spend == {"update": [15.0 + 3.0 + 3.0], "append": [3.0 + 3.0 + 3.0 + 15.0 + 3.0]}
    assert customers_of(tmp_path, "after", "before").customers["net_spend"].tolist() == [3.0 + 3.0 + 3.0 + 3.0]
    assert orders_again([Part(tmp_path / "before")], tmp_path / "after") == 1
    assert orders_again([Part(tmp_path / "before")], tmp_path / "before") == 0
    assert orders_again([], tmp_path / "after") == 0
    both = [Part(tmp_path / "before"), Part(tmp_path / "after")]
    assert [orders_again(both, tmp_path / name) for name in ("after", "before")] == [0, 1]


def test_a_part_that_comes_again_counts_where_it_comes_last(tmp_path) -> None:
    read(tmp_path, _text(_line(price="5"), _line(order="2", price="1")), name="before")
    read(tmp_path, _text(_line(price="6")), name="after")
    assert customers_of(tmp_path, "before", "after").customers["net_spend"].tolist() == [12.0 + 2.0]
    assert customers_of(tmp_path, "before", "after", "before").customers["net_spend"].tolist() == [10.0 + 2.0]


def test_the_same_order_number_of_another_customer_is_another_order(tmp_path) -> None:
    read(tmp_path, _text(_line()), name="before")
    read(tmp_path, _text(_line(customer="bob")), name="after")
    assert customers_of(tmp_path, "before", "after").customers["orders"].tolist() == [1, 1]


def test_without_order_numbers_a_day_with_a_sale_is_an_order(tmp_path) -> None:
    read(
        tmp_path,
        _text(
            _line(order=""),
            _line(order="", product="P2"),
            _line(order="", day="2024-03-07"),
            _line(order="", day="2024-03-08", quantity="-1"),
        ),
    )
    (customer,) = customers_of(tmp_path).customers.itertuples()
    assert (customer.orders, customer.recency_days, customer.days_between_orders) == (2, 1, 2.0)
    assert pd.isna(customer.days_between_orders_spread)


def test_customers_with_returns_alone_are_kept_and_told(tmp_path) -> None:
    read(tmp_path, _text(_line(), _line(order="C9", customer="bob", quantity="-4")))
    found = customers_of(tmp_path)
    bob = found.customers.set_index("customer_key").loc["bob"]
    assert (bob["orders"], bob["net_spend"]) == (0, -6.0)
    assert bob[["recency_days", "enrolled_on", "return_rate", "average_order"]].isna().all()
    told = {finding.code: finding for finding in found.findings}
    assert (told["no_sale"].severity, told["no_sale"].count) == ("flag", 1)
    assert told["below_zero"].count == 1


def test_what_lines_say_of_the_customer_is_that_of_the_latest(tmp_path) -> None:
    many = [_line(order=str(n), customer=f"c{n // 2}") for n in range(60)]
    read(
        tmp_path,
        _text(
            *many,
            _line(order="90", day="2024-05-01", country="FR"),
            _line(order="91", day="2024-04-01"),
            _line(day="2024-06-01", country=""),
        ),
    )
    found = customers_of(tmp_path)
    assert found.customers.set_index("customer_key").loc["ann", "country"] == "FR"
    assert "1 customers have more than one Country; that of their latest order counts." in [finding.message for finding in found.findings]


def test_words_without_a_telling_header_speak_of_whom_they_stay_with(tmp_path) -> None:
    roles = {**SHOP, "Country": Role.CATEGORY, "Kind": Role.CATEGORY, "Class": Role.CATEGORY, "Category": Role.IGNORE}
    lines = [f"{_line(order=str(n), customer=f'c{n % 20}')},{'new' if n % 20 < 10 else 'old'},{'abc'[n % 3]}" for n in range(80)]
    read(tmp_path, "\n".join((f"{HEAD},Kind,Class", *lines)) + "\n", roles)
    found = customers_of(tmp_path)
    assert set(found.customers["kind"]) == {"new", "old"}
    assert [column.label for column in found.schema.of(Role.SPEND)] == ["a", "b", "c"]


def test_many_categories_become_the_largest_and_the_others(tmp_path) -> None:
    read(tmp_path, _text(*(_line(order=str(n), category=f"Kind {n}", price=str(n + 1)) for n in range(12)), _line(order="x", category="")))
    found = customers_of(tmp_path)
    labels = [column.label for column in found.schema.of(Role.SPEND)]
    assert labels == [*(f"Kind {n}" for n in range(11, 3, -1)), "Other"]
    assert found.customers["spend_other"].tolist() == [2 * (1 + 2 + 3 + 4) + 3.0]


def test_spellings_of_a_word_are_one_and_words_of_one_name_are_two(tmp_path) -> None:
    read(
        tmp_path,
        _text(
            _line(category="Toys", price="9"),
            _line(order="2", category="TOYS"),
            _line(order="3", category="A-B"),
            _line(order="4", category="A B"),
        ),
    )
    found = customers_of(tmp_path)
    assert {column.label: column.name for column in found.schema.of(Role.SPEND)} == {
        "Toys": "spend_toys",
        "A B": "spend_a_b",
        "A-B": "spend_a_b_2",
    }
    assert found.customers["spend_toys"].tolist() == [21.0]


def test_columns_of_an_earlier_state_stay(tmp_path) -> None:
    read(tmp_path, _text(_line(), _line(order="2", category="Books")), name="first")
    before = customers_of(tmp_path, "first").schema
    read(tmp_path, _text(*(_line(order=f"n{n}", category=f"Kind {n}", price="99") for n in range(12))), name="second")
    found = customers_of(tmp_path, "first", "second", before=before)
    names = [column.name for column in found.schema.of(Role.SPEND)]
    assert names[:2] == ["spend_books", "spend_toys"]
    assert (len(names), names[-1]) == (9, "spend_other")


def test_orders_after_the_day_do_not_count(tmp_path) -> None:
    read(tmp_path, _text(_line(), _line(order="2", customer="bob", day="2024-04-01")))
    found = customers_of(tmp_path, as_of=date(2024, 3, 31))
    assert found.customers["customer_key"].tolist() == ["ann"]
    assert found.customers["recency_days"].tolist() == [26]
    with pytest.raises(NotEnoughData, match="no order line up to that day"):
        customers_of(tmp_path, as_of=date(2024, 1, 1))


def test_a_carried_column_never_takes_the_place_of_a_figure(tmp_path) -> None:
    read(tmp_path, f"{HEAD},Return rate\n{_line()},high\n", {**SHOP, "Return rate": Role.ORDINAL})
    customers = customers_of(tmp_path).customers
    assert customers["return_rate"].tolist() == [0.0]


def test_what_was_one_figure_is_not_divided_later(tmp_path) -> None:
    read(tmp_path, _text(_line(channel="", category="")), name="first")
    before = customers_of(tmp_path, "first").schema
    read(
        tmp_path,
        _text(_line(order="2", channel="Web", category="Toys"), _line(order="3", channel="Store", category="Books")),
        name="second",
    )
    found = customers_of(tmp_path, "first", "second", before=before)
    assert found.schema == before
    assert found.customers["orders"].tolist() == [3]


def test_a_column_that_means_something_else_by_now_is_read_as_it_does_now(tmp_path) -> None:
    roles = {**SHOP, "Grade": Role.ORDINAL}
    read(tmp_path, f"{HEAD},Grade\n{_line()},high\n", roles, name="first")
    read(tmp_path, f"{HEAD},Grade\n{_line(order='2', customer='bob')},41\n", {**roles, "Grade": Role.AGE}, name="second")
    assert customers_of(tmp_path, "first", "second").customers["grade"].isna().tolist() == [True, False]


def test_what_costs_nothing_makes_no_order(tmp_path) -> None:
    read(tmp_path, _text(_line(), _line(order="2", day="2024-03-09", price="0")))
    (customer,) = customers_of(tmp_path).customers.itertuples()
    assert (customer.orders, customer.recency_days, customer.average_order) == (1, 4, 3.0)


def test_an_order_by_several_channels_counts_for_the_first_by_name(tmp_path) -> None:
    read(tmp_path, _text(_line(channel="Web"), _line(channel="App", product="P2"), _line(order="2", channel="Web")))
    (customer,) = customers_of(tmp_path).customers.itertuples()
    assert (customer.purchases_app, customer.purchases_web) == (1, 1)
