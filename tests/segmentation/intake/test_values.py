"""Cells of every sort beside what becomes of them: a value, a flag, or a reason to keep the row out."""

from __future__ import annotations

import random
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segmentation.intake import inspect_file, read_customers
from segmentation.roles import Kind, Role, ValueRule
from tests.segmentation.intake.reading import codes, column, found, read_column, values_of

A, R, S = Role.AMOUNT, Role.RATIO, Role.SPEND
POINT = "not a number with a decimal point, as this column's are"
COMMA = "not a number with a decimal comma, as this column's are"
UNIT = "not a number alone: a unit or other text stands beside it"
SECONDS = "not a date but seconds since 1970; write it as year-month-day"
BARE = "not a date but a number among dates; where it is Excel's count of days, format the cell as a date"
STRAY = "neither yes nor no"
COMMA_RULE, POINT_RULE = ValueRule(decimal="comma"), ValueRule(decimal="point")
MONTH, DAY, YEAR = ValueRule(date_order="month_first"), ValueRule(date_order="day_first"), ValueRule(date_order="year_first")

CASES: list[tuple[Role, ValueRule | None, list[str], list[object], list[str]]] = [
    # role, rule, cells, values of the accepted rows, reasons against the others
    (A, None, ["$58,138.00", "$1.50"], [58138.0, 1.5], []),
    (A, None, ["58.138,00 €", "1,50 €"], [58138.0, 1.5], []),
    (A, None, ["CHF 1'234.50", "CHF 7"], [1234.5, 7.0], []),
    (A, None, ["1’234.50", "2"], [1234.5, 2.0], []),
    (A, None, ["(1,234.00)", "5.5"], [-1234.0, 5.5], []),
    (A, None, ["12.5-", "1.5"], [-12.5, 1.5], []),
    (A, None, ["−5.5", "–2.5"], [-5.5, -2.5], []),
    (A, None, ["-$3.10", "$-3.10", "- $3.10", "+$3.10"], [-3.1, -3.1, -3.1, 3.1], []),
    (A, None, ["12.5 USD", "USD12.5", "eur 3.5", "R$ 10.5", "Rs. 500", "7 kr", "US$ 1.5", "£3", "¥ 4"],
     [12.5, 12.5, 3.5, 10.5, 500.0, 7.0, 1.5, 3.0, 4.0], []),
    (A, None, ["5.-", "1'250.-"], [5.0, 1250.0], []),
    (A, None, ["5,-", "7,50"], [5.0, 7.5], []),
    (A, None, ["1,23,456.5", "12,34,567"], [123456.5, 1234567.0], []),
    (A, None, ["1,234,567", "1,5"], [1234567.0], [POINT]),
    (A, None, ["1.234.567", "1.234,5"], [1234567.0, 1234.5], []),
    (A, None, ["1 234,5", "1\u00a0234,5", "1\u2009234,5", "1\u202f234,5"], [1234.5] * 4, []),
    (A, None, ["1 234", "12 345 678"], [1234.0, 12345678.0], []),
    (A, None, ["１２．５", "３"], [12.5, 3.0], []),
    (A, None, ["1e3", "1.5E-2", "2e+2"], [1000.0, 0.015, 200.0], []),
    (A, None, ["12,5", "3.5", "4.5"], [3.5, 4.5], [POINT]),
    (A, None, ["12.5", "3,5", "4,5"], [3.5, 4.5], [COMMA]),
    (A, None, ["0,123", "0,5"], [0.123, 0.5], []),
    (A, None, ["0.123", "0.500"], [0.123, 0.5], []),
    (A, COMMA_RULE, ["1.234", "5"], [1234.0, 5.0], []),
    (A, COMMA_RULE, ["1,234", "5.5"], [1.234], [COMMA]),
    (A, POINT_RULE, ["1,234", "5,5"], [1234.0], [POINT]),
    (A, None, ["45 yrs", "7"], [7.0], [UNIT]),
    (A, None, ["about 5", "7"], [7.0], [UNIT]),
    (A, None, ["plenty", "7"], [7.0], ["not a number"]),
    (A, None, ["(5", "--5", "-(5)", "+-5", "1,,2", "12,34,56", "7"], [7.0], ["not a number"] * 6),
    (A, None, ["1,2345,678", "0,123,456", "7.5"], [7.5], ["not a number"] * 2),
    (A, None, ["n/a", "-", "?", "NULL", "none", "", "#N/A", "5"], [None] * 7 + [5.0], []),
    (R, None, ["12.5 %", "7%", "-3 %"], [0.125, 0.07, -0.03], []),
    (R, None, ["12,5%", "100%"], [0.125, 1.0], []),
    (S, None, ["12 %", "7"], [7.0], ["a percentage, but value is a plain number"]),
    (S, None, ["-5", "7", "inf", "1e308", "1e400"], [None, 7.0, None, None, None], []),
    (S, ValueRule(impossible="reject"), ["-5", "7", "1e308"],
     [7.0], ["below zero, but value cannot be negative", "infinite or beyond any real amount"]),
    (S, ValueRule(impossible="keep"), ["-5", "7", "1e308"], [-5.0, 7.0, None], []),
    (S, ValueRule(low=-10, high=100), ["-5", "-11", "100", "101"], [-5.0, None, 100.0, None], []),
    (Role.AGE, None, ["0", "110", "111", "-1"], [0, 110, None, None], []),
    (Role.DEPENDENTS, None, ["-1", "0", "20", "21"], [None, 0, 20, None], []),
    (Role.RECENCY_DAYS, None, ["36500", "36501"], [36500, None], []),
    (Role.BIRTH_YEAR, None, ["1980", "1893", "2101", "05/06/1990", "2001-02-03"], [1980, None, None, 1990, 2001], []),
    (Role.BIRTH_YEAR, None, ["1980", "x", "80.5"], [1980], ["not a year, or a date with one of four digits"] * 2),
    (Role.COUNT, None, ["1", "2.5", "9223372036854775808"], [1.0, 2.5, None], []),
    (Role.FLAG, None, ["yes", "NO", "y", "n", "True", "false", "1", "0", "1.0", "0.00", "on", "off"],
     [1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0], []),
    (Role.FLAG, None, ["Ja", "nein", "oui", "non", "Sí", "no", "sim", "não", "J"], [1, 0, 1, 0, 1, 0, 1, 0, 1], []),
    (Role.FLAG, None, ["x", "", "X", ""], [1, 0, 1, 0], []),
    (Role.FLAG, None, ["x", "", "no"], [1, None, 0], []),
    (Role.FLAG, None, ["1", "2", "maybe", "0", "", "?"], [1, 0, None, None], [STRAY, STRAY]),
    (Role.FLAG, ValueRule(impossible="missing"), ["1", "2", "0"], [1, None, 0], []),
    (Role.OUTCOME, None, ["1", "1.5"], [1], [STRAY]),
    (Role.ENROLLED_ON, None, ["13/04/2020", "03/04/2020"], ["2020-04-13", "2020-04-03"], []),
    (Role.ENROLLED_ON, None, ["04/13/2020", "03/04/2020"], ["2020-04-13", "2020-03-04"], []),
    (Role.ENROLLED_ON, None, ["13/04/2020", "14/04/2020", "04/13/2020"],
     ["2020-04-13", "2020-04-14"], ["not a day-first date, as this column's are"]),
    (Role.ENROLLED_ON, MONTH, ["03/04/2020", "13/04/2020"], ["2020-03-04"], ["not a month-first date, as this column's are"]),
    (Role.ENROLLED_ON, DAY, ["03.04.2020", "2020-05-06", "3 May 2020"], ["2020-04-03", "2020-05-06", "2020-05-03"], []),
    (Role.ENROLLED_ON, YEAR, ["20-04-13", "2020-05-06"], ["2020-04-13", "2020-05-06"], []),
    (Role.ENROLLED_ON, None, ["2020-04-03", "2020/05/06", "20200708", "03/04/2020"],
     ["2020-04-03", "2020-05-06", "2020-07-08"], ["not written year first, as this column's dates are"]),
    (Role.ENROLLED_ON, None, ["2020-04-03T10:00:00+02:00", "2020-04-03 10:00:00.123Z", "2020-04-03 9:05 pm"], ["2020-04-03"] * 3, []),
    (Role.ENROLLED_ON, None, ["31-02-2020", "29-02-2020", "29-02-2019", "31.04.2020"], ["2020-02-29"],
     ["not a date: there is no 31 February", "not a date: there is no 29 February 2019", "not a date: there is no 31 April"]),
    (Role.ENROLLED_ON, None, ["2020-13-45", "0000-01-01", "2020-01-01"], ["2020-01-01"], ["not a date: there is no such day or month"] * 2),
    (Role.ENROLLED_ON, None, ["0001-01-01", "9999-12-31", "2020-01-01"], [None, None, "2020-01-01"], []),
    (Role.ENROLLED_ON, ValueRule(low=2000, high=2020), ["1999-12-31", "2000-01-01", "2021-01-01"], [None, "2000-01-01", None], []),
    (Role.ENROLLED_ON, ValueRule(low=2000, impossible="reject"), ["1999-12-31", "2000-01-01"],
     ["2000-01-01"], ["a date before 2000 or after 2100"]),
    (Role.ENROLLED_ON, None, ["41000", "42000.5"], ["2012-04-01", "2014-12-27"], []),
    (Role.ENROLLED_ON, None, ["41000", "2012-05-06"], ["2012-05-06"],
     [BARE]),
    (Role.ENROLLED_ON, None, ["1593561600", "1593561600000", "2020-01-01"], ["2020-01-01"],
     [SECONDS, SECONDS.replace("seconds", "milliseconds")]),
    (Role.ENROLLED_ON, None, ["soon", "2020", "May 2020", "2020-01-01"], ["2020-01-01"],
     ["not a date (year first)", BARE,
      "not a date (year first)"]),
    (Role.ENROLLED_ON, None, ["1. März 2020", "3 février 2021", "15 de enero de 2020", "December 13, 2020", "13-Apr-20", "2020-Apr-13"],
     ["2020-03-01", "2021-02-03", "2020-01-15", "2020-12-13", "2020-04-13", "2020-04-13"], []),
    (Role.ENROLLED_ON, None, ["Mon, 4 May 2020", "4th of July 2020", "1er août 2019", "Freitag, 3. Januar 2020", "12 oct 2020 10:15"],
     ["2020-05-04", "2020-07-04", "2019-08-01", "2020-01-03", "2020-10-12"], []),
    (Role.ENROLLED_ON, None, ["13/04/68", "13/04/69"], ["2068-04-13", "1969-04-13"], []),
    (Role.CATEGORY, None, ["Single", "n/a", "?", "None", "NA"], ["Single", None, None, "None", "NA"], []),
]  # fmt: skip


