"""Customers to be placed, from files and from programs: read alike, and as an import reads them."""

from __future__ import annotations

import csv
import threading
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentation import apply_values
from segmentation.errors import SegmentationError, UnreadableFile
from segmentation.intake import cells as cells_module
from segmentation.intake import read_customers
from segmentation.intake.cells import read_cells
from segmentation.intake.rows import RawRows, Wanted, match_headers, read_file, read_records
from segmentation.intake.values import Parsed, parse
from segmentation.roles import CUSTOMER_KEY, KIND_OF, Column, Kind, Role, Schema

AS_OF = date(2014, 6, 29)
MEMORY = duckdb.connect(":memory:", config={"threads": 1})


def connect() -> duckdb.DuckDBPyConnection:
    return MEMORY.cursor()


def never() -> duckdb.DuckDBPyConnection:
    raise AssertionError("plain values need no closer look")


def column(name: str, role: Role, source: str = "", kind: Kind | None = None) -> Column:
    return Column(name, source or name.title(), role, kind or KIND_OF.get(role, Kind.DECIMAL), name.title())


KNOWN = Schema(
    (
        column(CUSTOMER_KEY, Role.CUSTOMER_ID, "ID"),
        column("birth_year", Role.BIRTH_YEAR, "Year_Birth"),
        column("income", Role.INCOME, "Income"),
        column("kids", Role.DEPENDENTS, "Kidhome"),
        column("enrolled_on", Role.ENROLLED_ON, "Dt_Customer"),
        column("plan", Role.CATEGORY, "Plan"),
        column("member", Role.FLAG, "Member"),
        column("responded", Role.OUTCOME, "Response"),
    )
)
NEEDED = Schema(tuple(each for each in KNOWN if each.role not in (Role.CUSTOMER_ID, Role.OUTCOME)))
WANTED = Wanted(NEEDED, KNOWN, AS_OF, "day_first")
ROW: dict[str, Any] = {
    "ID": 7,
    "Year_Birth": 1960,
    "Income": 52_000.5,
    "Kidhome": 1,
    "Dt_Customer": "2013-05-04",
    "Plan": "gold",
    "Member": True,
}


def read(*rows: dict[str, Any], wanted: Wanted = WANTED) -> RawRows:
    return read_records(rows, wanted, connect)


def file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "customers.csv"
    path.write_text(text)
    return path


# Cells


def through_a_table(texts: list[Any], asked: Column) -> Parsed:
    """The way of a file's cells."""
    written = [cells_module.cell_text(text) for text in texts]
    return parse(cells_module._table(written, asked.source, connect()), asked, "day_first")


CELLS = st.one_of(
    st.none(),
    st.integers(-(10**16), 10**16),
    st.floats(),
    st.booleans(),
    st.from_regex(r"[ \t]?-?[0-9]{1,6}([.,][0-9]{1,4})?[ ]?", fullmatch=True),
    st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", fullmatch=True),
    st.from_regex(r"[0-3]?[0-9][./-][01]?[0-9][./-](19|20)[0-9]{2}", fullmatch=True),
    st.sampled_from(
        ["", "  ", "n/a", "NA", "-", "?", "nan", "inf", "-inf", "1e5", "+5", "1_000", "$1,200", "1.200,50", "0x1F", "٣", "1 000"]
    ),
    st.sampled_from(["yes", "No", "TRUE", "f", "on", "maybe", "1.0", "0.0", "2", "é", "\ud800", "a\0b", "\u00a0gold\u00a0"]),
    st.text(max_size=8),
)


@settings(max_examples=250, deadline=None)
@given(st.lists(CELLS, max_size=4), st.sampled_from(KNOWN.columns))
def test_cells_are_read_as_those_of_a_file(cells: list[Any], asked: Column) -> None:
    quick = read_cells(cells, asked, "day_first", connect)
    # A number is read by itself: in a request there is no column that would say what a comma means.
    alone = asked.kind in (Kind.DECIMAL, Kind.INTEGER)
    slow = [through_a_table([cell], asked) for cell in cells] if alone else [through_a_table(cells, asked)]
    assert quick.bad.tolist() == [bad for part in slow for bad in part.bad]
    read = [str(value) for part in slow for value, bad in zip(part.values, part.bad, strict=True) if not bad]
    assert [plain(each) for each in quick.values[~quick.bad]] == [plain(each) for each in read]


def plain(value: Any) -> str:
    """Whole numbers and decimals alike, and every word for unknown."""
    text = str(value)
    return "nan" if text in ("<NA>", "nan", "None", "NaT") else text.removesuffix(".0")


