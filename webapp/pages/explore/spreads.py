"""The tab Distributions."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from segmentation.exploring.exploration import Exploration
from segmentation.plots.exploration import category_bars, histograms
from webapp.ui.components import Child, card, empty_state, row
from webapp.ui.exploring import Look, escaped, exploration_card
from webapp.ui.format import listing

ENOUGH_FOR_A_ROW = 3
"""So many categories stand side by side over the whole width."""


def distributions_tab(exploration: Exploration, look: Look) -> list[Child]:
    """A histogram for every measure, bars for every category."""
    drawn = escaped(exploration)
    measures = exploration_card("distributions", histograms, drawn, **look.options())
    parts = exploration_card("distributions-of-parts", histograms, drawn, details=True, **look.options())
    words = exploration_card("categories", category_bars, drawn, **look.options())
    width = 12 if len(exploration.levels) >= ENOUGH_FOR_A_ROW else 6
    if not (measures or parts or words):
        return [
            card(
                body=empty_state(
                    "bar-chart",
                    "Nothing to draw",
                    "No column has a role that can be measured. Import the file again and say what its columns mean.",
                )
            )
        ]
    return [*[row((12, each)) for each in (measures, parts) if each], row((width, words)) if words else None, _left_out(exploration)]


def _left_out(exploration: Exploration) -> Component | None:
    if not exploration.left_out:
        return None
    return html.P(f"Not looked at, because there are so many columns: {listing(list(exploration.left_out))}.", className="sc-muted")
