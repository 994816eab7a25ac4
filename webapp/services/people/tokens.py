"""API tokens of a team: shown once, stored as a hash, scoped by role, expiring."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from webapp.models import ApiToken, MemberRole
from webapp.services.access import Actor, Permission, is_above, require, require_role, team_row, team_rows, working_token
from webapp.services.audit import record_event
from webapp.services.data.names import clean_name
from webapp.services.errors import Invalid

PREFIX_LENGTH = 10
USED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class NewToken:
    """A token just made. `token` is told this once."""

    token: str
    prefix: str
    expires_at: datetime


@dataclass(frozen=True)
class TokenSummary:
    """A token as its team sees it. `created_by` is None for those made before that was kept."""

    id: str
    name: str
    role: MemberRole
    prefix: str
    created_at: datetime
    created_by: str | None
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    state: str
    """`active`, `expired` or `revoked`."""


@dataclass(frozen=True)
class FoundToken:
    """Who acts with a token that works. `use_due` says that its use should be noted."""

    id: str
    actor: Actor
    use_due: bool


def secret_hash(secret: str) -> str:
    """What is stored of a random secret of ours; it has too many bits for a slow hash to matter."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create_token(session: Session, actor: Actor, *, name: str, role: MemberRole, days: int = 90) -> NewToken:
    """Make a token that acts in the actor's team with `role`, which is none above their own, for `days` days."""
    require(actor, Permission.MANAGE_TEAM)
    require_role(actor, role)
    wanted = clean_name(name, "name")
    if not 1 <= days <= 3650:
        raise Invalid("A token is valid for 1 to 3,650 days.", details={"field": "days"})
    now = datetime.now(UTC)
    token = f"sct_{secrets.token_urlsafe(32)}"
    made = NewToken(token, token[:PREFIX_LENGTH], now + timedelta(days=days))
    session.add(
        ApiToken(
            team_id=actor.team_id,
            name=wanted,
            role=MemberRole(role),
            prefix=made.prefix,
            token_hash=secret_hash(token),
            created_at=now,
            expires_at=made.expires_at,
            created_by=actor.name,
        )
    )
    record_event(session, actor, "token.created", made.prefix, name=wanted, role=str(role))
    session.flush()
    return made


def list_tokens(session: Session, actor: Actor) -> tuple[TokenSummary, ...]:
    """The team's tokens, newest first."""
    require(actor, Permission.MANAGE_TEAM)
    rows = session.scalars(team_rows(actor, ApiToken).order_by(ApiToken.created_at.desc(), ApiToken.id))
    now = datetime.now(UTC)
    return tuple(_summary(row, now) for row in rows)


def show_token(session: Session, actor: Actor, token_id: str) -> TokenSummary:
    """One token of the team."""
    require(actor, Permission.MANAGE_TEAM)
    return _summary(team_row(session, actor, ApiToken, "token", id=token_id), datetime.now(UTC))


def revoke_token(session: Session, actor: Actor, token_id: str) -> None:
    """End a token; the next request with it is refused."""
    require(actor, Permission.MANAGE_TEAM)
    row = team_row(session, actor, ApiToken, "token", id=token_id)
    if row.revoked_at is None:
        row.revoked_at = datetime.now(UTC)
        record_event(session, actor, "token.revoked", row.prefix, name=row.name)
        session.flush()


def list_made_by(session: Session, actor: Actor, email: str, *, above: MemberRole | None = None) -> tuple[TokenSummary, ...]:
    """The team's tokens in force that the member `email` made; with `above`, those whose role is above it."""
    return tuple(
        token
        for token in list_tokens(session, actor)
        if token.state == "active" and token.created_by == email and (above is None or is_above(token.role, above))
    )


def revoke_made_by(session: Session, actor: Actor, email: str, *, above: MemberRole | None = None) -> int:
    """End what `list_made_by` names; how many that were."""
    made = list_made_by(session, actor, email, above=above)
    for token in made:
        revoke_token(session, actor, token.id)
    return len(made)


def find_token(session: Session, token: str) -> FoundToken | None:
    """The token and who acts with it: its team, with its role; None unless it is known, unexpired and not revoked."""
    now = datetime.now(UTC)
    found = working_token(session, ApiToken.token_hash == secret_hash(token), now)
    if found is None:
        return None
    row, actor = found
    return FoundToken(row.id, actor, row.last_used_at is None or now - row.last_used_at > USED_EVERY)


def token_actor(session: Session, token: str) -> Actor | None:
    """Who acts with `token`; None unless it works."""
    found = find_token(session, token)
    return found.actor if found else None


def note_used(session: Session, token_id: str) -> None:
    """Write down that a token was used; of many requests in one minute, the first does."""
    now = datetime.now(UTC)
    due = or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at < now - USED_EVERY)
    session.execute(update(ApiToken).where(ApiToken.id == token_id, due).values(last_used_at=now))


def _summary(row: ApiToken, now: datetime) -> TokenSummary:
    state = "revoked" if row.revoked_at else "expired" if row.expires_at <= now else "active"
    return TokenSummary(
        id=row.id,
        name=row.name,
        role=MemberRole(row.role),
        prefix=row.prefix,
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
        state=state,
    )
