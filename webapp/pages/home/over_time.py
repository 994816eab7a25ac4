"""The dataset over time: the shares of its segments, what changed since the day before, and what a promotion did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dash import dcc, html
from dash.development.base_component import Component

from segmentation import plots
from segmentation.movement import Division, Moves
from segmentation.palette import SegmentStyle
from webapp.edge import View
from webapp.pages.home.ids import Ids
from webapp.services.access import Permission
from webapp.services.segmenting.segments import SegmentsOverview
from webapp.services.segmenting.traces import Succession, Traces
from webapp.ui import jobs
from webapp.ui.charts import chart_card
from webapp.ui.components import Child, Children, button, card, empty_state, icon, segment_label, slot_class
from webapp.ui.drawing import drawn_over_time
from webapp.ui.format import count, day, listing, number, signed
from webapp.ui.places import compare_address, segment_address
from webapp.ui.tables import Column, table

WAITING = 404
"""Height in px of the place of the shares while they are counted: that of their chart."""

_SPELLED = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True)
class Change:
    """One segment then and now; `joined`, `left` and `moved` (in minus out) where the same model placed both days.

    `came` says in a word how a segment came that was not there then.
    """

    style: SegmentStyle
    then: int | None
    now: int
    joined: int
    left: int
    moved: int
    share: float | None
    came: str = "new"


def shares_card(view: View, traces: Traces) -> html.Section | None:
    """Shares over time as stacked areas; None with fewer than two days."""
    chart = drawn_over_time(plots.shares_over_time, traces, view.display)
    if chart is None:
        return None
    return chart_card(Ids.SHARES, chart, subtitle=_keys(traces.styles) if view.display.narrow else None)


def _keys(styles: Sequence[SegmentStyle]) -> Children:
    """On a phone names stand over the chart, each with its mark."""
    return [html.Span(segment_label(style, short=True), className="sc-key-label") for style in styles]


def counting_card(view: View, traces: Traces) -> html.Section:
    """In place of what is not counted yet: how far that is, or the way to have it counted."""
    if traces.unreadable and not traces.missing:
        when, problem = traces.unreadable[-1]
        return card("Segments over time", f"The customers of {day(when)} cannot be placed", html.P(problem))
    if traces.job is not None:
        body: Child = html.Div(jobs.job_card(traces.job, view, at="home"), id=Ids.PROGRESS)
        return card("Being counted", "How the segments grew, month by month; it shows here by itself.", body, style={"minHeight": WAITING})
    action = button("Count them", id=Ids.COUNT) if view.actor.may(Permission.IMPORT) else None
    text = f"{count(traces.missing, 'snapshot')} of these customers could not be counted. Everything else is as it was."
    return card(body=empty_state("hourglass", "Not counted yet", text, action))


def changes_card(view: View, traces: Traces, succession: Succession | None, overview: SegmentsOverview) -> html.Section | None:
    """What changed since the day before, or with one day only since the version before; None where there is nothing to compare."""
    foot = succession_words(view, succession, overview)
    if traces.comparable:
        before, now = traces.divisions[-2:]
        changes = [_between(style, place, before, now) for place, style in enumerate(traces.styles)]
        title, sub = changes_title(before, now), f"{count(before.customers, 'customer')} then, {number(now.customers)} now"
        heads = (f"{before.as_of.day} {before.as_of:%b}", f"{now.as_of.day} {now.as_of:%b}")
        return card(title, sub, _changes_table(view, changes, heads, moves=now.moves is not None), foot=foot, flush=True)
    if succession is None:
        return None
    changes = _since_version(succession, overview)
    title, sub = f"What changed since version {succession.previous}", f"Promoted {day(succession.promoted_at)}"
    heads = (f"v{succession.previous}", f"v{succession.version}")
    return card(title, sub, _changes_table(view, changes, heads, moves=False), foot=foot, flush=True)


def changes_title(before: Division, now: Division) -> str:
    """How many joined, left and changed their segment since the day before."""
    since = f"since {day(before.as_of)}"
    if now.moves is None:
        return f"What changed {since}"
    joined, left, moved = sum(now.moves.joined), sum(now.moves.left), now.moves.moved
    parts = [f"{number(amount)} {word}" for amount, word in ((joined, "joined"), (left, "left"), (moved, "changed segment")) if amount]
    return f"{listing(parts)} {since}" if parts else f"Nobody joined, left or changed segment {since}"


def _between(style: SegmentStyle, place: int, before: Division, now: Division) -> Change:
    moves = now.moves or _no_moves(len(now.sizes))
    moved = moves.moved_in(place) - moves.moved_out(place)
    share = now.share(place) - before.share(place)
    return Change(style, before.sizes[place], now.sizes[place], moves.joined[place], moves.left[place], moved, share)


def _no_moves(segments: int) -> Moves:
    nobody = (0,) * (segments + 1)
    return Moves((nobody,) * (segments + 1), nobody, nobody)


def _since_version(succession: Succession, overview: SegmentsOverview) -> list[Change]:
    total_before, total_now = sum(succession.before.values()), overview.profiles.customers
    changes = []
    for style, segment in zip(overview.styles, overview.profiles.segments, strict=True):
        then = succession.before.get(style.key)
        share = segment.size / total_now - then / total_before if then is not None and total_before and total_now else None
        changes.append(Change(style, then, segment.size, 0, 0, 0, share, "back" if style in succession.back else "new"))
    return changes


def _changes_table(view: View, changes: Sequence[Change], heads: tuple[str, str], *, moves: bool) -> Component:
    columns: list[Column[Change]] = [
        Column("Segment", lambda item: _segment_link(view, item.style)),
        Column(heads[0], lambda item: number(item.then), numeric=True, wide=True),
        Column(heads[1], lambda item: number(item.now), numeric=True),
    ]
    if moves:
        columns.append(Column("Joined", lambda item: signed(item.joined, 0), numeric=True))
        if any(change.left for change in changes):
            columns.append(Column("Left", lambda item: signed(-item.left, 0), numeric=True, wide=True))
        columns.append(Column("Moved", lambda item: signed(item.moved, 0), numeric=True, title="Moved here minus moved away"))
    share = Column[Change]("Share, pts", lambda item: item.came if item.share is None else signed(100 * item.share), numeric=True)
    return table([*columns, share], changes, caption="Segments then and now", class_name="sc-changes")


def _segment_link(view: View, style: SegmentStyle) -> dcc.Link:
    href = segment_address(view.actor.team_slug, view.dataset or "", style.key)
    return dcc.Link(segment_label(style, short=view.display.narrow), href=href, className=f"sc-name {slot_class(style.slot)}")


def succession_words(view: View, succession: Succession | None, overview: SegmentsOverview) -> list[Child] | None:
    """What the last promotion did to the segments, as a sentence with an icon; None for a first champion."""
    if succession is None or succession.version != overview.version.number:
        return None
    if not (succession.back or succession.new or succession.retired):
        every = "Both" if len(succession.continued) == 2 else f"All {_spelled(len(succession.continued))}"
        text = f"{every} segments continued from version {succession.previous}. Names, colours and tags were carried over."
        return [icon("check-circle-fill", tone="ok"), html.Span(text)]
    parts = [f"{_spelled(len(succession.continued))} continued from version {succession.previous}"]
    for styles, word in ((succession.back, "came back"), (succession.new, "new"), (succession.retired, "retired")):
        if styles:
            parts.append(f"{word}: {listing([_with_heir(style, succession) for style in styles])}")
    text = "; ".join(parts)
    told: list[Child] = [f"{text[:1].upper()}{text[1:]}. Tags of a retired segment stay on it."]
    if view.actor.may(Permission.VIEW_CUSTOMERS):
        href = compare_address(view.actor.team_slug, view.dataset or "", before=succession.previous, after=succession.version)
        told += [" ", dcc.Link("Compare the two versions", href=href)]
    return [icon("info-circle"), html.Span(told)]


def _with_heir(style: SegmentStyle, succession: Succession) -> str:
    """`Quiet shoppers (most of them are in Loyal families now)`."""
    heir = succession.into.get(style.key)
    return f"{style.name} (most of them are in {heir.name} now)" if heir else style.name


def _spelled(n: int) -> str:
    return _SPELLED[n] if n < len(_SPELLED) else number(n)
