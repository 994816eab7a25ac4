"""Segment: who one segment is, what sets it apart, its customers and its campaigns."""

from __future__ import annotations

import json
from typing import Any

from dash import ALL, ClientsideFunction, Input, Output, State, dcc, html, no_update, set_props
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.pages.segment import campaigns, customers, history, look, movement, profile, rename
from webapp.pages.segment.head import chosen_tab, segment_head
from webapp.pages.segment.ids import AT, PARTS, UNTAG, Ids
from webapp.pages.segment.retired import read_retired, retired_note, settled, without_profile
from webapp.services.access import Permission
from webapp.services.errors import Forbidden
from webapp.services.segmenting import segments
from webapp.services.segmenting.segments import SegmentDetail
from webapp.ui.campaign_form import field_refusals, field_values
from webapp.ui.components import Child, page_head, row, skeleton
from webapp.ui.customer_grid import page_rows
from webapp.ui.evidence_names import names_dialog, register_names
from webapp.ui.moving import register_counting
from webapp.ui.page import Page
from webapp.ui.places import Place, segment_address
from webapp.ui.redraw import outline, part_id, redrawn
from webapp.ui.segments_ui import Where, asked_version
from webapp.ui.states import champion_only
from webapp.ui.untag import pressed_id, register_untag, untag_dialog

HEAD_HEIGHT = 262
EVERY_PART = {**part_id(PARTS, ""), "part": ALL}


def layout(_place: Place) -> Component:
    """The page in its final shape, still waiting; its dialogs are closed and empty."""
    waiting = [html.Div(page_head("Segment"), className="visually-hidden"), skeleton(HEAD_HEIGHT)]
    cards = row((7, skeleton(profile.TALL)), (5, skeleton(profile.TALL)))
    parts = [html.Div(waiting, id=Ids.HEAD), html.Div(cards, id=Ids.TAB), dcc.Store(id=Ids.CHANGED), dcc.Store(id=Ids.DRAWN)]
    dialogs = [campaigns.tag_dialog(), untag_dialog(UNTAG), rename.rename_dialog(), names_dialog(AT), look.look_dialog()]
    return html.Div([*parts, *dialogs])


def read_segment(view: View) -> SegmentDetail:
    """The segment in the address; NotFound where the version has none such."""
    return segments.show_segment(view.session, view.actor, view.dataset or "", view.item or "", version=asked_version(view.query))


def show_head(view: View) -> Component:
    """Persona, figures and tabs; of a retired segment what became of it too; for viewers who ask for another version, why not."""
    gone = read_retired(view)
    view = settled(view, gone)
    if gone is not None and not _has_profile(view):
        return without_profile(view, gone)
    try:
        detail = read_segment(view)
    except Forbidden:
        return champion_only(view, "Segment", segment_address(view.actor.team_slug, view.dataset or "", view.item or ""))
    return segment_head(view, detail, where_of(view), retired_note(view, gone) if gone else None)


def draw_head(view: View, drawn: Any) -> tuple[Any, Any]:
    """The head and its outline; neither where the outline is what is `drawn`: then its parts are drawn anew alone, and no control goes."""
    if not _is_here(view):
        return no_update, no_update
    head = show_head(view)
    now = outline(head, view.path, json.dumps(view.query, sort_keys=True))
    return (no_update, no_update) if now == drawn else (head, now)


def _has_profile(view: View) -> bool:
    """Whether there is a version to show a retired segment in, and the actor may read it."""
    return asked_version(view.query) is not None and view.actor.may(Permission.VIEW_CUSTOMERS)


def where_of(view: View) -> Where:
    """Where links of this page lead."""
    return Where(view.actor.team_slug, view.dataset or "", asked_version(view.query))


def show_tab(view: View) -> list[Child]:
    """What the tab in the address holds."""
    gone = read_retired(view)
    view = settled(view, gone)
    if gone is not None and not _has_profile(view):
        return []
    try:
        detail, tab = read_segment(view), chosen_tab(view)
    except Forbidden:  # the head says why
        return []
    if tab == "customers":
        return customers.customers_tab(view, detail)
    if tab == "movement":
        return movement.movement_tab(view)
    if tab == "history":
        return history.history_tab(view, detail, where_of(view))
    return campaigns.campaigns_tab(view, detail) if tab == "campaigns" else profile.profile_tab(detail)


