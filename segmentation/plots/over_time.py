"""Segments over time: their shares as stacked areas, and the size of one with who came and who went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd
import plotly.graph_objects as go

from segmentation.movement import Division
from segmentation.palette import SegmentStyle, Theme, colour_index
from segmentation.plots.chart import LINE, Chart, blank, dodge, label_at, mark, stroke, text_width
from segmentation.wording import number, percent

HEIGHT = 312
BELOW, ABOVE = 28, 8
"""Room in px under the areas for the days, and over them."""

MOST_TICKS = {False: 8, True: 4}
HARDLY = 0.01
"""A share that changes by less than this has hardly changed."""

QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)
AREA_OPACITY = 0.88
REST = "No segment"
_FLOWS = (("joined", "Joined"), ("left", "Left"), ("moved_in", "Moved in"), ("moved_out", "Moved out"))


def shares_over_time(
    divisions: Sequence[Division], styles: Sequence[SegmentStyle], *, theme: Theme, narrow: bool, currency: str | None = None
) -> Chart | None:
    """The share of customers in each segment at each day (`divisions`, oldest first); None for fewer than two days."""
    if len(divisions) < 2:
        return None
    title = shares_over_time_title(divisions, styles)
    first, last = divisions[0], divisions[-1]
    now = [f"{style.name} {percent(first.share(place))}, now {percent(last.share(place))}" for place, style in enumerate(styles)]
    return Chart(
        figure=_shares_figure(divisions, styles, theme, narrow),
        title=title,
        subtitle=f"Share of the customers of each day, {_day(first.as_of)} to {_day(last.as_of)}, %",
        explanation="Each day's customers are placed by the same model, with what was known of them on that day. A band that widens is a "
        "segment that many joined or moved to. "
        f"There were {number(first.customers)} customers at first and {number(last.customers)} at last.",
        summary=f"{title}. {'; '.join(now)}.",
        table=_shares_table(divisions, styles),
    )


def shares_over_time_title(divisions: Sequence[Division], styles: Sequence[SegmentStyle]) -> str:
    """Which share fell most and which rose most from the first day to the last, where any changed by a point or more."""
    first, last = divisions[0], divisions[-1]
    changes = sorted((last.share(place) - first.share(place), place) for place in range(len(styles)))
    (fall, fell), (rise, rose) = changes[0], changes[-1]
    parts = []
    if -fall >= HARDLY:
        parts.append(f"{styles[fell].name} fell from {percent(first.share(fell))} to {percent(last.share(fell))}")
    if rise >= HARDLY:
        parts.append(f"{styles[rose].name} rose from {percent(first.share(rose))} to {percent(last.share(rose))}")
    return "; ".join(parts) or f"Shares have hardly changed since {_day(first.as_of)}"


def _shares_figure(divisions: Sequence[Division], styles: Sequence[SegmentStyle], theme: Theme, narrow: bool) -> go.Figure:
    bands = [([each.share(place) for each in divisions], style.name, style) for place, style in enumerate(styles)]
    rest = [each.unplaced / each.customers if each.customers else 0.0 for each in divisions]
    labels = [f"<b>{percent(shares[-1])}</b>" + ("" if narrow else f"  {name}") for shares, name, _ in bands]
    right = 44 if narrow else min(240, 24 + int(max(text_width(label.replace("<b>", "").replace("</b>", "")) for label in labels)))
    figure = blank(theme, HEIGHT, margin={"l": 8, "r": right, "t": ABOVE, "b": BELOW}, hovermode="x unified")
    days = [each.as_of for each in divisions]
    for place, (shares, name, style) in enumerate(bands):
        counts = [each.sizes[place] for each in divisions]
        _area(figure, days, shares, counts, name, theme.fill[colour_index(style.slot)], AREA_OPACITY, theme)
    if any(rest):
        _area(figure, days, rest, [each.unplaced for each in divisions], REST, theme.rest, 0.4, theme)
    _shares_labels(figure, bands, labels, theme, days[-1])
    figure.update_xaxes(showgrid=False, range=[days[0], days[-1]], **_day_ticks(days, narrow))
    figure.update_yaxes(range=[0, 1], tickvals=QUARTERS, ticktext=[percent(share) for share in QUARTERS])
    return figure


def _area(
    figure: go.Figure,
    days: Sequence[date],
    shares: Sequence[float],
    counts: Sequence[int],
    name: str,
    colour: str,
    opacity: float,
    theme: Theme,
) -> None:
    figure.add_scatter(
        x=list(days),
        y=list(shares),
        name=name,
        mode="lines",
        stackgroup="shares",
        line={"width": 1.5, "color": theme.surface},
        fillcolor=_translucent(colour, opacity),
        customdata=list(counts),
        hovertemplate="%{y:.1%} (%{customdata:,})",
    )


def _shares_labels(
    figure: go.Figure, bands: Sequence[tuple[list[float], str, SegmentStyle]], labels: Sequence[str], theme: Theme, last: date
) -> None:
    """Each share of the last day with its segment's name, beside the middle of its band."""
    height = HEIGHT - ABOVE - BELOW
    middles, below = [], 0.0
    for shares, *_ in bands:
        middles.append((below + shares[-1] / 2) * height)
        below += shares[-1]
    for text, at, moved, (*_, style) in zip(labels, middles, dodge(middles, 17, 8, height - 8), bands, strict=True):
        colour = theme.label[colour_index(style.slot)]
        label_at(figure, last, at / height, text, colour=colour, xanchor="left", xshift=8, yshift=moved - at)


