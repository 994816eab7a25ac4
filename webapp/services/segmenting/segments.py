"""Segments as pages show them: read from what was computed when the version was fitted."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock

from sqlalchemy import select
from sqlalchemy.orm import Session

from segmentation.codec import from_json
from segmentation.describing.profiles import Profiles, SegmentProfile
from segmentation.palette import SegmentStyle
from webapp.models import Dataset, ModelVersion, Segment, VersionSegment
from webapp.services.access import Actor, Permission, require, team_dataset, team_row, team_rows
from webapp.services.audit import record_event
from webapp.services.data.datasets import lock_dataset
from webapp.services.data.lineage_records import read_lineage
from webapp.services.data.names import clean_name
from webapp.services.errors import Invalid, NotFound
from webapp.services.filtering.coarse import coarse, stability_of
from webapp.services.modelling.identities import distinct_short_name, segments_beside
from webapp.services.modelling.lineages import came_back
from webapp.services.modelling.versions import VersionSummary, find_version, fitted_version, summarise_version
from webapp.services.planning.campaigns import CampaignSummary, list_campaigns

CACHED_VERSIONS = 64


@dataclass(frozen=True)
class SegmentsOverview:
    """All segments of one version: `profiles.segments[i]` is drawn and called as `styles[i]`.

    `tags` counts campaigns by segment key; `campaigns` has them, those that are still to reach somebody first, with those of segments that
    were merged into it. `took_in` names by segment key those that were merged into it in this version, and `split_from` the one that it was
    a part of; `back` has the number of the champion that had a segment before, which the version before had not. `coarse` says that the
    figures are rounded, as viewers read them.
    """

    version: VersionSummary
    profiles: Profiles
    styles: tuple[SegmentStyle, ...]
    tags: dict[str, int]
    currency: str | None
    campaigns: Mapping[str, tuple[CampaignSummary, ...]] = field(default_factory=dict)
    coarse: bool = False
    took_in: Mapping[str, tuple[SegmentStyle, ...]] = field(default_factory=dict)
    split_from: Mapping[str, SegmentStyle] = field(default_factory=dict)
    back: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class SegmentDetail:
    """One segment beside the others of its version."""

    overview: SegmentsOverview
    cluster: int
    style: SegmentStyle
    profile: SegmentProfile
    description: str
    campaigns: tuple[CampaignSummary, ...]


@dataclass(frozen=True)
class SegmentStability:
    """How far a segment of a version comes back when it is fitted again; `share` is of all customers."""

    style: SegmentStyle
    size: int
    share: float
    stability: float | None


def show_segments(session: Session, actor: Actor, dataset: str, *, version: int | None = None) -> SegmentsOverview | None:
    """The champion's segments, or those of a ready `version`; None where nothing was promoted yet.

    Viewers read coarse figures, of the champion only: Forbidden for another version.
    """
    overview = open_segments(session, actor, dataset, version=version)
    return overview and for_reader(actor, overview)


def open_segments(session: Session, actor: Actor, dataset: str, *, version: int | None = None) -> SegmentsOverview | None:
    """`show_segments` as exact as it was computed. For services only, which hand it on through `for_reader`."""
    row = team_dataset(session, actor, dataset)
    found = find_version(session, actor, row, version)
    return _overview(session, actor, row, found, list_campaigns(session, actor, dataset)) if found else None


def for_reader(actor: Actor, overview: SegmentsOverview) -> SegmentsOverview:
    """What the actor's role may read of it."""
    if actor.may(Permission.VIEW_CUSTOMERS):
        return overview
    return replace(overview, profiles=coarse(overview.profiles), coarse=True)


def show_stability(session: Session, actor: Actor, dataset: str, version: int) -> tuple[SegmentStability, ...]:
    """Size and stability of each segment of a fitted version, in cluster order: nothing of what its customers are like.

    Viewers read the stability with two significant digits, as every figure of a fit.
    """
    found = fitted_version(session, actor, team_dataset(session, actor, dataset), version)
    profiles = profiles_of(session, actor, found).segments
    pairs = zip(version_styles(session, found), profiles, strict=True)
    read = (lambda stability: stability) if actor.may(Permission.VIEW_CUSTOMERS) else stability_of
    return tuple(SegmentStability(style, each.size, each.share, read(each.stability)) for style, each in pairs)


