"""Data: the snapshots of a dataset, how sound their columns are, what changed between two of them, and the files they came from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dash import ALL, Input, Output, html, no_update
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.pages.data.changes import changes_tab
from webapp.pages.data.correlations import correlations_tab
from webapp.pages.data.distributions import distributions_tab
from webapp.pages.data.files import files_card
from webapp.pages.data.ids import TABS, Ids
from webapp.pages.data.quality import quality_tab
from webapp.pages.data.removing import remove, remove_parts
from webapp.pages.data.timeline import timeline_row
from webapp.pages.data.where import Where, tabs
from webapp.services.access import Permission
from webapp.services.data import datasets, exploration, imports, timeline
from webapp.services.data.datasets import DatasetSummary
from webapp.ui import consent
from webapp.ui.components import Child, card, empty_state, page_head, row, skeleton
from webapp.ui.consent import consent_place
from webapp.ui.discarding import discard
from webapp.ui.exploring import Look
from webapp.ui.format import count, day
from webapp.ui.forms import register_asking
from webapp.ui.page import Page
from webapp.ui.places import Place
from webapp.ui.recluster import recluster_button
from webapp.ui.untag import pressed_id
from webapp.ui.upload import upload_form


def layout(_place: Place) -> Component:
    waiting = [
        row((4, skeleton(290)), (8, skeleton(290))),
        skeleton(40),
        html.Div(className="sc-gap"),
        row((7, skeleton(560)), (5, skeleton(560))),
    ]
    return html.Div(
        [
            html.Div(page_head("Data", "Reading the snapshots…"), id=Ids.HEAD),
            html.Div(id=Ids.UPLOAD),
            html.Div(waiting, id=Ids.BODY),
            consent_place(),
        ]
    )


def show_data(view: View) -> tuple[Component, list[Child]]:
    """The head; below the upload the time line, and the part in the address."""
    dataset = datasets.show_dataset(view.session, view.actor, view.dataset or "")
    snapshots = timeline.show_timeline(view.session, view.actor, dataset.slug)
    if not snapshots:
        state = empty_state("table", "No customers yet", "Once a file is imported, its snapshots and columns stand here.")
        files = imports.list_imports(view.session, view.actor, dataset.slug)
        opens, asking = remove_parts(view, dataset)
        head = page_head("Data", f"{dataset.name}: nothing imported yet.", [opens])
        return head, [card(body=state, className="sc-stack"), files_card(view, files), asking]
    where = Where.of(view, snapshots)
    shown = where.shown
    which = "" if shown.current else f" This is snapshot No. {shown.number}, not the current one."
    sub = f"{dataset.name}: {count(shown.customers, 'customer')} with {count(shown.columns, 'column')}, as of {day(shown.as_of)}.{which}"
    again = recluster_button(view.actor, at="data", text="Re-cluster" if dataset.champion else "Find segments")
    heading = html.H2(TABS[where.tab], className="visually-hidden")
    return page_head("Data", sub, [again]), [timeline_row(view, snapshots, where), tabs(where), heading, *tab(view, dataset, where)]


def tab(view: View, dataset: DatasetSummary, where: Where) -> list[Child]:
    """What the part in the address holds, drawn for the visitor's theme and width."""
    look = Look.of(view, dataset.currency)
    shown: dict[str, Callable[[], list[Child]]] = {
        "quality": lambda: quality_tab(view, where, look),
        "distributions": lambda: distributions_tab(view, where, look),
        "correlations": lambda: show_correlations(view, where, look),
        "changes": lambda: changes_tab(view, where),
        "imports": lambda: [files_card(view, imports.list_imports(view.session, view.actor, dataset.slug))],
    }
    return shown[where.tab]()


def show_correlations(view: View, where: Where, look: Look) -> list[Child]:
    found = exploration.show_exploration(view.session, view.actor, view.resources.store, where.dataset, where.shown.number)
    return correlations_tab(found.exploration, look) if found else []


def show_upload(view: View) -> Component | None:
    """The way to bring a file, for those whose role can."""
    if not view.actor.may(Permission.IMPORT):
        return None
    body = upload_form(view, dataset=view.dataset)
    return html.Div(
        card(
            "Import customers",
            "Known customers are updated by their id, new ones added. You see what would happen before anything changes.",
            body,
        ),
        className="sc-stack",
    )


def register(callbacks: Callbacks) -> None:
    consent.register(callbacks)

    @callbacks.on(
        Output(Ids.HEAD, "children"),
        Output(Ids.BODY, "children"),
        Input("address", "search"),
        Input("pulse", "data"),
        Input("display", "data"),
        needs=Permission.VIEW,
    )
    def body(view: View, _search: Any, _pulse: Any, _display: Any) -> tuple[Component, list[Child]]:
        return show_data(view)

    @callbacks.on(Output(Ids.UPLOAD, "children"), Input(Ids.UPLOAD, "id"), needs=Permission.VIEW)
    def upload(view: View, _id: str) -> Component | None:
        return show_upload(view)

    @callbacks.on(
        Output("address", "href", allow_duplicate=True),
        Input({"type": Ids.DISCARD, "import": ALL}, "n_clicks"),
        needs=Permission.IMPORT,
        writes=True,
        prevent_initial_call=True,
    )
    def discard_import(view: View, _clicks: list[int | None]) -> Any:
        pressed = pressed_id()
        return discard(view, pressed["import"]) if pressed else no_update

    @callbacks.on(
        Output("address", "href", allow_duplicate=True),
        Input(Ids.REMOVE, "n_clicks"),
        needs=Permission.IMPORT,
        writes=True,
        prevent_initial_call=True,
    )
    def remove_dataset(view: View, clicks: int | None) -> Any:
        return remove(view, clicks)

    register_asking(callbacks, Ids.REMOVE_ASK, Ids.REMOVE_OPEN, Ids.REMOVE_CANCEL)


PAGE = Page(name="data", title="Data", path="data", layout=layout, register=register, group="Understand", icon="table")
