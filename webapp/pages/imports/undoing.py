"""Taking a whole import back: the button, what it asks, and why it may not be possible."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.imports.ids import Ids
from webapp.services.access import Permission
from webapp.services.data import imports
from webapp.services.data.imports import ImportDetail, UndoPreview
from webapp.ui.components import Child, button
from webapp.ui.format import count, day, listing
from webapp.ui.forms import dialog
from webapp.ui.places import import_address, jobs_address, models_address


def undo_parts(view: View, detail: ImportDetail) -> tuple[Child, Component | None]:
    """The button and its dialog for those who may import; where it cannot be undone, that says why and leads to what is in the way."""
    if not view.actor.may(Permission.IMPORT):
        return None, None
    found = imports.preview_undo(view.session, view.actor, detail.id)
    opens = button("Undo this import", id=Ids.UNDO_OPEN, icon_name="arrow-counterclockwise")
    return opens, undo_dialog(detail, found) if found.problem is None else refusal_dialog(view, found)


def undo_dialog(detail: ImportDetail, found: UndoPreview) -> Component:
    """Says what undoing does before it is done."""
    changed = detail.report is None or detail.report.new or detail.report.changed or detail.report.removed
    what = f"Every customer goes back to what they were before {detail.file_name}: new ones leave, changed ones have their earlier values."
    text = f"{what if changed else 'It changed nobody, so no customer changes.'} The file stays in the list with what became of it."
    confirm = button("Undo the import", id=Ids.UNDO, kind="danger")
    return dialog(Ids.UNDO_ASK, "Undo this import?", [html.P(text), _along(found)], confirm, cancel_id=Ids.UNDO_CANCEL)


def refusal_dialog(view: View, found: UndoPreview) -> Component:
    """Why it cannot be undone now, and the way to what would have to go first."""
    return dialog(
        Ids.UNDO_ASK,
        "This import cannot be undone now",
        html.P(found.problem),
        _way_on(view, found),
        cancel_id=Ids.UNDO_CANCEL,
        cancel_text="Close",
    )


def _along(found: UndoPreview) -> Component | None:
    """That the same file, brought again, goes along."""
    if not found.repeats:
        return None
    days = listing(list(dict.fromkeys(day(repeat.day) for repeat in reversed(found.repeats))))
    again = count(len(found.repeats), "import")
    return html.P(f"The same file was brought again and changed nothing ({again}, {days}). That is undone along with this one.")


def _way_on(view: View, found: UndoPreview) -> Component | None:
    team, dataset = view.actor.team_slug, view.dataset or ""
    if "import_id" in found.details:
        return button("Go to that import", href=import_address(team, dataset, found.details["import_id"]), kind="primary")
    if "version" in found.details:
        number = found.details["version"]
        return button(f"Go to version {number}", href=models_address(team, dataset, version=number), kind="primary")
    return button("Go to Jobs", href=jobs_address(team, dataset), kind="primary") if found.code == "fit_depends" else None
