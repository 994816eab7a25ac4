"""Facts: what is known of one segment's measures, as those who put it into words need it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segmentation.describing.profile_types import Difference, Measure
from segmentation.describing.traits import trait

LARGE = 0.5
"""A difference under a medium effect (Cohen 1988) names nobody."""

SLIGHT = 0.1
MULTIPLE = 2.0

SHARE_OF_ORDERS = re.compile(r"^(.+) share of orders$", re.IGNORECASE)
DAYS_SINCE = re.compile(r"recency|since_(the_|their_)?last|days_since|last_(order|purchase|visit)", re.IGNORECASE)
SINCE_LAST = re.compile(r"days since (?:the |their )?(last .+)", re.IGNORECASE)
SHARE_OF_SPEND = re.compile(r"^(.+) share of spend$", re.IGNORECASE)


@dataclass(frozen=True)
class Fact:
    """One measure of one segment, as a namer needs it.

    `ratio` is the mean over the overall mean (None where a ratio says nothing); `having` and `rest_having` are the
    shares of customers above zero, for counts of a few such as children (else None).
    """

    measure: Measure
    difference: Difference
    ratio: float | None
    having: float | None
    rest_having: float | None

    @property
    def telling(self) -> bool:
        """Significant, and large enough to name somebody by."""
        return self.difference.significant and self.strength >= LARGE

    @property
    def strength(self) -> float:
        """Size of the effect. A few huge amounts swell the standard deviation: what is a multiple of the average counts as medium."""
        effect = abs(self.difference.effect)
        if self.measure.unit not in ("money", "count") or self.ratio is None or self.having is not None or effect < SLIGHT:
            return effect
        return max(effect, LARGE) if max(self.ratio, 1 / max(self.ratio, 1e-9)) >= MULTIPLE else effect

    @property
    def higher(self) -> bool:
        """Above everyone else."""
        return self.difference.effect > 0

    @property
    def topic(self) -> str:
        """What it speaks of: shares of one whole, or levels of one column, say one thing twice."""
        for pattern, topic in ((SHARE_OF_ORDERS, "channel"), (SHARE_OF_SPEND, "category")):
            if pattern.match(self.measure.label):
                return topic
        if self.measure.yes_or_no:
            return trait(self.measure).thing
        return self.measure.name


def facts(table: pd.DataFrame, measures: Sequence[Measure], differences: Sequence[Difference], member: np.ndarray) -> tuple[Fact, ...]:
    """The facts of one segment, largest effect first."""
    by_name = {measure.name: measure for measure in measures}
    found = [_fact(by_name[each.measure], each, table[each.measure].to_numpy(dtype=np.float64), member) for each in differences]
    return tuple(sorted(found, key=lambda fact: -abs(fact.difference.effect)))


def _fact(measure: Measure, difference: Difference, values: np.ndarray, member: np.ndarray) -> Fact:
    known = np.isfinite(values)
    positive = bool((values[known] >= 0).all()) and difference.overall_mean > 0
    few = measure.unit == "count" and positive and float(np.median(values[known])) <= 1 and float(values[known].max()) <= 6
    return Fact(
        measure=measure,
        difference=difference,
        ratio=difference.mean / difference.overall_mean if positive else None,
        having=float((values[known & member] > 0).mean()) if few else None,
        rest_having=float((values[known & ~member] > 0).mean()) if few else None,
    )
