"""Files that wait for a person, where people start from: left by a schedule's folder, or by whoever uploaded them."""

from __future__ import annotations

from datetime import UTC, datetime

from dash import dcc, html
from dash.development.base_component import Component

from webapp.edge import View
from webapp.services.access import Permission
from webapp.services.data import imports
from webapp.services.data.imports import WaitingFile
from webapp.ui.components import Child, badge, button, card, hidden_text
from webapp.ui.format import by, count, exact_time, relative_time
from webapp.ui.places import data_address, import_address

FEW = 3
"""Files that are listed; the others stand on Data."""
TO_ANSWER = "Nothing of it is stored yet: look at its check, answer what it asks, and import it, or discard it on its page."
TO_MEND = "Nothing of it is stored. Mend the file and bring it again, or put it into the folder again, or discard it on its page."


def waiting_files(view: View) -> Component | None:
    """A card with what to do about each; nothing where no file waits, or for who may not import."""
    if not view.actor.may(Permission.IMPORT) or view.dataset is None:
        return None
    found = imports.list_waiting(view.session, view.actor, view.dataset)
    if not found:
        return None
    rest = len(found) - FEW
    more = dcc.Link(f"{count(rest, 'more file')} on Data", href=data_address(view.actor.team_slug, view.dataset)) if rest > 0 else None
    items = html.Ul([_item(view, file) for file in found[:FEW]], className="sc-acts")
    return card(f"{count(len(found), 'file waits', 'files wait')} for somebody", None, items, foot=more, className="sc-stack")


def _item(view: View, file: WaitingFile) -> html.Li:
    state = badge("Refused", "bad") if file.refused else badge("To confirm", "warn")
    when = html.Span(relative_time(file.created_at, datetime.now(UTC)), title=exact_time(file.created_at))
    words: list[Child] = [
        html.H3([html.Bdi(file.file_name), " ", state]),
        html.P(file.message) if file.refused and file.message else None,
        html.P([TO_MEND if file.refused else TO_ANSWER, f" Brought by {by(file.created_by)}, ", when, "."]),
    ]
    act: list[Child] = ["See why" if file.refused else "Check it", hidden_text(f": {file.file_name}")]
    href = import_address(view.actor.team_slug, view.dataset or "", file.id)
    return html.Li(
        [html.Div(words, className="w"), html.Div(button(act, href=href, small=True), className="sc-buttons")], className="sc-act"
    )
