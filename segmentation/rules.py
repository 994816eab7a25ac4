"""Rules that anyone can repeat: shallow trees on plain measures, in words whose figures are counted on those words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeClassifier

from segmentation.profile_types import Measure, Rule
from segmentation.wording import lower_first, quantity

Members = NDArray[np.bool_]

DEPTH = 3
MOST = 3
SAMPLE = 20_000
"""Trees grow on so many customers at most; precision and recall are always counted on all."""

WORTHWHILE = 0.05
"""Further rules find at least this share of the segment."""

PRECISE = 0.5
"""A leaf makes a rule when most of those it finds are in the segment."""


@dataclass(frozen=True)
class Bounds:
    """`low` < value <= `high`, both in the words' precision."""

    low: float = -math.inf
    high: float = math.inf

    def holds(self, values: NDArray[np.float64]) -> Members:
        """Who meets it; an unknown value meets no bounds."""
        with np.errstate(invalid="ignore"):
            return np.asarray((values > self.low) & (values <= self.high))


def segment_rules(table: pd.DataFrame, measures: Sequence[Measure], member: Members, seed: int) -> tuple[Rule, ...]:
    """At most `MOST` rules that find the segment, the one that finds most of it first.

    A tree (CART, Breiman et al. 1984) of depth `DEPTH` separates the segment from everyone else; neighbouring leaves
    that both find the segment are joined; thresholds are rounded, and precision and recall are counted again with the
    rounded ones. Unknown values take the median while the tree grows and meet no condition afterwards.
    """
    usable = [measure for measure in measures if table[measure.name].notna().any()]
    if not usable or not member.any() or member.all():
        return ()
    tree = _grow(table[[measure.name for measure in usable]], member, seed)
    by_words = {}
    for leaf in _finding_leaves(tree):
        bounds = {usable[place].name: _rounded(limits, usable[place]) for place, limits in leaf.items()}
        rule = _counted(bounds, table, usable, member)
        if rule is not None and rule.precision >= PRECISE:
            by_words[rule.conditions] = rule
    best = sorted(by_words.values(), key=lambda rule: (-rule.recall, rule.conditions))[:MOST]
    return tuple(rule for rule in best if rule.recall >= WORTHWHILE or rule is best[0])


def together(table_rules: Sequence[Members], member: Members) -> tuple[float, float]:
    """Precision and recall of several rules used as one; 0 and 0 where they find nobody."""
    found = np.logical_or.reduce(list(table_rules)) if table_rules else np.zeros_like(member)
    hits = int((found & member).sum())
    return (hits / int(found.sum()) if found.any() else 0.0, hits / int(member.sum()) if member.any() else 0.0)


def _grow(table: pd.DataFrame, member: Members, seed: int) -> DecisionTreeClassifier:
    rows = np.arange(len(table))
    if len(rows) > SAMPLE:
        rows = np.sort(np.random.default_rng(seed).choice(rows, SAMPLE, replace=False))
    values = table.iloc[rows].to_numpy(dtype=np.float64)
    values = np.where(np.isfinite(values), values, table.median().to_numpy())
    leaf = max(5, round(0.02 * int(member[rows].sum())))
    tree = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=min(leaf, max(1, len(rows) // 4)), random_state=seed)
    return tree.fit(values, member[rows])


Leaf = dict[int, Bounds]


def _finding_leaves(tree: DecisionTreeClassifier) -> list[Leaf]:
    """Bounds of each leaf where the segment is in the majority, with joined neighbours."""
    if list(tree.classes_) != [False, True]:
        return []
    nodes = tree.tree_

    def finds(node: int) -> bool:
        if nodes.children_left[node] < 0:
            return bool(nodes.value[node][0][1] >= PRECISE * nodes.value[node][0].sum())
        return finds(nodes.children_left[node]) and finds(nodes.children_right[node])

    def walk(node: int, bounds: Leaf) -> list[Leaf]:
        if finds(node):
            return [bounds] if bounds else []
        if nodes.children_left[node] < 0:
            return []
        place, limit = int(nodes.feature[node]), float(nodes.threshold[node])
        now = bounds.get(place, Bounds())
        left = {**bounds, place: replace(now, high=min(now.high, limit))}
        right = {**bounds, place: replace(now, low=max(now.low, limit))}
        return walk(nodes.children_left[node], left) + walk(nodes.children_right[node], right)

    return walk(0, {})


def _rounded(bounds: Bounds, measure: Measure) -> Bounds:
    return Bounds(round_threshold(bounds.low, measure), round_threshold(bounds.high, measure))


def round_threshold(value: float, measure: Measure) -> float:
    """`value` in a precision that people repeat: whole numbers and per cents, money to three figures."""
    if not math.isfinite(value):
        return value
    if measure.unit == "share":
        return round(value, 2)
    if measure.unit in ("count", "years", "days", "months"):
        return float(math.floor(value + 1e-9))
    if value == 0:
        return 0.0
    rounded = round(value, 2 - math.floor(math.log10(abs(value))))
    return float(round(rounded)) if abs(rounded) >= 10 and measure.unit == "money" else rounded


def _counted(bounds: dict[str, Bounds], table: pd.DataFrame, measures: Sequence[Measure], member: Members) -> Rule | None:
    """The rule in words with its figures; None where rounding left it empty."""
    found = np.ones(len(table), dtype=bool)
    for name, limits in bounds.items():
        found &= limits.holds(table[name].to_numpy(dtype=np.float64))
    if not found.any():
        return None
    drawn = [measure for measure in measures if measure.name in bounds]
    words = tuple(condition(measure, bounds[measure.name], yes_or_no=_is_yes_or_no(measure, table)) for measure in drawn)
    hits = int((found & member).sum())
    return Rule(words, hits / int(found.sum()), hits / int(member.sum()), int(found.sum()))


def _is_yes_or_no(measure: Measure, table: pd.DataFrame) -> bool:
    return measure.unit == "share" and bool(table[measure.name].dropna().isin([0, 1]).all())


def condition(measure: Measure, bounds: Bounds, *, yes_or_no: bool = False) -> str:
    """`income over 68,100`, `no teenagers`, `at most 4 web visits a month`; of a yes-or-no measure, `phone service: no`."""
    if yes_or_no:
        yes = math.isfinite(bounds.low)
        if measure.name == "partner":
            return "living with a partner" if yes else "living without a partner"
        return f"{lower_first(measure.label)}: {'yes' if yes else 'no'}"
    label = "aged" if measure.name == "age" else lower_first(measure.label)
    low = quantity(bounds.low, measure.unit) if math.isfinite(bounds.low) else None
    high = quantity(bounds.high, measure.unit) if math.isfinite(bounds.high) else None
    if measure.unit == "count":
        return _count_condition(label, bounds, low, high)
    unit = " months" if measure.unit == "months" else ""
    if low is None:
        return f"{label} up to {high}{unit}"
    if high is None:
        return f"{label} over {low}{unit}"
    return f"{label} over {low} and up to {high}{unit}"


def _count_condition(label: str, bounds: Bounds, low: str | None, high: str | None) -> str:
    if low is None:
        return {0: f"no {label}", 1: f"fewer than 2 {label}"}.get(int(bounds.high), f"at most {high} {label}")
    if high is None:
        return {0: f"some {label}", 1: f"at least 2 {label}"}.get(int(bounds.low), f"more than {low} {label}")
    first = quantity(bounds.low + 1, "count")
    return f"{first} {label}" if bounds.low + 1 == bounds.high else f"{first} to {high} {label}"
