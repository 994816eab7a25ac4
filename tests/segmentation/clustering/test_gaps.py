from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from segmentation.clustering import BRIDGED, deepest_valley, spread_steps, widest_bridge
from segmentation.clustering.gaps import valleys


def true_valley(distance: float) -> float:
    """Of two equal normal densities so far apart: density in the middle over that of the peak."""
    density = lambda x: norm.pdf(x) + norm.pdf(x - distance)  # noqa: E731
    peak = -minimize_scalar(lambda x: -density(x), bounds=(-1, distance / 2), method="bounded").fun
    return float(density(distance / 2) / peak)


def pair(distance: float, rows: int = 4_000, dimensions: int = 4) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(0)
    labels = (np.arange(rows) % 2).astype(np.int16)
    features = draw.normal(size=(rows, dimensions))
    features[:, 0] += distance * labels
    return features, labels


@pytest.mark.parametrize("distance", [2.5, 3.0, 4.0, 5.0])
def test_depth_is_that_of_the_true_densities(distance: float) -> None:
    features, labels = pair(distance)
    # The kernel adds some 3 % to the variance, which fills valleys a little.
    assert valleys(features, labels, 2)[0, 1] == pytest.approx(true_valley(distance), abs=0.06)


def test_halves_of_one_cloud_have_no_valley_between_them() -> None:
    features = np.random.default_rng(0).normal(size=(3_000, 4))
    labels = (features[:, 0] > 0).astype(np.int16)
    assert valleys(features, labels, 2)[0, 1] > 0.9


def test_a_small_fringe_of_a_cloud_is_not_apart() -> None:
    features = np.random.default_rng(0).normal(size=(3_000, 4))
    labels = (features[:, 0] > 1.8).astype(np.int16)
    assert valleys(features, labels, 2)[0, 1] > 0.9


def test_a_small_cloud_far_out_is_apart() -> None:
    features, _ = pair(0.0, rows=2_000)
    labels = np.zeros(2_000, np.int16)
    labels[:40] = 1
    features[:40, 1] += 8.0
    assert valleys(features, labels, 2)[0, 1] < 0.05


def test_the_widest_bridge_is_that_of_the_two_clusters_that_are_least_apart() -> None:
    draw = np.random.default_rng(0)
    labels = (np.arange(3_000) % 3).astype(np.int16)
    features = draw.normal(size=(3_000, 2)) + np.array([[0, 0], [8, 0], [0, 2.6]])[labels]
    assert widest_bridge(features, labels, 3, seed=0) == pytest.approx(true_valley(2.6), abs=0.08)
    assert widest_bridge(features[labels < 2], labels[labels < 2], 2, seed=0) < BRIDGED


def test_the_steps_of_whole_numbers_are_no_gaps() -> None:
    draw = np.random.default_rng(0)
    children = draw.integers(0, 3, 3_000).astype(float)
    features = np.column_stack([children, draw.normal(size=3_000)])
    assert widest_bridge(features, (children > 0).astype(np.int16), 2, seed=0) > 0.8


def test_spreading_keeps_every_value_within_its_step_and_leaves_many_values_alone() -> None:
    draw = np.random.default_rng(0)
    features = np.column_stack([draw.choice([0.0, 1.0, 3.0], 2_000), draw.normal(size=2_000)])
    spread = spread_steps(features, np.random.default_rng(1))
    assert (spread[:, 1] == features[:, 1]).all()
    for value, low, high in ((0.0, -0.5, 0.5), (1.0, 0.5, 2.0), (3.0, 2.0, 4.0)):
        inside = spread[features[:, 0] == value, 0]
        assert low <= inside.min() < inside.max() <= high
        assert np.ptp(inside) > 0.9 * (high - low)


def test_one_measure_falls_apart_only_where_customers_are_missing() -> None:
    draw = np.random.default_rng(0)
    assert deepest_valley(draw.normal(size=5_000)) > 0.9
    assert deepest_valley(draw.random(5_000)) > 0.8
    assert deepest_valley(np.exp(draw.normal(size=5_000))) > 0.9
    assert deepest_valley(np.concatenate([draw.normal(size=2_500), 4 + draw.normal(size=2_500)])) == pytest.approx(0.27, abs=0.12)
    assert deepest_valley(np.append(draw.normal(size=5_000), [90.0] * 10)) > 0.9  # a few outliers are no kind of customers
    assert deepest_valley(np.ones(50)) == 1.0
