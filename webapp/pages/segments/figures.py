"""The four figures of the Segments page, of everybody or of the customers whom filters leave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from dash import html
from dash.development.base_component import Component

from segmentation import plots
from segmentation.plots import Chart
from webapp.edge import View
from webapp.pages.segments.ids import Ids
from webapp.services.segmenting.filtered_segments import FilteredSegments
from webapp.ui.charts import chart_or_error
from webapp.ui.components import Child, card, empty_state, row, skeleton
from webapp.ui.drawing import drawn
from webapp.ui.format import count, number

TALL, LOW = 448, 432
"""Heights of the chart cards while they wait, in pixels."""

PLOTS: Mapping[Ids, Callable[..., Chart | None]] = {
    Ids.HEAT: plots.heat_map,
    Ids.SHARE: plots.shares,
    Ids.VALUE: plots.value_recency,
    Ids.MAP: plots.customer_map,
}
WITHOUT = {
    Ids.HEAT: ("Nothing to compare", "No column of this data can be compared between segments."),
    Ids.SHARE: ("No spend in this data", "Give a column the role spend when you import, and each segment's share of it is shown here."),
    Ids.VALUE: (
        "No spend and recency in this data",
        "With the roles spend and recency days, what segments spend is set against how recently they bought.",
    ),
    Ids.MAP: ("No customer map", "This version was fitted without one, which a new version mends, or its customers are too few to draw."),
}
ALONE = ("One segment is left", "There is no other to compare it to. Take a filter away to see more of them.")
LEFT_WITHOUT = {
    Ids.HEAT: ("Nothing to compare", "Among these customers no measure can be compared between segments."),
    Ids.SHARE: ("No spend among these customers", "Nobody whom the filters leave has spent anything."),
    Ids.VALUE: ("Too few for an interval", "Among these customers spend or days since the last purchase are known of fewer than two."),
    Ids.MAP: ("Too few for the map", "Hardly any of these customers lies on the map of this version."),
}
"""The same where filters are in force: what the data has, these customers lack."""


def figure_rows() -> list[Component]:
    """The places of the four figures, waiting for them."""
    return _rows({name: html.Div(waiting, id=name) for name, waiting in _skeletons().items()})


def waiting_rows() -> list[Component]:
    """The same while it is not known yet whether there are segments: no figure is drawn for places that are about to go."""
    return _rows(_skeletons())


def _skeletons() -> dict[Ids, Component]:
    return {name: skeleton(TALL if name in (Ids.HEAT, Ids.SHARE) else LOW) for name in PLOTS}


def _rows(places: Mapping[Ids, Component]) -> list[Component]:
    return [row((7, places[Ids.HEAT]), (5, places[Ids.SHARE])), row((6, places[Ids.VALUE]), (6, places[Ids.MAP]))]


def figure_cards(view: View, shown: FilteredSegments) -> tuple[Child, ...]:
    """The figures in their cards, drawn for the visitor's theme and width."""
    return tuple(figure_card(view, shown, name) for name in PLOTS)


def figure_card(view: View, shown: FilteredSegments, name: Ids) -> Child:
    """A chart in its card; without it, what the data would need for it; an error says so inside the card."""
    id, draw = name.removesuffix("-place"), partial(figure, view, shown, PLOTS[name])
    if name is Ids.HEAT and shown.filtered and len(shown.overview.styles) == 1:
        return without(*ALONE)
    other = partial(figure, view, shown, plots.snake_plot) if name is Ids.HEAT else None
    return chart_or_error(id, draw, empty=partial(nothing_drawn, view, shown, name), other=other)


def nothing_drawn(view: View, shown: FilteredSegments, name: Ids) -> Component:
    """What is missing for a chart: in the data, or only among the customers whom filters leave."""
    lacking = shown.filtered and drawn(PLOTS[name], shown.whole, view.display) is not None
    return without(*(LEFT_WITHOUT if lacking else WITHOUT)[name])


def figure(view: View, shown: FilteredSegments, plot: Callable[..., Chart | None]) -> Chart | None:
    """What `plot` makes of the segments that are shown; under filters it says of how many customers."""
    chart = drawn(plot, shown.overview, view.display)
    return of_filtered(chart, shown) if chart is not None and shown.filtered else chart


def of_filtered(chart: Chart, shown: FilteredSegments) -> Chart:
    """The words of a chart with what its figures are about."""
    left = f"{number(shown.overview.profiles.customers)} of {count(shown.selection.total, 'customer')}"
    return replace(
        chart,
        subtitle=f"{chart.subtitle.rstrip('.')}. {left}.",
        explanation=f"{chart.explanation} The filters leave {left}; everything here is about them alone.",
        summary=f"{chart.summary} The filters leave {left}.",
    )


def without(title: str, text: str) -> Component:
    return card(body=empty_state("bar-chart", title, text))
