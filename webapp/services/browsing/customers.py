"""Customers who were asked for, as pages of a grid. Reads the snapshot's columns, never whole into memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from segmentation.clustering import Assignments
from segmentation.palette import SegmentStyle
from segmentation.roles import CUSTOMER_KEY, Column, Kind, Role, Schema
from webapp import bulk
from webapp.services.access import Actor, Permission, require
from webapp.services.errors import Invalid
from webapp.services.filtering.columns import OWN, SEGMENT, attributes, masked_columns, outward, shown_schema, value_sql
from webapp.services.filtering.filtering import Rows
from webapp.services.segmenting.labelled import Labelled, open_labelled
from webapp.services.segmenting.selections import select_from
from webapp.store import State, Store

LONGEST_PAGE = 1_000
MOST_COMMON = 7
_LOOKED_FOR = (
    *(Role.SPEND, Role.INCOME, Role.RECENCY_DAYS, Role.AGE, Role.BIRTH_YEAR, Role.ENROLLED_ON, Role.PURCHASES, Role.AMOUNT),
    *(Role.CATEGORY, Role.OUTCOME, Role.CONSENT),
)

MASK = "•••"


@dataclass(frozen=True)
class GridColumn:
    """A column of the grid; `kind` is that of the schema ("integer", "decimal", "date", "text"). A masked one is not `sortable`.

    Those with a `rank` are shown unless somebody chooses others, the lowest first.
    """

    name: str
    label: str
    kind: str
    numeric: bool
    sortable: bool = True
    rank: int | None = 0


@dataclass(frozen=True)
class CustomerPage:
    """Rows `start` to `stop` of `total`, with the grid's columns in their order; beside these the rows have the `segment_key`.

    `styles` says how the version's segments are drawn.
    """

    rows: pd.DataFrame
    total: int
    columns: tuple[GridColumn, ...]
    styles: tuple[SegmentStyle, ...] = ()


@dataclass(frozen=True)
class CustomerQuery:
    """Which customers are asked for, and in which order.

    `query` may hold filters (`f`) and a search (`q`), as an address does; `segment` is a key (None: everybody), `version` a number (None:
    the champion), `sort` a column of the grid (None: by key in a grid, as the snapshot has them in a file).
    """

    query: Mapping[str, str] = field(default_factory=dict)
    segment: str | None = None
    version: int | None = None
    sort: str | None = None
    descending: bool = False


EVERYBODY = CustomerQuery()


@dataclass(frozen=True)
class _Order:
    """By which grid column customers are sorted."""

    column: str
    descending: bool


def grid_columns(session: Session, actor: Actor, dataset: str, *, version: int | None = None) -> tuple[GridColumn, ...]:
    """The columns that `page_customers` answers with."""
    require(actor, Permission.VIEW_CUSTOMERS)
    base = open_labelled(session, actor, dataset, version)
    return _grid_columns(base, masked_columns(actor, base.schema))


def page_customers(
    session: Session, actor: Actor, store: Store, dataset: str, asked: CustomerQuery = EVERYBODY, *, start: int = 0, stop: int = 100
) -> CustomerPage:
    """Rows `start` to `stop` of the customers asked for; missing values come last."""
    require(actor, Permission.VIEW_CUSTOMERS)
    if not 0 <= start < stop <= start + LONGEST_PAGE:
        raise Invalid(f"A page has 1 to {LONGEST_PAGE} rows.", details={"field": "stop"})
    base = open_labelled(session, actor, dataset, asked.version, asked.query)
    selection = select_from(base, actor, store, asked.query, segment=asked.segment)
    numbers = sorted_rows(base, actor, store, selection.rows, replace(asked, sort=asked.sort or CUSTOMER_KEY), start, stop)
    rows = _page_rows(base.path(store), base, base.labels(store), masked_columns(actor, base.schema), numbers)
    return CustomerPage(rows, selection.count, _grid_columns(base), base.styles)


def sorted_rows(base: Labelled, actor: Actor, store: Store, chosen: Rows | None, asked: CustomerQuery, start: int, stop: int) -> Rows:
    """Row numbers `start` to `stop` of the `chosen` ones (None: all) in the order asked for; Invalid where there is no such order."""
    if asked.sort is None:
        everybody = np.arange(base.snapshot.customers) if chosen is None else chosen
        return everybody[start:stop]
    return _sorted_rows(base, store, chosen, _checked_order(base, actor, asked.sort, descending=asked.descending), start, stop)


def _grid_columns(base: Labelled, masked: frozenset[str] = frozenset()) -> tuple[GridColumn, ...]:
    key = base.schema.named(CUSTOMER_KEY)
    own = (
        GridColumn("segment_name", "Segment", Kind.TEXT.value, False),
        GridColumn("confidence", "Confidence", Kind.DECIMAL.value, True),
        GridColumn("runner_up", "Runner-up", Kind.TEXT.value, False, rank=None),
    )
    shown = attributes(shown_schema(base.schema))
    common = _common(shown)
    columns = tuple(
        GridColumn(
            name=outward(column.name),
            label=column.label,
            kind=column.kind.value,
            numeric=column.kind in (Kind.INTEGER, Kind.DECIMAL),
            sortable=column.name not in masked,
            rank=common.get(column.name),
        )
        for column in shown
    )
    return (GridColumn(key.name, key.label, Kind.TEXT.value, False), *(own if base.version else ()), *columns)


def _common(columns: Sequence[Column]) -> dict[str, int]:
    """The first column of each role that people look for first, with its rank; all of them where there are few."""
    if len(columns) <= MOST_COMMON:
        return {column.name: rank for rank, column in enumerate(columns, start=1)}
    first: dict[Role, str] = {}
    for column in columns:
        first.setdefault(column.role, column.name)
    found = [first[role] for role in _LOOKED_FOR if role in first][:MOST_COMMON]
    return {name: rank for rank, name in enumerate(found, start=1)}


def _checked_order(base: Labelled, actor: Actor, sort: str, *, descending: bool) -> _Order:
    """Invalid unless customers can be sorted by that column; a masked one would give away what it hides."""
    columns = _grid_columns(base, masked_columns(actor, base.schema))
    if sort not in {column.name for column in columns if column.sortable}:
        raise Invalid("Customers cannot be sorted by that column. Choose another one.", details={"field": "sort"})
    return _Order(sort, descending)


def _sorted_rows(base: Labelled, store: Store, chosen: Rows | None, order: _Order, start: int, stop: int) -> Rows:
    """Row numbers `start` to `stop` of the `chosen` ones (None: all) in that order."""
    path = base.path(store)
    if order.column in OWN or order.column == CUSTOMER_KEY:
        in_order = _among(_key_order(path, base.state(store)), chosen)
        return _sorted_here(base, base.labels(store), in_order, order.column, descending=order.descending)[start:stop]
    column = next(column for column in shown_schema(base.schema) if outward(column.name) == order.column)
    return bulk.ordered_rows(path, value_sql(column, base.schema), chosen, descending=order.descending, start=start, stop=stop)


@lru_cache(maxsize=8)
def _key_order(path: Path, _state: State) -> NDArray[np.int64]:
    return bulk.key_order(path)


def _among(in_order: NDArray[np.int64], chosen: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """The `chosen` row numbers in the given order; all of them for None."""
    if chosen is None:
        return in_order
    wanted = np.zeros(len(in_order), dtype=bool)
    wanted[chosen] = True
    return in_order[wanted[in_order]]


def _sorted_here(
    base: Labelled, labels: Assignments | None, numbers: NDArray[np.int64], sort: str, *, descending: bool
) -> NDArray[np.int64]:
    """`numbers`, which are in the order of customer keys, sorted by customer key or by a column of the version."""
    if sort == CUSTOMER_KEY or labels is None:
        return numbers[::-1] if descending else numbers
    values = _rank(base, labels, sort)[numbers]
    return numbers[np.argsort(-values if descending else values, kind="stable")]


def _rank(base: Labelled, labels: Assignments, sort: str) -> NDArray[np.float64]:
    """A number per snapshot row that sorts as the column does; NaN, which sorts last, where there is no segment."""
    if sort == "confidence":
        return np.where(labels.label < 0, np.nan, labels.confidence)
    names = [style.name.casefold() for style in base.styles]
    places = np.array([*(float(sorted(names).index(name)) for name in names), np.nan])
    return places[labels.label if sort == "segment_name" else labels.runner_up]


def _page_rows(path: Path, base: Labelled, labels: Assignments | None, masked: frozenset[str], numbers: NDArray[np.int64]) -> pd.DataFrame:
    every = shown_schema(base.schema)
    shown = Schema(tuple(replace(column, kind=Kind.TEXT) if column.name in masked else column for column in every))
    rows = bulk.typed_frame(bulk.rows_at(path, [_expression(column, masked, base.schema) for column in shown], numbers), shown)
    known = rows.rename(columns=outward)
    for name, values in version_columns(base, labels, numbers, names=True).items():
        known[name] = values
    return known[[*(column.name for column in _grid_columns(base)), SEGMENT]]


def version_columns(base: Labelled, labels: Assignments | None, numbers: NDArray[np.int64], *, names: bool) -> dict[str, Any]:
    """The version's columns at the given rows; the runner-up by name (for eyes) or by key (for files)."""
    if labels is None:
        return {"segment_key": None, "segment_name": None, "confidence": np.full(len(numbers), np.nan), "runner_up": None}
    key = np.array([*(style.key for style in base.styles), None], dtype=object)  # label -1 finds the None at the end
    name = np.array([*(style.name for style in base.styles), None], dtype=object)
    label, runner_up = labels.label[numbers], labels.runner_up[numbers]
    return {
        "segment_key": key[label],
        "segment_name": name[label],
        "confidence": labels.confidence[numbers].astype(np.float64).round(4),
        "runner_up": (name if names else key)[runner_up],
    }


def _expression(column: Column, masked: frozenset[str], schema: Schema) -> str:
    value, name = value_sql(column, schema), bulk.quoted(column.name)
    return f"CASE WHEN {value} IS NULL THEN NULL ELSE '{MASK}' END AS {name}" if column.name in masked else f"{value} AS {name}"
