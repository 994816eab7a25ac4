"""Signing in and staying signed in: throttled guesses, sessions that can be ended, and nothing secret at rest."""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from webapp.config import Config
from webapp.models import SignInAttempt, User, UserSession
from webapp.services.audit import record_own
from webapp.services.errors import TooMany
from webapp.services.people.tokens import secret_hash

LOOSER = 10
"""One account over all addresses, and one address over all accounts, may fail this many times as often."""
SIGN_IN_LOCK = 7_262_502  # any number that nothing else in the database uses
SEEN_EVERY = timedelta(minutes=1)
KEPT_AFTER_END = timedelta(days=1)


@dataclass(frozen=True)
class Guess:
    """A sign-in under way, counted before its password is looked at, so that guesses made at once cannot outrun the count."""

    attempt_id: str
    user_id: str | None
    password_hash: str | None


@dataclass(frozen=True)
class NewSession:
    """A session just opened. `cookie` is told the browser and nobody else."""

    cookie: str
    csrf_token: str


@dataclass(frozen=True)
class SignedIn:
    """Who a session cookie belongs to. `id_hash` names the session; `seen_due` says that its last click should be noted."""

    user_id: str
    email: str
    csrf_token: str
    id_hash: str
    seen_due: bool


def begin_sign_in(session: Session, config: Config, *, email: str, address: str) -> Guess:
    """Count a guess from `address` and say what to check it against. TooMany, uncounted, past the limits."""
    now = datetime.now(UTC)
    account = email.strip().lower().replace("\x00", "")
    attempt = SignInAttempt(account_hash=_keyed(config, "account", account), address_hash=_keyed(config, "address", address), at=now)
    _check_limits(session, config, attempt, now)
    session.add(attempt)
    session.flush()
    user = session.scalars(select(User).where(User.email == account, User.disabled_at.is_(None))).one_or_none()
    return Guess(attempt.id, user.id if user else None, user.password_hash if user else None)


def finish_sign_in(session: Session, config: Config, guess: Guess) -> NewSession | None:
    """Open a session for a guess that was right, unless the account changed while it was checked; forget its failures."""
    user = unchanged_user(session, guess)
    if user is None:
        return None
    forget_guesses(session, guess)
    return open_session(session, config, user.id)


def unchanged_user(session: Session, guess: Guess) -> User | None:
    """Whose password was guessed, unless their account changed while it was checked. For services only."""
    unchanged = select(User).where(User.id == guess.user_id, User.password_hash == guess.password_hash, User.disabled_at.is_(None))
    return session.scalars(unchanged).one_or_none()


def forget_guesses(session: Session, guess: Guess) -> None:
    """The password was right: what was wrong before, from there for this account, counts no more."""
    attempt = session.get(SignInAttempt, guess.attempt_id)
    if attempt is not None:
        session.execute(
            delete(SignInAttempt).where(
                SignInAttempt.account_hash == attempt.account_hash, SignInAttempt.address_hash == attempt.address_hash
            )
        )


def open_session(session: Session, config: Config, user_id: str) -> NewSession:
    """A new session under a new id."""
    now = datetime.now(UTC)
    made = NewSession(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
    session.execute(delete(UserSession).where(UserSession.expires_at < now - KEPT_AFTER_END))
    session.add(
        UserSession(
            id_hash=secret_hash(made.cookie),
            user_id=user_id,
            csrf_token=made.csrf_token,
            created_at=now,
            seen_at=now,
            expires_at=now + timedelta(hours=config.session_hours),
        )
    )
    _record(session, user_id, "user.signed_in")
    session.flush()
    return made


def find_session(session: Session, config: Config, cookie: str) -> SignedIn | None:
    """Who is signed in with `cookie`; None once it ended, expired or idled, and for disabled users."""
    now = datetime.now(UTC)
    idle = timedelta(minutes=config.session_idle_minutes)
    row = session.execute(
        select(UserSession, User)
        .join(User, User.id == UserSession.user_id)
        .where(
            UserSession.id_hash == secret_hash(cookie),
            UserSession.ended_at.is_(None),
            UserSession.expires_at > now,
            UserSession.seen_at > now - idle,
            User.disabled_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    found, user = row
    return SignedIn(user.id, user.email, found.csrf_token, found.id_hash, now - found.seen_at > min(SEEN_EVERY, idle / 4))


def note_seen(session: Session, id_hash: str) -> None:
    """Start the idle time again."""
    session.execute(
        update(UserSession).where(UserSession.id_hash == id_hash, UserSession.ended_at.is_(None)).values(seen_at=datetime.now(UTC))
    )


def end_session(session: Session, id_hash: str) -> None:
    """Sign out: the cookie is dead from here on, whoever kept it."""
    ended = session.scalars(select(UserSession).where(UserSession.id_hash == id_hash, UserSession.ended_at.is_(None))).one_or_none()
    if ended is not None:
        ended.ended_at = datetime.now(UTC)
        _record(session, ended.user_id, "user.signed_out")


def end_sessions(session: Session, user_id: str, *, keep: str | None = None) -> int:
    """Every cookie of the user is dead from here on, but that of the session whose id's hash is `keep`; how many that were."""
    others = UserSession.id_hash != keep if keep else UserSession.id_hash.is_not(None)
    ended = session.execute(
        update(UserSession)
        .where(UserSession.user_id == user_id, UserSession.ended_at.is_(None), UserSession.expires_at > datetime.now(UTC), others)
        .values(ended_at=datetime.now(UTC))
    )
    session.flush()
    return int(ended.rowcount)  # type: ignore[attr-defined]


def _check_limits(session: Session, config: Config, attempt: SignInAttempt, now: datetime) -> None:
    window = timedelta(minutes=config.sign_in_window_minutes)
    if session.get_bind().dialect.name == "postgresql":
        # Guesses sent at once would not see each other; on SQLite a writing transaction is alone anyway.
        session.execute(select(func.pg_advisory_xact_lock(SIGN_IN_LOCK)))
    session.execute(delete(SignInAttempt).where(SignInAttempt.at < now - window))
    account = SignInAttempt.account_hash == attempt.account_hash
    address = SignInAttempt.address_hash == attempt.address_hash
    limits: tuple[tuple[int, tuple[ColumnElement[bool], ...]], ...] = (
        (config.sign_in_attempts, (account, address)),
        (config.sign_in_attempts * LOOSER, (account,)),
        (config.sign_in_attempts * LOOSER, (address,)),
    )
    for most, conditions in limits:
        count, oldest = session.execute(select(func.count(), func.min(SignInAttempt.at)).where(*conditions)).one()
        if count >= most:
            wait = max(1, math.ceil((oldest + window - now).total_seconds()))
            raise TooMany(f"Too many wrong passwords. Try again {_in_words(wait)}.", details={"retry_after": wait})


def _in_words(seconds: int) -> str:
    minutes = math.ceil(seconds / 60)
    return "in a minute" if minutes == 1 else f"in {minutes} minutes"


def _keyed(config: Config, kind: str, value: str) -> str:
    return hmac.new(config.secret_key.encode(), f"{kind}:{value}".encode(), hashlib.sha256).hexdigest()


def _record(session: Session, user_id: str, action: str) -> None:
    record_own(session, session.scalars(select(User.email).where(User.id == user_id)).one(), action)
