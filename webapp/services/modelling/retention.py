"""How many versions a dataset keeps, which of them somebody relies on, and which may go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session, load_only

from webapp.models import CampaignTag, Challenger, Champion, Dataset, ModelVersion, SegmentNote, VersionSegment, VersionStatus
from webapp.services.access import Actor, Permission, require, team_dataset, team_row, team_rows
from webapp.services.audit import record_event
from webapp.services.data.datasets import lock_dataset
from webapp.services.errors import Conflict, Invalid
from webapp.services.modelling.kept_measures import AREA as MEASURES
from webapp.services.modelling.promotions import moves_of, rollback_version
from webapp.services.modelling.versions import VersionSummary, ready_version, summarise_version
from webapp.services.work import jobs
from webapp.services.work.subjects import TIDY

MOST_KEPT = 1_000
LIVE_DAYS = 90
"""Whoever was champion within so many days is looked up, compared with and gone back to."""


class Reliance(StrEnum):
    """Why a version is kept."""

    CHAMPION = "champion"
    CHALLENGER = "challenger"
    PINNED = "pinned"  # somebody said so
    NEWEST = "newest"  # one of the last N
    LIVE = "live"  # it was champion within LIVE_DAYS
    ROLLBACK = "rollback"  # a rollback leads to it
    REFERENCE = "reference"  # the champion or challenger was compared to it: what a person corrects and looks up
    TAGGED = "tagged"  # the newest version with a segment that a campaign is tagged to
    NOTED = "noted"  # the newest version with a segment that somebody wrote a note on


RELIANCE_WORDS: dict[Reliance, str] = {
    Reliance.CHAMPION: "the champion",
    Reliance.CHALLENGER: "the challenger",
    Reliance.PINNED: "kept by somebody",
    Reliance.NEWEST: "among the newest",
    Reliance.LIVE: f"live in the last {LIVE_DAYS} days",
    Reliance.ROLLBACK: "where a rollback leads",
    Reliance.REFERENCE: "whose segments the champion or challenger follows",
    Reliance.TAGGED: "the last with a segment that is tagged",
    Reliance.NOTED: "the last with a segment that has a note",
}
"""Each reason as people read it."""


@dataclass(frozen=True)
class Keeping:
    """What a setting comes to: `kept` numbers with the reasons, and the numbers to be `removed`; both newest first.

    `keep` is how many of the newest are kept; None for all.
    """

    keep: int | None
    kept: dict[int, tuple[Reliance, ...]]
    removed: tuple[int, ...]


def show_keeping(session: Session, actor: Actor, dataset: str, *, keep: int | None = None) -> Keeping:
    """What would become of the dataset's versions if the newest `keep` were kept (None: as it is set); nothing is done."""
    require(actor, Permission.VIEW)
    row = team_dataset(session, actor, dataset)
    return _plan(session, actor, row, row.keep_versions if keep is None else checked_keep(keep))


def change_keeping(session: Session, actor: Actor, dataset: str, keep: int | None) -> Keeping:
    """Keep the newest `keep` versions from now on (None: all), beside those that somebody relies on; a job removes the others."""
    require(actor, Permission.PROMOTE)
    row = team_dataset(session, actor, dataset)
    lock_dataset(session, row)
    wanted = None if keep is None else checked_keep(keep)
    if wanted != row.keep_versions:
        record_event(session, actor, "version.retention_changed", row.slug, before=row.keep_versions or "all", after=wanted or "all")
        row.keep_versions = wanted
        session.flush()
    request_tidying(session, actor, row)
    return _plan(session, actor, row, wanted)


def checked_keep(keep: int) -> int:
    """`keep` as it is; Invalid unless it is a sensible number."""
    if isinstance(keep, bool) or not 1 <= keep <= MOST_KEPT:
        raise Invalid(f"Keep 1 to {MOST_KEPT:,} versions, or all of them.", details={"field": "keep"})
    return keep


