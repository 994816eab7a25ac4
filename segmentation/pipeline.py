"""Customers in, segmentation out: the one sequence of steps that a re-cluster runs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pandas as pd

from segmentation.clustering import Assignments, Clusterer, Features
from segmentation.errors import NotEnoughData, SegmentationError
from segmentation.features import FeatureBuilder, Recipe, recipe_for
from segmentation.measures import Measured, measure_customers
from segmentation.profile_types import Measure, Profiles
from segmentation.profiles import profile_segments
from segmentation.roles import Schema
from segmentation.selection import Candidate, Progress, Sweep, Verdict, sweep
from segmentation.verdict import judge, recommend

__all__ = ["AUTOMATIC_KS", "Progress", "SegmentModel", "Segmentation", "segment_customers"]

AUTOMATIC_KS = tuple(range(2, 9))
LARGEST_K = 20
CUSTOMERS_PER_SEGMENT = 10
"""Fewer than this on average, and a segment's figures are about individuals."""

DISTINCT_ROWS = 5_000
"""Different customers are counted among these first; all are sorted only when there are not enough."""


@dataclass(frozen=True, eq=False)
class SegmentModel:
    """What places a customer: the recipe, what its features learned, and the clusters."""

    recipe: Recipe
    builder: FeatureBuilder
    clusterer: Clusterer

    def assign(self, customers: pd.DataFrame, schema: Schema, as_of: date | None = None) -> Assignments:
        """Segments of `customers` (canonical columns), later ones included, with the recipe as it was fitted.

        Ages and tenures are taken at `as_of`, by default the day of the fit. SegmentationError when a column that
        the recipe needs is missing.
        """
        return self.clusterer.assign(self.features(customers, schema, as_of))

    def features(self, customers: pd.DataFrame, schema: Schema, as_of: date | None = None) -> Features:
        """The features (n, d) of `customers` as this model sees them."""
        table = measure_customers(customers, schema, as_of or self.recipe.as_of).table
        missing = [spec.label for spec in self.recipe.features if spec.measure not in table]
        if missing:
            raise SegmentationError(
                f"These customers lack what the model was fitted on: {', '.join(missing)}. "
                "Import a file with those columns, or re-cluster.",
                code="missing_feature",
                details={"missing": missing},
            )
        return self.builder.transform(table)


@dataclass(frozen=True)
class Segmentation:
    """The result of one run. `model` assigns later customers and goes into an artifact; the rest is for reading.

    `figures` holds at least silhouette, silhouette_null, davies_bouldin, calinski_harabasz, stability_ari and
    smallest_share, and `evaluated_on`, how many customers they were measured on, with the silhouette's standard
    error where that is a sample; `seconds` the time of each stage.
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
    algorithm: str = "kmeans",
    features: Sequence[str] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Segmentation:
    """Find, judge and describe segments of `customers` (canonical columns, one row each).

    Without `k` the number of segments is recommended out of 2 to 8; with it, the sweep covers those and `k`.
    `features` names the measures to cluster by (default: by role). The same input and seed give the same result,
    bit for bit. NotEnoughData when there are too few customers or nothing varies.
    """
    stages = _Stages(progress)
    stages.at("Reading customers", 0.0)
    _check_request(len(customers), k, algorithm)
    stages.at("Building features", 0.02)
    measured = measure_customers(customers, schema, as_of)
    recipe = recipe_for(measured, as_of, features)
    builder = FeatureBuilder(recipe).fit(measured.table)
    matrix = builder.transform(measured.table)
    swept = sweep(matrix, _ks(matrix, k), seed=seed, progress=stages.within(0.05, 0.85))
    chosen, verdict = recommend(swept.candidates) if k is None else (k, judge(swept.candidates, k))
    model = SegmentModel(recipe, builder, swept.models[chosen])
    assignments = model.clusterer.assign(matrix)
    stages.at("Describing segments", 0.85)
    profiles = profile_segments(
        customers,
        schema,
        table=measured.table,
        measures=_fitted(measured, recipe),
        assignments=assignments,
        stability=tuple(float(value) for value in swept.stability[chosen].jaccard),
        features=matrix,
        seed=seed,
    )
    stages.at("Done", 1.0)
    figures = _figures(swept, chosen)
    return Segmentation(model, assignments, algorithm, chosen, seed, verdict, swept.candidates, figures, profiles, stages.seconds)


def _check_request(customers: int, k: int | None, algorithm: str) -> None:
    if algorithm != "kmeans":
        raise SegmentationError(f'There is no algorithm called "{algorithm}". Use "kmeans".', code="unknown_algorithm")
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


def _fitted(measured: Measured, recipe: Recipe) -> tuple[Measure, ...]:
    used = {spec.measure for spec in recipe.features}
    return tuple(replace(measure, fitted=measure.name in used) for measure in measured.measures)


def _figures(swept: Sweep, k: int) -> dict[str, float]:
    chosen = next(candidate for candidate in swept.candidates if candidate.k == k)
    names = (
        "silhouette", "silhouette_null", "davies_bouldin", "calinski_harabasz", "explained", "explained_null",
        "gap", "gap_error", "stability_ari", "stability_low", "stability_null", "smallest_share",
    )  # fmt: skip
    figures = {name: float(getattr(chosen, name)) for name in names}
    return figures | {"silhouette_error": swept.silhouette_error[k], "evaluated_on": float(swept.rows)}
