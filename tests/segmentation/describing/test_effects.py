"""Effect sizes and their intervals: against plain formulas, and how often they hold the truth."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from segmentation.describing.effects import LIMIT, Moments, effect, effect_interval, power_sums, rate_effect, rate_effect_interval
from tests.conftest import LONG

DRAWS = 2_000 if LONG else 400
LEAST, MOST = (0.93, 0.97) if LONG else (0.91, 0.985)
"""2,000 draws know a coverage to half a point, 400 to a little over one."""

Draw = Callable[[np.random.Generator, tuple[int, int]], np.ndarray]


class Side(NamedTuple):
    """Where one side's values come from, with the mean and variance that they have there."""

    draw: Draw
    mean: float
    variance: float


def normal(mean: float, deviation: float = 1.0) -> Side:
    return Side(lambda rng, shape: rng.normal(mean, deviation, shape), mean, deviation**2)


def lognormal(place: float, sigma: float) -> Side:
    mean = np.exp(place + sigma**2 / 2)
    return Side(lambda rng, shape: rng.lognormal(place, sigma, shape), mean, (np.exp(sigma**2) - 1) * mean**2)


def poisson(mean: float) -> Side:
    return Side(lambda rng, shape: rng.poisson(mean, shape).astype(np.float64), mean, mean)


WORLDS = {
    "alike": (normal(0), normal(0)),
    "medium": (normal(0.5), normal(0)),
    "far apart": (normal(2), normal(0)),
    "more varied": (normal(1, 2), normal(0)),
    "children": (poisson(0.3), poisson(0.6)),
    "spend, alike": (lognormal(0, 0.75), lognormal(0, 0.75)),
    "spend, more": (lognormal(0.5, 0.75), lognormal(0, 0.75)),
    "spend, less": (lognormal(-0.5, 0.75), lognormal(0, 0.75)),
}


def moments(values: np.ndarray) -> Moments:
    """Moments of each row, taken about something else than their own mean, as groups' are."""
    return Moments.of(np.stack([np.full(len(values), values.shape[1], dtype=np.float64), *((values**p).sum(axis=1) for p in (1, 2, 3, 4))]))


def truth(own: Side, rest: Side, n: int, m: int) -> float:
    pooled = ((n - 1) * own.variance + (m - 1) * rest.variance) / (n + m - 2)
    return float((own.mean - rest.mean) / np.sqrt(pooled))


def held(own: Side, rest: Side, n: int, m: int, draws: int, seed: int = 2) -> float:
    rng = np.random.default_rng(seed)
    low, high = effect_interval(moments(own.draw(rng, (draws, n))), moments(rest.draw(rng, (draws, m))))
    real = truth(own, rest, n, m)
    return float(np.mean((low <= real) & (real <= high)))


@pytest.mark.parametrize(("n", "m"), [(100, 2_000), (160, 2_080)])
@pytest.mark.parametrize("world", WORLDS)
def test_interval_holds_the_effect_in_95_of_100_samples(world: str, n: int, m: int) -> None:
    assert LEAST <= held(*WORLDS[world], n, m, DRAWS) <= MOST


def test_very_skewed_spend_loses_little() -> None:
    """Skewness 6: percentiles of a bootstrap hold 91 % or less here."""
    assert held(lognormal(0.5, 1), lognormal(0, 1), 100, 2_000, 1_000) >= 0.90