def test_a_cell_is_trimmed_as_a_files_cell_is(tmp_path: Path) -> None:
    cells = [" gold\n", "\u00a0\tgold", "go\0ld", "\r gold"]
    lines = ["Plan,Income,Year_Birth,Kidhome,Dt_Customer,Member", *(f'"{cell}",1,1960,0,2013-05-04,yes' for cell in cells[:3])]
    written = read_file(file(tmp_path, "\n".join(lines)), WANTED).customers["plan"].tolist()
    assert [cells_module.cell_text(cell) for cell in cells] == [*written, "\r gold"] == ["gold\n", "gold", "gold", "\r gold"]


@pytest.mark.parametrize(
    ("name", "cells", "values"),
    [
        ("income", ["52000.5", 12, 7.25, "-3", "", None, "n/a", np.float64(2.5)], [52000.5, 12, 7.25, -3, None, None, None, 2.5]),
        ("kids", ["2", 1, 0.0, 3], [2, 1, 0, 3]),
        ("member", [True, "no", 1, 0, "Yes", None, "off"], [1, 0, 1, 0, 1, None, 0]),
        ("plan", [" gold ", 3, 3.0, True, None, "\u00a0x"], ["gold", "3", "3", "true", None, "x"]),
        ("enrolled_on", ["2013-05-04", date(2013, 5, 4), datetime(2013, 5, 4, 12)], ["2013-05-04"] * 3),
        ("enrolled_on", [pd.Timestamp("2013-05-04 12:00"), "", pd.NaT], ["2013-05-04", None, None]),
    ],
)  # fmt: skip
def test_plain_cells_need_no_closer_look(name: str, cells: list[Any], values: list[Any]) -> None:
    parsed = read_cells(cells, KNOWN.named(name), "day_first", never)
    assert not parsed.bad.any()
    found = [None if pd.isna(each) else str(each.date()) if isinstance(each, pd.Timestamp) else each for each in parsed.values]
    assert found == values


@pytest.mark.parametrize(
    ("name", "cells", "values"),
    [
        ("income", ["1.234,50", "7,5"], [1234.5, 7.5]),
        ("income", ["$1,200", 3.5], [1200, 3.5]),
        ("birth_year", ["04/05/1960", 1970], [1960, 1970]),
        ("enrolled_on", ["04-05-2013", "2013-06-01"], ["2013-05-04", "2013-06-01"]),
        ("enrolled_on", ["04-25-2013", "04-05-2013"], ["2013-04-25", "2013-04-05"]),
        ("enrolled_on", ["4 May 2013"], ["2013-05-04"]),
    ],
)
def test_other_cells_are_read_as_people_write_them(name: str, cells: list[Any], values: list[Any]) -> None:
    parsed = read_cells(cells, KNOWN.named(name), "day_first", connect)
    assert not parsed.bad.any()
    assert [str(each.date()) if isinstance(each, pd.Timestamp) else each for each in parsed.values] == values


def test_the_order_of_day_and_month_is_the_datasets() -> None:
    for order, month in (("day_first", 5), ("month_first", 4)):
        asked = Wanted(NEEDED, KNOWN, AS_OF, order)  # type: ignore[arg-type]
        assert read(ROW | {"Dt_Customer": "04-05-2013"}, wanted=asked).customers["enrolled_on"][0].month == month


def test_threads_do_not_read_each_others_cells() -> None:
    found: dict[int, list[float]] = {}

    def work(number: int) -> None:
        found[number] = [read_cells([f"{number},5"], KNOWN.named("income"), None, connect).values[0] for _ in range(20)]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert found == {number: [number + 0.5] * 20 for number in range(4)}


# Records


def test_records_become_canonical_columns() -> None:
    found = read(ROW)
    assert found.customers.iloc[0].to_dict() == {
        CUSTOMER_KEY: "7",
        "birth_year": 1960.0,
        "income": 52_000.5,
        "kids": 1.0,
        "enrolled_on": pd.Timestamp("2013-05-04"),
        "plan": "gold",
        "member": 1.0,
    }
    assert (found.given, found.rejects, found.unknown, found.places.tolist()) == (1, (), (), [0])


@pytest.mark.parametrize("spelt", [str.upper, str.lower, str.title, lambda header: f" {header} "])
def test_headers_in_any_case_and_canonical_names(spelt: Any) -> None:
    expected = read(ROW).customers
    assert read({spelt(header): value for header, value in ROW.items()}).customers.equals(expected)
    names = {header: name for name, header in match_headers(ROW, KNOWN).items()}
    assert read({spelt(names[header]): value for header, value in ROW.items()}).customers.equals(expected)


