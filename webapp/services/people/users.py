"""The members of a team: who they are, what they may do, how they come and go; and the demo's renewed access."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.models import ApiToken, AuditEvent, Invitation, MemberRole, Membership, Team, User, UserSession
from webapp.services.access import Actor, Permission, require, require_role, team_rows
from webapp.services.audit import record_event
from webapp.services.errors import Conflict, NotFound
from webapp.services.people.accounts import set_password
from webapp.services.people.emails import clean_email, stored_email
from webapp.services.people.invitations import InvitedUser, accept_invitation, end_links, make_link, show_invitation
from webapp.services.people.sessions import end_sessions
from webapp.services.people.teams import TeamChoice, ensure_team, list_teams
from webapp.services.people.tokens import NewToken, create_token, revoke_made_by, token_actor

__all__ = [
    "AddedUser",
    "InvitedUser",
    "Member",
    "MemberRole",
    "NewToken",
    "RenewedAccess",
    "TeamChoice",
    "accept_invitation",
    "add_user",
    "change_role",
    "create_token",
    "disable_user",
    "enable_user",
    "ensure_team",
    "list_members",
    "list_teams",
    "make_reset_link",
    "remove_member",
    "renew_access",
    "renew_invitation",
    "set_password",
    "show_invitation",
    "show_member",
    "token_actor",
]

NO_MEMBER = "There is no such member in this team."


@dataclass(frozen=True)
class AddedUser:
    """A new member. `invite_token` is told this once; None where the person has a password already."""

    user: str
    team: str
    role: MemberRole
    invite_token: str | None


@dataclass(frozen=True)
class Member:
    """One user of a team.

    `waiting` until the invitation was taken, whose link works until `invited_until` (None: it works no more). `seen_at` is their last
    click or sign-in, wherever that was; None before the first. `elsewhere`: they are in other teams too.
    """

    email: str
    name: str
    role: MemberRole
    waiting: bool
    disabled: bool
    since: datetime
    seen_at: datetime | None = None
    invited_until: datetime | None = None
    elsewhere: bool = False


@dataclass(frozen=True)
class RenewedAccess:
    """A user's fresh password and token, told this once."""

    email: str
    password: str
    token: str


def list_members(session: Session, actor: Actor) -> tuple[Member, ...]:
    """Everybody in the actor's team, by address."""
    require(actor, Permission.MANAGE_TEAM)
    rows = session.execute(
        select(User, Membership)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.team_id == actor.team_id)
        .order_by(User.email)
    ).all()
    seen, links, elsewhere = _last_seen(session, actor), _open_links(session, actor), _elsewhere(session, actor)
    return tuple(
        Member(
            email=user.email,
            name=user.name,
            role=MemberRole(membership.role),
            waiting=user.password_hash is None,
            disabled=user.disabled_at is not None,
            since=membership.created_at,
            seen_at=seen.get(user.id),
            invited_until=links.get(user.id) if user.password_hash is None else None,
            elsewhere=user.id in elsewhere,
        )
        for user, membership in rows
    )


def show_member(session: Session, actor: Actor, email: str) -> Member:
    """One member; NotFound where nobody in the team has that address."""
    found = next((member for member in list_members(session, actor) if member.email == email), None)
    if found is None:
        raise NotFound(NO_MEMBER)
    return found


def add_user(
    session: Session, actor: Actor, email: str, role: MemberRole, *, password: str | None = None, directly: bool = False
) -> AddedUser:
    """Make `email` a member of the actor's team at once: with a password, or with a link to set one. Admins invite instead (`inviting`).

    Somebody who has an account becomes one only `directly`, which is for the workspace's operator alone: nobody else may decide for them.
    Conflict where they are a member already, have an account whose password only they may change, or wait for another team.
    """
    require(actor, Permission.MANAGE_TEAM)
    require_role(actor, role)
    address = clean_email(email)
    user = session.scalars(select(User).where(User.email == address)).one_or_none()
    if user is None:
        user = _new_user(session, address, password)
    else:
        _check_joining(session, actor, user, password, directly)
    membership = session.get(Membership, (actor.team_id, user.id))
    if membership is None:
        session.add(Membership(team_id=actor.team_id, user_id=user.id, role=MemberRole(role), created_at=datetime.now(UTC)))
    else:
        membership.role = MemberRole(role)  # they have not answered yet, and are invited again
    record_event(session, actor, "user.added", address, role=str(role))
    end_links(session, actor, user)
    invite = None if user.password_hash else make_link(session, actor, user)
    session.flush()
    return AddedUser(address, actor.team_name, MemberRole(role), invite)


