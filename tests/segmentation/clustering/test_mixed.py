from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import helmert
from sklearn.cluster import KMeans as ReferenceKMeans
from sklearn.metrics import adjusted_rand_score

from segmentation.clustering import Layout, centres, mixed, within_sum_of_squares
from segmentation.clustering.mixed import KPrototypes, KPrototypesAlgorithm
from tests.segmentation.shop import blobs

MIXED = KPrototypesAlgorithm()


def simplex(codes: np.ndarray, levels: int, edge: float, shift: float = 0.3) -> np.ndarray:
    """Corners (n, levels - 1) `edge` apart; code -1 (unknown) lies in the middle. Shifted, as standardising does."""
    corners = helmert(levels).T * edge / np.sqrt(2)
    return np.vstack([corners, np.zeros(levels - 1)])[codes] + shift


def fitted(features: np.ndarray, k: int, layout: Layout) -> KPrototypes:
    model = MIXED.fit(features, (k,), seed=0, layout=layout)[k]
    assert isinstance(model, KPrototypes)
    return model


def shoppers(customers: int = 600, seed: int = 0, edge: float = 1.5) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Two numbers, a category of four levels and one of two; kinds differ in one number and in the commonest level."""
    draw = np.random.default_rng(seed)
    kind = np.arange(customers) % 3
    numbers = draw.normal(size=(customers, 2)) * 0.6 + np.array([[0, 0], [2, 0], [0, 0]])[kind]
    four = np.where(draw.random(customers) < 0.85, np.array([0, 1, 2])[kind], draw.integers(0, 4, customers))
    two = np.where(draw.random(customers) < 0.85, np.array([0, 0, 1])[kind], draw.integers(0, 2, customers))
    features = np.column_stack([numbers[:, 0], simplex(four, 4, edge), numbers[:, 1], simplex(two, 2, edge)])
    return features, kind, four, two


LAYOUT = Layout(((1, 4), (5, 6)))


def price(features: np.ndarray, four: np.ndarray, two: np.ndarray, labels: np.ndarray, edge: float = 1.5) -> tuple[np.ndarray, ...]:
    """What each customer is charged for each cluster by Huang's definition, from means and modes taken by hand."""
    k = labels.max() + 1
    means = np.stack([features[labels == c][:, [0, 4]].mean(axis=0) for c in range(k)])
    modes = [np.array([np.bincount(codes[(labels == c) & (codes >= 0)]).argmax() for c in range(k)]) for codes in (four, two)]
    squared = ((features[:, None, [0, 4]] - means) ** 2).sum(axis=2)
    mismatches = (four[:, None] != modes[0]).astype(int) + (two[:, None] != modes[1])
    return squared + edge**2 / 2 * mismatches, means, *modes


def test_an_even_split_costs_what_k_means_charges() -> None:
    codes = np.arange(100) % 2
    features = np.column_stack([np.zeros(100), simplex(codes, 3, 2.0)])
    customers = mixed._customers(features, Layout(((1, 3),)), np.ones(100))
    start = customers.points[:1]
    assert mixed._settled(customers, start)[0] == pytest.approx(within_sum_of_squares(features, np.zeros(100, np.int16), 1))
    assert mixed._settled(customers, start)[0] == pytest.approx(100 * 2.0**2 / 4)


def test_every_mismatch_costs_the_same() -> None:
    codes = np.repeat([0, 1, 2, 3], [50, 30, 15, 5])
    features = np.column_stack([np.zeros(100), simplex(codes, 4, 2.0)])
    customers = mixed._customers(features, Layout(((1, 4),)), np.ones(100))
    assert mixed._settled(customers, customers.points[-1:])[0] == pytest.approx(50 * 2.0**2 / 2)


def test_is_settled_by_huangs_definition_taken_by_hand() -> None:
    features, _, four, two = shoppers()
    model = fitted(features, 3, LAYOUT)
    labels = model.labels(features)
    charged, means, fours, twos = price(features, four, two, labels)
    assert (charged.argmin(axis=1) == labels).all()
    assert model.prototypes[:, [0, 4]] == pytest.approx(means)
    assert model.prototypes[:, 1:4] * np.sqrt(2) == pytest.approx(simplex(fours, 4, 1.5))
    assert model.prototypes[:, [5]] * np.sqrt(2) == pytest.approx(simplex(twos, 2, 1.5))
    assert model.variance == pytest.approx(charged.min(axis=1).sum() / (6 * (len(features) - 3)))
    assert model.scores(features) == pytest.approx(charged / (-2 * model.variance))


def test_finds_kinds_that_differ_in_numbers_and_categories() -> None:
    features, kind, _, _ = shoppers()
    numbers_only = ReferenceKMeans(3, n_init=10, random_state=0).fit_predict(features[:, [0, 4]])
    assert adjusted_rand_score(kind, fitted(features, 3, LAYOUT).labels(features)) > 0.7
    assert adjusted_rand_score(kind, numbers_only) < 0.6


