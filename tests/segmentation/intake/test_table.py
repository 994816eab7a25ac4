"""What a table of text knows of its cells without looking at each in Python."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from segmentation.intake import inspect_file, read_customers
from segmentation.intake import table as tables
from segmentation.intake.opening import opened
from segmentation.intake.table import Table

WORDS = ["b", "a", "", "b", "it's", "B", "é", "", "a"]


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Table]:
    path = tmp_path / "words.csv"
    path.write_text("Id,Word,Digits,Mixed\n" + "".join(f"{n},{word},{n - 3},0{n}\n" for n, word in enumerate(WORDS)), encoding="utf-8")
    with opened(path) as found:
        yield found


@pytest.mark.parametrize("most", [5_000, 2], ids=["numbered by DuckDB", "too many for it"])
def test_words_are_numbered_as_they_are_met(table: Table, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "FEW_WORDS", most)
    words = table.words(table.where["Word"])
    assert words.words == ["b", "a", "it's", "B", "é"]
    assert words.place.tolist() == [0, 1, -1, 0, 2, 3, 4, -1, 1]
    place, (size,) = table.each_word(table.where["Word"], "coalesce(length(word), -1)")
    assert size[place].tolist() == [len(word) or -1 for word in WORDS]


def test_a_column_of_nothing_has_no_words(tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text("Id,Word,More\n1,,x\n2,,y\n", encoding="utf-8")
    with opened(path) as table:
        words = table.words(table.where["Word"])
        assert (words.words, words.place.tolist()) == ([], [-1, -1])


def test_digits_are_known_only_of_columns_that_hold_nothing_else(table: Table) -> None:
    table.note_digits([table.where[name] for name in ("Id", "Word", "Digits", "Mixed")])
    assert [name for name in table.where if table.is_digits(table.where[name])] == ["Id", "Digits"]


@pytest.mark.parametrize("twins", [2, 60], ids=["few", "many"])
def test_twins_are_told_apart_from_rows_whose_numbers_alone_are_the_same(tmp_path: Path, twins: int) -> None:
    """Rows 0 and 1 have the same numbers and other words."""
    rng = np.random.default_rng(1)
    rows = [[str(number) for number in rng.integers(1_000, 9_999, 6)] + [f"word{n % 7}"] for n in range(100)]
    rows[1] = [*rows[0][:6], "other"]
    rows += rows[2 : 2 + twins]
    path = tmp_path / "twins.csv"
    lines = ["Customer," + ",".join(f"Answer {at}" for at in range(6)) + ",City", *(f"c{n}," + ",".join(row) for n, row in enumerate(rows))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    read = read_customers(path, schema=inspect_file(path, roles={"Customer": "customer_id"}).schema)
    finding = next(finding for finding in read.findings if finding.code == "twins")
    assert (finding.count, finding.lines[0]) == (twins, 102)


LONG = {
    "one record a line": (60_000, "é" * 170, {8, 59_991}, set()),
    "lines that look like records": (2_300, '"' + "\n1,x,y" * 1_500 + '"', {8, 2_291}, {7, 1_150, 2_299}),
    "a core begins at records that do not fit": (1_250, "x" * 19_990, {1_200}, {800, 801, 1_249}),
}
"""20 MB each: records, the text in each, the empty ones and those with a cell too many. A core begins at byte 16,000,000."""


@pytest.mark.parametrize(("records", "text", "empty", "ragged"), LONG.values(), ids=LONG)
def test_a_long_file_keeps_the_order_of_its_records(records: int, text: str, empty: set[int], ragged: set[int], tmp_path: Path) -> None:
    """However many cores read it."""
    rows = ["" if n in empty else f"{n:06},{text},x,y" if n in ragged else f"{n:06},{text},x" for n in range(records)]
    path = tmp_path / "long.csv"
    path.write_text("\n".join(["Id,Text,Cell", *rows]) + "\n", encoding="utf-8")
    starts = 2 + np.cumsum([0, *(1 + row.count("\n") for row in rows[:-1])])
    kept = [n for n in range(records) if n not in ragged | empty]
    with opened(path) as table:
        assert table.texts(table.where["Id"]).tolist() == [f"{n:06}" for n in kept]
        assert table.words(table.where["Text"]).words == [text.strip('"')]
        assert table.lines.tolist() == starts[kept].tolist()
        assert [reject.line for reject in table.rejects] == starts[sorted(ragged)].tolist()
