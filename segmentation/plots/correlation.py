"""Which measures rise and fall together: rank correlations as one triangle of a heat map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform

from segmentation.describing.profile_types import Measure
from segmentation.exploring.exploration_types import Exploration
from segmentation.palette import Theme
from segmentation.plots.cells import cell_ink
from segmentation.plots.chart import Chart, blank, label_at, plain_axis, text_width
from segmentation.plots.exploration import looked_at
from segmentation.wording import lower_first, signed, upper_first

DRAWN = {False: 14, True: 7}
ROW = {False: 30, True: 28}
PLOT_WIDTH = {False: 1080, True: 326}
LONGEST = {False: 28, True: 11}
"""Letters of a name."""
TOGETHER = 0.3
"""Weaker correlations are no finding."""
FAINT = 0.2


@dataclass(frozen=True)
class _Pair:
    first: Measure
    second: Measure
    rho: float


def correlation_map(exploration: Exploration, *, theme: Theme, narrow: bool, currency: str | None = None) -> Chart | None:
    """Spearman's rank correlation of each pair of measures; None where fewer than two can be compared.

    Measures that are parts of others are in the table alone; the drawn ones stand next to those they go with.
    """
    del currency
    pairs = sorted(_pairs(exploration), key=lambda pair: _with_part(pair, exploration))
    if not pairs:
        return None
    drawn = _drawn(exploration, DRAWN[narrow])
    title = correlation_title(exploration)
    left_out = len(exploration.measures) - len(drawn)
    return Chart(
        figure=_figure(exploration, drawn, theme, narrow),
        title=title,
        subtitle="Rank correlation, from −1 to 1. Orange: one rises with the other. Blue: one falls as the other rises. "
        f"{looked_at(exploration)}",
        explanation="Each cell compares the measure at its row's left with the one whose name stands at the top of its column. Customers "
        "are ranked by both: 1 says that the ranks agree, −1 that they are opposite, 0 that one tells nothing about the other (Spearman). "
        "What goes together need not cause each other."
        + (f" {len(drawn)} measures are drawn, the table has all; in it, parts of other measures come last." if left_out else ""),
        summary=f"{title}. Strongest: "
        + " ".join(f"{pair.first.label} and {pair.second.label} {signed(pair.rho, 2)}." for pair in pairs[:6]),
        table=pd.DataFrame(
            {
                "Measure": [pair.first.label for pair in pairs],
                "And": [pair.second.label for pair in pairs],
                "Rank correlation": [pair.rho for pair in pairs],
            }
        ),
    )


def correlation_title(exploration: Exploration) -> str:
    """The two that rise together most and the two most against each other, among measures that are no parts of others."""
    pairs = [pair for pair in _pairs(exploration) if not _with_part(pair, exploration)]
    most = max(pairs, key=lambda pair: pair.rho, default=None)
    least = min(pairs, key=lambda pair: pair.rho, default=None)
    parts = []
    if most is not None and most.rho >= TOGETHER:
        parts.append(f"{lower_first(most.first.label)} and {lower_first(most.second.label)} rise together most ({signed(most.rho, 2)})")
    if least is not None and least.rho <= -TOGETHER:
        parts.append(f"{lower_first(least.first.label)} falls as {lower_first(least.second.label)} rises ({signed(least.rho, 2)})")
    return upper_first("; ".join(parts)) if parts else "No two measures clearly rise or fall together"


def _with_part(pair: _Pair, exploration: Exploration) -> bool:
    """Whether one of them is a part of another measure, so that they go together by being made so."""
    return not {pair.first.name, pair.second.name}.isdisjoint(exploration.details)


def _pairs(exploration: Exploration) -> list[_Pair]:
    """Every pair that can be compared, strongest first."""
    measures = exploration.measures
    found = [
        _Pair(measures[a], measures[b], rho)
        for a in range(len(measures))
        for b in range(a + 1, len(measures))
        if (rho := exploration.correlations[a][b]) is not None
    ]
    return sorted(found, key=lambda pair: -abs(pair.rho))


def _drawn(exploration: Exploration, most: int) -> list[int]:
    """Places of the measures to draw: no parts of others, those with the strongest correlations, each beside what it goes with."""
    rho = np.abs(_matrix(exploration))
    own = [place for place, measure in enumerate(exploration.measures) if measure.name not in exploration.details]
    varies = [place for place in own if rho[place].any()]
    chosen = varies if len(varies) > 1 else [place for place in range(len(rho)) if rho[place].any()]
    inside = rho[np.ix_(chosen, chosen)].max(axis=1)
    kept = sorted(sorted(range(len(chosen)), key=lambda at: -inside[at])[:most])
    return _side_by_side(rho, [chosen[at] for at in kept])


def _matrix(exploration: Exploration) -> NDArray[np.float64]:
    """Correlations with 0 for those not known, and on the diagonal."""
    rho = np.array([[0.0 if value is None else value for value in row] for row in exploration.correlations])
    np.fill_diagonal(rho, 0.0)
    return rho


def _side_by_side(strength: NDArray[np.float64], places: Sequence[int]) -> list[int]:
    """An order in which neighbours go together (optimal leaf ordering, Bar-Joseph, Gifford & Jaakkola 2001)."""
    if len(places) < 3:
        return list(places)
    distance = 1 - strength[np.ix_(places, places)]
    np.fill_diagonal(distance, 0.0)
    flat = squareform(distance, checks=False)
    order = hierarchy.leaves_list(hierarchy.optimal_leaf_ordering(hierarchy.linkage(flat, "average"), flat))
    return [places[at] for at in order]


def _figure(exploration: Exploration, drawn: Sequence[int], theme: Theme, narrow: bool) -> go.Figure:
    """Rows are all but the first measure, columns all but the last; a column's name stands above its first cell."""
    measures = [exploration.measures[place] for place in drawn]
    rho = [[exploration.correlations[a][b] if b_at < a_at else None for b_at, b in enumerate(drawn[:-1])] for a_at, a in enumerate(drawn)]
    names = [_cut(measure.short if narrow else measure.label, LONGEST[narrow]) for measure in measures]
    figure = blank(theme, ROW[narrow] * len(drawn) + 16, margin={"l": 8, "r": 8, "t": 8, "b": 8})
    figure.add_heatmap(
        z=rho,
        x=list(range(len(drawn) - 1)),
        y=list(range(len(drawn))),
        zmin=-1,
        zmax=1,
        colorscale=[list(stop) for stop in theme.diverging],
        showscale=False,
        xgap=2,
        ygap=2,
        hoverongaps=False,
        text=[
            [
                "" if value is None else f"<b>{row.label}</b><br>and {column.label}: {signed(value, 2)}"
                for value, column in zip(line, measures[:-1], strict=True)
            ]
            for line, row in zip(rho, measures, strict=True)
        ],
        texttemplate="",
        hovertemplate="%{text}<extra></extra>",
    )
    _numbers(figure, rho, theme, narrow)
    for at, name in enumerate(names[:-1]):
        label_at(figure, at - 0.46, at, name, colour=theme.font, size=11, xanchor="left")
    figure.update_xaxes(showgrid=False, showticklabels=False, range=[-0.5, _right_end(names, narrow)])
    figure.update_yaxes(**plain_axis(tickvals=list(range(1, len(drawn))), ticktext=names[1:], range=[len(drawn) - 0.5, -0.5]))
    return figure


