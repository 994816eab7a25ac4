from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.cluster import Birch as ReferenceBirch
from sklearn.metrics import adjusted_rand_score

from segmentation.clustering import birch, cluster_means, within_sum_of_squares
from segmentation.clustering.birch import LEAST, SUBCLUSTERS, Birch, BirchAlgorithm
from segmentation.clustering.ward import cut, ward_tree, weighted_ward_tree
from tests.segmentation.shop import blobs

BIRCH = BirchAlgorithm()


def fitted(features: np.ndarray, *ks: int) -> dict[int, Birch]:
    models = BIRCH.fit(features, ks, seed=0)
    assert all(isinstance(model, Birch) for model in models.values())
    return dict(models)  # type: ignore[arg-type]


def test_agrees_with_scikit_learn_where_clusters_are_apart() -> None:
    features, kind = blobs(5, 8.0, customers=1_000)
    model = fitted(features, 5)[5]
    reference = ReferenceBirch(threshold=model.threshold, n_clusters=5).fit_predict(features)
    assert adjusted_rand_score(reference, model.labels(features)) > 0.97
    assert adjusted_rand_score(kind, model.labels(features)) > 0.97


def test_subclusters_are_means_of_several_customers(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    monkeypatch.setattr(birch, "cluster_means", lambda *given: sizes.append(cluster_means(*given)[0]) or cluster_means(*given))
    features, _ = blobs(4, 2.0, customers=2_000)
    features[:6] += 20.0 * np.eye(6)
    model = fitted(features, 4)[4]
    assert len(sizes) == 1
    assert sizes[0].min() >= LEAST
    assert 50 <= len(model.points) <= 2_000 / birch.MEMBERS
    assert cdist(model.points, features).min() > 1e-6
    assert np.abs(model.points).max() < 10.0


def test_places_customers_itself() -> None:
    features, _ = blobs(4, 2.0)
    model = fitted(features, 4)[4]
    assert model.agreement is None
    assert (model.labels(features) == model.owner[cdist(features, model.points).argmin(axis=1)]).all()


def test_all_numbers_of_clusters_share_subclusters_and_nest() -> None:
    features, _ = blobs(4, 2.0)
    models = fitted(features, 2, 5)
    assert {tuple(row) for row in models[2].points} == {tuple(row) for row in models[5].points}
    coarse, fine = models[2].labels(features), models[5].labels(features)
    assert all(len(np.unique(coarse[fine == cluster])) == 1 for cluster in range(5))


def test_comes_close_to_wards_method() -> None:
    features, _ = blobs(5, 4.0, customers=1_500)
    joined = within_sum_of_squares(features, fitted(features, 5)[5].labels(features), 5)
    assert joined < 1.05 * within_sum_of_squares(features, cut(ward_tree(features), 5), 5)


def test_customers_come_to_the_tree_in_random_order(monkeypatch: pytest.MonkeyPatch) -> None:
    came, tree = [], birch._tree
    monkeypatch.setattr(birch, "_tree", lambda rows, threshold: came.append(rows[:, 0]) or tree(rows, threshold))
    features, _ = blobs(5, 4.0)
    in_order = features[np.argsort(features[:, 0])]
    models = fitted(in_order, 5)
    BIRCH.refit(in_order, models, seed=0, weights=np.ones(600))
    assert all(abs(np.corrcoef(each, np.arange(600))[0, 1]) < 0.2 for each in came)


def test_subclusters_weigh_what_their_customers_do(monkeypatch: pytest.MonkeyPatch) -> None:
    given = []
    monkeypatch.setattr(birch, "weighted_ward_tree", lambda *each: given.append(each) or weighted_ward_tree(*each))
    features, _ = blobs(4, 2.0)
    fitted(features, 4)
    points, weights = given[0]
    assert (weights == np.bincount(cdist(features, points).argmin(axis=1))).all()
    assert weights.max() > 2 * weights.min()


def test_however_narrow_there_are_not_too_many_subclusters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(birch, "_threshold", lambda rows, clusters: 0.15)
    monkeypatch.setattr(birch, "SUBCLUSTERS", 30)
    features = np.random.default_rng(0).normal(size=(2_000, 2))
    model = fitted(features, 4)[4]
    assert len(model.points) == 30


@pytest.mark.parametrize("shape", [(400, 60), (40, 3), (12, 2)])
def test_many_features_and_few_customers_are_no_trouble(shape: tuple[int, int]) -> None:
    features = np.random.default_rng(0).normal(size=shape)
    for k, model in fitted(features, 2, 6).items():
        assert len(model.points) <= SUBCLUSTERS
        assert set(model.labels(features)) == set(range(k))


def test_what_cannot_be_joined_to_so_many_is_left_out() -> None:
    features = np.repeat(np.eye(3), 20, axis=0)
    models = fitted(features, 2, 3, 4)
    assert set(models) == {2, 3}
    refits = BIRCH.refit(features, models, seed=0, weights=(np.arange(60) < 40).astype(float))
    assert {key: model.k for key, model in refits.items()} == {2: 2, 3: 2}


def test_refits_are_as_wide_as_the_fit() -> None:
    features, _ = blobs(4, 2.0)
    models = fitted(features, 3, 4)
    refits = BIRCH.refit(features, models, seed=0, weights=(np.arange(600) % 3).astype(float))
    assert all(isinstance(model, Birch) and model.threshold == models[3].threshold for model in refits.values())
    assert Birch.restored(models[3].state()).threshold == models[3].threshold > 0


def test_clouds_much_smaller_than_the_gaps_between_them_can_be_split() -> None:
    features, _ = blobs(2, 100.0)
    assert set(fitted(features, 2, 8)) == {2, 8}
