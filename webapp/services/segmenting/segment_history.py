"""Everything that happened to a segment, on one time line: versions, names, looks, words, notes and campaigns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from segmentation.lineage import Lineage
from webapp.models import AuditEvent, Campaign, Dataset, ModelVersion, Promotion, Segment, VersionSegment, VersionStatus
from webapp.services.access import Actor, team_dataset, team_row, team_rows
from webapp.services.data.lineage_records import read_lineage
from webapp.services.segmenting.segment_notes import list_notes
from webapp.services.segmenting.segments import version_styles


class Happening(StrEnum):
    """What happened."""

    FOUND = "found"  # in the first version that has it
    SPLIT_OFF = "split_off"  # found there as a part of another one
    CONTINUED = "continued"  # in a later one
    CAME_BACK = "came_back"  # in a later one, after others that had it not
    TOOK_IN = "took_in"  # another one was merged into it
    MERGED = "merged"  # into another one
    RETIRED = "retired"  # nothing of it was left
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

    `before` and `after` are names, texts, or slots as text; `version` and `size` belong to versions (`after` is then the other segment
    of a split or merge), `note` (its id) and `removable` to notes, whose text is `after`, and `campaign` (its id), whose name is `after`,
    to tags. `together` are the names before and after, by key, of all segments that were renamed in one act with this one.
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
    together: Mapping[str, tuple[str, str]] = field(default_factory=dict)


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
    """The versions that have the segment (the first is where it was found), and the promoted ones that lost it; removed ones too."""
    ready = team_rows(actor, ModelVersion).where(
        ModelVersion.dataset_id == segment.dataset_id, ModelVersion.status.in_((VersionStatus.READY, VersionStatus.REMOVED))
    )
    known = session.scalars(ready.order_by(ModelVersion.number).options(defer(ModelVersion.profiles), defer(ModelVersion.report))).all()
    rows = session.scalars(team_rows(actor, VersionSegment).where(VersionSegment.segment_id == segment.id))
    places = {row.version_id: row for row in rows}
    promoted = set(session.scalars(select(Promotion.version_id).where(Promotion.dataset_id == segment.dataset_id)))
    first = next((version for version in known if version.id in places), None)
    for version in known:
        stored = read_lineage(version)
        if version.id in places:
            yield from _in_version(session, version, places[version.id], stored, first=version is first)
        elif stored is not None and stored[0] in places and version.id in promoted:
            into = stored[1].merged.get(places[stored[0]].cluster)
            other = "" if into is None else version_styles(session, version)[into].name
            yield _at(version, Happening.RETIRED if into is None else Happening.MERGED, other)


def _in_version(
    session: Session, version: ModelVersion, place: VersionSegment, stored: tuple[str, Lineage] | None, *, first: bool
) -> Iterator[HistoryEntry]:
    """What a version did with the segment that it has."""
    before = version_styles(session, stored[0]) if stored else ()
    whole = stored[1].split.get(place.cluster) if stored and first else None
    if whole is not None:
        yield _at(version, Happening.SPLIT_OFF, before[whole].name, place.size)
    else:
        back = stored is not None and stored[1].pairs[place.cluster] is None
        yield _at(version, Happening.FOUND if first else Happening.CAME_BACK if back else Happening.CONTINUED, size=place.size)
    for old, new in stored[1].merged.items() if stored else ():
        if new == place.cluster:
            yield _at(version, Happening.TOOK_IN, before[old].name)


def _at(version: ModelVersion, what: Happening, after: str = "", size: int | None = None) -> HistoryEntry:
    return HistoryEntry(version.ready_at or version.created_at, version.created_by, what, after=after, version=version.number, size=size)


def _own_events(session: Session, actor: Actor, segment: Segment) -> Iterator[HistoryEntry]:
    """What the audit log has under the segment's key. Notes speak for themselves while they are there."""
    rows = session.scalars(
        team_rows(actor, AuditEvent).where(AuditEvent.subject == segment.key, AuditEvent.action.in_(_EVENTS)).order_by(AuditEvent.at)
    )
    for event in rows:
        before, after = (str(event.details.get(name) or "") for name in ("before", "after"))
        together = {key: (names[0], names[1]) for key, names in event.details.get("together", {}).items()}
        yield HistoryEntry(event.at, event.actor, _EVENTS[event.action], before=before, after=after, together=together)


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
