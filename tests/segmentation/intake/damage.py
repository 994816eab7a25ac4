"""Ways to damage a customer file; `damages.py` lists the kinds with the exact outcome that a user may rely on.

Every kind begins with the same generated customers. What is expected is said against the same customers in a plain file: all of them
equal, some rejected by line, some cells missing, some findings more; or the file is refused with a code.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pandas as pd

from segmentation.intake import Intake, read_customers
from segmentation.roles import CUSTOMER_KEY
from segmentation.synthetic import synthetic_customers, write_customers

Rows = list[list[str]]
"""Cells of a file, its header first."""
CUSTOMERS = 60


@dataclass(frozen=True)
class Damage:
    """One kind: `harm` writes what somebody sends, `clean` what it stands for (the base, unless said otherwise).

    `refused` is the error's code. Else the file is read: `rejected` are the lines kept out, `missing` the customers (places in the
    base, from 0) whose cell of a canonical column is missing though the clean file has one, `found` the codes of findings that the
    clean file does not have, `lost` those that only the clean one has. `kept` are words (column -> place -> word) that are as they were
    sent.
    """

    name: str
    harm: Callable[[Rows], bytes]
    clean: Callable[[Rows], Rows] = lambda rows: rows
    refused: str | None = None
    rejected: tuple[int, ...] = ()
    missing: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    kept: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    found: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()


@cache
def base_rows() -> tuple[tuple[str, ...], ...]:
    """Sixty generated customers as the cells of a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "customers.csv"
        write_customers(path, synthetic_customers(CUSTOMERS, segments=3, seed=11))
        with path.open(newline="") as stream:
            return tuple(tuple(row) for row in csv.reader(stream))


def base() -> Rows:
    return [list(row) for row in base_rows()]


def plain(rows: Rows, **dialect: Any) -> str:
    out = io.StringIO()
    csv.writer(out, **{"lineterminator": "\n", **dialect}).writerows(rows)
    return out.getvalue()


def plain_bytes(rows: Rows) -> bytes:
    return plain(rows).encode()


def place(rows: Rows, header: str) -> int:
    return rows[0].index(header)


def with_cells(header: str, cells: Mapping[int, str]) -> Callable[[Rows], Rows]:
    """Customers (places from 0) whose cell under `header` becomes another."""

    def changed(rows: Rows) -> Rows:
        column = place(rows, header)
        return [
            [*row[:column], cells[number - 1], *row[column + 1 :]] if number - 1 in cells and number else list(row)
            for number, row in enumerate(rows)
        ]

    return changed


def with_column(header: str, write: Callable[[str], str], *, to: str | None = None) -> Callable[[Rows], Rows]:
    """Every cell under `header` written anew; the header itself as `to`."""

    def changed(rows: Rows) -> Rows:
        column = place(rows, header)
        first = [*rows[0][:column], to or header, *rows[0][column + 1 :]]
        return [first, *([*row[:column], write(row[column]), *row[column + 1 :]] for row in rows[1:])]

    return changed


def as_text(change: Callable[[Rows], Rows]) -> Callable[[Rows], bytes]:
    return lambda rows: plain_bytes(change(rows))


def header_as(names: Mapping[str, str]) -> Callable[[Rows], Rows]:
    return lambda rows: [[names.get(header, header) for header in rows[0]], *rows[1:]]


def lines_of(change: Callable[[list[str]], list[str]]) -> Callable[[Rows], bytes]:
    """The plain file's lines, changed."""
    return lambda rows: "\n".join(change(plain(rows).splitlines())).encode() + b"\n"


def day_of(cell: str) -> date:
    return datetime.strptime(cell, "%d-%m-%Y").date()


def excel_serial(cell: str) -> str:
    return str((day_of(cell) - date(1899, 12, 30)).days)


def small_days(rows: Rows) -> Rows:
    """Days of the month up to 12, so that nothing proves the order; the month differs from the day."""
    column = place(rows, "Dt_Customer")

    def early(number: int) -> str:
        return f"{number % 12 + 1:02d}-{(number + 4) % 12 + 1:02d}-2023"

    return [rows[0], *([*row[:column], early(number), *row[column + 1 :]] for number, row in enumerate(rows[1:]))]


