"""Customers of a segment: pages of a grid, and files to take away. Both read the snapshot's columns, never whole into memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from segmentation.artifact import unpack_assignments
from segmentation.clustering import Assignments
from segmentation.codec import from_json
from segmentation.palette import SegmentStyle
from segmentation.roles import CUSTOMER_KEY, Column, Kind, Role, Schema
from webapp import bulk
from webapp.models import Customer, Dataset, ModelVersion, Snapshot
from webapp.services.access import Actor, Permission, require, team_dataset, team_row
from webapp.services.audit import record_event
from webapp.services.errors import Conflict, Invalid, NotFound
from webapp.services.segments import version_styles
from webapp.services.snapshots import latest_snapshot
from webapp.services.versions import find_version
from webapp.store import CHUNK, State, Store

LONGEST_PAGE = 1_000
OWN = ("segment_key", "segment_name", "confidence", "runner_up")
"""Columns that come from the version; a file's column of the same name is shown as `<name>_in_file`."""

MASK = "•••"
DANGEROUS = "^[=+\\-@\t\r\n＝＋－＠]"
"""What a spreadsheet may take for a formula at the beginning of a cell."""


@dataclass(frozen=True)
class GridColumn:
    """A column of the grid; `kind` is that of the schema ("integer", "decimal", "date", "text"). A masked one is not `sortable`."""

    name: str
    label: str
    kind: str
    numeric: bool
    sortable: bool = True


@dataclass(frozen=True)
class CustomerPage:
    """Rows `start` to `stop` of `total`, with the grid's columns in their order."""

    rows: pd.DataFrame
    total: int
    columns: tuple[GridColumn, ...]


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


@dataclass(frozen=True)
class _Base:
    """What a page or a file is made from: a snapshot, and the version that labels it (None: nobody has a segment yet)."""

    dataset: Dataset
    snapshot: Snapshot
    schema: Schema
    version: ModelVersion | None
    styles: tuple[SegmentStyle, ...]


def grid_columns(session: Session, actor: Actor, dataset: str, *, version: int | None = None) -> tuple[GridColumn, ...]:
    """The columns that `page_customers` answers with."""
    require(actor, Permission.VIEW_CUSTOMERS)
    base = _base(session, actor, dataset, version)
    return _grid_columns(base, _masked(actor, base.schema))


def page_customers(
    session: Session,
    actor: Actor,
    store: Store,
    dataset: str,
    *,
    segment: str | None = None,
    version: int | None = None,
    sort: str = CUSTOMER_KEY,
    descending: bool = False,
    start: int = 0,
    stop: int = 100,
) -> CustomerPage:
    """A page of the customers of `segment` (a key; None: everybody), sorted by a grid column; missing values come last."""
    require(actor, Permission.VIEW_CUSTOMERS)
    if not 0 <= start < stop <= start + LONGEST_PAGE:
        raise Invalid(f"A page has 1 to {LONGEST_PAGE} rows.", details={"field": "stop"})
    base = _base(session, actor, dataset, version)
    masked = _masked(actor, base.schema)
    sortable = {column.name for column in _grid_columns(base)} - {_outward(name) for name in masked}
    if sort not in sortable:
        raise Invalid("Customers cannot be sorted by that column. Choose another one.", details={"field": "sort"})
    labels = _labels(store, base)
    chosen = _rows_of(base, labels, segment)
    path = store.verified_path(actor.team_id, "snapshot", base.snapshot.digest)
    if sort in OWN or sort == CUSTOMER_KEY:
        in_order = _key_order(path, store.state(actor.team_id, "snapshot", base.snapshot.digest))
        numbers = _sorted_here(base, labels, _among(in_order, chosen), sort, descending=descending)[start:stop]
    else:
        inward = next(column.name for column in base.schema if _outward(column.name) == sort)
        numbers = bulk.ordered_rows(path, inward, chosen, descending=descending, start=start, stop=stop)
    return CustomerPage(
        rows=_page_rows(path, base, labels, masked, numbers),
        total=base.snapshot.customers if chosen is None else len(chosen),
        columns=_grid_columns(base),
    )


