"""HDBSCAN: clusters are where customers lie densely, and whoever lies elsewhere is in no segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import HDBSCAN as _HDBSCAN

from segmentation.clustering.prototypes import Labels, Prototypes, agreement
from segmentation.clustering.rows import drawn_once, refuse_too_few, sampled
from segmentation.clustering.threads import one_thread
from segmentation.clustering.types import ONE_COLUMN_EACH, Clusterer, Features, Layout, State

SAMPLE_ROWS = 10_000
"""Above this many rows clusters are looked for in a sample: time grows with the square of the rows."""

SHARES = (0.02, 0.03, 0.05, 0.08, 0.12, 0.18)
"""The smallest cluster that may be found, as a share of all customers: which of these, decides how many clusters there are."""

LEAST = 5
NEIGHBOURS = 10
"""A customer's surroundings are as dense as the way to the tenth neighbour is short. scikit-learn's default, as many as the smallest
cluster has, leaves several times as many customers of the SmartCart file in no segment."""


@dataclass(frozen=True, eq=False)
class Hdbscan(Prototypes):
    """Prototypes with a radius that stand in for HDBSCAN. `share` of all customers was the smallest cluster that might be found."""

    share: float = SHARES[0]
    algorithm: ClassVar[str] = "hdbscan"
    leaves_out: ClassVar[bool] = True

    def state(self) -> State:
        """That of prototypes, and the share."""
        return {**super().state(), "share": np.array(self.share)}

    @classmethod
    def restored(cls, state: State) -> Self:
        """The model that `state` was taken from."""
        return replace(super().restored(state), share=float(state["share"]))


@dataclass(frozen=True)
class HdbscanAlgorithm:
    """HDBSCAN (Campello, Moulavi & Sander 2013), which finds its own number of clusters."""

    name: ClassVar[str] = "hdbscan"
    label: ClassVar[str] = "HDBSCAN"

    def fit(self, features: Features, ks: Sequence[int], *, seed: int, layout: Layout = ONE_COLUMN_EACH) -> Mapping[int, Clusterer]:
        """For each of `ks` that some of `SHARES` leads to, the clustering that leaves the fewest customers in no segment."""
        refuse_too_few(features, ks)
        rows = sampled(features, SAMPLE_ROWS, seed)
        best: dict[int, tuple[float, Labels]] = {}
        with one_thread():
            for share in SHARES:
                labels = dense_regions(rows, share)
                k = int(labels.max()) + 1
                if k in ks and (k not in best or (labels < 0).sum() < (best[k][1] < 0).sum()):
                    best[k] = share, labels
            return {k: _stand_in(rows, best[k][1], best[k][0], seed).numbered(features) for k in sorted(best)}

    def refit(
        self,
        features: Features,
        models: Mapping[int, Clusterer],
        *,
        seed: int,
        weights: NDArray[np.float64],
        layout: Layout = ONE_COLUMN_EACH,
    ) -> Mapping[int, Clusterer]:
        """HDBSCAN with each model's share on the rows that count at all; it may find another number of clusters, or none."""
        rows = drawn_once(features, weights)
        with one_thread():
            shares = {key: model.share if isinstance(model, Hdbscan) else SHARES[0] for key, model in models.items()}
            found = {share: dense_regions(rows, share) for share in set(shares.values())}
            return {key: _learned(rows, found[share], share, seed) for key, share in shares.items()}


def dense_regions(rows: Features, share: float) -> Labels:
    """Cluster (n,) of each of `rows` (n, d), -1 for none, where a cluster has at least this share of them."""
    smallest = max(LEAST, round(share * len(rows)))
    if len(rows) < 2 * smallest:
        return np.full(len(rows), -1, np.int16)
    # A k-d tree: the alternative keeps the distances between all rows.
    search = _HDBSCAN(min_cluster_size=smallest, min_samples=min(NEIGHBOURS, smallest), algorithm="kd_tree", copy=False)
    return np.asarray(search.fit(rows).labels_, dtype=np.int16)


def _learned(rows: Features, labels: Labels, share: float, seed: int) -> Hdbscan:
    return replace(Hdbscan.learned(rows, labels, int(labels.max(initial=-1)) + 1, seed=seed), share=share)


def _stand_in(rows: Features, labels: Labels, share: float, seed: int) -> Hdbscan:
    found = _learned(rows, labels, share, seed)
    return replace(found, agreement=agreement(Hdbscan, rows, labels, found.k, seed=seed))