def pin_version(session: Session, actor: Actor, dataset: str, number: int, *, pinned: bool) -> VersionSummary:
    """Keep a ready version whatever the setting says, or no longer."""
    require(actor, Permission.PROMOTE)
    row = team_dataset(session, actor, dataset)
    lock_dataset(session, row)
    version = ready_version(session, actor, row, number)
    if version.pinned != pinned:
        version.pinned = pinned
        record_event(session, actor, "version.pinned" if pinned else "version.unpinned", f"{row.slug}/{number}")
        session.flush()
    return summarise_version(session, actor, version)


def show_reliance(session: Session, actor: Actor, dataset: str, number: int) -> tuple[Reliance, ...]:
    """Why a ready version is kept when somebody wants it removed: all reasons but that it is among the newest. None: it may go."""
    require(actor, Permission.VIEW)
    return _reliance(session, actor, team_dataset(session, actor, dataset), number)


def remove_version(session: Session, actor: Actor, dataset: str, number: int) -> VersionSummary:
    """Remove a ready version on which nobody relies; a job takes its files. Conflict says who relies on it, and how."""
    require(actor, Permission.PROMOTE)
    row = team_dataset(session, actor, dataset)
    lock_dataset(session, row)
    version = ready_version(session, actor, row, number)
    if reasons := _reliance(session, actor, row, number):
        raise Conflict(reliance_in_words(number, reasons), code="relied_on", details={"reasons": [str(reason) for reason in reasons]})
    version.status, version.removed_at = VersionStatus.REMOVED, datetime.now(UTC)
    record_event(session, actor, "version.removed_by_hand", f"{row.slug}/{number}")
    session.flush()
    _enqueue_tidying(session, actor, row)
    return summarise_version(session, actor, version)


def reliance_in_words(number: int, reasons: Iterable[Reliance]) -> str:
    """`Version 3 stays, because somebody relies on it: the challenger. Once that is so no more, it can be removed.`"""
    named = ", ".join(RELIANCE_WORDS[reason] for reason in reasons)
    return f"Version {number} stays, because somebody relies on it: {named}. Once that is so no more, it can be removed."


def request_tidying(session: Session, actor: Actor, dataset: Dataset) -> None:
    """A job that removes what may go, unless one is waiting or nothing may. For services and tasks only."""
    if _plan(session, actor, dataset, dataset.keep_versions).removed:
        _enqueue_tidying(session, actor, dataset)


def remove_versions(session: Session, actor: Actor, dataset_id: str) -> tuple[int, ...]:
    """Mark what may go as removed, and answer the numbers. Rows stay as they are; their files are for the caller. For tasks only."""
    row = team_row(session, actor, Dataset, "dataset", id=dataset_id)
    lock_dataset(session, row)
    numbers = _plan(session, actor, row, row.keep_versions).removed
    for version in _ready(session, actor, row):
        if version.number in numbers:
            version.status, version.removed_at = VersionStatus.REMOVED, datetime.now(UTC)
            record_event(session, actor, "version.removed", f"{row.slug}/{version.number}", keep=row.keep_versions)
    session.flush()
    return numbers


def files_to_remove(session: Session, actor: Actor) -> tuple[tuple[str, str], ...]:
    """Area and digest of every file of the team's removed versions that no other version has. For tasks only."""
    columns = (ModelVersion.status, ModelVersion.model_digest, ModelVersion.labels_digest, ModelVersion.measures_digest)
    gone: set[tuple[str, str]] = set()
    needed: set[tuple[str, str]] = set()
    for status, *digests in session.execute(team_rows(actor, ModelVersion).with_only_columns(*columns)):
        files = {(area, digest) for area, digest in zip(("model", "labels", MEASURES), digests, strict=True) if digest}
        (gone if status == VersionStatus.REMOVED else needed).update(files)
    return tuple(sorted(gone - needed))


def _enqueue_tidying(session: Session, actor: Actor, dataset: Dataset) -> None:
    jobs.enqueue_job(session, actor, kind=TIDY, dataset_id=dataset.id, subject_id=dataset.id, exclusive_key=f"{TIDY}:{dataset.id}")


def _reliance(session: Session, actor: Actor, dataset: Dataset, number: int) -> tuple[Reliance, ...]:
    return _plan(session, actor, dataset, 0, by_hand=True).kept.get(number, ())


