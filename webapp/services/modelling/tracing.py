"""What the job "trace" reads before it counts, and writes when it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from segmentation.codec import from_json, to_json
from segmentation.movement import Division
from segmentation.roles import Schema
from webapp.models import Dataset, ModelVersion, SegmentTrace, Snapshot
from webapp.services.access import Actor, team_row, team_rows
from webapp.services.data.datasets import lock_dataset
from webapp.services.data.reports import ColumnDrift
from webapp.services.data.snapshots import ends_an_import, latest_snapshot
from webapp.services.errors import Conflict
from webapp.services.modelling.versions import find_version

MOST_SNAPSHOTS = 24
"""Snapshots that are counted, the latest of each day; earlier ones are history that no page shows."""


@dataclass(frozen=True)
class SinceFit:
    """How far the customers of a snapshot are from those whom the version was fitted on, by a sample of `placed` customers.

    `measures` are those that the version looks at, the one that moved most first; `unlike` customers are like nobody in training (None:
    the version cannot tell). Of all customers, not of the sample, `joined` were not there at the fit and `left` are no longer (both None:
    counted before that was).
    """

    placed: int
    unlike: int | None
    measures: tuple[ColumnDrift, ...]
    joined: int | None = None
    left: int | None = None


@dataclass(frozen=True)
class Counted:
    """What a trace holds: the snapshot `before` that moves were counted against, and the counts, or the `problem` that kept them out.

    `since_fit` is there for the dataset's latest snapshot at the time.
    """

    before: str | None
    division: Division | None
    problem: str = ""
    since_fit: SinceFit | None = None


@dataclass(frozen=True)
class Step:
    """One snapshot of the series, with the one before it (None: the first)."""

    snapshot_id: str
    digest: str
    as_of: date
    before: str | None


@dataclass(frozen=True)
class FittedOn:
    """The snapshot that the version was fitted on."""

    digest: str
    as_of: date
    schema: Schema


@dataclass(frozen=True)
class TracePlan:
    """The champion's model, the whole series with its `schemas`, oldest first, and which snapshots of it are `missing`."""

    team_id: str
    dataset_id: str
    version_id: str
    model_digest: str
    labels_digest: str
    segments: int
    fitted_on: str
    fitted: FittedOn
    steps: tuple[Step, ...]
    schemas: tuple[Schema, ...]
    missing: tuple[str, ...]


def plan_trace(session: Session, actor: Actor, dataset_id: str) -> TracePlan | None:
    """What is to be counted; None where there is no champion."""
    dataset = team_row(session, actor, Dataset, "dataset", id=dataset_id)
    version = find_version(session, actor, dataset, None)
    if version is None or version.model_digest is None or version.labels_digest is None:
        return None
    steps = series(session, actor, dataset)
    known = stored_counts(session, actor, version)
    missing = [step.snapshot_id for step in steps if not _is_counted(known.get(step.snapshot_id), step, last=step is steps[-1])]
    fitted = team_row(session, actor, Snapshot, "snapshot", id=version.snapshot_id)
    return TracePlan(
        team_id=actor.team_id,
        dataset_id=dataset.id,
        version_id=version.id,
        model_digest=version.model_digest,
        labels_digest=version.labels_digest,
        segments=version.k or 0,
        fitted_on=version.snapshot_id,
        fitted=FittedOn(fitted.digest, fitted.as_of, from_json(Schema, fitted.column_schema)),
        steps=steps,
        schemas=_schemas(session, actor, steps),
        missing=tuple(missing),
    )


def _is_counted(counts: Counted | None, step: Step, *, last: bool) -> bool:
    """Whether there is nothing left to count; of the latest snapshot also how far it is from the one of the fit."""
    if counts is None or counts.before != step.before:
        return False
    return not last or bool(counts.problem) or (counts.since_fit is not None and counts.since_fit.joined is not None)


def series(session: Session, actor: Actor, dataset: Dataset) -> tuple[Step, ...]:
    """The dataset's states over time up to the present one: one for each day, its last one, oldest first."""
    current = latest_snapshot(session, dataset)
    if current is None:
        return ()
    columns = (Snapshot.id, Snapshot.digest, Snapshot.as_of)
    earlier = team_rows(actor, Snapshot).where(Snapshot.dataset_id == dataset.id, Snapshot.as_of < current.as_of, ends_an_import())
    rows = session.execute(earlier.order_by(Snapshot.as_of, Snapshot.number).with_only_columns(*columns))
    by_day = {as_of: (id_, digest, as_of) for id_, digest, as_of in rows}
    days = [*by_day.values(), (current.id, current.digest, current.as_of)][-MOST_SNAPSHOTS:]
    return tuple(Step(id_, digest, as_of, days[place - 1][0] if place else None) for place, (id_, digest, as_of) in enumerate(days))


def _schemas(session: Session, actor: Actor, steps: Sequence[Step]) -> tuple[Schema, ...]:
    rows = team_rows(actor, Snapshot).where(Snapshot.id.in_([step.snapshot_id for step in steps]))
    known: dict[str, Any] = dict(session.execute(rows.with_only_columns(Snapshot.id, Snapshot.column_schema)).all())
    return tuple(from_json(Schema, known[step.snapshot_id]) for step in steps)


def stored_counts(session: Session, actor: Actor, version: ModelVersion) -> dict[str, Counted]:
    """What is counted for `version`, by snapshot id. For services and tasks only."""
    rows = session.scalars(team_rows(actor, SegmentTrace).where(SegmentTrace.version_id == version.id))
    return {row.snapshot_id: from_json(Counted, row.counts) for row in rows}


def lock_traced(session: Session, actor: Actor, plan: TracePlan) -> Dataset:
    """The dataset, whose champion and snapshots nobody else changes until this transaction ends."""
    dataset = team_row(session, actor, Dataset, "dataset", id=plan.dataset_id)
    lock_dataset(session, dataset)
    return dataset


def record_counts(session: Session, actor: Actor, plan: TracePlan, counted: Mapping[str, Counted]) -> None:
    """Store what was counted, in place of what was counted before for the same snapshots."""
    team_row(session, actor, ModelVersion, "version", id=plan.version_id)
    _forget(session, actor, plan.version_id, list(counted))
    now = datetime.now(UTC)
    for snapshot_id, counts in counted.items():
        team_row(session, actor, Snapshot, "snapshot", id=snapshot_id)
        session.add(
            SegmentTrace(version_id=plan.version_id, snapshot_id=snapshot_id, team_id=actor.team_id, counts=to_json(counts), created_at=now)
        )
    session.flush()


def _forget(session: Session, actor: Actor, version_id: str, snapshots: Sequence[str]) -> None:
    if not actor.team_id:
        raise Conflict("An actor without a team counts nothing.")
    old = delete(SegmentTrace).where(
        SegmentTrace.team_id == actor.team_id, SegmentTrace.version_id == version_id, SegmentTrace.snapshot_id.in_(snapshots)
    )
    session.execute(old)
