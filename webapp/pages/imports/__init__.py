"""Import: check a file, confirm it, watch it, see what became of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import ALL, ClientsideFunction, Input, Output, State, html, no_update
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.pages.imports.check import check_page
from webapp.pages.imports.choices import read_choices, read_day
from webapp.pages.imports.ids import CHOICE, Ids
from webapp.pages.imports.result import cancelled_page, discarded_page, failed_page, result_page, undone_page, waiting_page
from webapp.services.access import Permission
from webapp.services.data import imports
from webapp.services.work import jobs as job_services
from webapp.ui import jobs
from webapp.ui.components import page_head, row, skeleton
from webapp.ui.discarding import discard
from webapp.ui.forms import register_asking
from webapp.ui.page import Page
from webapp.ui.places import Place

Before = dict[str, dict[str, str]]
WAITING = ("uploaded", "checking", "importing")


def layout(_place: Place) -> Component:
    waiting = [
        page_head("Import", "Reading what was found…"),
        skeleton(124),
        html.Div(className="sc-gap"),
        row((8, skeleton(620)), (4, skeleton(620))),
    ]
    return html.Div([html.Div(waiting, id=Ids.BODY)])


def show_import(view: View) -> Component:
    """The import in its present state."""
    detail = imports.show_import(view.session, view.actor, view.item or "")
    if detail.status in WAITING:
        return waiting_page(view, detail)
    if detail.status == "failed":
        return failed_page(view, detail)
    if detail.status == "cancelled":
        return cancelled_page(view, detail)
    if detail.status == "undone":
        return undone_page(view, detail)
    if detail.status == "discarded":
        return discarded_page(view, detail)
    return result_page(view, detail) if detail.status == "done" else check_page(view, detail)


def show_progress(view: View) -> Component:
    """Stage, share and Cancel of the job that reads the file now."""
    detail = imports.show_import(view.session, view.actor, view.item or "")
    if detail.job_id is None or detail.status not in WAITING:
        return html.Div()
    return jobs.job_card(job_services.show_job(view.session, view.actor, detail.job_id), view, at="import")


def confirm(view: View, clicks: int | None) -> tuple[Any, Any]:
    """Import the checked file."""
    if not clicks:
        return no_update, no_update
    detail = imports.confirm_import(view.session, view.actor, view.item or "")
    return show_import(view), detail.job_id


def undo(view: View, clicks: int | None) -> tuple[Any, Any]:
    """Take the import back."""
    if not clicks:
        return no_update, no_update
    detail = imports.undo_import(view.session, view.actor, view.item or "")
    return show_import(view), detail.job_id


def check_again(view: View, clicks: int | None, values: Sequence[Any], ids: Sequence[dict[str, str]], before: Before) -> tuple[Any, Any]:
    """State what was chosen and check the file with that."""
    if not clicks:
        return no_update, no_update
    report = imports.show_import(view.session, view.actor, view.item or "").report
    if report is None:
        return show_import(view), no_update
    mapping = read_choices(values, ids, report, before["choices"])
    mode, day = mapping.pop("mode", None), read_day(mapping.pop("as_of", ""))
    detail = imports.change_mapping(view.session, view.actor, view.item or "", mapping, mode=mode, as_of=day)
    return show_import(view), detail.job_id


def register(callbacks: Callbacks) -> None:
    choice = {"type": CHOICE, "part": ALL, "column": ALL, "field": ALL, "word": ALL}
    answers = (Output(Ids.BODY, "children", allow_duplicate=True), Output(jobs.Ids.NUDGE, "data", allow_duplicate=True))

    @callbacks.on(Output(Ids.BODY, "children"), Input("pulse", "data"), needs=Permission.VIEW)
    def body(view: View, _pulse: object) -> Component:
        return show_import(view)

    @callbacks.on(Output(Ids.PROGRESS, "children"), Input(jobs.Ids.TICK, "n_intervals"), needs=Permission.VIEW)
    def progress(view: View, _tick: object) -> Component:
        return show_progress(view)

    @callbacks.on(*answers, Input(Ids.CONFIRM, "n_clicks"), needs=Permission.IMPORT, writes=True, prevent_initial_call=True)
    def confirm_import(view: View, clicks: int | None) -> tuple[Any, Any]:
        return confirm(view, clicks)

    @callbacks.on(
        Output("address", "href", allow_duplicate=True),
        Input(Ids.DISCARD, "n_clicks"),
        needs=Permission.IMPORT,
        writes=True,
        prevent_initial_call=True,
    )
    def discard_import(view: View, clicks: int | None) -> Any:
        return discard(view, view.item or "") if clicks else no_update

    @callbacks.on(*answers, Input(Ids.UNDO, "n_clicks"), needs=Permission.IMPORT, writes=True, prevent_initial_call=True)
    def undo_import(view: View, clicks: int | None) -> tuple[Any, Any]:
        return undo(view, clicks)

    @callbacks.on(
        *answers,
        Input(Ids.RECHECK, "n_clicks"),
        State(choice, "value"),
        State(choice, "id"),
        State(Ids.BEFORE, "data"),
        needs=Permission.IMPORT,
        writes=True,
        prevent_initial_call=True,
    )
    def recheck(view: View, clicks: int | None, values: list[Any], ids: list[dict[str, str]], before: Before) -> tuple[Any, Any]:
        return check_again(view, clicks, values, ids, before)

    callbacks.clientside(
        ClientsideFunction("imports", "choicesChanged"),
        Output(Ids.RECHECK, "disabled"),
        Output(Ids.CONFIRM, "disabled"),
        Output(Ids.HINT, "children"),
        Input(choice, "value"),
        State(choice, "id"),
        State(Ids.BEFORE, "data"),
    )
    register_asking(callbacks, Ids.UNDO_ASK, Ids.UNDO_OPEN, Ids.UNDO_CANCEL)


PAGE = Page(name="import", title="Import", path="imports", layout=layout, register=register, item=True, under="data")
