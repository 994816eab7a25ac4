"""Jobs: what runs, what comes by itself, what ran, and why something failed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from dash import ALL, ClientsideFunction, Input, Output, State, dcc, html
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.pages.jobs import adding, schedules
from webapp.pages.jobs.ids import ACT, CHANGE, OPEN, Ids
from webapp.services.access import Permission
from webapp.services.work import jobs as services
from webapp.services.work.jobs import JobSummary
from webapp.ui import jobs
from webapp.ui.components import Child, card, empty_state, page_head, skeleton, verdict
from webapp.ui.format import MISSING, by, count, duration, exact_time, relative_time
from webapp.ui.page import Page
from webapp.ui.places import Place
from webapp.ui.tables import Column, table
from webapp.ui.untag import pressed_id
from webapp.ui.waiting_files import waiting_files

CHANGED = Output(Ids.CHANGED, "data", allow_duplicate=True)


def layout(_place: Place) -> Component:
    head = page_head(
        "Jobs", "Work in the background: imports and re-clusterings, asked for or scheduled. It goes on when you leave this page."
    )
    parts: list[Child] = [
        head,
        html.Div(skeleton(64), id=Ids.RUNNING),
        html.Div(skeleton(200), id=Ids.SCHEDULES),
        html.Div(skeleton(360), id=Ids.HISTORY),
    ]
    return html.Div(
        [*parts, dcc.Store(id=Ids.CHANGED), dcc.Store(id=Ids.ASKED), dcc.Store(id=Ids.EDITED), adding.add_dialog(), schedules.ask_dialog()]
    )


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
    seed = f" Seed {job.seed}." if job.seed else ""
    sub = f"Asked for by {by(job.created_by)}.{seed}{tries}"
    return card(jobs.job_title(job), sub, jobs.job_card(job, view, at="jobs"), className="sc-stack")


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
        Column("Job", lambda job: [dcc.Link(jobs.job_title(job), href=jobs.job_address(view.actor.team_slug, job)), _seed(job), _why(job)]),
        Column("State", lambda job: jobs.job_badge(job.status)),
        Column("Took", lambda job: duration(_seconds(job)), numeric=True, wide=True),
        Column("By", lambda job: by(job.created_by), wide=True),
        Column("Ended", lambda job: _ended(job, now), numeric=True),
    ]
    return table(columns, ended, caption="Jobs that ended, newest first", listed=True)


def _seed(job: JobSummary) -> html.Span | None:
    """What somebody chose; the default says nothing."""
    return html.Span(f"Seed {job.seed}.", className="sc-under") if job.seed else None


def _why(job: JobSummary) -> html.Span | None:
    return html.Span(job.message or MISSING, className="sc-under sc-wrap") if job.status == "failed" else None


def _ended(job: JobSummary, now: datetime) -> html.Span:
    return html.Span(relative_time(job.finished_at, now), title=exact_time(job.finished_at), className="nw")


def _seconds(job: JobSummary) -> float | None:
    return (job.finished_at - job.started_at).total_seconds() if job.finished_at and job.started_at else None


def register(callbacks: Callbacks) -> None:
    @callbacks.on(Output(Ids.RUNNING, "children"), Input(jobs.Ids.TICK, "n_intervals"), Input("pulse", "data"), needs=Permission.VIEW)
    def running(view: View, _tick: object, _pulse: object) -> list[Child]:
        return show_running(view)

    @callbacks.on(Output(Ids.HISTORY, "children"), Input("pulse", "data"), needs=Permission.VIEW)
    def history(view: View, _pulse: object) -> Component:
        return show_history(view)

    register_schedules(callbacks)
    register_adding(callbacks)


def register_schedules(callbacks: Callbacks) -> None:
    @callbacks.on(Output(Ids.SCHEDULES, "children"), Input("pulse", "data"), Input(Ids.CHANGED, "data"), needs=Permission.VIEW)
    def listed(view: View, _pulse: object, _changed: object) -> list[Child]:
        return [waiting_files(view), schedules.show_schedules(view)]

    @callbacks.on(
        CHANGED,
        Output(jobs.Ids.NUDGE, "data", allow_duplicate=True),
        Output(Ids.ASK, "is_open", allow_duplicate=True),
        Output(Ids.ASK_TEXT, "children"),
        Output(Ids.ASKED, "data"),
        Input({"type": ACT, "act": ALL, "schedule": ALL}, "n_clicks"),
        needs=Permission.IMPORT,
        writes=True,
        prevent_initial_call=True,
    )
    def act(view: View, _clicks: Any) -> schedules.Answer:
        return schedules.act(view, pressed_id())

    @callbacks.on(
        Output(Ids.ASK, "is_open", allow_duplicate=True),
        CHANGED,
        Input(Ids.ASK_CONFIRM, "n_clicks"),
        State(Ids.ASKED, "data"),
        needs=Permission.IMPORT,
        writes=True,
        prevent_initial_call=True,
    )
    def remove(view: View, clicks: int | None, asked: Any) -> schedules.Answer:
        return schedules.remove(view, clicks, asked)

    close = ClientsideFunction("shell", "openDialog")
    callbacks.clientside(close, Output(Ids.ASK, "is_open"), Input(Ids.ASK_CANCEL, "n_clicks"), prevent_initial_call=True)


def register_adding(callbacks: Callbacks) -> None:
    @callbacks.on(
        *(Output(*filled) for filled in adding.FILLED),
        Input({"type": OPEN, "at": ALL}, "n_clicks"),
        Input({"type": CHANGE, "schedule": ALL}, "n_clicks"),
        needs=Permission.IMPORT,
        prevent_initial_call=True,
    )
    def fill(view: View, _new: Any, _change: Any) -> tuple[Any, ...]:
        return adding.fill(view, pressed_id())

    @callbacks.on(
        Output(Ids.PREVIEW, "children"),
        Input(Ids.DIALOG, "is_open"),
        *(Input(name, "value") for name in (Ids.COUNT, Ids.METHOD, *adding.CHOSEN)),
        State(Ids.EDITED, "data"),
        needs=Permission.IMPORT,
        prevent_initial_call=True,
    )
    def preview(view: View, _is_open: object, *form: Any) -> list[Child]:
        *chosen, edited = form
        return adding.show_preview(view, edited, *chosen)

    @callbacks.on(
        *(Output(name, "hidden") for name in (Ids.AT_FIELD, Ids.WEEKDAY_FIELD, Ids.DAY_FIELD, Ids.CRON_FIELD, Ids.FIT_FIELDS)),
        Output(Ids.FOLDER_WORDS, "children"),
        Input(Ids.EVERY, "value"),
        Input(Ids.KIND, "value"),
        needs=Permission.IMPORT,
        prevent_initial_call=True,
    )
    def fields(view: View, every: Any, kind: Any) -> tuple[Any, ...]:
        return adding.show_fields(view, every, kind)

    @callbacks.on(
        Output(Ids.DIALOG, "is_open", allow_duplicate=True),
        Output(Ids.ERROR, "children", allow_duplicate=True),
        CHANGED,
        Input(Ids.FORM, "n_submit"),
        State(Ids.EDITED, "data"),
        *(State(name, "value") for name in (Ids.KIND, Ids.COUNT, Ids.METHOD, *adding.CHOSEN)),
        needs=Permission.IMPORT,
        writes=True,
        prevent_initial_call=True,
    )
    def save(view: View, submitted: int | None, *form: Any) -> tuple[Any, Any, Any]:
        return adding.save(view, submitted, *form)

    callbacks.clientside(
        ClientsideFunction("shell", "openDialog"),
        Output(Ids.DIALOG, "is_open", allow_duplicate=True),
        Input(Ids.CANCEL, "n_clicks"),
        prevent_initial_call=True,
    )


PAGE = Page(name="jobs", title="Jobs", path="jobs", layout=layout, register=register, group="Manage", icon="list-task")
