"""Customers before any clustering: what an import found out about its snapshot, and RFM scores by anybody's cut points."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

from sqlalchemy.orm import Session

from segmentation.codec import from_json
from segmentation.describing.outcomes import yes_values
from segmentation.errors import SegmentationError
from segmentation.exploring.exploration import Exploration, explore, sample_rows
from segmentation.exploring.rfm import NAMES, RfmCuts, RfmName, default_cuts, read_cuts, rfm_columns, rfm_values, score_rfm
from segmentation.exploring.rfm_summary import RfmSummary, grid_measures, summarise_rfm
from segmentation.roles import Column, Role, Schema
from webapp import bulk
from webapp.services.access import Actor, Permission
from webapp.services.data.chosen import chosen_snapshot, snapshot_file
from webapp.services.filtering.coarse_exploration import coarse_exploration, coarse_rfm
from webapp.store import State, Store

KEPT = 8
"""Explorations of old snapshots that a process keeps, since they are stored nowhere."""


@dataclass(frozen=True)
class ExploredSnapshot:
    """What was found out about a snapshot."""

    snapshot: int
    as_of: date
    exploration: Exploration


@dataclass(frozen=True)
class RfmChoice:
    """What somebody asks of RFM: cut points as typed, by measure (those left out are the usual ones), and the outcome to rate."""

    cuts: Mapping[RfmName, Sequence[str]]
    outcome: str | None = None


@dataclass(frozen=True)
class RfmOutcome:
    """An outcome that customers can be rated by."""

    name: str
    label: str


@dataclass(frozen=True)
class RfmView:
    """RFM of the current snapshot, by the measures that are `there`.

    `usual` are the cut points at fifths; they are used where those typed cannot be, which `refused` explains by measure. `outcome` is
    the one that is rated, None without any. `free` says that the reader may choose cut points.
    """

    summary: RfmSummary
    there: tuple[RfmName, ...]
    usual: RfmCuts
    refused: Mapping[RfmName, str]
    outcomes: tuple[RfmOutcome, ...]
    outcome: RfmOutcome | None
    free: bool = True


def explore_snapshot(path: Path, schema: Schema, customers: int, as_of: date) -> Exploration:
    """Look at the customers of the snapshot file at `path`, of which there are so many; only a sample is read where they are many."""
    names = [bulk.quoted(column.name) for column in schema]
    sample = bulk.typed_frame(bulk.rows_at(path, names, sample_rows(customers)), schema)
    return explore(sample, schema, as_of=as_of, drawn_from=customers)


def show_exploration(session: Session, actor: Actor, store: Store, dataset: str, number: int | None = None) -> ExploredSnapshot | None:
    """What is known of the customers of a snapshot (None: the current one); None before the first import.

    A snapshot of a time before this was stored is looked at now. Viewers read coarse figures.
    """
    snapshot = chosen_snapshot(session, actor, dataset, number)
    if snapshot is None:
        return None
    if snapshot.exploration is not None:
        found = from_json(Exploration, snapshot.exploration)
    else:
        path, state = snapshot_file(actor, store, snapshot)
        found = _explored(path, state, json.dumps(snapshot.column_schema), snapshot.customers, snapshot.as_of)
    return ExploredSnapshot(snapshot.number, snapshot.as_of, found if actor.may(Permission.VIEW_CUSTOMERS) else coarse_exploration(found))


def show_rfm(session: Session, actor: Actor, store: Store, dataset: str, choice: RfmChoice) -> RfmView | None:
    """RFM of the current snapshot; None before the first import. MissingRole where the data has too few of its measures.

    Viewers read coarse figures by the usual cut points: with their own they could cut out a single customer.
    """
    snapshot = chosen_snapshot(session, actor, dataset)
    if snapshot is None:
        return None
    schema = from_json(Schema, snapshot.column_schema)
    columns = rfm_columns(schema)
    grid_measures(tuple(columns))
    rated = _rated(schema, choice.outcome)
    needed = Schema((*(column for each in columns.values() for column in each), *((rated,) if rated else ())))
    customers = bulk.read_snapshot(snapshot_file(actor, store, snapshot)[0], needed)
    values = rfm_values(customers, schema)
    usual = default_cuts(values)
    free = actor.may(Permission.VIEW_CUSTOMERS)
    cuts, refused = _chosen_cuts(choice, usual, tuple(columns)) if free else (usual, {})
    summary = summarise_rfm(values, score_rfm(values, cuts), yes_values(customers[rated.name]) if rated else None)
    outcomes = tuple(RfmOutcome(column.name, column.label) for column in schema.of(Role.OUTCOME))
    summary = summary if free else coarse_rfm(summary)
    chosen = RfmOutcome(rated.name, rated.label) if rated else None
    return RfmView(summary, tuple(columns), usual, refused, outcomes, chosen, free)


@lru_cache(maxsize=KEPT)
def _explored(path: Path, _state: State, column_schema: str, customers: int, as_of: date) -> Exploration:
    return explore_snapshot(path, from_json(Schema, json.loads(column_schema)), customers, as_of)


def _rated(schema: Schema, asked: str | None) -> Column | None:
    """The outcome that is asked for, else the last one (files list past campaigns before the latest)."""
    outcomes = schema.of(Role.OUTCOME)
    return next((column for column in outcomes if column.name == asked), outcomes[-1] if outcomes else None)


def _chosen_cuts(choice: RfmChoice, usual: RfmCuts, there: Sequence[RfmName]) -> tuple[RfmCuts, dict[RfmName, str]]:
    """The typed cut points where they can be taken, else the usual ones with the reason."""
    cuts, refused = usual, {}
    for name in NAMES:
        if name not in there or not any(text.strip() for text in choice.cuts.get(name, ())):
            continue
        try:
            cuts = replace(cuts, **{name: read_cuts(name, choice.cuts[name])})
        except SegmentationError as error:
            refused[name] = error.message
    return cuts, refused
