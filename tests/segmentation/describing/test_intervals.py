"""Intervals of a rate and of a mean: against SciPy, and how often they hold the truth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from segmentation.describing.intervals import mean_interval, wilson, wilson_limits
from tests.conftest import LONG

DRAWS = 2_000 if LONG else 400
LEAST, MOST = (0.93, 0.97) if LONG else (0.91, 0.985)
"""2,000 draws know a coverage to half a point, 400 to a little over one."""

SHAPES: dict[str, tuple[Callable[[np.random.Generator, int], np.ndarray], float]] = {
    "normal": (lambda rng, n: rng.normal(50, 10, n), 50.0),
    "days, even": (lambda rng, n: rng.uniform(0, 99, n), 49.5),
    "spend, skewed": (lambda rng, n: rng.lognormal(0, 0.75, n), np.exp(0.75**2 / 2)),
    "spend, exponential": (lambda rng, n: rng.exponential(300, n), 300.0),
    "spend of those who buy, and nothing": (lambda rng, n: rng.gamma(1, 400, n) * (rng.random(n) < 0.6), 240.0),
}


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
@settings(max_examples=60, deadline=None)
def test_wilson_agrees_with_scipy(case: tuple[int, int]) -> None:
    hits, n = case
    theirs = stats.binomtest(hits, n).proportion_ci(method="wilson")
    assert wilson(hits, n) == pytest.approx((theirs.low, theirs.high), abs=1e-8)


@pytest.mark.parametrize("n", [100, 160, 217, 300, 600, 2_240])
@pytest.mark.parametrize("rate", [0.02, 0.05, 0.10, 0.149, 0.30, 0.50])
def test_wilson_holds_the_rate_in_95_of_100_samples(n: int, rate: float) -> None:
    hits = np.arange(n + 1)
    low, high = wilson_limits(hits / n, n)
    holds = (low <= rate) & (rate <= high)
    assert 0.93 <= stats.binom.pmf(hits, n, rate)[holds].sum() <= 0.97


def hall(values: np.ndarray) -> tuple[float, float]:
    """Hall's interval (1992) by solving his cubic for the mean that lies at each quantile of Student's t."""
    n, mean = len(values), values.mean()
    error, skew = stats.sem(values), stats.skew(values, bias=False) / np.sqrt(n)
    limits = []
    for t in stats.t.ppf((0.975, 0.025), n - 1):
        roots = np.roots([skew**2 / 27, skew / 3, 1, skew / 6 - t])
        studentised = roots[np.abs(roots.imag) < 1e-6].real[0]
        limits.append(mean - error * studentised)
    return limits[0], limits[1]


@pytest.mark.parametrize("seed", range(20))
def test_mean_interval_solves_halls_cubic(seed: int) -> None:
    values = np.random.default_rng(seed).lognormal(0, 1, 12 + 20 * seed)
    found = mean_interval(np.append(values, np.nan))
    assert found is not None
    assert found.mean == pytest.approx(values.mean(), abs=1e-8)
    assert (found.low, found.high) == pytest.approx(hall(values), abs=1e-8)


def test_without_skewness_the_mean_has_students_interval() -> None:
    values = np.array([1.0, 2.0, 4.0, 7.0, 9.0, 10.0])
    found = mean_interval(values)
    assert found is not None
    assert (found.low, found.high) == pytest.approx(stats.ttest_1samp(values, 0).confidence_interval(), abs=1e-8)


def test_two_values_have_students_interval_and_one_has_none() -> None:
    found = mean_interval(np.array([3.0, np.nan, 5.0]))
    assert found is not None
    assert (found.low, found.high) == pytest.approx(stats.ttest_1samp([3.0, 5.0], 0).confidence_interval(), abs=1e-8)
    assert mean_interval(np.array([1.0])) is None
    assert mean_interval(np.full(9, np.nan)) is None


def test_the_mean_of_a_constant_is_certain() -> None:
    found = mean_interval(np.full(40, 7.1))
    assert found is not None
    assert (found.low, found.high) == pytest.approx((7.1, 7.1))


@pytest.mark.parametrize("n", [100, 160, 600])
@pytest.mark.parametrize("shape", SHAPES)
def test_mean_interval_holds_the_mean_in_95_of_100_samples(shape: str, n: int) -> None:
    draw, truth = SHAPES[shape]
    rng = np.random.default_rng(8)
    found = [mean_interval(draw(rng, n)) for _ in range(DRAWS)]
    assert LEAST <= np.mean([each is not None and each.low <= truth <= each.high for each in found]) <= MOST


def test_very_skewed_spend_loses_little_and_students_interval_more() -> None:
    rng, truth = np.random.default_rng(0), np.exp(0.5)
    samples = rng.lognormal(0, 1, (2_000, 50))
    ours = [mean_interval(sample) for sample in samples]
    student = stats.ttest_1samp(samples, 0, axis=1).confidence_interval()
    held = np.mean([each is not None and each.low <= truth <= each.high for each in ours])
    assert held >= 0.92
    assert held >= np.mean((student.low <= truth) & (truth <= student.high)) + 0.02
