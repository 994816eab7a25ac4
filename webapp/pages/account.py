"""Account: one's own name and password, and where one is signed in."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.services.access import Permission
from webapp.services.errors import Invalid
from webapp.services.people import accounts, invitations, users
from webapp.services.people.accounts import Account, OpenSession
from webapp.services.people.invitations import OwnInvitation
from webapp.ui.components import Child, badge, button, card, hidden_text, icon, page_head, row, skeleton
from webapp.ui.format import count, day, exact_time, relative_time
from webapp.ui.forms import field, text_input
from webapp.ui.notices import notify
from webapp.ui.page import Page
from webapp.ui.places import ACCOUNT, Place, account_address, team_address
from webapp.ui.tables import Column, table

LONGEST_PASSWORD = 128
PASSWORD_HELP = "8 to 128 characters. Several words that do not belong together are good."  # noqa: S105 - no password
CHANGED = "Your password is changed. Other browsers were signed out."


class Ids(StrEnum):
    BODY = "account-body"
    CHANGED = "account-changed"
    FORM = "account-form"
    NAME = "account-name"
    ERROR = "account-name-error"
    ELSEWHERE = "account-elsewhere"


def layout(_place: Place) -> Component:
    """The page in its final shape, still waiting."""
    waiting = [row((6, skeleton(260)), (6, skeleton(260))), row((12, skeleton(180)))]
    head = page_head("Account", "What belongs to you alone, in every team that you are in.")
    return html.Div([head, html.Div(waiting, id=Ids.BODY), dcc.Store(id=Ids.CHANGED)])


def show_own(view: View) -> list[Child]:
    """Invitations that wait, name and password, then sessions and teams."""
    account = accounts.show_account(view.session, view.actor)
    sessions = accounts.list_sessions(view.session, view.resources.config, view.actor, view.signed_in)
    return [
        *invitations_card(view),
        row((6, name_card(account)), (6, password_card(view, account))),
        row((8, sessions_card(sessions)), (4, teams_card(view))),
    ]


def invitations_card(view: View) -> list[Child]:
    """What waits for an answer; nothing where nothing does."""
    waiting = invitations.list_own_invitations(view.session, view.actor.user_id or "")
    if not waiting:
        return []
    here = account_address(view.actor.team_slug, view.dataset)
    sub = "Nothing of yours is shown to a team before you join it."
    items = html.Ul([invitation_item(item, here) for item in waiting], className="sc-list")
    return [row((12, card("Invitations", sub, items, flush=True)))]


def invitation_item(item: OwnInvitation, here: str) -> Component:
    """Who invites, and a plain form that posts the answer."""
    words = html.Div([html.B(f"{item.team} invites you as {item.role}"), html.Span(f"Until {exact_time(item.expires_at)}")], className="w")
    answers = [
        dbc.Input(type="hidden", name="next", value=here),
        button(["Join", hidden_text(f" {item.team}")], type="submit", kind="primary", name="answer", value="join"),
        button(["Decline", hidden_text(f" {item.team}")], type="submit", name="answer", value="decline"),
    ]
    return html.Li([words, html.Form(answers, action=f"/invitations/{item.id}", method="POST", className="sc-csrf sc-answers")])


def name_card(account: Account) -> Component:
    form = dbc.Form(
        [
            field("Name", text_input(Ids.NAME, value=account.name), help_text="Your colleagues see it.", error_id=Ids.ERROR),
            button("Save the name", type="submit"),
        ],
        id=Ids.FORM,
        prevent_default_on_submit=True,
    )
    return card("You", f"{account.email}, since {day(account.created_at)}", form)


def password_card(view: View, account: Account) -> Component:
    """A plain form that posts, so that browsers can keep the password; what is wrong with it is said on a page of its own."""
    here = account_address(view.actor.team_slug, view.dataset)
    form = html.Form(
        [
            dbc.Input(type="hidden", name="next", value=here),
            field("Current password", _password("current", "current-password")),
            field("New password", _password("password", "new-password", shortest=8), help_text=PASSWORD_HELP),
            button("Change the password", type="submit"),
        ],
        action="/password",
        method="POST",
        className="sc-csrf",
    )
    said = html.P([icon("check-circle-fill", tone="ok"), f" {CHANGED}"], role="status", className="sc-said")
    body = [said, form] if view.query.get("password") == "changed" else form
    return card("Password", "Changing it signs you out everywhere else; this browser stays signed in.", body)


def _password(name: str, autocomplete: str, *, shortest: int | None = None) -> Component:
    shown: Component = dbc.Input(
        type="password", name=name, autocomplete=autocomplete, minlength=shortest, maxlength=LONGEST_PASSWORD, required=True
    )
    return shown


def sessions_card(sessions: tuple[OpenSession, ...]) -> Component:
    now = datetime.now(UTC)
    columns: list[Column[OpenSession]] = [
        Column("Browser", lambda item: badge("This one", "good") if item.here else "Another one"),
        Column("Signed in", lambda item: html.Span(relative_time(item.began_at, now), title=exact_time(item.began_at)), numeric=True),
        Column("Last click", lambda item: html.Span(relative_time(item.seen_at, now), title=exact_time(item.seen_at)), numeric=True),
        Column("Ends at the latest", lambda item: exact_time(item.expires_at), numeric=True, wide=True),
    ]
    others = sum(not item.here for item in sessions)
    out = button("Sign out everywhere else", id=Ids.ELSEWHERE, disabled=not others)
    sub = "Browsers end by themselves after a while without a click." if others else "Nowhere else at the moment."
    return card("Where you are signed in", sub, table(columns, sessions, caption="Open sessions"), foot=out, flush=True)


def teams_card(view: View) -> Component:
    teams = users.list_teams(view.session, view.actor.user_id or "")
    items = [
        html.Li(
            [
                html.Div(html.B(dcc.Link(team.name, href=team_address(team.slug))), className="w"),
                badge("Here") if team.slug == view.actor.team_slug else None,
            ]
        )
        for team in teams
    ]
    sub = f"{count(len(teams), 'team')}. An admin decides what you may do in theirs: in {view.actor.team_name} you are {view.actor.role}."
    return card("Your teams", sub, html.Ul(items, className="sc-list"), flush=True)


def save_name(view: View, submitted: int | None, name: str | None) -> Any:
    """Store the name; a refusal stands at the field. Nothing else is drawn anew: somebody may be typing a password already."""
    if not submitted:
        return no_update
    try:
        saved = accounts.rename_account(view.session, view.actor, name or "")
    except Invalid as refusal:
        return refusal.message
    notify(f"Your colleagues see {saved.name} now.", "good")
    return ""


def sign_out_elsewhere(view: View, clicks: int | None) -> Any:
    """End every session but this one."""
    if not clicks:
        return no_update
    ended = accounts.end_other_sessions(view.session, view.actor, view.signed_in)
    notify(f"Signed out of {count(ended, 'other browser')}. This one stays.", "good")
    return f"elsewhere {clicks}"


def register(callbacks: Callbacks) -> None:
    """Declare the page's callbacks."""

    @callbacks.on(Output(Ids.BODY, "children"), Input("address", "search"), Input(Ids.CHANGED, "data"), needs=Permission.VIEW)
    def body(view: View, _search: Any, _changed: Any) -> list[Child]:
        return show_own(view)

    @callbacks.on(
        Output(Ids.ERROR, "children"),
        Input(Ids.FORM, "n_submit"),
        State(Ids.NAME, "value"),
        needs=Permission.VIEW,
        writes=True,
        prevent_initial_call=True,
    )
    def save(view: View, submitted: int | None, name: str | None) -> Any:
        return save_name(view, submitted, name)

    @callbacks.on(
        Output(Ids.CHANGED, "data"),
        Input(Ids.ELSEWHERE, "n_clicks"),
        needs=Permission.VIEW,
        writes=True,
        prevent_initial_call=True,
    )
    def elsewhere(view: View, clicks: int | None) -> Any:
        return sign_out_elsewhere(view, clicks)


PAGE = Page(name="account", title="Account", path=ACCOUNT, layout=layout, register=register, team_wide=True)
