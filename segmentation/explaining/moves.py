"""What would move a customer to the next segment: the fewest measures that, at what is usual there, would place them there.

Measures are taken greedily by how much each alone narrows the lead of the customer's own segment over the runner-up when it is put at
the runner-up's usual value; the first m of them together are tried for m = 1, 2, ... It is a counterfactual of the model (Wachter,
Mittelstadt & Russell 2018, Harvard JOLT 31), not a promise about people: nobody becomes another customer by spending less once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from segmentation.explaining.reach import usual_blocks
from segmentation.explaining.reasons import FeatureWords, Value, feature_words
from segmentation.pipeline import SegmentModel
from segmentation.roles import Schema

MOST_CHANGES = 3
"""A move that needs more measures than this is none that anybody would call near."""


@dataclass(frozen=True)
class Change:
    """One measure that would have to be otherwise: `value` is what it is (None: not known), `wanted` what is usual in the next segment."""

    measure: str
    label: str
    value: Value | None
    wanted: Value
    text: str


def nearest_move(model: SegmentModel, customer: pd.DataFrame, schema: Schema, as_of: date | None = None) -> tuple[Change, ...]:
    """The changes that would place the one `customer` (1, canonical columns) in their runner-up, the most telling first.

    Empty where no `MOST_CHANGES` measures would do it, where there is no segment or runner-up, or where the model has no reach.
    """
    table = model.measure(customer, schema, as_of)
    own_features = model.builder.transform(table)
    placed = model.clusterer.assign(own_features)
    own, other = int(placed.label[0]), int(placed.runner_up[0])
    if model.reach is None or own < 0 or other < 0:
        return ()
    words = feature_words(model.recipe, model.reach)
    wanted = [
        _usual(word, model.reach.usual[other, start:stop]) for word, (start, stop) in zip(words, usual_blocks(model.recipe), strict=True)
    ]
    open_to = [place for place, value in enumerate(wanted) if value is not None]
    ranked = _ranked(model, table, wanted, open_to, own, other)
    for many in range(1, min(MOST_CHANGES, len(ranked)) + 1):
        changed = _changed(model, table, wanted, ranked[:many])
        if int(model.clusterer.assign(model.builder.transform(changed)).label[0]) == other:
            return tuple(
                _change(words[place], table.iloc[0][model.recipe.features[place].measure], wanted[place]) for place in ranked[:many]
            )
    return ()


def _usual(word: FeatureWords, usual: np.ndarray[Any, Any]) -> Value | None:
    """What is usual in a segment: the mean of a number (a whole one of counts), the commoner answer, or the commonest word."""
    if not np.isfinite(usual).all():
        return None
    if word.levels:
        return word.levels[int(np.argmax(usual))]
    if word.yes_no:
        return float(usual[0] > 0.5)
    return float(round(usual[0])) if word.measure.unit == "count" else float(usual[0])


def _ranked(model: SegmentModel, table: pd.DataFrame, wanted: list[Value | None], places: list[int], own: int, other: int) -> list[int]:
    """Those of `places` whose change alone brings the customer nearer to the other segment, the strongest first."""
    if not places:
        return []
    copies = pd.concat([table, *(_changed(model, table, wanted, [place]) for place in places)], ignore_index=True)
    scores = model.clusterer.scores(model.builder.transform(copies))
    with np.errstate(invalid="ignore"):  # two impossible segments have no lead
        lead = np.nan_to_num(scores[:, own] - scores[:, other])
    gains = lead[0] - lead[1:]
    order = np.argsort(-gains, kind="stable")
    return [places[number] for number in order.tolist() if gains[number] > 0]


def _changed(model: SegmentModel, table: pd.DataFrame, wanted: list[Value | None], places: list[int]) -> pd.DataFrame:
    values = {model.recipe.features[place].measure: wanted[place] for place in places}
    changed = table.copy()
    for name, value in values.items():
        changed[name] = pd.Series([value], index=table.index, dtype=object if isinstance(value, str) else "float64")
    return changed


def _change(word: FeatureWords, value: Any, wanted: Value | None) -> Change:
    assert wanted is not None
    known = None if pd.isna(value) else value if isinstance(value, str) else float(value)
    now = "not known" if known is None else word.value_text(known)
    text = f"{word.measure.label} {word.value_text(wanted)} instead of {now}"
    return Change(word.measure.name, word.measure.label, known, wanted, text)
