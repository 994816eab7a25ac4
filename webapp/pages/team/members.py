"""Members: who they are, inviting one more, and what can be done about each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.team.ids import ACT, MANAGE, ROLE, Ids
from webapp.pages.team.parts import ROLE_HELP, ROLE_WORDS, role_options
from webapp.services.people import inviting, tokens, users
from webapp.services.people.inviting import OpenInvitation
from webapp.services.people.users import Member
from webapp.ui.components import Child, badge, button, card, hidden_text
from webapp.ui.format import MISSING, count, day, exact_time, relative_time
from webapp.ui.forms import dialog, field, labelled, select
from webapp.ui.tables import Column, table

NEXT_CLICK = "From their next click on they cannot open this team any more."


def members_sentence(members: Sequence[Member], invited: Sequence[OpenInvitation] = ()) -> str:
    """How many there are, and who has not answered yet."""
    waiting = sum(member.waiting for member in members) + len(invited)
    sentence = f"{count(len(members), 'member')}."
    return f"{sentence} {count(waiting, 'invitation')} not answered yet." if waiting else sentence


def members_tab(view: View, members: Sequence[Member], invited: Sequence[OpenInvitation] = ()) -> list[Child]:
    """Everybody, with their role to change; then who is invited."""
    shown: list[Child] = [card("Members", ROLE_HELP, members_table(view, members), flush=True)]
    if invited:
        shown += [
            html.Div(className="sc-gap"),
            card("Invited", "They are no members before they accept.", invited_table(invited), flush=True),
        ]
    return shown


def invited_table(invited: Sequence[OpenInvitation]) -> Component:
    columns: list[Column[OpenInvitation]] = [
        Column("E-mail", _whom),
        Column("Role", lambda item: ROLE_WORDS[item.role]),
        Column("State", lambda item: _invited_badge(item.until), wide=True),
        Column("Actions", lambda item: _manage(item.email, item.email), numeric=True, hide_head=True),
    ]
    return table(columns, invited, caption="Invitations that were not answered yet", class_name="sc-people")


def members_table(view: View, members: Sequence[Member]) -> Component:
    now = datetime.now(UTC)
    columns: list[Column[Member]] = [
        Column("Member", lambda member: _who(view, member)),
        Column("Role", lambda member: _role(view, member)),
        Column("State", lambda member: _state(member, now), wide=True),
        Column("Last seen", lambda member: _seen(member, now), numeric=True, wide=True),
        Column("Actions", lambda member: _manage(member.email, called(member)), numeric=True, hide_head=True),
    ]
    return table(columns, members, caption="Members of the team", class_name="sc-people")


def _whom(item: OpenInvitation) -> list[Child]:
    state = html.Span(_invited_words(item), className="sc-under sc-only-sm")
    return [html.Span(item.email, className="sc-strong sc-long"), state]


def _invited_words(item: OpenInvitation) -> str:
    return "Invited" if item.until else "Invitation expired"


def called(member: Member) -> str:
    """By name, else by address."""
    return member.name or member.email


def is_self(view: View, member: Member) -> bool:
    return member.email == view.actor.name


def _who(view: View, member: Member) -> list[Child]:
    words: list[Child] = [html.Span(called(member), className="sc-strong")]
    if is_self(view, member):
        words += [" ", badge("You")]
    under = [html.Span(member.email, className="sc-under sc-long")] if member.name else []
    state = [html.Span(_state_words(member), className="sc-under sc-only-sm")] if member.waiting or member.disabled else []
    return [*words, *under, *state]


def _role(view: View, member: Member) -> Component:
    control = select({"type": ROLE, "email": member.email}, role_options(view.actor), value=str(member.role), small=True)
    return labelled(f"Role of {called(member)}", control)


def _state_words(member: Member) -> str:
    if member.disabled:
        return "Disabled"
    return ("Invited" if member.invited_until else "Invitation expired") if member.waiting else "Joined"


def _state(member: Member, now: datetime) -> Component:
    words = _state_words(member)
    if member.disabled:
        return badge(words, "neutral", "slash-circle", title="Cannot sign in")
    if not member.waiting:
        return badge(words, "good", title=f"Since {day(member.since)}")
    return _invited_badge(member.invited_until)


def _invited_badge(until: datetime | None) -> Component:
    if until is None:
        return badge("Invitation expired", "warn", title="Make a new link under Manage")
    return badge("Invited", "info", "envelope", title=f"The link works until {exact_time(until)}")


def _seen(member: Member, now: datetime) -> Child:
    if member.seen_at is None:
        return html.Span("Never" if not member.waiting else MISSING, className="mute")
    return html.Span(relative_time(member.seen_at, now), title=exact_time(member.seen_at))


def _manage(email: str, name: str) -> Component:
    return button(["Manage", hidden_text(f" {name}")], id={"type": MANAGE, "email": email}, small=True)


def invite_button() -> Component:
    return button("Invite somebody", id=Ids.INVITE_OPEN, icon_name="person-plus", kind="primary")


def invite_dialog() -> Component:
    """E-mail and role; empty until it is opened."""
    confirm = button("Make the invitation", kind="primary", type="submit", form=Ids.INVITE_FORM)
    form = dbc.Form(id=Ids.INVITE_FORM, prevent_default_on_submit=True)
    return dialog(Ids.INVITE, "Invite somebody", form, confirm, cancel_id=Ids.INVITE_CANCEL)


def invite_fields(view: View) -> list[Component]:
    email = dbc.Input(
        id=Ids.INVITE_EMAIL, type="text", inputmode="email", value="", maxlength=254, autocomplete="off", placeholder="ana@example.com"
    )
    return [
        field("E-mail", email, help_text="No mail is sent: you get a link to hand over yourself.", error_id=Ids.INVITE_ERROR),
        field("Role", select(Ids.INVITE_ROLE, role_options(view.actor), value="viewer"), help_text=ROLE_HELP),
    ]


def member_acts(view: View, member: Member) -> list[Child]:
    """What can be done about a member, each with what would happen."""
    acts = [_link_act(view, member), _door_act(view, member), _removal(view, member)]
    since = f"{ROLE_WORDS[member.role]} since {day(member.since)}. {_state_words(member)}."
    who: list[Child] = [member.email, html.Br(), since] if member.name else [since]
    return [html.P(who, className="sc-acts-who"), *[act for act in acts if act is not None]]


def _link_act(view: View, member: Member) -> Component | None:
    if member.disabled or is_self(view, member):
        return None
    if member.waiting:
        text = "For when the link got lost or expired. The one before stops working at once."
        return _act("A new invitation link", text, _act_button("invite", member, "Make a link"))
    if member.elsewhere:
        return _act("Password", "They are in other teams too, so only they can change their password.", None)
    text = "They choose a new password with it. It works once and for a day; using it signs them out everywhere."
    return _act("A link for a new password", text, _act_button("reset", member, "Make a link"))


def _door_act(view: View, member: Member) -> Component | None:
    if is_self(view, member) or member.elsewhere:
        return None
    if member.disabled:
        return _act("Let them in again", "They sign in with the password that they had.", _act_button("enable", member, "Enable"))
    text = f"Nobody can sign in as them until you allow it again. Their role and what they made stay.{tokens_end(view, member, 'they')}"
    return _act("Disable", text, _act_button("disable", member, "Disable"))


def _removal(view: View, member: Member) -> Component:
    remove = _act_button("remove", member, "Remove", danger=True)
    if is_self(view, member):
        farewell = "You leave this team at once and are signed out. Only another admin can invite you again. A team keeps one admin."
        return _act("Leave this team", f"{farewell}{tokens_end(view, member, 'you')}", remove)
    text = f"{NEXT_CLICK} What they made stays, with their name.{tokens_end(view, member, 'they')}"
    return _act("Remove from the team", text, remove)


def tokens_end(view: View, member: Member, who: str, role: users.MemberRole | None = None) -> str:
    """That their tokens end too (with `role`, those above it): a sentence to put behind others, empty where they made none."""
    made = tokens.list_made_by(view.session, view.actor, member.email, above=role)
    return f" {count(len(made), 'API token')} that {who} made {'ends' if len(made) == 1 else 'end'} too." if made else ""


def invitation_acts(invited: OpenInvitation) -> list[Child]:
    """What can be done about an invitation, each with what would happen."""
    renew = "For when the link got lost or expired. The one before stops working at once."
    withdraw = "The link stops working, and they cannot accept any more."
    return [
        html.P(f"{ROLE_WORDS[invited.role]}, invited on {day(invited.created_at)}. {_invited_words(invited)}.", className="sc-acts-who"),
        _act("A new invitation link", renew, _button("renew", invited.email, invited.email, "Make a link")),
        _act("Withdraw the invitation", withdraw, _button("withdraw", invited.email, invited.email, "Withdraw", danger=True)),
    ]


def _act(title: str, text: Child | list[Child], control: Component | None) -> Component:
    parts: list[Child] = [html.Div([html.H3(title), html.P(text)], className="w")]
    return html.Div([*parts, control] if control is not None else parts, className="sc-act")


def _act_button(act: str, member: Member, text: str, *, danger: bool = False) -> Component:
    return _button(act, member.email, called(member), text, danger=danger)


def _button(act: str, email: str, name: str, text: str, *, danger: bool = False) -> Component:
    words: list[Child] = [text, hidden_text(f" ({name})")]
    return button(words, id={"type": ACT, "act": act, "email": email}, kind="danger" if danger else "secondary")


def find_members(view: View) -> tuple[Member, ...]:
    return users.list_members(view.session, view.actor)


def find_invited(view: View) -> tuple[OpenInvitation, ...]:
    return inviting.list_invitations(view.session, view.actor)
