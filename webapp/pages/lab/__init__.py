"""Lab: ways to find segments tried side by side, without making a version."""

from __future__ import annotations

from typing import Any

from dash import ALL, Input, Output, State, html, no_update
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.pages.lab.acts import fit_pressed, start_sweep
from webapp.pages.lab.answer import answer_cards
from webapp.pages.lab.figures import clustergram_card, leaderboard_card, panel_card
from webapp.pages.lab.form import features_card, forms, weight_table
from webapp.pages.lab.guided import guided_row
from webapp.pages.lab.head import PURPOSE, lab_head, running_card
from webapp.pages.lab.ids import AT, FIELD, FIT, RUN, Ids
from webapp.pages.lab.shown import shown_sweep
from webapp.services.access import Permission
from webapp.ui import jobs
from webapp.ui.components import Child, page_head, row, skeleton
from webapp.ui.feature_picker import weight_values
from webapp.ui.page import Page
from webapp.ui.places import Place
from webapp.ui.untag import pressed_id

PANEL_HEIGHT, ANSWER_HEIGHT, TABLE_HEIGHT = 720, 150, 480
"""Heights of the parts while they wait, in pixels."""


def layout(_place: Place) -> Component:
    figures = html.Div(skeleton(PANEL_HEIGHT), id=Ids.FIGURES)
    below = row((7, html.Div(id=Ids.FEATURES)), (5, html.Div(id=Ids.FLOWS)))
    parts = [
        html.Div(page_head("Lab", PURPOSE), id=Ids.HEAD),
        html.Div(id=Ids.RUNNING),
        html.Div([skeleton(ANSWER_HEIGHT), html.Div(className="sc-gap")], id=Ids.ANSWER),
        html.Div(row((8, figures), (4, html.Div(id=Ids.FORM))), className="sc-lab-rows"),
        html.Div(skeleton(TABLE_HEIGHT), id=Ids.TABLE),
        html.Div(below, className="sc-lab-rows"),
    ]
    return html.Div(parts)


def show_answer(view: View) -> tuple[Component, list[Child], Child]:
    """Head, answer and forms, which change when a comparison starts or ends."""
    shown = shown_sweep(view)
    return lab_head(view, shown), [*answer_cards(view, shown), guided_row(view, shown)], forms(view, shown)


def show_figures(view: View) -> tuple[Child, Child, Child]:
    """The panel, the clustergram and the table of candidates."""
    shown = shown_sweep(view)
    return panel_card(view, shown), clustergram_card(view, shown), leaderboard_card(view, shown)


def show_features(view: View) -> Child:
    """What finds the segments; read once, so that nobody's choices are lost when a job ends."""
    return features_card(view, shown_sweep(view))


def register(callbacks: Callbacks) -> None:
    register_reading(callbacks)
    register_acts(callbacks)


def register_reading(callbacks: Callbacks) -> None:
    search, pulse, display = Input("address", "search"), Input("pulse", "data"), Input("display", "data")

    @callbacks.on(*[Output(name, "children") for name in (Ids.HEAD, Ids.ANSWER, Ids.FORM)], pulse, display, needs=Permission.VIEW)
    def answer(view: View, _pulse: Any, _display: Any) -> tuple[Component, list[Child], Child]:
        return show_answer(view)

    @callbacks.on(
        *[Output(name, "children") for name in (Ids.FIGURES, Ids.FLOWS, Ids.TABLE)], search, pulse, display, needs=Permission.VIEW
    )
    def figures(view: View, _search: Any, _pulse: Any, _display: Any) -> tuple[Child, Child, Child]:
        return show_figures(view)

    @callbacks.on(Output(Ids.RUNNING, "children"), Input(jobs.Ids.TICK, "n_intervals"), pulse, needs=Permission.VIEW)
    def running(view: View, _tick: Any, _pulse: Any) -> Component | None:
        return running_card(view)

    @callbacks.on(Output(Ids.FEATURES, "children"), Input(Ids.FEATURES, "id"), needs=Permission.VIEW)
    def features(view: View, _id: Any) -> Child:
        return show_features(view)

    @callbacks.on(Output(Ids.WEIGHTS, "children"), Input(Ids.RESET, "n_clicks"), needs=Permission.RECLUSTER, prevent_initial_call=True)
    def reset(view: View, clicks: int | None) -> Any:
        return weight_table(view, None) if clicks else no_update


def register_acts(callbacks: Callbacks) -> None:
    every = {"type": FIELD, "name": ALL}

    @callbacks.on(
        Output(jobs.Ids.NUDGE, "data", allow_duplicate=True),
        Input({"type": RUN, "what": ALL}, "n_clicks"),
        State(every, "value"),
        State(every, "id"),
        *weight_values(AT),
        needs=Permission.RECLUSTER,
        writes=True,
        prevent_initial_call=True,
    )
    def start(view: View, _clicks: list[int | None], *form: Any) -> Any:
        return start_sweep(view, pressed_id(), *form)

    @callbacks.on(
        Output(jobs.Ids.NUDGE, "data", allow_duplicate=True),
        Input({"type": FIT, "source": ALL, "algorithm": ALL, "k": ALL, "at": ALL}, "n_clicks"),
        needs=Permission.RECLUSTER,
        writes=True,
        prevent_initial_call=True,
    )
    def fit(view: View, _clicks: list[int | None]) -> Any:
        return fit_pressed(view, pressed_id())


PAGE = Page("lab", "Lab", "lab", layout, register, group="Model", icon="sliders")
SWEEP_PAGE = Page("sweep", "Lab", "lab", layout, lambda callbacks: None, item=True, under="lab")
"""One sweep by its number: the same page, whose callbacks are declared already."""
