"""What changed between two snapshots: customers, and column by column filled, typical value, drift and words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from math import isfinite
from pathlib import Path

from sqlalchemy.orm import Session

from segmentation.codec import from_json
from segmentation.drift import Drift, DriftWord, measure_drift
from segmentation.exploring.columns import is_drawn
from segmentation.exploring.exploration import SAMPLE
from segmentation.roles import Schema
from webapp.models import Snapshot
from webapp.services.access import Actor, Permission
from webapp.services.data.chosen import chosen_snapshot, snapshot_file
from webapp.services.data.column_pages import alike, read_sample
from webapp.services.data.snapshot_changes import AT_ONCE, Totals, WordChanges, count_changes, find_words, shared_columns
from webapp.services.data.snapshots import ColumnQuality, Quality, without_people
from webapp.services.errors import NotFound
from webapp.services.filtering.coarse import share_of
from webapp.services.filtering.filtering import SMALLEST_GROUP
from webapp.store import State, Store

KEPT = 16
"""Comparisons that a process keeps."""


@dataclass(frozen=True)
class ColumnChange:
    """One column in both snapshots; `before` and `after` hold how filled it is and what is typical.

    `changed` customers of both have another value (None: not for this reader). `drift` is how far its values moved, with the PSI
    itself in `psi` and what chance alone would give in `chance` (all None where it is not measured or not for this reader).
    `words` are None for what is no category.
    """

    before: ColumnQuality
    after: ColumnQuality
    changed: int | None
    drift: DriftWord | None
    psi: float | None
    chance: float | None
    words: WordChanges | None


@dataclass(frozen=True)
class Comparison:
    """Snapshot `after` against `before` (numbers), columns in the order of `after`. `added` and `dropped` are labels of columns.

    Drift was measured on a random `sample` of each (None: on everybody). `coarse` says that groups under ten are counted as nobody, for
    a reader who may not see customers.
    """

    before: int
    after: int
    totals: Totals
    columns: tuple[ColumnChange, ...]
    added: tuple[str, ...]
    dropped: tuple[str, ...]
    sample: int | None
    coarse: bool


@dataclass(frozen=True)
class _Found:
    """What is read from the two files, whoever asks."""

    totals: Totals
    changed: Mapping[str, int]
    words: Mapping[str, WordChanges]
    drift: Mapping[str, Drift]


@dataclass(frozen=True)
class _File:
    """A snapshot's file as a process may keep what it read of it; `path` has the team and the digest in it."""

    path: Path
    state: State
    column_schema: str
    customers: int

    @property
    def schema(self) -> Schema:
        return from_json(Schema, json.loads(self.column_schema))


def compare_snapshots(session: Session, actor: Actor, store: Store, dataset: str, after: int, before: int) -> Comparison:
    """Snapshot `after` against `before`; NotFound where one is missing. Viewers read coarse figures and no small group."""
    older, newer = (chosen_snapshot(session, actor, dataset, number) for number in (before, after))
    if older is None or newer is None:
        raise NotFound("There is no such snapshot.")
    files = [_file(actor, store, snapshot) for snapshot in (older, newer)]
    found = _found(*files)
    known = {each.name: each for each in from_json(Quality, older.quality).columns}
    present = from_json(Quality, newer.quality).columns
    columns = tuple(_column(known[each.name], each, found) for each in present if each.name in known and each.role != "customer_id")
    names = {each.name for each in present}
    comparison = Comparison(
        before=older.number,
        after=newer.number,
        totals=found.totals,
        columns=columns,
        added=tuple(each.label for each in present if each.name not in known),
        dropped=tuple(each.label for each in known.values() if each.name not in names),
        sample=SAMPLE if max(older.customers, newer.customers) > SAMPLE else None,
        coarse=False,
    )
    return comparison if actor.may(Permission.VIEW_CUSTOMERS) else _coarse(comparison, older, newer)


def new_words(session: Session, actor: Actor, store: Store, dataset: str, after: int, before: int) -> dict[str, WordChanges]:
    """By category: words that came and went from snapshot `before` to `after`."""
    older, newer = (chosen_snapshot(session, actor, dataset, number) for number in (before, after))
    if older is None or newer is None:
        return {}
    return _found_words(_file(actor, store, older), _file(actor, store, newer))


def _file(actor: Actor, store: Store, snapshot: Snapshot) -> _File:
    return _File(*snapshot_file(actor, store, snapshot), json.dumps(snapshot.column_schema), snapshot.customers)


@lru_cache(maxsize=KEPT)
def _found_words(older: _File, newer: _File) -> dict[str, WordChanges]:
    return find_words(older.path, newer.path, shared_columns(older.schema, newer.schema))


@lru_cache(maxsize=KEPT)
def _found(older: _File, newer: _File) -> _Found:
    shared = shared_columns(older.schema, newer.schema)
    totals, changed = count_changes(older.path, newer.path, shared)
    return _Found(totals, changed, _found_words(older, newer), _drift(older, newer))


def _drift(older: _File, newer: _File) -> dict[str, Drift]:
    """PSI of every column that can be counted, a few columns at a time."""
    kinds = {column.name: column.kind for column in older.schema}
    counted = [each for each in shared_columns(older.schema, newer.schema) if is_drawn(each) and alike(kinds[each.name], each.kind)]
    drift: dict[str, Drift] = {}
    for start in range(0, len(counted), AT_ONCE):
        part = counted[start : start + AT_ONCE]
        names = [column.name for column in part]
        sides = [read_sample(side.path, side.schema, side.customers, names) for side in (older, newer)]
        for column in part:
            drift[column.name] = measure_drift(*(side[column.name].replace(dict(column.folds)) for side in sides))
    return drift


def _column(before: ColumnQuality, after: ColumnQuality, found: _Found) -> ColumnChange:
    drift = found.drift.get(after.name)
    measured = drift is not None and isfinite(drift.psi)
    return ColumnChange(
        before=before,
        after=after,
        changed=found.changed.get(after.name, 0),
        drift=drift.word if drift is not None and measured else None,
        psi=drift.psi if drift is not None and measured else None,
        chance=drift.chance if drift is not None and measured else None,
        words=found.words.get(after.name),
    )


def _coarse(comparison: Comparison, older: Snapshot, newer: Snapshot) -> Comparison:
    """As viewers read it: no group under ten, no extreme, figures rounded, and of drift the word alone."""
    totals = comparison.totals
    return replace(
        comparison,
        totals=Totals(*(_large(each) for each in (totals.new, totals.gone, totals.changed, totals.unchanged))),
        columns=tuple(_coarse_column(each, older.customers, newer.customers) for each in comparison.columns),
        coarse=True,
    )


def _coarse_column(column: ColumnChange, before: int, after: int) -> ColumnChange:
    words = column.words
    return replace(
        column,
        before=_coarse_quality(column.before, before),
        after=_coarse_quality(column.after, after),
        changed=None,
        psi=None,
        chance=None,
        words=None if words is None else coarse_words(words),
    )


def coarse_words(words: WordChanges) -> WordChanges:
    """Only the named words that at least ten customers have."""
    new, gone = (tuple(each for each in named if each.customers >= SMALLEST_GROUP) for named in (words.new_words, words.gone_words))
    return WordChanges(
        len(new), len(gone), tuple(replace(each, customers=0) for each in new), tuple(replace(each, customers=0) for each in gone)
    )


def _coarse_quality(column: ColumnQuality, customers: int) -> ColumnQuality:
    safe = without_people(column, customers)
    return replace(safe, filled=share_of(safe.filled, customers))


def _large(customers: int) -> int:
    return customers if customers >= SMALLEST_GROUP else 0
