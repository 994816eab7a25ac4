"""Audiences wherever they are shown: the way to save one, its fields, and where it came from in words."""

from __future__ import annotations

from typing import Any

from dash import Output, State, html, no_update
from dash.development.base_component import Component

from webapp.edge import View
from webapp.services.access import Permission
from webapp.services.data.datasets import LONGEST_NAME
from webapp.services.errors import Invalid
from webapp.services.planning.campaigns import LONGEST_NOTE
from webapp.services.segmenting.audience_choices import Origin
from webapp.ui.components import Children, button, hidden_text
from webapp.ui.format import day
from webapp.ui.forms import field, text_area, text_input
from webapp.ui.places import save_address

FIELDS = ("name", "note")


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
    return html.Div(
        [
            field("Name", text_input(_id(form, "name"), value=name, max_length=LONGEST_NAME), error_id=_error(form, "name")),
            field("Note", text_area(_id(form, "note"), value=note, max_length=LONGEST_NOTE), error_id=_error(form, "note"), optional=True),
        ]
    )


def field_states(form: str) -> tuple[State, ...]:
    """What was typed, in the order of `FIELDS`."""
    return tuple(State(_id(form, name), "value") for name in FIELDS)


def field_errors(form: str) -> tuple[Output, ...]:
    """Where a refusal is said, in the order of `FIELDS`."""
    return tuple(Output(_error(form, name), "children") for name in FIELDS)


def errors_of(refusal: Invalid | None) -> tuple[Any, ...]:
    """The refusal at its field, the first one where it is about none; no refusal clears all."""
    if refusal is None:
        return ("",) * len(FIELDS)
    at = refusal.details.get("field")
    return tuple(refusal.message if name == (at if at in FIELDS else FIELDS[0]) else "" for name in FIELDS)


UNTOUCHED: tuple[Any, ...] = (no_update,) * len(FIELDS)
"""Where nothing was sent, nothing is said."""


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


def _id(form: str, name: str) -> str:
    return f"{form}-audience-{name}"


def _error(form: str, name: str) -> str:
    return f"{form}-audience-{name}-error"
