"""What there is to see when there is nothing to see: the same figures on customers whose columns were shuffled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segmentation.choosing.figures import davies_bouldin, explained, mean_silhouette, silhouette_samples, within_per_row
from segmentation.choosing.stability import bootstrap, prediction_strength
from segmentation.clustering import Algorithm, Clusterer, Features, Layout

ROWS = 1_000
"""Rows of each shuffle: every column gives as many of its values, drawn at random."""

SHUFFLES = 5
LEVEL_DRAWS = 2
"""Bootstrap draws behind the reference's own repeatability: it sets a level, no decision hangs on it."""

Blocks = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Reference:
    """Figures of one number of clusters on shuffled columns: one entry per shuffle, or a level from the first of them."""

    log_within: NDArray[np.float64]
    explained: NDArray[np.float64]
    silhouette: NDArray[np.float64]
    davies_bouldin: NDArray[np.float64]
    stability: float
    prediction_strength: float


def shuffled(features: Features, generator: np.random.Generator, blocks: Blocks | None = None) -> Features:
    """`features` (n, d) with every feature in an order of its own: each distribution is kept, all structure between features is gone.

    `blocks` are the ranges of columns that are one feature (a category) and move together; by default each column is.
    """
    if blocks is None:
        return np.ascontiguousarray(generator.permuted(features, axis=0))
    mixed = np.empty_like(features)
    for start, stop in blocks:
        mixed[:, start:stop] = features[generator.permutation(len(features)), start:stop]
    return mixed


def shuffled_reference(
    sample: Features, models: Mapping[int, Clusterer], algorithm: Algorithm, *, seed: int, layout: Layout, blocks: Blocks
) -> dict[int, Reference]:
    """Figures of `algorithm` with the settings of `models` on shuffles of `sample` (n, d), by the keys of `models`."""
    generator = np.random.default_rng((seed, 1))
    shuffles = [shuffled(sample, generator, blocks)[:ROWS] for _ in range(SHUFFLES)]
    fits = [
        algorithm.refit(columns, models, seed=place, weights=np.ones(len(columns)), layout=layout) for place, columns in enumerate(shuffles)
    ]
    again = bootstrap(shuffles[0], fits[0], algorithm, seed=seed, draws=LEVEL_DRAWS, layout=layout)
    foretold = prediction_strength(shuffles[0], fits[0], algorithm, seed=seed, splits=1, layout=layout)
    seen = [_one_shuffle(columns, fit) for columns, fit in zip(shuffles, fits, strict=True)]
    return {key: _reference(np.array([each[key] for each in seen]), again[key].mean, foretold[key]) for key in models}


def _one_shuffle(columns: Features, models: Mapping[int, Clusterer]) -> dict[int, tuple[float, float, float, float]]:
    """Log within, explained, silhouette and Davies-Bouldin of each model, the silhouettes from one matrix."""
    labels = {key: model.labels(columns) for key, model in models.items()}
    silhouettes = silhouette_samples(columns, list(labels.values()))
    return {
        key: (
            float(np.log(within_per_row(columns[own >= 0], own[own >= 0], models[key].k))),
            explained(columns, own, models[key].k),
            mean_silhouette(silhouette),
            davies_bouldin(columns, own, models[key].k),
        )
        for (key, own), silhouette in zip(labels.items(), silhouettes, strict=True)
    }


def _reference(seen: NDArray[np.float64], stability: float, strength: float) -> Reference:
    log_within, share, silhouette, radii = seen.T
    return Reference(log_within, share, silhouette, radii, stability, strength)
