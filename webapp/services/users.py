"""Teams and their members: who belongs where, invitations, and the demo's renewed access."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from webapp.models import ApiToken, Invitation, MemberRole, Membership, Team, User, UserSession
from webapp.services.access import Actor, Permission, require, team_rows
from webapp.services.audit import record_event
from webapp.services.datasets import clean_name, slug_of
from webapp.services.errors import Conflict, Invalid, NotFound
from webapp.services.passwords import check_password, hash_password
from webapp.services.tokens import NewToken, create_token, secret_hash, token_actor

__all__ = [
    "AddedUser",
    "InvitedUser",
    "Member",
    "NewToken",
    "RenewedAccess",
    "TeamChoice",
    "accept_invitation",
    "add_user",
    "change_role",
    "create_token",
    "disable_user",
    "ensure_team",
    "list_members",
    "list_teams",
    "remove_member",
    "renew_access",
    "set_password",
    "show_invitation",
    "token_actor",
]

INVITATION_DAYS = 7
EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,189}")


@dataclass(frozen=True)
class AddedUser:
    """A new member. `invite_token` is told this once; None where the person has a password already."""

    user: str
    team: str
    role: MemberRole
    invite_token: str | None


@dataclass(frozen=True)
class Member:
    """One user of a team. `waiting` until the invitation was taken."""

    email: str
    name: str
    role: MemberRole
    waiting: bool
    disabled: bool


@dataclass(frozen=True)
class TeamChoice:
    """A team that a user can go to."""

    slug: str
    name: str


@dataclass(frozen=True)
class InvitedUser:
    """Whom an invitation is for; it says nothing about the team."""

    email: str


@dataclass(frozen=True)
class RenewedAccess:
    """A user's fresh password and token, told this once."""

    email: str
    password: str
    token: str


def ensure_team(session: Session, name: str) -> Team:
    """The team called `name` (or with that slug), made where there is none."""
    wanted = clean_name(name, "team")
    found = session.scalars(select(Team).where((Team.name == wanted) | (Team.slug == wanted)).order_by(Team.slug)).first()
    if found is not None:
        return found
    taken = set(session.scalars(select(Team.slug)))
    slug, number = slug_of(wanted), 2
    while slug in taken:
        slug, number = f"{slug_of(wanted)}-{number}", number + 1
    team = Team(slug=slug, name=wanted, created_at=datetime.now(UTC))
    session.add(team)
    session.flush()
    return team


def list_teams(session: Session, user_id: str) -> tuple[TeamChoice, ...]:
    """The teams that the user is a member of, by name."""
    rows = session.execute(
        select(Team.slug, Team.name)
        .join(Membership, Membership.team_id == Team.id)
        .where(Membership.user_id == user_id)
        .order_by(Team.name, Team.slug)
    )
    return tuple(TeamChoice(slug, name) for slug, name in rows)


def list_members(session: Session, actor: Actor) -> tuple[Member, ...]:
    """Everybody in the actor's team, by address."""
    require(actor, Permission.MANAGE_TEAM)
    rows = session.execute(
        select(User, Membership.role)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.team_id == actor.team_id)
        .order_by(User.email)
    )
    return tuple(
        Member(user.email, user.name, MemberRole(role), user.password_hash is None, user.disabled_at is not None) for user, role in rows
    )


def add_user(session: Session, actor: Actor, email: str, role: MemberRole, *, password: str | None = None) -> AddedUser:
    """Make `email` a member of the actor's team: with a password, or with an invitation where the person has none yet.

    Conflict where they are a member already, have an account whose password only they may change, or another team's open invitation.
    """
    require(actor, Permission.MANAGE_TEAM)
    address = clean_email(email)
    user = session.scalars(select(User).where(User.email == address)).one_or_none()
    if user is None:
        user = _new_user(session, address, password)
    else:
        _check_joining(session, actor, user, password)
    if session.get(Membership, (actor.team_id, user.id)) is None:
        session.add(Membership(team_id=actor.team_id, user_id=user.id, role=MemberRole(role), created_at=datetime.now(UTC)))
    record_event(session, actor, "user.added", address, role=str(role))
    invite = None if user.password_hash else _invite(session, actor, user)
    session.flush()
    return AddedUser(address, actor.team_name, MemberRole(role), invite)


def change_role(session: Session, actor: Actor, email: str, role: MemberRole) -> None:
    """Give a member another role; their open sessions end."""
    user, membership = _membership(session, actor, email)
    before, membership.role = membership.role, MemberRole(role)
    _keep_an_admin(session, actor)
    end_sessions(session, user.id)
    record_event(session, actor, "user.role_changed", user.email, before=str(before), after=str(role))


def remove_member(session: Session, actor: Actor, email: str) -> None:
    """Take a member out of the actor's team; their open sessions and invitations to it end."""
    user, membership = _membership(session, actor, email)
    session.delete(membership)
    _keep_an_admin(session, actor)
    session.execute(
        delete(Invitation).where(Invitation.team_id == actor.team_id, Invitation.user_id == user.id, Invitation.used_at.is_(None))
    )
    end_sessions(session, user.id)
    record_event(session, actor, "user.removed", user.email)


