"""All segments at once: the heat map of standardised means, and share of customers against share of spend."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from segmentation.describing.profile_types import Difference, Measure, Profiles, SegmentProfile
from segmentation.describing.traits import plain_label
from segmentation.palette import SegmentStyle, Theme
from segmentation.plots.chart import WIDTHS, Chart, blank, label_at, mark, percent_ticks, plain_axis, stroke, text_width
from segmentation.wording import compact, listed, lower_first, percent, quantity, signed, upper_first, without_sums

ROWS = 12
RANGE = 1.7
"""Standard deviations at the ends of the colour scale; stronger cells keep the end colour, their number tells."""

FAINT = 0.25
HARDLY = 0.1
EVEN = 0.05

SHARE_ROWS = 360
"""Height in pixels that the shares' rows fill together, so that their card is about as high as the heat map's beside it."""


def heat_map(profiles: Profiles, styles: Sequence[SegmentStyle], *, theme: Theme, narrow: bool, currency: str | None = None) -> Chart:
    """Segments against measures, in standard deviations from the overall mean; the widest spread comes first."""
    rows = heat_map_measures(profiles)
    left_out = len(profiles.measures) - len(rows)
    return Chart(
        figure=_heat_map_figure(profiles, rows, styles, theme=theme, narrow=narrow, currency=currency),
        title=heat_map_title(profiles),
        subtitle="Segment mean minus overall mean, in standard deviations. Blue is below average, orange above.",
        explanation="Each cell says how far a segment's mean lies from the overall mean, in standard deviations, so that amounts "
        "and visits can be compared. Around ±0.2 is little, ±0.8 is a lot. Rows are sorted by how far the segments lie apart."
        + (f" {len(rows)} of {len(profiles.measures)} measures are drawn; the table has all." if left_out else ""),
        summary=differences_summary(profiles, styles),
        table=differences_table(profiles, styles),
    )


def heat_map_measures(profiles: Profiles) -> tuple[Measure, ...]:
    """The measures that the heat map draws: those that split segments most, and the one that splits them least."""
    shown = set(without_sums([measure.name for measure in profiles.measures]))
    measures = tuple(measure for measure in profiles.measures if measure.name in shown)
    return measures if len(measures) <= ROWS else (*measures[: ROWS - 1], measures[-1])


def heat_map_title(profiles: Profiles) -> str:
    """Which measures split the segments most, and which hardly at all where that is so."""
    extent = [
        (measure, max((abs(each.z) for each in _across(profiles, measure.name)), default=0.0)) for measure in heat_map_measures(profiles)
    ]
    apart = list(dict.fromkeys(lower_first(plain_label(measure)) for measure, most in extent if most >= FAINT))[:2]
    if not apart:
        return "No measure sets the segments clearly apart"
    verb = "split" if len(apart) > 1 else "splits"
    title = f"{upper_first(listed(apart))} {verb} the segments most"
    least, most = extent[-1]
    return f"{title}; {lower_first(plain_label(least))} hardly at all" if most < HARDLY else title


def _across(profiles: Profiles, measure: str) -> list[Difference]:
    return [each for segment in profiles.segments for each in segment.differences if each.measure == measure]


def cell_of(segment: SegmentProfile, measure: str) -> Difference | None:
    """How a segment differs in a measure; None where that is not known."""
    return next((each for each in segment.differences if each.measure == measure), None)


def _heat_map_figure(
    profiles: Profiles,
    rows: Sequence[Measure],
    styles: Sequence[SegmentStyle],
    *,
    theme: Theme,
    narrow: bool,
    currency: str | None,
) -> go.Figure:
    cells = [[cell_of(segment, measure.name) for segment in profiles.segments] for measure in rows]
    places = [float(place) for place in range(len(styles))]
    heads, row = segment_heads(styles, narrow), 28 if narrow else 30
    top = 24 + 14 * max((head.count("<br>") + 1 for head in heads if head), default=0)
    figure = blank(theme, top + 8 + len(rows) * row, margin={"l": 8, "r": 8, "t": 0, "b": 8})
    figure.add_heatmap(
        z=[[cell.z if cell else None for cell in row] for row in cells],
        x=places,
        y=list(range(len(rows))),
        zmin=-RANGE,
        zmax=RANGE,
        zmid=0,
        colorscale=[list(stop) for stop in theme.diverging],
        showscale=False,
        xgap=2,
        ygap=2,
        hovertemplate="%{text}<extra></extra>",
        text=[
            [
                cell_words(measure, cell, style, segment.size, currency)
                for cell, style, segment in zip(row, styles, profiles.segments, strict=True)
            ]
            for measure, row in zip(rows, cells, strict=True)
        ],
        texttemplate="",
    )
    _heat_map_numbers(figure, cells, theme)
    draw_heads(figure, styles, theme, row, heads, places)
    figure.update_xaxes(showgrid=False, showticklabels=False, range=[-0.5, len(styles) - 0.5])
    labels = [measure.short if narrow else measure.label for measure in rows]
    figure.update_yaxes(**plain_axis(tickvals=list(range(len(rows))), ticktext=labels, range=[len(rows) - 0.5, -0.5 - top / row]))
    return figure


def _heat_map_numbers(figure: go.Figure, cells: Sequence[Sequence[Difference | None]], theme: Theme) -> None:
    points = [(x, y, cell.z) for y, row in enumerate(cells) for x, cell in enumerate(row) if cell is not None]

    def colour(z: float) -> str:
        if abs(z) < FAINT:
            return theme.ticks
        # The ends of the light scale are dark blue and mid orange; ink reads on orange, white on deep blue.
        return "#ffffff" if theme.name == "light" and z < -1.35 else theme.ink if theme.name == "light" or z < 1.35 else "#12151b"

    figure.add_scatter(
        x=[x for x, _, _ in points],
        y=[y for _, y, _ in points],
        text=[signed(z) for *_, z in points],
        mode="text",
        textfont={"size": 11, "color": [colour(z) for *_, z in points]},
        hoverinfo="skip",
    )


def draw_heads(
    figure: go.Figure, styles: Sequence[SegmentStyle], theme: Theme, row: int, names: Sequence[str], places: Sequence[float]
) -> None:
    """Each segment's mark over its column, and its name between them where names fit; `places` are the columns on the x axis."""
    lines = max((name.count("<br>") + 1 for name in names if name), default=0)
    for place, style, name in zip(places, styles, names, strict=True):
        figure.add_scatter(
            x=[place],
            y=[-0.5 - (12 + 14 * lines) / row],
            mode="markers",
            marker=mark(style, theme, size=10),
            hoverinfo="skip",
        )
        if name:
            label_at(figure, place, -0.5, name, colour=theme.font, size=11, yanchor="bottom", yshift=0)


