"""Customers on the way from the segments of one version to those of another, as bands."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from segmentation.palette import SegmentStyle, Theme, colour_index
from segmentation.plots.chart import Chart, blank
from segmentation.plots.flows import Counts, clipped, part_of
from segmentation.wording import number, percent

SANKEY_ROW, SANKEY_LEAST = 52, 260
SANKEY_PAD, SANKEY_MARGIN = 18, 12
"""Between two nodes, so that the labels of thin ones do not meet, and above and below them."""


def version_flows(
    table: Counts, before: Sequence[SegmentStyle], after: Sequence[SegmentStyle], *, theme: Theme, narrow: bool, currency: str | None = None
) -> Chart | None:
    """Customers from the segments of one version (rows of `table`) to those of another; None where nobody is in both."""
    del currency
    flows = [(count, a, b) for a, row in enumerate(table) for b, count in enumerate(row) if count]
    if not flows:
        return None
    title = version_flows_title(table, before, after)
    largest = sorted(flows, reverse=True)[:5]
    told = " ".join(f"{number(count)} from {before[a].name} to {after[b].name}." for count, a, b in largest)
    return Chart(
        figure=_sankey(flows, before, after, theme, narrow),
        title=title,
        subtitle=f"{number(sum(count for count, *_ in flows))} customers whom both versions placed, from left to right",
        explanation="Each band is as thick as the number of customers who are in the segment at its left end by the first version and in "
        "the one at its right end by the second. Segments with the same colour and symbol are the same one.",
        summary=f"{title}. Largest flows: {told}",
        table=pd.DataFrame(
            [(before[a].name, after[b].name, count, part_of(count, sum(table[a]))) for count, a, b in flows],
            columns=["From", "To", "Customers", "Share of from"],
        ),
    )


def version_flows_title(table: Counts, before: Sequence[SegmentStyle], after: Sequence[SegmentStyle]) -> str:
    """The share of customers who are in the same segment in both."""
    total = sum(map(sum, table))
    same = sum(table[a][b] for a, old in enumerate(before) for b, new in enumerate(after) if old.key == new.key)
    if same == total:
        return "Every customer stays in their segment"
    return f"{percent(same / total)} of customers stay in their segment" if same else "No customer stays in their segment"


def _sankey(
    flows: Sequence[tuple[int, int, int]], before: Sequence[SegmentStyle], after: Sequence[SegmentStyle], theme: Theme, narrow: bool
) -> go.Figure:
    styles = [*before, *after]
    height = max(SANKEY_LEAST, SANKEY_ROW * max(len(before), len(after)) + 40)
    figure = blank(theme, height, margin={"l": 8, "r": 8, "t": SANKEY_MARGIN, "b": SANKEY_MARGIN})
    names = [clipped(style, narrow) for style in styles]
    sides = [
        [sum(count for count, a, _ in flows if a == at) for at in range(len(before))],
        [sum(count for count, _, b in flows if b == at) for at in range(len(after))],
    ]
    most = max(sum(map(bool, sizes)) for sizes in sides)
    figure.add_sankey(
        arrangement="fixed",
        textfont={"size": 12, "color": theme.ink, "shadow": "none"},
        node={
            "label": names,
            "color": [theme.fill[colour_index(style.slot)] for style in styles],
            "line": {"width": 1, "color": theme.surface},
            "pad": SANKEY_PAD,
            "thickness": 14,
            "x": [0.001] * len(before) + [0.999] * len(after),
            "y": [middle for sizes in sides for middle in _stacked(sizes, height - 2 * SANKEY_MARGIN, most)],
            "customdata": [style.name for style in styles],
            "hovertemplate": "%{customdata}: %{value:,.0f} customers<extra></extra>",
        },
        link={
            "source": [a for _, a, _ in flows],
            "target": [len(before) + b for _, _, b in flows],
            "value": [count for count, *_ in flows],
            "color": [_faint(theme.fill[colour_index(before[a].slot)]) for _, a, _ in flows],
            "customdata": [f"{before[a].name} to {after[b].name}" for _, a, b in flows],
            "hovertemplate": "%{customdata}: %{value:,.0f} customers<extra></extra>",
        },
    )
    return figure


def _stacked(sizes: Sequence[int], height: int, most: int) -> list[float]:
    """The middles of nodes one under the other, as shares of `height` in px, with room for a label between any two.

    `most` is how many nodes the fuller side has: it decides how many px a customer takes, on both sides.
    """
    scale = (height - SANKEY_PAD * (most - 1)) / max(sum(sizes), 1)
    below, middles = (most - sum(map(bool, sizes))) * SANKEY_PAD / 2, []
    for size in sizes:
        middles.append(min(0.999, max(0.001, (below + size * scale / 2) / height)))
        below += size * scale + SANKEY_PAD if size else 0
    return middles


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},.35)"
