from __future__ import annotations

import numpy as np
import pytest
from scipy.cluster.hierarchy import linkage
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score

from segmentation.clustering import ward
from segmentation.clustering.ward import WardAlgorithm, cut, ward_tree, weighted_ward_tree
from tests.segmentation.shop import blobs

WARD = WardAlgorithm()


@pytest.mark.parametrize("k", [1, 2, 3, 5, 8, 399, 400])
def test_the_tree_is_cut_as_scikit_learn_does(k: int) -> None:
    features, _ = blobs(5, 2.0, customers=400)
    labels = cut(ward_tree(features), k)
    assert set(labels) == set(range(k))
    assert adjusted_rand_score(AgglomerativeClustering(k, linkage="ward").fit_predict(features), labels) == 1.0


def test_few_leaves_are_a_cluster_each() -> None:
    assert cut(ward_tree(np.eye(3)), 5).tolist() == [0, 1, 2]
    assert cut(ward_tree(np.eye(1)), 5).tolist() == [0]


def test_without_weights_the_weighted_tree_is_the_same() -> None:
    features, _ = blobs(5, 2.0, customers=120)
    weighted = weighted_ward_tree(features, np.ones(120))
    assert (np.sort(weighted, axis=1) == np.sort(linkage(features, "ward")[:, :2], axis=1)).all()


@pytest.mark.parametrize("k", [2, 3, 6])
def test_weights_count_customers(k: int) -> None:
    draw = np.random.default_rng(0)
    points, counts = draw.normal(size=(40, 3)), draw.integers(1, 30, 40)
    repeated = AgglomerativeClustering(k, linkage="ward").fit_predict(np.repeat(points, counts, axis=0))
    weighted = np.repeat(cut(weighted_ward_tree(points, counts.astype(float)), k), counts)
    assert adjusted_rand_score(repeated, weighted) == 1.0
    assert adjusted_rand_score(repeated, np.repeat(cut(ward_tree(points), k), counts)) < 0.9


def test_one_tree_serves_all_numbers_of_clusters(monkeypatch: pytest.MonkeyPatch) -> None:
    trees = []
    monkeypatch.setattr(ward, "ward_tree", lambda rows: trees.append(len(rows)) or ward_tree(rows))
    features, _ = blobs(4, 3.0, customers=300)
    models = WARD.fit(features, range(2, 9), seed=0)
    assert trees == [300]
    WARD.refit(features, models, seed=0, weights=(np.arange(300) % 3).astype(float))
    assert trees == [300, 200]


def test_the_stand_in_places_as_the_tree_does() -> None:
    features, _ = blobs(5, 8.0, customers=1_500)
    for k, model in WARD.fit(features, range(2, 6), seed=0).items():
        assert model.agreement is not None
        assert model.agreement > 0.99
        assert adjusted_rand_score(cut(ward_tree(features), k), model.labels(features)) > 0.98


def test_and_mostly_where_clusters_overlap() -> None:
    features, _ = blobs(5, 4.0, customers=2_000)
    agreements = [model.agreement for model in WARD.fit(features, (2, 3, 4, 5, 6), seed=0).values()]
    assert min(agreements) > 0.9  # type: ignore[type-var]
    assert max(agreements) < 1.0  # type: ignore[type-var]


def test_agreement_is_measured_where_new_customers_would_be_wrong() -> None:
    """The tree's border between parts of one round cloud is arbitrary, and a stand-in says so."""
    features, _ = blobs(1, 0.0, customers=1_000)
    agreement = WARD.fit(features, (6,), seed=0)[6].agreement
    assert agreement is not None
    assert 0.6 < agreement < 0.9
