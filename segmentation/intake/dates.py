"""Dates in one order per column, proven by the column itself where it can be, or stated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.intake.day_words import NUMBERED, SHORT, SHORT_NARROW, YEAR_FIRST, Day, excel_day, is_contrary, number_of_day, read_day
from segmentation.intake.findings import counted, first_lines
from segmentation.intake.numerals import missing
from segmentation.intake.table import Table
from segmentation.intake.types import Finding
from segmentation.roles import Column, DateOrder

_TIME = (
    r"(?:[T ,]+\d{1,2}[:.h]\d{2}(?:[:.]\d{2}(?:[.,]\d+)?)?|[T ]+\d{6})"
    r"\s*(?:[AaPp]\.?\s?[Mm]\.?)?\s*(?:Z|z|UTC|GMT|[+-]\d{2}:?(?:\d{2})?)?(?:\[[\w/]+\])?$"
)
_MOST_OUT = 0.05  # of whole numbers that are no plausible day before a column is not taken for Excel's
_NAMED: dict[DateOrder, str] = {"day_first": "day first", "month_first": "month first", "year_first": "year first"}
_PIVOT = 69  # as POSIX has it


@dataclass(frozen=True)
class DateReading:
    """`days` (n,) at midnight and `faults` (n,), which count from 1 into `reasons`; `order` as used, and the rows that speak for it.

    `proof` rows can be read in this order alone, `contrary` rows in the other alone, and `ambiguous` rows would silently become
    another day in the other order. `example` is one cell as it stands.
    """

    days: pd.Series
    faults: NDArray[np.int16]
    reasons: tuple[str, ...]
    order: DateOrder
    proof: int
    contrary: int
    ambiguous: int
    example: str | None
    findings: tuple[Finding, ...] = ()

    @property
    def bad(self) -> NDArray[np.bool_]:
        """The filled cells (n,) that are no date."""
        return self.faults > 0


@dataclass(frozen=True)
class _Cells:
    """A column of different `texts` (m,) without their times of day; `place` (n,) points into them, -1 where there is none."""

    texts: list[str]
    place: NDArray[np.intp]
    days: list[Day]
    counts: NDArray[np.int64]

    def rows(self, wanted: Iterator[bool]) -> NDArray[np.bool_]:
        """The rows (n,) whose text is `wanted` (m,)."""
        return np.append(np.fromiter(wanted, dtype=bool, count=len(self.texts)), False)[self.place]

    def count(self, wanted: Iterator[bool]) -> int:
        return int(self.counts[np.fromiter(wanted, dtype=bool, count=len(self.texts))].sum())


@dataclass(frozen=True)
class _Order:
    order: DateOrder
    proof: int
    contrary: int
    ambiguous: int
    stated: bool


def read_dates(table: Table, name: str, fallback: DateOrder | None, column: Column | None = None) -> DateReading:
    """The dates of the table's column `name`, times of day being dropped.

    The order is what `column` states, else what the cells prove, else `fallback`, else day first.
    """
    cells = _cells(table, name)
    order = _decide(cells, fallback, column.rule.date_order if column else None)
    serial = _are_serials(cells)
    reasons: dict[str, int] = {}
    stamps = np.full(len(cells.texts) + 1, np.datetime64("NaT"), dtype="datetime64[s]")
    faults = np.zeros(len(cells.texts) + 1, dtype=np.int16)
    for i, day in enumerate(cells.days):
        found = excel_day(day) if serial else number_of_day(day, order.order, _PIVOT)
        if isinstance(found, str):
            faults[i] = reasons.setdefault(found, len(reasons) + 1)
        else:
            stamps[i] = np.datetime64(found, "D")
    first = int(np.argmax(cells.place >= 0)) if len(cells.texts) else 0
    example = str(table.texts(name, f"rowid = {first}").iloc[0]) if len(cells.texts) else None
    notes = _note_serials(column, cells, example) if serial and column else _note(table, column, cells, order, example) if column else ()
    findings = tuple(notes) if example else ()
    read = (order.order, order.proof, order.contrary, order.ambiguous, example)
    return DateReading(pd.Series(stamps[cells.place]), faults[cells.place], tuple(reasons), *read, findings)


def _cells(table: Table, name: str) -> _Cells:
    rows, (texts,) = table.each_word(name, f"CASE WHEN NOT {missing('word')} THEN regexp_replace(word, '{_TIME}', '') END")
    objects = np.array(np.ma.getdata(texts), dtype=object)
    objects[np.ma.getmaskarray(texts)] = None
    without_time, found = pd.factorize(objects)
    place = without_time[rows]
    different = [str(text) for text in found]
    return _Cells(different, place, [read_day(text) for text in different], np.bincount(place[place >= 0], minlength=len(different)))


def _are_serials(cells: _Cells) -> bool:
    """Whether all cells are Excel's numbers of days, and nearly all of those in our times."""
    if not cells.texts or any(day.form != NUMBERED for day in cells.days):
        return False
    plausible = cells.count(10_959 <= day.a <= 73_415 for day in cells.days)  # 1930 to 2100
    return plausible >= (1 - _MOST_OUT) * int(cells.counts.sum())


