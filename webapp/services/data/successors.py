"""What became of segments that the champion no longer has: since when, and where their customers are now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from segmentation.lineage import Lineage
from webapp.models import Champion, Dataset, ModelVersion, VersionSegment, VersionStatus
from webapp.services.access import Actor, team_rows
from webapp.services.data.lineage_records import read_lineage


@dataclass(frozen=True)
class Retirement:
    """`version` (its number) was the first without the segment; `successors` are ids of the champion's segments that its customers went to.

    `merged` says that it became a part of one of them, whole; else they are parts of it, or there are none.
    """

    version: int
    successors: tuple[str, ...]
    merged: bool


@dataclass(frozen=True, eq=False)
class _Step:
    """One version on the way to the champion: its segments by cluster, and how they follow the step before.

    `displaced` are the segments that clusters were before a person said that they continue another one.
    """

    number: int
    segments: Mapping[int, str]
    displaced: Mapping[int, str]
    lineage: Lineage | None


def find_retirements(session: Session, actor: Actor, dataset: Dataset, segments: Collection[str]) -> dict[str, Retirement]:
    """What became of those `segments` (ids), of which the champion has none. For services only.

    Told along the versions that led to the champion, each the reference of the next. A segment that none of them had is left out: it was
    found by a version beside them, or by one made before lineages were kept.
    """
    steps = _way_to_champion(session, actor, dataset) if segments else []
    found = {segment: _retirement(steps, segment) for segment in segments}
    return {segment: each for segment, each in found.items() if each is not None}


def _way_to_champion(session: Session, actor: Actor, dataset: Dataset) -> list[_Step]:
    ready = team_rows(actor, ModelVersion).where(
        ModelVersion.dataset_id == dataset.id, ModelVersion.status.in_((VersionStatus.READY, VersionStatus.REMOVED))
    )
    versions = {version.id: version for version in session.scalars(ready.options(defer(ModelVersion.profiles), defer(ModelVersion.report)))}
    way: list[tuple[ModelVersion, Lineage | None]] = []
    next_id = session.scalars(select(Champion.version_id).where(Champion.dataset_id == dataset.id)).one_or_none()
    while next_id in versions:
        version = versions.pop(next_id)
        next_id, lineage = read_lineage(version) or (None, None)
        way.append((version, lineage))
    rows = session.scalars(team_rows(actor, VersionSegment).where(VersionSegment.version_id.in_([version.id for version, _ in way]))).all()

    def step(version: ModelVersion, lineage: Lineage | None) -> _Step:
        own = [row for row in rows if row.version_id == version.id]
        displaced = {row.cluster: row.own_segment_id for row in own if row.own_segment_id is not None}
        return _Step(version.number, {row.cluster: row.segment_id for row in own}, displaced, lineage)

    return [step(version, lineage) for version, lineage in reversed(way)]


def _retirement(steps: Sequence[_Step], segment: str) -> Retirement | None:
    """Follow the segment's cluster from the last version that had it."""
    had = max((place for place, step in enumerate(steps) if segment in step.segments.values()), default=None)
    lost = max((place for place, step in enumerate(steps) if segment in step.displaced.values()), default=None)
    place = had if had is not None else lost
    if place is None or had == len(steps) - 1:
        return None
    clusters = {
        cluster for cluster, each in (steps[place].segments if had is not None else steps[place].displaced).items() if each == segment
    }
    since, merged = steps[place if had is None else place + 1], True
    for step in steps[place + 1 :]:
        if step.lineage is None:
            return None
        merged = merged and clusters <= {*step.lineage.merged, *step.lineage.pairs.values()}
        clusters = {after for cluster in clusters for after in step.lineage.followers(cluster)}
    successors = tuple(steps[-1].segments[cluster] for cluster in sorted(clusters))
    return Retirement(since.number, successors, merged and bool(successors))
