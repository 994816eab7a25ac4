"""Mini-batch k-means: k-means that looks at a few customers at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import MiniBatchKMeans as _MiniBatchKMeans

from segmentation.clustering.centres import POLISH_PASSES, KMeans, KMeansAlgorithm, Race, Search, lloyd, restart_seeds
from segmentation.clustering.types import Features

BATCH_ROWS = 1_024
"""Larger batches cost more and end no better (tried up to 4,096 on 2,000 to 7,000 customers)."""


def in_batches(features: Features, k: int, *, weights: NDArray[np.float64] | None = None, **start: Any) -> tuple[float, Features]:
    """Inertia and centres (k, d) where batches lead from one `start` (scikit-learn's `init` and `random_state`).

    Batches leave each centre a little off the mean of its customers, which costs some 2 % of the inertia; `POLISH_PASSES` of Lloyd's
    algorithm over everybody take most of that away.
    """
    rough = _MiniBatchKMeans(k, n_init=1, batch_size=BATCH_ROWS, compute_labels=False, **start).fit(features, sample_weight=weights)
    return lloyd(features, k, weights=weights, init=rough.cluster_centers_, max_iter=POLISH_PASSES)


def best_in_batches(features: Features, k: int, weights: NDArray[np.float64], starts: Sequence[Features] | int, seed: int) -> Features:
    """The centres of the best that batches lead to from given starts, or from so many random ones."""
    given = [{"random_state": each} for each in restart_seeds(seed, starts)] if isinstance(starts, int) else [
        {"init": start, "random_state": seed} for start in starts
    ]  # fmt: skip
    return min((in_batches(features, k, weights=weights, **start) for start in given), key=lambda fit: fit[0])[1]


class MiniBatchKMeans(KMeans):
    """Centres found in batches; all else is as in k-means."""

    algorithm: ClassVar[str] = "minibatch"
    search: ClassVar[Search] = staticmethod(in_batches)
    best_of: ClassVar[Race] = staticmethod(best_in_batches)


class MiniBatchAlgorithm(KMeansAlgorithm):
    """Mini-batch k-means (Sculley 2010) from k-means++ starts."""

    name: ClassVar[str] = "minibatch"
    label: ClassVar[str] = "mini-batch k-means"
    kind: ClassVar[type[KMeans]] = MiniBatchKMeans
