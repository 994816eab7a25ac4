"""What the buttons of the Lab do: start a comparison, fit a candidate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import no_update

from webapp.edge import View
from webapp.pages.lab.ids import Run
from webapp.services.data import feature_lists
from webapp.services.errors import Invalid, NotFound
from webapp.services.modelling import sweeps
from webapp.ui import jobs
from webapp.ui.feature_picker import chosen_weights
from webapp.ui.notices import notify
from webapp.ui.recluster import tell_started

FAST = ("kmeans",)
"""Features are tried and outcomes asked by k-means: an answer in seconds, with the other methods one button away."""

Names = Sequence[Mapping[str, Any]]


def start_sweep(view: View, pressed: Any, fields: Sequence[Any], field_names: Names, weights: Sequence[Any], names: Names) -> Any:
    """Start what the pressed button asks for; nudges the job bar."""
    if not isinstance(pressed, Mapping):
        return no_update
    typed = {str(name["name"]): value for name, value in zip(field_names, fields, strict=True)}
    asked = _asked(view, Run(pressed["what"]), typed, weights, names)
    before = {sweep.number for sweep in sweeps.list_sweeps(view.session, view.actor, view.dataset or "")}
    job = sweeps.request_sweep(view.session, view.actor, view.dataset or "", seed=int(typed.get("seed") or 0), **asked)
    number = sweeps.sweep_of_job(view.session, view.actor, job.id)
    words = f"{jobs.job_title(job)} has started. You can leave this page."
    notify(words if number not in before else f"Sweep {number} is at work already. Wait for it, or cancel it.", "info")
    return job.id


def _asked(view: View, what: Run, typed: Mapping[str, Any], weights: Sequence[Any], names: Names) -> dict[str, Any]:
    """The request behind a button."""
    if what is Run.METHODS:
        methods = [str(name) for name in typed.get("methods") or ()]
        if not methods:
            raise Invalid("Choose at least one method.", details={"field": "methods"})
        return {"algorithms": methods}
    if what is Run.FEATURES:
        choices = feature_lists.list_feature_choices(view.session, view.actor, view.resources.store, view.dataset or "")
        wish = chosen_weights(choices, weights, names)
        if wish is None:
            raise Invalid("These are the default features. Change a weight first, or compare methods.", details={"field": "features"})
        return {"algorithms": FAST, "features": wish}
    if what is Run.OUTCOME:
        return {"algorithms": FAST, "outcome": str(typed.get("outcome") or "")}
    return {}


def fit_pressed(view: View, pressed: Any) -> Any:
    """Fit the candidate whose button was pressed; nudges the job bar."""
    if not isinstance(pressed, Mapping):
        return no_update
    kind, _, number = str(pressed["source"]).partition("-")
    if kind not in ("sweep", "version"):
        raise NotFound("There is no such sweep.")
    algorithm, k, store = str(pressed["algorithm"]), int(pressed["k"]), view.resources.store
    job = sweeps.fit_candidate(view.session, view.actor, view.dataset or "", algorithm, k, store=store, **{kind: int(number)})
    return tell_started(view, job, "It becomes a version of its own; the champion stays.")
