"""Audience: one frozen list of customers, where it came from, and what became of those in it."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.pages.audience import acts
from webapp.pages.audience.details import show_details, show_head
from webapp.pages.audience.ids import FORM, Ids
from webapp.pages.audience.today import read_today, show_today
from webapp.services.access import Permission
from webapp.ui.campaign_form import field_refusals, field_values
from webapp.ui.components import page_head, skeleton, skeleton_tiles
from webapp.ui.page import Page
from webapp.ui.places import Place
from webapp.ui.redraw import outline


def layout(_place: Place) -> Component:
    """The page in its final shape, still waiting."""
    head = html.Div(page_head("Audience", "Reading the audience…"), id=Ids.HEAD)
    today = html.Div([skeleton_tiles(), skeleton(260)], id=Ids.TODAY)
    return html.Div(
        [head, today, html.Div(skeleton(320), id=Ids.DETAILS, className="sc-stack"), dcc.Store(id=Ids.CHANGED), dcc.Store(id=Ids.DRAWN)]
    )


def _is_here(view: View) -> bool:
    """Whether the address is still an audience's: it changes before the page does."""
    return view.page == "audiences" and view.item is not None


def show_counted(view: View, drawn: Any) -> tuple[Any, Any, Any]:
    """Head, its outline, and what became of the audience, by one count; a head that is `drawn` already stays, and its buttons with it."""
    now = read_today(view)
    head = show_head(view, now)
    known = outline(head, view.path)
    return *((no_update, no_update) if known == drawn else (head, known)), show_today(view, now)


def register(callbacks: Callbacks) -> None:
    """Declare the page's callbacks."""
    changed = Input(Ids.CHANGED, "data")
    store = Output(Ids.CHANGED, "data", allow_duplicate=True)
    writing: dict[str, Any] = {"needs": Permission.TAG, "writes": True, "prevent_initial_call": True}

    @callbacks.on(Output(Ids.DETAILS, "children"), changed, needs=Permission.VIEW)
    def details(view: View, _changed: Any) -> Any:
        return show_details(view) if _is_here(view) else no_update

    @callbacks.on(
        Output(Ids.HEAD, "children"),
        Output(Ids.DRAWN, "data"),
        Output(Ids.TODAY, "children"),
        changed,
        Input("pulse", "data"),
        State(Ids.DRAWN, "data"),
        needs=Permission.VIEW,
    )
    def counted(view: View, _changed: Any, _pulse: Any, drawn: Any) -> tuple[Any, Any, Any]:
        return show_counted(view, drawn) if _is_here(view) else (no_update,) * 3

    @callbacks.on(*field_refusals(FORM), store, Input(Ids.FORM, "n_submit"), field_values(FORM), **writing)
    def save(view: View, submitted: int | None, values: list[Any]) -> Any:
        return acts.save_details(view, submitted, values)

    @callbacks.on(store, Input(Ids.ARCHIVE, "n_clicks"), **writing)
    def archive(view: View, clicks: int | None) -> Any:
        return acts.set_aside(view, clicks)

    @callbacks.on(store, Input(Ids.RESTORE, "n_clicks"), **writing)
    def restore(view: View, clicks: int | None) -> Any:
        return acts.bring_back(view, clicks)


PAGE = Page("audience", "Audience", "audiences", layout, register, item=True, under="audiences")
