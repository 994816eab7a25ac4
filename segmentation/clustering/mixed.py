"""k-prototypes: k-means for numbers and categories, where a cluster has the commonest level of a category, not a mean of codes.

A category arrives as the corners of a regular simplex, one corner per level, any two of them D apart (see `features`). Huang (1998) charges
a price g for each customer whose level is not its cluster's. Here g = D² / 2. k-means charges a cluster of n customers with shares p of
the levels n (1 - Σ p²) D² / 2, which for an even split of two is n D² / 4; k-prototypes charges n (1 - max p) g, which for that split is
n g / 2, the same. So numbers and categories keep the weights that the recipe gave them.

Corners divided by √2 are D / √2 apart, and their squared distance is g where levels differ and 0 where they do not: k-prototypes is k-means
in those coordinates, with centres that stay on corners. An unknown level lies in the middle, equally far from all corners: it sways nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from sklearn.cluster import kmeans_plusplus

from segmentation.clustering import centres
from segmentation.clustering.rows import refuse_too_few, sampled
from segmentation.clustering.scored import Scored, spherical
from segmentation.clustering.threads import one_thread
from segmentation.clustering.types import ONE_COLUMN_EACH, Clusterer, Features, Layout, State, blocks, by_size

SAMPLE_ROWS = 20_000
"""Above this many rows the starts are tried on a sample, then polished on everybody."""

PASSES = 100
MIDDLE = 0.85
"""The middle of a simplex is at most 0.71 edges from its corners: a place that has none farther away than this many edges is no corner."""

ON_A_CORNER = 1e-12


@dataclass(frozen=True, eq=False)
class KPrototypes(Scored):
    """`prototypes` (k, d) in the coordinates that `scale` (d,) makes of the features: 1 for numbers, 1/√2 for categories.

    `variance` per dimension is pooled over the clusters, mismatches included, and confidence is what it is in k-means. `rivals` are the
    local optima that the fit came by, the best first; only refits use them, and they are not stored.
    """

    prototypes: Features
    scale: NDArray[np.float64]
    variance: float
    rivals: tuple[Features, ...] = ()
    algorithm: ClassVar[str] = "kprototypes"
    agreement: ClassVar[None] = None

    @property
    def k(self) -> int:
        """How many clusters there are."""
        return len(self.prototypes)

    def scores(self, features: Features) -> Features:
        """Log of the Gaussian density around each prototype, (n, k), up to a constant, with mismatches as squared distances."""
        return spherical(cdist(features * self.scale, self.prototypes, "sqeuclidean"), self.variance)

    def state(self) -> State:
        """Prototypes, scale and variance."""
        return {"prototypes": self.prototypes, "scale": self.scale, "variance": np.array(self.variance)}

    @classmethod
    def restored(cls, state: State) -> Self:
        """The model that `state` was taken from."""
        prototypes, scale = (np.asarray(state[name], dtype=np.float64) for name in ("prototypes", "scale"))
        return cls(prototypes, scale, float(state["variance"]))


@dataclass(frozen=True)
class KPrototypesAlgorithm:
    """k-prototypes (Huang 1998) from k-means++ starts; k-means where there are no categories."""

    name: ClassVar[str] = "kprototypes"
    label: ClassVar[str] = "k-prototypes"

    def fit(self, features: Features, ks: Sequence[int], *, seed: int, layout: Layout = ONE_COLUMN_EACH) -> Mapping[int, Clusterer]:
        """k-prototypes for each of `ks`."""
        refuse_too_few(features, ks)
        with one_thread():
            rows = sampled(features, SAMPLE_ROWS, seed)
            sample = _customers(rows, layout, np.ones(len(rows)))
            whole = sample if len(rows) == len(features) else _like(sample, features)
            return {k: _finish(features, whole, _best(sample, whole, k, seed)) for k in ks}

    def refit(
        self,
        features: Features,
        models: Mapping[int, Clusterer],
        *,
        seed: int,
        weights: NDArray[np.float64],
        layout: Layout = ONE_COLUMN_EACH,
    ) -> Mapping[int, Clusterer]:
        """k-prototypes with the same numbers of clusters, on rows that count `weights` times; in no order."""
        fresh = bool((weights == 1).all())
        with one_thread():
            customers = _customers(features[weights > 0], layout, weights[weights > 0])
            return {k: _refit(customers, model, seed, fresh) for k, model in models.items()}


@dataclass(frozen=True, eq=False)
class _Category:
    """The columns [start, stop) of a category with its corners (levels, columns), and each customer's corner (n,), -1 for unknown."""

    start: int
    stop: int
    corners: Features
    codes: NDArray[np.intp]

    def commonest(self, labels: NDArray[np.intp], weights: NDArray[np.float64], k: int) -> Features:
        """The corner (k, columns) that most customers of each cluster have."""
        known = self.codes >= 0
        cells = labels[known] * len(self.corners) + self.codes[known]
        counts = np.bincount(cells, weights=weights[known], minlength=k * len(self.corners))
        found: Features = self.corners[counts.reshape(k, -1).argmax(axis=1)]
        return found


@dataclass(frozen=True, eq=False)
class _Customers:
    """Rows in the coordinates of k-prototypes, `points` (n, d), that count `weights` (n,) times."""

    points: Features
    weights: NDArray[np.float64]
    scale: NDArray[np.float64]
    categories: tuple[_Category, ...]


