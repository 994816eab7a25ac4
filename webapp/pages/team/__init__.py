"""Team: who is in it and what they may do, the tokens of its programs, what happened, and what it is called."""

from __future__ import annotations

from typing import Any

from dash import ALL, ClientsideFunction, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.pages.team import acts, audit, members, settings, tokens
from webapp.pages.team.ids import ACT, DATASET_CURRENCY, DATASET_FORM, DATASET_NAME, FILTER, MANAGE, REVOKE, ROLE, TABS, Ids
from webapp.pages.team.parts import Answer, ask_dialog, chosen_tab, manage_dialog, secret_dialog, tab_address
from webapp.services.access import Permission
from webapp.services.data import datasets
from webapp.services.people import teams
from webapp.services.people import tokens as token_services
from webapp.services.people.audit_log import FILTERS
from webapp.ui.components import Child, aria, page_head, skeleton
from webapp.ui.page import Page
from webapp.ui.places import TEAM, Place
from webapp.ui.untag import pressed_id

CHANGED = Output(Ids.CHANGED, "data", allow_duplicate=True)
SECRET = (
    Output(Ids.SECRET, "is_open", allow_duplicate=True),
    Output(Ids.SECRET_TITLE, "children", allow_duplicate=True),
    Output(Ids.SECRET_BODY, "children", allow_duplicate=True),
)
ASK = (
    Output(Ids.ASK, "is_open", allow_duplicate=True),
    Output(Ids.ASK_TITLE, "children", allow_duplicate=True),
    Output(Ids.ASK_TEXT, "children", allow_duplicate=True),
    Output(Ids.ASK_CONFIRM, "children", allow_duplicate=True),
    Output(Ids.ASKED, "data", allow_duplicate=True),
)


def layout(_place: Place) -> Component:
    """The page in its final shape, still waiting, and its dialogs."""
    head = html.Div(page_head("Team", "Reading who is in it…"), id=Ids.HEAD)
    body = html.Div([skeleton(42), html.Div(className="sc-gap"), skeleton(320)], id=Ids.BODY)
    dialogs = [members.invite_dialog(), tokens.token_dialog(), manage_dialog(), ask_dialog(), secret_dialog()]
    return html.Div([head, body, dcc.Store(id=Ids.CHANGED), dcc.Store(id=Ids.SHOWN), dcc.Store(id=Ids.ASKED), *dialogs])


def show_team(view: View, shown: str | None) -> tuple[Any, Any, Any]:
    """Head, tabs with the tab in the address, and its name. The log that is `shown` already keeps its fields."""
    chosen = chosen_tab(view)
    if chosen == shown == "audit":
        return audit.audit_head(view), no_update, no_update
    head, body = {"tokens": _tokens, "audit": _audit, "settings": _settings}.get(chosen, _members)(view)
    return head, [tabs(view, chosen), *body], chosen


def tabs(view: View, chosen: str) -> Component:
    links = [
        dcc.Link(words, href=tab_address(view, tab), className="nav-link active" if tab == chosen else "nav-link")
        for tab, words in TABS.items()
    ]
    return html.Nav(html.Div(links, className="nav nav-tabs"), className="sc-tabsbar sc-tabsbar-alone", **aria(label="Parts of Team"))


def _members(view: View) -> tuple[Component, list[Child]]:
    known, invited = members.find_members(view), members.find_invited(view)
    head = page_head("Team", members.members_sentence(known, invited), [members.invite_button()])
    return head, members.members_tab(view, known, invited)


def _tokens(view: View) -> tuple[Component, list[Child]]:
    listed = token_services.list_tokens(view.session, view.actor)
    return page_head("Team", tokens.tokens_sentence(listed), [tokens.token_button("head")] if listed else []), tokens.tokens_tab(listed)


def _audit(view: View) -> tuple[Component, list[Child]]:
    return audit.audit_head(view), audit.audit_tab(view)


def _settings(view: View) -> tuple[Component, list[Child]]:
    team = teams.show_team(view.session, view.actor)
    known = datasets.list_datasets(view.session, view.actor)
    return page_head("Team", settings.settings_sentence(team)), settings.settings_tab(view, team, known)


