"""Rules that anyone can repeat: shallow trees on plain measures, in words whose figures are counted on those words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeClassifier

from segmentation.describing import traits
from segmentation.describing.profile_types import Measure, Rule, RuleSum
from segmentation.wording import lower_first, quantity, without_sums

Floats = NDArray[np.float64]
Members = NDArray[np.bool_]

DEPTH = 3
MOST = 3
OFFERED = 12
"""A tree may choose among so many measures."""

SAMPLE = 20_000
"""Trees grow on so many customers at most; precision, recall and coverage are always counted on all."""

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


@dataclass(frozen=True)
class RuleFinder:
    """What every segment's rules are sought in: measures with their `values` (n, m), NaN where unknown.

    Trees grow on `filled` (at most `SAMPLE` of the `rows`, unknown values at the median); `order` sorts each of its columns.
    """

    measures: tuple[Measure, ...]
    values: Floats
    rows: NDArray[np.intp]
    filled: Floats
    order: NDArray[np.intp]
    seed: int

    @classmethod
    def of(cls, table: pd.DataFrame, measures: Sequence[Measure], seed: int) -> RuleFinder:
        """For customers with these `measures`, columns of `table`: not those that nobody has a value of, nor sums beside their parts."""
        shown = set(without_sums([measure.name for measure in measures]))
        usable = tuple(measure for measure in measures if measure.name in shown and table[measure.name].notna().any())
        values = table[[measure.name for measure in usable]].to_numpy(dtype=np.float64)
        rows = np.arange(len(values))
        if len(rows) > SAMPLE:
            rows = np.sort(np.random.default_rng(seed).choice(rows, SAMPLE, replace=False))
        sample = values[rows]
        filled = np.where(np.isfinite(sample), sample, np.nanmedian(values, axis=0)) if usable else sample
        return cls(usable, values, rows, filled, np.argsort(filled, axis=0), seed)

    def find(self, member: Members) -> tuple[tuple[Rule, ...], RuleSum | None]:
        """At most `MOST` rules that find the segment, the one that finds most of it first, and what they find together.

        A tree (CART, Breiman et al. 1984) of depth `DEPTH` separates the segment from everyone else; neighbouring leaves that both
        find the segment are joined; thresholds are rounded, and all figures are counted on all customers with the rounded ones.
        Unknown values meet no condition. Without a rule there is no sum either.
        """
        if not self.measures or not member.any() or member.all():
            return (), None
        columns = self._telling(member[self.rows])
        tree = self._grow(columns, member)
        by_words: dict[tuple[str, ...], tuple[Rule, Members]] = {}
        for leaf in _finding_leaves(tree):
            bounds = {columns[place]: _rounded(limits, self.measures[columns[place]]) for place, limits in leaf.items()}
            found = self._found(bounds)
            if found.any() and (found & member).sum() >= PRECISE * found.sum():
                rule = Rule(self._words(bounds), **counted(found, member))
                by_words[rule.conditions] = rule, found
        best = sorted(by_words.values(), key=lambda each: (-each[0].recall, each[0].conditions))[:MOST]
        kept = [each for each in best if each[0].recall >= WORTHWHILE or each is best[0]]
        return tuple(rule for rule, _ in kept), RuleSum(**counted(_either(found for _, found in kept), member)) if kept else None

    def _telling(self, member: Members) -> list[int]:
        """The measures that a tree is offered: those in which segment and rest lie furthest apart (Kolmogorov-Smirnov distance)."""
        inside = member[self.order]
        gap = np.abs(np.cumsum(inside / max(int(member.sum()), 1) - ~inside / max(int((~member).sum()), 1), axis=0))
        ordered = np.take_along_axis(self.filled, self.order, axis=0)
        ends = np.vstack([ordered[1:] != ordered[:-1], np.ones((1, gap.shape[1]), dtype=bool)])
        distance = np.max(np.where(ends, gap, 0.0), axis=0)
        return sorted(np.argsort(-distance, kind="stable")[:OFFERED].tolist())

    def _grow(self, columns: Sequence[int], member: Members) -> DecisionTreeClassifier:
        segment = member[self.rows]
        leaf = min(max(5, round(0.02 * int(segment.sum()))), max(1, len(segment) // 4))
        tree = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=leaf, random_state=self.seed)
        return tree.fit(self.filled[:, columns], segment)

    def _found(self, bounds: Mapping[int, Bounds]) -> Members:
        return _all(limits.holds(self.values[:, column]) for column, limits in bounds.items())

    def _words(self, bounds: Mapping[int, Bounds]) -> tuple[str, ...]:
        return tuple(condition(self.measures[column], bounds[column]) for column in sorted(bounds))


def counted(found: Members, member: Members) -> dict[str, Any]:
    """Precision, recall, coverage and number of those `found`, of whom the segment has `member`; somebody must be found."""
    hits, customers = int((found & member).sum()), int(found.sum())
    return {
        "precision": hits / customers,
        "recall": hits / int(member.sum()),
        "coverage": customers / len(found),
        "customers": customers,
    }


def _all(conditions: Iterable[Members]) -> Members:
    return np.asarray(np.logical_and.reduce(list(conditions)))


def _either(rules: Iterable[Members]) -> Members:
    return np.asarray(np.logical_or.reduce(list(rules)))


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


def condition(measure: Measure, bounds: Bounds) -> str:
    """`income over 68,100`, `no teenagers`, `at most 4 web visits a month`; of a yes or no, `phone service: no`."""
    if measure.yes_or_no:
        return traits.condition(measure, yes=math.isfinite(bounds.low))
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
