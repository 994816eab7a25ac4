"""Commands for work that comes again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from segmentation import to_json
from segmentation.choosing.selection import AUTO, DEFAULT_ALGORITHM
from segmentation.clustering import ALGORITHMS
from webapp.cli.answers import Report, reports, table
from webapp.cli.context import dataset_option, find_dataset, find_operator, open_workspace, team_option
from webapp.cli.jobs import finish
from webapp.cli.models import Count, Features
from webapp.cli.values import SEED
from webapp.edge import unit_of_work
from webapp.models import ScheduleKind
from webapp.services.modelling.fit_requests import FeatureWish
from webapp.services.scheduling.schedules import (
    WORK,
    ScheduleSummary,
    add_schedule,
    list_schedules,
    remove_schedule,
    run_schedule,
    show_schedule,
)

COLUMNS = {"id": "ID", "dataset": "DATASET", "work": "DOES", "when": "WHEN", "next_due": "NEXT", "state": "STATE"}


@click.group("schedule")
def schedule() -> None:
    """Work that comes again, by the clocks of the team's time zone."""


@schedule.command("list")
@click.option("--dataset", "dataset_name", metavar="NAME", help="Only those of this dataset, by name or slug.")
@team_option
@reports(lambda report: _list_in_words(report["schedules"]))
def list_(dataset_name: str | None, team_name: str | None) -> Report:
    """List the schedules of a team."""
    with unit_of_work(open_workspace(), read_only=True) as session:
        actor = find_operator(session, team_name)
        dataset = find_dataset(session, actor, dataset_name).slug if dataset_name else None
        return {"schedules": [schedule_report(each) for each in list_schedules(session, actor, dataset)]}


@schedule.command("add")
@click.argument("kind", type=click.Choice([str(kind) for kind in ScheduleKind]))
@dataset_option
@click.option("--cron", required=True, metavar="'M H D M W'", help="When, such as '0 6 * * 1': Mondays at six.")
@click.option("--algorithm", type=click.Choice([*ALGORITHMS, AUTO]), help=f"Of a re-cluster: how to look (default: {DEFAULT_ALGORITHM}).")
@click.option("--k", type=Count(), help="Of a re-cluster: how many segments (default: auto).")
@click.option("--seed", type=SEED, help="Of a re-cluster.")
@click.option("--features", type=Features(), help="Of a re-cluster: measures to find segments by, as in `recluster`.")
@team_option
@reports(
    lambda report: f"Scheduled {report['work']}: {report['when']} ({report['zone']}), next {report['next_due'][:16]}. Id: {report['id']}"
)
def add(
    kind: str,
    dataset_name: str | None,
    cron: str,
    algorithm: str | None,
    k: int | None,
    seed: int | None,
    features: FeatureWish,
    team_name: str | None,
) -> Report:
    """Have segments found anew (recluster), or the files of the dataset's folder imported (import_folder)."""
    stated = {"algorithm": algorithm, "k": k, "seed": seed, "features": features}
    with unit_of_work(open_workspace()) as session:
        actor = find_operator(session, team_name)
        dataset = find_dataset(session, actor, dataset_name).slug
        parameters = {name: value for name, value in stated.items() if value is not None}
        return schedule_report(add_schedule(session, actor, dataset, kind=kind, cron=cron, parameters=parameters))


@schedule.command("remove")
@click.argument("schedule_id", metavar="ID")
@team_option
@reports(lambda report: f"Removed: {report['when']} ({report['zone']}).")
def remove(schedule_id: str, team_name: str | None) -> Report:
    """Delete a schedule; what it has done stays."""
    with unit_of_work(open_workspace()) as session:
        return schedule_report(remove_schedule(session, find_operator(session, team_name), schedule_id))


@schedule.command("run")
@click.argument("schedule_id", metavar="ID")
@team_option
@reports(lambda report: report["message"] or "Done.")
def run(schedule_id: str, team_name: str | None) -> Report:
    """Do now what a schedule does when it is due, and wait for it."""
    resources = open_workspace()
    with unit_of_work(resources) as session:
        actor = find_operator(session, team_name)
        asked = run_schedule(session, actor, schedule_id)
    job = finish(resources, actor, asked.id)
    with unit_of_work(resources, read_only=True) as session:
        done = schedule_report(show_schedule(session, actor, schedule_id))
    return {"job": job.id, "status": job.status, "subject": job.subject, "message": job.message, "schedule": done}


def schedule_report(found: ScheduleSummary) -> dict[str, Any]:
    """A schedule as `--json` prints it."""
    moments = {name: moment.isoformat() if (moment := getattr(found, name)) else None for name in ("created_at", "last_due", "next_due")}
    last = found.last
    told = (
        {"due": last.due.isoformat(), "outcome": last.outcome, "message": last.message, "job": last.job and last.job.id} if last else None
    )
    plain = ("id", "dataset", "kind", "cron", "when", "zone", "enabled", "paused_because", "created_by")
    stated = {name: getattr(found, name) for name in plain} | {"parameters": to_json(found.parameters)}
    return stated | moments | {"work": WORK[ScheduleKind(found.kind)], "last": told}


def _list_in_words(found: Sequence[dict[str, Any]]) -> str:
    if not found:
        return "Nothing is scheduled. `smartcart schedule add recluster --cron '0 6 * * 1'` has segments found every Monday at six."
    rows = [
        each | {"next_due": (each["next_due"] or "")[:16].replace("T", " "), "state": "on" if each["enabled"] else "paused"}
        for each in found
    ]
    return table(rows, COLUMNS)


COMMANDS = (schedule,)
