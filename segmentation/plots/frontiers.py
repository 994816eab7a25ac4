"""What an outcome chose, beside everything else that was tried: lift against repeatability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from segmentation.choosing.verdict import REPEATABLE, SMALLEST_SHARE, WORDS
from segmentation.guiding.guidance import Guidance
from segmentation.guiding.search import Tried
from segmentation.palette import Theme
from segmentation.plots.chart import Chart, blank, label_at
from segmentation.wording import listed, number, percent, times, upper_first

HEIGHT, NARROW_HEIGHT = 380, 320
CLEARLY_MORE = 0.05
"""A lift that is higher by less is no better."""


def frontier_chart(guidance: Guidance, *, labels: Mapping[str, str], theme: Theme, narrow: bool) -> Chart:
    """Each set of features that was tried by its lift and its stability, the chosen one marked; `labels` are the features' names."""
    title = frontier_title(guidance)
    winner = _winner(guidance)
    return Chart(
        figure=_figure(guidance, winner, labels, theme, narrow),
        title=title,
        subtitle="Lift of the best segment as the search saw it, against agreement between resamples. Hollow: a segment under "
        f"{SMALLEST_SHARE:.0%} of customers",
        explanation="Every point is a set of features and weights with its best number of segments. Further up, the outcome is more "
        "frequent in the best segment; further right, the segments come back when customers are drawn again. Only what lies right of the "
        "line, and has no segment that is too small, may win. These lifts flatter, for the best of many tries is partly luck: the figure "
        "for customers held out is the one to go by.",
        summary=f"{title}. Chosen: {winner.k} segments by {listed([labels.get(name, name) for name in winner.features])}, "
        f"lift {times(winner.lift)}, agreement {_stability(winner)}. {len(guidance.frontier)} sets of features were tested.",
        table=_table(guidance.frontier, labels),
    )


def frontier_title(guidance: Guidance) -> str:
    """Whether more lift could be had by giving up repeatability or size; nothing is claimed where none passes."""
    winner = _winner(guidance)
    if not winner.passes:
        return "None of the tries repeats well enough with segments that are large enough"
    more = max((tried.lift for tried in guidance.frontier if not tried.passes), default=0.0)
    if more > winner.lift + CLEARLY_MORE:
        return f"Up to {times(more)} was seen, but not with segments that repeat and are large enough; those reach {times(winner.lift)}"
    return f"Repeatable segments cost no lift: none of the other tries is clearly above {times(winner.lift)}"


def _winner(guidance: Guidance) -> Tried:
    chosen = [tried for tried in guidance.frontier if dict(tried.features) == dict(guidance.features) and tried.k == guidance.k]
    return chosen[0] if chosen else Tried(guidance.features, guidance.k, guidance.seen_lift, guidance.smallest_share, guidance.stability)


def _stability(tried: Tried) -> str:
    return "not measured" if tried.stability is None else number(tried.stability, 2)


def _figure(guidance: Guidance, winner: Tried, labels: Mapping[str, str], theme: Theme, narrow: bool) -> go.Figure:
    figure = blank(theme, NARROW_HEIGHT if narrow else HEIGHT, margin={"l": 48, "r": 20, "t": 16, "b": 44})
    tested = [tried for tried in guidance.frontier if tried.stability is not None]
    low = min([*(tried.stability or 0.0 for tried in tested), REPEATABLE]) - 0.05
    figure.add_vrect(x0=REPEATABLE, x1=1.02, fillcolor=theme.chosen_band, line_width=0, layer="below")
    label_at(
        figure,
        1.02,
        1,
        f"repeats from {REPEATABLE:.2f}",
        colour=theme.ticks,
        size=11,
        yref="paper",
        xanchor="right",
        yanchor="top",
        xshift=-4,
    )
    _draw(figure, [tried for tried in tested if tried is not winner], labels, theme)
    figure.add_scatter(
        x=[winner.stability],
        y=[winner.lift],
        mode="markers+text",
        marker={"size": 13, "color": theme.accent, "opacity": 1, "line": {"width": 1, "color": theme.surface}},
        text=[f"<b>chosen {times(winner.lift)}</b>"],
        textposition="top left" if (winner.stability or 0) > 0.8 else "top right",
        textfont={"size": 12, "color": theme.accent},
        hovertext=[_hover(winner, labels)],
        hovertemplate="%{hovertext}<extra></extra>",
        cliponaxis=False,
    )
    figure.update_xaxes(range=[low, 1.02], title={"text": "agreement between resamples (ARI)"}, nticks=6)
    lifts = [tried.lift for tried in guidance.frontier]
    room = max(0.12 * (max(lifts) - min(lifts)), 0.1)
    figure.update_yaxes(range=[min(lifts) - room, max(lifts) + 2 * room], title={"text": "lift of the best segment"}, nticks=6)
    return figure


def _draw(figure: go.Figure, tried: Sequence[Tried], labels: Mapping[str, str], theme: Theme) -> None:
    figure.add_scatter(
        x=[each.stability for each in tried],
        y=[each.lift for each in tried],
        mode="markers",
        marker={
            "size": 7,
            "opacity": 1,
            "color": [theme.surface if each.smallest_share < SMALLEST_SHARE else theme.rest for each in tried],
            "line": {"width": 1.5, "color": theme.rest},
        },
        hovertext=[_hover(each, labels) for each in tried],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _hover(tried: Tried, labels: Mapping[str, str]) -> str:
    features = [f"{labels.get(name, name)}{'' if weight == 1 else f' × {weight:g}'}" for name, weight in tried.features.items()]
    lines = [", ".join(features[at : at + 3]) for at in range(0, len(features), 3)]
    return (
        f"<b>{upper_first(WORDS[tried.k])} segments, lift {times(tried.lift)}</b><br>agreement {_stability(tried)}, "
        f"smallest segment {percent(tried.smallest_share)}<br>{'<br>'.join(lines)}"
    )


def _table(frontier: Sequence[Tried], labels: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Features": [
                ", ".join(f"{labels.get(name, name)} {weight:g}" for name, weight in tried.features.items()) for tried in frontier
            ],
            "Segments": [tried.k for tried in frontier],
            "Lift": [tried.lift for tried in frontier],
            "Agreement between resamples": [tried.stability for tried in frontier],
            "Smallest segment": [tried.smallest_share for tried in frontier],
        }
    )
