"""What segments could be found by: every measure and column, whether the default recipe uses it, and why in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from segmentation.describing.profile_types import Measure
from segmentation.errors import NotEnoughData, SegmentationError
from segmentation.measures import Measured, finite, measure_customers
from segmentation.recipe import ENOUGH_FEATURES, LOOKED_AT, Wish, columns_without_news, recipe_for
from segmentation.roles import Schema
from segmentation.wording import lower_first

FAMILIES: Mapping[str, str] = {
    "value": "Worth",
    "orders": "Orders",
    "income": "Income",
    "channel": "Way of ordering",
    "visits": "Visits",
    "household": "Household",
    "describing": "Who they are",
    "flag": "Yes or no",
    "category": "Kind",
    "detail": "Detail",
    "column": "Column",
}
"""What a feature speaks of, in plain words."""

_ON: Mapping[str, str] = {
    "value": "What customers are worth comes first",
    "orders": "How much they order comes first",
    "income": "What they could spend",
    "channel": "The way of ordering that tells customers apart best",
    "visits": "How often they look",
    "household": "With whom they live",
}
"""Families that the default recipe takes from, with the reason; one of theirs that is off repeats another."""


@dataclass(frozen=True)
class FeatureChoice:
    """Something that is known of customers and might find segments.

    `weight` is the default recipe's (0: off); `usable` says whether it can be switched on at all; `why` is one sentence without a
    full stop. `family` is a key of `FAMILIES`.
    """

    name: str
    label: str
    family: str
    weight: float
    usable: bool
    sensitive: bool
    why: str


def feature_choices(customers: pd.DataFrame, schema: Schema, as_of: date) -> tuple[FeatureChoice, ...]:
    """Every choice for `customers` (canonical columns): what the default uses first, then what could be added, then the rest."""
    left_out = columns_without_news(customers, schema)
    measured = measure_customers(customers, schema, as_of, without=left_out)
    weights = _weights(measured, as_of, None)
    usable = _weights(measured, as_of, _possible(measured, as_of))
    measures = [
        FeatureChoice(
            name=measure.name,
            label=measure.label,
            family=measured.family[measure.name],
            weight=weights.get(measure.name, 0.0),
            usable=measure.name in usable,
            sensitive=measure.name in measured.sensitive,
            why=_why(measure, measured, weights, usable=measure.name in usable),
        )
        for measure in (*measured.measures, *measured.categories)
    ]
    columns = [
        FeatureChoice(name, schema.named(name).label, "column", 0.0, False, schema.named(name).sensitive, _no_news(customers[name]))
        for name in left_out
    ]
    return tuple(sorted((*measures, *columns), key=lambda choice: (choice.weight == 0, not choice.usable, choice.sensitive)))


def every_feature(customers: pd.DataFrame, schema: Schema, as_of: date) -> tuple[str, ...]:
    """The names of all measures that can be features and are not sensitive; NotEnoughData where there is none."""
    names = tuple(choice.name for choice in feature_choices(customers, schema, as_of) if choice.usable and not choice.sensitive)
    if not names:
        raise NotEnoughData(
            "There is nothing to tell customers apart by. Add columns such as spend, orders, visits or income, or check the roles."
        )
    return names


def _weights(measured: Measured, as_of: date, wish: Wish) -> dict[str, float]:
    """Measure to weight under the recipe for `wish`; empty where nothing varies."""
    try:
        return {spec.measure: spec.weight for spec in recipe_for(measured, as_of, wish).features}
    except NotEnoughData:
        return {}


def _possible(measured: Measured, as_of: date) -> list[str]:
    """Everything measured except what no feature can be made of (a category with too many words, or one)."""
    names = list(measured.family)
    try:
        recipe_for(measured, as_of, names)
    except NotEnoughData:
        return []
    except SegmentationError as refusal:
        return [name for name in names if name not in refusal.details["unknown"]]
    return names


def _why(measure: Measure, measured: Measured, weights: Mapping[str, float], *, usable: bool) -> str:
    family = measured.family[measure.name]
    if measure.name in weights:
        return _ON.get(family) or _joined(measured, weights)
    if not usable:
        return (
            "Too many different words, or too few known" if measure in measured.categories else "The same for nearly everybody, or unknown"
        )
    if measure.name in measured.sensitive:
        return "Sensitive: only if you switch it on"
    if family in _ON:
        return f"Says the same as {_alike(measure, measured, weights)}"
    if family == "detail":
        return "Repeats in detail what others say; it would vote twice"
    if _few_lead(measured, weights):
        return "Says the same as another feature"
    return "Its values form no kinds of their own" if family == "describing" else "The default goes by what customers do"


def _joined(measured: Measured, weights: Mapping[str, float]) -> str:
    """Why the default took a measure that only describes."""
    return "Few columns say what customers do" if _few_lead(measured, weights) else "Its values fall apart into kinds by themselves"


def _few_lead(measured: Measured, weights: Mapping[str, float]) -> bool:
    """Whether the default took everything that describes, because little else was there."""
    return sum(measured.family[name] in _ON for name in weights) < ENOUGH_FEATURES


def _alike(measure: Measure, measured: Measured, weights: Mapping[str, float]) -> str:
    """The feature that `measure` follows most closely, by rank correlation."""
    look = measured.table.iloc[:: max(1, len(measured.table) // LOOKED_AT)]
    own = pd.Series(finite(look[measure.name]))
    labels = {each.name: lower_first(each.label) for each in measured.measures if each.name in weights}
    near = {name: abs(own.corr(pd.Series(finite(look[name])), method="spearman")) for name in labels}
    known = {name: value for name, value in near.items() if pd.notna(value)}
    return labels[max(known, key=lambda name: known[name])] if known else "another feature"


def _no_news(values: pd.Series[Any]) -> str:
    return "The same for everybody" if values.nunique(dropna=True) < 2 else "Copies another column"
