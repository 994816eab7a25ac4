"""Customers: the grid over everybody, with search, filters and a choice of columns. The address says all of what is shown."""

from __future__ import annotations

from typing import Any

from dash import ALL, ClientsideFunction, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.pages.customers import columns, saving
from webapp.pages.customers.ids import FILTERS, FORM, Ids
from webapp.pages.customers.parts import show_bar, show_body, show_head
from webapp.services.access import Permission
from webapp.ui.campaign_form import field_refusals, field_values
from webapp.ui.components import page_head, skeleton
from webapp.ui.customer_grid import page_rows
from webapp.ui.filters import filter_dialog, here, register_filters, search_of
from webapp.ui.page import Page
from webapp.ui.places import Place

GRID_HEIGHT = 640


def layout(_place: Place) -> Component:
    """The page in its final shape, still waiting; its dialogs are closed and empty."""
    bar = html.Div(html.Div(className="sc-skel sc-bar-waiting"), id=Ids.BAR)
    body = html.Div(skeleton(GRID_HEIGHT), id=Ids.BODY)
    head = html.Div(page_head("Customers", "Reading the customers…"), id=Ids.HEAD)
    stores = [dcc.Store(id=Ids.WHAT), dcc.Store(id=Ids.ARRIVED)]
    return html.Div([head, bar, body, *stores, filter_dialog(FILTERS), columns.columns_dialog(), saving.saving_dialog()])


def search(view: View, submitted: int | None, texts: list[str | None]) -> Any:
    """Put the text into the address, which the page then follows."""
    return search_of(here(view, q=(texts[0] or "").strip() or None)) if submitted and texts else no_update


def open_columns(view: View, clicks: int | None) -> tuple[Any, Any]:
    """Open the choice of columns."""
    return (True, columns.columns_list(view)) if clicks else (no_update, no_update)


def choose_columns(view: View, submitted: int | None, chosen: list[list[str] | None]) -> tuple[Any, Any]:
    """Put the chosen columns into the address."""
    return (False, columns.columns_search(view, chosen)) if submitted else (no_update, no_update)


def register(callbacks: Callbacks) -> None:
    """Declare the page's callbacks."""
    register_reading(callbacks)
    register_choosing(callbacks)
    register_saving(callbacks)
    register_filters(callbacks, FILTERS, Permission.VIEW_CUSTOMERS)


def register_reading(callbacks: Callbacks) -> None:
    address, display = Input("address", "search"), Input("display", "data")

    @callbacks.on(
        Output(Ids.HEAD, "children"), Output(Ids.BAR, "children"), address, Input("pulse", "data"), needs=Permission.VIEW_CUSTOMERS
    )
    def head(view: View, _search: Any, _pulse: Any) -> Any:
        return show_head(view), show_bar(view)

    @callbacks.on(Output(Ids.BODY, "children"), Input(Ids.WHAT, "data"), display, needs=Permission.VIEW_CUSTOMERS)
    def body(view: View, _what: Any, _display: Any) -> Any:
        return show_body(view)

    @callbacks.on(
        Output(Ids.GRID, "getRowsResponse"), Input(Ids.GRID, "getRowsRequest"), needs=Permission.VIEW_CUSTOMERS, prevent_initial_call=True
    )
    def rows(view: View, request: Any) -> Any:
        return page_rows(view, request)

    selection, order = ClientsideFunction("customers", "selection"), ClientsideFunction("customers", "order")
    callbacks.clientside(selection, Output(Ids.WHAT, "data"), address, State(Ids.WHAT, "data"))
    callbacks.clientside(
        order,
        Output("address", "search", allow_duplicate=True),
        Input(Ids.GRID, "getRowsRequest"),
        State("address", "search"),
        prevent_initial_call=True,
    )


def register_choosing(callbacks: Callbacks) -> None:
    @callbacks.on(
        Output("address", "search", allow_duplicate=True),
        Input(Ids.SEARCH, "n_submit"),
        State({"type": Ids.SEARCH_TEXT, "part": ALL}, "value"),
        needs=Permission.VIEW_CUSTOMERS,
        prevent_initial_call=True,
    )
    def find(view: View, submitted: int | None, texts: list[str | None]) -> Any:
        return search(view, submitted, texts)

    @callbacks.on(
        Output(Ids.COLUMNS, "is_open"),
        Output(Ids.COLUMNS_BODY, "children"),
        Input(Ids.COLUMNS_OPEN, "n_clicks"),
        needs=Permission.VIEW_CUSTOMERS,
        prevent_initial_call=True,
    )
    def open_choice(view: View, clicks: int | None) -> Any:
        return open_columns(view, clicks)

    @callbacks.on(
        Output(Ids.COLUMNS, "is_open", allow_duplicate=True),
        Output("address", "search", allow_duplicate=True),
        Input(Ids.COLUMNS_FORM, "n_submit"),
        State({"type": Ids.COLUMNS_LIST, "part": ALL}, "value"),
        needs=Permission.VIEW_CUSTOMERS,
        prevent_initial_call=True,
    )
    def choose(view: View, submitted: int | None, chosen: list[list[str] | None]) -> Any:
        return choose_columns(view, submitted, chosen)


def register_saving(callbacks: Callbacks) -> None:
    opened = Output(Ids.SAVE, "is_open"), Output(Ids.SAVE_FORM, "children"), Output(Ids.SAVE_CONFIRM, "disabled")
    again = [Output(part.component_id, part.component_property, allow_duplicate=True) for part in opened]

    @callbacks.on(*opened, Input(Ids.ARRIVED, "data"), needs=Permission.TAG)
    def arrive(view: View, _data: Any) -> Any:
        # A link may ask for the dialog; later changes of the address do not open it again.
        return saving.open_saving(view, wanted=view.query.get("save") == "1")

    @callbacks.on(*again, Input(Ids.SAVE_OPEN, "n_clicks"), needs=Permission.TAG, prevent_initial_call=True)
    def open_dialog(view: View, clicks: int | None) -> Any:
        return saving.open_saving(view, wanted=bool(clicks))

    @callbacks.on(
        Output("address", "href", allow_duplicate=True),
        *field_refusals(FORM),
        Input(Ids.SAVE_FORM, "n_submit"),
        field_values(FORM),
        needs=Permission.TAG,
        writes=True,
        prevent_initial_call=True,
    )
    def save(view: View, submitted: int | None, values: list[Any]) -> Any:
        return saving.save_shown(view, submitted, values)

    for dialog, cancel in ((Ids.COLUMNS, Ids.COLUMNS_CANCEL), (Ids.SAVE, Ids.SAVE_CANCEL)):
        close = ClientsideFunction("shell", "openDialog")
        callbacks.clientside(close, Output(dialog, "is_open", allow_duplicate=True), Input(cancel, "n_clicks"), prevent_initial_call=True)


PAGE = Page(
    name="customers",
    title="Customers",
    path="customers",
    layout=layout,
    register=register,
    needs=Permission.VIEW_CUSTOMERS,
    group="Understand",
    icon="people",
)
