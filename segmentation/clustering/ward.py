"""Ward's method: a tree that joins, again and again, the two clusters that lose the least by it, cut where there are as many as wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import linkage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import pdist, squareform

from segmentation.clustering.prototypes import Labels, Prototypes, agreement
from segmentation.clustering.rows import drawn_once, refuse_too_few, sampled
from segmentation.clustering.threads import one_thread
from segmentation.clustering.types import ONE_COLUMN_EACH, Clusterer, Features, Layout

SAMPLE_ROWS = 5_000
"""Above this many rows the tree is built on a sample: it takes all distances, twice, which are 200 MB here and grow with the square."""

Merges = NDArray[np.intp]
"""A tree over n leaves: row i (of n - 1) names the two nodes that join to be node n + i, the leaves being 0 to n - 1."""


class Ward(Prototypes):
    """Prototypes that stand in for Ward's tree, which has no place for anybody new."""

    algorithm: ClassVar[str] = "ward"


@dataclass(frozen=True)
class WardAlgorithm:
    """Ward's minimum variance method (1963), one tree for all numbers of clusters."""

    name: ClassVar[str] = "ward"
    label: ClassVar[str] = "Ward"

    def fit(self, features: Features, ks: Sequence[int], *, seed: int, layout: Layout = ONE_COLUMN_EACH) -> Mapping[int, Clusterer]:
        """The tree of `features` (n, d) cut at each of `ks`, with the agreement of its stand-in."""
        refuse_too_few(features, ks)
        rows = sampled(features, SAMPLE_ROWS, seed)
        with one_thread():
            merges = ward_tree(rows)
            return {k: _stand_in(rows, cut(merges, k), k, seed).numbered(features) for k in ks}

    def refit(
        self,
        features: Features,
        models: Mapping[int, Clusterer],
        *,
        seed: int,
        weights: NDArray[np.float64],
        layout: Layout = ONE_COLUMN_EACH,
    ) -> Mapping[int, Clusterer]:
        """One tree of the rows that count at all, cut at the same numbers of clusters."""
        rows = drawn_once(features, weights)
        with one_thread():
            merges = ward_tree(rows)
            return {key: Ward.learned(rows, cut(merges, model.k), model.k, seed=seed) for key, model in models.items()}


def ward_tree(rows: Features) -> Merges:
    """Ward's tree over `rows` (n, d)."""
    return linkage(rows, method="ward")[:, :2].astype(np.intp) if len(rows) > 1 else np.empty((0, 2), np.intp)


def weighted_ward_tree(rows: Features, weights: NDArray[np.float64]) -> Merges:
    """Ward's tree over `rows` (m, d) that stand for `weights` (m,) customers each; time grows with the cube of m.

    Distances are the losses of joining, 2 |u||v| / (|u| + |v|) times the squared distance, updated as Lance & Williams (1967) do:
    (|u| + |w|) d(u, w) + (|v| + |w|) d(v, w) - |w| d(u, v), over |u| + |v| + |w|.
    """
    size = weights.astype(np.float64)
    loss = squareform(pdist(rows, "sqeuclidean")) * 2.0 * np.multiply.outer(size, size) / np.add.outer(size, size)
    np.fill_diagonal(loss, np.inf)
    node = np.arange(len(rows))
    merges = np.empty((len(rows) - 1, 2), np.intp)
    for step in range(len(merges)):
        first, second = np.unravel_index(int(loss.argmin()), loss.shape)
        merges[step] = node[first], node[second]
        joined = (size[first] + size) * loss[first] + (size[second] + size) * loss[second] - size * loss[first, second]
        loss[first] = loss[:, first] = joined / (size[first] + size[second] + size)
        loss[second] = loss[:, second] = loss[first, first] = np.inf
        size[first] += size[second]
        node[first] = len(rows) + step
    return merges


def cut(merges: Merges, k: int) -> Labels:
    """Cluster (n,) of each leaf where `k` clusters are left (or every leaf, of fewer), in no particular order."""
    leaves = len(merges) + 1
    kept = merges[: max(leaves - k, 0)]
    parents = np.repeat(leaves + np.arange(len(kept)), 2)
    edges = coo_array((np.ones(len(parents)), (kept.ravel(), parents)), shape=(2 * leaves - 1, 2 * leaves - 1))
    together = connected_components(edges, directed=False)[1][:leaves]
    return np.unique(together, return_inverse=True)[1].astype(np.int16)


def _stand_in(rows: Features, labels: Labels, k: int, seed: int) -> Ward:
    return replace(Ward.learned(rows, labels, k, seed=seed), agreement=agreement(Ward, rows, labels, k, seed=seed))
