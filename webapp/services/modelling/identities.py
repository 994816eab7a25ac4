"""Which segment each cluster of a new version is: continued ones keep key, name, colour and symbol; new ones get their own."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from segmentation.describing.profiles import SegmentProfile
from segmentation.palette import SYMBOLS
from webapp.models import ModelVersion, Segment, VersionSegment
from webapp.services.access import Actor


@dataclass(frozen=True)
class Continuation:
    """What a new version takes over: `pairs` leads from each new cluster to the cluster of `reference` that it continues, or None."""

    reference: str | None
    pairs: Mapping[int, int | None]


def store_identities(
    session: Session, actor: Actor, version: ModelVersion, profiles: Sequence[SegmentProfile], continuation: Continuation, at: datetime
) -> None:
    """Write the version's segments: rows of those that continue are left as they are, new ones are added."""
    before = _segments_of(session, actor, continuation.reference)
    kept = {cluster: before[old] for cluster, old in continuation.pairs.items() if old is not None}
    used, retired = {segment.slot for segment in kept.values()}, {segment.slot for segment in before.values()}
    names = {name.casefold() for segment in before.values() for name in (segment.name, segment.chosen_name) if name}
    for cluster, profile in enumerate(profiles):
        segment = kept.get(cluster)
        if segment is None:
            name = distinct_name(profile.name, names)
            segment = Segment(
                team_id=actor.team_id,
                dataset_id=version.dataset_id,
                key=secrets.token_hex(4),
                slot=free_slot(used, retired),
                name=name,
                short_name=profile.short_name if name == profile.name else name[:40],
                created_at=at,
            )
            session.add(segment)
            session.flush()
            used.add(segment.slot)
            names.add(name.casefold())
        session.add(VersionSegment(version_id=version.id, cluster=cluster, team_id=actor.team_id, segment_id=segment.id, size=profile.size))
    session.flush()


def free_slot(used: Collection[int], retired: Collection[int]) -> int:
    """The lowest slot that no other segment of the version has, if possible none that a segment had which just retired."""
    slots = range(1, len(SYMBOLS) + 1)
    fresh = [slot for slot in slots if slot not in used and slot not in retired]
    free = [slot for slot in slots if slot not in used]
    beyond = (slot for slot in range(len(SYMBOLS) + 1, len(SYMBOLS) + 2 + len(used)) if slot not in used)
    return next(iter([*fresh, *free, *beyond]))


def distinct_name(name: str, taken: Collection[str]) -> str:
    """`name`, with a number behind it where another segment is called so already (`taken` is case-folded)."""
    candidate, number = name[:120], 2
    while candidate.casefold() in taken:
        candidate, number = f"{name[:115]} {number}", number + 1
    return candidate


def _segments_of(session: Session, actor: Actor, version_id: str | None) -> dict[int, Segment]:
    """Segments of a version by cluster."""
    if version_id is None:
        return {}
    rows = session.execute(
        select(VersionSegment.cluster, Segment)
        .join(Segment, Segment.id == VersionSegment.segment_id)
        .where(VersionSegment.version_id == version_id, VersionSegment.team_id == actor.team_id)
    )
    return dict(rows.all())
