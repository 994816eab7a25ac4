"""Customers who are to be placed, not stored: from a file, or as a program sends them.

They are read as an import reads them, except that only some columns are asked for, no key is needed, nobody gives way to anybody, and
each row is judged by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.errors import SegmentationError
from segmentation.intake.cells import Connect, cell_text, read_cells
from segmentation.intake.derived import NOT_ONE_WORD, spells_one_word, with_derived, word_of
from segmentation.intake.findings import clipped
from segmentation.intake.opening import opened
from segmentation.intake.plausible import refuse_impossible, settle_oddities
from segmentation.intake.types import Finding, Flagged, Reject
from segmentation.intake.values import Parsed, parse
from segmentation.roles import CUSTOMER_KEY, Column, DateOrder, Role, Schema


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
    with opened(path, known=[text for column in wanted.known for text in (column.source, column.name, *column.parts)]) as table:
        headers = tuple(table.where)
        found = match_headers(headers, wanted.known)
        columns = _found_columns(wanted, found, headers)
        table = with_derived(table, Schema(tuple(columns)))
        parsed = {column.name: parse(table, column, wanted.date_order) for column in columns}
        parsed = refuse_impossible(parsed, wanted.needed, wanted.as_of)
        texts = {column.name: table.texts(table.where[column.source]).tolist() for column in columns if parsed[column.name].bad.any()}
    rejects = [*table.rejects, *_rejects(columns, parsed, texts, table.lines)]
    kept = np.flatnonzero(~(table.blank | _refused(parsed, len(table.lines))))
    customers, flags = _customers(wanted, columns, parsed, table.lines, kept)
    return RawRows(
        customers=customers,
        places=table.lines[kept],
        given=table.file_rows,
        rejects=tuple(sorted(rejects, key=lambda reject: reject.line)),
        unknown=_unknown(headers, found, wanted.known),
        flags=flags,
        findings=tuple(finding for column in columns for finding in parsed[column.name].findings if finding.severity == "flag"),
    )


def read_records(records: Sequence[Mapping[str, Any]], wanted: Wanted, connect: Connect) -> RawRows:
    """Customers as a program sends them: header (or canonical name) to text, number, boolean, date or None.

    Every record names every needed column; SegmentationError ("missing_column") says which does not.
    """
    headers = list(dict.fromkeys(header for record in records for header in record))
    found = match_headers(headers, wanted.known) if records else {column.name: column.source for column in wanted.needed}
    columns = _found_columns(wanted, found, headers)
    cells = {column.name: _cells(records, column) for column in columns}
    parsed = {column.name: _parsed(cells[column.name], column, wanted, connect) for column in columns}
    parsed = refuse_impossible(parsed, wanted.needed, wanted.as_of)
    places = np.arange(len(records))
    kept = np.flatnonzero(~_refused(parsed, len(records)))
    customers, flags = _customers(wanted, columns, parsed, places, kept)
    return RawRows(
        customers=customers,
        places=places[kept],
        given=len(records),
        rejects=tuple(sorted(_rejects(columns, parsed, cells, places), key=lambda reject: reject.line)),
        unknown=_unknown(headers, found, wanted.known),
        flags=flags,
    )


def match_headers(headers: Iterable[str], schema: Schema) -> dict[str, str]:
    """Canonical name of a column -> the header that means it: its own in the dataset's files, or its canonical name, in any case.

    A column that is made up of others is there under its source where all of those are.
    SegmentationError ("repeated_column") where two headers mean one column.
    """
    exact = {column.source: column.name for column in schema}
    loose = {column.name.casefold(): column.name for column in schema} | {column.source.casefold(): column.name for column in schema}
    found: dict[str, str] = {}
    headers = list(headers)
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
    spelt_out = (column for column in schema if column.parts and column.name not in found and set(column.parts) <= set(headers))
    return found | {column.name: column.source for column in spelt_out}


def _found_columns(wanted: Wanted, found: Mapping[str, str], headers: Collection[str]) -> list[Column]:
    """The columns that were asked for, under the headers that they have here; a header that holds the word itself needs no parts."""
    absent = [header for column in wanted.needed if column.name not in found for header in (*column.parts,) or (column.source,)]
    if absent:
        raise SegmentationError(
            f"The model needs {'columns' if len(absent) > 1 else 'a column'} that {'are' if len(absent) > 1 else 'is'} not there: "
            f"{', '.join(f'“{header}”' for header in absent)}. Add {'them' if len(absent) > 1 else 'it'}, with empty values where "
            "nothing is known.",
            code="missing_column",
            details={"columns": absent},
        )
    here = [replace(column, source=found[column.name]) for column in wanted.asked if column.name in found]
    return [replace(column, parts={}) if column.source in headers else column for column in here]


def _unknown(headers: Iterable[str], found: Mapping[str, str], known: Schema) -> tuple[str, ...]:
    meant = {*found.values(), *(header for column in known if column.name in found for header in column.parts)}
    return tuple(header for header in headers if header not in meant)


def _parsed(cells: Sequence[Any], column: Column, wanted: Wanted, connect: Connect) -> Parsed:
    parsed = read_cells(cells, replace(column, parts={}), wanted.date_order, connect)
    if not column.parts:
        return parsed
    beyond = np.array([not spells_one_word(cell, column) for cell in cells], dtype=bool)
    return parsed.refusing(beyond, NOT_ONE_WORD)


def _cells(records: Sequence[Mapping[str, Any]], column: Column) -> list[Any]:
    if column.name == CUSTOMER_KEY:
        return [record.get(column.source) for record in records]
    needed = (*column.parts,) or (column.source,)
    try:
        cells = [[record[header] for header in needed] for record in records]
    except KeyError as error:
        header = error.args[0]
        place = next(place for place, record in enumerate(records) if header not in record)
        raise SegmentationError(
            f"Customer {place} has no “{header}”, which the model needs. Send null where it is not known.",
            code="missing_column",
            details={"columns": [header], "row": place},
        ) from None
    if column.parts:
        return [word_of(dict(zip(needed, map(cell_text, row), strict=True)), column) for row in cells]
    return [cell for (cell,) in cells]


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
    return clipped(text)


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
