"""Snapshots on a time line: a line of customers, and a row for each snapshot with what made it and what was fitted on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from dash import dcc, html
from dash.development.base_component import Component

from segmentation.plots.snapshots import SnapshotPoint, customers_by_snapshot
from webapp.edge import View
from webapp.pages.data.ids import FIRST_SNAPSHOTS
from webapp.pages.data.parts import clipped, show_all
from webapp.pages.data.where import Where
from webapp.services.data.timeline import TimelineEntry
from webapp.ui.charts import chart_or_error
from webapp.ui.components import Child, aria, badge, card, hidden_text, row
from webapp.ui.format import MISSING, by, count, day, exact_time, listing, number, relative_time
from webapp.ui.places import import_address, models_address
from webapp.ui.tables import Column, table
from webapp.ui.theme import theme_of

MOST_VERSIONS = 3


def timeline_row(view: View, snapshots: Sequence[TimelineEntry], where: Where) -> Component:
    """The line beside the list; the list alone where there is but one snapshot."""

    def draw() -> Child:
        points = [
            SnapshotPoint(each.number, each.as_of, each.customers, each.new, each.changed, each.removed) for each in reversed(snapshots)
        ]
        other = where.against.number if where.against else None
        theme = theme_of(view.display)
        return chart_or_error("snapshots", lambda: customers_by_snapshot(points, shown=where.shown.number, against=other, theme=theme))

    listed = snapshots_card(view, snapshots, where)
    return (
        row((12, listed))
        if len(snapshots) == 1
        else row((4, html.Div(draw(), className="sc-in-sight") if len(snapshots) > FIRST_SNAPSHOTS + 1 else draw()), (8, listed))
    )


def snapshots_card(view: View, snapshots: Sequence[TimelineEntry], where: Where) -> html.Section:
    """Every snapshot can be looked at, and laid beside the one that is shown."""
    shown = _first(snapshots, where)
    now = datetime.now(UTC)
    columns: list[Column[TimelineEntry]] = [
        Column("Snapshot", lambda item: _name(item, where, snapshots[-1])),
        Column("Customers", lambda item: number(item.customers), numeric=True),
        Column("Against the one before", lambda item: _changes(item, snapshots[-1]), wide=True),
        Column("Import", lambda item: _import(view, item, now), wide=True),
        Column("Models", lambda item: _versions(view, item), wide=True, title="Versions whose segments were found on this snapshot"),
    ]
    if len(snapshots) > 1:
        columns.append(Column("Compare", lambda item: _compare(item, where), hide_head=True, numeric=True))
    more = len(snapshots) - len(shown)
    return card(
        count(len(snapshots), "snapshot"),
        "Each import that changes something makes one; none is ever altered.",
        table(columns, shown, caption="Snapshots, newest first", pick=lambda item: item is where.shown),
        flush=True,
        foot=show_all(f"Show all {number(len(snapshots))} snapshots", where.link(all="snapshots")) if more else None,
    )


def _first(snapshots: Sequence[TimelineEntry], where: Where) -> list[TimelineEntry]:
    """The newest, and those that are looked at; all where somebody asked for them."""
    if where.every == "snapshots" or len(snapshots) <= FIRST_SNAPSHOTS + 1:
        return list(snapshots)
    return [each for place, each in enumerate(snapshots) if place < FIRST_SNAPSHOTS or each in (where.shown, where.against)]


def _name(item: TimelineEntry, where: Where, first: TimelineEntry) -> list[Child]:
    """Its number and day; on a phone with what it changed."""
    other = where.against.number if where.against and where.against is not item else None
    name = f"No. {item.number}"
    href = where.link(snapshot=None if item.current else item.number, against=other, column=None, part=None)
    link = html.B(name, className="sc-strong", **aria(current="true")) if item is where.shown else dcc.Link(name, href=href)
    states: list[Child] = [badge("Current", "good")] if item.current else []
    if item is where.shown and not item.current:
        states.append(badge("Shown", "info", "eye"))
    if item is where.against:
        states.append(badge("Compared", "info", "arrow-left-right"))
    return [
        html.Span([link, *states], className="sc-snapshot"),
        html.Span(day(item.as_of), className="sc-under", title="As of this day"),
        html.Span(_changes(item, first), className="sc-under sc-only-sm"),
    ]


def _changes(item: TimelineEntry, first: TimelineEntry) -> Child:
    if item is first:
        return html.Span("The first", className="sc-muted")
    if item.new is None:
        return MISSING
    amounts = ((item.new, "new"), (item.changed, "changed"), (item.removed, "removed"))
    told = [f"{number(amount)} {word}" for amount, word in amounts if amount]
    return html.Span(listing(told)) if told else "Only its columns or date"


def _import(view: View, item: TimelineEntry, now: datetime) -> Child:
    if item.import_id is None or item.file_name is None:
        return MISSING
    name = dcc.Link(clipped(item.file_name), href=import_address(view.actor.team_slug, view.dataset or "", item.import_id))
    who = by(item.made_by or "")
    when = html.Span(f"{relative_time(item.made_at, now)}, {who}", className="sc-under sc-cut", title=f"{exact_time(item.made_at)}, {who}")
    return html.Div([name, when], className="sc-made")


def _versions(view: View, item: TimelineEntry) -> Child:
    if not item.versions:
        return MISSING
    newest = item.versions[::-1]
    links: list[Child] = []
    for version in newest[:MOST_VERSIONS]:
        links += [dcc.Link(f"v{version}", href=models_address(view.actor.team_slug, view.dataset or "", version=version)), " "]
    if len(newest) > MOST_VERSIONS:
        links.append(html.Span(f"and {len(newest) - MOST_VERSIONS} more", className="sc-muted"))
    return html.Span(links)


def _compare(item: TimelineEntry, where: Where) -> Child:
    if item is where.shown:
        return None
    if item is where.against:
        return dcc.Link("Stop comparing", href=where.link(against=None, tab=None), className="sc-quiet-link")
    href = where.link(against=item.number, tab=None, part=None, column=None)
    return dcc.Link(["Compare", hidden_text(f" No. {item.number} with No. {where.shown.number}")], href=href, className="sc-quiet-link")
