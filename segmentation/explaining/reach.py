"""What is known of each segment's customers beyond its clusters: how far they reach, and what is usual among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from segmentation.clustering import Features, cluster_means
from segmentation.describing.profile_types import Measure
from segmentation.features import FeatureBuilder, Recipe
from segmentation.measures import Measured, finite

QUANTILE = 0.999
"""Of a segment's own customers, about one in a thousand lies beyond its reach."""

ENOUGH = 1_000
"""With fewer customers than this, a segment's own quantile would be little more than its farthest customer."""


SMALLEST_SPREAD = 0.1
"""A feature's spread inside the segments counts as at least this part of its spread among everybody: where a feature alone decides who
is where, nobody in a segment differs in it, and the least difference would be without end."""


@dataclass(frozen=True, eq=False)
class Reach:
    """Figures of each segment's customers (k segments, then a last row for customers in no segment, or everybody where there are none).

    `middles` (k + 1, d) are means of unbounded features, `spreads` (p,) the root mean square distance of customers from the middle of their
    segment in each feature of the recipe. A customer is as far out as the feature in which they are farthest out, counted in such
    spreads; `limits` (k + 1,) is how far that may be for a segment's customers. `usual` (k + 1, u) are means in plain units of the measure
    behind each feature: one column for a number, one for each level of a category (its share); NaN where nothing is known. `measures`
    says what each feature's column is, `yes_no` where it holds only 0 and 1. No customer's row is among these.
    """

    measures: tuple[Measure, ...]
    yes_no: NDArray[np.bool_]
    middles: Features
    spreads: NDArray[np.float64]
    limits: NDArray[np.float64]
    usual: NDArray[np.float64]

    def distances(self, recipe: Recipe, features: Features, label: NDArray[np.int16]) -> NDArray[np.float64]:
        """How far unbounded `features` (n, d) lie from the middle of each row's segment, (n, p), in spreads of each feature."""
        return _by_feature(recipe, features - self.middles[label]) / self.spreads

    def state(self) -> dict[str, NDArray[Any]]:
        """The figures as plain arrays."""
        return {f"reach_{name}": getattr(self, name) for name in _ARRAYS}

    @classmethod
    def restored(cls, measures: tuple[Measure, ...], state: Mapping[str, NDArray[Any]]) -> Self:
        """The reach that `state` was taken from; KeyError when something is missing."""
        return cls(measures, *(state[f"reach_{name}"] for name in _ARRAYS))


_ARRAYS = ("yes_no", "middles", "spreads", "limits", "usual")


def learn_reach(recipe: Recipe, builder: FeatureBuilder, measured: Measured, label: NDArray[np.int16], k: int) -> Reach:
    """The reach of `k` segments whose customers are those of `measured`, `label` (n,) saying where each belongs (-1: nowhere).

    A segment's limit is the 99.9 % quantile of how far its customers are out. Under `ENOUGH` customers it is at least what all customers
    say: the 99.9 % quantile of how far each is out, relative to the root mean square in their segment, times that of this segment.
    """
    features = builder.transform(measured.table, bounded=False)
    everybody = features.mean(axis=0)
    group = np.where(label < 0, k, label).astype(np.int16)
    size, middles = cluster_means(features, group, k + 1)
    apart = _by_feature(recipe, features - middles[group])
    overall = _by_feature(recipe, features - everybody)
    spreads = np.maximum(_root_mean_square(apart), SMALLEST_SPREAD * _root_mean_square(overall))
    limits = _limits((apart / spreads).max(axis=1), group, size)
    if not size[k]:
        middles[k], limits[k] = everybody, np.quantile((overall / spreads).max(axis=1), QUANTILE)
    values = list(_plain_values(recipe, measured))
    known = {measure.name: measure for measure in (*measured.measures, *measured.categories)}
    return Reach(
        measures=tuple(replace(known[spec.measure], fitted=True) for spec in recipe.features),
        yes_no=np.array([_is_yes_no(values[start]) for start, _ in usual_blocks(recipe)]),
        middles=middles,
        spreads=spreads,
        limits=limits,
        usual=np.column_stack([_means(column, group, k) for column in values]),
    )


def usual_blocks(recipe: Recipe) -> tuple[tuple[int, int], ...]:
    """The range [start, stop) of columns of `Reach.usual` that speak of each feature."""
    ends = np.cumsum([0, *(len(spec.levels) or 1 for spec in recipe.features)])
    return tuple((int(start), int(stop)) for start, stop in pairwise(ends))


def _plain_values(recipe: Recipe, measured: Measured) -> Iterator[NDArray[np.float64]]:
    for spec in recipe.features:
        values = measured.table[spec.measure]
        if not spec.levels:
            yield finite(values)
        for level in spec.levels:
            yield np.where(values.isin(spec.levels), (values == level).to_numpy(dtype=np.float64), np.nan)


def _means(values: NDArray[np.float64], group: NDArray[np.int16], k: int) -> NDArray[np.float64]:
    """Mean of the known `values` (n,) in each of k + 1 groups; the last is everybody where it is empty."""
    known = np.isfinite(values)
    counts = np.bincount(group[known], minlength=k + 1).astype(np.float64)
    sums = np.bincount(group[known], weights=values[known], minlength=k + 1)
    if not (group == k).any():
        counts[k], sums[k] = counts.sum(), sums.sum()
    means: NDArray[np.float64] = np.divide(sums, counts, out=np.full(k + 1, np.nan), where=counts > 0)
    return means


def _limits(farthest: NDArray[np.float64], group: NDArray[np.int16], size: NDArray[np.float64]) -> NDArray[np.float64]:
    """The limit of each group, 0 for an empty one, from how far out everybody is (n,)."""
    squares = np.bincount(group, weights=farthest**2, minlength=len(size))
    typical = np.sqrt(squares / np.maximum(size, 1.0))
    relative = np.divide(farthest, typical[group], out=np.zeros_like(farthest), where=typical[group] > 0)
    pooled = float(np.quantile(relative, QUANTILE)) * typical
    own = np.array([np.quantile(farthest[group == each], QUANTILE) if size[each] else 0.0 for each in range(len(size))])
    return np.where(size < ENOUGH, np.maximum(own, pooled), own)


def _is_yes_no(values: NDArray[np.float64]) -> bool:
    return bool(np.isin(values[np.isfinite(values)], (0, 1)).all())


def _by_feature(recipe: Recipe, differences: Features) -> NDArray[np.float64]:
    """Lengths of `differences` (n, d) in each feature of the recipe, (n, p)."""
    lengths: NDArray[np.float64] = np.sqrt(np.add.reduceat(differences**2, [start for start, _ in recipe.blocks()], axis=1))
    return lengths


def _root_mean_square(lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    mean: NDArray[np.float64] = np.sqrt((lengths**2).mean(axis=0))
    return mean
