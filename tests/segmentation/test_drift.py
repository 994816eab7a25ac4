"""Drift between two groups of customers, against figures worked out by hand and by another way."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from segmentation.drift import measure_drift, population_stability_index


def test_two_words_by_hand() -> None:
    base = pd.Series(["a"] * 60 + ["b"] * 40)
    other = pd.Series(["a"] * 30 + ["b"] * 70)
    by_hand = (0.3 - 0.6) * math.log(0.3 / 0.6) + (0.7 - 0.4) * math.log(0.7 / 0.4)
    assert population_stability_index(base, other) == pytest.approx(by_hand)


def test_numbers_fall_into_tenths_of_the_base() -> None:
    base = np.arange(1000.0)
    other = base[500:]
    expected = 5 * (0.2 - 0.1) * math.log(0.2 / 0.1) + 5 * (0.001 - 0.1) * math.log(0.001 / 0.1)  # 0.5 of 500 where nobody is left
    assert population_stability_index(base, other) == pytest.approx(expected, rel=1e-9)


def test_a_histogram_by_another_way_agrees() -> None:
    rng = np.random.default_rng(3)
    base, other = rng.gamma(2, 50, 4000), rng.gamma(2.4, 50, 3000)
    edges = np.quantile(base, np.arange(1, 10) / 10)
    p, q = (np.histogram(each, [-np.inf, *edges, np.inf])[0] / len(each) for each in (base, other))
    assert population_stability_index(base, other) == pytest.approx(float(((q - p) * np.log(q / p)).sum()), rel=0.02)


def test_the_same_customers_have_not_drifted() -> None:
    values = pd.Series([1, 2, 2, 3, None], dtype="Int64")
    assert population_stability_index(values, values) == 0.0
    days = pd.Series(pd.to_datetime(["2024-01-01", "2024-02-01", None]))
    assert population_stability_index(days, days) == 0.0


@pytest.mark.parametrize("common", [0.0, 1.0])
def test_a_flag_that_changes_is_seen_whichever_value_is_common(common: float) -> None:
    base = np.array([common] * 95 + [1 - common] * 5)
    other = np.array([common] * 60 + [1 - common] * 40)
    by_hand = (0.6 - 0.95) * math.log(0.6 / 0.95) + (0.4 - 0.05) * math.log(0.4 / 0.05)
    assert population_stability_index(base, other) == pytest.approx(by_hand)


def test_missing_values_and_unknown_words_are_bins() -> None:
    full, emptied = np.ones(100), np.array([1.0] * 50 + [np.nan] * 50)
    assert population_stability_index(full, emptied) > 1
    base = pd.Series(["a"] * 100)
    new = (0.9 - 1) * math.log(0.9 / 1) + (0.1 - 0.005) * math.log(0.1 / 0.005)
    assert population_stability_index(base, pd.Series(["a"] * 90 + ["x"] * 4 + ["y"] * 6)) == pytest.approx(new)


def test_nobody_can_be_compared_with_nobody() -> None:
    assert math.isnan(population_stability_index(np.zeros(0), np.ones(3)))
    assert measure_drift(np.ones(3), np.zeros(0)).word == "steady"


def test_chance_is_what_unchanged_customers_stay_below() -> None:
    rng = np.random.default_rng(5)
    drawn = [measure_drift(rng.normal(size=400), rng.normal(size=300)) for _ in range(400)]
    within = np.mean([each.psi <= each.chance for each in drawn])
    assert within == pytest.approx(0.95, abs=0.035)


def test_words_say_how_far() -> None:
    rng = np.random.default_rng(6)
    base = rng.normal(size=20_000)
    assert measure_drift(base, rng.normal(size=20_000)).word == "steady"
    assert measure_drift(base, rng.normal(0.4, size=20_000)).word == "some"
    assert measure_drift(base, rng.normal(1.0, size=20_000)).word == "large"
    assert measure_drift(rng.normal(size=12), rng.normal(0.4, size=12)).word == "steady"  # so few customers tell nothing
