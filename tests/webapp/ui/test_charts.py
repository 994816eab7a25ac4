"""Chart cards carry the finding, words for screen readers, the figures as a table, and downloads."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
from dash import dcc, html

from segmentation.plots import Chart
from tests.webapp.pages.segment_shop import ids, walk, words
from webapp.ui.charts import chart_card, frame_table

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
    assert {"View as table", "Download CSV", "Download PNG", "Download SVG"} <= {part for part in walk(shown) if isinstance(part, str)}


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
