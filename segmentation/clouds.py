"""Clouds of customers with gaps all around, however unequal in size.

k-means puts its centres where most squared distance is saved: of one large and one small cloud it would rather cut the large one in
two than let the small one be. So customers are first cut into many small pieces, and pieces that shade into each other are joined
again: what is left are the clouds (joining parts of a mixture by how deep the valley between them is: Hennig 2010; joining by
single linkage, as DBSCAN and its successors do). Their means are a start for k-means.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse.csgraph import connected_components

from segmentation.clustering import Features, cluster_means, fit_kmeans
from segmentation.gaps import BRIDGED, spread_steps, valleys

PIECES = 24
PIECE_RESTARTS = 5
LEAST_PIECE = 20
"""Customers per piece on average, at least; a density needs some."""


def find_clouds(features: Features, *, seed: int) -> Features | None:
    """Means (k, d) of the clouds in `features` (n, d), the largest first; None where everything hangs together."""
    pieces = min(PIECES, len(features) // LEAST_PIECE, len(np.unique(features, axis=0)))
    if pieces < 2:
        return None
    labels = fit_kmeans(features, pieces, seed=seed, restarts=PIECE_RESTARTS).labels(features)
    depth = valleys(spread_steps(features, np.random.default_rng((seed, 4))), labels, pieces)
    count, cloud = connected_components(depth > BRIDGED, directed=False)
    if count < 2:
        return None
    size, means = cluster_means(features, cloud[labels].astype(np.int16), int(count))
    return means[np.argsort(-size, kind="stable")]