def register(callbacks: Callbacks) -> None:
    """Declare the page's callbacks."""
    register_reading(callbacks)
    register_tagging(callbacks)
    register_renaming(callbacks)
    register_looks(callbacks)
    register_notes(callbacks)
    register_untag(callbacks, UNTAG, Ids.CHANGED)
    register_counting(callbacks, movement.AT)
    register_names(callbacks, AT, lambda what: set_props(Ids.CHANGED, {"data": what}))
    dialogs = ((Ids.TAG_DIALOG, Ids.TAG_CANCEL), (Ids.RENAME_DIALOG, Ids.RENAME_CANCEL), (Ids.LOOK_DIALOG, Ids.LOOK_CANCEL))
    for dialog, cancel in dialogs:
        close = ClientsideFunction("shell", "openDialog")
        callbacks.clientside(close, Output(dialog, "is_open", allow_duplicate=True), Input(cancel, "n_clicks"), prevent_initial_call=True)


def _is_here(view: View) -> bool:
    """Whether the address is still a segment's: it changes before the page does, and a campaign's id is no segment's key."""
    return view.page == "segments" and view.item is not None


def register_reading(callbacks: Callbacks) -> None:
    address, changed = Input("address", "search"), Input(Ids.CHANGED, "data")

    @callbacks.on(
        Output(Ids.HEAD, "children"),
        Output(Ids.DRAWN, "data"),
        address,
        changed,
        Input("pulse", "data"),
        State(Ids.DRAWN, "data"),
        needs=Permission.VIEW,
    )
    def head(view: View, _search: Any, _changed: Any, _pulse: Any, drawn: Any) -> tuple[Any, Any]:
        return draw_head(view, drawn)

    @callbacks.on(
        Output(EVERY_PART, "children"),
        changed,
        Input("pulse", "data"),
        State(EVERY_PART, "id"),
        needs=Permission.VIEW,
        prevent_initial_call=True,
    )
    def parts(view: View, _changed: Any, _pulse: Any, ids: list[Any]) -> list[Any]:
        return redrawn(show_head(view), ids) if _is_here(view) else [no_update] * len(ids)

    @callbacks.on(Output(Ids.TAB, "children"), address, changed, needs=Permission.VIEW)
    def tab(view: View, _search: Any, _changed: Any) -> Any:
        return show_tab(view) if _is_here(view) else no_update

    @callbacks.on(*[Output(name, "children") for name in profile.PLOTS], Input("display", "data"), needs=Permission.VIEW)
    def figures(view: View, _display: Any) -> Any:
        return profile.show_figures(settled(view, read_retired(view))) if _is_here(view) else (no_update,) * len(profile.PLOTS)

    @callbacks.on(Output(Ids.GROWTH, "children"), Input("display", "data"), Input("pulse", "data"), needs=Permission.VIEW)
    def growth(view: View, _display: Any, _pulse: Any) -> Any:
        return profile.show_growth(settled(view, read_retired(view))) if _is_here(view) else no_update

    @callbacks.on(Output(Ids.MOVED, "children"), Input("display", "data"), Input("pulse", "data"), needs=Permission.VIEW)
    def moved(view: View, _display: Any, _pulse: Any) -> Any:
        return movement.show_moved(view) if _is_here(view) else no_update

    @callbacks.on(
        Output(Ids.GRID, "getRowsResponse"), Input(Ids.GRID, "getRowsRequest"), needs=Permission.VIEW_CUSTOMERS, prevent_initial_call=True
    )
    def rows(view: View, request: Any) -> Any:
        return page_rows(settled(view, read_retired(view)), request, segment=view.item) if _is_here(view) else no_update


