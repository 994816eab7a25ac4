"""Distributions of the most telling measures as small multiples: the segment over everyone else."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from segmentation.describing.profile_types import Difference, Distribution, Measure, Profiles
from segmentation.palette import SegmentStyle, Theme, colour_index
from segmentation.plots.chart import LINE, Chart, stroke, template
from segmentation.plots.segment import segment_of
from segmentation.wording import lower_first, percent, quantity

PANEL = 84
HEAD = 24
FOOT = 26
LONG = 20
"""Longer labels would meet the median at the other end of the panel's head."""


def distributions(
    profiles: Profiles, cluster: int, style: SegmentStyle, *, theme: Theme, narrow: bool, currency: str | None = None
) -> Chart | None:
    """One small histogram per telling measure; None where there is none."""
    segment = segment_of(profiles, cluster)
    if not segment.distributions:
        return None
    found = {each.measure: each for each in segment.differences}
    panels = [(profiles.measure(each.measure), each, found[each.measure]) for each in segment.distributions]
    rest = profiles.customers - segment.size
    title = distributions_title(profiles, cluster, currency)
    words = [
        f"{measure.label}: median {quantity(each.median, measure.unit, currency)}, "
        f"the rest {quantity(each.rest_median, measure.unit, currency)}."
        for measure, _, each in panels
    ]
    return Chart(
        figure=_figure(panels, style, theme, narrow, currency),
        title=title,
        subtitle=f"Share of customers: segment ({segment.size:,}) in colour, the rest ({rest:,}) in grey; dotted: segment median",
        explanation="Every panel shows how customers spread over one measure, as shares of the segment and of everyone else, on the "
        "same bins. A + at the last tick says that larger values are counted in the last bin.",
        summary=f"{title}. {' '.join(words)}",
        table=_table(panels),
    )


def distributions_title(profiles: Profiles, cluster: int, currency: str | None = None) -> str:
    """Medians of both sides in the most telling measure whose medians differ."""
    segment = segment_of(profiles, cluster)
    found = {each.measure: each for each in segment.differences}
    for drawn in segment.distributions:
        measure, each = profiles.measure(drawn.measure), found[drawn.measure]
        if measure.unit == "share" and {each.median, each.rest_median} <= {0.0, 1.0}:
            continue  # the median of a yes or no tells nobody anything
        if each.median != each.rest_median and (shares := _having(measure, drawn, each)):
            return f"{shares[0]} of them have {lower_first(measure.label)}; of the rest {shares[1]}"
        own, rest = (quantity(value, measure.unit, currency) for value in (each.median, each.rest_median))
        if own != rest:
            return _median_words(measure, own, rest, higher=each.median > each.rest_median)
    return "Their medians are those of everyone else"


def _having(measure: Measure, drawn: Distribution, each: Difference) -> tuple[str, str] | None:
    """The shares above zero, where half of one side have none: of few values, medians say too little."""
    counts_none = measure.unit == "count" and drawn.edges[:2] == (0.0, 1.0)
    if not counts_none or min(each.median, each.rest_median) > 0:
        return None
    return percent(1 - drawn.segment[0]), percent(1 - drawn.rest[0])


def _median_words(measure: Measure, own: str, rest: str, *, higher: bool) -> str:
    """True by what a median is: at least half have it or more, and at least half have it or less."""
    if measure.name == "spend":
        own_side, rest_side = ("or more", "or less") if higher else ("or less", "or more")
        return f"Half of them spend {own} {own_side}; half of the rest {rest} {rest_side}"
    if measure.unit == "count":
        own_words, rest_words = (f"{own} or more", _at_most(rest)) if higher else (_at_most(own), f"{rest} or more")
        return f"Half of them have {own_words} {lower_first(measure.label)}; half of the rest {rest_words}"
    label = lower_first(measure.short if measure.unit == "months" else measure.label)
    unit = " months" if measure.unit == "months" else ""
    return f"Their median {label} is {own}{unit}; for the rest it is {rest}{unit}"


def _at_most(count: str) -> str:
    return "none" if count == "0" else f"at most {count}"


Panel = tuple[Measure, Distribution, Difference]


