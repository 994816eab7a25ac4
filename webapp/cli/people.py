"""Commands for people: teams, their members and tokens, and what they did."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from webapp.address import known_address
from webapp.cli.answers import Report, reports, table
from webapp.cli.context import find_operator, open_workspace, team_option
from webapp.edge import unit_of_work
from webapp.models import MemberRole
from webapp.services.errors import Conflict, Invalid, NotFound
from webapp.services.people.audit_log import AuditFilter, list_events
from webapp.services.people.teams import add_team, survey_teams
from webapp.services.people.tokens import TokenSummary, create_token, list_tokens, revoke_token
from webapp.services.people.users import Member, add_user, change_role, list_members, remove_member

LONGEST_LINE = 4096  # bytes; a password has far fewer
ROLES = click.Choice([role.value for role in MemberRole])
MEMBER_COLUMNS = {"email": "EMAIL", "name": "NAME", "role": "ROLE", "state": "STATE", "seen_at": "LAST SEEN"}
TOKEN_COLUMNS = {
    "prefix": "BEGINS WITH",
    "name": "NAME",
    "role": "ROLE",
    "state": "STATE",
    "expires_at": "EXPIRES",
    "last_used_at": "LAST USED",
}
TEAM_COLUMNS = {"slug": "SLUG", "name": "NAME", "time_zone": "TIME ZONE", "members": "MEMBERS", "datasets": "DATASETS"}
EVENT_COLUMNS = {"at": "WHEN", "actor": "WHO", "what": "WHAT"}


@click.group("user")
def user() -> None:
    """People who sign in."""


@user.command("add")
@click.argument("email")
@click.option("--role", type=ROLES, required=True, help="What they may do (see SECURITY.md).")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of making an invitation.")
@team_option
@reports(lambda report: _user_in_words(report))
def user_add(email: str, role: str, password_stdin: bool, team_name: str | None) -> Report:
    """Add a user to a team (which is created if it does not exist yet)."""
    password = _read_password() if password_stdin else None
    resources = open_workspace()
    with unit_of_work(resources) as session:
        actor = find_operator(session, team_name, create=True)
        added = add_user(session, actor, email, MemberRole(role), password=password, directly=True)
    report: dict[str, Any] = {"user": added.user, "team": added.team, "role": str(added.role)}
    if added.invite_token:
        report["invite_url"] = f"{known_address(resources.config) or ''}/invite/{added.invite_token}"
    return report


@user.command("list")
@team_option
@reports(lambda report: table(_in_minutes(report["members"]), MEMBER_COLUMNS))
def user_list(team_name: str | None) -> Report:
    """List the members of a team."""
    with unit_of_work(open_workspace(), read_only=True) as session:
        actor = find_operator(session, team_name)
        members = list_members(session, actor)
    return {"team": actor.team_name, "members": [_member_json(member) for member in members]}


@user.command("role")
@click.argument("email")
@click.argument("role", type=ROLES)
@team_option
@reports(lambda report: f"{report['user']} is {report['role']} in {report['team']} now, and has to sign in again.")
def user_role(email: str, role: str, team_name: str | None) -> Report:
    """Give a member another role; it counts at their next request."""
    with unit_of_work(open_workspace()) as session:
        actor = find_operator(session, team_name)
        change_role(session, actor, email, MemberRole(role))
    return {"user": email.strip().lower(), "team": actor.team_name, "role": role}


@user.command("remove")
@click.argument("email")
@team_option
@reports(lambda report: f"{report['user']} is no longer in {report['team']}.")
def user_remove(email: str, team_name: str | None) -> Report:
    """Take a member out of a team; it counts at their next request."""
    with unit_of_work(open_workspace()) as session:
        actor = find_operator(session, team_name)
        remove_member(session, actor, email)
    return {"user": email.strip().lower(), "team": actor.team_name}


@click.group("token")
def token() -> None:
    """API tokens."""


@token.command("add")
@click.option("--role", type=ROLES, required=True, help="What the token may do.")
@click.option("--name", default="command line", show_default=True, help="What it is for.")
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="How long it is valid.")
@team_option
@reports(lambda report: f"{report['token']}\nShown once; expires {report['expires_at'][:10]}.")
def token_add(role: str, name: str, days: int, team_name: str | None) -> Report:
    """Make an API token for a team."""
    with unit_of_work(open_workspace()) as session:
        made = create_token(session, find_operator(session, team_name), name=name, role=MemberRole(role), days=days)
    return {"token": made.token, "prefix": made.prefix, "expires_at": made.expires_at.isoformat()}


@token.command("list")
@team_option
@reports(lambda report: table(_in_minutes(report["tokens"]), TOKEN_COLUMNS) if report["tokens"] else "There is no API token.")
def token_list(team_name: str | None) -> Report:
    """List a team's API tokens, newest first."""
    with unit_of_work(open_workspace(), read_only=True) as session:
        listed = list_tokens(session, find_operator(session, team_name))
    return {"tokens": [asdict(item) for item in listed]}


