"""Customers on the way from one division to another: tables of cells, and what made each segment grow."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence

import pandas as pd
import plotly.graph_objects as go

from segmentation.movement import HUNDREDTHS, Moves, Split
from segmentation.palette import SegmentStyle, Theme
from segmentation.plots.cells import cell_ink
from segmentation.plots.chart import WIDTHS, Chart, blank, label_at, plain_axis, shown_name, text_width
from segmentation.wording import listed, money, number, percent

CELL_ROW = {False: 34, True: 38}
BAR_ROW = 56
LEGEND = 40
NO_SEGMENT, JOINED, LEFT = "No segment", "Joined", "Left"
LONGEST = {False: 30, True: 9}
"""Letters of a name beside or above cells."""

Counts = Sequence[Sequence[int]]


def overlap_map(
    table: Counts, before: Sequence[SegmentStyle], after: Sequence[SegmentStyle], *, theme: Theme, narrow: bool, currency: str | None = None
) -> Chart | None:
    """The contingency table of two versions: of each segment before (rows), who is where after; None where nobody is in both."""
    del currency
    if not any(map(any, table)):
        return None
    title = overlap_title(table, before, after)
    shares = [[part_of(count, sum(row)) for count in row] for row in table]
    frame = pd.DataFrame(
        [(before[a].name, *row, sum(row)) for a, row in enumerate(table)], columns=["Before", *_distinct(after, "After"), "Customers"]
    )
    return Chart(
        figure=_cells(shares, [[number(count) for count in row] for row in table], before, after, theme, narrow),
        title=title,
        subtitle="Customers by their segment before (rows) and after (columns); colour is the share of the row",
        explanation="Each cell counts the customers who are in the row's segment by the first version and in the column's by the second. "
        "The darker it is, the more of the row's customers it holds.",
        summary=f"{title}. " + " ".join(_row_words(row, before[a], after) for a, row in enumerate(table)),
        table=frame,
    )


def overlap_title(table: Counts, before: Sequence[SegmentStyle], after: Sequence[SegmentStyle]) -> str:
    """Of which segment the least stays together."""
    shares = [(max(row) / sum(row), a, row.index(max(row))) for a, row in enumerate(map(list, table)) if sum(row)]
    share, a, b = min(shares)
    if share == 1:
        return "Every segment stays together"
    return f"{before[a].name} is divided most: {percent(share)} of it are in {after[b].name}"


def _row_words(row: Sequence[int], style: SegmentStyle, after: Sequence[SegmentStyle]) -> str:
    told = [f"{number(count)} to {after[at].name}" for at, count in enumerate(row) if count]
    return f"{style.name}: {', '.join(told) or 'nobody'}."


def transitions(
    split: Split, groups: Sequence[SegmentStyle], *, theme: Theme, narrow: bool, currency: str | None = None, unit: str = "customers"
) -> Chart | None:
    """The transition matrix: from each segment (rows) to each (columns), with those who joined and left. `unit`: customers, percent, value.

    Percent is of the customers who were in the row's segment. None where there is nobody.
    """
    table, rows, columns = _matrix(split.total, groups)
    if not table:
        return None
    totals = [sum(row) for row in table]
    text = _amounts(currency, value=unit == "value")
    shares = [[part_of(each, total) for each in row] for row, total in zip(table, totals, strict=True)]
    shown = [
        [percent(share) for share in row] if unit == "percent" else [text(each) for each in line]
        for row, line in zip(shares, table, strict=True)
    ]
    title = transitions_title(split.total, groups, unit, currency)
    values = shares if unit == "percent" else [[each / HUNDREDTHS if unit == "value" else each for each in row] for row in table]
    what = {"customers": "Customers", "percent": "Share of the row's customers", "value": "What these customers spend now"}[unit]
    return Chart(
        figure=_cells(shares, shown, rows, columns, theme, narrow),
        title=title,
        subtitle=f"{what}, from the segment before (rows) to the one now (columns); colour is the share of the row",
        explanation="The diagonal are customers who stayed. The last row are customers who joined, the last column are those who left, "
        "with what they had spent before.",
        summary=f"{title}. " + " ".join(_matrix_words(row, rows[at], columns, text) for at, row in enumerate(table)),
        table=pd.DataFrame([(rows[a].name, *row) for a, row in enumerate(values)], columns=["From", *_distinct(columns, "From")]),
    )


def transitions_title(moves: Moves, groups: Sequence[SegmentStyle], unit: str, currency: str | None = None) -> str:
    """The largest flow from one segment to another, or how large they are where several are the largest."""
    names = [*(style.name for style in groups), NO_SEGMENT.lower()]
    flows = [(count, a, b) for a, row in enumerate(moves.flows) for b, count in enumerate(row) if a != b and count]
    if not flows:
        return "Nobody moved from one segment to another"
    count, a, b = max(flows)
    tied = sum(flow[0] == count for flow in flows)
    amount = money(count / HUNDREDTHS, currency) if unit == "value" else f"{number(count)} customer{'' if count == 1 else 's'}"
    if tied > 1:
        return f"The {tied} largest flows between segments: {amount} each"
    return f"The largest flow between segments: {amount} from {names[a]} to {names[b]}"


def _matrix(moves: Moves, groups: Sequence[SegmentStyle]) -> tuple[list[list[int]], list[SegmentStyle], list[SegmentStyle]]:
    """Rows and columns that hold anybody: groups, "no segment", and those who joined (a row) and left (a column)."""
    styles = [*groups, _plain(NO_SEGMENT), _plain("")]
    full = [[*row, moves.left[at]] for at, row in enumerate(moves.flows)] + [[*moves.joined, 0]]
    rows = [at for at, row in enumerate(full) if any(row)]
    columns = [at for at in range(len(styles)) if any(row[at] for row in full)]
    names = {len(styles) - 1: (_plain(JOINED), _plain(LEFT))}
    return (
        [[full[a][b] for b in columns] for a in rows],
        [names[a][0] if a in names else styles[a] for a in rows],
        [names[b][1] if b in names else styles[b] for b in columns],
    )


def _plain(name: str) -> SegmentStyle:
    """What is no segment, in a list of segments."""
    return SegmentStyle("", name, name, 8)


def _matrix_words(row: Sequence[int], style: SegmentStyle, columns: Sequence[SegmentStyle], text: Callable[[int], str]) -> str:
    told = [f"{text(each)} to {columns[at].name}" for at, each in enumerate(row) if each]
    return f"{style.name}: {', '.join(told)}."


def _cells(
    shares: Sequence[Sequence[float]],
    texts: Sequence[Sequence[str]],
    rows: Sequence[SegmentStyle],
    columns: Sequence[SegmentStyle],
    theme: Theme,
    narrow: bool,
) -> go.Figure:
    """Cells with their text, coloured by share from 0 to 1; the first row stands at the top."""
    sides, width = [clipped(style, narrow) for style in rows], (WIDTHS[False] - 170) / max(len(columns), 1)
    heads = [clipped(style, narrow=True) if narrow else _head(style, width) for style in columns]
    top = 96 if narrow else 12 + 15 * max((head.count("<br>") + 1 for head in heads), default=1)
    height = top + 12 + len(rows) * CELL_ROW[narrow]
    figure = blank(theme, height, margin={"l": 8, "r": 8, "t": top, "b": 8})
    figure.add_heatmap(
        z=[list(row) for row in shares],
        x=list(range(len(columns))),
        y=list(range(len(rows))),
        zmin=-1,
        zmax=1,
        colorscale=[list(stop) for stop in theme.diverging],
        showscale=False,
        xgap=2,
        ygap=2,
        customdata=[[f"{rows[a].name} to {columns[b].name}: {text}" for b, text in enumerate(row)] for a, row in enumerate(texts)],
        hovertemplate="%{customdata}<extra></extra>",
    )
    for a, row in enumerate(texts):
        for b, text in enumerate(row):
            label_at(figure, b, a, text, colour=cell_ink(theme, shares[a][b], faint=0.02), size=11 if narrow else 12)
    ticks = {"tickvals": list(range(len(columns))), "ticktext": heads, "side": "top", "tickangle": -90 if narrow else 0}
    figure.update_xaxes(**ticks, **plain_axis(tickfont={"size": 11}))
    figure.update_yaxes(tickvals=list(range(len(rows))), ticktext=sides, autorange="reversed", **plain_axis())
    return figure


def _head(style: SegmentStyle, width: float) -> str:
    """The name on as many lines of `width` px as it takes, three at most."""
    lines = textwrap.wrap(style.name, max(8, int(width / text_width("x", 11))), max_lines=3, placeholder="…")
    return "<br>".join(lines)


def clipped(style: SegmentStyle, narrow: bool) -> str:
    """A segment's name beside cells and bands, with an ellipsis where it is too long."""
    name, most = shown_name(style, narrow), LONGEST[narrow]
    return name if len(name) <= most else f"{name[: most - 1].rstrip()}…"


