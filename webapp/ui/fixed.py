"""Markup that nothing on the page ever changes or listens to, drawn as one part."""

from __future__ import annotations

from typing import Any

from dash import html
from dash.development.base_component import Component

TAGS = (html.Table, html.Caption, html.Thead, html.Tbody, html.Tr, html.Th, html.Td)
"""What `Fixed` may hold: none of it leads anywhere or runs anything."""


class Fixed(Component):
    """`content`, plain elements of `TAGS` and words, drawn by the browser as one component of Dash (`assets/fixed.js`).

    Dash keeps a subscription for every component, and each new one wakes all others: a thousand cells of a table hold the page up for
    seconds. TypeError where `content` has an id, or an element that is not among `TAGS`.
    """

    _namespace = "smartcart_ui"
    _type = "Fixed"
    _prop_names = ["content"]  # noqa: RUF012 - what Dash reads from its components
    _valid_wildcard_attributes = []  # noqa: RUF012

    def __init__(self, *content: Component) -> None:
        for part in content:
            _check(part)
        super().__init__(content=list(content))  # type: ignore[no-untyped-call]


def _check(part: Any) -> None:
    if isinstance(part, list | tuple):
        for one in part:
            _check(one)
    elif isinstance(part, Component):
        if not isinstance(part, TAGS) or hasattr(part, "id"):
            raise TypeError(f"{part._type} with an id, or that does something, cannot be fixed: leave it to Dash.")
        _check(getattr(part, "children", None))
