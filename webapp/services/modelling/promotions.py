"""Which version was champion when, and the way back to the one before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Dataset, ModelVersion, Promotion, Team, VersionStatus
from webapp.services.access import Actor, Permission, require, team_dataset, team_rows
from webapp.services.errors import Conflict, Invalid
from webapp.services.modelling.stored_models import refuse_unusable
from webapp.services.modelling.versions import Promoted, expected_champion, move_champion, ready_version
from webapp.store import Store


@dataclass(frozen=True)
class Stretch:
    """A time in which one version was champion, `until` None for now; `by`, `note` and `rollback` are of the promotion that began it."""

    version: int
    since: datetime
    until: datetime | None
    by: str
    note: str
    rollback: bool


def live_history(session: Session, actor: Actor, dataset: str) -> tuple[Stretch, ...]:
    """Which version was champion from when to when, newest first."""
    row = team_dataset(session, actor, dataset)
    moves = moves_of(session, actor, row)
    numbers = _numbers(session, actor, row)
    ends = [later.created_at for _, later in pairwise(moves)] + [None] * bool(moves)
    stretches = (
        Stretch(numbers[move.version_id], move.created_at, end, move.created_by, move.note, move.rollback)
        for move, end in zip(moves, ends, strict=True)
    )
    return tuple(reversed(tuple(stretches)))


def champion_on(session: Session, actor: Actor, dataset: str, when: date | datetime) -> int | None:
    """Number of the version that was champion at that moment, or at the end of that day in the team's time zone; None before the first."""
    at = when if isinstance(when, datetime) else end_of_day(session, actor, when)
    return next((stretch.version for stretch in live_history(session, actor, dataset) if stretch.since <= at), None)


def end_of_day(session: Session, actor: Actor, day: date) -> datetime:
    """The last moment of `day` where the team is; Invalid for a day that no calendar goes beyond."""
    zone = ZoneInfo(session.scalars(select(Team.time_zone).where(Team.id == actor.team_id)).one())
    try:
        return (datetime.combine(day + timedelta(days=1), time(), zone) - timedelta(microseconds=1)).astimezone(UTC)
    except OverflowError:
        raise Invalid("There is no such day in the calendar. Name one before the year 9999.", details={"field": "on"}) from None


def rollback_target(session: Session, actor: Actor, dataset: str) -> int | None:
    """Number of the version that a rollback leads to; None where there is none before the champion."""
    row = team_dataset(session, actor, dataset)
    target = rollback_version(session, actor, row)
    return _numbers(session, actor, row)[target] if target else None


def roll_back(
    session: Session, actor: Actor, dataset: str, *, note: str = "", expected: int | None = None, store: Store | None = None
) -> Promoted:
    """Make the version champion again that was before this one. `expected` is the champion that the caller saw.

    With the `store`, Conflict where that version's model is missing or damaged.

    Once more leads to the one before that. Versions that were removed meanwhile are passed over. Conflict where none is left.
    """
    require(actor, Permission.PROMOTE)
    row = team_dataset(session, actor, dataset)
    current = expected_champion(session, actor, row, expected)
    target = rollback_version(session, actor, row)
    if current is None or target is None:
        raise Conflict("No version was champion before this one. Promote the one that you want.", code="nothing_before")
    version = ready_version(session, actor, row, _numbers(session, actor, row)[target])
    if store is not None:
        refuse_unusable(store, version)
    move_champion(session, actor, row, version, previous=current, note=note, rollback=True)
    return Promoted(version.number, current.number)


def rollback_version(session: Session, actor: Actor, dataset: Dataset) -> str | None:
    """Id of the version that a rollback leads to. For services only."""
    ready = set(
        session.scalars(
            team_rows(actor, ModelVersion)
            .where(ModelVersion.dataset_id == dataset.id, ModelVersion.status == VersionStatus.READY)
            .with_only_columns(ModelVersion.id)
        )
    )
    standing = _standing(moves_of(session, actor, dataset))
    return next((version for version in reversed(standing[:-1]) if version in ready and version != standing[-1]), None)


def moves_of(session: Session, actor: Actor, dataset: Dataset) -> Sequence[Promotion]:
    """Every move of the dataset's champion, oldest first. For services only."""
    return session.scalars(team_rows(actor, Promotion).where(Promotion.dataset_id == dataset.id).order_by(Promotion.created_at)).all()


def _standing(moves: Sequence[Promotion]) -> list[str]:
    """Versions one on top of the other, the champion last: a promotion puts one on top, a rollback takes away what lies above its own."""
    standing: list[str] = []
    for move in moves:
        if not move.rollback:
            standing.append(move.version_id)
            continue
        standing.pop()
        while standing and standing[-1] != move.version_id:
            standing.pop()
        standing = standing or [move.version_id]
    return standing


def _numbers(session: Session, actor: Actor, dataset: Dataset) -> dict[str, int]:
    columns = (ModelVersion.id, ModelVersion.number)
    rows = team_rows(actor, ModelVersion).where(ModelVersion.dataset_id == dataset.id).with_only_columns(*columns)
    return dict(session.execute(rows).all())
