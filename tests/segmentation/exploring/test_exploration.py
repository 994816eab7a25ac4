"""Exploration: spreads, levels, correlations and what goes with an outcome, each against an independent computation."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from segmentation.codec import from_json, to_json
from segmentation.exploring import exploration
from segmentation.exploring.association import Grouping, associate, cramers_v, group_rates, group_values, strength_word
from segmentation.exploring.exploration import Association, Exploration, ExploredOutcome, explore, sample_rows
from segmentation.intake import read_customers
from segmentation.measures import default_as_of, measure_customers
from segmentation.roles import CUSTOMER_KEY, Kind, Role, Schema
from tests.segmentation.shop import SHOP, column, shop_customers

TODAY = date(2014, 7, 1)


@pytest.fixture(scope="module")
def shop() -> pd.DataFrame:
    """Customers of the shop, some with unknown values."""
    customers, _ = shop_customers(600)
    rng = np.random.default_rng(5)
    customers.loc[rng.choice(600, 60, replace=False), "income"] = np.nan
    customers.loc[rng.choice(600, 30, replace=False), "education"] = None
    customers.loc[:1, "marital_status"] = "Widow"
    customers.loc[2:4, "marital_status"] = "YOLO"
    return customers


@pytest.fixture(scope="module")
def explored(shop: pd.DataFrame) -> Exploration:
    return explore(shop, SHOP, as_of=TODAY)


def with_columns(n: int, **columns: object) -> tuple[pd.DataFrame, Schema]:
    """Numbers under their names, and the outcome `y` where it is given."""
    made = {CUSTOMER_KEY: [str(i) for i in range(n)], **columns}
    roles = {CUSTOMER_KEY: Role.CUSTOMER_ID, "y": Role.OUTCOME}
    kinds = {CUSTOMER_KEY: Kind.TEXT, "y": Kind.INTEGER}
    schema = Schema(tuple(column(name, roles.get(name, Role.NUMBER), kinds.get(name, Kind.DECIMAL)) for name in made))
    return pd.DataFrame(made), schema


def outcome_of(customers: pd.DataFrame, schema: Schema) -> ExploredOutcome:
    return explore(customers, schema, as_of=TODAY).outcomes[0]


def test_figures_of_a_spread_are_those_of_its_known_values(shop: pd.DataFrame, explored: Exploration) -> None:
    measured = measure_customers(shop, SHOP, TODAY)
    for measure, spread in zip(explored.measures, explored.spreads, strict=True):
        known = measured.table[measure.name].dropna()
        assert spread.measure == measure.name
        assert spread.known == len(known)
        assert spread.missing == pytest.approx(1 - len(known) / len(shop))
        assert (spread.mean, spread.median) == pytest.approx((known.mean(), known.median()))
        assert (spread.low, spread.high) == (known.min(), known.max())
        varies = known.std() > 1e-9  # a share that is the same for all differs by rounding alone, and has no shape
        assert spread.skewness == (pytest.approx(known.skew()) if varies else None)
        assert sum(spread.shares) == pytest.approx(1, abs=1e-4)
        assert len(spread.edges) == len(spread.shares) + 1


def test_a_bin_holds_the_share_that_pandas_counts(shop: pd.DataFrame, explored: Exploration) -> None:
    spread = next(each for each in explored.spreads if each.measure == "income")
    inside = shop["income"].dropna().clip(upper=spread.edges[-1] - 1e-6)
    counted = pd.cut(inside, list(spread.edges), right=False).value_counts(sort=False) / len(inside)
    assert spread.shares == pytest.approx(counted.to_numpy(), abs=1e-6)
    assert spread.open_ended


def test_steps_of_a_scale_and_yes_and_no_have_their_words(shop: pd.DataFrame, explored: Exploration) -> None:
    scale = next(each for each in explored.spreads if each.measure == "education")
    counts = shop["education"].replace("2n Cycle", "Master").value_counts(normalize=True)
    assert scale.names == ("Basic", "Master", "PhD")
    assert scale.shares == pytest.approx([counts[name] for name in scale.names], abs=1e-6)
    for name in ("complained", "partner"):
        assert next(each for each in explored.spreads if each.measure == name).names == ("No", "Yes")


def test_words_are_folded_and_rare_ones_counted_together(shop: pd.DataFrame, explored: Exploration) -> None:
    (levels,) = explored.levels
    folded = shop["marital_status"].replace("YOLO", "Single").value_counts()
    assert levels.category == "marital_status"
    assert [level.label for level in levels.levels] == [word for word in folded.index if word != "Widow"] + ["Other"]
    assert [level.customers for level in levels.levels] == [*folded.drop("Widow"), 2]
    assert sum(level.share for level in levels.levels) == pytest.approx(1, abs=1e-5)


def test_a_long_list_of_words_keeps_the_commonest() -> None:
    words = [f"town {i:02d}" for i in range(12) for _ in range(20 + i)]
    customers, schema = with_columns(len(words))
    customers["town"] = words
    (levels,) = explore(customers, Schema((*schema, column("town", Role.CATEGORY, Kind.TEXT))), as_of=TODAY).levels
    assert [level.label for level in levels.levels] == [f"town {i:02d}" for i in range(11, 3, -1)] + ["Other"]
    assert levels.levels[-1].customers == 20 + 21 + 22 + 23


def test_correlations_are_scipys_over_customers_who_have_both(shop: pd.DataFrame, explored: Exploration) -> None:
    table = measure_customers(shop, SHOP, TODAY).table
    for a, first in enumerate(explored.measures):
        for b, second in enumerate(explored.measures):
            both = table[[first.name, second.name]].dropna().to_numpy()
            rho = stats.spearmanr(both[:, 0], both[:, 1]).statistic
            assert explored.correlations[a][b] == pytest.approx(rho, abs=1e-4)


def test_a_correlation_needs_enough_customers_and_values_that_vary() -> None:
    rng = np.random.default_rng(1)
    few = np.where(np.arange(200) < 29, rng.normal(size=200), np.nan)
    enough = np.where(np.arange(200) < 30, rng.normal(size=200), np.nan)
    customers, schema = with_columns(200, a=rng.normal(size=200), few=few, enough=enough, flat=np.ones(200))
    rho = explore(customers, schema, as_of=TODAY).correlations
    assert rho[0][1] is None
    assert rho[0][2] is not None
    assert rho[0][3] is rho[3][3] is None


def test_measures_that_nearly_repeat_each_other_are_named() -> None:
    rng = np.random.default_rng(2)
    a = rng.normal(size=500)
    customers, schema = with_columns(500, a=a, same=np.exp(a), against=-a + rng.normal(0, 0.2, 500), loose=a + rng.normal(0, 1, 500))
    repeats = explore(customers, schema, as_of=TODAY).repeats
    assert (repeats[0].first, repeats[0].second) == ("a", "same")
    assert {frozenset((each.first, each.second)) for each in repeats} == {
        frozenset(pair) for pair in (("a", "same"), ("a", "against"), ("same", "against"))
    }
    assert repeats[0].rho == 1
    assert min(each.rho for each in repeats) < -0.9


@pytest.mark.parametrize("spread", [3, 9, 40, 5_000])
def test_groups_are_whole_and_at_most_five(spread: int) -> None:
    values = np.random.default_rng(spread).integers(0, spread, 800).astype(float) ** 2
    grouping = group_values("m", values)
    by_value = pd.Series(grouping.place).groupby(values).nunique()
    assert (by_value == 1).all()
    assert len(grouping) == (spread if spread <= 6 else 5)
    assert set(grouping.place) == set(range(len(grouping)))
    for place, (start, end) in enumerate(grouping.bounds):
        own = values[grouping.place == place]
        assert (own.min(), own.max()) == (start, end)


def test_repeated_values_make_fewer_groups_and_unknown_ones_none() -> None:
    values = np.array([0.0] * 70 + list(range(1, 31)) + [np.nan] * 10)
    grouping = group_values("m", values)
    assert grouping.bounds == ((0.0, 0.0), (1.0, 10.0), (11.0, 30.0))
    assert (grouping.place[-10:] == -1).all()
    assert group_values("m", np.array([*range(40), *[99.0] * 160])).bounds == ((0.0, 39.0), (99.0, 99.0))


def test_rates_have_wilson_intervals() -> None:
    hit = np.array([1.0] * 7 + [0.0] * 33 + [np.nan] * 5 + [1.0] * 30 + [0.0] * 30)
    grouping = Grouping("m", np.array([0] * 45 + [1] * 60), ("few", "many"), ())
    few, many = group_rates(grouping, hit)
    expected = stats.binomtest(7, 40).proportion_ci(method="wilson")
    assert (few.label, few.customers, few.hits, few.rate) == ("few", 40, 7, 7 / 40)
    assert (few.low, few.high) == pytest.approx((expected.low, expected.high))
    assert (many.customers, many.hits) == (60, 30)


def test_strength_and_p_are_those_of_the_table() -> None:
    rng = np.random.default_rng(3)
    place = rng.integers(0, 4, 1_000)
    hit = (rng.random(1_000) < np.array([0.1, 0.2, 0.3, 0.2])[place]).astype(float)
    table = pd.crosstab(place, hit).to_numpy()
    tested = stats.chi2_contingency(table, correction=False)
    found = associate(Grouping("m", place, tuple("abcd"), ()), hit)
    assert found is not None
    assert found.p == pytest.approx(tested.pvalue)
    assert found.strength == pytest.approx(bergsma(table))
    assert 0 < found.strength < stats.contingency.association(table, method="cramer")


def bergsma(table: np.ndarray) -> float:
    """Bergsma's corrected V by his formulas (4) and (5), written for any table."""
    n, (r, c) = table.sum(), table.shape
    phi = max(0.0, stats.chi2_contingency(table, correction=False).statistic / n - (r - 1) * (c - 1) / (n - 1))
    return float(np.sqrt(phi / min(r - (r - 1) ** 2 / (n - 1) - 1, c - (c - 1) ** 2 / (n - 1) - 1)))


