"""Saving the customers of the grid as an audience."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import html, no_update
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.customers.ids import FORM, Ids
from webapp.services.access import Permission
from webapp.services.errors import Invalid, ServiceError
from webapp.services.segmenting import audiences
from webapp.services.segmenting.audience_choices import Choice
from webapp.ui.audiences import FIELDS, audience_fields, chosen_words, moment_words, read_fields, said_nothing
from webapp.ui.campaign_form import refusals
from webapp.ui.components import Child, button, icon
from webapp.ui.format import count
from webapp.ui.forms import dialog
from webapp.ui.notices import notify
from webapp.ui.places import audience_address
from webapp.ui.segments_ui import asked_version

MEANING = "The list stays as it is when customers and segments change."


def saving_dialog() -> Component:
    """Empty until it is opened, since it says whom it would save."""
    confirm = button("Save the audience", id=Ids.SAVE_CONFIRM, kind="primary", type="submit", form=Ids.SAVE_FORM)
    form = dbc.Form(id=Ids.SAVE_FORM, prevent_default_on_submit=True)
    return dialog(Ids.SAVE, "Save these customers as an audience", form, confirm, cancel_id=Ids.SAVE_CANCEL)


def saving_button(view: View) -> Component | None:
    """Opens the dialog; nothing for a role that cannot save."""
    return button("Save audience", id=Ids.SAVE_OPEN, icon_name="bookmark-plus") if view.actor.may(Permission.TAG) else None


def chosen(query: Mapping[str, str]) -> Choice:
    """The selection in the address."""
    return Choice({name: query[name] for name in ("f", "q") if query.get(name)}, asked_version(query))


def open_saving(view: View, *, wanted: bool) -> tuple[Any, Any, Any]:
    """Open the dialog with whom it would save and a name made from that; where nobody can be saved it says why, and its button rests."""
    if not wanted:
        return no_update, no_update, no_update
    try:
        found = audiences.propose_audience(view.session, view.actor, view.resources.store, view.dataset or "", chosen(view.query))
    except ServiceError as refusal:
        return True, [html.P([icon("exclamation-triangle-fill", tone="wn"), " ", refusal.message], role="alert")], True
    words: list[Child] = [
        html.B(count(found.customers, "customer")),
        f": {chosen_words(found.origin)}. From {moment_words(found.origin)}. {MEANING}",
    ]
    return True, [html.P(words), audience_fields(FORM, name=found.name)], False


def save_shown(view: View, submitted: int | None, values: Sequence[Any]) -> tuple[Any, ...]:
    """Freeze the selection in the address and go to its page; a refusal stays in the dialog, at its field."""
    if not submitted:
        return no_update, *said_nothing(values)
    store, dataset = view.resources.store, view.dataset or ""
    try:
        made = audiences.save_audience(view.session, view.actor, store, dataset, chosen(view.query), **read_fields(values))
    except Invalid as refusal:
        return no_update, *refusals(refusal, FIELDS)
    notify(f"{made.name} is saved: {count(made.size or 0, 'customer')}, whatever changes from now on.", "good")
    return audience_address(view.actor.team_slug, dataset, made.id), *refusals(None, FIELDS)
