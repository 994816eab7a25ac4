"""What happens on the Team page: each body asks one service and says what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from dash import no_update

from webapp.edge import View
from webapp.pages.team.members import called, invitation_acts, invite_fields, is_self, member_acts, tokens_end
from webapp.pages.team.parts import ROLE_WORDS, Answer, full_address, secret_parts
from webapp.pages.team.tokens import token_fields
from webapp.services.errors import Conflict, Invalid
from webapp.services.people import inviting, tokens, users
from webapp.services.people.users import Member
from webapp.ui.format import day
from webapp.ui.notices import notify

NO_MAIL = "No mail is sent. Hand it over yourself, in a way that you trust."
ANSWER = "They are no member before they accept. Who has an account here signs in and answers under Account."
ONCE = "It is shown now and never again. Whoever has it can use it."


def changed() -> str:
    """A new value for the store that makes the page read anew."""
    return uuid4().hex


def keep(outputs: int) -> Answer:
    return (no_update,) * outputs


def open_invite(view: View, clicks: int | None) -> Answer:
    return (True, invite_fields(view)) if clicks else keep(2)


def invite(view: View, submitted: int | None, email: str | None, role: str | None) -> Answer:
    """Make the invitation and show its link, whether they have an account or not. A refusal stays at the field."""
    if not submitted:
        return keep(6)
    if role not in ROLE_WORDS:
        return (no_update, "Choose a role.", *keep(4))
    try:
        made = inviting.invite_user(view.session, view.actor, email or "", users.MemberRole(role))
    except (Invalid, Conflict) as refusal:
        return (no_update, refusal.message, *keep(4))
    return (False, "", *invitation(view, made.email, made.token), changed())


def invitation(view: View, email: str, token: str) -> Answer:
    """Opens the dialog that shows an invitation's link: is it open, its title, its content."""
    notes = [
        NO_MAIL,
        ANSWER,
        "It works once and expires in 7 days.",
        ONCE,
        "A link that you made before for the same person works no more.",
    ]
    return True, f"Invitation for {email}", secret_parts("Link", full_address(view, f"/invite/{token}"), notes)


def open_manage(view: View, pressed: Any) -> Answer:
    """What can be done about the member, or the invitation, whose button was pressed."""
    if pressed is None:
        return keep(3)
    invited = inviting.find_invitation(view.session, view.actor, pressed["email"])
    if invited is not None:
        return True, invited.email, invitation_acts(invited)
    member = users.show_member(view.session, view.actor, pressed["email"])
    return True, called(member), member_acts(view, member)


def act(view: View, pressed: Any) -> Answer:
    """Do what the pressed button says: close the dialog, show a link where one was made, read the page anew."""
    if pressed is not None and pressed["act"] in INVITED_ACTS:
        return (False, *INVITED_ACTS[pressed["act"]](view, pressed["email"]), changed())
    if pressed is None or pressed["act"] not in ACTS:
        return keep(5)
    member = users.show_member(view.session, view.actor, pressed["email"])
    shown = ACTS[pressed["act"]](view, member)
    return (False, *shown, changed())


def _invite_again(view: View, member: Member) -> Answer:
    return invitation(view, member.email, users.renew_invitation(view.session, view.actor, member.email))


def _renew(view: View, email: str) -> Answer:
    return invitation(view, email, inviting.renew_link(view.session, view.actor, email))


def _withdraw(view: View, email: str) -> Answer:
    inviting.withdraw_invitation(view.session, view.actor, email)
    notify(f"The invitation of {email} is withdrawn. Its link works no more.", "good")
    return keep(3)


def _reset(view: View, member: Member) -> Answer:
    token = users.make_reset_link(view.session, view.actor, member.email)
    notes = [NO_MAIL, "It works once and expires in 24 hours.", ONCE, "Until it is used, their password stays as it is."]
    return True, f"New password for {called(member)}", secret_parts("Link", full_address(view, f"/reset/{token}"), notes)


def _disable(view: View, member: Member) -> Answer:
    users.disable_user(view.session, view.actor, member.email)
    notify(f"{called(member)} cannot sign in any more. You can let them in again under Manage.", "good")
    return keep(3)


