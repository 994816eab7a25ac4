"""Rows that tests start from."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from webapp.models import MemberRole, Membership, Team, User
from webapp.services.access import Actor


def make_team(session: Session, name: str = "North Market") -> Team:
    team = Team(slug=name.lower().replace(" ", "-"), name=name, created_at=datetime.now(UTC))
    session.add(team)
    session.flush()
    return team


def make_user(session: Session, email: str, *, password_hash: str | None = None, teams: dict[str, MemberRole] | None = None) -> User:
    """A user who is a member of `teams` (team id -> role)."""
    user = User(email=email, name=email.split("@")[0], password_hash=password_hash, created_at=datetime.now(UTC))
    session.add(user)
    session.flush()
    for team_id, role in (teams or {}).items():
        session.add(Membership(team_id=team_id, user_id=user.id, role=role, created_at=datetime.now(UTC)))
    session.flush()
    return user


def make_actor(session: Session, team: Team, role: MemberRole = MemberRole.ADMIN, *, email: str | None = None) -> Actor:
    """A member of the team with `role`, ready to act."""
    user = make_user(session, email or f"{role}@{team.slug}.example", teams={team.id: role})
    return Actor(user.email, team.id, team.slug, team.name, role, user.id)
