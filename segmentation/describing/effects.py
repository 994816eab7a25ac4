"""How far two groups lie apart, in standard deviations, with intervals: for amounts from their moments, for yes or no from rates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from segmentation.describing.intervals import unbent, wilson_limits

Floats = NDArray[np.float64]
Limits = tuple[Floats, Floats]

LIMIT = 20.0
"""Effects stop here: where nobody varies on either side, d would be infinite."""

ROUNDING = 1e-9
"""A gap, or a spread, under a billionth of a standard deviation is rounding, not data."""

FEW = 3
"""With fewer values on a side its own spread cannot be known: it is taken to be that of the other."""

Z = float(ndtri(0.975))


@dataclass(frozen=True)
class Moments:
    """Count, mean, and central moments of several groups, elementwise; `variance` and `third` are without bias."""

    count: Floats
    mean: Floats
    variance: Floats
    third: Floats
    fourth: Floats

    @classmethod
    def of(cls, sums: Floats) -> Moments:
        """From sums of the powers 0 to 4 of standardised values: (5, ...). Without values the mean is NaN, the rest 0."""
        n = sums[0]
        one, two, three, four = np.divide(sums[1:], n, out=np.full_like(sums[1:], np.nan), where=n > 0)
        second = np.where(two - one**2 > 1e-12, two - one**2, 0.0)
        third = np.where(second > 0, three - 3 * one * two + 2 * one**3, 0.0)
        fourth = np.where(second > 0, four - 4 * one * three + 6 * one**2 * two - 3 * one**4, 0.0)
        return cls(n, one, second * n / np.maximum(n - 1, 1), third * n**2 / np.maximum((n - 1) * (n - 2), 1) * (n > 2), fourth)

    @property
    def error(self) -> Floats:
        """Squared standard error of the mean."""
        return self.variance / np.maximum(self.count, 1)


def power_sums(values: Floats, group: NDArray[np.intp], groups: int) -> Floats:
    """Sums of the powers 0 to 4 of the known `values` (n,) by `group` (n,): (5, groups)."""
    known = np.isfinite(values)
    group, value = group[known], values[known]
    square = value * value
    powers = (None, value, square, square * value, square * square)
    return np.stack([np.bincount(group, weights=power, minlength=groups) for power in powers]).astype(np.float64)


def effect(inside: Moments, outside: Moments) -> Floats:
    """Cohen's d (1988) with the pooled standard deviation, at most `LIMIT`."""
    return _limited(inside.mean - outside.mean, _pooled(inside, outside))


def effect_interval(inside: Moments, outside: Moments) -> Limits:
    """95 % interval of `effect`, elementwise; it never reaches zero where the means' own interval does not come near it.

    The gap between the means has Welch's interval after Hall's transformation for skewness (1992), the pooled standard deviation
    one on the log scale with the kurtosis that the data have (Bonett 2006, Comput. Stat. Data Anal. 50). The limits of both are
    carried into d one at a time, and the distances added as squares, with the correlation between gap and spread that skewness
    brings (Zou and Donner 2008, Stat. Med. 27). Of 100 samples it holds the truth in 94 to 95 for normal data and for spend with a
    skewness of 3, and in 90 to 93 with one of 6 (percentiles of a bootstrap: 89 to 94), for which no sample says how wide is enough.
    With fewer than `FEW` values on a side, the interval for normal data (Hedges and Olkin 1985).
    """
    spread = np.maximum(_pooled(inside, outside), ROUNDING)
    d, gap = effect(inside, outside), inside.mean - outside.mean
    reach, together = _spread_limits(inside, outside, spread)
    low, high = _gap_limits(inside, outside)
    away = np.where(d >= 0, 1.0, -1.0)
    near, far = np.abs(gap - np.where(away > 0, low, high)) / spread, np.abs(np.where(away > 0, high, low) - gap) / spread
    size, turned = np.abs(d), together * away
    nearer = size - _added(near, size * (1 - 1 / reach), turned)
    further = size + _added(far, size * (reach - 1), turned)
    few = np.minimum(inside.count, outside.count) < FEW
    half = _normal_half(inside, outside, d)
    below = np.where(few, d - half, np.where(away > 0, nearer, -further))
    above = np.where(few, d + half, np.where(away > 0, further, -nearer))
    return np.clip(below, -LIMIT, d), np.clip(above, d, LIMIT)


def rate_effect(rate: Floats, n: Floats, rest_rate: Floats, rest_n: Floats) -> Floats:
    """Cohen's d of a yes or no: the difference of two rates in pooled standard deviations, at most `LIMIT`."""
    pooled = (n * rate * (1 - rate) + rest_n * rest_rate * (1 - rest_rate)) / np.maximum(n + rest_n - 2, 1)
    return _limited(rate - rest_rate, np.sqrt(np.maximum(pooled, 0.0)))


