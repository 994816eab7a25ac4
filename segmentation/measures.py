"""From customer columns to measures: what is known of each customer, in plain units, by the roles of the columns."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.describing.profile_types import Measure, Unit
from segmentation.roles import Column, Role, Schema

Family = Literal["value", "orders", "income", "household", "channel", "visits", "describing", "flag", "category", "detail"]
"""What a measure speaks of; decides its place in the default recipe. A `detail` repeats others and is never a default."""

DAYS_PER_MONTH = 365.25 / 12

MARITAL = re.compile(r"marital|marriage|civil_status|relationship|partner|household_type", re.IGNORECASE)
DEAL = re.compile(r"deal|discount|coupon|voucher|promo", re.IGNORECASE)
PARTNERED = frozenset({"married", "together", "partner", "partnered", "cohabiting", "living together", "civil partnership"})
ALONE = frozenset({"single", "divorced", "separated", "widow", "widowed", "widower", "alone", "unmarried", "never married"})
YES = frozenset({"1", "1.0", "yes", "y", "true", "t"})


@dataclass(frozen=True)
class Measured:
    """Plain measures of customers: `table` (rows as given), with what each column is.

    `measures` are float64, NaN for unknown; `categories` hold words (folded, lower case, None for unknown). `family` has
    everything that a model may use, `sensitive` what it uses only when somebody asks for it by name. `inputs` names the
    columns that a measure is made from.
    """

    table: pd.DataFrame
    measures: tuple[Measure, ...]
    family: Mapping[str, Family] = field(default_factory=dict)
    inputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    categories: tuple[Measure, ...] = ()
    sensitive: frozenset[str] = frozenset()


_Row = tuple[Measure, NDArray[Any], Family, tuple[Column, ...]]
"""A measure, its values, what it speaks of, and the columns that it is made from (a share names its part, not the whole)."""


def default_as_of(customers: pd.DataFrame, schema: Schema) -> date | None:
    """The latest day on which anybody enrolled, or None without such a column or day."""
    days = [customers[column.name].max() for column in schema.of(Role.ENROLLED_ON)]
    known = [pd.Timestamp(day).date() for day in days if not pd.isna(day)]
    return max(known, default=None)


def measure_customers(customers: pd.DataFrame, schema: Schema, as_of: date, *, without: Sequence[str] = ()) -> Measured:
    """Measure `customers` (canonical columns) in plain units at `as_of`; a share of nothing is NaN.

    Outcomes, keys, contacts, consent, ignored columns and those named in `without` are not measured.
    """
    columns = [column for column in schema if column.name not in without]
    open_schema = Schema(tuple(column for column in columns if not column.sensitive))
    hidden_schema = Schema(tuple(column for column in columns if column.sensitive))
    sources = (_personal, _household, _spending, _ordering, _plain)
    rows = [row for source in sources for row in source(customers, open_schema, as_of)]
    open_names = {measure.name for measure, *_ in rows}
    hidden = [row for row in _one_by_one(customers, hidden_schema, as_of) if row[0].name not in open_names]
    words = list(_categories(customers, Schema(tuple(columns)), open_names))
    every = [*rows, *hidden, *words]
    values = {measure.name: each for measure, each, _, _ in every}
    sensitive = {measure.name for measure, *_ in hidden} | {column.name for column in hidden_schema}
    return Measured(
        table=pd.DataFrame(values, index=customers.index),
        measures=tuple(measure for measure, *_ in (*rows, *hidden)),
        family={measure.name: kind for measure, _, kind, _ in every},
        inputs={measure.name: tuple(column.name for column in inputs) for measure, _, _, inputs in every},
        categories=tuple(measure for measure, *_ in words),
        sensitive=frozenset(name for name in values if name in sensitive),
    )


def _personal(customers: pd.DataFrame, schema: Schema, as_of: date) -> Iterator[_Row]:
    """Age, income, tenure and recency."""
    birth, age = schema.one(Role.BIRTH_YEAR), schema.one(Role.AGE)
    if birth is not None:
        yield Measure("age", "Age", "Age", "years", False), as_of.year - finite(customers[birth.name]), "describing", (birth,)
    elif age is not None:
        yield Measure("age", "Age", "Age", "years", False), finite(customers[age.name]), "describing", (age,)
    for column in schema.of(Role.INCOME):
        yield _measure(column, "money"), finite(customers[column.name]), "income", (column,)
    enrolled = schema.one(Role.ENROLLED_ON)
    if enrolled is not None:
        days = (pd.Timestamp(as_of) - pd.to_datetime(customers[enrolled.name])).dt.days
        months = np.maximum(finite(days), 0.0) / DAYS_PER_MONTH
        yield Measure("tenure", "Customer for", "Tenure", "months", False), months, "describing", (enrolled,)
    for column in schema.of(Role.RECENCY_DAYS):
        yield _measure(column, "days"), finite(customers[column.name]), "describing", (column,)


def _household(customers: pd.DataFrame, schema: Schema, as_of: date) -> Iterator[_Row]:
    """Dependents by kind and altogether, and whether somebody lives with a partner."""
    dependents = schema.of(Role.DEPENDENTS)
    for column in dependents:
        yield _measure(column, "count"), finite(customers[column.name]), "household", (column,)
    if len(dependents) > 1:
        yield Measure("dependents", "Dependents", "Dependents", "count", False), _sum(customers, dependents), "detail", dependents
    # By its name, not by what it holds: a single later customer must be measured as everybody was.
    status = next((column for column in schema.of(Role.CATEGORY) if MARITAL.search(column.name)), None)
    if status is not None:
        yield (
            Measure("partner", "Partner at home", "Partner", "share", False),
            _partner(customers[status.name], status),
            "household",
            (status,),
        )


def _spending(customers: pd.DataFrame, schema: Schema, as_of: date) -> Iterator[_Row]:
    """Total spend and each category's share of it."""
    categories = schema.of(Role.SPEND)
    if not categories:
        return
    total = _sum(customers, categories)
    yield Measure("spend", "Spend", "Spend", "money", False), total, "value", categories
    if len(categories) > 1:
        for column in categories:
            name = f"share_{column.name.removeprefix('spend_')}"
            share = _ratio(finite(customers[column.name]), total)
            yield Measure(name, f"{column.label} share of spend", f"{column.label} share", "share", False), share, "detail", (column,)


