"""Giving a segment a name and words of the team's own."""

from __future__ import annotations

from typing import Any

import dash_bootstrap_components as dbc
from dash import no_update
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.segment.ids import Ids
from webapp.services.errors import Invalid
from webapp.services.segmenting import evidence_names, segment_looks, segments
from webapp.services.segmenting.evidence_names import Renamed
from webapp.services.segmenting.segment_looks import LONGEST_TEXT
from webapp.services.segmenting.segments import SegmentDetail
from webapp.ui import format
from webapp.ui.components import button
from webapp.ui.forms import dialog, field, text_area, text_input
from webapp.ui.notices import notify
from webapp.ui.segments_ui import asked_version


def rename_dialog() -> dbc.Modal:
    """Empty until it is opened, since it shows the name of that moment."""
    confirm = button("Save", kind="primary", type="submit", form=Ids.RENAME_FORM)
    form = dbc.Form(id=Ids.RENAME_FORM, prevent_default_on_submit=True)
    return dialog(Ids.RENAME_DIALOG, "Name and description", form, confirm, cancel_id=Ids.RENAME_CANCEL)


def rename_fields(detail: SegmentDetail) -> list[Component]:
    name, words = (
        text_input(Ids.RENAME_NAME, value=detail.style.name),
        text_area(Ids.WORDS, value=detail.description, max_length=LONGEST_TEXT),
    )
    returns = "Empty returns to the name made from evidence. Later versions keep your name."
    evidence = f"Empty returns to what the evidence says: {detail.profile.persona}"
    return [
        field("Name", name, help_text=returns, error_id=Ids.RENAME_ERROR),
        field("Description", words, help_text=evidence, error_id=Ids.WORDS_ERROR, optional=True),
    ]


def open_rename(view: View, clicks: int | None) -> tuple[Any, Any]:
    """Open the dialog with the name and the words that the segment has now."""
    if not clicks:
        return no_update, no_update
    detail = segments.show_segment(view.session, view.actor, view.dataset or "", view.item or "", version=asked_version(view.query))
    return True, rename_fields(detail)


def rename(view: View, submitted: int | None, name: str | None, words: str | None) -> tuple[Any, Any, Any, Any]:
    """Store name and words; a refusal stays in the dialog, at its field, and nothing of the form is stored."""
    if not submitted:
        return (no_update,) * 4
    try:
        style = segment_looks.name_segment(view.session, view.actor, view.dataset or "", view.item or "", name or "", words or "")
    except Invalid as refusal:
        at_words = refusal.details.get("field") == "description"
        return no_update, "" if at_words else refusal.message, refusal.message if at_words else "", no_update
    notify(f"The segment is called {style.name} now.", "good")
    return False, "", "", [style.name, words]


def restore_name(view: View, name: str) -> Any:
    """Give the segment a name back that it had before."""
    style = segments.rename_segment(view.session, view.actor, view.dataset or "", view.item or "", name)
    notify(f"The segment is called {style.name} again.", "good")
    return [style.name, "again"]


def restore_names(view: View, together: Renamed) -> Any:
    """Give all segments of one act the names back that they had before it."""
    evidence_names.restore_names(view.session, view.actor, view.dataset or "", together)
    notify(f"{format.listing([before for before, _ in together.values()])} are called so again.", "good")
    return [sorted(together), "again"]
