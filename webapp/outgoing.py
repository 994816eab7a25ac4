"""Files that leave: tables written as CSV, Parquet or a workbook, row by row from the column engine."""

# ruff: noqa: S608 - the expressions in these statements are made by services from quoted names

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import duckdb
import pandas as pd
import xlsxwriter

from segmentation.roles import CUSTOMER_KEY
from webapp.bulk import BATCH, column_engine, literal, quoted

FileForm = Literal["csv", "parquet", "xlsx"]
FORMS: Mapping[str, FileForm] = {".csv": "csv", ".parquet": "parquet", ".xlsx": "xlsx"}
"""Ending of a file's name -> how it is written."""
SHEET_ROWS = 1_048_575
"""Rows below the header that a workbook's sheet can hold."""
LONGEST_CELL = 32_767
"""Characters that a workbook's cell can hold."""


class CellTooLong(ValueError):
    """A text has more characters than a workbook's cell can hold."""


_COPIED = {"csv": "FORMAT csv, HEADER true", "parquet": "FORMAT parquet, COMPRESSION zstd"}


def copy_rows(path: Path, expressions: Sequence[str], beside: pd.DataFrame, allowed: pd.DataFrame, target: Path, form: FileForm) -> int:
    """Write `expressions` over the snapshot (`customers`) and `beside` to `target`, and answer how many rows went in.

    `beside` is joined by its column `number`; only customers whose key is in `allowed` are written, in the order of its column `place`.
    """
    with column_engine() as connection:
        connection.register("beside", beside)
        connection.register("allowed", allowed)
        query = (
            f"SELECT {', '.join(expressions)} FROM read_parquet('{literal(path)}', file_row_number = true) AS customers "
            f"JOIN beside ON customers.file_row_number = beside.number "
            f"WHERE customers.{CUSTOMER_KEY} IN (SELECT {CUSTOMER_KEY} FROM allowed) ORDER BY beside.place"
        )
        return _write(connection, query, target, form)


def write_frames(
    frames: Iterator[pd.DataFrame], columns: Mapping[str, str], expressions: Sequence[str], target: Path, form: FileForm
) -> int:
    """Write `expressions` over `frames`, one after the other, to `target`, and answer how many rows went in.

    `columns` (name to SQL type) are those of every frame.
    """
    names = ", ".join(quoted(name) for name in columns)
    with column_engine() as connection:
        connection.execute(f"CREATE TEMP TABLE written ({', '.join(f'{quoted(name)} {kind}' for name, kind in columns.items())})")
        for frame in frames:
            connection.register("frame", frame)
            connection.execute(f"INSERT INTO written SELECT {names} FROM frame")
            connection.unregister("frame")
        return _write(connection, f"SELECT {', '.join(expressions)} FROM written", target, form)


def _write(connection: duckdb.DuckDBPyConnection, query: str, target: Path, form: FileForm) -> int:
    if form == "xlsx":
        return _write_workbook(connection, query, target)
    copied = connection.execute(f"COPY ({query}) TO '{literal(target)}' ({_COPIED[form]})").fetchone()
    return int(copied[0]) if copied else 0


def _write_workbook(connection: duckdb.DuckDBPyConnection, query: str, target: Path) -> int:
    """One sheet. Texts stay texts, whatever they begin with: no cell becomes a formula or a link."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "default_date_format": "yyyy-mm-dd"}
    result = connection.execute(query)
    rows = 0
    with xlsxwriter.Workbook(str(target), options) as workbook:
        sheet = workbook.add_worksheet("Customers")
        sheet.freeze_panes(1, 0)
        _write_row(sheet, 0, [column[0] for column in result.description])
        while batch := result.fetchmany(BATCH):
            for values in batch:
                rows += 1
                _write_row(sheet, rows, values)
    return rows


def _write_row(sheet: Any, place: int, values: Sequence[Any]) -> None:
    for column, value in enumerate(values):
        if value is None or value != value:  # NaN, for which a workbook has no cell
            continue
        if isinstance(value, str) and len(value) > LONGEST_CELL:
            raise CellTooLong(f"A text of row {place + 1} is longer than the {LONGEST_CELL:,} characters that a workbook's cell can hold.")
        sheet.write(place, column, value)
