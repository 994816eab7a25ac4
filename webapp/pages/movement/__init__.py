"""Movement: who moved between two days or two versions, which the address names, split into what customers did and what the model did."""

from __future__ import annotations

from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, html
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.pages.movement import parts
from webapp.pages.movement.ids import AT, Ids
from webapp.services.access import Permission
from webapp.services.data import datasets, timeline
from webapp.services.errors import Conflict, NotFound
from webapp.services.modelling import versions
from webapp.services.segmenting import movements
from webapp.services.segmenting.movements import Asked, MovementReport, Uncounted
from webapp.ui.components import Child, button, card, empty_state, hidden_text, icon, menu, page_head, row, skeleton, skeleton_tiles
from webapp.ui.format import day
from webapp.ui.moving import counting_card, read_token, register_counting
from webapp.ui.page import Page
from webapp.ui.places import Place, data_address, movement_address
from webapp.ui.recluster import recluster_button

TALL, LOW = 420, 280
Sides = tuple[Asked, Asked]
SUB = "Who changed segment, joined and left, and whether the customers moved or the model did."


def layout(_place: Place) -> Component:
    """The page in its final shape, still waiting."""
    waiting = [skeleton(96), skeleton_tiles(), row((12, skeleton(TALL))), skeleton(LOW)]
    return html.Div([html.Div(page_head("Movement", "Reading who moved…"), id=Ids.HEAD), html.Div(waiting, id=Ids.BODY)])


def chosen_sides(view: View) -> Sides | None:
    """What the address names, by a movement's id or by both ends; where it leaves one out, the usual two (`usual_sides`)."""
    dataset = view.dataset or ""
    if known := view.query.get("m"):
        return movements.movement_sides(view.session, view.actor, dataset, known)
    before, after = (read_token(view.query.get(name)) for name in ("from", "to"))
    usual = movements.usual_sides(view.session, view.actor, dataset)
    if usual is None:
        return (before, after) if before and after else None
    return before or usual[0], after or usual[1]


def show_page(view: View) -> tuple[Component, list[Child]]:
    """Head and body; NotFound where there is no such dataset."""
    datasets.show_dataset(view.session, view.actor, view.dataset or "")
    try:
        sides = chosen_sides(view)
        if sides is None:
            return page_head("Movement", SUB), [card(body=_nothing(view))]
        found = movements.show_movement(view.session, view.actor, view.dataset or "", *sides)
    except (NotFound, Conflict) as error:
        link = button("The usual two", href=movement_address(view.actor.team_slug, view.dataset or ""))
        text = f"{error.message} It may be at work still, have failed, or have been removed."
        return page_head("Movement", SUB), [card(body=empty_state("calendar-x", "This cannot be told", text, link))]
    head = page_head("Movement", SUB, _choices(view, found))
    return head, [counting_card(view, AT, found)] if isinstance(found, Uncounted) else movement(view, found)


def movement(view: View, report: MovementReport) -> list[Child]:
    """All cards."""
    return [
        parts.answer(report),
        parts.tiles(report),
        parts.unit_chips(view, report),
        *parts.charts(view, report),
        parts.segments_card(view, report),
        parts.flows_card(view, report),
        parts.watch_card(view, report),
    ]


def _choices(view: View, found: MovementReport | Uncounted) -> list[Child]:
    """A menu for each end: days as the champion sees them, and versions."""
    team, dataset = view.actor.team_slug, view.dataset or ""
    ends = {"from": found.before, "to": found.after}
    kept = {name: f"v{each.version}s{each.snapshot}" for name, each in ends.items()}
    unit = view.query.get("unit")
    days = {
        f"s{each.number}": f"{day(each.as_of)}, snapshot {each.number}"
        for each in timeline.show_timeline(view.session, view.actor, dataset)
    }
    ready = [each for each in versions.list_versions(view.session, view.actor, dataset) if each.status == "ready"]
    fitted = {f"v{each.number}": f"Version {each.number}{' (champion)' if each.champion else ''}" for each in ready}

    def choice(name: str, label: str) -> Component:
        moment = ends[name]
        entries = [
            _heading("Days, as the champion sees them"),
            *(_entry(text, movement_address(team, dataset, **{**kept, name: key, "unit": unit})) for key, text in days.items()),
            _heading("Versions, each on its own customers"),
            *(_entry(text, movement_address(team, dataset, **{**kept, name: key, "unit": unit})) for key, text in fitted.items()),
        ]
        shown = f"{label} {day(moment.as_of)}, v{moment.version}"
        return menu([hidden_text("Choose another: "), shown, icon("chevron-expand")], entries, toggle_class="btn-secondary")

    return [choice("from", "From"), choice("to", "To")]


def _heading(text: str) -> Component:
    heading: Component = dbc.DropdownMenuItem(text, header=True)
    return heading


def _entry(text: str, href: str) -> Component:
    entry: Component = dbc.DropdownMenuItem(text, href=href)
    return entry


def _nothing(view: View) -> Component:
    """There is one state only: what makes a second one. A version that never was champion is none."""
    listed = versions.list_versions(view.session, view.actor, view.dataset or "")
    if not listed:
        action = recluster_button(view.actor, at="movement", text="Find segments", kind="primary")
        return empty_state(
            "arrow-left-right", "Nobody has a segment yet", "Find segments first; from the next file on you see who moved.", action
        )
    text = "Import customers again, or promote another version: then you see here who moved, and whether they did or the model."
    href = data_address(view.actor.team_slug, view.dataset or "")
    action = button("Import customers", href=href, kind="primary") if view.actor.may(Permission.IMPORT) else None
    return empty_state("arrow-left-right", "One snapshot and one champion only", text, action)


def register(callbacks: Callbacks) -> None:
    @callbacks.on(
        Output(Ids.HEAD, "children"),
        Output(Ids.BODY, "children"),
        Input("address", "search"),
        Input("display", "data"),
        Input("pulse", "data"),
        needs=Permission.VIEW_CUSTOMERS,
    )
    def body(view: View, _search: Any, _display: Any, _pulse: Any) -> Any:
        return show_page(view)

    register_counting(callbacks, AT)


PAGE = Page(
    name="movement",
    title="Movement",
    path="movement",
    layout=layout,
    register=register,
    needs=Permission.VIEW_CUSTOMERS,
    group="Understand",
    icon="arrow-left-right",
)
