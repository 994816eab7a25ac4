"""k-means: centres, and the nearest one for every customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans as _KMeans

from segmentation.clustering.threads import one_thread
from segmentation.clustering.types import (
    ONE_COLUMN_EACH,
    Assignments,
    Clusterer,
    Features,
    Layout,
    State,
    assignments_of,
    blocks,
    by_size,
    joined,
)
from segmentation.errors import NotEnoughData

SAMPLE_ROWS = 50_000
"""Above this many rows k-means is fitted on a sample, then polished on everybody."""

POLISH_PASSES = 5
RESTARTS = 10
FEW_ROWS = 5_000
RESTARTS_FOR_FEW = 20
"""Few customers, mostly with whole numbers such as children, leave k-means more bad optima, and restarts cost little."""

RIVALS = 12
BEST_RIVALS = 2
FRESH_RESTARTS = 6
"""A refit to a bootstrap sample starts from those of the first fit's local optima that suit the sample best: it finds the sample's own
optimum about as surely as twenty random starts would, at a tenth of their cost. A start from the first fit's result alone would
make every clustering look repeatable, and a few random starts none. Other customers (everybody counts once) get random starts."""

SAME_OPTIMUM = 1e-4


@dataclass(frozen=True, eq=False)
class KMeans:
    """k-means as it was fitted: `centres` (k, d) and the pooled `variance` per dimension inside the clusters.

    Confidence is the posterior probability of the nearest cluster in a mixture of k equally likely spherical
    Gaussians around the centres with that one variance, p(j | x) = softmax_j(-|x - c_j|^2 / (2 variance)): the
    model whose classification likelihood k-means climbs (Celeux & Govaert 1992; Bishop 2006, section 9.3.2).
    The runner-up is the cluster with the second largest probability, which is the second nearest. `rivals` are the local optima that
    the fit came by, the best first; only refits use them, and they are not stored.
    """

    centres: Features
    variance: float
    rivals: tuple[Features, ...] = ()
    algorithm: ClassVar[str] = "kmeans"
    agreement: ClassVar[None] = None

    @property
    def k(self) -> int:
        """How many clusters there are."""
        return len(self.centres)

    def scores(self, features: Features) -> Features:
        """Log of the Gaussian density around each centre, (n, k), up to a constant."""
        squared: Features = cdist(features, self.centres, "sqeuclidean")
        return squared / (-2.0 * max(self.variance, np.finfo(float).tiny))

    def labels(self, features: Features) -> NDArray[np.int16]:
        """The nearest centre of each row of `features` (n, d)."""
        parts = [cdist(block, self.centres, "sqeuclidean").argmin(axis=1) for block in blocks(features)]
        return np.concatenate(parts).astype(np.int16) if parts else np.empty(0, np.int16)

    def assign(self, features: Features) -> Assignments:
        """The nearest centre of each row of `features` (n, d), how sure that is, and the second nearest."""
        return joined([assignments_of(self.scores(block)) for block in blocks(features)])

    def state(self) -> State:
        """Centres and variance."""
        return {"centres": self.centres, "variance": np.array(self.variance)}

    @classmethod
    def restored(cls, state: State) -> Self:
        """The model that `state` was taken from."""
        return cls(np.asarray(state["centres"], dtype=np.float64), float(state["variance"]))


@dataclass(frozen=True)
class KMeansAlgorithm:
    """k-means (Lloyd 1982) from k-means++ starts (Arthur & Vassilvitskii 2007)."""

    name: ClassVar[str] = "kmeans"
    label: ClassVar[str] = "k-means"

    def fit(self, features: Features, ks: Sequence[int], *, seed: int, layout: Layout = ONE_COLUMN_EACH) -> Mapping[int, Clusterer]:
        """k-means for each of `ks`."""
        return {k: fit_kmeans(features, k, seed=seed) for k in ks}

    def refit(
        self,
        features: Features,
        models: Mapping[int, Clusterer],
        *,
        seed: int,
        weights: NDArray[np.float64],
        layout: Layout = ONE_COLUMN_EACH,
    ) -> Mapping[int, Clusterer]:
        """k-means with the same numbers of clusters."""
        with one_thread():
            return {k: _refit(features, model, seed, weights) for k, model in models.items()}


def fit_kmeans(
    features: Features,
    k: int,
    *,
    seed: int,
    restarts: int | None = None,
    weights: NDArray[np.float64] | None = None,
) -> KMeans:
    """k-means on `features` (n, d), the best of `restarts` k-means++ starts; clusters sorted by size.

    Without `restarts` there are `RESTARTS`, or `RESTARTS_FOR_FEW` up to `FEW_ROWS` rows.

    Above `SAMPLE_ROWS` rows the starts are tried on a seeded sample, and `POLISH_PASSES` of Lloyd's algorithm over
    all rows follow. `weights` (n,) counts each row that many times (a bootstrap sample). One thread, so that the
    result is the same bit for bit. NotEnoughData when there are fewer distinct rows than clusters.
    """
    if len(features) < k:
        raise NotEnoughData(f"{k} segments need at least {k} customers; there are {len(features)}. Ask for fewer segments.")
    restarts = restarts or (RESTARTS if len(features) > FEW_ROWS else RESTARTS_FOR_FEW)
    with one_thread():
        if len(features) > SAMPLE_ROWS and weights is None:
            rivals = _fit_on_sample(features, k, seed, restarts)
        else:
            rivals = _local_optima(features, k, seed, restarts, weights)
        return _finish(features, rivals)


def fit_kmeans_from(features: Features, start: Features) -> KMeans:
    """k-means on `features` (n, d) from the centres `start` (k, d): the local optimum that lies there, which refits look for alone."""
    passes = 300 if len(features) <= SAMPLE_ROWS else POLISH_PASSES
    with one_thread():
        fit = _KMeans(len(start), init=start, n_init=1, max_iter=passes).fit(features)
        return _finish(features, (np.asarray(fit.cluster_centers_, dtype=np.float64),))


def within_sum_of_squares(features: Features, labels: NDArray[np.int16], k: int) -> float:
    """Squared distances of the rows of `features` (n, d) to the mean of their own cluster, summed."""
    size, centres = cluster_means(features, labels, k)
    return float(np.einsum("ij,ij->", features, features) - np.sum(size[:, None] * centres**2))


def cluster_means(features: Features, labels: NDArray[np.int16], k: int) -> tuple[NDArray[np.float64], Features]:
    """Sizes (k,) and means (k, d) of the clusters; the mean of an empty cluster is zero."""
    size = np.bincount(labels, minlength=k).astype(np.float64)
    sums = np.column_stack([np.bincount(labels, weights=column, minlength=k) for column in features.T])
    return size, sums / np.maximum(size, 1.0)[:, None]


def _local_optima(features: Features, k: int, seed: int, restarts: int, weights: NDArray[np.float64] | None = None) -> tuple[Features, ...]:
    """Centres of the different local optima that `restarts` k-means++ starts lead to, the best first, `RIVALS` at most."""
    seeds = np.random.SeedSequence(seed).generate_state(restarts)
    fits = [_KMeans(k, n_init=1, random_state=int(each)).fit(features, sample_weight=weights) for each in seeds]
    different: list[_KMeans] = []
    for fit in sorted(fits, key=lambda fit: float(fit.inertia_)):
        if not different or fit.inertia_ > different[-1].inertia_ * (1 + SAME_OPTIMUM):
            different.append(fit)
    return tuple(np.asarray(fit.cluster_centers_, dtype=np.float64) for fit in different[:RIVALS])


def _refit(features: Features, model: Clusterer, seed: int, weights: NDArray[np.float64]) -> KMeans:
    """k-means with as many clusters on rows that count `weights` times; centres alone, in no order."""
    if (weights == 1).all() or not isinstance(model, KMeans):
        rivals = _local_optima(features, model.k, seed, FRESH_RESTARTS, weights)
        return KMeans(rivals[0], 1.0, rivals)
    drawn = weights > 0
    rows, counts = features[drawn], weights[drawn]
    starts = np.stack(model.rivals or (model.centres,))
    if len(starts) > BEST_RIVALS:
        distance = cdist(rows, starts.reshape(-1, rows.shape[1]), "sqeuclidean").reshape(len(rows), len(starts), -1).min(axis=2)
        starts = starts[np.argsort(counts @ distance, kind="stable")[:BEST_RIVALS]]
    fits = [_KMeans(model.k, init=start, n_init=1).fit(rows, sample_weight=counts) for start in starts]
    best = min(fits, key=lambda fit: float(fit.inertia_))
    return KMeans(np.asarray(best.cluster_centers_, dtype=np.float64), 1.0)


def _fit_on_sample(features: Features, k: int, seed: int, restarts: int) -> tuple[Features, ...]:
    """The local optima of a sample, of which the best is polished on everybody."""
    chosen = np.sort(np.random.default_rng(seed).choice(len(features), SAMPLE_ROWS, replace=False))
    first, *others = _local_optima(features[chosen], k, seed, restarts)
    polished = _KMeans(k, init=first, n_init=1, max_iter=POLISH_PASSES, copy_x=False).fit(features)
    return (np.asarray(polished.cluster_centers_, dtype=np.float64), *others)


def _finish(features: Features, rivals: tuple[Features, ...]) -> KMeans:
    """Clusters of the best optimum in canonical order (largest first, ties by centre) with their pooled variance."""
    centres = rivals[0]
    k, dimensions = centres.shape
    order = by_size(KMeans(centres, 1.0).labels(features), k, centres)
    centres = np.ascontiguousarray(centres[order])
    error = sum(float(cdist(block, centres, "sqeuclidean").min(axis=1).sum()) for block in blocks(features))
    return KMeans(centres, error / (dimensions * max(len(features) - k, 1)), (centres, *rivals[1:]))
