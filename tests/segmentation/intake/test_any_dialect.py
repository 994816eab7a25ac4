"""Whatever table of text is written, in any dialect and container that can be read, comes back cell for cell."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentation.intake import FileFormat
from segmentation.intake.hidden import plain
from segmentation.intake.opening import opened
from segmentation.intake.text import STATED_DELIMITERS
from tests.conftest import LONG
from tests.segmentation.intake.made import cells, gzipped, parquet_rows, put, text, text_workbook

EXAMPLES = 300 if LONG else 12
LETTERS = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], include_characters="\n\t,;|^~:\"'=#")
WESTERN = st.characters(codec="cp1252", exclude_categories=["Cc"], include_characters="\n\t,;|\"'")
NAMES = st.text(st.sampled_from("abcdefghij"), min_size=2, max_size=6)
WIDE = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "utf-32-be")


@st.composite
def tables(draw: st.DrawFn, letters: st.SearchStrategy[str] = LETTERS) -> list[list[str]]:
    """A header of names, and rows whose first cell tells them apart."""
    header = draw(st.lists(NAMES, min_size=2, max_size=5, unique=True))
    cell = st.text(letters, max_size=8)
    rows = draw(st.lists(st.lists(cell, min_size=len(header) - 1, max_size=len(header) - 1), min_size=1, max_size=8))
    return [header, *([f"key{n}", *row] for n, row in enumerate(rows))]


def expected(rows: list[list[str]]) -> list[list[str | None]]:
    """What is no part of a cell: padding, and what nobody sees."""
    return [[plain(cell).strip(" \t") or None for cell in row] for row in rows[1:]]


def check(path: Path, rows: list[list[str]], file_format: FileFormat | None = None) -> None:
    with opened(path, file_format) as table:
        assert table.header == tuple(rows[0])
        assert table.rejects == ()
        assert cells(table) == expected(rows)
        assert table.file_rows == len(rows) - 1


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    tables(), st.sampled_from(STATED_DELIMITERS), st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(WIDE), st.booleans(), st.booleans(),
)  # fmt: skip
def test_text(rows: list[list[str]], delimiter: str, newline: str, quoting: int, encoding: str, packed: bool, stated: bool) -> None:
    # Python's writer leaves "\n" bare where lines end in "\r", which makes a file that nobody can read in one way alone.
    content = text(rows, delimiter, newline, csv.QUOTE_ALL if newline == "\r" else quoting).encode(encoding)
    # What nobody stated is found out, except for the delimiters that prove nothing.
    said = FileFormat(delimiter, encoding) if stated else FileFormat(delimiter, "") if delimiter in "^~:" else None
    with tempfile.TemporaryDirectory() as folder:
        check(put(Path(folder), gzipped(content) if packed else content), rows, said)


@settings(max_examples=EXAMPLES, deadline=None)
@given(tables(WESTERN), st.sampled_from(",;\t|"))
def test_western_text(rows: list[list[str]], delimiter: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check(put(Path(folder), text(rows, delimiter).encode("cp1252")), rows, FileFormat(delimiter, "cp1252"))


@settings(max_examples=EXAMPLES, deadline=None)
@given(tables())
def test_workbooks(rows: list[list[str]]) -> None:
    # XML cannot hold two letters that text can.
    safe = [[cell.translate({0xFFFE: None, 0xFFFF: None}) for cell in row] for row in rows]
    safe = [[cell if cell.strip() else "" for cell in row] for row in safe]  # and readers of it pass over blank text
    with tempfile.TemporaryDirectory() as folder:
        check(put(Path(folder), text_workbook(safe)), safe)


@settings(max_examples=EXAMPLES, deadline=None)
@given(tables())
def test_parquet(rows: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check(parquet_rows(Path(folder), rows), rows)


@pytest.mark.parametrize("size", [5_000])
def test_tables_longer_than_a_sample(tmp_path: Path, size: int) -> None:
    rows = [["id", "note"], *([f"key{n}", f"line {n}\nnext, {n % 7};" if n % 3 else ""] for n in range(size))]
    check(put(tmp_path, text(rows, ";")), rows)
    check(put(tmp_path, text_workbook(rows)), rows)
    check(parquet_rows(tmp_path, rows), rows)
