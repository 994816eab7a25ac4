from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from segmentation.clustering import Clusterer, Features, fit_kmeans
from segmentation.stability import Stability, adjusted_rand, bootstrap, contingency, jaccard
from tests.segmentation.shop import blobs

labellings = st.integers(2, 60).flatmap(
    lambda rows: st.tuples(
        *(st.lists(st.integers(0, 4), min_size=rows, max_size=rows).map(lambda xs: np.array(xs, np.int16)) for _ in range(2))
    )
)


def refit(k: int, restarts: int = 5):  # type: ignore[no-untyped-def]
    def fit(features: Features, seed: int, weights: np.ndarray) -> Clusterer:
        return fit_kmeans(features, k, seed=seed, restarts=restarts, weights=weights)

    return fit


@settings(max_examples=60, deadline=None)
@given(labellings)
def test_adjusted_rand_equals_scikit_learn(pair: tuple[np.ndarray, np.ndarray]) -> None:
    table = contingency(*pair, 5, 5)
    assert float(adjusted_rand(table)) == pytest.approx(adjusted_rand_score(*pair), abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(labellings)
def test_jaccard_is_the_best_of_all_counterparts(pair: tuple[np.ndarray, np.ndarray]) -> None:
    first, second = pair
    found = jaccard(contingency(first, second, 5, 5))
    for cluster in range(5):
        if (first == cluster).any():
            inside = first == cluster
            best = max((inside & (second == other)).sum() / (inside | (second == other)).sum() for other in np.unique(second))
            assert found[cluster] == pytest.approx(best)
        else:
            assert np.isnan(found[cluster])


def test_many_tables_at_once_equal_one_by_one() -> None:
    tables = np.random.default_rng(0).integers(0, 9, (7, 3, 4))
    assert adjusted_rand(tables).tolist() == [float(adjusted_rand(table)) for table in tables]
    assert jaccard(tables).tolist() == [jaccard(table).tolist() for table in tables]


def test_contingency_leaves_out_the_unplaced() -> None:
    assert contingency(np.array([0, 1, -1], np.int16), np.array([1, -1, 0], np.int16), 2, 2).tolist() == [[0, 1], [0, 0]]


def test_clouds_that_are_apart_come_back() -> None:
    features, _ = blobs(4, 8.0)
    stability = bootstrap(features, fit_kmeans(features, 4, seed=0).labels(features), 4, refit(4), seed=0, draws=8)
    assert stability.mean > 0.99
    assert (stability.jaccard > 0.99).all()
    assert stability.rows == len(features)


def test_slices_of_one_cloud_do_not_come_back() -> None:
    features = np.random.default_rng(0).normal(size=(600, 6))
    stability = bootstrap(features, fit_kmeans(features, 5, seed=0).labels(features), 5, refit(5), seed=0, draws=8)
    assert stability.mean < 0.6
    assert stability.low < stability.mean
    assert stability.jaccard.max() < 0.85


def test_jaccard_tells_the_segment_that_does_not_repeat() -> None:
    features, kind = blobs(2, 12.0, customers=600)
    model = fit_kmeans(features, 3, seed=0)
    labels = model.labels(features)
    whole = [cluster for cluster in range(3) if (labels[kind == kind[labels == cluster][0]] == cluster).all()]
    stability = bootstrap(features, labels, 3, refit(3), seed=0, draws=10)
    assert len(whole) == 1
    assert stability.jaccard.argmax() == whole[0]


def test_same_seed_same_figures() -> None:
    features, _ = blobs(3, 1.5)
    labels = fit_kmeans(features, 3, seed=0).labels(features)
    first, second, other = (bootstrap(features, labels, 3, refit(3), seed=seed, draws=4) for seed in (1, 1, 2))
    assert first.agreement.tolist() == second.agreement.tolist()
    assert first.agreement.tolist() != other.agreement.tolist()


def test_mean_and_low() -> None:
    stability = Stability(np.linspace(0, 1, 11), np.ones(2), 10)
    assert (stability.mean, stability.low) == (pytest.approx(0.5), pytest.approx(0.1))
