"""The measures of a version's customers, kept as columns beside its labels: written at the fit, read for some of the customers.

One row for each row of the snapshot, in its order: every measure that the profiles speak of (NULL where unknown) under its own name, and
beside them, named so that no measure can be called the same, the cluster, the confidence, the place on the customer map, and spend
where no measure is called that.
"""

# ruff: noqa: S608  (SQL is put together from quoted column names and our own words; values are bound)

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.describing.profile_types import Profiles
from segmentation.describing.profiles import BORDER
from segmentation.describing.subsets import Sums
from segmentation.describing.worth import Worth
from segmentation.pipeline import Segmentation
from segmentation.roles import Role, Schema
from webapp import bulk
from webapp.store import Store

AREA = "measures"
CLUSTER, SURE, ACROSS, UP, SPENT = "__cluster", "__confidence", "__x", "__y", "__spend"

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class KeptMeasures:
    """Where a version's measures lie, and what is asked of them: names of measures, spend and recency, and how many segments there are."""

    path: Path
    names: tuple[str, ...]
    spend: str | None
    recency: str | None
    segments: int


def kept_columns(result: Segmentation, customers: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """What is kept of a fit, a row for each of `customers`."""
    beside: dict[str, NDArray[np.generic]] = {CLUSTER: result.assignments.label, SURE: result.assignments.confidence}
    if result.plane is not None:
        beside |= {ACROSS: result.plane[:, 0].astype(np.float32), UP: result.plane[:, 1].astype(np.float32)}
    spend = Worth.of(customers, schema, result.table).spend
    if spend is not None and "spend" not in result.table:
        beside[SPENT] = spend
    return result.table.assign(**beside)


def store_measures(store: Store, team_id: str, kept: pd.DataFrame) -> str:
    """Store what is kept as Parquet, and return its digest."""

    def write(path: Path) -> None:
        with bulk.column_engine() as connection:
            connection.execute("SET threads = 1")  # the same rows then make the same file
            connection.register("kept", kept)
            connection.execute(f"COPY (SELECT * FROM kept) TO '{bulk.literal(path)}' (FORMAT parquet, COMPRESSION zstd)")

    return store.put_written(team_id, AREA, write)


def open_measures(path: Path, profiles: Profiles, schema: Schema) -> KeptMeasures:
    """The measures at `path` that belong to those profiles."""
    with bulk.column_engine() as connection:
        present = {row[0] for row in connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()}
    names = tuple(measure.name for measure in profiles.measures if measure.name in present)
    spend = next((name for name in ("spend", SPENT) if name in present), None)
    recency = schema.one(Role.RECENCY_DAYS)
    days = recency.name if recency is not None and recency.name in present else None
    extra = tuple(name for name in (spend, days) if name is not None and name not in names)
    return KeptMeasures(path, (*names, *extra), spend, days, len(profiles.segments))


def sums_at(kept: KeptMeasures, rows: Rows, counted: Sequence[str] = ()) -> Sums:
    """Sums by segment over `rows` (numbers of snapshot rows); for the measures in `counted` also how many have any, or at most one."""
    with _opened(kept, rows) as connection:
        found = connection.execute(
            f"SELECT {CLUSTER}, count(*), {_how_many(f'{SURE} < {BORDER}')}, "
            f"{', '.join(_figures(name, name in counted) for name in kept.names)} FROM chosen GROUP BY 1"
        ).fetchall()
        cells = np.full((2 + len(_WORDS) * len(kept.names), kept.segments + 1), np.nan)
        for cluster, *figures in found:
            cells[:, int(cluster)] = [np.nan if figure is None else float(figure) for figure in figures]
        measured = cells[2:].reshape(len(kept.names), len(_WORDS), kept.segments + 1)
        known, mean, variance, low, high, above, at_most_one = np.moveaxis(measured, 1, 0)
        cube = _cubes(connection, kept, mean)
    known = np.nan_to_num(known)
    return Sums(
        names=kept.names,
        customers=np.nan_to_num(cells[0]),
        border=np.nan_to_num(cells[1]),
        known=known,
        mean=mean,
        square=np.nan_to_num(variance) * known,
        cube=cube,
        low=low,
        high=high,
        above=np.nan_to_num(above),
        at_most_one=np.nan_to_num(at_most_one),
    )


def places_at(kept: KeptMeasures, rows: Rows) -> tuple[NDArray[np.float32], NDArray[np.int16]]:
    """Where `rows` lie on the customer map (n x 2), and their clusters (-1: in none)."""
    with _opened(kept, rows) as connection:
        found = connection.execute(f"SELECT {ACROSS}, {UP}, {CLUSTER} FROM chosen ORDER BY file_row_number").fetchnumpy()
    plane = np.column_stack([np.asarray(found[ACROSS], dtype=np.float32), np.asarray(found[UP], dtype=np.float32)])
    return plane, np.asarray(found[CLUSTER], dtype=np.int16)


_WORDS = ("known", "mean", "variance", "low", "high", "above", "at_most_one")


def _figures(name: str, counted: bool) -> str:
    column = bulk.quoted(name)
    more = f"{_how_many(f'{column} > 0')}, {_how_many(f'{column} <= 1')}" if counted else "NULL, NULL"
    return f"count({column}), avg({column}), var_pop({column}), min({column}), max({column}), {more}"


def _how_many(condition: str) -> str:
    """Of how many rows a condition is true; at a million rows twice as fast as a count with a filter."""
    return f"sum(CAST({condition} AS TINYINT))"


def _cubes(connection: duckdb.DuckDBPyConnection, kept: KeptMeasures, mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums of cubed deviations from each group's mean, for spend and recency, whose means have an interval; NaN for the others."""
    cube = np.full(mean.shape, np.nan)
    wanted = list(dict.fromkeys(name for name in (kept.spend, kept.recency) if name is not None))
    if not wanted:
        return cube
    means = {f"__mean{line}": mean[kept.names.index(name)] for line, name in enumerate(wanted)}
    connection.register("means", pd.DataFrame({"__place": [*range(kept.segments), -1], **means}))
    away = (f"({bulk.quoted(name)} - __mean{line})" for line, name in enumerate(wanted))
    cubes = ", ".join(f"sum({each} * {each} * {each})" for each in away)
    rows = connection.execute(f"SELECT {CLUSTER}, {cubes} FROM chosen JOIN means ON __place = {CLUSTER} GROUP BY 1").fetchall()
    for name in wanted:
        cube[kept.names.index(name)] = 0.0
    for cluster, *sums in rows:  # -1 finds the place of those without a segment, which is the last
        for name, found in zip(wanted, sums, strict=True):
            cube[kept.names.index(name), int(cluster)] = found or 0.0
    return cube


@contextmanager
def _opened(kept: KeptMeasures, rows: Rows) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in which `chosen` are the measures at those rows."""
    with bulk.column_engine() as connection:
        connection.register("numbers", pd.DataFrame({"number": rows}))
        connection.execute(
            f"CREATE TEMP VIEW chosen AS SELECT * FROM read_parquet('{bulk.literal(kept.path)}', file_row_number = true) "
            "WHERE file_row_number IN (SELECT number FROM numbers)"
        )
        yield connection
