"""Customers before any clustering: how they spread over each measure, what goes together, and what goes with an outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from segmentation.describing.comparison import holm
from segmentation.describing.intervals import wilson
from segmentation.describing.outcomes import yes_values
from segmentation.describing.profile_types import Measure
from segmentation.describing.shape import bin_edges, distribution
from segmentation.exploring.association import Grouping, associate, group_values, strongest_first
from segmentation.exploring.exploration_types import (
    Association,
    Exploration,
    ExploredOutcome,
    GroupRate,
    Level,
    Levels,
    Repeat,
    Spread,
)
from segmentation.measures import Measured, measure_customers
from segmentation.roles import Column, Role, Schema

__all__ = [
    "Association",
    "Exploration",
    "ExploredOutcome",
    "GroupRate",
    "Level",
    "Levels",
    "Repeat",
    "Spread",
    "explore",
    "sample_rows",
]

Floats = NDArray[np.float64]

SAMPLE = 50_000
"""Customers looked at, at most."""

MOST = 60
"""Measures and categories looked at, at most; outcomes `MOST_OUTCOMES`."""
MOST_OUTCOMES = 12

MOST_LEVELS = 8
RARE = 5
"""A category's words with fewer customers are counted together, and so are those beyond `MOST_LEVELS`."""
OTHER = "Other"

FEWEST_PAIRS = 30
"""Customers with both known that a correlation needs at least."""
NEARLY_THE_SAME = 0.9

YES_NO = ("No", "Yes")


def sample_rows(customers: int, seed: int = 0) -> NDArray[np.int64]:
    """Numbers of the rows that `explore` looks at, ascending: all of them up to `SAMPLE`, else as many drawn by `seed`."""
    if customers <= SAMPLE:
        return np.arange(customers)
    return np.sort(np.random.default_rng(seed).choice(customers, SAMPLE, replace=False, shuffle=False))


def explore(customers: pd.DataFrame, schema: Schema, *, as_of: date, seed: int = 0, drawn_from: int | None = None) -> Exploration:
    """Look at `customers` (canonical columns) as of a day.

    Above `SAMPLE` customers a sample drawn by `seed` is looked at. Who has drawn it already, by `sample_rows`, gives its rows and
    says in `drawn_from` how many customers there are; the answer is the same.
    """
    everybody = len(customers) if drawn_from is None else drawn_from
    chosen = customers if drawn_from is not None else customers.iloc[sample_rows(everybody, seed)]
    measured = measure_customers(chosen, schema, as_of)
    measures, categories, left_out = _looked_at(measured)
    spreads = tuple(_spread(measure, measured, schema) for measure in measures)
    words = {category.name: count_words(chosen[category.name], schema.named(category.name)) for category in categories}
    levels = tuple(levels_of(name, *found) for name, found in words.items())
    correlations = _correlations(measured, measures)
    groupings = [_grouping(measure, measured, schema) for measure in measures]
    groupings += [Grouping(name, place, labels, (), ordered=False) for name, (place, labels) in words.items()]
    return Exploration(
        customers=everybody,
        sample=len(chosen),
        measures=measures,
        categories=categories,
        spreads=spreads,
        levels=levels,
        correlations=correlations,
        repeats=_repeats(measures, correlations),
        outcomes=_outcomes(chosen, schema, groupings),
        details=tuple(measure.name for measure in measures if measured.family[measure.name] == "detail"),
        sensitive=tuple(each.name for each in (*measures, *categories) if each.name in measured.sensitive),
        left_out=left_out,
    )


def _looked_at(measured: Measured) -> tuple[tuple[Measure, ...], tuple[Measure, ...], tuple[str, ...]]:
    """Measures and categories, at most `MOST` together, and the labels of the rest; what is only a part of another measure goes first."""
    every = sorted((*measured.measures, *measured.categories), key=lambda each: measured.family[each.name] == "detail")
    kept = {each.name for each in every[:MOST]}
    return (
        tuple(measure for measure in measured.measures if measure.name in kept),
        tuple(category for category in measured.categories if category.name in kept),
        tuple(each.label for each in every[MOST:]),
    )


def _value_names(measure: Measure, measured: Measured, schema: Schema) -> tuple[str, ...]:
    """Words for the values 0, 1, ... of a measure that has them: No and Yes, or the steps of an ordered scale."""
    if measured.family[measure.name] == "flag" or measure.name == "partner":
        return YES_NO
    column = next((column for column in schema.of(Role.ORDINAL) if column.name == measure.name), None)
    return tuple(step.split("|")[0] for step in column.levels) if column is not None else ()


def _values(measure: Measure, measured: Measured) -> Floats:
    return np.asarray(measured.table[measure.name].to_numpy(dtype=np.float64))


def _spread(measure: Measure, measured: Measured, schema: Schema) -> Spread:
    values, names = _values(measure, measured), _value_names(measure, measured, schema)
    return spread_over(measure, values, named_bins(names) if names else bin_edges(values, measure), names)


def named_bins(names: Sequence[str]) -> tuple[tuple[float, ...], bool]:
    """Edges around the values 0, 1, ... that have names, and that nothing lies beyond."""
    return tuple(place - 0.5 for place in range(len(names) + 1)), False


