"""How one segment grew: a card from what was counted in the background, wherever a segment is shown."""

from __future__ import annotations

from dash import html

from segmentation import plots
from webapp.edge import View
from webapp.services.segmenting.traces import list_traces
from webapp.ui.charts import chart_card
from webapp.ui.components import card
from webapp.ui.drawing import drawn_over_time

LATER = "It shows here by itself, with who joined and who left month by month."


def growth_card(view: View, key: str, *, id: str) -> html.Section | None:
    """The champion's segment with that `key` over the dataset's days. None with one day only, or where the champion has no such segment."""
    traces = list_traces(view.session, view.actor, view.dataset or "")
    place = next((at for at, style in enumerate(traces.styles) if style.key == key), None) if traces else None
    if traces is None or place is None:
        return None
    if traces.job is not None and not traces.current:
        return card("How it grew is being counted", LATER)
    chart = drawn_over_time(plots.size_over_time, traces, view.display, place)
    return chart_card(id, chart) if chart else None