def _translucent(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def _shares_table(divisions: Sequence[Division], styles: Sequence[SegmentStyle]) -> pd.DataFrame:
    columns: dict[str, list[object]] = {"Day": [each.as_of.isoformat() for each in divisions]}
    columns["Customers"] = [each.customers for each in divisions]
    for place, style in enumerate(styles):
        columns[style.name] = [each.sizes[place] for each in divisions]
        columns[f"{style.name}, share"] = [round(each.share(place), 4) for each in divisions]
    if any(each.unplaced for each in divisions):
        columns[REST] = [each.unplaced for each in divisions]
    return pd.DataFrame(columns)


def size_over_time(
    divisions: Sequence[Division], segment: int, style: SegmentStyle, *, theme: Theme, narrow: bool, currency: str | None = None
) -> Chart | None:
    """The customers of one segment at each day, and below who came and who went since the day before; None for fewer than two days."""
    if len(divisions) < 2:
        return None
    title = size_over_time_title(divisions, segment)
    return Chart(
        figure=_size_figure(divisions, segment, style, theme, narrow),
        title=title,
        subtitle=f"Customers at each day{'; below, who came and went since the day before' if _moves_known(divisions) else ''}",
        explanation="The line counts the segment's customers on each day."
        + (
            " Bars upward are customers who joined (dark) or moved here from another segment (light); bars downward left the dataset "
            "(dark) or moved to another segment (light)."
            if _moves_known(divisions)
            else ""
        ),
        summary=f"{title}. " + " ".join(f"{_day(each.as_of)}: {number(each.sizes[segment])}." for each in divisions),
        table=_size_table(divisions, segment),
    )


def size_over_time_title(divisions: Sequence[Division], segment: int) -> str:
    """How the size changed from the first day to the last, and how many joined since the day before the last."""
    first, last = divisions[0], divisions[-1]
    before, now = first.sizes[segment], last.sizes[segment]
    if now == before:
        start = f"{number(now)} customers, as on {_day(first.as_of)}"
    else:
        start = f"{'Grew' if now > before else 'Shrank'} from {number(before)} to {number(now)}"
    if last.moves is None:
        return start
    return f"{start}; {number(last.moves.joined[segment])} joined since {_day(divisions[-2].as_of)}"


def _size_figure(divisions: Sequence[Division], segment: int, style: SegmentStyle, theme: Theme, narrow: bool) -> go.Figure:
    days, sizes = [each.as_of for each in divisions], [each.sizes[segment] for each in divisions]
    figure = blank(theme, HEIGHT, margin={"l": 8, "r": 52, "t": 24, "b": BELOW}, barmode="relative", bargap=0.55)
    figure.add_scatter(
        x=days,
        y=sizes,
        mode="lines",
        line={"width": LINE, "color": stroke(style, theme)},
        hovertemplate="%{x|%-d %b %Y}: %{y:,} customers<extra></extra>",
    )
    figure.add_scatter(x=days[-1:], y=sizes[-1:], mode="markers", marker=mark(style, theme, size=9), hoverinfo="skip")
    label_at(figure, days[-1], sizes[-1], f"<b>{number(sizes[-1])}</b>", colour=theme.ink, xanchor="left", xshift=10)
    figure.update_xaxes(showgrid=False, **_day_ticks(days, narrow))
    figure.update_yaxes(range=[0, max(sizes) * 1.12 or 1], nticks=4)
    if _moves_known(divisions):
        _flow_panel(figure, divisions, segment, style, theme)
    return figure


def _moves_known(divisions: Sequence[Division]) -> bool:
    return any(each.moves is not None for each in divisions)


def _flow_panel(figure: go.Figure, divisions: Sequence[Division], segment: int, style: SegmentStyle, theme: Theme) -> None:
    """Under the line, with its own axis: bars for who came and went."""
    _flow_bars(figure, divisions, segment, style, theme)
    figure.update_layout(
        xaxis={"anchor": "y2"},
        yaxis={"domain": [0.46, 1]},
        yaxis2={"domain": [0, 0.3], "anchor": "x", "nticks": 3, "zeroline": True, "zerolinecolor": theme.zero_line, "zerolinewidth": 1},
    )
    own, rest = theme.fill[colour_index(style.slot)], theme.rest
    legend = f"Came and went: {_shades(own, 'joined', 'moved here')}  {_shades(rest, 'left', 'moved away')}"
    for text, height in (("Customers", 1.0), (legend, 0.3)):
        label_at(figure, 0, height, text, colour=theme.ticks, size=11, xref="paper", yref="paper", xanchor="left", yanchor="bottom")


def _shades(colour: str, dark: str, light: str) -> str:
    """Both shades of a colour, each before what its bars stand for: a legend on the line of the label."""
    shades = ((_translucent(colour, 0.9), dark), (_translucent(colour, 0.45), light))
    return "  ".join(f'<span style="color:{shade}">\u25a0</span> {text}' for shade, text in shades)


def _flow_bars(figure: go.Figure, divisions: Sequence[Division], segment: int, style: SegmentStyle, theme: Theme) -> None:
    days, place = [each.as_of for each in divisions], colour_index(style.slot)
    came = (("joined", 1, theme.fill[place], 0.9), ("moved_in", 1, theme.fill[place], 0.4))
    went = (("left", -1, theme.rest, 0.9), ("moved_out", -1, theme.rest, 0.45))
    for name, sign, colour, opacity in (*came, *went):
        values = [_flow(each, name, segment) for each in divisions]
        figure.add_bar(
            x=days,
            y=[None if value is None else sign * value for value in values],
            customdata=values,
            yaxis="y2",
            marker={"color": _translucent(colour, opacity), "line": {"width": 0}},
            hovertemplate=f"%{{x|%-d %b %Y}}: %{{customdata:,}} {name.replace('_', ' ')}<extra></extra>",
        )


def _flow(division: Division, name: str, segment: int) -> int | None:
    moves = division.moves
    if moves is None:
        return None
    flows = {"joined": moves.joined[segment], "left": moves.left[segment], "moved_in": moves.moved_in(segment)}
    return flows.get(name, moves.moved_out(segment))


def _size_table(divisions: Sequence[Division], segment: int) -> pd.DataFrame:
    columns: dict[str, list[object]] = {
        "Day": [each.as_of.isoformat() for each in divisions],
        "Customers": [each.sizes[segment] for each in divisions],
        "Share": [round(each.share(segment), 4) for each in divisions],
    }
    for name, head in _FLOWS if _moves_known(divisions) else ():
        columns[head] = [_flow(each, name, segment) for each in divisions]
    return pd.DataFrame(columns)


def _day_ticks(days: Sequence[date], narrow: bool) -> dict[str, object]:
    """Ticks at days that are there: as months where each month has one, else as days; the year where it begins."""
    step = -(-len(days) // MOST_TICKS[narrow])
    shown = list(days[:: step or 1])
    monthly = len({(day.year, day.month) for day in days}) == len(days)
    texts = []
    for place, day in enumerate(shown):
        text = f"{day:%b}" if monthly else f"{day.day} {day:%b}"
        texts.append(f"{text} {day.year}" if place == 0 or day.year != shown[place - 1].year else text)
    return {"tickvals": shown, "ticktext": texts}


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
