"""How an outcome's rate goes with a measure or category: groups of customers, their rates, and how strongly rate and group go together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from segmentation.describing.intervals import wilson
from segmentation.exploring.exploration_types import Association, GroupRate

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

FIFTHS = (0.2, 0.4, 0.6, 0.8)
FEW_VALUES = 6
"""A measure with so many different values at most is grouped by the values themselves."""

ENOUGH_EXPECTED = 5.0
"""Hits, and customers without one, that a group must be expected to have for the chi-squared distribution to hold (Cochran 1954)."""

WEAK, MEDIUM, STRONG = 0.1, 0.3, 0.5
"""Cohen (1988), for w, which is Cramér's V where one side has two values."""


@dataclass(frozen=True)
class Grouping:
    """Customers in groups: `place` (n,) counts from 0, −1 for unknown. `labels` are words, or empty where `bounds` say it.

    Groups that are `ordered` keep their order, others are told by their rates.
    """

    measure: str
    place: NDArray[np.intp]
    labels: tuple[str, ...]
    bounds: tuple[tuple[float, float], ...]
    ordered: bool = True

    def __len__(self) -> int:
        return max(len(self.labels), len(self.bounds))


def group_values(measure: str, values: Floats) -> Grouping:
    """Fifths of the known `values` (n,), or each value for itself where there are few.

    Customers with the same value are always in the same group, so that repeated values make for fewer groups.
    """
    known = np.isfinite(values)
    different = np.unique(values[known])
    if different.size > FEW_VALUES:
        cuts = np.unique(np.quantile(values[known], FIFTHS, method="inverted_cdf"))
        cuts = cuts[cuts < different[-1]]
    else:
        cuts = different[:-1]
    place = np.where(known, np.searchsorted(cuts, np.where(known, values, 0.0)), -1)
    starts = different[np.concatenate([[0], np.searchsorted(different, cuts, side="right")])] if different.size else different
    ends = [*cuts, different[-1]] if different.size else []
    return Grouping(measure, place, (), tuple((float(start), float(end)) for start, end in zip(starts, ends, strict=True)))


def group_rates(grouping: Grouping, hit: Floats) -> tuple[GroupRate, ...]:
    """The rate in each group that has a customer whose outcome is known; `hit` (n,) is 1, 0 or NaN."""
    customers, hits = _counts(grouping, hit)
    rates = [
        GroupRate(
            label=grouping.labels[place] if grouping.labels else "",
            start=None if grouping.labels else grouping.bounds[place][0],
            end=None if grouping.labels else grouping.bounds[place][1],
            customers=int(customers[place]),
            hits=int(hits[place]),
            rate=float(hits[place] / customers[place]),
            low=wilson(int(hits[place]), int(customers[place]))[0],
            high=wilson(int(hits[place]), int(customers[place]))[1],
        )
        for place in range(len(grouping))
        if customers[place]
    ]
    return tuple(rates if grouping.ordered else sorted(rates, key=lambda group: -group.rate))


def associate(grouping: Grouping, hit: Floats) -> Association | None:
    """Rates by group with strength and p (`clear` is still open); None where groups or outcomes do not vary."""
    customers, hits = _counts(grouping, hit)
    customers, hits = customers[customers > 0], hits[customers > 0]
    if len(customers) < 2 or not 0 < hits.sum() < customers.sum():
        return None
    return Association(
        measure=grouping.measure,
        customers=int(customers.sum()),
        strength=cramers_v(_chi_squared(customers, hits), len(customers), int(customers.sum())),
        p=_p_value(customers, hits),
        clear=False,
        groups=group_rates(grouping, hit),
    )


def cramers_v(statistic: float, groups: int, n: int) -> float:
    """Cramér's V of a `groups` x 2 table with `n` customers from Pearson's chi-squared, corrected for chance (Bergsma 2013)."""
    by_chance = (groups - 1) / (n - 1)
    explained = max(statistic / n - by_chance, 0.0)
    sides = (groups - (groups - 1) ** 2 / (n - 1), 2 - 1 / (n - 1))
    room = min(sides) - 1
    return float(min(np.sqrt(explained / room), 1.0)) if room > 0 else 0.0


def strength_word(strength: float) -> str:
    """Cohen's words (1988) for a strength between 0 and 1."""
    if strength >= STRONG:
        return "strong"
    if strength >= MEDIUM:
        return "medium"
    return "weak" if strength >= WEAK else "very weak"


def strongest_first(found: Sequence[Association]) -> tuple[Association, ...]:
    """By strength; what is as strong by p, then by name."""
    return tuple(sorted(found, key=lambda each: (-each.strength, each.p, each.measure)))


def _counts(grouping: Grouping, hit: Floats) -> tuple[Counts, Counts]:
    """Customers with a known outcome, and hits, by group."""
    known = np.isfinite(hit) & (grouping.place >= 0)
    place = grouping.place[known]
    customers = np.bincount(place, minlength=len(grouping))
    hits = np.bincount(place[hit[known] > 0], minlength=len(grouping))
    return customers, hits


def _chi_squared(customers: Counts, hits: Counts) -> float:
    """Pearson's chi-squared (1900) of hits and others by group."""
    rate = hits.sum() / customers.sum()
    expected = customers * rate
    return float(((hits - expected) ** 2 / (expected * (1 - rate))).sum())


def _p_value(customers: Counts, hits: Counts) -> float:
    """Chance of so large a chi-squared where nothing goes together, over groups large enough; 1 where they leave nothing to compare."""
    customers, hits = _pooled(customers, hits)
    return float(stats.chi2.sf(_chi_squared(customers, hits), len(customers) - 1)) if len(customers) > 1 else 1.0


def _pooled(customers: Counts, hits: Counts) -> tuple[Counts, Counts]:
    """The two smallest groups taken together until all are large enough. Which ones those are does not depend on their rates."""
    share = min(hits.sum(), customers.sum() - hits.sum()) / customers.sum()
    while len(customers) > 1 and customers.min() * share < ENOUGH_EXPECTED:
        order = np.argsort(customers, kind="stable")
        customers, hits = customers[order], hits[order]
        customers, hits = (np.append(counts[2:], counts[:2].sum()) for counts in (customers, hits))
    return customers, hits
