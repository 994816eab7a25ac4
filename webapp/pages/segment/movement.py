"""The Movement tab: who came to the segment and who went since the day before, from where, where to, and why."""

from __future__ import annotations

from dataclasses import dataclass

from dash import dcc, html

from webapp.edge import View
from webapp.pages.segment.ids import Ids
from webapp.services.access import Permission
from webapp.services.segmenting import movements
from webapp.services.segmenting.flows import JOINED, flow_filter
from webapp.services.segmenting.movements import MovementReport, Uncounted
from webapp.ui.components import Child, card, empty_state, no_permission, skeleton
from webapp.ui.format import count, number, signed
from webapp.ui.moving import cause_verb, counting_card, customers_link, group_key, group_label, moment_words, unlisted_note
from webapp.ui.places import movement_address
from webapp.ui.tables import Column, table

AT = "segment"
HEIGHT = 320


@dataclass(frozen=True)
class Way:
    """Customers between the segment and another group (None: those who joined, or who left)."""

    other: int | None
    came: int
    went: int


def movement_tab(view: View) -> list[Child]:
    """The place of the figures, or who could see them."""
    if not view.actor.may(Permission.VIEW_CUSTOMERS):
        text = f"Ask an admin of {view.actor.team_name} for the marketer role. Moves are groups of a few people, which viewers do not see."
        return [card(body=no_permission("Viewers see segments, not people", text))]
    return [html.Div(skeleton(HEIGHT), id=Ids.MOVED)]


def show_moved(view: View) -> Child:
    """Who came and who went on the champion's last two days."""
    if not view.actor.may(Permission.VIEW_CUSTOMERS):
        return None
    sides = movements.usual_sides(view.session, view.actor, view.dataset or "")
    if sides is None:
        text = "Once the customers of a later day are imported, you see here who came to this segment and who went."
        return card(body=empty_state("arrow-left-right", "One day only", text))
    found = movements.show_movement(view.session, view.actor, view.dataset or "", *sides)
    if isinstance(found, Uncounted):
        return counting_card(view, AT, found)
    group = next((at for at, style in enumerate(found.groups) if style.key == view.item), None)
    if group is None:
        text = "The champion does not have this segment. The page Movement compares any two versions."
        return card(body=empty_state("slash-circle", "Not in the champion", text))
    return moved_card(view, found, group)


def moved_card(view: View, report: MovementReport, group: int) -> html.Section:
    """From where and where to, with the way to those customers."""
    split = report.customers
    ways = ways_of(report, group)
    if not ways:
        return card(body=empty_state("dash-circle", "Nobody came, nobody went", f"From {_between(report)}."))
    columns: list[Column[Way]] = [
        Column("Where from, where to", lambda way: "New or gone" if way.other is None else group_label(report, way.other)),
        Column("Came", lambda way: _came(view, report, group, way), numeric=True),
        Column("Went", lambda way: _went(view, report, group, way), numeric=True),
        Column("Net", lambda way: signed(way.came - way.went, 0), numeric=True),
    ]
    change = split.after[group] - split.before[group]
    title = f"{signed(change, 0)} since then, {cause_verb(report, group)}" if change else "As large as before"
    sub = f"{count(split.before[group], 'customer')} then, {number(split.after[group])} now: from {_between(report)}."
    more = dcc.Link("All segments", href=movement_address(view.actor.team_slug, view.dataset or "", m=report.id))
    body = [table(columns, ways, caption="Customers who came and who went"), unlisted_note(report)]
    return card(title, sub, body, flush=True, foot=more)


def ways_of(report: MovementReport, group: int) -> list[Way]:
    """Between this group and others, the busiest first."""
    total = report.customers.total
    ways = [Way(at, row[group], total.flows[group][at]) for at, row in enumerate(total.flows) if at != group]
    ways.append(Way(None, total.joined[group], total.left[group]))
    return sorted((way for way in ways if way.came or way.went), key=lambda way: -(way.came + way.went))


def _between(report: MovementReport) -> str:
    return f"{moment_words(report.before)} to {moment_words(report.after)}"


def _came(view: View, report: MovementReport, group: int, way: Way) -> Child:
    was = JOINED if way.other is None else group_key(report, way.other)
    query = flow_filter(report.id, was=was, now=group_key(report, group))
    return customers_link(view, report, number(way.came), query, joined=way.other is None) if way.came else number(0)


def _went(view: View, report: MovementReport, group: int, way: Way) -> Child:
    if way.other is None or not way.went:
        return number(way.went)
    query = flow_filter(report.id, was=group_key(report, group), now=group_key(report, way.other))
    return customers_link(view, report, number(way.went), query)
