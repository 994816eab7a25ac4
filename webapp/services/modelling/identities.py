"""Which segment each cluster of a new version is: continued ones keep key, name, colour and symbol; new ones get their own."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, count

from sqlalchemy import select
from sqlalchemy.orm import Session

from segmentation.codec import from_json
from segmentation.describing.profiles import Profiles, SegmentProfile
from segmentation.palette import SYMBOLS
from webapp.models import Dataset, ModelVersion, Segment, VersionSegment
from webapp.services.access import Actor, team_row, team_rows
from webapp.services.audit import record_event
from webapp.services.data.lineage_records import Returns
from webapp.services.modelling.promotions import lived_segments, moves_of


@dataclass(frozen=True)
class Continuation:
    """What a new version takes over: `pairs` leads from each new cluster to the cluster of `reference` that it continues, or None.

    `returns` are the clusters that are a segment of an earlier champion again.
    """

    reference: str | None
    pairs: Mapping[int, int | None]
    returns: Returns = field(default_factory=dict)


def store_identities(
    session: Session, actor: Actor, version: ModelVersion, profiles: Sequence[SegmentProfile], continuation: Continuation, at: datetime
) -> None:
    """Write the version's segments: rows of those that continue are left as they are, new ones are added."""
    before = segments_of(session, actor, continuation.reference)
    kept = _taken_over(session, actor, continuation, before)
    _tell_apart(session, actor, version, kept, before)
    newcomers = _Newcomers(session, actor, version.dataset_id, at, kept.values(), before.values())
    for cluster, profile in enumerate(profiles):
        segment = kept.get(cluster) or newcomers.segment_for(profile)
        session.add(VersionSegment(version_id=version.id, cluster=cluster, team_id=actor.team_id, segment_id=segment.id, size=profile.size))
    session.flush()


def move_identities(
    session: Session, actor: Actor, version: ModelVersion, was: Mapping[int, int | None], continuation: Continuation, at: datetime
) -> bool:
    """Let the segments of a ready version follow its reference anew, and say whether any cluster became another segment.

    `was` is which cluster of the reference each cluster continued until now. One that continues none any more becomes the segment again
    that it was before it was said to continue one, else a new one.
    """
    before = segments_of(session, actor, continuation.reference)
    rows = session.scalars(team_rows(actor, VersionSegment).where(VersionSegment.version_id == version.id)).all()
    every = {each.id: each for each in session.scalars(team_rows(actor, Segment).where(Segment.dataset_id == version.dataset_id))}
    own = {
        row.cluster: row.segment_id
        if was.get(row.cluster) is None and _is_own(session, version, every[row.segment_id])
        else row.own_segment_id
        for row in rows
    }
    kept = _taken_over(session, actor, continuation, before)
    taken = {segment.id for segment in kept.values()}
    kept |= {cluster: every[segment] for cluster, segment in own.items() if segment and segment not in taken and cluster not in kept}
    _tell_apart(session, actor, version, kept, before)
    known = [*before.values(), *(every[segment] for segment in own.values() if segment)]
    # Versions that follow this one may take any of its segments over, so that no other of the dataset may be called as they are.
    newcomers = _Newcomers(session, actor, version.dataset_id, at, kept.values(), known, every.values())
    lone = [row.cluster for row in rows if row.cluster not in kept]
    profiles = from_json(Profiles, version.profiles).segments if lone else ()
    segments = kept | {cluster: newcomers.segment_for(profiles[cluster]) for cluster in lone}
    moved = any(segments[row.cluster].id != row.segment_id for row in rows)
    sizes = {row.cluster: row.size for row in rows}
    for row in rows:
        session.delete(row)
    session.flush()  # before the new rows: a segment is one cluster of a version at most, at any time
    for cluster, segment in segments.items():
        memory = own[cluster] if own[cluster] != segment.id else None
        session.add(
            VersionSegment(
                version_id=version.id,
                cluster=cluster,
                team_id=actor.team_id,
                segment_id=segment.id,
                own_segment_id=memory,
                size=sizes[cluster],
            )
        )
    session.flush()
    return moved


def _taken_over(session: Session, actor: Actor, continuation: Continuation, before: Mapping[int, Segment]) -> dict[int, Segment]:
    """The segments that clusters continue, and those that they are again; the latter only while the reference (`before`) has them not."""
    kept = {cluster: before[old] for cluster, old in continuation.pairs.items() if old is not None}
    taken = {segment.id for segment in (*before.values(), *kept.values())}
    for version, returns in continuation.returns.items():
        segments = segments_of(session, actor, version)
        for each in returns:
            if each.current not in kept and segments[each.previous].id not in taken:
                kept[each.current] = segments[each.previous]
                taken.add(segments[each.previous].id)
    return kept


def _tell_apart(session: Session, actor: Actor, version: ModelVersion, kept: Mapping[int, Segment], before: Mapping[int, Segment]) -> None:
    """Give segments another look or name that were gone while one of the reference (`before`) got theirs: no two of a version are alike."""
    stay = {segment.id for segment in before.values()}
    beside = [segment for segment in kept.values() if segment.id in stay]
    for segment in kept.values():
        if segment.id in stay:
            continue
        if segment.slot in {each.slot for each in beside}:
            was, segment.slot = segment.slot, free_slot({each.slot for each in (*segments_beside(session, segment), *kept.values())}, ())
            _note(session, actor, version, "segment.recoloured", segment, was, segment.slot)
        names = {each.shown_name.casefold() for each in beside}
        if (name := segment.shown_name).casefold() in names:
            _rename(segment, distinct_name(name, names), {each.short_name.casefold() for each in beside})
            _note(session, actor, version, "segment.renamed", segment, name, segment.shown_name)
        beside.append(segment)


