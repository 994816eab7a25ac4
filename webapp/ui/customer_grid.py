"""Customers in a grid that the server pages and sorts, and as a list with pages on a phone. Every key leads to the customer's page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import dash_ag_grid as dag
import pandas as pd
from dash import dcc, html

from segmentation.roles import CUSTOMER_KEY
from webapp.edge import View
from webapp.services.browsing import customers
from webapp.services.browsing.customers import CustomerPage, CustomerQuery, GridColumn
from webapp.services.filtering.columns import CONFIDENCE, OWN, SEGMENT
from webapp.ui import format
from webapp.ui.components import Child, aria, hidden_text, icon, segment_mark, slot_class, symbol_class
from webapp.ui.filters import here
from webapp.ui.places import address, customer_address
from webapp.ui.segments_ui import asked_version

BLOCK = 100
DECIMALS = 2
NAME_WIDTH = 230
"""Pixels that a segment's name takes; the grid measures its columns before it has rows."""
LISTED = 25
"""Customers on a page of the list that a phone shows."""
LIST_FIGURES = 2
LAST_PAGE = 1_000_000


def customers_grid(view: View, grid_id: str, columns: Sequence[GridColumn]) -> dag.AgGrid:
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
    definitions = [column_definition(column, first=index == 0) for index, column in enumerate(columns)]
    order = asked_order(view, columns)
    by = next((definition for definition in definitions if definition["field"] == order.sort), definitions[0])
    by["sort"] = "desc" if order.descending else "asc"
    definitions[0] |= {"cellRenderer": "CustomerLink", "cellRendererParams": {"base": link_base(view)}}
    return dag.AgGrid(
        id=grid_id,
        className="sc-grid sc-people",
        rowModelType="infinite",
        columnDefs=definitions,
        defaultColDef={"resizable": True, "filter": False, "suppressHeaderMenuButton": True},
        columnSize="autoSize",
        dashGridOptions=options,
        style={"height": 560},
    )


def common_columns(columns: Sequence[GridColumn]) -> list[GridColumn]:
    """Those that are shown unless somebody chooses others, what people look for first at the front."""
    ranked = [(column.rank, place, column) for place, column in enumerate(columns) if column.rank is not None]
    return [column for _, _, column in sorted(ranked, key=lambda each: each[:2])]


def link_base(view: View) -> str:
    """The address of a customer's page up to the key, which comes last."""
    base = address(view.actor.team_slug, view.dataset, "customer", v=asked_version(view.query))
    return f"{base}{'&' if '?' in base else '?'}key="


def column_definition(column: GridColumn, *, first: bool) -> dict[str, Any]:
    """One column: numbers right with tabular figures, the key always in sight. Values arrive as text that is ready to read."""
    named = column.name in ("segment_name", "runner_up")
    definition: dict[str, Any] = {
        "field": column.name,
        "headerName": column.label,
        "minWidth": NAME_WIDTH if named else 96,
        "sortable": column.sortable,
    }
    if column.numeric:
        definition |= {"cellClass": "num ag-right-aligned-cell", "headerClass": "ag-right-aligned-header"}
    if named:
        definition |= {"cellRenderer": "SegmentName"}
    if first:
        definition |= {"pinned": "left"}
    return definition


def page_rows(view: View, request: Mapping[str, Any] | None, *, segment: str | None = None) -> dict[str, Any]:
    """The rows that the grid asked for, as text."""
    block = read_request(request or {})
    asked = replace(block.order, query=view.query, segment=segment, version=asked_version(view.query))
    store, dataset = view.resources.store, view.dataset or ""
    page = customers.page_customers(view.session, view.actor, store, dataset, asked, start=block.start, stop=block.stop)
    return {"rowData": grid_rows(page), "rowCount": page.total}


@dataclass(frozen=True)
class Block:
    """The rows `start` to `stop` in an order."""

    start: int
    stop: int
    order: CustomerQuery


def read_request(request: Mapping[str, Any]) -> Block:
    """What a grid's request asks for; the service refuses columns and blocks that it does not give."""
    start, stop = int(request.get("startRow", 0)), int(request.get("endRow", BLOCK))
    if not (model := request.get("sortModel")):
        return Block(start, stop, CustomerQuery())
    return Block(start, stop, CustomerQuery(sort=str(model[0]["colId"]), descending=model[0]["sort"] == "desc"))


