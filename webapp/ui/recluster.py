"""Re-cluster from anywhere: a button, and one dialog in the shell whose defaults are right for most files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import dash_bootstrap_components as dbc
from dash import ALL, Input, Output, State, html, no_update
from dash.development.base_component import Component

from segmentation.choosing.selection import AUTO, DEFAULT_ALGORITHM
from segmentation.clustering import ALGORITHMS
from segmentation.pipeline import AUTOMATIC_KS
from segmentation.wording import upper_first
from webapp.edge import Callbacks, View
from webapp.services.access import Actor, Permission
from webapp.services.data import feature_lists
from webapp.services.modelling import versions
from webapp.services.modelling.fit_requests import FEWEST_SEGMENTS, MOST_SEGMENTS, algorithm_name, twin_in_words
from webapp.services.work.jobs import JobSummary
from webapp.ui import jobs
from webapp.ui.components import button
from webapp.ui.feature_picker import chosen_weights, feature_table, weight_values
from webapp.ui.forms import dialog, field, number_input, register_asking, select, text_input
from webapp.ui.notices import notify
from webapp.ui.places import models_address

BEST = "best"
AT = "recluster"
"""Tells the weights of the dialog from those of the Lab."""
ANYWAY = "Make a version even where one with these settings is there"
EXPLANATION = (
    "Fits a new version on the newest snapshot. Segments that continue keep their names, colours and tags. "
    "Nothing changes for your team until somebody promotes it; only the first version is promoted by itself."
)


class Ids(StrEnum):
    OPEN = "recluster-open"
    DIALOG = "recluster-dialog"
    COUNT = "recluster-count"
    METHOD = "recluster-method"
    FEATURES = "recluster-features"
    SEED = "recluster-seed"
    ANYWAY = "recluster-anyway"
    NOTE = "recluster-note"
    START = "recluster-start"
    CANCEL = "recluster-cancel"


def recluster_button(actor: Actor, *, at: str, text: str = "Re-cluster", kind: str = "secondary") -> Component | None:
    """Opens the dialog; nothing where the actor's role cannot re-cluster. `at` tells several buttons on a page apart."""
    if not actor.may(Permission.RECLUSTER):
        return None
    return button(text, id={"type": Ids.OPEN, "at": at}, icon_name="arrow-repeat", kind=kind)


def recluster_dialog() -> Component:
    """One for the whole product, in the shell."""
    tried = f"{AUTOMATIC_KS[0]} to {AUTOMATIC_KS[-1]}"
    counts = {BEST: f"The best number that the data can carry (tries {tried})"}
    counts |= {str(k): f"{k} segments" for k in range(FEWEST_SEGMENTS, MOST_SEGMENTS + 1)}
    more = html.Details(
        [
            html.Summary("Method, features and seed"),
            field(
                "Method",
                select(Ids.METHOD, method_choices(), value=DEFAULT_ALGORITHM),
                help_text="The Lab compares them without making a version.",
            ),
            html.Div("What finds the segments", className="form-label"),
            html.Div(id=Ids.FEATURES, className="sc-dialog-features"),
            field(
                "Seed",
                number_input(Ids.SEED, value=0, low=0, high=2**31 - 1),
                help_text="The same customers, settings and seed give the same segments, so that is not done twice.",
            ),
            dbc.Checklist(id=Ids.ANYWAY, options=[{"label": ANYWAY, "value": "anyway"}], value=[]),
        ],
        className="sc-more",
    )
    return dialog(
        Ids.DIALOG,
        "Find segments",
        [
            html.P(EXPLANATION),
            field("How many segments", select(Ids.COUNT, counts, value=BEST)),
            field("Note", text_input(Ids.NOTE, max_length=500), help_text="Stands beside the version from then on.", optional=True),
            more,
        ],
        button("Find segments", id=Ids.START, kind="primary"),
        cancel_id=Ids.CANCEL,
    )


def method_choices() -> dict[str, str]:
    """Every algorithm by name, and the best of all."""
    names = {name: upper_first(algorithm_name(name)) for name in ALGORITHMS}
    return {**names, AUTO: "Best of all (tries each; up to two minutes)"}


def show_features(view: View, is_open: bool | None) -> Any:
    """The features of the current snapshot, once somebody opens the dialog."""
    if not is_open or view.dataset is None:
        return no_update
    choices = feature_lists.list_feature_choices(view.session, view.actor, view.resources.store, view.dataset)
    return feature_table(choices, AT) if choices else None


def once_closed(is_open: bool | None) -> tuple[Any, Any]:
    """No note and no twin: either is asked for once, and does not wait for the next version."""
    return (no_update, no_update) if is_open else ("", [])


def start(
    view: View,
    clicks: int | None,
    chosen: str | None,
    seed: int | None,
    method: str | None = None,
    weights: Sequence[Any] = (),
    names: Sequence[Mapping[str, Any]] = (),
    note: str | None = None,
    anyway: Sequence[str] | None = None,
) -> tuple[Any, Any]:
    """Ask for a new version as the dialog says; closes it and nudges the job bar."""
    if not clicks or view.dataset is None:
        return no_update, no_update
    k = None if chosen in (None, BEST) else int(chosen or 0)
    choices = feature_lists.list_feature_choices(view.session, view.actor, view.resources.store, view.dataset) if names else ()
    job = versions.request_recluster(
        view.session,
        view.actor,
        view.dataset,
        algorithm=method or DEFAULT_ALGORITHM,
        k=k,
        seed=int(seed or 0),
        features=chosen_weights(choices, weights, names),
        note=note or "",
        unless_there=not anyway,
        store=view.resources.store,
    )
    return False, tell_started(view, job, "You can leave this page.")


def tell_started(view: View, job: JobSummary, more: str) -> str:
    """Say that a fit has started, or lead to the version that is there already; the job to watch."""
    if job.finished_at is None:
        notify(f"{jobs.job_title(job)} has started. {more}", "info")
        return job.id
    number = versions.version_of_job(view.session, view.actor, job.id)
    address = models_address(view.actor.team_slug, job.dataset, version=number)
    notify(twin_in_words(number), "info", link=(f"See version {number}", address))
    return job.id


def register(callbacks: Callbacks) -> None:
    @callbacks.on(
        Output(Ids.DIALOG, "is_open", allow_duplicate=True),
        Output(jobs.Ids.NUDGE, "data", allow_duplicate=True),
        Input(Ids.START, "n_clicks"),
        State(Ids.COUNT, "value"),
        State(Ids.SEED, "value"),
        State(Ids.METHOD, "value"),
        *weight_values(AT),
        State(Ids.NOTE, "value"),
        State(Ids.ANYWAY, "value"),
        needs=Permission.RECLUSTER,
        writes=True,
        prevent_initial_call=True,
    )
    def start_recluster(view: View, clicks: int | None, chosen: str | None, seed: int | None, method: str | None, *form: Any) -> Any:
        return start(view, clicks, chosen, seed, method, *form)

    @callbacks.on(
        Output(Ids.FEATURES, "children"),
        Output(Ids.NOTE, "value"),
        Output(Ids.ANYWAY, "value"),
        Input(Ids.DIALOG, "is_open"),
        needs=Permission.RECLUSTER,
        prevent_initial_call=True,
    )
    def features(view: View, is_open: bool | None) -> Any:
        return show_features(view, is_open), *once_closed(is_open)

    register_asking(callbacks, Ids.DIALOG, {"type": Ids.OPEN, "at": ALL}, Ids.CANCEL)
