"""What a team writes down about a segment; notes stay with the segment across versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from webapp.models import Segment, SegmentNote
from webapp.services.access import Actor, Permission, require, team_dataset, team_row, team_rows
from webapp.services.audit import record_event
from webapp.services.errors import Forbidden
from webapp.services.segmenting.segment_looks import clean_text


@dataclass(frozen=True)
class NoteSummary:
    """One note; `removable` says that the reader may take it away: it is their own, or they are an admin."""

    id: str
    text: str
    created_by: str
    created_at: datetime
    removable: bool


def list_notes(session: Session, actor: Actor, dataset: str, key: str) -> tuple[NoteSummary, ...]:
    """The notes of a segment, newest first."""
    segment = _segment(session, actor, dataset, key)
    rows = session.scalars(
        team_rows(actor, SegmentNote)
        .where(SegmentNote.segment_id == segment.id)
        .order_by(SegmentNote.created_at.desc(), SegmentNote.id.desc())
    )
    return tuple(_summary(actor, note) for note in rows)


def add_note(session: Session, actor: Actor, dataset: str, key: str, text: str) -> NoteSummary:
    """Write something down. The audit log says that, and not what, so that a removed note is gone."""
    require(actor, Permission.TAG)
    segment = _segment(session, actor, dataset, key)
    note = SegmentNote(
        team_id=actor.team_id,
        segment_id=segment.id,
        text=clean_text(text, "note"),
        created_by=actor.name,
        created_at=datetime.now(UTC),
    )
    session.add(note)
    session.flush()
    record_event(session, actor, "segment.noted", key, dataset=dataset, note=note.id)
    session.flush()
    return _summary(actor, note)


def remove_note(session: Session, actor: Actor, dataset: str, key: str, note_id: str) -> None:
    """Take a note away: one's own, or as an admin anybody's."""
    require(actor, Permission.TAG)
    segment = _segment(session, actor, dataset, key)
    note = team_row(session, actor, SegmentNote, "note", id=note_id, segment_id=segment.id)
    if not _removable(actor, note):
        raise Forbidden(f"Only {note.created_by} or an admin of {actor.team_name} can remove this note.")
    session.delete(note)
    record_event(session, actor, "segment.note_removed", key, dataset=dataset, note=note_id, written_by=note.created_by)
    session.flush()


def _segment(session: Session, actor: Actor, dataset: str, key: str) -> Segment:
    return team_row(session, actor, Segment, "segment", dataset_id=team_dataset(session, actor, dataset).id, key=key)


def _removable(actor: Actor, note: SegmentNote) -> bool:
    return actor.may(Permission.MANAGE_TEAM) or (actor.may(Permission.TAG) and note.created_by == actor.name)


def _summary(actor: Actor, note: SegmentNote) -> NoteSummary:
    return NoteSummary(note.id, note.text, note.created_by, note.created_at, _removable(actor, note))
