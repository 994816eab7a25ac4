"""The bell: how many jobs are at work, and behind it a menu of those and of the last that ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from webapp.edge import View
from webapp.services.work.jobs import JobSummary
from webapp.ui.components import Child, aria, hidden_text, icon
from webapp.ui.format import count, exact_time, relative_time
from webapp.ui.job_words import job_address, job_badge, job_title
from webapp.ui.places import jobs_address

MOST_ENDED = 5
ACTIVE = ("queued", "running")


class Ids(StrEnum):
    MENU = "bell-menu"
    LABEL = "bell"
    JOBS = "bell-jobs"


def bell_menu() -> Component:
    """The menu as it stays in the shell. Only what is in it changes, so that it does not close under somebody's hands."""
    shown: Component = dbc.DropdownMenu(
        html.Div(_nothing(), id=Ids.JOBS, className="sc-bell-jobs"),
        id=Ids.MENU,
        label=html.Span(_label(0), id=Ids.LABEL),
        caret=False,
        align_end=True,
        class_name="sc-bell",
        toggle_class_name="btn-ghost btn-icon",
    )
    return shown


def show_bell(view: View, latest: Sequence[JobSummary]) -> tuple[list[Child], list[Child]]:
    """The bell with its count, and the entries of its menu; `latest` are the team's jobs, newest first."""
    active = [job for job in latest if job.status in ACTIVE]
    ended = sorted((job for job in latest if job.finished_at), key=lambda job: str(job.finished_at), reverse=True)[:MOST_ENDED]
    entries: list[Child] = [*_group("At work", [_entry(view, job) for job in active])]
    entries += _group("Ended", [_entry(view, job) for job in ended])
    if not entries:
        entries = _nothing()
    if view.dataset is not None:
        entries += [
            dbc.DropdownMenuItem(divider=True),
            dbc.DropdownMenuItem([icon("list-task"), "All jobs"], href=jobs_address(view.actor.team_slug, view.dataset)),
        ]
    return _label(len(active)), entries


def _label(active: int) -> list[Child]:
    parts: list[Child] = [icon("bell"), hidden_text(f"Jobs: {count(active, 'job')} at work" if active else "Jobs: none at work")]
    if active:
        parts.append(html.B(str(active), **aria(hidden="true")))
    return parts


def _group(title: str, entries: Sequence[Component]) -> list[Child]:
    return [html.Div(title, className="dropdown-header"), *entries] if entries else []


def _nothing() -> list[Child]:
    return [html.P("Nothing has run yet. Imports and searches for segments show here.", className="sc-bell-none")]


def _entry(view: View, job: JobSummary) -> Component:
    """Title, state and when; it leads to the result, or while there is none to the page of jobs."""
    team = view.actor.team_slug
    when = (
        f"{round(job.progress * 100)}%" if job.status == "running" else relative_time(job.finished_at or job.created_at, datetime.now(UTC))
    )
    exact = exact_time(job.finished_at or job.created_at)
    under = html.Span([job_badge(job.status), html.Span(when, title=exact, className="num")], className="under")
    href = job_address(team, job) if job.status == "done" else jobs_address(team, job.dataset)
    entry: Component = dbc.DropdownMenuItem(
        html.Span([html.Span(job_title(job), className="what"), under], className="sc-bell-job"), href=href
    )
    return entry
