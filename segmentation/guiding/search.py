"""Looking for the measures, weights and number of segments whose best segment has the highest lift, among those that repeat.

The outcome only ranks what is tried; segments are found without it. One clustering of all customers is therefore enough to try a choice:
cross-validation is needed for picking its best segment, not for finding its segments. The winner of many is still flattered; by how much
`lift.out_of_fold_lift` tells, with the whole search repeated in every fold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.choosing.stability import bootstrap
from segmentation.choosing.verdict import REPEATABLE, SMALLEST_SHARE
from segmentation.clustering import ALGORITHMS, Features, KMeans, fit_kmeans
from segmentation.errors import NotEnoughData
from segmentation.feature_offer import every_feature
from segmentation.features import FeatureBuilder, FeatureSpec
from segmentation.guiding.lift import LEAST_CASES, Floats, Rows, check_outcome, fold_numbers, partition_lift
from segmentation.guiding.proposals import Weights, propose
from segmentation.recipe import measured_with_recipe, recipe_for
from segmentation.roles import Schema

FITTED_ROWS = 5_000
SCORED_ROWS = 50_000
"""Of more customers a seeded sample is searched: segments are found in the first number, lifts measured on the second."""

RANKING_FOLDS = 5
RANKING_REPEATS = 4

RUNGS = (1, 3)
KEPT = 5
"""Successive halving (Jamieson & Talwalkar 2016): everything gets the first number of k-means starts, the best fifth the second."""

BATCH = 5
"""So many of those at a time, the best first, get the starts that a version gets, and their stability is measured."""

ALIKE = 0.02
"""Lifts that differ by this part are as good as each other (their standard error is several times that): the more stable one wins."""

Listener = Callable[[float], None]
"""Told the share of a search that is done (0 to 1); may raise to stop it."""


@dataclass(frozen=True)
class Budget:
    """How much a search may try.

    `proposals` sets of measures are tried with each of `ks`; of the best, at most `tested` are tested for stability with `draws` resamples,
    a few at a time, until some pass.
    """

    proposals: int = 60
    ks: tuple[int, ...] = (4, 5, 6, 7, 8)
    tested: int = 30
    draws: int = 20


@dataclass(frozen=True)
class Tried:
    """Segments that a search tried.

    `lift` is that of their best segment, chosen by cross-validation: fair to these segments, flattering for the winner of many.
    `stability` is the mean adjusted Rand index with resamples and `stability_error` its standard error, None where it was not measured.
    """

    features: Mapping[str, float]
    k: int
    lift: float
    smallest_share: float
    stability: float | None = None
    stability_error: float | None = None

    @property
    def passes(self) -> bool:
        """Whether they may win: they repeat, by more than the luck of a few resamples, and every segment is big enough."""
        if self.stability is None or self.stability_error is None:
            return False
        return self.stability - self.stability_error >= REPEATABLE and self.smallest_share >= SMALLEST_SHARE


@dataclass(frozen=True)
class Found:
    """What a search found: everything `tried`, and the `winner`.

    The winner has about the highest lift of those that pass, or, where none of those tested passes, the highest stability.
    """

    winner: Tried
    tried: tuple[Tried, ...]


@dataclass(frozen=True, eq=False)
class Ground:
    """What a search stands on: the customers it may look at, measured, with their outcome.

    `matrix` (n, d) holds all usable measures with one vote each, `columns` which of its columns are whose; `hits` (n,) is the outcome,
    `folds` (repeats, n) the folds for ranking, `fitted` the rows that segments are found in. `sets` is what to try, the default first.
    """

    matrix: Features
    columns: Mapping[str, slice]
    hits: Floats
    folds: NDArray[np.intp]
    fitted: Rows
    sets: tuple[Weights, ...]
    seed: int

    def view(self, features: Weights) -> Features:
        """The features (n, d') that these weights make."""
        return np.ascontiguousarray(np.hstack([self.matrix[:, self.columns[name]] * weight for name, weight in features.items()]))


def prepare(customers: pd.DataFrame, schema: Schema, hits: Floats, *, as_of: date, proposals: int, seed: int) -> Ground:
    """Measure `customers`, or a seeded sample of many, and list what shall be tried.

    NotEnoughData when nothing varies, or when too few of them have had the outcome.
    """
    rows = _sample(len(customers), SCORED_ROWS, seed)
    customers, hits = customers.iloc[rows], hits[rows]
    check_outcome(hits, "The outcome", least=LEAST_CASES // 2)  # a fold of those who have enough
    measured, blind = measured_with_recipe(customers, schema, as_of)
    usable = every_feature(customers, schema, as_of)
    whole = recipe_for(measured, as_of, dict.fromkeys(usable, 1.0))
    votes = {spec.name: spec.weight for spec in whole.features}
    return Ground(
        matrix=FeatureBuilder(whole).fit(measured.table).transform(measured.table),
        columns={spec.name: slice(*block) for spec, block in zip(whole.features, whole.blocks(), strict=True)},
        hits=hits,
        folds=fold_numbers(hits, RANKING_FOLDS, RANKING_REPEATS, seed),
        fitted=_sample(len(customers), FITTED_ROWS, seed),
        sets=propose(measured, schema, usable, _wish(blind.features, votes), count=proposals, seed=seed),
        seed=seed,
    )


def search(ground: Ground, budget: Budget, listener: Listener | None = None) -> Found:
    """Try every set of measures with every number of segments, and test the best for stability until some pass.

    NotEnoughData when there are fewer different customers than segments, whatever the measures.
    """
    tried: list[Tried] = []
    for place, features in enumerate(ground.sets):
        if listener is not None:
            listener(place / len(ground.sets))
        tried += _tried_with_each(ground, features, budget.ks)
    if not tried:
        raise NotEnoughData(
            f"{min(budget.ks)} segments need at least as many different customers, and there are not so many by any measures. "
            "Add columns that tell customers apart."
        )
    best = sorted(tried, key=_rank)[: max(len(tried) // KEPT, budget.tested)]
    ranked = sorted((_again(ground, each, RUNGS[1]) for each in best), key=_rank)
    return Found(_winner(ground, ranked[: budget.tested], budget.draws), tuple(tried))


def frontier(ground: Ground, found: Found, budget: Budget, listener: Listener | None = None) -> tuple[Tried, ...]:
    """Lift against stability: each set of measures with its best number of segments, and the winner, the highest lift first."""
    best: dict[tuple[tuple[str, float], ...], Tried] = {}
    for tried in sorted(found.tried, key=_rank):
        best.setdefault(tuple(tried.features.items()), tried)
    points = [found.winner]
    for place, tried in enumerate(best.values()):
        if listener is not None:
            listener(place / len(best))
        if (tried.features, tried.k) != (found.winner.features, found.winner.k):
            points.append(_tested(ground, tried, budget.draws))
    return tuple(sorted(points, key=lambda tried: -tried.lift))


def _wish(specs: Sequence[FeatureSpec], votes: Weights) -> dict[str, float]:
    """The weights to ask for that make these features."""
    return {spec.name: spec.weight / votes[spec.name] for spec in specs}


def _sample(customers: int, most: int, seed: int) -> Rows:
    if customers <= most:
        return np.arange(customers)
    return np.sort(np.random.default_rng(seed).choice(customers, most, replace=False))


def _tried_with_each(ground: Ground, features: Weights, ks: Sequence[int]) -> Iterator[Tried]:
    view = ground.view(features)
    distinct = _distinct(view[ground.fitted])
    for k in ks:
        if k <= distinct:
            yield _tried(ground, features, view, _fit(ground, view, k, RUNGS[0]))


def _again(ground: Ground, tried: Tried, restarts: int) -> Tried:
    """`tried` with another number of starts."""
    view = ground.view(tried.features)
    return _tried(ground, tried.features, view, _fit(ground, view, tried.k, restarts))


def _tested(ground: Ground, tried: Tried, draws: int) -> Tried:
    """`tried` with the starts that a version gets, and its stability."""
    view = ground.view(tried.features)
    model = _fit(ground, view, tried.k)
    rows, algorithm = view[ground.fitted], ALGORITHMS[model.algorithm]
    agreement = bootstrap(rows, {tried.k: model}, algorithm, seed=ground.seed, draws=draws)[tried.k].agreement
    error = float(agreement.std(ddof=1) / np.sqrt(draws))
    return replace(_tried(ground, tried.features, view, model), stability=float(agreement.mean()), stability_error=error)


def _fit(ground: Ground, view: Features, k: int, restarts: int | None = None) -> KMeans:
    return fit_kmeans(view[ground.fitted], k, seed=ground.seed, restarts=restarts)


def _tried(ground: Ground, features: Weights, view: Features, model: KMeans) -> Tried:
    labels = model.labels(view)
    smallest = float(np.bincount(labels, minlength=model.k).min() / len(labels))
    lift = partition_lift(labels, ground.hits, model.k, ground.folds)
    return Tried(features, model.k, float(np.nan_to_num(lift)), smallest)


def _rank(tried: Tried) -> tuple[bool, float]:
    """Those whose segments are big enough first, then the highest lift."""
    return tried.smallest_share < SMALLEST_SHARE, -tried.lift


def _winner(ground: Ground, ranked: Sequence[Tried], draws: int) -> Tried:
    """Of the first batch in which any pass, the most stable of those that are about as good as the best; without any the most stable."""
    tested: list[Tried] = []
    for start in range(0, len(ranked), BATCH):
        tested += [_tested(ground, each, draws) for each in ranked[start : start + BATCH]]
        passing = [each for each in tested if each.passes]
        if passing:
            best = max(each.lift for each in passing)
            return max((each for each in passing if each.lift >= best * (1 - ALIKE)), key=_steadiness)
    return max(tested, key=_steadiness)


def _steadiness(tried: Tried) -> float:
    return tried.stability or 0.0


def _distinct(rows: Features) -> int:
    """How many different rows there are: as many as different values of a projection that is in no special direction."""
    direction = np.random.default_rng(0).normal(size=rows.shape[1])
    return len(np.unique(np.round(rows @ direction, 9)))
