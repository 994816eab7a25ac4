"""What a team makes of a segment beside its name: its words, its colour and symbol. The evidence stays what it is."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from segmentation.palette import SLOTS, SYMBOLS, SegmentStyle
from webapp.models import Dataset, Segment, VersionSegment
from webapp.services.access import Actor, Permission, require, team_dataset, team_row, team_rows
from webapp.services.audit import record_event
from webapp.services.data.datasets import lock_dataset
from webapp.services.errors import Invalid
from webapp.services.modelling.versions import find_version
from webapp.services.segmenting.segments import rename_segment, style_of

LONGEST_TEXT = 600
"""Characters of a description or a note."""


@dataclass(frozen=True)
class LookChoice:
    """A pair of colour and symbol that a segment may take; `holder` is the segment that has it now and would take this one's instead."""

    slot: int
    current: bool
    holder: SegmentStyle | None


def name_segment(session: Session, actor: Actor, dataset: str, key: str, name: str, description: str) -> SegmentStyle:
    """Name and description at once: where one of them cannot be taken, neither is stored."""
    if description.strip():
        clean_text(description, "description")
    style = rename_segment(session, actor, dataset, key, name)
    describe_segment(session, actor, dataset, key, description)
    return style


def describe_segment(session: Session, actor: Actor, dataset: str, key: str, text: str) -> str:
    """Say in the team's own words who these customers are; an empty text returns to what the evidence says."""
    require(actor, Permission.PROMOTE)
    row = team_dataset(session, actor, dataset)
    segment = _segment(session, actor, row, key)
    before, segment.description = segment.description, clean_text(text, "description") if text.strip() else ""
    if before != segment.description:
        record_event(session, actor, "segment.described", key, dataset=row.slug, before=before, after=segment.description)
    session.flush()
    return segment.description


def recolour_segment(session: Session, actor: Actor, dataset: str, key: str, slot: int, *, version: int | None = None) -> SegmentStyle:
    """Give a segment another pair of colour and symbol; the segment that has it takes this one's, so that no two look alike.

    Those that must not look alike are the champion's, and those of `version` where somebody looks at another one.
    """
    require(actor, Permission.PROMOTE)
    row = team_dataset(session, actor, dataset)
    lock_dataset(session, row)  # two who choose the same pair at the same moment must not both get it
    segment = _segment(session, actor, row, key)
    if not 1 <= slot <= SLOTS:
        raise Invalid("There is no such colour and symbol. Choose one that is shown.", details={"field": "slot"})
    if slot == segment.slot:
        return style_of(segment)
    before = segment.slot
    for holder in _beside(session, actor, row, segment, version):
        if holder.slot == slot:
            holder.slot = before
            record_event(session, actor, "segment.recoloured", holder.key, dataset=row.slug, before=slot, after=before, swapped_with=key)
    segment.slot = slot
    record_event(session, actor, "segment.recoloured", key, dataset=row.slug, before=before, after=slot)
    session.flush()
    return style_of(segment)


def look_choices(session: Session, actor: Actor, dataset: str, key: str, *, version: int | None = None) -> tuple[LookChoice, ...]:
    """The pairs that a segment may take: the eight of the palette, and further ones that are in use."""
    row = team_dataset(session, actor, dataset)
    segment = _segment(session, actor, row, key)
    holders = {each.slot: style_of(each) for each in _beside(session, actor, row, segment, version)}
    slots = sorted({*range(1, len(SYMBOLS) + 1), *holders, segment.slot})
    return tuple(LookChoice(slot, slot == segment.slot, None if slot == segment.slot else holders.get(slot)) for slot in slots)


def clean_text(text: str, field: str) -> str:
    """`text` without blanks around it; Invalid unless it has 1 to `LONGEST_TEXT` characters that can be printed, on any number of lines."""
    cleaned = unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()
    if not cleaned or len(cleaned) > LONGEST_TEXT or not cleaned.replace("\n", "").isprintable():
        raise Invalid(f"Write 1 to {LONGEST_TEXT} characters.", details={"field": field})
    return cleaned


def _segment(session: Session, actor: Actor, dataset: Dataset, key: str) -> Segment:
    return team_row(session, actor, Segment, "segment", dataset_id=dataset.id, key=key)


def _beside(session: Session, actor: Actor, dataset: Dataset, segment: Segment, number: int | None) -> list[Segment]:
    """The other segments of the champion, and of the version with that number."""
    found = [find_version(session, actor, dataset, None), find_version(session, actor, dataset, number) if number is not None else None]
    versions = [version.id for version in found if version is not None]
    members = select(VersionSegment.segment_id).where(VersionSegment.version_id.in_(versions))
    rows = session.scalars(team_rows(actor, Segment).where(Segment.id.in_(members), Segment.id != segment.id).order_by(Segment.slot))
    return list(rows)
