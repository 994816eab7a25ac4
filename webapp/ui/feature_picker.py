"""What finds the segments: every possible feature with its weight, to be switched on and off. In the Lab and in the re-cluster dialog."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import ALL, Input, State, html
from dash.development.base_component import Component

from segmentation.feature_offer import FAMILIES, FeatureChoice
from webapp.ui.components import Child, badge, hidden_text
from webapp.ui.forms import select
from webapp.ui.tables import scroll

WEIGHT = "feature-weight"
"""Type of the lists of weights; `at` tells pages apart, `name` is the feature's."""

WEIGHTS = {"0": "Off", "0.5": "½ vote", "1": "1 vote", "2": "2 votes"}
PROPOSED = "proposed"
"""Stands for a default weight that is none of the above."""

Wish = Mapping[str, float] | Sequence[str] | str | None


def weight_lists(at: str) -> dict[str, Any]:
    """Pattern of all lists of a form."""
    return {"type": WEIGHT, "at": at, "name": ALL}


def weight_values(at: str) -> tuple[State, State]:
    """Values and ids of all lists, as callbacks take them."""
    return State(weight_lists(at), "value"), State(weight_lists(at), "id")


def weight_changes(at: str) -> Input:
    return Input(weight_lists(at), "value")


def feature_table(choices: Sequence[FeatureChoice], at: str, *, wish: Wish = None, editable: bool = True) -> Component:
    """One row for each choice; the weights are those of `wish`, or the default's. Without `editable` they are words."""
    head = html.Tr([html.Th("Feature", scope="col"), html.Th("Why", scope="col", className="sc-hide-sm"), html.Th("Weight", scope="col")])
    rows = [_row(choice, at, wished_weight(choice, wish), editable=editable) for choice in choices]
    caption = html.Caption("Everything that segments could be found by", className="visually-hidden")
    return scroll(html.Table([caption, html.Thead(head), html.Tbody(rows)], className="sc-table sc-features"), "Features")


def wished_weight(choice: FeatureChoice, wish: Wish) -> float:
    """The weight of a choice under `wish`: its own by default, one vote where it is named without a weight."""
    if wish is None:
        return choice.weight
    if isinstance(wish, str):
        return (choice.weight or 1.0) if choice.usable and not choice.sensitive else 0.0
    if isinstance(wish, Mapping):
        return float(wish.get(choice.name, 0.0))
    return (choice.weight or 1.0) if choice.name in wish else 0.0


def chosen_weights(choices: Sequence[FeatureChoice], values: Sequence[Any], ids: Sequence[Mapping[str, Any]]) -> dict[str, float] | None:
    """What a form asks for; None where that is the default recipe (or the form was never opened)."""
    picked = {str(each["name"]): value for each, value in zip(ids, values, strict=True)}
    weights = {choice.name: _weight(choice, picked.get(choice.name)) for choice in choices if choice.usable}
    if not picked or all(weights[choice.name] == choice.weight for choice in choices if choice.usable):
        return None
    return {name: weight for name, weight in weights.items() if weight > 0}


def _weight(choice: FeatureChoice, value: Any) -> float:
    return choice.weight if value in (None, PROPOSED) else float(value)


def _row(choice: FeatureChoice, at: str, weight: float, *, editable: bool) -> html.Tr:
    kind = FAMILIES.get(choice.family, "")
    family = html.Span(kind, className="sc-under sc-family") if kind != choice.label else None
    why = html.Span(choice.why, className="sc-under sc-only-sm")
    name: list[Child] = [html.Span(choice.label, className="sc-strong"), family, why]
    if choice.sensitive:
        name.insert(1, badge("Sensitive", "warn", "shield-lock"))
    cells = [html.Td(name), html.Td(choice.why, className="sc-hide-sm sc-why"), html.Td(_control(choice, at, weight, editable=editable))]
    return html.Tr(cells, className=None if weight else "off")


def _control(choice: FeatureChoice, at: str, weight: float, *, editable: bool) -> Child:
    if not choice.usable:
        return html.Span("Cannot be used", className="sc-muted")
    if not editable:
        return weight_words(weight)
    options, value = _options(choice, weight)
    control = select({"type": WEIGHT, "at": at, "name": choice.name}, options, value=value, small=True)
    return html.Label([hidden_text(f"Weight of {choice.label}"), control], className="sc-labelled")


def _options(choice: FeatureChoice, weight: float) -> tuple[dict[str, str], str]:
    """The weights to choose from, with the default's and the wished one where they are others; and the value that is chosen."""
    options = dict(WEIGHTS)
    known = {float(value): value for value in WEIGHTS}
    if choice.weight not in known:
        options[PROPOSED] = f"{weight_words(choice.weight)}, as proposed"
        known[choice.weight] = PROPOSED
    if weight not in known:
        options[f"{weight:g}"] = weight_words(weight)
    return options, known.get(weight, f"{weight:g}")


def weight_words(weight: float) -> str:
    """`1 vote`, `½ vote`, `0.58 votes`, `Off`."""
    plain = {0.0: "Off", 0.5: "½ vote", 1.0: "1 vote"}
    return plain.get(weight, f"{weight:.2g} votes")
