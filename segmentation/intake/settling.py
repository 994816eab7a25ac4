"""What is looked at once all cells are there: columns without a name, columns of one name, headers that are data, lines that add up."""

# ruff: noqa: S608 - the names in these statements are our own (c0, c1, ...), never the file's

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np

from segmentation.errors import SegmentationError, UnreadableFile
from segmentation.intake.findings import clipped
from segmentation.intake.headers import Header, refuse_data_as_header
from segmentation.intake.table import Table
from segmentation.intake.types import Finding, Reject
from segmentation.roles import Schema

_TOTALS = frozenset(
    {"total", "totals", "subtotal", "sum", "sums", "average", "mean", "gesamt", "gesamtsumme", "summe", "insgesamt", "durchschnitt",
     "totale", "totaal", "totalt", "somme", "moyenne", "suma", "soma", "somma", "summa", "grand total",
     "total general", "total général", "total geral"}
)  # fmt: skip
_REMARKS = ("#", "*", "--", "//", "(")
_TAIL = 3
"""Records at the end among which totals and remarks are looked for."""
_FIRST = 200
_WIDE = 3
"""Columns from which a record with one value is no customer when it is the last."""


def settle(table: Table, header: Header, known: Collection[str]) -> Table:
    """`table` with its columns told apart; `known` are headers that somebody has named, so that the header line is one.

    UnreadableFile where nothing follows the header, where values have no column name, or where the header is itself a customer.
    """
    if not table.file_rows:
        raise UnreadableFile("The file has a header but no customers below it. Export it again with its rows.", code="no_rows")
    _refuse_unnamed(table)
    if not set(known) & set(table.where):
        names = list(table.where.values())
        rows = _fetch(table, f"SELECT {', '.join(names)} FROM raw WHERE rowid < {_FIRST} ORDER BY rowid")
        columns = [[row[place] for row in rows if row[place] is not None] for place in range(len(names))]
        refuse_data_as_header(list(table.where), columns)
    return _without_footer(_without_copies(replace(table, findings=(*header.findings, *table.findings)), header))


def refuse_absent(schema: Schema, table: Table) -> None:
    """SegmentationError ("missing_column") where the file lacks a column of `schema`."""
    absent = [column.source for column in schema if column.source not in table.where]
    if absent:
        raise SegmentationError(
            f"The file has no column {', '.join(f'“{header}”' for header in absent)}. Correct the mapping or the file's header.",
            code="missing_column",
            details={"columns": absent},
        )


def _fetch(table: Table, statement: str) -> list[tuple[Any, ...]]:
    return table.connection.execute(statement).fetchall()


def _refuse_unnamed(table: Table) -> None:
    """Columns without a name must be without values (a spreadsheet's trailing commas); else the values would have no meaning."""
    unnamed = [place for place, header in enumerate(table.header) if not header]
    if not unnamed:
        return
    counts = table.totals([f"count(c{place})" for place in unnamed])
    for place, count in zip(unnamed, counts, strict=True):
        if count:
            raise UnreadableFile(
                f"Column {place + 1} holds {count:,} values but has no name. Name it in the header line, or remove it.",
                code="unnamed_column",
            )


def _without_copies(table: Table, header: Header) -> Table:
    """A column that repeats another's name and all its values goes; one with values of its own stays under its new name."""
    names = list(table.header)
    findings: list[Finding] = []
    for first, second in header.repeats:
        (row,) = _fetch(table, f"SELECT count(*), min(rowid) FROM raw WHERE c{first} IS DISTINCT FROM c{second}")
        differing, at = row
        if differing:
            message = (
                f"Two columns are called {names[first]} and differ in {differing:,} rows. The later one is kept as “{names[second]}”; "
                "say which of them counts, or ignore one."
            )
            findings.append(Finding("repeated_header", "flag", message, names[second], differing, (int(table.lines[at]),)))
        else:
            message = f"The column {names[first]} is there twice with the same values. It is kept once."
            findings.append(Finding("repeated_column", "note", message, names[first], table.file_rows))
            names[second] = ""
    return replace(table, header=tuple(names), findings=(*table.findings, *findings))


def _without_footer(table: Table) -> Table:
    """Lines of totals and remarks at the end are rejected, for they are nobody."""
    names = list(table.where.values())
    filled = np.flatnonzero(~table.blank)
    rejects: list[Reject] = []
    gone: list[int] = []
    for row in filled[:0:-1][:_TAIL].tolist():
        (cells,) = _fetch(table, f"SELECT {', '.join(names)} FROM raw WHERE rowid = {row}")
        reason = _no_customer(table, names, row, cells)
        if reason is None:
            break
        shown = " ".join(cell for cell in cells if cell is not None)
        rejects.append(Reject(int(table.lines[row]), None, clipped(shown), reason))
        gone.append(row)
    if not gone:
        return table
    end = min(gone)  # nothing but blank records lies between and behind
    table.connection.execute(f"DELETE FROM raw WHERE rowid >= {end}")
    return replace(table, lines=table.lines[:end], blank=table.blank[:end], rejects=(*table.rejects, *rejects))


def _no_customer(table: Table, names: list[str], row: int, cells: tuple[str | None, ...]) -> str | None:
    values = [(name, cell) for name, cell in zip(names, cells, strict=True) if cell is not None]
    name, first = values[0]
    word = next(((column, cell) for column, cell in values if cell.casefold().strip(" :.=") in _TOTALS), None)
    if word and (word[0] == name or all(_number(cell) for column, cell in values if column != word[0])):
        (times,) = table.connection.execute(f"SELECT count(*) FROM raw WHERE {word[0]} = ?", [word[1]]).fetchall()[0]
        if times == 1:
            return f"“{word[1]}” adds the rows above up and is no customer"
    if len(values) == 1 and len(names) >= _WIDE and (first.startswith(_REMARKS) or " " in first):
        return "a remark below the table, no customer"
    return None


def _number(cell: str) -> bool:
    return any(letter.isdigit() for letter in cell) and not any(letter.isalpha() for letter in cell)
