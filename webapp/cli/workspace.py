"""Commands for the workspace itself: settings, schema, users, tokens, sample files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from segmentation import synthetic_customers, write_customers
from webapp.address import known_address
from webapp.cli.answers import Report, reports, table
from webapp.cli.context import find_operator, open_checked, open_workspace, opening, team_option
from webapp.cli.values import SEED, writing
from webapp.config import describe_settings, write_secret
from webapp.edge import unit_of_work
from webapp.migrate import upgrade
from webapp.models import MemberRole
from webapp.services.errors import Invalid
from webapp.services.tokens import create_token
from webapp.services.users import add_user

LONGEST_LINE = 4096  # bytes; a password has far fewer
ROLES = click.Choice([role.value for role in MemberRole])


@click.command("migrate")
@reports(lambda report: f"The database is at {report['revision']}.")
def migrate() -> Report:
    """Bring the database to this version's schema."""
    resources = open_checked()
    with opening():
        return {"revision": upgrade(resources.engine)}


@click.command("config")
@click.option("--write-secret", "write", is_flag=True, help="Write ./instance/secret_key where there is none.")
@reports(lambda report: _settings_in_words(report))
def config(write: bool) -> Report:
    """List every setting with its default and meaning."""
    written = {"secret_key_file": str(write_secret(Path.cwd()))} if write else {}
    return {**written, "settings": describe_settings()}


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
        added = add_user(session, actor, email, MemberRole(role), password=password)
    report: dict[str, Any] = {"user": added.user, "team": added.team, "role": str(added.role)}
    if added.invite_token:
        report["invite_url"] = f"{known_address(resources.config) or ''}/invite/{added.invite_token}"
    return report


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


@click.command("synthetic")
@click.option("--rows", type=click.IntRange(1, 10_000_000), required=True, help="How many customers.")
@click.option("--segments", type=click.IntRange(1, 20), default=5, show_default=True, help="How many planted segments.")
@click.option(
    "--separation", type=click.FloatRange(0, 20), default=4.0, show_default=True, help="How far apart they are; 0 for no structure at all."
)
@click.option("--seed", type=SEED, default=0, show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The CSV to write; the truth goes beside it.")
@reports(lambda report: f"{report['rows']:,} customers in {report['file']}, their planted segments in {report['truth']}.")
def synthetic(rows: int, segments: int, separation: float, seed: int, out: Path) -> Report:
    """Write a file of generated customers with known true segments."""
    drawn = synthetic_customers(rows, segments=segments, separation=separation, seed=seed)
    truth = out.with_name(f"{out.stem}-truth.csv")
    with writing(out):
        write_customers(out, drawn, truth_path=truth)
    return {"rows": rows, "file": str(out), "truth": str(truth)}


def _user_in_words(report: Report) -> str:
    line = f"{report['user']} is {report['role']} in {report['team']}."
    link = report.get("invite_url")
    if link is None:
        return line
    if link.startswith("/"):
        return f"{line}\nTheir invitation (valid once), to be put behind the address that `smartcart serve` names at its start: {link}"
    return f"{line}\nTheir invitation (valid once): {link}"


def _settings_in_words(report: Report) -> str:
    if "secret_key_file" in report:
        return f"The secret key is in {report['secret_key_file']}; only its owner can read it."
    return table(report["settings"], {"name": "SETTING", "default": "DEFAULT", "meaning": "MEANING"})


def _read_password() -> str:
    """The first line of standard input; Invalid where it is no UTF-8."""
    try:
        return sys.stdin.buffer.readline(LONGEST_LINE).decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise Invalid("The password is no UTF-8 text. Send it in UTF-8, as one line.", details={"field": "password"}) from None


COMMANDS = (migrate, config, user, token, synthetic)
