"""Figures of explorations and of RFM: every title is true by the numbers, and every figure says the same in words and as a table."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from plotly.colors import sample_colorscale, unlabel_rgb

from segmentation.describing.intervals import wilson
from segmentation.describing.profile_types import Measure
from segmentation.exploring.exploration import Association, Exploration, ExploredOutcome, GroupRate, explore
from segmentation.exploring.rfm import RfmCuts, RfmValues, score_rfm
from segmentation.exploring.rfm_summary import RfmSummary, summarise_rfm
from segmentation.palette import DARK, LIGHT, Theme
from segmentation.plots.bins import bin_words, edge_ticks
from segmentation.plots.cells import cell_ink, diverging_colour
from segmentation.plots.chart import Chart, contrast
from segmentation.plots.correlation import correlation_map, correlation_title
from segmentation.plots.exploration import category_bars, histograms, histograms_title
from segmentation.plots.outcome_rates import group_words, outcome_rates, outcome_title
from segmentation.plots.rfm import rfm_grid, rfm_title, score_words
from segmentation.roles import Kind, Role, Schema
from tests.segmentation.exploring.test_exploration import TODAY, with_columns
from tests.segmentation.shop import SHOP, column, shop_customers

WIDE = {"theme": LIGHT, "narrow": False}
PHONE = {"theme": DARK, "narrow": True}


@pytest.fixture(scope="module")
def explored() -> Exploration:
    customers, _ = shop_customers(600)
    customers.loc[:59, "income"] = np.nan
    customers["tail"] = np.random.default_rng(1).lognormal(3, 1.5, 600)
    columns = tuple(replace(each, sensitive=each.name in ("marital_status", "complained")) for each in SHOP)
    return explore(customers, Schema((*columns, column("tail", Role.NUMBER, Kind.DECIMAL, "Long tail"))), as_of=TODAY)


@pytest.fixture(scope="module")
def outcome(explored: Exploration) -> ExploredOutcome:
    return explored.outcomes[0]


@pytest.fixture(scope="module")
def summary() -> RfmSummary:
    """Customers whose spend grows with their orders, and who respond the more the later they bought."""
    rng = np.random.default_rng(2)
    recency, frequency = rng.integers(0, 100, 3_000).astype(float), rng.integers(1, 31, 3_000).astype(float)
    values = RfmValues(recency, frequency, frequency * 10.0)
    cuts = RfmCuts((19, 39, 59, 79), (6, 12, 18, 24), (60, 120, 180, 240))
    return summarise_rfm(values, score_rfm(values, cuts), (rng.random(3_000) < 0.4 - 0.003 * recency).astype(float))


def association(outcome: ExploredOutcome, measure: str) -> Association:
    return next(each for each in outcome.associations if each.measure == measure)


def every_chart(explored: Exploration, outcome: ExploredOutcome, summary: RfmSummary, **look: object) -> list[Chart]:
    drawn = [
        histograms(explored, **look),  # type: ignore[arg-type]
        histograms(explored, details=True, **look),  # type: ignore[arg-type]
        category_bars(explored, **look),  # type: ignore[arg-type]
        correlation_map(explored, **look),  # type: ignore[arg-type]
        *(outcome_rates(explored, outcome, each, **look) for each in outcome.associations),  # type: ignore[arg-type]
        *(rfm_grid(summary, shown=shown, outcome="Responds", **look) for shown in ("customers", "spend", "outcome")),  # type: ignore[arg-type]
    ]
    assert None not in drawn
    return drawn  # type: ignore[return-value]


@pytest.mark.parametrize("look", [WIDE, PHONE])
def test_every_chart_is_complete(explored: Exploration, outcome: ExploredOutcome, summary: RfmSummary, look: dict) -> None:
    for chart in every_chart(explored, outcome, summary, **look):
        for words in (chart.title, chart.subtitle, chart.explanation, chart.summary):
            assert words
            assert "nan" not in words.lower().split()
            assert "None" not in words
        assert not chart.title.endswith(".")
        assert len(chart.table)
        assert chart.figure.layout.height > 60
        assert not any(trace.type.endswith("gl") for trace in chart.figure.data)
        json.dumps(json.loads(chart.figure.to_json()), allow_nan=False)


def test_the_histograms_title_names_those_with_a_long_tail(explored: Exploration) -> None:
    skewed = {spread.measure for spread in explored.spreads if (spread.skewness or 0) > 1 and not spread.names} - set(explored.details)
    assert skewed == {"tail"}
    assert histograms_title(explored) == "A few customers lie far above the rest in long tail"
    even = explore(*with_columns(200, a=np.arange(200.0)), as_of=TODAY)
    assert histograms_title(even) == "No measure has a long tail"
    turned = explore(*with_columns(200, low=-(np.arange(200.0) ** 6)), as_of=TODAY)
    assert histograms_title(turned) == "A few customers lie far below the rest in low"


def test_histograms_show_each_measure_once_and_say_what_is_unknown(explored: Exploration) -> None:
    own, parts = histograms(explored, **WIDE), histograms(explored, details=True, **WIDE)
    assert own is not None
    assert parts is not None
    assert len(own.table) + len(parts.table) == len(explored.measures)
    bars = [trace for trace in own.figure.data if trace.type == "bar"]
    assert len(bars) == len(own.table)
    heads = [note.text for note in own.figure.layout.annotations]
    (income,) = (head for head in heads if head.startswith("Income<br>"))
    assert "10% unknown" in income
    assert own.table.set_index("Measure").loc["Income", "Unknown, share"] == pytest.approx(0.1)


def test_sensitive_columns_are_said_to_be(explored: Exploration) -> None:
    chart = category_bars(explored, **WIDE)
    assert chart is not None
    assert [note.text for note in chart.figure.layout.annotations] == ["Marital status (sensitive)"]
    own = histograms(explored, **WIDE)
    assert own is not None
    assert [note.text.split("<br>")[0] for note in own.figure.layout.annotations if "(sensitive)" in note.text] == [
        "Complained (sensitive)"
    ]


def test_a_phone_gets_fewer_columns_and_fewer_measures() -> None:
    rng = np.random.default_rng(1)
    base = rng.normal(size=300)
    customers, schema = with_columns(300, **{f"measure_number_{i}": base + rng.normal(0, 0.2 + i / 5, 300) for i in range(18)})
    found = explore(customers, schema, as_of=TODAY)
    wide, phone = correlation_map(found, **WIDE), correlation_map(found, **PHONE)
    assert wide is not None
    assert phone is not None
    assert (len(wide.figure.data[0].y), len(phone.figure.data[0].y)) == (14, 7)
    assert all(len(name) <= 11 for name in phone.figure.layout.yaxis.ticktext)
    assert len(wide.table) == len(phone.table) == 18 * 17 / 2
    assert "14 measures are drawn, the table has all" in wide.explanation


def test_the_correlation_map_is_one_triangle_of_the_matrix(explored: Exploration) -> None:
    chart = correlation_map(explored, **WIDE)
    assert chart is not None
    heat, names = chart.figure.data[0], chart.figure.layout.yaxis.ticktext
    labels = {measure.label: place for place, measure in enumerate(explored.measures)}
    columns = [note.text for note in chart.figure.layout.annotations]
    for y, row in enumerate(heat.z):
        for x, value in enumerate(row):
            if x >= y:
                assert value is None
            else:
                assert value == explored.correlations[labels[names[y - 1]]][labels[columns[x]]]
    assert (heat.zmin, heat.zmax) == (-1, 1)


def test_the_correlation_title_is_true(explored: Exploration) -> None:
    own = [place for place, measure in enumerate(explored.measures) if measure.name not in explored.details]
    pairs = {
        (explored.correlations[a][b] or 0.0, explored.measures[a].label.lower(), explored.measures[b].label.lower())
        for a in own
        for b in own
        if a < b
    }
    title = correlation_title(explored)
    for sign, (rho, first, second) in (("+", max(pairs)), ("−", min(pairs))):
        assert first in title.lower()
        assert second in title.lower()
        assert f"({sign}{abs(rho):.2f})" in title
    rng = np.random.default_rng(1)
    loose = explore(*with_columns(500, a=rng.normal(size=500), b=rng.normal(size=500)), as_of=TODAY)
    assert correlation_title(loose) == "No two measures clearly rise or fall together"


def test_nothing_is_drawn_of_nothing() -> None:
    nothing = explore(*with_columns(3, a=[1.0, 2.0, 3.0]), as_of=TODAY)
    assert correlation_map(nothing, **WIDE) is None
    assert category_bars(nothing, **WIDE) is None
    assert histograms(nothing, details=True, **WIDE) is None


def test_an_outcomes_title_claims_what_intervals_bear_out(explored: Exploration, outcome: ExploredOutcome) -> None:
    for each in outcome.associations:
        title = outcome_title(outcome, each, explored.named(each.measure))
        outside = [group for group in each.groups if group.low > outcome.rate or group.high < outcome.rate]
        if not each.clear or not outside:
            assert "no clear link" in title
            continue
        told = title.split(": ")[1].split(", ")
        for part, group in zip(told, sorted(outside, key=lambda group: -group.rate)[:: max(len(outside) - 1, 1)], strict=False):
            assert part.startswith(f"{group.rate * 100:.0f}%")
    assert "no clear link" not in outcome_title(outcome, association(outcome, "spend"), explored.named("spend"))
    assert "no clear link with age" in outcome_title(outcome, association(outcome, "age"), explored.named("age"))


def test_a_title_never_names_a_group_whose_interval_holds_the_rate_of_all(explored: Exploration, outcome: ExploredOutcome) -> None:
    """Two of five customers are more than 300 of 1,000, and tell less."""
    sizes, hits = (5, 1_000, 1_000), (2, 300, 100)
    groups = tuple(GroupRate(word, None, None, n, k, k / n, *wilson(k, n)) for word, n, k in zip("abc", sizes, hits, strict=True))
    found = replace(association(outcome, "marital_status"), groups=groups, clear=True)
    named = replace(outcome, label="Buys", rate=402 / 2_005)
    assert outcome_title(named, found, explored.named("marital_status")) == "Buys: 30% where marital status is b, 10% where it is c"


def test_outcome_charts_show_every_group_with_its_interval(explored: Exploration, outcome: ExploredOutcome) -> None:
    found = association(outcome, "spend")
    chart = outcome_rates(explored, outcome, found, **WIDE)
    lines = [trace for trace in chart.figure.data if trace.mode == "lines"]
    assert [tuple(line.x) for line in lines] == [(group.low, group.high) for group in found.groups]
    colours = [trace.marker.color for trace in chart.figure.data if trace.mode == "markers"]
    for colour, group in zip(colours, found.groups, strict=True):
        above, below = group.low > outcome.rate, group.high < outcome.rate
        assert colour == (LIGHT.diverging[-1][1] if above else LIGHT.diverging[0][1] if below else LIGHT.rest)
    assert list(chart.table["Customers"]) == [group.customers for group in found.groups]
    assert "does not say what causes it" in chart.explanation


def test_groups_are_called_by_what_they_hold(explored: Exploration, outcome: ExploredOutcome) -> None:
    orders = association(outcome, "orders")
    words = group_words(orders, explored.named("orders"))
    assert words[0] == f"up to {orders.groups[0].end:.0f}"
    assert words[1] == f"{orders.groups[1].start:.0f} to {orders.groups[1].end:.0f}"
    assert words[-1] == f"{orders.groups[-1].start:.0f} or more"
    assert group_words(association(outcome, "kids"), explored.named("kids"))[0] == "0"
    assert group_words(association(outcome, "education"), explored.named("education")) == ["Basic", "Master", "PhD"]
    money = group_words(association(outcome, "income"), explored.named("income"), "€")
    assert money[0].startswith("up to €")


def test_bins_are_said_as_they_count() -> None:
    count, share = Measure("a", "A", "A", "count", False), Measure("b", "B", "B", "share", False)
    assert bin_words(count, (0, 1, 2, 3), True, None) == ["0", "1", "2 and more"]
    assert bin_words(share, (0, 0.1, 0.2), False, None) == ["0% to under 10%", "10% to under 20%"]
    assert edge_ticks(count, (0, 1, 2, 3), True, None) == {"tickvals": [0.5, 1.5, 2.5], "ticktext": ["0", "1", "2+"]}
    assert edge_ticks(count, (0, 1), False, None) == {"tickvals": [0.5], "ticktext": ["0"]}  # everybody has the same


def test_the_grids_titles_are_true(summary: RfmSummary) -> None:
    best = next(cell.tally for cell in summary.cells if (cell.row, cell.column) == (5, 5))
    assert rfm_title(summary) == (
        f"Those who bought most lately and most often are {best.share * 100:.0f}% of customers "
        f"and bring {(best.spend_share or 0) * 100:.0f}% of spend"
    )
    times = (best.spend_mean or 0) / (summary.everyone.spend_mean or 1)
    assert f"{times:.1f}× the mean of all" in rfm_title(summary, shown="spend")
    assert rfm_title(summary, shown="outcome", outcome="Responds").startswith(f"Responds: {(best.rate or 0) * 100:.0f}% of the best-scored")


def test_the_grids_title_claims_no_difference_that_chance_makes(summary: RfmSummary) -> None:
    rng = np.random.default_rng(1)
    values = RfmValues(rng.integers(0, 100, 400).astype(float), rng.integers(1, 31, 400).astype(float), None)
    even = summarise_rfm(values, score_rfm(values, summary.cuts), np.tile([1.0, 0.0, 0.0, 0.0], 100))
    assert "do not differ clearly" in rfm_title(even, shown="outcome", outcome="Responds")
    assert rfm_title(even, shown="spend") == rfm_title(even)  # nothing is known of spend


def test_the_grid_has_the_best_at_the_top_right(summary: RfmSummary) -> None:
    chart = rfm_grid(summary, shown="outcome", outcome="Responds", **WIDE)
    assert [text.split("</b>")[0] for text in chart.figure.layout.yaxis.ticktext] == [f"<b>{score}" for score in range(1, 6)]
    assert chart.figure.layout.yaxis.range[0] < chart.figure.layout.yaxis.range[1]
    by_place = {(cell.row, cell.column): cell.tally.rate for cell in summary.cells}
    shown = {(note.y + 1, note.x + 1): note.text for note in chart.figure.layout.annotations}
    assert shown == {place: f"{rate * 100:.0f}%" for place, rate in by_place.items() if rate is not None}
    assert (chart.table["Customers"].sum(), len(chart.table)) == (summary.everyone.customers, 25)


def test_scores_say_the_values_behind_them(summary: RfmSummary) -> None:
    assert score_words(summary, "recency") == {5: "up to 19", 4: "20 to 39", 3: "40 to 59", 2: "60 to 79", 1: "over 79"}
    assert score_words(summary, "frequency")[1] == "up to 6"
    assert score_words(summary, "monetary", "€")[4] == "€181 to €240"
    assert score_words(replace(summary, whole=(), cuts=RfmCuts(monetary=(49.5,))), "monetary") == {5: "over 50", 1: "up to 50"}
    assert score_words(replace(summary, cuts=RfmCuts()), "recency") == {3: "everybody"}


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_numbers_can_be_read_on_every_cell(theme: Theme) -> None:
    for at in np.linspace(-1, 1, 81):
        ground = diverging_colour(theme, float(at))
        (mixed,) = sample_colorscale([list(stop) for stop in theme.diverging], [(at + 1) / 2])
        assert [int(ground[i : i + 2], 16) for i in (1, 3, 5)] == pytest.approx(unlabel_rgb(mixed), abs=1)
        assert contrast(cell_ink(theme, float(at), faint=0.2), ground) >= 4.5


def test_a_sample_is_said(explored: Exploration) -> None:
    chart = histograms(replace(explored, customers=1_000_000, sample=50_000), **WIDE)
    assert chart is not None
    assert "A random 50,000 of 1,000,000 customers" in chart.subtitle
