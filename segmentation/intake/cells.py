"""Values that a program sends, cell by cell, read as those of a file are.

What says the same in every file (12.5, yes, 2024-03-01, a word) is read here at once; everything else (1.234,50 or 03/04/24) needs
to be looked at a column at a time, and goes the way of a file's cells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.evidence import MARKS, MISSING_WORDS, NO_WORDS, YES_WORDS
from segmentation.intake.rules import effective_rule
from segmentation.intake.spelling import composed
from segmentation.intake.table import PADDING, Table
from segmentation.intake.values import Parsed, fitting, missing_words, parse
from segmentation.roles import Column, DateOrder, Kind, Role

Connect = Callable[[], duckdb.DuckDBPyConnection]
"""Where cells that need a closer look are read: a connection to a database in memory that nobody else uses meanwhile."""

_PLAIN_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?", re.ASCII)
_MARKS = re.compile(r"[.,]")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def read_cells(cells: Sequence[Any], column: Column, date_order: DateOrder | None, connect: Connect) -> Parsed:
    """The values of `cells` (n: text, numbers, booleans, dates or None), as `parse` reads those of a file's `column`.

    Numbers are float64, whole ones too, for a model looks at nothing else. A list or an object is no value of any column.
    """
    texts = [cell_text(cell) for cell in cells]
    if column.role in (Role.FLAG, Role.OUTCOME):
        parsed = _flags(texts, column)
    elif column.role is Role.CONSENT:
        parsed = parse(_table(texts, column.source, connect()), column, date_order)
    elif column.kind is Kind.TEXT:
        empty = missing_words(column)
        parsed = fitting(pd.Series([None if text is None or text.lower() in empty else composed(text) for text in texts], dtype=object))
    elif column.kind is Kind.DATE:
        parsed = _days(texts, column, date_order, connect)
    else:
        parsed = _numbers(cells, texts, column, connect)
    several = np.array([isinstance(cell, (list, dict, tuple)) for cell in cells], dtype=bool)
    return parsed.refusing(several, "not a single value") if several.any() else parsed


def cell_text(cell: Any) -> str | None:
    """A cell as a file would hold it, trimmed; None where it is empty, or no single value."""
    if isinstance(cell, str):
        text = cell if cell.isascii() else cell.encode("utf-8", "replace").decode()  # halves of characters are no text
        return text.replace("\0", "").strip(PADDING) or None
    if isinstance(cell, (bool, np.bool_)):
        return "true" if cell else "false"
    if isinstance(cell, (int, float, np.integer, np.floating)):
        return _number_text(cell)
    return cell.isoformat()[:10] if isinstance(cell, date) and cell is not pd.NaT else None


def _number_text(number: Any) -> str | None:
    """As short as it can be written: 3 and 3.0 are the same word in a column of words."""
    value = float(number) if isinstance(number, (float, np.floating)) else int(number)
    if isinstance(value, float) and np.isnan(value):
        return None
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    return str(int(value) if whole else value)


def _flags(texts: Sequence[str | None], column: Column) -> Parsed:
    known = {**dict.fromkeys(YES_WORDS | MARKS, 1.0), **dict.fromkeys(NO_WORDS, 0.0), **dict.fromkeys(MISSING_WORDS, np.nan)}
    known |= {word: float(meaning == "yes") for word, meaning in column.folds.items() if meaning in {"yes", "no"}}
    lower = [None if text is None else text.lower() for text in texts]
    values = np.array([np.nan if word is None else known.get(word, _one_or_zero(word)) for word in lower])
    strict = effective_rule(column).impossible != "missing"
    bad = np.array([strict and word is not None and word not in known and np.isnan(_one_or_zero(word)) for word in lower], dtype=bool)
    return Parsed(pd.Series(values), bad.astype(np.int8), ("neither yes nor no",))


def _one_or_zero(word: str) -> float:
    """1 and 0 as numbers are written (1.00), NaN for every other word."""
    return {1.0: 1.0, 0.0: 0.0}.get(float(word), np.nan) if _PLAIN_NUMBER.fullmatch(word) else np.nan


def _numbers(cells: Sequence[Any], texts: Sequence[str | None], column: Column, connect: Connect) -> Parsed:
    """Numbers, of which those that are not plain are looked at closely."""
    values, odd = np.full(len(texts), np.nan), []
    comma = column.rule.decimal == "comma"
    for row, (cell, text) in enumerate(zip(cells, texts, strict=True)):
        if text is None or text.lower() in MISSING_WORDS:
            continue
        if type(cell) is float or (_PLAIN_NUMBER.fullmatch(text) and not (comma and isinstance(cell, str))):
            values[row] = float(text)
        else:
            odd.append(row)
    whole = column.kind is not Kind.DECIMAL
    fractional = np.isfinite(values) & (values != np.trunc(values)) & whole
    plain = Parsed(pd.Series(np.where(fractional, np.nan, values)), fractional.astype(np.int8), ("not a whole number",))
    alike: dict[tuple[object, ...], list[int]] = {}
    for row in odd:  # who else is in a request must not decide what a comma means: 9,5 says nothing about 900,000
        alike.setdefault(_form(texts[row]), []).append(row)
    return _with_parts(plain, texts, alike.values(), column, None, connect)


def _days(texts: Sequence[str | None], column: Column, date_order: DateOrder | None, connect: Connect) -> Parsed:
    """Days; those that are not written year-month-day are looked at together."""
    days = np.full(len(texts), np.datetime64("NaT"), dtype="datetime64[s]")
    odd = []
    for row, text in enumerate(texts):
        if text is None or text.lower() in MISSING_WORDS:
            continue
        try:
            days[row] = np.datetime64(text if _ISO_DAY.fullmatch(text) else "?")
        except ValueError:  # another form, or no such day; the way of a file's cells says which
            odd.append(row)
    return _with_parts(fitting(pd.Series(days)), texts, [odd] if odd else [], column, date_order, connect)


def _with_parts(
    plain: Parsed,
    texts: Sequence[str | None],
    parts: Iterable[Sequence[int]],
    column: Column,
    date_order: DateOrder | None,
    connect: Connect,
) -> Parsed:
    """`plain` with each of `parts` (rows) read as a file's column of its own."""
    values, found = plain.values.to_numpy().copy(), plain
    for rows in parts:
        part = parse(_table([texts[row] for row in rows], column.source, connect()), column, date_order)
        values[rows] = part.values.to_numpy()
        for code, reason in enumerate(part.reasons, 1):
            wrong = np.zeros(len(texts), dtype=bool)
            wrong[np.asarray(rows)[part.faults == code]] = True
            found = found.refusing(wrong, reason) if wrong.any() else found
    return replace(found, values=pd.Series(values))


def _form(text: str | None) -> tuple[object, ...]:
    """How a number is written: its marks, and whether exactly three digits follow the last one."""
    if text is None:
        return ()
    marks = _MARKS.findall(text)
    return (*marks[-2:], len(marks), len(text) - 1 - max(text.rfind(","), text.rfind(".")) == 3)


def _table(texts: Sequence[str | None], header: str, connection: duckdb.DuckDBPyConnection) -> Table:
    """One column of cells as if it had been loaded from a file."""
    connection.execute("CREATE OR REPLACE TEMP TABLE raw AS SELECT unnest(?::VARCHAR[]) AS c0", [list(texts)])
    rows: NDArray[np.int64] = np.arange(len(texts))
    return Table(connection, (header,), rows, np.zeros(len(texts), dtype=bool), ())
