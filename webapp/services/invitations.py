"""Single-use links: to join a team, or to choose a new password. Only their hashes are stored.

An invitation is for somebody without a password, a reset for somebody with one; both lie in one table, and whoever gets a password loses
every open link.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from webapp.models import Invitation, MemberRole, Membership, Team, User
from webapp.services.access import Actor
from webapp.services.accounts import set_password
from webapp.services.audit import record_event
from webapp.services.datasets import clean_name
from webapp.services.errors import NotFound
from webapp.services.tokens import secret_hash

INVITATION_DAYS = 7
RESET_DAYS = 1


@dataclass(frozen=True)
class InvitedUser:
    """Whom a link is for; it says nothing about the team."""

    email: str


def make_link(session: Session, actor: Actor, user: User) -> str:
    """A fresh secret for `user`, an invitation or a reset as their account stands; earlier ones are dead. For services only."""
    session.execute(delete(Invitation).where(Invitation.user_id == user.id, Invitation.used_at.is_(None)))
    now, token = datetime.now(UTC), secrets.token_urlsafe(32)
    expires = now + timedelta(days=RESET_DAYS if user.password_hash else INVITATION_DAYS)
    session.add(Invitation(team_id=actor.team_id, user_id=user.id, token_hash=secret_hash(token), created_at=now, expires_at=expires))
    session.flush()
    return token


def end_links(session: Session, actor: Actor, user: User) -> None:
    """The open links of `user` into the actor's team are dead from here on. For services only."""
    session.execute(
        delete(Invitation).where(Invitation.team_id == actor.team_id, Invitation.user_id == user.id, Invitation.used_at.is_(None))
    )


def show_invitation(session: Session, token: str) -> InvitedUser:
    """Whom the invitation is for; NotFound where it is unknown, used or expired."""
    return InvitedUser(_open_invitation(session, token)[1].email)


def accept_invitation(session: Session, token: str, *, name: str, password: str) -> str:
    """Set name and password, use the invitation up, and return the user's id. Of two at once, one is told that it is used."""
    invitation, user = _open_invitation(session, token)
    user.name = clean_name(name, "name")
    _use_up(session, invitation, _no_invitation())
    set_password(session, user, password)
    record_event(session, _acting(session, invitation, user), "user.joined", user.email)
    return user.id


def show_reset(session: Session, token: str) -> InvitedUser:
    """Whose password may be chosen anew; NotFound where the link is unknown, used or expired."""
    return InvitedUser(_open_reset(session, token)[1].email)


def reset_password(session: Session, token: str, *, password: str) -> str:
    """Set the new password, use the link up, end the sessions, and return the user's id."""
    invitation, user = _open_reset(session, token)
    _use_up(session, invitation, _no_reset())
    set_password(session, user, password)
    record_event(session, _acting(session, invitation, user), "user.password_reset", user.email)
    return user.id


def _open_invitation(session: Session, token: str) -> tuple[Invitation, User]:
    found = _open_link(session, token)
    if found is None or found[1].password_hash is not None:
        raise _no_invitation()
    return found


def _open_reset(session: Session, token: str) -> tuple[Invitation, User]:
    found = _open_link(session, token)
    if found is None or found[1].password_hash is None:
        raise _no_reset()
    invitation, user = found
    teams = set(session.scalars(select(Membership.team_id).where(Membership.user_id == user.id)))
    if teams != {invitation.team_id}:
        raise _no_reset()  # they have joined another team since, whose data this password would open
    return found


def _open_link(session: Session, token: str) -> tuple[Invitation, User] | None:
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
    return None if row is None else (row[0], row[1])


def _use_up(session: Session, invitation: Invitation, refusal: NotFound) -> None:
    used = session.execute(
        update(Invitation).where(Invitation.id == invitation.id, Invitation.used_at.is_(None)).values(used_at=datetime.now(UTC))
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]
        raise refusal


def _acting(session: Session, invitation: Invitation, user: User) -> Actor:
    team = session.get_one(Team, invitation.team_id)
    return Actor(user.email, team.id, team.slug, team.name, MemberRole.VIEWER, user.id)


def _no_invitation() -> NotFound:
    return NotFound("This invitation does not exist, was used, or has expired. Ask your team's admin for a new one.")


def _no_reset() -> NotFound:
    return NotFound("This link does not exist, was used, or has expired. Ask your team's admin for a new one.")
