"""One segment beside everyone else: standardised differences with both means, and the mix of spend and orders."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from segmentation.describing.facts import SINCE_LAST
from segmentation.describing.profile_types import Difference, Measure, MixPart, Profiles, SegmentProfile
from segmentation.describing.traits import level_words, trait
from segmentation.palette import SegmentStyle, Theme
from segmentation.plots.chart import INTERVAL, Chart, blank, label_at, mark, percent_ticks, plain_axis, stroke
from segmentation.wording import listed, lower_first, percent, quantity, signed, upper_first, without_sums

WIDE_ROWS, NARROW_ROWS = 10, 8
NOTABLE = 0.2
POINTS_APART = 0.03
WHOLES = {"spend": "Share of spend by category", "orders": "Share of orders by channel"}
MIX_ROWS = 14


def segment_of(profiles: Profiles, cluster: int) -> SegmentProfile:
    """The profile of `cluster`; KeyError where there is none."""
    for segment in profiles.segments:
        if segment.cluster == cluster:
            return segment
    raise KeyError(cluster)


def differences(profiles: Profiles, cluster: int, style: SegmentStyle, *, theme: Theme, narrow: bool, currency: str | None = None) -> Chart:
    """Cohen's d with intervals for the measures that differ most; the means of both sides stand at the right."""
    segment = segment_of(profiles, cluster)
    title = differences_title(profiles, cluster)
    strongest = _strongest(segment)
    rows = [(profiles.measure(each.measure), each) for each in strongest[: NARROW_ROWS if narrow else WIDE_ROWS]]
    rest = profiles.customers - segment.size
    words = [
        f"{measure.label}: {quantity(each.mean, measure.unit, currency)} against {quantity(each.rest_mean, measure.unit, currency)}, "
        f"{_effect_words(each)}{'' if each.significant else ', not significant'}."
        for measure, each in rows
    ]
    return Chart(
        figure=_differences_figure(rows, style, theme, narrow, currency),
        title=title,
        subtitle=f"Standardised difference from the other {rest:,} customers, 95% interval; means at the right",
        explanation="Each mark is the difference between this segment's mean and everyone else's, in standard deviations "
        "(Cohen's d); the line is its 95% interval. 0.2 is small, 0.5 medium, 0.8 large. "
        "Grey: not significant once all comparisons are counted. Segments were made to differ in the measures that the model used: "
        "there, the test only describes; elsewhere it is evidence. The table says which those are.",
        summary=f"{title}. {' '.join(words)}",
        table=_differences_table(profiles, strongest),
    )


def differences_title(profiles: Profiles, cluster: int) -> str:
    """Up to three measures that differ significantly and notably, strongest first, each with its direction."""
    found = [each for each in _strongest(segment_of(profiles, cluster)) if each.significant and abs(each.effect) >= NOTABLE][:3]
    if not found:
        return "Nothing sets them clearly apart from everyone else"
    words = [_direction(profiles.measure(each.measure), each.effect > 0) for each in found]
    return f"{upper_first(listed(words))} {'set' if len(words) > 1 else 'sets'} them apart"


def _effect_words(each: Difference) -> str:
    return f"difference {signed(each.effect, 2)} ({signed(each.low, 2)} to {signed(each.high, 2)})"


def _direction(measure: Measure, higher: bool) -> str:
    label = lower_first(measure.label)
    if measure.unit == "count":
        return f"{'many' if higher else 'few'} {label}"
    if measure.name == "partner":
        return "a partner at home" if higher else "no partner at home"
    if measure.yes_or_no:
        return trait(measure).more_or_fewer(more=higher)
    if measure.unit == "days" and (last := SINCE_LAST.match(label)):
        return f"{last[1]} long ago" if higher else f"recent {last[1]}"
    if measure.name == "age":
        return f"{'higher' if higher else 'lower'} age"
    return f"{'high' if higher else 'low'} {label}"


def _strongest(segment: SegmentProfile) -> list[Difference]:
    shown = set(without_sums([each.measure for each in segment.differences]))
    return sorted((each for each in segment.differences if each.measure in shown), key=lambda each: -abs(each.effect))


