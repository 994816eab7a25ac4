"""Which sets of measures a guided search tries: the default, sets beside it, and sets drawn at random."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

import numpy as np

from segmentation.measures import Measured
from segmentation.roles import Role, Schema

Weights = Mapping[str, float]
"""Measures with their weights: 1 is one vote."""

Theme = Literal["worth", "mix", "income", "channel", "visits", "household", "describing", "flag", "category"]
"""What measures are about: worth is spend, orders and the average order, mix what was bought, channel where."""

PLAN: Mapping[Theme, tuple[float, int]] = {
    "worth": (0.95, 2),
    "household": (0.8, 3),
    "income": (0.5, 1),
    "channel": (0.5, 1),
    "visits": (0.4, 1),
    "describing": (0.4, 2),
    "mix": (0.25, 1),
    "category": (0.25, 1),
    "flag": (0.1, 1),
}
"""How often a random set has measures of a theme, and of how many it has at most: more, and small segments stop repeating."""

LEAST_MEASURES = 3
"""Segments by one or two measures are a price list, not customers: there is nothing more to say of them."""

VOTES = (0.5, 1.0)
TRIES = 50
"""Draws for each set that is wanted, before the search makes do with those that differ."""


def propose(
    measured: Measured, schema: Schema, usable: Sequence[str], default: Weights, *, count: int, seed: int
) -> tuple[dict[str, float], ...]:
    """At most `count` different sets of `usable` measures: first `default`, then up to half of them its neighbours, then random ones.

    Measures that are sensitive or made from an outcome are in none of them. The same arguments give the same sets.
    """
    draw = np.random.default_rng(seed)
    themes = themes_of(measured, schema, usable)
    sums = _sums(measured, themes)
    beside = list(_neighbours(default, [name for names in themes.values() for name in names]))
    beside = [beside[place] for place in draw.permutation(len(beside))]
    found: dict[tuple[tuple[str, float], ...], None] = {}
    _collect(found, [dict(default)], 1)
    _collect(found, (_without_sums(each, sums) for each in beside), max(count // 2, 1))
    _collect(found, (_without_sums(_drawn(draw, themes), sums) for _ in range(TRIES * count)), count)
    return tuple(dict(each) for each in found)


def themes_of(measured: Measured, schema: Schema, usable: Sequence[str]) -> dict[Theme, tuple[str, ...]]:
    """`usable` measures by theme, in alphabetical order; sensitive ones and whatever an outcome went into are left out."""
    roles = {column.name: column.role for column in schema}
    found: dict[Theme, tuple[str, ...]] = {}
    for name in sorted(set(usable) - measured.sensitive):
        made_from = {roles[column] for column in measured.inputs[name]}
        theme = _theme(measured.family[name], made_from)
        if theme is not None and Role.OUTCOME not in made_from:
            found[theme] = (*found.get(theme, ()), name)
    return found


def _theme(family: str, made_from: set[Role]) -> Theme | None:
    """None for details that only repeat a category."""
    if family in ("value", "orders") or made_from == {Role.SPEND, Role.PURCHASES}:
        return "worth"
    if family == "detail":
        parts: dict[Role, Theme] = {Role.SPEND: "mix", Role.PURCHASES: "channel", Role.DEPENDENTS: "household"}
        return parts.get(next(iter(made_from))) if len(made_from) == 1 else None
    return next((theme for theme in PLAN if theme == family), None)


def _sums(measured: Measured, themes: Mapping[Theme, Sequence[str]]) -> dict[str, frozenset[str]]:
    """Measures of the household that add up others, such as all dependents, and those others."""
    inputs = {name: set(measured.inputs[name]) for name in themes.get("household", ())}
    parts = {name: frozenset(other for other in inputs if inputs[other] < inputs[name]) for name in inputs}
    return {name: others for name, others in parts.items() if others}


def _without_sums(features: Weights, sums: Mapping[str, frozenset[str]]) -> dict[str, float]:
    """`features` without the sums of others among them, which would vote twice."""
    return {name: weight for name, weight in features.items() if not sums.get(name, frozenset()) & features.keys()}


def _neighbours(default: Weights, names: Sequence[str]) -> Iterator[dict[str, float]]:
    """`default` with one measure left out, with another weight, or added."""
    for name, weight in default.items():
        yield {other: default[other] for other in default if other != name}
        yield {**default, name: VOTES[0] if weight == VOTES[1] else VOTES[1]}
    for name in names:
        if name not in default:
            yield from ({**default, name: weight} for weight in VOTES)


def _drawn(draw: np.random.Generator, themes: Mapping[Theme, Sequence[str]]) -> dict[str, float]:
    """A random set after `PLAN`, filled up with whatever there is where that gave too few."""
    chosen: list[str] = []
    for theme, (chance, most) in PLAN.items():
        names = themes.get(theme, ())
        if names and draw.random() < chance:
            chosen += draw.choice(names, int(draw.integers(1, min(most, len(names)) + 1)), replace=False).tolist()
    rest = [name for names in themes.values() for name in names if name not in chosen]
    short = min(LEAST_MEASURES - len(chosen), len(rest))
    if short > 0:
        chosen += draw.choice(rest, short, replace=False).tolist()
    return {name: float(draw.choice(VOTES)) for name in chosen}


def _collect(found: dict[tuple[tuple[str, float], ...], None], sets: Iterable[Weights], most: int) -> None:
    """Adds those of `sets` that are new and large enough, until there are `most`; the first is added whatever its size."""
    for features in sets:
        if len(found) >= most:
            return
        if len(features) >= LEAST_MEASURES or not found:
            found[tuple(sorted(features.items()))] = None
