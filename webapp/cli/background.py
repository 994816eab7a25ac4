"""Commands for background work: what there is, and stopping it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from webapp.cli.answers import Report, reports, table
from webapp.cli.context import find_dataset, find_operator, open_workspace, team_option
from webapp.cli.groups import ListingGroup
from webapp.edge import unit_of_work
from webapp.services.work.jobs import JobSummary, cancel_job, list_jobs

COLUMNS = {"id": "ID", "kind": "WORK", "subject": "ON", "status": "STATE", "created_by": "ASKED BY", "asked": "WHEN", "message": "WHY"}


@click.group("jobs", cls=ListingGroup)
def jobs() -> None:
    """Background work; lists it unless told otherwise."""


@jobs.command("list")
@click.option("--dataset", "dataset_name", metavar="NAME", help="Only that dataset's, by name or slug (default: all of the team).")
@click.option("--limit", type=click.IntRange(1, 1_000), default=20, show_default=True, help="How many, from the newest on.")
@team_option
@reports(lambda report: table([_line(job) for job in report["jobs"]], COLUMNS) if report["jobs"] else "Nothing was ever asked for.")
def jobs_list(dataset_name: str | None, limit: int, team_name: str | None) -> Report:
    """List jobs, newest first."""
    with unit_of_work(open_workspace(), read_only=True) as session:
        actor = find_operator(session, team_name)
        dataset = find_dataset(session, actor, dataset_name).slug if dataset_name else None
        return {"jobs": [asdict(job) for job in list_jobs(session, actor, dataset, limit=limit)]}


@jobs.command("cancel")
@click.argument("job_id", metavar="ID")
@team_option
@reports(lambda report: _cancelled_in_words(report))
def jobs_cancel(job_id: str, team_name: str | None) -> Report:
    """Stop a job: at once while it waits or its worker is gone, within seconds while it runs; one that has ended stays as it is."""
    with unit_of_work(open_workspace()) as session:
        found: JobSummary = cancel_job(session, find_operator(session, team_name), job_id)
    return asdict(found)


def _line(job: dict[str, Any]) -> dict[str, Any]:
    words = {"kind": job["kind"].replace("_", " "), "asked": f"{job['created_at']:%Y-%m-%d %H:%M} UTC"}
    return job | words | {"message": job["message"] or job["stage"]}


def _cancelled_in_words(report: Report) -> str:
    name = f"The job {report['kind'].replace('_', ' ')} on {report['subject']}"
    if report["status"] == "running":
        return f"{name} is being cancelled."
    return f"{name} is {report['status']}. {report['message'] or ''}".rstrip()


COMMANDS = (jobs,)
