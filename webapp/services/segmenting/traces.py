"""A dataset over time as its champion sees it: read from what was counted in the background, never computed here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from segmentation.movement import Division
from segmentation.palette import SegmentStyle
from webapp.models import Dataset, Job, JobStatus, ModelVersion, Segment, Snapshot, VersionSegment
from webapp.services.access import Actor, Permission, require, team_dataset, team_rows
from webapp.services.data.lineage_records import merged_into
from webapp.services.data.trace_requests import request_trace
from webapp.services.errors import Conflict
from webapp.services.filtering.coarse import count_of, two_digits
from webapp.services.modelling.promotions import lived_segments, moves_of
from webapp.services.modelling.tracing import series, stored_counts
from webapp.services.modelling.versions import find_version
from webapp.services.segmenting.segments import style_of, version_styles
from webapp.services.work import jobs
from webapp.services.work.jobs import JobSummary
from webapp.services.work.subjects import TRACE

Sized = dict[str, tuple[SegmentStyle, int]]
"""A version's segments by key, in the order of its clusters, with their sizes."""

_ACTIVE = (JobStatus.QUEUED, JobStatus.RUNNING)


@dataclass(frozen=True)
class Traces:
    """The champion's segments over the dataset's days. `divisions` are what is counted, oldest first; `styles` go with their segments.

    Who may not see customers sees no moves: those are groups of a few people.

    `missing` days are not counted yet, by `job` where one is at work (None: none is); `unreadable` are days on which the customers
    lacked a column that the model needs, with the reason. `current` says that the last division is that of the present customers.
    """

    version: int
    styles: tuple[SegmentStyle, ...]
    divisions: tuple[Division, ...]
    missing: int
    unreadable: tuple[tuple[date, str], ...]
    current: bool
    job: JobSummary | None
    currency: str | None

    @property
    def comparable(self) -> bool:
        """Whether there are two days to compare."""
        return len(self.divisions) > 1


@dataclass(frozen=True)
class Succession:
    """What the last promotion did to the segments: which the `previous` version had too, which came, which went.

    Those that came are `back` where an earlier champion had them, else `new`. `before` are the previous version's sizes by segment key,
    on the snapshot of the day `previous_as_of`. `into` has the keys of those that went and were merged into another, with that.
    """

    version: int
    previous: int
    promoted_at: datetime
    promoted_by: str
    previous_as_of: date
    continued: tuple[SegmentStyle, ...]
    back: tuple[SegmentStyle, ...]
    new: tuple[SegmentStyle, ...]
    retired: tuple[SegmentStyle, ...]
    before: dict[str, int]
    into: dict[str, SegmentStyle]


def list_traces(session: Session, actor: Actor, dataset: str) -> Traces | None:
    """What is counted for the dataset's champion; None where there is no champion."""
    require(actor, Permission.VIEW)
    row = team_dataset(session, actor, dataset)
    version = find_version(session, actor, row, None)
    if version is None:
        return None
    steps, known = series(session, actor, row), stored_counts(session, actor, version)
    fresh = [known.get(step.snapshot_id) for step in steps]
    counted = [counts for counts, step in zip(fresh, steps, strict=True) if counts is not None and counts.before == step.before]
    last = fresh[-1] if fresh else None
    return Traces(
        version=version.number,
        styles=version_styles(session, version),
        divisions=tuple(_shown(actor, counts.division) for counts in counted if counts.division is not None),
        missing=len(steps) - len(counted),
        unreadable=tuple((step.as_of, counts.problem) for step, counts in zip(steps, fresh, strict=True) if counts and counts.problem),
        current=last is not None and last.division is not None,
        job=_active_job(session, actor, row),
        currency=row.currency,
    )


def _shown(actor: Actor, division: Division) -> Division:
    """For viewers without moves, which are of a few people, and what else is no size in coarse figures: lines are drawn from them."""
    if actor.may(Permission.VIEW_CUSTOMERS):
        return division
    return replace(
        division,
        moves=None,
        spend=None if division.spend is None else tuple(map(two_digits, division.spend)),
        unplaced_spend=two_digits(division.unplaced_spend),
        outcomes=tuple(replace(each, hits=count_of(each.hits) or 0) for each in division.outcomes),
    )


def count_again(session: Session, actor: Actor, dataset: str) -> None:
    """Ask once more for counts that a failed or cancelled job left out; Conflict where there is no champion to count by."""
    require(actor, Permission.IMPORT)
    row = team_dataset(session, actor, dataset)
    if find_version(session, actor, row, None) is None:
        raise Conflict("There are no segments yet, so there is nothing to count. Find segments first.", code="no_champion")
    request_trace(session, actor, row)


def find_succession(session: Session, actor: Actor, dataset: str) -> Succession | None:
    """How the champion's segments follow those of the champion before it; None where there was none."""
    row = team_dataset(session, actor, dataset)
    moves = moves_of(session, actor, row.id)
    promotion = moves[-1] if moves else None
    if promotion is None or promotion.previous_id is None:
        return None
    lived = lived_segments(session, moves[:-1])
    now, before = (_segments(session, version) for version in (promotion.version_id, promotion.previous_id))
    both = team_rows(actor, ModelVersion).where(ModelVersion.id.in_((promotion.version_id, promotion.previous_id)))
    versions = {each.id: each for each in session.scalars(both.options(defer(ModelVersion.profiles), defer(ModelVersion.report)))}
    previous, version = versions[promotion.previous_id], versions[promotion.version_id]
    as_of = session.scalars(
        select(Snapshot.as_of).join(ModelVersion, ModelVersion.snapshot_id == Snapshot.id).where(ModelVersion.id == promotion.previous_id)
    ).one()
    return Succession(
        version=version.number,
        previous=previous.number,
        promoted_at=promotion.created_at,
        promoted_by=promotion.created_by,
        previous_as_of=as_of,
        continued=tuple(style for key, (style, _) in now.items() if key in before),
        back=tuple(style for key, (style, _) in now.items() if key not in before and key in lived),
        new=tuple(style for key, (style, _) in now.items() if key not in before and key not in lived),
        retired=tuple(style for key, (style, _) in before.items() if key not in now),
        before={key: size for key, (_, size) in before.items()},
        into=_merged(previous, version, before, now),
    )


def _merged(previous: ModelVersion, version: ModelVersion, before: Sized, now: Sized) -> dict[str, SegmentStyle]:
    """Segments of `previous` that `version` has not, by key, with the one that most of their customers are in."""
    keys, styles = list(before), [style for style, _ in now.values()]
    return {keys[old]: styles[new] for old, new in merged_into(previous, version).items() if keys[old] not in now}


def _segments(session: Session, version_id: str) -> Sized:
    """Styles and sizes of a version's segments by key, in cluster order. The version was reached through the team."""
    rows = session.execute(
        select(Segment, VersionSegment.size)
        .join(VersionSegment, VersionSegment.segment_id == Segment.id)
        .where(VersionSegment.version_id == version_id)
        .order_by(VersionSegment.cluster)
    )
    return {segment.key: (style_of(segment), size) for segment, size in rows}


def _active_job(session: Session, actor: Actor, dataset: Dataset) -> JobSummary | None:
    active = team_rows(actor, Job).where(Job.kind == TRACE, Job.dataset_id == dataset.id, Job.status.in_(_ACTIVE)).limit(1)
    job = session.scalars(active).one_or_none()
    return jobs.show_job(session, actor, job.id) if job else None
