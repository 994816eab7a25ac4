"""Home: how a dataset stands, and the next step."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dash import ClientsideFunction, Input, Output, dcc, html, no_update
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.pages.home.checklist import checklist
from webapp.pages.home.figures import shares_card, tiles, verdict_card
from webapp.services import campaigns, datasets, segments, versions
from webapp.services.access import Permission
from webapp.services.datasets import DatasetSummary
from webapp.ui.components import Child, button, card, empty_state, page_head, row, skeleton, skeleton_tiles
from webapp.ui.format import count, day
from webapp.ui.page import Page
from webapp.ui.places import HOME, Place, data_address, home_address, new_address
from webapp.ui.recluster import recluster_button


class Ids(StrEnum):
    BODY = "home-body"
    GO = "home-go"


def layout(_place: Place) -> Component:
    waiting = [page_head("Home", "Reading how things stand…"), skeleton_tiles(), row((8, skeleton(340)), (4, skeleton(340)))]
    return html.Div([html.Div(waiting, id=Ids.BODY), dcc.Store(id=Ids.GO)])


def show_home(view: View) -> tuple[Any, str | None]:
    """The page, or for a team that has datasets the address of the first one."""
    if view.dataset is None:
        known = datasets.list_datasets(view.session, view.actor)
        if known:
            return no_update, home_address(view.actor.team_slug, known[0].slug)
        return [
            page_head(f"Welcome to {view.actor.team_name}", "From a customer file to a tagged campaign in a few minutes."),
            welcome(view),
        ], None
    dataset = datasets.show_dataset(view.session, view.actor, view.dataset)
    return [home_head(view, dataset), *home_body(view, dataset)], None


def welcome(view: View) -> Component:
    """First run: nothing is there, one thing to do."""
    if view.actor.may(Permission.IMPORT):
        action: Child = button("Import customers", icon_name="upload", href=new_address(view.actor.team_slug), kind="primary")
        state = empty_state(
            "people",
            "Bring your customers",
            "A CSV file with one row for each customer is enough. You see what was understood before anything is stored.",
            action,
        )
    else:
        state = empty_state(
            "people",
            "No customers yet",
            "An analyst or admin of your team can import a customer file. Segments and campaigns show here afterwards.",
        )
    return row((8, card(body=state)), (4, checklist(view, None, None, ())))


def home_head(view: View, dataset: DatasetSummary) -> Component:
    """What is known, and as of when; import is the primary action until there are customers, re-cluster is beside it."""
    if not dataset.customers:
        return page_head("Home", f"{dataset.name}: no customers yet.")
    champion = f" Version {dataset.champion} is the champion." if dataset.champion else " No segments yet."
    sub = f"{dataset.name}, snapshot of {day(dataset.as_of)} with {count(dataset.customers, 'customer')}.{champion}"
    importing = None
    if view.actor.may(Permission.IMPORT):
        importing = button(
            "Import customers",
            icon_name="upload",
            href=data_address(view.actor.team_slug, dataset.slug),
            kind="primary" if dataset.champion else "secondary",
        )
    again = recluster_button(view.actor, at="home") if dataset.champion else None
    return page_head("Home", sub, [again, importing])


def home_body(view: View, dataset: DatasetSummary) -> list[Child]:
    """Tiles, verdict and shares of the champion beside the way to the first campaign."""
    overview = segments.show_segments(view.session, view.actor, dataset.slug)
    planned = campaigns.list_campaigns(view.session, view.actor, dataset.slug)
    steps = checklist(view, dataset, overview, planned)
    if overview is None:
        return [row((8, nothing_found(view, dataset)), (4, steps))]
    report = versions.show_report(view.session, view.actor, dataset.slug, overview.version.number)
    shares = shares_card(view, overview)
    body = row((8, shares), (4, steps)) if steps else row((12, shares))
    return [tiles(dataset, overview), verdict_card(view, overview, report), body]


def nothing_found(view: View, dataset: DatasetSummary) -> Component:
    """Without segments: what is missing and the one button."""
    if not dataset.customers:
        action = button("Import customers", icon_name="upload", href=data_address(view.actor.team_slug, dataset.slug), kind="primary")
        shown = action if view.actor.may(Permission.IMPORT) else None
        return card(
            body=empty_state(
                "people", "No customers yet", "Bring a CSV file; you see what was understood before anything is stored.", shown
            )
        )
    text = f"{count(dataset.customers, 'customer')} are here. Find groups who are alike; the product says how sure it is."
    return card(
        body=empty_state("grid-1x2", "No segments yet", text, recluster_button(view.actor, at="home", text="Find segments", kind="primary"))
    )


def register(callbacks: Callbacks) -> None:
    @callbacks.on(Output(Ids.BODY, "children"), Output(Ids.GO, "data"), Input("pulse", "data"), needs=Permission.VIEW)
    def body(view: View, _pulse: object) -> tuple[Any, str | None]:
        return show_home(view)

    # A place of its own, so that the address is only written where there is somewhere to go.
    callbacks.clientside(ClientsideFunction("shell", "go"), Output("address", "pathname"), Input(Ids.GO, "data"), prevent_initial_call=True)


PAGE = Page(name="home", title="Home", path=HOME, layout=layout, register=register, group="", icon="house", team_wide=True)