def percentile_interval(own: np.ndarray, rest: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """What a bootstrap (Efron 1979) of the customers gives: another way to nearly the same limits, where nothing is skewed."""
    picked = own[rng.integers(0, len(own), (4_000, len(own)))], rest[rng.integers(0, len(rest), (4_000, len(rest)))]
    return tuple(np.quantile(effect(moments(picked[0]), moments(picked[1])), (0.025, 0.975)))


@pytest.mark.parametrize("gap", [0.0, 0.6, 2.0])
def test_interval_agrees_with_a_bootstrap_where_nothing_is_skewed(gap: float) -> None:
    rng = np.random.default_rng(5)
    own, rest = rng.normal(gap, 1, 150), rng.normal(0, 1, 700)
    low, high = effect_interval(moments(own[None]), moments(rest[None]))
    assert (low[0], high[0]) == pytest.approx(percentile_interval(own, rest, rng), abs=0.02)


def by_hand(own: np.ndarray, rest: np.ndarray) -> tuple[float, float, float]:
    """d with its limits, written out with SciPy: for a positive gap."""
    n, m = len(own), len(rest)
    share = (n - 1) / (n + m - 2)
    spread = np.sqrt(share * own.var(ddof=1) + (1 - share) * rest.var(ddof=1))
    gap = own.mean() - rest.mean()
    error = np.sqrt(stats.sem(own) ** 2 + stats.sem(rest) ** 2)
    thirds = [stats.skew(x, bias=False) * x.std(ddof=1) ** 3 for x in (own, rest)]
    bend = (thirds[0] / n**2 - thirds[1] / m**2) / error**3
    t = stats.ttest_ind(own, rest, equal_var=False).df
    quantiles = [3 / bend * (np.cbrt(1 + bend * (q - bend / 6)) - 1) for q in stats.t.ppf((0.975, 0.025), t)]
    near, far = error * quantiles[0] / spread, -error * quantiles[1] / spread
    squared = sum(
        w**2 * (stats.moment(x, 4) - x.var(ddof=1) ** 2 * (len(x) - 3) / (len(x) - 1)) / len(x)
        for w, x in ((share, own), (1 - share, rest))
    )
    together = (share * thirds[0] / n - (1 - share) * thirds[1] / m) / np.sqrt(error**2 * squared)
    factor = np.exp(stats.norm.ppf(0.975) * np.sqrt(squared) / (2 * spread**2))
    d = gap / spread
    down, up = d * (1 - 1 / factor), d * (factor - 1)
    low = d - np.sqrt(near**2 + down**2 - 2 * together * near * down)
    high = d + np.sqrt(far**2 + up**2 - 2 * together * far * up)
    return d, low, high


@pytest.mark.parametrize("seed", range(8))
def test_figures_agree_with_the_formulas_written_out(seed: int) -> None:
    rng = np.random.default_rng(seed)
    own, rest = rng.lognormal(1, 0.6, 40 + seed), rng.lognormal(0, 0.8, 300)
    values, group = np.concatenate([own, rest]), np.repeat([0, 1], [len(own), len(rest)])
    sums = power_sums((values - values.mean()) / values.std(), group, 2)
    inside, outside = Moments.of(sums[:, :1]), Moments.of(sums[:, 1:])
    (low,), (high,) = effect_interval(inside, outside)
    assert (effect(inside, outside)[0], low, high) == pytest.approx(by_hand(own, rest), abs=1e-8)
    (mirrored_low,), (mirrored_high,) = effect_interval(outside, inside)
    assert (mirrored_low, mirrored_high) == pytest.approx((-high, -low), abs=1e-12)


def test_one_huge_amount_widens_the_interval_without_changing_its_side() -> None:
    rng = np.random.default_rng(3)
    rest = np.append(rng.gamma(4, 8, 1_800), 5_000.0)
    low, high = effect_interval(moments(rng.gamma(3, 5, (1, 400))), moments(rest[None]))
    ordinary = effect_interval(moments(rng.gamma(3, 5, (1, 400))), moments(rest[None, :-1]))
    assert high[0] < 0
    assert (high[0] - low[0]) / abs(low[0]) > (ordinary[1][0] - ordinary[0][0]) / abs(ordinary[0][0])


def test_a_pair_of_customers_gets_the_interval_of_normal_data() -> None:
    own, rest = np.array([[4.0, 4.2]]), np.random.default_rng(1).normal(3, 1, (1, 200))
    d = effect(moments(own), moments(rest))[0]
    half = stats.t.ppf(0.975, 200) * np.sqrt(1 / 2 + 1 / 200 + d**2 / 404)
    low, high = effect_interval(moments(own), moments(rest))
    assert (low[0], high[0]) == pytest.approx((d - half, d + half))


@pytest.mark.parametrize(("n", "m"), [(100, 2_000), (160, 2_080), (1_100, 1_140)])
@pytest.mark.parametrize(("rate", "rest_rate"), [(0.02, 0.02), (0.05, 0.01), (0.03, 0.10), (0.5, 0.1), (0.9, 0.6), (0.95, 0.05)])
def test_interval_of_a_yes_or_no_holds_the_effect_in_95_of_100_samples(n: int, m: int, rate: float, rest_rate: float) -> None:
    rng = np.random.default_rng(4)
    sizes = np.full(DRAWS, float(n)), np.full(DRAWS, float(m))
    rates = rng.binomial(n, rate, DRAWS) / n, rng.binomial(m, rest_rate, DRAWS) / m
    low, high = rate_effect_interval(rates[0], sizes[0], rates[1], sizes[1])
    real = truth(
        Side(lambda *_: np.empty(0), rate, n / (n - 1) * rate * (1 - rate)),
        Side(lambda *_: np.empty(0), rest_rate, m / (m - 1) * rest_rate * (1 - rest_rate)),
        n,
        m,
    )
    assert LEAST <= np.mean((low <= real) & (real <= high)) <= MOST


def test_the_effect_of_a_yes_or_no_is_cohens_d_of_zeros_and_ones() -> None:
    own, rest = np.repeat([[1.0, 0.0]], [30, 70], axis=1), np.repeat([[1.0, 0.0]], [45, 255], axis=1)
    rates = [np.array([each]) for each in (0.30, 100.0, 0.15, 300.0)]
    assert rate_effect(*rates)[0] == pytest.approx(effect(moments(own), moments(rest))[0], abs=1e-8)


def test_a_rare_answer_that_nobody_here_gave_has_an_interval() -> None:
    rates = [np.array([each]) for each in (0.0, 100.0, 0.02, 2000.0)]
    (low,), (high,) = rate_effect_interval(*rates)
    assert low < rate_effect(*rates)[0] < 0 < high


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=40), st.integers(1, 39))
@settings(max_examples=150, deadline=None)
def test_limits_are_finite_and_lie_around_the_effect(values: list[float], cut: int) -> None:
    data = np.array(values)
    known = data - data.mean()
    spread = known.std() or 1.0
    cut = min(cut, len(data) - 1)
    inside, outside = (moments(part[None] / spread) for part in (known[:cut], known[cut:]))
    (d,), (low,), (high,) = effect(inside, outside), *effect_interval(inside, outside)
    assert -LIMIT <= low <= d <= high <= LIMIT
