from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentation.codec import from_json, to_json
from segmentation.errors import NotEnoughData, SegmentationError
from segmentation.features import FeatureBuilder, FeatureSpec, Recipe
from segmentation.intake import read_customers
from segmentation.measures import default_as_of, measure_customers
from segmentation.recipe import columns_in_use, default_recipe, recipe_for
from segmentation.roles import Kind, Role, Schema
from tests.segmentation.shop import SHOP, column, shop_customers

AS_OF = date(2014, 6, 29)


def one_customer(**values: object) -> pd.DataFrame:
    customers, _ = shop_customers(30)
    for name, value in values.items():
        customers[name] = pd.Series([value, *customers[name][1:]], dtype=customers[name].dtype)
    return customers


def measured(name: str, **values: object) -> float:
    return float(measure_customers(one_customer(**values), SHOP, AS_OF).table[name].iloc[0])


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("age", {"birth_year": 1964}, 50.0),
        ("tenure", {"enrolled_on": pd.Timestamp("2013-06-29")}, 11.99),
        ("tenure", {"enrolled_on": pd.Timestamp("2015-01-01")}, 0.0),
        ("spend", {"spend_wines": 30.0, "spend_fruits": 10.0}, 40.0),
        ("spend", {"spend_wines": float("nan"), "spend_fruits": 10.0}, 10.0),
        ("share_wines", {"spend_wines": 30.0, "spend_fruits": 10.0}, 0.75),
        ("orders", {"purchases_web": 3, "purchases_store": 1, "purchases_deals": 9}, 4.0),
        ("share_web", {"purchases_web": 3, "purchases_store": 1}, 0.75),
        ("average_order", {"spend_wines": 30.0, "spend_fruits": 10.0, "purchases_web": 3, "purchases_store": 1}, 10.0),
        ("purchases_deals", {"purchases_deals": 9}, 9.0),
        ("share_deals", {"purchases_deals": 9, "purchases_web": 3, "purchases_store": 1}, 1.0),
        ("dependents", {"kids": 2, "teens": 1}, 3.0),
        ("partner", {"marital_status": "Together"}, 1.0),
        ("partner", {"marital_status": "YOLO"}, 0.0),
        ("education", {"education": "2n Cycle"}, 1.0),
        ("complained", {"complained": 1}, 1.0),
    ],
)
def test_measures_are_in_plain_units(name: str, values: dict[str, object], expected: float) -> None:
    assert measured(name, **values) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("name", ["share_web", "share_store", "average_order", "share_deals"])
def test_share_of_no_orders_is_unknown(name: str) -> None:
    assert np.isnan(measured(name, purchases_web=0, purchases_store=0))


def test_share_of_no_spend_is_unknown_and_spend_is_zero() -> None:
    assert measured("spend", spend_wines=0.0, spend_fruits=0.0) == 0.0
    assert np.isnan(measured("share_wines", spend_wines=0.0, spend_fruits=0.0))


def test_measures_keep_rows_and_hold_neither_outcomes_nor_keys() -> None:
    customers, _ = shop_customers(50)
    customers.index = pd.Index(range(100, 150))
    result = measure_customers(customers, SHOP, AS_OF)
    assert list(result.table.index) == list(customers.index)
    names = [measure.name for measure in result.measures]
    assert set(result.table[names].dtypes) == {np.dtype("float64")}
    assert [*names, "marital_status"] == list(result.table.columns)
    assert not {"responded", "customer_key"} & set(result.table.columns)


def test_sensitive_columns_are_features_only_when_somebody_asks() -> None:
    customers, _ = shop_customers(200)
    schema = Schema(tuple(replace(each, sensitive=each.name in {"complained", "kids"}) for each in SHOP))
    result = measure_customers(customers, schema, AS_OF)
    assert {"complained", "kids"} <= set(result.table)
    assert result.sensitive == {"complained", "kids"}
    assert "dependents" not in result.table  # the sum would tell
    assert not result.sensitive & {spec.measure for spec in recipe_for(result, AS_OF).features}
    assert [spec.measure for spec in recipe_for(result, AS_OF, ["kids", "spend"]).features] == ["kids", "spend"]


def test_default_recipe_is_blind_to_the_outcome() -> None:
    customers, _ = shop_customers(300)
    other = customers.assign(responded=1 - customers["responded"])
    assert default_recipe(customers, SHOP, AS_OF) == default_recipe(other, SHOP, AS_OF)
    assert "responded" not in {spec.measure for spec in default_recipe(customers, SHOP, AS_OF).features}


def test_default_recipe_takes_value_channel_and_household_with_amounts_on_a_log_scale() -> None:
    customers, _ = shop_customers(300, seed=1)
    customers["income"] = np.random.default_rng(0).normal(50_000, 9_000, 300)
    customers["teens"] = pd.array(np.random.default_rng(5).integers(0, 3, 300), dtype="Int64")
    recipe = default_recipe(customers, SHOP, AS_OF)
    by_name = {spec.measure: spec for spec in recipe.features}
    assert by_name["spend"].transform == "log"
    assert by_name["teens"].transform == "none"
    assert by_name["income"].weight == 0.5
    assert not {"orders", "recency_days", "tenure", "complained", "share_wines"} & set(by_name)


def test_redundant_columns_do_not_vote_twice() -> None:
    customers, _ = shop_customers(300)
    customers["number_a"] = np.random.default_rng(0).normal(size=300)
    customers["number_b"] = customers["number_a"] ** 3
    schema = Schema((SHOP.named("customer_key"), column("number_a", Role.NUMBER), column("number_b", Role.NUMBER)))
    assert [spec.measure for spec in default_recipe(customers, schema, AS_OF).features] == ["number_a"]