def _enable(view: View, member: Member) -> Answer:
    users.enable_user(view.session, view.actor, member.email)
    notify(f"{called(member)} can sign in again.", "good")
    return keep(3)


def _remove(view: View, member: Member) -> Answer:
    users.remove_member(view.session, view.actor, member.email)
    notify(f"{called(member)} is no longer in {view.actor.team_name}.", "good")
    return keep(3)


ACTS: dict[str, Callable[[View, Member], Answer]] = {
    "invite": _invite_again,
    "reset": _reset,
    "disable": _disable,
    "enable": _enable,
    "remove": _remove,
}


INVITED_ACTS: dict[str, Callable[[View, str], Answer]] = {"renew": _renew, "withdraw": _withdraw}
"""What can be done about an invitation; everything else is about members."""


def choose_role(view: View, chosen: Any, role: Any) -> Answer:
    """Give the role that was chosen; for one's own, ask first. Lists that only appear choose what is there already."""
    if not chosen or role not in ROLE_WORDS:
        return keep(6)
    member = users.show_member(view.session, view.actor, chosen["email"])
    if member.role == role:
        return keep(6)
    if is_self(view, member):
        text = (
            f"You would be {role} in {view.actor.team_name}: you are signed out now, and cannot manage the team after signing in again. "
            f"Only another admin can give the role back.{tokens_end(view, member, 'you', users.MemberRole(role))}"
        )
        about = {"act": "role", "email": member.email, "role": role}
        return True, "Take the admin role from yourself?", text, f"Become {role}", about, no_update
    return (*keep(5), give_role(view, member, role))


def give_role(view: View, member: Member, role: str) -> str:
    """A refusal is said in a notice, and the lists show what is true again."""
    ending = tokens_end(view, member, "they", users.MemberRole(role))
    try:
        users.change_role(view.session, view.actor, member.email, users.MemberRole(role))
    except Conflict as refusal:
        notify(refusal.message, "warn")
    else:
        then = "It counts from when they join." if member.waiting else "They sign in again to go on."
        notify(f"{called(member)} is {role} now. {then}{ending}", "good")
    return changed()


def open_token(view: View, pressed: Any) -> Answer:
    return keep(2) if pressed is None else (True, token_fields(view))


def make_token(view: View, submitted: int | None, name: str | None, role: str | None, days: Any) -> Answer:
    """Make the token and show it once; a refusal stays in the dialog."""
    if not submitted:
        return keep(6)
    if role not in ROLE_WORDS or not isinstance(days, int):
        return (no_update, "Choose a role, and for how many whole days the token is valid.", *keep(4))
    try:
        made = tokens.create_token(view.session, view.actor, name=name or "", role=users.MemberRole(role), days=days)
    except Invalid as refusal:
        return (no_update, refusal.message, *keep(4))
    notes = [ONCE, "Keep it where programs keep their secrets, never in a shared file.", f"It expires on {day(made.expires_at)}."]
    return False, "", True, "Your new API token", secret_parts("Token", made.token, notes), changed()


def ask_revoke(view: View, pressed: Any) -> Answer:
    """Open the question about the token whose button was pressed."""
    if pressed is None:
        return keep(5)
    token = tokens.show_token(view.session, view.actor, pressed["token"])
    text = f"Whatever uses {token.name} ({token.prefix}…) is refused from its next request on. This cannot be taken back."
    return True, "Revoke this token?", text, "Revoke it", {"act": "revoke", "token": token.id}


def confirm(view: View, clicks: int | None, about: Any) -> Answer:
    """Do what was asked for: close the question, and read the page anew."""
    if not clicks or not isinstance(about, dict):
        return keep(2)
    if about.get("act") == "revoke":
        token = tokens.show_token(view.session, view.actor, about.get("token", ""))
        tokens.revoke_token(view.session, view.actor, token.id)
        notify(f"{token.name} is revoked.", "good")
        return False, changed()
    if about.get("act") == "role" and about.get("role") in ROLE_WORDS:
        member = users.show_member(view.session, view.actor, about.get("email", ""))
        return False, give_role(view, member, about["role"])
    return keep(2)
