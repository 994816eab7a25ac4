from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from segmentation.choosing.stability import Stability, adjusted_rand, bootstrap, contingency, jaccard, prediction_strength
from segmentation.clustering import ALGORITHMS, Features, fit_kmeans
from tests.segmentation.shop import blobs

labellings = st.integers(2, 60).flatmap(
    lambda rows: st.tuples(
        *(st.lists(st.integers(0, 4), min_size=rows, max_size=rows).map(lambda xs: np.array(xs, np.int16)) for _ in range(2))
    )
)


KMEANS = ALGORITHMS["kmeans"]


def stability_of(features: Features, k: int, *, seed: int = 0, draws: int = 8) -> Stability:
    return bootstrap(features, KMEANS.fit(features, [k], seed=0), KMEANS, seed=seed, draws=draws)[k]


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
    stability = stability_of(features, 4)
    assert stability.mean > 0.99
    assert (stability.jaccard > 0.99).all()
    assert stability.rows == len(features)


def test_slices_of_one_cloud_do_not_come_back() -> None:
    stability = stability_of(np.random.default_rng(0).normal(size=(600, 6)), 5)
    assert stability.mean < 0.6
    assert stability.low < stability.mean
    assert stability.jaccard.max() < 0.85


def test_jaccard_tells_the_segment_that_does_not_repeat() -> None:
    features, kind = blobs(2, 12.0, customers=600)
    labels = fit_kmeans(features, 3, seed=0).labels(features)
    whole = [cluster for cluster in range(3) if (labels[kind == kind[labels == cluster][0]] == cluster).all()]
    assert len(whole) == 1
    assert stability_of(features, 3, draws=10).jaccard.argmax() == whole[0]


def test_same_seed_same_figures() -> None:
    features, _ = blobs(3, 1.5)
    first, second, other = (stability_of(features, 3, seed=seed, draws=4) for seed in (1, 1, 2))
    assert first.agreement.tolist() == second.agreement.tolist()
    assert first.agreement.tolist() != other.agreement.tolist()


def test_refits_find_about_what_many_random_starts_find() -> None:
    """A start from the first fit alone would find a shapeless cloud's slices again and again."""
    features = np.random.default_rng(1).normal(size=(500, 5))
    labels = fit_kmeans(features, 5, seed=0).labels(features)
    draw = np.random.default_rng(0)
    honest = []
    for seed in range(8):
        weights = np.bincount(draw.integers(0, 500, 500), minlength=500).astype(np.float64)
        again = fit_kmeans(features, 5, seed=seed, restarts=40, weights=weights).labels(features)
        honest.append(adjusted_rand_score(labels, again))
    assert stability_of(features, 5, draws=8).mean == pytest.approx(np.mean(honest), abs=0.15)


def test_nobody_s_group_counts_in_the_agreement_and_is_no_counterpart() -> None:
    class Halves:
        algorithm, agreement, k = "halves", None, 2

        def labels(self, features: Features) -> np.ndarray:
            return np.where(features[:, 0] > 1, -1, features[:, 0] > 0).astype(np.int16)

    class Again:
        name = label = "halves"

        def refit(self, features: Features, models: dict, **rest: object) -> dict:  # type: ignore[type-arg]
            return models

    found = bootstrap(np.random.default_rng(0).normal(size=(300, 1)), {2: Halves()}, Again(), seed=0, draws=3)[2]  # type: ignore[dict-item, arg-type]
    assert found.mean == 1.0
    assert found.jaccard.tolist() == [1.0, 1.0]


def test_prediction_strength_is_high_up_to_the_true_number() -> None:
    features, _ = blobs(3, 8.0)
    strength = prediction_strength(features, KMEANS.fit(features, [2, 3, 5], seed=0), KMEANS, seed=0, splits=4)
    assert strength[3] > 0.95
    assert strength[5] < 0.7


def test_prediction_strength_equals_its_definition() -> None:
    features, _ = blobs(3, 2.0, customers=80)
    models = KMEANS.fit(features, [3], seed=0)
    found = prediction_strength(features, models, KMEANS, seed=5, splits=1)[3]
    draw = np.random.default_rng((5, 3))
    side = draw.permutation(80) % 2
    halves = [KMEANS.refit(features, models, seed=int(draw.integers(2**31)), weights=(side == half) * 1.0)[3] for half in (0, 1)]
    worst = []
    for here, there in ((0, 1), (1, 0)):
        own, other = halves[here].labels(features[side == here]), halves[there].labels(features[side == here])
        shares = []
        for cluster in range(3):
            together = [other[i] == other[j] for i, j in combinations(np.flatnonzero(own == cluster), 2)]
            shares += [np.mean(together)] if together else []
        worst.append(min(shares))
    assert found == pytest.approx(np.mean(worst))


def test_mean_and_low() -> None:
    stability = Stability(np.linspace(0, 1, 11), np.ones(2), 10)
    assert (stability.mean, stability.low) == (pytest.approx(0.5), pytest.approx(0.1))
