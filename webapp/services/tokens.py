"""API tokens of a team: shown once, stored as a hash, scoped by role, expiring."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import ApiToken, MemberRole, Team
from webapp.services.access import Actor, Permission, require, team_row, team_rows
from webapp.services.audit import record_event
from webapp.services.errors import Invalid

PREFIX_LENGTH = 10


@dataclass(frozen=True)
class NewToken:
    """A token just made. `token` is told this once."""

    token: str
    prefix: str
    expires_at: datetime


@dataclass(frozen=True)
class TokenSummary:
    """A token as its team sees it."""

    id: str
    name: str
    role: MemberRole
    prefix: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


def secret_hash(secret: str) -> str:
    """What is stored of a random secret of ours; it has too many bits for a slow hash to matter."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create_token(session: Session, actor: Actor, *, name: str, role: MemberRole, days: int = 90) -> NewToken:
    """Make a token that acts in the actor's team with `role` for `days` days."""
    require(actor, Permission.MANAGE_TEAM)
    if not name.strip() or len(name) > 120:
        raise Invalid("Name the token after what it is for, in 1 to 120 characters.", details={"field": "name"})
    if not 1 <= days <= 3650:
        raise Invalid("A token is valid for 1 to 3,650 days.", details={"field": "days"})
    now = datetime.now(UTC)
    token = f"sct_{secrets.token_urlsafe(32)}"
    made = NewToken(token, token[:PREFIX_LENGTH], now + timedelta(days=days))
    session.add(
        ApiToken(
            team_id=actor.team_id,
            name=name.strip(),
            role=MemberRole(role),
            prefix=made.prefix,
            token_hash=secret_hash(token),
            created_at=now,
            expires_at=made.expires_at,
        )
    )
    record_event(session, actor, "token.created", made.prefix, name=name.strip(), role=str(role))
    session.flush()
    return made


def list_tokens(session: Session, actor: Actor) -> tuple[TokenSummary, ...]:
    """The team's tokens, newest first."""
    require(actor, Permission.MANAGE_TEAM)
    rows = session.scalars(team_rows(actor, ApiToken).order_by(ApiToken.created_at.desc(), ApiToken.id))
    return tuple(
        TokenSummary(row.id, row.name, MemberRole(row.role), row.prefix, row.created_at, row.expires_at, row.revoked_at) for row in rows
    )


def revoke_token(session: Session, actor: Actor, token_id: str) -> None:
    """End a token; the next request with it is refused."""
    require(actor, Permission.MANAGE_TEAM)
    row = team_row(session, actor, ApiToken, "token", id=token_id)
    if row.revoked_at is None:
        row.revoked_at = datetime.now(UTC)
        record_event(session, actor, "token.revoked", row.prefix, name=row.name)
        session.flush()


def token_actor(session: Session, token: str) -> Actor | None:
    """Who acts with `token`: its team, with its role; None unless it is known, unexpired and not revoked."""
    row = session.execute(
        select(ApiToken, Team)
        .join(Team, Team.id == ApiToken.team_id)
        .where(ApiToken.token_hash == secret_hash(token), ApiToken.revoked_at.is_(None), ApiToken.expires_at > datetime.now(UTC))
    ).one_or_none()
    if row is None:
        return None
    found, team = row
    return Actor(f"token {found.prefix}", team.id, team.slug, team.name, MemberRole(found.role))
