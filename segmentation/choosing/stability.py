"""How well a clustering comes back when customers are drawn again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segmentation.clustering import ONE_COLUMN_EACH, Algorithm, Clusterer, Features, Layout

Labels = NDArray[np.int16]


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


def contingency(first: Labels, second: Labels, rows: int, columns: int) -> NDArray[np.int64]:
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


def bootstrap(
    features: Features,
    models: Mapping[int, Clusterer],
    algorithm: Algorithm,
    *,
    seed: int,
    draws: int,
    layout: Layout = ONE_COLUMN_EACH,
) -> dict[int, Stability]:
    """Refit all `models` to `draws` bootstrap samples of `features` (n, d) and compare with what they say, by their keys.

    Agreement is taken over all rows, "no segment" being a group like any other; Jaccard over the customers drawn, each
    once (Hennig's clusterboot without multiple points).
    """
    generator = np.random.default_rng(seed)
    before = {key: model.labels(features) for key, model in models.items()}
    agreement: dict[int, list[float]] = {key: [] for key in models}
    similar: dict[int, list[NDArray[np.float64]]] = {key: [] for key in models}
    for _ in range(draws):
        weights = np.bincount(generator.integers(0, len(features), len(features)), minlength=len(features))
        again = algorithm.refit(features, models, seed=int(generator.integers(2**31)), weights=weights.astype(np.float64), layout=layout)
        for key, model in again.items():
            after = model.labels(features)
            agreement[key].append(float(adjusted_rand(_with_nobodys(before[key], after, models[key].k, model.k))))
            drawn = _with_nobodys(before[key][weights > 0], after[weights > 0], models[key].k, model.k)
            similar[key].append(_similarity(drawn))
    return {
        key: Stability(np.array(agreement[key]), np.ma.masked_invalid(np.array(similar[key])).mean(axis=0).filled(0.0), len(features))
        for key in models
    }


def prediction_strength(
    features: Features,
    models: Mapping[int, Clusterer],
    algorithm: Algorithm,
    *,
    seed: int,
    splits: int,
    layout: Layout = ONE_COLUMN_EACH,
) -> dict[int, float]:
    """How far one half of the customers foretells who belongs together in the other (Tibshirani & Walther 2005), by key.

    Of each cluster found in one half, the share of pairs that the other half's clustering puts together as well; the worst
    cluster counts. Mean over both directions of `splits` random halvings: 1 for clusters that are there, 0.8 is their limit for
    "well predicted".
    """
    generator = np.random.default_rng((seed, 3))
    found: dict[int, list[float]] = {key: [] for key in models}
    for _ in range(splits):
        side = generator.permutation(len(features)) % 2
        halves = [
            algorithm.refit(features, models, seed=int(generator.integers(2**31)), weights=(side == half).astype(np.float64), layout=layout)
            for half in (0, 1)
        ]
        for key in models:
            both = [halves[half][key].labels(features) for half in (0, 1)]
            sizes = [halves[half][key].k for half in (0, 1)]
            for here, there in ((0, 1), (1, 0)):
                rows = side == here
                found[key].append(_kept_together(contingency(both[here][rows], both[there][rows], sizes[here], sizes[there])))
    return {key: float(np.mean(values)) for key, values in found.items()}


def _kept_together(table: NDArray[np.int64]) -> float:
    """The least share of a row cluster's pairs that share a column, over clusters of at least two."""
    counts = table.astype(np.float64)
    pairs = _pairs(counts.sum(axis=1))
    kept = _pairs(counts).sum(axis=1)[pairs > 0] / pairs[pairs > 0]
    return float(kept.min(initial=1.0)) if len(kept) else 0.0


def _with_nobodys(first: Labels, second: Labels, rows: int, columns: int) -> NDArray[np.int64]:
    """Contingency (rows + 1, columns + 1) whose first row and column hold those in no segment."""
    return contingency((first + 1).astype(np.int16), (second + 1).astype(np.int16), rows + 1, columns + 1)


def _similarity(table: NDArray[np.int64]) -> NDArray[np.float64]:
    """Jaccard (r,) of the segments; nobody's group is the counterpart of none."""
    own = table[1:].astype(np.float64)
    size = own.sum(axis=1)
    union = size[:, None] + table.sum(axis=0) - own
    best = (own / np.maximum(union, 1.0))[:, 1:].max(axis=1, initial=0.0)
    return np.where(size > 0, best, np.nan)


def _pairs(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    return counts * (counts - 1.0) / 2.0
