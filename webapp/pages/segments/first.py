"""Segments before there are any: the one next step towards them, and how far the first fit is."""

from __future__ import annotations

from typing import Any

from dash import html, no_update
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.segments.ids import Ids
from webapp.services.access import Permission
from webapp.services.data.datasets import DatasetSummary
from webapp.services.work import jobs as job_services
from webapp.services.work.jobs import JobSummary
from webapp.ui import jobs
from webapp.ui.components import button, card, empty_state
from webapp.ui.format import count
from webapp.ui.places import data_address, models_address
from webapp.ui.recluster import recluster_button


def first_step(view: View, dataset: DatasetSummary) -> Component:
    """Without segments: the one next step towards them."""
    team = view.actor.team_slug
    if not dataset.customers:
        may = view.actor.may(Permission.IMPORT)
        action = button("Import customers", href=data_address(team, dataset.slug), kind="primary") if may else None
        text = (
            "Segments are found in customer records. Bring a file with one row for each customer."
            if may
            else "Segments are found in customer records. Ask an analyst of your team to import them."
        )
        return card(body=empty_state("people", "No customers yet", text, action))
    if job := active_fit(view, dataset.slug):
        return card(
            "Finding the first segments",
            "You can leave this page; the bar at the top stays with you.",
            html.Div(fit_progress(view, job), id=Ids.FIRST_FIT),
        )
    return card(body=first_fit_state(view, dataset))


def first_fit_state(view: View, dataset: DatasetSummary) -> Component:
    """Customers but no champion: re-cluster, or promote one of the versions that are there."""
    if dataset.versions:
        link = button("Look at the versions", href=models_address(view.actor.team_slug, dataset.slug), kind="primary")
        return empty_state("layers", "No version has been promoted", "Versions are there, but your team works with none of them yet.", link)
    here = f"{count(dataset.customers, 'customer')} {'is' if dataset.customers == 1 else 'are'} here."
    text = f"{here} Finding segments tries several numbers of groups and says in words whether they hold."
    if not view.actor.may(Permission.RECLUSTER):
        return empty_state("grid-1x2", "No segments yet", f"{text} Ask an analyst of your team to start it.")
    return empty_state("grid-1x2", "No segments yet", text, recluster_button(view.actor, at="empty", text="Find segments", kind="primary"))


def active_fit(view: View, dataset: str) -> JobSummary | None:
    """The re-cluster that is queued or running."""
    found = job_services.list_jobs(view.session, view.actor, dataset, limit=20)
    return next((job for job in found if job.kind == "recluster" and job.status in jobs.ACTIVE), None)


def fit_progress(view: View, job: JobSummary) -> Component:
    return jobs.job_card(job, view, at="segments")


def show_first_fit(view: View) -> Any:
    """How far the first fit is; when it has ended the whole page is read again, so nothing changes here."""
    job = active_fit(view, view.dataset or "")
    return fit_progress(view, job) if job else no_update
