"""Customers in, segmentation out: the one sequence of steps that a re-cluster runs."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.choosing.selection import AUTO, DEFAULT_ALGORITHM, Candidate, Progress, Sweep, Verdict, sweep
from segmentation.choosing.verdict import judge, recommend
from segmentation.clustering import Assignments, Clusterer, Features, algorithm_named
from segmentation.describing.customer_map import project
from segmentation.describing.profile_types import Measure, Profiles
from segmentation.describing.profiles import profile_segments
from segmentation.errors import NotEnoughData, SegmentationError
from segmentation.explaining.reach import Reach, learn_reach
from segmentation.features import FeatureBuilder, FeatureSummary, Recipe
from segmentation.measures import Measured, measure_customers
from segmentation.recipe import Wish, measured_with_recipe
from segmentation.roles import Schema
from segmentation.wording import listed, upper_first

__all__ = ["AUTOMATIC_KS", "Progress", "SegmentModel", "Segmentation", "segment_customers"]

AUTOMATIC_KS = tuple(range(2, 9))
LARGEST_K = 20
CUSTOMERS_PER_SEGMENT = 10
"""Fewer than this on average, and a segment's figures are about individuals."""

DISTINCT_ROWS = 5_000
"""Different customers are counted among these first; all are sorted only when there are not enough."""


@dataclass(frozen=True, eq=False)
class SegmentModel:
    """What places a customer: the recipe, what its features learned, and the clusters.

    `reach` is what is known of each segment's customers; models of version 0.1 have none.
    """

    recipe: Recipe
    builder: FeatureBuilder
    clusterer: Clusterer
    reach: Reach | None = None

    def assign(self, customers: pd.DataFrame, schema: Schema, as_of: date | None = None) -> Assignments:
        """Segments of `customers` (canonical columns), later ones included, with the recipe as it was fitted.

        Ages and tenures are taken at `as_of`, by default the day of the fit. SegmentationError when a column that
        the recipe needs is missing.
        """
        return self.clusterer.assign(self.features(customers, schema, as_of))

    def features(self, customers: pd.DataFrame, schema: Schema, as_of: date | None = None) -> Features:
        """The features (n, d) of `customers` as this model sees them."""
        return self.builder.transform(self.measure(customers, schema, as_of))

    def measure(self, customers: pd.DataFrame, schema: Schema, as_of: date | None = None) -> pd.DataFrame:
        """The measures of `customers` that the features are made from; SegmentationError when one is missing."""
        table = measure_customers(customers, schema, as_of or self.recipe.as_of, without=self.recipe.left_out).table
        missing = [spec.label for spec in self.recipe.features if spec.measure not in table]
        if missing:
            raise SegmentationError(
                f"These customers lack what the model was fitted on: {', '.join(missing)}. "
                "Import a file with those columns, or re-cluster.",
                code="missing_feature",
                details={"missing": missing},
            )
        return table


@dataclass(frozen=True)
class Segmentation:
    """The result of one run. `model` assigns later customers and goes into an artifact; the rest is for reading.

    `figures` holds at least silhouette, silhouette_null, davies_bouldin, calinski_harabasz, stability_ari and
    smallest_share, and `evaluated_on`, how many customers they were measured on, with the silhouette's standard
    error where that is a sample; `seconds` the time of each stage. `table` has the measures that `profiles` speaks of,
    a row for each customer, and `plane` (n x 2) their places on the customer map.
    """

    model: SegmentModel
    assignments: Assignments
    algorithm: str
    k: int
    seed: int
    verdict: Verdict
    sweep: tuple[Candidate, ...]
    figures: dict[str, float]
    profiles: Profiles
    seconds: dict[str, float]
    features: tuple[FeatureSummary, ...] = ()
    table: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False, compare=False)
    plane: Features | None = field(default=None, repr=False, compare=False)


