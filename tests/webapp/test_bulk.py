"""Many customers at once, checked against the same done plainly."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentation.roles import CUSTOMER_KEY, Column, Kind, Role, Schema
from webapp import bulk, merging

SCHEMA = Schema(
    (
        Column(CUSTOMER_KEY, "Id", Role.CUSTOMER_ID, Kind.TEXT, "Id"),
        Column("number", "Number", Role.NUMBER, Kind.INTEGER, "Number"),
        Column("amount", "Amount", Role.SPEND, Kind.DECIMAL, "Amount"),
        Column("since", "Since", Role.ENROLLED_ON, Kind.DATE, "Since"),
        Column('odd "name"', "Odd", Role.CATEGORY, Kind.TEXT, "It's odd"),
    )
)
DAY = date(2024, 5, 6)


def frame(**changes: list[object]) -> pd.DataFrame:
    values: dict[str, list[object]] = {
        CUSTOMER_KEY: ["0", "1", "é", "ß"],
        "number": [7, None, -1, 2**53],
        "amount": [0.1, 0.0, None, 1e300],
        "since": ["2024-01-31", None, "1999-12-01", "2024-05-06"],
        'odd "name"': ["it's", None, 'say "hi"\n', "a,b\\"],
        **changes,
    }
    table = pd.DataFrame({name: pd.Series(column, dtype=object) for name, column in values.items()})
    return bulk.typed_frame(table.assign(since=pd.to_datetime(table["since"])), SCHEMA)


def write(path: Path, customers: pd.DataFrame) -> Path:
    with merging.staging(customers, SCHEMA, None) as staged:
        staged.write_snapshot(path)
    return path


def digest_of(path: Path, schema: Schema, as_of: date) -> str:
    with bulk.column_engine() as connection:
        return bulk.snapshot_digest(connection, f"read_parquet('{path}')", schema, as_of)


def figures_of(path: Path) -> dict[str, dict[str, Any]]:
    with bulk.column_engine() as connection:
        return bulk.column_figures(connection, f"read_parquet('{path}')", SCHEMA)


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    return write(tmp_path / "snapshot", frame())


def test_a_snapshot_reads_back_as_intake_types_it_sorted_by_key(snapshot: Path) -> None:
    back = bulk.read_snapshot(snapshot, SCHEMA)
    expected = frame().sort_values(CUSTOMER_KEY, ignore_index=True)
    pd.testing.assert_frame_equal(back, expected)
    assert [str(kind) for kind in back.dtypes] == ["object", "Int64", "float64", "datetime64[s]", "object"]


def test_the_digest_speaks_of_values_not_of_the_file(snapshot: Path, tmp_path: Path) -> None:
    digest = digest_of(snapshot, SCHEMA, DAY)
    other = tmp_path / "other"
    duckdb.execute(f"COPY (SELECT * FROM read_parquet('{snapshot}')) TO '{other}' (FORMAT parquet, COMPRESSION gzip, ROW_GROUP_SIZE 2)")
    assert other.read_bytes() != snapshot.read_bytes()
    assert digest_of(other, SCHEMA, DAY) == digest
    negative_zero = write(tmp_path / "zero", frame(amount=[0.1, -0.0, None, 1e300]))
    assert digest_of(negative_zero, SCHEMA, DAY) == digest


@pytest.mark.parametrize(
    "changes",
    [
        {"number": [7, 0, -1, 2**53]},
        {"amount": [0.1, None, 0.0, 1e300]},
        {"since": ["2024-01-30", None, "1999-12-01", "2024-05-06"]},
        {'odd "name"': ["it's", "", 'say "hi"\n', "a,b\\"]},
        {'odd "name"': ["it'", "s", 'say "hi"\n', "a,b\\"]},
    ],
)
def test_any_value_changes_the_digest(snapshot: Path, tmp_path: Path, changes: dict[str, list[object]]) -> None:
    other = write(tmp_path / "other", frame(**changes))
    assert digest_of(other, SCHEMA, DAY) != digest_of(snapshot, SCHEMA, DAY)


def test_the_digest_is_that_of_what_the_snapshot_before_had(snapshot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses that releases before have stored stay those of the same customers; however many words a column has."""
    expected = "5735a1f4fac4feddd259a4f9a789bece80853d31e1460164e2d69afbb192fa6b"
    assert digest_of(snapshot, SCHEMA, DAY) == expected
    monkeypatch.setattr(bulk, "FEW_WORDS", 2)
    assert digest_of(snapshot, SCHEMA, DAY) == expected