def spread_over(measure: Measure, values: Floats, bins: tuple[tuple[float, ...], bool], names: tuple[str, ...] = ()) -> Spread:
    """How `values` (n,), NaN where unknown, spread over `bins` (edges, and whether values lie beyond the last one)."""
    known = values[np.isfinite(values)]
    shares = distribution(measure, values, bins, np.ones(len(values), dtype=bool)).segment
    return Spread(
        measure=measure.name,
        known=len(known),
        missing=1 - len(known) / len(values) if len(values) else 0.0,
        edges=bins[0],
        shares=tuple(round(share, 6) for share in shares),
        open_ended=bins[1],
        names=names,
        mean=float(known.mean()) if known.size else None,
        median=float(np.median(known)) if known.size else None,
        low=float(known.min()) if known.size else None,
        high=float(known.max()) if known.size else None,
        skewness=_skewness(known),
    )


def _skewness(known: Floats) -> float | None:
    if known.size < 3 or np.ptp(known) <= 1e-9 * max(1.0, float(np.abs(known).max())):
        return None
    return float(stats.skew(known, bias=False))


def count_words(values: pd.Series, column: Column) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Place of each customer's word among the labels (−1 for unknown): folded, commonest first, rare ones together as the last."""
    code, words = pd.factorize(values)
    folded, labels = pd.factorize(np.array([column.folds.get(str(word), str(word)).strip() for word in words], dtype=object))
    place = np.where(code >= 0, np.append(folded, 0)[code], -1)
    count = np.bincount(place[place >= 0], minlength=len(labels))
    order = sorted(range(len(labels)), key=lambda at: (-count[at], labels[at]))
    kept = [at for at in order[: MOST_LEVELS + (len(order) == MOST_LEVELS + 1)] if count[at] >= RARE] or order[:1]
    slot = np.full(len(labels) + 1, len(kept))
    slot[kept] = np.arange(len(kept))
    names = (*(str(labels[at]) for at in kept), *((OTHER,) if len(kept) < len(order) else ()))
    return np.where(place >= 0, slot[place], -1), names


def levels_of(category: str, place: NDArray[np.intp], labels: Sequence[str]) -> Levels:
    """How many customers have each of the labels; `place` (n,) is that of each customer's own, −1 for unknown."""
    known = int((place >= 0).sum())
    count = np.bincount(place[place >= 0], minlength=len(labels))
    return Levels(
        category=category,
        known=known,
        missing=1 - known / len(place) if len(place) else 0.0,
        levels=tuple(Level(label, int(n), round(float(n / known), 6) if known else 0.0) for label, n in zip(labels, count, strict=True)),
    )


def _correlations(measured: Measured, measures: Sequence[Measure]) -> tuple[tuple[float | None, ...], ...]:
    """Spearman's rank correlation (1904) of each pair over the customers who have both known; 1 on the diagonal of what varies."""
    if not measures:
        return ()
    table = measured.table[[measure.name for measure in measures]]
    rho = table.corr(method="spearman", min_periods=FEWEST_PAIRS).to_numpy()
    return tuple(tuple(round(float(value), 4) if np.isfinite(value) else None for value in row) for row in rho)


def _repeats(measures: Sequence[Measure], correlations: Sequence[Sequence[float | None]]) -> tuple[Repeat, ...]:
    """Pairs that say nearly the same, strongest first."""
    pairs = [
        Repeat(measures[a].name, measures[b].name, rho)
        for a in range(len(measures))
        for b in range(a + 1, len(measures))
        if (rho := correlations[a][b]) is not None and abs(rho) > NEARLY_THE_SAME
    ]
    return tuple(sorted(pairs, key=lambda pair: -abs(pair.rho)))


def _grouping(measure: Measure, measured: Measured, schema: Schema) -> Grouping:
    values, names = _values(measure, measured), _value_names(measure, measured, schema)
    if not names:
        return group_values(measure.name, values)
    place = np.where(np.isfinite(values), values, -1).astype(np.intp)
    return Grouping(measure.name, place, names, ())


def _outcomes(customers: pd.DataFrame, schema: Schema, groupings: Sequence[Grouping]) -> tuple[ExploredOutcome, ...]:
    """Each outcome that is known of anybody, with Holm's correction over all of them and all groupings together."""
    hits = [(column, yes_values(customers[column.name])) for column in schema.of(Role.OUTCOME)[:MOST_OUTCOMES]]
    known = [(column, hit) for column, hit in hits if np.isfinite(hit).any()]
    found = [[each for grouping in groupings if (each := associate(grouping, hit))] for _, hit in known]
    clear = iter(holm(np.array([each.p for own in found for each in own])))
    return tuple(
        _outcome(column, hit, [replace(each, clear=bool(next(clear))) for each in own])
        for (column, hit), own in zip(known, found, strict=True)
    )


def _outcome(column: Column, hit: Floats, associations: Sequence[Association]) -> ExploredOutcome:
    n, hits = int(np.isfinite(hit).sum()), int(np.nansum(hit))
    low, high = wilson(hits, n)
    return ExploredOutcome(column.name, column.label, n, hits, hits / n, low, high, strongest_first(associations))
