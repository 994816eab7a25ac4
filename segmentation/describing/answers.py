"""Which measures are a yes or no, and how the levels of a category are written in the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.describing.facts import SHARE_OF_ORDERS, SHARE_OF_SPEND
from segmentation.describing.profile_types import Measure
from segmentation.describing.traits import is_level, level_of, level_short
from segmentation.roles import Column, Schema
from segmentation.wording import upper_first


def yes_or_no(values: NDArray[np.float64]) -> bool:
    """Whether all known values are 0 or 1."""
    return bool(((values == 0) | (values == 1) | np.isnan(values)).all())


def with_answers(measures: Sequence[Measure], table: pd.DataFrame, customers: pd.DataFrame, schema: Schema) -> tuple[Measure, ...]:
    """`measures` (columns of `table`), each said to be a yes or no where it is one, and levels in the words of `customers`."""
    described = [replace(measure, yes_or_no=_is_answer(measure, table)) for measure in measures]
    columns = {column.name: column for column in schema if column.name in customers}
    asked = {measure.name: columns.get(measure.name.partition("_is_")[0]) for measure in described if is_level(measure)}
    written = {column.name: _written(customers[column.name], column) for column in asked.values() if column is not None}
    return tuple(
        _as_written(measure, written[column.name]) if (column := asked.get(measure.name)) is not None else measure for measure in described
    )


def _is_answer(measure: Measure, table: pd.DataFrame) -> bool:
    """A share of orders may be 0 or 1 for everybody by accident: it still is a share of orders."""
    part = SHARE_OF_ORDERS.match(measure.label) or SHARE_OF_SPEND.match(measure.label)
    return measure.unit == "share" and part is None and yes_or_no(table[measure.name].to_numpy(dtype=np.float64))


def _written(values: pd.Series, column: Column) -> dict[str, str]:
    """The most common way in which each word is written, by the word in lower case."""
    words = [str(column.folds.get(str(word), word)).strip() for word in values.value_counts().index]
    return {word.lower(): word for word in reversed(words)}


def _as_written(measure: Measure, written: dict[str, str]) -> Measure:
    label, level = level_of(measure)
    word = written.get(level.lower(), level)
    return replace(measure, label=f"{label}: {word}", short=upper_first(level_short(label, word)))