def _right_end(names: Sequence[str], narrow: bool) -> float:
    """Where the axis ends so that every column's name has its room."""
    columns, size = len(names) - 1, 11
    room = PLOT_WIDTH[narrow] - max(text_width(name) for name in names[1:])
    needed = [(room - text_width(name, size) - 8, at) for at, name in enumerate(names[:-1])]
    cell = min([room / columns, *(left / (at + 0.04) for left, at in needed if at)])
    return room / max(cell, 1.0) - 0.5


def _numbers(figure: go.Figure, rho: Sequence[Sequence[float | None]], theme: Theme, narrow: bool) -> None:
    """Correlations in their cells; on a phone one decimal, and none that is faint."""
    points = [(x, y, value) for y, row in enumerate(rho) for x, value in enumerate(row) if value is not None]
    shown = [point for point in points if not narrow or abs(point[2]) >= FAINT]
    figure.add_scatter(
        x=[x for x, _, _ in shown],
        y=[y for _, y, _ in shown],
        text=[_brief(value) if narrow else signed(value, 2) for *_, value in shown],
        mode="text",
        textfont={"size": 11, "color": [cell_ink(theme, value, faint=FAINT) for *_, value in shown]},
        hoverinfo="skip",
    )


def _brief(value: float) -> str:
    """`.9`, `−.6`."""
    return signed(value, 1).replace("0.", ".").lstrip("+")


def _cut(name: str, longest: int) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1].rstrip()}…"
