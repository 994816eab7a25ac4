"""The snapshots of a dataset in their order: how many customers each holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd
import plotly.graph_objects as go

from segmentation.palette import Theme
from segmentation.plots.chart import LINE, Chart, blank, label_at
from segmentation.wording import number

HEIGHT = 190
MARK = 10
LABEL_ROOM = 0.15
"""Share of the width that a figure at an end takes."""
MOST_DATES = 3
"""Dates below the axis."""


@dataclass(frozen=True)
class SnapshotPoint:
    """One snapshot. `new`, `changed` and `removed` count customers against the one before; None where that is not known."""

    number: int
    as_of: date
    customers: int
    new: int | None
    changed: int | None
    removed: int | None


def customers_by_snapshot(points: Sequence[SnapshotPoint], *, shown: int, against: int | None, theme: Theme) -> Chart | None:
    """Customers from snapshot to snapshot (oldest first), the one that is looked at filled; None where there is but one."""
    if len(points) < 2:
        return None
    title = snapshots_title(points)
    return Chart(
        figure=_figure(points, shown, against, theme),
        title=title,
        subtitle="Customers in each snapshot, in the order of the imports. Filled: the one that is shown.",
        explanation="Every import that changes something makes a snapshot, which is never altered. The line shows how many customers each "
        "one holds, evenly spaced; dates say as of when.",
        summary=f"{title}. " + " ".join(f"No. {each.number}, {_day(each.as_of)}: {each.customers:,} customers." for each in points[-6:]),
        table=pd.DataFrame(
            [
                {
                    "Snapshot": each.number,
                    "As of": _day(each.as_of),
                    "Customers": each.customers,
                    "New": each.new,
                    "Changed": each.changed,
                    "Removed": each.removed,
                }
                for each in points
            ]
        ),
    )


def snapshots_title(points: Sequence[SnapshotPoint]) -> str:
    """From how many customers to how many."""
    first, last = points[0].customers, points[-1].customers
    over = f"in {len(points)} snapshots"
    if first == last:
        return f"{number(last)} customers, as many as at first, {over}"
    return f"From {number(first)} to {number(last)} customers {over}"


def _figure(points: Sequence[SnapshotPoint], shown: int, against: int | None, theme: Theme) -> go.Figure:
    figure = blank(theme, HEIGHT, margin={"l": 12, "r": 12, "t": 28, "b": 24})
    places = list(range(len(points)))
    figure.add_scatter(
        x=places,
        y=[each.customers for each in points],
        mode="lines+markers",
        line={"width": LINE, "color": theme.rest},
        marker={
            "size": [MARK if each.number in (shown, against) else MARK - 3 for each in points],
            "color": [_fill(each.number, shown, theme) for each in points],
            "line": {"width": 2, "color": [theme.accent if each.number in (shown, against) else theme.rest for each in points]},
        },
        cliponaxis=False,
        hovertext=[_hover(each) for each in points],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    for place in _labelled(points, shown):
        anchor = "left" if place == 0 else "right" if place == len(points) - 1 else "center"
        label_at(
            figure, place, points[place].customers, number(points[place].customers), colour=theme.ink, size=11, yshift=14, xanchor=anchor
        )
    dates = _dated(len(points), MOST_DATES)
    room = 0.03 * max(len(points) - 1, 1)
    figure.update_xaxes(
        tickvals=dates,
        ticktext=[_day(points[place].as_of) for place in dates],
        range=[-room, len(points) - 1 + room],
        showgrid=False,
        tickangle=0,
    )
    figure.update_yaxes(visible=False, range=[0, 1.1 * max(1, *(each.customers for each in points))])
    return figure


def _labelled(points: Sequence[SnapshotPoint], shown: int) -> set[int]:
    """Both ends, and the snapshot that is shown where its figure would not run into theirs."""
    last = len(points) - 1
    own = {place for place, each in enumerate(points) if each.number == shown and min(place, last - place) > LABEL_ROOM * last}
    return {0, last, *own}


def _fill(snapshot: int, shown: int, theme: Theme) -> str:
    return theme.accent if snapshot == shown else theme.surface


def _dated(count: int, most: int) -> list[int]:
    """Places that get a date: both ends, and some evenly between."""
    wanted = min(count, most)
    return sorted({round(place * (count - 1) / (wanted - 1)) for place in range(wanted)})


def _hover(point: SnapshotPoint) -> str:
    changes = [f"{number(amount)} {word}" for word, amount in _changes(point) if amount]
    told = f"<br>{', '.join(changes)}" if changes else ""
    return f"<b>No. {point.number}</b>, as of {_day(point.as_of)}: {number(point.customers)} customers{told}"


def _changes(point: SnapshotPoint) -> tuple[tuple[str, int | None], ...]:
    return ("new", point.new), ("changed", point.changed), ("removed", point.removed)


def _day(when: date) -> str:
    return f"{when.day} {when:%b %Y}"