def test_strength_is_nothing_by_chance_and_all_where_groups_decide() -> None:
    assert cramers_v(1_000.0, 2, 1_000) == pytest.approx(1, abs=1e-3)
    by_chance = [cramers_v(float(statistic), 5, 400) for statistic in stats.chi2.rvs(4, size=2_000, random_state=1)]
    assert np.median(by_chance) == 0
    assert [strength_word(each) for each in (0.02, 0.1, 0.3, 0.7)] == ["very weak", "weak", "medium", "strong"]


def test_p_holds_its_level_where_hits_are_few() -> None:
    """Six hits per group at most are expected: without pooling, such tables reject too often or too seldom."""
    rng = np.random.default_rng(4)
    place = np.repeat(np.arange(6), [500, 300, 40, 20, 10, 5])
    ps = [found.p for _ in range(600) if (found := associate(Grouping("m", place, tuple("abcdef"), ()), one_in(rng, 40, len(place))))]
    assert 0.02 < np.mean(np.array(ps) <= 0.05) < 0.08
    assert associate(Grouping("m", place, tuple("abcdef"), ()), np.eye(1, len(place))[0]).p == 1  # type: ignore[union-attr]


def test_small_groups_are_tested_together_until_five_hits_are_expected() -> None:
    """Hits are 1 in 10, so that groups of 30, 20 and 10 customers are too small: 10 and 20 make 30, and both of 30 make 60."""
    sizes, hits = np.array([200, 150, 30, 20, 10]), np.array([10, 15, 6, 6, 4])
    place = np.repeat(np.arange(5), sizes)
    hit = np.concatenate([np.arange(size) < count for size, count in zip(sizes, hits, strict=True)]).astype(float)
    table = np.array([[200 - 10, 10], [150 - 15, 15], [60 - 16, 16]])
    found = associate(Grouping("m", place, tuple("abcde"), ()), hit)
    assert found is not None
    assert found.p == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)
    assert len(found.groups) == 5


