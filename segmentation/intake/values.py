"""Text cells to whole numbers, decimals, dates, yes/no and words, a column at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.evidence import MARKS, MISSING_WORDS, NO_WORDS, YES_WORDS
from segmentation.intake.dates import DateReading, read_dates
from segmentation.intake.derived import NOT_ONE_WORD, cells_beyond
from segmentation.intake.findings import SHOWN, counted, first_lines
from segmentation.intake.numerals import missing, read_numbers
from segmentation.intake.rules import effective_rule
from segmentation.intake.spelling import composed, in_composed
from segmentation.intake.table import Table, one_of
from segmentation.intake.types import Finding
from segmentation.roles import Column, DateOrder, Kind, Role
from segmentation.wording import lower_first

MISSING_IN_TEXT = frozenset({"n/a", "#n/a", "nan", "null", "-", "--", "?"})
"""Ways of writing "no value" in a column of words; "none" and "NA" can be words there."""
GROUPING = frozenset({Role.CATEGORY, Role.ORDINAL, Role.CHANNEL})
"""Roles whose words group customers."""
UNKNOWN, GIVEN, WITHDRAWN = "unknown", "given", "withdrawn"
_YES_NO = "neither yes nor no"
_YEAR_IN_DATE = r"(?:^|\D)(\d{4})(?:\D|$)"


@dataclass(frozen=True)
class Parsed:
    """One column: `values` (n,) in their final type, `faults` (n,) that count from 1 into `reasons` (0: the cell fits), and findings."""

    values: pd.Series
    faults: NDArray[np.integer]
    reasons: tuple[str, ...] = ()
    dates: DateReading | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def bad(self) -> NDArray[np.bool_]:
        """The filled cells (n,) that do not fit."""
        return self.faults > 0

    def reason(self, row: int) -> str:
        """Why the cell of `row` does not fit; it completes "the cell is ..."."""
        return self.reasons[int(self.faults[row]) - 1]

    def taken(self, rows: NDArray[np.int64]) -> pd.Series:
        """The values of `rows` in that order; text stays plain objects, which pandas would otherwise turn into its own type."""
        return pd.Series(self.values.to_numpy()[rows], dtype=self.values.dtype)

    def refusing(self, rows: NDArray[np.bool_], reason: str) -> Parsed:
        """The same with `rows` (n,) kept out because of `reason`, but for those that do not fit already."""
        faults = self.faults.astype(np.int16)
        faults[rows & (faults == 0)] = len(self.reasons) + 1
        return replace(self, faults=faults, reasons=(*self.reasons, reason))


def fitting(values: pd.Series) -> Parsed:
    """A column in which every cell fits."""
    return Parsed(values, np.zeros(len(values), dtype=np.int8))


def parse(table: Table, column: Column, date_order: DateOrder | None) -> Parsed:
    """All values of `column`; `date_order` is used where a date column neither proves its own nor has one stated."""
    if column.parts:
        return _one_word_each(table, column, parse(table, replace(column, parts={}), date_order))
    name = table.where[column.source]
    if column.kind is Kind.DATE:
        reading = read_dates(table, name, date_order, column)
        return Parsed(reading.days, reading.faults, reading.reasons, reading, reading.findings)
    if column.role in {Role.FLAG, Role.OUTCOME}:
        return _flags(table, name, column)
    if column.role is Role.CONSENT:
        return _consent(table, column)
    if column.kind is Kind.TEXT:
        return fitting(_words(table, name, column))
    if column.role is Role.BIRTH_YEAR:
        return _years(table, name, column)
    numbers = read_numbers(table, name, column)
    return Parsed(pd.Series(numbers.values), numbers.faults, numbers.reasons, findings=numbers.findings)


def holds_fractions(table: Table, column: Column) -> bool:
    """Whether any cell of a column of numbers is not whole."""
    name = table.where[column.source]
    if table.is_digits(name):  # as nearly always
        return False
    values = read_numbers(table, name, replace(column, kind=Kind.DECIMAL)).values
    return bool((values[np.isfinite(values)] % 1 != 0).any())


def missing_words(column: Column) -> frozenset[str]:
    """What says "no value" in `column`, in lower case; nothing in a column of names, ids and free text."""
    if column.kind is not Kind.TEXT:
        return MISSING_WORDS
    return MISSING_IN_TEXT if column.role in GROUPING else frozenset()


def _words(table: Table, name: str, column: Column) -> pd.Series:
    if column.role not in GROUPING:  # nearly every row has another text
        return table.texts(in_composed(name))
    words = table.words(name)  # one object per different word, not per row
    empty = missing_words(column)
    known = [None if word.lower() in empty else composed(word) for word in words.words]
    return pd.Series(np.array([*known, None], dtype=object)[words.place], dtype=object)


def _one_word_each(table: Table, column: Column, parsed: Parsed) -> Parsed:
    return parsed.refusing(cells_beyond(table, column), NOT_ONE_WORD)


def _consent(table: Table, column: Column) -> Parsed:
    """ "given", "withdrawn" or missing (unknown), by the column's folds.

    A word that nobody knows is taken for a withdrawal, and told: whoever wrote something unusual there did not plainly agree.
    """
    lower = table.texts(table.where[column.source]).str.lower()
    known = lower.map(dict(column.folds)).astype(object)
    unread = (lower.notna() & known.isna() & ~lower.isin(MISSING_WORDS | {UNKNOWN})).to_numpy()
    known[unread] = WITHDRAWN
    return replace(fitting(known.where(known.notna(), None)), findings=tuple(_note_unread(table, column, lower[unread], unread)))


def _note_unread(table: Table, column: Column, words: pd.Series, rows: NDArray[np.bool_]) -> Iterator[Finding]:
    if not len(words):
        return
    counts = words.value_counts()
    listed = ", ".join(f"“{word}” ({count:,})" for word, count in counts.head(SHOWN).items())
    more = f" and {len(counts) - SHOWN} more" if len(counts) > SHOWN else ""
    message = (
        f"{counted(rows, 'row')} whose {lower_first(column.label)} is neither a yes nor a no: {listed}{more}. "
        "They are taken for withdrawn. Say which of these words give consent."
    )
    pairs = tuple((str(word), WITHDRAWN) for word in counts.index)
    yield Finding("consent_unread", "flag", message, column.source, int(rows.sum()), first_lines(table.lines, rows), pairs)


def _flags(table: Table, name: str, column: Column) -> Parsed:
    """1, 0 or missing; a column of nothing but marks (x) says no by an empty cell.

    The column's folds say which of an outcome's own words, in lower case, mean yes and no.
    """
    yes = YES_WORDS | MARKS | {word for word, meaning in column.folds.items() if meaning == "yes"}
    no = NO_WORDS | {word for word, meaning in column.folds.items() if meaning == "no"}
    lower, number = "lower(word)", "TRY_CAST(word AS DOUBLE)"
    rows, (code, mark, stray) = table.each_word(
        name,
        f"CASE WHEN {one_of(yes, lower)} OR {number} = 1 THEN 1.0 WHEN {one_of(no, lower)} OR {number} = 0 THEN 0.0 END",
        one_of(MARKS, lower),
        f"word IS NOT NULL AND NOT {missing('word')}",
    )
    values, filled = _floats(code)[rows], _mask(stray)[rows]
    findings: list[Finding] = []
    wrong = filled & np.isnan(values)
    if filled.any() and (_mask(mark)[rows] == filled).all():
        empty = np.ma.getmaskarray(mark)[rows] & ~table.blank
        values[empty] = 0.0
        told = f"Filled cells hold nothing but a mark, so {counted(empty, 'empty cell')} were read as no."
        findings.append(Finding("blank_is_no", "flag", told, column.source, int(empty.sum()), first_lines(table.lines, empty)))
    if effective_rule(column).impossible == "missing" and wrong.any():
        told = f"{counted(wrong, 'cell')} that are {_YES_NO}. Set to missing, as stated."
        findings.append(Finding("implausible", "flag", told, column.source, int(wrong.sum()), first_lines(table.lines, wrong)))
        wrong = np.zeros(len(wrong), dtype=bool)
    return Parsed(pd.Series(values), wrong.astype(np.int8), (_YES_NO,), findings=tuple(findings))


def _years(table: Table, name: str, column: Column) -> Parsed:
    """Years of birth, also those in a date of birth."""
    cast = "TRY_CAST(word AS DOUBLE)"
    found = f"CASE WHEN {cast} IS NULL THEN TRY_CAST(regexp_extract(word, '{_YEAR_IN_DATE}', 1) AS DOUBLE) ELSE {cast} END"
    rows, (numbers, filled) = table.each_word(name, found, f"word IS NOT NULL AND NOT {missing('word')}")
    values = _floats(numbers)
    wrong = (np.isnan(values) & _mask(filled)) | (np.isfinite(values) & (values != np.trunc(values)))
    values[wrong] = np.nan
    return Parsed(pd.Series(values[rows]), wrong.astype(np.int8)[rows], ("not a year, or a date with one of four digits",))


def _floats(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.ma.filled(np.ma.asarray(values, dtype=np.float64), np.nan).copy()


def _mask(values: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.ma.filled(np.ma.asarray(values), False).astype(bool)
