"""What people do with an audience on its page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import no_update

from webapp.edge import View
from webapp.services.errors import Invalid
from webapp.services.segmenting import audiences
from webapp.ui.audiences import FIELDS, read_fields, said_nothing
from webapp.ui.campaign_form import refusals
from webapp.ui.notices import notify


def save_details(view: View, submitted: int | None, values: Sequence[Any]) -> tuple[Any, ...]:
    """Store name and note; a refusal is said at its field."""
    if not submitted:
        return *said_nothing(values), no_update
    try:
        changed = audiences.change_audience(view.session, view.actor, view.dataset or "", view.item or "", **read_fields(values))
    except Invalid as refusal:
        return *refusals(refusal, FIELDS), no_update
    notify(f"{changed.name} is saved.", "good")
    return *refusals(None, FIELDS), f"saved {submitted}"


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
