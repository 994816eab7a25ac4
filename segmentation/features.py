"""From customers to the numbers that a model sees: plain measures, a frozen recipe, and the transformer it makes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.base import BaseEstimator, TransformerMixin

from segmentation.errors import NotEnoughData, SegmentationError
from segmentation.profile_types import Measure, Unit
from segmentation.roles import Column, Role, Schema

Transform = Literal["log1p", "sqrt", "none"]
Family = Literal["value", "orders", "income", "household", "channel", "visits", "describing", "detail"]
"""What a measure speaks of; decides its place in the default recipe. A `detail` repeats others and is never a default."""

DAYS_PER_MONTH = 365.25 / 12
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

MARITAL = re.compile(r"marital|marriage|civil_status|relationship|partner|household_type", re.IGNORECASE)
DEAL = re.compile(r"deal|discount|coupon|voucher|promo", re.IGNORECASE)
PARTNERED = frozenset({"married", "together", "partner", "partnered", "cohabiting", "living together", "civil partnership"})
ALONE = frozenset({"single", "divorced", "separated", "widow", "widowed", "widower", "alone", "unmarried", "never married"})
YES = frozenset({"1", "1.0", "yes", "y", "true", "t"})


@dataclass(frozen=True)
class Measured:
    """Plain measures of customers: `table` (float64, rows as given, NaN for unknown), with what each column is.

    `family` has every measure that a model may use; sensitive ones are in the table but not in `family`. `inputs` names the
    columns that a measure is made from.
    """

    table: pd.DataFrame
    measures: tuple[Measure, ...]
    family: Mapping[str, Family] = field(default_factory=dict)
    inputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


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


_Row = tuple[Measure, NDArray[np.float64], Family, tuple[Column, ...]]
"""A measure, its values, what it speaks of, and the columns that it is made from (a share names its part, not the whole)."""


def default_as_of(customers: pd.DataFrame, schema: Schema) -> date | None:
    """The latest day on which anybody enrolled, or None without such a column or day."""
    days = [customers[column.name].max() for column in schema.of(Role.ENROLLED_ON)]
    known = [pd.Timestamp(day).date() for day in days if not pd.isna(day)]
    return max(known, default=None)


def measure_customers(customers: pd.DataFrame, schema: Schema, as_of: date) -> Measured:
    """Measure `customers` (canonical columns) in plain units at `as_of`; a share of nothing is NaN.

    Outcomes, keys, contacts, consent and ignored columns are not measured.
    """
    open_schema = Schema(tuple(column for column in schema if not column.sensitive))
    sources = (_personal, _household, _spending, _ordering, _plain)
    rows = [row for source in sources for row in source(customers, open_schema, as_of)]
    family = {measure.name: kind for measure, _, kind, _ in rows}
    sensitive = Schema(tuple(column for column in schema if column.sensitive))
    rows += [row for row in _plain(customers, sensitive, as_of) if row[0].name not in family]
    table = pd.DataFrame({measure.name: values for measure, values, _, _ in rows}, index=customers.index, dtype=np.float64)
    inputs = {measure.name: tuple(column.name for column in columns) for measure, _, _, columns in rows}
    return Measured(table, tuple(measure for measure, _, _, _ in rows), family, inputs)


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
        columns = [CURVES[spec.transform](_finite(table[spec.measure])) for spec in self.recipe.features]
        return np.column_stack(columns)

    def _filled(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        bounded = np.clip(values, self.lows_, self.highs_)
        return np.where(np.isnan(bounded), self.medians_, bounded)


def _personal(customers: pd.DataFrame, schema: Schema, as_of: date) -> Iterator[_Row]:
    """Age, income, tenure and recency."""
    birth, age = schema.one(Role.BIRTH_YEAR), schema.one(Role.AGE)
    if birth is not None:
        yield Measure("age", "Age", "Age", "years", False), as_of.year - _finite(customers[birth.name]), "describing", (birth,)
    elif age is not None:
        yield Measure("age", "Age", "Age", "years", False), _finite(customers[age.name]), "describing", (age,)
    for column in schema.of(Role.INCOME):
        yield _measure(column, "money"), _finite(customers[column.name]), "income", (column,)
    enrolled = schema.one(Role.ENROLLED_ON)
    if enrolled is not None:
        days = (pd.Timestamp(as_of) - pd.to_datetime(customers[enrolled.name])).dt.days
        months = np.maximum(_finite(days), 0.0) / DAYS_PER_MONTH
        yield Measure("tenure", "Customer for", "Tenure", "months", False), months, "describing", (enrolled,)
    for column in schema.of(Role.RECENCY_DAYS):
        yield _measure(column, "days"), _finite(customers[column.name]), "describing", (column,)


def _household(customers: pd.DataFrame, schema: Schema, as_of: date) -> Iterator[_Row]:
    """Dependents by kind and altogether, and whether somebody lives with a partner."""
    dependents = schema.of(Role.DEPENDENTS)
    for column in dependents:
        yield _measure(column, "count"), _finite(customers[column.name]), "household", (column,)
    if len(dependents) > 1:
        yield Measure("dependents", "Dependents", "Dependents", "count", False), _sum(customers, dependents), "detail", dependents
    # By its name, not by what it holds: a single later customer must be measured as everybody was.
    status = next((column for column in schema.of(Role.CATEGORY) if MARITAL.search(column.name)), None)
    if status is not None:
        yield (
            Measure("partner", "Partner at home", "Partner", "share", False),
            _partner(customers[status.name], status),
            "household",
            (status,),
        )


def _spending(customers: pd.DataFrame, schema: Schema, as_of: date) -> Iterator[_Row]:
    """Total spend and each category's share of it."""
    categories = schema.of(Role.SPEND)
    if not categories:
        return
    total = _sum(customers, categories)
    yield Measure("spend", "Spend", "Spend", "money", False), total, "value", categories
    if len(categories) > 1:
        for column in categories:
            name = f"share_{column.name.removeprefix('spend_')}"
            share = _ratio(_finite(customers[column.name]), total)
            yield Measure(name, f"{column.label} share of spend", f"{column.label} share", "share", False), share, "detail", (column,)


