"""What the admins of a team do with invitations: make, list, renew and withdraw them. Nobody is a member before they accept.

Whether an address has an account already changes neither what an admin does nor what they see.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Invitation, MemberRole, Membership, User
from webapp.services.access import Actor, Permission, require, require_role, team_rows
from webapp.services.audit import record_event
from webapp.services.errors import Conflict, NotFound
from webapp.services.people.emails import clean_email, stored_email
from webapp.services.people.invitations import end_links, make_link
from webapp.services.people.users import add_user


@dataclass(frozen=True)
class NewInvitation:
    """An invitation just made. `token` is told this once."""

    email: str
    token: str


@dataclass(frozen=True)
class OpenInvitation:
    """An invitation that was not answered yet. Its link works until `until` (None: no more)."""

    email: str
    role: MemberRole
    created_at: datetime
    until: datetime | None


def invite_user(session: Session, actor: Actor, email: str, role: MemberRole) -> NewInvitation:
    """Invite `email` into the actor's team; an invitation of the team that they have already is dead. Conflict for members."""
    require(actor, Permission.MANAGE_TEAM)
    require_role(actor, role)
    address = clean_email(email)
    user = session.scalars(select(User).where(User.email == address)).one_or_none()
    if user is None:
        user = User(email=address, created_at=datetime.now(UTC))
        session.add(user)
        session.flush()
    elif session.get(Membership, (actor.team_id, user.id)) is not None:
        return _invite_member(session, actor, address, role)
    record_event(session, actor, "user.invited", address, role=str(role))
    return NewInvitation(address, make_link(session, actor, user, role))


def list_invitations(session: Session, actor: Actor) -> tuple[OpenInvitation, ...]:
    """The team's invitations that were not answered, by address; those that expired too, so that they can be renewed."""
    require(actor, Permission.MANAGE_TEAM)
    rows = session.execute(
        team_rows(actor, Invitation)
        .add_columns(User.email)
        .join(User, User.id == Invitation.user_id)
        .where(Invitation.role.is_not(None), Invitation.used_at.is_(None))
        .order_by(User.email)
    )
    now = datetime.now(UTC)
    return tuple(
        OpenInvitation(email, MemberRole(row.role), row.created_at, row.expires_at if row.expires_at > now else None) for row, email in rows
    )


def find_invitation(session: Session, actor: Actor, email: str) -> OpenInvitation | None:
    """The team's unanswered invitation for `email`, if there is one."""
    return next((found for found in list_invitations(session, actor) if found.email == stored_email(email)), None)


def renew_link(session: Session, actor: Actor, email: str) -> str:
    """A fresh link for an unanswered invitation, with its role and another 7 days; the one before is dead."""
    found, user = _unanswered(session, actor, email)
    require_role(actor, found.role)
    record_event(session, actor, "user.invited_again", user.email)
    return make_link(session, actor, user, found.role)


def withdraw_invitation(session: Session, actor: Actor, email: str) -> None:
    """Take an unanswered invitation back; its link is dead."""
    _, user = _unanswered(session, actor, email)
    end_links(session, actor, user)
    record_event(session, actor, "user.invitation_withdrawn", user.email)
    session.flush()


def _invite_member(session: Session, actor: Actor, address: str, role: MemberRole) -> NewInvitation:
    """A member whom the operator added, and who has set no password yet, gets a fresh link; others need none."""
    added = add_user(session, actor, address, role)
    if added.invite_token is None:
        raise Conflict(f"{address} is in this team already.")
    return NewInvitation(address, added.invite_token)


def _unanswered(session: Session, actor: Actor, email: str) -> tuple[OpenInvitation, User]:
    found = find_invitation(session, actor, email)
    if found is None:
        raise NotFound("There is no such invitation. It may have been answered or withdrawn.")
    return found, session.scalars(select(User).where(User.email == found.email)).one()