# Containers other than text


def workbook(rows: Rows, *, above: int = 0, before: bool = False, typed: bool = True) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    if before:
        book.create_sheet("Read me", 0).append(["Made by the shop's own export"])
    for number in range(above):
        sheet.append(["Customers of the shop"] if number == 0 else [])
    sheet.append(rows[0])
    for row in rows[1:]:
        sheet.append([typed_cell(header, cell) if typed else cell for header, cell in zip(rows[0], row, strict=True)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def typed_cell(header: str, cell: str) -> Any:
    if header == "Dt_Customer":
        return datetime.combine(day_of(cell), datetime.min.time())
    return int(cell) if re.fullmatch(r"-?\d+", cell) else cell or None


def parquet(rows: Rows) -> bytes:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        path = Path(folder) / "out.parquet"
        columns = ", ".join(
            f'"{header}" {"DATE" if header == "Dt_Customer" else "BIGINT" if re.fullmatch(r"-?[0-9]+", cell) else "VARCHAR"}'
            for header, cell in zip(rows[0], rows[1], strict=True)
        )
        connection.execute(f"CREATE TABLE written ({columns})")
        values = [[typed_cell(header, cell) for header, cell in zip(rows[0], row, strict=True)] for row in rows[1:]]
        connection.executemany(f"INSERT INTO written VALUES ({', '.join('?' * len(rows[0]))})", values)
        connection.execute(f"COPY written TO '{path}' (FORMAT parquet)")
        return path.read_bytes()


def zipped(rows: Rows) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("customers.csv", plain(rows))
    return out.getvalue()


def with_macros(rows: Rows) -> bytes:
    """A workbook that says it holds macros."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(rows))) as book, zipfile.ZipFile(out, "w") as target:
        for item in book.infolist():
            data = book.read(item)
            if item.filename == "[Content_Types].xml":
                main = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
                data = data.replace(main, b"application/vnd.ms-excel.sheet.macroEnabled.main+xml")
            target.writestr(item, data)
        target.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0")
    return out.getvalue()


def one_hot(rows: Rows) -> Rows:
    """Marital status as a column of 0 and 1 for each word."""
    column = place(rows, "Marital_Status")
    words = sorted({row[column] for row in rows[1:]})
    first = [*rows[0][:column], *(f"Marital_Status_{word}" for word in words), *rows[0][column + 1 :]]
    return [first, *([*row[:column], *(str(int(row[column] == word)) for word in words), *row[column + 1 :]] for row in rows[1:])]


def without(header: str) -> Callable[[Rows], Rows]:
    def cut(rows: Rows) -> Rows:
        column = place(rows, header)
        return [[*row[:column], *row[column + 1 :]] for row in rows]

    return cut


def found(*codes: str) -> frozenset[str]:
    return frozenset(codes)


# What is expected


def read(folder: Path, content: bytes) -> Intake:
    path = folder / "file"
    path.write_bytes(content)
    return read_customers(path)


def expected_customers(clean: Intake, damage: Damage) -> pd.DataFrame:
    """The clean file's customers without the rejected rows, the cells that cannot be true being missing, odd words as they were sent."""
    customers = clean.customers.copy()
    order = [row[0] for row in damage.clean(base())[1:]]
    for column, places in damage.missing.items():
        customers.loc[customers[CUSTOMER_KEY].isin([order[place] for place in places]), column] = None
    for column, words in damage.kept.items():
        for place, word in words.items():
            customers.loc[customers[CUSTOMER_KEY] == order[place], column] = word
    gone = {order[line - 2] for line in damage.rejected if line - 2 < len(order)}
    return customers[~customers[CUSTOMER_KEY].isin(gone)].reset_index(drop=True)


def codes(intake: Intake) -> set[str]:
    return {finding.code for finding in intake.findings} - {"ignored"}


GERMAN = {
    "ID": "Kundennummer", "Year_Birth": "Geburtsjahr", "Income": "Einkommen", "Dt_Customer": "Kunde seit", "Kidhome": "Kinder",
}  # fmt: skip
MISSPELT = {"Income": "Incom", "Year_Birth": "Year_Brith", "Recency": "Recensy"}
