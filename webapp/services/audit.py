"""The audit log: who did what, when, to what."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from webapp.models import AuditEvent
from webapp.services.access import Actor

LONGEST_SUBJECT = 120


def record_event(session: Session, actor: Actor, action: str, subject: str = "", **details: Any) -> None:
    """Write the event into the act's own transaction, so that neither exists without the other."""
    _write(session, actor.team_id, actor.name, action, subject, details)


def record_own(session: Session, email: str, action: str, **details: Any) -> None:
    """What somebody does with their own account belongs to no team; every team that they are in sees it."""
    _write(session, None, email, action, email, details)


def _write(session: Session, team_id: str | None, actor: str, action: str, subject: str, details: dict[str, Any]) -> None:
    session.add(
        AuditEvent(team_id=team_id, at=datetime.now(UTC), actor=actor, action=action, subject=subject[:LONGEST_SUBJECT], details=details)
    )