def _plan(session: Session, actor: Actor, dataset: Dataset, keep: int | None, *, by_hand: bool = False) -> Keeping:
    """What is kept and why. `by_hand` one version goes alone, so that an older one with a tagged segment can take its place."""
    ready = _ready(session, actor, dataset)
    why: dict[str, list[Reliance]] = defaultdict(list)
    for version in ready if keep is None else ready[:keep]:
        why[version.id].append(Reliance.NEWEST)
    for version in ready:
        if version.pinned:
            why[version.id].append(Reliance.PINNED)
    for version_id, reliance in _pointed_to(session, actor, dataset):
        why[version_id].append(reliance)
    for version_id, reliance in _referred_to(session, actor, dataset, alone=by_hand):
        why[version_id].append(reliance)
    kept = {each.number: tuple(sorted(set(why[each.id]), key=list(Reliance).index)) for each in ready if each.id in why}
    return Keeping(keep, kept, tuple(each.number for each in ready if each.id not in why))


def _ready(session: Session, actor: Actor, dataset: Dataset) -> list[ModelVersion]:
    """Newest first."""
    rows = team_rows(actor, ModelVersion).where(ModelVersion.dataset_id == dataset.id, ModelVersion.status == VersionStatus.READY)
    columns = (ModelVersion.number, ModelVersion.pinned, ModelVersion.status, ModelVersion.removed_at)
    return list(session.scalars(rows.order_by(ModelVersion.number.desc()).options(load_only(*columns))))


def _pointed_to(session: Session, actor: Actor, dataset: Dataset) -> Iterable[tuple[str, Reliance]]:
    """What the pointers say, now and in the last days."""
    for kind, reliance in ((Champion, Reliance.CHAMPION), (Challenger, Reliance.CHALLENGER)):
        for version_id in session.scalars(team_rows(actor, kind).where(kind.dataset_id == dataset.id).with_only_columns(kind.version_id)):
            yield version_id, reliance
    yield from _references(session, actor, dataset)
    if target := rollback_version(session, actor, dataset):
        yield target, Reliance.ROLLBACK
    moves, since = moves_of(session, actor, dataset.id), datetime.now(UTC) - timedelta(days=LIVE_DAYS)
    ends = [move.created_at for move in moves[1:]]
    for move, end in zip(moves, ends, strict=False):  # the last one is the champion's, which has no end
        if end >= since:
            yield move.version_id, Reliance.LIVE


def _references(session: Session, actor: Actor, dataset: Dataset) -> Iterable[tuple[str, Reliance]]:
    """The versions whose segments champion and challenger follow. One step back only: the lineage of earlier ones is written down whole."""
    for kind in (Champion, Challenger):
        standing = team_rows(actor, ModelVersion).join(kind, kind.version_id == ModelVersion.id).where(kind.dataset_id == dataset.id)
        for lineage in session.scalars(standing.with_only_columns(ModelVersion.lineage)):
            if lineage is not None:
                yield lineage["reference"], Reliance.REFERENCE


def _referred_to(session: Session, actor: Actor, dataset: Dataset, *, alone: bool) -> Iterable[tuple[str, Reliance]]:
    """The newest version with each segment that is tagged or noted: where its page, and with it the tag or the note, can still be read.

    Those that are `alone` with it, or all of them.
    """
    holders = (
        select(VersionSegment.segment_id, func.max(ModelVersion.number).label("number"))
        .join(ModelVersion, ModelVersion.id == VersionSegment.version_id)
        .where(ModelVersion.team_id == actor.team_id, ModelVersion.dataset_id == dataset.id, ModelVersion.status == VersionStatus.READY)
        .group_by(VersionSegment.segment_id)
    )
    newest = (holders.having(func.count() == 1) if alone else holders).subquery()
    for kind, reliance in ((CampaignTag, Reliance.TAGGED), (SegmentNote, Reliance.NOTED)):
        ids = (
            select(ModelVersion.id)
            .join(newest, newest.c.number == ModelVersion.number)
            .join(kind, kind.segment_id == newest.c.segment_id)
            .where(ModelVersion.dataset_id == dataset.id, kind.team_id == actor.team_id)
            .distinct()
        )
        for version_id in session.scalars(ids):
            yield version_id, reliance
