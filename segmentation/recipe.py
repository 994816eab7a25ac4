"""Which features a model gets: by role and by what the values look like, never by an outcome; or as somebody asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from segmentation.clustering import deepest_valley, spread_steps
from segmentation.describing.profile_types import Measure
from segmentation.errors import NotEnoughData, SegmentationError
from segmentation.features import BOUNDS, FeatureSpec, Recipe, Transform, curved, log_start
from segmentation.measures import Family, Measured, finite, measure_customers
from segmentation.roles import Role, Schema

Wish = Mapping[str, float] | Sequence[str] | None
"""Features that somebody asks for: measures with their weights, measures, or None for the default."""

LEAST_FILLED = 0.5
REDUNDANT = 0.9
ENOUGH_FEATURES = 3

LOOKED_AT = 5_000
"""Shape and redundancy are looked for in about this many customers, evenly spread over the table."""

HALF_VOTES: Mapping[Family, float] = {"income": 0.5, "visits": 0.5}
"""Income follows spend, and visits follow orders: each gets half a vote beside the other (one elsewhere)."""

NOMINAL = 0.7
"""Weight of flags and categories. Cutting a normal feature in two removes 2/pi = .64 of its variance, cutting between two levels removes
all that they have: with a variance of .7² = .49 at most, no category is ever the first place to cut."""

GAP = 0.6
"""A measure that only describes (age, tenure ...) joins where its density falls under this part of the lower peak beside the valley: it
tells kinds of customers apart by itself. Even and one-peaked measures come to .8 or more in 5,000 customers."""

RARE = 0.02
MOST_LEVELS = 12
"""Words with a smaller share count as unknown, and a category with more levels than this is no feature: it would be nearly an id."""

PLAIN = frozenset({Role.AMOUNT, Role.COUNT, Role.NUMBER, Role.RATIO, Role.ORDINAL, Role.CATEGORY, Role.FLAG})
"""Roles that say what a column holds and not what it means for a customer."""

NOT_MEASURED = (Role.CUSTOMER_ID, Role.CONTACT, Role.CONSENT, Role.IGNORE, Role.OUTCOME)
FEW_VALUES = 6
SKEWED = 1.0


def default_recipe(customers: pd.DataFrame, schema: Schema, as_of: date, wish: Wish = None) -> Recipe:
    """The recipe for `customers`: by role, without a look at any outcome; or the measures that `wish` names.

    What customers are worth, how they buy and with whom they live come first, and a measure that only describes joins where its
    values fall apart into kinds; where fewer than three of those exist, everything that describes joins. NotEnoughData when nothing varies.
    """
    return measured_with_recipe(customers, schema, as_of, wish)[1]


def measured_with_recipe(customers: pd.DataFrame, schema: Schema, as_of: date, wish: Wish = None) -> tuple[Measured, Recipe]:
    """Customers measured without the columns that say nothing new, and the recipe for them."""
    left_out = columns_without_news(customers, schema)
    measured = measure_customers(customers, schema, as_of, without=left_out)
    return measured, replace(recipe_for(measured, as_of, wish), left_out=left_out)


def recipe_for(measured: Measured, as_of: date, wish: Wish = None) -> Recipe:
    """`default_recipe` for customers that were measured already."""
    look = measured.table.iloc[:: max(1, len(measured.table) // LOOKED_AT)]
    specs = _specs(measured, look)
    chosen = _wished(specs, wish) if wish is not None else _by_family(measured, specs, look)
    usable = tuple(spec for spec in chosen if spec.levels or _varies(measured.table[spec.measure], spec.transform))
    if not usable:
        raise NotEnoughData(
            "There is nothing to tell customers apart by: every column that segments could use is empty or has the same value "
            "for (nearly) everybody. Add columns such as spend, orders, visits or income, or check the roles of the columns."
        )
    return Recipe(usable, as_of)


def columns_in_use(measured: Measured, recipe: Recipe) -> dict[str, tuple[str, ...]]:
    """For each column that finds segments under `recipe`, the labels of the measures that it goes into."""
    labels = {measure.name: measure.label for measure in (*measured.measures, *measured.categories)}
    used: dict[str, tuple[str, ...]] = {}
    for spec in recipe.features:
        for column in measured.inputs[spec.measure]:
            used[column] = (*used.get(column, ()), labels[spec.measure])
    return used


def columns_without_news(customers: pd.DataFrame, schema: Schema) -> tuple[str, ...]:
    """Columns with one value for everybody, and copies of another column.

    Of copies the one stays whose role says most (spend before an amount), then the surest, then the one with the shortest name.
    """
    seen: dict[int, list[str]] = {}
    useless = []
    look = customers.iloc[:: max(1, len(customers) // LOOKED_AT)]
    usable = [column for column in schema if column.role not in NOT_MEASURED]
    ordered = sorted(usable, key=lambda column: (column.role in PLAIN, -column.confidence, len(column.name), column.name))
    for name in [column.name for column in ordered]:
        values = customers[name]
        if _constant(look[name]) and _constant(values):
            useless.append(name)
            continue
        alike = seen.setdefault(int(pd.util.hash_array(_plain(look[name])).sum()), [])
        if any(_equal(values, customers[other]) for other in alike):
            useless.append(name)
        alike.append(name)
    return tuple(sorted(useless))


def _specs(measured: Measured, look: pd.DataFrame) -> dict[str, FeatureSpec]:
    """Every measure as the feature that it would make, in an order that does not depend on that of the columns."""
    numbers = [_spec(measure, measured.family[measure.name], look[measure.name]) for measure in measured.measures]
    categories = [_category_spec(measure, measured.table[measure.name]) for measure in measured.categories]
    return {spec.name: spec for spec in sorted((*numbers, *filter(None, categories)), key=lambda spec: spec.name)}


def _spec(measure: Measure, family: Family, values: pd.Series[Any]) -> FeatureSpec:
    if family == "flag":
        return FeatureSpec(measure.name, measure.name, measure.label, "flag", NOMINAL)
    logarithmic = measure.unit == "money" or family == "orders" or (measure.unit in ("count", "number") and _skewed(finite(values)))
    label = f"{measure.label}, on a log scale" if logarithmic else measure.label
    return FeatureSpec(measure.name, measure.name, label, "log" if logarithmic else "none")


def _category_spec(measure: Measure, words: pd.Series[Any]) -> FeatureSpec | None:
    """The feature of a category, or None where it has too few or too many levels."""
    shares = words.value_counts(normalize=True, dropna=True)
    levels = tuple(sorted(str(word) for word, share in shares.items() if share >= RARE))
    filled = float(words.notna().mean())
    covered = float(shares[list(levels)].sum()) * filled if levels else 0.0
    if not 2 <= len(levels) <= MOST_LEVELS or covered < LEAST_FILLED:
        return None
    return FeatureSpec(measure.name, measure.name, measure.label, "category", NOMINAL, levels)


def _wished(specs: Mapping[str, FeatureSpec], wish: Mapping[str, float] | Sequence[str]) -> list[FeatureSpec]:
    unknown = [name for name in wish if name not in specs]
    if unknown:
        raise SegmentationError(
            f"These cannot be features: {', '.join(unknown)}. Choose from: {', '.join(specs)}.",
            code="unknown_feature",
            details={"unknown": unknown, "features": list(specs)},
        )
    if not isinstance(wish, Mapping):
        return [specs[name] for name in dict.fromkeys(wish)]
    wrong = [name for name, weight in wish.items() if not (np.isfinite(weight) and 0 <= weight <= 10)]
    if wrong:
        raise SegmentationError(
            f"The weight of {', '.join(wrong)} must be a number from 0 (left out) to 10 (1 is one vote).", code="bad_weight"
        )
    return [replace(specs[name], weight=float(weight)) for name, weight in wish.items() if weight > 0]


def _by_family(measured: Measured, specs: Mapping[str, FeatureSpec], look: pd.DataFrame) -> list[FeatureSpec]:
    usable = [
        name
        for name, spec in specs.items()
        if name not in measured.sensitive and (spec.levels or _varies(measured.table[spec.measure], spec.transform))
    ]
    family = {name: measured.family[name] for name in usable}
    worth = set(family.values()) & {"value", "orders"}
    leading: tuple[Family, ...] = ("value" if "value" in worth else "orders", "income", "channel", "visits", "household")
    chosen = [name for kind in leading for name in usable if family[name] == kind]
    describing = [name for name in usable if family[name] == "describing"]
    if len(chosen) < ENOUGH_FEATURES:
        also = ("orders", "describing", "flag", "category")
        chosen += [name for kind in also for name in usable if family[name] == kind and name not in chosen]
    kinds = {name for name in (*chosen, *describing) if not specs[name].levels and _falls_apart(look[name], specs[name])}
    chosen += [name for name in describing if name in kinds and name not in chosen]
    kept = _without_redundant(look, specs, chosen)
    halved = {name: 1.0 if name in kinds or not worth else HALF_VOTES.get(family[name], 1.0) for name in kept}
    shared = _shared_votes(look, specs, kept)
    return [replace(specs[name], weight=specs[name].weight * halved[name] * shared[name]) for name in kept]


def _falls_apart(values: pd.Series[Any], spec: FeatureSpec) -> bool:
    """Whether a measure of many values has a gap in it."""
    numbers = finite(values)
    known = numbers[np.isfinite(numbers)]
    if len(np.unique(known)) <= FEW_VALUES:
        return False
    even = spread_steps(known[:, None], np.random.default_rng(0))[:, 0]
    return deepest_valley(curved(even, spec.transform, log_start(known))) < GAP


def _without_redundant(look: pd.DataFrame, specs: Mapping[str, FeatureSpec], names: Sequence[str]) -> list[str]:
    """`names` without those that follow an earlier one almost exactly (association above `REDUNDANT`)."""
    kept: list[str] = []
    for name in names:
        if all(_association(look, specs[name], specs[other]) <= REDUNDANT for other in kept):
            kept.append(name)
    return kept


def _shared_votes(look: pd.DataFrame, specs: Mapping[str, FeatureSpec], names: Sequence[str]) -> dict[str, float]:
    """What is left of each flag's and category's vote when those that say much the same share one.

    Seven columns that all hold "no internet service" are one fact. The factor is 1 / sqrt(sum of squared associations), so that m
    copies have the variance of one together.
    """
    nominal = [name for name in names if specs[name].transform in ("flag", "category")]
    total = {name: sum(_association(look, specs[name], specs[other]) ** 2 for other in nominal if other != name) for name in nominal}
    return {name: float(1 / np.sqrt(1 + total.get(name, 0.0))) for name in names}


def _association(look: pd.DataFrame, first: FeatureSpec, second: FeatureSpec) -> float:
    """Cramér's V (1946) between nominal features, |Spearman's rho| (1904) between numbers, 0 across."""
    nominal = [spec.transform in ("flag", "category") for spec in (first, second)]
    if all(nominal):
        return _cramers_v(look[first.measure], look[second.measure])
    if any(nominal):
        return 0.0
    return _rank_correlation(finite(look[first.measure]), finite(look[second.measure]))


def _cramers_v(first: pd.Series[Any], second: pd.Series[Any]) -> float:
    rows, columns = pd.factorize(first)[0], pd.factorize(second)[0]
    known = (rows >= 0) & (columns >= 0)
    if not known.any():
        return 0.0
    table = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(table, (rows[known], columns[known]), 1.0)
    table = table[table.any(axis=1)][:, table.any(axis=0)]
    if min(table.shape) < 2:
        return 0.0
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    chi_squared = float(((table - expected) ** 2 / expected).sum())
    return float(np.sqrt(chi_squared / table.sum() / (min(table.shape) - 1)))


def _rank_correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    known = np.isfinite(first) & np.isfinite(second)
    if known.sum() < ENOUGH_FEATURES or np.ptp(first[known]) == 0 or np.ptp(second[known]) == 0:
        return 0.0
    return float(abs(np.corrcoef(rankdata(first[known]), rankdata(second[known]))[0, 1]))


def _varies(values: pd.Series[Any], transform: Transform) -> bool:
    """Whether enough values are known and differ after bounding."""
    numbers = finite(values)
    known = numbers[np.isfinite(numbers)]
    if len(known) < max(1.0, LEAST_FILLED * len(numbers)):
        return False
    low, high = np.quantile(known, BOUNDS)
    return bool(np.ptp(np.clip(known, low, high)) > 0)


def _skewed(values: NDArray[np.float64]) -> bool:
    """Whether numbers of many values, none below zero, have a long upper tail (skewness above `SKEWED`)."""
    known = values[np.isfinite(values)]
    if len(np.unique(known)) <= FEW_VALUES or known.min() < 0:
        return False
    centred = known - known.mean()
    return bool((centred**3).mean() > SKEWED * (centred**2).mean() ** 1.5)


def _constant(values: pd.Series[Any]) -> bool:
    return len(values) > 0 and bool(values.nunique(dropna=True) < 2)


def _plain(values: pd.Series[Any]) -> NDArray[Any]:
    """Values that can be hashed, alike for whole numbers and decimals."""
    if pd.api.types.is_numeric_dtype(values):
        numbers: NDArray[np.float64] = np.nan_to_num(values.to_numpy(dtype=np.float64, na_value=np.nan), nan=-1.5e308)
        return numbers
    return values.astype(str).to_numpy(dtype=object)


def _equal(first: pd.Series[Any], second: pd.Series[Any]) -> bool:
    return bool(np.array_equal(_plain(first), _plain(second)))