def _decide(cells: _Cells, fallback: DateOrder | None, stated: DateOrder | None) -> _Order:
    both = [(day.a, day.b) if day.form in SHORT else (0, 0) for day in cells.days]
    day_proof = cells.count(12 < a <= 31 and 1 <= b <= 12 for a, b in both)
    month_proof = cells.count(12 < b <= 31 and 1 <= a <= 12 for a, b in both)
    ambiguous = cells.count(1 <= a <= 12 and 1 <= b <= 12 and a != b for a, b in both)
    year_first = cells.count(day.form == YEAR_FIRST for day in cells.days)
    proofs: dict[DateOrder, int] = {"day_first": day_proof, "month_first": month_proof, "year_first": year_first}
    if stated:
        others = day_proof + month_proof - proofs[stated] if stated != "year_first" else day_proof + month_proof + ambiguous
        return _Order(stated, proofs[stated], others, 0 if stated == "year_first" else ambiguous, stated=True)
    if year_first > day_proof + month_proof + ambiguous:
        return _Order("year_first", year_first, day_proof + month_proof + ambiguous, 0, stated=False)
    if day_proof != month_proof:
        order: DateOrder = "day_first" if day_proof > month_proof else "month_first"
        return _Order(order, max(day_proof, month_proof), min(day_proof, month_proof), ambiguous, stated=False)
    assumed: DateOrder = "month_first" if fallback == "month_first" else "day_first"
    return _Order(assumed, 0, month_proof, ambiguous, stated=False)


def _note_serials(column: Column, cells: _Cells, example: str | None) -> Iterator[Finding]:
    day = excel_day(cells.days[0])
    message = f"The numbers were read as Excel's count of days: {example} is {day}. Check it against the workbook."
    yield Finding("excel_serial", "note", message, column.source, int(cells.counts.sum()))


def _note(table: Table, column: Column, cells: _Cells, order: _Order, example: str | None) -> Iterator[Finding]:
    """What the reader should know of how the dates were read."""
    if order.order != "year_first" and any(day.form in SHORT for day in cells.days):
        yield _note_order(column, order, example)
    yield from _note_contrary(table, column, cells, order)
    two_digits = cells.rows(day.form == SHORT_NARROW for day in cells.days)
    if two_digits.any():
        message = f"{counted(two_digits, 'row')} with a year of two digits: 00 to 68 are read as 2000 to 2068, 69 to 99 as 1969 to 1999."
        yield Finding("two_digit_years", "note", message, column.source, int(two_digits.sum()), first_lines(table.lines, two_digits))


def _note_order(column: Column, order: _Order, example: str | None) -> Finding:
    """Which order of day and month was used, and how sure that is."""
    first, other = ("Day", "month") if order.order == "day_first" else ("Month", "day")
    told = f"Dates are read {first.lower()} first (say {example})"
    if order.stated:
        return Finding("date_order", "note", f"{told}, as stated.", column.source, order.proof)
    if order.proof:
        proven = f"{order.proof:,} rows have a day above 12 and prove it" if order.proof > 1 else "1 row has a day above 12 and proves it"
        message = f"{told}. {proven}; read {other} first, {order.ambiguous:,} others would be wrong."
        return Finding("date_order", "note", message, column.source, order.proof)
    if order.ambiguous:
        message = (
            f"{told}. No row proves it: read {other} first, {order.ambiguous:,} would be another day. Check a date that you know. "
            "Then say whether this column has the day or the month first."
        )
        return Finding("date_order_assumed", "flag", message, column.source, order.ambiguous)
    return Finding("date_order", "note", f"{told}. The other order would give the same days.", column.source, 0)


def _note_contrary(table: Table, column: Column, cells: _Cells, order: _Order) -> Iterator[Finding]:
    """Rows that are written otherwise than the column: kept out, or read because they can be read in one way alone."""
    read_as = _NAMED[order.order]
    wrong = cells.rows(is_contrary(day, order.order) for day in cells.days)
    if wrong.any():
        message = (
            f"{counted(wrong, 'row')} cannot be read {read_as} as this column is, and {'is' if wrong.sum() == 1 else 'are'} kept out. "
            "Correct the rows, or state another date order for the column."
        )
        yield Finding("date_order_contrary", "flag", message, column.source, int(wrong.sum()), first_lines(table.lines, wrong))
    if order.order != "year_first":
        plain = cells.rows(day.form == YEAR_FIRST for day in cells.days)
        short = any(day.form in SHORT for day in cells.days)
        if plain.any() and short:
            among = f"{counted(plain, 'row')} with the year first among dates that are read {read_as}"
            message = f"{among}. They can be read in one way alone, and were."
            yield Finding("mixed_dates", "flag", message, column.source, int(plain.sum()), first_lines(table.lines, plain))
