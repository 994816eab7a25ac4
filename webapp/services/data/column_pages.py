"""How customers spread over the columns of a snapshot, beside another snapshot in the same bins."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd
from sqlalchemy.orm import Session

from segmentation.codec import from_json
from segmentation.exploring.columns import explore_columns, is_drawn
from segmentation.exploring.exploration import Exploration, sample_rows
from segmentation.roles import Kind, Schema
from webapp import bulk
from webapp.models import Snapshot
from webapp.services.access import Actor, Permission
from webapp.services.data.chosen import chosen_snapshot, snapshot_file
from webapp.services.filtering.coarse_exploration import coarse_exploration
from webapp.store import State, Store

KEPT = 16
"""Pages of columns that a process keeps."""


@dataclass(frozen=True)
class ColumnPage:
    """Columns of a snapshot, and the same ones of the snapshot that it is compared with (`behind`)."""

    shown: Exploration
    behind: Exploration | None


@dataclass(frozen=True)
class _Side:
    """One snapshot as a process may keep what it read of it; `path` has the team and the digest in it."""

    path: Path
    state: State
    column_schema: str
    customers: int


def drawn_columns(session: Session, actor: Actor, dataset: str, number: int) -> tuple[str, ...]:
    """Names of the columns of a snapshot that can be drawn, in the order of its schema."""
    snapshot = chosen_snapshot(session, actor, dataset, number)
    return tuple(column.name for column in from_json(Schema, snapshot.column_schema) if is_drawn(column)) if snapshot else ()


def show_columns(
    session: Session, actor: Actor, store: Store, dataset: str, number: int, names: Sequence[str], *, against: int | None = None
) -> ColumnPage | None:
    """The columns called `names` of snapshot `number`, beside those of snapshot `against`. Viewers read coarse figures.

    Only these columns are read, and of many customers a sample; None before the first import.
    """
    snapshot = chosen_snapshot(session, actor, dataset, number)
    if snapshot is None:
        return None
    other = chosen_snapshot(session, actor, dataset, against) if against is not None and against != number else None
    side, beside = _side(actor, store, snapshot), _side(actor, store, other) if other else None
    page = _explored(side, beside, tuple(names))
    if actor.may(Permission.VIEW_CUSTOMERS):
        return page
    return ColumnPage(coarse_exploration(page.shown), coarse_exploration(page.behind) if page.behind else None)


def read_sample(path: Path, schema: Schema, customers: int, names: Sequence[str]) -> pd.DataFrame:
    """The columns called `names` that the snapshot has, of at most as many customers as are explored."""
    kept = Schema(tuple(column for column in schema if column.name in set(names)))
    if not kept.columns:
        return pd.DataFrame(index=range(min(customers, len(sample_rows(customers)))))
    return bulk.typed_frame(bulk.rows_at(path, [bulk.quoted(column.name) for column in kept], sample_rows(customers)), kept)


def _side(actor: Actor, store: Store, snapshot: Snapshot) -> _Side:
    path, state = snapshot_file(actor, store, snapshot)
    return _Side(path, state, json.dumps(snapshot.column_schema), snapshot.customers)


@lru_cache(maxsize=KEPT)
def _explored(side: _Side, beside: _Side | None, names: tuple[str, ...]) -> ColumnPage:
    schema = from_json(Schema, json.loads(side.column_schema))
    kept = Schema(tuple(column for column in schema if column.name in names))
    own = read_sample(side.path, schema, side.customers, names)
    if beside is None:
        return ColumnPage(explore_columns(own, kept, everybody=side.customers), None)
    theirs = from_json(Schema, json.loads(beside.column_schema))
    shared = Schema(tuple(column for column in kept if any(each.name == column.name and alike(each.kind, column.kind) for each in theirs)))
    other = read_sample(beside.path, theirs, beside.customers, [column.name for column in shared])
    shown = explore_columns(own, kept, everybody=side.customers, beside=other)
    return ColumnPage(shown, explore_columns(other, shared, everybody=beside.customers, beside=own))


def alike(one: Kind, other: Kind) -> bool:
    """Whether both hold numbers, or both dates, or both words."""
    return one == other or {one, other} == {Kind.INTEGER, Kind.DECIMAL}
