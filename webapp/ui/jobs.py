"""Work in the background, visible from every page: a bar with stage, share and Cancel, the bell, and a word when it ends."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import dash_bootstrap_components as dbc
from dash import ALL, Input, Output, State, dcc, html, no_update, set_props
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.services import jobs
from webapp.services.access import Permission
from webapp.services.jobs import JobSummary
from webapp.ui.components import Child, aria, badge, button, hidden_text, icon
from webapp.ui.format import count
from webapp.ui.notices import notice, notify
from webapp.ui.places import address, jobs_address

BUSY_MS = 2_000
IDLE_MS = 15_000
ACTIVE = ("queued", "running")
_WORDS = {
    "check_import": "Checking {}",
    "import": "Importing {}",
    "recluster": "Finding segments: {}",
    "sweep": "Comparing ways to find segments: {}",
    "sample": "Making the sample: {}",
    "trace": "Counting segments over time: {}",
}
_DONE = {
    "check_import": "{} is checked.",
    "import": "{} is imported.",
    "recluster": "Segments are ready: {}.",
    "sweep": "The comparison is ready: {}.",
    "sample": "{} has its customers. Segments are being found.",
    "trace": "The segments of {} are counted.",
}
_LINKS = {
    "check_import": "See what would happen",
    "import": "See the result",
    "recluster": "See the segments",
    "sweep": "See what was found",
    "sample": "Go there",
    "trace": "See them",
}
QUIET = ("trace",)
"""Work that nobody asked for: it is listed under Jobs, but makes no bar and no notice."""

_BADGES: dict[str, tuple[str, Any, str | None]] = {
    "queued": ("Waiting", "neutral", "hourglass"),
    "running": ("Running", "info", "arrow-repeat"),
    "done": ("Done", "good", None),
    "failed": ("Failed", "bad", None),
    "cancelled": ("Cancelled", "neutral", "slash-circle"),
}


class Ids(StrEnum):
    TICK = "tick"
    HEARD = "heard"
    NUDGE = "nudge"
    BAR = "jobbar"
    BELL = "bell"
    CANCEL = "cancel-job"


def stores() -> list[Component]:
    """The clock that asks what runs, what was heard last, and a nudge to ask at once."""
    return [dcc.Interval(id=Ids.TICK, interval=IDLE_MS), dcc.Store(id=Ids.HEARD), dcc.Store(id=Ids.NUDGE)]


def watch(job_id: str | None) -> None:
    """Ask about jobs at once instead of at the next tick; call it in a callback that started one."""
    set_props(Ids.NUDGE, {"data": job_id})


def job_address(team: str, job: JobSummary) -> str:
    """The page of what a job is about."""
    home = address(team, job.dataset)
    return f"{home}/{job.url_part}" if job.url_part else home


def job_title(job: JobSummary) -> str:
    """What a job does, in words: "Importing smartcart.csv"."""
    return _WORDS.get(job.kind, "{}").format(job.subject)


def job_badge(status: str) -> html.Span:
    text, tone, icon_name = _BADGES.get(status, (status.capitalize(), "neutral", None))
    return badge(text, tone, icon_name)


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
    title = dcc.Link(f"{job_title(job)}{more}", href=jobs_address(view.actor.team_slug, job.dataset))
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


def bell(view: View, active: Sequence[JobSummary]) -> Component:
    """The way to the jobs of this dataset, with how many are at work."""
    label = f"Jobs: {len(active)} at work" if active else "Jobs: none at work"
    children: list[Child] = [icon("bell"), hidden_text(label)]
    if active:
        children.append(html.B(str(len(active)), **aria(hidden="true")))
    if view.dataset is None:
        return html.Span()
    return dcc.Link(
        children, href=jobs_address(view.actor.team_slug, view.dataset), className="btn btn-ghost btn-icon sc-bell", title=label
    )


def show_pulse(view: View, heard: dict[str, Any] | None) -> tuple[Any, Any, Component | None, Component, int]:
    """What runs now, against what was `heard` last.

    Returns the pulse that pages follow (only when it changed), the same to remember, the bar, the bell, and the time to the next tick.
    """
    latest = jobs.list_jobs(view.session, view.actor, limit=20)
    active = [job for job in latest if job.status in ACTIVE]
    ended = max((job for job in latest if job.finished_at), key=lambda job: str(job.finished_at), default=None)
    told = max((job for job in latest if job.finished_at and job.kind not in QUIET), key=lambda job: str(job.finished_at), default=None)
    now = {"jobs": len(active), "done": ended.id if ended else None, "told": told.id if told else None}
    changed = heard is not None and now != heard
    if changed and heard and told and told.id != heard.get("told") and view.path != job_address(view.actor.team_slug, told):
        set_props("notice", {"children": ended_notice(view.actor.team_slug, told)})
    loud = [job for job in active if job.kind not in QUIET]
    bar = job_bar(view, loud, jobs.workers_alive(view.session) if loud else 0)
    return now if changed else no_update, now if now != heard else no_update, bar, bell(view, loud), BUSY_MS if active else IDLE_MS


def ended_notice(team: str, job: JobSummary) -> html.Div:
    """That a job ended, how, and where its result is."""
    if job.status == "done":
        return notice(
            _DONE.get(job.kind, "{} is done.").format(job.subject), "good", link=(_LINKS.get(job.kind, "Look"), job_address(team, job))
        )
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
        Output(Ids.BELL, "children"),
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
