"""What the tabs share: dialogs, roles in words, and secrets that are shown once."""

from __future__ import annotations

from typing import Any

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component
from flask import request

from webapp.edge import View
from webapp.pages.team.ids import TABS, Ids
from webapp.services.access import Actor
from webapp.ui.components import Child, button, data, icon
from webapp.ui.forms import dialog
from webapp.ui.places import team_page_address

ROLE_WORDS = {
    "viewer": "Viewer",
    "marketer": "Marketer",
    "analyst": "Analyst",
    "admin": "Admin",
}
"""Roles, from least to most."""

ROLE_HELP = (
    "Viewers read segments, campaigns and reports. Marketers also see customers, tag and export. "
    "Analysts also import, re-cluster and promote. Admins also manage the team."
)


def chosen_tab(view: View) -> str:
    """The tab in the address; Members where it names none."""
    tab = view.query.get("tab", "")
    return tab if tab in TABS else next(iter(TABS))


def tab_address(view: View, tab: str, **query: object) -> str:
    """Where a tab is, with its filters."""
    return team_page_address(view.actor.team_slug, view.dataset, tab=None if tab == next(iter(TABS)) else tab, **query)


def full_address(view: View, path: str) -> str:
    """`path` as somebody else can type it: behind the public address, else behind the one that this browser used."""
    base = view.resources.config.public_url or request.host_url
    return f"{base.rstrip('/')}{path}"


def role_options(actor: Actor) -> dict[str, str]:
    """The roles that the actor may hand out: none above their own."""
    known = list(ROLE_WORDS)
    return {role: ROLE_WORDS[role] for role in known[: known.index(str(actor.role)) + 1]}


def ask_dialog() -> Component:
    """One question at a time, put in by a callback (its heading is `ASK_TITLE`); what it is about is in the store `ASKED`."""
    confirm = button("Confirm", id=Ids.ASK_CONFIRM, kind="danger")
    return dialog(Ids.ASK, "Sure?", html.P(id=Ids.ASK_TEXT), confirm, cancel_id=Ids.ASK_CANCEL)


def secret_dialog() -> Component:
    """Shows a link or a token once; closing it forgets it."""
    return _dialog(Ids.SECRET, Ids.SECRET_TITLE, Ids.SECRET_BODY, button("Done", id=Ids.SECRET_CLOSE, kind="primary"))


def manage_dialog() -> Component:
    """What can be done about one member, each with what would happen."""
    return _dialog(Ids.MANAGE, Ids.MANAGE_TITLE, Ids.MANAGE_BODY, button("Close", id=Ids.MANAGE_CLOSE))


def secret_parts(label: str, secret: str, notes: list[str]) -> list[Child]:
    """The secret in a field that can be copied, and what there is to know about it."""
    shown = dbc.Input(id=Ids.SECRET_TEXT, type="text", value=secret, readonly=True, class_name="sc-secret-text")
    copy = button("Copy", icon_name="copy", className="sc-copy", **data(copy=Ids.SECRET_TEXT))
    field = html.Div(
        [html.Label(label, htmlFor=Ids.SECRET_TEXT, className="form-label"), html.Div([shown, copy], className="sc-secret")],
        className="sc-field",
    )
    return [field, html.Ul([html.Li([icon("info-circle"), html.Span(note)]) for note in notes], className="sc-notes")]


def _dialog(name: str, title: str, body: str, close: Component) -> Component:
    shown: Component = dbc.Modal(
        [
            dbc.ModalHeader(html.H2(id=title, className="modal-title"), close_button=True),
            dbc.ModalBody(id=body),
            dbc.ModalFooter(close),
        ],
        id=name,
        is_open=False,
        centered=True,
        labelledby=title,
        fade=False,
    )
    return shown


Answer = tuple[Any, ...]
"""What a callback body answers: a value or `no_update` for each output."""
