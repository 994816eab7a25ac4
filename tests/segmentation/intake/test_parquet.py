"""Parquet: typed columns as text, names as they are, what is no cell."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation.errors import UnreadableFile
from segmentation.intake import FileFormat, inspect_file, read_customers
from tests.segmentation.intake.made import codes, parquet, put, read


def test_typed_columns_become_the_text_that_a_csv_would_hold(tmp_path: Path) -> None:
    columns = {
        "7::UTINYINT": "7", "1000.0::DOUBLE": "1000", "0.1::FLOAT": "0.1", "1e20::DOUBLE": "1e+20", "'nan'::DOUBLE": None, "true": "true",
        "DATE '2024-02-29'": "2024-02-29", "TIMESTAMP '2024-02-29 00:00:00'": "2024-02-29",
        "TIMESTAMP_MS '2024-02-29 13:05:09'": "2024-02-29 13:05:09",
        "TIME '08:30:00'": "08:30:00", "12.50::DECIMAL(9, 2)": "12.50", "12.00::DECIMAL(9, 2)": "12",
        "'  padded '": "padded", "''": None, "encode('bytes')": "bytes", "'x'::ENUM ('x', 'y')": "x", "NULL::INTEGER": None,
        "9007199254740993::BIGINT": "9007199254740993",
    }  # fmt: skip
    select = ", ".join(f"{value} AS c{i}" for i, value in enumerate(columns))
    table, (cells,) = read(parquet(tmp_path, f"SELECT 'k' AS id, {select}"))
    assert cells == ["k", *columns.values()]
    assert table.format == FileFormat("", "", None, "parquet")


def test_moments_are_those_of_greenwich(tmp_path: Path) -> None:
    path = parquet(tmp_path, "SELECT 'a' AS id, make_timestamptz(2024, 2, 29, 23, 0, 0, 'America/New_York') AS at")
    assert read(path)[1] == [["a", "2024-03-01 04:00:00"]]


def test_rows_are_in_order_and_counted_from_the_header(tmp_path: Path) -> None:
    table, records = read(parquet(tmp_path, "SELECT i AS id, i % 7 AS n FROM range(300000) t(i)"))
    assert [int(key or -1) for key, _ in records] == list(range(300_000))
    assert table.lines[[0, -1]].tolist() == [2, 300_001]


def test_names_are_kept_as_they_stand(tmp_path: Path) -> None:
    table, records = read(parquet(tmp_path, 'SELECT 1 AS "Id", 2 AS "id ", 3 AS "a""b", 4 AS "né", 5 AS "file_row_number"'))
    assert table.header == ("Id", "id", 'a"b', "né", "file_row_number")
    assert records == [["1", "2", "3", "4", "5"]]


def test_lists_records_and_bytes_are_left_out_and_flagged(tmp_path: Path) -> None:
    select = "SELECT i AS id, [i] AS l, {'a': i} AS s, MAP {'x': i} AS m, '\\xFF'::BLOB AS b, 5 AS n FROM range(3) t(i)"
    table, records = read(parquet(tmp_path, select))
    assert (list(table.where), records[2]) == (["id", "n"], ["2", "5"])
    assert [(finding.column, finding.severity) for finding in table.findings] == [(name, "flag") for name in ("l", "s", "m", "b")]


def test_what_nobody_sees_is_taken_out_of_parquet_too(tmp_path: Path) -> None:
    table, records = read(
        parquet(tmp_path, "SELECT i AS id, CASE WHEN i = 2 THEN 'Os\u200blo\u00a0N' ELSE 'Rome' END AS city FROM range(4) t(i)")
    )
    assert records[2] == ["2", "Oslo N"]
    assert [(finding.code, finding.column, finding.count, finding.lines) for finding in table.findings] == [
        ("hidden_characters", "city", 1, (4,))
    ]


def test_a_file_of_columns_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="no customers") as refused:
        read(parquet(tmp_path, "SELECT 1 AS id WHERE false"))
    assert refused.value.code == "no_rows"


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    content = parquet(tmp_path, "SELECT i AS id, 'x' || i AS n FROM range(3000) t(i)").read_bytes()
    for damaged in (content[:-9], content[:200] + b"\xff" * 300 + content[500:], content[:8] + content[-60:]):
        with pytest.raises(UnreadableFile, match="damaged"):
            read(put(tmp_path, damaged))


def test_a_pattern_in_the_files_name_reads_no_other_file(tmp_path: Path) -> None:
    folder = tmp_path / "a=1"
    folder.mkdir()
    parquet(tmp_path, "SELECT 'other' AS id, 1 AS n").rename(folder / "b.parquet")
    parquet(tmp_path, "SELECT 'mine' AS id, 1 AS n").rename(folder / "[ab]*.parquet")
    assert read(folder / "[ab]*.parquet")[1] == [["mine", "1"]]


def test_an_import_reads_parquet_as_it_reads_text(tmp_path: Path) -> None:
    path = parquet(tmp_path, "SELECT i AS id, DATE '2024-01-01' + i::INT AS joined, i * 1.5 AS spend FROM range(40) t(i)")
    intake = read_customers(path)
    assert (len(intake.customers), intake.rejects, intake.format.container) == (40, (), "parquet")
    assert intake.customers["joined"].max().isoformat()[:10] == "2024-02-09"
    assert codes(read(path)[0]) == {}
    assert inspect_file(path).sheets == ()
