"""Help and shortcuts: a dialog with the keys, the product's words, and where more is explained."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import dash_bootstrap_components as dbc
from dash import ALL, ClientsideFunction, Input, Output, html
from dash.development.base_component import Component

from webapp.edge import Callbacks
from webapp.ui.components import Child, aria, button, data, icon
from webapp.ui.page import Page
from webapp.ui.terms import TERMS

GO = {
    "home": "h",
    "segments": "s",
    "customers": "u",
    "data": "d",
    "explore": "e",
    "campaigns": "c",
    "audiences": "a",
    "lab": "l",
    "models": "m",
    "jobs": "j",
    "team": "t",
}
"""The letter behind `g` that leads to a page."""
KEYS = (("/", "Search"), ("?", "This help"), ("Esc", "Close what is open"))
WORDS = (
    ("Dataset", "One customer base of your team: its customers, segments and campaigns."),
    ("Import", "One file that was brought in, and what became of each of its rows."),
    ("Snapshot", "The customers as they were after an import; it never changes afterwards."),
    ("Segment", "A group of customers who are alike. It keeps its name, colour and symbol from version to version."),
    ("Version", "One attempt at finding segments: which customers, which features, which method, and what came out."),
    ("Champion", "The version that your team works with now. Promoting moves it, rolling back moves it back."),
    ("Confidence", "How clearly a customer belongs to their segment rather than to the next one, the runner-up."),
    ("Campaign", "An action that you plan for one or more segments."),
    ("Tag", "Ties a campaign to a segment; it stays on the segment when versions change."),
    ("Audience", "Customers kept under a name. Who is in it never changes, whatever becomes of segments and customers."),
    ("Consent", "Whether a customer may be contacted: given, withdrawn or unknown. Withdrawn never leaves in a file."),
    ("Job", "Work in the background, such as an import. You can leave the page meanwhile."),
)
MORE = (
    ("On every chart", "(i) explains what is drawn and says it in words; the menu beside it has the table and files."),
    ("On every figure", "Point at a heading to read what it means."),
    ("Installing, command line, API", "README.md, which comes with the product."),
)


class Ids(StrEnum):
    OPEN = "help-open"
    DIALOG = "help-dialog"


def help_button(at: str) -> html.Div:
    """The last entry of the navigation; `at` tells the side's and the drawer's apart."""
    parts: list[Child] = [
        icon("question-circle"),
        html.Span("Help and shortcuts", className="lbl"),
        html.Kbd("?", className="sc-kbd lbl", **aria(hidden="true")),
    ]
    opener = html.Button(parts, id={"type": Ids.OPEN, "at": at}, type="button", className="item", title="Help and shortcuts")
    return html.Div(opener, className="sc-nav-foot")


def help_dialog(pages: Sequence[Page]) -> Component:
    """One for the whole product; keys.js leaves out the pages that the reader's navigation does not have."""
    heading = f"{Ids.DIALOG}-title"
    keys = [_key(name, text) for name, text in KEYS]
    keys += [_key(f"g {GO[page.name]}", f"Go to {page.title}", **data(leads=GO[page.name])) for page in pages if page.name in GO]
    shown: Component = dbc.Modal(
        [
            dbc.ModalHeader(html.H2("Help and shortcuts", id=heading, className="modal-title"), close_button=True),
            dbc.ModalBody(
                [
                    html.Section([html.H3("Keys"), html.Dl(keys, className="sc-keys"), _switch()]),
                    html.Section([html.H3("Words"), _meanings(WORDS)]),
                    html.Details([html.Summary("Words for figures"), _meanings([(term.words, term.text) for term in TERMS])]),
                    html.Section([html.H3("Where to read more"), _meanings(MORE), _first_steps()]),
                ],
                className="sc-help",
            ),
        ],
        id=Ids.DIALOG,
        is_open=False,
        centered=True,
        scrollable=True,
        size="lg",
        labelledby=heading,
        fade=False,
    )
    return shown


def _key(name: str, text: str, **props: Any) -> html.Div:
    return html.Div([html.Dt([html.Kbd(key, className="sc-kbd") for key in name.split()]), html.Dd(text)], **props)


def _switch() -> html.Div:
    """Single keys can be a nuisance for people who speak to their computer, so they can be switched off; keys.js remembers it."""
    return html.Div(
        [
            html.Span("Single keys are on", className="sc-keys-state", role="status"),
            button("Switch them off", small=True, className="sc-keys-switch"),
        ],
        className="sc-keys-choice",
    )


def _first_steps() -> Component:
    """Back to Home with the first steps, also where they were put away; home.js knows the address."""
    return button("Show the first steps", small=True, className="sc-first-steps")


def _meanings(pairs: Sequence[tuple[str, str]]) -> html.Dl:
    return html.Dl([part for name, text in pairs for part in (html.Dt(name), html.Dd(text))], className="sc-words")


def register(callbacks: Callbacks) -> None:
    callbacks.clientside(
        ClientsideFunction("shell", "openDialog"),
        Output(Ids.DIALOG, "is_open"),
        Input({"type": Ids.OPEN, "at": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )
