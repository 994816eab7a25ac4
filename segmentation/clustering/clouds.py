"""Clouds of customers with gaps all around, however unequal in size.

k-means puts its centres where most squared distance is saved: of one large and one small cloud it would rather cut the large one in
two than let the small one be. So customers are first cut into many small pieces, and the two pieces with the shallowest valley between
them are joined, and so on, until there is a gap beside every one (joining the parts of a mixture by the valley between them: Hennig
2010, section 4.2). The pieces stay: a customer belongs to the cloud whose nearest piece is nearest, so clouds need not be round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans as _KMeans

from segmentation.clustering.centres import fit_kmeans
from segmentation.clustering.gaps import BRIDGED, spread_steps, valleys
from segmentation.clustering.rows import refuse_too_few, sampled
from segmentation.clustering.scored import Scored, spherical
from segmentation.clustering.threads import one_thread
from segmentation.clustering.types import ONE_COLUMN_EACH, Clusterer, Features, Layout, State, by_size

PIECES = 32
PIECE_RESTARTS = 2
LEAST_PIECE = 20
"""Customers per piece on average, at least; a density needs some."""

LEAST_CLOUD = 15
"""A cloud of fewer customers joins the one that it is least apart from."""

ONE_AND_THE_SAME = 0.75
"""Pieces whose valley is this shallow are joined at once, without looking again after each."""

SAMPLE_ROWS = 5_000
"""Clouds are looked for among so many customers."""


@dataclass(frozen=True, eq=False)
class Clouds(Scored):
    """Pieces with their centres (p, d), the cloud of each (p,), and the pooled `variance` per dimension inside the pieces.

    Confidence is the posterior of the nearest piece of each cloud, in the mixture of equal round normals that k-means implies.
    """

    pieces: Features
    cloud: NDArray[np.int16]
    variance: float
    algorithm: ClassVar[str] = "clouds"
    agreement: ClassVar[None] = None

    @property
    def k(self) -> int:
        """How many clouds there are."""
        return int(self.cloud.max()) + 1

    def scores(self, features: Features) -> Features:
        """Log density around the nearest piece of each cloud, (n, k), up to a constant."""
        squared = cdist(features, self.pieces, "sqeuclidean")
        nearest = np.column_stack([squared[:, self.cloud == cloud].min(axis=1) for cloud in range(self.k)])
        return spherical(nearest, self.variance)

    def state(self) -> State:
        """Pieces, their clouds, and the variance."""
        return {"pieces": self.pieces, "cloud": self.cloud, "variance": np.array(self.variance)}

    @classmethod
    def restored(cls, state: State) -> Self:
        """The model that `state` was taken from."""
        return cls(np.asarray(state["pieces"], dtype=np.float64), np.asarray(state["cloud"], dtype=np.int16), float(state["variance"]))


@dataclass(frozen=True)
class CloudsAlgorithm:
    """Finds its own number of clusters: as many as there are clouds with gaps between them, and none where all hangs together."""

    name: ClassVar[str] = "clouds"
    label: ClassVar[str] = "separate clouds"

    def fit(self, features: Features, ks: Sequence[int], *, seed: int, layout: Layout = ONE_COLUMN_EACH) -> Mapping[int, Clusterer]:
        """The clouds of `features` (n, d), where their number is one of `ks`."""
        refuse_too_few(features, ks)
        generator = np.random.default_rng((seed, 4))
        with one_thread():
            found = _find_clouds(sampled(features, SAMPLE_ROWS, seed), seed, generator)
        if found is None or found.k not in ks:
            return {}
        centres = np.stack([found.pieces[found.cloud == cloud].mean(axis=0) for cloud in range(found.k)])
        place = np.argsort(by_size(found.labels(features), found.k, centres)).astype(np.int16)
        return {found.k: replace(found, cloud=place[found.cloud])}

    def refit(
        self,
        features: Features,
        models: Mapping[int, Clusterer],
        *,
        seed: int,
        weights: NDArray[np.float64],
        layout: Layout = ONE_COLUMN_EACH,
    ) -> Mapping[int, Clusterer]:
        """The same clouds, their pieces moved to the rows drawn; on other customers (everybody counts once), k-means' clusters."""
        fresh = bool((weights == 1).all())
        return {k: _moved(features, model, seed, weights, fresh) for k, model in models.items()}


def _moved(features: Features, model: Clusterer, seed: int, weights: NDArray[np.float64], fresh: bool) -> Clouds:
    if fresh or not isinstance(model, Clouds):
        found = fit_kmeans(features, model.k, seed=seed, restarts=PIECE_RESTARTS)
        return Clouds(found.centres, np.arange(model.k, dtype=np.int16), found.variance)
    drawn = weights > 0
    with one_thread():
        again = _KMeans(len(model.pieces), init=model.pieces, n_init=1).fit(features[drawn], sample_weight=weights[drawn])
    return replace(model, pieces=np.asarray(again.cluster_centers_, dtype=np.float64))


def _find_clouds(features: Features, seed: int, generator: np.random.Generator) -> Clouds | None:
    """The clouds in `features` (n, d); None where everything hangs together."""
    count = min(PIECES, len(features) // LEAST_PIECE, len(np.unique(features, axis=0)))
    if count < 2:
        return None
    pieces = fit_kmeans(features, count, seed=seed, restarts=PIECE_RESTARTS)
    cloud = _joined(spread_steps(features, generator), pieces.labels(features), count)
    return Clouds(pieces.centres, cloud, pieces.variance) if cloud.max() > 0 else None


def _joined(features: Features, labels: NDArray[np.int16], count: int) -> NDArray[np.int16]:
    """The cloud of each of `count` pieces: the shallowest valley is closed first, and looked at again for the two together."""
    depth = valleys(features, labels, count)
    cloud = connected_components(depth > ONE_AND_THE_SAME, directed=False)[1].astype(np.int16)
    while (groups := int(cloud.max()) + 1) > 1:
        place = cloud[labels]
        depth = valleys(features, place, groups)
        np.fill_diagonal(depth, -1.0)
        size = np.bincount(place, minlength=groups)
        tiny = int(size.argmin())
        first, second = np.unravel_index(int(depth.argmax()), depth.shape)
        if depth[first, second] <= BRIDGED:
            if size[tiny] >= LEAST_CLOUD:
                break
            first, second = np.intp(tiny), np.intp(depth[tiny].argmax())
        cloud[cloud == second] = first
        cloud = np.unique(cloud, return_inverse=True)[1].astype(np.int16)
    joined: NDArray[np.int16] = cloud
    return joined
