"""Single-use links: to join a team, or to choose a new password. Only their hashes are stored.

A link without a role sets the password of a member: their first one, or a new one; whoever gets a password loses all of these. A link
with a role invites to a team. Somebody without an account sets a password with it and has joined; somebody with one answers it after
signing in, so that nobody is made a member, or loses their password, by what another team's admin does.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from webapp.models import Invitation, MemberRole, Membership, Team, User
from webapp.services.access import Actor
from webapp.services.audit import record_event
from webapp.services.data.names import clean_name
from webapp.services.errors import NotFound
from webapp.services.people.accounts import set_password
from webapp.services.people.tokens import secret_hash

INVITATION_DAYS = 7
RESET_DAYS = 1


@dataclass(frozen=True)
class InvitedUser:
    """Whom a link is for; it says nothing about the team. Who `signs_in` has an account, and answers it there."""

    email: str
    signs_in: bool = False


@dataclass(frozen=True)
class OwnInvitation:
    """A team's invitation as the one sees it who is invited, and signed in."""

    id: str
    team: str
    role: MemberRole
    expires_at: datetime


def make_link(session: Session, actor: Actor, user: User, role: MemberRole | None = None) -> str:
    """A fresh secret for `user`; the team's earlier ones are dead. For services only.

    With a `role`, an invitation into the actor's team; without, a member's first password or a new one, as their account stands.
    """
    end_links(session, actor, user)
    now, token = datetime.now(UTC), secrets.token_urlsafe(32)
    days = RESET_DAYS if user.password_hash and role is None else INVITATION_DAYS
    session.add(
        Invitation(
            team_id=actor.team_id,
            user_id=user.id,
            role=role,
            token_hash=secret_hash(token),
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
    )
    session.flush()
    return token


def end_links(session: Session, actor: Actor, user: User) -> None:
    """The open links of `user` into the actor's team are dead from here on. For services only."""
    session.execute(
        delete(Invitation).where(Invitation.team_id == actor.team_id, Invitation.user_id == user.id, Invitation.used_at.is_(None))
    )


def show_invitation(session: Session, token: str) -> InvitedUser:
    """Whom the invitation is for; NotFound where it is unknown, used or expired."""
    invitation, user = _open_invitation(session, token)
    return InvitedUser(user.email, _signs_in(session, invitation, user))


def accept_invitation(session: Session, token: str, *, name: str, password: str) -> str:
    """Set name and password, use the invitation up, join, and return the user's id. Of two at once, one is told that it is used.

    NotFound for somebody who has an account: they sign in and join there.
    """
    invitation, user = _open_invitation(session, token)
    # Two teams' links that are used at once wait for one another here, so that the later one sees the password of the first.
    session.execute(select(User.id).where(User.id == user.id).with_for_update())
    session.refresh(user)
    if _signs_in(session, invitation, user) or user.password_hash is not None:
        raise _no_invitation()
    user.name = clean_name(name, "name")
    _use_up(session, invitation, _no_invitation())
    set_password(session, user, password)
    _join(session, invitation, user)
    return user.id


def list_own_invitations(session: Session, user_id: str) -> tuple[OwnInvitation, ...]:
    """The invitations that wait for the user's answer, by team."""
    rows = session.execute(_waiting_for(user_id).order_by(Team.name, Team.slug))
    return tuple(OwnInvitation(row.id, team.name, MemberRole(str(row.role)), row.expires_at) for row, team, _ in rows)


def join_team(session: Session, user_id: str, invitation_id: str) -> str:
    """Accept one's own invitation, and return the team's slug. NotFound where it is another's, or does not wait any more."""
    invitation, team, user = _own_invitation(session, user_id, invitation_id)
    _use_up(session, invitation, _no_own())
    _join(session, invitation, user)
    return str(team.slug)


def decline_invitation(session: Session, user_id: str, invitation_id: str) -> None:
    """Say no to one's own invitation, which is dead from here on."""
    invitation, _, user = _own_invitation(session, user_id, invitation_id)
    _use_up(session, invitation, _no_own())
    record_event(session, _acting(session, invitation, user), "user.declined", user.email)


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


def _join(session: Session, invitation: Invitation, user: User) -> None:
    """Make the invited a member; one without a role is for somebody whom the operator made one already."""
    if invitation.role is not None and session.get(Membership, (invitation.team_id, user.id)) is None:
        role, now = MemberRole(invitation.role), datetime.now(UTC)
        session.add(Membership(team_id=invitation.team_id, user_id=user.id, role=role, created_at=now))
    record_event(session, _acting(session, invitation, user), "user.joined", user.email)
    session.flush()


def _open_invitation(session: Session, token: str) -> tuple[Invitation, User]:
    found = _open_link(session, token)
    if found is None or (found[0].role is None and (found[1].password_hash is not None or found[1].disabled_at is not None)):
        raise _no_invitation()
    return found


def _signs_in(session: Session, invitation: Invitation, user: User) -> bool:
    """Whether an invitation with a role may set no password: there is one, or it would open another team's data."""
    if invitation.role is None:
        return False
    elsewhere = select(Membership.team_id).where(Membership.user_id == user.id, Membership.team_id != invitation.team_id)
    return user.password_hash is not None or user.disabled_at is not None or session.scalars(elsewhere).first() is not None


def _waiting_for(user_id: str) -> Select[Invitation, Team, User]:
    return (
        select(Invitation, Team, User)
        .join(Team, Team.id == Invitation.team_id)
        .join(User, User.id == Invitation.user_id)
        .where(
            Invitation.user_id == user_id,
            Invitation.role.is_not(None),
            Invitation.used_at.is_(None),
            Invitation.expires_at > datetime.now(UTC),
        )
    )


def _own_invitation(session: Session, user_id: str, invitation_id: str) -> tuple[Invitation, Team, User]:
    row = session.execute(_waiting_for(user_id).where(Invitation.id == invitation_id)).one_or_none()
    if row is None:
        raise _no_own()
    return row[0], row[1], row[2]


def _open_reset(session: Session, token: str) -> tuple[Invitation, User]:
    found = _open_link(session, token)
    if found is None or found[0].role is not None or found[1].password_hash is None or found[1].disabled_at is not None:
        raise _no_reset()  # what invites somebody with an account must never set its password
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


def _no_own() -> NotFound:
    return NotFound("This invitation was answered, withdrawn, or has expired. Ask the team's admin for a new one.")


def _no_reset() -> NotFound:
    return NotFound("This link does not exist, was used, or has expired. Ask your team's admin for a new one.")
