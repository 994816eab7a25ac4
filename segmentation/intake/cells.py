"""Values that a program sends, cell by cell, read as those of a file are.

What says the same in every file (12.5, yes, 2024-03-01, a word) is read here at once; everything else (1.234,50 or 03/04/24) needs
to be looked at a column at a time, and goes the way of a file's cells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.evidence import MISSING_WORDS, NO_WORDS, YES_WORDS
from segmentation.intake.table import PADDING, Table
from segmentation.intake.values import Parsed, parse
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
    parsed = _plain(cells, texts, column)
    if parsed is None:
        parsed = _closely(texts, column, date_order, connect)
    several = [isinstance(cell, (list, dict, tuple)) for cell in cells]
    return replace(parsed, bad=parsed.bad | several, reason=parsed.reason or "not a single value") if any(several) else parsed


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


def _plain(cells: Sequence[Any], texts: Sequence[str | None], column: Column) -> Parsed | None:
    """The values where no cell needs to be looked at beside its column, else None."""
    if column.role in (Role.FLAG, Role.OUTCOME):
        return _flags(texts, column)
    if column.role is Role.CONSENT:
        return None
    if column.kind is Kind.TEXT:
        return Parsed(pd.Series(texts, dtype=object), np.zeros(len(texts), dtype=bool), "")
    return _days(texts) if column.kind is Kind.DATE else _numbers(cells, texts, column)


def _flags(texts: Sequence[str | None], column: Column) -> Parsed:
    known = {**dict.fromkeys(YES_WORDS, 1.0), **dict.fromkeys(NO_WORDS, 0.0), **dict.fromkeys(MISSING_WORDS, np.nan)}
    known |= {word: float(meaning == "yes") for word, meaning in column.folds.items() if meaning in {"yes", "no"}}
    lower = [None if text is None else text.lower() for text in texts]
    values = np.array([np.nan if word is None else known.get(word, np.nan) for word in lower])
    bad = np.array([word is not None and word not in known for word in lower], dtype=bool)
    return Parsed(pd.Series(values), bad, "neither yes nor no")


def _numbers(cells: Sequence[Any], texts: Sequence[str | None], column: Column) -> Parsed | None:
    """Numbers that are plain; None where one has to be looked at beside its column."""
    values = np.empty(len(texts))
    for row, (cell, text) in enumerate(zip(cells, texts, strict=True)):
        if text is None or text.lower() in MISSING_WORDS:
            values[row] = np.nan
        elif type(cell) is float or _PLAIN_NUMBER.fullmatch(text):
            values[row] = float(text)
        else:
            return None
    if column.kind is Kind.DECIMAL:
        return Parsed(pd.Series(values), np.zeros(len(values), dtype=bool), "not a number")
    fractional = np.isfinite(values) & (values != np.trunc(values))
    return Parsed(pd.Series(np.where(fractional, np.nan, values)), fractional, "not a whole number")


def _days(texts: Sequence[str | None]) -> Parsed | None:
    """Days that are written year-month-day; None where one is not."""
    days = np.full(len(texts), np.datetime64("NaT"), dtype="datetime64[s]")
    for row, text in enumerate(texts):
        if text is None or text.lower() in MISSING_WORDS:
            continue
        if not _ISO_DAY.fullmatch(text):
            return None
        try:
            days[row] = np.datetime64(text)
        except ValueError:  # no such day; the way of a file's cells says so
            return None
    return Parsed(pd.Series(days), np.zeros(len(days), dtype=bool), "not a date (year first)")


def _closely(texts: Sequence[str | None], column: Column, date_order: DateOrder | None, connect: Connect) -> Parsed:
    """Cells read as a file's column is, but numbers only beside others of their form.

    Who else is in a request must not decide what a comma means: 9,5 says nothing about 900,000.
    """
    if column.kind not in (Kind.DECIMAL, Kind.INTEGER):
        return parse(_table(texts, column.source, connect()), column, date_order)
    rows: dict[tuple[object, ...], list[int]] = {}
    for row, text in enumerate(texts):
        rows.setdefault(_form(text), []).append(row)
    values, bad, reason = np.full(len(texts), np.nan), np.zeros(len(texts), dtype=bool), ""
    for alike in rows.values():
        part = parse(_table([texts[row] for row in alike], column.source, connect()), column, date_order)
        values[alike] = part.values.to_numpy(dtype=np.float64, na_value=np.nan)
        bad[alike], reason = part.bad, part.reason or reason
    return Parsed(pd.Series(values), bad, reason)


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
