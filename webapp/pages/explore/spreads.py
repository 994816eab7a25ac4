"""The tabs Distributions and Correlations."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from segmentation.exploring.exploration import NEARLY_THE_SAME, Exploration, Repeat
from segmentation.plots.correlation import correlation_map
from segmentation.plots.exploration import category_bars, histograms
from webapp.pages.explore.drawing import Look, escaped, exploration_card
from webapp.ui.components import Child, card, empty_state, row
from webapp.ui.format import listing, signed
from webapp.ui.tables import Column, table

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


def correlations_tab(exploration: Exploration, look: Look) -> list[Child]:
    """Which measures rise and fall together, and which say nearly the same."""
    chart = exploration_card("correlations", correlation_map, escaped(exploration), **look.options())
    if chart is None:
        text = "Correlations need two measures that vary and are known for 30 customers or more."
        return [card(body=empty_state("grid-3x3", "Nothing to compare", text))]
    return [row((12, chart)), repeats_card(exploration)]


def repeats_card(exploration: Exploration) -> Component:
    """Pairs that say nearly the same, and what that means for a model."""
    sub = f"Pairs whose rank correlation is beyond ±{NEARLY_THE_SAME:.1f}. A model that is given both counts the same thing twice."
    if not exploration.repeats:
        return card("No two measures say nearly the same", sub)
    columns: list[Column[Repeat]] = [
        Column("Measure", lambda pair: html.B(exploration.named(pair.first).label, className="sc-strong")),
        Column("Says nearly the same as", lambda pair: exploration.named(pair.second).label),
        Column("Rank correlation", lambda pair: signed(pair.rho, 2), numeric=True, title="Spearman's rho, from −1 to 1"),
    ]
    first = exploration.repeats[0]
    names = [exploration.named(name).label for name in (first.first, first.second)]
    title = (
        f"{listing(names)} say nearly the same"
        if len(exploration.repeats) == 1
        else f"{len(exploration.repeats)} pairs say nearly the same"
    )
    return card(title, sub, table(columns, exploration.repeats, caption="Measures that say nearly the same"), flush=True)
