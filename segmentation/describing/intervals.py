"""95 % intervals of a rate and of a mean."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtrit

from segmentation.describing.profile_types import Interval

Floats = NDArray[np.float64]


def wilson(hits: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval (1927) for a rate; `n` must be at least 1."""
    low, high = wilson_limits(hits / n, n, confidence)
    return float(low), float(high)


def wilson_limits(rate: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Wilson's interval for each of several rates; NaN where `n` is 0."""
    rate, n, z = np.asarray(rate, dtype=np.float64), np.asarray(n, dtype=np.float64), float(ndtri(0.5 + confidence / 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * np.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def mean_interval(values: Floats) -> Interval | None:
    """Mean of the known values with its 95 % interval; None with fewer than two.

    Student's t after Hall's transformation (1992, On the removal of skewness by transformation, J. R. Stat. Soc. B 54, 221-228).
    Amounts are skewed, and Student's interval misses a high mean too often: with 100 values of a lognormal with sigma 1 it holds
    the mean in 91 % of samples, this one in 94 %. Without skewness both are the same.
    """
    known = values[np.isfinite(values)]
    if known.size < 2:
        return None
    mean = float(known.mean())
    away = known - mean
    return interval_from(known.size, mean, float(np.sum(away**2)), float(np.sum(away**3)), float(np.abs(away).max()))


def interval_from(n: int, mean: float, square: float, cube: float, extent: float) -> Interval | None:
    """The same from sums: of squared and cubed deviations from the mean, and the largest deviation."""
    if n < 2:
        return None
    spread = math.sqrt(square / (n - 1))
    error, t = spread / math.sqrt(n), float(stdtrit(n - 1, 0.975))
    bend = _skewness(n, spread, cube, extent) / math.sqrt(n)
    return Interval(mean, mean - error * float(unbent(t, bend)), mean - error * float(unbent(-t, bend)))


def unbent(t: ArrayLike, bend: ArrayLike) -> Floats:
    """The inverse of Hall's cubic: where a skewed studentised mean has the quantile that Student's t has at `t`.

    `bend` is the skewness of the mean: that of the values over the root of their number.
    """
    t, bend = np.asarray(t, dtype=np.float64), np.asarray(bend, dtype=np.float64)
    straight = np.abs(bend) < 1e-6
    usable = np.where(straight, 1.0, bend)
    return np.where(straight, t, 3 / usable * (np.cbrt(1 + usable * (t - usable / 6)) - 1))


def _skewness(n: int, spread: float, cube: float, extent: float) -> float:
    """Sample skewness without bias (G1); 0 with fewer than three values, or where they do not vary."""
    if n < 3 or spread <= 1e-12 * max(extent, 1.0):
        return 0.0
    return n / ((n - 1) * (n - 2)) * cube / spread**3
