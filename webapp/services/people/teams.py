"""Teams: which there are, how one starts, its name and its time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.models import Dataset, MemberRole, Membership, Team
from webapp.services.access import Actor, Permission, operator, require
from webapp.services.audit import record_event
from webapp.services.data.names import clean_name, slug_of
from webapp.services.errors import Conflict, Forbidden, Invalid
from webapp.services.zones import time_zones


@dataclass(frozen=True)
class TeamChoice:
    """A team that a user can go to."""

    slug: str
    name: str


@dataclass(frozen=True)
class TeamSettings:
    """What a team says about itself. `time_zone` is an IANA name."""

    slug: str
    name: str
    time_zone: str
    created_at: datetime


@dataclass(frozen=True)
class TeamOverview:
    """A team as the workspace's operator sees it."""

    slug: str
    name: str
    time_zone: str
    members: int
    datasets: int


def ensure_team(session: Session, name: str) -> Team:
    """The team called `name` (or with that slug), made where there is none. For the command line, which is above all teams."""
    wanted = clean_name(name, "team")
    taken = _slugs(session)  # read first: whoever makes the team meanwhile is found by name, or has the same slug
    found = _called(session, wanted)
    if found is not None:
        return found
    try:
        with session.begin_nested():
            return _add(session, wanted, taken)
    except IntegrityError:
        found = _called(session, wanted)
        if found is None:
            raise
        return found


def add_team(session: Session, name: str) -> Actor:
    """Make a team called `name`, and answer the operator acting in it. Conflict where one is called so. For the command line."""
    wanted = clean_name(name, "team")
    if _called(session, wanted) is not None:
        raise Conflict(f"There is a team {wanted} already.", details={"field": "name"})
    team = _add(session, wanted, _slugs(session))
    made = operator(team)
    record_event(session, made, "team.created", team.slug, name=team.name)
    session.flush()
    return made


def create_team(session: Session, actor: Actor, name: str) -> TeamChoice:
    """Make a team whose first admin is the actor, who has to be an admin where they are.

    Whether others call theirs the same is not told: a team is nobody else's business.
    """
    require(actor, Permission.MANAGE_TEAM)
    if actor.user_id is None:
        raise Forbidden("Only a person can start a team, for somebody has to be its first admin.")
    team = _add(session, clean_name(name, "name"), _slugs(session))
    session.add(Membership(team_id=team.id, user_id=actor.user_id, role=MemberRole.ADMIN, created_at=datetime.now(UTC)))
    founder = Actor(actor.name, team.id, team.slug, team.name, MemberRole.ADMIN, actor.user_id)
    record_event(session, founder, "team.created", team.slug, name=team.name)
    session.flush()
    return TeamChoice(team.slug, team.name)


def list_teams(session: Session, user_id: str) -> tuple[TeamChoice, ...]:
    """The teams that the user is a member of, by name."""
    rows = session.execute(
        select(Team.slug, Team.name)
        .join(Membership, Membership.team_id == Team.id)
        .where(Membership.user_id == user_id)
        .order_by(Team.name, Team.slug)
    )
    return tuple(TeamChoice(slug, name) for slug, name in rows)


def survey_teams(session: Session) -> tuple[TeamOverview, ...]:
    """Every team of the workspace, by name. For the command line."""
    members = select(func.count()).where(Membership.team_id == Team.id).scalar_subquery()
    datasets = select(func.count()).where(Dataset.team_id == Team.id).scalar_subquery()
    rows = session.execute(select(Team.slug, Team.name, Team.time_zone, members, datasets).order_by(Team.name, Team.slug))
    return tuple(TeamOverview(*row) for row in rows)


def show_team(session: Session, actor: Actor) -> TeamSettings:
    """The actor's own team."""
    require(actor, Permission.VIEW)
    team = session.get_one(Team, actor.team_id)
    return TeamSettings(team.slug, team.name, team.time_zone, team.created_at)


def rename_team(session: Session, actor: Actor, name: str) -> TeamSettings:
    """Give the team another name; its address stays, so that links keep working."""
    require(actor, Permission.MANAGE_TEAM)
    team, wanted = session.get_one(Team, actor.team_id), clean_name(name, "name")
    if wanted != team.name:
        record_event(session, actor, "team.renamed", team.slug, before=team.name, after=wanted)
        team.name = wanted
        session.flush()
    return show_team(session, actor)


def change_time_zone(session: Session, actor: Actor, time_zone: str) -> TeamSettings:
    """Say in which zone the team's days begin; Invalid unless it is in the IANA list."""
    require(actor, Permission.MANAGE_TEAM)
    if time_zone not in time_zones():
        raise Invalid("Choose a time zone from the list, such as Europe/Lisbon.", details={"field": "time_zone"})
    team = session.get_one(Team, actor.team_id)
    if time_zone != team.time_zone:
        record_event(session, actor, "team.time_zone_changed", team.slug, before=team.time_zone, after=time_zone)
        team.time_zone = time_zone
        session.flush()
        # Schedules know what can be fitted, which takes seconds to import; people and tokens need none of it.
        from webapp.services.scheduling.schedules import replan_schedules

        replan_schedules(session, actor)
    return show_team(session, actor)


def _called(session: Session, name: str) -> Team | None:
    return session.scalars(select(Team).where((Team.name == name) | (Team.slug == name)).order_by(Team.slug)).first()


def _slugs(session: Session) -> set[str]:
    return set(session.scalars(select(Team.slug)))


def _add(session: Session, name: str, taken: set[str]) -> Team:
    """A new team whose slug is none of those `taken`."""
    slug, number = slug_of(name), 2
    while slug in taken:
        slug, number = f"{slug_of(name)}-{number}", number + 1
    team = Team(slug=slug, name=name, created_at=datetime.now(UTC))
    session.add(team)
    session.flush()
    return team
