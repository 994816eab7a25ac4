"""Chart cards carry the finding, words for screen readers, the figures as a table, and downloads."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import pytest
from dash import dcc, html

from segmentation.plots import Chart
from tests.webapp.pages.segment_shop import ids, walk, words
from webapp.services.errors import NotFound
from webapp.ui.charts import chart_card, chart_or_error, frame_table
from webapp.ui.fixed import Fixed

CHART = Chart(
    figure=go.Figure(layout={"height": 300}),
    title="Affluent buyers spend 2.2× the average",
    subtitle="Mean spend",
    explanation="Each bar is a segment.",
    summary="Affluent 1,340; the rest 378.",
    table=pd.DataFrame({"Segment": ["Affluent", "=cmd()"], "Spend": [1340.25, None], "Customers": [530, 7]}),
)


def test_a_card_says_everything_a_chart_needs() -> None:
    shown = chart_card("spend", CHART)
    assert next(part for part in walk(shown) if isinstance(part, html.H2)).children == CHART.title
    assert {CHART.subtitle, CHART.explanation, CHART.summary} <= {part for part in walk(shown) if isinstance(part, str)}
    offered = {"View as table", "Download CSV", "Download PNG", "Download SVG", "Copy link"}
    assert offered <= {part for part in walk(shown) if isinstance(part, str)}


def test_chart_and_table_take_the_same_fixed_height() -> None:
    shown = chart_card("spend", CHART)
    graph = next(part for part in walk(shown) if isinstance(part, dcc.Graph))
    figures = next(part for part in walk(shown) if getattr(part, "className", None) == "sc-chart-table")
    assert graph.style["height"] == figures.style["height"] == 300
    assert graph.config["displayModeBar"] is False


def test_ids_of_two_cards_differ() -> None:
    assert not set(ids(chart_card("a", CHART))) & set(ids(chart_card("b", CHART)))


def test_figures_keep_their_digits_for_the_download() -> None:
    cells = [part.to_plotly_json()["props"] for part in walk(frame_table(CHART.table, "Spend")) if isinstance(part, html.Td)]
    assert [cell.get("data-v") for cell in cells] == [None, "1340.25", "530", None, "", "7"]
    assert "1,340.2" in words(frame_table(CHART.table, "Spend"))


def test_the_table_of_a_chart_is_one_component_however_many_cells_it_has() -> None:
    figures = next(part for part in walk(chart_card("spend", CHART)) if getattr(part, "className", None) == "sc-chart-table")
    assert isinstance(figures.children, Fixed)


def test_the_same_figures_can_be_shown_another_way_in_the_same_card() -> None:
    shown = chart_card("spend", CHART, other=CHART)
    graphs = [part.id for part in walk(shown) if isinstance(part, dcc.Graph)]
    assert graphs == ["spend-graph", "spend-other-graph"]
    assert "Show as lines" in words(shown)
    assert "Show as lines" not in words(chart_card("spend", CHART))


def test_a_chart_that_fails_says_so_in_its_card_and_a_refusal_passes() -> None:
    def fails() -> Chart:
        raise ZeroDivisionError

    def refused() -> Chart:
        raise NotFound("There is no such page.")

    shown = words(chart_or_error("spend", fails))
    assert "could not be drawn" in shown
    assert "filters are kept" in shown
    assert "Try again" in shown
    with pytest.raises(NotFound):
        chart_or_error("spend", refused)


def test_where_there_is_nothing_to_draw_the_page_says_what_is_missing() -> None:
    assert words(chart_or_error("spend", lambda: None, empty=lambda: html.P("No spend"))) == "No spend"
    assert chart_or_error("spend", lambda: None) is None
