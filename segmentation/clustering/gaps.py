"""Gaps: stretches that customers avoid, in one measure or between two segments.

A gap is a valley of the density. Its depth is the density at the bottom over that of the lower of the two peaks beside it (the
ridgeline ratio of Hennig 2010, Methods for merging Gaussian mixture components, Adv. Data Anal. Classif. 4, taken along the line
that tells the two sides apart best): 1 for no valley, 0 for nobody in between. Two equal normal clouds d standard deviations
apart have 2 exp(-d²/8) once they have two peaks at all, so 0.27 at d = 4 and 0.09 at d = 5.

Whole numbers lie on a grid, and the steps of a grid are no gaps: values of a column that steps are first spread evenly over
their step (`spread_steps`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from segmentation.clustering.types import Features

Floats = NDArray[np.float64]

CELLS = 256
SMALLEST_SIDE = 0.05
"""In a single measure, a peak counts when at least this share of customers lies on its side of the valley."""

FEW_VALUES = 200
"""A column with at most this many different values steps from one to the next."""

BRIDGED = 0.25
"""Two segments are apart when the density between them falls to this part of the lower peak. Hennig (2010) takes 0.2 for the ridgeline
ratio of fitted normals; a kernel estimate fills valleys a little. Two normal clouds reach 0.25 at 4.1 standard deviations."""

RIDGE = 0.02
"""Added to the pooled variance inside clusters, in units of its mean: a feature that is constant inside them must not rule."""


def spread_steps(features: Features, generator: np.random.Generator) -> Features:
    """`features` (n, d) where each column of few values is spread over the gaps between neighbouring values.

    A value moves to a place drawn evenly between the middles towards its neighbours, so that evenly stepping values become an even
    stretch, and columns of many values stay as they are.
    """
    spread = features.copy()
    for place, column in enumerate(features.T):
        levels, index = np.unique(column, return_inverse=True)
        if not 1 < len(levels) <= FEW_VALUES:
            continue
        middles = (levels[1:] + levels[:-1]) / 2
        low = np.concatenate([[2 * levels[0] - middles[0]], middles])
        high = np.concatenate([middles, [2 * levels[-1] - middles[-1]]])
        spread[:, place] = low[index] + generator.random(len(column)) * (high - low)[index]
    return spread


def deepest_valley(values: Floats) -> float:
    """Depth of the deepest valley in the density of `values` (n,), between sides of at least `SMALLEST_SIDE`; 1.0 without any."""
    if len(values) < 20 or np.ptp(values) == 0:
        return 1.0
    density, edges = _density(values, _bandwidth(values))
    below = np.searchsorted(np.sort(values), edges[1:]) / len(values)
    inside = (below >= SMALLEST_SIDE) & (below <= 1 - SMALLEST_SIDE)
    left, right = np.maximum.accumulate(density), np.maximum.accumulate(density[::-1])[::-1]
    ratio = density / np.maximum(np.minimum(left, right), 1e-300)
    return float(ratio[inside].min(initial=1.0))


def valleys(features: Features, labels: NDArray[np.int16], k: int) -> Floats:
    """Depth of the valley between each two of `k` clusters of `features` (n, d), as a symmetric (k, k); 1 on the diagonal.

    Customers of the two clusters are projected on Fisher's discriminant (1936) between them, with the pooled covariance inside all
    clusters; the valley is the lowest density between the two peaks. Clusters with fewer than two members have no gap beside them.
    """
    members = [features[labels == cluster] for cluster in range(k)]
    pooled = pooled_covariance(members)
    depth = np.ones((k, k))
    for first in range(k):
        for second in range(first + 1, k):
            depth[first, second] = depth[second, first] = valley(members[first], members[second], pooled)
    return depth


def valley(first: Features, second: Features, pooled: Features) -> float:
    """Depth of the valley between two clusters (n, d) and (m, d), seen along their discriminant under the covariance `pooled` (d, d)."""
    if min(len(first), len(second)) < 2:
        return 1.0
    axis = np.linalg.solve(pooled, second.mean(axis=0) - first.mean(axis=0))
    return _valley_between(first @ axis, second @ axis)


def pooled_covariance(members: Sequence[Features]) -> Features:
    """Covariance (d, d) inside clusters, none of them empty, with a little of a round one so that it can be inverted."""
    inside = np.vstack([rows - rows.mean(axis=0) for rows in members if len(rows)])
    pooled: Features = inside.T @ inside / max(len(inside) - len(members), 1)
    ridge = max(RIDGE * float(np.trace(pooled)) / len(pooled), 1e-9)
    return pooled + ridge * np.eye(len(pooled))


def widest_bridge(features: Features, labels: NDArray[np.int16], k: int, *, seed: int) -> float:
    """The shallowest valley between any two of `k` clusters: near 0 where all are apart, 1 where some two shade into each other."""
    spread = spread_steps(features, np.random.default_rng((seed, 2)))
    depths: Floats = valleys(spread, labels, k)[~np.eye(k, dtype=bool)]
    return float(depths.max(initial=0.0))


def _valley_between(first: Floats, second: Floats) -> float:
    inside = float(np.sqrt((first.var() * len(first) + second.var() * len(second)) / (len(first) + len(second))))
    distance = second.mean() - first.mean()
    if distance <= 0 or inside <= 0:
        return 1.0 if distance <= 0 else 0.0
    values = np.concatenate([first, second])
    # Silverman's rule (1986) for one of the two clouds, not for both together, which would fill the valley between them.
    density, edges = _density(values, 0.9 * inside * min(len(first), len(second)) ** -0.2)
    middles = (edges[1:] + edges[:-1]) / 2
    low, high = np.searchsorted(middles, (first.mean(), second.mean()))
    between = density[low : max(high, low + 1)]
    bottom = low + int(between.argmin())
    peaks = density[: bottom + 1].max(), density[bottom:].max()
    return float(density[bottom] / max(min(peaks), 1e-300))


def _density(values: Floats, bandwidth: float) -> tuple[Floats, Floats]:
    """Kernel density estimate on `CELLS` cells (not scaled), and their edges."""
    low, high = float(values.min()) - 4 * bandwidth, float(values.max()) + 4 * bandwidth
    edges = np.linspace(low, high, CELLS + 1)
    cell = (high - low) / CELLS
    counts = np.bincount(((values - low) / cell).astype(np.intp), minlength=CELLS)[:CELLS]
    return gaussian_filter1d(counts.astype(np.float64), max(bandwidth / cell, 0.5), mode="constant"), edges


def _bandwidth(values: Floats) -> float:
    """Silverman's rule of thumb (1986, Density Estimation, eq. 3.31)."""
    quarter, three_quarters = (float(quantile) for quantile in np.quantile(values, (0.25, 0.75)))
    deviation = float(values.std())
    spread = min(deviation, (three_quarters - quarter) / 1.34) or deviation
    return float(0.9 * spread * len(values) ** -0.2)
