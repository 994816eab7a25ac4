"""Commands for work that comes again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click
from click.core import ParameterSource
from sqlalchemy.orm import Session

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
from webapp.services.access import Actor
from webapp.services.scheduling.schedules import (
    FIT_PARAMETERS,
    WORK,
    ScheduleSummary,
    add_schedule,
    change_schedule,
    list_schedules,
    pause_schedule,
    preview_change,
    remove_schedule,
    resume_schedule,
    run_schedule,
    show_schedule,
)

COLUMNS = {"id": "ID", "dataset": "DATASET", "work": "DOES", "when": "WHEN", "next_due": "NEXT", "state": "STATE"}


def fit_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What a re-cluster is asked for. A command gets those that were stated, by `stated_parameters`."""
    options = (
        click.option(
            "--algorithm", type=click.Choice([*ALGORITHMS, AUTO]), help=f"Of a re-cluster: how to look (default: {DEFAULT_ALGORITHM})."
        ),
        click.option("--k", type=Count(), help="Of a re-cluster: how many segments (default: auto)."),
        click.option("--seed", type=SEED, help="Of a re-cluster."),
        click.option("--features", type=Features(), help="Of a re-cluster: measures to find segments by, as in `recluster`."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def stated_parameters(options: dict[str, Any]) -> dict[str, Any]:
    """Those of the fit's options that stand on the command line: `--k auto` is one, though its value is None."""
    context = click.get_current_context()
    return {name: options[name] for name in FIT_PARAMETERS if context.get_parameter_source(name) is not ParameterSource.DEFAULT}


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
@fit_options
@team_option
@reports(
    lambda report: f"Scheduled {report['work']}: {report['when']} ({report['zone']}), next {report['next_due'][:16]}. Id: {report['id']}"
)
def add(kind: str, dataset_name: str | None, cron: str, team_name: str | None, **fit: Any) -> Report:
    """Have segments found anew (recluster), or the files of the dataset's folder imported (import_folder)."""
    with unit_of_work(open_workspace()) as session:
        actor = find_operator(session, team_name)
        dataset = find_dataset(session, actor, dataset_name).slug
        return schedule_report(add_schedule(session, actor, dataset, kind=kind, cron=cron, parameters=stated_parameters(fit)))


@schedule.command("change")
@click.argument("schedule_id", metavar="ID")
@click.option("--cron", metavar="'M H D M W'", help="Another time.")
@fit_options
@team_option
@reports(lambda report: _change_in_words(report))
def change(schedule_id: str, cron: str | None, team_name: str | None, **fit: Any) -> Report:
    """Give a schedule another time, or another fit; what is not stated stays, and so does in whose name it runs."""
    with unit_of_work(open_workspace()) as session:
        actor = find_operator(session, team_name)
        stated = stated_parameters(fit)
        parameters = show_schedule(session, actor, schedule_id).parameters | stated if stated else None
        changes = preview_change(session, actor, schedule_id, cron=cron, parameters=parameters)
        changed = change_schedule(session, actor, schedule_id, cron=cron, parameters=parameters)
        return schedule_report(changed) | {"before": changes.before, "after": changes.after}


@schedule.command("pause")
@click.argument("schedule_id", metavar="ID")
@team_option
@reports(lambda report: f"Paused: {report['when']} ({report['zone']}).")
def pause(schedule_id: str, team_name: str | None) -> Report:
    """Let a schedule rest until it is resumed; what runs already goes on."""
    return _act(pause_schedule, schedule_id, team_name)


@schedule.command("resume")
@click.argument("schedule_id", metavar="ID")
@team_option
@reports(lambda report: f"Resumed: {report['when']} ({report['zone']}), next {report['next_due'][:16]}.")
def resume(schedule_id: str, team_name: str | None) -> Report:
    """Let a schedule go on from its next moment, from then on as the operator's."""
    return _act(resume_schedule, schedule_id, team_name)


@schedule.command("remove")
@click.argument("schedule_id", metavar="ID")
@team_option
@reports(lambda report: f"Removed: {report['when']} ({report['zone']}).")
def remove(schedule_id: str, team_name: str | None) -> Report:
    """Delete a schedule; what it has done stays."""
    return _act(remove_schedule, schedule_id, team_name)


def _act(act: Callable[[Session, Actor, str], ScheduleSummary], schedule_id: str, team_name: str | None) -> Report:
    with unit_of_work(open_workspace()) as session:
        return schedule_report(act(session, find_operator(session, team_name), schedule_id))


@schedule.command("run")
@click.argument("schedule_id", metavar="ID")
@team_option
@reports(lambda report: report["message"] or "Done.")
def run(schedule_id: str, team_name: str | None) -> Report:
    """Do now what a schedule does when it is due, and wait for it."""
    resources = open_workspace()
    with unit_of_work(resources) as session:
        actor = find_operator(session, team_name)
        asked = run_schedule(session, actor, schedule_id, store=resources.store)
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


def _change_in_words(report: Report) -> str:
    if not report["after"]:
        return "Nothing changed: that is what the schedule does already."
    return f"Changed from {report['before']} to {report['after']}. It acts as {report['created_by']}."


def _list_in_words(found: Sequence[dict[str, Any]]) -> str:
    if not found:
        return "Nothing is scheduled. `smartcart schedule add recluster --cron '0 6 * * 1'` has segments found every Monday at six."
    rows = [
        each | {"next_due": (each["next_due"] or "")[:16].replace("T", " "), "state": "on" if each["enabled"] else "paused"}
        for each in found
    ]
    return table(rows, COLUMNS)


COMMANDS = (schedule,)
