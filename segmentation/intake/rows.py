"""Customers who are to be placed, not stored: from a file, or as a program sends them.

They are read as an import reads them, except that only some columns are asked for, no key is needed, nobody gives way to anybody, and
each row is judged by itself.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.errors import SegmentationError
from segmentation.intake.cells import Connect, cell_text, read_cells
from segmentation.intake.plausible import refuse_impossible, settle_oddities
from segmentation.intake.table import load
from segmentation.intake.text import transcode
from segmentation.intake.types import Finding, Flagged, Reject
from segmentation.intake.values import Parsed, parse
from segmentation.roles import CUSTOMER_KEY, Column, DateOrder, Role, Schema

LONGEST_SHOWN = 200


@dataclass(frozen=True)
class Wanted:
    """The columns that a model needs, among those that a dataset knows; `date_order` is for dates that do not prove their own."""

    needed: Schema
    known: Schema
    as_of: date
    date_order: DateOrder | None = None

    @property
    def asked(self) -> tuple[Column, ...]:
        """The customer id, which may be left out, and the needed columns."""
        return (*self.known.of(Role.CUSTOMER_ID), *self.needed)


@dataclass(frozen=True)
class RawRows:
    """Rows that can be placed: `customers` (n rows: the key, None where there is none, and the needed columns), in the order given.

    `places` (n,) says where each was: the line of a file, or the record's number from 0. `given` counts all rows, `rejects` tells of
    those left out (their `line` is such a place), `unknown` names the headers that mean nothing to the dataset. `flags` are values that
    cannot be true, by row, and `findings` what was taken of a file's columns that they do not prove.
    """

    customers: pd.DataFrame
    places: NDArray[np.int64]
    given: int
    rejects: tuple[Reject, ...]
    unknown: tuple[str, ...]
    flags: tuple[Flagged, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def rejected(self) -> int:
        """How many rows were left out; one can hold several values that cannot be read."""
        return len({reject.line for reject in self.rejects})


def read_file(path: Path, wanted: Wanted) -> RawRows:
    """The customers of a file.

    SegmentationError ("missing_column") names the headers that the file lacks; UnreadableFile says what to do about other bytes.
    """
    with tempfile.TemporaryDirectory(prefix="intake-") as name:
        table = load(transcode(path, Path(name), None), Path(name))
        try:
            found = match_headers(table.where, wanted.known)
            columns = _found_columns(wanted, found)
            parsed = {column.name: parse(table, column, wanted.date_order) for column in columns}
            parsed = refuse_impossible(parsed, wanted.needed, wanted.as_of)
            texts = {column.name: table.texts(table.where[column.source]).tolist() for column in columns if parsed[column.name].bad.any()}
        finally:
            table.connection.close()
    rejects = [*table.rejects, *_rejects(columns, parsed, texts, table.lines)]
    kept = np.flatnonzero(~(table.blank | _refused(parsed, len(table.lines))))
    customers, flags = _customers(wanted, columns, parsed, table.lines, kept)
    return RawRows(
        customers=customers,
        places=table.lines[kept],
        given=table.file_rows,
        rejects=tuple(sorted(rejects, key=lambda reject: reject.line)),
        unknown=tuple(header for header in table.where if header not in found.values()),
        flags=flags,
        findings=tuple(finding for column in columns for finding in parsed[column.name].findings if finding.severity == "flag"),
    )


def read_records(records: Sequence[Mapping[str, Any]], wanted: Wanted, connect: Connect) -> RawRows:
    """Customers as a program sends them: header (or canonical name) to text, number, boolean, date or None.

    Every record names every needed column; SegmentationError ("missing_column") says which does not.
    """
    headers = list(dict.fromkeys(header for record in records for header in record))
    found = match_headers(headers, wanted.known) if records else {column.name: column.source for column in wanted.needed}
    columns = _found_columns(wanted, found)
    cells = {column.name: _cells(records, column) for column in columns}
    parsed = {column.name: read_cells(cells[column.name], column, wanted.date_order, connect) for column in columns}
    parsed = refuse_impossible(parsed, wanted.needed, wanted.as_of)
    places = np.arange(len(records))
    kept = np.flatnonzero(~_refused(parsed, len(records)))
    customers, flags = _customers(wanted, columns, parsed, places, kept)
    return RawRows(
        customers=customers,
        places=places[kept],
        given=len(records),
        rejects=tuple(sorted(_rejects(columns, parsed, cells, places), key=lambda reject: reject.line)),
        unknown=tuple(header for header in headers if header not in found.values()),
        flags=flags,
    )


def match_headers(headers: Iterable[str], schema: Schema) -> dict[str, str]:
    """Canonical name of a column -> the header that means it: its own in the dataset's files, or its canonical name, in any case.

    SegmentationError ("repeated_column") where two headers mean one column.
    """
    exact = {column.source: column.name for column in schema}
    loose = {column.name.casefold(): column.name for column in schema} | {column.source.casefold(): column.name for column in schema}
    found: dict[str, str] = {}
    for header in headers:
        name = exact.get(header) or loose.get(header.strip().casefold())
        if name is not None and name in found:
            raise SegmentationError(
                f"“{found[name]}” and “{header}” mean the same column. Leave one of them out.",
                code="repeated_column",
                details={"columns": [found[name], header]},
            )
        if name is not None:
            found[name] = header
    return found


def _found_columns(wanted: Wanted, found: Mapping[str, str]) -> list[Column]:
    """The columns that were asked for, under the headers that they have here."""
    absent = [column.source for column in wanted.needed if column.name not in found]
    if absent:
        raise SegmentationError(
            f"The model needs {'columns' if len(absent) > 1 else 'a column'} that {'are' if len(absent) > 1 else 'is'} not there: "
            f"{', '.join(f'“{header}”' for header in absent)}. Add {'them' if len(absent) > 1 else 'it'}, with empty values where "
            "nothing is known.",
            code="missing_column",
            details={"columns": absent},
        )
    return [replace(column, source=found[column.name]) for column in wanted.asked if column.name in found]


def _cells(records: Sequence[Mapping[str, Any]], column: Column) -> list[Any]:
    if column.name == CUSTOMER_KEY:
        return [record.get(column.source) for record in records]
    try:
        return [record[column.source] for record in records]
    except KeyError:
        place = next(place for place, record in enumerate(records) if column.source not in record)
        raise SegmentationError(
            f"Customer {place} has no “{column.source}”, which the model needs. Send null where it is not known.",
            code="missing_column",
            details={"columns": [column.source], "row": place},
        ) from None


def _refused(parsed: Mapping[str, Parsed], rows: int) -> NDArray[np.bool_]:
    refused = np.zeros(rows, dtype=bool)
    for column in parsed.values():
        refused |= column.bad
    return refused


def _rejects(
    columns: Iterable[Column], parsed: Mapping[str, Parsed], cells: Mapping[str, Sequence[Any]], places: NDArray[np.int64]
) -> list[Reject]:
    return [
        Reject(int(places[row]), column.source, _shown(cells[column.name][row]), parsed[column.name].reason(row))
        for column in columns
        for row in np.flatnonzero(parsed[column.name].bad).tolist()
    ]


def _shown(cell: Any) -> str:
    text = cell_text(cell) or ("a list" if isinstance(cell, (list, tuple)) else "an object")
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def _written(value: Any) -> str:
    return str(value)[:10] if isinstance(value, np.datetime64) else cell_text(value) or ""


def _customers(
    wanted: Wanted, found: Iterable[Column], parsed: Mapping[str, Parsed], places: NDArray[np.int64], kept: NDArray[np.intp]
) -> tuple[pd.DataFrame, tuple[Flagged, ...]]:
    """The rows `kept`, what cannot be true being missing, and those values. Whole numbers stay float64: a model reads nothing else."""
    texts = {name: column.taken(kept) for name, column in parsed.items() if column.values.dtype == object}
    columns = {name: texts[name] if name in texts else column.values.to_numpy()[kept] for name, column in parsed.items()}
    keys = columns.pop(CUSTOMER_KEY, pd.Series([None] * len(kept), dtype=object))
    customers = pd.DataFrame({CUSTOMER_KEY: keys, **columns})
    headers = {column.name: column.source for column in found}
    flags = [
        Flagged(int(places[kept[row]]), headers[odd.column.name], _written(columns[odd.column.name][row]), f"{odd.reason}; {odd.taken}")
        for odd in settle_oddities(customers, wanted.needed, wanted.as_of)
        for row in np.flatnonzero(odd.rows).tolist()
    ]
    return customers, tuple(sorted(flags, key=lambda flag: flag.place))
