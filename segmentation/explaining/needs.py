"""Which of a file's columns a model reads, so that nobody has to send the others."""

from __future__ import annotations

from typing import Any

import pandas as pd

from segmentation.features import Recipe
from segmentation.measures import DEAL, measure_customers
from segmentation.roles import Column, Kind, Role, Schema

_DTYPE: dict[Kind, Any] = {Kind.INTEGER: "float64", Kind.DECIMAL: "float64", Kind.DATE: "datetime64[s]", Kind.TEXT: object}


def needed_columns(recipe: Recipe, schema: Schema) -> Schema:
    """The columns of `schema` without which a customer cannot be measured as `recipe` asks, in the order of `schema`.

    A share needs all columns of its whole: the share of catalogue orders cannot be told without the orders of the other channels.
    """
    used = Schema(tuple(column for column in schema if column.name not in recipe.left_out))
    nobody = pd.DataFrame({column.name: pd.Series(dtype=_DTYPE[column.kind]) for column in used})
    measured = measure_customers(nobody, used, recipe.as_of)
    shares = {measure.name for measure in measured.measures if measure.unit == "share"}
    names: set[str] = set()
    for spec in recipe.features:
        inputs = measured.inputs.get(spec.measure, ())
        names.update(inputs)
        if spec.measure in shares:
            names.update(name for each in inputs for name in _whole(used.named(each), used))
    return Schema(tuple(column for column in used if column.name in names))


def _whole(part: Column, schema: Schema) -> list[str]:
    """What a share is taken of: all spend, or the orders of all channels (a deal is no channel)."""
    if part.role is Role.SPEND:
        return [column.name for column in schema.of(Role.SPEND)]
    if part.role is Role.PURCHASES:
        return [column.name for column in schema.of(Role.PURCHASES) if not DEAL.search(column.name)]
    return []
