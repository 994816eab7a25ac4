"""Choosing another colour and symbol for a segment; the pair is the same on every page and in every version."""

from __future__ import annotations

from typing import Any

import dash_bootstrap_components as dbc
from dash import html, no_update
from dash.development.base_component import Component

from segmentation.palette import SYMBOLS, colour_index, symbol
from webapp.edge import View
from webapp.pages.segment.ids import Ids
from webapp.services.segmenting import segment_looks
from webapp.services.segmenting.segment_looks import LookChoice
from webapp.ui.components import button, hidden_text, segment_mark
from webapp.ui.forms import dialog
from webapp.ui.notices import notify
from webapp.ui.segments_ui import asked_version

COLOURS = ("blue", "orange", "green", "vermilion", "pink", "sky", "yellow", "grey")
SHAPES = ("circle", "square", "diamond", "triangle", "cross", "star", "inverted triangle", "hourglass")


def look_dialog() -> dbc.Modal:
    """Empty until it is opened, since it shows what is free at that moment."""
    confirm = button("Use it", kind="primary", type="submit", form=Ids.LOOK_FORM)
    form = dbc.Form(id=Ids.LOOK_FORM, prevent_default_on_submit=True)
    return dialog(Ids.LOOK_DIALOG, "Colour and symbol", form, confirm, cancel_id=Ids.LOOK_CANCEL)


def pair_words(slot: int) -> str:
    """`Blue circle`: a pair for those who do not see it."""
    return f"{COLOURS[colour_index(slot)]} {SHAPES[SYMBOLS.index(symbol(slot))]}".capitalize()


def look_option(choice: LookChoice) -> dict[str, Any]:
    """A pair with what it means to choose it."""
    note = "now" if choice.current else f"swaps with {choice.holder.name}" if choice.holder else "free"
    words = [segment_mark(choice.slot), html.Span(pair_words(choice.slot)), html.Span(note, className="n")]
    return {"value": choice.slot, "label": html.Span(words, className="sc-look")}


def look_fields(choices: tuple[LookChoice, ...]) -> Component:
    chosen = next((choice.slot for choice in choices if choice.current), None)
    radios = dbc.RadioItems(id=Ids.LOOK_CHOICE, options=[look_option(choice) for choice in choices], value=chosen, class_name="sc-looks")
    note = html.P("The segment keeps it on every page, in every version. A pair in use is swapped, so that no two look alike.")
    return html.Fieldset([html.Legend(hidden_text("Which colour and symbol")), note, radios], className="sc-field")


def open_look(view: View, clicks: int | None) -> tuple[Any, Any]:
    """Open the dialog with the pairs as they are shared out now."""
    if not clicks:
        return no_update, no_update
    version = asked_version(view.query)
    return True, look_fields(segment_looks.look_choices(view.session, view.actor, view.dataset or "", view.item or "", version=version))


def choose_look(view: View, submitted: int | None, slot: int | None) -> tuple[Any, Any]:
    """Give the segment the chosen pair."""
    if not submitted or not isinstance(slot, int):
        return no_update, no_update
    version = asked_version(view.query)
    style = segment_looks.recolour_segment(view.session, view.actor, view.dataset or "", view.item or "", slot, version=version)
    notify(f"{style.name} is a {pair_words(style.slot).lower()} now, everywhere.", "good")
    return False, style.slot
