from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.cluster import KMeans as ReferenceKMeans
from sklearn.metrics import adjusted_rand_score

from segmentation.clustering import KMeans, centres, cluster_means, fit_kmeans, types, within_sum_of_squares
from segmentation.errors import NotEnoughData
from tests.segmentation.shop import blobs


def test_finds_the_clouds_it_was_given() -> None:
    features, kind = blobs(4, 8.0)
    assert adjusted_rand_score(kind, fit_kmeans(features, 4, seed=1).labels(features)) > 0.99


def test_is_as_good_as_scikit_learn() -> None:
    features, _ = blobs(5, 3.5)
    model = fit_kmeans(features, 5, seed=0)
    reference = ReferenceKMeans(5, n_init=30, random_state=0).fit(features)
    assert within_sum_of_squares(features, model.labels(features), 5) <= 1.0005 * reference.inertia_


@pytest.mark.parametrize(("distance", "all_needed"), [(8.0, False), (0.0, True)])
def test_starts_end_early_only_where_the_best_optimum_keeps_coming_back(
    monkeypatch: pytest.MonkeyPatch, distance: float, all_needed: bool
) -> None:
    features, _ = blobs(5, distance)
    used = []
    search = centres.lloyd
    monkeypatch.setattr(centres.KMeans, "search", staticmethod(lambda *rows, **start: used.append(start) or search(*rows, **start)))
    fit_kmeans(features, 5, seed=0)
    assert len(used) == centres.RESTARTS_FOR_FEW if all_needed else centres.FEWEST_RESTARTS <= len(used) < centres.RESTARTS_FOR_FEW


def test_same_seed_same_bits() -> None:
    features, _ = blobs(4, 2.0)
    first, second = fit_kmeans(features, 6, seed=3), fit_kmeans(features, 6, seed=3)
    assert first.centres.tobytes() == second.centres.tobytes()
    assert first.variance == second.variance


def test_clusters_are_numbered_from_the_largest() -> None:
    features, _ = blobs(3, 8.0)
    features = np.vstack([features, features[::3], features[1::3], features[::3]])
    sizes = np.bincount(fit_kmeans(features, 3, seed=0).labels(features))
    assert list(sizes) == sorted(sizes, reverse=True)
    assert len(set(sizes)) == 3


def test_confidence_is_the_posterior_of_a_spherical_mixture() -> None:
    features, _ = blobs(3, 2.5)
    model = fit_kmeans(features, 3, seed=0)
    assignments = model.assign(features)
    densities = np.column_stack([multivariate_normal(centre, model.variance * np.eye(6)).pdf(features) for centre in model.centres])
    posterior = densities / densities.sum(axis=1, keepdims=True)
    order = np.argsort(-posterior, axis=1)
    assert (assignments.label == order[:, 0]).all()
    assert (assignments.runner_up == order[:, 1]).all()
    assert assignments.confidence == pytest.approx(posterior.max(axis=1), rel=1e-5)
    assert model.variance == pytest.approx(within_sum_of_squares(features, assignments.label, 3) / (6 * (len(features) - 3)), rel=1e-6)


def test_types_and_an_empty_table() -> None:
    model = KMeans(np.eye(2), 1.0)
    for rows in (0, 5):
        assignments = model.assign(np.zeros((rows, 2)))
        assert (assignments.label.dtype, assignments.confidence.dtype, assignments.runner_up.dtype) == (np.int16, np.float32, np.int16)
        assert len(assignments.label) == len(assignments.confidence) == len(assignments.runner_up) == rows
    assert (KMeans(np.zeros((1, 2)), 0.0).assign(np.zeros((3, 2))).runner_up == -1).all()


def test_a_customer_alone_is_placed_as_in_company(monkeypatch: pytest.MonkeyPatch) -> None:
    features, _ = blobs(4, 1.0, customers=101)
    model = fit_kmeans(features, 4, seed=0)
    together = model.assign(features)
    monkeypatch.setattr(types, "BLOCK_ROWS", 1)
    alone = model.assign(features)
    assert (together.label == alone.label).all()
    assert together.confidence.tobytes() == alone.confidence.tobytes()


def test_many_rows_are_fitted_on_a_sample_and_polished_on_all(monkeypatch: pytest.MonkeyPatch) -> None:
    features, _ = blobs(5, 3.0, customers=4_000)
    exact = fit_kmeans(features, 5, seed=0)
    monkeypatch.setattr(centres, "SAMPLE_ROWS", 400)
    sampled, again = fit_kmeans(features, 5, seed=0), fit_kmeans(features, 5, seed=0)
    best = within_sum_of_squares(features, exact.labels(features), 5)
    assert within_sum_of_squares(features, sampled.labels(features), 5) == pytest.approx(best, rel=1e-3)
    assert sampled.centres.tobytes() == again.centres.tobytes()
    start = ReferenceKMeans(5, n_init=10, random_state=0).fit(features[:400])
    assert best <= within_sum_of_squares(features, start.predict(features).astype(np.int16), 5)


def test_weights_count_rows() -> None:
    features, _ = blobs(3, 4.0, customers=300)
    weights = np.repeat([2.0, 1.0, 0.0], 100)
    weighted = fit_kmeans(features, 2, seed=0, weights=weights)
    repeated = fit_kmeans(np.repeat(features, weights.astype(int), axis=0), 2, seed=0)
    assert weighted.labels(features).tolist() in (repeated.labels(features).tolist(), (1 - repeated.labels(features)).tolist())


def test_means_and_within_sum_of_squares() -> None:
    features = np.array([[0.0, 0.0], [2.0, 0.0], [5.0, 5.0]])
    labels = np.array([0, 0, 1], dtype=np.int16)
    size, means = cluster_means(features, labels, 3)
    assert size.tolist() == [2, 1, 0]
    assert means.tolist() == [[1, 0], [5, 5], [0, 0]]
    assert within_sum_of_squares(features, labels, 3) == pytest.approx(2.0)


def test_more_clusters_than_rows_is_refused() -> None:
    with pytest.raises(NotEnoughData, match="need at least 4 customers; there are 3"):
        fit_kmeans(np.eye(3), 4, seed=0)
