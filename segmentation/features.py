"""From measures to the numbers that a model sees: a frozen recipe, and the transformer that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import helmert
from sklearn.base import BaseEstimator, TransformerMixin

from segmentation.clustering import Layout
from segmentation.errors import NotEnoughData
from segmentation.measures import finite

Transform = Literal["log", "log1p", "sqrt", "none", "flag", "category"]
"""`log` is a started log (Mosteller & Tukey 1977, Data Analysis and Regression), log(1 + x / start): its start is learned and carries
the unit of x, so that spend in cents and spend in euros make the same feature. `log1p` is the same with a start of 1."""

BOUNDS = (0.01, 0.99)
"""Quantiles beyond which a feature does not reach, so that an outlier cannot be a segment of its own."""

HALF = 0.5
"""The largest standard deviation of a yes-or-no column. Flags are divided by this one, not by their own: a rare flag, such as one
complaint in a hundred, would otherwise lie ten standard deviations out and make a segment of its own."""


@dataclass(frozen=True)
class FeatureSpec:
    """One model feature: a measure, transformed, bounded, standardised, then multiplied by `weight`.

    A category has `levels`, the words that it knows, and takes len(levels) - 1 columns.
    """

    name: str
    measure: str
    label: str
    transform: Transform
    weight: float = 1.0
    levels: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """How many columns it takes in the matrix of features."""
        return len(self.levels) - 1 if self.levels else 1


@dataclass(frozen=True)
class Recipe:
    """How customers become features; `as_of` is the day at which ages and tenures are taken.

    `left_out` names columns that say nothing new: constant ones, and copies of another.
    """

    features: tuple[FeatureSpec, ...]
    as_of: date
    left_out: tuple[str, ...] = ()

    def blocks(self) -> tuple[tuple[int, int], ...]:
        """The range [start, stop) of columns that each feature takes."""
        ends = np.cumsum([0, *(spec.width for spec in self.features)])
        return tuple((int(start), int(stop)) for start, stop in pairwise(ends))

    def layout(self) -> Layout:
        """Which columns encode a category."""
        return Layout(tuple(block for spec, block in zip(self.features, self.blocks(), strict=True) if spec.levels))


@dataclass(frozen=True)
class FeatureSummary:
    """What became of one feature in a fit, for people: `imputed` customers had no value, `bounded` lay beyond the bounds.

    None: fewer of them than their reader may be told of.
    """

    name: str
    label: str
    transform: str
    weight: float
    imputed: int | None
    bounded: int | None


class FeatureBuilder(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn carries no types
    """Measures to features, as `recipe` says.

    A number is transformed, bounded to the quantiles `BOUNDS`, its gaps filled with the median, standardised and weighted. A category
    of L levels becomes the corners of a regular simplex in L - 1 columns: all levels equally far apart, none redundant, none the
    reference, and an unknown or new word in the middle. What was learned are plain arrays of one entry per column: `starts_`, `lows_`,
    `highs_`, `medians_`, `means_`, `scales_`, and the counts `imputed_` and `bounded_` of the customers it was learned from.
    """

    LEARNED = ("starts_", "lows_", "highs_", "medians_", "means_", "scales_", "imputed_", "bounded_")

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe

    def fit(self, table: pd.DataFrame, y: None = None) -> Self:
        """Learn from `table` (measures, one row per customer); NotEnoughData when a measure is nowhere known."""
        self.starts_ = np.concatenate([_starts(spec, table) for spec in self.recipe.features])
        values = self._transformed(table)
        known = np.isfinite(values)
        self._refuse_unknown(known)
        self.lows_, self.highs_ = np.nanquantile(values, BOUNDS, axis=0)
        numeric = np.repeat([not spec.levels and spec.transform != "flag" for spec in self.recipe.features], self._widths())
        self.lows_, self.highs_ = np.where(numeric, self.lows_, -np.inf), np.where(numeric, self.highs_, np.inf)
        self.medians_ = np.where(self._is_category(), 0.0, np.nanmedian(values, axis=0))
        filled = self._filled(values)
        self.means_ = filled.mean(axis=0)
        spread = filled.std(axis=0)
        fixed = np.repeat([spec.transform in ("flag", "category") for spec in self.recipe.features], self._widths())
        self.scales_ = np.where(fixed, np.where(self._is_category(), 1.0, HALF), np.where(spread > 0, spread, 1.0))
        self.imputed_ = (~known).sum(axis=0).astype(np.float64)
        self.bounded_ = (known & ((values < self.lows_) | (values > self.highs_))).sum(axis=0).astype(np.float64)
        return self

    def transform(self, table: pd.DataFrame, *, bounded: bool = True) -> NDArray[np.float64]:
        """Features (n, d) of the customers in `table`, which may be new ones; no value is missing.

        Without bounds (`bounded=False`) one sees how far out a customer lies.
        """
        values = self._transformed(table)
        filled = self._filled(values) if bounded else np.where(np.isnan(values), self.medians_, values)
        return np.ascontiguousarray((filled - self.means_) / self.scales_ * self._weights())

    def summaries(self) -> tuple[FeatureSummary, ...]:
        """Each feature with what was counted while it was learned."""
        return tuple(
            FeatureSummary(spec.name, spec.label, spec.transform, spec.weight, int(self.imputed_[start]), int(self.bounded_[start]))
            for spec, (start, _) in zip(self.recipe.features, self.recipe.blocks(), strict=True)
        )

    def state(self) -> dict[str, NDArray[np.float64]]:
        """What was learned, by name."""
        return {name: np.asarray(getattr(self, name), dtype=np.float64) for name in self.LEARNED}

    @classmethod
    def restored(cls, recipe: Recipe, state: Mapping[str, NDArray[np.float64]]) -> FeatureBuilder:
        """The builder that `state` was taken from; KeyError when something is missing."""
        builder = cls(recipe)
        # Models of version 0.1 had no starts (all were 1) and counted nothing.
        early = {"starts_": np.ones_like(state["means_"]), "imputed_": np.zeros_like(state["means_"])}
        early["bounded_"] = early["imputed_"]
        for name in cls.LEARNED:
            setattr(builder, name, state[name] if name in state else early[name])
        return builder

    def _transformed(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """Values (n, d) before bounding and scaling; NaN where unknown."""
        parts = [
            _corners(spec, table) if spec.levels else _curved(spec, finite(table[spec.measure]), self.starts_[start])[:, None]
            for spec, (start, _) in zip(self.recipe.features, self.recipe.blocks(), strict=True)
        ]
        return np.hstack(parts)

    def _filled(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        bounded = np.clip(values, self.lows_, self.highs_)
        return np.where(np.isnan(bounded), self.medians_, bounded)

    def _weights(self) -> NDArray[np.float64]:
        return np.repeat([spec.weight for spec in self.recipe.features], self._widths())

    def _is_category(self) -> NDArray[np.bool_]:
        return np.repeat([bool(spec.levels) for spec in self.recipe.features], self._widths())

    def _widths(self) -> list[int]:
        return [spec.width for spec in self.recipe.features]

    def _refuse_unknown(self, known: NDArray[np.bool_]) -> None:
        pairs = zip(self.recipe.features, self.recipe.blocks(), strict=True)
        empty = [spec.label for spec, (start, _) in pairs if not known[:, start].any()]
        if empty:
            raise NotEnoughData(f"No customer has a value for {', '.join(empty)}. Leave it out of the features.")


def curved(values: NDArray[np.float64], transform: Transform, start: float = 1.0) -> NDArray[np.float64]:
    """`values` (n,) on the scale of `transform`, the same on both sides of zero."""
    if transform in ("log", "log1p"):
        return np.sign(values) * np.log1p(np.abs(values) / start)
    return np.sign(values) * np.sqrt(np.abs(values)) if transform == "sqrt" else values


def uncurved(values: NDArray[np.float64], transform: Transform, start: float = 1.0) -> NDArray[np.float64]:
    """What `curved` made `values` (n,) of."""
    if transform in ("log", "log1p"):
        return np.sign(values) * np.expm1(np.abs(values)) * start
    return np.sign(values) * values**2 if transform == "sqrt" else values


def log_start(values: NDArray[np.float64]) -> float:
    """The start of a log: the lower quartile of the sizes above zero, squared, over the upper; 1 where nothing is known."""
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    if not len(sizes):
        return 1.0
    lower, upper = np.quantile(sizes, (0.25, 0.75))
    return float(lower * (lower / upper))


def _curved(spec: FeatureSpec, values: NDArray[np.float64], start: float) -> NDArray[np.float64]:
    return curved(values, spec.transform, start)


def _starts(spec: FeatureSpec, table: pd.DataFrame) -> NDArray[np.float64]:
    start = log_start(finite(table[spec.measure])) if spec.transform == "log" else 1.0
    return np.full(spec.width, start)


def _corners(spec: FeatureSpec, table: pd.DataFrame) -> NDArray[np.float64]:
    """Coordinates (n, L - 1) of each customer's level; NaN for a word that is unknown or not among the levels.

    The edge is sqrt(2 L / (L - 1)): with all levels equally common the columns have a variance of 1 together, as one number has.
    """
    levels = len(spec.levels)
    corners = helmert(levels).T * np.sqrt(levels / (levels - 1))
    place = {word: index for index, word in enumerate(spec.levels)}
    codes, words = pd.factorize(table[spec.measure])
    rows = np.array([*(place.get(word, levels) for word in words), levels], dtype=np.intp)
    return np.vstack([corners, np.full(levels - 1, np.nan)])[rows[codes]]
