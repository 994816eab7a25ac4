"""Two versions side by side: how alike they divide the same customers, what became of each segment, and how its profile changed.

On one snapshot everything follows from the two columns of labels, which lie in the order of its rows. Otherwise the customers whom both
know are those that the movement between the versions has counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from segmentation.agreement import adjusted_mutual_information
from segmentation.choosing.stability import adjusted_rand
from segmentation.describing.profile_types import Difference, Measure, Unit
from segmentation.lineage import Fate, Lineage, Link, Side, shared_means, trace_lineage
from segmentation.movement import NOWHERE, Cell
from segmentation.palette import SegmentStyle
from webapp.services.access import Actor, Permission, require
from webapp.services.errors import Conflict
from webapp.services.modelling.versions import VersionSummary
from webapp.services.segmenting.labelled import Labelled, open_labelled
from webapp.services.segmenting.movements import Asked, Uncounted, show_movement
from webapp.services.segmenting.segments import SegmentsOverview, open_segments
from webapp.store import Store

Labels = NDArray[np.int16]


@dataclass(frozen=True)
class SideOf:
    """One of the two versions: its segments in cluster order with their sizes, on which day's customers, and how many are in none."""

    version: VersionSummary
    as_of: date
    styles: tuple[SegmentStyle, ...]
    sizes: tuple[int, ...]
    customers: int

    @property
    def unplaced(self) -> int:
        """Customers in no segment."""
        return self.customers - sum(self.sizes)


@dataclass(frozen=True)
class Match:
    """What became of one segment. A new one has no `before`, a retired one no `after`; of a split or merged one both are there.

    `shared` customers are in both, which is so much of all customers of each; `distance` is between the profiles in standard deviations.
    """

    fate: Fate
    before: SegmentStyle | None
    after: SegmentStyle | None
    size_before: int | None
    size_after: int | None
    shared: int
    of_before: float | None
    of_after: float | None
    distance: float | None


@dataclass(frozen=True)
class MeasureChange:
    """One measure of a segment in both versions, in its unit.

    `apart` is how far that goes beyond what all customers changed, in their standard deviations before: what time does to everybody
    changes no segment.
    """

    label: str
    unit: Unit
    before: float
    after: float
    apart: float


@dataclass(frozen=True)
class SegmentChange:
    """A continued segment, its measures by how far they moved, most first."""

    style: SegmentStyle
    measures: tuple[MeasureChange, ...]


@dataclass(frozen=True)
class VersionsCompared:
    """Version `before` beside `after`.

    `table` (clusters before, clusters after) counts the customers whom both placed; `rand` and `information` are the adjusted Rand index
    and the adjusted mutual information of it (None where nobody is in both). `left_out` customers are in both and in no segment of one.
    """

    before: SideOf
    after: SideOf
    table: tuple[tuple[int, ...], ...]
    left_out: int
    rand: float | None
    information: float | None
    matches: tuple[Match, ...]
    changes: tuple[SegmentChange, ...]
    currency: str | None

    @property
    def same_snapshot(self) -> bool:
        """Whether both divide the same customers of the same day."""
        return self.before.version.snapshot == self.after.version.snapshot

    @property
    def placed(self) -> int:
        """Customers whom both placed."""
        return sum(map(sum, self.table))


def compare_versions(
    session: Session, actor: Actor, store: Store, dataset: str, before: int | None, after: int | None
) -> VersionsCompared | Uncounted:
    """Two versions by their numbers (None: the champion); `Uncounted` where nobody has had the movement between their snapshots counted.

    NotFound where there is no such version, Conflict where it is not ready or there is no champion.
    """
    require(actor, Permission.VIEW_CUSTOMERS)
    sides = [open_labelled(session, actor, dataset, number) for number in (before, after)]
    for side in sides:
        _check_labelled(side)
    labels = _labels_of_one_snapshot(store, *sides)
    if labels is None:
        counted = show_movement(session, actor, dataset, Asked(before), Asked(after))
        if isinstance(counted, Uncounted):
            return counted
        labels = _labels_of_cells(counted.cells)
    old, new = (open_segments(session, actor, dataset, version=number) for number in (before, after))
    assert old is not None  # both versions are ready
    assert new is not None
    return _compared(old, new, sides[0].snapshot.as_of, sides[1].snapshot.as_of, *labels)


def _check_labelled(side: Labelled) -> None:
    """Conflict where nobody has a segment, or the labels were removed."""
    if side.version is None:
        raise Conflict("There are no segments yet, so there is nothing to compare. Find segments first.", code="no_champion")
    if side.version.labels_digest is None:
        raise Conflict(f"What version {side.version.number} made of each customer is no longer kept. Choose another one.", code="no_labels")