def segment_heads(styles: Sequence[SegmentStyle], narrow: bool) -> list[str]:
    """Short names on one or two lines, or nothing where columns are too narrow for them."""
    column = (WIDTHS[False] - 125) / max(len(styles), 1)
    names = [_wrapped(style.short_name, column) for style in styles]
    fits = all(text_width(line, 11) <= column for name in names for line in name)
    return ["<br>".join(name) if fits and not narrow else "" for name in names]


def _wrapped(name: str, width: float) -> list[str]:
    if text_width(name, 11) <= width:
        return [name]
    for cut in ("-", " "):
        if cut in name:
            head, tail = name.split(cut, 1)
            return [head + ("-" if cut == "-" else ""), tail]
    return [name]


def cell_words(measure: Measure, cell: Difference | None, style: SegmentStyle, n: int, currency: str | None) -> str:
    """What hovering over one measure of one segment says."""
    if cell is None:
        return f"<b>{style.name}</b><br>{measure.label}: not known"
    own, overall = quantity(cell.mean, measure.unit, currency), quantity(cell.overall_mean, measure.unit, currency)
    return (
        f"<b>{style.name}</b>, {n:,} customers<br>{measure.label}: mean {own}, overall {overall}<br>{signed(cell.z, 2)} standard deviations"
    )


def differences_summary(profiles: Profiles, styles: Sequence[SegmentStyle]) -> str:
    """The finding, then the strongest three measures of each segment."""
    sentences = []
    for segment, style in zip(profiles.segments, styles, strict=True):
        strongest = sorted(segment.differences, key=lambda each: -abs(each.z))[:3]
        words = [f"{lower_first(profiles.measure(each.measure).label)} {signed(each.z)}" for each in strongest]
        sentences.append(f"{style.name}: {listed(words)}.")
    return f"{heat_map_title(profiles)}. Standard deviations from the overall mean, strongest three per segment. {' '.join(sentences)}"


def differences_table(profiles: Profiles, styles: Sequence[SegmentStyle]) -> pd.DataFrame:
    """Standard deviations from the overall mean, a row for each measure and a column for each segment."""
    columns: dict[str, list[object]] = {"Measure": [measure.label for measure in profiles.measures]}
    for segment, style in zip(profiles.segments, styles, strict=True):
        cells = [cell_of(segment, measure.name) for measure in profiles.measures]
        columns[style.name] = [round(cell.z, 3) if cell else None for cell in cells]
    return pd.DataFrame(columns)