def rate_effect_interval(rate: Floats, n: Floats, rest_rate: Floats, rest_n: Floats) -> Limits:
    """95 % interval of `rate_effect`, elementwise: it holds also where nobody, or everybody, says yes on one side.

    The limits of both rates (Wilson) are carried into the effect one at a time, and the distances added as squares: Newcombe's
    interval of a difference (1998, Stat. Med. 17, method 10), in the general form of Zou and Donner (2008).
    """
    (low, high), (rest_low, rest_high) = wilson_limits(rate, n), wilson_limits(rest_rate, rest_n)
    d = rate_effect(rate, n, rest_rate, rest_n)

    def away(own: Floats, rest: Floats) -> Floats:
        return rate_effect(own, n, rest, rest_n) - d

    # Towards infinity, where nobody varies on either side, squares overshoot; both limits at once are far enough.
    below = np.minimum(np.hypot(away(low, rest_rate), away(rate, rest_high)), np.abs(away(low, rest_high)))
    above = np.minimum(np.hypot(away(high, rest_rate), away(rate, rest_low)), np.abs(away(high, rest_low)))
    return np.maximum(d - below, -LIMIT), np.minimum(d + above, LIMIT)


def _limited(gap: Floats, spread: Floats) -> Floats:
    d = np.clip(gap / np.maximum(spread, ROUNDING), -LIMIT, LIMIT)
    return np.where(np.abs(gap) < ROUNDING, gap * 0.0, d)


def _shares(inside: Moments, outside: Moments) -> tuple[Floats, Floats]:
    """What each side's variance counts in the pooled one."""
    freedom = np.maximum(inside.count + outside.count - 2, 1)
    return np.maximum(inside.count - 1, 0) / freedom, np.maximum(outside.count - 1, 0) / freedom


def _pooled(inside: Moments, outside: Moments) -> Floats:
    own, rest = _shares(inside, outside)
    return np.sqrt(own * inside.variance + rest * outside.variance)


def welch_freedom(inside: Moments, outside: Moments) -> Floats:
    """Degrees of freedom of the gap between two means (Satterthwaite 1946), at least 1."""
    parts = [side.error**2 / np.maximum(side.count - 1, 1) for side in (inside, outside)]
    return np.maximum((inside.error + outside.error) ** 2 / np.maximum(parts[0] + parts[1], 1e-300), 1.0)


def _gap_limits(inside: Moments, outside: Moments) -> Limits:
    error = np.sqrt(inside.error + outside.error)
    third = inside.third / np.maximum(inside.count, 1) ** 2 - outside.third / np.maximum(outside.count, 1) ** 2
    bend = third / np.maximum(error, ROUNDING) ** 3
    t = stdtrit(welch_freedom(inside, outside), 0.975)
    gap = inside.mean - outside.mean
    return gap - error * unbent(t, bend), gap - error * unbent(-t, bend)


def _spread_limits(inside: Moments, outside: Moments, spread: Floats) -> Limits:
    """By which factor the pooled spread may be off in either direction, and its correlation with the gap."""
    shares = _shares(inside, outside)
    squared = sum(share**2 * _variance_error(side) for share, side in zip(shares, (inside, outside), strict=True))
    both = [share * side.third / np.maximum(side.count, 1) for share, side in zip(shares, (inside, outside), strict=True)]
    scale = np.sqrt((inside.error + outside.error) * squared)
    together = np.divide(both[0] - both[1], scale, out=np.zeros_like(scale), where=scale > 0)
    reach = np.exp(np.minimum(Z * np.sqrt(squared) / (2 * spread**2), 50.0))
    return reach, np.clip(together, -1.0, 1.0)


def _variance_error(side: Moments) -> Floats:
    """Squared standard error of a sample's variance, from its fourth moment."""
    n = np.maximum(side.count, 1)
    error: Floats = np.maximum(side.fourth - side.variance**2 * (n - 3) / np.maximum(n - 1, 1), 0.0) / n
    return error


def _added(first: Floats, second: Floats, correlation: Floats) -> Floats:
    """Two distances added as squares; a spread that grows with the gap takes from both."""
    return np.sqrt(np.maximum(first**2 + second**2 - 2 * correlation * first * second, 0.0))


def _normal_half(inside: Moments, outside: Moments, d: Floats) -> Floats:
    n, rest = np.maximum(inside.count, 1), np.maximum(outside.count, 1)
    half: Floats = stdtrit(np.maximum(n + rest - 2, 1), 0.975) * np.sqrt(1 / n + 1 / rest + d**2 / (2 * (n + rest)))
    return half
