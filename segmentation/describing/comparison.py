"""How each segment differs from everyone else: means, effect sizes, intervals, tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtr

from segmentation.describing.answers import yes_or_no
from segmentation.describing.chance import fisher
from segmentation.describing.effects import (
    Limits,
    Moments,
    effect,
    effect_interval,
    power_sums,
    rate_effect,
    rate_effect_interval,
    welch_freedom,
)
from segmentation.describing.profile_types import Difference, Measure

Floats = NDArray[np.float64]

ALPHA = 0.05


def differences(
    table: pd.DataFrame, measures: Sequence[Measure], label: NDArray[np.int16], clusters: Sequence[int]
) -> tuple[tuple[Difference, ...], ...]:
    """Per cluster, its difference from everyone else in each measure, in the order of `measures`.

    `table` holds one float64 column per measure, NaN where unknown; unknown values count nowhere. Effects are Cohen's d (1988),
    with the intervals of `effects`. Significance is Welch's test (1947), or Fisher's exact one (1935) for a yes or no, after Holm
    (1979) over all measures and clusters. A measure is left out for a cluster where it, or everyone else, has no known value.
    """
    group = _group_index(label, clusters)
    found = [_one_measure(table[measure.name].to_numpy(dtype=np.float64), group, len(clusters)) for measure in measures]
    significant = holm(np.array([column.p for column in found]).reshape(len(measures), len(clusters)))
    return tuple(
        tuple(
            column.difference(measure.name, place, bool(significant[row, place]))
            for row, (measure, column) in enumerate(zip(measures, found, strict=True))
            if np.isfinite(column.effect[place])
        )
        for place in range(len(clusters))
    )


def spread(differences_of_all: Sequence[Sequence[Difference]], shares: Sequence[float], measure: str) -> float:
    """How far segments lie apart in `measure`: root mean square of their z, weighted by their share of customers."""
    pairs = [(share, d.z) for share, ds in zip(shares, differences_of_all, strict=True) for d in ds if d.measure == measure]
    weight = sum(share for share, _ in pairs)
    return float(np.sqrt(sum(share * z * z for share, z in pairs) / weight)) if weight else 0.0


def holm(p: Floats) -> NDArray[np.bool_]:
    """Which of the tests hold at `ALPHA` after Holm's step-down correction (1979); NaN never does."""
    flat = np.where(np.isfinite(p), p, 2.0).ravel()
    order = np.argsort(flat, kind="stable")
    count = int(np.isfinite(p).sum())
    limits = ALPHA / np.maximum(count - np.arange(flat.size), 1)
    passed = np.cumprod(flat[order] <= limits).astype(bool)
    result = np.zeros(flat.size, dtype=bool)
    result[order] = passed
    return result.reshape(p.shape)


def welch_p(inside: Moments, outside: Moments) -> Floats:
    """Two-sided p of Welch's test (1947), elementwise; NaN with fewer than two known values on a side."""
    error = np.sqrt(np.maximum(inside.error + outside.error, 1e-18))
    p = 2 * stdtr(welch_freedom(inside, outside), -np.abs(inside.mean - outside.mean) / error)
    return np.where((inside.count > 1) & (outside.count > 1), p, np.nan)


def rate_p(rate: Floats, n: Floats, rest_rate: Floats, rest_n: Floats) -> Floats:
    """Two-sided p of Fisher's exact test (1935) between two rates, elementwise."""
    counts = np.rint(np.nan_to_num([rate * n, n, rest_rate * rest_n, rest_n])).astype(int)
    return np.array([fisher(*(int(count) for count in each)) for each in counts.T])


@dataclass(frozen=True)
class _Column:
    """One measure against all clusters; arrays of length k, except the overall mean."""

    mean: Floats
    rest_mean: Floats
    overall_mean: float
    median: Floats
    rest_median: Floats
    z: Floats
    effect: Floats
    low: Floats
    high: Floats
    p: Floats

    def difference(self, measure: str, place: int, significant: bool) -> Difference:
        return Difference(
            measure=measure,
            mean=float(self.mean[place]),
            rest_mean=float(self.rest_mean[place]),
            overall_mean=self.overall_mean,
            median=float(self.median[place]),
            rest_median=float(self.rest_median[place]),
            z=float(self.z[place]),
            effect=float(self.effect[place]),
            low=float(self.low[place]),
            high=float(self.high[place]),
            significant=significant,
        )


def _one_measure(values: Floats, group: NDArray[np.intp], k: int) -> _Column:
    centre, unit = _scale(values)
    sums = power_sums((values - centre) / unit, group, k + 1)
    inside, outside = Moments.of(sums[:, :k]), Moments.of(sums.sum(axis=1, keepdims=True) - sums[:, :k])
    mean, rest_mean = centre + unit * inside.mean, centre + unit * outside.mean
    d, (low, high), p = _tested(inside, outside) if not yes_or_no(values) else _tested_rates(mean, inside.count, rest_mean, outside.count)
    return _Column(mean, rest_mean, centre, *_medians(values, group, k), inside.mean, d, low, high, p)


def _scale(values: Floats) -> tuple[float, float]:
    """Centre and scale of the known values. The mean of a constant is off by rounding, which would pass for a difference."""
    known = values[np.isfinite(values)]
    if known.size == 0:
        return np.nan, 1.0
    return (float(known[0]), 1.0) if np.ptp(known) == 0 else (float(known.mean()), float(known.std()))


def _group_index(label: NDArray[np.int16], clusters: Sequence[int]) -> NDArray[np.intp]:
    """Place of each customer's cluster in `clusters`; `len(clusters)` for "no segment", who belong to every rest."""
    group = np.full(len(label), len(clusters), dtype=np.intp)
    for place, cluster in enumerate(clusters):
        group[label == cluster] = place
    return group


def _tested(inside: Moments, outside: Moments) -> tuple[Floats, Limits, Floats]:
    """Effect, interval and two-sided p of Welch's test (1947); NaN with fewer than two known values on a side."""
    return effect(inside, outside), effect_interval(inside, outside), welch_p(inside, outside)


def _tested_rates(rate: Floats, n: Floats, rest_rate: Floats, rest_n: Floats) -> tuple[Floats, Limits, Floats]:
    """The same for a yes or no, with Fisher's test: Welch's takes a side without a yes for one without any doubt."""
    rate, rest_rate = np.clip(rate, 0.0, 1.0), np.clip(rest_rate, 0.0, 1.0)
    p = rate_p(rate, n, rest_rate, rest_n)
    return rate_effect(rate, n, rest_rate, rest_n), rate_effect_interval(rate, n, rest_rate, rest_n), p


def _medians(values: Floats, group: NDArray[np.intp], k: int) -> tuple[Floats, Floats]:
    """Median of the known values of each cluster and of everyone else; NaN where there are none."""
    order = np.argsort(values)[: int(np.isfinite(values).sum())]
    ordered, group = values[order], group[order]
    members = [group == cluster for cluster in range(k)]
    return np.array([_middle(ordered[each]) for each in members]), np.array([_middle(ordered[~each]) for each in members])


def _middle(ordered: Floats) -> float:
    """The median of values in order."""
    half, odd = divmod(ordered.size, 2)
    if ordered.size == 0:
        return np.nan
    return float(ordered[half] if odd else (ordered[half - 1] + ordered[half]) / 2)
