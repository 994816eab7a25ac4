"""Customers before any clustering, as small multiples: a histogram for each measure, bars for each category."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from segmentation.describing.profile_types import Measure
from segmentation.exploring.exploration_types import Exploration, Levels, Spread
from segmentation.palette import Theme
from segmentation.plots.bins import bin_words, centring, edge_ticks, with_room
from segmentation.plots.chart import Chart, template, text_width
from segmentation.wording import listed, lower_first, percent, quantity

PANEL, HEAD, FOOT = 76, 40, 30
COLUMNS = {False: 4, True: 2}
ROOM = 170
"""For a measure's name above its panel, in px: panels are about as wide on a phone (two abreast) and a tablet (four)."""
LONGEST_WORD = 24
SINGLE = 168
"""Height of a panel that stands alone."""
SCALE = 8
"""More names than this are a calendar: bars stand close, and the commonest is told for all."""

SKEWED = 1.0
"""Beyond this a distribution is called highly skewed (Bulmer 1979)."""

SPELLED = ("years", "months", "days")
TOLD = 0.005
"""A share of unknown values from here on is told above the panel."""

LEVEL_ROW, LEVEL_HEAD = 22, 24
_Shares = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class _Panel:
    """`before` is the same measure in a snapshot that is laid behind."""

    measure: Measure
    spread: Spread
    sensitive: bool
    before: Spread | None = None


def histograms(
    exploration: Exploration,
    *,
    theme: Theme,
    narrow: bool,
    currency: str | None = None,
    details: bool = False,
    behind: Exploration | None = None,
    single: bool = False,
) -> Chart | None:
    """How customers spread over every measure, or (`details`) over those that are parts of others; None where there are none.

    The spreads of `behind` are drawn as outlines. `single` panels stand one under another, each over the whole width.
    """
    before = {spread.measure: spread for spread in behind.spreads if spread.known} if behind else {}
    panels = [
        _Panel(measure, spread, measure.name in exploration.sensitive, before.get(measure.name))
        for measure, spread in zip(exploration.measures, exploration.spreads, strict=True)
        if (measure.name in exploration.details) == details and spread.known
    ]
    if not panels:
        return None
    title = _single_title(panels[0], currency) if single else histograms_title(exploration, details=details)
    shown = "Share of customers by value" if single else "Share of customers by value, each on its own scale"
    return Chart(
        figure=_figure(panels, theme, currency, columns=1 if single else COLUMNS[narrow], height=SINGLE if single else PANEL),
        title=title,
        subtitle=f"{shown}. Dotted, and below the name: the median. {looked_at(exploration)}",
        explanation="Every panel shows how customers spread over one measure: the higher, the more customers. Half of them have the median "
        "or less. A + at the last tick says that larger values are counted in the last bin. Customers whose value is not known are in no "
        "bin; the table counts them.",
        summary=f"{title}. " + " ".join(_sentence(panel, currency) for panel in panels),
        table=_table(panels),
    )


def _single_title(panel: _Panel, currency: str | None) -> str:
    """The median, or the commonest value."""
    measure, spread = panel.measure, panel.spread
    if spread.names:
        return f"{measure.label}: most often {_commonest(spread)}"
    return f"{measure.label}: half of those known have {quantity(spread.median or 0.0, measure.unit, currency)} or less"


def histograms_title(exploration: Exploration, *, details: bool = False) -> str:
    """Which measures have a long tail, and to which side; they are what averages mislead about."""
    skewed = sorted(
        (
            (spread.skewness or 0.0, measure)
            for measure, spread in zip(exploration.measures, exploration.spreads, strict=True)
            if (measure.name in exploration.details) == details and not spread.names
        ),
        key=lambda pair: -pair[0],
    )
    high = [lower_first(measure.label) for skewness, measure in skewed if skewness > SKEWED]
    low = [lower_first(measure.label) for skewness, measure in reversed(skewed) if skewness < -SKEWED]
    if high:
        return f"A few customers lie far above the rest in {_most(high)}"
    return f"A few customers lie far below the rest in {_most(low)}" if low else "No measure has a long tail"


def looked_at(exploration: Exploration) -> str:
    """How many customers the figures speak of."""
    if exploration.sample < exploration.customers:
        return f"A random {exploration.sample:,} of {exploration.customers:,} customers."
    return f"{exploration.customers:,} customers."


