"""BIRCH: customers are first gathered in many small subclusters, which are then joined to clusters."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from sklearn.cluster import Birch as _Birch

from segmentation.clustering.centres import cluster_means
from segmentation.clustering.prototypes import LEAST, Prototypes
from segmentation.clustering.rows import drawn_once, refuse_too_few, sampled
from segmentation.clustering.threads import one_thread
from segmentation.clustering.types import ONE_COLUMN_EACH, Clusterer, Features, Layout, State
from segmentation.clustering.ward import Merges, cut, weighted_ward_tree

SAMPLE_ROWS = 20_000
"""Above this many rows the subclusters come from a sample; it takes them one by one."""

MEMBERS = 20
SUBCLUSTERS = 200
"""Customers per subcluster on average, at least, and how many subclusters there are at most."""

PER_CLUSTER = 4
"""Few customers may have smaller subclusters, so that each cluster has this many to be made of."""

RADII = np.geomspace(0.01, 2.0, 57)
"""The radii that a subcluster may have, in units of the spread of all customers: the narrowest that leaves few enough subclusters is
taken, as BIRCH widens them until its tree fits into memory (Zhang et al. 1996, section 5.1)."""


@dataclass(frozen=True, eq=False)
class Birch(Prototypes):
    """The means of subclusters, each of which belongs to a cluster; the nearest one places a customer, as in BIRCH itself.

    `threshold` is the radius that a subcluster might have.
    """

    threshold: float = 0.0
    algorithm: ClassVar[str] = "birch"

    def state(self) -> State:
        """That of prototypes, and the threshold."""
        return {**super().state(), "threshold": np.array(self.threshold)}

    @classmethod
    def restored(cls, state: State) -> Self:
        """The model that `state` was taken from."""
        return replace(super().restored(state), threshold=float(state["threshold"]))


@dataclass(frozen=True)
class BirchAlgorithm:
    """BIRCH (Zhang, Ramakrishnan & Livny 1996); Ward's method joins the subclusters, each with the weight of its customers."""

    name: ClassVar[str] = "birch"
    label: ClassVar[str] = "BIRCH"

    def fit(self, features: Features, ks: Sequence[int], *, seed: int, layout: Layout = ONE_COLUMN_EACH) -> Mapping[int, Clusterer]:
        """Clusters of one set of subclusters for each of `ks` that these can be joined to."""
        refuse_too_few(features, ks)
        most = max(ks, default=1)
        with one_thread():
            rows = _shuffled(sampled(features, SAMPLE_ROWS, seed), seed)
            threshold = _threshold(rows, most)
            points = _subclusters(rows, threshold, most)
            found = _joined(points, rows, {k: k for k in ks if k <= len(points)}, threshold)
            return {k: model.numbered(features) for k, model in found.items()}

    def refit(
        self,
        features: Features,
        models: Mapping[int, Clusterer],
        *,
        seed: int,
        weights: NDArray[np.float64],
        layout: Layout = ONE_COLUMN_EACH,
    ) -> Mapping[int, Clusterer]:
        """Subclusters of the rows that count at all, as wide as before, joined to as many clusters (fewer, where there are too few)."""
        most = max((model.k for model in models.values()), default=1)
        with one_thread():
            rows = _shuffled(drawn_once(features, weights), seed)
            threshold = next((model.threshold for model in models.values() if isinstance(model, Birch)), None) or _threshold(rows, most)
            points = _subclusters(rows, threshold, most)
            return _joined(points, rows, {key: min(model.k, len(points)) for key, model in models.items()}, threshold)


def _shuffled(rows: Features, seed: int) -> Features:
    """The tree depends on the order in which customers come; a sorted table would be the worst."""
    return rows[np.random.default_rng((seed, 6)).permutation(len(rows))]


def _threshold(rows: Features, clusters: int) -> float:
    """The narrowest radius that leaves few enough subclusters, yet enough to make `clusters` of."""
    most = max(min(len(rows) // MEMBERS, SUBCLUSTERS), PER_CLUSTER * clusters)
    radii = RADII * (float(np.sqrt(rows.var(axis=0).sum())) or 1.0)
    place = bisect_left(radii, -most, hi=len(radii) - 1, key=lambda radius: -_count(rows, radius))
    while place > 0 and _count(rows, radii[place]) < clusters:
        place -= 1
    return float(radii[place])


def _count(rows: Features, threshold: float) -> int:
    return len(_tree(rows, threshold).subcluster_centers_)


def _tree(rows: Features, threshold: float) -> _Birch:
    return _Birch(threshold=threshold, n_clusters=None, compute_labels=False).fit(rows)


def _subclusters(rows: Features, threshold: float, clusters: int) -> Features:
    """Means (m, d) of the customers nearest to each subcluster.

    Those of fewer than `LEAST` customers are outliers (Zhang et al. 1996, section 5.1.4) and dropped, as far as `clusters` are left;
    and only the `SUBCLUSTERS` largest stay.
    """
    tree = _tree(rows, threshold)
    size = np.bincount(tree.predict(rows), minlength=len(tree.subcluster_centers_))
    largest = np.argsort(-size, kind="stable")
    outliers = size[largest] < LEAST
    outliers[:clusters] = size[largest][:clusters] == 0
    kept = tree.subcluster_centers_[largest[~outliers][: max(SUBCLUSTERS, clusters)]]
    members, means = cluster_means(rows, cdist(rows, kept, "sqeuclidean").argmin(axis=1), len(kept))
    return means[members > 0]


def _joined(points: Features, rows: Features, wanted: Mapping[int, int], threshold: float) -> dict[int, Birch]:
    """Subclusters joined to as many clusters as `wanted`, by its keys."""
    nearest = cdist(rows, points, "sqeuclidean").argmin(axis=1)
    merges: Merges = weighted_ward_tree(points, np.bincount(nearest, minlength=len(points)).astype(np.float64))
    found = {}
    for key, k in wanted.items():
        owner = cut(merges, k)
        found[key] = replace(Birch.around(points, owner, rows, owner[nearest], k), threshold=threshold)
    return found
