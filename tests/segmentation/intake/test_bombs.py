"""Small files that would unpack to far more than a table: refused in seconds, by their code, in bounded memory."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from segmentation.errors import UnreadableFile
from segmentation.intake import inspect_file, limits, read_customers
from segmentation.intake.opening import opened
from tests.segmentation.intake.made import parquet, put, repacked, text_workbook, workbook

MB = 1 << 20
MOST_MB = 600
"""Of the whole process that refuses, the libraries (about 200) included."""
_READ = """
import os, signal, sys, time
from pathlib import Path
from segmentation.errors import UnreadableFile
from segmentation.intake import read_customers
for line in sys.stdin:
    if os.fork():
        if os.wait()[1]:
            print("crashed", 0, 0, flush=True)
        continue
    signal.alarm(120)  # a read without an end is killed
    start = time.process_time()
    try:
        read_customers(Path(line.strip()))
        code = "read"
    except UnreadableFile as error:
        code = error.code
    # Of this process alone, the libraries included: getrusage also tells of whoever started it.
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(code, time.process_time() - start, int(peak.split()[1]) / 1024, flush=True)
    os._exit(0)
"""


@pytest.fixture(scope="module")
def read_alone() -> Iterator[Callable[[Path], list[str]]]:
    """Read a file in a process of its own: its code, seconds and megabytes. The libraries are imported once for all of them."""
    with subprocess.Popen([sys.executable, "-c", _READ], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None

        def read(path: Path) -> list[str]:
            print(path, file=reader.stdin, flush=True)
            return reader.stdout.readline().split()

        yield read


def packed(pieces: Iterable[bytes]) -> bytes:
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=9, mtime=0) as stream:
        for piece in pieces:
            stream.write(piece)
    return buffer.getvalue()


def inflated(part: str, pieces: Iterable[bytes]) -> bytes:
    """A workbook of which one part unpacks to all these pieces, and says that it holds less."""
    refers = b'<worksheet><sheetData><row><c t="s"><v>0</v></c></row></sheetData></worksheet>'
    content = repacked(text_workbook([["id", "n"], ["a", "b"]]), **{SHEET: refers, part: b""})
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new:
        for name in old.namelist():
            if name != part:
                new.writestr(name, old.read(name))
        with new.open(part, "w") as stream:
            for piece in pieces:
                stream.write(piece)
    return buffer.getvalue()


SHEET, TEXTS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"


def sparse(place: str) -> bytes:
    """A workbook of two cells, the second at a far `place`."""
    row = place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    rows = f'<row r="1"><c r="A1"><v>1</v></c></row><row r="{row}"><c r="{place}"><v>1</v></c></row>'
    return repacked(workbook([("id",), ("a",)]), **{SHEET: f"<worksheet><sheetData>{rows}</sheetData></worksheet>".encode()})


def one_text_in_many_cells() -> bytes:
    content = text_workbook([["id", "n"], ["a", "b"]])
    cells = '<row><c t="s"><v>0</v></c></row>' * 100_000
    texts = f"<sst><si><t>{'a' * 32_000}</t></si></sst>"
    return repacked(content, **{SHEET: f"<worksheet><sheetData>{cells}</sheetData></worksheet>".encode(), TEXTS: texts.encode()})


def many_parts() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for n in range(60_000):
            archive.writestr(f"xl/worksheets/a-rather-long-name-of-a-sheet-{n}.xml", b"")
    return buffer.getvalue()


def wide(names: int) -> bytes:
    return (",".join(f"c{n}" for n in range(names)) + "\n").encode()


BOMBS: dict[str, Callable[[Path], bytes]] = {
    "gzip of rows": lambda folder: packed([b"id,n\n", *[b"1,2\n" * (MB // 4)] * 100]),
    "gzip of empty lines": lambda folder: packed([b"id,n\n", *[b"\n" * MB] * 30]),
    "gzip of one line": lambda folder: packed([b"id,n\n1,", *[b"x" * MB] * 100]),
    "gzip of zeros": lambda folder: packed([b"id,n\n1,", *[b"\0" * MB] * 100]),
    "gzip of spaces": lambda folder: packed([b" " * MB] * 100),
    "text of 100,000 columns": lambda folder: wide(100_000) + b"1\n",
    "sheet of cells": lambda folder: inflated(SHEET, [b"<worksheet><sheetData>", *[b"<row><c><v>1</v></c></row>" * (MB // 26)] * 100]),
    "sheet of rows": lambda folder: inflated(SHEET, [b"<worksheet><sheetData>", *[b"<row/>" * (MB // 6)] * 100]),
    "sheet of spaces": lambda folder: inflated(SHEET, [b"<worksheet><sheetData>", *[b" " * MB] * 200]),
    "sheet of one name": lambda folder: inflated(SHEET, [b"<worksheet><", *[b"a" * MB] * 100]),
    "sheet of one cell": lambda folder: inflated(SHEET, [b'<worksheet><sheetData><row><c t="str"><v>', *[b"a" * MB] * 100]),
    "far cell": lambda folder: sparse("XFD1048576"),
    "cell at the end of column AF": lambda folder: sparse("AF1048576"),
    "one text in many cells": lambda folder: one_text_in_many_cells(),
    "nested parts": lambda folder: inflated(SHEET, [b"<worksheet><sheetData>", *[b"<t>" * (MB // 3)] * 60]),
    "texts in a part of another kind": lambda folder: inflated("docProps/app.xml", [b"<a>", *[b" " * MB] * 100]),
    "texts": lambda folder: inflated(TEXTS, [b"<sst>", *[b"<si><t>a</t></si>" * (MB // 17)] * 100]),
    "one text": lambda folder: inflated(TEXTS, [b"<sst><si><t>", *[b"a" * MB] * 100]),
    "parts": lambda folder: many_parts(),
    "parquet of 50 million rows": lambda folder: parquet(folder, "SELECT 1 AS id, 2 AS n FROM range(50000000)").read_bytes(),
    "parquet of 3,000 columns": lambda folder: parquet(folder, "SELECT " + ", ".join(f"{n} AS c{n}" for n in range(3_000))).read_bytes(),
    "parquet of one long text": lambda folder: parquet(
        folder, "SELECT i AS id, repeat('x', 500000) AS n FROM range(2000) t(i)"
    ).read_bytes(),
}
REFUSED = {"gzip of one line": "unreadable_file", "gzip of spaces": "empty_file", "gzip of zeros": "unreadable_file"}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_seconds_and_in_bounded_memory(tmp_path: Path, read_alone: Callable[[Path], list[str]], name: str) -> None:
    path = put(tmp_path, BOMBS[name](tmp_path), "customers.xlsx")
    code, seconds, memory = read_alone(path)
    assert code == REFUSED.get(name, "too_large")
    assert float(seconds) < 20
    assert float(memory) < MOST_MB


def test_the_bounds_let_ten_million_customers_of_thirty_cells_through() -> None:
    limits.refuse_large(10_000_000, 30)
    limits.refuse_bytes(10_000_000 * 30 * 12)
    limits.refuse_bytes(60 * MB * 60, 60 * MB)


@pytest.mark.parametrize(("rows", "columns"), [(limits.MAX_ROWS + 1, 1), (10_000_000, 41), (1, limits.MAX_COLUMNS + 1)])
def test_beyond_the_bounds_the_code_and_the_bounds_are_told(rows: int, columns: int) -> None:
    with pytest.raises(limits.UnreadableFile, match=r"\d,\d{3}") as refused:
        limits.refuse_large(rows, columns)
    assert refused.value.code == "too_large"


def test_much_repetition_alone_is_no_bomb(tmp_path: Path) -> None:
    path = put(tmp_path, packed([b"id,n\n", *(b"%d,2\n" % n for n in range(200_000))]))
    with opened(path) as table:
        assert table.file_rows == 200_000


def test_a_text_that_many_cells_name_counts_as_often_as_it_is_written(tmp_path: Path) -> None:
    cells = b'<row><c t="s"><v>0</v></c></row>' * 3_000
    texts = f"<sst><si><t>{'a' * 32_000}</t></si></sst>".encode()
    sheet = b"<worksheet><sheetData>" + cells + b"</sheetData></worksheet>"
    bomb = put(tmp_path, repacked(text_workbook([["id", "n"], ["a", "b"]]), **{SHEET: sheet, TEXTS: texts}))
    with pytest.raises(UnreadableFile) as refusal, opened(bomb):
        pass
    assert refusal.value.code == "too_large"
    assert "200 times" in refusal.value.message


def test_as_many_columns_as_may_be_are_read_in_seconds(tmp_path: Path) -> None:
    """Half of them spell out categories of 40 words each, more than are looked at as such."""
    categories = [f"group{n // 40}_w{n % 40}" for n in range(1_000)]
    header = ["id", *categories, *(f"c{n}" for n in range(999))]
    rows = [
        [f"C{row:03}", *("1" if n % 40 == (row + n // 40) % 40 else "0" for n in range(1_000)), *(str(row * n % 97) for n in range(999))]
        for row in range(120)
    ]
    path = put(tmp_path, "\n".join(map(",".join, [header, *rows])))
    start = time.process_time()
    schema = inspect_file(path).schema
    read = read_customers(path, schema=schema)
    assert len(read.customers) == 120
    assert 0 < sum(len(column.parts) for column in schema) <= 200
    assert time.process_time() - start < 45, "it took minutes, or the process crashed"