def one_in(rng: np.random.Generator, odds: int, n: int) -> np.ndarray:
    return (rng.random(n) < 1 / odds).astype(float)


def test_nothing_is_compared_where_nothing_varies() -> None:
    two = Grouping("m", np.array([0, 0, 1, 1]), ("a", "b"), ())
    assert associate(two, np.zeros(4)) is None
    assert associate(two, np.array([0.0, 1.0, np.nan, np.nan])) is None
    assert outcome_of(*with_columns(40, a=np.arange(40.0), y=np.ones(40, dtype=int))).associations == ()


def test_what_was_planted_is_found_and_noise_is_not() -> None:
    false, rng = 0, np.random.default_rng(6)
    for _ in range(12):
        noise = {f"noise_{i}": rng.normal(size=800) for i in range(20)}
        cause = rng.normal(size=800)
        customers, schema = with_columns(800, cause=cause, y=(rng.random(800) < 0.15 + 0.3 * (cause > 0.8)).astype(int), **noise)
        outcome = outcome_of(customers, schema)
        assert outcome.associations[0].measure == "cause"
        assert outcome.associations[0].clear
        false += sum(each.clear for each in outcome.associations[1:])
    assert false <= 2  # the chance of more is under 2%, were it 5% for each of the twelve


def test_holm_counts_every_measure_and_outcome_together() -> None:
    rng = np.random.default_rng(8)
    y = np.concatenate([np.arange(80) < hits for hits in (14, 20, 24, 28, 34)]).astype(int)  # of each fifth; p is 0.008
    weak = np.arange(400.0)
    alone = outcome_of(*with_columns(400, weak=weak, y=y)).associations[0]
    noise = {f"noise_{i}": rng.normal(size=400) for i in range(40)}
    among = {each.measure: each for each in outcome_of(*with_columns(400, weak=weak, y=y, **noise)).associations}
    assert alone.p == among["weak"].p
    assert alone.clear
    assert alone.p * 41 > 0.05
    assert not among["weak"].clear