def segments_beside(session: Session, segment: Segment) -> Sequence[Segment]:
    """The segments that any version has beside this one. For services only."""
    versions = select(VersionSegment.version_id).where(VersionSegment.segment_id == segment.id)
    others = select(VersionSegment.segment_id).where(VersionSegment.version_id.in_(versions), VersionSegment.segment_id != segment.id)
    return session.scalars(select(Segment).where(Segment.id.in_(others))).all()


def _rename(segment: Segment, name: str, short_names: Collection[str]) -> None:
    if segment.chosen_name:
        segment.chosen_name = name
    else:
        segment.name, segment.short_name = name, distinct_short_name(segment.short_name, name, short_names)


def _note(
    session: Session, actor: Actor, version: ModelVersion, action: str, segment: Segment, before: str | int, after: str | int
) -> None:
    dataset = team_row(session, actor, Dataset, "dataset", id=version.dataset_id)
    record_event(session, actor, action, segment.key, dataset=dataset.slug, before=before, after=after)


def _is_own(session: Session, version: ModelVersion, segment: Segment) -> bool:
    """Whether a cluster that continues none made the segment: it is not older than the version, and no version before has it."""
    if version.ready_at is not None and segment.created_at < version.ready_at:
        return False
    earlier = select(VersionSegment.version_id).join(ModelVersion, ModelVersion.id == VersionSegment.version_id)
    holds = earlier.where(VersionSegment.segment_id == segment.id, ModelVersion.number < version.number).limit(1)
    return session.scalars(holds).first() is None


class _Newcomers:
    """Makes segments for clusters that continue none, apart in name and slot from those that the version `keeps` and that were `before`.

    No champion's segment, not even a retired one, has their name: people remember it, and its tags would seem to be theirs. Neither have
    the `others`.
    """

    def __init__(
        self,
        session: Session,
        actor: Actor,
        dataset_id: str,
        at: datetime,
        keeps: Iterable[Segment],
        before: Iterable[Segment],
        others: Iterable[Segment] = (),
    ) -> None:
        self._session, self._actor, self._dataset_id, self._at = session, actor, dataset_id, at
        kept, known = list(keeps), list(before)
        self._used, self._retired = {segment.slot for segment in kept}, {segment.slot for segment in known}
        self._short_names = {(segment.chosen_name or segment.short_name)[:40].casefold() for segment in kept}
        lived = lived_segments(session, moves_of(session, actor, dataset_id)).values()
        self._remembered = {segment.slot for segment in lived}
        self._names = {name.casefold() for each in chain(known, lived, others) for name in (each.name, each.chosen_name) if name}

    def segment_for(self, profile: SegmentProfile) -> Segment:
        """A new segment, called as the evidence says."""
        name = distinct_name(profile.name, self._names)
        segment = Segment(
            team_id=self._actor.team_id,
            dataset_id=self._dataset_id,
            key=secrets.token_hex(4),
            slot=free_slot(self._used, self._retired, self._remembered),
            name=name,
            short_name=distinct_short_name(profile.short_name if name == profile.name else name, name, self._short_names),
            created_at=self._at,
        )
        self._session.add(segment)
        self._session.flush()
        self._used.add(segment.slot)
        self._names.add(name.casefold())
        self._short_names.add(segment.short_name.casefold())
        return segment


def free_slot(used: Collection[int], retired: Collection[int], remembered: Collection[int] = ()) -> int:
    """The lowest slot that no other segment of the version has.

    If possible none that a segment had which just retired, and if possible none that is `remembered` of one long gone, which may come back.
    """
    slots = [slot for slot in range(1, len(SYMBOLS) + 1) if slot not in used]
    fresh = [slot for slot in slots if slot not in retired]
    unheard = [slot for slot in fresh if slot not in remembered]
    beyond = (slot for slot in range(len(SYMBOLS) + 1, len(SYMBOLS) + 2 + len(used)) if slot not in used)
    return next(iter([*unheard, *fresh, *slots, *beyond]))


def distinct_name(name: str, taken: Collection[str]) -> str:
    """`name`, with a number behind it where another segment is called so already (`taken` is case-folded)."""
    candidate, number = name[:120], 2
    while candidate.casefold() in taken:
        candidate, number = f"{name[:115]} {number}", number + 1
    return candidate


def distinct_short_name(short: str, name: str, taken: Collection[str]) -> str:
    """`short`, else the beginning of `name`, else `short` with a number behind it: what no other segment of the version is called by."""
    numbered = (f"{short[:35]} {number}" for number in count(2))
    return next(each for each in chain((short[:40], name[:40]), numbered) if each.casefold() not in taken)


def segments_of(session: Session, actor: Actor, version_id: str | None) -> dict[int, Segment]:
    """Segments of a version by cluster. For services only."""
    if version_id is None:
        return {}
    rows = session.execute(
        select(VersionSegment.cluster, Segment)
        .join(Segment, Segment.id == VersionSegment.segment_id)
        .where(VersionSegment.version_id == version_id, VersionSegment.team_id == actor.team_id)
    )
    return dict(rows.all())
