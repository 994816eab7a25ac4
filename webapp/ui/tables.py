"""Plain tables: numbers right with tabular figures, no zebra, and a list in place of each row on a phone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from dash import html

from webapp.ui.components import Child, Children, aria, hidden_text

Item = TypeVar("Item")


@dataclass(frozen=True)
class Column(Generic[Item]):
    """One column: its head, what a cell shows of an item, and whether it is a number. `wide` ones are left out on a phone.

    Where the table is sorted by it, `order` says "ascending" or "descending".
    """

    head: Child
    cell: Callable[[Item], Children]
    numeric: bool = False
    wide: bool = False
    title: str = ""
    hide_head: bool = False
    order: str = ""


def table(
    columns: Sequence[Column[Item]],
    items: Sequence[Item],
    *,
    caption: str,
    dense: bool = False,
    pick: Callable[[Item], bool] | None = None,
    look: Callable[[Item], bool] | None = None,
    class_name: str = "",
) -> html.Div:
    """A table of items; `caption` is for screen readers, `pick` marks the recommended or chosen row, `look` rows that need a look."""
    head = html.Tr([_head(column) for column in columns])
    rows = [html.Tr([_cell(column, item) for column in columns], className=_row_class(item, pick, look)) for item in items]
    classes = f"sc-table {'dense' if dense else ''} {class_name}".strip()
    return scroll(
        html.Table([html.Caption(caption, className="visually-hidden"), html.Thead(head), html.Tbody(rows)], className=classes), caption
    )


def scroll(content: Child, label: str) -> html.Div:
    """A region that scrolls sideways by itself where it is too wide, also by keyboard."""
    return html.Div(content, className="sc-scroll", tabIndex="0", role="region", **aria(label=label))


def meter(share: float, text: str, *, warn: bool = False) -> html.Span:
    """A share as a short bar and its figure."""
    bar = html.Span(html.I(style={"width": f"{max(0.0, min(1.0, share)) * 100:.1f}%"}), className="bar", **aria(hidden="true"))
    return html.Span([bar, text], className="sc-meter warn" if warn else "sc-meter")


def _row_class(item: Item, pick: Callable[[Item], bool] | None, look: Callable[[Item], bool] | None) -> str | None:
    if pick and pick(item):
        return "pick"
    return "look" if look and look(item) else None


def _classes(column: Column[Any]) -> str | None:
    return " ".join(name for name, on in (("num", column.numeric), ("sc-hide-sm", column.wide)) if on) or None


def _head(column: Column[Any]) -> html.Th:
    content: Children = hidden_text(str(column.head)) if column.hide_head else column.head
    sort = aria(sort=column.order) if column.order else {}
    return html.Th(content, scope="col", className=_classes(column), title=column.title or None, **sort)


def _cell(column: Column[Item], item: Item) -> html.Td:
    return html.Td(column.cell(item), className=_classes(column))
