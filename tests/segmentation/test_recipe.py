from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import pdist

from segmentation.choosing import reference, selection
from segmentation.errors import SegmentationError
from segmentation.features import FeatureBuilder, FeatureSpec, Recipe, log_start
from segmentation.intake import read_customers
from segmentation.pipeline import segment_customers
from segmentation.recipe import columns_without_news, default_recipe, measured_with_recipe
from segmentation.roles import CUSTOMER_KEY, Kind, Role, Schema
from tests.segmentation.shop import SHOP, column, shop_customers

AS_OF = date(2014, 6, 29)


@pytest.fixture(scope="module", autouse=True)
def _few_resamples() -> Iterator[None]:
    """What is tested here does not hang on how often customers are drawn again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(selection, "DRAWS", 3)
        patch.setattr(reference, "SHUFFLES", 3)
        yield


def words(levels: dict[str, float], rows: int = 600, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).choice(np.array(list(levels), dtype=object), rows, p=list(levels.values()))


def contract(rows: int = 600, **more: np.ndarray) -> tuple[pd.DataFrame, Schema]:
    """A file without spend or orders: what describes customers must find segments."""
    draw = np.random.default_rng(0)
    table = {
        CUSTOMER_KEY: [str(row) for row in range(rows)],
        "term": words({"Monthly": 0.5, "One year": 0.3, "Two years": 0.2}, rows),
        "charge": draw.normal(60, 20, rows),
        **more,
    }
    roles = {"charge": (Role.NUMBER, Kind.DECIMAL), CUSTOMER_KEY: (Role.CUSTOMER_ID, Kind.TEXT)}
    schema = Schema(tuple(column(name, *roles.get(name, (Role.CATEGORY, Kind.TEXT))) for name in table))
    return pd.DataFrame(table), schema


def features_of(customers: pd.DataFrame, schema: Schema) -> tuple[np.ndarray, Recipe]:
    measured, recipe = measured_with_recipe(customers, schema, AS_OF)
    return FeatureBuilder(recipe).fit(measured.table).transform(measured.table), recipe


def test_a_category_takes_one_column_less_than_levels_all_equally_far_apart() -> None:
    features, recipe = features_of(*contract())
    (block,) = recipe.layout().categories
    corners = np.unique(features[:, slice(*block)].round(12), axis=0)
    assert corners.shape == (3, 2)
    assert pdist(corners) == pytest.approx(np.full(3, 0.7 * np.sqrt(3)))


def test_a_category_never_has_more_variance_than_half_a_number() -> None:
    for levels in ({"a": 0.5, "b": 0.5}, {"a": 0.25, "b": 0.25, "c": 0.25, "d": 0.25}, {"a": 0.9, "b": 0.1}):
        customers, schema = contract(term=words(levels))
        features, recipe = features_of(customers, schema)
        (block,) = recipe.layout().categories
        assert features[:, slice(*block)].var(axis=0).sum() <= 0.49 + 0.01
        assert features[:, 0 if block[0] else -1].var() == pytest.approx(1.0)


def test_unknown_rare_and_new_words_lie_in_the_middle() -> None:
    term = words({"Monthly": 0.5, "One year": 0.49, "Trial": 0.01})
    term[:3] = None
    customers, schema = contract(term=term)
    measured, recipe = measured_with_recipe(customers, schema, AS_OF)
    (spec,) = [spec for spec in recipe.features if spec.levels]
    assert spec.levels == ("monthly", "one year")
    builder = FeatureBuilder(recipe).fit(measured.table)
    place = recipe.features.index(spec)
    later = measured.table.iloc[:4].assign(term=["monthly", "brand new", "trial", None])
    monthly, *others = builder.transform(later)[:, recipe.blocks()[place][0]]
    assert len(set(others)) == 1
    assert abs(monthly - others[0]) == pytest.approx(0.7)
    assert builder.summaries()[place].imputed == int(pd.isna(term).sum() + (term == "Trial").sum())


def test_columns_that_say_the_same_share_one_vote() -> None:
    service = words({"yes": 0.5, "no": 0.3, "none": 0.2}, seed=5)
    customers, schema = contract(
        **{name: np.where(service == "none", "none", words({"yes": 0.6, "no": 0.4}, seed=seed)) for seed, name in enumerate("abcd", 7)}
    )
    weights = {spec.name: spec.weight for spec in default_recipe(customers, schema, AS_OF).features}
    assert weights["term"] == pytest.approx(0.7, abs=0.02)
    assert all(weights[name] < 0.5 for name in "abcd")


def test_a_category_that_is_nearly_an_id_is_no_feature() -> None:
    customers, schema = contract(city=np.array([f"City {row % 300}" for row in range(600)], dtype=object))
    assert "city" not in {spec.name for spec in default_recipe(customers, schema, AS_OF).features}


def test_a_rare_flag_stays_small() -> None:
    flags = pd.DataFrame({"x": [1.0] * 30 + [0.0] * 970})
    recipe = Recipe((FeatureSpec("x", "x", "X", "flag"),), AS_OF)
    features = FeatureBuilder(recipe).fit(flags).transform(flags)
    assert np.ptp(features) == pytest.approx(2.0)
    assert features.std() < 0.4


def test_a_measure_that_falls_apart_joins_and_one_that_does_not_stays_out() -> None:
    customers, _ = shop_customers(900)
    draw = np.random.default_rng(3)
    age = np.where(draw.random(900) < 0.5, 25, 65) + np.rint(draw.normal(0, 4, 900))
    names = {spec.name for spec in default_recipe(customers.assign(birth_year=2014 - age), SHOP, AS_OF).features}
    assert "age" in names
    assert not {"age", "recency_days", "tenure"} & {spec.name for spec in default_recipe(customers, SHOP, AS_OF).features}


def test_a_number_with_a_long_tail_is_taken_on_a_log_scale() -> None:
    draw = np.random.default_rng(0)
    for values, transform in ((draw.lognormal(3, 1, 600), "log"), (draw.normal(60, 20, 600), "none"), (-draw.lognormal(3, 1, 600), "none")):
        customers, schema = contract(charge=values)
        assert {spec.name: spec.transform for spec in default_recipe(customers, schema, AS_OF).features}["charge"] == transform


def test_weights_that_somebody_gives_are_kept_and_zero_leaves_out() -> None:
    customers, _ = shop_customers(200)
    recipe = default_recipe(customers, SHOP, AS_OF, {"spend": 2.0, "age": 0.5, "income": 0.0})
    assert {spec.name: spec.weight for spec in recipe.features} == {"spend": 2.0, "age": 0.5}
    for weight in (-1.0, 11.0, float("nan")):
        with pytest.raises(SegmentationError, match="weight of spend must be"):
            default_recipe(customers, SHOP, AS_OF, {"spend": weight})


def test_the_start_of_a_log_carries_the_unit() -> None:
    values = np.random.default_rng(0).lognormal(5, 1, 500)
    assert log_start(values * 100) == pytest.approx(100 * log_start(values))
    quarter, three_quarters = np.quantile(values, (0.25, 0.75))
    assert log_start(values) == pytest.approx(quarter**2 / three_quarters)
    assert log_start(np.zeros(3)) == 1.0


def test_of_two_copies_the_one_stays_whose_role_says_more() -> None:
    customers = pd.DataFrame({CUSTOMER_KEY: ["1", "2", "3"], "spend_wines": [1.0, 2.0, 3.0], "w": [1.0, 2.0, 3.0]})
    schema = Schema((column(CUSTOMER_KEY, Role.CUSTOMER_ID, Kind.TEXT), column("spend_wines", Role.SPEND), column("w", Role.AMOUNT)))
    assert columns_without_news(customers, schema) == ("w",), "the shorter name is of the column that says less"


def test_constant_columns_and_copies_say_nothing_new() -> None:
    customers, _ = shop_customers(100)
    customers["complained"] = pd.array([1, 0] * 50, dtype="Int64")
    customers["spend_wines_2"], customers["spend_fee"] = customers["spend_wines"], 5.0
    schema = Schema((*SHOP, column("spend_wines_2", Role.SPEND), column("spend_fee", Role.SPEND)))
    assert columns_without_news(customers, schema) == ("spend_fee", "spend_wines_2")


def relabelled(customers: pd.DataFrame, schema: Schema) -> pd.Series:
    result = segment_customers(customers, schema, as_of=AS_OF, k=3)
    return pd.Series(result.assignments.label, index=customers[CUSTOMER_KEY]).sort_index()


CHANGES = {
    "other units": lambda table, schema: (table.assign(income=table["income"] / 1000, spend_wines=table["spend_wines"] * 100,
                                                       spend_fruits=table["spend_fruits"] * 100), schema),
    "other order of columns": lambda table, schema: (table[table.columns[::-1]], Schema(schema.columns[::-1])),
    "other order of rows": lambda table, schema: (table.sample(frac=1, random_state=4).reset_index(drop=True), schema),
    "a constant": lambda table, schema: (table.assign(spend_fee=7.0), Schema((*schema, column("spend_fee", Role.SPEND)))),
    "a copy": lambda table, schema: (table.assign(spend_again=table["spend_wines"]), Schema((*schema, column("spend_again", Role.SPEND)))),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_segments_do_not_depend_on(change: str) -> None:
    customers, _ = shop_customers(400)
    customers["income"] = customers["income"] * np.random.default_rng(1).lognormal(0, 0.8, 400)  # shades into each other
    assert (relabelled(customers, SHOP) == relabelled(*CHANGES[change](customers, SHOP))).all()


@pytest.mark.parametrize("change", ["other order of rows", "other order of columns"])
def test_the_recommendation_on_the_real_file_does_not_depend_on(change: str, shared_data: Path) -> None:
    intake = read_customers(shared_data / "smartcart_customers.csv")
    first = segment_customers(intake.customers, intake.schema, as_of=AS_OF)
    customers, schema = CHANGES[change](intake.customers, intake.schema)
    second = segment_customers(customers, schema, as_of=AS_OF)
    assert first.k == second.k
    before = pd.Series(first.assignments.label, index=intake.customers[CUSTOMER_KEY])
    assert (before == pd.Series(second.assignments.label, index=customers[CUSTOMER_KEY])[before.index]).all()
