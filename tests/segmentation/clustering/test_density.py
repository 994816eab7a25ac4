from __future__ import annotations

import numpy as np
import pytest
from sklearn import cluster

from segmentation.choosing.stability import bootstrap
from segmentation.clustering import density
from segmentation.clustering.density import NEIGHBOURS, SHARES, Hdbscan, HdbscanAlgorithm, dense_regions
from tests.segmentation.shop import blobs

HDBSCAN = HdbscanAlgorithm()


def reference(features: np.ndarray, share: float) -> np.ndarray:
    smallest = round(share * len(features))
    return cluster.HDBSCAN(min_cluster_size=smallest, min_samples=NEIGHBOURS, algorithm="brute", copy=True).fit_predict(features)


@pytest.mark.parametrize("share", SHARES)
def test_regions_are_those_of_scikit_learn(share: float) -> None:
    features, _ = blobs(4, 7.0, customers=800)
    assert (dense_regions(features, share) == reference(features, share)).all()


def nested() -> np.ndarray:
    """Four clouds of very different sizes: how many are found depends on the smallest that may be."""
    draw = np.random.default_rng(1)
    return np.vstack([draw.normal(size=(size, 3)) + centre for size, centre in ((400, 0), (200, 8), (60, 16), (25, 24))])


def test_each_share_gives_its_own_number() -> None:
    features = nested()
    found = {labels.max() + 1: labels for labels in (reference(features, share) for share in SHARES)}
    models = HDBSCAN.fit(features, range(2, 9), seed=0)
    assert set(models) == set(found) == {2, 3, 4}
    for k, model in models.items():
        assert isinstance(model, Hdbscan)
        assert (dense_regions(features, model.share) == found[k]).all()
        assert (model.labels(features) == -1).sum() == pytest.approx((found[k] == -1).sum(), abs=0.05 * len(features))


def test_for_each_number_the_fewest_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    features, kind = blobs(2, 8.0, customers=100)
    left_out = dict(zip(SHARES, (40, 20, 30, 20, 50, 60), strict=True))
    monkeypatch.setattr(density, "dense_regions", lambda rows, share: np.where(np.arange(100) < left_out[share], -1, kind).astype(np.int16))
    assert HDBSCAN.fit(features, (2,), seed=0)[2].share == SHARES[1]  # type: ignore[attr-defined]


def test_only_numbers_that_were_asked_for() -> None:
    features, _ = blobs(4, 10.0, customers=400)
    assert list(HDBSCAN.fit(features, (2, 3, 5), seed=0)) == []
    assert list(HDBSCAN.fit(features, (4,), seed=0)) == [4]


def test_without_structure_there_is_nothing() -> None:
    assert HDBSCAN.fit(np.random.default_rng(0).normal(size=(600, 4)), range(2, 9), seed=0) == {}


def test_the_stand_in_leaves_out_whom_hdbscan_leaves_out() -> None:
    draw = np.random.default_rng(0)
    kind = np.repeat([0, 1, 2, -1], [300, 250, 200, 80])
    features = np.where(kind[:, None] < 0, draw.uniform(-8, 24, size=(830, 3)), draw.normal(size=(830, 3)) + 8.0 * kind[:, None])
    model = HDBSCAN.fit(features, (3,), seed=0)[3]
    found, placed = dense_regions(features, model.share), model.labels(features)  # type: ignore[attr-defined]
    assert model.agreement is not None
    assert model.agreement > 0.95
    assert ((found < 0) == (placed < 0)).mean() > 0.95
    assert (placed < 0).sum() > 50
    assert model.labels(np.full((1, 3), 60.0)).tolist() == [-1]


def test_a_refit_may_find_nothing() -> None:
    features, _ = blobs(4, 10.0, customers=400)
    models = HDBSCAN.fit(features, (4,), seed=0)
    shapeless = np.random.default_rng(0).normal(size=(400, 6))
    nothing = HDBSCAN.refit(shapeless, models, seed=0, weights=np.ones(400))
    assert (nothing[4].k, nothing[4].labels(shapeless).max()) == (0, -1)
    assert HDBSCAN.refit(features[:3], models, seed=0, weights=np.ones(3))[4].k == 0
    assert bootstrap(features, models, HDBSCAN, seed=0, draws=3)[4].mean > 0.8
    assert bootstrap(shapeless, nothing, HDBSCAN, seed=0, draws=2)[4].jaccard.tolist() == []


def test_a_refit_keeps_the_share(monkeypatch: pytest.MonkeyPatch) -> None:
    features = nested()
    models = HDBSCAN.fit(features, (2,), seed=0)
    asked = []
    monkeypatch.setattr(density, "dense_regions", lambda rows, share: asked.append((len(rows), share)) or dense_regions(rows, share))
    again = HDBSCAN.refit(features, models, seed=0, weights=(np.arange(685) % 2).astype(float))
    assert asked == [(342, models[2].share)]  # type: ignore[attr-defined]
    assert again[2].share == models[2].share > SHARES[0]  # type: ignore[attr-defined]