def disable_user(session: Session, actor: Actor, email: str) -> None:
    """Let nobody sign in as this member any more. Conflict where they are in another team too, which it would reach."""
    user, _ = _membership(session, actor, email)
    if len(list_teams(session, user.id)) > 1:
        raise Conflict(f"{user.email} is in other teams too. Remove them from this one instead.")
    user.disabled_at = datetime.now(UTC)
    end_sessions(session, user.id)
    record_event(session, actor, "user.disabled", user.email)
    session.flush()


def set_password(session: Session, user: User, password: str) -> None:
    """Check and store a new password; every open session of the user ends."""
    check_password(password, about=user.email)
    user.password_hash = hash_password(password)
    end_sessions(session, user.id)
    session.flush()


def end_sessions(session: Session, user_id: str) -> None:
    """Every cookie of the user is dead from here on."""
    session.execute(
        update(UserSession).where(UserSession.user_id == user_id, UserSession.ended_at.is_(None)).values(ended_at=datetime.now(UTC))
    )
    session.flush()


def show_invitation(session: Session, token: str) -> InvitedUser:
    """Whom the invitation is for; NotFound where it is unknown, used or expired."""
    return InvitedUser(_open_invitation(session, token)[1].email)


def accept_invitation(session: Session, token: str, *, name: str, password: str) -> str:
    """Set name and password, use the invitation up, and return the user's id. Of two at once, one is told that it is used."""
    invitation, user = _open_invitation(session, token)
    user.name = clean_name(name, "name")
    set_password(session, user, password)
    used = session.execute(
        update(Invitation).where(Invitation.id == invitation.id, Invitation.used_at.is_(None)).values(used_at=datetime.now(UTC))
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]
        raise _no_invitation()
    team = session.get_one(Team, invitation.team_id)
    record_event(session, Actor(user.email, team.id, team.slug, team.name, MemberRole.VIEWER, user.id), "user.joined", user.email)
    return user.id


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


def clean_email(email: str) -> str:
    """`email` in lower case without blanks around it; Invalid where it is none."""
    address = email.strip().lower()
    if not EMAIL.fullmatch(address):
        raise Invalid("This is not an e-mail address.", details={"field": "email"})
    return address


def _new_user(session: Session, address: str, password: str | None) -> User:
    user = User(email=address, created_at=datetime.now(UTC))
    session.add(user)
    session.flush()
    if password is not None:
        set_password(session, user, password)
    return user


def _check_joining(session: Session, actor: Actor, user: User, password: str | None) -> None:
    member = session.get(Membership, (actor.team_id, user.id))
    if user.password_hash and (member or password is not None):
        raise Conflict(f"{user.email} has an account already. Only they can change its password; add them to another team without one.")
    elsewhere = select(Membership).where(Membership.user_id == user.id, Membership.team_id != actor.team_id)
    if user.password_hash is None and session.scalars(elsewhere).first():
        # An invitation sets the account's password, so a second team's would open the first team's data.
        raise Conflict(f"{user.email} was invited already and has not answered yet. Add them once they have signed in.")
    if password is not None:
        set_password(session, user, password)


def _invite(session: Session, actor: Actor, user: User) -> str:
    session.execute(delete(Invitation).where(Invitation.user_id == user.id, Invitation.used_at.is_(None)))
    now, token = datetime.now(UTC), secrets.token_urlsafe(32)
    expires = now + timedelta(days=INVITATION_DAYS)
    session.add(Invitation(team_id=actor.team_id, user_id=user.id, token_hash=secret_hash(token), created_at=now, expires_at=expires))
    return token


def _open_invitation(session: Session, token: str) -> tuple[Invitation, User]:
    row = session.execute(
        select(Invitation, User)
        .join(User, User.id == Invitation.user_id)
        .where(
            Invitation.token_hash == secret_hash(token),
            Invitation.used_at.is_(None),
            Invitation.expires_at > datetime.now(UTC),
            User.disabled_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        raise _no_invitation()
    invitation, user = row
    return invitation, user


def _no_invitation() -> NotFound:
    return NotFound("This invitation does not exist, was used, or has expired. Ask your team's admin for a new one.")


def _membership(session: Session, actor: Actor, email: str) -> tuple[User, Membership]:
    require(actor, Permission.MANAGE_TEAM)
    row = session.execute(
        select(User, Membership)
        .join(Membership, Membership.user_id == User.id)
        .where(User.email == clean_email(email), Membership.team_id == actor.team_id)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such member in this team.")
    user, membership = row
    return user, membership


def _keep_an_admin(session: Session, actor: Actor) -> None:
    session.flush()
    admins = session.scalars(select(Membership).where(Membership.team_id == actor.team_id, Membership.role == MemberRole.ADMIN)).first()
    if admins is None:
        raise Conflict("A team needs an admin. Make somebody else one first.")
