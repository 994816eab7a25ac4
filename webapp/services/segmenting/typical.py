"""What is usual: for each column the middle and the range of a segment's customers and of everybody, or their commonest word."""

# ruff: noqa: S608  (SQL is put together from quoted column names and our own words; values are bound)

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from segmentation.roles import Column, Kind, Role
from webapp import bulk
from webapp.services.filtering.columns import attributes, shown_schema, value_sql
from webapp.services.segmenting.labelled import Labelled, read_labels
from webapp.store import State, Store

USUAL = (0.05, 0.95)
"""Between which parts of a group a value is usual there."""
MOST_WORDS = 20

Bound = float | date


@dataclass(frozen=True)
class Typical:
    """What is usual in a group of customers. Numbers and dates: median and the 5 % and 95 % points. Yes or no: the `share` of yes.

    Words: the commonest with its share, and the shares of the commoner ones in `words`. Everything is None or empty where nothing is known.
    """

    median: Bound | None = None
    low: Bound | None = None
    high: Bound | None = None
    share: float | None = None
    word: str | None = None
    words: Mapping[str, float] | None = None


Pair = tuple[Typical | None, Typical | None]


def typical_values(base: Labelled, store: Store, cluster: int) -> Mapping[str, Pair]:
    """By column of the version's snapshot: what is usual in that cluster (None: there is none), and among everybody. No contacts."""
    columns = (column for column in attributes(shown_schema(base.schema)) if column.role is not Role.CONTACT)
    parts = tuple(_Part(column.name, column.kind, _is_flag(column), value_sql(column, base.schema)) for column in columns)
    everybody = _read_typical(base.path(store), base.state(store), parts, None)
    if cluster < 0 or base.version is None:
        return {name: (None, usual) for name, usual in everybody.items()}
    group = _Group(store, base.version.team_id, base.version.labels_digest or "", cluster)
    own = _read_typical(base.path(store), base.state(store), parts, group)
    return {name: (own[name], usual) for name, usual in everybody.items()}


@dataclass(frozen=True)
class _Part:
    name: str
    kind: Kind
    flag: bool
    sql: str


@dataclass(frozen=True)
class _Group:
    """The customers of one cluster of a version, as something that answers can be kept by."""

    store: Store
    team_id: str
    labels_digest: str
    cluster: int

    def members(self) -> pd.DataFrame:
        labels = read_labels(self.store, self.team_id, self.labels_digest)
        return pd.DataFrame({"number": np.flatnonzero(labels.label == self.cluster)})


@lru_cache(maxsize=128)
def _read_typical(path: Path, _state: State, parts: tuple[_Part, ...], group: _Group | None) -> Mapping[str, Typical]:
    if not parts:
        return {}
    with bulk.column_engine() as connection:
        among = "read_parquet(?, file_row_number = true)"
        if group is not None:
            connection.register("members", group.members())
            among += " WHERE file_row_number IN (SELECT number FROM members)"
        figures = ", ".join(figure for part in parts for figure in _figures(part))
        cells = iter(connection.execute(f"SELECT {figures} FROM {among}", [str(path)]).fetchone() or ())
        found = {}
        for part in parts:
            low, median, high, share = (next(cells) for _ in range(4))
            if part.kind is Kind.TEXT:
                query = f"SELECT {part.sql} AS word, count(*) FROM {among} GROUP BY 1 ORDER BY 2 DESC, 1"
                found[part.name] = _words(connection.execute(query, [str(path)]).fetchall())
            else:
                found[part.name] = Typical(share=share) if part.flag else Typical(median, low, high)
    return found


def _figures(part: _Part) -> tuple[str, ...]:
    if part.kind is Kind.TEXT:
        return ("NULL",) * 4
    if part.flag:
        return (*("NULL",) * 3, f"avg(CASE WHEN {part.sql} IS NULL THEN NULL WHEN {part.sql} <> 0 THEN 1.0 ELSE 0.0 END)")
    value = part.sql if part.kind is Kind.DATE else f"CAST({part.sql} AS DOUBLE)"
    middle = f"quantile_disc({value}, 0.5)" if part.kind is Kind.DATE else f"median({value})"
    return (f"quantile_disc({value}, {USUAL[0]})", middle, f"quantile_disc({value}, {USUAL[1]})", "NULL")


def _words(counted: Sequence[tuple[Any, int]]) -> Typical:
    """Shares among those whose word is known."""
    known = [(str(word), count) for word, count in counted if word is not None]
    total = sum(count for _, count in known)
    if not known:
        return Typical()
    shares = {word: count / total for word, count in known[:MOST_WORDS]}
    return Typical(share=known[0][1] / total, word=known[0][0], words=shares)


def _is_flag(column: Column) -> bool:
    return column.role in (Role.FLAG, Role.OUTCOME) and column.kind is Kind.INTEGER
