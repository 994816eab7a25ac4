"""The tab Distributions: a small histogram for every column of a snapshot, with another snapshot as an outline."""

from __future__ import annotations

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from segmentation.plots.exploration import category_bars, histograms
from webapp.edge import View
from webapp.pages.data.ids import COLUMNS_DRAWN
from webapp.pages.data.where import Where
from webapp.services.data import column_pages
from webapp.ui.components import Child, aria, card, chip, empty_state, row
from webapp.ui.exploring import Look, escaped, exploration_card
from webapp.ui.format import count
from webapp.ui.places import explore_address

ENOUGH_FOR_A_ROW = 3
"""So many categories stand side by side over the whole width."""


def distributions_tab(view: View, where: Where, look: Look) -> list[Child]:
    """One page of columns: histograms of numbers and dates, bars of words."""
    names = column_pages.drawn_columns(view.session, view.actor, where.dataset, where.shown.number)
    if not names:
        return [card(body=_nothing())]
    pages = [names[start : start + COLUMNS_DRAWN] for start in range(0, len(names), COLUMNS_DRAWN)]
    part = min(where.part, len(pages))
    against = where.against.number if where.against else None
    store = view.resources.store
    found = column_pages.show_columns(view.session, view.actor, store, where.dataset, where.shown.number, pages[part - 1], against=against)
    if found is None:
        return []
    shown, behind = escaped(found.shown), escaped(found.behind) if found.behind else None
    foot = f"Grey: No. {where.shown.number}. Line: No. {against}." if against is not None else None
    options = {**look.options(), "behind": behind}
    spreads = exploration_card("columns", histograms, shown, foot=foot, **options)
    words = exploration_card("words", category_bars, shown, foot=foot, **options)
    width = 12 if len(shown.levels) >= ENOUGH_FOR_A_ROW else 6
    return [
        _parts(pages, part, where),
        row((12, spreads)) if spreads else None,
        row((width, words)) if words else None,
        card(body=_nothing()) if not (spreads or words) else None,
        _elsewhere(where),
    ]


def _parts(pages: Sequence[Sequence[str]], part: int, where: Where) -> Component | None:
    if len(pages) < 2:
        return None
    total = sum(map(len, pages))
    links = []
    for place, page in enumerate(pages, start=1):
        first = (place - 1) * COLUMNS_DRAWN + 1
        href = where.link(part=None if place == 1 else place)
        links.append(chip(f"{first} to {first + len(page) - 1}", href=href, on=place == part))
    label = html.Span(f"{count(total, 'column')}, shown", className="sc-muted")
    return html.Nav([label, *links], className="sc-chips scroll mb-3", **aria(label="Columns"))


def _nothing() -> Component:
    return empty_state(
        "bar-chart",
        "Nothing to draw",
        "No column has values that many customers share. Import the file again and say what its columns mean.",
    )


def _elsewhere(where: Where) -> Component:
    """Measures made from several columns have their own page."""
    link = dcc.Link("Explore", href=explore_address(where.team, where.dataset))
    return html.P(
        ["Columns as they are stored. Measures made from them, such as age or all spend, are on ", link, "."], className="sc-muted"
    )
