"""k-means: centres, and the nearest one for every customer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans as _KMeans

from segmentation.clustering.rows import refuse_too_few, sampled
from segmentation.clustering.scored import Scored, spherical
from segmentation.clustering.threads import one_thread
from segmentation.clustering.types import ONE_COLUMN_EACH, Clusterer, Features, Layout, State, blocks, by_size

SAMPLE_ROWS = 50_000
"""Above this many rows k-means is fitted on a sample, then polished on everybody."""

POLISH_PASSES = 5
RESTARTS = 10
FEW_ROWS = 5_000
RESTARTS_FOR_FEW = 20
"""Few customers, mostly with whole numbers such as children, leave k-means more bad optima, and restarts cost little."""

FEWEST_RESTARTS, FOUND_AGAIN = 8, 3
"""From the eighth start on, an optimum that three starts led to is taken for the best; only where none stands out are all starts used."""

RIVALS = 8
BEST_RIVALS = 2
FRESH_RESTARTS = 4
"""A refit to a bootstrap sample starts from those of the first fit's local optima that suit the sample best. Where there is something to
find, it finds it as surely as twenty random starts, at a tenth of their cost; a shapeless cloud repeats a tenth better than it should
(docs/decisions/0008). A start from the first fit's result alone would make every clustering look repeatable, and a few random starts
none. Other customers (everybody counts once) get random starts."""

COMPARED_ON = 500
SAME_OPTIMUM = 1e-4

Search = Callable[..., tuple[float, Features]]
"""One way from a start to a local optimum: `search(features, k, weights=..., random_state=..., init=...)` gives inertia and centres."""


def lloyd(features: Features, k: int, *, weights: NDArray[np.float64] | None = None, **start: Any) -> tuple[float, Features]:
    """Inertia and centres (k, d) where Lloyd's algorithm ends from one `start` (scikit-learn's `init` and `random_state`)."""
    fit = _KMeans(k, n_init=1, **start).fit(features, sample_weight=weights)
    return float(fit.inertia_), np.asarray(fit.cluster_centers_, dtype=np.float64)


Race = Callable[[Features, int, NDArray[np.float64], "Sequence[Features] | int", int], Features]
"""The centres of the best optimum that given starts, or so many random ones, lead to: `race(features, k, weights, starts, seed)`."""


def best_lloyd(features: Features, k: int, weights: NDArray[np.float64], starts: Sequence[Features] | int, seed: int) -> Features:
    """Lloyd's algorithm from all starts in one call of scikit-learn, whose overhead is as large as a small fit."""
    if isinstance(starts, int):
        fit = _KMeans(k, n_init=starts, random_state=seed)
    else:
        # scikit-learn centres the rows before it asks for a start.
        following = iter([start - features.mean(axis=0) for start in starts])
        fit = _KMeans(k, n_init=len(starts), init=lambda *_, **__: next(following), random_state=seed)
    return np.asarray(fit.fit(features, sample_weight=weights).cluster_centers_, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class KMeans(Scored):
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
    search: ClassVar[Search] = staticmethod(lloyd)
    best_of: ClassVar[Race] = staticmethod(best_lloyd)

    @property
    def k(self) -> int:
        """How many clusters there are."""
        return len(self.centres)

    def scores(self, features: Features) -> Features:
        """Log of the Gaussian density around each centre, (n, k), up to a constant."""
        return spherical(cdist(features, self.centres, "sqeuclidean"), self.variance)

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
    kind: ClassVar[type[KMeans]] = KMeans

    def fit(self, features: Features, ks: Sequence[int], *, seed: int, layout: Layout = ONE_COLUMN_EACH) -> Mapping[int, Clusterer]:
        """k-means for each of `ks`."""
        refuse_too_few(features, ks)
        return {k: fit_kmeans(features, k, seed=seed, kind=self.kind) for k in ks}

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
            return {k: refit_kmeans(features, model, seed=seed, weights=weights, kind=self.kind) for k, model in models.items()}


def fit_kmeans(
    features: Features,
    k: int,
    *,
    seed: int,
    restarts: int | None = None,
    weights: NDArray[np.float64] | None = None,
    kind: type[KMeans] = KMeans,
) -> KMeans:
    """k-means on `features` (n, d), the best of `restarts` k-means++ starts; clusters sorted by size.

    Without `restarts` there are `RESTARTS`, or `RESTARTS_FOR_FEW` up to `FEW_ROWS` rows.

    Above `SAMPLE_ROWS` rows the starts are tried on a seeded sample, and `POLISH_PASSES` of Lloyd's algorithm over
    all rows follow. `weights` (n,) counts each row that many times (a bootstrap sample). One thread, so that the
    result is the same bit for bit. NotEnoughData when there are fewer distinct rows than clusters.
    """
    refuse_too_few(features, (k,))
    restarts = restarts or (RESTARTS if len(features) > FEW_ROWS else RESTARTS_FOR_FEW)
    with one_thread():
        rows = features if weights is not None else sampled(features, SAMPLE_ROWS, seed)
        rivals = _local_optima(rows, k, seed, restarts, kind.search, weights)
        if len(rows) < len(features):
            rivals = (_polished(features, rivals[0]), *rivals[1:])
        return _finish(features, rivals, kind)


def refit_kmeans(features: Features, model: Clusterer, *, seed: int, weights: NDArray[np.float64], kind: type[KMeans] = KMeans) -> KMeans:
    """k-means with as many clusters as `model` on rows that count `weights` times; centres alone, in no order."""
    drawn = weights > 0
    rows, counts = features[drawn], weights[drawn]
    if isinstance(model, KMeans) and model.rivals and not (weights == 1).all():
        starts: Sequence[Features] | int = best_starts(rows, counts, model.rivals)
    else:
        starts = FRESH_RESTARTS
    return kind(kind.best_of(rows, model.k, counts, starts, seed), 1.0)


def best_starts(rows: Features, counts: NDArray[np.float64], rivals: Sequence[Features]) -> Sequence[Features]:
    """Those `BEST_RIVALS` of `rivals`, each (k, d), that leave the least squared distance in `rows` (n, d) counted `counts` times.

    About `COMPARED_ON` rows, evenly spread, are enough to tell which optima suit a sample.
    """
    if len(rivals) <= BEST_RIVALS:
        return rivals
    step = max(1, len(rows) // COMPARED_ON)
    rows, counts, every = rows[::step], counts[::step], np.concatenate(rivals)
    nearest = cdist(rows, every, "sqeuclidean").reshape(len(rows), len(rivals), -1).min(axis=2)
    return [rivals[place] for place in np.argsort(counts @ nearest, kind="stable")[:BEST_RIVALS]]


def distinct_optima(fits: Sequence[tuple[float, Features]]) -> tuple[Features, ...]:
    """The different ones of `fits` (inertia and centres), the best first, `RIVALS` at most."""
    different: list[tuple[float, Features]] = []
    for fit in sorted(fits, key=lambda fit: fit[0]):
        if not different or fit[0] > different[-1][0] * (1 + SAME_OPTIMUM):
            different.append(fit)
    return tuple(found for _, found in different[:RIVALS])


def restart_seeds(seed: int, restarts: int) -> list[int]:
    """A seed for each of `restarts` starts."""
    return [int(each) for each in np.random.SeedSequence(seed).generate_state(restarts)]


def within_sum_of_squares(features: Features, labels: NDArray[np.int16], k: int) -> float:
    """Squared distances of the rows of `features` (n, d) to the mean of their own cluster, summed."""
    size, centres = cluster_means(features, labels, k)
    return float(np.einsum("ij,ij->", features, features) - np.sum(size[:, None] * centres**2))


def cluster_means(features: Features, labels: NDArray[np.int16], k: int) -> tuple[NDArray[np.float64], Features]:
    """Sizes (k,) and means (k, d) of the clusters; the mean of an empty cluster is zero."""
    size = np.bincount(labels, minlength=k).astype(np.float64)
    sums = np.column_stack([np.bincount(labels, weights=column, minlength=k) for column in features.T])
    return size, sums / np.maximum(size, 1.0)[:, None]


def _local_optima(
    features: Features, k: int, seed: int, restarts: int, search: Search, weights: NDArray[np.float64] | None = None
) -> tuple[Features, ...]:
    """Centres of the different local optima that k-means++ starts lead to: `restarts` of them, fewer where the best keeps coming back."""
    fits: list[tuple[float, Features]] = []
    for each in restart_seeds(seed, restarts):
        fits.append(search(features, k, weights=weights, random_state=each))
        if len(fits) >= FEWEST_RESTARTS and _settled([inertia for inertia, _ in fits]):
            break
    return distinct_optima(fits)


def _settled(inertias: Sequence[float]) -> bool:
    """Whether `FOUND_AGAIN` starts ended in the best optimum so far."""
    best = min(inertias)
    return sum(inertia <= best * (1 + SAME_OPTIMUM) for inertia in inertias) >= FOUND_AGAIN


def _polished(features: Features, centres: Features) -> Features:
    """`centres` (k, d) after `POLISH_PASSES` over everybody."""
    return lloyd(features, len(centres), init=centres, max_iter=POLISH_PASSES)[1]


def _finish(features: Features, rivals: tuple[Features, ...], kind: type[KMeans]) -> KMeans:
    """Clusters of the best optimum in canonical order (largest first, ties by centre) with their pooled variance."""
    centres = rivals[0]
    k, dimensions = centres.shape
    order = by_size(KMeans(centres, 1.0).labels(features), k, centres)
    centres = np.ascontiguousarray(centres[order])
    error = sum(float(cdist(block, centres, "sqeuclidean").min(axis=1).sum()) for block in blocks(features))
    return kind(centres, error / (dimensions * max(len(features) - k, 1)), (centres, *rivals[1:]))
