"""From measures to the numbers that a model sees: a frozen recipe, and the transformer that it makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.base import BaseEstimator, TransformerMixin

from segmentation.errors import NotEnoughData, SegmentationError
from segmentation.measures import Family, Measured, finite, measure_customers
from segmentation.profile_types import Measure
from segmentation.roles import Schema

Transform = Literal["log1p", "sqrt", "none"]
BOUNDS = (0.01, 0.99)
"""Quantiles beyond which a feature does not reach, so that an outlier cannot be a segment of its own."""

LEAST_FILLED = 0.5
REDUNDANT = 0.9
RANKED_ROWS = 20_000
"""Redundancy is looked for in about this many customers, evenly spread over the table."""

ENOUGH_FEATURES = 3
CURVES: Mapping[Transform, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "log1p": lambda values: np.sign(values) * np.log1p(np.abs(values)),
    "sqrt": lambda values: np.sign(values) * np.sqrt(np.abs(values)),
    "none": lambda values: values,
}
WEIGHTS: Mapping[Family, float] = {"income": 0.5, "visits": 0.5}
"""Income follows spend, and visits follow orders: each gets half a vote beside the other (one elsewhere)."""


@dataclass(frozen=True)
class FeatureSpec:
    """One model feature: a measure, transformed, bounded, standardised, then multiplied by `weight`."""

    name: str
    measure: str
    label: str
    transform: Transform
    weight: float = 1.0


@dataclass(frozen=True)
class Recipe:
    """How customers become features; `as_of` is the day at which ages and tenures are taken."""

    features: tuple[FeatureSpec, ...]
    as_of: date


def default_recipe(customers: pd.DataFrame, schema: Schema, as_of: date, names: Sequence[str] | None = None) -> Recipe:
    """The recipe for `customers`: by role, without a look at any outcome; or the measures called `names`.

    What customers are worth, how they buy and with whom they live come first; measures that only describe (age,
    tenure, flags) join where fewer than three of those exist. NotEnoughData when nothing varies.
    """
    return recipe_for(measure_customers(customers, schema, as_of), as_of, names)


def recipe_for(measured: Measured, as_of: date, names: Sequence[str] | None = None) -> Recipe:
    """`default_recipe` for customers that were measured already."""
    family = measured.family
    specs = {measure.name: _spec(measure, family[measure.name]) for measure in measured.measures if measure.name in family}
    chosen = _named(specs, names) if names is not None else _by_family(measured, specs)
    usable = tuple(spec for spec in chosen if _varies(measured.table[spec.measure].to_numpy(), spec.transform))
    if not usable:
        raise NotEnoughData(
            "There is nothing to tell customers apart by: every column that segments could use is empty or has the same value "
            "for (nearly) everybody. Add columns such as spend, orders, visits or income, or check the roles of the columns."
        )
    return Recipe(usable, as_of)


def columns_in_use(measured: Measured, recipe: Recipe) -> dict[str, tuple[str, ...]]:
    """For each column that finds segments under `recipe`, the labels of the measures that it goes into."""
    labels = {measure.name: measure.label for measure in measured.measures}
    used: dict[str, tuple[str, ...]] = {}
    for spec in recipe.features:
        for column in measured.inputs[spec.measure]:
            used[column] = (*used.get(column, ()), labels[spec.measure])
    return used


class FeatureBuilder(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn carries no types
    """Measures to features, as `recipe` says.

    Each feature is transformed, bounded to the quantiles `BOUNDS`, its gaps filled with the median, standardised
    and weighted. What was learned are plain arrays of length d: `lows_`, `highs_`, `medians_`, `means_`, `scales_`.
    """

    LEARNED = ("lows_", "highs_", "medians_", "means_", "scales_")

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe

    def fit(self, table: pd.DataFrame, y: None = None) -> Self:
        """Learn from `table` (measures, one row per customer); NotEnoughData when a measure is nowhere known."""
        values = self._transformed(table)
        empty = [spec.label for spec, column in zip(self.recipe.features, values.T, strict=True) if not np.isfinite(column).any()]
        if empty:
            raise NotEnoughData(f"No customer has a value for {', '.join(empty)}. Leave it out of the features.")
        self.lows_, self.highs_ = np.nanquantile(values, BOUNDS, axis=0)
        self.medians_ = np.nanmedian(values, axis=0)
        filled = self._filled(values)
        self.means_ = filled.mean(axis=0)
        spread = filled.std(axis=0)
        self.scales_ = np.where(spread > 0, spread, 1.0)
        return self

    def transform(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """Features (n, d) of the customers in `table`, which may be new ones; no value is missing."""
        weights = np.array([spec.weight for spec in self.recipe.features])
        return np.ascontiguousarray((self._filled(self._transformed(table)) - self.means_) / self.scales_ * weights)

    def state(self) -> dict[str, NDArray[np.float64]]:
        """What was learned, by name."""
        return {name: np.asarray(getattr(self, name), dtype=np.float64) for name in self.LEARNED}

    @classmethod
    def restored(cls, recipe: Recipe, state: Mapping[str, NDArray[np.float64]]) -> FeatureBuilder:
        """The builder that `state` was taken from; KeyError when something is missing."""
        builder = cls(recipe)
        for name in cls.LEARNED:
            setattr(builder, name, state[name])
        return builder

    def _transformed(self, table: pd.DataFrame) -> NDArray[np.float64]:
        columns = [CURVES[spec.transform](finite(table[spec.measure])) for spec in self.recipe.features]
        return np.column_stack(columns)

    def _filled(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        bounded = np.clip(values, self.lows_, self.highs_)
        return np.where(np.isnan(bounded), self.medians_, bounded)


def _spec(measure: Measure, family: Family) -> FeatureSpec:
    logarithmic = measure.unit == "money" or family == "orders"
    transform: Transform = "log1p" if logarithmic else "none"
    label = f"{measure.label}, on a log scale" if logarithmic else measure.label
    return FeatureSpec(measure.name, measure.name, label, transform)


def _named(specs: Mapping[str, FeatureSpec], names: Sequence[str]) -> list[FeatureSpec]:
    unknown = [name for name in names if name not in specs]
    if unknown:
        raise SegmentationError(
            f"These cannot be features: {', '.join(unknown)}. Choose from: {', '.join(specs)}.",
            code="unknown_feature",
            details={"unknown": unknown},
        )
    return [specs[name] for name in dict.fromkeys(names)]


def _by_family(measured: Measured, specs: Mapping[str, FeatureSpec]) -> list[FeatureSpec]:
    usable = [name for name, spec in specs.items() if _varies(measured.table[name].to_numpy(), spec.transform)]
    families = {measured.family[name] for name in usable}
    leading: tuple[Family, ...] = ("value" if "value" in families else "orders", "income", "channel", "visits", "household")
    chosen = [name for family in leading for name in usable if measured.family[name] == family]
    if len(chosen) < ENOUGH_FEATURES:
        chosen += [name for name in usable if measured.family[name] == "describing"]
    halved = bool(families & {"value", "orders"})
    kept = _without_redundant(measured.table, chosen)
    return [replace(specs[name], weight=WEIGHTS.get(measured.family[name], 1.0) if halved else 1.0) for name in kept]


def _without_redundant(table: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """`names` without those whose ranks follow an earlier one's almost exactly (Spearman above `REDUNDANT`)."""
    kept: list[str] = []
    spread = table.iloc[:: max(1, len(table) // RANKED_ROWS)]
    for name in names:
        if all(_rank_correlation(spread[name].to_numpy(), spread[other].to_numpy()) <= REDUNDANT for other in kept):
            kept.append(name)
    return kept


def _rank_correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    known = np.isfinite(first) & np.isfinite(second)
    if known.sum() < ENOUGH_FEATURES or np.ptp(first[known]) == 0 or np.ptp(second[known]) == 0:
        return 0.0
    return float(abs(np.corrcoef(rankdata(first[known]), rankdata(second[known]))[0, 1]))


def _varies(values: NDArray[np.float64], transform: Transform) -> bool:
    """Whether enough values are known and differ after bounding."""
    known = CURVES[transform](values[np.isfinite(values)])
    if len(known) < max(1.0, LEAST_FILLED * len(values)):
        return False
    low, high = np.quantile(known, BOUNDS)
    return bool(np.ptp(np.clip(known, low, high)) > 0)
