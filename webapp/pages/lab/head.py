"""The top of the Lab: what is shown, what can be done, and what is running."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.lab.ids import FIT, RUN, Run
from webapp.pages.lab.shown import Shown, active_sweep
from webapp.services.access import Permission
from webapp.services.modelling import sweeps
from webapp.services.modelling.fit_requests import algorithm_name
from webapp.services.modelling.sweeps import SweepSummary
from webapp.ui import jobs
from webapp.ui.components import Child, button, card, icon, menu, page_head
from webapp.ui.format import count, exact_time, listing, relative_time
from webapp.ui.places import lab_address
from webapp.ui.wording import verdict_badge

PURPOSE = "Find the number of segments that the customers can carry. Nothing here changes the champion."


def lab_head(view: View, shown: Shown) -> Component:
    """Title, what the figures below are of, and the actions that the visitor's role allows."""
    listed = sweeps.list_sweeps(view.session, view.actor, view.dataset or "")
    outcomes = sweeps.list_outcomes(view.session, view.actor, view.dataset or "")
    return page_head("Lab", lab_sentence(shown, outcomes), [earlier_menu(view, listed, shown), *run_actions(view, shown)])


def lab_sentence(shown: Shown, outcomes: Mapping[str, str]) -> list[Child]:
    """Which sweep this is, of what, and when."""
    if shown.sweep is None and shown.report is None:
        return [PURPOSE]
    if shown.sweep is None:
        return [f"Nothing was tried here yet: this is what version {shown.version}, the champion, was chosen from."]
    sweep = shown.sweep
    when = html.Span(relative_time(sweep.created_at, datetime.now(UTC)), title=exact_time(sweep.created_at))
    of = f" on {count(shown.report.customers, 'customer')}" if shown.report else ""
    by = f", guided by {outcomes.get(sweep.outcome, sweep.outcome)}" if sweep.outcome else ", chosen features" if sweep.features else ""
    return [f"Sweep {sweep.number}, ", when, f": {methods_words(sweep.algorithms)}{by}{of}, snapshot {sweep.snapshot}, seed {sweep.seed}."]


def methods_words(algorithms: Sequence[str]) -> str:
    """`k-means and Ward`, `all 8 methods`."""
    if len(algorithms) > 3:
        return f"{len(algorithms)} methods"
    return listing([algorithm_name(name) for name in algorithms])


def earlier_menu(view: View, listed: Sequence[SweepSummary], shown: Shown) -> Component | None:
    """The newest sweeps, each with its verdict."""
    if not listed:
        return None
    here = shown.sweep.number if shown.sweep else None
    items = [
        dbc.DropdownMenuItem(
            [f"Sweep {sweep.number}", _outcome_of(sweep)],
            href=lab_address(view.actor.team_slug, view.dataset or "", sweep=sweep.number),
            active=sweep.number == here,
        )
        for sweep in listed
    ]
    return menu([icon("clock-history"), "Earlier"], items, toggle_class="btn-secondary", end=True)


def _outcome_of(sweep: SweepSummary) -> Component:
    return verdict_badge(sweep.verdict) if sweep.verdict else jobs.job_badge({"pending": "running"}.get(sweep.status, sweep.status))


def run_actions(view: View, shown: Shown) -> list[Child]:
    """Compare everything; and where that was done, fit what was recommended. On an empty page its one button is in the middle."""
    if not view.actor.may(Permission.RECLUSTER) or (shown.sweep is None and shown.report is None):
        return []
    busy = active_sweep(view) is not None
    compare = button(
        "Compare all methods",
        id={"type": RUN, "what": Run.ALL},
        icon_name="shuffle",
        kind="secondary" if shown.sweep and shown.report else "primary",
        disabled=busy,
    )
    return [compare, fit_best(shown)]


def fit_best(shown: Shown) -> Component | None:
    """Fits the recommended candidate; nothing where it is the champion's own."""
    if shown.sweep is None or shown.report is None:
        return None
    algorithm, k = shown.report.found.recommended
    return fit_button(shown, algorithm, k, text=f"Fit {algorithm_name(algorithm)}, {k} segments", kind="primary")


def fit_button(shown: Shown, algorithm: str, k: int, *, text: str = "Fit", kind: str = "secondary", at: str = "head") -> Component:
    """Makes a version of a candidate, with the same features and seed."""
    name = {"type": FIT, "source": shown.source, "algorithm": algorithm, "k": k, "at": at}
    label = {"aria-label": f"Fit {algorithm_name(algorithm)} with {k} segments"} if text == "Fit" else {}
    return button(text, id=name, kind=kind, small=at != "head", **label)


def running_card(view: View) -> Component | None:
    """The comparison at work: its stage, its share, and Cancel."""
    job = active_sweep(view)
    if job is None:
        return None
    title = f"{job.subject.capitalize()} is {'running' if job.status == 'running' else 'waiting'}"
    sub = "You can leave this page. What was found before stays below until this one is ready."
    return card(title, sub, jobs.job_card(job, view, at="lab"), className="sc-stack")