@pytest.mark.parametrize("distance", [1.5, 4.0])
@pytest.mark.parametrize("k", [3, 5, 8])
def test_without_categories_it_is_k_means(distance: float, k: int) -> None:
    features, _ = blobs(5, distance, customers=800)
    model = MIXED.fit(features, (k,), seed=0)[k]
    reference = ReferenceKMeans(k, n_init=20, random_state=0).fit(features)
    assert within_sum_of_squares(features, model.labels(features), k) <= 1.005 * reference.inertia_


def test_an_unknown_level_sways_nobody() -> None:
    features, _, four, two = shoppers()
    unknown = np.arange(600) % 5 == 0
    four = np.where(unknown, -1, four)
    features[:, 1:4] = simplex(four, 4, 1.5)
    model = fitted(features, 3, LAYOUT)
    others = features[unknown].copy()
    others[:, 1:4] = 0.3
    rest = [0, 4, 5]
    by_the_rest = ((others[:, None, rest] * model.scale[rest] - model.prototypes[:, rest]) ** 2).sum(axis=2).argmin(axis=1)
    assert (model.labels(others) == by_the_rest).all()
    _, _, fours, _ = price(features, four, two, model.labels(features))
    assert model.prototypes[:, 1:4] * np.sqrt(2) == pytest.approx(simplex(fours, 4, 1.5))


def test_the_middle_is_never_the_commonest_level() -> None:
    codes = np.repeat([-1, 0, 1, 2], [60, 20, 15, 5])
    columns = simplex(codes, 3, 2.0) * np.sqrt(0.5)
    corners = mixed._corners(columns)
    assert corners == pytest.approx(np.unique(simplex(np.array([0, 1, 2]), 3, 2.0) * np.sqrt(0.5), axis=0))
    category = mixed._category(columns, 0, 2, corners)
    assert np.bincount(category.codes + 1).tolist()[0] == 60
    assert category.commonest(np.zeros(100, np.intp), np.ones(100), 1)[0] == pytest.approx(columns[60])


def test_the_commonest_level_is_that_of_most_weight() -> None:
    corners = np.array([[0.0], [1.0]])
    category = mixed._Category(0, 1, corners, np.array([0, 0, 1, -1]))
    assert category.commonest(np.zeros(4, np.intp), np.array([1.0, 1.0, 3.0, 9.0]), 1).tolist() == [[1.0]]
    assert category.commonest(np.zeros(4, np.intp), np.array([2.0, 2.0, 3.0, 9.0]), 1).tolist() == [[0.0]]


def test_a_level_that_the_fit_did_not_see_is_a_mismatch_everywhere() -> None:
    features, _, four, _ = shoppers()
    model = fitted(features[four != 3], 3, LAYOUT)
    newcomers = features[four == 3]
    rest = [0, 4, 5]
    by_the_rest = ((newcomers[:, None, rest] * model.scale[rest] - model.prototypes[:, rest]) ** 2).sum(axis=2).argmin(axis=1)
    assert (model.labels(newcomers) == by_the_rest).all()


def test_an_empty_cluster_starts_anew() -> None:
    customers = mixed._customers(shoppers()[0], LAYOUT, np.ones(600))
    _, prototypes = mixed._settled(customers, np.repeat(customers.points[:1], 3, axis=0))
    nearest = ((customers.points[:, None] - prototypes) ** 2).sum(axis=2).argmin(axis=1)
    assert np.bincount(nearest, minlength=3).min() > 20


def test_weights_count_customers() -> None:
    features, _, _, _ = shoppers()
    models = MIXED.fit(features, (3,), seed=0, layout=LAYOUT)
    weights = np.random.default_rng(0).integers(0, 4, 600).astype(float)
    weighted = MIXED.refit(features, models, seed=0, weights=2 * weights, layout=LAYOUT)[3]
    rows = np.repeat(features, weights.astype(int), axis=0)
    repeated = MIXED.refit(rows, models, seed=0, weights=np.full(len(rows), 2.0), layout=LAYOUT)[3]
    assert weighted.state()["prototypes"] == pytest.approx(repeated.state()["prototypes"])
    unweighted = MIXED.refit(features, models, seed=0, weights=np.where(weights > 0, 2.0, 0.0), layout=LAYOUT)[3]
    assert np.abs(weighted.state()["prototypes"] - unweighted.state()["prototypes"]).max() > 1e-3


def test_passes_over_everybody_follow_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    features = shoppers(3_000)[0]
    whole = fitted(features, 3, LAYOUT).variance
    monkeypatch.setattr(mixed, "SAMPLE_ROWS", 100)
    polished = fitted(features, 3, LAYOUT).variance
    monkeypatch.setattr(centres, "POLISH_PASSES", 0)
    assert polished == pytest.approx(whole, rel=2e-3)
    assert fitted(features, 3, LAYOUT).variance > 1.005 * polished
