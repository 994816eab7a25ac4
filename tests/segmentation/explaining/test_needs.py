"""What a model needs of a customer: nothing that it does not read, and everything that it does."""

from __future__ import annotations

import numpy as np
import pytest

from segmentation.explaining.needs import needed_columns
from segmentation.features import FeatureSpec, Recipe
from segmentation.measures import measure_customers
from segmentation.roles import Role, Schema
from tests.segmentation.placing import AS_OF, SHOP_WITH_PLAN, fitted, mixed_customers
from tests.segmentation.shop import column

EVERY = (*(measure_customers(mixed_customers(), SHOP_WITH_PLAN, AS_OF).table),)


def recipe(measure: str, **more: object) -> Recipe:
    return Recipe((FeatureSpec(measure, measure, measure, "none"),), AS_OF, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("measure", EVERY)
def test_a_measure_can_be_made_from_what_it_needs_and_from_no_less(measure: str) -> None:
    customers = mixed_customers().iloc[:60].reset_index(drop=True)
    needed = needed_columns(recipe(measure), SHOP_WITH_PLAN)
    whole = measure_customers(customers, SHOP_WITH_PLAN, AS_OF).table[measure]
    names = [each.name for each in needed]
    alone = measure_customers(customers[names], needed, AS_OF).table[measure]
    assert whole.equals(alone)
    for name in names:
        without = customers[names].assign(**{name: np.array([None] * 60, dtype=object)})
        assert not measure_customers(without, needed, AS_OF).table[measure].equals(whole), name


def test_a_recipe_needs_what_its_features_need() -> None:
    model, _ = fitted("kmeans")
    names = [each.name for each in needed_columns(model.recipe, SHOP_WITH_PLAN)]
    assert names == ["income", "marital_status", "kids", "spend_wines", "spend_fruits", "purchases_web", "purchases_store", "plan"]


def test_columns_that_were_left_out_are_not_needed() -> None:
    assert [each.name for each in needed_columns(recipe("spend", left_out=("spend_fruits",)), SHOP_WITH_PLAN)] == ["spend_wines"]
    wider = Schema((*SHOP_WITH_PLAN, column("spend_fish", Role.SPEND)))
    share = needed_columns(recipe("share_wines", left_out=("spend_fruits",)), wider)
    assert [each.name for each in share] == ["spend_wines", "spend_fish"]


def test_the_needed_columns_are_those_of_the_schema() -> None:
    needed = needed_columns(recipe("age"), SHOP_WITH_PLAN)
    assert needed == Schema((SHOP_WITH_PLAN.named("birth_year"),))
