"""Taking a whole import back: the button, what it asks, and why it may not be possible."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.imports.ids import Ids
from webapp.services.access import Permission
from webapp.services.data import imports
from webapp.services.data.imports import ImportDetail
from webapp.ui.components import Child, button
from webapp.ui.forms import dialog


def undo_parts(view: View, detail: ImportDetail) -> tuple[Child, Component | None]:
    """The button and its dialog for those who may import; a button that cannot be pressed says why."""
    if not view.actor.may(Permission.IMPORT):
        return None, None
    problem = imports.undo_problem(view.session, view.actor, detail.id)
    if problem is None:
        return button("Undo this import", id=Ids.UNDO_OPEN, icon_name="arrow-counterclockwise"), undo_dialog(detail)
    return html.Span(button("Undo this import", icon_name="arrow-counterclockwise", disabled=True), title=problem), None


def undo_dialog(detail: ImportDetail) -> Component:
    """Says what undoing does before it is done."""
    text = (
        f"Every customer goes back to what they were before {detail.file_name}: new ones leave, changed ones have their earlier values. "
        "The file stays in the list with what became of it."
    )
    confirm = button("Undo the import", id=Ids.UNDO, kind="danger")
    return dialog(Ids.UNDO_ASK, "Undo this import?", html.P(text), confirm, cancel_id=Ids.UNDO_CANCEL)