def register_tagging(callbacks: Callbacks) -> None:
    @callbacks.on(
        Output(Ids.TAG_DIALOG, "is_open"),
        Output(Ids.TAG_FORM, "children"),
        Input({"type": Ids.TAG_OPEN, "at": ALL}, "n_clicks"),
        needs=Permission.TAG,
        prevent_initial_call=True,
    )
    def open_dialog(view: View, _clicks: list[int | None]) -> Any:
        return campaigns.open_tag_dialog(view, pressed_id())

    @callbacks.on(
        Output(Ids.TAG_DIALOG, "is_open", allow_duplicate=True),
        *field_refusals(campaigns.FORM),
        Output(Ids.CHANGED, "data", allow_duplicate=True),
        Input(Ids.TAG_FORM, "n_submit"),
        State(Ids.TAG_HOW, "value"),
        field_values(campaigns.FORM),
        needs=Permission.TAG,
        writes=True,
        prevent_initial_call=True,
    )
    def tag(view: View, submitted: int | None, how: str | None, values: list[Any]) -> Any:
        return campaigns.tag_campaign(view, submitted, how, values)


def register_renaming(callbacks: Callbacks) -> None:
    @callbacks.on(
        Output(Ids.RENAME_DIALOG, "is_open"),
        Output(Ids.RENAME_FORM, "children"),
        Input(Ids.RENAME_OPEN, "n_clicks"),
        needs=Permission.PROMOTE,
        prevent_initial_call=True,
    )
    def open_dialog(view: View, clicks: int | None) -> Any:
        return rename.open_rename(view, clicks)

    @callbacks.on(
        Output(Ids.RENAME_DIALOG, "is_open", allow_duplicate=True),
        Output(Ids.RENAME_ERROR, "children"),
        Output(Ids.WORDS_ERROR, "children"),
        Output(Ids.CHANGED, "data", allow_duplicate=True),
        Input(Ids.RENAME_FORM, "n_submit"),
        State(Ids.RENAME_NAME, "value"),
        State(Ids.WORDS, "value"),
        needs=Permission.PROMOTE,
        writes=True,
        prevent_initial_call=True,
    )
    def save(view: View, submitted: int | None, name: str | None, words: str | None) -> Any:
        return rename.rename(view, submitted, name, words)

    @callbacks.on(
        Output(Ids.CHANGED, "data", allow_duplicate=True),
        Input({"type": Ids.RESTORE, "at": ALL}, "n_clicks"),
        needs=Permission.PROMOTE,
        writes=True,
        prevent_initial_call=True,
    )
    def restore(view: View, _clicks: list[int | None]) -> Any:
        return history.restore(view, pressed_id())


def register_looks(callbacks: Callbacks) -> None:
    @callbacks.on(
        Output(Ids.LOOK_DIALOG, "is_open"),
        Output(Ids.LOOK_FORM, "children"),
        Input(Ids.LOOK_OPEN, "n_clicks"),
        needs=Permission.PROMOTE,
        prevent_initial_call=True,
    )
    def open_dialog(view: View, clicks: int | None) -> Any:
        return look.open_look(view, clicks)

    @callbacks.on(
        Output(Ids.LOOK_DIALOG, "is_open", allow_duplicate=True),
        Output(Ids.CHANGED, "data", allow_duplicate=True),
        Input(Ids.LOOK_FORM, "n_submit"),
        State(Ids.LOOK_CHOICE, "value"),
        needs=Permission.PROMOTE,
        writes=True,
        prevent_initial_call=True,
    )
    def choose(view: View, submitted: int | None, slot: int | None) -> Any:
        return look.choose_look(view, submitted, slot)


def register_notes(callbacks: Callbacks) -> None:
    @callbacks.on(
        Output(Ids.NOTE_TEXT, "value"),
        Output(Ids.NOTE_ERROR, "children"),
        Output(Ids.CHANGED, "data", allow_duplicate=True),
        Input(Ids.NOTE_FORM, "n_submit"),
        State(Ids.NOTE_TEXT, "value"),
        needs=Permission.TAG,
        writes=True,
        prevent_initial_call=True,
    )
    def add(view: View, submitted: int | None, text: str | None) -> Any:
        return history.add_note(view, submitted, text)

    @callbacks.on(
        Output(Ids.CHANGED, "data", allow_duplicate=True),
        Input({"type": Ids.NOTE_REMOVE, "note": ALL}, "n_clicks"),
        needs=Permission.TAG,
        writes=True,
        prevent_initial_call=True,
    )
    def remove(view: View, _clicks: list[int | None]) -> Any:
        return history.remove_note(view, pressed_id())


PAGE = Page("segment", "Segment", "segments", layout, register, item=True, under="segments")
