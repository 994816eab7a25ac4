"""What segments could be found by, and why each is on or off."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from segmentation.errors import NotEnoughData
from segmentation.feature_offer import FAMILIES, FeatureChoice, every_feature, feature_choices
from segmentation.intake import read_customers
from segmentation.measures import default_as_of
from segmentation.recipe import default_recipe
from segmentation.roles import Column, Kind, Role, Schema

AS_OF = date(2024, 6, 1)
SCHEMA = Schema(
    (
        Column("customer_key", "ID", Role.CUSTOMER_ID, Kind.TEXT, "Customer"),
        Column("spend_wine", "Wine", Role.SPEND, Kind.DECIMAL, "Wine"),
        Column("spend_meat", "Meat", Role.SPEND, Kind.DECIMAL, "Meat"),
        Column("orders_web", "Web", Role.PURCHASES, Kind.INTEGER, "Web"),
        Column("income", "Income", Role.INCOME, Kind.DECIMAL, "Income"),
        Column("visits", "Visits", Role.VISITS, Kind.INTEGER, "Visits"),
        Column("kids", "Kids", Role.DEPENDENTS, Kind.INTEGER, "Kids"),
        Column("height", "Height", Role.NUMBER, Kind.DECIMAL, "Height"),
        Column("gender", "Gender", Role.CATEGORY, Kind.TEXT, "Gender", sensitive=True),
        Column("street", "Street", Role.CATEGORY, Kind.TEXT, "Street"),
        Column("colour", "Colour", Role.CATEGORY, Kind.TEXT, "Colour"),
        Column("shop", "Shop", Role.CATEGORY, Kind.TEXT, "Shop"),
        Column("visits_again", "Visits2", Role.VISITS, Kind.INTEGER, "Visits again"),
        Column("responded", "Response", Role.OUTCOME, Kind.INTEGER, "Responds"),
    )
)


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    """Orders follow spend, one column is constant, one a copy, and every street is another."""
    rng, n = np.random.default_rng(2), 400
    worth = rng.gamma(2, 100, n)
    visits = rng.poisson(5, n)
    return pd.DataFrame(
        {
            "customer_key": [str(number) for number in range(n)],
            "spend_wine": worth,
            "spend_meat": worth * 0.5 + rng.uniform(0, 5, n),
            "orders_web": pd.array((worth * 0.9).round().astype(int), dtype="Int64"),
            "income": rng.normal(40_000, 8_000, n),
            "visits": pd.array(visits, dtype="Int64"),
            "kids": pd.array(rng.integers(0, 3, n), dtype="Int64"),
            "height": rng.normal(170, 10, n),
            "gender": rng.choice(["f", "m"], n),
            "street": [f"street {number}" for number in range(n)],
            "colour": rng.choice(["red", "blue", "green"], n),
            "shop": "Leeds",
            "visits_again": pd.array(visits, dtype="Int64"),
            "responded": pd.array(rng.integers(0, 2, n), dtype="Int64"),
        }
    )


@pytest.fixture(scope="module")
def choices(customers: pd.DataFrame) -> dict[str, FeatureChoice]:
    return {choice.name: choice for choice in feature_choices(customers, SCHEMA, AS_OF)}


def test_what_the_default_uses_has_its_weight_and_stands_first(customers: pd.DataFrame, choices: dict[str, FeatureChoice]) -> None:
    recipe = default_recipe(customers, SCHEMA, AS_OF)
    assert {name: choice.weight for name, choice in choices.items() if choice.weight} == {
        spec.measure: spec.weight for spec in recipe.features
    }
    on = [bool(choice.weight) for choice in choices.values()]
    assert on == sorted(on, reverse=True)


@pytest.mark.parametrize(
    ("name", "usable", "why"),
    [
        ("spend", True, "What customers are worth comes first"),
        ("orders", True, "Says the same as spend"),
        ("share_wine", True, "Repeats in detail what others say; it would vote twice"),
        ("height", True, "Its values form no kinds of their own"),
        ("gender", True, "Sensitive: only if you switch it on"),
        ("colour", True, "The default goes by what customers do"),
        ("street", False, "Too many different words, or too few known"),
        ("shop", False, "The same for everybody"),
        ("visits_again", False, "Copies another column"),
    ],
)
def test_every_choice_says_why(choices: dict[str, FeatureChoice], name: str, usable: bool, why: str) -> None:
    assert (choices[name].usable, choices[name].why) == (usable, why)
    assert choices[name].family in FAMILIES


def test_outcomes_and_keys_are_no_choice(choices: dict[str, FeatureChoice]) -> None:
    assert not {"responded", "customer_key"} & set(choices)


def test_everything_usable_is_accepted_and_nothing_sensitive_is_among_all(
    customers: pd.DataFrame, choices: dict[str, FeatureChoice]
) -> None:
    every = every_feature(customers, SCHEMA, AS_OF)
    assert set(every) == {name for name, choice in choices.items() if choice.usable} - {"gender"}
    assert {spec.measure for spec in default_recipe(customers, SCHEMA, AS_OF, every).features} == set(every)
    only = {"gender": 2.0, "height": 1.0}
    assert {spec.measure: spec.weight for spec in default_recipe(customers, SCHEMA, AS_OF, only).features} == only


def test_where_nothing_varies_nothing_can_be_used(customers: pd.DataFrame) -> None:
    flat = customers.assign(**{name: customers[name].iloc[0] for name in customers if name != "customer_key"})
    assert not any(choice.usable or choice.weight for choice in feature_choices(flat, SCHEMA, AS_OF))
    with pytest.raises(NotEnoughData, match="nothing to tell customers apart"):
        every_feature(flat, SCHEMA, AS_OF)


def test_few_columns_are_a_reason_to_take_what_describes(customers: pd.DataFrame) -> None:
    few = Schema(tuple(column for column in SCHEMA if column.name in ("customer_key", "income", "height", "colour")))
    found = {choice.name: choice for choice in feature_choices(customers, few, AS_OF)}
    assert found["height"].weight > 0
    assert found["height"].why == "Few columns say what customers do"


def test_sensitive_numbers_are_off_too(customers: pd.DataFrame) -> None:
    hidden = Schema(tuple(replace(column, sensitive=True) if column.name == "height" else column for column in SCHEMA))
    found = {choice.name: choice for choice in feature_choices(customers, hidden, AS_OF)}
    assert (found["height"].sensitive, found["height"].weight) == (True, 0.0)


def test_the_smartcart_file(shared_data: Path) -> None:
    intake = read_customers(shared_data / "smartcart_customers.csv")
    as_of = default_as_of(intake.customers, intake.schema)
    assert as_of is not None
    found = {choice.name: choice for choice in feature_choices(intake.customers, intake.schema, as_of)}
    assert found["spend"].weight > 0
    assert not found["complained"].usable
    assert "responded" not in found
