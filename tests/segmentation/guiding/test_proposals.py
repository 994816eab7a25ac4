from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from segmentation.feature_offer import every_feature
from segmentation.guiding.proposals import LEAST_MEASURES, PLAN, propose, themes_of
from segmentation.measures import Measured, measure_customers
from segmentation.recipe import recipe_for
from segmentation.roles import Kind, Role, Schema
from tests.segmentation.shop import SHOP, column, shop_customers

AS_OF = date(2014, 6, 29)
FLAGGED = Schema((*SHOP, column("accepted", Role.OUTCOME, Kind.INTEGER)))


@pytest.fixture(scope="module")
def measured() -> Measured:
    customers, _ = shop_customers()
    return measure_customers(customers.assign(accepted=customers["responded"], complained=customers["kids"] > 0), FLAGGED, AS_OF)


@pytest.fixture(scope="module")
def usable() -> tuple[str, ...]:
    return every_feature(shop_customers()[0], SHOP, AS_OF)


@pytest.fixture(scope="module")
def default(measured: Measured) -> dict[str, float]:
    return {spec.name: spec.weight for spec in recipe_for(measured, AS_OF).features}


def test_measures_fall_into_themes(measured: Measured, usable: tuple[str, ...]) -> None:
    themes = themes_of(measured, SHOP, (*usable, "complained"))
    assert themes["worth"] == ("average_order", "orders", "spend")
    assert themes["channel"] == ("share_deals", "share_store", "share_web")
    assert themes["mix"] == ("share_fruits", "share_wines")
    assert themes["household"] == ("dependents", "kids", "partner", "teens")
    assert themes["flag"] == ("complained",)
    assert "marital_status" not in [name for names in themes.values() for name in names]  # partner speaks for it
    assert set(themes) <= set(PLAN)


def test_no_measure_comes_from_an_outcome(measured: Measured, usable: tuple[str, ...]) -> None:
    outcomes = {each.name for each in FLAGGED.of(Role.OUTCOME)}
    assert outcomes == {"responded", "accepted"}
    assert not outcomes & {name for inputs in measured.inputs.values() for name in inputs}
    assert not outcomes & set(measured.table)
    poisoned = replace(measured, inputs={**measured.inputs, "age": ("birth_year", "responded")})
    assert "age" in themes_of(measured, FLAGGED, usable)["describing"]
    assert "age" not in themes_of(poisoned, FLAGGED, usable)["describing"]


def test_sensitive_measures_are_not_tried(measured: Measured, usable: tuple[str, ...]) -> None:
    hidden = replace(measured, sensitive=frozenset({"age"}))
    assert "age" not in themes_of(hidden, SHOP, usable)["describing"]


def test_sets_are_the_default_its_neighbours_and_random_ones(
    measured: Measured, usable: tuple[str, ...], default: dict[str, float]
) -> None:
    sets = propose(measured, SHOP, usable, default, count=40, seed=0)
    assert len(sets) == len({tuple(sorted(each.items())) for each in sets}) == 40
    assert sets[0] == default
    assert all(_apart(each, default) == 1 for each in sets[1:20])
    assert sum(_apart(each, default) > 1 for each in sets[20:]) >= 19
    assert {weight for each in sets[1:] for weight in each.values()} == {0.5, 1.0}
    assert all(len(each) >= LEAST_MEASURES and set(each) <= set(usable) for each in sets)


def _apart(features: dict[str, float], default: dict[str, float]) -> int:
    return sum(features.get(name) != default.get(name) for name in features.keys() | default.keys())


def test_a_sum_does_not_vote_beside_its_parts(measured: Measured, usable: tuple[str, ...], default: dict[str, float]) -> None:
    sets = propose(measured, SHOP, usable, default, count=300, seed=1)
    together = [each for each in sets if "dependents" in each]
    assert together
    assert not [each for each in together if {"kids", "teens"} & set(each)]
    assert [each for each in together if "partner" in each]


def test_same_seed_same_sets(measured: Measured, usable: tuple[str, ...], default: dict[str, float]) -> None:
    first = propose(measured, SHOP, usable, default, count=30, seed=3)
    assert first == propose(measured, SHOP, usable[::-1], default, count=30, seed=3)
    assert first != propose(measured, SHOP, usable, default, count=30, seed=4)


def test_few_measures_give_few_sets(measured: Measured) -> None:
    only = ("spend", "orders")
    assert propose(measured, SHOP, only, {"spend": 1.0}, count=50, seed=0) == ({"spend": 1.0},)
    for names in (("spend", "orders", "age"), ("age", "tenure", "recency_days")):  # of the second theme, two at most are drawn
        three = propose(measured, SHOP, names, {names[0]: 1.0}, count=50, seed=0)
        assert len(three) == 1 + 2**3
        assert all(len(each) == 3 for each in three[1:])