def show_segment(session: Session, actor: Actor, dataset: str, key: str, *, version: int | None = None) -> SegmentDetail:
    """One segment of the champion or of a ready `version`; NotFound where that version has no such segment."""
    row = team_dataset(session, actor, dataset)
    found = find_version(session, actor, row, version)
    if found is None:
        raise NotFound("There are no segments yet. Re-cluster this dataset first.")
    campaigns = list_campaigns(session, actor, dataset)
    overview = for_reader(actor, _overview(session, actor, row, found, campaigns))
    cluster = next((place for place, style in enumerate(overview.styles) if style.key == key), None)
    if cluster is None:
        raise NotFound(f"Version {found.number} has no such segment.")
    return SegmentDetail(
        overview=overview,
        cluster=cluster,
        style=overview.styles[cluster],
        profile=overview.profiles.segments[cluster],
        description=team_row(session, actor, Segment, "segment", dataset_id=row.id, key=key).description,
        campaigns=tuple(campaign for campaign in campaigns if campaign.concerns(key)),
    )


def dataset_of_segment(session: Session, actor: Actor, key: str) -> str:
    """The slug of the dataset that a segment of the team is in; NotFound where there is none such."""
    segment = session.scalars(team_rows(actor, Segment).where(Segment.key == key).order_by(Segment.created_at)).first()
    if segment is None:
        raise NotFound("There is no such segment.")
    return team_row(session, actor, Dataset, "dataset", id=segment.dataset_id).slug


def rename_segment(session: Session, actor: Actor, dataset: str, key: str, name: str) -> SegmentStyle:
    """Give a segment a name of the team's own; an empty one, or the evidence's own, returns to the name from evidence.

    Invalid where a segment that some version has beside this one is called so.
    """
    require(actor, Permission.PROMOTE)
    row = team_dataset(session, actor, dataset)
    lock_dataset(session, row)  # two who choose the same name at the same moment must not both get it
    segment = team_row(session, actor, Segment, "segment", dataset_id=row.id, key=key)
    wanted = clean_name(name, "name") if name.strip() else segment.name
    call_segments(session, actor, row, {segment: wanted})
    return style_of(segment)


def call_segments(session: Session, actor: Actor, dataset: Dataset, names: Mapping[Segment, str]) -> None:
    """Give segments names in one act, so that none has to wait for that of another. For services only, which hold the dataset's lock.

    Invalid where another segment is called so that some version has beside one of them; then none is renamed.
    """
    changed = {segment: wanted for segment, wanted in names.items() if segment.shown_name != wanted}
    for segment, wanted in changed.items():
        beside = [each for each in segments_beside(session, segment) if each not in changed]
        if wanted.casefold() in {each.shown_name.casefold() for each in beside}:
            raise Invalid(f"Another segment is called “{wanted}”. Choose a name that no other one has.", details={"field": "name"})
    together = {segment.key: [segment.shown_name, wanted] for segment, wanted in changed.items()}
    more = {"together": together} if len(together) > 1 else {}
    for segment, wanted in changed.items():
        before, segment.chosen_name = segment.shown_name, wanted if wanted != segment.name else None
        record_event(session, actor, "segment.renamed", segment.key, dataset=dataset.slug, before=before, after=wanted, **more)
    session.flush()


def version_styles(session: Session, version: ModelVersion | str) -> tuple[SegmentStyle, ...]:
    """How the segments of a version (or of the version with that id) are drawn and called, in cluster order."""
    version_id = version if isinstance(version, str) else version.id
    rows = session.scalars(
        select(Segment)
        .join(VersionSegment, VersionSegment.segment_id == Segment.id)
        .where(VersionSegment.version_id == version_id)
        .order_by(VersionSegment.cluster)
    )
    return tuple(_apart(map(style_of, rows)))


