"""Text cells to whole numbers, decimals, dates, yes/no and words, a column at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.evidence import MISSING_WORDS, NO_WORDS, YES_WORDS
from segmentation.intake.dates import DateReading, read_dates
from segmentation.intake.derived import NOT_ONE_WORD, cells_beyond, quoted
from segmentation.intake.table import Table
from segmentation.roles import Column, DateOrder, Kind, Role

_THOUSANDS = re.compile(r"\d{1,3}([,' \u00a0]\d{3})+(\.\d+)?")
_PLAIN = re.compile(r"\d+(\.\d*)?|\.\d+")
_DECIMAL_COMMA = re.compile(r"\d{1,3}([. \u00a0]\d{3})+(,\d+)?|\d+,\d+")
_MONEY = re.compile(r"[$€£¥₹]|\b(?:USD|EUR|GBP|CHF|INR|BRL)\b|R\$|\s*%$")


@dataclass(frozen=True)
class Parsed:
    """One column: `values` (n,) in their final type, and `bad` (n,), the filled cells that do not fit, because of `reason`."""

    values: pd.Series
    bad: NDArray[np.bool_]
    reason: str
    dates: DateReading | None = None

    def taken(self, rows: NDArray[np.int64]) -> pd.Series:
        """The values of `rows` in that order; text stays plain objects, which pandas would otherwise turn into its own type."""
        return pd.Series(self.values.to_numpy()[rows], dtype=self.values.dtype)


def parse(table: Table, column: Column, date_order: DateOrder | None) -> Parsed:
    """All values of `column`; `date_order` is used where a date column does not prove its own."""
    if column.parts:
        return _one_word_each(table, column, parse(table, replace(column, parts={}), date_order))
    name = table.where[column.source]
    if column.kind is Kind.DATE:
        reading = read_dates(table, name, date_order)
        return Parsed(reading.days, reading.bad, f"not a date ({reading.order.replace('_', ' ')})", reading)
    if column.role in {Role.FLAG, Role.OUTCOME}:
        return _flags(table, name, column.folds)
    if column.role is Role.CONSENT:
        return _consent(table, column)
    if column.kind is Kind.TEXT:
        return _words(table, name)
    return _numbers(table, name, whole=column.kind is Kind.INTEGER, year=column.role is Role.BIRTH_YEAR)


def holds_fractions(table: Table, column: Column) -> bool:
    """Whether any cell of a column of numbers is not whole."""
    (numbers,) = table.fetch(f"TRY_CAST({table.where[column.source]} AS DOUBLE)")
    values = _floats(numbers)
    return bool((values[np.isfinite(values)] % 1 != 0).any())


def _words(table: Table, name: str) -> Parsed:
    text = table.texts(name).to_numpy()
    codes, words = pd.factorize(text)  # one object per different word, not per row
    shared = np.append(words, [None])[codes]
    return Parsed(pd.Series(shared, dtype=object), np.zeros(len(text), dtype=bool), "")


def _one_word_each(table: Table, column: Column, parsed: Parsed) -> Parsed:
    return replace(parsed, bad=parsed.bad | cells_beyond(table, column), reason=NOT_ONE_WORD)


def _consent(table: Table, column: Column) -> Parsed:
    """ "given", "withdrawn" or missing (unknown), by the column's folds."""
    text = table.texts(table.where[column.source])
    known = text.str.lower().map(dict(column.folds)).astype(object)
    return Parsed(known.where(known.notna(), None), np.zeros(len(text), dtype=bool), "")


def _flags(table: Table, name: str, folds: Mapping[str, str]) -> Parsed:
    """1, 0 or missing; `folds` says which of an outcome's own words, in lower case, mean yes and no."""
    lower = f"lower({name})"
    yes = YES_WORDS | {word for word, meaning in folds.items() if meaning == "yes"}
    no = NO_WORDS | {word for word, meaning in folds.items() if meaning == "no"}
    code, stray = table.fetch(
        f"CASE WHEN {lower} IN ({_listed(yes)}) THEN 1.0 WHEN {lower} IN ({_listed(no)}) THEN 0.0 END",
        f"{name} IS NOT NULL AND {lower} NOT IN ({_listed(yes | no | MISSING_WORDS)})",
    )
    return Parsed(pd.Series(_floats(code)), _mask(stray), "neither yes nor no")


def _numbers(table: Table, name: str, *, whole: bool, year: bool) -> Parsed:
    cast = f"TRY_CAST({name} AS DOUBLE)"
    numbers, unread = table.fetch(cast, f"{name} IS NOT NULL AND {cast} IS NULL AND lower({name}) NOT IN ({_listed(MISSING_WORDS)})")
    values = _floats(numbers)
    bad = _mask(unread)
    if bad.any():
        texts = table.texts(name, f"{cast} IS NULL AND {name} IS NOT NULL")
        texts = texts[bad[texts.index]]
        values[texts.index] = texts.map(_years(texts.unique()) if year else _written_numbers(texts.unique(), _has_point(table, name)))
        bad &= np.isnan(values)
    if not whole:
        return Parsed(pd.Series(values), bad, "not a number")
    reason = "not a whole number"
    fractional = np.isfinite(values) & (values != np.trunc(values))
    return Parsed(pd.Series(np.where(fractional, np.nan, values)), bad | fractional, reason)


def _has_point(table: Table, name: str) -> bool:
    (found,) = table.fetch(f"TRY_CAST({name} AS DOUBLE) IS NOT NULL AND {name} LIKE '%.%'")
    return bool(found.any())


def _written_numbers(texts: Iterable[str], point_seen: bool) -> dict[str, float]:
    """Money signs and thousands are taken off; a comma is a decimal one only where every such cell allows it and none has a point."""
    bare = {text: _MONEY.sub("", text).strip() for text in texts}
    unsigned = {text: cell.lstrip("+-").strip() for text, cell in bare.items()}
    grouped = all(_THOUSANDS.fullmatch(cell) or _PLAIN.fullmatch(cell) for cell in unsigned.values())
    comma = not grouped and not point_seen and all(_DECIMAL_COMMA.fullmatch(cell) for cell in unsigned.values())
    values: dict[str, float] = {}
    for text, cell in unsigned.items():
        sign = -1.0 if bare[text].startswith("-") else 1.0
        if comma:
            values[text] = sign * float(re.sub(r"[. \u00a0]", "", cell).replace(",", "."))
        elif _THOUSANDS.fullmatch(cell) or _PLAIN.fullmatch(cell):
            values[text] = sign * float(re.sub(r"[,' \u00a0]", "", cell))
        else:
            values[text] = np.nan
    return values


def _years(texts: Iterable[str]) -> dict[str, float]:
    """The year in a date of birth."""
    found = {text: re.search(r"(?<!\d)\d{4}(?!\d)", text) for text in texts}
    return {text: float(year[0]) if year else np.nan for text, year in found.items()}


def _floats(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.ma.filled(np.ma.asarray(values, dtype=np.float64), np.nan).copy()


def _mask(values: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.ma.filled(np.ma.asarray(values), False).astype(bool)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(quoted(word) for word in sorted(words))
