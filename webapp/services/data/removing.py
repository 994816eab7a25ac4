"""Removing a dataset of which nothing is left but what was taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, true
from sqlalchemy.orm import Session

from segmentation.wording import listed
from webapp.models import (
    Audience,
    Campaign,
    Dataset,
    DepartedConsent,
    Import,
    ImportStatus,
    Job,
    JobStatus,
    Layout,
    LineageCorrection,
    ModelVersion,
    Movement,
    SavedMapping,
    Schedule,
    Segment,
    SegmentNote,
    SegmentTrace,
    Snapshot,
    Sweep,
    VersionSegment,
    VersionStatus,
)
from webapp.services.access import Actor, Permission, require, team_dataset, team_rows
from webapp.services.audit import record_event
from webapp.services.data.datasets import lock_dataset
from webapp.services.errors import Conflict
from webapp.services.work.subjects import TIDY, TRACE

WAITS = (ImportStatus.UPLOADED, ImportStatus.CHECKING, ImportStatus.CHECKED, ImportStatus.IMPORTING)
FITTED = (VersionStatus.PENDING, VersionStatus.READY)
ACTIVE = (JobStatus.QUEUED, JobStatus.RUNNING)


@dataclass(frozen=True)
class RemovedDataset:
    """A dataset that is gone."""

    slug: str
    name: str


def show_obstacles(session: Session, actor: Actor, slug: str) -> tuple[str, ...]:
    """What keeps a dataset from being removed, each in words with what to do ("1 import that was stored: undo it"); empty: nothing does."""
    require(actor, Permission.VIEW)
    return tuple(_obstacles(session, actor, team_dataset(session, actor, slug)))


def remove_dataset(session: Session, actor: Actor, slug: str) -> RemovedDataset:
    """Remove a dataset without customers, with what is left of undone and refused imports; Conflict says what it still holds.

    The audit log stays. Files that nothing refers to any more are removed by a worker once they are a day old.
    """
    require(actor, Permission.IMPORT)
    row = team_dataset(session, actor, slug)
    lock_dataset(session, row)
    if held := tuple(_obstacles(session, actor, row)):
        raise Conflict(obstacles_in_words(row.name, held), code="not_empty", details={"holds": list(held)})
    removed = RemovedDataset(row.slug, row.name)
    _remove(session, actor, row)
    return removed


def obstacles_in_words(name: str, held: tuple[str, ...]) -> str:
    return f"{name} is not empty. It holds {listed(list(held))}."


def remove_if_empty(session: Session, actor: Actor, dataset: Dataset) -> bool:
    """Remove a locked dataset of which there are discarded imports alone; whether it was one. For services only."""
    standing = team_rows(actor, Import).where(Import.dataset_id == dataset.id, Import.status != ImportStatus.DISCARDED)
    if session.scalars(standing.limit(1)).first() is not None or any(True for _ in _obstacles(session, actor, dataset)):
        return False
    _remove(session, actor, dataset)
    return True


def _obstacles(session: Session, actor: Actor, dataset: Dataset) -> Iterator[str]:
    at_work = Job.status.in_(ACTIVE) & Job.kind.not_in((TIDY, TRACE))  # those two go with what they would tidy and count
    held: tuple[tuple[Any, ColumnElement[bool], str, str, str], ...] = (
        (Import, Import.status == ImportStatus.DONE, "stored import", "stored imports", "undo"),
        (Import, Import.status.in_(WAITS), "file that waits", "files that wait", "discard"),
        (Job, at_work, "job at work", "jobs at work", "cancel"),
        (ModelVersion, ModelVersion.status.in_(FITTED), "version", "versions", "remove"),
        (Schedule, true(), "schedule", "schedules", "delete"),
        (Campaign, true(), "campaign", "campaigns", "delete"),
        (Audience, true(), "audience", "audiences", ""),
    )
    for model, which, one, many, act in held:
        rows = team_rows(actor, model).where(model.dataset_id == dataset.id, which).with_only_columns(func.count())
        if number := session.scalar(rows) or 0:
            todo = f" ({act} {'it' if number == 1 else 'them'} first)" if act else " (kept for the record)"
            yield f"{number:,} {one if number == 1 else many}{todo}"


def _remove(session: Session, actor: Actor, dataset: Dataset) -> None:
    """Every row of the dataset, those that refer to others first."""
    versions = select(ModelVersion.id).where(ModelVersion.dataset_id == dataset.id)
    segments = select(Segment.id).where(Segment.dataset_id == dataset.id)
    for model in (SegmentTrace, LineageCorrection, VersionSegment):
        session.execute(delete(model).where(model.version_id.in_(versions)))
    session.execute(delete(SegmentNote).where(SegmentNote.segment_id.in_(segments)))
    session.execute(delete(Movement).where(Movement.dataset_id == dataset.id))
    for fits in (ModelVersion, Sweep):  # one by one, as the models ask for
        for fit in session.scalars(team_rows(actor, fits).where(fits.dataset_id == dataset.id)):
            session.delete(fit)
    session.flush()
    for owned in (Segment, SavedMapping, Job, Import, Snapshot, Layout, DepartedConsent):
        session.execute(delete(owned).where(owned.team_id == actor.team_id, owned.dataset_id == dataset.id))
    record_event(session, actor, "dataset.removed", dataset.slug, name=dataset.name)
    session.delete(dataset)
    session.flush()
