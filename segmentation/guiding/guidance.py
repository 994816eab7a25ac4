"""Letting an outcome choose measures, weights and the number of segments, never as a feature; and saying honestly what that gains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import numpy as np
import pandas as pd

from segmentation.choosing.selection import DEFAULT_ALGORITHM, Progress, Reason
from segmentation.choosing.verdict import REPEATABLE, SMALLEST_SHARE
from segmentation.clustering import fit_kmeans
from segmentation.features import FeatureBuilder
from segmentation.guiding.lift import (
    FOLDS,
    REPEATS,
    Chooser,
    Floats,
    Labeller,
    OutOfFold,
    Rows,
    difference,
    out_of_fold_lift,
    outcome_values,
    quartiles_of,
)
from segmentation.guiding.search import Budget, Tried, frontier, prepare, search
from segmentation.measures import finite, measure_customers
from segmentation.pipeline import SegmentModel, choose, sweep_features
from segmentation.recipe import measured_with_recipe
from segmentation.roles import Schema
from segmentation.wording import signed

CLEAR = 2.0
"""A difference of so many standard errors is not put down to chance."""

FLATTERED = 0.05
"""What the search saw is worth a word where it lies so far above what customers held out show."""

FULL = Budget()


@dataclass(frozen=True)
class Guidance:
    """What an outcome chose: measures with their weights (`features`) and `k` segments, found with all customers.

    `lift` is nested: the whole search is repeated in every fold, so that it is fair to customers who had no part in it. Beside it stand, in
    the same folds, `blind_lift` of the default recipe with `blind_k` segments, and `spend_lift` of quartiles of spend (of orders without
    spend, None without either). `gain` is `lift` less `blind_lift`, fold by fold, with its standard error. `seen_lift` is what the search
    saw of its winner, which flatters; so does the `frontier` of lift against stability. `stability` is the mean adjusted Rand index
    with resamples, `tried` how many combinations were tried, `rows` how many customers have a known outcome.
    """

    outcome: str
    features: Mapping[str, float]
    k: int
    lift: OutOfFold
    blind_lift: OutOfFold
    blind_k: int
    spend_lift: OutOfFold | None
    gain: tuple[float, float]
    seen_lift: float
    stability: float
    smallest_share: float
    frontier: tuple[Tried, ...]
    tried: int
    rows: int
    reasons: tuple[Reason, ...] = ()


def guide(
    customers: pd.DataFrame,
    schema: Schema,
    outcome: str,
    *,
    as_of: date,
    seed: int = 0,
    budget: Budget = FULL,
    folds: int = FOLDS,
    repeats: int = REPEATS,
    progress: Progress | None = None,
) -> Guidance:
    """Choose measures, weights and the number of segments by the lift of the best segment for `outcome`, the name of a column.

    Only segments that repeat and are big enough may win. The same arguments give the same guidance, bit for bit; `progress` may raise
    `Cancelled`. SegmentationError when `outcome` is no outcome column, NotEnoughData when it is yes, or no, for too few customers.
    """
    hits, report = outcome_values(customers, schema, outcome), progress or _silent
    ground = prepare(customers, schema, hits, as_of=as_of, proposals=budget.proposals, seed=seed)
    found = search(ground, budget, lambda share: report("Trying features", 0.02 * share))
    points = frontier(ground, found, budget, lambda share: report("Resampling", 0.02 + 0.06 * share))
    report("Segments without a look at the outcome", 0.08)
    blind_k = recommended_k(customers, schema, as_of=as_of, seed=seed)
    measure = partial(out_of_fold_lift, hits, outcome=outcome, seed=seed, folds=folds, repeats=repeats)
    guided = guided_choice(customers, schema, hits, as_of=as_of, seed=seed, budget=budget)
    lift = measure(guided, progress=lambda stage, share: report(stage, 0.10 + 0.88 * share))
    blind_lift = measure(blind_choice(customers, schema, as_of=as_of, seed=seed, k=blind_k))
    worth = worth_choice(customers, schema, as_of)
    guidance = Guidance(
        outcome=outcome,
        features=found.winner.features,
        k=found.winner.k,
        lift=lift,
        blind_lift=blind_lift,
        blind_k=blind_k,
        spend_lift=None if worth is None else measure(worth),
        gain=difference(lift, blind_lift),
        seen_lift=found.winner.lift,
        stability=found.winner.stability or 0.0,
        smallest_share=found.winner.smallest_share,
        frontier=points,
        tried=len(found.tried),
        rows=int(np.isfinite(hits).sum()),
    )
    report("Done", 1.0)
    return replace(guidance, reasons=tuple(_reasons(guidance, schema.named(outcome).label)))


def guided_choice(customers: pd.DataFrame, schema: Schema, hits: Floats, *, as_of: date, seed: int, budget: Budget = FULL) -> Chooser:
    """The whole search for the outcome `hits` (n,), with the customers it is given and nobody else."""

    def choose_with(training: Rows) -> Labeller:
        part = customers.iloc[training]
        ground = prepare(part, schema, hits[training], as_of=as_of, proposals=budget.proposals, seed=seed)
        winner = search(ground, budget).winner
        measured, recipe = measured_with_recipe(part, schema, as_of, winner.features)
        builder = FeatureBuilder(recipe).fit(measured.table)
        clusterer = fit_kmeans(builder.transform(measured.table), winner.k, seed=seed)
        return _labeller(SegmentModel(recipe, builder, clusterer), customers, schema)

    return choose_with


def blind_choice(customers: pd.DataFrame, schema: Schema, *, as_of: date, seed: int, k: int | None = None) -> Chooser:
    """The default recipe with `k` segments, or with as many as are recommended for the customers it is given."""

    def choose_with(training: Rows) -> Labeller:
        return _labeller(_blind(customers.iloc[training], schema, as_of, seed, k), customers, schema)

    return choose_with


def worth_choice(customers: pd.DataFrame, schema: Schema, as_of: date) -> Chooser | None:
    """Quartiles of spend, or of orders where there is no spend; None where there is neither."""
    table = measure_customers(customers, schema, as_of).table
    name = next((name for name in ("spend", "orders") if name in table), None)
    return None if name is None else quartiles_of(finite(table[name]))


def recommended_k(customers: pd.DataFrame, schema: Schema, *, as_of: date, seed: int) -> int:
    """How many segments a version without guidance would have."""
    return _blind(customers, schema, as_of, seed, None).clusterer.k


def _blind(customers: pd.DataFrame, schema: Schema, as_of: date, seed: int, k: int | None) -> SegmentModel:
    measured, recipe = measured_with_recipe(customers, schema, as_of)
    builder = FeatureBuilder(recipe).fit(measured.table)
    matrix = builder.transform(measured.table)
    if k is not None:
        return SegmentModel(recipe, builder, fit_kmeans(matrix, k, seed=seed))
    swept = sweep_features(matrix, recipe, k=None, algorithm=DEFAULT_ALGORITHM, seed=seed)
    chosen, _ = choose(swept)
    return SegmentModel(recipe, builder, swept.models[chosen.algorithm, chosen.k])


def _labeller(model: SegmentModel, customers: pd.DataFrame, schema: Schema) -> Labeller:
    return lambda rows: model.clusterer.labels(model.features(customers.iloc[rows], schema))


def _reasons(guidance: Guidance, label: str) -> Iterator[Reason]:
    lift = guidance.lift
    yield Reason(
        lift.lift - CLEAR * lift.error > 1,
        f'In the best segment, "{label}" is {lift.lift:.2f} times as frequent as among all customers (± {lift.error:.2f}), '
        "counted on customers who had no part in the choice",
    )
    yield _gain_reason(guidance)
    if guidance.spend_lift is not None:
        yield Reason(lift.lift > guidance.spend_lift.lift, f"Quarters by spend alone give {guidance.spend_lift.lift:.2f}")
    if guidance.seen_lift > lift.lift + FLATTERED:
        yield Reason(
            False,
            f"While choosing it looked like {guidance.seen_lift:.2f}: the winner of {guidance.tried:,} tries is flattered, "
            "and only the figure for customers held out counts",
        )
    yield Reason(guidance.stability >= REPEATABLE, f"Agreement between resamples {guidance.stability:.2f}")
    yield Reason(guidance.smallest_share >= SMALLEST_SHARE, f"Smallest segment {guidance.smallest_share:.1%}")


def _gain_reason(guidance: Guidance) -> Reason:
    gain, error = guidance.gain
    blind = f"segments found without a look at the outcome ({guidance.blind_lift.lift:.2f})"
    if abs(gain) <= CLEAR * error:
        return Reason(False, f"No clear difference from {blind}: {signed(gain, 2)} ± {error:.2f}")
    if gain < 0:
        return Reason(False, f"Less than {blind}: {signed(gain, 2)} ± {error:.2f}. Keep those")
    return Reason(True, f"More than {blind}: {signed(gain, 2)} ± {error:.2f}")


def _silent(stage: str, share: float) -> None:
    """Nobody listens."""
