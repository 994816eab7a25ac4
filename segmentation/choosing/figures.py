"""Figures of one partition, measured in the feature space. Customers in no segment (label -1) are left out of all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from segmentation.clustering import Features, cluster_means, within_sum_of_squares

Labels = NDArray[np.int16]


def silhouette_samples(features: Features, labellings: Sequence[Labels]) -> NDArray[np.float64]:
    """Silhouettes (len(labellings), n) of the rows of `features` (n, d), all from one distance matrix.

    Rousseeuw (1987); 0 for the only member of a cluster, and everywhere when there is but one cluster; NaN for customers in none.
    """
    members = [_members(labels) for labels in labellings]
    sums = cdist(features, features) @ np.hstack(members)
    ends = np.cumsum([each.shape[1] for each in members])[:-1]
    return np.stack([_silhouettes(each, labels) for each, labels in zip(np.split(sums, ends, axis=1), labellings, strict=True)])


def mean_silhouette(samples: NDArray[np.float64]) -> float:
    """Mean over the customers in a segment; 0 where there are none."""
    placed = samples[np.isfinite(samples)]
    return float(placed.mean()) if len(placed) else 0.0


def davies_bouldin(features: Features, labels: Labels, k: int) -> float:
    """Davies & Bouldin (1979): mean over clusters of the worst ratio of two clusters' radii to the distance of their centres.

    Lower is better; 0 where fewer than two clusters have members, infinite where two centres coincide.
    """
    placed = labels >= 0
    rows, labels = features[placed], labels[placed]
    size, centres = cluster_means(rows, labels, k)
    there = size > 0
    if there.sum() < 2:
        return 0.0
    radius = np.bincount(labels, weights=np.linalg.norm(rows - centres[labels], axis=1), minlength=k) / np.maximum(size, 1.0)
    radius, centres = radius[there], centres[there]
    distance = cdist(centres, centres)
    np.fill_diagonal(distance, np.inf)
    with np.errstate(divide="ignore"):
        return float(((radius[:, None] + radius) / distance).max(axis=1).mean())


def explained(features: Features, labels: Labels, k: int) -> float:
    """Share of the variance of `features` (n, d) that lies between the clusters (R²)."""
    rows = features[labels >= 0]
    if not len(rows):
        return 0.0
    return 1.0 - within_per_row(rows, labels[labels >= 0], k) / within_per_row(rows, np.zeros(len(rows), np.int16), 1)


def calinski_harabasz(share: float, rows: int, k: int) -> float:
    """Calinski & Harabasz (1974) from the share of variance explained; 0 where it is not defined."""
    if not 1 < k < rows:
        return 0.0
    return share / (k - 1) / (max(1.0 - share, 1e-12) / (rows - k))


def within_per_row(features: Features, labels: Labels, k: int) -> float:
    """Mean squared distance to the cluster's mean; never quite zero, so that its logarithm exists."""
    return max(within_sum_of_squares(features, labels, k) / max(len(features), 1), 1e-12)


def _members(labels: Labels) -> NDArray[np.float64]:
    k = int(labels.max(initial=0)) + 1
    return np.vstack([np.eye(k), np.zeros(k)])[labels]


def _silhouettes(sums: NDArray[np.float64], labels: Labels) -> NDArray[np.float64]:
    """Silhouettes (n,) from each row's summed distances to the members of each cluster (n, k)."""
    placed = labels >= 0
    size = np.bincount(labels[placed], minlength=sums.shape[1])
    if np.count_nonzero(size) < 2:
        return np.where(placed, 0.0, np.nan)
    rows = np.arange(len(labels))
    inside = sums[rows, labels] / np.maximum(size[labels] - 1, 1)
    means = np.where(size > 0, sums / np.maximum(size, 1), np.inf)
    means[rows, labels] = np.inf
    outside = means.min(axis=1)
    largest = np.maximum(inside, outside)
    found = np.where((size[labels] > 1) & (largest > 0), (outside - inside) / np.where(largest > 0, largest, 1.0), 0.0)
    return np.where(placed, found, np.nan)
