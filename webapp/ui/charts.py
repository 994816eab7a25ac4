"""Chart cards: the finding as title, an explanation, a text summary, the figures as a table, and downloads."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import dash_bootstrap_components as dbc
import pandas as pd
from dash import dcc, html

from segmentation.plots import Chart
from webapp.services.errors import ServiceError
from webapp.ui.components import Child, Children, aria, button, data, error_state, hidden_text, icon, icon_button
from webapp.ui.fixed import Fixed
from webapp.ui.format import number
from webapp.ui.theme import GRAPH_CONFIG

log = logging.getLogger(__name__)

PLOT_HEIGHT = 360
"""Pixels a plot takes unless its chart says otherwise; fixed, so that nothing jumps."""


def chart_card(
    id: str, chart: Chart, *, height: int | None = None, subtitle: Children = None, foot: Children = None, other: Chart | None = None
) -> html.Section:
    """A chart with its tools. `id` is unique on the page and names downloaded files, which the browser makes by itself.

    `other` shows the same figures another way, under the same title; a button in the card's head changes between the two.
    """
    size = height or int(chart.figure.layout.height or PLOT_HEIGHT)
    head = html.Div(
        [
            html.Div([html.H2(chart.title), html.P(subtitle if subtitle is not None else chart.subtitle)], className="t"),
            html.Div([*_views(other), *_tools(id, chart)], className="tools"),
        ],
        className="sc-card-head",
    )
    plot = html.Div([hidden_text(chart.summary), _drawing(f"{id}-graph", chart, size)], className="sc-chart-plot")
    drawn: list[Child] = [plot]
    if other is not None:
        drawn.append(html.Div(_drawing(f"{id}-other-graph", other, size), className="sc-chart-plot sc-chart-other"))
    figures = html.Div(
        frame_table(chart.table, chart.title),
        className="sc-chart-table",
        style={"height": size},
        tabIndex="0",
        role="region",
        **aria(label="Figures of this chart"),
    )
    parts: list[Child] = [head, html.Div([*drawn, figures], className="sc-card-body plot")]
    if foot is not None:
        parts.append(html.Div(foot, className="sc-card-foot"))
    return html.Section(parts, id=id, className="sc-card sc-chart", **data(file=id))


def chart_or_error(
    id: str,
    draw: Callable[[], Chart | None],
    *,
    empty: Callable[[], Child] | None = None,
    foot: Children = None,
    other: Callable[[], Chart | None] | None = None,
) -> Child:
    """The card of what `draw` makes, what `empty` makes where there is nothing to draw; a chart that fails says so in its own card.

    Refusals pass, for they are answers to the whole page.
    """
    try:
        chart = draw()
        if chart is None:
            return empty() if empty else None
        return chart_card(id, chart, foot=foot, other=other() if other else None)
    except ServiceError:
        raise
    except Exception:
        log.exception("The chart %s could not be drawn", id)
        return failed_chart(id)


def failed_chart(id: str) -> html.Section:
    """What happened, what was kept, what to do. The browser asks for the page's figures anew."""
    again = button("Try again", icon_name="arrow-clockwise", className="sc-chart-again")
    text = "Its figures are safe, and your filters are kept. If it fails again, look at the table of another chart or tell your admin."
    return html.Section(error_state("This chart could not be drawn", text, again), id=id, className="sc-card sc-chart-failed")


def _drawing(id: str, chart: Chart, size: int) -> html.Div:
    graph = dcc.Graph(id=id, figure=chart.figure, config=GRAPH_CONFIG, responsive=True, style={"height": size}, className="sc-graph")
    # The height stands on the frame too, for the graph has none before its script has come.
    return html.Div(graph, style={"height": size}, **aria(hidden="true"))


def _views(other: Chart | None) -> list[Child]:
    """The button that changes to the other way of drawing, and back."""
    if other is None:
        return []
    lines = html.Span([icon("bezier"), hidden_text("Show as lines")], className="when-first", title="Show as lines")
    cells = html.Span([icon("grid-3x3"), hidden_text("Show as a grid")], className="when-other", title="Show as a grid")
    return [button([lines, cells], kind="ghost", small=True, className="btn-icon sc-do-other")]


def _tools(id: str, chart: Chart) -> list[Child]:
    about = f"{id}-about"
    views = [html.Span("View as table", className="when-plot"), html.Span("View as chart", className="when-table")]
    downloads = (("filetype-csv", "csv", "Download CSV"), ("image", "png", "Download PNG"), ("bezier2", "svg", "Download SVG"))
    copy = dbc.DropdownMenuItem([icon("link-45deg"), html.Span("Copy link")], class_name="sc-do-link", n_clicks=0)
    items = [
        dbc.DropdownMenuItem([icon("table"), *views], class_name="sc-do-table", n_clicks=0),
        dbc.DropdownMenuItem(divider=True),
        *[
            dbc.DropdownMenuItem([icon(symbol), html.Span(text)], class_name=f"sc-do-{what}", n_clicks=0)
            for symbol, what, text in downloads
        ],
        dbc.DropdownMenuItem(divider=True),
        copy,
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


def frame_table(frame: pd.DataFrame, caption: str) -> Fixed:
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
    parts = [html.Caption(caption, className="visually-hidden"), html.Thead(head), html.Tbody(rows)]
    return Fixed(html.Table(parts, className="sc-table dense"))


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
