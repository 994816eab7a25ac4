"""Commands for the registry: which versions there are, which one is live, and which ones are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from segmentation import to_json
from webapp.cli.answers import Report, reports, table
from webapp.cli.context import dataset_option, find_dataset, find_operator, open_workspace, team_option
from webapp.cli.groups import ListingGroup
from webapp.cli.values import VERSION
from webapp.edge import unit_of_work
from webapp.services.data.datasets import show_dataset
from webapp.services.modelling.challengers import set_challenger
from webapp.services.modelling.promotions import Promoted, champion_on, live_history, promote_version, roll_back
from webapp.services.modelling.retention import MOST_KEPT, RELIANCE_WORDS, Reliance, change_keeping, remove_version, show_keeping
from webapp.services.modelling.versions import list_versions

COLUMNS = {
    "number": "NUMBER",
    "status": "STATUS",
    "champion": "CHAMPION",
    "k": "SEGMENTS",
    "verdict": "VERDICT",
    "created_at": "MADE",
}
NOTE = click.option("--note", default="", help="Why, for the team's record.")


@click.group("versions", cls=ListingGroup)
def versions() -> None:
    """Model versions of a dataset; lists them unless told otherwise."""


@versions.command("list")
@dataset_option
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Which version was champion at the end of that day?")
@team_option
@reports(lambda report: _versions_in_words(report))
def versions_list(dataset_name: str | None, on: datetime | None, team_name: str | None) -> Report:
    """List the model versions of a dataset, and which one was live when."""
    with unit_of_work(open_workspace(), read_only=True) as session:
        actor = find_operator(session, team_name)
        dataset = find_dataset(session, actor, dataset_name).slug
        found = list_versions(session, actor, dataset)
        asked = {} if on is None else {"on": on.date(), "champion_on": champion_on(session, actor, dataset, on.date())}
        return {
            "versions": [to_json(version) | _moments(version) for version in found],
            "live": [
                to_json(stretch) | {"since": stretch.since, "until": stretch.until} for stretch in live_history(session, actor, dataset)
            ],
            **asked,
        }


@versions.command("remove")
@click.argument("version", type=VERSION)
@dataset_option
@team_option
@reports(lambda report: f"Version {report['number']} is removed. Its figures and its model card stay; a worker takes its files.")
def versions_remove(version: int, dataset_name: str | None, team_name: str | None) -> Report:
    """Remove a version on which nobody relies."""
    with unit_of_work(open_workspace()) as session:
        actor = find_operator(session, team_name)
        removed = remove_version(session, actor, find_dataset(session, actor, dataset_name).slug, version)
    return {**to_json(removed), **_moments(removed)}


@click.command("promote")
@click.argument("version", type=VERSION)
@dataset_option
@NOTE
@team_option
@reports(lambda report: _moved_in_words(report))
def promote(version: int, dataset_name: str | None, note: str, team_name: str | None) -> Report:
    """Make a version the champion."""
    resources = open_workspace()
    with unit_of_work(resources) as session:
        actor = find_operator(session, team_name)
        dataset = find_dataset(session, actor, dataset_name).slug
        return _moved(promote_version(session, actor, dataset, version, note=note, store=resources.store))


@click.command("rollback")
@dataset_option
@NOTE
@team_option
@reports(lambda report: _moved_in_words(report))
def rollback(dataset_name: str | None, note: str, team_name: str | None) -> Report:
    """Make the version champion again that was before this one."""
    resources = open_workspace()
    with unit_of_work(resources) as session:
        actor = find_operator(session, team_name)
        return _moved(roll_back(session, actor, find_dataset(session, actor, dataset_name).slug, note=note, store=resources.store))


@click.command("challenge")
@click.argument("version", type=VERSION)
@dataset_option
@team_option
@reports(lambda report: f"Version {report['challenger']} challenges version {report['champion']}.")
def challenge(version: int, dataset_name: str | None, team_name: str | None) -> Report:
    """Let a version challenge the champion."""
    with unit_of_work(open_workspace()) as session:
        actor = find_operator(session, team_name)
        dataset = find_dataset(session, actor, dataset_name).slug
        challenger = set_challenger(session, actor, dataset, version).number
        return {"challenger": challenger, "champion": show_dataset(session, actor, dataset).champion}


@click.command("keep")
@click.argument("count", type=click.IntRange(1, MOST_KEPT), required=False, metavar="[N]")
@click.option("--all", "everything", is_flag=True, help="Keep all versions.")
@click.option("--dry-run", is_flag=True, help="Say what would be removed, and change nothing.")
@dataset_option
@team_option
@reports(lambda report: _keeping_in_words(report))
def keep(count: int | None, everything: bool, dry_run: bool, dataset_name: str | None, team_name: str | None) -> Report:
    """Keep the newest N versions beside those that somebody relies on; without N, say how it is. A worker removes the others."""
    if everything and count is not None:
        raise click.UsageError("Say either how many or --all.")
    change = not dry_run and (everything or count is not None)
    with unit_of_work(open_workspace(), read_only=not change) as session:
        actor = find_operator(session, team_name)
        dataset = find_dataset(session, actor, dataset_name).slug
        found = change_keeping(session, actor, dataset, count) if change else show_keeping(session, actor, dataset, keep=count)
        kept = {str(number): [str(reason) for reason in reasons] for number, reasons in found.kept.items()}
        return {"keep": found.keep, "kept": kept, "removed": list(found.removed), "changed": change}


def _moments(version: Any) -> dict[str, datetime | None]:
    return {name: getattr(version, name) for name in ("created_at", "ready_at", "removed_at")}


def _moved(moved: Promoted) -> Report:
    return {"champion": moved.champion, "previous": moved.previous}


def _moved_in_words(report: Report) -> str:
    return f"Version {report['champion']} is champion" + (f" after version {report['previous']}." if report["previous"] else ".")


def _versions_in_words(report: Report) -> str:
    if "on" in report:
        known = f"Version {report['champion_on']}" if report["champion_on"] else "No version"
        return f"{known} was champion at the end of {report['on']}."
    return table(_rows(report["versions"]), COLUMNS)


def _rows(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        version
        | {
            "status": ", ".join([version["status"], *(role for role in ("challenger", "pinned") if version[role])]),
            "champion": "yes" if version["champion"] else "",
            "created_at": str(version["created_at"])[:16],
        }
        for version in found
    ]


def _keeping_in_words(report: Report) -> str:
    setting = "All versions are kept." if report["keep"] is None else f"The newest {report['keep']} are kept."
    lines = [f"  {number}: {', '.join(RELIANCE_WORDS[Reliance(each)] for each in reasons)}" for number, reasons in report["kept"].items()]
    gone = ", ".join(map(str, report["removed"])) or "none"
    return "\n".join([setting, *lines, f"{'Being removed' if report['changed'] else 'Would be removed'}: {gone}."])


COMMANDS = (versions, promote, rollback, challenge, keep)
