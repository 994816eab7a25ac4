"""Which columns the grid shows: the common ones, or those that the address names."""

from __future__ import annotations

from collections.abc import Sequence

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.customers.ids import Ids
from webapp.services.browsing import customers
from webapp.services.browsing.customers import GridColumn
from webapp.ui.components import Child, button
from webapp.ui.customer_grid import common_columns
from webapp.ui.filters import here, search_of
from webapp.ui.forms import dialog
from webapp.ui.segments_ui import asked_version

BETWEEN = "~"
"""Stands between the names of columns in an address."""


def read_columns(view: View) -> tuple[GridColumn, ...]:
    """Every column that there is."""
    return customers.grid_columns(view.session, view.actor, view.dataset or "", version=asked_version(view.query))


def shown_columns(view: View, columns: Sequence[GridColumn]) -> tuple[GridColumn, ...]:
    """The key, then the columns that the address names, in the order of the file; the common ones where it names none that there is."""
    key, *others = columns
    named = set(view.query.get("cols", "").split(BETWEEN))
    return (key, *([column for column in others if column.name in named] or common_columns(others)))


def columns_dialog() -> Component:
    """Empty until it is opened, since the columns are read then."""
    confirm = button("Show these", kind="primary", type="submit", form=Ids.COLUMNS_FORM)
    form = dbc.Form(html.Div(id=Ids.COLUMNS_BODY), id=Ids.COLUMNS_FORM, prevent_default_on_submit=True)
    note = "A link to this page shows the same columns."
    return dialog(Ids.COLUMNS, "Columns of the grid", form, confirm, cancel_id=Ids.COLUMNS_CANCEL, note=note)


def columns_list(view: View) -> list[Child]:
    """A box for every column but the key, which is always there."""
    key, *others = columns = read_columns(view)
    shown = {column.name for column in shown_columns(view, columns)}
    boxes = dbc.Checklist(
        id={"type": Ids.COLUMNS_LIST, "part": 0},
        options=[{"value": column.name, "label": column.label} for column in others],
        value=[column.name for column in others if column.name in shown],
        class_name="sc-column-list",
    )
    legend = html.Legend(f"{key.label} is always shown", className="form-label")
    return [html.Fieldset([legend, boxes])]


def columns_search(view: View, chosen: Sequence[Sequence[str] | None]) -> str:
    """The address's query with the chosen columns; the common ones go without saying."""
    _, *others = read_columns(view)
    wanted = [column.name for column in others if any(column.name in (names or ()) for names in chosen)]
    common = {column.name for column in common_columns(others)}
    named = BETWEEN.join(wanted) if wanted and set(wanted) != common else None
    return search_of(here(view, cols=named, p=view.query.get("p")))