def test_a_files_own_header_goes_before_another_columns_name() -> None:
    schema = Schema((column("spend", Role.SPEND, "Total"), column("amount", Role.AMOUNT, "Spend")))
    assert match_headers(["Spend"], schema) == {"amount": "Spend"}
    twice = Schema((column("a", Role.AMOUNT, "Id"), column("b", Role.AMOUNT, "ID")))
    assert match_headers(["ID", "Id"], twice) == {"b": "ID", "a": "Id"}


def test_two_headers_for_one_column_are_refused() -> None:
    with pytest.raises(SegmentationError, match="“Income” and “income” mean the same column") as refusal:
        read(ROW | {"income": 1})
    assert refusal.value.code == "repeated_column"


def test_outcomes_ids_and_strange_columns_may_be_left_out_or_come() -> None:
    row = {header: value for header, value in ROW.items() if header != "ID"}
    found = read(row | {"Response": "nonsense", "Shoe size": 43})
    assert found.customers[CUSTOMER_KEY].tolist() == [None]
    assert found.unknown == ("Shoe size",)


def test_missing_columns_are_named_by_their_headers() -> None:
    with pytest.raises(SegmentationError, match="“Year_Birth”, “Plan”") as refusal:
        read({header: value for header, value in ROW.items() if header not in ("Year_Birth", "Plan")})
    assert (refusal.value.code, refusal.value.details["columns"]) == ("missing_column", ["Year_Birth", "Plan"])
    with pytest.raises(SegmentationError, match="Customer 1 has no “Plan”") as refusal:
        read(ROW, {header: value for header, value in ROW.items() if header != "Plan"})
    assert refusal.value.details == {"columns": ["Plan"], "row": 1}


def test_what_cannot_be_read_is_told_with_its_row() -> None:
    found = read(ROW, ROW | {"Income": "plenty", "Member": "perhaps"}, ROW | {"Kidhome": 1.5}, ROW | {"Plan": ["gold"]})
    told = [(reject.line, reject.column, reject.value, reject.reason) for reject in found.rejects]
    assert told == [
        (1, "Income", "plenty", "not a number"),
        (1, "Member", "perhaps", "neither yes nor no"),
        (2, "Kidhome", "1.5", "not a whole number"),
        (3, "Plan", "a list", "not a single value"),
    ]
    assert (found.given, found.rejected, len(found.customers), found.places.tolist()) == (4, 3, 1, [0])


def test_what_cannot_be_true_is_missing_row_by_row() -> None:
    odd = [
        {"Income": -5},
        {"Year_Birth": 1893},
        {"Year_Birth": 2015, "Dt_Customer": None},
        {"Kidhome": 25},
        {"Income": float("inf")},
        {"Kidhome": 10**400},
    ]
    found = read(*(ROW | change for change in odd)).customers
    for row, change in enumerate(odd):
        name = KNOWN.columns[[each.source for each in KNOWN].index(next(iter(change)))].name
        assert np.isnan(found[name][row]), change
        assert np.isnan(read(ROW | change).customers[name][0]), change
    many = read(*[ROW | {"Income": 50_000 + row} for row in range(200)], ROW | {"Income": 9_000_000}).customers
    assert many["income"].iloc[-1] == 9_000_000  # an import, which sees everybody, would doubt it


def test_what_was_not_believed_is_told() -> None:
    found = read(ROW, ROW | {"Income": "1e308", "Kidhome": -1}, ROW | {"Year_Birth": 1893, "Dt_Customer": "0001-01-01"})
    assert [(flag.place, flag.column, flag.value, flag.reason) for flag in found.flags] == [
        (1, "Income", "1e+308", "infinite or beyond any real amount; taken as missing"),
        (1, "Kidhome", "-1", "below zero, but kids cannot be negative; taken as missing"),
        (2, "Dt_Customer", "0001-01-01", "a date before 1900 or after 2100; taken as missing"),
        (2, "Year_Birth", "1893", "a year of birth before 1904 or after 2014; taken as missing"),
    ]
    assert read(ROW).flags == ()


@pytest.mark.parametrize("impossible", ["missing", "reject", "keep"])
def test_rules_hold_as_they_do_at_import(tmp_path: Path, impossible: str) -> None:
    values = {"Income": {"impossible": impossible, "low": 10}}
    wanted = Wanted(apply_values(NEEDED, values), apply_values(KNOWN, values), AS_OF, "day_first")
    lines = [",".join(map(str, (ROW | {"ID": key, "Income": income}).values())) for key, income in (("a", 50), ("b", 5), ("c", "9e99"))]
    path = file(tmp_path, "\n".join([",".join(ROW), *lines]))
    imported = read_customers(path, schema=Schema(tuple(c for c in wanted.known if c.source in ROW)))
    scored = read_file(path, wanted)
    sent = read(*(ROW | {"ID": key, "Income": income} for key, income in (("a", 50), ("b", 5), ("c", 9e99))), wanted=wanted)
    assert scored.customers["income"].tolist() == pytest.approx(imported.customers["income"].tolist(), nan_ok=True)
    assert sent.customers["income"].tolist() == pytest.approx(imported.customers["income"].tolist(), nan_ok=True)
    told = [(flag.place, flag.value) for flag in scored.flags]
    assert told == ([] if impossible == "reject" else [(3, "5"), (4, "9e+99")])
    reasons = ["below 10, the least that income can be", "infinite or beyond any real amount"] if impossible == "reject" else []
    assert [reject.reason for reject in scored.rejects] == reasons == [reject.reason for reject in imported.rejects]
    assert [reject.reason for reject in sent.rejects] == reasons