@pytest.mark.parametrize(("role", "rule", "cells", "values", "reasons"), CASES, ids=[" | ".join(case[2])[:60] for case in CASES])
def test_cells(tmp_path: Path, role: Role, rule: ValueRule | None, cells: list[str], values: list[object], reasons: list[str]) -> None:
    kind = Kind.DECIMAL if role is Role.COUNT else None
    intake = read_column(tmp_path, cells, column(role, rule, kind))
    assert values_of(intake) == (pytest.approx(values) if role in (A, R, S) else values)
    assert [reject.reason for reject in intake.rejects] == reasons


@pytest.mark.parametrize(
    ("role", "cells", "code", "severity", "count", "words"),
    [
        (A, ["1,234", "5,678", "12"], "decimal_assumed", "flag", 2, "as thousands .*2 cells would be another.*has a decimal comma"),
        (A, ["1.234", "5"], "decimal_assumed", "flag", 1, "read as a number with decimals"),
        (A, ["1,5", "2,5", "2.5"], "decimal_contrary", "flag", 1, "decimal comma, as 2 cells show; 1 cell with a decimal point"),
        (A, ["1,5", "2"], "decimal_comma", "note", 1, "decimal comma, as 1 cell show"),
        (R, ["5%", "7%"], "percent", "note", 2, "0.125"),
        (R, ["5%", "0.3"], "mixed_percent", "flag", 1, "divided by 100"),
        (A, ["$5", "USD 6", "7", "€8"], "mixed_currencies", "flag", 1, "USD in 2, EUR in 1 cells"),
        (Role.FLAG, ["x", ""], "blank_is_no", "flag", 1, "read as no"),
        (Role.ENROLLED_ON, ["03/04/2020", "05/06/2020", "05/05/2020"], "date_order_assumed", "flag", 2,
         "2 would be another day.*day or the month first"),
        (Role.ENROLLED_ON, ["13/04/2020", "05/06/2020"], "date_order", "note", 1, "1 row has a day above 12 and proves it"),
        (Role.ENROLLED_ON, ["13/04/2020", "14/04/2020", "04/15/2020"], "date_order_contrary", "flag", 1, "kept out"),
        (Role.ENROLLED_ON, ["13/04/2020", "2020-05-06"], "mixed_dates", "flag", 1, "year first"),
        (Role.ENROLLED_ON, ["13/04/20", "13/04/2020"], "two_digit_years", "note", 1, "69 to 99"),
        (Role.ENROLLED_ON, ["41000", "41001"], "excel_serial", "note", 2, "41000 is 2012-04-01"),
        (A, ["5", "n/a", "", "?", "N/A"], "missing", "note", 4, "1 empty cell, 2 “n/a”, 1 “\\?”"),
        (A, ["5", "7", "999", "999"], "sentinel_values", "note", 2, "999.*state the highest value 998"),
        (A, ["5", "7", "-1", "-1"], "sentinel_values", "note", 2, "-1.*state the lowest value 0"),
        (S, ["-5", "7"], "implausible", "flag", 1, "1 value below zero, but value cannot be negative. Set to missing"),
    ],
)  # fmt: skip
def test_what_is_told(tmp_path: Path, role: Role, cells: list[str], code: str, severity: str, count: int, words: str) -> None:
    finding = found(read_column(tmp_path, cells, column(role)), code)
    assert (finding.severity, finding.count, finding.column) == (severity, count, "v")
    assert re.search(words, finding.message), finding.message


