"""Reasons for a customer's segment in words: their value beside what is usual in the segment and in the next one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segmentation.describing.profile_types import Measure
from segmentation.explaining.reach import Reach, usual_blocks
from segmentation.features import Recipe
from segmentation.wording import percent, quantity

Value = float | str
"""A customer's value of a measure: a number in its unit, or a category's word."""


@dataclass(frozen=True)
class Reason:
    """A feature that put a customer into their segment.

    `value` is theirs; `own` and `runner_up` are what is usual in the two segments: the mean in plain units, or for a category the share
    of customers with the same word (None where nothing is known). `contribution` is in units of the log of the odds between the two.
    """

    measure: str
    label: str
    value: Value
    own: float | None
    runner_up: float | None
    contribution: float
    text: str


@dataclass(frozen=True)
class Oddity:
    """A feature in which a customer lies far from everybody in their segment; `distance` is in spreads (see `Reach`)."""

    measure: str
    label: str
    value: Value
    own: float | None
    distance: float
    text: str


@dataclass(frozen=True, eq=False)
class FeatureWords:
    """One feature as people read it. `usual` (k + 1, 1), or (k + 1, L) for a category of L `levels`, is as in `Reach`."""

    measure: Measure
    yes_no: bool
    levels: tuple[str, ...]
    usual: NDArray[np.float64]

    def reason(self, value: Value, own: int, runner_up: int, contribution: float) -> Reason:
        """Why `value` speaks for the segment `own` rather than for `runner_up` (numbers of clusters)."""
        here, there = self._usual(value, own), self._usual(value, runner_up)
        label, text = self.measure.label, self._reason_text(value, here, there)
        return Reason(self.measure.name, label, value, here, there, contribution, text)

    def oddity(self, value: Value, own: int, distance: float) -> Oddity:
        """That `value` lies far from what is usual in the segment `own` (-1 for none)."""
        here = self._usual(value, own)
        return Oddity(self.measure.name, self.measure.label, value, here, distance, self._oddity_text(value, here))

    def _usual(self, value: Value, segment: int) -> float | None:
        if self.levels and value not in self.levels:
            return None
        usual = float(self.usual[segment, self.levels.index(str(value)) if self.levels else 0])
        return usual if math.isfinite(usual) else None

    def _reason_text(self, value: Value, own: float | None, other: float | None) -> str:
        said = self._said(value)
        if own is None or other is None:
            return said
        here, there = self._usual_text(value, own), self._usual_text(value, other)
        if self._is_share:
            return f"{said}, as for {here} of this segment" + (f" rather than {there}" if self._speaks(value, own, other) else "")
        if here != there and abs(float(value) - own) < abs(float(value) - other):
            return f"{said}, like this segment's {here} rather than {there}"
        return f"{said}, which speaks for this segment ({here} on average)"

    def _oddity_text(self, value: Value, own: float | None) -> str:
        said = self._said(value)
        if own is None:
            return said
        usual = self._usual_text(value, own)
        return f"{said}, as for {usual} of this segment" if self._is_share else f"{said}, far from this segment's {usual}"

    @property
    def _is_share(self) -> bool:
        """Whether what is usual is a share of customers."""
        return self.yes_no or bool(self.levels)

    def _speaks(self, value: Value, own: float, other: float) -> bool:
        return self._share_alike(value, own) > self._share_alike(value, other)

    def _share_alike(self, value: Value, usual: float) -> float:
        """The share of customers with the same answer."""
        return 1.0 - usual if self.yes_no and not value else usual

    def value_text(self, value: Value) -> str:
        """A value of the measure as people read it: a word, yes or no, or a number in its unit."""
        if self._is_share:
            return value if isinstance(value, str) else "yes" if value else "no"
        return self._number(float(value))

    def _said(self, value: Value) -> str:
        return f"{self.measure.label}{':' if self._is_share else ''} {self.value_text(value)}"

    def _usual_text(self, value: Value, usual: float) -> str:
        return percent(self._share_alike(value, usual)) if self._is_share else self._number(usual)

    def _number(self, value: float) -> str:
        return quantity(value, self.measure.unit) + (" months" if self.measure.unit == "months" else "")


def feature_words(recipe: Recipe, reach: Reach) -> tuple[FeatureWords, ...]:
    """The words of each feature of `recipe`, in its order."""
    return tuple(
        FeatureWords(measure, bool(yes_no), spec.levels, reach.usual[:, start:stop])
        for spec, measure, yes_no, (start, stop) in zip(recipe.features, reach.measures, reach.yes_no, usual_blocks(recipe), strict=True)
    )
