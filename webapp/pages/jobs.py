"""Jobs: what runs, what ran, and why something failed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum

from dash import Input, Output, dcc, html
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.services.access import Permission
from webapp.services.work import jobs as services
from webapp.services.work.jobs import JobSummary
from webapp.ui import jobs
from webapp.ui.components import Child, card, empty_state, page_head, skeleton, verdict
from webapp.ui.format import MISSING, by, count, duration, exact_time, relative_time
from webapp.ui.page import Page
from webapp.ui.places import Place
from webapp.ui.tables import Column, table


class Ids(StrEnum):
    RUNNING = "jobs-running"
    HISTORY = "jobs-history"


def layout(_place: Place) -> Component:
    head = page_head("Jobs", "Work in the background: imports and re-clusterings. It goes on when you leave this page.")
    return html.Div([head, html.Div(skeleton(64), id=Ids.RUNNING), html.Div(skeleton(360), id=Ids.HISTORY)])


def show_running(view: View) -> list[Child]:
    """A card for each job at work or waiting, and a word where nobody works."""
    listed = services.list_jobs(view.session, view.actor, view.dataset)
    active = [job for job in listed if job.status in jobs.ACTIVE]
    if not active:
        return [
            card(
                "Nothing is running",
                "Imports and re-clusterings show here while they are at work, with stage and share.",
                className="sc-stack sc-slim",
            )
        ]
    shown: list[Child] = [_job_card(view, job) for job in active]
    if not services.workers_alive(view.session):
        text = "Jobs wait until one starts. Ask whoever runs this product to start `smartcart worker`."
        shown.insert(0, verdict("No worker is running", text, tone="warn", icon_name="exclamation-triangle"))
    return shown


def _job_card(view: View, job: JobSummary) -> html.Section:
    tries = f" Attempt {job.attempt}." if job.attempt > 1 else ""
    return card(
        jobs.job_title(job), f"Asked for by {by(job.created_by)}.{tries}", jobs.job_card(job, view, at="jobs"), className="sc-stack"
    )


def show_history(view: View) -> Component:
    """Jobs that ended, newest first."""
    ended = [job for job in services.list_jobs(view.session, view.actor, view.dataset) if job.status not in jobs.ACTIVE]
    if not ended:
        return card(
            "Ended",
            None,
            empty_state(
                "clock-history",
                "Nothing has run yet",
                "Every job stands here when it has ended, with its result or the reason why it failed.",
            ),
        )
    failed = sum(job.status == "failed" for job in ended)
    sub = f"{count(failed, 'job')} failed; the reason stands beside it." if failed else "None failed."
    return card(f"{count(len(ended), 'job')} ended", sub, _history(view, ended), flush=True)


def _history(view: View, ended: Sequence[JobSummary]) -> html.Div:
    now = datetime.now(UTC)
    columns: list[Column[JobSummary]] = [
        Column("Job", lambda job: [dcc.Link(jobs.job_title(job), href=jobs.job_address(view.actor.team_slug, job)), _why(job)]),
        Column("State", lambda job: jobs.job_badge(job.status)),
        Column("Took", lambda job: duration(_seconds(job)), numeric=True, wide=True),
        Column("By", lambda job: by(job.created_by), wide=True),
        Column("Ended", lambda job: html.Span(relative_time(job.finished_at, now), title=exact_time(job.finished_at)), numeric=True),
    ]
    return table(columns, ended, caption="Jobs that ended, newest first")


def _why(job: JobSummary) -> html.Span | None:
    return html.Span(job.message or MISSING, className="sc-under sc-wrap") if job.status == "failed" else None


def _seconds(job: JobSummary) -> float | None:
    return (job.finished_at - job.started_at).total_seconds() if job.finished_at and job.started_at else None


def register(callbacks: Callbacks) -> None:
    @callbacks.on(Output(Ids.RUNNING, "children"), Input(jobs.Ids.TICK, "n_intervals"), Input("pulse", "data"), needs=Permission.VIEW)
    def running(view: View, _tick: object, _pulse: object) -> list[Child]:
        return show_running(view)

    @callbacks.on(Output(Ids.HISTORY, "children"), Input("pulse", "data"), needs=Permission.VIEW)
    def history(view: View, _pulse: object) -> Component:
        return show_history(view)


PAGE = Page(name="jobs", title="Jobs", path="jobs", layout=layout, register=register, group="Manage", icon="list-task")
