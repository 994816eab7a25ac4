"""The sample: generated customers to try everything on, loaded with one click from wherever somebody starts."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dash import ALL, MATCH, ClientsideFunction, Input, Output, dcc, html, no_update
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.services import samples
from webapp.services.access import Permission
from webapp.ui.components import Child, button, card
from webapp.ui.format import number
from webapp.ui.places import home_address

TEXT = f"{number(samples.ROWS)} made-up customers over {samples.MONTHS} months. Segments are found by themselves, in about half a minute."
CONFIRMS = "You confirm with it that these made-up people may be exported; the audit log says so."


class Ids(StrEnum):
    LOAD = "sample-load"
    GO = "sample-go"


def sample_card(view: View, *, at: str) -> html.Section | None:
    """What the sample is and the button that loads it, or the way to it where the team has it; nothing for roles that cannot import."""
    if not view.actor.may(Permission.IMPORT):
        return None
    known = samples.find_sample(view.session, view.actor)
    if known is not None and (known.ready or known.job_id):
        return card("The sample", f"{known.name} is there already.", open_sample(view, known))
    return card("Or look around first", TEXT, [load_button(view, at=at), *_confirmation(view)])


def load_button(view: View, *, at: str, kind: str = "secondary") -> Component:
    """Loads the sample; `at` tells several buttons on a page apart."""
    words = button("Load the sample", id={"type": Ids.LOAD, "at": at}, icon_name="stars", kind=kind)
    return html.Div([words, dcc.Store(id={"type": Ids.GO, "at": at})])


def open_sample(view: View, known: samples.Sample) -> Component:
    return button("Open the sample", icon_name="arrow-right", href=home_address(view.actor.team_slug, known.dataset))


def _confirmation(view: View) -> list[Child]:
    return [html.P(CONFIRMS, className="sc-fine")] if view.actor.may(Permission.MANAGE_TEAM) else []


def load(view: View, clicks: int | None) -> Any:
    """Ask for the sample, and answer the address where it will be."""
    if not clicks:
        return no_update
    sample = samples.request_sample(view.session, view.actor)
    return home_address(view.actor.team_slug, sample.dataset)


def register(callbacks: Callbacks) -> None:
    @callbacks.on(
        Output({"type": Ids.GO, "at": MATCH}, "data"),
        Input({"type": Ids.LOAD, "at": MATCH}, "n_clicks"),
        needs=Permission.IMPORT,
        writes=True,
        prevent_initial_call=True,
    )
    def load_sample(view: View, clicks: int | None) -> Any:
        return load(view, clicks)

    callbacks.clientside(
        ClientsideFunction("home", "goThere"),
        Output("page", "data-sample"),
        Input({"type": Ids.GO, "at": ALL}, "data"),
        prevent_initial_call=True,
    )