def test_associations_come_strongest_first_and_words_by_their_rate(explored: Exploration) -> None:
    (outcome,) = explored.outcomes
    assert [each.strength for each in outcome.associations] == sorted((each.strength for each in outcome.associations), reverse=True)
    by_name = {each.measure: each for each in outcome.associations}
    rates = [group.rate for group in by_name["marital_status"].groups]
    assert rates == sorted(rates, reverse=True)
    assert [group.label for group in by_name["education"].groups] == ["Basic", "Master", "PhD"]
    assert sum(group.customers for group in by_name["income"].groups) == by_name["income"].customers == 540
    assert sum(group.customers for group in by_name["education"].groups) == by_name["education"].customers == 570


def test_overall_rates_are_of_those_whose_outcome_is_known() -> None:
    y = pd.array([1] * 10 + [0] * 30 + [pd.NA] * 20, dtype="Int64")
    outcome = outcome_of(*with_columns(60, a=np.arange(60.0), y=y))
    expected = stats.binomtest(10, 40).proportion_ci(method="wilson")
    assert (outcome.customers, outcome.hits, outcome.rate) == (40, 10, 0.25)
    assert (outcome.low, outcome.high) == pytest.approx((expected.low, expected.high))


def test_many_customers_are_sampled_and_it_is_said(shop: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exploration, "SAMPLE", 200)
    found = explore(shop, SHOP, as_of=TODAY)
    assert (found.customers, found.sample) == (600, 200)
    rows = sample_rows(600)
    assert len(set(rows)) == 200
    assert (np.diff(rows) > 0).all()
    assert explore(shop.iloc[rows], SHOP, as_of=TODAY, drawn_from=600) == found
    assert explore(shop, SHOP, as_of=TODAY, seed=1) != found


def test_it_is_the_same_every_time_and_survives_json(shop: pd.DataFrame, explored: Exploration) -> None:
    assert explore(shop, SHOP, as_of=TODAY) == explored
    text = json.dumps(to_json(explored), allow_nan=False)
    assert from_json(Exploration, json.loads(text)) == explored


@pytest.mark.parametrize("customers", [0, 1, 2])
def test_hardly_any_customers_are_no_trouble(shop: pd.DataFrame, customers: int) -> None:
    found = explore(shop.head(customers), SHOP, as_of=TODAY)
    json.dumps(to_json(found), allow_nan=False)
    assert found.customers == customers
    assert found.repeats == ()


def test_sensitive_columns_and_parts_of_others_are_marked(shop: pd.DataFrame) -> None:
    columns = tuple(replace(each, sensitive=each.name in ("complained", "marital_status")) for each in SHOP)
    found = explore(shop, Schema(columns), as_of=TODAY)
    assert set(found.sensitive) == {"complained", "marital_status"}
    assert {"share_wines", "average_order", "dependents"} <= set(found.details)
    assert not {"spend", "income"} & set(found.details)


def test_what_is_too_much_is_left_out_and_named(shop: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exploration, "MOST", 10)
    found = explore(shop, SHOP, as_of=TODAY)
    assert len(found.measures) + len(found.categories) == 10
    assert len(found.correlations) == len(found.spreads) == len(found.measures)
    assert "Average order" in found.left_out
    assert found.details == ()


def test_the_real_file_takes_well_under_half_a_second(shared_data: Path, real: Callable[[str], tuple[pd.DataFrame, Schema]]) -> None:
    customers, schema = real("smartcart_customers.csv")
    as_of = default_as_of(customers, schema)
    assert as_of is not None
    before = time.process_time()
    found = explore(customers, schema, as_of=as_of)
    assert time.process_time() - before < 0.5
    most: Association = found.outcomes[0].associations[0]
    assert (found.outcomes[0].hits, most.measure, most.clear) == (334, "spend", True)
    assert ("spend", "orders") in {(pair.first, pair.second) for pair in found.repeats}


@pytest.fixture
def real(shared_data: Path) -> Callable[[str], tuple[pd.DataFrame, Schema]]:
    def read(name: str) -> tuple[pd.DataFrame, Schema]:
        intake = read_customers(shared_data / name)
        return intake.customers, intake.schema

    return read
