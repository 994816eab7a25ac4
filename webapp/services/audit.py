"""The audit log: who did what, when, to what."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from webapp.models import AuditEvent
from webapp.services.access import Actor


def record_event(session: Session, actor: Actor, action: str, subject: str = "", **details: Any) -> None:
    """Write the event into the act's own transaction, so that neither exists without the other."""
    session.add(AuditEvent(team_id=actor.team_id, at=datetime.now(UTC), actor=actor.name, action=action, subject=subject, details=details))
