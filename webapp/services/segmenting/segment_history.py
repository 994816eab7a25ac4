"""Everything that happened to a segment, on one time line: versions, names, looks, words, notes and campaigns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import AuditEvent, Campaign, Dataset, ModelVersion, Segment, VersionSegment, VersionStatus
from webapp.services.access import Actor, team_dataset, team_row, team_rows
from webapp.services.segmenting.segment_notes import list_notes


class Happening(StrEnum):
    """What happened."""

    FOUND = "found"  # in the first version that has it
    CONTINUED = "continued"  # in a later one
    RENAMED = "renamed"
    DESCRIBED = "described"
    RECOLOURED = "recoloured"
    NOTED = "noted"
    NOTE_REMOVED = "note_removed"
    TAGGED = "tagged"
    UNTAGGED = "untagged"


@dataclass(frozen=True)
class HistoryEntry:
    """One thing that happened to a segment, when, and by whom.

    `before` and `after` are names, texts, or slots as text; `version` and `size` belong to versions, `note` (its id) and `removable` to
    notes, whose text is `after`, and `campaign` (its id), whose name is `after`, to tags.
    """

    at: datetime
    by: str
    what: Happening
    before: str = ""
    after: str = ""
    version: int | None = None
    size: int | None = None
    note: str | None = None
    removable: bool = False
    campaign: str | None = None


_EVENTS = {
    "segment.renamed": Happening.RENAMED,
    "segment.described": Happening.DESCRIBED,
    "segment.recoloured": Happening.RECOLOURED,
    "segment.note_removed": Happening.NOTE_REMOVED,
}
_TAGS = {"campaign.tagged": Happening.TAGGED, "campaign.untagged": Happening.UNTAGGED}


def show_history(session: Session, actor: Actor, dataset: str, key: str) -> tuple[HistoryEntry, ...]:
    """The time line of a segment, newest first."""
    row = team_dataset(session, actor, dataset)
    segment = team_row(session, actor, Segment, "segment", dataset_id=row.id, key=key)
    entries = [
        *_versions(session, actor, segment),
        *_own_events(session, actor, segment),
        *_tag_events(session, actor, row, segment),
        *_notes(session, actor, dataset, key),
    ]
    return tuple(sorted(entries, key=lambda entry: entry.at, reverse=True))


def _versions(session: Session, actor: Actor, segment: Segment) -> Iterator[HistoryEntry]:
    """The versions that have the segment, those removed since included; the first is where it was found."""
    rows = session.execute(
        select(ModelVersion.number, ModelVersion.ready_at, ModelVersion.created_by, VersionSegment.size)
        .join(VersionSegment, VersionSegment.version_id == ModelVersion.id)
        .where(
            VersionSegment.segment_id == segment.id,
            VersionSegment.team_id == actor.team_id,
            ModelVersion.status.in_((VersionStatus.READY, VersionStatus.REMOVED)),
        )
        .order_by(ModelVersion.number)
    )
    for place, (number, ready_at, created_by, size) in enumerate(rows):
        what = Happening.CONTINUED if place else Happening.FOUND
        yield HistoryEntry(ready_at or segment.created_at, created_by, what, version=number, size=size)


def _own_events(session: Session, actor: Actor, segment: Segment) -> Iterator[HistoryEntry]:
    """What the audit log has under the segment's key. Notes speak for themselves while they are there."""
    rows = session.scalars(
        team_rows(actor, AuditEvent).where(AuditEvent.subject == segment.key, AuditEvent.action.in_(_EVENTS)).order_by(AuditEvent.at)
    )
    for event in rows:
        before, after = (str(event.details.get(name) or "") for name in ("before", "after"))
        yield HistoryEntry(event.at, event.actor, _EVENTS[event.action], before=before, after=after)


def _tag_events(session: Session, actor: Actor, dataset: Dataset, segment: Segment) -> Iterator[HistoryEntry]:
    """Tags are recorded under their campaign: the dataset's campaigns lead to them through the log's index by subject."""
    names = dict(session.execute(select(Campaign.id, Campaign.name).where(Campaign.dataset_id == dataset.id)).all())
    rows = session.scalars(
        team_rows(actor, AuditEvent)
        .where(
            AuditEvent.subject.in_(select(Campaign.id).where(Campaign.dataset_id == dataset.id, Campaign.team_id == actor.team_id)),
            AuditEvent.action.in_(_TAGS),
            AuditEvent.details["segment"].as_string() == segment.key,
        )
        .order_by(AuditEvent.at)
    )
    for event in rows:
        yield HistoryEntry(event.at, event.actor, _TAGS[event.action], after=names[event.subject], campaign=event.subject)


def _notes(session: Session, actor: Actor, dataset: str, key: str) -> Iterator[HistoryEntry]:
    for note in list_notes(session, actor, dataset, key):
        yield HistoryEntry(note.created_at, note.created_by, Happening.NOTED, after=note.text, note=note.id, removable=note.removable)
