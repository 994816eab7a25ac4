"""How each segment differs from everyone else: means, effect sizes, intervals, tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from segmentation.profile_types import Difference, Interval, Measure

Floats = NDArray[np.float64]

DRAWS = 400
"""Bootstrap samples behind each interval."""

BLOCKS = 4_000
"""Above so many customers, whole blocks of customers are drawn instead of single ones."""

ALPHA = 0.05

EFFECT_LIMIT = 20.0
"""Effects stop here: where nobody varies on either side, d would be infinite."""


@dataclass(frozen=True)
class Moments:
    """Count, sum and sum of squares of one standardised measure, by segment and for everyone else (k values each)."""

    count: Floats
    total: Floats
    squares: Floats

    def mean(self) -> Floats:
        """Mean where anything is known, else NaN."""
        return _divide(self.total, self.count)

    def variance(self) -> Floats:
        """Unbiased variance; 0 with fewer than two known values."""
        spread = self.squares - _divide(self.total**2, self.count)
        return np.where(self.count > 1, np.maximum(spread, 0.0) / np.maximum(self.count - 1, 1), 0.0)


def differences(
    table: pd.DataFrame, measures: Sequence[Measure], label: NDArray[np.int16], clusters: Sequence[int], seed: int
) -> tuple[tuple[Difference, ...], ...]:
    """Per cluster, its difference from everyone else in each measure, in the order of `measures`.

    `table` holds one float64 column per measure, NaN where unknown; unknown values count nowhere. Effects are
    Cohen's d (1988) with the pooled standard deviation; intervals are bootstrap percentiles (Efron 1979) over
    `DRAWS` samples of customers. Up to `BLOCKS` customers each is drawn on its own; above, customers are dealt at
    random into `BLOCKS` blocks of equal size and blocks are drawn, which has the same variance in the limit and
    needs memory for the blocks alone. Significance is Welch's test (1947) after Holm (1979) over all measures and
    clusters. A measure is left out for a cluster where it, or everyone else, has no known value.
    """
    rng = np.random.default_rng(seed)
    block = rng.permutation(len(label)) % BLOCKS if len(label) > BLOCKS else np.arange(len(label))
    weights = _bootstrap_weights(rng, int(block.max()) + 1)
    group = _group_index(label, clusters)
    found = [_one_measure(table[measure.name].to_numpy(dtype=np.float64), group, block, weights, len(clusters)) for measure in measures]
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


def mean_interval(values: Floats) -> Interval | None:
    """Mean of the known values with Student's 95 % interval; None with fewer than two."""
    known = values[np.isfinite(values)]
    if known.size < 2:
        return None
    mean = float(known.mean())
    half = float(stats.t.ppf(0.975, known.size - 1) * known.std(ddof=1) / np.sqrt(known.size))
    return Interval(mean, mean - half, mean + half)


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


def _one_measure(values: Floats, group: NDArray[np.intp], block: NDArray[np.intp], weights: Floats, k: int) -> _Column:
    known = np.isfinite(values)
    nothing = np.full(k, np.nan)
    if not known.any():
        return _Column(nothing, nothing, np.nan, nothing, nothing, nothing, nothing, nothing, nothing, nothing)
    values, group, block = values[known], group[known], block[known]
    # The mean of a constant is off by rounding, which would pass for a difference.
    centre, scale = (float(values[0]), 1.0) if np.ptp(values) == 0 else (float(values.mean()), float(values.std()))
    sums = _block_sums((values - centre) / scale, group, block, weights.shape[1], k)
    inside, outside = _split(sums.sum(axis=1), k)
    drawn_inside, drawn_outside = _split(np.einsum("db,sbg->sdg", weights, sums, optimize=True), k)
    medians = [_medians(values, group == place) for place in range(k)]
    low, high = _percentiles(_effect(drawn_inside, drawn_outside))
    return _Column(
        mean=centre + scale * inside.mean(),
        rest_mean=centre + scale * outside.mean(),
        overall_mean=centre,
        median=np.array([own for own, _ in medians]),
        rest_median=np.array([rest for _, rest in medians]),
        z=inside.mean(),
        effect=_effect(inside, outside),
        low=low,
        high=high,
        p=_welch(inside, outside),
    )


