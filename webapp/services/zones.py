"""Time zones: which there are, and which one is a team's."""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy.orm import Session

from webapp.models import Team
from webapp.services.access import Actor

UNIVERSAL = "UTC"


@cache
def time_zones() -> tuple[str, ...]:
    """The IANA zones that this machine knows, by name, without the technical ones; UTC first."""
    places = (name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/", "posix/", "right/")))
    return (UNIVERSAL, *sorted(places))


def zone_of(session: Session, actor: Actor) -> ZoneInfo:
    """The zone of the actor's team; UTC where this machine does not know it any more."""
    name = session.get_one(Team, actor.team_id).time_zone
    return ZoneInfo(name if name in time_zones() else UNIVERSAL)
