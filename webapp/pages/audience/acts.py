"""What people do with an audience on its page."""

from __future__ import annotations

from typing import Any

from dash import no_update

from webapp.edge import View
from webapp.services.errors import Invalid
from webapp.services.segmenting import audiences
from webapp.ui.audiences import UNTOUCHED, errors_of
from webapp.ui.notices import notify


def save_details(view: View, submitted: int | None, name: str | None, note: str | None) -> tuple[Any, ...]:
    """Store name and note; a refusal is said at its field."""
    if not submitted:
        return *UNTOUCHED, no_update
    try:
        changed = audiences.change_audience(view.session, view.actor, view.dataset or "", view.item or "", name=name or "", note=note or "")
    except Invalid as refusal:
        return *errors_of(refusal), no_update
    notify(f"{changed.name} is saved.", "good")
    return *errors_of(None), f"saved {submitted}"


def set_aside(view: View, clicks: int | None) -> Any:
    """Archive the audience; its customers stay in it."""
    if not clicks:
        return no_update
    archived = audiences.archive_audience(view.session, view.actor, view.dataset or "", view.item or "")
    notify(f"{archived.name} is archived with its customers. You can bring it back at any time.", "good")
    return f"archived {clicks}"


def bring_back(view: View, clicks: int | None) -> Any:
    """Make the audience a live one again."""
    if not clicks:
        return no_update
    back = audiences.archive_audience(view.session, view.actor, view.dataset or "", view.item or "", archived=False)
    notify(f"{back.name} is back.", "good")
    return f"restored {clicks}"