def test_a_stated_decimal_mark_is_for_text_alone() -> None:
    values = {"Income": {"decimal": "comma"}}
    wanted = Wanted(apply_values(NEEDED, values), apply_values(KNOWN, values), AS_OF, "day_first")
    found = read(ROW | {"Income": "1.234"}, ROW | {"Income": 1.234}, ROW | {"Income": "1,5"}, wanted=wanted)
    assert found.customers["income"].tolist() == [1234.0, 1.234, 1.5]


def test_what_a_file_does_not_prove_is_told(tmp_path: Path) -> None:
    lines = [",".join(ROW), *(",".join(map(str, (ROW | {"Dt_Customer": day}).values())) for day in ("04-05-2013", "06-05-2013"))]
    found = read_file(file(tmp_path, "\n".join(lines)), WANTED)
    assert [finding.code for finding in found.findings] == ["date_order_assumed"]


def test_nobody_is_nobody() -> None:
    found = read()
    assert (len(found.customers), found.given) == (0, 0)
    assert list(found.customers) == [CUSTOMER_KEY, *(each.name for each in NEEDED)]


# Files


def test_a_file_is_read_as_records_are(tmp_path: Path) -> None:
    rows = [{header: str(value) for header, value in ROW.items()} | {"ID": str(row), "Income": str(100 * row)} for row in range(5)]
    text = "\n".join([",".join(ROW), *(",".join(row.values()) for row in rows)])
    found = read_file(file(tmp_path, text), WANTED)
    assert found.customers.equals(read(*rows).customers)
    assert (found.given, found.places.tolist()) == (5, [2, 3, 4, 5, 6])


def test_a_files_bad_rows_are_left_out_and_told_by_line(tmp_path: Path) -> None:
    lines = (
        "Plan;income;Year_Birth;Kidhome;Dt_Customer;Member;Shoe",
        "gold;1,5;1960;0;04.05.2013;yes;43",
        "",
        "gold;3,5;1960;0;04.05.2013;perhaps;1",
        "gold;1",
        ";;;;;;",
        "basic;2,5;1970;1;05.05.2013;no;1",
    )
    text = "\n".join(lines)
    found = read_file(file(tmp_path, text), WANTED)
    assert found.customers["income"].tolist() == [1.5, 2.5]
    assert found.customers[CUSTOMER_KEY].tolist() == [None, None]
    assert found.places.tolist() == [2, 7]
    assert [(reject.line, reject.column) for reject in found.rejects] == [(4, "Member"), (5, None)]
    assert (found.given, found.rejected, found.unknown) == (4, 2, ("Shoe",))


def test_a_file_without_a_needed_column_or_without_a_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SegmentationError, match="“Year_Birth”"):
        read_file(file(tmp_path, "Income\n5\n"), WANTED)
    with pytest.raises(UnreadableFile):
        read_file(file(tmp_path, ""), WANTED)


def test_the_real_file_is_read_as_its_import_reads_it(shared_data: Path) -> None:
    path = shared_data / "smartcart_customers.csv"
    intake = read_customers(path)
    wanted = Wanted(Schema(tuple(each for each in intake.schema if each.role is not Role.CUSTOMER_ID)), intake.schema, AS_OF, "day_first")
    found = read_file(path, wanted)
    with path.open() as stream:
        records = read_records(list(csv.DictReader(stream)), wanted, connect)
    assert found.customers.equals(records.customers)
    ours = found.customers.set_index(CUSTOMER_KEY).loc[intake.customers[CUSTOMER_KEY]].reset_index()
    for name in intake.customers:
        pairs = zip(ours[name].tolist(), intake.customers[name].tolist(), strict=True)
        differ = [pair for pair in pairs if pd.isna(pair[0]) is not pd.isna(pair[1]) or (not pd.isna(pair[0]) and pair[0] != pair[1])]
        assert len(differ) == (1 if name == "income" else 0), name  # 666,666, which stands alone among the file's incomes