@dataclass
class _Stages:
    """Tells the listener each stage, and keeps how long each took."""

    progress: Progress | None
    seconds: dict[str, float] = field(default_factory=dict)
    _stage: str | None = None
    _since: float = 0.0

    def at(self, stage: str, share: float) -> None:
        now = time.perf_counter()
        if self._stage is not None:
            self.seconds[self._stage] = self.seconds.get(self._stage, 0.0) + now - self._since
        self._stage, self._since = stage, now
        if self.progress is not None:
            self.progress(stage, share)

    def within(self, low: float, high: float) -> Progress:
        """A listener whose 0 to 1 is our `low` to `high`."""
        return lambda stage, share: self.at(stage, low + (high - low) * share)


def segment_customers(
    customers: pd.DataFrame,
    schema: Schema,
    *,
    as_of: date,
    k: int | None = None,
    algorithm: str = DEFAULT_ALGORITHM,
    features: Wish = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Segmentation:
    """Find, judge and describe segments of `customers` (canonical columns, one row each).

    Without `k` the number of segments is recommended out of 2 to 8; with it, the sweep covers those and `k`. `algorithm` is one of
    `ALGORITHMS`, or "auto" for the best of all. `features` names the measures to cluster by, perhaps with their weights (default: by
    role). The same input and seed give the same result, bit for bit, and the order of rows and columns does not matter.
    NotEnoughData when there are too few customers or nothing varies.
    """
    stages = _Stages(progress)
    stages.at("Reading customers", 0.0)
    _check_request(len(customers), k, algorithm)
    stages.at("Building features", 0.02)
    measured, recipe = measured_with_recipe(customers, schema, as_of, features)
    builder = FeatureBuilder(recipe).fit(measured.table)
    matrix = builder.transform(measured.table)
    swept = sweep_features(matrix, recipe, k=k, algorithm=algorithm, seed=seed, progress=stages.within(0.05, 0.85))
    chosen, verdict = choose(swept, k, algorithm)
    key = (chosen.algorithm, chosen.k)
    clusterer = swept.models[key]
    assignments = clusterer.assign(matrix)
    model = SegmentModel(recipe, builder, clusterer, learn_reach(recipe, builder, measured, assignments.label, clusterer.k))
    stages.at("Describing segments", 0.85)
    table, measures = described(measured, recipe)
    profiles = profile_segments(
        customers,
        schema,
        table=table,
        measures=measures,
        assignments=assignments,
        stability=tuple(float(value) for value in swept.stability[key].jaccard),
        features=matrix,
        seed=seed,
    )
    stages.at("Done", 1.0)
    figures = _figures(swept, chosen)
    return Segmentation(
        model,
        assignments,
        chosen.algorithm,
        chosen.k,
        seed,
        verdict,
        swept.candidates,
        figures,
        profiles,
        stages.seconds,
        builder.summaries(),
        table,
        project(matrix)[0] if profiles.map is not None else None,
    )


def sweep_features(
    matrix: Features,
    recipe: Recipe,
    *,
    k: int | None = None,
    algorithm: str = DEFAULT_ALGORITHM,
    seed: int = 0,
    progress: Progress | None = None,
) -> Sweep:
    """The sweep behind a re-cluster: `matrix` (n, d) as `recipe` makes it, over 2 to 8 segments and `k`."""
    # Fits and samples see customers in an order of their own, so that the order of a file decides nothing.
    ordered = np.ascontiguousarray(matrix[np.lexsort(np.round(matrix.T, 9))])
    return sweep(
        ordered, _ks(ordered, k), seed=seed, algorithm=algorithm, layout=recipe.layout(), blocks=recipe.blocks(), progress=progress
    )


def choose(swept: Sweep, k: int | None = None, algorithm: str = AUTO) -> tuple[Candidate, Verdict]:
    """The recommended candidate of a sweep, or with `k` the best of those with so many segments; and the verdict on it."""
    if k is None:
        return recommend(swept.candidates)
    asked = [candidate for candidate in swept.candidates if candidate.k == k]
    # Who asks for an algorithm and a number means that fit, and not what was tried besides.
    asked = [candidate for candidate in asked if candidate.algorithm == algorithm] or asked
    if not asked:
        found = listed([str(number) for number in sorted({candidate.k for candidate in swept.candidates})], "or")
        label = algorithm_named(swept.candidates[0].algorithm).label
        raise NotEnoughData(
            f"With these customers, {label} gives {found} segments, but not {k}. Leave the number open, or choose another algorithm."
        )
    chosen = recommend(asked)[0]
    return chosen, judge(swept.candidates, chosen)


def _check_request(customers: int, k: int | None, algorithm: str) -> None:
    if algorithm != AUTO:
        algorithm_named(algorithm)
    if k is not None and not 2 <= k <= LARGEST_K:
        raise NotEnoughData(f"Between 2 and {LARGEST_K} segments can be asked for, not {k}. Choose a number in that range.")
    needed = CUSTOMERS_PER_SEGMENT * (k or AUTOMATIC_KS[0])
    if customers < needed:
        raise NotEnoughData(
            f"{k or AUTOMATIC_KS[0]} segments need at least {needed} customers ({CUSTOMERS_PER_SEGMENT} for each); there "
            f"{'is' if customers == 1 else 'are'} {customers}. Import more customers{' or ask for fewer segments' if k and k > 2 else ''}.",
            details={"needed": needed, "customers": customers},
        )


def _ks(matrix: Features, k: int | None) -> tuple[int, ...]:
    """The numbers of segments to try: as many as customers, and different customers, allow."""
    distinct = len(np.unique(matrix[:DISTINCT_ROWS], axis=0))
    if distinct < LARGEST_K:
        distinct = len(np.unique(matrix, axis=0))
    if distinct < (k or AUTOMATIC_KS[0]):
        raise NotEnoughData(
            f"{k or AUTOMATIC_KS[0]} segments need at least as many different customers; by the columns used, there "
            f"{'is' if distinct == 1 else 'are'} only {distinct}. Ask for fewer segments, or add columns that tell customers apart."
        )
    most = min(len(matrix) // CUSTOMERS_PER_SEGMENT, distinct)
    return tuple(sorted({candidate for candidate in AUTOMATIC_KS if candidate <= most} | ({k} if k else set())))


def described(measured: Measured, recipe: Recipe) -> tuple[pd.DataFrame, tuple[Measure, ...]]:
    """The measures that profiles speak of: all plain ones, and a share for each level of the categories that were fitted."""
    used = {spec.measure for spec in recipe.features}
    labels = {measure.name: measure.label for measure in measured.categories}
    plain = tuple(replace(measure, fitted=measure.name in used) for measure in measured.measures)
    levels: dict[str, tuple[Measure, NDArray[np.float64]]] = {}
    for spec in recipe.features:
        for word in spec.levels:
            words = measured.table[spec.measure]
            held = np.where(words.isna(), np.nan, (words == word).to_numpy().astype(np.float64))
            if not any(np.array_equal(held, other, equal_nan=True) for _, other in levels.values()):
                name = f"{spec.measure}_is_{re.sub(r'[^a-z0-9]+', '_', word).strip('_')}"
                levels[name] = (Measure(name, f"{labels[spec.measure]}: {word}", upper_first(word), "share", True), held)
    table = measured.table[[measure.name for measure in plain]].assign(**{name: held for name, (_, held) in levels.items()})
    return table, (*plain, *(measure for measure, _ in levels.values()))


def _figures(swept: Sweep, chosen: Candidate) -> dict[str, float]:
    names = (
        "silhouette", "silhouette_null", "davies_bouldin", "davies_bouldin_null", "calinski_harabasz", "calinski_harabasz_null",
        "explained", "explained_null", "gap", "gap_error", "stability_ari", "stability_low", "stability_null",
        "prediction_strength", "prediction_strength_null", "bridge", "smallest_share", "unassigned",
    )  # fmt: skip
    figures = {name: float(getattr(chosen, name)) for name in names}
    figures |= {"silhouette_error": swept.silhouette_error[chosen.algorithm, chosen.k], "evaluated_on": float(swept.rows)}
    return figures if chosen.agreement is None else figures | {"agreement": chosen.agreement}
