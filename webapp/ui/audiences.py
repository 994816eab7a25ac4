"""Audiences wherever they are shown: the way to save one, its fields, and where it came from in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html, no_update
from dash.development.base_component import Component

from webapp.edge import View
from webapp.services.access import Permission
from webapp.services.planning.campaigns import LONGEST_NOTE
from webapp.services.segmenting.audience_choices import Origin
from webapp.ui.campaign_form import LONGEST_NAME, field_id, form_field, typed_text
from webapp.ui.components import Children, button, hidden_text
from webapp.ui.format import day
from webapp.ui.forms import text_area, text_input
from webapp.ui.places import save_address

FIELDS = ("name", "note")
"""Of an audience, in the order in which forms show them."""


def save_link(view: View, query: str, *, version: int | None, what: str = "", small: bool = True) -> Component | None:
    """Leads to the customers of a selection with the dialog open that saves them; nothing for a role that cannot.

    `what` names them for whoever hears a small one instead of seeing its row.
    """
    if not view.actor.may(Permission.TAG):
        return None
    href = save_address(view.actor.team_slug, view.dataset or "", v=version, f=query)
    words: Children = ["Save", hidden_text(f" {what} as an audience")] if small else "Save audience"
    kind = "ghost" if small else "secondary"
    title = "Keep exactly these customers as an audience"
    return button(words, href=href, icon_name="bookmark-plus", kind=kind, small=small, title=title)


def audience_fields(form: str, *, name: str, note: str = "") -> html.Div:
    """Name and note; `form` keeps the ids of two forms apart."""
    named = text_input(field_id(form, "name"), value=name, max_length=LONGEST_NAME)
    noted = text_area(field_id(form, "note"), value=note, max_length=LONGEST_NOTE, dir="auto")
    return html.Div([form_field(form, "name", "Name", named), form_field(form, "note", "Note", noted, optional=True)])


def read_fields(values: Sequence[Any]) -> dict[str, str]:
    """What was typed, as the services take it; Invalid names what is no text."""
    typed = dict(zip(FIELDS, values, strict=True))
    return {name: typed_text(typed, name) for name in FIELDS}


def said_nothing(values: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """What becomes of marks and sentences where nothing was sent."""
    return [no_update] * len(values), [no_update] * len(values)


def chosen_words(origin: Origin, *, most: int | None = None) -> str:
    """What its customers were chosen by: "Income at least 60,000; City: Leeds"; "Everybody" where nothing was said."""
    words = (
        origin.words if most is None or len(origin.words) <= most else (*origin.words[: most - 1], f"{len(origin.words) - most + 1} more")
    )
    return "; ".join(words) or "Everybody"


def moment_words(origin: Origin) -> str:
    """`version 3, customers of 28 Feb 2026`."""
    version = f"version {origin.version}, " if origin.version is not None else ""
    return f"{version}customers of {day(origin.as_of)}"
