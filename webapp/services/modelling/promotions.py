"""The champion: how it is promoted and rolled back, and which version it was when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import cast
from zoneinfo import ZoneInfo

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.models import Challenger, Champion, Dataset, ModelVersion, Promotion, Segment, Team, VersionSegment, VersionStatus
from webapp.services.access import Actor, Permission, require, team_dataset, team_rows
from webapp.services.audit import record_event
from webapp.services.data.datasets import lock_dataset
from webapp.services.data.trace_requests import request_trace
from webapp.services.errors import Conflict, Invalid
from webapp.services.modelling.challengers import set_challenger
from webapp.services.modelling.stored_models import refuse_unusable
from webapp.services.modelling.versions import checked_note, find_version, ready_version, show_version
from webapp.store import Store

AS_ASKED = "Promoted as asked for with the re-cluster."


@dataclass(frozen=True)
class Promoted:
    """The champion's number after a promotion, and before it (None: there was none)."""

    champion: int
    previous: int | None


@dataclass(frozen=True)
class Stretch:
    """A time in which one version was champion, `until` None for now; `by`, `note` and `rollback` are of the promotion that began it."""

    version: int
    since: datetime
    until: datetime | None
    by: str
    note: str
    rollback: bool


def promote_version(
    session: Session,
    actor: Actor,
    dataset: str,
    number: int,
    *,
    note: str = "",
    expected: int | None = None,
    store: Store | None = None,
) -> Promoted:
    """Make a ready version the champion. `expected` is the champion that the caller saw: Conflict where it has moved since.

    With the `store`, Conflict too where the version's model is missing or damaged.
    """
    require(actor, Permission.PROMOTE)
    row = team_dataset(session, actor, dataset)
    current = expected_champion(session, actor, row, expected)
    version = ready_version(session, actor, row, number)
    if current is not None and current.id == version.id:
        raise Conflict(f"Version {number} is the champion already.", code="already_champion")
    if store is not None:
        refuse_unusable(store, version)
    move_champion(session, actor, row, version, previous=current, note=note)
    return Promoted(version.number, current.number if current else None)


def point_to(
    session: Session, actor: Actor, dataset: str, number: int, *, promote: bool = False, challenge: bool = False, store: Store | None = None
) -> None:
    """Make a ready version what a re-cluster would have made of a new one: champion (`promote`), challenger (`challenge`) or neither."""
    if show_version(session, actor, dataset, number).champion:
        return
    if promote:
        promote_version(session, actor, dataset, number, note=AS_ASKED, store=store)
    elif challenge:
        set_challenger(session, actor, dataset, number)


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


def note_move(session: Session, actor: Actor, dataset: str, note: str, *, expected: int | None = None) -> None:
    """Say afterwards why the champion was moved, as one click asks nobody. `expected` is the champion that the caller saw.

    Conflict where there is no champion, or where its move has a note: what was said stays.
    """
    require(actor, Permission.PROMOTE)
    row, said = team_dataset(session, actor, dataset), checked_note(note)
    if not said:
        raise Invalid("Write why, then save it.", details={"field": "note"})
    champion = expected_champion(session, actor, row, expected)
    if champion is None:
        raise Conflict("No version is the champion yet, so there is nothing to write a note on.", code="no_champion")
    move = moves_of(session, actor, row.id)[-1]
    if move.note:
        raise Conflict("This move has a note already, and what was said stays.", code="noted")
    move.note = said
    record_event(session, actor, "version.move_noted", f"{row.slug}/{champion.number}", note=said)
    session.flush()


def live_history(session: Session, actor: Actor, dataset: str) -> tuple[Stretch, ...]:
    """Which version was champion from when to when, newest first."""
    row = team_dataset(session, actor, dataset)
    moves = moves_of(session, actor, row.id)
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


def expected_champion(session: Session, actor: Actor, dataset: Dataset, expected: int | None) -> ModelVersion | None:
    """The champion, with the dataset locked so that nothing moves it or removes a version; Conflict where it is not `expected`.

    For services only. With `expected` None whoever is champion will do.
    """
    lock_dataset(session, dataset)
    current = find_version(session, actor, dataset, None)
    if expected is not None and (current is None or current.number != expected):
        raise Conflict("Somebody moved the champion meanwhile. Look at the versions again, then decide.", code="champion_moved")
    return current


def move_champion(
    session: Session,
    actor: Actor,
    dataset: Dataset,
    version: ModelVersion,
    *,
    previous: ModelVersion | None,
    note: str = "",
    rollback: bool = False,
) -> None:
    """Move the pointer from `previous` (None: there is no pointer yet) to `version`; Conflict where it no longer points there.

    A challenger that becomes champion challenges nobody any more.
    """
    note = checked_note(note)
    if previous is None:
        _set_first_champion(session, actor, dataset, version)
    else:
        statement = (
            update(Champion).where(Champion.dataset_id == dataset.id, Champion.version_id == previous.id).values(version_id=version.id)
        )
        if cast("CursorResult[None]", session.execute(statement)).rowcount != 1:
            raise Conflict(
                "Somebody moved the champion at the same moment. Look at the versions again, then decide.", code="champion_moved"
            )
    session.add(
        Promotion(
            team_id=actor.team_id,
            dataset_id=dataset.id,
            version_id=version.id,
            previous_id=previous.id if previous else None,
            note=note,
            rollback=rollback,
            created_by=actor.name,
            created_at=datetime.now(UTC),
        )
    )
    session.execute(delete(Challenger).where(Challenger.dataset_id == dataset.id, Challenger.version_id == version.id))
    record_event(
        session,
        actor,
        "version.rolled_back" if rollback else "version.promoted",
        f"{dataset.slug}/{version.number}",
        previous=previous.number if previous else None,
        note=note,
    )
    session.flush()
    request_trace(session, actor, dataset)


def rollback_version(session: Session, actor: Actor, dataset: Dataset) -> str | None:
    """Id of the version that a rollback leads to. For services only."""
    ready = set(
        session.scalars(
            team_rows(actor, ModelVersion)
            .where(ModelVersion.dataset_id == dataset.id, ModelVersion.status == VersionStatus.READY)
            .with_only_columns(ModelVersion.id)
        )
    )
    standing = _standing(moves_of(session, actor, dataset.id))
    return next((version for version in reversed(standing[:-1]) if version in ready and version != standing[-1]), None)


def moves_of(session: Session, actor: Actor, dataset_id: str) -> Sequence[Promotion]:
    """Every move of the dataset's champion, oldest first. For services only."""
    return session.scalars(team_rows(actor, Promotion).where(Promotion.dataset_id == dataset_id).order_by(Promotion.created_at)).all()


def lived_segments(session: Session, moves: Sequence[Promotion]) -> dict[str, Segment]:
    """By key the segments that a champion of any of `moves` had, which were reached through the team. For services only."""
    had = select(VersionSegment.segment_id).where(VersionSegment.version_id.in_({move.version_id for move in moves}))
    return {segment.key: segment for segment in session.scalars(select(Segment).where(Segment.id.in_(had)))}


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


def _set_first_champion(session: Session, actor: Actor, dataset: Dataset, version: ModelVersion) -> None:
    try:
        with session.begin_nested():
            session.add(Champion(dataset_id=dataset.id, team_id=actor.team_id, version_id=version.id))
    except IntegrityError:
        raise Conflict("Somebody promoted another version at the same moment. Look at the versions again.", code="champion_moved") from None
