"""Tables of text cells, written in every container and dialect that can be read."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import xlsxwriter

from segmentation.intake import FileFormat
from segmentation.intake.opening import opened
from segmentation.intake.table import Table

Rows = Sequence[Sequence[object]]


def text(rows: Rows, delimiter: str = ",", newline: str = "\n", quoting: int = csv.QUOTE_MINIMAL) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator=newline, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return buffer.getvalue()


def put(folder: Path, content: str | bytes, name: str = "file.bin") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def workbook(rows: Rows, *, sheet: str = "Sheet1", **others: Rows) -> bytes:
    """A workbook with `rows` in its first sheet; further sheets by name."""
    book = openpyxl.Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for name, cells in {sheet: rows, **others}.items():
        page = book.create_sheet(name)
        for row in cells:
            page.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def text_workbook(rows: Sequence[Sequence[str]]) -> bytes:
    """A workbook of texts, by a writer that shares them among the cells."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        page = book.add_worksheet()
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                page.write_string(row, column, cell)
    return buffer.getvalue()


def parquet(folder: Path, select: str) -> Path:
    """A Parquet file of what an SQL statement selects."""
    path = folder / "made.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return path


def parquet_rows(folder: Path, rows: Sequence[Sequence[str]]) -> Path:
    frame = pd.DataFrame([list(row) for row in rows[1:]], columns=list(rows[0]), dtype=object)
    path = folder / "made.parquet"
    with duckdb.connect() as connection:
        connection.register("frame", frame)
        names = ", ".join('"' + name.replace('"', '""') + '"::VARCHAR' for name in rows[0])
        aliases = ", ".join(f"{cast} AS {cast.removesuffix('::VARCHAR')}" for cast in names.split(", "))
        connection.execute(f"COPY (SELECT {aliases} FROM frame) TO '{path}' (FORMAT parquet)")
    return path


def repacked(content: bytes, **parts: bytes) -> bytes:
    """A zip archive with some parts replaced or added; "__" in a name stands for "/"."""
    changed = {name.replace("__", "/"): part for name, part in parts.items()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in changed:
                new.writestr(name, old.read(name))
        for name, part in changed.items():
            new.writestr(name, part)
    return buffer.getvalue()


def cells(table: Table) -> list[list[str | None]]:
    """All records of a table, in order."""
    names = ", ".join(table.where.values())
    return [list(row) for row in table.connection.execute(f"SELECT {names} FROM raw ORDER BY rowid").fetchall()]


def read(path: Path, file_format: FileFormat | None = None) -> tuple[Table, list[list[str | None]]]:
    """The table (whose connection is closed) and its records."""
    with opened(path, file_format) as table:
        return table, cells(table)


def codes(table: Table) -> dict[str, str]:
    """Findings: code -> severity."""
    return {finding.code: finding.severity for finding in table.findings}
