"""What a change makes another of a schedule, in words, and in whose name the schedule goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from segmentation.wording import listed, number
from webapp.models import Schedule
from webapp.services.access import Actor
from webapp.services.errors import Forbidden, NotFound
from webapp.services.modelling.fit_requests import EVERY_FEATURE, algorithm_name
from webapp.services.scheduling.cron import describe_cron
from webapp.services.scheduling.starting import acting_for


@dataclass(frozen=True)
class ScheduleChange:
    """`before` and `after` name only what differs ("Mondays at 06:00, 3 segments"), both empty where nothing does; `acts_as` goes on."""

    before: str
    after: str
    acts_as: str


def change_in_words(session: Session, actor: Actor, row: Schedule, cron: str, parameters: Mapping[str, Any]) -> ScheduleChange:
    """What `actor` would change with that expression and those checked parameters."""
    before, after = _told(row.cron, row.parameters), _told(cron, parameters)
    differing = [name for name in after if (row.cron != cron if name == "cron" else row.parameters[name] != parameters[name])]
    return ScheduleChange(
        before=", ".join(before[name] for name in differing),
        after=", ".join(after[name] for name in differing),
        acts_as=row.created_by if author_may(session, row) else actor.name,
    )


def author_may(session: Session, row: Schedule) -> bool:
    """Whether the one in whose name the schedule acts may still do its work."""
    try:
        acting_for(session, row)
    except (Forbidden, NotFound):
        return False
    return True


def _told(cron: str, parameters: Mapping[str, Any]) -> dict[str, str]:
    """What can be changed, each in words; an import of the folder has nothing but its time."""
    told = {"cron": describe_cron(cron)}
    if not parameters:
        return told
    return told | {
        "algorithm": algorithm_name(parameters["algorithm"]),
        "k": f"{number(parameters['k'])} segments" if parameters["k"] else "as many segments as the data can carry",
        "seed": f"seed {parameters['seed']}",
        "features": _features(parameters["features"]),
    }


def _features(features: Any) -> str:
    """A wish as `checked_features` stores it."""
    if features is None or features == EVERY_FEATURE:
        return "default features" if features is None else "all features"
    weighted = [f"{name} × {features[name]:g}" if isinstance(features, Mapping) else str(name) for name in features]
    return f"features {listed(weighted)}"