def export_customers(
    session: Session, actor: Actor, store: Store, dataset: str, *, segment: str | None = None, version: int | None = None
) -> Export:
    """The customers of `segment` (or all) who may leave, as CSV. Audited, so it needs a session that commits."""
    with tempfile.TemporaryDirectory(prefix="smartcart-export-") as folder:
        saved = save_customers(session, actor, store, dataset, Path(folder) / "customers.csv", segment=segment, version=version)
        file = saved.path.open("rb")  # the open file outlives its name, and vanishes with whoever stops reading
    name = "-".join(part for part in (dataset, segment, "customers.csv") if part)

    def chunks() -> Iterator[bytes]:
        with file:
            while chunk := file.read(CHUNK):
                yield chunk

    return Export(name, saved.rows, saved.withheld, chunks())


def save_customers(
    session: Session, actor: Actor, store: Store, dataset: str, path: Path, *, segment: str | None = None, version: int | None = None
) -> SavedExport:
    """The same as a file at `path`: .csv or .parquet by its ending."""
    require(actor, Permission.EXPORT)
    ending = path.suffix.lower()
    if ending not in (".csv", ".parquet"):
        raise Invalid("Choose a file name that ends in .csv or .parquet; spreadsheets open the .csv.", details={"field": "out"})
    base = _base(session, actor, dataset, version)
    labels = _labels(store, base)
    chosen = _rows_of(base, labels, segment)
    numbers = np.arange(base.snapshot.customers) if chosen is None else chosen
    beside = pd.DataFrame({"number": numbers, **_labelled(base, labels, numbers, names=False)})
    rows = bulk.copy_rows(
        store.verified_path(actor.team_id, "snapshot", base.snapshot.digest),
        _export_expressions(base.schema, _masked(actor, base.schema), plain=ending == ".parquet"),
        beside,
        _may_leave(session, base.dataset),
        path,
        parquet=ending == ".parquet",
    )
    withheld = len(numbers) - rows
    if not rows and withheld:
        path.unlink(missing_ok=True)
        raise Conflict(_why_nobody(base.dataset), code="no_consent")
    details = {"segment": segment, "version": base.version.number if base.version else None, "rows": rows, "withheld": withheld}
    record_event(session, actor, "customers.exported", base.dataset.slug, **details)
    session.flush()
    return SavedExport(path, rows, withheld)


def _base(session: Session, actor: Actor, dataset: str, number: int | None) -> _Base:
    row = team_dataset(session, actor, dataset)
    version = find_version(session, actor, row, number)
    snapshot = team_row(session, actor, Snapshot, "snapshot", id=version.snapshot_id) if version else latest_snapshot(session, row)
    if snapshot is None:
        raise NotFound("This dataset has no customers yet. Import a customer file first.")
    styles = version_styles(session, version) if version else ()
    return _Base(row, snapshot, from_json(Schema, snapshot.column_schema), version, styles)


def _grid_columns(base: _Base, masked: frozenset[str] = frozenset()) -> tuple[GridColumn, ...]:
    key = base.schema.named(CUSTOMER_KEY)
    own = (
        GridColumn("segment_name", "Segment", Kind.TEXT.value, False),
        GridColumn("confidence", "Confidence", Kind.DECIMAL.value, True),
        GridColumn("runner_up", "Runner-up", Kind.TEXT.value, False),
    )
    attributes = tuple(
        GridColumn(
            _outward(column.name), column.label, column.kind.value, column.kind in (Kind.INTEGER, Kind.DECIMAL), column.name not in masked
        )
        for column in _attributes(base.schema)
    )
    return (GridColumn(key.name, key.label, Kind.TEXT.value, False), *(own if base.version else ()), *attributes)


def _attributes(schema: Schema) -> tuple[Column, ...]:
    return tuple(column for column in schema if column.name != CUSTOMER_KEY)


def _outward(name: str) -> str:
    return f"{name}_in_file" if name in OWN else name


def _masked(actor: Actor, schema: Schema) -> frozenset[str]:
    """Contact columns that the actor's role does not show."""
    return frozenset() if actor.may(Permission.MANAGE_TEAM) else frozenset(column.name for column in schema.of(Role.CONTACT))