def register(callbacks: Callbacks) -> None:
    """Declare the page's callbacks."""

    @callbacks.on(
        Output(Ids.HEAD, "children"),
        Output(Ids.BODY, "children"),
        Output(Ids.SHOWN, "data"),
        Input("address", "search"),
        Input(Ids.CHANGED, "data"),
        State(Ids.SHOWN, "data"),
        needs=Permission.MANAGE_TEAM,
    )
    def body(view: View, _search: Any, _changed: Any, shown: str | None) -> tuple[Any, Any, Any]:
        return show_team(view, shown)

    register_members(callbacks)
    register_tokens(callbacks)
    register_log(callbacks)
    register_settings(callbacks)
    register_closing(callbacks)


def register_members(callbacks: Callbacks) -> None:
    @callbacks.on(
        Output(Ids.INVITE, "is_open"),
        Output(Ids.INVITE_FORM, "children"),
        Input(Ids.INVITE_OPEN, "n_clicks"),
        needs=Permission.MANAGE_TEAM,
        prevent_initial_call=True,
    )
    def open_invite(view: View, clicks: int | None) -> Answer:
        return acts.open_invite(view, clicks)

    @callbacks.on(
        Output(Ids.INVITE, "is_open", allow_duplicate=True),
        Output(Ids.INVITE_ERROR, "children"),
        *SECRET,
        CHANGED,
        Input(Ids.INVITE_FORM, "n_submit"),
        State(Ids.INVITE_EMAIL, "value"),
        State(Ids.INVITE_ROLE, "value"),
        needs=Permission.MANAGE_TEAM,
        writes=True,
        prevent_initial_call=True,
    )
    def invite(view: View, submitted: int | None, email: str | None, role: str | None) -> Answer:
        return acts.invite(view, submitted, email, role)

    @callbacks.on(
        Output(Ids.MANAGE, "is_open"),
        Output(Ids.MANAGE_TITLE, "children"),
        Output(Ids.MANAGE_BODY, "children"),
        Input({"type": MANAGE, "email": ALL}, "n_clicks"),
        needs=Permission.MANAGE_TEAM,
        prevent_initial_call=True,
    )
    def manage(view: View, _clicks: list[int | None]) -> Answer:
        return acts.open_manage(view, pressed_id())

    @callbacks.on(
        Output(Ids.MANAGE, "is_open", allow_duplicate=True),
        *SECRET,
        CHANGED,
        Input({"type": ACT, "act": ALL, "email": ALL}, "n_clicks"),
        needs=Permission.MANAGE_TEAM,
        writes=True,
        prevent_initial_call=True,
    )
    def act(view: View, _clicks: list[int | None]) -> Answer:
        return acts.act(view, pressed_id())

    @callbacks.on(
        *ASK,
        CHANGED,
        Input({"type": ROLE, "email": ALL}, "value"),
        needs=Permission.MANAGE_TEAM,
        writes=True,
        prevent_initial_call=True,
    )
    def role(view: View, _values: list[str | None]) -> Answer:
        return acts.choose_role(view, pressed_id(), ctx.triggered[0]["value"])


def register_tokens(callbacks: Callbacks) -> None:
    @callbacks.on(
        Output(Ids.TOKEN, "is_open"),
        Output(Ids.TOKEN_FORM, "children"),
        Input({"type": Ids.TOKEN_OPEN, "at": ALL}, "n_clicks"),
        needs=Permission.MANAGE_TEAM,
        prevent_initial_call=True,
    )
    def open_token(view: View, _clicks: list[int | None]) -> Answer:
        return acts.open_token(view, pressed_id())

    @callbacks.on(
        Output(Ids.TOKEN, "is_open", allow_duplicate=True),
        Output(Ids.TOKEN_ERROR, "children"),
        *SECRET,
        CHANGED,
        Input(Ids.TOKEN_FORM, "n_submit"),
        State(Ids.TOKEN_NAME, "value"),
        State(Ids.TOKEN_ROLE, "value"),
        State(Ids.TOKEN_DAYS, "value"),
        needs=Permission.MANAGE_TEAM,
        writes=True,
        prevent_initial_call=True,
    )
    def make(view: View, submitted: int | None, name: str | None, role: str | None, days: Any) -> Answer:
        return acts.make_token(view, submitted, name, role, days)

    @callbacks.on(*ASK, Input({"type": REVOKE, "token": ALL}, "n_clicks"), needs=Permission.MANAGE_TEAM, prevent_initial_call=True)
    def ask(view: View, _clicks: list[int | None]) -> Answer:
        return acts.ask_revoke(view, pressed_id())

    @callbacks.on(
        Output(Ids.ASK, "is_open", allow_duplicate=True),
        CHANGED,
        Input(Ids.ASK_CONFIRM, "n_clicks"),
        State(Ids.ASKED, "data"),
        needs=Permission.MANAGE_TEAM,
        writes=True,
        prevent_initial_call=True,
    )
    def confirm(view: View, clicks: int | None, about: Any) -> Answer:
        return acts.confirm(view, clicks, about)


