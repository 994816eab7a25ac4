"""Numbers as people write them: money, percentages, thousands, either decimal mark, accounting negatives.

A column has one decimal mark, proven by its own cells or stated; a cell that fits only the other one is not read.
"""

# ruff: noqa: S608 - the names in these statements are our own (c0, c1, ...), never the file's

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from segmentation.engine import sql_text
from segmentation.evidence import MISSING_WORDS
from segmentation.intake.findings import counted, first_lines
from segmentation.intake.table import Table, one_of
from segmentation.intake.types import Finding
from segmentation.numbers_in_text import EITHER, FOREIGN, PLAIN, Shape, read_shape
from segmentation.roles import Column, DecimalMark, Kind, Role
from segmentation.wording import lower_first

_SHARES = frozenset({Role.RATIO, Role.NUMBER, Role.AMOUNT})
"""Roles whose cells may carry "%"."""

_SQL_TYPES = {"int": "INTEGER", "bool": "BOOLEAN", "str": "VARCHAR"}

NO_NUMBER = 1
_CONTRARY, _WITH_TEXT, _PERCENT, FRACTION = 2, 3, 4, 5
_OTHER_MARK = {
    "point": "not a number with a decimal point, as this column's are",
    "comma": "not a number with a decimal comma, as this column's are",
}


