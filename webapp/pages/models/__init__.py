"""Models: every version, how it came about, and which one the team works with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import ALL, ClientsideFunction, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.pages.models.ids import PROMOTE, Ids
from webapp.pages.models.model import show_model
from webapp.pages.models.report import version_verdict
from webapp.pages.models.versions import versions_card
from webapp.services.access import Permission
from webapp.services.data import datasets
from webapp.services.modelling import versions
from webapp.services.modelling.versions import VersionSummary
from webapp.ui.advice import advice_verdict
from webapp.ui.components import Child, button, card, empty_state, page_head, row, skeleton
from webapp.ui.format import count
from webapp.ui.forms import dialog, field, text_input
from webapp.ui.jobs import read_again
from webapp.ui.notices import notify
from webapp.ui.page import Page
from webapp.ui.places import Place, data_address, models_address, segments_address
from webapp.ui.recluster import recluster_button

PANEL_HEIGHT = 720
"""Height of the k panel's card while it waits, in pixels."""

PROMOTION = " becomes the champion: pages, exports and new tags speak of its segments from then on. The one before can be promoted again."


def layout(_place: Place) -> Component:
    """All versions."""
    return _frame("Models", [skeleton(150), html.Div(className="sc-gap"), skeleton(420)])


def model_layout(_place: Place) -> Component:
    """One version."""
    cards = row((6, skeleton(PANEL_HEIGHT)), (6, skeleton(PANEL_HEIGHT)))
    return _frame("Version", [skeleton(150), html.Div(className="sc-gap"), cards])


def _frame(title: str, waiting: list[Component]) -> Component:
    parts = [html.Div(page_head(title, "Reading what is there…"), id=Ids.HEAD), html.Div(waiting, id=Ids.BODY)]
    return html.Div([*parts, dcc.Store(id=Ids.CHOSEN), dcc.Store(id=Ids.CHAMPION), promote_dialog()])


def promote_dialog() -> Component:
    """One for all versions; the browser writes in it which one is meant."""
    body = [
        html.P(
            [
                html.B(id=Ids.WHICH),
                PROMOTION,
            ]
        ),
        field(
            "Why",
            text_input(Ids.NOTE, placeholder="Two more months of customers", max_length=500),
            help_text="Kept in the audit log.",
            optional=True,
        ),
    ]
    return dialog(Ids.DIALOG, "Promote a version", body, button("Promote", id=Ids.CONFIRM, kind="primary"), cancel_id=Ids.CANCEL)


def show_models(view: View) -> tuple[Component, list[Child], int | None]:
    """The head, the champion's verdict with all versions, and the champion's number."""
    dataset = datasets.show_dataset(view.session, view.actor, view.dataset or "")
    listed = versions.list_versions(view.session, view.actor, dataset.slug)
    if not listed:
        sub = "A version is one way of grouping your customers, fitted on one snapshot and never altered."
        return page_head("Models", sub), [card(body=_nothing(view, has_customers=bool(dataset.customers)))], None
    sub = f"{count(len(listed), 'version')}. {_champion_words(dataset.champion)}"
    head = page_head("Models", sub, [recluster_button(view.actor, at="models", kind="primary")])
    return head, [champion_verdict(view, listed), advice_verdict(view, at="models"), versions_card(view, listed)], dataset.champion


def champion_verdict(view: View, listed: Sequence[VersionSummary]) -> Component | None:
    """What is to be made of the version that the team works with, and the way to its figures."""
    champion = next((version for version in listed if version.champion), None)
    if champion is None:
        return None
    report = versions.show_report(view.session, view.actor, view.dataset or "", champion.number)
    link = button("All its figures", href=models_address(view.actor.team_slug, view.dataset or "", version=champion.number))
    return version_verdict(champion, report, link)


def _champion_words(champion: int | None) -> str:
    return f"Your team works with version {champion}." if champion else "None is the champion yet."


def _nothing(view: View, *, has_customers: bool) -> Component:
    if has_customers:
        action = recluster_button(view.actor, at="models", text="Find segments", kind="primary")
        return empty_state("layers", "No version yet", "Find segments once, and the first version stands here with how sure it is.", action)
    action = button("Import customers", href=data_address(view.actor.team_slug, view.dataset or ""), kind="primary")
    return empty_state("layers", "No customers yet", "A model needs customers. Import a file first.", action)


def promote(view: View, clicks: int | None, chosen: int | None, note: str | None, champion: int | None) -> tuple[Any, Any]:
    """Make the chosen version the champion, unless somebody was quicker."""
    if not clicks or chosen is None:
        return no_update, no_update
    done = versions.promote_version(view.session, view.actor, view.dataset or "", chosen, note=note or "", expected=champion)
    link = ("See its segments", segments_address(view.actor.team_slug, view.dataset or ""))
    notify(f"Version {done.champion} is the champion now.", "good", link=link)
    read_again({"champion": done.champion})
    return False, ""


def show(view: View) -> tuple[Component, list[Child], int | None]:
    """The version in the address, or all of them."""
    return show_model(view) if view.item else show_models(view)


def register(callbacks: Callbacks) -> None:
    @callbacks.on(
        Output(Ids.HEAD, "children"),
        Output(Ids.BODY, "children"),
        Output(Ids.CHAMPION, "data"),
        Input("pulse", "data"),
        Input("display", "data"),
        needs=Permission.VIEW,
    )
    def body(view: View, _pulse: object, _display: object) -> tuple[Component, list[Child], int | None]:
        return show(view)

    @callbacks.on(
        Output(Ids.DIALOG, "is_open", allow_duplicate=True),
        Output(Ids.NOTE, "value"),
        Input(Ids.CONFIRM, "n_clicks"),
        State(Ids.CHOSEN, "data"),
        State(Ids.NOTE, "value"),
        State(Ids.CHAMPION, "data"),
        needs=Permission.PROMOTE,
        writes=True,
        prevent_initial_call=True,
    )
    def promote_chosen(view: View, clicks: int | None, chosen: int | None, note: str | None, champion: int | None) -> tuple[Any, Any]:
        return promote(view, clicks, chosen, note, champion)

    callbacks.clientside(
        ClientsideFunction("models", "openPromote"),
        Output(Ids.DIALOG, "is_open"),
        Output(Ids.CHOSEN, "data"),
        Output(Ids.WHICH, "children"),
        Input({"type": PROMOTE, "version": ALL}, "n_clicks"),
        Input(Ids.CANCEL, "n_clicks"),
        prevent_initial_call=True,
    )


PAGE = Page(name="models", title="Models", path="models", layout=layout, register=register, group="Model", icon="layers")
MODEL_PAGE = Page("model", "Model", "models", model_layout, lambda callbacks: None, item=True, under="models")
"""One version by its number; its callbacks are declared with those of the list."""
