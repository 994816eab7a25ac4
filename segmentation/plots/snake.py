"""The snake plot: a line for each segment across the measures that split segments most."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from segmentation.describing.profile_types import Measure, Profiles
from segmentation.palette import SegmentStyle, Theme
from segmentation.plots.chart import LINE, Chart, blank, mark, plain_axis, stroke
from segmentation.plots.overview import (
    cell_of,
    cell_words,
    differences_summary,
    differences_table,
    draw_heads,
    heat_map_measures,
    heat_map_title,
    segment_heads,
)
from segmentation.wording import signed


def snake_plot(profiles: Profiles, styles: Sequence[SegmentStyle], *, theme: Theme, narrow: bool, currency: str | None = None) -> Chart:
    """The heat map's figures as lines: measures from top to bottom, standard deviations from the overall mean from left to right."""
    rows = heat_map_measures(profiles)
    left_out = len(profiles.measures) - len(rows)
    return Chart(
        figure=_figure(profiles, rows, styles, theme=theme, narrow=narrow, currency=currency),
        title=heat_map_title(profiles),
        subtitle="Segment mean minus overall mean, in standard deviations. Left of the line is below average, right above.",
        explanation="Each line is a segment. At each measure it shows how far the segment's mean lies from the overall mean, in standard "
        "deviations: where lines lie apart, segments differ. Measures are sorted by how far the segments lie apart; what joins two points "
        "only leads the eye." + (f" {len(rows)} of {len(profiles.measures)} measures are drawn; the table has all." if left_out else ""),
        summary=differences_summary(profiles, styles),
        table=differences_table(profiles, styles),
    )


def _figure(
    profiles: Profiles,
    rows: Sequence[Measure],
    styles: Sequence[SegmentStyle],
    *,
    theme: Theme,
    narrow: bool,
    currency: str | None,
) -> go.Figure:
    heads, row = segment_heads(styles, narrow), 28 if narrow else 30
    top = 24 + 14 * max((head.count("<br>") + 1 for head in heads if head), default=0)
    figure = blank(theme, top + 28 + len(rows) * row, margin={"l": 8, "r": 8, "t": 0, "b": 8})
    figure.add_scatter(x=[0, 0], y=[-0.5, len(rows) - 0.5], mode="lines", line={"width": 1.5, "color": theme.zero_line}, hoverinfo="skip")
    extent = 0.5
    for segment, style in zip(profiles.segments, styles, strict=True):
        cells = [cell_of(segment, measure.name) for measure in rows]
        extent = max([extent, *(abs(cell.z) for cell in cells if cell is not None)])
        figure.add_scatter(
            x=[cell.z if cell else None for cell in cells],
            y=list(range(len(rows))),
            mode="lines+markers",
            line={"width": LINE, "color": stroke(style, theme)},
            marker=mark(style, theme, size=9),
            text=[cell_words(measure, cell, style, segment.size, currency) for measure, cell in zip(rows, cells, strict=True)],
            hovertemplate="%{text}<extra></extra>",
        )
    columns = [extent * 1.08 * (2 * (place + 0.5) / len(styles) - 1) for place in range(len(styles))]
    draw_heads(figure, styles, theme, row, heads, columns)
    ticks = [tick for tick in (-3, -2, -1, 0, 1, 2, 3) if abs(tick) <= extent]
    figure.update_xaxes(range=[-1.08 * extent, 1.08 * extent], tickvals=ticks, ticktext=[signed(tick, 0) for tick in ticks])
    names = [measure.short if narrow else measure.label for measure in rows]
    figure.update_yaxes(**plain_axis(tickvals=list(range(len(rows))), ticktext=names, range=[len(rows) - 0.5, -0.5 - top / row]))
    return figure