def renew_invitation(session: Session, actor: Actor, email: str) -> str:
    """A fresh link for a member who has not answered yet; the one before is dead. Conflict where they have joined already."""
    user, _ = _membership(session, actor, email)
    if user.password_hash is not None:
        raise Conflict(f"{user.email} has joined already and needs no invitation.")
    record_event(session, actor, "user.invited_again", user.email)
    return make_link(session, actor, user)


def make_reset_link(session: Session, actor: Actor, email: str) -> str:
    """A link with which a member chooses a new password, valid once and for a day; earlier ones are dead.

    Conflict where that would reach beyond the team (they are in others too), and for who has no password or may not sign in.
    """
    user, membership = _membership(session, actor, email)
    require_role(actor, membership.role)
    if user.id == actor.user_id:
        raise Conflict("Change your own password on your account page.")
    if user.password_hash is None:
        raise Conflict(f"{user.email} has not joined yet. Make a new invitation instead.")
    if user.disabled_at is not None:
        raise Conflict(f"{user.email} is disabled. Let them in again first.")
    if len(list_teams(session, user.id)) > 1:
        raise Conflict(f"{user.email} is in other teams too, whose data a new password would open. Only they can change it.")
    record_event(session, actor, "user.reset_link_made", user.email)
    return make_link(session, actor, user)


def change_role(session: Session, actor: Actor, email: str, role: MemberRole) -> None:
    """Give a member another role; their open sessions end, and tokens that they made with a role above it.

    Nothing happens where they have it already.
    """
    user, membership = _membership(session, actor, email)
    require_role(actor, role)
    before, wanted = MemberRole(membership.role), MemberRole(role)
    if before == wanted:
        return
    _keep_an_admin(session, actor, membership)
    membership.role = wanted
    end_sessions(session, user.id)
    record_event(session, actor, "user.role_changed", user.email, before=str(before), after=str(wanted))
    revoke_made_by(session, actor, user.email, above=wanted)


def remove_member(session: Session, actor: Actor, email: str) -> None:
    """Take a member out of the actor's team; their open sessions, links into it and tokens of it end."""
    user, membership = _membership(session, actor, email)
    _keep_an_admin(session, actor, membership)
    session.delete(membership)
    end_links(session, actor, user)
    end_sessions(session, user.id)
    record_event(session, actor, "user.removed", user.email)
    revoke_made_by(session, actor, user.email)


def disable_user(session: Session, actor: Actor, email: str) -> None:
    """Let nobody sign in as this member any more; tokens that they made end. Conflict where it would reach another team."""
    user, membership = _membership(session, actor, email)
    if len(list_teams(session, user.id)) > 1:
        raise Conflict(f"{user.email} is in other teams too. Remove them from this one instead.")
    _keep_an_admin(session, actor, membership)
    user.disabled_at = datetime.now(UTC)
    end_links(session, actor, user)
    end_sessions(session, user.id)
    record_event(session, actor, "user.disabled", user.email)
    revoke_made_by(session, actor, user.email)
    session.flush()


def enable_user(session: Session, actor: Actor, email: str) -> None:
    """Let a member who was disabled sign in again, with the password that they had."""
    user, _ = _membership(session, actor, email)
    if user.disabled_at is not None:
        user.disabled_at = None
        record_event(session, actor, "user.enabled", user.email)
        session.flush()


def renew_access(session: Session, actor: Actor, email: str) -> RenewedAccess:
    """A fresh password and admin token for `email`, who is made an admin of the team where missing; the old ones are dead."""
    require(actor, Permission.MANAGE_TEAM)
    password = secrets.token_urlsafe(12)
    user = session.scalars(select(User).where(User.email == clean_email(email))).one_or_none()
    if user is None:
        add_user(session, actor, email, MemberRole.ADMIN, password=password)
    else:
        set_password(session, user, password)
    name = f"demo of {clean_email(email)}"
    for token in session.scalars(team_rows(actor, ApiToken).where(ApiToken.name == name, ApiToken.revoked_at.is_(None))):
        token.revoked_at = datetime.now(UTC)
    return RenewedAccess(clean_email(email), password, create_token(session, actor, name=name, role=MemberRole.ADMIN).token)