def _figure(panels: Sequence[Panel], style: SegmentStyle, theme: Theme, narrow: bool, currency: str | None) -> go.Figure:
    columns = 2 if narrow else 3
    rows = math.ceil(len(panels) / columns)
    inner = rows * PANEL + (rows - 1) * (HEAD + FOOT)
    height, gap = inner + HEAD + FOOT + 4, (HEAD + FOOT) / inner
    figure = make_subplots(rows=rows, cols=columns, horizontal_spacing=0.13 if narrow else 0.07, vertical_spacing=gap if rows > 1 else 0.0)
    figure.update_layout(template=template(theme), height=height, margin={"l": 10, "r": 14, "t": HEAD, "b": FOOT + 4})
    for place, panel in enumerate(panels):
        at = {"row": place // columns + 1, "col": place % columns + 1}
        _panel(figure, panel, at, style, theme, currency)
        _head(figure, panel, at, theme, narrow, currency)
    figure.update_yaxes(visible=False, rangemode="tozero")
    figure.update_xaxes(showgrid=False, automargin=False)
    return figure


def _panel(figure: go.Figure, panel: Panel, at: dict[str, int], style: SegmentStyle, theme: Theme, currency: str | None) -> None:
    measure, drawn, each = panel
    colour = stroke(style, theme)
    area = f"rgba({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))}, .22)"
    for shares, line, ground, width in ((drawn.rest, theme.rest, theme.rest_area, 1), (drawn.segment, colour, area, LINE)):
        x, y = _steps(drawn.edges, shares)
        figure.add_scatter(
            x=x, y=y, mode="lines", line={"width": width, "color": line}, fill="tozeroy", fillcolor=ground, hoverinfo="skip", **at
        )
    highest = max(*drawn.segment, *drawn.rest)
    median = min(max(each.median + _centring(measure, drawn), drawn.edges[0]), drawn.edges[-1])
    place = colour_index(style.slot)
    figure.add_scatter(
        x=[median] * 2,
        y=[0, highest * 1.04],
        mode="lines",
        line={"width": 1.5, "dash": "dot", "color": theme.edge[place]},
        hoverinfo="skip",
        **at,
    )
    _hover(figure, measure, drawn, currency, at)
    figure.update_xaxes(**_ticks(measure, drawn, currency), range=_room(drawn.edges), **at)
    figure.update_yaxes(range=[0, highest * 1.06], **at)


def _steps(edges: Sequence[float], shares: Sequence[float]) -> tuple[list[float], list[float]]:
    """Corners of a stepped outline that begins and ends on the axis."""
    x, y = [edges[0]], [0.0]
    for low, high, share in zip(edges, edges[1:], shares, strict=False):
        x += [low, high]
        y += [share, share]
    return [*x, edges[-1]], [*y, 0.0]


def _hover(figure: go.Figure, measure: Measure, drawn: Distribution, currency: str | None, at: dict[str, int]) -> None:
    """Invisible bars over both outlines, so that the pointer finds every bin."""
    bins = _bins(measure, drawn, currency)
    figure.add_bar(
        x=[(low + high) / 2 for low, high in zip(drawn.edges, drawn.edges[1:], strict=False)],
        y=[max(pair) for pair in zip(drawn.segment, drawn.rest, strict=True)],
        width=[high - low for low, high in zip(drawn.edges, drawn.edges[1:], strict=False)],
        opacity=0,
        hovertext=[f"{text}<br>segment {a:.1%}, the rest {b:.1%}" for text, a, b in zip(bins, drawn.segment, drawn.rest, strict=True)],
        hovertemplate=f"<b>{measure.label}</b> %{{hovertext}}<extra></extra>",
        **at,
    )


def _bins(measure: Measure, drawn: Distribution, currency: str | None) -> list[str]:
    texts = []
    for place, (low, high) in enumerate(zip(drawn.edges, drawn.edges[1:], strict=False)):
        last = place == len(drawn.segment) - 1
        start = quantity(low, measure.unit, currency)
        if last and drawn.open_ended:
            texts.append(f"{start} and more")
        elif measure.unit == "count" and high - low == 1:
            texts.append(start)
        else:
            texts.append(f"{start} to under {quantity(high, measure.unit, currency)}")
    return texts


def _head(figure: go.Figure, panel: Panel, at: dict[str, int], theme: Theme, narrow: bool, currency: str | None) -> None:
    """The measure above the panel at the left, the segment's median at the right."""
    measure, _, each = panel
    label = measure.short if narrow or len(measure.label) > LONG else measure.label
    axis = figure.get_subplot(at["row"], at["col"])
    (left, right), top = axis.xaxis.domain, axis.yaxis.domain[1]
    shared = {"xref": "paper", "yref": "paper", "showarrow": False, "yanchor": "bottom", "yshift": 3, "y": top}
    value = quantity(each.median, measure.unit, currency, short=True)
    figure.add_annotation(x=left, xanchor="left", text=label, font={"size": 12, "color": theme.ink}, **shared)
    figure.add_annotation(x=right, xanchor="right", text=value, font={"size": 12, "color": theme.ticks}, **shared)


def _room(edges: Sequence[float]) -> list[float]:
    room = 0.03 * (edges[-1] - edges[0])
    return [edges[0] - room, edges[-1] + room]


def _ticks(measure: Measure, drawn: Distribution, currency: str | None) -> dict[str, object]:
    """Three ticks on edges: near both ends and in the middle; the last one says where the end is open."""
    edges = drawn.edges[:-1] if measure.unit == "count" else drawn.edges
    last = len(edges) - 1
    step = max(1, last // 2)
    chosen = sorted({0, step, min(2 * step, last)})
    shift = _centring(measure, drawn)
    texts = [quantity(edges[place], measure.unit, currency, short=True) for place in chosen]
    if drawn.open_ended:
        texts[-1] += "+"
    return {"tickvals": [edges[place] + shift for place in chosen], "ticktext": texts}


def _centring(measure: Measure, drawn: Distribution) -> float:
    """Half a bin where a bin is one whole number: its value is drawn in the bin's middle, not at its edge."""
    return 0.5 if measure.unit == "count" and drawn.edges[1] - drawn.edges[0] == 1 else 0.0


def _table(panels: Sequence[Panel]) -> pd.DataFrame:
    rows = [
        {"Measure": measure.label, "From": low, "To": high, "Segment": round(own, 4), "The rest": round(rest, 4)}
        for measure, drawn, _ in panels
        for low, high, own, rest in zip(drawn.edges, drawn.edges[1:], drawn.segment, drawn.rest, strict=False)
    ]
    return pd.DataFrame(rows)
