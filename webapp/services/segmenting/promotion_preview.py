"""What a promotion would change, before anybody confirms it: segments, their customers, and the campaigns that are tagged to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from segmentation.palette import SegmentStyle
from webapp.models import ModelVersion, Snapshot, VersionSegment
from webapp.services.access import Actor, Permission, require, team_dataset
from webapp.services.modelling.versions import find_version, ready_version
from webapp.services.planning.campaigns import CampaignSummary, list_campaigns
from webapp.services.segmenting.segments import version_styles


@dataclass(frozen=True)
class SegmentChange:
    """One segment with its customers under the champion and under the other version; None where a version does not have it."""

    style: SegmentStyle
    before: int | None
    after: int | None

    @property
    def fate(self) -> str:
        """ "continued", "new" or "retired"."""
        return "new" if self.before is None else "retired" if self.after is None else "continued"


@dataclass(frozen=True)
class CampaignChange:
    """A live campaign with the customers that it reaches now and would reach; `retired` are those of its segments that would be gone."""

    name: str
    status: str
    before: int
    after: int
    retired: tuple[str, ...]


@dataclass(frozen=True)
class PromotionPreview:
    """What becomes of `champion` (None: there is none) if `version` takes its place.

    Continued segments come first, then new ones, then retired ones. `campaigns` are live ones that would reach another number of
    customers or lose a segment. `unplaced` are customers without a segment, before and after; `snapshots` what either was fitted on.
    """

    version: int
    champion: int | None
    verdict: str | None
    segments: tuple[SegmentChange, ...]
    campaigns: tuple[CampaignChange, ...]
    unplaced: tuple[int | None, int]
    snapshots: tuple[int | None, int]

    def of(self, fate: str) -> tuple[SegmentChange, ...]:
        """The segments of that fate."""
        return tuple(each for each in self.segments if each.fate == fate)


def preview_promotion(session: Session, actor: Actor, dataset: str, number: int) -> PromotionPreview:
    """What promoting the ready version `number` would change, by the sizes stored with both versions. Nothing is changed."""
    require(actor, Permission.PROMOTE)
    row = team_dataset(session, actor, dataset)
    version, champion = ready_version(session, actor, row, number), find_version(session, actor, row, None)
    after, before = _sized(session, version), _sized(session, champion) if champion else {}
    changes = [SegmentChange(style, before[key][1] if key in before else None, size) for key, (style, size) in after.items()]
    changes += [SegmentChange(style, size, None) for key, (style, size) in before.items() if key not in after]
    order = ("continued", "new", "retired")
    campaigns = (_campaign(each, before, after) for each in list_campaigns(session, actor, dataset) if each.live)
    snapshots = _snapshot(session, champion) if champion else None, _snapshot(session, version)
    return PromotionPreview(
        version=number,
        champion=champion.number if champion else None,
        verdict=version.verdict,
        segments=tuple(sorted(changes, key=lambda each: order.index(each.fate))),
        campaigns=tuple(each for each in campaigns if each.retired or each.before != each.after),
        unplaced=(_unplaced(snapshots[0], before) if snapshots[0] else None, _unplaced(snapshots[1], after)),
        snapshots=(snapshots[0].number if snapshots[0] else None, snapshots[1].number),
    )


Sized = Mapping[str, tuple[SegmentStyle, int]]


def _sized(session: Session, version: ModelVersion) -> Sized:
    """The version's segments by key, with their sizes."""
    sizes = session.scalars(select(VersionSegment.size).where(VersionSegment.version_id == version.id).order_by(VersionSegment.cluster))
    return {style.key: (style, size) for style, size in zip(version_styles(session, version), sizes, strict=True)}


def _snapshot(session: Session, version: ModelVersion) -> Snapshot:
    return session.scalars(select(Snapshot).where(Snapshot.id == version.snapshot_id)).one()


def _unplaced(snapshot: Snapshot, sized: Sized) -> int:
    return snapshot.customers - sum(size for _, size in sized.values())


def _campaign(campaign: CampaignSummary, before: Sized, after: Sized) -> CampaignChange:
    keys = [tag.segment_key for tag in campaign.tags]
    return CampaignChange(
        name=campaign.name,
        status=campaign.status,
        before=sum(before[key][1] for key in keys if key in before),
        after=sum(after[key][1] for key in keys if key in after),
        retired=tuple(before[key][0].name for key in keys if key in before and key not in after),
    )
