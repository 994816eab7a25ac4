"""Rejected rows as a file that can be corrected and imported again: every cell under its header, behind the line and the reason."""

# ruff: noqa: S608 - the names in these statements are our own (c0, c1, ...), never the file's

from __future__ import annotations

import codecs
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby, islice
from pathlib import Path

import numpy as np
import pandas as pd

from segmentation.formulas import harmless, harmless_sql
from segmentation.intake.table import Table
from segmentation.intake.types import Reject

_PAIRS = (("line", "reason"), ("rejected line", "rejected reason"), ("line of the rejected row", "reason of the rejection"))
_WHOLE_ROW = "the whole row stands in the first column"
_CHUNK = 50_000
_MARKED = r"^'('*[=+\-@\t\r\n＝＋－＠])"
_NUMBER = r"^[-+]?[0-9][0-9., ]*([eE][-+]?[0-9]+)?%?$"


def returned_columns(headers: Sequence[str]) -> tuple[str, ...]:
    """The two headers in front of a file that `write_returned` wrote; empty for any other file."""
    return tuple(headers[:2]) if tuple(headers[:2]) in _PAIRS else ()


def write_returned(table: Table, rejects: Sequence[Reject], path: Path) -> None:
    """Write the rows of `rejects` (sorted by line) to a CSV file at `path`: line, reasons, and all cells as they were read.

    A row that does not fit the header stands in its first column as it is. What a spreadsheet would take for a formula gets an
    apostrophe, which `without_marks` takes off again.
    """
    rows = table.connection.cursor()
    rows.execute("CREATE OR REPLACE TEMP TABLE refused (line BIGINT, reason VARCHAR, record BIGINT, whole VARCHAR)")
    raw = iter(_raw_texts(table))
    told = _by_line(table, rejects, raw)
    while chunk := list(islice(told, _CHUNK)):
        rows.register("chunk_frame", pd.DataFrame(chunk, columns=["line", "reason", "record", "whole"]).astype({"whole": object}))
        rows.execute("INSERT INTO refused SELECT line, reason, record, whole FROM chunk_frame")
        rows.unregister("chunk_frame")
    names = list(table.where.values())
    first, *others = (_harmless(f"raw.{name}") for name in names)
    cells = [f"coalesce({_harmless('refused.whole')}, {first})", *others]
    headers = (*_free_pair(table.where), *(harmless(header) for header in table.where))
    listed = ", ".join(f"{cell} AS {_quoted(header)}" for cell, header in zip(["line", "reason", *cells], headers, strict=True))
    body = path.with_name(f"{path.name}.body")
    escaped = str(body).replace("'", "''")
    try:
        query = f"SELECT {listed} FROM refused LEFT JOIN raw ON raw.rowid = refused.record ORDER BY refused.line"
        rows.execute(f"COPY ({query}) TO '{escaped}' (FORMAT csv, HEADER true)")
        with path.open("wb") as target, body.open("rb") as source:
            target.write(codecs.BOM_UTF8)  # without it spreadsheets take UTF-8 for something else
            shutil.copyfileobj(source, target)
    finally:
        body.unlink(missing_ok=True)
        rows.close()


def without_marks(table: Table) -> Table:
    """The table without the apostrophes that kept a spreadsheet from running a cell.

    Of a file of rejected rows, rows that still stand in one cell stay out.
    """
    table = replace(table, header=tuple(re.sub(_MARKED, r"\1", header) for header in table.header))
    # Bounds and no `starts_with`: least and greatest words are known of every part of the table, so that it need not be read.
    names = list(table.where.values())
    found = table.totals([f"coalesce(bool_or({name} >= '''' AND {name} < '('), false)" for name in names])
    marked = [name for name, any_marked in zip(names, found, strict=True) if any_marked]
    if marked:
        changes = ", ".join(f"{name} = regexp_replace({name}, ?, '\\1')" for name in marked)
        where = " OR ".join(f"starts_with({name}, '''')" for name in marked)
        table.connection.execute(f"UPDATE raw SET {changes} WHERE {where}", [_MARKED] * len(marked))
    return _without_uncorrected(table) if returned_columns(table.header) else table


def _without_uncorrected(table: Table) -> Table:
    _, reason, first, *others = table.where.values()
    empty = "".join(f" AND {name} IS NULL" for name in others)
    (found,) = table.fetch(f"coalesce(ends_with({reason}, '{_WHOLE_ROW}'){empty}, false)")
    still = np.asarray(found, dtype=bool) & ~table.blank
    if not still.any():
        return table
    texts = table.texts(first)[still]
    why = "the whole row still stands in one cell; give each value a cell of its own"
    rejects = [Reject(int(line), None, str(text)[:200], why) for line, text in zip(table.lines[still], texts, strict=True)]
    both = sorted([*table.rejects, *rejects], key=lambda reject: reject.line)
    return replace(table, blank=table.blank | still, rejects=tuple(both))


def _by_line(table: Table, rejects: Sequence[Reject], raw: Iterator[str]) -> Iterator[tuple[int, str, int | None, str | None]]:
    """Line, reasons, record (None: it is not in the table) and text of the whole row (None: its cells are in the table)."""
    last = len(table.lines)
    for line, group in groupby(rejects, key=lambda reject: reject.line):
        reasons = list(group)
        record = int(np.searchsorted(table.lines, line))
        told = "; ".join(f"{reject.column}: {reject.reason}" if reject.column else reject.reason for reject in reasons)
        if record < last and table.lines[record] == line:
            yield line, told, record, None
        else:
            yield line, f"{told}; {_WHOLE_ROW}", None, next(raw, reasons[0].value)


def _raw_texts(table: Table) -> Iterator[str]:
    """The rows that do not fit the header as they are in the file, in its order."""
    cursor = table.connection.cursor()
    if not cursor.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'reject_errors'").fetchone():
        return
    cursor.execute("SELECT any_value(csv_line) FROM reject_errors GROUP BY line_byte_position ORDER BY line_byte_position")
    while batch := cursor.fetchmany(1_000):
        yield from (text.strip("\n") for (text,) in batch)


def _free_pair(headers: Sequence[str] | dict[str, str]) -> tuple[str, str]:
    taken = {header.casefold() for header in headers}
    return next((pair for pair in _PAIRS if not taken & set(pair)), _PAIRS[-1])


def _harmless(cell: str) -> str:
    """A number stays one, whatever its sign."""
    return f"CASE WHEN regexp_matches({cell}, '{_NUMBER}') THEN {cell} ELSE {harmless_sql(cell)} END"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