def test_schema_and_day_change_the_digest_but_not_where_a_column_came_from(snapshot: Path) -> None:
    digest = digest_of(snapshot, SCHEMA, DAY)
    first, *others = SCHEMA.columns
    renamed = Schema((Column(first.name, "ID", first.role, first.kind, first.label, confidence=0.3, reason="guessed"), *others))
    labelled = Schema((Column(first.name, "Id", first.role, first.kind, "Customer"), *others))
    assert digest_of(snapshot, renamed, DAY) == digest
    assert digest not in (digest_of(snapshot, labelled, DAY), digest_of(snapshot, SCHEMA, date(2024, 5, 7)))


def test_figures_of_columns(snapshot: Path) -> None:
    figures = figures_of(snapshot)
    assert figures["number"] == {"filled": 0.75, "distinct": 3, "low": -1.0, "high": float(2**53), "typical": 7.0}
    assert figures["since"] == {"filled": 0.75, "distinct": 3, "low": "1999-12-01", "high": "2024-05-06", "typical": "2024-01-31"}
    assert figures[CUSTOMER_KEY] == {"filled": 1.0, "distinct": 4, "low": None, "high": None, "typical": None}


def test_figures_know_one_zero(tmp_path: Path) -> None:
    found = figures_of(write(tmp_path / "zeros", frame(amount=[-0.0, 0.0, -0.0, None])))["amount"]
    assert [str(found[name]) for name in ("low", "high", "typical")] == ["0.0"] * 3
    assert found["distinct"] == 1


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_figures_are_those_of_pandas(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 12))

    def drawn(values: st.SearchStrategy[object]) -> list[object]:
        return data.draw(st.lists(st.none() | values, min_size=size, max_size=size))

    days = st.dates(date(1990, 1, 1), date(1990, 1, 9)).map(date.isoformat)
    values = {"number": drawn(st.integers(-3, 3)), "amount": drawn(st.sampled_from([-1.5, 0.25, 4.0])), "since": drawn(days)}
    customers = frame(**{**values, 'odd "name"': drawn(st.sampled_from("abc")), CUSTOMER_KEY: [str(place) for place in range(size)]})
    found = figures_of(write(tmp_path_factory.mktemp("figures") / "snapshot", customers))
    for name in ("number", "amount"):
        known = customers[name].dropna().astype(float)
        expected = (known.min(), known.max(), known.median()) if len(known) else (None,) * 3
        assert (found[name]["low"], found[name]["high"], found[name]["typical"]) == expected
    known = customers["since"].dropna().sort_values()
    assert found["since"]["typical"] == (str(known.iloc[(len(known) - 1) // 2].date()) if len(known) else None)
    words = customers['odd "name"'].dropna()
    assert found['odd "name"']["typical"] == (words.mode()[0] if len(words) else None)
    for name, figures in found.items():
        assert (figures["filled"], figures["distinct"]) == (pytest.approx(customers[name].notna().mean()), customers[name].nunique())


def test_rows_are_found_by_number_in_any_order(snapshot: Path) -> None:
    everybody = bulk.read_snapshot(snapshot, SCHEMA)
    numbers = np.array([3, 0, 2])
    found = bulk.typed_frame(bulk.rows_at(snapshot, [bulk.quoted(column.name) for column in SCHEMA], numbers), SCHEMA)
    pd.testing.assert_frame_equal(found, everybody.iloc[numbers].reset_index(drop=True))
    ordered = bulk.ordered_rows(snapshot, "number", np.array([0, 1, 3]), descending=True, start=0, stop=9)
    known = everybody["number"].iloc[[0, 1, 3]].sort_values(ascending=False, na_position="last")
    assert ordered.tolist() == known.index.tolist()
