"""Damaged bytes of valid files, in all containers: a declared error, or a result that accounts for every row."""

from __future__ import annotations

import io
import random
import time
import zipfile
from pathlib import Path

import pytest

from segmentation.errors import SegmentationError
from segmentation.intake import inspect_file, read_customers
from tests.conftest import LONG
from tests.segmentation.intake.made import gzipped, parquet, put, repacked, text, text_workbook, workbook

SECONDS = 600 if LONG else 10
KINDS = ("text", "utf-16", "cp1252", "gzip", "xlsx", "sheet", "parquet")
TOKENS = (
    b'"',
    b"\n",
    b"\r",
    b",",
    b";",
    b"\t",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"9" * 30,
    b"<",
    b">",
    b"&",
    b"sep=;\n",
    b"\xe2\x80\x8b",
    b"=1+1",
)
ROWS = [("id", "name", "joined", "spend"), *((f"c{n}", f"Zoë, {n}", f"2024-01-{1 + n % 28:02}", f"{n * 1.5}") for n in range(40))]
SHEET = "xl/worksheets/sheet1.xml"


SELECT = "SELECT 'c' || i AS id, DATE '2024-01-01' + i::INT AS joined, i * 1.5 AS spend FROM range(40) t(i)"


def sheet_of(book: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        return archive.read(SHEET)


def seeds(folder: Path) -> dict[str, bytes]:
    plain = text(ROWS)
    return {
        "text": plain.encode(), "utf-16": plain.encode("utf-16"), "cp1252": plain.encode("cp1252"), "gzip": gzipped(plain.encode()),
        "xlsx": text_workbook([[str(cell) for cell in row] for row in ROWS]), "sheet": workbook(ROWS),
        "parquet": parquet(folder, SELECT).read_bytes(),
    }  # fmt: skip


def mutated(rng: random.Random, content: bytes) -> bytes:
    """A few bytes changed, put in, taken out, doubled, or the end cut off."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        at = rng.randrange(len(data) + 1)
        long = rng.choice((1, 2, 8, 64))
        match rng.randrange(6):
            case 0 if at < len(data):
                data[at] ^= 1 << rng.randrange(8)
            case 1:
                data[at:at] = rng.choice(TOKENS)
            case 2:
                del data[at : at + long]
            case 3:
                data[at:at] = data[at : at + long]
            case 4:
                data[at : at + long] = rng.randbytes(long)
            case _ if rng.random() < 0.1:
                del data[at:]
    return bytes(data)


def accounted(path: Path) -> None:
    """Read the file: only declared errors, and every row is a customer, rejected, or gave way to another."""
    try:
        preview = inspect_file(path)
        intake = read_customers(path)
    except SegmentationError:
        return
    repeats = sum(finding.count for finding in intake.findings if finding.code in {"duplicate_rows", "conflicting_rows"})
    assert preview.rows == intake.file_rows == len(intake.customers) + intake.rejected_rows + repeats
    assert len(set(intake.lines.tolist())) == len(intake.customers)


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_end_in_declared_errors_or_whole_results(tmp_path: Path, kind: str) -> None:
    content = seeds(tmp_path)[kind]
    accounted(put(tmp_path, content))
    until = time.monotonic() + SECONDS / len(KINDS)
    seed = 0
    while time.monotonic() < until:
        rng = random.Random(seed)
        # A damaged archive is seldom opened at all: damage what is in it, too.
        if kind == "sheet":
            damaged = repacked(content, **{SHEET: mutated(rng, sheet_of(content))})
        elif kind == "gzip" and seed % 2:
            damaged = gzipped(mutated(rng, text(ROWS).encode()))
        else:
            damaged = mutated(rng, content)
        try:
            accounted(put(tmp_path, damaged))
        except Exception as error:
            kept = tmp_path / f"{kind}-{seed}.bin"
            kept.write_bytes(damaged)
            raise AssertionError(f"{kind}, seed {seed} (kept as {kept.name}): {error!r}") from error
        seed += 1
    assert seed > 0
