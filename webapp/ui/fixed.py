"""Markup that nothing on the page ever changes or listens to, drawn as one part."""

from __future__ import annotations

from typing import Any

from dash import html
from dash.development.base_component import Component

TAGS = (html.Table, html.Caption, html.Thead, html.Tbody, html.Tr, html.Th, html.Td, html.Span, html.I, html.B, html.Small)
"""What `Fixed` may hold: none of it leads anywhere or runs anything."""
REACHED = frozenset({"id", "n_clicks"})
"""What makes an element one that a callback may speak to."""


class Fixed(Component):
    """`content`, plain elements of `TAGS` and words, drawn by the browser as one component of Dash (`assets/fixed.js`).

    Dash keeps a subscription for every component, and each new one wakes all others: a thousand cells of a table hold the page up for
    seconds. TypeError where `content` has an id, or an element that is not among `TAGS`.
    """

    _namespace = "smartcart_ui"
    _type = "Fixed"
    _prop_names = ["content"]  # noqa: RUF012 - what Dash reads from its components
    _valid_wildcard_attributes = []  # noqa: RUF012

    def __init__(self, content: Component) -> None:
        if not can_be_fixed(content):
            raise TypeError("What has an id, leads somewhere or does something cannot be fixed: leave it to Dash.")
        super().__init__(content=[content])  # type: ignore[no-untyped-call]


def fixed(part: Component) -> Component:
    """`part` as one component where that can be, else as it is."""
    return Fixed(part) if can_be_fixed(part) else part


def can_be_fixed(part: Any) -> bool:
    """Whether no callback can reach `part` or anything in it, and none of it leads elsewhere."""
    if isinstance(part, list | tuple):
        return all(can_be_fixed(one) for one in part)
    if not isinstance(part, Component):
        return True  # words
    return isinstance(part, TAGS) and not REACHED & vars(part).keys() and can_be_fixed(getattr(part, "children", None))