def _new_user(session: Session, address: str, password: str | None) -> User:
    user = User(email=address, created_at=datetime.now(UTC))
    session.add(user)
    session.flush()
    if password is not None:
        set_password(session, user, password)
    return user


def _check_joining(session: Session, actor: Actor, user: User, password: str | None, directly: bool) -> None:
    member = session.get(Membership, (actor.team_id, user.id))
    if user.password_hash and member:
        raise Conflict(f"{user.email} is in this team already.")
    if user.password_hash and password is not None:
        raise Conflict(f"{user.email} has an account already. Only they can change its password; add them to another team without one.")
    if user.password_hash and not directly:
        raise Conflict(f"{user.email} has an account already, so they have to accept an invitation.")
    elsewhere = select(Membership).where(Membership.user_id == user.id, Membership.team_id != actor.team_id)
    if user.password_hash is None and session.scalars(elsewhere).first():
        # An invitation sets the account's password, so a second team's would open the first team's data.
        raise Conflict(f"{user.email} was invited already and has not answered yet. Add them once they have signed in.")
    if password is not None:
        set_password(session, user, password)


def _membership(session: Session, actor: Actor, email: str) -> tuple[User, Membership]:
    require(actor, Permission.MANAGE_TEAM)
    row = session.execute(
        select(User, Membership)
        .join(Membership, Membership.user_id == User.id)
        .where(User.email == stored_email(email), Membership.team_id == actor.team_id)
    ).one_or_none()
    if row is None:
        raise NotFound(NO_MEMBER)
    user, membership = row
    return user, membership


def _keep_an_admin(session: Session, actor: Actor, leaving: Membership) -> None:
    """Conflict, before anything is changed, where an admin is to be one no more and nobody else is left who can sign in as one."""
    # Two admins who take the role from each other at once wait for one another here.
    session.execute(select(Team.id).where(Team.id == actor.team_id).with_for_update())
    session.refresh(leaving)
    if leaving.role != MemberRole.ADMIN:
        return
    others = (
        select(User.id)
        .join(Membership, Membership.user_id == User.id)
        .where(
            Membership.team_id == actor.team_id,
            Membership.user_id != leaving.user_id,
            Membership.role == MemberRole.ADMIN,
            User.password_hash.is_not(None),
            User.disabled_at.is_(None),
        )
    )
    if session.scalars(others.limit(1)).first() is None:
        raise Conflict("A team needs an admin who can sign in. Make somebody else one first.")


def _last_seen(session: Session, actor: Actor) -> dict[str, datetime]:
    """By user id: the last click that is still known, else the last sign-in."""
    members = Membership.team_id == actor.team_id
    clicks = session.execute(
        select(UserSession.user_id, func.max(UserSession.seen_at))
        .join(Membership, Membership.user_id == UserSession.user_id)
        .where(members)
        .group_by(UserSession.user_id)
    )
    signed_in = session.execute(
        select(User.id, func.max(AuditEvent.at))
        .join(Membership, Membership.user_id == User.id)
        .join(AuditEvent, AuditEvent.actor == User.email)
        .where(members, AuditEvent.team_id.is_(None), AuditEvent.action == "user.signed_in")
        .group_by(User.id)
    )
    return {row[0]: row[1] for row in (*signed_in, *clicks)}


def _open_links(session: Session, actor: Actor) -> Mapping[str, datetime]:
    rows = session.execute(
        select(Invitation.user_id, Invitation.expires_at).where(
            Invitation.team_id == actor.team_id, Invitation.used_at.is_(None), Invitation.expires_at > datetime.now(UTC)
        )
    )
    return {row[0]: row[1] for row in rows}


def _elsewhere(session: Session, actor: Actor) -> frozenset[str]:
    here = select(Membership.user_id).where(Membership.team_id == actor.team_id)
    return frozenset(session.scalars(select(Membership.user_id).where(Membership.team_id != actor.team_id, Membership.user_id.in_(here))))