@token.command("revoke")
@click.argument("prefix")
@team_option
@reports(lambda report: f"{report['name']} ({report['prefix']}...) is revoked.")
def token_revoke(prefix: str, team_name: str | None) -> Report:
    """End an API token, by its id or the characters that it begins with; the next request with it is refused."""
    with unit_of_work(open_workspace()) as session:
        actor = find_operator(session, team_name)
        found = _find_token(list_tokens(session, actor), prefix)
        revoke_token(session, actor, found.id)
    return {"id": found.id, "name": found.name, "prefix": found.prefix}


@click.group("team")
def team() -> None:
    """Teams of this workspace."""


@team.command("list")
@reports(lambda report: table(report["teams"], TEAM_COLUMNS) if report["teams"] else "There is no team yet.")
def team_list() -> Report:
    """List all teams with how many members and datasets they have."""
    with unit_of_work(open_workspace(), read_only=True) as session:
        return {"teams": [asdict(item) for item in survey_teams(session)]}


@team.command("add")
@click.argument("name")
@reports(lambda report: f"{report['name']} is there. `smartcart user add EMAIL --role admin --team {report['slug']}` gives it an admin.")
def team_add(name: str) -> Report:
    """Start a team; nobody is in it yet."""
    with unit_of_work(open_workspace()) as session:
        made = add_team(session, name)
    return {"slug": made.team_slug, "name": made.team_name}


@click.command("audit")
@click.option("--search", default="", metavar="TEXT", help="Only events with this in who, what or to what.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many, from the newest on.")
@team_option
@reports(lambda report: table(_in_minutes(report["events"]), EVENT_COLUMNS) if report["events"] else "No event fits.")
def audit(search: str, limit: int, team_name: str | None) -> Report:
    """Show a team's audit log, newest first."""
    with unit_of_work(open_workspace(), read_only=True) as session:
        page = list_events(session, find_operator(session, team_name), AuditFilter(text=search), limit=limit)
    return {"events": [asdict(entry) for entry in page.entries], "more": page.older is not None}


def _in_minutes(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with every moment as `2026-11-26 14:05 UTC`."""
    return [{name: f"{value:%Y-%m-%d %H:%M} UTC" if isinstance(value, datetime) else value for name, value in row.items()} for row in rows]


def _member_json(member: Member) -> dict[str, Any]:
    state = "disabled" if member.disabled else "waiting" if member.waiting else "joined"
    return {"email": member.email, "name": member.name, "role": str(member.role), "state": state, "seen_at": member.seen_at}


def _find_token(listed: Sequence[TokenSummary], wanted: str) -> TokenSummary:
    """The token with that id, else the one active token that begins so."""
    found = [item for item in listed if item.id == wanted] or [
        item for item in listed if item.state == "active" and wanted and item.prefix.startswith(wanted)
    ]
    if not found:
        raise NotFound("There is no such API token in force. `smartcart token list` names them.")
    if len(found) > 1:
        raise Conflict("Several API tokens begin so. Give the id, which `smartcart token list --json` has.")
    return found[0]


def _user_in_words(report: Report) -> str:
    line = f"{report['user']} is {report['role']} in {report['team']}."
    link = report.get("invite_url")
    if link is None:
        return line
    if link.startswith("/"):
        return f"{line}\nTheir invitation (valid once), to be put behind the address that `smartcart serve` names at its start: {link}"
    return f"{line}\nTheir invitation (valid once): {link}"


def _read_password() -> str:
    """The first line of standard input; Invalid where it is no UTF-8."""
    try:
        return sys.stdin.buffer.readline(LONGEST_LINE).decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise Invalid("The password is no UTF-8 text. Send it in UTF-8, as one line.", details={"field": "password"}) from None


COMMANDS = (team, user, token, audit)