def _differences_figure(
    rows: Sequence[tuple[Measure, Difference]], style: SegmentStyle, theme: Theme, narrow: bool, currency: str | None
) -> go.Figure:
    row, right = (30, 108) if narrow else (30, 124)
    figure = blank(theme, 36 + 44 + row * len(rows), margin={"l": 8, "r": right, "t": 34, "b": 8})
    low = -1.1 * max(1.0, *(-each.low for _, each in rows), 0.0)
    high = 1.1 * max(1.0, *(each.high for _, each in rows), 0.0)
    figure.add_shape(type="line", x0=0, x1=0, y0=-0.5, y1=len(rows) - 0.5, line={"color": theme.zero_line, "width": 1.5}, layer="between")
    for place, (measure, each) in enumerate(rows):
        _difference_row(figure, place, measure, each, style, theme, currency)
    # On a phone the words would meet the heads of the columns at the right.
    lower, higher = ("←", "→") if narrow else ("← lower", "higher →")
    label_at(figure, 0, 1, lower, colour=theme.ticks, size=11, yref="paper", xanchor="right", yanchor="bottom", xshift=-6, yshift=10)
    label_at(figure, 0, 1, higher, colour=theme.ticks, size=11, yref="paper", xanchor="left", yanchor="bottom", xshift=6, yshift=10)
    for text, shift in (("segment", right - 56), ("the rest", right - 8)):
        label_at(
            figure,
            1,
            1,
            text,
            colour=theme.ticks,
            size=11,
            xref="paper",
            yref="paper",
            xanchor="right",
            yanchor="bottom",
            xshift=shift,
            yshift=10,
        )
    ticks = _effect_ticks(low, high, 5 if narrow else 9)
    texts = [signed(tick, 0 if float(tick).is_integer() else 1) for tick in ticks]
    figure.update_xaxes(range=[low, high], tickvals=ticks, ticktext=texts, title={"text": "difference in standard deviations"})
    labels = [measure.short if narrow else measure.label for measure, _ in rows]
    figure.update_yaxes(**plain_axis(tickvals=list(range(len(rows))), ticktext=labels, range=[len(rows) - 0.5, -0.5]))
    return figure


def _effect_ticks(low: float, high: float, most: int) -> list[float]:
    """Round ticks around zero, at most `most`."""
    step = next(step for step in (0.5, 1, 2, 5, 10, 20, 50) if (high - low) / step <= most)
    return [step * count for count in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _difference_row(
    figure: go.Figure, place: int, measure: Measure, each: Difference, style: SegmentStyle, theme: Theme, currency: str | None
) -> None:
    own, rest = (quantity(value, measure.unit, currency, short=True) for value in (each.mean, each.rest_mean))
    exact = [quantity(value, measure.unit, currency) for value in (each.mean, each.rest_mean, each.median, each.rest_median)]
    hover = (
        f"<b>{measure.label}</b><br>mean {exact[0]}, the rest {exact[1]}<br>median {exact[2]}, the rest {exact[3]}<br>"
        f"{_effect_words(each)}{'' if each.significant else '<br>not significant'}<extra></extra>"
    )
    colour = stroke(style, theme) if each.significant else theme.rest
    marker = mark(style, theme, size=10)
    if not each.significant:
        marker |= {"color": theme.rest, "line": {"width": 1, "color": theme.ticks}}
    figure.add_scatter(x=[each.low, each.high], y=[place] * 2, mode="lines", line={"width": INTERVAL, "color": colour}, hoverinfo="skip")
    figure.add_scatter(x=[each.effect], y=[place], mode="markers", marker=marker, hovertemplate=hover)
    right = figure.layout.margin.r
    label_at(figure, 1, place, f"<b>{own}</b>", colour=theme.ink, xref="paper", xanchor="right", xshift=right - 56)
    label_at(figure, 1, place, rest, colour=theme.ticks, xref="paper", xanchor="right", xshift=right - 8)


def _differences_table(profiles: Profiles, strongest: Sequence[Difference]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "Measure": profiles.measure(each.measure).label,
                "Segment mean": each.mean,
                "Mean of the rest": each.rest_mean,
                "Segment median": each.median,
                "Median of the rest": each.rest_median,
                "Difference (standard deviations)": round(each.effect, 4),
                "Interval low": round(each.low, 4),
                "Interval high": round(each.high, 4),
                "Significant": "yes" if each.significant else "no",
                "Used by the model": "yes" if profiles.measure(each.measure).fitted else "no",
            }
            for each in strongest
        ]
    )


def mix(profiles: Profiles, cluster: int, style: SegmentStyle, *, theme: Theme, narrow: bool, currency: str | None = None) -> Chart | None:
    """Shares of spend by category and of orders by channel, else of customers by category; None where none is known."""
    del currency
    segment = segment_of(profiles, cluster)
    groups = mix_groups(segment)
    if not groups:
        return None
    title = mix_title(segment)
    labels = [(WHOLES.get(whole, f"Share of customers by {whole.replace('_', ' ')}"), parts) for whole, parts in groups]
    words = [
        f"{label}: " + ", ".join(f"{part.label} {percent(part.segment)} against {percent(part.rest)}" for part in parts) + "."
        for label, parts in labels
    ]
    return Chart(
        figure=_mix_figure(labels, style, theme, narrow),
        title=title,
        subtitle=f"{style.short_name} ({segment.size:,} customers) in colour, everyone else in grey; of all they spend or order together, "
        "where evidence above is the mean of their own shares",
        explanation="Each line joins the segment's share of a part with the share that it has for everyone else. "
        "Shares of one whole add up to 100%. They are of what a group spends or orders together: whoever spends more counts for more. "
        "Where customers are compared one by one, the mean of their own shares can be another figure.",
        summary=f"{title}. {' '.join(words)}",
        table=pd.DataFrame(
            [
                {
                    "Whole": WHOLES.get(part.whole, part.whole),
                    "Part": part.label,
                    "Segment": round(part.segment, 4),
                    "The rest": round(part.rest, 4),
                }
                for part in segment.mix
            ]
        ),
    )


