"""Chart cards: the finding as title, an explanation, a text summary, the figures as a table, and downloads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
import pandas as pd
from dash import dcc, html

from segmentation.plots import Chart
from webapp.ui.components import Child, Children, aria, data, hidden_text, icon, icon_button
from webapp.ui.format import number
from webapp.ui.theme import GRAPH_CONFIG

PLOT_HEIGHT = 360
"""Pixels a plot takes unless its chart says otherwise; fixed, so that nothing jumps."""


def chart_card(id: str, chart: Chart, *, height: int | None = None, subtitle: Children = None, foot: Children = None) -> html.Section:
    """A chart with its tools. `id` is unique on the page and names downloaded files, which the browser makes by itself."""
    size = height or int(chart.figure.layout.height or PLOT_HEIGHT)
    head = html.Div(
        [
            html.Div([html.H2(chart.title), html.P(subtitle if subtitle is not None else chart.subtitle)], className="t"),
            html.Div(_tools(id, chart), className="tools"),
        ],
        className="sc-card-head",
    )
    graph = dcc.Graph(
        id=f"{id}-graph", figure=chart.figure, config=GRAPH_CONFIG, responsive=True, style={"height": size}, className="sc-graph"
    )
    # The height stands on the frame too, for the graph has none before its script has come.
    frame = html.Div(graph, style={"height": size}, **aria(hidden="true"))
    plot = html.Div([hidden_text(chart.summary), frame], className="sc-chart-plot")
    figures = html.Div(
        frame_table(chart.table, chart.title),
        className="sc-chart-table",
        style={"height": size},
        tabIndex="0",
        role="region",
        **aria(label="Figures of this chart"),
    )
    parts: list[Child] = [head, html.Div([plot, figures], className="sc-card-body plot")]
    if foot is not None:
        parts.append(html.Div(foot, className="sc-card-foot"))
    return html.Section(parts, id=id, className="sc-card sc-chart", **data(file=id))


def _tools(id: str, chart: Chart) -> list[Child]:
    about = f"{id}-about"
    views = [html.Span("View as table", className="when-plot"), html.Span("View as chart", className="when-table")]
    downloads = (("filetype-csv", "csv", "Download CSV"), ("image", "png", "Download PNG"), ("bezier2", "svg", "Download SVG"))
    items = [
        dbc.DropdownMenuItem([icon("table"), *views], class_name="sc-do-table", n_clicks=0),
        dbc.DropdownMenuItem(divider=True),
        *[
            dbc.DropdownMenuItem([icon(symbol), html.Span(text)], class_name=f"sc-do-{what}", n_clicks=0)
            for symbol, what, text in downloads
        ],
    ]
    popover = dbc.Popover(
        dbc.PopoverBody([html.P(chart.explanation), html.P(chart.summary, className="sc-muted")]),
        target=about,
        trigger="legacy",
        placement="bottom",
    )
    dots = [icon("three-dots"), hidden_text(f"Menu of the chart: {chart.title}")]
    menu = dbc.DropdownMenu(items, label=dots, caret=False, align_end=True, toggle_class_name="btn-ghost btn-icon btn-sm")
    return [icon_button("info-circle", f"What this shows: {chart.title}", id=about, className="btn-sm"), popover, menu]


def frame_table(frame: pd.DataFrame, caption: str) -> html.Table:
    """A data frame as a table; `data-v` keeps each number's full value for the CSV."""
    columns = [str(name) for name in frame.columns]
    numeric = [pd.api.types.is_numeric_dtype(frame[name]) for name in frame.columns]
    head = html.Tr(
        [html.Th(name, scope="col", className="num" if is_number else None) for name, is_number in zip(columns, numeric, strict=True)]
    )
    rows = [
        html.Tr([_frame_cell(value, is_number) for value, is_number in zip(row, numeric, strict=True)])
        for row in frame.itertuples(index=False)
    ]
    return html.Table([html.Caption(caption, className="visually-hidden"), html.Thead(head), html.Tbody(rows)], className="sc-table dense")


def _frame_cell(value: Any, is_number: bool) -> html.Td:
    if not is_number:
        return html.Td("" if pd.isna(value) else str(value))
    if pd.isna(value):
        return html.Td("–", className="num", **data(v=""))
    decimals = 0 if float(value).is_integer() else 1 if abs(value) >= 100 else 2 if abs(value) >= 1 else 3
    return html.Td(number(float(value), decimals), className="num", **data(v=repr(float(value)) if decimals else str(int(value))))


def legend(items: Sequence[tuple[str, str]]) -> list[Child]:
    """Keys for a subtitle, where direct labels do not fit: (colour as CSS, text)."""
    return [html.Span(text, className="sc-key", style={"--s": colour}) for colour, text in items]