def _ordering(customers: pd.DataFrame, schema: Schema, as_of: date) -> Iterator[_Row]:
    """Orders, their average value, each channel's share of them, deals and visits. A deal is no channel."""
    deals = tuple(column for column in schema.of(Role.PURCHASES) if DEAL.search(column.name))
    channels = tuple(column for column in schema.of(Role.PURCHASES) if column not in deals)
    orders = _sum(customers, channels)
    if channels:
        yield Measure("orders", "Orders", "Orders", "count", False), orders, "orders", channels
        # Order lines know it from sales alone; a column of that name speaks for itself.
        if schema.of(Role.SPEND) and all(column.name != "average_order" for column in schema):
            average = _ratio(_sum(customers, schema.of(Role.SPEND)), orders)
            yield (
                Measure("average_order", "Average order", "Avg order", "money", False),
                average,
                "detail",
                (*schema.of(Role.SPEND), *channels),
            )
    if len(channels) > 1:
        yield from _channel_shares(customers, channels, orders)
    for column in deals:
        count = finite(customers[column.name])
        yield Measure(column.name, "Deal purchases", "Deals", "count", False), count, "describing", (column,)
        if channels:
            name = f"share_{column.name.removeprefix('purchases_')}"
            share = np.minimum(_ratio(count, orders), 1.0)
            yield Measure(name, "Deal share of orders", "Deal share", "share", False), share, "detail", (column,)
    for column in schema.of(Role.VISITS):
        yield _measure(column, "count"), finite(customers[column.name]), "visits", (column,)


def _channel_shares(customers: pd.DataFrame, channels: Sequence[Column], orders: NDArray[np.float64]) -> Iterator[_Row]:
    """Each channel's share; only the one that tells customers apart best may vote, since shares add up to one."""
    shares = {column.name: _ratio(finite(customers[column.name]), orders) for column in channels}
    telling = max(sorted(shares), key=lambda name: _relative_spread(shares[name]))
    for column in channels:
        name = f"share_{column.name.removeprefix('purchases_')}"
        measure = Measure(name, f"{column.label} share of orders", f"{column.label} share", "share", False)
        yield measure, shares[column.name], "channel" if column.name == telling else "detail", (column,)


