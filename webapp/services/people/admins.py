"""Whom a member can ask for more: the admins of their own team."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import MemberRole, Membership, User
from webapp.services.access import Actor, Permission, require


def list_admins(session: Session, actor: Actor) -> tuple[str, ...]:
    """The admins of the actor's team who can sign in, by name (by address where they gave none)."""
    require(actor, Permission.VIEW)
    rows = session.execute(
        select(User.name, User.email)
        .join(Membership, Membership.user_id == User.id)
        .where(
            Membership.team_id == actor.team_id,
            Membership.role == MemberRole.ADMIN,
            User.disabled_at.is_(None),
            User.password_hash.is_not(None),
        )
        .order_by(User.email)
    )
    return tuple(name or email for name, email in rows)
