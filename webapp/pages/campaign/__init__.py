"""Campaign: one planned action, its details, the segments it is for, and what was done to it."""

from __future__ import annotations

from typing import Any

from dash import ALL, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.pages.campaign import acts
from webapp.pages.campaign.details import show_details, show_head, show_warning
from webapp.pages.campaign.history import show_history
from webapp.pages.campaign.ids import FORM, UNTAG, Ids
from webapp.pages.campaign.tags import show_segments
from webapp.services.access import Permission
from webapp.ui.campaign_form import field_refusals, field_values
from webapp.ui.components import page_head, row, skeleton
from webapp.ui.forms import register_asking
from webapp.ui.page import Page
from webapp.ui.places import Place
from webapp.ui.untag import pressed_id, register_untag, untag_dialog


def layout(_place: Place) -> Component:
    """The page in its final shape, still waiting; its dialog is closed."""
    right = html.Div([html.Div(skeleton(220), id=Ids.SEGMENTS), html.Div(skeleton(220), id=Ids.HISTORY)], className="sc-stacked")
    cards = row((5, html.Div(skeleton(456), id=Ids.DETAILS)), (7, right))
    head = html.Div(page_head("Campaign", "Reading the campaign…"), id=Ids.HEAD)
    return html.Div([head, html.Div(id=Ids.WARNING), cards, dcc.Store(id=Ids.CHANGED), untag_dialog(UNTAG)])


def register(callbacks: Callbacks) -> None:
    """Declare the page's callbacks."""
    register_reading(callbacks)
    register_changing(callbacks)
    register_leaving(callbacks)
    register_untag(callbacks, UNTAG, Ids.CHANGED)


def register_reading(callbacks: Callbacks) -> None:
    changed = Input(Ids.CHANGED, "data")

    @callbacks.on(Output(Ids.HEAD, "children"), Output(Ids.DETAILS, "children"), changed, needs=Permission.VIEW)
    def details(view: View, _changed: Any) -> Any:
        return (show_head(view), show_details(view)) if view.item else (no_update, no_update)

    @callbacks.on(
        *(Output(name, "children") for name in (Ids.SEGMENTS, Ids.WARNING, Ids.HISTORY)),
        changed,
        Input("pulse", "data"),
        needs=Permission.VIEW,
    )
    def around(view: View, _changed: Any, _pulse: Any) -> Any:
        return (show_segments(view), show_warning(view), show_history(view)) if view.item else (no_update,) * 3


def register_changing(callbacks: Callbacks) -> None:
    store = Output(Ids.CHANGED, "data", allow_duplicate=True)
    writing: dict[str, Any] = {"needs": Permission.TAG, "writes": True, "prevent_initial_call": True}

    @callbacks.on(*field_refusals(FORM), store, Input(Ids.FORM, "n_submit"), field_values(FORM), **writing)
    def save(view: View, submitted: int | None, values: list[Any]) -> tuple[Any, ...]:
        return acts.save_campaign(view, submitted, values)

    @callbacks.on(store, Input(Ids.ARCHIVE, "n_clicks"), **writing)
    def archive(view: View, clicks: int | None) -> Any:
        return acts.archive_campaign(view, clicks)

    @callbacks.on(store, Input(Ids.RESTORE, "n_clicks"), **writing)
    def restore(view: View, clicks: int | None) -> Any:
        return acts.restore_campaign(view, clicks)

    @callbacks.on(store, Input(Ids.ADD, "n_submit"), State(Ids.CHOICE, "value"), **writing)
    def add(view: View, submitted: int | None, key: str | None) -> Any:
        return acts.add_tag(view, submitted, key)

    @callbacks.on(store, Input({"type": Ids.SUCCESSOR, "key": ALL, "tag": ALL}, "n_clicks"), **writing)
    def add_successor(view: View, _clicks: list[int | None]) -> Any:
        return acts.add_successor(view, pressed_id())


def register_leaving(callbacks: Callbacks) -> None:
    go = Output("address", "href", allow_duplicate=True)
    writing: dict[str, Any] = {"needs": Permission.TAG, "writes": True, "prevent_initial_call": True}

    @callbacks.on(go, Input(Ids.DUPLICATE, "n_clicks"), **writing)
    def duplicate(view: View, clicks: int | None) -> Any:
        return acts.duplicate_campaign(view, clicks)

    @callbacks.on(go, Input(Ids.DELETE_CONFIRM, "n_clicks"), **writing)
    def delete(view: View, clicks: int | None) -> Any:
        return acts.delete_campaign(view, clicks)

    register_asking(callbacks, Ids.DELETE, Ids.DELETE_OPEN, Ids.DELETE_CANCEL)


PAGE = Page("campaign", "Campaign", "campaigns", layout, register, item=True, under="campaigns")