def _labels(store: Store, base: _Base) -> Assignments | None:
    if base.version is None:
        return None
    team_id, digest = base.version.team_id, base.version.labels_digest
    assert digest is not None
    return _read_labels(store, team_id, digest, store.state(team_id, "labels", digest))


@lru_cache(maxsize=8)
def _read_labels(store: Store, team_id: str, digest: str, _state: State) -> Assignments:
    return unpack_assignments(store.read_bytes(team_id, "labels", digest))


@lru_cache(maxsize=8)
def _key_order(path: Path, _state: State) -> NDArray[np.int64]:
    return bulk.key_order(path)


def _rows_of(base: _Base, labels: Assignments | None, segment: str | None) -> NDArray[np.int64] | None:
    """Row numbers of the segment's customers, in snapshot order; None for everybody."""
    if segment is None:
        return None
    cluster = next((place for place, style in enumerate(base.styles) if style.key == segment), None)
    if cluster is None or labels is None:
        raise NotFound("There is no such segment.")
    return np.flatnonzero(labels.label == cluster)


def _among(in_order: NDArray[np.int64], chosen: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """The `chosen` row numbers in the given order; all of them for None."""
    if chosen is None:
        return in_order
    wanted = np.zeros(len(in_order), dtype=bool)
    wanted[chosen] = True
    return in_order[wanted[in_order]]


def _sorted_here(base: _Base, labels: Assignments | None, numbers: NDArray[np.int64], sort: str, *, descending: bool) -> NDArray[np.int64]:
    """`numbers`, which are in the order of customer keys, sorted by customer key or by a column of the version."""
    if sort == CUSTOMER_KEY or labels is None:
        return numbers[::-1] if descending else numbers
    values = _rank(base, labels, sort)[numbers]
    return numbers[np.argsort(-values if descending else values, kind="stable")]


def _rank(base: _Base, labels: Assignments, sort: str) -> NDArray[np.float64]:
    """A number per snapshot row that sorts as the column does; NaN, which sorts last, where there is no segment."""
    if sort == "confidence":
        return np.where(labels.label < 0, np.nan, labels.confidence)
    names = [style.name.casefold() for style in base.styles]
    places = np.array([*(float(sorted(names).index(name)) for name in names), np.nan])
    return places[labels.label if sort == "segment_name" else labels.runner_up]


def _page_rows(path: Path, base: _Base, labels: Assignments | None, masked: frozenset[str], numbers: NDArray[np.int64]) -> pd.DataFrame:
    shown = Schema(tuple(replace(column, kind=Kind.TEXT) if column.name in masked else column for column in base.schema))
    rows = bulk.typed_frame(bulk.rows_at(path, [_expression(column, masked) for column in base.schema], numbers), shown)
    outward = rows.rename(columns=_outward)
    for name, values in _labelled(base, labels, numbers, names=True).items():
        outward[name] = values
    return outward[[column.name for column in _grid_columns(base)]]


def _labelled(base: _Base, labels: Assignments | None, numbers: NDArray[np.int64], *, names: bool) -> dict[str, Any]:
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


def _expression(column: Column, masked: frozenset[str]) -> str:
    name = bulk.quoted(column.name)
    return f"CASE WHEN {name} IS NULL THEN NULL ELSE '{MASK}' END AS {name}" if column.name in masked else name


def harmless_text(source: str, name: str) -> str:
    """The SQL text `source` as a column `name` that no spreadsheet takes for a formula."""
    return f"CASE WHEN regexp_matches({source}, '{DANGEROUS}') THEN '''' || {source} ELSE {source} END AS {name}"


def _export_expressions(schema: Schema, masked: frozenset[str], *, plain: bool) -> list[str]:
    """Key, the version's columns, the customer's columns; texts made harmless for spreadsheets unless `plain`."""

    def text(source: str, name: str) -> str:
        return f"{source} AS {name}" if plain else harmless_text(source, name)

    own = ["beside.segment_key", text("CAST(beside.segment_name AS VARCHAR)", "segment_name"), "beside.confidence", "beside.runner_up"]
    expressions = [text(bulk.quoted(CUSTOMER_KEY), CUSTOMER_KEY), *own]
    for column in _attributes(schema):
        source, name = f"customers.{bulk.quoted(column.name)}", bulk.quoted(_outward(column.name))
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
