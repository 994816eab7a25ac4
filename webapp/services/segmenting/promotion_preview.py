"""What a promotion would change, before anybody confirms it: segments, their customers, and the campaigns and audiences of these."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from segmentation.describing.profiles import SegmentProfile
from segmentation.palette import SegmentStyle
from webapp.models import ModelVersion, Snapshot, VersionSegment
from webapp.services.access import Actor, Permission, require, team_dataset
from webapp.services.data.lineage_records import merged_into
from webapp.services.modelling.promotions import lived_segments, moves_of
from webapp.services.modelling.versions import find_version, ready_version
from webapp.services.planning.campaigns import CampaignSummary, list_campaigns
from webapp.services.segmenting.audiences import AudienceSummary, list_audiences
from webapp.services.segmenting.segments import other_name, profiles_of, version_styles


@dataclass(frozen=True)
class SegmentChange:
    """One segment with its customers under the champion and under the other version; None where a version does not have it.

    `lived` says that some champion had it before. `evidence` is what the other version's evidence alone calls a continued one, where that
    is neither the name that it keeps nor what the champion's evidence calls it already. `into` is the segment that one which would be gone
    is merged into, as far as the two versions were compared.
    """

    style: SegmentStyle
    before: int | None
    after: int | None
    lived: bool = True
    evidence: str | None = None
    into: SegmentStyle | None = None

    @property
    def fate(self) -> str:
        """ "continued", "back", "new" or "retired"."""
        if self.before is None:
            return "back" if self.lived else "new"
        return "retired" if self.after is None else "continued"


@dataclass(frozen=True)
class CampaignChange:
    """A live campaign with the customers that it reaches now and would reach; `retired` are those of its segments that would be gone."""

    name: str
    status: str
    before: int
    after: int
    retired: tuple[str, ...]


@dataclass(frozen=True)
class AudienceChange:
    """A live audience that came from segments which would be gone (`retired`) or have other customers (`changed`), by their names.

    It is frozen, so that it keeps its `customers`.
    """

    name: str
    customers: int
    retired: tuple[str, ...]
    changed: tuple[str, ...]


@dataclass(frozen=True)
class PromotionPreview:
    """What becomes of `champion` (None: there is none) if `version` takes its place.

    Continued segments come first, then those that come back, new ones and retired ones. `campaigns` are live ones that would reach another
    number of customers or lose a segment, `audiences` live ones whose segments would not be what they were. `unplaced` are customers
    without a segment, before and after; `snapshots` what either was fitted on.
    """

    version: int
    champion: int | None
    verdict: str | None
    segments: tuple[SegmentChange, ...]
    campaigns: tuple[CampaignChange, ...]
    audiences: tuple[AudienceChange, ...]
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
    lived = lived_segments(session, moves_of(session, actor, row.id) if champion else ())
    said = _evident_names(session, actor, champion, before)
    profiles = profiles_of(session, actor, version).segments
    changes = [
        _taken_over(style, profile, size, before, lived, said) for (style, size), profile in zip(after.values(), profiles, strict=True)
    ]
    changes += _leaving(version, champion, before, after)
    order = ("continued", "back", "new", "retired")
    campaigns = (_campaign(each, before, after) for each in list_campaigns(session, actor, dataset) if each.live)
    audiences = (_audience(each, before, after) for each in list_audiences(session, actor, dataset))
    snapshots = _snapshot(session, champion) if champion else None, _snapshot(session, version)
    return PromotionPreview(
        version=number,
        champion=champion.number if champion else None,
        verdict=version.verdict,
        segments=tuple(sorted(changes, key=lambda each: order.index(each.fate))),
        campaigns=tuple(each for each in campaigns if each.retired or each.before != each.after),
        audiences=tuple(each for each in audiences if each.retired or each.changed),
        unplaced=(_unplaced(snapshots[0], before) if snapshots[0] else None, _unplaced(snapshots[1], after)),
        snapshots=(snapshots[0].number if snapshots[0] else None, snapshots[1].number),
    )


Sized = Mapping[str, tuple[SegmentStyle, int]]


def _sized(session: Session, version: ModelVersion) -> Sized:
    """The version's segments by key, with their sizes."""
    sizes = session.scalars(select(VersionSegment.size).where(VersionSegment.version_id == version.id).order_by(VersionSegment.cluster))
    return {style.key: (style, size) for style, size in zip(version_styles(session, version), sizes, strict=True)}


def _evident_names(session: Session, actor: Actor, champion: ModelVersion | None, sized: Sized) -> Mapping[str, str]:
    """What the champion's evidence alone calls its segments, by key."""
    profiles = profiles_of(session, actor, champion).segments if champion else ()
    return {key: profile.name for key, profile in zip(sized, profiles, strict=True)}


def _taken_over(
    style: SegmentStyle, profile: SegmentProfile, size: int, before: Sized, lived: Container[str], said: Mapping[str, str]
) -> SegmentChange:
    """A segment of the other version; `said` is what the champion's evidence called those that it has.

    A new one was named by this very evidence, unless the team chose its name. A name that differed from the evidence all along was chosen
    so, and the promotion changes nothing about that.
    """
    if style.key not in before:
        return SegmentChange(style, None, size, lived=style.key in lived)
    evidence = other_name(style, profile) if profile.name != said[style.key] else None
    return SegmentChange(style, before[style.key][1], size, evidence=evidence)


def _leaving(version: ModelVersion, champion: ModelVersion | None, before: Sized, after: Sized) -> Iterator[SegmentChange]:
    """The champion's segments that would be gone; both versions' segments are in the order of their clusters."""
    merged = merged_into(champion, version) if champion else {}
    taken_in = list(after.values())
    for cluster, (key, (style, size)) in enumerate(before.items()):
        if key not in after:
            yield SegmentChange(style, size, None, into=taken_in[merged[cluster]][0] if cluster in merged else None)


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


def _audience(audience: AudienceSummary, before: Sized, after: Sized) -> AudienceChange:
    """By the segments that the champion has: what became of earlier ones changed with an earlier promotion."""
    assert audience.origin is not None  # whoever may promote reads where it came from
    keys = [key for key in audience.origin.segments if key in before]
    return AudienceChange(
        name=audience.name,
        customers=audience.size or 0,
        retired=tuple(before[key][0].name for key in keys if key not in after),
        changed=tuple(before[key][0].name for key in keys if key in after and after[key][1] != before[key][1]),
    )