@pytest.mark.parametrize(
    ("role", "cells", "code"),
    [
        (A, ["1,234.5", "5,678"], "decimal_assumed"),
        (A, ["1234", "12"], "decimal_assumed"),
        (A, ["$5", "US$6", "USD 7", "8"], "mixed_currencies"),
        (A, ["900", "950", "999", "999"], "sentinel_values"),
        (A, ["-5", "7", "-1", "-1"], "sentinel_values"),
        (Role.ENROLLED_ON, ["05/05/2020"], "date_order_assumed"),
        (Role.ENROLLED_ON, ["2020-05-06"], "mixed_dates"),
        (Role.FLAG, ["x", "", "no"], "blank_is_no"),
    ],
)
def test_what_is_not_told(tmp_path: Path, role: Role, cells: list[str], code: str) -> None:
    assert code not in codes(read_column(tmp_path, cells, column(role)))


# Laws

RELAXED = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NUMBERS = st.lists(st.integers(-(10**9), 10**9).map(lambda cents: cents / 100), min_size=1, max_size=8)


def _grouped(number: float, group: str, mark: str) -> str:
    return f"{abs(number):,.2f}".replace(",", "_").replace(".", mark).replace("_", group)


STYLES = {
    "plain": lambda n: f"{n:.2f}",
    "english": lambda n: ("-" if n < 0 else "") + "$" + _grouped(n, ",", "."),
    "accounting": lambda n: f"({_grouped(n, ',', '.')})" if n < 0 else _grouped(n, ",", "."),
    "german": lambda n: ("-" if n < 0 else "") + _grouped(n, ".", ",") + " €",
    "swiss": lambda n: "CHF " + ("-" if n < 0 else "") + _grouped(n, "'", "."),
    "french": lambda n: ("−" if n < 0 else "") + _grouped(n, "\u202f", ",") + " EUR",
    "trailing": lambda n: _grouped(n, "", ".") + ("-" if n < 0 else ""),
}


