"""Customers of a selection: pages of a grid, and files to take away. Both read the snapshot's columns, never whole into memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from segmentation.clustering import Assignments
from segmentation.palette import SegmentStyle
from segmentation.roles import CUSTOMER_KEY, Column, Kind, Role, Schema
from webapp import bulk
from webapp.models import Customer, Dataset
from webapp.services.access import Actor, Permission, require
from webapp.services.audit import record_event
from webapp.services.errors import Conflict, Invalid
from webapp.services.filtering.columns import OWN, SEGMENT, attributes, masked_columns, outward, shown_schema, value_sql
from webapp.services.filtering.filtering import Rows
from webapp.services.segmenting.labelled import Labelled, open_labelled
from webapp.services.segmenting.selections import select_from
from webapp.store import CHUNK, State, Store

LONGEST_PAGE = 1_000
NOTHING: Mapping[str, str] = {}
"""The query of an address that asks for everybody."""
MOST_COMMON = 7
_LOOKED_FOR = (
    *(Role.SPEND, Role.INCOME, Role.RECENCY_DAYS, Role.AGE, Role.BIRTH_YEAR, Role.ENROLLED_ON, Role.PURCHASES, Role.AMOUNT),
    *(Role.CATEGORY, Role.OUTCOME, Role.CONSENT),
)

MASK = "•••"
DANGEROUS = "^''*[=+\\-@\t\r\n＝＋－＠]"
"""What a spreadsheet may take for a formula at the beginning of a cell."""


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
class _Order:
    """By which grid column customers are sorted."""

    column: str
    descending: bool


@dataclass(frozen=True)
class Export:
    """A CSV on its way out: `chunks` are its bytes. `withheld` counts customers who stay because of their consent."""

    file_name: str
    rows: int
    withheld: int
    chunks: Iterator[bytes]


@dataclass(frozen=True)
class SavedExport:
    """A file that was written."""

    path: Path
    rows: int
    withheld: int


def grid_columns(session: Session, actor: Actor, dataset: str, *, version: int | None = None) -> tuple[GridColumn, ...]:
    """The columns that `page_customers` answers with."""
    require(actor, Permission.VIEW_CUSTOMERS)
    base = open_labelled(session, actor, dataset, version)
    return _grid_columns(base, masked_columns(actor, base.schema))


def page_customers(
    session: Session,
    actor: Actor,
    store: Store,
    dataset: str,
    *,
    query: Mapping[str, str] = NOTHING,
    segment: str | None = None,
    version: int | None = None,
    sort: str = CUSTOMER_KEY,
    descending: bool = False,
    start: int = 0,
    stop: int = 100,
) -> CustomerPage:
    """A page of the customers of `segment` (a key; None: everybody), sorted by a grid column; missing values come last.

    `query` may hold filters (`f`) and a search (`q`), as an address does.
    """
    require(actor, Permission.VIEW_CUSTOMERS)
    if not 0 <= start < stop <= start + LONGEST_PAGE:
        raise Invalid(f"A page has 1 to {LONGEST_PAGE} rows.", details={"field": "stop"})
    base = open_labelled(session, actor, dataset, version)
    selection = select_from(base, actor, store, query, segment=segment)
    order = _checked_order(base, actor, sort, descending=descending)
    numbers = _sorted_rows(base, store, selection.rows, order, start, stop)
    rows = _page_rows(base.path(store), base, base.labels(store), masked_columns(actor, base.schema), numbers)
    return CustomerPage(rows, selection.count, _grid_columns(base), base.styles)


def export_customers(
    session: Session,
    actor: Actor,
    store: Store,
    dataset: str,
    *,
    query: Mapping[str, str] = NOTHING,
    segment: str | None = None,
    version: int | None = None,
    sort: str | None = None,
    descending: bool = False,
) -> Export:
    """The customers of `segment` (or all) whom `query` leaves and who may leave, as CSV. Audited, so it needs a session that commits."""
    with tempfile.TemporaryDirectory(prefix="smartcart-export-") as folder:
        path = Path(folder) / "customers.csv"
        asked: dict[str, Any] = {"query": query, "segment": segment, "version": version, "sort": sort, "descending": descending}
        saved = save_customers(session, actor, store, dataset, path, **asked)
        file = saved.path.open("rb")  # the open file outlives its name, and vanishes with whoever stops reading
    chosen = "selected" if query.get("f") or query.get("q") else None
    name = "-".join(part for part in (dataset, segment, chosen, "customers.csv") if part)

    def chunks() -> Iterator[bytes]:
        with file:
            while chunk := file.read(CHUNK):
                yield chunk

    return Export(name, saved.rows, saved.withheld, chunks())


def save_customers(
    session: Session,
    actor: Actor,
    store: Store,
    dataset: str,
    path: Path,
    *,
    query: Mapping[str, str] = NOTHING,
    segment: str | None = None,
    version: int | None = None,
    sort: str | None = None,
    descending: bool = False,
) -> SavedExport:
    """The same as a file at `path`: .csv or .parquet by its ending; without `sort` in the order of the snapshot.

    Invalid where a filter of `query` cannot be used: a file never holds more customers than somebody asked for.
    """
    require(actor, Permission.EXPORT)
    plain = _is_parquet(path)
    base = open_labelled(session, actor, dataset, version)
    selection = select_from(base, actor, store, query, segment=segment)
    if selection.problems:
        raise Invalid(selection.problems[0], details={"field": "f"})
    numbers = np.arange(base.snapshot.customers) if selection.rows is None else selection.rows
    if sort is not None:
        numbers = _sorted_rows(base, store, selection.rows, _checked_order(base, actor, sort, descending=descending), 0, len(numbers))
    labelled = _labelled(base, base.labels(store), numbers, names=False)
    rows = bulk.copy_rows(
        base.path(store),
        _export_expressions(base.schema, masked_columns(actor, base.schema), plain=plain),
        pd.DataFrame({"number": numbers, "place": np.arange(len(numbers)), **labelled}),
        _may_leave(session, base.dataset),
        path,
        parquet=plain,
    )
    withheld = len(numbers) - rows
    if not rows and withheld:
        path.unlink(missing_ok=True)
        raise Conflict(_why_nobody(base.dataset), code="no_consent")
    asked = {name: query[name] for name in ("f", "q") if query.get(name)}
    details = {"segment": segment, "version": base.version.number if base.version else None, "rows": rows, "withheld": withheld, **asked}
    record_event(session, actor, "customers.exported", base.dataset.slug, **details)
    session.flush()
    return SavedExport(path, rows, withheld)


def _is_parquet(path: Path) -> bool:
    ending = path.suffix.lower()
    if ending not in (".csv", ".parquet"):
        raise Invalid("Choose a file name that ends in .csv or .parquet; spreadsheets open the .csv.", details={"field": "out"})
    return ending == ".parquet"


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
    for name, values in _labelled(base, labels, numbers, names=True).items():
        known[name] = values
    return known[[*(column.name for column in _grid_columns(base)), SEGMENT]]


def _labelled(base: Labelled, labels: Assignments | None, numbers: NDArray[np.int64], *, names: bool) -> dict[str, Any]:
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


def harmless_text(source: str, name: str) -> str:
    """The SQL text `source` as a column `name` that no spreadsheet takes for a formula."""
    return f"CASE WHEN regexp_matches({source}, '{DANGEROUS}') THEN '''' || {source} ELSE {source} END AS {name}"


def _export_expressions(schema: Schema, masked: frozenset[str], *, plain: bool) -> list[str]:
    """Key, the version's columns, the customer's columns; texts made harmless for spreadsheets unless `plain`."""

    def text(source: str, name: str) -> str:
        return f"{source} AS {name}" if plain else harmless_text(source, name)

    own = ["beside.segment_key", text("CAST(beside.segment_name AS VARCHAR)", "segment_name"), "beside.confidence", "beside.runner_up"]
    expressions = [text(bulk.quoted(CUSTOMER_KEY), CUSTOMER_KEY), *own]
    for column in attributes(schema):
        source, name = f"customers.{bulk.quoted(column.name)}", bulk.quoted(outward(column.name))
        if column.name in masked:
            expressions.append(f"CASE WHEN {source} IS NULL THEN NULL ELSE '{MASK}' END AS {name}")
        else:
            expressions.append(text(source, name) if column.kind is Kind.TEXT else f"{source} AS {name}")
    return expressions


def _may_leave(session: Session, dataset: Dataset) -> pd.DataFrame:
    """Keys of customers who may leave as their consent is now, whatever it was when the snapshot was taken."""
    consents = ("given", "unknown") if dataset.legal_basis_confirmed else ("given",)
    keys = session.execute(select(Customer.customer_key).where(Customer.dataset_id == dataset.id, Customer.consent.in_(consents)))
    return pd.DataFrame({CUSTOMER_KEY: np.array(keys.scalars().all(), dtype=object)})


def _why_nobody(dataset: Dataset) -> str:
    if dataset.legal_basis_confirmed:
        return "Nobody may leave: every one of these customers has withdrawn their consent."
    return (
        "Nobody may leave: none of these customers is known to consent. Import a consent column, "
        "or ask an admin to confirm a legal basis on the Data page for customers whose consent is unknown."
    )
