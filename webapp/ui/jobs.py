"""Work in the background, visible from every page: a bar with stage, share and Cancel, the bell, and a word when it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any

import dash_bootstrap_components as dbc
from dash import ALL, Input, Output, State, dcc, html, no_update, set_props
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.services.access import Permission
from webapp.services.data import datasets
from webapp.services.work import jobs
from webapp.services.work.jobs import JobSummary
from webapp.ui import bell
from webapp.ui.bell import ACTIVE
from webapp.ui.components import Child, aria, button, icon
from webapp.ui.format import count
from webapp.ui.job_words import NUMBERED, QUIET, job_address, job_badge, job_done, job_title
from webapp.ui.notices import notice, notify
from webapp.ui.places import jobs_address

__all__ = [
    "ACTIVE",
    "Ids",
    "cancel_button",
    "cancel_clicked",
    "ended_notice",
    "job_address",
    "job_badge",
    "job_bar",
    "job_card",
    "job_title",
    "progress",
    "register",
    "show_pulse",
    "stores",
    "watch",
]

BUSY_MS = 1_000
IDLE_MS = 15_000


class Ids(StrEnum):
    TICK = "tick"
    HEARD = "heard"
    NUDGE = "nudge"
    BAR = "jobbar"
    CANCEL = "cancel-job"


def stores() -> list[Component]:
    """The clock that asks what runs, what was heard last, and a nudge to ask at once."""
    return [dcc.Interval(id=Ids.TICK, interval=IDLE_MS), dcc.Store(id=Ids.HEARD), dcc.Store(id=Ids.NUDGE)]


def watch(job_id: str | None) -> None:
    """Ask about jobs at once instead of at the next tick; call it in a callback that started one."""
    set_props(Ids.NUDGE, {"data": job_id})


def read_again(what: dict[str, Any]) -> None:
    """Have the pages that follow the pulse read anew.

    Not an output of a callback: it stands outside of pages, so that a page that comes would call the callback at once, also for those who
    may not.
    """
    set_props("pulse", {"data": what})


def progress(share: float, label: str) -> html.Div:
    """A progress bar with its stage in words and its share."""
    percent = round(share * 100)
    bar = html.Div(html.Div(className="progress-bar", style={"width": f"{percent}%"}), className="progress")
    values = aria(valuenow=str(percent), valuemin="0", valuemax="100", label=label)
    head = html.Div([html.Span(label), html.Span(f"{percent}%", className="num")], className="sc-progress-head")
    return html.Div([head, html.Div(bar, role="progressbar", **values)], className="sc-progress")


def cancel_button(job: JobSummary, at: str) -> Component:
    """Stops a job; `at` tells several buttons for one job apart."""
    if job.cancel_requested:
        return html.Span("Cancelling", className="sc-muted")
    return button("Cancel", id={"type": Ids.CANCEL, "job": job.id, "at": at}, kind="danger", small=True)


def job_card(job: JobSummary, view: View, *, at: str) -> html.Div:
    """A running or waiting job with its stage, share and Cancel."""
    parts: list[Child] = [progress(job.progress, job.stage or "Waiting for a worker")]
    if view.actor.may(Permission.IMPORT):
        parts.append(cancel_button(job, at))
    return html.Div([*parts], className="sc-job")


def job_bar(view: View, active: Sequence[JobSummary], workers: int) -> Component | None:
    """One line under the top bar for the job that runs (or waits first), or nothing."""
    if not active:
        return None
    job = next((job for job in active if job.status == "running"), active[-1])
    stage = job.stage if job.status == "running" or workers else "Waiting: no worker is running. Ask your admin to start one."
    more = f" and {count(len(active) - 1, 'more job')}" if len(active) > 1 else ""
    elsewhere = f" in {job.dataset}" if job.dataset != view.dataset else ""
    title = dcc.Link(f"{job_title(job)}{elsewhere}{more}", href=jobs_address(view.actor.team_slug, job.dataset))
    percent = f"{round(job.progress * 100)}%"
    meter = dbc.Progress(value=job.progress * 100, class_name="sc-jobbar-meter")
    parts: list[Child] = [
        icon("arrow-repeat"),
        html.B(title),
        html.Span(stage, className="stage"),
        meter,
        html.Span(percent, className="num"),
    ]
    if view.actor.may(Permission.IMPORT):
        parts.append(cancel_button(job, "bar"))
    return html.Div(parts, className="sc-jobbar", role="status")


def show_pulse(view: View, heard: dict[str, Any] | None) -> tuple[Any, ...]:
    """What runs now, against what was `heard` last.

    Returns the pulse that pages follow (only when it changed), the same to remember, the bar, the bell with its entries,
    and the time to the next tick.
    """
    latest = jobs.list_jobs(view.session, view.actor, limit=20)
    loud = [job for job in latest if job.kind not in QUIET]
    ended, told = _last_ended(latest), _last_ended(loud)
    now = {"jobs": _active(latest), "done": ended.id if ended else None, "told": told.id if told else None, "at": _ended_at(told)}
    changed = heard is not None and now != heard
    if (
        changed
        and heard
        and told
        and told.id != heard.get("told")
        and _ended_at(told) >= heard.get("at", "")
        and view.path != job_address(view.actor.team_slug, told)
    ):
        set_props("notice", {"children": ended_notice(view.actor.team_slug, _with_dataset(view, told))})
    at_work = [job for job in loud if job.status in ACTIVE]
    bar = job_bar(view, at_work, jobs.workers_alive(view.session) if at_work else 0)
    tick = BUSY_MS if now["jobs"] else IDLE_MS
    return now if changed else no_update, now if now != heard else no_update, bar, *bell.show_bell(view, loud), tick


def _with_dataset(view: View, job: JobSummary) -> JobSummary:
    """The job by a subject that says which dataset it is of, where the team has several and the subject alone does not tell."""
    names = {each.slug: each.name for each in datasets.list_datasets(view.session, view.actor)} if job.kind in NUMBERED else {}
    return replace(job, subject=f"{job.subject} of {names[job.dataset]}") if len(names) > 1 else job


def _active(listed: Sequence[JobSummary]) -> int:
    return sum(job.status in ACTIVE for job in listed)


def _last_ended(listed: Sequence[JobSummary]) -> JobSummary | None:
    return max((job for job in listed if job.finished_at), key=lambda job: str(job.finished_at), default=None)


def _ended_at(job: JobSummary | None) -> str:
    """When it ended: where jobs went with their dataset, the last one that is left is no news."""
    return job.finished_at.isoformat() if job is not None and job.finished_at is not None else ""


def ended_notice(team: str, job: JobSummary) -> html.Div:
    """That a job ended, how, and where its result is."""
    if job.status == "done":
        done, link = job_done(job)
        return notice(done, "good", link=(link, job_address(team, job)))
    if job.status == "cancelled":
        return notice(f"{job_title(job)} was cancelled. Nothing of it was stored.")
    return notice(f"{job_title(job)} failed. {job.message or ''}", "bad", link=("See the job", jobs_address(team, job.dataset)))


def cancel_clicked(view: View, clicks: Sequence[int | None], ids: Sequence[dict[str, str]]) -> Any:
    """Stop the job whose button was pressed."""
    pressed = [item["job"] for item, clicked in zip(ids, clicks, strict=True) if clicked]
    if not pressed:
        return no_update
    job = jobs.cancel_job(view.session, view.actor, pressed[0])
    notify(f"{job_title(job)} is being cancelled.")
    return job.id


def register(callbacks: Callbacks) -> None:
    cancel = {"type": Ids.CANCEL, "job": ALL, "at": ALL}

    @callbacks.on(
        Output("pulse", "data"),
        Output(Ids.HEARD, "data"),
        Output(Ids.BAR, "children"),
        Output(bell.Ids.LABEL, "children"),
        Output(bell.Ids.JOBS, "children"),
        Output(Ids.TICK, "interval"),
        Input(Ids.TICK, "n_intervals"),
        Input(Ids.NUDGE, "data"),
        Input("address", "pathname"),
        State(Ids.HEARD, "data"),
        needs=Permission.VIEW,
    )
    def pulse(view: View, _tick: Any, _nudge: Any, _path: str, heard: dict[str, Any] | None) -> tuple[Any, ...]:
        return show_pulse(view, heard)

    @callbacks.on(
        Output(Ids.NUDGE, "data"),
        Input(cancel, "n_clicks"),
        State(cancel, "id"),
        needs=Permission.VIEW,
        writes=True,
        prevent_initial_call=True,
    )
    def cancel_job(view: View, clicks: list[int | None], ids: list[dict[str, str]]) -> Any:
        return cancel_clicked(view, clicks, ids)
