"""Who may leave in an export, and the one decision about it that an admin takes for a dataset."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dash import ALL, Input, Output, html, no_update
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.services.access import Permission
from webapp.services.data import datasets
from webapp.services.data.datasets import DatasetSummary
from webapp.ui.components import button, card, icon
from webapp.ui.forms import dialog, register_asking
from webapp.ui.notices import notify

TITLE = "Who may leave in an export"
CONFIRMED = (
    "Customers whose consent is unknown may leave: an admin has confirmed a legal basis. Anyone who has withdrawn consent never does."
)
GIVEN_ONLY = "Only customers who are known to consent may leave. Anyone who has withdrawn consent never does."
MEANING = (
    "You confirm that your company may contact customers of this dataset whose consent it does not know, for example because they "
    "are its customers already. They can then leave in exports. The audit log keeps who confirmed it and when; customers who "
    "withdrew their consent still never leave."
)


class Ids(StrEnum):
    CARD = "consent-card"
    OPEN = "consent-open"
    DIALOG = "consent-dialog"
    CONFIRM = "consent-confirm"
    CANCEL = "consent-cancel"


def consent_place() -> Component:
    """Where the card will be, with its dialog."""
    body = dialog(
        Ids.DIALOG, "Confirm a legal basis", html.P(MEANING), button("Confirm", id=Ids.CONFIRM, kind="primary"), cancel_id=Ids.CANCEL
    )
    return html.Div([html.Div(id=Ids.CARD), body], className="sc-stack")


def consent_card(view: View, dataset: DatasetSummary) -> Component:
    """How it stands, and for an admin the button that changes it."""
    if dataset.legal_basis_confirmed:
        return card(TITLE, None, html.P([icon("check-circle-fill", tone="ok"), f" {CONFIRMED}"], className="sc-consent"))
    if not view.actor.may(Permission.MANAGE_TEAM):
        return card(
            TITLE,
            None,
            html.P(f"{GIVEN_ONLY} An admin can confirm a legal basis for those whose consent is unknown.", className="sc-consent"),
        )
    decide = button("Confirm a legal basis", id={"type": Ids.OPEN, "at": "data"})
    return card(
        TITLE, None, html.Div([html.P(f"{GIVEN_ONLY} To export the others, confirm a legal basis."), decide], className="sc-consent")
    )


def show_consent(view: View) -> Component | None:
    """The card, once there are customers to speak of."""
    dataset = datasets.show_dataset(view.session, view.actor, view.dataset or "")
    return consent_card(view, dataset) if dataset.customers else None


def confirm(view: View, clicks: int | None) -> tuple[Any, Any]:
    """Record the admin's decision."""
    if not clicks:
        return no_update, no_update
    dataset = datasets.confirm_legal_basis(view.session, view.actor, view.dataset or "")
    notify("The legal basis is confirmed. Customers whose consent is unknown can leave in exports now.", "good")
    return False, consent_card(view, dataset)


def register(callbacks: Callbacks) -> None:
    @callbacks.on(Output(Ids.CARD, "children"), Input("pulse", "data"), needs=Permission.VIEW)
    def consent(view: View, _pulse: object) -> Component | None:
        return show_consent(view)

    @callbacks.on(
        Output(Ids.DIALOG, "is_open", allow_duplicate=True),
        Output(Ids.CARD, "children", allow_duplicate=True),
        Input(Ids.CONFIRM, "n_clicks"),
        needs=Permission.MANAGE_TEAM,
        writes=True,
        prevent_initial_call=True,
    )
    def confirm_consent(view: View, clicks: int | None) -> tuple[Any, Any]:
        return confirm(view, clicks)

    register_asking(callbacks, Ids.DIALOG, {"type": Ids.OPEN, "at": ALL}, Ids.CANCEL)
