"""The clustergram as a picture: which clusters split, and which only move their borders, as their number grows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import pandas as pd
import plotly.graph_objects as go

from segmentation.choosing.clustergram import ClusterFlow, Clustergram, ClusterNode
from segmentation.choosing.verdict import WORDS
from segmentation.palette import Theme
from segmentation.plots.chart import Chart, blank
from segmentation.wording import percent

HEIGHT, NARROW_HEIGHT = 420, 340
WIDEST = 26
"""Width in px of a line that carries everybody."""

CLASSES = 12
"""Lines are drawn in so many widths: one trace each, however many flows there are."""

LEAST_FLOW = 0.005
"""Flows of a smaller share of the customers are in the table only."""

KEPT = 0.9
"""A step is a split when at least this share of customers stay with the largest part of where they came from."""


def clustergram_chart(found: Clustergram, chosen: int, *, theme: Theme, narrow: bool, method: str = "") -> Chart | None:
    """The clustergram with `chosen` marked; None with fewer than two numbers of clusters beside one."""
    ks = sorted({node.k for node in found.nodes})
    if len(ks) < 3:
        return None
    title = clustergram_title(found, chosen)
    return Chart(
        figure=_figure(found, ks, chosen, theme, narrow),
        title=title,
        subtitle=f"{f'{method}. ' if method else ''}Height: mean of the first principal component ({percent(found.variance)} of the "
        "variance). Width: customers",
        explanation="Each point is a segment, each line the customers who go from it to a segment of the next finer grouping. A line that "
        "forks is a segment that splits; lines that cross are customers who change company. While segments only split, the finer "
        "groupings agree with the coarser ones; where lines cross much, borders run somewhere else each time.",
        summary=f"{title}. {' '.join(_step_words(found, before, k) for before, k in pairwise(ks))}",
        table=_table(found),
    )


def clustergram_title(found: Clustergram, chosen: int) -> str:
    """What happens in the step to the chosen number (the last step where it is not drawn): a split, or new borders."""
    ks = sorted({node.k for node in found.nodes})
    at = ks.index(chosen) if chosen in ks and chosen != ks[0] else len(ks) - 1
    return _step_words(found, ks[at - 1], ks[at]).rstrip(".")


def _step_words(found: Clustergram, before: int, k: int) -> str:
    """One step in words: in a split the customers of each new segment come from one old segment, but for `1 - KEPT` of them."""
    share = kept_together(found, before, k)
    if before == 1:
        return f"The step to {WORDS[k]} segments splits everybody."
    if share >= KEPT:
        return f"The step from {WORDS[before]} to {WORDS[k]} segments splits what is there: {percent(share)} stay in company."
    return f"The step from {WORDS[before]} to {WORDS[k]} segments moves borders: {percent(1 - share)} change company."


def kept_together(found: Clustergram, before: int, k: int) -> float:
    """Share of the customers in the step from `before` to `k` whose new segment comes mostly from the old one of theirs.

    1 where every new segment lies inside one old segment, as in a hierarchy.
    """
    largest: dict[int, int] = {}
    total = 0
    for flow in found.flows:
        if (flow.k, flow.next_k) == (before, k):
            largest[flow.end] = max(largest.get(flow.end, 0), flow.customers)
            total += flow.customers
    return sum(largest.values()) / total if total else 0.0


def _figure(found: Clustergram, ks: Sequence[int], chosen: int, theme: Theme, narrow: bool) -> go.Figure:
    figure = blank(theme, NARROW_HEIGHT if narrow else HEIGHT, margin={"l": 16, "r": 16, "t": 8, "b": 44})
    if chosen in ks:
        figure.add_vrect(x0=chosen - 0.3, x1=chosen + 0.3, fillcolor=theme.chosen_band, line_width=0, layer="below")
    at = {(node.k, node.cluster): node for node in found.nodes}
    widest = WIDEST * (0.7 if narrow else 1.0)
    for width, flows in _by_width([flow for flow in found.flows if flow.customers >= LEAST_FLOW * found.customers], found.customers):
        _draw_flows(figure, flows, at, widest * width, theme)
    _draw_nodes(figure, found, chosen, theme, narrow)
    figure.update_xaxes(
        range=[ks[0] - 0.4, ks[-1] + 0.4],
        showgrid=False,
        tickvals=list(ks),
        ticktext=[f"<b>{k}</b>" if k == chosen else str(k) for k in ks],
        title={"text": "number of segments"},
    )
    figure.update_yaxes(showticklabels=False, showgrid=False, zeroline=True, zerolinecolor=theme.grid)
    return figure


def _by_width(flows: Sequence[ClusterFlow], customers: int) -> list[tuple[float, list[ClusterFlow]]]:
    """Flows in classes of about equal share of the customers, as (relative width, flows); the widest first, to lie beneath."""
    classes: dict[int, list[ClusterFlow]] = {}
    for flow in flows:
        classes.setdefault(math.ceil(flow.customers / customers * CLASSES), []).append(flow)
    return [(place / CLASSES, classes[place]) for place in sorted(classes, reverse=True)]


def _draw_flows(
    figure: go.Figure, flows: Sequence[ClusterFlow], at: dict[tuple[int, int], ClusterNode], width: float, theme: Theme
) -> None:
    x: list[float | None] = []
    y: list[float | None] = []
    for flow in flows:
        x += [flow.k, flow.next_k, None]
        y += [at[flow.k, flow.start].mean, at[flow.next_k, flow.end].mean, None]
    figure.add_scatter(x=x, y=y, mode="lines", line={"width": max(width, 1.0), "color": theme.rest_area}, hoverinfo="skip")


def _draw_nodes(figure: go.Figure, found: Clustergram, chosen: int, theme: Theme, narrow: bool) -> None:
    largest = 14 if narrow else 18
    figure.add_scatter(
        x=[node.k for node in found.nodes],
        y=[node.mean for node in found.nodes],
        mode="markers",
        marker={
            "size": [max(5.0, largest * math.sqrt(node.customers / found.customers)) for node in found.nodes],
            "color": [theme.accent if node.k == chosen else theme.font for node in found.nodes],
            "opacity": 1,
            "line": {"width": 1, "color": theme.surface},
        },
        hovertext=[
            f"<b>{node.k} segments</b><br>{node.customers:,} customers, {percent(node.customers / found.customers)}<br>"
            f"mean of the first component {node.mean:.2f}"
            for node in found.nodes
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _table(found: Clustergram) -> pd.DataFrame:
    rows = [
        {"From": f"{flow.start + 1} of {flow.k}", "To": f"{flow.end + 1} of {flow.next_k}", "Customers": flow.customers}
        for flow in found.flows
    ]
    return pd.DataFrame(rows, columns=["From", "To", "Customers"])
