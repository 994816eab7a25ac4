"""The workspace that a command works in: its settings, its database at the right revision, its team."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from alembic.util import CommandError
from sqlalchemy import select
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session

from webapp.config import Config, ConfigError
from webapp.edge import Resources, open_resources
from webapp.migrate import current_revision, head_revision, upgrade
from webapp.models import Dataset, Team
from webapp.services.access import Actor, operator, team_rows
from webapp.services.errors import Invalid, NotFound
from webapp.services.people.users import ensure_team
from webapp.store import StoreError

FIRST_TEAM = "My team"


def open_workspace() -> Resources:
    """Settings from the environment, a store that can be written and a database at the head revision (SQLite migrates itself)."""
    resources = open_checked()
    with opening():
        if resources.engine.dialect.name == "sqlite":
            upgrade(resources.engine)
        elif current_revision(resources.engine) != head_revision():
            raise Invalid("The database is not at this version's schema. Run `smartcart migrate` first.", code="schema")
    return resources


def open_checked(config: Config | None = None) -> Resources:
    """Database and store of the settings (default: the environment's), whatever the schema; ConfigError where they cannot be used."""
    config = config or Config.from_env()
    with opening():
        resources = open_resources(config)
        resources.store.check()
    return resources


@contextmanager
def opening() -> Iterator[None]:
    """ConfigError where a setting names a store or a database that cannot be used; a server that is down stays a DBAPIError."""
    try:
        yield
    except StoreError as error:
        raise ConfigError(f"{error} Check SMARTCART_STORE.") from error
    except CommandError as error:
        raise ConfigError(
            f"The database has a schema that this version does not know ({error}). Install the version that made it."
        ) from error
    except (ArgumentError, ModuleNotFoundError, TypeError, ValueError) as error:
        raise ConfigError(f"SMARTCART_DATABASE_URL cannot be used: {error}.") from error
    except DBAPIError as error:
        if not _is_unusable_file(error):
            raise
        raise ConfigError(f"The database file cannot be used: {error.orig}. Check the path in SMARTCART_DATABASE_URL.") from error


def _is_unusable_file(error: DBAPIError) -> bool:
    """Whether SQLite says that the path is wrong: no database, not to be opened, not to be written (rather than busy, say)."""
    reason = str(error.orig)
    return any(part in reason for part in ("is not a database", "malformed", "unable to open database file", "readonly database"))


def team_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--team", "team_name", metavar="NAME", help="The team, by name or slug (default: the only one).")(command)


def dataset_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--dataset", "dataset_name", metavar="NAME", help="The dataset, by name or slug (default: the only one).")(command)


def find_operator(session: Session, team_name: str | None, *, create: bool = False) -> Actor:
    """The command line acting in a team; with `create`, a workspace without the team gets it."""
    teams = session.scalars(select(Team).order_by(Team.created_at)).all()
    named = [team for team in teams if team_name == team.slug] or [team for team in teams if team_name in (team.name, None)]
    if len(named) == 1:
        return operator(named[0])
    if len(named) > 1:
        raise Invalid(
            "There are several teams: " + ", ".join(team.slug for team in teams) + ". Say which with --team.", details={"field": "team"}
        )
    if create:
        return operator(ensure_team(session, team_name or FIRST_TEAM))
    raise NotFound(f"There is no team{f' {team_name}' if team_name else ' yet'}. `smartcart user add EMAIL --role admin` makes one.")


def find_dataset(session: Session, actor: Actor, name: str | None) -> Dataset:
    """The dataset called `name` (or its slug), or the only one."""
    datasets = session.scalars(team_rows(actor, Dataset).order_by(Dataset.created_at)).all()
    if name is None and len(datasets) == 1:
        return datasets[0]
    for dataset in datasets:
        if name is not None and name in (dataset.name, dataset.slug):
            return dataset
    known = ", ".join(dataset.name for dataset in datasets) or "none yet"
    if name is None and datasets:
        raise Invalid(f"There are several datasets: {known}. Say which with --dataset.", details={"field": "dataset"})
    raise NotFound(
        f"There is no dataset {name or ''}".rstrip() + f" (there are: {known}). `smartcart import FILE --dataset NAME` makes one."
    )
