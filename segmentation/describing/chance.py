"""What chance alone does: how many hits a group drawn at random would hold."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SPREAD = 40.0
"""Counts further from the expected one than so many standard deviations are left out: their probability is not a number any more."""

TIE = 1e-7
"""Probabilities that differ by less, relatively, are equal: so does R's fisher.test."""


@dataclass(frozen=True)
class RandomGroup:
    """The hits in a group drawn at random, without replacement: the hypergeometric distribution.

    `probability[i]` is that of `counts[i]` hits. It is the null distribution of Fisher's exact test (1935): under it a
    segment has nothing to do with the outcome.
    """

    counts: NDArray[np.int64]
    probability: NDArray[np.float64]

    @classmethod
    def of(cls, population: int, hits: int, size: int) -> RandomGroup:
        """For `size` customers out of `population`, of whom `hits` are hits."""
        least, most = max(0, size + hits - population), min(size, hits)
        expected = size * hits / population
        spread = math.sqrt(expected * (1 - hits / population) * (population - size) / max(population - 1, 1))
        reach = math.ceil(SPREAD * spread) + 1
        counts = np.arange(max(least, math.floor(expected) - reach), min(most, math.ceil(expected) + reach) + 1)
        x = counts[:-1].astype(np.float64)
        steps = np.log((hits - x) * (size - x)) - np.log((x + 1) * (population - hits - size + x + 1))
        logarithm = np.concatenate([[0.0], np.cumsum(steps)])
        weight = np.exp(logarithm - logarithm.max())
        return cls(counts, weight / weight.sum())

    def quantile(self, share: float) -> int:
        """The least count that is reached or undercut with a probability of at least `share`."""
        place = np.searchsorted(np.cumsum(self.probability), share - 1e-12)
        return int(self.counts[min(int(place), len(self.counts) - 1)])

    def p_value(self, count: int) -> float:
        """Two-sided p of Fisher's exact test: the probability of everything that is no likelier than `count` hits."""
        place = count - int(self.counts[0])
        if not 0 <= place < len(self.counts):
            return 0.0
        return float(min(1.0, self.probability[self.probability <= self.probability[place] * (1 + TIE)].sum()))


def fisher(hits: int, size: int, rest_hits: int, rest_size: int) -> float:
    """Two-sided p of Fisher's exact test for `hits` of `size` against `rest_hits` of `rest_size`; NaN with nobody on a side."""
    if size == 0 or rest_size == 0:
        return math.nan
    return RandomGroup.of(size + rest_size, hits + rest_hits, size).p_value(hits)
