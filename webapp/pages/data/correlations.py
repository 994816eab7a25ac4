"""The tab Correlations: which measures rise and fall together, and which say nearly the same."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from segmentation.exploring.exploration import NEARLY_THE_SAME, Exploration, Repeat
from segmentation.plots.correlation import correlation_map
from webapp.pages.data.parts import note
from webapp.ui.components import Child, card, empty_state, row
from webapp.ui.exploring import Look, escaped, exploration_card
from webapp.ui.format import count, listing, signed
from webapp.ui.tables import Column, table

SHOWN_PARTS = 3


def correlations_tab(exploration: Exploration, look: Look) -> list[Child]:
    """Which measures rise and fall together, and which say nearly the same."""
    chart = exploration_card("correlations", correlation_map, escaped(exploration), **look.options())
    if chart is None:
        text = "Correlations need two measures that vary and are known for 30 customers or more."
        return [card(body=empty_state("grid-3x3", "Nothing to compare", text))]
    return [row((12, chart)), repeats_card(exploration)]


def repeats_card(exploration: Exploration) -> Component:
    """Pairs that say nearly the same, and what that means for a model; those with a part of another measure are told apart.

    So the strongest pair here is that of the map.
    """
    parts = set(exploration.details)
    own = [pair for pair in exploration.repeats if not {pair.first, pair.second} & parts]
    made = [pair for pair in exploration.repeats if {pair.first, pair.second} & parts]
    sub = f"Pairs whose rank correlation is beyond ±{NEARLY_THE_SAME:.1f}. A model that is given both counts the same thing twice."
    foot = _made_so(exploration, made) if made else None
    if not own:
        return card("No two measures say nearly the same", sub, foot=foot, className="sc-stack")
    columns: list[Column[Repeat]] = [
        Column("Measure", lambda pair: html.B(exploration.named(pair.first).label, className="sc-strong")),
        Column("Says nearly the same as", lambda pair: exploration.named(pair.second).label),
        Column("Rank correlation", lambda pair: signed(pair.rho, 2), numeric=True, title="Spearman's rho, from −1 to 1"),
    ]
    title = f"{_names(exploration, own[0])} say nearly the same" if len(own) == 1 else f"{len(own)} pairs say nearly the same"
    return card(title, sub, table(columns, own, caption="Measures that say nearly the same"), flush=True, foot=foot, className="sc-stack")


def _names(exploration: Exploration, pair: Repeat) -> str:
    return listing([exploration.named(name).label for name in (pair.first, pair.second)])


def _made_so(exploration: Exploration, made: Sequence[Repeat]) -> html.Span:
    """Pairs that go together because one measure is a part of others; no model is given parts unless somebody chooses them."""
    named = "; ".join(_names(exploration, pair) for pair in made[:SHOWN_PARTS])
    more = len(made) - SHOWN_PARTS
    rest = f"; and {count(more, 'more pair')}" if more > 0 else ""
    return note(f"Left out, for one of the two is a part of other measures: {named}{rest}.")
