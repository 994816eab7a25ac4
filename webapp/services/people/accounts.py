"""One's own account: name, password, and the browsers that are signed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.config import Config
from webapp.models import Invitation, User, UserSession
from webapp.services.access import Actor
from webapp.services.audit import record_own
from webapp.services.data.names import clean_name
from webapp.services.errors import Invalid, NotFound
from webapp.services.people.passwords import check_password, hash_password
from webapp.services.people.sessions import Guess, end_sessions, forget_guesses, unchanged_user


@dataclass(frozen=True)
class Account:
    """Who somebody is. `name` may be empty."""

    email: str
    name: str
    created_at: datetime


@dataclass(frozen=True)
class OpenSession:
    """A browser that is signed in; `here` is the one that asks. What identifies it is not told."""

    began_at: datetime
    seen_at: datetime
    expires_at: datetime
    here: bool


def show_account(session: Session, actor: Actor) -> Account:
    """The actor's own account; NotFound for tokens and the command line, which have none."""
    user = _own(session, actor)
    return Account(user.email, user.name, user.created_at)


def rename_account(session: Session, actor: Actor, name: str) -> Account:
    """Change what colleagues see beside the address."""
    user, wanted = _own(session, actor), clean_name(name, "name")
    if wanted != user.name:
        record_own(session, user.email, "user.renamed", before=user.name, after=wanted)
        user.name = wanted
        session.flush()
    return show_account(session, actor)


def set_password(session: Session, user: User, password: str, *, keep: str | None = None) -> None:
    """Check and store a new password. Links that set it die, and the user's sessions but the one whose id's hash is `keep`."""
    check_password(password, about=user.email)
    user.password_hash = hash_password(password)
    end_sessions(session, user.id, keep=keep)
    sets_it = Invitation.role.is_(None)  # one with a role invites to a team, and waits for their answer
    session.execute(delete(Invitation).where(Invitation.user_id == user.id, Invitation.used_at.is_(None), sets_it))
    session.flush()


def change_password(session: Session, guess: Guess, password: str, *, keep: str) -> None:
    """Store a new password after the old one was right, unless the account changed meanwhile; the session `keep` goes on."""
    user = unchanged_user(session, guess)
    if user is None:
        raise Invalid("Your account has changed meanwhile. Sign in again and try once more.", details={"field": "current"})
    forget_guesses(session, guess)
    set_password(session, user, password, keep=keep)
    record_own(session, user.email, "user.password_changed")
    session.flush()


def list_sessions(session: Session, config: Config, actor: Actor, here: str) -> tuple[OpenSession, ...]:
    """The actor's live sessions, this browser's (whose id's hash is `here`) first, then by last click."""
    now = datetime.now(UTC)
    rows = session.scalars(
        select(UserSession)
        .where(
            UserSession.user_id == _own(session, actor).id,
            UserSession.ended_at.is_(None),
            UserSession.expires_at > now,
            UserSession.seen_at > now - timedelta(minutes=config.session_idle_minutes),
        )
        .order_by(UserSession.seen_at.desc())
    )
    found = [OpenSession(row.created_at, row.seen_at, row.expires_at, row.id_hash == here) for row in rows]
    return tuple(sorted(found, key=lambda item: not item.here))


def end_other_sessions(session: Session, actor: Actor, here: str) -> int:
    """Sign the actor out of every browser but this one; how many that were."""
    user = _own(session, actor)
    ended = end_sessions(session, user.id, keep=here)
    if ended:
        record_own(session, user.email, "user.sessions_ended", sessions=ended)
        session.flush()
    return ended


def _own(session: Session, actor: Actor) -> User:
    user = session.get(User, actor.user_id) if actor.user_id else None
    if user is None:
        raise NotFound("There is no account here: a token and the command line have none.")
    return user
