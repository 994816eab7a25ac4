"""The Customers tab: the segment's people in a grid that the server pages and sorts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_ag_grid as dag
import pandas as pd

from webapp.edge import View
from webapp.pages.segment.ids import Ids
from webapp.services import customers
from webapp.services.access import Permission
from webapp.services.customers import CustomerPage, GridColumn
from webapp.services.segments import SegmentDetail
from webapp.ui import format
from webapp.ui.components import Child, card, hidden_text, no_permission
from webapp.ui.segments_ui import asked_version

BLOCK = 100
NARROW_COLUMNS = 3
DECIMALS = 2
NAME_WIDTH = 230
"""Pixels that a segment's name takes; the grid measures its columns before it has rows."""


def customers_tab(view: View, detail: SegmentDetail) -> list[Child]:
    """The grid, or who could see it."""
    if not view.actor.may(Permission.VIEW_CUSTOMERS):
        text = f"Ask an admin of {view.actor.team_name} for the marketer role. Everything about the segment as a whole stays open to you."
        return [card(body=no_permission("Viewers see segments, not people", text))]
    columns = shown_columns(
        customers.grid_columns(view.session, view.actor, view.dataset or "", version=asked_version(view.query)), narrow=view.display.narrow
    )
    title = f"{format.count(detail.profile.size, 'customer')} in this segment"
    sub = "Click a column head to sort. Contact columns are masked unless you are an admin."
    body = [hidden_text(f"Customers of {detail.style.name}"), customers_grid(columns, narrow=view.display.narrow)]
    return [card(title, sub, body, flush=True)]


def shown_columns(columns: Sequence[GridColumn], *, narrow: bool) -> tuple[GridColumn, ...]:
    """Without the segment's name, which is the page's; on a phone the key and the first figures."""
    own = tuple(column for column in columns if column.name != "segment_name")
    figures = [column for column in own if column.numeric and not is_year(column)]
    return (own[0], *figures[: NARROW_COLUMNS - 1]) if narrow else own


def is_year(column: GridColumn) -> bool:
    """Whether a column holds years, which are written without a thousands separator."""
    return column.kind == "integer" and "year" in column.name.split("_")


def customers_grid(columns: Sequence[GridColumn], *, narrow: bool) -> dag.AgGrid:
    """An empty grid that asks for its rows, `BLOCK` at a time."""
    options = {
        "cacheBlockSize": BLOCK,
        "maxBlocksInCache": 20,
        "rowBuffer": 20,
        "suppressFieldDotNotation": True,
        "suppressMovableColumns": True,
        "suppressMultiSort": True,
        "enableCellTextSelection": True,
        "ensureDomOrder": True,
    }
    return dag.AgGrid(
        id=Ids.GRID,
        className="sc-grid",
        rowModelType="infinite",
        columnDefs=[column_definition(column, first=index == 0) for index, column in enumerate(columns)],
        defaultColDef={"resizable": True, "filter": False, "suppressHeaderMenuButton": True},
        columnSize="responsiveSizeToFit" if narrow else "autoSize",
        dashGridOptions=options,
        style={"height": 560},
    )


def column_definition(column: GridColumn, *, first: bool) -> dict[str, Any]:
    """One column: numbers right with tabular figures, the key always in sight. Values arrive as text that is ready to read."""
    width = NAME_WIDTH if column.name == "runner_up" else 96
    definition: dict[str, Any] = {"field": column.name, "headerName": column.label, "minWidth": width, "sortable": column.sortable}
    if column.numeric:
        definition |= {"cellClass": "num ag-right-aligned-cell", "headerClass": "ag-right-aligned-header"}
    if first:
        definition |= {"pinned": "left", "sort": "asc"}
    return definition


def page_rows(view: View, request: Mapping[str, Any] | None) -> dict[str, Any]:
    """The rows that the grid asked for, as text."""
    asked = {"segment": view.item, "version": asked_version(view.query), **read_request(request or {})}
    page = customers.page_customers(view.session, view.actor, view.resources.store, view.dataset or "", **asked)
    return {"rowData": grid_rows(page), "rowCount": page.total}


def read_request(request: Mapping[str, Any]) -> dict[str, Any]:
    """What a grid's request asks `page_customers` for; the service refuses columns and blocks that it does not give."""
    asked = {"start": int(request.get("startRow", 0)), "stop": int(request.get("endRow", BLOCK))}
    if not (model := request.get("sortModel")):
        return asked
    return asked | {"sort": str(model[0]["colId"]), "descending": model[0]["sort"] == "desc"}


def grid_rows(page: CustomerPage) -> list[dict[str, str]]:
    """Each row as column name -> text."""
    shown = {column.name: [cell_text(value, column) for value in page.rows[column.name]] for column in page.columns}
    return [dict(zip(shown, values, strict=True)) for values in zip(*shown.values(), strict=True)]


def cell_text(value: Any, column: GridColumn) -> str:
    """A value as people read it; nothing where it is missing."""
    if pd.isna(value):
        return ""
    if column.kind == "date":
        return format.day(pd.Timestamp(value).date())
    if column.numeric:
        number = float(value)
        return str(int(number)) if is_year(column) else format.number(number, 0 if number.is_integer() else DECIMALS)
    return str(value)
