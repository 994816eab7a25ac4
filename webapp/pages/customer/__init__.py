"""Customer: one person or household beside their segment, why they are in it, and where each version put them."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, html
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.pages.customer import parts
from webapp.pages.customer.ids import Ids
from webapp.pages.customer.known import known_card
from webapp.services.access import Permission
from webapp.services.browsing import customer
from webapp.services.browsing.customer import CustomerDetail
from webapp.services.errors import NotFound
from webapp.ui.components import Child, page_head, row, skeleton
from webapp.ui.page import Page
from webapp.ui.places import Place
from webapp.ui.segments_ui import asked_version

HEAD_HEIGHT, CARD_HEIGHT = 190, 560


def layout(_place: Place) -> Component:
    """The page in its final shape, still waiting."""
    waiting = [html.Div(page_head("Customer"), className="visually-hidden"), skeleton(HEAD_HEIGHT), html.Div(className="sc-gap")]
    cards = row((7, skeleton(CARD_HEIGHT)), (5, skeleton(CARD_HEIGHT)))
    return html.Div([html.Div(waiting, id=Ids.HEAD), html.Div(cards, id=Ids.BODY)])


def show_customer(view: View) -> tuple[Component, list[Child]]:
    """Head and cards of the customer in the address; an unknown key is said calmly, with the way to look for it."""
    key = view.query.get("key", "")
    try:
        detail = customer.show_customer(
            view.session, view.actor, view.resources.store, view.dataset or "", key, version=asked_version(view.query)
        )
    except NotFound:
        text = "This dataset has nobody with that key. It may have been mistyped, or the customer is in another dataset."
        head = html.Div([parts.crumbs(view, key), page_head(f"Customer {key}".strip())])
        return head, [parts.missing_customer(view, key, text)]
    return parts.customer_head(view, detail), show_cards(view, detail)


def show_cards(view: View, detail: CustomerDetail) -> list[Child]:
    """What is known at the left; what follows from it at the right."""
    shown = [
        parts.why_card(detail),
        parts.move_card(detail),
        parts.versions_card(view, detail),
        parts.campaigns_card(view, detail),
        parts.record_card(view, detail),
    ]
    beside = html.Div([card for card in shown if card is not None], className="sc-beside")
    return [row((7, known_card(detail)), (5, beside))]


def register(callbacks: Callbacks) -> None:
    @callbacks.on(
        Output(Ids.HEAD, "children"),
        Output(Ids.BODY, "children"),
        Input("address", "search"),
        Input("pulse", "data"),
        needs=Permission.VIEW_CUSTOMERS,
    )
    def body(view: View, _search: Any, _pulse: Any) -> tuple[Component, list[Child]]:
        return show_customer(view)


PAGE = Page("customer", "Customer", "customer", layout, register, needs=Permission.VIEW_CUSTOMERS, under="customers")