def net_change(
    split: Split, groups: Sequence[SegmentStyle], *, theme: Theme, narrow: bool, currency: str | None = None, value: bool = False
) -> Chart | None:
    """What each segment's growth is made of: bars to either side that add up to the net change; None where nothing changed.

    In customers, or with `value` in what they spend.
    """
    parts = _parts(split, len(groups), value=value)
    if not any(any(values) for _, values in parts):
        return None
    scale = HUNDREDTHS if value else 1
    text = _amounts(currency, value=value)
    net = [split.after[at] - split.before[at] for at in range(len(groups))]
    title = net_change_title(split, groups)
    return Chart(
        figure=_bars(parts, net, groups, theme, narrow, scale, text),
        title=title,
        subtitle=("Change in spend" if value else "Change in customers")
        + " by what made it; the parts of a segment add up to its net change",
        explanation="Bars to the right add to the segment, bars to the left take from it. “Customers moved” are those whom the version "
        "before would place elsewhere by what is known of them now; “model moved” are those whom only the new version places elsewhere."
        + (" “Own change” is what those who stayed spend more or less than before." if value else ""),
        summary=f"{title}. " + " ".join(_net_words(at, style, parts, net, text) for at, style in enumerate(groups)),
        table=pd.DataFrame(
            {
                "Segment": [style.name for style in groups],
                "Before": [split.before[at] / scale for at in range(len(groups))],
                **{name: [each / scale for each in values] for name, values in parts},
                "Now": [split.after[at] / scale for at in range(len(groups))],
            }
        ),
    )