def _plain(customers: pd.DataFrame, schema: Schema, as_of: date) -> Iterator[_Row]:
    """Columns that are measures as they stand."""
    units: dict[Role, Unit] = {Role.AMOUNT: "money", Role.COUNT: "count", Role.NUMBER: "number", Role.RATIO: "share"}
    for column in schema.of(*units):
        yield _measure(column, units[column.role]), finite(customers[column.name]), "describing", (column,)
    for column in schema.of(Role.ORDINAL):
        yield _measure(column, "number"), _steps(customers[column.name], column), "describing", (column,)
    for column in schema.of(Role.FLAG):
        yield _measure(column, "share"), _flag(customers[column.name]), "flag", (column,)


def _one_by_one(customers: pd.DataFrame, schema: Schema, as_of: date) -> Iterator[_Row]:
    """Each column as it stands, for those that go into no sum and no share: somebody may still ask for one by its name."""
    units: dict[Role, Unit] = {
        Role.INCOME: "money",
        Role.SPEND: "money",
        Role.DEPENDENTS: "count",
        Role.PURCHASES: "count",
        Role.VISITS: "count",
    }
    yield from _personal(customers, Schema(schema.of(Role.BIRTH_YEAR, Role.AGE, Role.ENROLLED_ON, Role.RECENCY_DAYS)), as_of)
    for column in schema.of(*units):
        yield _measure(column, units[column.role]), finite(customers[column.name]), "describing", (column,)
    yield from _plain(customers, schema, as_of)


def _categories(customers: pd.DataFrame, schema: Schema, taken: Collection[str]) -> Iterator[_Row]:
    """Words of each category. Marital status is one only where `partner` does not speak for it already."""
    for column in schema.of(Role.CATEGORY):
        spoken_for = "partner" in taken and MARITAL.search(column.name) is not None
        if column.name not in taken:
            yield (
                _measure(column, "share"),
                _words(customers[column.name], column).to_numpy(),
                "detail" if spoken_for else "category",
                (column,),
            )


def _measure(column: Column, unit: Unit) -> Measure:
    return Measure(column.name, column.label, column.label, unit, False)


def finite(values: pd.Series[Any]) -> NDArray[np.float64]:
    """`values` as float64 with NaN for everything that is no finite number."""
    if values.dtype == np.float64:  # nothing to convert, which one customer would wait for
        numbers = values.to_numpy()
    else:
        numbers = np.asarray(pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _sum(customers: pd.DataFrame, columns: Sequence[Column]) -> NDArray[np.float64]:
    """Row sums of `columns` over the known values; NaN where none is known."""
    if not columns:
        return np.full(len(customers), np.nan)
    values = np.column_stack([finite(customers[column.name]) for column in columns])
    return np.where(np.isnan(values).all(axis=1), np.nan, np.nansum(values, axis=1))


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    share = np.full(len(part), np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return share


def _relative_spread(share: NDArray[np.float64]) -> float:
    """Standard deviation of a share against that of a yes-or-no share with the same mean; 0 where nothing is known."""
    known = share[np.isfinite(share)]
    if not len(known) or not 0 < known.mean() < 1:
        return 0.0
    return float(known.std() / np.sqrt(known.mean() * (1 - known.mean())))


def _words(values: pd.Series[Any], column: Column) -> pd.Series[Any]:
    """Text in lower case after the column's folds; missing values stay missing. Each distinct word is folded once."""
    place, words = pd.factorize(values)
    folded = np.array([*(str(column.folds.get(str(word), word)).strip().lower() for word in words), None], dtype=object)
    return pd.Series(folded[place], index=values.index, dtype=object)


def _partner(values: pd.Series[Any], column: Column) -> NDArray[np.float64]:
    """1 for those who live with a partner, 0 for those who do not, NaN where the word says neither."""
    words = _words(values, column)
    return np.where(words.isin(PARTNERED), 1.0, np.where(words.isin(ALONE), 0.0, np.nan))


def _steps(values: pd.Series[Any], column: Column) -> NDArray[np.float64]:
    """The place of each level, from 0 for the lowest."""
    places = {word.strip().lower(): float(place) for place, level in enumerate(column.levels) for word in level.split("|")}
    if not places:
        return finite(values)
    place, words = pd.factorize(_words(values, column))
    return np.array([*(places.get(word, np.nan) for word in words), np.nan])[place]


def _flag(values: pd.Series[Any]) -> NDArray[np.float64]:
    if pd.api.types.is_numeric_dtype(values):
        return np.where(np.isnan(finite(values)), np.nan, (finite(values) != 0).astype(np.float64))
    words = values.astype(object).map(lambda word: str(word).strip().lower())
    return np.where(values.isna(), np.nan, words.isin(YES).to_numpy().astype(np.float64))