def _ordering(customers: pd.DataFrame, schema: Schema, as_of: date) -> Iterator[_Row]:
    """Orders, their average value, each channel's share of them, deals and visits. A deal is no channel."""
    deals = tuple(column for column in schema.of(Role.PURCHASES) if DEAL.search(column.name))
    channels = tuple(column for column in schema.of(Role.PURCHASES) if column not in deals)
    orders = _sum(customers, channels)
    if channels:
        yield Measure("orders", "Orders", "Orders", "count", False), orders, "orders", channels
        if schema.of(Role.SPEND):
            average = _ratio(_sum(customers, schema.of(Role.SPEND)), orders)
            yield (
                Measure("average_order", "Average order", "Avg order", "money", False),
                average,
                "detail",
                (*schema.of(Role.SPEND), *channels),
            )
    if len(channels) > 1:
        yield from _channel_shares(customers, channels, orders)
    for column in deals:
        count = _finite(customers[column.name])
        yield Measure(column.name, "Deal purchases", "Deals", "count", False), count, "describing", (column,)
        if channels:
            name = f"share_{column.name.removeprefix('purchases_')}"
            share = np.minimum(_ratio(count, orders), 1.0)
            yield Measure(name, "Deal share of orders", "Deal share", "share", False), share, "detail", (column,)
    for column in schema.of(Role.VISITS):
        yield _measure(column, "count"), _finite(customers[column.name]), "visits", (column,)


def _channel_shares(customers: pd.DataFrame, channels: Sequence[Column], orders: NDArray[np.float64]) -> Iterator[_Row]:
    """Each channel's share; only the one that tells customers apart best may vote, since shares add up to one."""
    shares = {column.name: _ratio(_finite(customers[column.name]), orders) for column in channels}
    telling = max(shares, key=lambda name: _relative_spread(shares[name]))
    for column in channels:
        name = f"share_{column.name.removeprefix('purchases_')}"
        measure = Measure(name, f"{column.label} share of orders", f"{column.label} share", "share", False)
        yield measure, shares[column.name], "channel" if column.name == telling else "detail", (column,)


def _plain(customers: pd.DataFrame, schema: Schema, as_of: date) -> Iterator[_Row]:
    """Columns that are measures as they stand."""
    units: dict[Role, Unit] = {Role.AMOUNT: "money", Role.COUNT: "count", Role.NUMBER: "number", Role.RATIO: "share"}
    for column in schema.of(*units):
        yield _measure(column, units[column.role]), _finite(customers[column.name]), "describing", (column,)
    for column in schema.of(Role.ORDINAL):
        yield _measure(column, "number"), _steps(customers[column.name], column), "describing", (column,)
    for column in schema.of(Role.FLAG):
        yield _measure(column, "share"), _flag(customers[column.name]), "describing", (column,)


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


def _measure(column: Column, unit: Unit) -> Measure:
    return Measure(column.name, column.label, column.label, unit, False)


def _finite(values: pd.Series[Any]) -> NDArray[np.float64]:
    """`values` as float64 with NaN for everything that is no finite number."""
    numbers = np.asarray(pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _sum(customers: pd.DataFrame, columns: Sequence[Column]) -> NDArray[np.float64]:
    """Row sums of `columns` over the known values; NaN where none is known."""
    if not columns:
        return np.full(len(customers), np.nan)
    values = np.column_stack([_finite(customers[column.name]) for column in columns])
    return np.where(np.isnan(values).all(axis=1), np.nan, np.nansum(values, axis=1))


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    share = np.full(len(part), np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return share


def _relative_spread(share: NDArray[np.float64]) -> float:
    """Standard deviation of a share against that of a yes-or-no share with the same mean; 0 where nothing is known."""
    known = share[np.isfinite(share)]
    if not len(known) or not 0 < known.mean() < 1:
        return 0.0
    return float(known.std() / np.sqrt(known.mean() * (1 - known.mean())))


def _words(values: pd.Series[Any], column: Column) -> pd.Series[Any]:
    """Text in lower case after the column's folds; missing values stay missing."""
    text = values.astype(object).where(values.notna(), None)
    return text.map(lambda word: None if word is None else str(column.folds.get(str(word), word)).strip().lower())


def _partner(values: pd.Series[Any], column: Column) -> NDArray[np.float64]:
    """1 for those who live with a partner, 0 for those who do not, NaN where the word says neither."""
    words = _words(values, column)
    return np.where(words.isin(PARTNERED), 1.0, np.where(words.isin(ALONE), 0.0, np.nan))


def _steps(values: pd.Series[Any], column: Column) -> NDArray[np.float64]:
    """The place of each level, from 0 for the lowest."""
    places = {word.strip().lower(): float(place) for place, level in enumerate(column.levels) for word in level.split("|")}
    return _finite(_words(values, column).map(lambda word: places.get(word, np.nan)) if places else values)


def _flag(values: pd.Series[Any]) -> NDArray[np.float64]:
    if pd.api.types.is_numeric_dtype(values):
        return np.where(np.isnan(_finite(values)), np.nan, (_finite(values) != 0).astype(np.float64))
    words = values.astype(object).map(lambda word: str(word).strip().lower())
    return np.where(values.isna(), np.nan, words.isin(YES).to_numpy().astype(np.float64))