def _customers(features: Features, layout: Layout, weights: NDArray[np.float64]) -> _Customers:
    scale = np.ones(features.shape[1])
    for start, stop in layout.categories:
        scale[start:stop] = np.sqrt(0.5)
    points = features * scale
    corners = [(start, stop, _corners(points[:, start:stop])) for start, stop in layout.categories]
    return _Customers(points, weights, scale, tuple(_category(points, *each) for each in corners))


def _like(sample: _Customers, features: Features) -> _Customers:
    """The rows of `features` (n, d), once each, with the corners of `sample`."""
    points = features * sample.scale
    categories = tuple(_category(points, each.start, each.stop, each.corners) for each in sample.categories)
    return _Customers(points, np.ones(len(points)), sample.scale, categories)


def _corners(columns: Features) -> Features:
    """The corners (levels, c) that occur in `columns` (n, c)."""
    places = np.unique(columns, axis=0)
    farthest = cdist(places, places).max(axis=1)
    return places[farthest >= MIDDLE * farthest.max()] if len(places) > 2 else places


def _category(points: Features, start: int, stop: int, corners: Features) -> _Category:
    """Who is on which of `corners`; who is on none has an unknown level."""
    squared = cdist(points[:, start:stop], corners, "sqeuclidean")
    return _Category(start, stop, corners, np.where(squared.min(axis=1) < ON_A_CORNER, squared.argmin(axis=1), -1))


def _best(sample: _Customers, whole: _Customers, k: int, seed: int) -> tuple[Features, ...]:
    """The local optima of `sample`, the best of them polished on everybody."""
    restarts = centres.RESTARTS if len(sample.points) > centres.FEW_ROWS else centres.RESTARTS_FOR_FEW
    first, *others = _local_optima(sample, k, seed, restarts)
    return (first if sample is whole else _settled(whole, first, centres.POLISH_PASSES)[1], *others)


def _local_optima(customers: _Customers, k: int, seed: int, restarts: int) -> tuple[Features, ...]:
    """The different prototypes that `restarts` starts lead to; their k-means++ (Arthur & Vassilvitskii 2007) knows mismatches too."""
    starts = [
        kmeans_plusplus(customers.points, k, sample_weight=customers.weights, random_state=each)[0]
        for each in centres.restart_seeds(seed, restarts)
    ]
    return centres.distinct_optima([_settled(customers, start) for start in starts])


def _settled(customers: _Customers, prototypes: Features, passes: int = PASSES) -> tuple[float, Features]:
    """What all customers are charged, and the prototypes (k, d), where Lloyd's algorithm with modes ends."""
    labels = np.full(len(customers.points), -1)
    for _ in range(passes):
        squared = cdist(customers.points, prototypes, "sqeuclidean")
        before, labels = labels, squared.argmin(axis=1)
        if (labels == before).all():
            break
        prototypes = _updated(customers, labels, squared.min(axis=1), len(prototypes))
    return float(cdist(customers.points, prototypes, "sqeuclidean").min(axis=1) @ customers.weights), prototypes


def _updated(customers: _Customers, labels: NDArray[np.intp], charged: NDArray[np.float64], k: int) -> Features:
    """Means and commonest levels (k, d) of the clusters; an empty one starts anew at a customer who is charged most."""
    weights = customers.weights
    size = np.bincount(labels, weights=weights, minlength=k)
    sums = np.column_stack([np.bincount(labels, weights=weights * column, minlength=k) for column in customers.points.T])
    found: Features = sums / np.maximum(size, 1.0)[:, None]
    for category in customers.categories:
        found[:, category.start : category.stop] = category.commonest(labels, weights, k)
    empty = np.flatnonzero(size == 0)
    found[empty] = customers.points[np.argsort(-charged, kind="stable")[: len(empty)]]
    return found


def _refit(customers: _Customers, model: Clusterer, seed: int, fresh: bool) -> KPrototypes:
    """As many prototypes again: other customers get random starts, a sample those of the first fit's optima that suit it best."""
    if fresh or not isinstance(model, KPrototypes):
        rivals = _local_optima(customers, model.k, seed, centres.FRESH_RESTARTS)
        return KPrototypes(rivals[0], customers.scale, 1.0, rivals)
    starts = centres.best_starts(customers.points, customers.weights, model.rivals or (model.prototypes,))
    settled = [_settled(customers, start) for start in starts]
    return KPrototypes(min(settled, key=lambda fit: fit[0])[1], customers.scale, 1.0)


def _finish(features: Features, whole: _Customers, rivals: tuple[Features, ...]) -> KPrototypes:
    """Clusters of the best optimum, the largest first, with their pooled variance."""
    k, dimensions = rivals[0].shape
    labels = KPrototypes(rivals[0], whole.scale, 1.0).labels(features)
    prototypes = np.ascontiguousarray(rivals[0][by_size(labels, k, rivals[0])])
    charged = sum(float(cdist(block, prototypes, "sqeuclidean").min(axis=1).sum()) for block in blocks(whole.points))
    return KPrototypes(prototypes, whole.scale, charged / (dimensions * max(len(features) - k, 1)), (prototypes, *rivals[1:]))
