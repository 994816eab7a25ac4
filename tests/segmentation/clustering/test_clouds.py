from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from segmentation.clustering.centres import fit_kmeans
from segmentation.clustering.clouds import CloudsAlgorithm

CLOUDS = CloudsAlgorithm()


def unequal(sizes: tuple[int, ...], distance: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Clouds of these sizes, with a yes-or-no in every one that has nothing to do with them."""
    draw = np.random.default_rng(seed)
    kind = np.repeat(np.arange(len(sizes)), sizes)
    centres = draw.normal(size=(len(sizes), 5))
    while min(np.linalg.norm(centres[i] - centres[j]) for i in range(len(sizes)) for j in range(i)) < distance:
        centres *= 1.1
    noise = 6.0 * draw.integers(0, 2, len(kind))
    return np.column_stack([centres[kind] + draw.normal(size=(len(kind), 5)), noise]), kind


@pytest.mark.parametrize("seed", range(3))
def test_a_small_cloud_is_found_where_k_means_would_rather_cut_a_large_one(seed: int) -> None:
    features, kind = unequal((900, 900, 40), 7.0, seed)
    found = CLOUDS.fit(features, range(2, 9), seed=0)
    assert list(found) == [3]
    assert adjusted_rand_score(kind, found[3].labels(features)) > 0.98
    assert adjusted_rand_score(kind, fit_kmeans(features, 3, seed=0).labels(features)) < 0.9


def test_where_all_hangs_together_there_are_no_clouds() -> None:
    draw = np.random.default_rng(0)
    assert CLOUDS.fit(draw.normal(size=(1_500, 5)), range(2, 9), seed=0) == {}
    assert CLOUDS.fit(draw.random((1_500, 3)), range(2, 9), seed=0) == {}


def test_clouds_need_not_be_round() -> None:
    draw = np.random.default_rng(0)
    kind = np.arange(1_500) % 2
    features = draw.normal(size=(1_500, 2)) * [6.0, 0.5] + np.column_stack([np.zeros(1_500), 4.0 * kind])
    found = CLOUDS.fit(features, range(2, 9), seed=0)
    assert list(found) == [2]
    assert adjusted_rand_score(kind, found[2].labels(features)) > 0.98
    assert adjusted_rand_score(kind, fit_kmeans(features, 2, seed=0).labels(features)) < 0.1


def test_a_number_that_was_not_asked_for_is_not_given() -> None:
    features, _ = unequal((300, 300, 300), 8.0)
    assert CLOUDS.fit(features, [2, 4], seed=0) == {}


def test_a_refit_moves_the_pieces_and_keeps_the_clouds() -> None:
    features, _ = unequal((500, 400, 300), 8.0)
    models = CLOUDS.fit(features, [3], seed=0)
    weights = np.random.default_rng(0).integers(0, 3, len(features)).astype(np.float64)
    again = CLOUDS.refit(features, models, seed=0, weights=weights)[3]
    before, after = models[3].state(), again.state()
    assert (after["cloud"] == before["cloud"]).all()
    assert not np.array_equal(after["pieces"], before["pieces"])
    assert adjusted_rand_score(models[3].labels(features), again.labels(features)) > 0.98
