"""RFM: cut points, scores, the grid and the named groups, each against counting by hand or with pandas."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from segmentation.errors import MissingRole, SegmentationError
from segmentation.exploring.rfm import (
    NAMES,
    RfmCuts,
    RfmValues,
    default_cuts,
    group_scores,
    read_cuts,
    rfm_columns,
    rfm_values,
    score_rfm,
)
from segmentation.exploring.rfm_summary import (
    WITH_RECENCY,
    WITHOUT_RECENCY,
    buying_score,
    grid_measures,
    group_rule,
    named_groups,
    summarise_rfm,
)
from segmentation.measures import measure_customers
from segmentation.roles import Role, Schema
from tests.segmentation.exploring.test_exploration import TODAY
from tests.segmentation.shop import SHOP, shop_customers

CUTS = RfmCuts(recency=(10, 30, 60, 90), frequency=(1, 2, 5, 10), monetary=(20, 50, 100.5, 400))


def some_values(n: int = 4_000, seed: int = 0) -> RfmValues:
    """Skewed values with ties, and some that are not known."""
    rng = np.random.default_rng(seed)
    recency = rng.integers(0, 365, n).astype(float)
    frequency = rng.poisson(rng.gamma(2, 4, n)).astype(float)
    monetary = np.round(frequency * rng.gamma(3, 12, n), 2)
    recency[:40], monetary[20:70] = np.nan, np.nan
    return RfmValues(recency, frequency, monetary)


def by_hand(value: float, cuts: tuple[float, ...], *, descending: bool) -> int:
    """Four cut points make five scores; a value on a cut point is below it."""
    above = sum(value > cut for cut in cuts)
    return 5 - above if descending else 1 + above


def test_values_are_those_of_the_measures() -> None:
    customers, _ = shop_customers(300)
    customers.loc[:4, ["spend_wines", "spend_fruits"]] = np.nan
    customers.loc[5:9, "spend_wines"] = np.nan
    table, values = measure_customers(customers, SHOP, TODAY).table, rfm_values(customers, SHOP)
    for name, measure in (("recency", "recency_days"), ("frequency", "orders"), ("monetary", "spend")):
        np.testing.assert_array_equal(values.of(name), table[measure])  # type: ignore[arg-type]
    assert values.there == NAMES
    assert values.whole == ("recency", "frequency")


def test_a_deal_is_no_order_and_what_is_missing_is_none() -> None:
    assert [column.name for column in rfm_columns(SHOP)["frequency"]] == ["purchases_web", "purchases_store"]
    without = Schema(tuple(column for column in SHOP if column.role is not Role.RECENCY_DAYS))
    values = rfm_values(shop_customers(20)[0], without)
    assert values.recency is None
    assert values.there == ("frequency", "monetary")


def test_usual_cut_points_are_fifths_with_few_digits() -> None:
    values = some_values()
    cuts = default_cuts(values)
    for name in ("recency", "monetary"):
        known = values.of(name)[np.isfinite(values.of(name))]  # type: ignore[index, arg-type]
        shares = np.histogram(known, [-np.inf, *np.nextafter(cuts.of(name), np.inf), np.inf])[0] / len(known)  # type: ignore[arg-type]
        assert shares == pytest.approx(0.2, abs=0.025)
        exact = np.quantile(known, (0.2, 0.4, 0.6, 0.8), method="inverted_cdf")
        assert np.abs(cuts.of(name) - exact).max() < 0.05 * exact.max()  # type: ignore[arg-type]
        assert all(len(f"{cut:g}".replace(".", "").strip("0")) <= 3 for cut in cuts.of(name))  # type: ignore[arg-type]


def test_repeated_values_make_fewer_groups_and_one_value_none() -> None:
    once = np.array([1.0] * 65 + [2.0] * 20 + [7.0] * 15)
    cuts = default_cuts(RfmValues(None, once, np.full(100, 3.0)))
    assert cuts == RfmCuts((), (1.0, 2.0), ())
    scores = score_rfm(RfmValues(None, once, np.full(100, 3.0)), cuts)
    assert [int(score) for score in np.unique(scores.frequency)] == [1, 3, 5]  # type: ignore[arg-type]
    assert set(scores.monetary) == {3}  # type: ignore[arg-type]
    assert default_cuts(RfmValues(np.full(5, np.nan), None, None)) == RfmCuts()


def test_a_cut_point_is_not_rounded_away_from_where_many_customers_are() -> None:
    spend = np.sort(np.concatenate([np.linspace(100, 200, 600), np.full(400, 141.0)]))
    cuts = default_cuts(RfmValues(None, None, spend)).monetary
    assert 141 in cuts
    assert (np.searchsorted(spend, cuts, side="right") / 1_000 >= 0.19).all()


def test_scores_follow_the_cut_points() -> None:
    values = some_values()
    scores = score_rfm(values, CUTS)
    for name in NAMES:
        expected = [0 if np.isnan(value) else by_hand(value, CUTS.of(name), descending=name == "recency") for value in values.of(name)]  # type: ignore[union-attr]
        np.testing.assert_array_equal(scores.of(name), expected)  # type: ignore[arg-type]
    assert scores.unscored == 70
    assert scores.complete().sum() == 4_000 - 70


def test_a_value_on_a_cut_point_is_below_it_and_five_is_best() -> None:
    values = RfmValues(np.array([10.0, 10.5, 0.0, 400.0]), np.array([1.0, 2.0, 11.0, 0.0]), None)
    scores = score_rfm(values, CUTS)
    assert list(scores.recency) == [5, 4, 5, 1]  # type: ignore[arg-type]
    assert list(scores.frequency) == [1, 2, 5, 1]  # type: ignore[arg-type]


def test_fewer_groups_are_spread_from_one_to_five() -> None:
    assert [group_scores(groups) for groups in range(1, 6)] == [(3,), (1, 5), (1, 3, 5), (1, 2, 4, 5), (1, 2, 3, 4, 5)]


@pytest.mark.parametrize(
    ("cuts", "words"),
    [
        ((10, 5), "must rise, but 10 is followed by 5"),
        ((10, 10), "must rise, but 10 is followed by 10"),
        ((1, 2, 3, 4, 5), "leave out 1 of the 5"),
        ((1, float("nan")), "is a number"),
        ((1, float("inf")), "is a number"),
    ],
)
def test_cut_points_that_cannot_be_are_refused_in_words(cuts: tuple[float, ...], words: str) -> None:
    with pytest.raises(SegmentationError, match=words) as refusal:
        RfmCuts(frequency=cuts)
    assert refusal.value.details == {"field": "frequency"}


def test_typed_cut_points_are_read_or_refused() -> None:
    assert read_cuts("monetary", ["10", " 49.5 ", "", "1e3"]) == (10.0, 49.5, 1000.0)
    assert read_cuts("recency", ["", " "]) == ()
    for typed in ("ten", "nan", "1,5"):
        with pytest.raises(SegmentationError, match="is no number"):
            read_cuts("recency", [typed])
    with pytest.raises(SegmentationError, match="must rise"):
        read_cuts("recency", ["30", "", "20"])


@pytest.mark.parametrize("groups", [WITH_RECENCY, WITHOUT_RECENCY])
def test_every_combination_of_scores_is_in_exactly_one_group(groups: tuple) -> None:
    for first, second in itertools.product(range(1, 6), repeat=2):
        holding = [g for g in groups if g.first[0] <= first <= g.first[1] and g.second[0] <= second <= g.second[1]]
        assert len(holding) == 1, (first, second)
    assert len({group.name for group in groups}) == len(groups)


def test_rules_say_what_decides() -> None:
    assert group_rule(WITH_RECENCY[0], NAMES) == "Recency 4 to 5, buying 4 to 5"
    assert group_rule(WITH_RECENCY[1], ("recency", "monetary")) == "Recency 3, buying 4 to 5"
    assert group_rule(WITHOUT_RECENCY[1], ("frequency", "monetary")) == "Orders 4 to 5, spend 1 to 3"


def test_the_buying_score_is_the_mean_with_halves_up() -> None:
    frequency, monetary = np.array([1.0, 2.0, 11.0, 3.0, np.nan]), np.array([500.0, 60.0, 500.0, 10.0, 10.0])
    scores = score_rfm(RfmValues(None, frequency, monetary), CUTS)  # frequency 1, 2, 5, 3; money 5, 3, 5, 1
    assert list(buying_score(scores)) == [3, 3, 5, 2, 0]
    assert list(buying_score(score_rfm(RfmValues(frequency, None, monetary), CUTS))) == [5, 3, 5, 1, 1]


def test_the_grid_counts_as_pandas_does() -> None:
    values, rng = some_values(), np.random.default_rng(1)
    scores = score_rfm(values, CUTS)
    outcome = (rng.random(4_000) < 0.1 + 0.05 * scores.recency).astype(float)  # type: ignore[operator]
    outcome[::50] = np.nan
    summary = summarise_rfm(values, scores, outcome)
    frame = pd.DataFrame({"r": scores.recency, "f": scores.frequency, "money": values.monetary, "y": outcome})[scores.complete()]
    assert (summary.rows, summary.columns, summary.customers, summary.unscored) == ("recency", "frequency", 4_000, 70)
    assert len(summary.cells) == 25
    for cell in summary.cells:
        own = frame[(frame["r"] == cell.row) & (frame["f"] == cell.column)]
        tally, known = cell.tally, own["y"].dropna()
        assert tally.customers == len(own)
        assert tally.share == pytest.approx(len(own) / len(frame))
        assert tally.spend == pytest.approx(own["money"].sum())
        assert tally.spend_share == pytest.approx(own["money"].sum() / frame["money"].sum())
        assert tally.spend_mean == pytest.approx(own["money"].mean()) if len(own) else tally.spend_mean is None
        assert (tally.known, tally.hits) == (len(known), known.sum())
        if len(known):
            interval = stats.binomtest(int(known.sum()), len(known)).proportion_ci(method="wilson")
            assert (tally.rate, tally.low, tally.high) == pytest.approx((known.mean(), interval.low, interval.high))
        else:
            assert tally.rate is tally.low is None
    assert summary.everyone.customers == len(frame)
    assert summary.everyone.spend == pytest.approx(frame["money"].sum())


def test_groups_hold_everybody_once_by_their_rules() -> None:
    values = some_values()
    scores = score_rfm(values, CUTS)
    summary = summarise_rfm(values, scores)
    recency, buying, complete = scores.recency, buying_score(scores), scores.complete()
    assert sum(tally.customers for _, tally in summary.groups) == complete.sum()
    for group, tally in summary.groups:
        inside = (recency >= group.first[0]) & (recency <= group.first[1]) & (buying >= group.second[0]) & (buying <= group.second[1])  # type: ignore[operator]
        assert tally.customers == (inside & complete).sum()
        assert tally.rate is None


def test_without_recency_the_grid_is_orders_by_spend() -> None:
    values = some_values()
    scores = score_rfm(RfmValues(None, values.frequency, values.monetary), CUTS)
    summary = summarise_rfm(RfmValues(None, values.frequency, values.monetary), scores)
    assert (summary.rows, summary.columns) == ("frequency", "monetary")
    assert [group.name for group, _ in summary.groups] == [group.name for group in named_groups(("frequency", "monetary"))]
    best = summary.groups[0][1].customers
    assert best == ((scores.frequency >= 4) & (scores.monetary >= 4)).sum()  # type: ignore[operator]


def test_without_spend_money_is_not_told() -> None:
    values = some_values()
    only = RfmValues(values.recency, values.frequency, None)
    summary = summarise_rfm(only, score_rfm(only, default_cuts(only)))
    assert summary.everyone.spend is summary.everyone.spend_share is summary.everyone.spend_mean is None


def test_more_refunds_than_spend_have_no_shares() -> None:
    values = RfmValues(np.arange(6.0), None, np.array([-9.0, 1, 1, 1, 1, 1]))
    summary = summarise_rfm(values, score_rfm(values, default_cuts(values)))
    assert summary.everyone.spend == -4
    assert summary.everyone.spend_share is None


def test_fewer_than_two_measures_are_refused_with_what_is_missing() -> None:
    with pytest.raises(MissingRole, match=r"This data has spend only.*days since last purchase \(role Recency days\) or orders"):
        grid_measures(("monetary",))
    with pytest.raises(MissingRole, match="has none of them"):
        grid_measures(())
    assert grid_measures(("recency", "monetary")) == ("recency", "monetary")


def test_nobody_is_no_trouble() -> None:
    empty = RfmValues(np.zeros(0), np.zeros(0), np.zeros(0))
    summary = summarise_rfm(empty, score_rfm(empty, default_cuts(empty)), np.zeros(0))
    assert summary.everyone.customers == summary.unscored == 0
    assert summary.everyone.share == 0
