"""Why a customer was put into a segment rather than into the next one, and whether anybody in training was like them.

The contribution of a feature is what is lost when it is taken away: with m(x) the score of a customer's own segment minus that of the
runner-up, it is m(x) minus m(x with the feature's columns at the mean of training). That is occlusion (Robnik-Sikonja & Kononenko 2008,
IEEE TKDE 20; Zeiler & Fergus 2014, ECCV). Where m is linear, as in k-means, contributions add up to m(x) - m(mean of training).

"Like nobody in training" is judged on features without bounds: clustering clips outliers, which must not hide that they are there. A
customer of whom little is known lies near the middle of everything, which says nothing: what was not known is told apart (`missing`),
and is neither a reason nor an oddity.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.clustering import Assignments, Clusterer, Features
from segmentation.explaining.reach import Reach
from segmentation.explaining.reasons import FeatureWords, Oddity, Reason, Value, feature_words
from segmentation.features import FeatureSpec, Recipe
from segmentation.measures import finite
from segmentation.pipeline import SegmentModel
from segmentation.roles import Schema
from segmentation.wording import listed

MOST_REASONS = 3
"""Reasons given for a customer, and oddities: the features that lie farthest beyond the reach of their segment."""

SCORED_AT_ONCE = 65_536
"""Rows of features that are scored at once, so that memory stays bounded."""

LEAST_SHARE = 0.05
"""What adds less than this part of all that speaks for the segment is no reason worth a sentence."""

BLUR = 1 + 1e-9
"""A customer as far out as the farthest one is not beyond them by a rounding error."""


@dataclass(frozen=True)
class Explanation:
    """Why one customer is where they are.

    `unlike` says that nobody in training was like them, because of `oddities`. It is None where the model was stored before it knew how
    far its segments reach; it then has no means to give reasons by either. `missing` are labels of the features that were not known
    (a category's word that is no level included), of `features` altogether.
    """

    reasons: tuple[Reason, ...]
    unlike: bool | None
    oddities: tuple[Oddity, ...]
    missing: tuple[str, ...]
    features: int

    @property
    def missing_text(self) -> str:
        """What was filled in, in words; empty where everything was known."""
        if not self.missing:
            return ""
        return f"{len(self.missing)} of {self.features} features unknown, filled with the median: {listed(self.missing)}"


@dataclass(frozen=True, eq=False)
class Explanations:
    """Explanations of n customers as arrays over the p features of the recipe; `of` puts one into words.

    `contributions` (n, p) are 0 for customers without a segment or a runner-up; `known` (n, p) says which values were known. `beyond`
    (n, p) marks the known features that lie beyond the reach of the customer's segment, by how far out they are (in spreads, see `Reach`),
    and is 0 elsewhere; None where the model has no reach. `values` holds each feature's measure, n each; `words` is empty without a reach.
    """

    assignments: Assignments
    contributions: NDArray[np.float64]
    known: NDArray[np.bool_]
    beyond: NDArray[np.float64] | None
    labels: tuple[str, ...]
    values: tuple[list[Value], ...]
    words: tuple[FeatureWords, ...]

    @property
    def unlike(self) -> NDArray[np.bool_] | None:
        """Who is like nobody in training, (n,); None where the model has no reach."""
        return None if self.beyond is None else np.asarray(self.beyond.any(axis=1))

    def of(self, row: int) -> Explanation:
        """The explanation of one customer."""
        return Explanation(
            reasons=self._reasons(row) if self.words else (),
            unlike=None if self.beyond is None else bool(self.beyond[row].any()),
            oddities=self._oddities(row),
            missing=() if self.known[row].all() else tuple(np.array(self.labels, dtype=object)[~self.known[row]]),
            features=len(self.labels),
        )

    def _reasons(self, row: int) -> tuple[Reason, ...]:
        own, runner_up = int(self.assignments.label[row]), int(self.assignments.runner_up[row])
        speaking = np.where(self.known[row], np.maximum(self.contributions[row], 0.0), 0.0)
        found = _leading(np.where(speaking >= LEAST_SHARE * speaking.sum(), speaking, 0.0))
        return tuple(self.words[place].reason(self.values[place][row], own, runner_up, size) for place, size in found)

    def _oddities(self, row: int) -> tuple[Oddity, ...]:
        if self.beyond is None or not self.beyond[row].any():
            return ()
        own = int(self.assignments.label[row])
        return tuple(self.words[place].oddity(self.values[place][row], own, size) for place, size in _leading(self.beyond[row]))


def _leading(sizes: NDArray[np.float64]) -> list[tuple[int, float]]:
    """Places of the largest positive `sizes` (p,), and those sizes."""
    order = np.argsort(-sizes, kind="stable")[:MOST_REASONS].tolist()
    return [(place, float(sizes[place])) for place in order if sizes[place] > 0]


def explain(model: SegmentModel, customers: pd.DataFrame, schema: Schema, as_of: date | None = None) -> Explanations:
    """Place `customers` (n, canonical columns) as `model.assign` does, and say why. SegmentationError when a needed column is missing."""
    table = model.measure(customers, schema, as_of)
    recipe, reach = model.recipe, model.reach
    features = model.builder.transform(table)
    assignments = model.clusterer.assign(features)
    values = [_values(spec, table[spec.measure]) for spec in recipe.features]
    known = np.column_stack([_known(spec, column) for spec, column in zip(recipe.features, values, strict=True)])
    return Explanations(
        assignments=assignments,
        contributions=contributions(model.clusterer, recipe, features, assignments),
        known=known,
        beyond=np.where(known, _beyond(model, reach, table, assignments.label), 0.0) if reach else None,
        labels=tuple(measure.label for measure in reach.measures) if reach else tuple(spec.label for spec in recipe.features),
        values=tuple(column.tolist() for column in values),
        words=feature_words(recipe, reach) if reach else (),
    )


def contributions(clusterer: Clusterer, recipe: Recipe, features: Features, assignments: Assignments) -> NDArray[np.float64]:
    """What each feature of `recipe` adds to the lead of a customer's segment over the runner-up, (n, p), by occlusion."""
    blocks = recipe.blocks()
    found = np.zeros((len(features), len(blocks)))
    step = max(1, SCORED_AT_ONCE // (len(blocks) + 1))
    for start in range(0, len(features), step):
        rows = slice(start, start + step)
        copies = np.repeat(features[None, rows], len(blocks) + 1, axis=0)  # the last one stays whole
        for copy, (first, stop) in zip(copies, blocks, strict=False):
            copy[:, first:stop] = 0.0
        lead = _lead(clusterer.scores(copies.reshape(-1, features.shape[1])), assignments, rows).reshape(len(blocks) + 1, -1)
        found[rows] = (lead[-1] - lead[:-1]).T
    placed = (assignments.label >= 0) & (assignments.runner_up >= 0)
    return np.where(placed[:, None] & np.isfinite(found), found, 0.0)


def _lead(scores: Features, assignments: Assignments, rows: slice) -> NDArray[np.float64]:
    """Score of the own segment minus that of the runner-up, for copies of the customers in `rows`, one after the other."""
    own, runner_up = assignments.label[rows], assignments.runner_up[rows]
    copies = len(scores) // len(own)
    each = np.arange(len(scores))
    with np.errstate(invalid="ignore"):  # two impossible segments have no lead; the caller takes it for 0
        lead: NDArray[np.float64] = scores[each, np.tile(own, copies)] - scores[each, np.tile(runner_up, copies)]
    return lead


def _values(spec: FeatureSpec, column: pd.Series[Any]) -> NDArray[Any]:
    return np.asarray(column, dtype=object) if spec.levels else finite(column)


def _known(spec: FeatureSpec, values: NDArray[Any]) -> NDArray[np.bool_]:
    """Whose value (n,) is known; a word that is no level of its category is not."""
    return pd.Series(values, dtype=object).isin(spec.levels).to_numpy() if spec.levels else np.isfinite(values)


def _beyond(model: SegmentModel, reach: Reach, table: pd.DataFrame, label: NDArray[np.int16]) -> NDArray[np.float64]:
    """How far out each feature (n, p) is where that is beyond the reach of the customer's segment, else 0."""
    distances = reach.distances(model.recipe, model.builder.transform(table, bounded=False), label)
    return np.where(distances > reach.limits[label][:, None] * BLUR, distances, 0.0)
