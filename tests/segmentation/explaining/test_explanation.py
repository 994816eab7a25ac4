"""Reasons and familiarity, against what can be computed without them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from segmentation.artifact import pack_model, unpack_model
from segmentation.clustering import ALGORITHMS, Assignments, KMeans
from segmentation.describing.profile_types import Measure
from segmentation.errors import SegmentationError
from segmentation.explaining.explanation import LEAST_SHARE, MOST_REASONS, contributions, explain
from segmentation.explaining.reach import ENOUGH, QUANTILE, SMALLEST_SPREAD, learn_reach
from segmentation.explaining.reasons import FeatureWords
from segmentation.features import FeatureBuilder
from segmentation.measures import Measured, measure_customers
from segmentation.pipeline import SegmentModel, segment_customers
from segmentation.recipe import measured_with_recipe
from segmentation.roles import Role, Schema
from tests.segmentation.placing import AS_OF, FEATURES, SHOP_WITH_PLAN, fitted, mixed_customers
from tests.segmentation.shop import SHOP, shop_customers

EVERY = sorted(ALGORITHMS)


def lead(model: SegmentModel, row: np.ndarray, own: int, other: int) -> float:
    scores = model.clusterer.scores(row[None])[0]
    return float(scores[own] - scores[other])


def measures(customers: pd.DataFrame) -> Measured:
    return measure_customers(customers, SHOP_WITH_PLAN, AS_OF)


def test_contributions_of_k_means_add_up_to_its_log_odds() -> None:
    model, placed = fitted("kmeans")
    assert isinstance(model.clusterer, KMeans)
    features = model.features(mixed_customers(), SHOP_WITH_PLAN)
    centres, variance = model.clusterer.centres, model.clusterer.variance
    odds = [((centres - row) ** 2).sum(axis=1) / (-2 * variance) for row in (*features, np.zeros(features.shape[1]))]
    at_mean = odds.pop()
    expected = [each[own] - each[other] - at_mean[own] + at_mean[other] for each, own, other in zip(odds, placed.label, placed.runner_up)]  # noqa: B905
    found = explain(model, mixed_customers(), SHOP_WITH_PLAN).contributions
    assert found.shape == (400, len(FEATURES))
    np.testing.assert_allclose(found.sum(axis=1), expected, rtol=1e-9, atol=1e-9)
    assert np.abs(found).max() > 1


@pytest.mark.parametrize("algorithm", EVERY)
def test_a_contribution_is_what_is_lost_without_the_feature(algorithm: str) -> None:
    model, placed = fitted(algorithm)
    features = model.features(mixed_customers(), SHOP_WITH_PLAN)
    found = explain(model, mixed_customers(), SHOP_WITH_PLAN)
    for row in range(0, 400, 23):
        own, other = int(placed.label[row]), int(placed.runner_up[row])
        for place, (start, stop) in enumerate(model.recipe.blocks()):
            without = features[row].copy()
            without[start:stop] = 0.0
            expected = 0.0 if own < 0 else lead(model, features[row], own, other) - lead(model, without, own, other)
            assert found.contributions[row, place] == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("algorithm", EVERY)
def test_one_customer_is_explained_as_among_all(algorithm: str) -> None:
    model, placed = fitted(algorithm)
    customers = mixed_customers()
    everybody = explain(model, customers, SHOP_WITH_PLAN)
    for name in ("label", "confidence", "runner_up"):
        assert getattr(everybody.assignments, name).tobytes() == getattr(placed, name).tobytes()
    for row in (0, 7, 211, 399):
        alone = explain(model, customers.iloc[[row]].reset_index(drop=True), SHOP_WITH_PLAN)
        assert alone.assignments.confidence.tobytes() == placed.confidence[[row]].tobytes()
        assert [reason.text for reason in alone.of(0).reasons] == [reason.text for reason in everybody.of(row).reasons]
        assert replace(alone.of(0), reasons=()) == replace(everybody.of(row), reasons=())


def test_some_are_in_no_segment_and_are_told_so() -> None:
    model, placed = fitted("hdbscan")
    nowhere = np.flatnonzero(placed.label < 0)
    assert 0 < len(nowhere) < 200
    told = explain(model, mixed_customers(), SHOP_WITH_PLAN).of(int(nowhere[0]))
    assert (told.reasons, told.unlike) == ((), False)


def test_pieces_are_scored_as_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    model, _ = fitted("gmm")
    whole = explain(model, mixed_customers(), SHOP_WITH_PLAN).contributions
    monkeypatch.setattr("segmentation.explaining.explanation.SCORED_AT_ONCE", 50)
    np.testing.assert_allclose(explain(model, mixed_customers(), SHOP_WITH_PLAN).contributions, whole, rtol=1e-9, atol=1e-9)


def test_reasons_are_the_largest_known_contributions_with_plain_means() -> None:
    model, placed = fitted("kmeans")
    customers = mixed_customers()
    table = measures(customers).table
    found = explain(model, customers, SHOP_WITH_PLAN)
    names = [spec.measure for spec in model.recipe.features]
    for row in range(0, 400, 11):
        own, other = table[placed.label == placed.label[row]], table[placed.label == placed.runner_up[row]]
        reasons = found.of(row).reasons
        sizes = dict(zip(names, found.contributions[row], strict=True))
        positive = sorted((size for size in sizes.values() if size > 0), reverse=True)
        enough = [size for size in positive if size >= LEAST_SHARE * sum(positive)][:MOST_REASONS]
        assert [reason.contribution for reason in reasons] == pytest.approx(enough)
        for reason in reasons:
            assert reason.contribution == pytest.approx(sizes[reason.measure])
            assert reason.value == table[reason.measure].iloc[row]
            for mean, members in ((reason.own, own[reason.measure]), (reason.runner_up, other[reason.measure])):
                usual = (members == reason.value).mean() if reason.measure == "plan" else members.mean()
                assert mean == pytest.approx(usual)
    assert {reason.measure for row in range(400) for reason in found.of(row).reasons} == set(FEATURES)


def words(measure: Measure, *, yes_no: bool = False, levels: tuple[str, ...] = (), usual: list[list[float]]) -> FeatureWords:
    return FeatureWords(measure, yes_no, levels, np.array(usual))


SPEND = Measure("spend", "Spend", "Spend", "money", True)
TENURE = Measure("tenure", "Customer for", "Tenure", "months", True)
PARTNER = Measure("partner", "Partner at home", "Partner", "share", True)
PLAN = Measure("plan", "Plan", "Plan", "share", True)


@pytest.mark.parametrize(
    ("feature", "value", "text"),
    [
        (words(SPEND, usual=[[1280], [410]]), 1340.0, "Spend 1,340, like this segment's 1,280 rather than 410"),
        (words(SPEND, usual=[[1280], [410]]), 700.0, "Spend 700, which speaks for this segment (1,280 on average)"),
        (words(SPEND, usual=[[1280.2], [1279.9]]), 1280.2, "Spend 1,280, which speaks for this segment (1,280 on average)"),
        (words(SPEND, usual=[[np.nan], [410]]), 700.0, "Spend 700"),
        (words(TENURE, usual=[[20.0], [7.25]]), 18.4, "Customer for 18.4 months, like this segment's 20 months rather than 7.2 months"),
        (words(PARTNER, yes_no=True, usual=[[0.9], [0.2]]), 1.0, "Partner at home: yes, as for 90% of this segment rather than 20%"),
        (words(PARTNER, yes_no=True, usual=[[0.1], [0.8]]), 0.0, "Partner at home: no, as for 90% of this segment rather than 20%"),
        (words(PARTNER, yes_no=True, usual=[[0.3], [0.4]]), 1.0, "Partner at home: yes, as for 30% of this segment"),
        (words(PARTNER, usual=[[0.9], [0.2]]), 1.0, "Partner at home 100%, like this segment's 90% rather than 20%"),
        (
            words(PLAN, levels=("basic", "gold"), usual=[[0.4, 0.6], [0.9, 0.1]]),
            "gold",
            "Plan: gold, as for 60% of this segment rather than 10%",
        ),
    ],
)
def test_reasons_in_words(feature: FeatureWords, value: float | str, text: str) -> None:
    assert feature.reason(value, 0, 1, 1.0).text == text


def test_yes_or_no_and_words_are_told_as_shares() -> None:
    model, _ = fitted("kmeans")
    found = explain(model, mixed_customers(), SHOP_WITH_PLAN)
    told = {reason.measure: reason.text for row in range(400) for reason in found.of(row).reasons}
    assert told["partner"].startswith(("Partner at home: yes, as for", "Partner at home: no, as for"))
    assert told["plan"].startswith("Plan: ")
    assert told["share_web"].startswith("Web share of orders ")
    assert "%" in told["share_web"]


def test_oddities_in_words() -> None:
    assert words(SPEND, usual=[[1280], [410]]).oddity(99_000.0, 0, 9.0).text == "Spend 99,000, far from this segment's 1,280"
    assert words(PARTNER, yes_no=True, usual=[[0.004]]).oddity(1.0, 0, 9.0).text == "Partner at home: yes, as for 0.4% of this segment"


def test_nobody_without_a_segment_has_reasons() -> None:
    model, _ = fitted("kmeans")
    features = model.features(mixed_customers(), SHOP_WITH_PLAN)[:2]
    nowhere = Assignments(np.array([-1, 0], np.int16), np.array([0, 1], np.float32), np.array([1, -1], np.int16))
    assert (contributions(model.clusterer, model.recipe, features, nowhere) == 0).all()


def test_what_is_unknown_is_told_and_is_no_reason() -> None:
    model, _ = fitted("kmeans")
    customers = mixed_customers().iloc[:40].reset_index(drop=True)
    customers["income"] = np.nan
    customers["plan"] = "platinum"  # no level that the model knows
    customers["spend_wines"], customers["spend_fruits"] = np.nan, np.nan
    found = explain(model, customers, SHOP_WITH_PLAN)
    for row in range(40):
        told = found.of(row)
        assert told.missing == ("Spend", "Income", "Plan")
        assert told.missing_text == "3 of 6 features unknown, filled with the median: Spend, Income and Plan"
        assert not {"spend", "income", "plan"} & {reason.measure for reason in told.reasons}
    assert (found.contributions[:, 0] != 0).any()
    assert explain(model, mixed_customers(), SHOP_WITH_PLAN).of(0).missing_text == ""


def test_a_missing_column_is_refused() -> None:
    model, _ = fitted("kmeans")
    schema = Schema(tuple(column for column in SHOP_WITH_PLAN if column.role is not Role.INCOME))
    with pytest.raises(SegmentationError, match="Income"):
        explain(model, mixed_customers().drop(columns="income"), schema)


# Like nobody in training


def cloud(rows: int, seed: int, spread: float = 1.0) -> pd.DataFrame:
    """Customers of three kinds by three measures whose logs are normal."""
    draw = np.random.default_rng(seed)
    kind = draw.choice(3, rows, p=[0.7, 0.25, 0.05])
    table = shop_customers(rows, 0)[0]
    table["income"] = np.exp(10 + 0.8 * kind + spread * 0.1 * draw.standard_normal(rows))
    table["spend_wines"] = np.exp(5 + 1.2 * kind + spread * 0.2 * draw.standard_normal(rows))
    table["spend_fruits"] = 0.0
    table["birth_year"] = 1970.0 + 4 * kind + spread * 3 * draw.standard_normal(rows)
    return table


def model_of(customers: pd.DataFrame) -> tuple[SegmentModel, Assignments]:
    measured, recipe = measured_with_recipe(customers, SHOP, AS_OF, ["income", "spend", "age"])
    builder = FeatureBuilder(recipe).fit(measured.table)
    features = builder.transform(measured.table)
    clusterer = ALGORITHMS["kmeans"].fit(features, [3], seed=0)[3]
    placed = clusterer.assign(features)
    return SegmentModel(recipe, builder, clusterer, learn_reach(recipe, builder, measured, placed.label, 3)), placed


@pytest.fixture(scope="module")
def shop_model() -> tuple[SegmentModel, Assignments]:
    return model_of(cloud(4_000, seed=1))


def test_limits_are_quantiles_of_how_far_out_customers_are(shop_model: tuple[SegmentModel, Assignments]) -> None:
    model, placed = shop_model
    reach, label = model.reach, placed.label
    assert reach is not None
    table = model.measure(cloud(4_000, seed=1), SHOP)
    free = model.builder.transform(table, bounded=False)
    middles = np.array([free[label == cluster].mean(axis=0) for cluster in range(3)])
    apart = np.abs(free - middles[label])
    spread = np.sqrt((apart**2).mean(axis=0))
    farthest = (apart / spread).max(axis=1)
    relative = farthest / np.array([np.sqrt((farthest[label == cluster] ** 2).mean()) for cluster in range(3)])[label]
    for cluster in range(3):
        own = farthest[label == cluster]
        limit = np.quantile(own, QUANTILE)
        if len(own) < ENOUGH:
            limit = max(limit, np.quantile(relative, QUANTILE) * np.sqrt((own**2).mean()))
        assert reach.limits[cluster] == pytest.approx(limit)
    assert {bool(size < ENOUGH) for size in np.bincount(label)} == {True, False}
    np.testing.assert_allclose(reach.middles[:3], middles)
    np.testing.assert_allclose(reach.middles[3], free.mean(axis=0))
    for place, measure in enumerate(["income", "spend", "age"]):
        np.testing.assert_allclose(reach.usual[:3, place], table[measure].groupby(label).mean())


def test_customers_like_those_in_training_are_rarely_taken_for_nobody(shop_model: tuple[SegmentModel, Assignments]) -> None:
    model, _ = shop_model
    found = explain(model, cloud(20_000, seed=2), SHOP)
    assert found.unlike is not None
    assert 0 < found.unlike.mean() < 0.004  # one in a thousand, and what its estimate from 4,000 errs
    label = found.assignments.label
    smallest = int(np.argmin(np.bincount(label)))
    assert found.unlike[label == smallest].mean() < 0.01


@pytest.mark.parametrize(
    ("measure", "change"), [("income", {"income": 666_666_666.0}), ("age", {"birth_year": 1910.0}), ("spend", {"spend_wines": 9e6})]
)
def test_who_is_like_nobody_is_named_with_the_feature(
    shop_model: tuple[SegmentModel, Assignments], measure: str, change: dict[str, float]
) -> None:
    model, _ = shop_model
    found = explain(model, cloud(50, seed=3).assign(**change), SHOP)
    assert found.unlike is not None
    assert found.unlike.all()
    for row in range(50):
        first = found.of(row).oddities[0]
        assert first.measure == measure
        assert "far from this segment's" in first.text
        assert found.of(row).unlike is True
    assert not any(explain(model, cloud(50, seed=3), SHOP).of(row).oddities for row in range(50))


def test_an_unknown_value_is_never_far_out(shop_model: tuple[SegmentModel, Assignments]) -> None:
    model, _ = shop_model
    found = explain(model, cloud(50, seed=3).assign(income=np.nan, spend_wines=np.nan, spend_fruits=np.nan, birth_year=np.nan), SHOP)
    assert found.unlike is not None
    assert not found.unlike.any()
    assert found.of(0).missing_text.startswith("3 of 3 features unknown")
    assert model.reach is not None
    nobody_fits = replace(model, reach=replace(model.reach, limits=np.zeros(4)))
    assert not explain(nobody_fits, cloud(9, seed=3).assign(income=np.nan), SHOP).beyond[:, 0].any()  # type: ignore[index]
    assert explain(nobody_fits, cloud(9, seed=3), SHOP).beyond[:, 0].all()  # type: ignore[index]


def test_the_last_row_speaks_of_those_in_no_segment() -> None:
    model, _ = fitted("kmeans")
    measured = measures(mixed_customers())
    label = np.where(np.arange(400) % 5 == 0, -1, np.arange(400) % 3).astype(np.int16)
    reach = learn_reach(model.recipe, model.builder, measured, label, 3)
    free = model.builder.transform(measured.table, bounded=False)
    np.testing.assert_allclose(reach.middles[-1], free[label < 0].mean(axis=0))
    np.testing.assert_allclose(reach.usual[-1, 0], measured.table["spend"][label < 0].mean())


def test_where_a_feature_alone_decides_its_spread_is_not_nothing() -> None:
    model, _ = fitted("kmeans")
    measured = measures(mixed_customers())
    label = measured.table["partner"].to_numpy().astype(np.int16)
    reach = learn_reach(model.recipe, model.builder, measured, label, 2)
    free = model.builder.transform(measured.table, bounded=False)
    place = FEATURES.index("partner")
    start, _ = model.recipe.blocks()[place]
    assert reach.spreads[place] == pytest.approx(SMALLEST_SPREAD * free[:, start].std())
    assert reach.distances(model.recipe, free, 1 - label)[:, place].max() < 100


# What is stored


def test_explanations_survive_storing_bit_for_bit() -> None:
    for algorithm in EVERY:
        model, _ = fitted(algorithm)
        back = unpack_model(pack_model(model))
        before, after = (explain(each, mixed_customers(), SHOP_WITH_PLAN) for each in (model, back))
        assert before.contributions.tobytes() == after.contributions.tobytes()
        assert [before.of(row) for row in range(400)] == [after.of(row) for row in range(400)]
        assert pack_model(back) == pack_model(model)


def test_models_stored_before_have_neither_reasons_nor_reach() -> None:
    model, placed = fitted("kmeans")
    early = unpack_model(pack_model(replace(model, reach=None)))
    assert early.reach is None
    found = explain(early, mixed_customers(), SHOP_WITH_PLAN)
    assert found.assignments.label.tobytes() == placed.label.tobytes()
    told = found.of(0)
    assert (told.reasons, told.unlike, told.oddities) == ((), None, ())
    assert found.unlike is None


def test_what_is_stored_does_not_grow_with_customers() -> None:
    small, large = (fitted("kmeans", customers=customers)[0].reach for customers in (400, 800))
    assert small is not None
    assert large is not None
    assert [array.shape for array in small.state().values()] == [array.shape for array in large.state().values()]


def test_a_segmentation_knows_its_reach() -> None:
    customers, _ = shop_customers(300)
    result = segment_customers(customers, SHOP, as_of=AS_OF, k=3, features=["spend", "income"])
    assert result.model.reach is not None
    found = explain(result.model, customers, SHOP)
    assert found.assignments.label.tobytes() == result.assignments.label.tobytes()
    means = {d.measure: d.mean for d in result.profiles.segments[int(found.assignments.label[0])].differences}
    for reason in found.of(0).reasons:
        assert reason.own == pytest.approx(means[reason.measure])
