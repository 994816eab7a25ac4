"""Giving a segment a name of the team's own."""

from __future__ import annotations

from typing import Any

import dash_bootstrap_components as dbc
from dash import no_update
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.segment.ids import Ids
from webapp.services import segments
from webapp.services.errors import Invalid
from webapp.ui.components import button
from webapp.ui.forms import dialog, field, text_input
from webapp.ui.notices import notify
from webapp.ui.segments_ui import asked_version


def rename_dialog() -> dbc.Modal:
    """Empty until it is opened, since it shows the name of that moment."""
    confirm = button("Save the name", kind="primary", type="submit", form=Ids.RENAME_FORM)
    form = dbc.Form(id=Ids.RENAME_FORM, prevent_default_on_submit=True)
    return dialog(Ids.RENAME_DIALOG, "Rename this segment", form, confirm, cancel_id=Ids.RENAME_CANCEL)


def rename_field(name: str) -> Component:
    control = text_input(Ids.RENAME_NAME, value=name)
    return field(
        "Name", control, help_text="Empty returns to the name made from evidence. Later versions keep your name.", error_id=Ids.RENAME_ERROR
    )


def open_rename(view: View, clicks: int | None) -> tuple[Any, Any]:
    """Open the dialog with the name that the segment has now."""
    if not clicks:
        return no_update, no_update
    detail = segments.show_segment(view.session, view.actor, view.dataset or "", view.item or "", version=asked_version(view.query))
    return True, rename_field(detail.style.name)


def rename(view: View, submitted: int | None, name: str | None) -> tuple[Any, Any, Any]:
    """Store the new name; a refusal stays in the dialog, at the field."""
    if not submitted:
        return no_update, no_update, no_update
    try:
        style = segments.rename_segment(view.session, view.actor, view.dataset or "", view.item or "", name or "")
    except Invalid as refusal:
        return no_update, refusal.message, no_update
    notify(f"The segment is called {style.name} now.", "good")
    return False, "", style.name