@RELAXED
@given(NUMBERS, st.sampled_from(sorted(STYLES)))
def test_a_number_in_any_style_reads_back(tmp_path: Path, numbers: list[float], style: str) -> None:
    intake = read_column(tmp_path, [STYLES[style](number) for number in numbers], column(A))
    assert intake.rejects == ()
    assert values_of(intake) == numbers


DAYS = st.lists(st.dates(date(1970, 1, 1), date(2068, 12, 31)), min_size=1, max_size=8)
FORMS = {
    "day_first": ("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%y", "%d.%m.%Y 10:15"),
    "month_first": ("%m/%d/%Y", "%m-%d-%y", "%m/%d/%Y 09:05 PM"),
    "year_first": ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%dT10:15:00Z", "%d %B %Y", "%b %d, %Y", "%d-%b-%Y"),
}


@RELAXED
@given(DAYS, st.sampled_from([(order, form) for order, forms in FORMS.items() for form in forms]))
def test_a_day_in_any_form_reads_back(tmp_path: Path, days: list[date], form: tuple[str, str]) -> None:
    order, pattern = form
    stated = None if order == "year_first" else ValueRule(date_order=order)  # type: ignore[arg-type]
    intake = read_column(tmp_path, [day.strftime(pattern) for day in days], column(Role.ENROLLED_ON, stated))
    assert intake.rejects == ()
    assert values_of(intake) == [day.isoformat() for day in days]


