"""What sets each segment apart: differences, rules, outcomes, and a name made from that evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.clustering import Assignments
from segmentation.describing.answers import with_answers
from segmentation.describing.comparison import differences, spread
from segmentation.describing.customer_map import customer_map
from segmentation.describing.facts import Fact, facts
from segmentation.describing.naming import Name, name_segments
from segmentation.describing.outcomes import outcome_rates
from segmentation.describing.persona import evidence, persona
from segmentation.describing.profile_types import (
    Chance,
    CustomerMap,
    Difference,
    Distribution,
    Evidence,
    Interval,
    Measure,
    MixPart,
    OutcomeRate,
    Profiles,
    Rule,
    RuleSum,
    SegmentProfile,
    SpendLift,
    Unit,
)
from segmentation.describing.rules import RuleFinder
from segmentation.describing.shape import bin_edges, distribution, mixes
from segmentation.describing.worth import Worth
from segmentation.roles import Schema
from segmentation.wording import without_sums

__all__ = [
    "Chance",
    "CustomerMap",
    "Difference",
    "Distribution",
    "Evidence",
    "Interval",
    "Measure",
    "MixPart",
    "OutcomeRate",
    "Profiles",
    "Rule",
    "RuleSum",
    "SegmentProfile",
    "SpendLift",
    "Unit",
    "profile_segments",
]

BORDER = 0.60
"""Under this confidence a customer lies on the border between two segments."""

TELLING = 6
"""Distributions shown per segment: its largest differences."""


def profile_segments(
    customers: pd.DataFrame,
    schema: Schema,
    *,
    table: pd.DataFrame,
    measures: tuple[Measure, ...],
    assignments: Assignments,
    stability: Sequence[float] | None,
    features: NDArray[np.float64],
    seed: int,
) -> Profiles:
    """Profiles of all segments of one fit, in the order of their cluster numbers.

    `customers` (n rows, typed as intake makes them), `table` (n rows, one float64 column per measure, NaN where
    unknown), `assignments` and `features` (n x d, as fitted) are about the same customers in the same order;
    `stability` is by cluster number. Customers in no segment count among everyone else. The same input and seed
    give the same profiles. ValueError where the lengths differ.
    """
    if not len(customers) == len(table) == len(assignments.label) == len(features):
        raise ValueError("Customers, measures, assignments and features must have one row per customer, in the same order.")
    label = assignments.label
    clusters = [int(cluster) for cluster in np.unique(label[label >= 0])]
    members = [label == cluster for cluster in clusters]
    measures, found = _compared(with_answers(measures, table, customers, schema), table, label, clusters)
    facts_of_all = [facts(table, measures, each, member) for each, member in zip(found, members, strict=True)]
    worth = Worth.of(customers, schema, table)
    told = map(
        _Told,
        found,
        facts_of_all,
        name_segments(facts_of_all),
        _distributions(table, measures, facts_of_all, members),
        mixes(customers, schema, members),
        outcome_rates(customers, schema, members, worth.spend),
        map(RuleFinder.of(table, measures, seed).find, members),
        [int((member & (assignments.confidence < BORDER)).sum()) for member in members],
        [_known(stability[cluster]) if stability is not None else None for cluster in clusters],
    )
    segments = tuple(map(_segment, clusters, members, told, [worth] * len(clusters)))
    return Profiles(len(customers), worth.total, measures, segments, customer_map(features, label, seed))


@dataclass(frozen=True)
class _Told:
    """What was found out about one segment, beside its worth."""

    differences: tuple[Difference, ...]
    facts: tuple[Fact, ...]
    name: Name
    distributions: tuple[Distribution, ...]
    mix: tuple[MixPart, ...]
    outcomes: tuple[OutcomeRate, ...]
    rules: tuple[tuple[Rule, ...], RuleSum | None]
    border: int
    stability: float | None


def _segment(cluster: int, member: NDArray[np.bool_], told: _Told, worth: Worth) -> SegmentProfile:
    share, value_share = float(member.mean()), worth.share(member)
    rules, rule_sum = told.rules
    return SegmentProfile(
        cluster=cluster,
        size=int(member.sum()),
        share=share,
        value=worth.value(member),
        value_share=value_share,
        value_mean=worth.mean(member),
        value_median=worth.median(member),
        rest_value_median=worth.median(~member),
        recency_mean=worth.recency_mean(member),
        border=told.border,
        stability=told.stability,
        name=told.name.name,
        short_name=told.name.short_name,
        persona=persona(told.facts, told.outcomes, share, value_share),
        evidence=evidence(told.facts, told.name.measures, told.outcomes),
        differences=told.differences,
        distributions=told.distributions,
        mix=told.mix,
        outcomes=told.outcomes,
        rules=rules,
        rule_sum=rule_sum,
    )


def _compared(
    measures: tuple[Measure, ...], table: pd.DataFrame, label: NDArray[np.int16], clusters: Sequence[int]
) -> tuple[tuple[Measure, ...], tuple[tuple[Difference, ...], ...]]:
    """The measures, those that segments differ in most first, and the differences of each segment in that order."""
    found = differences(table, measures, label, clusters)
    shares = [float((label == cluster).mean()) for cluster in clusters]
    ordered = tuple(sorted(measures, key=lambda measure: -spread(found, shares, measure.name)))
    return ordered, tuple(_in_order(each, ordered) for each in found)


def _known(figure: float) -> float | None:
    return float(figure) if np.isfinite(figure) else None


def _in_order(found: Sequence[Difference], measures: Sequence[Measure]) -> tuple[Difference, ...]:
    by_name = {difference.measure: difference for difference in found}
    return tuple(by_name[measure.name] for measure in measures if measure.name in by_name)


def _distributions(
    table: pd.DataFrame, measures: Sequence[Measure], facts_of_all: Sequence[Sequence[Fact]], members: Sequence[NDArray[np.bool_]]
) -> list[tuple[Distribution, ...]]:
    """Each segment's most telling measures on edges that all segments share."""
    shown = set(without_sums([measure.name for measure in measures]))
    chosen = [_telling([fact.measure for fact in segment if fact.measure.name in shown]) for segment in facts_of_all]
    wanted = {measure.name: measure for segment in chosen for measure in segment}
    values = {name: table[name].to_numpy(dtype=np.float64) for name in wanted}
    edges = {name: bin_edges(values[name], measure) for name, measure in wanted.items()}
    return [
        tuple(distribution(measure, values[measure.name], edges[measure.name], member) for measure in segment)
        for segment, member in zip(chosen, members, strict=True)
    ]


def _telling(measures: Sequence[Measure]) -> Sequence[Measure]:
    """Those with a shape to show; a yes or no has none, and is shown only where there is nothing else."""
    return ([measure for measure in measures if not measure.yes_or_no] or measures)[:TELLING]
