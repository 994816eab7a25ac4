"""What a file is, by its bytes alone."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from pathlib import Path

import pytest

from segmentation.errors import UnreadableFile
from segmentation.intake.containers import container_of
from segmentation.intake.opening import opened
from tests.segmentation.intake.made import gzipped, parquet_rows, put, repacked, text, workbook

ROWS = [("id", "n"), ("a", "1"), ("b", "2")]


def zipped(**parts: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def with_types(kind: str) -> bytes:
    types = f'<Types><Override PartName="/x" ContentType="application/{kind}"/></Types>'
    return repacked(workbook(ROWS), **{"[Content_Types].xml": types.encode()})


def test_names_mean_nothing(tmp_path: Path) -> None:
    assert container_of(put(tmp_path, workbook(ROWS), "customers.csv")) == "xlsx"
    assert container_of(put(tmp_path, text(ROWS), "customers.xlsx")) == "text"
    assert container_of(put(tmp_path, gzipped(text(ROWS).encode()), "customers.parquet")) == "gzip"
    assert container_of(parquet_rows(tmp_path, ROWS).rename(tmp_path / "customers.txt")) == "parquet"


def database(folder: Path) -> bytes:
    with sqlite3.connect(folder / "d.db") as connection:
        connection.execute("CREATE TABLE t (a)")
    return (folder / "d.db").read_bytes()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (zipped(**{"a.csv": "id\n1\n"}), "zip archive.*holds a.csv"),
        (zipped(), "empty zip"),
        (zipped(mimetype="application/vnd.oasis.opendocument.spreadsheet"), "OpenDocument"),
        (with_types("vnd.ms-excel.sheet.macroEnabled.main+xml"), "macros"),
        (with_types("vnd.ms-excel.sheet.binary.macroEnabled.main"), "macros|binary"),
        (with_types("vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"), "Word"),
        (repacked(workbook(ROWS), **{"xl/vbaProject.bin": b"x"}), "macros"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old Excel workbook"),
        (b"BZh91AY&SY", "bzip2"),
        (b"Rar!\x1a\x07\x00", "RAR"),
        (b"<!DOCTYPE html><table><tr><td>id</td></tr></table>", "web page"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><a/>", "XML"),
        (gzipped(workbook(ROWS)), "zip archive"),
        (gzipped(gzipped(b"id\n1\n")), "gzip"),
        (gzipped(b"id,n\n1,2\n")[:-6], "damaged or cut short"),
        (gzipped(b""), "empty"),
        (workbook(ROWS)[:-40], "damaged"),
        (b"PAR1....", "damaged"),
    ],
)  # fmt: skip
def test_everything_else_is_refused_with_what_to_do(tmp_path: Path, content: bytes, told: str) -> None:
    path = put(tmp_path, content, "customers.csv")
    with pytest.raises(UnreadableFile, match=told) as refused, opened(path):
        pass
    assert refused.value.message.count(".") > 1 or "upload" in refused.value.message


def test_a_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="database"):
        container_of(put(tmp_path, database(tmp_path)))