def shares(profiles: Profiles, styles: Sequence[SegmentStyle], *, theme: Theme, narrow: bool, currency: str | None = None) -> Chart | None:
    """Share of customers against share of spend, the largest share of spend first; None where nothing was spent."""
    if not profiles.value or any(segment.value_share is None for segment in profiles.segments):
        return None
    pairs = sorted(zip(profiles.segments, styles, strict=True), key=lambda pair: -(pair[0].value_share or 0.0))
    return Chart(
        figure=_shares_figure(pairs, theme, narrow, currency),
        title=shares_title(profiles),
        subtitle=f"Hollow: share of customers. Filled: share of the {currency or ''}{compact(profiles.value)} spend.",
        explanation="The hollow mark is a segment's share of customers, the filled one its share of all spend. "
        "Filled to the right of hollow: the segment brings more than its size.",
        summary=f"{shares_title(profiles)}. "
        + " ".join(f"{style.name}: {percent(s.share)} of customers, {percent(s.value_share or 0)} of spend." for s, style in pairs),
        table=pd.DataFrame(
            {
                "Segment": [style.name for _, style in pairs],
                "Customers": [segment.size for segment, _ in pairs],
                "Share of customers": [round(segment.share, 4) for segment, _ in pairs],
                "Spend": [segment.value for segment, _ in pairs],
                "Share of spend": [round(segment.value_share or 0.0, 4) for segment, _ in pairs],
            }
        ),
    )


def shares_title(profiles: Profiles) -> str:
    """The segment that brings most beyond its size; or that spend follows size."""
    if len(profiles.segments) == 1:
        return "One segment brings all of the spend"
    best = max(profiles.segments, key=lambda segment: (segment.value_share or 0.0) - segment.share)
    if (best.value_share or 0.0) - best.share < EVEN:
        return "Each segment brings about as much spend as its size"
    return f"{percent(best.share)} of customers bring {percent(best.value_share or 0.0)} of spend"


def _shares_figure(pairs: Sequence[tuple[SegmentProfile, SegmentStyle]], theme: Theme, narrow: bool, currency: str | None) -> go.Figure:
    highest = max(max(segment.share, segment.value_share or 0.0) for segment, _ in pairs)
    end = highest * (1.2 if not narrow else 1.3) + 0.02
    row = 48 if narrow else min(84, max(48, SHARE_ROWS // len(pairs)))
    figure = blank(theme, 40 + row * len(pairs))
    for place, (segment, style) in enumerate(pairs):
        _share_row(figure, place, segment, style, theme, end, currency)
    figure.update_xaxes(range=[-0.07 * end, end], **percent_ticks(end))
    figure.update_yaxes(showgrid=False, showticklabels=False, range=[len(pairs) - 0.55, -0.8])
    figure.update_layout(margin={"l": 12, "r": 12, "t": 4, "b": 8})
    return figure


def _share_row(
    figure: go.Figure, place: int, segment: SegmentProfile, style: SegmentStyle, theme: Theme, end: float, currency: str | None
) -> None:
    customers, value = segment.share, segment.value_share or 0.0
    spent = quantity(segment.value or 0.0, "money", currency)
    hover = (
        f"<b>{style.name}</b><br>{percent(customers)} of customers ({segment.size:,})<br>{percent(value)} of spend ({spent})<extra></extra>"
    )
    figure.add_scatter(
        x=[customers, value], y=[place, place], mode="lines", line={"width": 2.5, "color": stroke(style, theme)}, hoverinfo="skip"
    )
    figure.add_scatter(x=[customers], y=[place], mode="markers", marker=mark(style, theme, size=9, hollow=True), hovertemplate=hover)
    figure.add_scatter(x=[value], y=[place], mode="markers", marker=mark(style, theme, size=11), hovertemplate=hover)
    label_at(figure, 0, place - 0.38, style.name, colour=theme.font, xanchor="left", xshift=-22)
    low, high = min(customers, value), max(customers, value)
    bold, quiet = f"<b>{percent(value)}</b>", percent(customers)
    if high - low < 0.045 * end:
        text = f"{bold} <span style='color:{theme.ticks}'>of spend, {quiet} of customers</span>"
        if high < 0.55 * end:
            label_at(figure, high, place, text, colour=theme.ink, xanchor="left", xshift=9)
        else:
            label_at(figure, low, place, text, colour=theme.ink, xanchor="right", xshift=-9)
        return
    for at, text, colour in ((value, bold, theme.ink), (customers, quiet, theme.ticks)):
        right = at == high
        label_at(figure, at, place, text, colour=colour, xanchor="left" if right else "right", xshift=9 if right else -9)
