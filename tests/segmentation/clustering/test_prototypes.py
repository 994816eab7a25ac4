from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from segmentation.clustering import prototypes
from segmentation.clustering.density import Hdbscan
from segmentation.clustering.prototypes import LEAST, MEMBERS, agreement
from segmentation.clustering.ward import Ward
from tests.segmentation.shop import blobs


def halves(features: np.ndarray) -> np.ndarray:
    """A partition with a crooked border: by the sign of the first feature, turned where the second is large."""
    return ((features[:, 0] > 0) ^ (features[:, 1] > 1)).astype(np.int16)


def test_the_nearest_prototype_decides() -> None:
    features, _ = blobs(4, 1.0)
    model = Ward.learned(features, halves(features), 2, seed=0)
    nearest = cdist(features, model.points).argmin(axis=1)
    assert (model.labels(features) == model.owner[nearest]).all()
    squared = cdist(features, model.points, "sqeuclidean")
    expected = np.column_stack([squared[:, model.owner == cluster].min(axis=1) for cluster in range(2)]) / (-2 * model.variance)
    assert model.scores(features) == pytest.approx(expected)


def test_variance_is_pooled_around_the_own_clusters_nearest_prototypes() -> None:
    features, _ = blobs(4, 1.0)
    labels = halves(features)
    model = Ward.learned(features, labels, 2, seed=0)
    own = [cdist(row[None], model.points[model.owner == label], "sqeuclidean").min() for row, label in zip(features, labels, strict=True)]
    assert model.variance == pytest.approx(sum(own) / (6 * (len(features) - len(model.points))))


def test_several_prototypes_follow_a_crooked_border() -> None:
    features, _ = blobs(4, 1.0, customers=2_000, dimensions=2)
    labels = halves(features)
    model = Ward.learned(features, labels, 2, seed=0)
    means = np.stack([features[labels == cluster].mean(axis=0) for cluster in range(2)])
    assert (model.labels(features) == labels).mean() > 0.95
    assert (cdist(features, means).argmin(axis=1) == labels).mean() < 0.9


def test_every_prototype_is_the_mean_of_several_customers() -> None:
    features, _ = blobs(3, 1.0, customers=900)
    features[::45] += np.random.default_rng(0).normal(scale=30.0, size=(20, 6))
    labels = halves(features)
    model = Ward.learned(features, labels, 2, seed=0)
    assert len(model.points) <= 900 / MEMBERS
    assert np.linalg.norm(model.points, axis=1).max() < 20.0 < np.linalg.norm(features, axis=1).max()
    assert cdist(model.points, features).min() > 1e-6


def test_there_are_not_too_many_prototypes(monkeypatch: pytest.MonkeyPatch) -> None:
    features, _ = blobs(3, 1.0, customers=900)
    monkeypatch.setattr(prototypes, "PROTOTYPES", 20)
    assert 10 < len(Ward.learned(features, halves(features), 2, seed=0).points) <= 20


def test_a_small_cluster_is_held_by_its_mean() -> None:
    features, _ = blobs(2, 1.0, customers=100)
    labels = np.zeros(100, np.int16)
    labels[:LEAST] = 1
    model = Ward.learned(features, labels, 2, seed=0)
    assert model.points[model.owner == 1] == pytest.approx(features[:LEAST].mean(axis=0, keepdims=True))


def test_the_radius_errs_least() -> None:
    draw = np.random.default_rng(0)
    features = np.vstack([draw.normal(size=(300, 2)), draw.normal((12.0, 0.0), size=(200, 2)), draw.uniform(-10, 20, size=(150, 2))])
    labels = np.repeat([0, 1, -1], [300, 200, 150]).astype(np.int16)
    model = Hdbscan.learned(features, labels, 2, seed=0)
    squared = cdist(features, model.points, "sqeuclidean")
    distance, nearest = squared.min(axis=1), model.owner[squared.argmin(axis=1)]
    for cluster in range(2):
        here = nearest == cluster
        errors = [((distance[here] <= cut) != (labels[here] == cluster)).sum() for cut in np.append(distance[here], 0.0)]
        assert ((distance[here] <= model.squared_radius[cluster]) != (labels[here] == cluster)).sum() == min(errors)
    assert (model.labels(features) == labels).mean() > 0.95


def test_who_is_beyond_the_radius_is_in_no_segment() -> None:
    model = Hdbscan(np.array([[0.0, 0.0], [1.0, 0.0], [9.0, 0.0]]), np.array([0, 0, 1], np.int16), 1.0, np.array([4.0, 1.0]))
    assigned = model.assign(np.array([[-1.9, 0.0], [-2.1, 0.0], [7.9, 0.0], [8.1, 0.0]]))
    assert assigned.label.tolist() == [0, -1, -1, 1]
    assert assigned.runner_up.tolist() == [1, 0, 1, 0]
    assert (assigned.confidence > 0).tolist() == [True, False, False, True]


def test_far_out_is_in_no_segment_even_where_everybody_had_one() -> None:
    features, kind = blobs(2, 8.0, customers=200)
    labels = kind.astype(np.int16)
    stranger = np.full((1, 6), 50.0)
    assert Hdbscan.learned(features, labels, 2, seed=0).labels(stranger).tolist() == [-1]
    assert (Hdbscan.learned(features, labels, 2, seed=0).labels(features) == labels).all()
    assert Ward.learned(features, labels, 2, seed=0).labels(stranger)[0] >= 0


def test_without_clusters_everybody_is_in_none() -> None:
    features, _ = blobs(2, 1.0, customers=50)
    model = Hdbscan.learned(features, np.full(50, -1, np.int16), 0, seed=0)
    assigned = model.assign(features)
    assert (model.k, model.scores(features).shape) == (0, (50, 0))
    assert (model.labels(features) == -1).all()
    assert (assigned.label == -1).all()
    assert (assigned.runner_up == -1).all()
    assert (assigned.confidence == 0).all()
    assert Hdbscan.restored(model.state()).k == 0


def test_agreement_is_measured_on_customers_whom_the_prototypes_do_not_know() -> None:
    """Labels that mean nothing can be learned by heart, but not foretold."""
    features, _ = blobs(4, 1.0, customers=1_000)
    chance = np.random.default_rng(0).integers(0, 2, 1_000).astype(np.int16)
    by_heart = Ward.learned(features, chance, 2, seed=0)
    assert (by_heart.labels(features) == chance).mean() > 0.58
    assert agreement(Ward, features, chance, 2, seed=0) == pytest.approx(0.5, abs=0.05)


def test_agreement_is_what_new_customers_find() -> None:
    features, _ = blobs(4, 1.0, customers=4_000, dimensions=2)
    labels = halves(features)
    stated = agreement(Ward, features[:1_000], labels[:1_000], 2, seed=0)
    found = (Ward.learned(features[:1_000], labels[:1_000], 2, seed=0).labels(features[1_000:]) == labels[1_000:]).mean()
    assert stated == pytest.approx(found, abs=0.02)


def test_numbering_moves_radius_and_owner_along() -> None:
    model = Hdbscan(np.array([[0.0], [5.0], [6.0]]), np.array([0, 1, 1], np.int16), 1.0, np.array([2.0, 3.0]))
    numbered = model.numbered(np.array([[0.1], [5.1], [5.2], [6.1]]))
    assert numbered.points.ravel().tolist() == [5.0, 6.0, 0.0]
    assert numbered.owner.tolist() == [0, 0, 1]
    assert numbered.squared_radius.tolist() == [3.0, 2.0]