def register_log(callbacks: Callbacks) -> None:
    @callbacks.on(
        Output(Ids.EVENTS, "children"),
        Output(Ids.CLEAR, "children"),
        Input("address", "search"),
        needs=Permission.MANAGE_TEAM,
    )
    def events(view: View, _search: Any) -> tuple[Any, Any]:
        return audit.show_events(view)

    # In the browser and at once: an answer from the server could be late, and undo what was chosen meanwhile.
    callbacks.clientside(
        ClientsideFunction("team", "fillFilters"),
        *[Output({"type": FILTER, "name": name}, "value") for name in FILTERS],
        Input("address", "search"),
        prevent_initial_call=True,
    )

    @callbacks.on(
        Output("address", "href", allow_duplicate=True),
        Input({"type": FILTER, "name": ALL}, "value"),
        State({"type": FILTER, "name": ALL}, "id"),
        needs=Permission.MANAGE_TEAM,
        prevent_initial_call=True,
    )
    def filtered(view: View, values: list[Any], ids: list[Any]) -> Any:
        return audit.follow_filter(view, {name["name"]: value for name, value in zip(ids, values, strict=True)})


def register_settings(callbacks: Callbacks) -> None:
    @callbacks.on(
        Output(Ids.TEAM_ERROR, "children"),
        CHANGED,
        Input(Ids.TEAM_FORM, "n_submit"),
        State(Ids.TEAM_NAME, "value"),
        State(Ids.TEAM_ZONE, "value"),
        needs=Permission.MANAGE_TEAM,
        writes=True,
        prevent_initial_call=True,
    )
    def save_team(view: View, submitted: int | None, name: str | None, zone: str | None) -> Answer:
        return settings.save_team(view, submitted, name, zone)

    one = {"dataset": ALL}

    @callbacks.on(
        CHANGED,
        Input({"type": DATASET_FORM, **one}, "n_submit"),
        State({"type": DATASET_FORM, **one}, "id"),
        State({"type": DATASET_NAME, **one}, "value"),
        State({"type": DATASET_CURRENCY, **one}, "value"),
        needs=Permission.MANAGE_TEAM,
        writes=True,
        prevent_initial_call=True,
    )
    def save_dataset(view: View, _submitted: list[Any], ids: list[Any], names: list[Any], currencies: list[Any]) -> Any:
        pressed = pressed_id()
        typed = {form["dataset"]: (name, currency) for form, name, currency in zip(ids, names, currencies, strict=True)}
        slug = pressed["dataset"] if pressed else None
        return settings.save_dataset(view, slug, *typed.get(slug, (None, None)))


def register_closing(callbacks: Callbacks) -> None:
    """What only closes runs in the browser; a question that is not answered lets the lists show what is true again."""
    close = ClientsideFunction("shell", "openDialog")
    for name, cancel in (
        (Ids.INVITE, Ids.INVITE_CANCEL),
        (Ids.TOKEN, Ids.TOKEN_CANCEL),
    ):
        callbacks.clientside(close, Output(name, "is_open", allow_duplicate=True), Input(cancel, "n_clicks"), prevent_initial_call=True)
    shut = ClientsideFunction("team", "shut")
    for name, cancel in ((Ids.SECRET, Ids.SECRET_CLOSE), (Ids.MANAGE, Ids.MANAGE_CLOSE), (Ids.ASK, Ids.ASK_CANCEL)):
        callbacks.clientside(shut, Output(name, "is_open", allow_duplicate=True), Input(cancel, "n_clicks"), prevent_initial_call=True)
    callbacks.clientside(
        ClientsideFunction("team", "forget"),
        Output(Ids.SECRET_BODY, "children", allow_duplicate=True),
        Input(Ids.SECRET, "is_open"),
        prevent_initial_call=True,
    )
    callbacks.clientside(ClientsideFunction("team", "readAnew"), CHANGED, Input(Ids.ASK, "is_open"), prevent_initial_call=True)


PAGE = Page(
    name="team",
    title="Team",
    path=TEAM,
    layout=layout,
    register=register,
    needs=Permission.MANAGE_TEAM,
    group="Manage",
    icon="person-gear",
    team_wide=True,
)
