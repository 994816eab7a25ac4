"""Explore: customers before any clustering, what goes with an outcome, and RFM as another way to group them."""

from __future__ import annotations

from typing import Any

from dash import ALL, Input, Output, State, html, no_update
from dash.development.base_component import Component

from segmentation.errors import MissingRole
from segmentation.exploring.rfm import NAMES
from webapp.edge import Callbacks, View
from webapp.pages.explore import rfm
from webapp.pages.explore.ids import CUT, TABS, Ids
from webapp.pages.explore.outcomes import outcomes_tab
from webapp.pages.explore.spreads import distributions_tab
from webapp.pages.explore.where import Where, tabs
from webapp.services.access import Permission
from webapp.services.data import datasets, exploration
from webapp.services.data.datasets import DatasetSummary
from webapp.ui.components import Child, button, card, empty_state, page_head, row, skeleton
from webapp.ui.exploring import Look
from webapp.ui.format import count, day
from webapp.ui.page import Page
from webapp.ui.places import Place, data_address
from webapp.ui.recluster import recluster_button

PURPOSE = "What your customers are like before anybody groups them."


def layout(_place: Place) -> Component:
    """The page in its final shape, still waiting."""
    waiting = [skeleton(40), html.Div(className="sc-gap"), row((12, skeleton(560))), row((12, skeleton(420)))]
    return html.Div([html.Div(page_head("Explore", "Reading the snapshot…"), id=Ids.HEAD), html.Div(waiting, id=Ids.BODY)])


def show_explore(view: View) -> tuple[Component, list[Child]]:
    """Head and the tab in the address; before the first import, the next step."""
    dataset = datasets.show_dataset(view.session, view.actor, view.dataset or "")
    if not dataset.customers:
        return page_head("Explore", PURPOSE), [card(body=no_customers(view))]
    sub = f"{dataset.name}: {count(dataset.customers, 'customer')} as of {day(dataset.as_of)}. {PURPOSE}"
    again = recluster_button(view.actor, at="explore", text="Re-cluster" if dataset.champion else "Find segments")
    where = Where.of(view)
    return page_head("Explore", sub, [again]), [
        tabs(where),
        html.H2(TABS[where.tab], className="visually-hidden"),
        *tab(view, dataset, where),
    ]


def data_href(view: View) -> str | None:
    """Where those who can import go to bring more."""
    return data_address(view.actor.team_slug, view.dataset or "") if view.actor.may(Permission.IMPORT) else None


def no_customers(view: View) -> Component:
    """Nothing was imported yet: who can, is led there."""
    text = (
        "Once a file is imported, you see here how customers spread over every measure, what goes together, and what goes with an outcome."
    )
    if (href := data_href(view)) is None:
        return empty_state("compass", "No customers yet", f"{text} Ask an analyst of your team to import one.")
    return empty_state("compass", "No customers yet", text, button("Import customers", href=href, kind="primary"))


def tab(view: View, dataset: DatasetSummary, where: Where) -> list[Child]:
    """What the tab in the address holds, drawn for the visitor's theme and width."""
    look = Look.of(view, dataset.currency)
    if where.tab == "rfm":
        return show_rfm(view, dataset, where, look)
    found = exploration.show_exploration(view.session, view.actor, view.resources.store, dataset.slug)
    if found is None:
        return []
    if where.tab == "outcomes":
        return outcomes_tab(found.exploration, where, look, data_href(view))
    return distributions_tab(found.exploration, look)


def show_rfm(view: View, dataset: DatasetSummary, where: Where, look: Look) -> list[Child]:
    """RFM by the cut points in the address, or which columns it lacks."""
    try:
        found = exploration.show_rfm(view.session, view.actor, view.resources.store, dataset.slug, rfm.rfm_choice(where))
    except MissingRole as error:
        return [card(body=rfm.missing_measures(error.message, data_href(view)))]
    return rfm.rfm_tab(found, where, look, dataset.currency) if found else []


def apply_cuts(view: View, submitted: int | None, values: list[list[Any]]) -> Any:
    """Put the typed cut points into the address, which the page then follows."""
    if not submitted:
        return no_update
    typed = {name: given for name, given in zip(NAMES, values, strict=True) if given}
    return f"?{rfm.typed_address(Where.of(view), typed)}"


def register(callbacks: Callbacks) -> None:
    @callbacks.on(
        Output(Ids.HEAD, "children"),
        Output(Ids.BODY, "children"),
        Input("address", "search"),
        Input("pulse", "data"),
        Input("display", "data"),
        needs=Permission.VIEW,
    )
    def body(view: View, _search: Any, _pulse: Any, _display: Any) -> tuple[Component, list[Child]]:
        return show_explore(view)

    @callbacks.on(
        Output("address", "search", allow_duplicate=True),
        Input(Ids.CUTS, "n_submit"),
        *[State({"type": CUT, "measure": name, "place": ALL}, "value") for name in NAMES],
        needs=Permission.VIEW,
        prevent_initial_call=True,
    )
    def cuts(view: View, submitted: int | None, *values: list[Any]) -> Any:
        return apply_cuts(view, submitted, list(values))


PAGE = Page(name="explore", title="Explore", path="explore", layout=layout, register=register, group="Understand", icon="compass")
