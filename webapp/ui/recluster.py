"""Re-cluster from anywhere: a button, and one dialog in the shell whose defaults are right for most files."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dash import ALL, ClientsideFunction, Input, Output, State, html, no_update
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.services import versions
from webapp.services.access import Actor, Permission
from webapp.ui import jobs
from webapp.ui.components import button
from webapp.ui.forms import dialog, field, number_input, select
from webapp.ui.notices import notify

FEWEST, MOST = 2, 20
BEST = "best"
EXPLANATION = (
    "Fits a new version on the newest snapshot. Segments that continue keep their names, colours and tags. "
    "Nothing changes for your team until somebody promotes it; only the first version is promoted by itself."
)


class Ids(StrEnum):
    OPEN = "recluster-open"
    DIALOG = "recluster-dialog"
    COUNT = "recluster-count"
    SEED = "recluster-seed"
    START = "recluster-start"
    CANCEL = "recluster-cancel"


def recluster_button(actor: Actor, *, at: str, text: str = "Re-cluster", kind: str = "secondary") -> Component | None:
    """Opens the dialog; nothing where the actor's role cannot re-cluster. `at` tells several buttons on a page apart."""
    if not actor.may(Permission.RECLUSTER):
        return None
    return button(text, id={"type": Ids.OPEN, "at": at}, icon_name="arrow-repeat", kind=kind)


def recluster_dialog() -> Component:
    """One for the whole product, in the shell."""
    counts = {BEST: "The best number that the data can carry (tries 2 to 8)"} | {str(k): f"{k} segments" for k in range(FEWEST, MOST + 1)}
    more = html.Details(
        [
            html.Summary("More"),
            field(
                "Seed",
                number_input(Ids.SEED, value=0, low=0, high=2**31 - 1),
                help_text="The same customers, settings and seed give the same segments.",
            ),
        ],
        className="sc-more",
    )
    return dialog(
        Ids.DIALOG,
        "Find segments",
        [
            html.P(EXPLANATION),
            field("How many segments", select(Ids.COUNT, counts, value=BEST)),
            more,
        ],
        button("Find segments", id=Ids.START, kind="primary"),
        cancel_id=Ids.CANCEL,
    )


def start(view: View, clicks: int | None, chosen: str | None, seed: int | None) -> tuple[Any, Any]:
    """Ask for a new version with the chosen number of segments; closes the dialog and nudges the job bar."""
    if not clicks or view.dataset is None:
        return no_update, no_update
    k = None if chosen in (None, BEST) else int(chosen or 0)
    job = versions.request_recluster(view.session, view.actor, view.dataset, k=k, seed=int(seed or 0))
    notify(f"{jobs.job_title(job)} has started. You can leave this page.", "info")
    return False, job.id


def register(callbacks: Callbacks) -> None:
    @callbacks.on(
        Output(Ids.DIALOG, "is_open", allow_duplicate=True),
        Output(jobs.Ids.NUDGE, "data", allow_duplicate=True),
        Input(Ids.START, "n_clicks"),
        State(Ids.COUNT, "value"),
        State(Ids.SEED, "value"),
        needs=Permission.RECLUSTER,
        writes=True,
        prevent_initial_call=True,
    )
    def start_recluster(view: View, clicks: int | None, chosen: str | None, seed: int | None) -> tuple[Any, Any]:
        return start(view, clicks, chosen, seed)

    callbacks.clientside(
        ClientsideFunction("shell", "openDialog"),
        Output(Ids.DIALOG, "is_open"),
        Input({"type": Ids.OPEN, "at": ALL}, "n_clicks"),
        Input(Ids.CANCEL, "n_clicks"),
        prevent_initial_call=True,
    )
