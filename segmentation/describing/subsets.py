"""Profiles of some of a version's customers: sums by segment, which add up over blocks of rows, and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.describing.comparison import holm, rate_p, spread, welch_p
from segmentation.describing.effects import Moments, effect, rate_effect
from segmentation.describing.facts import Fact
from segmentation.describing.intervals import interval_from
from segmentation.describing.persona import evidence
from segmentation.describing.profile_types import CustomerMap, Difference, Interval, Measure, Profiles, SegmentProfile

Floats = NDArray[np.float64]

FEW_AT_MOST = 6
"""A count that never passes this, and that most have at most once, is told by how many have any at all (as `facts` does)."""


@dataclass(frozen=True)
class Sums:
    """What is known of groups of customers: one group for each segment of a version, then everybody in no segment.

    `customers` and `border` (confidence under 0.60) count them, shape (g,). The others have shape (m, g), a row for each of `names`:
    how many values are known, their mean (NaN without any), the sums of their squared and cubed deviations from it, their extremes, how
    many lie above 0, and how many are at most 1. `cube` may be NaN for measures whose mean needs no interval.
    """

    names: tuple[str, ...]
    customers: Floats
    border: Floats
    known: Floats
    mean: Floats
    square: Floats
    cube: Floats
    low: Floats
    high: Floats
    above: Floats
    at_most_one: Floats

    def row(self, name: str) -> int:
        """The row of a measure; ValueError where there is none."""
        return self.names.index(name)

    def without(self, groups: Sequence[int]) -> Sums:
        """The same with `groups` emptied: their customers count nowhere."""
        kept = np.ones(len(self.customers), dtype=bool)
        kept[list(groups)] = False
        counts = {name: np.where(kept, getattr(self, name), 0.0) for name in _COUNTS}
        means = {name: np.where(kept, getattr(self, name), np.nan) for name in ("mean", "low", "high")}
        return Sums(self.names, **counts, **means)

    def together(self) -> Sums:
        """All groups as one."""
        return _folded(self, [list(range(len(self.customers)))])

    def rest(self) -> Sums:
        """For each group, all others as one."""
        every = range(len(self.customers))
        return _folded(self, [[other for other in every if other != place] for place in every])


_COUNTS = ("customers", "border", "known", "square", "cube", "above", "at_most_one")


def partial(table: pd.DataFrame, group: NDArray[np.intp], groups: int, *, border: NDArray[np.bool_] | None = None) -> Sums:
    """The sums of one block of rows: `table` (n rows, one float64 column for each measure, NaN for unknown), `group` (n,) by place."""
    columns = [_column(table[name].to_numpy(dtype=np.float64), group, groups) for name in table]
    known, mean, square, cube, low, high, above, at_most_one = (np.stack(parts) for parts in zip(*columns, strict=True))
    on_border = np.zeros(len(table)) if border is None else border.astype(np.float64)
    return Sums(
        names=tuple(str(name) for name in table),
        customers=np.bincount(group, minlength=groups).astype(np.float64),
        border=np.bincount(group, weights=on_border, minlength=groups).astype(np.float64),
        known=known,
        mean=mean,
        square=square,
        cube=cube,
        low=low,
        high=high,
        above=above,
        at_most_one=at_most_one,
    )


def _column(values: Floats, group: NDArray[np.intp], groups: int) -> tuple[Floats, ...]:
    held = np.isfinite(values)
    group, value = group[held], values[held]

    def added(weights: Floats | None = None) -> Floats:
        return np.bincount(group, weights=weights, minlength=groups).astype(np.float64)

    known = added()
    mean = np.divide(added(value), known, out=np.full(groups, np.nan), where=known > 0)
    away = value - mean[group]
    low, high = np.full(groups, np.inf), np.full(groups, -np.inf)
    np.minimum.at(low, group, value)
    np.maximum.at(high, group, value)
    low, high = np.where(known > 0, low, np.nan), np.where(known > 0, high, np.nan)
    above, at_most_one = added((value > 0).astype(np.float64)), added((value <= 1).astype(np.float64))
    return known, mean, added(away**2), added(away**3), low, high, above, at_most_one


def combine(first: Sums, second: Sums) -> Sums:
    """The sums of two blocks as one (Chan, Golub and LeVeque 1979; the cubes after Pébay 2008). Both are about the same measures."""
    if first.names != second.names:
        raise ValueError("Only sums of the same measures can be combined.")
    n, a, b = first.known + second.known, first.known, second.known
    safe = np.maximum(n, 1.0)
    gap = np.where((a > 0) & (b > 0), np.nan_to_num(second.mean) - np.nan_to_num(first.mean), 0.0)
    mean = np.where(a > 0, np.where(b > 0, first.mean + gap * b / safe, first.mean), second.mean)
    square = first.square + second.square + gap**2 * a * b / safe
    crossed = 3 * gap * (a * second.square - b * first.square) / safe
    cube = first.cube + second.cube + gap**3 * a * b * (a - b) / safe**2 + crossed
    return Sums(
        names=first.names,
        customers=first.customers + second.customers,
        border=first.border + second.border,
        known=n,
        mean=mean,
        square=square,
        cube=cube,
        low=np.fmin(first.low, second.low),
        high=np.fmax(first.high, second.high),
        above=first.above + second.above,
        at_most_one=first.at_most_one + second.at_most_one,
    )


def _folded(sums: Sums, parts: Sequence[Sequence[int]]) -> Sums:
    """A group for each of `parts`, made of the groups that it names."""
    done = [_one_of(sums, part) for part in parts]
    joined = {name: np.concatenate([getattr(each, name) for each in done], axis=-1) for name in (*_COUNTS, "mean", "low", "high")}
    return Sums(sums.names, **joined)


def _one_of(sums: Sums, part: Sequence[int]) -> Sums:
    singles = [_single(sums, [place]) for place in part] or [_single(sums.without(range(len(sums.customers))), [0])]
    result = singles[0]
    for each in singles[1:]:
        result = combine(result, each)
    return result


def _single(sums: Sums, places: Sequence[int]) -> Sums:
    arrays = {name: getattr(sums, name)[..., list(places)] for name in (*_COUNTS, "mean", "low", "high")}
    return Sums(sums.names, **arrays)


def profile_subset(
    version: Profiles, sums: Sums, *, spend: str | None = None, recency: str | None = None, plane: CustomerMap | None = None
) -> Profiles:
    """Profiles of the customers in `sums`, whose groups are the segments of `version` in order, then those in no segment.

    Segments without a customer are left out. Sizes, shares, spend, intervals, means, z, effects and significance are those that
    `profile_segments` finds for the same customers. Medians and intervals of effects would need every single value: they are NaN or
    None. Names, rules and stability belong to the version and stay; what is told in words or drawn from single values (persona,
    distributions, mix, outcomes) is left empty rather than out of date. `spend` and `recency` name rows of `sums`.
    """
    places = [place for place in range(len(version.segments)) if sums.customers[place] > 0]
    measures = [measure for measure in version.measures if measure.name in sums.names]
    sides = _Sides(sums, sums.rest(), sums.together())
    found = _differences(sides, measures, places)
    everybody = float(sums.customers.sum())
    shares = [float(sums.customers[place]) / everybody for place in places]
    ordered = tuple(sorted(measures, key=lambda measure: -spread(found, shares, measure.name)))
    worth = _Worth(sums, spend, recency)
    facts = _facts(sides, ordered, found, places)
    segments = tuple(
        _segment(version.segments[place], place, sums, worth, own, told)
        for place, own, told in zip(places, _in_order(found, ordered), facts, strict=True)
    )
    return Profiles(int(everybody), worth.total, ordered, segments, plane)


def _segment(
    known: SegmentProfile, place: int, sums: Sums, worth: _Worth, differences: tuple[Difference, ...], facts: Sequence[Fact]
) -> SegmentProfile:
    """`known` with the figures of those of its customers who are in the subset."""
    named_by = [each.measure for each in known.evidence]
    return replace(
        known,
        size=int(sums.customers[place]),
        share=float(sums.customers[place] / sums.customers.sum()),
        value=worth.value(place),
        value_share=worth.share(place),
        value_mean=worth.interval(worth.spend, place),
        value_median=None,
        rest_value_median=None,
        recency_mean=worth.interval(worth.recency, place),
        border=int(sums.border[place]),
        persona="",
        evidence=evidence(facts, named_by, ()),
        differences=differences,
        distributions=(),
        mix=(),
        outcomes=(),
    )


@dataclass(frozen=True)
class _Sides:
    """Each group, for each group everyone else, and everybody as one group."""

    own: Sums
    rest: Sums
    every: Sums


@dataclass(frozen=True)
class _Worth:
    """Spend and recency of the groups, by the names of their rows."""

    sums: Sums
    spend: str | None
    recency: str | None

    @property
    def total(self) -> float | None:
        if self.spend is None:
            return None
        row = self.sums.row(self.spend)
        return float(np.nansum(self.sums.known[row] * self.sums.mean[row]))

    def value(self, place: int) -> float | None:
        if self.spend is None:
            return None
        row = self.sums.row(self.spend)
        return float(np.nan_to_num(self.sums.known[row, place] * self.sums.mean[row, place]))

    def share(self, place: int) -> float | None:
        value, total = self.value(place), self.total
        return value / total if value is not None and total else None

    def interval(self, name: str | None, place: int) -> Interval | None:
        if name is None:
            return None
        row, s = self.sums.row(name), self.sums
        extent = float(np.nanmax([s.high[row, place] - s.mean[row, place], s.mean[row, place] - s.low[row, place], 0.0]))
        return interval_from(
            int(s.known[row, place]), float(s.mean[row, place]), float(s.square[row, place]), float(s.cube[row, place]), extent
        )


def _differences(sides: _Sides, measures: Sequence[Measure], places: Sequence[int]) -> list[tuple[Difference, ...]]:
    """For each of `places`, its difference from everyone else in each measure; left out where either side has no known value."""
    rows = [sides.own.row(measure.name) for measure in measures]
    found = [_Compared.of(sides, row, list(places)) for row in rows]
    p = np.array([each.p for each in found]).reshape(len(rows), len(places))
    significant = holm(p)
    return [
        tuple(
            each.difference(measure.name, at, bool(significant[line, at]))
            for line, (measure, each) in enumerate(zip(measures, found, strict=True))
            if np.isfinite(each.effect[at])
        )
        for at in range(len(places))
    ]


@dataclass(frozen=True)
class _Compared:
    """One measure against the groups that are asked for; arrays of their number."""

    mean: Floats
    rest_mean: Floats
    overall_mean: float
    z: Floats
    effect: Floats
    p: Floats

    @classmethod
    def of(cls, sides: _Sides, row: int, places: list[int]) -> _Compared:
        every = sides.every
        constant = every.low[row, 0] == every.high[row, 0]
        centre = float(every.low[row, 0] if constant else every.mean[row, 0])
        unit = 1.0 if constant else float(np.sqrt(every.square[row, 0] / max(every.known[row, 0], 1.0))) or 1.0
        inside, outside = (_moments(side, row, places, centre, unit) for side in (sides.own, sides.rest))
        mean, rest_mean = centre + unit * inside.mean, centre + unit * outside.mean
        if _yes_or_no(every, row):
            d = rate_effect(*_rates(mean, rest_mean, inside, outside))
            p = rate_p(*_rates(mean, rest_mean, inside, outside))
        else:
            d, p = effect(inside, outside), welch_p(inside, outside)
        return cls(mean, rest_mean, centre, inside.mean, d, p)

    def difference(self, measure: str, at: int, significant: bool) -> Difference:
        unknown = float("nan")
        return Difference(
            measure=measure,
            mean=float(self.mean[at]),
            rest_mean=float(self.rest_mean[at]),
            overall_mean=self.overall_mean,
            median=unknown,
            rest_median=unknown,
            z=float(self.z[at]),
            effect=float(self.effect[at]),
            low=unknown,
            high=unknown,
            significant=significant,
        )


def _moments(sums: Sums, row: int, places: list[int], centre: float, unit: float) -> Moments:
    """Of values in standard deviations from the mean of everybody. Third and fourth moments are not known."""
    known, mean = sums.known[row, places], (sums.mean[row, places] - centre) / unit
    second = np.divide(sums.square[row, places], known * unit**2, out=np.zeros(len(places)), where=known > 0)
    second = np.where(second > 1e-12, second, 0.0)
    unknown = np.full(len(places), np.nan)
    return Moments(known, mean, second * known / np.maximum(known - 1, 1), unknown, unknown)


def _rates(mean: Floats, rest_mean: Floats, inside: Moments, outside: Moments) -> tuple[Floats, Floats, Floats, Floats]:
    return np.clip(mean, 0.0, 1.0), inside.count, np.clip(rest_mean, 0.0, 1.0), outside.count


def _yes_or_no(every: Sums, row: int) -> bool:
    """Whether all known values are 0 or 1: between them, only these are their own squares."""
    known, mean = every.known[row, 0], every.mean[row, 0]
    if not known:
        return True
    squares = every.square[row, 0] + known * mean**2
    return bool(every.low[row, 0] >= 0 and every.high[row, 0] <= 1 and abs(squares - known * mean) <= 1e-9 * max(known, 1.0))


def _in_order(found: Sequence[Sequence[Difference]], measures: Sequence[Measure]) -> list[tuple[Difference, ...]]:
    by_name = [{each.measure: each for each in own} for own in found]
    return [tuple(own[measure.name] for measure in measures if measure.name in own) for own in by_name]


def _facts(
    sides: _Sides, measures: Sequence[Measure], found: Sequence[Sequence[Difference]], places: Sequence[int]
) -> list[tuple[Fact, ...]]:
    """The facts of each segment, largest effect first."""
    by_name = {measure.name: measure for measure in measures}
    facts = [[_fact(by_name[each.measure], each, place, sides) for each in own] for own, place in zip(found, places, strict=True)]
    return [tuple(sorted(own, key=lambda fact: -abs(fact.difference.effect))) for own in facts]


def _fact(measure: Measure, difference: Difference, place: int, sides: _Sides) -> Fact:
    own, rest, every, row = sides.own, sides.rest, sides.every, sides.own.row(measure.name)
    positive = bool(every.low[row, 0] >= 0) and difference.overall_mean > 0
    mostly = bool(2 * every.at_most_one[row, 0] > every.known[row, 0] and every.high[row, 0] <= FEW_AT_MOST)
    few = measure.unit == "count" and positive and mostly
    return Fact(
        measure=measure,
        difference=difference,
        ratio=difference.mean / difference.overall_mean if positive else None,
        having=float(own.above[row, place] / own.known[row, place]) if few else None,
        rest_having=float(rest.above[row, place] / rest.known[row, place]) if few else None,
    )
