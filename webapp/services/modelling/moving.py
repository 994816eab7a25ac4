"""What the job "move" reads before it counts, and writes when it is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session, defer

from segmentation.codec import from_json, to_json
from segmentation.movement import Cell
from segmentation.roles import Schema
from webapp.models import ModelVersion, Movement, Snapshot, VersionStatus
from webapp.services.access import Actor, team_row, team_rows
from webapp.services.errors import Conflict


@dataclass(frozen=True)
class MovementCounts:
    """The sums by fate. With a `problem` the old model could not place the customers of the new snapshot, for this reason.

    `spend` says whether amounts are known on both sides; `watched` counts valuable customers on the way down.
    """

    cells: tuple[Cell, ...]
    spend: bool
    watched: int
    problem: str = ""


@dataclass(frozen=True)
class MovedModel:
    """A version by what placing customers takes."""

    version_id: str
    model_digest: str
    labels_digest: str
    fitted_on: str


@dataclass(frozen=True)
class MovedSnapshot:
    """A snapshot by what reading it takes."""

    id: str
    digest: str
    as_of: date
    schema: Schema


@dataclass(frozen=True)
class MovePlan:
    """From `old`'s division of `before` to `new`'s of `after`."""

    movement_id: str
    team_id: str
    old: MovedModel
    before: MovedSnapshot
    new: MovedModel
    after: MovedSnapshot


def plan_movement(session: Session, actor: Actor, movement_id: str) -> MovePlan | None:
    """What is to be counted; None where it is counted already."""
    row = team_row(session, actor, Movement, "movement", id=movement_id)
    if row.counts is not None:
        return None
    return MovePlan(
        movement_id=row.id,
        team_id=actor.team_id,
        old=_model(session, actor, row.old_version_id),
        before=_snapshot(session, actor, row.old_snapshot_id),
        new=_model(session, actor, row.new_version_id),
        after=_snapshot(session, actor, row.new_snapshot_id),
    )


def record_movement(session: Session, actor: Actor, movement_id: str, counts: MovementCounts, rows_digest: str) -> None:
    """Store what was counted."""
    row = team_row(session, actor, Movement, "movement", id=movement_id)
    row.counts, row.rows_digest = to_json(counts), rows_digest
    session.flush()


def read_counts(row: Movement) -> MovementCounts:
    """What is counted of a movement. For services only: the row was reached through the team."""
    return from_json(MovementCounts, row.counts)


def _model(session: Session, actor: Actor, version_id: str) -> MovedModel:
    found = team_rows(actor, ModelVersion).where(ModelVersion.id == version_id).options(defer(ModelVersion.profiles))
    version = session.scalars(found).one()
    if version.status != VersionStatus.READY or version.model_digest is None or version.labels_digest is None:
        raise Conflict(f"Version {version.number} was removed meanwhile, so it places nobody any more. Choose another one.")
    return MovedModel(version.id, version.model_digest, version.labels_digest, version.snapshot_id)


def _snapshot(session: Session, actor: Actor, snapshot_id: str) -> MovedSnapshot:
    row = team_row(session, actor, Snapshot, "snapshot", id=snapshot_id)
    return MovedSnapshot(row.id, row.digest, row.as_of, from_json(Schema, row.column_schema))
