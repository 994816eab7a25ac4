"""API tokens: which there are, making one, revoking one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.team.ids import REVOKE, Ids
from webapp.pages.team.parts import ROLE_WORDS, role_options
from webapp.services.people.tokens import TokenSummary
from webapp.ui.components import Child, Tone, badge, button, card, empty_state, hidden_text
from webapp.ui.format import by, count, day, exact_time, relative_time
from webapp.ui.forms import dialog, field, number_input, select, text_input
from webapp.ui.tables import Column, table

DAYS = 90
MOST_DAYS = 3650
PURPOSE = "A token lets a program act in this team over HTTP, with one role and until a day. It is shown once, when it is made."
STATES: dict[str, tuple[str, Tone, str | None]] = {
    "active": ("Active", "good", None),
    "expired": ("Expired", "neutral", "hourglass-bottom"),
    "revoked": ("Revoked", "neutral", "slash-circle"),
}


def tokens_sentence(listed: Sequence[TokenSummary]) -> str:
    active = sum(token.state == "active" for token in listed)
    return f"{count(active, 'API token')} in force." if active else "No API token in force."


def tokens_tab(listed: Sequence[TokenSummary]) -> list[Child]:
    """All tokens, those in force first; before the first, what they are for."""
    if not listed:
        return [card(body=empty_state("key", "No API token yet", PURPOSE, token_button("empty")))]
    return [card("API tokens", PURPOSE, tokens_table(listed), flush=True)]


def tokens_table(listed: Sequence[TokenSummary]) -> Component:
    now = datetime.now(UTC)
    columns: list[Column[TokenSummary]] = [
        Column("Token", _name),
        Column("Role", lambda token: ROLE_WORDS[token.role], wide=True),
        Column("Made", lambda token: _made(token, now), wide=True),
        Column("Expires", lambda token: html.Span(day(token.expires_at), title=exact_time(token.expires_at)), numeric=True, wide=True),
        Column("Last used", lambda token: _used(token, now), numeric=True, wide=True),
        Column("State", lambda token: badge(*STATES[token.state])),
        Column("Actions", _revoke, numeric=True, hide_head=True),
    ]
    ordered = sorted(listed, key=lambda token: token.state != "active")
    return table(columns, ordered, caption="API tokens, those in force first")


def _name(token: TokenSummary) -> list[Child]:
    return [html.Span(token.name, className="sc-strong sc-long"), html.Span(f"{token.prefix}…", className="sc-under")]


def _made(token: TokenSummary, now: datetime) -> list[Child]:
    when = html.Span(relative_time(token.created_at, now), title=exact_time(token.created_at))
    return [when, html.Span(f"by {by(token.created_by)}", className="sc-under sc-long") if token.created_by else None]


def _used(token: TokenSummary, now: datetime) -> Component:
    if token.last_used_at is None:
        return html.Span("Never", className="mute")
    return html.Span(relative_time(token.last_used_at, now), title=exact_time(token.last_used_at))


def _revoke(token: TokenSummary) -> Component | None:
    if token.state != "active":
        return None
    return button(["Revoke", hidden_text(f" {token.name}")], id={"type": REVOKE, "token": token.id}, kind="danger", small=True)


def token_button(at: str) -> Component:
    return button("New token", id={"type": Ids.TOKEN_OPEN, "at": at}, icon_name="plus-lg", kind="primary")


def token_dialog() -> Component:
    """Name, role and days; empty until it is opened."""
    confirm = button("Make the token", kind="primary", type="submit", form=Ids.TOKEN_FORM)
    form = dbc.Form(id=Ids.TOKEN_FORM, prevent_default_on_submit=True)
    return dialog(Ids.TOKEN, "New API token", form, confirm, cancel_id=Ids.TOKEN_CANCEL)


def token_fields(view: View) -> list[Component]:
    role = select(Ids.TOKEN_ROLE, role_options(view.actor), value="viewer")
    return [
        field("What it is for", text_input(Ids.TOKEN_NAME, placeholder="Nightly report"), error_id=Ids.TOKEN_ERROR),
        field("Role", role, help_text="Give no more than its work needs: a viewer's token reads segments, a marketer's also scores."),
        field("Valid for, in days", number_input(Ids.TOKEN_DAYS, value=DAYS, low=1, high=MOST_DAYS)),
    ]
