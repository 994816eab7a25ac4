"""How much segments spend beside how recently they bought."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd
import plotly.graph_objects as go

from segmentation.describing.profile_types import Interval, Profiles, SegmentProfile
from segmentation.palette import SegmentStyle, Theme
from segmentation.plots.chart import WIDTHS, Chart, blank, dodge, label_at, mark, shown_name, stroke, text_width
from segmentation.wording import money, number

CROWDED, BESIDE = 24, 8
"""Marks closer than this (px) in height share the room to their right; a label keeps this distance from a mark."""
FEW = 10
"""Customers of whom a mean is known well enough for its interval to be shown whole."""

HEIGHT = 340
LARGEST = 26
"""Diameter in px of the largest segment's mark; areas are proportional to customers."""


@dataclass(frozen=True)
class _Point:
    segment: SegmentProfile
    style: SegmentStyle
    value: Interval
    recency: Interval


def value_recency(
    profiles: Profiles, styles: Sequence[SegmentStyle], *, theme: Theme, narrow: bool, currency: str | None = None
) -> Chart | None:
    """Mean spend against mean days since the last purchase, with intervals; None where either is not known."""
    points = [
        _Point(segment, style, segment.value_mean, segment.recency_mean)
        for segment, style in zip(profiles.segments, styles, strict=True)
        if segment.value_mean is not None and segment.recency_mean is not None
    ]
    if not points:
        return None
    log = all(point.value.mean > 0 for point in points)
    unit = f" in {currency}" if currency else ""
    return Chart(
        figure=_figure(points, theme, narrow, currency, log),
        title=value_recency_title(profiles),
        subtitle=f"Mean spend{unit}{' (log scale)' if log else ''}, mean days with 95% intervals; area is customers",
        explanation="Further up means more spend per customer, further left a more recent purchase. The line is the 95% interval of "
        "the mean days since the last purchase: where lines overlap much, segments are alike in it.",
        summary=f"{value_recency_title(profiles)}. "
        + " ".join(
            f"{p.style.name}: mean spend {money(p.value.mean, currency)}, mean {number(p.recency.mean, 1)} days since the last purchase "
            f"({number(p.recency.low, 1)} to {number(p.recency.high, 1)})."
            for p in points
        ),
        table=_table(points),
    )


def value_recency_title(profiles: Profiles) -> str:
    """Whether segments differ in spend, in recency, in both or in neither: by tests that hold after correction."""
    if len(profiles.segments) == 1:
        return "One segment, with no other to compare it to"
    spend, recency = _differ(profiles, "spend"), _differ(profiles, profiles.recency)
    if spend and recency:
        return "Segments differ in spend and in how recently they bought"
    if spend:
        return "Segments differ in spend, not in how recently they bought"
    if recency:
        return "Segments differ in how recently they bought, not in spend"
    return "Segments differ neither in spend nor in how recently they bought"


def _differ(profiles: Profiles, measure: str | None) -> bool:
    """Whether a segment differs significantly, and by more than a small effect (0.2)."""
    found = [each for segment in profiles.segments for each in segment.differences if each.measure == measure]
    return any(each.significant and abs(each.effect) >= 0.2 for each in found)


def _figure(points: Sequence[_Point], theme: Theme, narrow: bool, currency: str | None, log: bool) -> go.Figure:
    figure = blank(theme, HEIGHT)
    width, height = WIDTHS[narrow] - 50, HEIGHT - 60
    texts = [_label(point, narrow, currency) for point in points]
    reach = _reach(points)[1]
    left, right = _x_range(points, texts, width)
    low, high = _y_range(points, log)
    largest = max(point.segment.size for point in points)
    for point in points:
        size = max(9.0, LARGEST * math.sqrt(point.segment.size / largest))
        _draw(figure, point, theme, currency, size)
    scale = math.log10 if log else float
    seen = [replace(point.recency, low=_low(point), high=min(point.recency.high, reach)) for point in points]
    heights = [(high - scale(point.value.mean)) / (high - low) * height for point in points]
    marks = [_Mark(at, *_pixels(days, left, right, width)) for at, days in zip(heights, seen, strict=True)]
    labels = _label_places(marks, [_text_pixels(text) for text in texts], height)
    for text, own, (x, moved) in zip(texts, marks, labels, strict=True):
        y = high - own.y / height * (high - low)
        label_at(figure, left + x / width * (right - left), y, text, colour=theme.font, xanchor="left", yshift=own.y - moved)
    figure.update_xaxes(range=[left, right], title={"text": "mean days since last purchase"}, nticks=6)
    ticks = _value_ticks(low, high, log)
    figure.update_yaxes(
        type="log" if log else "linear", range=[low, high], tickvals=ticks, ticktext=[money(tick, currency) for tick in ticks]
    )
    figure.update_layout(margin={"l": 8, "r": 8, "t": 8, "b": 8})
    return figure


@dataclass(frozen=True)
class _Mark:
    """Where a segment's interval lies in the plot, in px from its upper left corner."""

    y: float
    start: float
    end: float


def _pixels(days: Interval, left: float, right: float, width: float) -> tuple[float, float]:
    """Where an interval begins and ends; a mark may be wider than its interval."""
    centre, scale = (days.mean - left) / (right - left) * width, width / (right - left)
    return min((days.low - left) * scale, centre - LARGEST / 2), max((days.high - left) * scale, centre + LARGEST / 2)


