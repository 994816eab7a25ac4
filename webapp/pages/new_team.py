"""New team: somebody who manages one starts another."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, html, no_update
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.services.access import Permission
from webapp.services.errors import Invalid
from webapp.services.people import teams
from webapp.ui.components import button, card, page_head, row
from webapp.ui.forms import field, text_input
from webapp.ui.notices import notify
from webapp.ui.page import Page
from webapp.ui.places import NEW_TEAM, Place, team_address

STEPS = (
    ("You are its admin", "You go back and forth between your teams at the top left."),
    ("It begins empty", "Members, datasets, campaigns and the audit log of other teams are not seen there, nor the other way round."),
    ("You bring people in", "Under Team you invite colleagues; who has an account already joins with it."),
)


class Ids(StrEnum):
    FORM = "new-team-form"
    NAME = "new-team-name"
    ERROR = "new-team-error"


def layout(_place: Place) -> Component:
    """The form; it needs nothing from the server."""
    head = page_head("New team", "A team owns its datasets, campaigns and members, and shares them with no other team.")
    form = dbc.Form(
        [
            field("Name", text_input(Ids.NAME, placeholder="North Market"), error_id=Ids.ERROR),
            button("Start the team", kind="primary", type="submit"),
        ],
        id=Ids.FORM,
        prevent_default_on_submit=True,
    )
    steps = html.Ol([html.Li([html.B(name), html.Span(text)]) for name, text in STEPS], className="sc-next-steps")
    return html.Div([head, row((7, card("What is it called?", None, form)), (5, card("What happens next", None, steps)))])


def start(view: View, submitted: int | None, name: str | None) -> tuple[Any, Any]:
    """Make the team and go there; a refusal stands at the field."""
    if not submitted:
        return no_update, no_update
    try:
        made = teams.create_team(view.session, view.actor, name or "")
    except Invalid as refusal:
        return refusal.message, no_update
    notify(f"{made.name} is ready, and you are its admin.", "good")
    return "", team_address(made.slug)


def register(callbacks: Callbacks) -> None:
    """Declare the page's callback."""

    @callbacks.on(
        Output(Ids.ERROR, "children"),
        Output("address", "href", allow_duplicate=True),
        Input(Ids.FORM, "n_submit"),
        State(Ids.NAME, "value"),
        needs=Permission.MANAGE_TEAM,
        writes=True,
        prevent_initial_call=True,
    )
    def start_team(view: View, submitted: int | None, name: str | None) -> tuple[Any, Any]:
        return start(view, submitted, name)


PAGE = Page("new-team", "New team", NEW_TEAM, layout, register, needs=Permission.MANAGE_TEAM, under="team", team_wide=True)
