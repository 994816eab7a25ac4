"""Parts of a page that have an address each."""

from __future__ import annotations

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from webapp.ui.components import aria


def tab_links(label: str, tabs: Sequence[tuple[str, str, bool]]) -> Component:
    """A row of links: (words, address, whether it is the one that is shown)."""
    links = [dcc.Link(words, href=href, className="nav-link active" if on else "nav-link") for words, href, on in tabs]
    return html.Nav(html.Div(links, className="nav nav-tabs"), className="sc-tabsbar sc-tabsbar-alone", **aria(label=label))