def _parts(split: Split, groups: int, *, value: bool) -> list[tuple[str, list[int]]]:
    """The summands of every segment's change. Where there is no split, moves are one part."""
    first = split.customers or split.total
    moved = "Moved" if split.customers is None else "Customers moved"
    found = [
        (JOINED, [first.joined[at] for at in range(groups)]),
        (LEFT, [-first.left[at] for at in range(groups)]),
        (moved, [first.moved_in(at) - first.moved_out(at) for at in range(groups)]),
    ]
    if split.model is not None:
        found.append(("Model moved", [split.model.net(at) for at in range(groups)]))
    return [*found, ("Own change", list(split.own[:groups]))] if value else found


def net_change_title(split: Split, groups: Sequence[SegmentStyle]) -> str:
    """Which segment grew most and which shrank most."""
    net = sorted((split.after[at] - split.before[at], at) for at in range(len(groups)))
    (fall, fell), (rise, rose) = net[0], net[-1]
    told = [f"{groups[rose].name} grew most"] if rise > 0 else []
    told += [f"{groups[fell].name} shrank most"] if fall < 0 else []
    return listed(told) if told else "No segment grew or shrank"


def _bars(
    parts: Sequence[tuple[str, list[int]]],
    net: Sequence[int],
    groups: Sequence[SegmentStyle],
    theme: Theme,
    narrow: bool,
    scale: int,
    text: Callable[[int], str],
) -> go.Figure:
    height = LEGEND + BAR_ROW * len(groups) + 40
    figure = blank(theme, height, margin={"l": 8, "r": 16, "t": LEGEND, "b": 28}, barmode="relative", bargap=0.5)
    looks = {
        JOINED: (theme.rest, ""),
        LEFT: (theme.rest, "/"),
        "Moved": (theme.accent, ""),
        "Customers moved": (theme.accent, ""),
        "Model moved": (theme.fill[1], "."),
        "Own change": (theme.fill[2], "x"),
    }
    places = list(range(len(groups)))
    for name, values in parts:
        colour, pattern = looks[name]
        figure.add_bar(
            y=places,
            x=[each / scale for each in values],
            orientation="h",
            name=name,
            marker={
                "color": colour,
                "line": {"width": 0},
                "pattern": {"shape": pattern, "fillmode": "overlay", "fgcolor": theme.surface, "size": 6},
            },
            customdata=[f"{name}: {text(each)}" for each in values],
            hovertemplate="%{customdata}<extra></extra>",
        )
    figure.add_scatter(
        y=places,
        x=[each / scale for each in net],
        mode="markers",
        name="Net change",
        marker={"symbol": "diamond", "size": 9, "color": theme.ink, "line": {"width": 1.5, "color": theme.surface}},
        customdata=[f"Net change: {text(each)}" for each in net],
        hovertemplate="%{customdata}<extra></extra>",
    )
    legend = {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "font": {"size": 11}, "traceorder": "normal"}
    figure.update_layout(showlegend=True, legend=legend)
    figure.update_xaxes(zeroline=True, zerolinecolor=theme.zero_line, zerolinewidth=1, nticks=4 if narrow else 8)
    figure.update_yaxes(tickvals=places, ticktext=[clipped(style, narrow) for style in groups], autorange="reversed", **plain_axis())
    return figure


def _net_words(at: int, style: SegmentStyle, parts: Sequence[tuple[str, list[int]]], net: Sequence[int], text: Callable[[int], str]) -> str:
    told = [f"{name.lower()} {text(values[at])}" for name, values in parts if values[at]]
    return f"{style.name}: {', '.join(told) or 'nothing'}; together {text(net[at])}."


def _amounts(currency: str | None, *, value: bool) -> Callable[[int], str]:
    """How a count is written, or an amount in hundredths."""

    def amount(each: int) -> str:
        return money(each / HUNDREDTHS, currency, short=True) if value else number(each)

    return amount


def _distinct(styles: Sequence[SegmentStyle], *taken: str) -> list[str]:
    """Names as heads of a table, none twice."""
    heads: list[str] = []
    for style in styles:
        name, again = style.name, 2
        while name in (*heads, *taken):
            name, again = f"{style.name} ({again})", again + 1
        heads.append(name)
    return heads


def part_of(part: int, whole: int) -> float:
    """`part` as a share of `whole`; 0 of nothing."""
    return part / whole if whole else 0.0
