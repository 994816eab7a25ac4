"""The columns of a dataset as they are stored, each by itself: histograms of numbers and dates, shares of words.

`explore` looks at measures (age, all spend, a category's share of it); this looks at what the files held, and at two snapshots in the
same bins.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.describing.profile_types import Measure, Unit
from segmentation.describing.shape import bin_edges
from segmentation.exploring.exploration import YES_NO, count_words, levels_of, named_bins, spread_over
from segmentation.exploring.exploration_types import Exploration, Levels, Spread
from segmentation.roles import Column, Kind, Role, Schema

Floats = NDArray[np.float64]

WORDS = frozenset({Role.CATEGORY, Role.ORDINAL, Role.CONSENT, Role.CHANNEL, Role.PRODUCT})
"""Text that many customers share; keys and contacts are somebody's own and never counted."""
PERIODS = (1, 3, 12, 24, 60, 120)
"""Months that a bar of a date or a year of birth can stand for."""
MOST_PERIODS = 48

_UNITS: Mapping[Role, Unit] = {
    Role.INCOME: "money",
    Role.SPEND: "money",
    Role.AMOUNT: "money",
    Role.UNIT_PRICE: "money",
    Role.RECENCY_DAYS: "days",
    Role.AGE: "years",
    Role.RATIO: "share",
    Role.DEPENDENTS: "count",
    Role.PURCHASES: "count",
    Role.VISITS: "count",
    Role.COUNT: "count",
    Role.QUANTITY: "count",
}


def is_drawn(column: Column) -> bool:
    """Whether a column has values that can be counted together."""
    return column.role in WORDS if column.kind is Kind.TEXT else column.role is not Role.CUSTOMER_ID


def explore_columns(customers: pd.DataFrame, schema: Schema, *, everybody: int, beside: pd.DataFrame | None = None) -> Exploration:
    """How `customers` (canonical columns; of `everybody`, or a sample of them) spread over each column of `schema` that is drawn.

    Bins and words are those of `customers` and of `beside` together, so that the answers for two snapshots can be laid over each other.
    """
    other = pd.DataFrame() if beside is None else beside
    spreads: list[tuple[Measure, Spread]] = []
    words: list[tuple[Measure, Levels]] = []
    for column in schema:
        if not is_drawn(column) or column.name not in customers:
            continue
        both = pd.concat([customers[column.name], other[column.name]]) if column.name in other else customers[column.name]
        measure = Measure(column.name, column.label, column.label, _UNITS.get(column.role, "number"), False)
        if column.kind is Kind.TEXT:
            place, labels = count_words(both.astype(object).where(both.notna(), None), column)
            words.append((measure, levels_of(column.name, place[: len(customers)], labels)))
        else:
            spreads.append((measure, _spread(measure, column, customers[column.name], both)))
    return Exploration(
        customers=everybody,
        sample=len(customers),
        measures=tuple(measure for measure, _ in spreads),
        categories=tuple(measure for measure, _ in words),
        spreads=tuple(spread for _, spread in spreads),
        levels=tuple(each for _, each in words),
        correlations=(),
        repeats=(),
        outcomes=(),
        sensitive=tuple(column.name for column in schema if column.sensitive),
    )


def _spread(measure: Measure, column: Column, own: pd.Series, both: pd.Series) -> Spread:
    if column.kind is Kind.DATE or column.role is Role.BIRTH_YEAR:
        return _periods(measure, _months(own, column), _months(both, column))
    values, every = _numbers(own), _numbers(both)
    if column.role in (Role.FLAG, Role.OUTCOME) and np.isin(every[np.isfinite(every)], (0.0, 1.0)).all():
        return spread_over(measure, values, named_bins(YES_NO), YES_NO)
    return spread_over(measure, values, bin_edges(every, measure))


def _numbers(values: pd.Series) -> Floats:
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _months(values: pd.Series, column: Column) -> Floats:
    """Months since the year 0, NaN for unknown."""
    if column.role is Role.BIRTH_YEAR:
        return _numbers(values) * 12
    days = pd.to_datetime(values)
    return np.asarray((days.dt.year * 12 + days.dt.month - 1).to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _periods(measure: Measure, own: Floats, both: Floats) -> Spread:
    """A bar for each month, quarter or number of years, whichever gives few enough bars."""
    known = both[np.isfinite(both)]
    if not known.size:
        return spread_over(measure, own, ((0.0, 1.0), False))
    yearly = bool(np.all(known % 12 == 0))
    low, high = int(known.min()), int(known.max())
    fits = [months for months in PERIODS if not (yearly and months < 12) and high // months - low // months < MOST_PERIODS]
    months = fits[0] if fits else PERIODS[-1]
    first, last = low // months, high // months
    names = tuple(_period_name(place * months, months) for place in range(first, last + 1))
    return spread_over(measure, own // months - first, named_bins(names), names)


def _period_name(start: int, months: int) -> str:
    year, month = divmod(start, 12)
    if months == 1:
        return f"{_MONTHS[month]} {year}"
    if months == 3:
        return f"{_MONTHS[month]} to {_MONTHS[month + 2]} {year}"
    return f"{year}" if months == 12 else f"{year} to {year + months // 12 - 1}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