def _most(labels: Sequence[str]) -> str:
    """Up to two by name, the rest as a number."""
    return listed([*labels[:2], *([f"{len(labels) - 2} more"] if len(labels) > 2 else [])])


def _sentence(panel: _Panel, currency: str | None) -> str:
    measure, spread = panel.measure, panel.spread
    missing = f", unknown for {percent(spread.missing)}" if spread.missing else ""
    if len(spread.names) > SCALE:
        return f"{measure.label}: {spread.names[0]} to {spread.names[-1]}, most often {_commonest(spread)}{missing}."
    if spread.names:
        parts = [f"{name} {percent(share)}" for name, share in zip(spread.names, spread.shares, strict=True)]
        return f"{measure.label}: {listed(parts)}{missing}."
    known = {"median": spread.median, "lowest": spread.low, "highest": spread.high}
    parts = [f"{word} {quantity(value, measure.unit, currency)}" for word, value in known.items() if value is not None]
    return f"{measure.label}: {', '.join(parts)}{missing}."


def _commonest(spread: Spread) -> str:
    share, name = max(zip(spread.shares, spread.names, strict=True))
    return f"{name} ({percent(share)})"


def _figure(panels: Sequence[_Panel], theme: Theme, currency: str | None, *, columns: int, height: int) -> go.Figure:
    rows = math.ceil(len(panels) / columns)
    inner = rows * height + (rows - 1) * (HEAD + FOOT)
    gap = (HEAD + FOOT) / inner if rows > 1 else 0.0
    figure = make_subplots(rows=rows, cols=columns, horizontal_spacing=0.1 if columns == 2 else 0.05, vertical_spacing=gap)
    margin = {"l": 12, "r": 26, "t": HEAD, "b": FOOT}
    figure.update_layout(template=template(theme), height=inner + HEAD + FOOT, margin=margin, bargap=0)
    for place, panel in enumerate(panels):
        at = {"row": place // columns + 1, "col": place % columns + 1}
        _bars(figure, panel, at, theme, currency)
        _head(figure, panel, at, theme, currency)
    for place in range(len(panels), rows * columns):
        figure.update_xaxes(visible=False, row=place // columns + 1, col=place % columns + 1)
    figure.update_yaxes(visible=False, rangemode="tozero")
    figure.update_xaxes(showgrid=False, automargin=False)
    return figure


def _bars(figure: go.Figure, panel: _Panel, at: dict[str, int], theme: Theme, currency: str | None) -> None:
    measure, spread = panel.measure, panel.spread
    edges = spread.edges
    words = spread.names or bin_words(measure, edges, spread.open_ended, currency)
    highest = max((*spread.shares, *(panel.before.shares if panel.before else ())), default=0.0) or 1.0
    few = 0 < len(spread.names) <= SCALE
    figure.add_bar(
        x=[(low + high) / 2 for low, high in pairwise(edges)],
        y=spread.shares,
        width=[(high - low) * (0.6 if few else 0.94) for low, high in pairwise(edges)],
        marker={"color": theme.rest, "line": {"width": 0}},
        hovertext=[f"{word}: {share:.1%} of customers{was}" for word, share, was in zip(words, spread.shares, _was(panel), strict=True)],
        hovertemplate=f"<b>{measure.label}</b> %{{hovertext}}<extra></extra>",
        **at,
    )
    if panel.before is not None:
        _outline(figure, panel.before, at, theme)
    if spread.names:
        figure.update_xaxes(**_name_ticks(spread.names), tickangle=0, range=[edges[0], edges[-1]], **at)
    else:
        _median_line(figure, panel, highest, at, theme)
        figure.update_xaxes(**edge_ticks(measure, edges, spread.open_ended, currency), range=with_room(edges), **at)
    figure.update_yaxes(range=[0, highest * 1.06], **at)


def _was(panel: _Panel) -> list[str]:
    """The share of each bin in the snapshot behind, where it has the same bins."""
    if panel.before is None or panel.before.edges != panel.spread.edges:
        return [""] * len(panel.spread.shares)
    return [f", {share:.1%} in the other snapshot" for share in panel.before.shares]


def _outline(figure: go.Figure, before: Spread, at: dict[str, int], theme: Theme) -> None:
    """Its steps, from the axis and back to it; around each bar where bars stand apart."""
    x, y = [before.edges[0]], [0.0]
    apart = 0.2 if 0 < len(before.names) <= SCALE else 0.0
    for (low, high), share in zip(pairwise(before.edges), before.shares, strict=True):
        if apart:
            x, y = [*x, low + apart], [*y, 0.0]
        x += [low + apart, high - apart]
        y += [share, share]
        if apart:
            x, y = [*x, high - apart], [*y, 0.0]
    line = {"width": 1.5, "color": theme.accent}
    figure.add_scatter(x=[*x, before.edges[-1]], y=[*y, 0.0], mode="lines", line=line, hoverinfo="skip", **at)


def _name_ticks(names: Sequence[str]) -> dict[str, object]:
    """Names below their bars; of a longer scale only the ends, of a calendar where its first and last tenth begins."""
    if len(names) > SCALE:
        inset = max(1, len(names) // 9)
        places = [inset, len(names) - 1 - inset]
        return {"tickvals": places, "ticktext": [names[place].partition(" to ")[0] for place in places]}
    texts = [name if len(names) < 4 or place in (0, len(names) - 1) else "" for place, name in enumerate(names)]
    return {"tickvals": list(range(len(names))), "ticktext": texts}


def _median_line(figure: go.Figure, panel: _Panel, highest: float, at: dict[str, int], theme: Theme) -> None:
    edges = panel.spread.edges
    median = min(max((panel.spread.median or 0.0) + centring(panel.measure, edges), edges[0]), edges[-1])
    line = {"width": 1.5, "dash": "dot", "color": theme.ink}
    figure.add_scatter(x=[median] * 2, y=[0, highest * 1.04], mode="lines", line=line, hoverinfo="skip", **at)


def _head(figure: go.Figure, panel: _Panel, at: dict[str, int], theme: Theme, currency: str | None) -> None:
    """Above the panel the measure, and below its name the median or the commonest word."""
    axis = figure.get_subplot(at["row"], at["col"])
    label = panel.measure.label if text_width(panel.measure.label) <= ROOM else panel.measure.short
    named = f"{label} (sensitive)" if panel.sensitive else label
    figure.add_annotation(
        x=axis.xaxis.domain[0],
        y=axis.yaxis.domain[1],
        xref="paper",
        yref="paper",
        xanchor="left",
        yanchor="bottom",
        yshift=3,
        align="left",
        showarrow=False,
        text=f"{named}<br><span style='color:{theme.ticks};font-size:11px'>{_told(panel, currency)}</span>",
        font={"size": 12, "color": theme.ink},
    )


def _told(panel: _Panel, currency: str | None) -> str:
    """The median, or the commonest word with its share, and how many are unknown."""
    spread, unit = panel.spread, panel.measure.unit
    if len(spread.names) > SCALE:
        text = f"most often {_commonest(spread)}"
    elif spread.names:
        share, name = max(zip(spread.shares, spread.names, strict=True))
        text = f"{percent(share)} {name}"
    else:
        text = f"{quantity(spread.median or 0.0, unit, currency, short=unit == 'money')}{f' {unit}' if unit in SPELLED else ''}"
    return f"{text}, {percent(spread.missing)} unknown" if spread.missing >= TOLD else text


def _table(panels: Sequence[_Panel]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "Measure": panel.measure.label,
                "Sensitive": "yes" if panel.sensitive else "",
                "Known": panel.spread.known,
                "Unknown, share": round(panel.spread.missing, 4),
                "Mean": _rounded(panel.spread.mean),
                "Median": _rounded(panel.spread.median),
                "Lowest": _rounded(panel.spread.low),
                "Highest": _rounded(panel.spread.high),
                "Skewness": _rounded(panel.spread.skewness),
            }
            for panel in panels
        ]
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def category_bars(
    exploration: Exploration, *, theme: Theme, narrow: bool, currency: str | None = None, behind: Exploration | None = None
) -> Chart | None:
    """The words of every category with their shares, commonest first; None without categories. A line marks the share in `behind`."""
    del currency
    before = {each.category: {level.label: level.share for level in each.levels} for each in behind.levels} if behind else {}
    shown = [(exploration.named(each.category), each) for each in exploration.levels if each.known]
    if not shown:
        return None
    title = category_title(shown)
    return Chart(
        figure=_category_figure(shown, before, exploration.sensitive, theme, narrow),
        title=title,
        subtitle=f"Share of the customers whose word is known. {looked_at(exploration)}",
        explanation="Words that the dataset's schema folds together are counted together; rare words are “Other”.",
        summary=f"{title}. "
        + " ".join(
            f"{measure.label}: {listed([f'{level.label} {percent(level.share)}' for level in each.levels])}." for measure, each in shown
        ),
        table=pd.DataFrame(
            [
                {"Category": measure.label, "Word": level.label, "Customers": level.customers, "Share": round(level.share, 4)}
                for measure, each in shown
                for level in each.levels
            ]
        ),
    )


def category_title(shown: Sequence[tuple[Measure, Levels]]) -> str:
    """The word that most customers have in common."""
    measure, level = max(((measure, each.levels[0]) for measure, each in shown), key=lambda pair: pair[1].share)
    return f"{measure.label}: {percent(level.share)} are “{level.label}”"


def _category_figure(
    shown: Sequence[tuple[Measure, Levels]], before: _Shares, sensitive: Sequence[str], theme: Theme, narrow: bool
) -> go.Figure:
    columns = 1 if narrow or len(shown) < 3 else 3
    rows = math.ceil(len(shown) / columns)
    heights = [max(len(each.levels) for _, each in shown[row * columns : (row + 1) * columns]) * LEVEL_ROW for row in range(rows)]
    inner = sum(heights) + (rows - 1) * (LEVEL_HEAD + 12)
    figure = make_subplots(
        rows=rows,
        cols=columns,
        horizontal_spacing=0.14 if columns > 1 else 0.0,
        vertical_spacing=(LEVEL_HEAD + 12) / inner if rows > 1 else 0.0,
        row_heights=heights,
    )
    figure.update_layout(template=template(theme), height=inner + LEVEL_HEAD + 12, margin={"l": 8, "r": 40, "t": LEVEL_HEAD, "b": 8})
    for place, (measure, each) in enumerate(shown):
        at = {"row": place // columns + 1, "col": place % columns + 1}
        rows_of_panel = heights[place // columns] // LEVEL_ROW
        _category_panel(figure, measure, each, at, theme, rows_of_panel, before.get(measure.name, {}))
        axis = figure.get_subplot(at["row"], at["col"])
        text = f"{measure.label} (sensitive)" if measure.name in sensitive else measure.label
        where = {"xref": "paper", "yref": "paper", "x": axis.xaxis.domain[0], "y": axis.yaxis.domain[1], "xanchor": "left"}
        figure.add_annotation(text=text, showarrow=False, yanchor="bottom", yshift=3, font={"size": 12, "color": theme.ink}, **where)
    return figure


def _category_panel(
    figure: go.Figure, measure: Measure, each: Levels, at: dict[str, int], theme: Theme, rows: int, before: Mapping[str, float]
) -> None:
    places = list(range(len(each.levels)))
    figure.add_bar(
        x=[level.share for level in each.levels],
        y=places,
        width=0.62,
        orientation="h",
        marker={"color": theme.rest, "line": {"width": 0}},
        hovertext=[f"{level.label}: {level.customers:,} customers, {level.share:.1%}" for level in each.levels],
        hovertemplate=f"<b>{measure.label}</b> %{{hovertext}}<extra></extra>",
        **at,
    )
    labels = [level.label if len(level.label) <= LONGEST_WORD else f"{level.label[: LONGEST_WORD - 1]}…" for level in each.levels]
    figure.update_yaxes(
        tickvals=places, ticktext=labels, range=[rows - 0.5, -0.5], showgrid=False, tickfont={"size": 12, "color": theme.font}, **at
    )
    known = [before.get(level.label, 0.0) for level in each.levels]
    figure.add_scatter(
        x=[max(level.share, was) for level, was in zip(each.levels, known, strict=True)],
        y=places,
        mode="text",
        text=[f" {percent(level.share)}" for level in each.levels],
        textposition="middle right",
        textfont={"size": 11, "color": theme.font},
        cliponaxis=False,
        hoverinfo="skip",
        **at,
    )
    if before:
        marks = {"symbol": "line-ns", "size": 13, "line": {"width": 2, "color": theme.accent}}
        words = [f"{level.label}: {share:.1%} in the other snapshot" for level, share in zip(each.levels, known, strict=True)]
        hover = {"hovertext": words, "hovertemplate": "%{hovertext}<extra></extra>"}
        figure.add_scatter(x=known, y=places, mode="markers", marker=marks, cliponaxis=False, **hover, **at)
    highest = max((*(level.share for level in each.levels), *before.values())) or 1.0
    figure.update_xaxes(visible=False, range=[0, highest * 1.12], **at)