def _bootstrap_weights(rng: np.random.Generator, blocks: int) -> Floats:
    """How often each block is drawn: `DRAWS` x `blocks`, every row adding up to `blocks`."""
    drawn = rng.integers(0, blocks, size=(DRAWS, blocks)) + np.arange(DRAWS)[:, None] * blocks
    return np.bincount(drawn.ravel(), minlength=DRAWS * blocks).reshape(DRAWS, blocks).astype(np.float64)


def _group_index(label: NDArray[np.int16], clusters: Sequence[int]) -> NDArray[np.intp]:
    """Place of each customer's cluster in `clusters`; `len(clusters)` for "no segment", who belong to every rest."""
    group = np.full(len(label), len(clusters), dtype=np.intp)
    for place, cluster in enumerate(clusters):
        group[label == cluster] = place
    return group


def _block_sums(values: Floats, group: NDArray[np.intp], block: NDArray[np.intp], blocks: int, k: int) -> Floats:
    """Count, sum and sum of squares by block and group: 3 x blocks x (k + 1)."""
    cell = block * (k + 1) + group
    sums = [np.bincount(cell, weights=power, minlength=blocks * (k + 1)) for power in (None, values, values * values)]
    return np.stack(sums).reshape(3, blocks, k + 1).astype(np.float64)


def _split(sums: Floats, k: int) -> tuple[Moments, Moments]:
    """Moments of each group and of all other groups together; the last axis of `sums` is the group."""
    everyone = sums.sum(axis=-1, keepdims=True)
    return Moments(*sums[..., :k]), Moments(*(everyone - sums[..., :k]))


def _effect(inside: Moments, outside: Moments) -> Floats:
    """Cohen's d, at most `EFFECT_LIMIT`; 0 where the means agree to rounding."""
    freedom = np.maximum(inside.count + outside.count - 2, 1)
    pooled = (np.maximum(inside.count - 1, 0) * inside.variance() + np.maximum(outside.count - 1, 0) * outside.variance()) / freedom
    gap = inside.mean() - outside.mean()
    # Values are in overall standard deviations: a gap under a billionth of one is rounding, not data.
    effect = gap / np.maximum(np.sqrt(pooled), 1e-9)
    return np.where(np.abs(gap) < 1e-9, gap * 0.0, np.clip(effect, -EFFECT_LIMIT, EFFECT_LIMIT))


def _percentiles(drawn: Floats) -> tuple[Floats, Floats]:
    """The 2.5 % and 97.5 % points per cluster; NaN for a cluster that no sample had anybody of."""
    low, high = np.full(drawn.shape[1], np.nan), np.full(drawn.shape[1], np.nan)
    for place in range(drawn.shape[1]):
        finite = drawn[np.isfinite(drawn[:, place]), place]
        if finite.size:
            low[place], high[place] = np.quantile(finite, (0.025, 0.975))
    return low, high


def _welch(inside: Moments, outside: Moments) -> Floats:
    """Two-sided p of Welch's test (1947) from moments; NaN with fewer than two known values on a side."""
    a, b = inside.variance() / np.maximum(inside.count, 1), outside.variance() / np.maximum(outside.count, 1)
    gap = inside.mean() - outside.mean()
    error = np.sqrt(np.maximum(a + b, 1e-18))
    freedom = (a + b) ** 2 / np.maximum(a**2 / np.maximum(inside.count - 1, 1) + b**2 / np.maximum(outside.count - 1, 1), 1e-300)
    p = 2 * stats.t.sf(np.abs(gap) / error, np.maximum(freedom, 1.0))
    return np.where((inside.count > 1) & (outside.count > 1), p, np.nan)


def _medians(values: Floats, member: NDArray[np.bool_]) -> tuple[float, float]:
    own, rest = values[member], values[~member]
    return (float(np.median(own)) if own.size else np.nan, float(np.median(rest)) if rest.size else np.nan)


def _divide(total: Floats, count: Floats) -> Floats:
    quotient: Floats = np.divide(total, count, out=np.full(np.shape(total), np.nan), where=count > 0)
    return quotient