@dataclass(frozen=True)
class NumberReading:
    """`values` (n,) with NaN where there is none, `faults` (n,) that count from 1 into `reasons`, and what is to be told."""

    values: NDArray[np.float64]
    faults: NDArray[np.int8]
    reasons: tuple[str, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class _Marks:
    """The column's decimal mark, and how many cells fit the point alone, the comma alone, or are another number under the other."""

    mark: DecimalMark
    stated: bool
    point: int
    comma: int
    either: int
    example: str

    @property
    def assumed(self) -> bool:
        return not self.stated and self.either > 0 and self.point == self.comma == 0


def missing(name: str) -> str:
    """SQL: whether the cell `name` says that there is no value."""
    return one_of(MISSING_WORDS, f"lower({name})")


def read_numbers(table: Table, name: str, column: Column) -> NumberReading:
    """The numbers of the table's column `name`."""
    whole, digits = column.kind is Kind.INTEGER, table.is_digits(name) and column.rule.decimal != "comma"
    (numbers,) = table.fetch(f"TRY_CAST({name} AS DOUBLE)")
    point, either, example, special = (0, 0, "", 0) if digits else _glance(table, name, np.ma.count(numbers))
    if special or column.rule.decimal == "comma":
        values, faults, marks, percents = _closely(table, name, column)
        findings = [*_note_percents(table, column, percents, np.isfinite(values)), *_note_currencies(table, column)]
    else:
        values = np.ma.filled(np.ma.asarray(numbers, dtype=np.float64), np.nan)
        if not digits:
            values[np.isnan(values)] = np.nan  # whatever was written
        faults = np.zeros(len(values), dtype=np.int8)
        marks = _Marks("point", column.rule.decimal is not None, point, 0, either, example)
        findings = []
    if whole and not digits:
        fractional = np.isfinite(values) & (values != np.trunc(values))
        faults[fractional], values[fractional] = FRACTION, np.nan
    label = lower_first(column.label)
    reasons = (
        "not a whole number" if whole else "not a number",
        _OTHER_MARK[marks.mark],
        "not a number alone: a unit or other text stands beside it",
        f"a percentage, but {label} is a plain number",
        "not a whole number",
    )
    return NumberReading(values, faults, reasons, (*_note_marks(column, marks), *findings))


def _glance(table: Table, name: str, read: int) -> tuple[int, int, str, int]:
    """How many plain numbers prove a decimal point, how many (1.234) do not, one of those, and how many cells are no plain numbers.

    `read` cells are numbers to DuckDB.
    """
    signs = f"({name} >= '+-' AND {name} < '+.')"  # begins with +-
    odd = f"contains({name}, '.') OR contains({name}, '_') OR {signs}"
    filled, marked = table.connection.execute(f"SELECT count({name}), coalesce(bool_or({odd}), false) FROM raw").fetchall()[0]
    if filled == read and not marked:
        return 0, 0, "", 0
    plain = f"TRY_CAST({name} AS DOUBLE) IS NOT NULL AND NOT contains({name}, '_') AND NOT starts_with({name}, '+-')"
    # What is dear to ask is asked last, and of few cells.
    either = f"{name} LIKE '%.___' AND regexp_full_match({name}, '[+-]?{EITHER}')"
    pointed = f"CASE WHEN NOT contains({name}, '.') THEN '' WHEN {either} THEN 'either' ELSE 'point' END"
    looks = f"CASE WHEN {name} IS NULL THEN '' WHEN {plain} THEN {pointed} WHEN {missing(name)} THEN '' ELSE 'special' END"
    row = table.connection.execute(
        "SELECT count(*) FILTER (looks = 'point'), count(*) FILTER (looks = 'either'), min(cell) FILTER (looks = 'either'), "
        f"count(*) FILTER (looks = 'special') FROM (SELECT {name} AS cell, {looks} AS looks FROM raw)"
    ).fetchall()[0]
    point, doubtful, example, special = row
    return point, doubtful, example or "", special


def _closely(table: Table, name: str, column: Column) -> tuple[NDArray[np.float64], NDArray[np.int8], _Marks, NDArray[np.bool_]]:
    """Values, faults, marks, and which cells carry "%"."""
    _split(table, name)
    marks = _marks(table, column)
    mark, other = (".", ",") if marks.mark == "point" else (",", ".")
    bare = f"replace(replace(replace(replace(digits, '{other}', ''), '''', ''), ' ', ''), '{mark}', '.')"
    rows = table.connection.execute(
        f"""
        WITH read AS (
            SELECT *, CASE WHEN {marks.mark}
                THEN TRY_CAST({bare} AS DOUBLE) * CASE WHEN negative THEN -1 ELSE 1 END / CASE WHEN percent THEN 100 ELSE 1 END
                WHEN digits = '' AND regexp_matches(lower(text), '^[+-]?inf(inity)?$') THEN TRY_CAST(text AS DOUBLE) END AS value
            FROM numerals
        )
        SELECT row, percent, value, CASE WHEN value IS NOT NULL THEN 0 WHEN point OR comma THEN {_CONTRARY}
            WHEN regexp_matches(text, '\\d') AND regexp_matches(text, '[^\\W\\d_]') THEN {_WITH_TEXT} ELSE {NO_NUMBER} END AS fault
        FROM read ORDER BY row
        """
    ).fetchnumpy()
    size, places = len(table.lines), np.asarray(rows["row"])
    values, faults, percents = np.full(size, np.nan), np.zeros(size, dtype=np.int8), np.zeros(size, dtype=bool)
    values[places] = np.ma.filled(np.ma.asarray(rows["value"], dtype=np.float64), np.nan)
    percents[places], faults[places] = np.asarray(rows["percent"], dtype=bool), np.asarray(rows["fault"])
    if column.role not in _SHARES:
        no_share = percents & (faults == 0)
        faults[no_share], values[no_share] = _PERCENT, np.nan
    return values, faults, marks, percents & (faults == 0)


def _split(table: Table, name: str) -> None:
    """Table `numerals`: every filled cell, its digits with their marks, and under which decimal marks these are a number.

    Cells of one shape, all digits being alike, are looked at once: a million amounts have some ten shapes.
    """
    run = table.connection.execute
    run(
        f"CREATE OR REPLACE TEMP TABLE shaped AS SELECT rowid AS row, {name} AS text, translate({name}, '012345678', '999999999') AS shape "
        f"FROM raw WHERE {name} IS NOT NULL AND NOT {missing(name)}"
    )
    texts = [text for (text,) in run("SELECT DISTINCT shape FROM shaped").fetchall()]
    shapes = [read_shape(text) for text in texts]
    kinds = ", ".join(f"unnest(?::{_SQL_TYPES[str(field.type)]}[]) AS {field.name}" for field in fields(Shape))
    columns = [[getattr(shape, field.name) for shape in shapes] for field in fields(Shape)]
    run(f"CREATE OR REPLACE TEMP TABLE shapes AS SELECT unnest(?::VARCHAR[]) AS shape, {kinds}", [texts, *columns])
    tidy = f"translate(raw_digits, {sql_text(FOREIGN)}, {sql_text(PLAIN)})"
    run(
        f"""
        CREATE OR REPLACE TEMP TABLE numerals AS
        WITH cut AS (
            SELECT *, substring(text, start, size) AS raw_digits FROM shaped JOIN shapes USING (shape)
        ), cells AS (
            SELECT *, CASE WHEN foreign_digits THEN {tidy} ELSE raw_digits END AS digits FROM cut
        )
        SELECT row, text, digits, currency, negative, percent, either AND NOT starts_with(digits, '0') AS either,
            CASE WHEN starts_with(digits, '0') THEN point_from_zero ELSE point END AS point,
            CASE WHEN starts_with(digits, '0') THEN comma_from_zero ELSE comma END AS comma
        FROM cells
        """
    )


def _marks(table: Table, column: Column) -> _Marks:
    doubtful = "point AND comma AND either"
    row = table.connection.execute(
        f"SELECT count(*) FILTER (point AND NOT comma), count(*) FILTER (comma AND NOT point), count(*) FILTER ({doubtful}), "
        f"min(text) FILTER ({doubtful}) FROM numerals"
    ).fetchall()[0]
    point, comma, either, example = row
    stated = column.rule.decimal
    return _Marks(stated or ("comma" if comma > point else "point"), stated is not None, point, comma, either, example or "")


def _note_marks(column: Column, marks: _Marks) -> Iterator[Finding]:
    other = "comma" if marks.mark == "point" else "point"
    proof, contrary = (marks.point, marks.comma) if marks.mark == "point" else (marks.comma, marks.point)
    why = "as stated" if marks.stated else f"as {counted(proof, 'cell')} show"
    state = "" if marks.stated else f" If that is wrong, say that this column has a decimal {other}."
    if marks.assumed:
        message = (
            f"No cell shows whether the decimal mark is a point or a comma. {_taken(marks)}; with a decimal {other}, "
            f"{counted(marks.either, 'cell')} would be another number. Check one that you know.{state}"
        )
        yield Finding("decimal_assumed", "flag", message, column.source, marks.either)
    elif contrary:
        lost = f"{counted(contrary, 'cell')} with a decimal {other} could not be read, and their rows are kept out"
        message = f"Numbers have a decimal {marks.mark}, {why}; {lost}.{state}"
        yield Finding("decimal_contrary", "flag", message, column.source, contrary)
    elif marks.mark == "comma":
        yield Finding("decimal_comma", "note", f"Numbers are read with a decimal comma, {why}.", column.source, proof)


def _taken(marks: _Marks) -> str:
    as_decimal = marks.example.count(".") == 1
    return f"“{marks.example}” was read as {'a number with decimals' if as_decimal else 'thousands'} (decimal point)"


def _note_percents(table: Table, column: Column, percents: NDArray[np.bool_], known: NDArray[np.bool_]) -> Iterator[Finding]:
    if not percents.any():
        return
    count, bare = int(percents.sum()), known & ~percents
    if bare.any():
        message = (
            f"{count:,} cells carry %, and {int(bare.sum()):,} do not. Those with % were divided by 100, the others taken as they stand. "
            "Check that these are shares of 1, or write all cells alike."
        )
        yield Finding("mixed_percent", "flag", message, column.source, int(bare.sum()), first_lines(table.lines, bare))
    else:
        yield Finding("percent", "note", "Percentages are stored as shares of 1: 12.5 % is 0.125.", column.source, count)


def _note_currencies(table: Table, column: Column) -> Iterator[Finding]:
    """Amounts in several currencies, which are not converted."""
    found = table.connection.execute(
        "SELECT currency, count(*) FROM numerals WHERE currency <> '' AND (point OR comma) GROUP BY ALL ORDER BY count(*) DESC, currency"
    ).fetchall()
    if len(found) > 1:
        listed = ", ".join(f"{currency} in {count:,}" for currency, count in found)
        message = f"Amounts are in several currencies ({listed} cells). They were read as they stand; convert them to one before importing."
        yield Finding("mixed_currencies", "flag", message, column.source, sum(count for _, count in found[1:]))