@RELAXED
@given(DAYS)
def test_excel_counts_days_from_1900(tmp_path: Path, days: list[date]) -> None:
    cells = [str((day - date(1899, 12, 30)) // timedelta(days=1)) for day in days]
    assert values_of(read_column(tmp_path, cells, column(Role.ENROLLED_ON))) == [day.isoformat() for day in days]


MESSY = st.lists(
    st.sampled_from(
        ["1,234", "1.234", "1,5", "1.5", "$7", "5%", "n/a", "", "x1", "(3)", "1e3", "1 234", "03/04/2020", "13/04/2020", "41000"]
    ),
    min_size=1,
    max_size=10,
)


@RELAXED
@given(MESSY, st.sampled_from([A, Role.ENROLLED_ON]), st.randoms(use_true_random=False))
def test_the_order_of_rows_means_nothing(tmp_path: Path, cells: list[str], role: Role, dice: random.Random) -> None:
    def judged(shuffled: list[str]) -> list[tuple[str, object]]:
        intake = read_column(tmp_path, shuffled, column(role))
        kept = zip(intake.lines.tolist(), values_of(intake), strict=True)
        rejected = [(reject.line, reject.reason) for reject in intake.rejects]
        return sorted((shuffled[line - 2], str(value)) for line, value in [*kept, *rejected])

    shuffled = cells.copy()
    dice.shuffle(shuffled)
    assert judged(shuffled) == judged(cells)


@RELAXED
@given(st.lists(st.sampled_from(["1,5", "2.500,5", "3", "4,25", "1.234"]), min_size=1, max_size=8))
def test_stating_the_proven_decimal_mark_changes_nothing(tmp_path: Path, cells: list[str]) -> None:
    cells = [*cells, "7,25"]
    proven, stated = (read_column(tmp_path, cells, column(A, rule)) for rule in (None, COMMA_RULE))
    assert values_of(proven) == values_of(stated)
    assert proven.rejects == stated.rejects


@RELAXED
@given(st.lists(st.sampled_from(["03/04/2020", "2020-05-06", "13/04/2020", "3 May 2020"]), min_size=1, max_size=8))
def test_stating_the_proven_order_changes_nothing(tmp_path: Path, cells: list[str]) -> None:
    cells = [*cells, *["25/04/2020"] * 8]
    proven, stated = (read_column(tmp_path, cells, column(Role.ENROLLED_ON, rule)) for rule in (None, DAY))
    assert values_of(proven) == values_of(stated)
    assert proven.rejects == stated.rejects


def test_ids_that_look_alike_are_one_customer(tmp_path: Path) -> None:
    composed, apart = "Zo\u00e9", "Zoe\u0301"
    path = tmp_path / "twins.csv"
    path.write_text(f"Customer,Caf\u0065\u0301,City\n{apart},1,Orl\u00e9ans\n{composed},2,Orle\u0301ans\nAnn,3,York\n", encoding="utf-8")
    roles = {"Customer": "customer_id", "Caf\u00e9": "number", "City": "category"}
    read = read_customers(path, schema=inspect_file(path, roles=roles).schema)
    assert read.customers["customer_key"].tolist() == ["Ann", composed]
    assert read.customers["city"].tolist() == ["York", "Orl\u00e9ans"]
    assert [finding.count for finding in read.findings if finding.code == "conflicting_rows"] == [1]


@pytest.mark.parametrize(
    ("more", "told"), [(0, "1 row equals another but for the Customer."), (1, "2 rows equal another but for the Customer.")]
)
def test_rows_that_differ_by_the_id_alone_are_told(tmp_path: Path, more: int, told: str) -> None:
    path = tmp_path / "twins.csv"
    names = ["Customer", *(f"Answer {at}" for at in range(12))]
    rows = [[name, *[answer] * 12] for name, answer in (("Ann", "1"), ("Bob", "2"), *((f"Twin {at}", "2") for at in range(1 + more)))]
    path.write_text("\n".join(map(",".join, [names, *rows])) + "\n", encoding="utf-8")
    read = read_customers(path, schema=inspect_file(path, roles={"Customer": "customer_id"}).schema)
    assert next(finding.message for finding in read.findings if finding.code == "twins").startswith(told)