def test_of_the_channels_whose_shares_add_up_to_one_only_one_votes() -> None:
    family = measure_customers(shop_customers(100)[0], SHOP, AS_OF).family
    assert sorted(family[name] for name in ("share_web", "share_store")) == ["channel", "detail"]


def test_recipe_of_named_measures_keeps_their_order() -> None:
    customers, _ = shop_customers(100)
    recipe = default_recipe(customers, SHOP, AS_OF, ["age", "spend", "age"])
    assert [spec.measure for spec in recipe.features] == ["age", "spend"]
    with pytest.raises(SegmentationError, match="cannot be features: responded") as refusal:
        default_recipe(customers, SHOP, AS_OF, ["responded"])
    assert refusal.value.code == "unknown_feature"


def test_recipe_survives_json() -> None:
    recipe = default_recipe(shop_customers(100)[0], SHOP, AS_OF)
    assert from_json(Recipe, to_json(recipe)) == recipe


@pytest.mark.parametrize("value", [7.0, float("nan")])
def test_nothing_that_varies_is_refused(value: float) -> None:
    customers = pd.DataFrame({"customer_key": [str(row) for row in range(50)], "score": [value] * 50})
    schema = Schema((column("customer_key", Role.CUSTOMER_ID, Kind.TEXT), column("score", Role.NUMBER)))
    with pytest.raises(NotEnoughData, match="nothing to tell customers apart"):
        default_recipe(customers, schema, AS_OF)


def test_default_as_of_is_the_latest_enrolment() -> None:
    customers, _ = shop_customers(40)
    customers.loc[3, "enrolled_on"] = pd.Timestamp("2016-02-29")
    customers.loc[4, "enrolled_on"] = pd.NaT
    assert default_as_of(customers, SHOP) == date(2016, 2, 29)
    assert default_as_of(customers.assign(enrolled_on=pd.NaT), SHOP) is None
    assert default_as_of(customers, Schema(())) is None


def builder_for(values: pd.DataFrame, **spec: object) -> FeatureBuilder:
    return FeatureBuilder(Recipe((FeatureSpec("x", "x", "X", **{"transform": "none", **spec}),), AS_OF)).fit(values)  # type: ignore[arg-type]


def test_an_outlier_reaches_no_further_than_the_bounds() -> None:
    values = np.random.default_rng(0).normal(50_000, 10_000, 1_000)
    values[0] = 666_666.0
    features = builder_for(pd.DataFrame({"x": values})).transform(pd.DataFrame({"x": [666_666.0, 50_000.0]}))
    assert abs(features[0, 0]) < 3
    assert abs(features[1, 0]) < 0.1


def test_gaps_are_filled_with_the_median_learned_in_fit() -> None:
    builder = builder_for(pd.DataFrame({"x": [1.0, 2.0, 9.0, np.nan]}))
    filled, median = builder.transform(pd.DataFrame({"x": [np.nan, 2.0]}))[:, 0]
    assert filled == median


def test_weight_and_standard_deviation() -> None:
    values = pd.DataFrame({"x": np.random.default_rng(0).exponential(size=500)})
    features = builder_for(values, transform="log1p", weight=0.5).transform(values)
    assert features.mean() == pytest.approx(0.0, abs=1e-12)
    assert features.std() == pytest.approx(0.5)


def test_rare_flag_weighs_nothing_rather_than_everything() -> None:
    values = pd.DataFrame({"x": [1.0] * 4 + [0.0] * 996})
    assert np.ptp(builder_for(values).transform(values)) == 0.0


def test_measure_that_nobody_has_is_refused() -> None:
    with pytest.raises(NotEnoughData, match="No customer has a value for X"):
        builder_for(pd.DataFrame({"x": [np.nan, np.nan]}))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.floats(-1e9, 1e9), st.just(float("nan"))), min_size=2, max_size=30).filter(lambda xs: not all(np.isnan(xs))))
def test_later_customers_are_transformed_one_by_one_as_together(values: list[float]) -> None:
    table = pd.DataFrame({"x": values})
    builder = builder_for(table, transform="sqrt")
    together = builder.transform(table)
    alone = np.vstack([builder.transform(table.iloc[[row]]) for row in range(len(table))])
    assert np.isfinite(together).all()
    assert (together == alone).all()
    restored = FeatureBuilder.restored(builder.recipe, builder.state())
    assert (restored.transform(table) == together).all()


def test_real_file_gives_a_recipe_of_value_channel_visits_and_household(shared_data: Path) -> None:
    intake = read_customers(shared_data / "smartcart_customers.csv")
    as_of = default_as_of(intake.customers, intake.schema)
    assert as_of == AS_OF
    recipe = default_recipe(intake.customers, intake.schema, as_of)
    assert {spec.measure for spec in recipe.features} == {"spend", "income", "share_catalog", "visits_web", "kids", "teens", "partner"}


def test_columns_in_use_are_those_whose_values_reach_the_features() -> None:
    customers, _ = shop_customers(200)
    known = measure_customers(customers, SHOP, AS_OF)
    recipe = recipe_for(known, AS_OF)
    in_use = columns_in_use(known, recipe)
    assert in_use["spend_wines"] == ("Spend",)
    assert "responded" not in in_use
    features = {spec.measure for spec in recipe.features}
    for column_ in SHOP:
        if column_.role in (Role.SPEND, Role.INCOME, Role.DEPENDENTS, Role.VISITS, Role.RECENCY_DAYS):
            changed = customers.assign(**{column_.name: customers[column_.name] + 1})
            after = measure_customers(changed, SHOP, AS_OF).table
            reached = any(not np.allclose(after[name], known.table[name], equal_nan=True) for name in features)
            assert reached == (column_.name in in_use), column_.name
