from __future__ import annotations

import numpy as np
import pytest

from segmentation.clustering import KMeans, centres, fit_kmeans, minibatch, within_sum_of_squares
from segmentation.clustering.minibatch import MiniBatchAlgorithm, MiniBatchKMeans
from tests.segmentation.shop import blobs


@pytest.mark.parametrize("distance", [1.0, 4.0])
def test_comes_close_to_k_means(distance: float) -> None:
    features, _ = blobs(5, distance, customers=1_500)
    for k, model in MiniBatchAlgorithm().fit(features, (3, 8), seed=0).items():
        best = within_sum_of_squares(features, fit_kmeans(features, k, seed=0).labels(features), k)
        assert within_sum_of_squares(features, model.labels(features), k) < 1.006 * best


def test_looks_at_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    batches = minibatch._MiniBatchKMeans
    monkeypatch.setattr(minibatch, "_MiniBatchKMeans", lambda *args, **settings: seen.append(settings) or batches(*args, **settings))
    features, _ = blobs(3, 4.0)
    models = MiniBatchAlgorithm().fit(features, (3,), seed=0)
    starts = len(seen)
    assert centres.FEWEST_RESTARTS <= starts <= centres.RESTARTS_FOR_FEW
    MiniBatchAlgorithm().refit(features, models, seed=0, weights=np.arange(600) % 3 * 1.0)
    assert len(seen) > starts


def test_is_stored_as_k_means_is() -> None:
    features, _ = blobs(3, 4.0)
    models = MiniBatchAlgorithm().fit(features, (3,), seed=0)
    refitted = MiniBatchAlgorithm().refit(features, models, seed=0, weights=np.ones(600))
    assert isinstance(models[3], MiniBatchKMeans)
    assert isinstance(refitted[3], MiniBatchKMeans)
    plain = KMeans.restored(models[3].state())
    assert (plain.labels(features) == models[3].labels(features)).all()
