"""Files that leave: what was written is read again by other programs."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import pytest

from webapp import outgoing
from webapp.outgoing import CellTooLong

COLUMNS = {"customer_key": "VARCHAR", "spend": "DOUBLE", "orders": "BIGINT", "joined": "DATE", "known": "BOOLEAN"}
ODD = ["=1+1", "+4", "-5", "@SUM(A1)", "https://example.com", "007", "", "a\nb", "🙂"]


def frames() -> list[pd.DataFrame]:
    count = len(ODD)
    values = {
        "customer_key": pd.Series(ODD, dtype=object),
        "spend": pd.Series([1.5, None, *[float(n) for n in range(2, count)]]),
        "orders": pd.Series([None, *range(1, count)], dtype="Int64"),
        "joined": pd.Series([date(2024, 2, 29), None, *[date(2024, 1, n) for n in range(3, count + 1)]], dtype=object),
        "known": pd.Series([True, False, None, *[True] * (count - 3)], dtype=object),
    }
    whole = pd.DataFrame(values)
    return [whole.iloc[:4], whole.iloc[4:]]


def test_a_workbook_holds_the_same_cells_and_no_formula(tmp_path: Path) -> None:
    target = tmp_path / "out.xlsx"
    written = outgoing.write_frames(iter(frames()), COLUMNS, [f'"{name}"' for name in COLUMNS], target, "xlsx")
    sheet = openpyxl.load_workbook(target)["Customers"]
    header, *rows = list(sheet.iter_rows())
    assert written == len(rows) == len(ODD)
    assert [cell.value for cell in header] == list(COLUMNS)
    assert [row[0].value or "" for row in rows] == ODD
    assert {row[0].data_type for row in rows if row[0].value} == {"s"}
    assert not any(cell.hyperlink for row in rows for cell in row)
    assert [row[1].value for row in rows][:3] == [1.5, None, 2.0]
    assert [row[2].value for row in rows][:3] == [None, 1, 2]
    assert [row[3].value for row in rows][:2] == [datetime(2024, 2, 29), None]
    assert [row[4].value for row in rows][:3] == [True, False, None]


def test_the_other_forms_hold_them_too(tmp_path: Path) -> None:
    for form, target in (("parquet", tmp_path / "out.parquet"), ("csv", tmp_path / "out.csv")):
        outgoing.write_frames(iter(frames()), COLUMNS, [f'"{name}"' for name in COLUMNS], target, form)  # type: ignore[arg-type]
        read = duckdb.sql(f"SELECT customer_key, spend FROM '{target}'").fetchall()
        assert [key or "" for key, _ in read] == ODD
        assert read[1][1] is None


def test_a_text_that_no_cell_can_hold_is_refused(tmp_path: Path) -> None:
    long = pd.DataFrame({name: [None] for name in COLUMNS}).assign(customer_key="x" * (outgoing.LONGEST_CELL + 1))
    with pytest.raises(CellTooLong, match="32,767"):
        outgoing.write_frames(iter([long]), COLUMNS, ['"customer_key"'], tmp_path / "out.xlsx", "xlsx")