def _labels_of_one_snapshot(store: Store, before: Labelled, after: Labelled) -> tuple[Labels, Labels] | None:
    if before.snapshot.id != after.snapshot.id:
        return None
    first, second = before.labels(store), after.labels(store)
    assert first is not None  # both versions are ready
    assert second is not None
    return first.label, second.label


def _labels_of_cells(cells: Sequence[Cell]) -> tuple[Labels, Labels]:
    """Those of the customers who were there both times, in some order."""
    both = [cell for cell in cells if cell.was >= NOWHERE and cell.now >= NOWHERE]
    counts = [cell.customers for cell in both]
    return tuple(np.repeat(np.array(each, dtype=np.int16), counts) for each in ([c.was for c in both], [c.now for c in both]))  # type: ignore[return-value]


def _compared(old: SegmentsOverview, new: SegmentsOverview, old_day: date, new_day: date, was: Labels, now: Labels) -> VersionsCompared:
    lineage = _lineage(old, new, was, now)
    placed = int(lineage.overlap.sum())
    before, after = (_side(*each) for each in ((old, old_day), (new, new_day)))
    return VersionsCompared(
        before=before,
        after=after,
        table=tuple(tuple(map(int, row)) for row in lineage.overlap),
        left_out=len(was) - placed,
        rand=float(adjusted_rand(lineage.overlap)) if placed else None,
        information=adjusted_mutual_information(lineage.overlap) if placed else None,
        matches=tuple(_match(link, before, after) for link in lineage.links),
        changes=_changes(old, new, lineage),
        currency=new.currency,
    )


def _lineage(old: SegmentsOverview, new: SegmentsOverview, was: Labels, now: Labels) -> Lineage:
    """What became of each cluster, given that segments of the same key are the same, whoever decided that."""
    keys = [style.key for style in old.styles]
    known = {place: keys.index(style.key) if style.key in keys else None for place, style in enumerate(new.styles)}
    means = shared_means(old.profiles, new.profiles) or (None, None)
    sizes = _sizes(old, new)
    return trace_lineage(Side(was, sizes[0], means[0]), Side(now, sizes[1], means[1]), known)


def _sizes(*sides: SegmentsOverview) -> list[NDArray[np.int64]]:
    return [np.array([segment.size for segment in each.profiles.segments], dtype=np.int64) for each in sides]


def _side(overview: SegmentsOverview, as_of: date) -> SideOf:
    profiles = overview.profiles
    return SideOf(overview.version, as_of, overview.styles, tuple(each.size for each in profiles.segments), profiles.customers)


def _match(link: Link, before: SideOf, after: SideOf) -> Match:
    old, new = link.previous, link.current
    return Match(
        fate=link.kind,
        before=None if old is None else before.styles[old],
        after=None if new is None else after.styles[new],
        size_before=None if old is None else before.sizes[old],
        size_after=None if new is None else after.sizes[new],
        shared=link.shared,
        of_before=link.of_previous,
        of_after=link.of_current,
        distance=link.distance,
    )


def _changes(old: SegmentsOverview, new: SegmentsOverview, lineage: Lineage) -> tuple[SegmentChange, ...]:
    """Of every continued segment, in the order of the new version."""
    pairs = [(earlier, cluster) for cluster, earlier in lineage.pairs.items() if earlier is not None]
    units = {measure.name: measure for measure in old.profiles.measures}
    shared = [measure for measure in new.profiles.measures if measure.name in units and units[measure.name].unit == measure.unit]
    return tuple(
        SegmentChange(
            new.styles[cluster], _measures(shared, *(_by_name(each.profiles.segments[place].differences) for each, place in both))
        )
        for both, cluster in ((((old, earlier), (new, cluster)), cluster) for earlier, cluster in pairs)
    )


def _by_name(differences: Sequence[Difference]) -> dict[str, Difference]:
    return {difference.measure: difference for difference in differences}


def _measures(shared: Sequence[Measure], before: dict[str, Difference], after: dict[str, Difference]) -> tuple[MeasureChange, ...]:
    found = [
        MeasureChange(
            measure.label,
            measure.unit,
            before[measure.name].mean,
            after[measure.name].mean,
            _apart(before[measure.name], after[measure.name]),
        )
        for measure in shared
        if measure.name in before and measure.name in after
    ]
    return tuple(sorted(found, key=lambda change: -abs(change.apart)))


def _apart(before: Difference, after: Difference) -> float:
    """How far the segment moved away from everybody, in standard deviations of all customers of the version before."""
    away, aside = before.mean - before.overall_mean, after.mean - after.overall_mean
    return (aside - away) * before.z / away if away and before.z else after.z - before.z
