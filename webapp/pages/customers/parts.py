"""What the Customers page shows: head, search and filters, and the grid, a list on a phone, or why there is nothing."""

from __future__ import annotations

from collections.abc import Mapping

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.customers.columns import read_columns, shown_columns
from webapp.pages.customers.ids import FILTERS, Ids
from webapp.pages.customers.saving import saving_button
from webapp.services.access import Permission
from webapp.services.data import datasets
from webapp.services.data.datasets import DatasetSummary
from webapp.services.segmenting import segments, selections
from webapp.services.segmenting.listings import OlderListing, older_listing
from webapp.services.segmenting.selections import Selection, search_text
from webapp.ui.components import Child, aria, button, card, empty_state, hidden_text, icon, page_head
from webapp.ui.customer_grid import customer_list, customers_grid
from webapp.ui.filters import chosen_customers, filter_bar, here
from webapp.ui.format import count, day, listing
from webapp.ui.listings import older_note
from webapp.ui.places import data_address, selection_csv_address
from webapp.ui.segments_ui import asked_version

EMPTY_TEXT = "Once a file is imported, every customer is listed here with what is known of them and the segment they are in."


def show_head(view: View) -> Component:
    """How many customers there are, as of when, and the way to take the selection away."""
    dataset = read_dataset(view)
    if not dataset.customers:
        return page_head("Customers", "Everybody in this dataset, one by one.")
    return page_head("Customers", head_sentence(view, dataset), actions(view))


def read_dataset(view: View) -> DatasetSummary:
    return datasets.show_dataset(view.session, view.actor, view.dataset or "")


def head_sentence(view: View, dataset: DatasetSummary) -> str:
    """Whose customers, as of when, and which version placed them."""
    overview = segments.show_segments(view.session, view.actor, dataset.slug, version=asked_version(view.query))
    start = f"Everybody in {dataset.name} as of {day(dataset.as_of)}"
    if overview is None:
        return f"{start}. They have no segments yet."
    placed = overview.profiles.customers
    older = older_of(view, {})
    later = dataset.customers - placed + older.gone if older else 0
    tail = f" {count(later, 'customer')} imported since then have no segment yet; re-cluster to place them." if later > 0 else ""
    return f"{count(placed, 'customer')} of {dataset.name} in the segments of version {overview.version.number}.{tail}"


def actions(view: View) -> list[Child]:
    """The choice of columns, and the ways to keep exactly this selection and to take it away."""
    chooser = button("Columns", id=Ids.COLUMNS_OPEN, icon_name="layout-three-columns", className="sc-hide-sm")
    if not view.actor.may(Permission.EXPORT):
        return [chooser, saving_button(view)]
    asked = {name: view.query.get(name) for name in ("f", "q", "sort", "desc")}
    href = selection_csv_address(view.actor.team_slug, view.dataset or "", v=asked_version(view.query), **asked)
    # A plain link: a file is saved by its headers, and where nobody may leave, the browser shows the page that says why.
    title = "Those of this selection who may leave, by their consent"
    return [chooser, saving_button(view), html.A([icon("download"), "Export CSV"], href=href, className="btn btn-primary", title=title)]


def show_bar(view: View) -> list[Child]:
    """Search and filters; nothing before the first import."""
    if not read_dataset(view).customers:
        return []
    older = older_of(view, view.query)
    return [search_form(view), filter_bar(view, FILTERS, chosen_customers(view)), older_note(older) if older else None]


def older_of(view: View, query: Mapping[str, str]) -> OlderListing | None:
    """What the list of the shown version is of that `query` leaves, where that is not the newest snapshot."""
    version = asked_version(view.query)
    return older_listing(view.session, view.actor, view.resources.store, view.dataset or "", query, version=version)


def search_form(view: View) -> Component:
    """One field; Enter searches, and what is searched for can be taken away again."""
    text = search_text(view.query)
    control = dbc.Input(
        id={"type": Ids.SEARCH_TEXT, "part": 0},
        type="search",
        value=text,
        placeholder="Search by customer or any word",
        maxlength=selections.LONGEST_SEARCH,
        autocomplete="off",
    )
    parts: list[Child] = [html.Label([hidden_text("Search customers"), control]), button("Search", type="submit")]
    if text:
        parts.append(dcc.Link("Show everybody", href=here(view, q=None), className="sc-filter-clear"))
    form = dbc.Form(parts, id=Ids.SEARCH, prevent_default_on_submit=True, class_name="sc-people-search")
    return html.Div(form, role="search", **aria(label="Search customers"))


def show_body(view: View) -> list[Child]:
    """The customers of the selection, or what to do where there is none."""
    if not read_dataset(view).customers:
        return [card(body=no_customers(view))]
    selection = chosen_customers(view)
    if not selection.count:
        return [card(body=nobody(view, selection))]
    every = read_columns(view)
    shown = shown_columns(view, every)
    if view.display.narrow:
        return [card(body=customer_list(view, shown), flush=True)]
    note = "Click a row to see the customer, a column head to sort."
    if masked := [column.label for column in every if not column.sortable]:
        note += f" {listing(masked)} {'is' if len(masked) == 1 else 'are'} masked: only admins see contacts."
    head = html.P([icon("info-circle"), note], className="sc-grid-note")
    grid = [html.H2("Customers in a grid", className="visually-hidden"), customers_grid(view, Ids.GRID, shown)]
    return [card(body=[*grid, head], flush=True)]


def no_customers(view: View) -> Component:
    """Nothing was imported yet: who can, is led there."""
    if not view.actor.may(Permission.IMPORT):
        return empty_state("people", "No customers yet", f"{EMPTY_TEXT} Ask an analyst of your team to import one.")
    href = data_address(view.actor.team_slug, view.dataset or "")
    return empty_state("people", "No customers yet", EMPTY_TEXT, button("Import customers", href=href, kind="primary"))


def nobody(view: View, selection: Selection) -> Component:
    """Nobody fits: what to take away."""
    what = "these filters" if selection.filters and not search_text(view.query) else "this search"
    if selection.filters and search_text(view.query):
        what = "this search and these filters"
    otherwise = "Take a filter away" if selection.filters else "Try another word"
    text = f"None of {count(selection.total, 'customer')} fits {what}. {otherwise}, or show everybody."
    return empty_state("search", "Nobody fits", text, button("Show everybody", href=here(view, f=None, q=None)))