def _apart(styles: Iterable[SegmentStyle]) -> Iterator[SegmentStyle]:
    """The same, no two called alike for short: names that live on, and those that people choose, know only of each other in full."""
    taken = set[str]()
    for style in styles:
        short_name = distinct_short_name(style.short_name, style.name, taken)
        taken.add(short_name.casefold())
        yield replace(style, short_name=short_name)


def style_of(segment: Segment) -> SegmentStyle:
    """A segment under the name that its team chose, else under that from evidence."""
    if segment.chosen_name:
        return SegmentStyle(segment.key, segment.chosen_name, segment.chosen_name[:40], segment.slot)
    return SegmentStyle(segment.key, segment.name, segment.short_name, segment.slot)


def other_name(style: SegmentStyle, profile: SegmentProfile) -> str | None:
    """What a version's evidence alone calls a segment whose name says something else; None where it is called so.

    A segment keeps its name from version to version, so that a later version's evidence can differ from it.
    """
    return None if style.name.casefold().startswith(profile.name.casefold()) else profile.name


def crossed_names(styles: Sequence[SegmentStyle], profiles: Sequence[SegmentProfile]) -> dict[str, str]:
    """By segment key, what a version's evidence calls those that it calls by the name of another segment of the version."""
    names = {style.name.casefold() for style in styles}
    said = {style.key: other_name(style, profile) for style, profile in zip(styles, profiles, strict=True)}
    return {key: name for key, name in said.items() if name is not None and name.casefold() in names}


def _overview(
    session: Session, actor: Actor, dataset: Dataset, version: ModelVersion, campaigns: tuple[CampaignSummary, ...]
) -> SegmentsOverview:
    styles = version_styles(session, version)
    tagged = {
        style.key: tuple(sorted((each for each in campaigns if each.concerns(style.key)), key=lambda each: not each.live))
        for style in styles
    }
    back = {styles[cluster].key: each.version for cluster, each in came_back(session, actor, version).items()}
    took_in, split_from = _changes(session, version, styles)
    return SegmentsOverview(
        version=summarise_version(session, actor, version),
        profiles=profiles_of(session, actor, version),
        styles=styles,
        tags={key: len(found) for key, found in tagged.items()},
        currency=dataset.currency,
        campaigns=tagged,
        took_in=took_in,
        split_from={key: whole for key, whole in split_from.items() if key not in back},
        back=back,
    )


def _changes(
    session: Session, version: ModelVersion, styles: tuple[SegmentStyle, ...]
) -> tuple[dict[str, tuple[SegmentStyle, ...]], dict[str, SegmentStyle]]:
    """Which segments of the version before each one took in, and which one it was split off from."""
    stored = read_lineage(version)
    if stored is None:
        return {}, {}
    lineage, before = stored[1], version_styles(session, stored[0])
    took_in = {
        style.key: tuple(before[old] for old, new in sorted(lineage.merged.items()) if new == cluster)
        for cluster, style in enumerate(styles)
        if cluster in lineage.merged.values()
    }
    return took_in, {styles[new].key: before[old] for new, old in lineage.split.items()}


class _Recent:
    """The last few decoded profiles of this process. A ready version never changes, so none can be out of date."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, Lock()
        self._kept: OrderedDict[tuple[str, str], Profiles] = OrderedDict()

    def get(self, key: tuple[str, str]) -> Profiles | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: tuple[str, str], profiles: Profiles) -> None:
        with self._lock:
            self._kept[key] = profiles
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


_recent = _Recent(CACHED_VERSIONS)


def profiles_of(session: Session, actor: Actor, version: ModelVersion) -> Profiles:
    """As exact as they were computed; `version` was reached through the team. For services only.

    They are loaded only when they are not at hand.
    """
    key = (actor.team_id, version.id)
    known = _recent.get(key)
    if known is None:
        stored = session.scalars(team_rows(actor, ModelVersion).where(ModelVersion.id == version.id)).one().profiles
        known = from_json(Profiles, stored)
        _recent.put(key, known)
    return known
