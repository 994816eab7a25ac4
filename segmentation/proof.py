"""A model's proof: made-up customers, and where the model put them when it was stored.

A checksum tells that the bytes are the same. It does not tell that they still mean the same: another release of a library may compute
otherwise. So an artifact carries customers that nobody is, spread evenly over what the model knows, with the answers of the day on which
it was stored; whoever reads it asks again, and refuses a model that answers otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.clustering import Assignments, Clusterer
from segmentation.features import FeatureBuilder, FeatureSpec, uncurved

CUSTOMERS = 64
SPREADS = 3.0
"""How far from the mean the made-up values reach, in standard deviations."""
GAPS = 5
"""About one value in so many is missing, so that what fills gaps is proven, too."""
CLOSE = 1e-6
"""Confidence is stored with seven digits; the last may depend on the processor."""

_ARRAYS = ("rows", "label", "confidence", "runner_up")


@dataclass(frozen=True, eq=False)
class Proof:
    """`rows` (n, p) hold a value for the measure of each feature: a number, or the place of a level; NaN for missing."""

    rows: NDArray[np.float64]
    placed: Assignments

    def holds(self, builder: FeatureBuilder, clusterer: Clusterer) -> bool:
        """Whether the model still puts everybody where it did; how sure it was may differ by `CLOSE`."""
        now, then = _placed(self.rows, builder, clusterer), self.placed
        return (
            np.array_equal(now.label, then.label)
            and np.array_equal(now.runner_up, then.runner_up)
            and np.allclose(now.confidence, then.confidence, rtol=0, atol=CLOSE, equal_nan=True)
        )

    def state(self) -> dict[str, NDArray[Any]]:
        """The proof as plain arrays."""
        placed = self.placed
        return dict(zip(map(_stored_as, _ARRAYS), (self.rows, placed.label, placed.confidence, placed.runner_up), strict=True))

    @classmethod
    def restored(cls, state: Mapping[str, NDArray[Any]]) -> Self | None:
        """The proof that `state` was taken from; None where the model was stored without one."""
        if _stored_as("rows") not in state:
            return None
        rows, *placed = (state[_stored_as(name)] for name in _ARRAYS)
        return cls(rows, Assignments(*placed))


def make_proof(builder: FeatureBuilder, clusterer: Clusterer) -> Proof:
    """The proof of a model; the same model gives the same one."""
    blocks = zip(builder.recipe.features, builder.recipe.blocks(), strict=True)
    rows = np.column_stack([_values(builder, spec, start, place) for place, (spec, (start, _)) in enumerate(blocks)])
    number = np.arange(rows.shape[0])[:, None] + np.arange(rows.shape[1])[None, :]
    rows[number % GAPS == GAPS - 1] = np.nan
    return Proof(rows, _placed(rows, builder, clusterer))


def _values(builder: FeatureBuilder, spec: FeatureSpec, start: int, place: int) -> NDArray[np.float64]:
    """Values (n,) of one feature's measure, evenly over its levels, over yes and no, or around its mean."""
    even = _even(place)
    if spec.levels:
        return np.floor(even * len(spec.levels))
    if spec.transform == "flag":
        return np.round(even)
    around = builder.means_[start] + SPREADS * (2 * even - 1) * builder.scales_[start]
    return uncurved(around, spec.transform, float(builder.starts_[start]))


def _even(place: int) -> NDArray[np.float64]:
    """Column `place` of an additive recurrence (Kronecker sequence) in [0, 1): evenly spread, by plain arithmetic."""
    step = np.sqrt(_prime(place)) % 1.0
    spread: NDArray[np.float64] = (np.arange(1, CUSTOMERS + 1) * step) % 1.0
    return spread


def _prime(place: int) -> int:
    """The prime number of that place, from 0."""
    found: list[int] = []
    candidate = 2
    while len(found) <= place:
        if all(candidate % prime for prime in found):
            found.append(candidate)
        candidate += 1
    return found[-1]


def _placed(rows: NDArray[np.float64], builder: FeatureBuilder, clusterer: Clusterer) -> Assignments:
    columns = {spec.measure: _column(spec, values) for spec, values in zip(builder.recipe.features, rows.T, strict=True)}
    return clusterer.assign(builder.transform(pd.DataFrame(columns)))


def _column(spec: FeatureSpec, values: NDArray[np.float64]) -> pd.Series:
    if not spec.levels:
        return pd.Series(values)
    return pd.Series([None if np.isnan(place) else spec.levels[int(place)] for place in values], dtype=object)


def _stored_as(name: str) -> str:
    return f"proof_{name}"
