"""The tab Correlations: which measures rise and fall together, and which say nearly the same."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from segmentation.exploring.exploration import NEARLY_THE_SAME, Exploration, Repeat
from segmentation.plots.correlation import correlation_map
from webapp.ui.components import Child, card, empty_state, row
from webapp.ui.exploring import Look, escaped, exploration_card
from webapp.ui.format import listing, signed
from webapp.ui.tables import Column, table


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
