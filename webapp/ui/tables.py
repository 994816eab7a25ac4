"""Plain tables: numbers right with tabular figures, no zebra, and a list in place of each row on a phone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from dash import html
from dash.development.base_component import Component

from webapp.ui.components import Child, Children, aria, data, hidden_text
from webapp.ui.fixed import Fixed, can_be_fixed, fixed

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
    listed: bool = False,
) -> html.Div:
    """A table of items; `caption` is for screen readers, `pick` marks the recommended or chosen row, `look` rows that need a look.

    A `listed` one shows all of each row on a phone, `wide` columns too, each cell below the other beside the head of its column.
    """
    head = html.Tr([_head(column) for column in columns])
    cell = _listed_cell if listed else _cell
    rows = [_row([cell(column, item) for column in columns], _row_class(item, pick, look)) for item in items]
    classes = " ".join(name for name in ("sc-table", "dense" * dense, "sc-listed" * listed, class_name) if name)
    return scroll(
        html.Table([html.Caption(caption, className="visually-hidden"), html.Thead(head), html.Tbody(rows)], className=classes), caption
    )


def scroll(content: Child, label: str) -> html.Div:
    """A region that scrolls sideways by itself where it is too wide, also by keyboard."""
    return html.Div(content, className="sc-scroll", tabIndex="0", role="region", **aria(label=label))


def facts_list(facts: Mapping[str, Children]) -> html.Dl:
    """Each fact beside its name."""
    return html.Dl([part for label, fact in facts.items() for part in (html.Dt(label), html.Dd(fact))], className="sc-facts-list")


def meter(share: float, text: str, *, warn: bool = False) -> html.Span:
    """A share as a short bar and its figure."""
    bar = html.Span(html.I(style={"width": f"{max(0.0, min(1.0, share)) * 100:.1f}%"}), className="bar", **aria(hidden="true"))
    return html.Span([bar, text], className="sc-meter warn" if warn else "sc-meter")


def _row(cells: list[html.Td], class_name: str | None) -> Component:
    """A row as one component, or where something in it leads on, each cell as one that can be."""
    whole = html.Tr(cells, className=class_name)
    return Fixed(whole) if can_be_fixed(whole) else html.Tr([fixed(cell) for cell in cells], className=class_name)


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


def _listed_cell(column: Column[Item], item: Item) -> html.Td:
    label = data(label=column.head) if isinstance(column.head, str) and not column.hide_head else {}
    return html.Td(column.cell(item), className="num" if column.numeric else None, **label)
