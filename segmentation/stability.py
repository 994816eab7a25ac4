"""How well a clustering comes back when customers are drawn again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segmentation.clustering import Clusterer, Features

Fit = Callable[[Features, int, NDArray[np.float64]], Clusterer]
"""Fits `features` (n, d) with a seed and with row weights (n,): how often each row was drawn."""


@dataclass(frozen=True)
class Stability:
    """What bootstrap samples say of one partition.

    `agreement` (b,) is the adjusted Rand index over all rows between the partition and each fit to a bootstrap
    sample; `jaccard` (k,) is each cluster's mean Jaccard similarity with its nearest counterpart; `rows` is how
    many customers took part (a sample where there are more than can be afforded).
    """

    agreement: NDArray[np.float64]
    jaccard: NDArray[np.float64]
    rows: int

    @property
    def mean(self) -> float:
        """Mean agreement; 1 for a partition that always comes back, 0 for chance."""
        return float(self.agreement.mean())

    @property
    def low(self) -> float:
        """10th percentile of the agreement."""
        return float(np.quantile(self.agreement, 0.10))


def contingency(first: NDArray[np.int16], second: NDArray[np.int16], rows: int, columns: int) -> NDArray[np.int64]:
    """Counts (rows, columns) of customers by their label in `first` and in `second`; negative labels are left out."""
    known = (first >= 0) & (second >= 0)
    cells = first[known].astype(np.int64) * columns + second[known]
    return np.bincount(cells, minlength=rows * columns).reshape(rows, columns)


def adjusted_rand(table: NDArray[np.int64]) -> NDArray[np.float64]:
    """Adjusted Rand index (Hubert & Arabie 1985) of contingency tables (..., r, c); 1.0 for two trivial partitions."""
    counts = table.astype(np.float64)
    pairs = _pairs(counts).sum(axis=(-2, -1))
    first = _pairs(counts.sum(axis=-1)).sum(axis=-1)
    second = _pairs(counts.sum(axis=-2)).sum(axis=-1)
    total = _pairs(counts.sum(axis=(-2, -1)))
    expected = first * second / np.maximum(total, 1.0)
    span = (first + second) / 2.0 - expected
    return np.where(span == 0.0, 1.0, (pairs - expected) / np.where(span == 0.0, 1.0, span))


def jaccard(table: NDArray[np.int64]) -> NDArray[np.float64]:
    """Best Jaccard similarity (..., r) of each row cluster of contingency tables (..., r, c) with any column cluster.

    Hennig (2007), Cluster-wise assessment of cluster stability. NaN for a cluster without members.
    """
    counts = table.astype(np.float64)
    rows = counts.sum(axis=-1)
    union = rows[..., :, None] + counts.sum(axis=-2)[..., None, :] - counts
    best = (counts / np.maximum(union, 1.0)).max(axis=-1)
    return np.where(rows > 0, best, np.nan)


def bootstrap(features: Features, labels: NDArray[np.int16], k: int, fit: Fit, *, seed: int, draws: int) -> Stability:
    """Refit to `draws` bootstrap samples of `features` (n, d) and compare with the partition `labels` (n,).

    Agreement is taken over all rows, Jaccard over the customers drawn, each once (Hennig's clusterboot without
    multiple points).
    """
    generator = np.random.default_rng(seed)
    everyone = np.empty((draws, k, k), dtype=np.int64)
    drawn = np.empty((draws, k, k), dtype=np.int64)
    for draw in range(draws):
        weights = np.bincount(generator.integers(0, len(features), len(features)), minlength=len(features))
        again = fit(features, int(generator.integers(2**31)), weights.astype(np.float64)).labels(features)
        everyone[draw] = contingency(labels, again, k, k)
        drawn[draw] = contingency(labels[weights > 0], again[weights > 0], k, k)
    similar = np.ma.masked_invalid(jaccard(drawn)).mean(axis=0).filled(0.0)
    return Stability(adjusted_rand(everyone), np.asarray(similar, dtype=np.float64), len(features))


def _pairs(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    return counts * (counts - 1.0) / 2.0