def mix_groups(segment: SegmentProfile) -> list[tuple[str, list[MixPart]]]:
    """What the figure draws: spend and orders; where the file has neither, the category columns that differ most until it is full."""
    by_whole: dict[str, list[MixPart]] = {}
    for part in segment.mix:
        by_whole.setdefault(part.whole, []).append(part)
    leading = [(whole, by_whole[whole]) for whole in WHOLES if whole in by_whole]
    if leading:
        return leading
    groups: list[tuple[str, list[MixPart]]] = []
    for whole, parts in sorted(by_whole.items(), key=lambda each: -_furthest(each[1])):
        if not groups or sum(len(kept) + 1 for _, kept in groups) + len(parts) < MIX_ROWS:
            groups.append((whole, parts))
    return groups


def _furthest(parts: Sequence[MixPart]) -> float:
    return max(abs(part.segment - part.rest) for part in parts)


def mix_title(segment: SegmentProfile) -> str:
    """In which part of each whole they lie furthest above, and below, everyone else."""
    more, less = [], []
    for whole, parts in mix_groups(segment):
        most = max(parts, key=lambda part: part.segment - part.rest)
        least = min(parts, key=lambda part: part.segment - part.rest)
        if most.segment - most.rest >= POINTS_APART:
            more.append(_part_words(whole, most))
        if least.rest - least.segment >= POINTS_APART:
            less.append(_part_words(whole, least))
    if not more and not less:
        return "Their mix is that of everyone else"
    parts_of_title = [f"more {listed(_first_two(more))}"] if more else []
    parts_of_title += [f"less {listed(_first_two(less))}"] if less else []
    return upper_first(", ".join(parts_of_title))


def _first_two(words: Sequence[str]) -> list[str]:
    """Several columns may say the same, such as that somebody has no internet service."""
    return list(dict.fromkeys(words))[:2]


def _part_words(whole: str, part: MixPart) -> str:
    """A category or channel by its name; a level so that it can be told whose it is."""
    return lower_first(part.label) if whole in WHOLES else level_words(whole.replace("_", " "), part.label)


def _mix_figure(groups: Sequence[tuple[str, list[MixPart]]], style: SegmentStyle, theme: Theme, narrow: bool) -> go.Figure:
    rows = sum(len(parts) + 1 for _, parts in groups)
    highest = max(max(part.segment, part.rest) for _, parts in groups for part in parts)
    end = highest * 1.12 + 0.04
    figure = blank(theme, 40 + (26 if not narrow else 24) * rows)
    ticks, place = [], 0
    for label, parts in groups:
        label_at(figure, 0, place, label, colour=theme.ticks, size=11, xref="paper", xanchor="left", xshift=-64)
        for part in parts:
            place += 1
            ticks.append((place, part.label))
            _mix_row(figure, place, part, style, theme, end)
        place += 1
    leftmost = min(min(part.segment, part.rest) for _, parts in groups for part in parts)
    figure.update_xaxes(range=[min(-0.06 * end, leftmost - (0.18 if narrow else 0.12) * end), end], **percent_ticks(end))
    figure.update_yaxes(
        **plain_axis(tickvals=[at for at, _ in ticks], ticktext=[text for _, text in ticks], range=[rows - 0.4, -0.6]), automargin=True
    )
    longest = max(len(text) for _, text in ticks)
    figure.update_layout(margin={"l": max(72, longest * 7), "r": 12, "t": 4, "b": 8})
    return figure


def _mix_row(figure: go.Figure, place: int, part: MixPart, style: SegmentStyle, theme: Theme, end: float) -> None:
    hover = f"<b>{part.label}</b><br>segment {part.segment:.1%}, the rest {part.rest:.1%}<extra></extra>"
    figure.add_scatter(
        x=[part.rest, part.segment],
        y=[place] * 2,
        mode="lines",
        line={"width": 2.5, "color": stroke(style, theme)},
        opacity=0.5,
        hoverinfo="skip",
    )
    grey = {"symbol": "circle", "size": 7, "color": theme.rest}
    figure.add_scatter(x=[part.rest], y=[place], mode="markers", marker=grey, hovertemplate=hover)
    figure.add_scatter(x=[part.segment], y=[place], mode="markers", marker=mark(style, theme, size=10), hovertemplate=hover)
    right = part.segment >= part.rest
    label_at(
        figure,
        part.segment,
        place,
        f"<b>{percent(part.segment)}</b>",
        colour=theme.ink,
        size=11,
        xanchor="left" if right else "right",
        xshift=9 if right else -9,
    )
    if abs(part.segment - part.rest) >= 0.04 * end:
        anchor, shift = ("right", -8) if right else ("left", 8)
        label_at(figure, part.rest, place, percent(part.rest), colour=theme.ticks, size=11, xanchor=anchor, xshift=shift)
