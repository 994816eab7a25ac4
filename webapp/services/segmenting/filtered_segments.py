"""The segments of a version as filters leave them: profiles of some of its customers, made anew from the measures that were kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Lock
from typing import Literal

from sqlalchemy.orm import Session

from segmentation.describing.customer_map import subset_map
from segmentation.describing.profiles import Profiles, SegmentProfile
from segmentation.describing.subsets import profile_subset
from segmentation.palette import SegmentStyle
from segmentation.roles import Schema
from webapp.models import ModelVersion
from webapp.services.access import Actor
from webapp.services.filtering.coarse import coarse
from webapp.services.filtering.filtering import Rows
from webapp.services.modelling.kept_measures import AREA, KeptMeasures, open_measures, places_at, sums_at
from webapp.services.segmenting.labelled import open_labelled
from webapp.services.segmenting.segments import SegmentsOverview, for_reader, open_segments
from webapp.services.segmenting.selections import Selection, select_from
from webapp.store import Store

CACHED_SUBSETS = 32

State = Literal["shown", "empty", "held"]
"""What a filter leaves of a segment: figures, nobody, or too few for the reader's role to see figures of."""


@dataclass(frozen=True)
class SegmentLeft:
    """One segment of the version under a filter; `profile` is None unless it is shown."""

    style: SegmentStyle
    state: State
    profile: SegmentProfile | None


@dataclass(frozen=True)
class FilteredSegments:
    """The segments of a version under the filters of an address.

    `whole` is the version, `overview` what the filters leave of it (the same without filters): only segments that are shown, each with its
    style. `segments` are all of the version's, in order. `measured` is False for a version that was made before measures were kept: its
    segments cannot be filtered, and `overview` is the whole.
    """

    whole: SegmentsOverview
    overview: SegmentsOverview
    segments: tuple[SegmentLeft, ...]
    selection: Selection
    measured: bool = True

    @property
    def filtered(self) -> bool:
        """Whether filters are in force."""
        return self.measured and self.selection.rows is not None


def show_filtered(
    session: Session, actor: Actor, store: Store, dataset: str, query: Mapping[str, str], *, version: int | None = None
) -> FilteredSegments | None:
    """The champion's segments, or those of a ready `version`, as `?f=` of the address leaves them; None before the first promotion.

    Viewers read coarse figures, of the champion only: Forbidden for another version.
    """
    exact = open_segments(session, actor, dataset, version=version)
    if exact is None:
        return None
    whole = for_reader(actor, exact)
    base = open_labelled(session, actor, dataset, version, query)
    selection = select_from(base, actor, store, {"f": query.get("f", "")})
    assert base.version is not None  # there are segments, so there is a version
    if selection.rows is None or base.version.measures_digest is None:
        segments = tuple(SegmentLeft(style, "shown", profile) for style, profile in zip(whole.styles, whole.profiles.segments, strict=True))
        return FilteredSegments(whole, whole, segments, selection, measured=base.version.measures_digest is not None)
    profiles = _profiles(store, base.version, base.schema, exact.profiles, selection)
    return _filtered(whole, profiles, selection)


def _filtered(whole: SegmentsOverview, profiles: Profiles, selection: Selection) -> FilteredSegments:
    found = {segment.cluster: segment for segment in profiles.segments}
    left = tuple(
        _left(style, found.get(known.cluster), style.key in selection.held)
        for style, known in zip(whole.styles, whole.profiles.segments, strict=True)
    )
    styles = tuple(segment.style for segment in left if segment.profile is not None)
    return FilteredSegments(whole, replace(whole, profiles=profiles, styles=styles), left, selection)


def _left(style: SegmentStyle, profile: SegmentProfile | None, held: bool) -> SegmentLeft:
    if held:
        return SegmentLeft(style, "held", None)
    return SegmentLeft(style, "shown" if profile is not None else "empty", profile)


def _profiles(store: Store, version: ModelVersion, schema: Schema, whole: Profiles, selection: Selection) -> Profiles:
    """What the selection's rows say; the same question asked again is answered from memory."""
    digest, rows = version.measures_digest, selection.rows
    assert digest is not None
    assert rows is not None
    # A viewer's rows may lack customers in no segment where nothing else is held back: they share no answer with others.
    reader = (selection.fixed, selection.held)
    key = (version.team_id, version.id, store.state(version.team_id, AREA, digest), selection.filters, reader)
    if (known := _recent.get(key)) is not None:
        return known
    found = _read(open_measures(store.verified_path(version.team_id, AREA, digest), whole, schema), whole, rows)
    if selection.fixed:
        found = coarse(found)
    _recent.put(key, found)
    return found


def _read(kept: KeptMeasures, whole: Profiles, rows: Rows) -> Profiles:
    counted = [measure.name for measure in whole.measures if measure.unit == "count"]
    sums = sums_at(kept, rows, counted)
    plane = subset_map(whole.map, *places_at(kept, rows)) if whole.map is not None else None
    return profile_subset(whole, sums, spend=kept.spend, recency=kept.recency, plane=plane)


class _Recent:
    """The last few answers of this process. Neither a version nor its measures change, so none can be out of date."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, Lock()
        self._kept: OrderedDict[tuple[object, ...], Profiles] = OrderedDict()

    def get(self, key: tuple[object, ...]) -> Profiles | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: tuple[object, ...], profiles: Profiles) -> None:
        with self._lock:
            self._kept[key] = profiles
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


_recent = _Recent(CACHED_SUBSETS)