def _text_pixels(text: str) -> float:
    return text_width(text.replace("<b>", "").replace("</b>", "")) * 1.06


def _label_places(marks: Sequence[_Mark], widths: Sequence[float], height: float) -> list[tuple[float, float]]:
    """Left end and height of each label: right of its own mark, behind others that lie in the way, apart from other labels."""
    starts = [_clear_of(marks, own, width) for own, width in zip(marks, widths, strict=True)]
    places = [mark.y for mark in marks]
    for group in _overlapping([(start, start + width) for start, width in zip(starts, widths, strict=True)]):
        for place, moved in zip(group, dodge([marks[each].y for each in group], 18, 8, height - 8), strict=True):
            places[place] = moved
    return list(zip(starts, places, strict=True))


def _clear_of(marks: Sequence[_Mark], own: _Mark, width: float) -> float:
    start = own.end + BESIDE
    for other in sorted(marks, key=lambda mark: mark.start):
        if abs(other.y - own.y) < CROWDED and other.start - BESIDE < start + width and other.end > start - BESIDE:
            start = max(start, other.end + BESIDE)
    return start


def _overlapping(spans: Sequence[tuple[float, float]]) -> list[list[int]]:
    """Places of `spans` (from, to) in groups that hang together."""
    groups: list[list[int]] = []
    reach = -math.inf
    for place in sorted(range(len(spans)), key=lambda at: spans[at]):
        if spans[place][0] >= reach:
            groups.append([])
        groups[-1].append(place)
        reach = max(reach, spans[place][1])
    return groups


def _low(point: _Point) -> float:
    """Where a recency interval begins: nobody buys in days to come."""
    return max(point.recency.low, 0.0) if point.recency.mean >= 0 else point.recency.low


def _reach(points: Sequence[_Point]) -> tuple[float, float]:
    """From where to where the axis has to go: every mean, and the intervals of all but a handful of customers, whose runs out of it."""
    sure = [point for point in points if point.segment.size >= FEW] or points
    means = [point.recency.mean for point in points]
    return min([*means, *(_low(point) for point in sure)]), max([*means, *(point.recency.high for point in sure)])


def _label(point: _Point, narrow: bool, currency: str | None) -> str:
    return f"<b>{shown_name(point.style, narrow)}</b>  {money(round(point.value.mean), currency)}"


def _draw(figure: go.Figure, point: _Point, theme: Theme, currency: str | None, size: float) -> None:
    hover = (
        f"<b>{point.style.name}</b>, {point.segment.size:,} customers<br>mean spend {money(point.value.mean, currency)} "
        f"({money(point.value.low, currency)} to {money(point.value.high, currency)})<br>mean days since last purchase "
        f"{number(point.recency.mean, 1)} ({number(point.recency.low, 1)} to {number(point.recency.high, 1)})<extra></extra>"
    )
    colour = stroke(point.style, theme)
    x, y = [_low(point), point.recency.high], [point.value.mean] * 2
    figure.add_scatter(x=x, y=y, mode="lines", line={"width": 1.5, "color": colour}, hoverinfo="skip")
    marker = mark(point.style, theme, size=size, opacity=0.88)
    figure.add_scatter(x=[point.recency.mean], y=[point.value.mean], mode="markers", marker=marker, hovertemplate=hover)


def _x_range(points: Sequence[_Point], texts: Sequence[str], width: float) -> tuple[float, float]:
    """A range that leaves each label its room to the right of its interval."""
    nearest, furthest = _reach(points)
    span = max(furthest - nearest, 1.0)
    left = nearest - 0.12 * span
    right = left + span * 1.2
    for text in texts:
        taken = min(0.7, (_text_pixels(text) + 14) / width)
        right = max(right, left + (furthest - left) / (1 - taken))
    return left, right


def _y_range(points: Sequence[_Point], log: bool) -> tuple[float, float]:
    values = [math.log10(point.value.mean) if log else point.value.mean for point in points]
    room = max(0.14 * (max(values) - min(values)), 0.1 if log else 1.0)
    return min(values) - room, max(values) + room


def _value_ticks(low: float, high: float, log: bool) -> list[float]:
    if not log:
        step = (high - low) / 5
        power = 10 ** math.floor(math.log10(step))
        step = math.ceil(step / power) * power
        return [step * count for count in range(math.ceil(low / step), math.floor(high / step) + 1)]
    steps = [base * 10**power for power in range(math.floor(low), math.ceil(high) + 1) for base in (1, 2, 5)]
    return [step for step in steps if low <= math.log10(step) <= high]


def _table(points: Sequence[_Point]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Segment": [point.style.name for point in points],
            "Customers": [point.segment.size for point in points],
            "Mean spend": [round(point.value.mean, 2) for point in points],
            "Spend low": [round(point.value.low, 2) for point in points],
            "Spend high": [round(point.value.high, 2) for point in points],
            "Mean days since last purchase": [round(point.recency.mean, 2) for point in points],
            "Days low": [round(point.recency.low, 2) for point in points],
            "Days high": [round(point.recency.high, 2) for point in points],
        }
    )
