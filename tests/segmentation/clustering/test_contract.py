"""What every algorithm owes to those who use it."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from segmentation.choosing.stability import bootstrap, prediction_strength
from segmentation.clustering import ALGORITHMS, Clusterer, Layout, restored, types
from segmentation.errors import NotEnoughData
from tests.segmentation.shop import blobs

GROUPS = 4
KS = (2, 3, 4)
NAMES = tuple(ALGORITHMS)

pytestmark = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module")
def separated() -> tuple[np.ndarray, np.ndarray]:
    """Four clouds far apart, of 240, 160, 120 and 80 customers."""
    features, kind = blobs(GROUPS, 10.0, customers=960)
    keep = np.concatenate([np.flatnonzero(kind == group)[:size] for group, size in enumerate((120, 240, 80, 160))])
    return features[np.sort(keep)], kind[np.sort(keep)]


@pytest.fixture(scope="module")
def fitted(separated: tuple[np.ndarray, np.ndarray]) -> dict[str, Mapping[int, Clusterer]]:
    return {name: algorithm.fit(separated[0], KS, seed=3) for name, algorithm in ALGORITHMS.items()}


def drawn(rows: int, seed: int = 0) -> np.ndarray:
    return np.bincount(np.random.default_rng(seed).integers(0, rows, rows), minlength=rows).astype(np.float64)


def states_equal(first: Clusterer, second: Clusterer) -> bool:
    one, two = first.state(), second.state()
    return list(one) == list(two) and all(
        one[part].dtype == two[part].dtype and one[part].shape == two[part].shape and one[part].tobytes() == two[part].tobytes()
        for part in one
    )


def test_finds_groups_that_are_far_apart(name: str, separated, fitted) -> None:
    features, kind = separated
    labels = fitted[name][GROUPS].labels(features)
    placed = labels >= 0
    assert placed.mean() > 0.9
    assert adjusted_rand_score(kind[placed], labels[placed]) > 0.99


def test_each_model_has_as_many_clusters_as_its_key_says(name: str, separated, fitted) -> None:
    assert set(fitted[name]) <= set(KS)
    for k, model in fitted[name].items():
        labels = model.labels(separated[0])
        assert (model.k, model.algorithm) == (k, name)
        assert set(labels[labels >= 0]) == set(range(k))


def test_clusters_are_numbered_from_the_largest(name: str, separated, fitted) -> None:
    for model in fitted[name].values():
        labels = model.labels(separated[0])
        sizes = np.bincount(labels[labels >= 0])
        assert list(sizes) == sorted(sizes, reverse=True)
    labels = fitted[name][GROUPS].labels(separated[0])
    assert [np.bincount(separated[1][labels == cluster]).argmax() for cluster in range(GROUPS)] == [1, 3, 0, 2]


def test_labels_are_those_of_assign(name: str, separated, fitted) -> None:
    features = np.vstack([separated[0], np.random.default_rng(1).normal(scale=4.0, size=(400, separated[0].shape[1]))])
    for model in fitted[name].values():
        assigned = model.assign(features)
        assert (model.labels(features) == assigned.label).all()
        assert (assigned.label.dtype, assigned.confidence.dtype, assigned.runner_up.dtype) == (np.int16, np.float32, np.int16)
        assert ((assigned.confidence >= 0) & (assigned.confidence <= 1)).all()
        assert ((assigned.runner_up >= 0) & (assigned.runner_up < model.k) & (assigned.runner_up != assigned.label)).all()


def test_the_best_and_the_second_best_score_decide(name: str, separated, fitted) -> None:
    features = separated[0]
    model = fitted[name][3] if 3 in fitted[name] else fitted[name][GROUPS]
    scores, assigned = model.scores(features), model.assign(features)
    placed = assigned.label >= 0
    order = np.argsort(-scores, axis=1)
    assert scores.shape == (len(features), model.k)
    assert (order[placed, 0] == assigned.label[placed]).all()
    assert (order[placed, 1] == assigned.runner_up[placed]).all()
    posterior = 1 / np.exp(scores - scores.max(axis=1, keepdims=True)).sum(axis=1)
    assert assigned.confidence[placed] == pytest.approx(posterior[placed], rel=1e-5)


def test_a_customer_alone_is_placed_as_in_company(name: str, fitted, monkeypatch: pytest.MonkeyPatch) -> None:
    features = np.random.default_rng(2).normal(size=(101, 6))
    together = {k: model.assign(features) for k, model in fitted[name].items()}
    monkeypatch.setattr(types, "BLOCK_ROWS", 1)
    for k, model in fitted[name].items():
        alone = model.assign(features)
        assert (alone.label == together[k].label).all()
        assert (alone.runner_up == together[k].runner_up).all()
        assert alone.confidence.tobytes() == together[k].confidence.tobytes()


def test_nobody_is_placed_nowhere(name: str, fitted) -> None:
    for model in fitted[name].values():
        assert len(model.labels(np.empty((0, 6)))) == len(model.assign(np.empty((0, 6))).label) == 0


def test_same_seed_same_bits(name: str, separated, fitted) -> None:
    features, weights = separated[0], drawn(len(separated[0]))
    algorithm = ALGORITHMS[name]
    again = algorithm.fit(features, KS, seed=3)
    assert list(again) == list(fitted[name])
    assert all(states_equal(again[k], fitted[name][k]) for k in again)
    first, second = (algorithm.refit(features, models, seed=5, weights=weights) for models in (fitted[name], again))
    assert all(states_equal(first[k], second[k]) for k in again)


def test_a_refit_answers_to_the_same_keys(name: str, separated, fitted) -> None:
    features = separated[0]
    refits = ALGORITHMS[name].refit(features, fitted[name], seed=1, weights=drawn(len(features)))
    assert list(refits) == list(fitted[name])
    before, after = fitted[name][GROUPS].labels(features), refits[GROUPS].labels(features)
    both = (before >= 0) & (after >= 0)
    assert both.mean() > 0.9
    assert adjusted_rand_score(before[both], after[both]) > 0.99


def test_who_was_not_drawn_counts_for_nothing(name: str, separated, fitted) -> None:
    features, weights = separated[0], drawn(len(separated[0]))
    elsewhere = np.where(weights[:, None] > 0, features, 50.0)
    one, two = (ALGORITHMS[name].refit(rows, fitted[name], seed=1, weights=weights) for rows in (features, elsewhere))
    assert all(states_equal(one[k], two[k]) for k in one)


def test_refits_take_other_customers(name: str, fitted) -> None:
    shapeless = np.random.default_rng(4).normal(size=(300, 6))
    refits = ALGORITHMS[name].refit(shapeless, fitted[name], seed=1, weights=np.ones(300))
    assert list(refits) == list(fitted[name])
    stable = bootstrap(shapeless, refits, ALGORITHMS[name], seed=2, draws=2)
    foretold = prediction_strength(shapeless, refits, ALGORITHMS[name], seed=2, splits=1)
    assert all(np.isfinite(stable[k].mean) and 0.0 <= foretold[k] <= 1.0 for k in refits)


def test_more_clusters_than_customers_are_refused(name: str) -> None:
    with pytest.raises(NotEnoughData, match="4 segments need at least 4 customers; there are 3"):
        ALGORITHMS[name].fit(np.eye(3), (2, 4), seed=0)


def test_few_customers_are_enough(name: str) -> None:
    features, _ = blobs(2, 12.0, customers=24)
    for k, model in ALGORITHMS[name].fit(features, (2, 3), seed=0).items():
        assert set(model.labels(features)) <= set(range(-1, k))
        assert np.isfinite(model.assign(features).confidence).all()


def test_customers_who_are_all_alike_do_no_harm(name: str) -> None:
    features = np.repeat(np.eye(3), 20, axis=0)
    for k, model in ALGORITHMS[name].fit(features, (2, 3), seed=0).items():
        assigned = model.assign(np.vstack([features, np.full((1, 3), 7.0)]))
        assert np.isfinite(assigned.confidence).all()
        assert set(assigned.label) <= set(range(-1, k))


def test_what_is_stored_holds_no_customer(name: str, separated, fitted) -> None:
    features = separated[0]
    for model in fitted[name].values():
        for array in model.state().values():
            assert array.dtype.kind in "if"
            assert not np.isnan(array).any()
            if array.ndim and array.shape[-1] == features.shape[1]:
                rows = array.reshape(-1, features.shape[1])
                assert np.abs(rows[:, None, :] - features).max(axis=2).min() > 1e-6


def test_comes_back_equal_from_what_is_stored(name: str, separated, fitted) -> None:
    for model in fitted[name].values():
        back = restored(name, {part: array.copy() for part, array in model.state().items()})
        before, after = model.assign(separated[0]), back.assign(separated[0])
        assert states_equal(model, back)
        assert (back.algorithm, back.k, back.agreement) == (model.algorithm, model.k, model.agreement)
        assert before.label.tobytes() == after.label.tobytes()
        assert before.confidence.tobytes() == after.confidence.tobytes()
        assert before.runner_up.tobytes() == after.runner_up.tobytes()


def test_a_restored_model_can_be_fitted_again(name: str, separated, fitted) -> None:
    features = separated[0]
    models = {k: restored(name, model.state()) for k, model in fitted[name].items()}
    refits = ALGORITHMS[name].refit(features, models, seed=1, weights=drawn(len(features)))
    labels = refits[GROUPS].labels(features)
    assert adjusted_rand_score(separated[1][labels >= 0], labels[labels >= 0]) > 0.95


def test_a_missing_array_is_a_key_error(name: str, fitted) -> None:
    state = dict(fitted[name][GROUPS].state())
    del state[next(iter(state))]
    with pytest.raises(KeyError):
        restored(name, state)


def test_many_customers_are_fitted_on_a_sample(name: str, separated, monkeypatch: pytest.MonkeyPatch) -> None:
    features, kind = separated
    for module in [sys.modules[each] for each in sys.modules if each.startswith("segmentation.clustering.")]:
        if hasattr(module, "SAMPLE_ROWS"):
            monkeypatch.setattr(module, "SAMPLE_ROWS", 300)
    one, two = (ALGORITHMS[name].fit(features, (GROUPS,), seed=0)[GROUPS] for _ in range(2))
    labels = one.labels(features)
    assert states_equal(one, two)
    assert adjusted_rand_score(kind[labels >= 0], labels[labels >= 0]) > 0.99
    assert list(np.bincount(labels[labels >= 0])) == sorted(np.bincount(labels[labels >= 0]), reverse=True)


def test_only_k_prototypes_uses_the_layout(name: str, separated) -> None:
    features = separated[0][::4]
    plain, laid_out = (ALGORITHMS[name].fit(features, (GROUPS,), seed=0, layout=layout) for layout in (Layout(), Layout(((0, 2),))))
    assert all(states_equal(plain[k], laid_out[k]) == (name != "kprototypes") for k in plain)
