"""A segment that the champion does not have: since when, where its customers are now, and which version still shows it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from segmentation.palette import SegmentStyle
from webapp.models import ModelVersion, Promotion, Segment, VersionSegment, VersionStatus
from webapp.services.access import Actor, Permission, require, team_dataset, team_rows
from webapp.services.data.successors import find_retirements
from webapp.services.modelling.versions import champion_id
from webapp.services.segmenting.segments import style_of


@dataclass(frozen=True)
class RetiredSegment:
    """`since` is the number of the first champion without it (None: no champion on the way to this one had it).

    `successors` are the champion's segments that its customers went to; `merged` says that it became a part of one, whole. `last` is the
    number of the version to see it in: the newest that is still kept, of those that were champion where there is one; None where none is.
    """

    style: SegmentStyle
    since: int | None
    successors: tuple[SegmentStyle, ...]
    merged: bool
    last: int | None


def find_retired(session: Session, actor: Actor, dataset: str, key: str) -> RetiredSegment | None:
    """What became of the segment `key`; None where the champion has it, where nothing was promoted yet, or where there is none such."""
    require(actor, Permission.VIEW)
    row = team_dataset(session, actor, dataset)
    champion = champion_id(session, row)
    segment = session.scalars(team_rows(actor, Segment).where(Segment.dataset_id == row.id, Segment.key == key)).one_or_none()
    if champion is None or segment is None or _has(session, champion, segment):
        return None
    told = find_retirements(session, actor, row, {segment.id}).get(segment.id)
    ids = told.successors if told else ()
    successors = {each.id: style_of(each) for each in session.scalars(team_rows(actor, Segment).where(Segment.id.in_(ids)))}
    return RetiredSegment(
        style=style_of(segment),
        since=told.version if told else None,
        successors=tuple(successors[each] for each in ids),
        merged=told is not None and told.merged,
        last=_last(session, actor, segment),
    )


def _has(session: Session, version_id: str, segment: Segment) -> bool:
    having = exists().where(VersionSegment.version_id == version_id, VersionSegment.segment_id == segment.id)
    return bool(session.scalar(select(having)))


def _last(session: Session, actor: Actor, segment: Segment) -> int | None:
    promoted = exists().where(Promotion.version_id == ModelVersion.id)
    numbers = (
        select(ModelVersion.number)
        .join(VersionSegment, VersionSegment.version_id == ModelVersion.id)
        .where(
            ModelVersion.team_id == actor.team_id,
            ModelVersion.status == VersionStatus.READY,
            VersionSegment.segment_id == segment.id,
        )
    )
    return session.scalars(numbers.order_by(promoted.desc(), ModelVersion.number.desc()).limit(1)).one_or_none()