def grid_rows(page: CustomerPage) -> list[dict[str, str]]:
    """Each row as column name -> text; beside a segment's name the classes of its mark."""
    shown = {column.name: [cell_text(value, column) for value in page.rows[column.name]] for column in page.columns}
    by_key = {style.key: f"{slot_class(style.slot)} {symbol_class(style.slot)}" for style in page.styles}
    by_name = {style.name: by_key[style.key] for style in page.styles}
    if page.styles:
        shown["segment_name_mark"] = [by_key.get(key, "") for key in page.rows[SEGMENT]]
        shown["runner_up_mark"] = [by_name.get(name, "") for name in page.rows["runner_up"]]
    return [dict(zip(shown, values, strict=True)) for values in zip(*shown.values(), strict=True)]


def cell_text(value: Any, column: GridColumn) -> str:
    """A value as people read it; nothing where it is missing."""
    if pd.isna(value):
        return ""
    if column.kind == "date":
        return format.day(pd.Timestamp(value).date())
    if column.name == CONFIDENCE:
        return format.number(float(value), DECIMALS)
    if column.numeric:
        number = float(value)
        return str(int(number)) if is_year(column) else format.number(number, 0 if number.is_integer() else DECIMALS)
    return str(value)


def is_year(column: GridColumn) -> bool:
    """Whether a column holds years, which are written without a thousands separator."""
    return column.kind == "integer" and "year" in column.name.split("_")


def asked_page(view: View) -> int:
    """The page of the list in the address, from 1."""
    text = view.query.get("p", "")
    return min(int(text), LAST_PAGE) if text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text) > 0 else 1


def asked_order(view: View, columns: Sequence[GridColumn]) -> CustomerQuery:
    """The order in the address; none where customers cannot be sorted so."""
    sort = view.query.get("sort")
    sortable = sort in {column.name for column in columns if column.sortable}
    return CustomerQuery(sort=sort, descending=view.query.get("desc") == "1") if sortable else CustomerQuery()


def customer_list(view: View, columns: Sequence[GridColumn], *, segment: str | None = None) -> list[Child]:
    """A page of customers for a phone: key and segment at the left, the first figures at the right, and the way to the next page."""
    place = asked_page(view)
    asked = replace(asked_order(view, columns), query=view.query, segment=segment, version=asked_version(view.query))
    store, dataset, stop = view.resources.store, view.dataset or "", place * LISTED
    page = customers.page_customers(view.session, view.actor, store, dataset, asked, start=stop - LISTED, stop=stop)
    figures = [column for column in columns if column.numeric and column.name not in OWN and not is_year(column)][:LIST_FIGURES]
    items = [_list_item(view, page, number, figures, named=segment is None) for number in range(len(page.rows))]
    return [html.Ul(items, className="sc-list sc-people-list"), pager(view, place, page.total)]


def pager(view: View, place: int, total: int) -> html.Nav:
    """Which customers are shown of how many, and links to the pages before and after."""
    pages = max(1, ceil(total / LISTED))
    first, last = min(total, (place - 1) * LISTED + 1), min(total, place * LISTED)
    said = html.Span(f"{format.number(first)} to {format.number(last)} of {format.number(total)}", className="num")
    before = _step(here(view, p=place - 1 if place > 2 else None), "chevron-left", "Earlier customers") if place > 1 else None
    after = _step(here(view, p=place + 1), "chevron-right", "Further customers") if place < pages else None
    return html.Nav([said, html.Span([before, after], className="end")], className="sc-pager", **aria(label="Pages of customers"))


def _step(href: str, icon_name: str, label: str) -> dcc.Link:
    return dcc.Link([icon(icon_name), hidden_text(label)], href=href, className="btn btn-secondary btn-icon", title=label)


def _list_item(view: View, page: CustomerPage, number: int, figures: Sequence[GridColumn], *, named: bool) -> html.Li:
    row = page.rows.iloc[number]
    key = str(row[CUSTOMER_KEY])
    slots = {style.key: style.slot for style in page.styles}
    href = customer_address(view.actor.team_slug, view.dataset or "", key, v=asked_version(view.query))
    words: list[Child] = [html.B(dcc.Link(key, href=href))]
    if named and (slot := slots.get(row[SEGMENT])) is not None:
        words.append(html.Span([segment_mark(slot), str(row["segment_name"])], className="sc-seg"))
    shown = [html.Span([html.Small(column.label), cell_text(row[column.name], column) or format.MISSING]) for column in figures]
    return html.Li([html.Div(words, className="w"), html.Div(shown, className="end")])
