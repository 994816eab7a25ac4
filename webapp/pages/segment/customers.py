"""The Customers tab: the segment's people in a grid that the server pages and sorts, a list on a phone."""

from __future__ import annotations

from collections.abc import Sequence

from webapp.edge import View
from webapp.pages.segment.ids import Ids
from webapp.services.access import Permission
from webapp.services.browsing import customers
from webapp.services.browsing.customers import GridColumn
from webapp.services.segmenting.segments import SegmentDetail
from webapp.ui import format
from webapp.ui.components import Child, card, hidden_text, no_permission
from webapp.ui.customer_grid import common_columns, customer_list, customers_grid
from webapp.ui.segments_ui import asked_version


def customers_tab(view: View, detail: SegmentDetail) -> list[Child]:
    """The grid, or who could see it."""
    if not view.actor.may(Permission.VIEW_CUSTOMERS):
        text = f"Ask an admin of {view.actor.team_name} for the marketer role. Everything about the segment as a whole stays open to you."
        return [card(body=no_permission("Viewers see segments, not people", text))]
    columns = shown_columns(customers.grid_columns(view.session, view.actor, view.dataset or "", version=asked_version(view.query)))
    title = f"{format.count(detail.profile.size, 'customer')} in this segment"
    if view.display.narrow:
        return [card(title, "Each leads to the customer's page.", customer_list(view, columns, segment=detail.style.key), flush=True)]
    sub = "Click a row to see the customer, a column head to sort. Contact columns are masked unless you are an admin."
    body = [hidden_text(f"Customers of {detail.style.name}"), customers_grid(view, Ids.GRID, columns)]
    return [card(title, sub, body, flush=True)]


def shown_columns(columns: Sequence[GridColumn]) -> tuple[GridColumn, ...]:
    """Without the segment's name, which is the page's; what people look for first at the front, then all others."""
    first = common_columns(columns)
    return tuple(column for column in (*first, *(each for each in columns if each not in first)) if column.name != "segment_name")
