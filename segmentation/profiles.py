"""What sets each segment apart: differences, rules, outcomes, and a name made from that evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.answers import with_answers
from segmentation.clustering import Assignments
from segmentation.comparison import differences, spread
from segmentation.customer_map import customer_map
from segmentation.facts import Fact, facts
from segmentation.intervals import mean_interval
from segmentation.naming import Name, name_segments
from segmentation.outcomes import outcome_rates
from segmentation.persona import evidence, persona
from segmentation.profile_types import (
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
from segmentation.roles import Role, Schema
from segmentation.rules import RuleFinder
from segmentation.shape import bin_edges, distribution, mixes
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
    measures = with_answers(measures, table, customers, schema)
    label = assignments.label
    clusters = [int(cluster) for cluster in np.unique(label[label >= 0])]
    members = [label == cluster for cluster in clusters]
    shares = [float(member.mean()) for member in members]
    found = differences(table, measures, label, clusters)
    measures = _by_spread(measures, found, shares)
    found = tuple(_in_order(each, measures) for each in found)
    facts_of_all = [facts(table, measures, each, member) for each, member in zip(found, members, strict=True)]
    worth = _Worth.of(customers, schema, table)
    shapes = _distributions(table, measures, facts_of_all, members)
    mix = mixes(customers, schema, members)
    outcomes = outcome_rates(customers, schema, members, worth.spend)
    names = name_segments(facts_of_all)
    rules = RuleFinder.of(table, measures, seed)
    segments = tuple(
        _segment(
            cluster,
            member,
            found[place],
            facts_of_all[place],
            names[place],
            worth,
            border=int((member & (assignments.confidence < BORDER)).sum()),
            stability=_known(stability[cluster]) if stability is not None else None,
            distributions=shapes[place],
            mix=mix[place],
            outcomes=outcomes[place],
            rules=rules.find(member),
        )
        for place, (cluster, member) in enumerate(zip(clusters, members, strict=True))
    )
    return Profiles(len(customers), worth.total, measures, segments, customer_map(features, label, seed))


@dataclass(frozen=True)
class _Worth:
    """What each customer spent, and days since the last purchase; None where the file does not tell."""

    spend: NDArray[np.float64] | None
    recency: NDArray[np.float64] | None

    @classmethod
    def of(cls, customers: pd.DataFrame, schema: Schema, table: pd.DataFrame) -> _Worth:
        columns = [column.name for column in schema.of(Role.SPEND)]
        spend = table["spend"].to_numpy(dtype=np.float64) if "spend" in table else None
        if spend is None and columns:
            amounts = customers[columns].to_numpy(dtype=np.float64, na_value=np.nan)
            spend = np.where(np.isnan(amounts).all(axis=1), np.nan, np.nansum(amounts, axis=1))
        recency = schema.one(Role.RECENCY_DAYS)
        days = table[recency.name].to_numpy(dtype=np.float64) if recency is not None and recency.name in table else None
        return cls(spend, days)

    @property
    def total(self) -> float | None:
        return float(np.nansum(self.spend)) if self.spend is not None else None

    def value(self, member: NDArray[np.bool_]) -> float | None:
        return float(np.nansum(self.spend[member])) if self.spend is not None else None

    def share(self, member: NDArray[np.bool_]) -> float | None:
        value = self.value(member)
        return value / self.total if value is not None and self.total else None

    def median(self, member: NDArray[np.bool_]) -> float | None:
        known = self.spend[member & np.isfinite(self.spend)] if self.spend is not None else np.empty(0)
        return float(np.median(known)) if known.size else None

    def mean(self, member: NDArray[np.bool_]) -> Interval | None:
        return mean_interval(self.spend[member]) if self.spend is not None else None

    def recency_mean(self, member: NDArray[np.bool_]) -> Interval | None:
        return mean_interval(self.recency[member]) if self.recency is not None else None


def _segment(
    cluster: int,
    member: NDArray[np.bool_],
    found: tuple[Difference, ...],
    segment_facts: Sequence[Fact],
    name: Name,
    worth: _Worth,
    *,
    border: int,
    stability: float | None,
    distributions: tuple[Distribution, ...],
    mix: tuple[MixPart, ...],
    outcomes: tuple[OutcomeRate, ...],
    rules: tuple[tuple[Rule, ...], RuleSum | None],
) -> SegmentProfile:
    share, value_share = float(member.mean()), worth.share(member)
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
        border=border,
        stability=stability,
        name=name.name,
        short_name=name.short_name,
        persona=persona(segment_facts, outcomes, share, value_share),
        evidence=evidence(segment_facts, name.measures, outcomes),
        differences=found,
        distributions=distributions,
        mix=mix,
        outcomes=outcomes,
        rules=rules[0],
        rule_sum=rules[1],
    )


def _known(figure: float) -> float | None:
    return float(figure) if np.isfinite(figure) else None


def _by_spread(measures: Sequence[Measure], found: Sequence[Sequence[Difference]], shares: Sequence[float]) -> tuple[Measure, ...]:
    """Measures that segments differ in most come first."""
    return tuple(sorted(measures, key=lambda measure: -spread(found, shares, measure.name)))


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
