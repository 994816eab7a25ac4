"""A file that is looked at several times is parsed once, and again only where it is to be read in another way."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from segmentation.errors import UnreadableFile
from segmentation.intake import FileFormat, inspect_file, read_customers
from segmentation.intake.opening import OpenFile, opened

ROWS = "id,Town\na,York\nb,Bath\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "customers.csv"
    found.write_text(ROWS)
    return found


def test_the_same_table_is_given_again(path: Path) -> None:
    with OpenFile(path) as file:
        with opened(file, None, ["id"]) as first:
            pass
        with opened(file, FileFormat("", "", "month_first"), ["Town"]) as second:
            assert second.connection is first.connection
            assert (first.format.date_order, second.format.date_order) == (None, "month_first")


def test_another_delimiter_is_another_table(path: Path) -> None:
    with OpenFile(path) as file:
        with opened(file, None, ["id"]) as first:
            pass
        with opened(file, FileFormat(";", ""), ["id,Town"]) as second:
            assert second.connection is not first.connection
            assert second.header == ("id,Town",)


def test_a_header_that_nobody_names_is_doubted_again(tmp_path: Path) -> None:
    path = tmp_path / "bare.csv"
    path.write_text("17,1.5,3\n18,2.5,4\n19,3.5,5\n")
    with OpenFile(path) as file:
        with opened(file, None, ["17"]):
            pass
        with pytest.raises(UnreadableFile), opened(file):
            pass


def test_after_the_last_look_it_is_closed(path: Path) -> None:
    with OpenFile(path) as file:
        with opened(file) as table:
            pass
        looked, read = inspect_file(file), read_customers(file)
        with pytest.raises(duckdb.Error):
            table.connection.execute("SELECT 1")
    assert looked == inspect_file(path)
    assert read.customers.equals(read_customers(path).customers)
