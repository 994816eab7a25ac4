"""Who acts, what their role allows, and the one way to rows that a team owns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from webapp.models import ApiToken, AuditEvent, Dataset, MemberRole, Membership, Team, User
from webapp.services.errors import Forbidden, NotFound

Row = TypeVar("Row")


class Permission(StrEnum):
    """What an operation needs. The role matrix in SECURITY.md is this table in words, and a test holds them together."""

    VIEW = "view"  # segment aggregates, campaigns, reports, jobs
    VIEW_CUSTOMERS = "view_customers"  # customer rows, contacts masked
    TAG = "tag"  # create campaigns, tag and untag segments
    EXPORT = "export"  # take customers out as a file
    IMPORT = "import"  # bring customers in
    RECLUSTER = "recluster"  # start and cancel a re-cluster
    PROMOTE = "promote"  # move the champion
    MANAGE_TEAM = "manage_team"  # users, tokens, audit log


_FROM_ROLE: dict[Permission, MemberRole] = {
    Permission.VIEW: MemberRole.VIEWER,
    Permission.VIEW_CUSTOMERS: MemberRole.MARKETER,
    Permission.TAG: MemberRole.MARKETER,
    Permission.EXPORT: MemberRole.MARKETER,
    Permission.IMPORT: MemberRole.ANALYST,
    Permission.RECLUSTER: MemberRole.ANALYST,
    Permission.PROMOTE: MemberRole.ANALYST,
    Permission.MANAGE_TEAM: MemberRole.ADMIN,
}
_RANK = {role: rank for rank, role in enumerate(MemberRole)}


@dataclass(frozen=True)
class Actor:
    """Somebody acting in a team: a user, an API token, or the command line. `name` is what the audit log says."""

    name: str
    team_id: str
    team_slug: str
    team_name: str
    role: MemberRole
    user_id: str | None = None
    token_id: str | None = None

    def may(self, permission: Permission) -> bool:
        return _RANK[MemberRole(self.role)] >= _RANK[_FROM_ROLE[permission]]


def role_for(permission: Permission) -> str:
    """The least role that has `permission`."""
    return _FROM_ROLE[permission].value


def require(actor: Actor, permission: Permission) -> None:
    """Forbidden, with the role that could, unless `actor` may."""
    if not actor.may(permission):
        raise Forbidden(f"This needs the {role_for(permission)} role; yours is {actor.role}. Ask an admin of {actor.team_name}.")


def is_above(role: MemberRole, other: MemberRole) -> bool:
    """Whether `role` may do more than `other`."""
    return _RANK[MemberRole(role)] > _RANK[MemberRole(other)]


def require_role(actor: Actor, role: MemberRole) -> None:
    """Forbidden where `role` is above the actor's own: nobody hands out more than they have."""
    if is_above(role, actor.role):
        raise Forbidden(f"You are {actor.role} here, so you cannot hand out the {role} role.")


def actor_for_user(session: Session, user_id: str, team_slug: str) -> Actor:
    """The user as a member of the team; NotFound where the team does not exist or the user is no member."""
    row = session.execute(
        select(User, Team, Membership.role)
        .join(Membership, Membership.user_id == User.id)
        .join(Team, Team.id == Membership.team_id)
        .where(User.id == user_id, Team.slug == team_slug, User.disabled_at.is_(None))
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such page, or it belongs to a team that you are not in.")
    user, team, role = row
    return Actor(user.email, team.id, team.slug, team.name, MemberRole(role), user.id)


def actor_for_token(session: Session, token_id: str) -> Actor:
    """Who acts with a token that is known by its id, as a schedule knows it; NotFound where it has ended."""
    found = working_token(session, ApiToken.id == token_id, datetime.now(UTC))
    if found is None:
        raise NotFound("There is no such token, or it has ended.")
    return found[1]


def working_token(session: Session, which: ColumnElement[bool], now: datetime) -> tuple[ApiToken, Actor] | None:
    """The token that `which` names, and who acts with it: its team, with its role; None unless it is known, unexpired and not revoked."""
    row = session.execute(
        select(ApiToken, Team)
        .join(Team, Team.id == ApiToken.team_id)
        .where(which, ApiToken.revoked_at.is_(None), ApiToken.expires_at > now)
    ).one_or_none()
    if row is None:
        return None
    token, team = row
    return token, Actor(f"token {token.prefix}", team.id, team.slug, team.name, MemberRole(token.role), token_id=token.id)


def operator(team: Team) -> Actor:
    """The command line, which acts as the workspace's operator."""
    return Actor("cli", team.id, team.slug, team.name, MemberRole.ADMIN)


def team_rows(actor: Actor, model: type[Row]) -> Select[Row]:
    """A SELECT of the actor's own rows of `model`; everything else is invisible."""
    if not actor.team_id:
        raise ValueError("An actor without a team reaches nothing.")
    return select(model).where(model.team_id == actor.team_id)  # type: ignore[attr-defined]


def audit_rows(actor: Actor) -> Select[AuditEvent]:
    """A SELECT of what the team's audit log shows: its own events, and what its members did with their accounts since they joined."""
    require(actor, Permission.MANAGE_TEAM)
    own_account = (
        select(Membership.user_id)
        .join(User, User.id == Membership.user_id)
        .where(Membership.team_id == actor.team_id, User.email == AuditEvent.actor, AuditEvent.at >= Membership.created_at)
    )
    return select(AuditEvent).where(
        or_(AuditEvent.team_id == actor.team_id, and_(AuditEvent.team_id.is_(None), own_account.correlate(AuditEvent).exists()))
    )


def team_row(session: Session, actor: Actor, model: type[Row], what: str, **by: Any) -> Row:
    """The one row of the actor's team that `by` names; NotFound says `what` is missing."""
    row = session.execute(team_rows(actor, model).filter_by(**by)).scalar_one_or_none()
    if row is None:
        raise NotFound(f"There is no such {what}.")
    return row


def team_dataset(session: Session, actor: Actor, slug: str) -> Dataset:
    """The team's dataset called `slug` in addresses."""
    return team_row(session, actor, Dataset, "dataset", slug=slug)
