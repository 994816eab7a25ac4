"""What an import job reads before it works, and writes when it is done: the report of a dry run, or customers and snapshot in one act."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from segmentation.codec import from_json, to_json
from segmentation.exploring.exploration import Exploration
from segmentation.intake import DateOrder, FileFormat
from segmentation.roles import Schema
from webapp.merging import CustomerBatch, MergeMode, write_past
from webapp.models import Customer, Dataset, DepartedConsent, Import, ImportMode, ImportStatus, Snapshot
from webapp.records import Keys, past_rows, recall_consents, remove_customers, upsert_customers
from webapp.services.access import Actor, Permission, require, team_row, team_rows
from webapp.services.audit import record_event
from webapp.services.data.champions import ChampionModel, champion_model
from webapp.services.data.datasets import lock_dataset, schema_of
from webapp.services.data.feeding import Feeding, feeding_of
from webapp.services.data.layouts import layout_of
from webapp.services.data.mappings import KnownMapping, format_of, known_mappings, mapping_of, save_mapping
from webapp.services.data.reports import EarlierImport, ImportReport, report_of
from webapp.services.data.snapshots import ColumnQuality, Quality, latest_snapshot
from webapp.services.data.trace_requests import request_trace
from webapp.services.data.undoing import Before
from webapp.services.errors import Conflict
from webapp.store import Store


class BaseMoved(Exception):
    """Another import ended between staging and storing: stage again."""


@dataclass(frozen=True)
class Base:
    """The snapshot that an import starts from."""

    id: str
    digest: str
    as_of: date
    schema: Schema


@dataclass(frozen=True)
class Twin:
    """An earlier import of the same bytes in the same way, whose result is what the dataset holds now."""

    origin: EarlierImport
    report: ImportReport
    rejects_digest: str | None


@dataclass(frozen=True)
class Changes:
    """What an import writes to the table of customers, batch by batch: new and changed rows, whose records list `schema`'s columns, keys of
    those who leave, and keys of those who were there and change or leave."""

    schema: Schema
    rows: Iterable[CustomerBatch]
    removed: Keys = ()
    touched: Keys = ()


@dataclass(frozen=True)
class ImportPlan:
    """All that reading a file needs, so that no transaction stays open meanwhile.

    `roles` are those stated (header -> role), `format` and `values` those stated, `day` that of the upload. `schema` (ignored columns
    included) and `date_order` are the dataset's, None before its first import; `fed` says by what kind of files. `known` are mappings of
    earlier files by fingerprint, `twin` an earlier import of the very same file that the dataset is still in the state of, with its
    report and reject file. `withdrawn` are customers who withdrew their consent, `checked` is what the dry run found.
    """

    import_id: str
    team_id: str
    dataset_id: str
    file_digest: str
    roles: Mapping[str, str]
    format: FileFormat | None
    as_of: date | None
    day: date
    schema: Schema | None
    fed: Feeding = field(default=Feeding(), kw_only=True)
    date_order: DateOrder | None
    base: Base | None
    mode: MergeMode = "update"
    values: Mapping[str, Any] = field(default_factory=dict)
    known: Mapping[str, KnownMapping] = field(default_factory=dict)
    twin: Twin | None = None
    withdrawn: tuple[str, ...] = ()
    champion: ChampionModel | None = None
    checked: ImportReport | None = None


@dataclass(frozen=True)
class NewSnapshot:
    """A snapshot whose file is in the store. `dataset_schema` has the ignored columns too; `figures` are `bulk.column_figures`
    and `exploration` what was found out about the customers (neither where the dataset has that snapshot already). `part_digest`
    addresses the order lines that were added."""

    digest: str
    as_of: date
    customers: int
    schema: Schema
    dataset_schema: Schema
    format: FileFormat
    figures: Mapping[str, Mapping[str, Any]]
    exploration: Exploration | None = None
    part_digest: str | None = None


def plan_import(session: Session, actor: Actor, import_id: str) -> ImportPlan:
    """What the job of an import has to know; NotFound for another team's."""
    return plan_row(session, actor, team_row(session, actor, Import, "import", id=import_id))


def plan_row(session: Session, actor: Actor, row: Import) -> ImportPlan:
    """The same of an import whose row need not be stored yet."""
    require(actor, Permission.IMPORT)
    dataset = team_row(session, actor, Dataset, "dataset", id=row.dataset_id)
    snapshot = latest_snapshot(session, dataset)
    mapping = row.mapping or {}
    return ImportPlan(
        import_id=row.id,
        team_id=actor.team_id,
        dataset_id=dataset.id,
        file_digest=row.file_digest,
        roles=dict(mapping.get("schema", {})),
        format=format_of(mapping),
        as_of=row.as_of,
        day=row.created_at.date(),
        schema=schema_of(dataset),
        fed=feeding_of(session, actor, dataset),
        date_order=from_json(FileFormat, dataset.file_format).date_order if dataset.file_format else None,
        base=Base(snapshot.id, snapshot.digest, snapshot.as_of, from_json(Schema, snapshot.column_schema)) if snapshot else None,
        mode=row.mode.value if isinstance(row.mode, ImportMode) else row.mode,
        values=mapping.get("values", {}),
        known=known_mappings(session, actor, dataset),
        twin=_twin(session, actor, row, snapshot),
        withdrawn=_withdrawn_keys(session, dataset),
        champion=champion_model(session, actor, dataset) if snapshot else None,
        checked=report_of(row) if row.report else None,
    )


def _twin(session: Session, actor: Actor, row: Import, snapshot: Snapshot | None) -> Twin | None:
    """Merging a file into the state that it left changes nothing, so it need not be read again."""
    if snapshot is None or (row.as_of is not None and row.as_of != snapshot.as_of):
        return None
    same = team_rows(actor, Import).where(
        Import.dataset_id == row.dataset_id,
        Import.file_digest == row.file_digest,
        Import.status == ImportStatus.DONE,
        Import.mode == row.mode,
        Import.snapshot_id == snapshot.id,
    )
    for earlier in session.scalars(same.order_by(Import.finished_at.desc())):
        if (earlier.mapping or {}) == (row.mapping or {}) and earlier.report:
            return Twin(EarlierImport.of(earlier), report_of(earlier), earlier.rejects_digest)
    return None


def _withdrawn_keys(session: Session, dataset: Dataset) -> tuple[str, ...]:
    """Customers who withdrew their consent, those included who left."""
    here = select(Customer.customer_key).where(Customer.dataset_ref == dataset.ref, Customer.consent == "withdrawn")
    gone = select(DepartedConsent.customer_key).where(DepartedConsent.dataset_id == dataset.id, DepartedConsent.consent == "withdrawn")
    present = select(Customer.customer_key).where(
        Customer.dataset_ref == dataset.ref, Customer.customer_key == DepartedConsent.customer_key
    )
    return tuple(session.scalars(here.union_all(gone.where(~present.exists()))))


def record_check(session: Session, actor: Actor, plan: ImportPlan, report: ImportReport, rejects_digest: str | None) -> None:
    """Keep the report of a dry run; the import waits for somebody to confirm it."""
    row = team_row(session, actor, Import, "import", id=plan.import_id)
    report = replace(report, compared_with=plan.base.digest if plan.base else "")
    row.status, row.report, row.rejects_digest = ImportStatus.CHECKED, to_json(report), rejects_digest
    record_event(session, actor, "import.checked", row.id, **_counts(report))
    session.flush()


def record_import(
    session: Session,
    actor: Actor,
    plan: ImportPlan,
    report: ImportReport,
    rejects_digest: str | None,
    made: Callable[[], NewSnapshot],
    changes: Changes,
    store: Store,
) -> None:
    """Customers, snapshot, schema, report and audit event together. BaseMoved where another import was quicker.

    The snapshot may still be in the making: `made` is called once the customers are written, and waits for it.
    """
    dataset, row, current = _held(session, actor, plan)
    past = _keep_past(session, store, dataset, changes) if report.changed or report.removed else None
    row.before = to_json(Before(dataset.column_schema, dataset.file_format, current.id if current else None, past))
    if report.removed:
        remove_customers(session, changes.removed, dataset=dataset)
    if report.new or report.changed:
        layout = layout_of(session, actor, dataset, changes.schema)
        upsert_customers(session, changes.rows, layout_id=layout, dataset=dataset, source=row)
        recall_consents(session, dataset=dataset, source=row)
    snapshot = made()
    stored = _snapshot_row(session, actor, dataset, snapshot)
    dataset.column_schema, dataset.file_format = to_json(snapshot.dataset_schema), to_json(snapshot.format)
    row.part_digest = snapshot.part_digest
    row.status, row.report, row.rejects_digest = ImportStatus.DONE, to_json(report), rejects_digest
    row.snapshot_id, row.finished_at = stored.id, _later_than_all(session, dataset)
    save_mapping(session, actor, dataset, row.id, mapping_of(report))
    record_event(session, actor, "import.stored", row.id, dataset=dataset.slug, snapshot=stored.number, **_counts(report))
    session.flush()
    request_trace(session, actor, dataset)


def record_repeat(session: Session, actor: Actor, plan: ImportPlan, report: ImportReport, twin: Twin) -> None:
    """A file that the dataset is in the state of already: an import that changes nothing. BaseMoved where that is so no more."""
    dataset, row, current = _held(session, actor, plan)
    if current is None:
        raise BaseMoved
    row.before = to_json(Before(dataset.column_schema, dataset.file_format, current.id, None))
    row.status, row.report, row.rejects_digest = ImportStatus.DONE, to_json(report), twin.rejects_digest
    row.snapshot_id, row.finished_at = current.id, _later_than_all(session, dataset)
    record_event(session, actor, "import.stored", row.id, dataset=dataset.slug, snapshot=current.number, **_counts(report))
    session.flush()


def _held(session: Session, actor: Actor, plan: ImportPlan) -> tuple[Dataset, Import, Snapshot | None]:
    """Dataset and import, held until the transaction ends, and the snapshot that the plan starts from. BaseMoved where that is another."""
    require(actor, Permission.IMPORT)
    dataset = team_row(session, actor, Dataset, "dataset", id=plan.dataset_id)
    lock_dataset(session, dataset)
    row = team_row(session, actor, Import, "import", id=plan.import_id)
    if row.status != ImportStatus.IMPORTING:
        raise Conflict(f"This import is {row.status}; only a confirmed one is stored.", code="import_moved")
    current = latest_snapshot(session, dataset)
    if (current.id if current else None) != (plan.base.id if plan.base else None):
        raise BaseMoved
    return dataset, row, current


def _keep_past(session: Session, store: Store, dataset: Dataset, changes: Changes) -> str:
    """What undoing needs of the customers who change or leave, in the store; read here, so that it is what the import found."""
    rows = past_rows(session, changes.touched, dataset=dataset)
    return store.put_written(dataset.team_id, "past", lambda path: write_past(path, rows))


def _snapshot_row(session: Session, actor: Actor, dataset: Dataset, snapshot: NewSnapshot) -> Snapshot:
    """The dataset's snapshot of that content: the one that is there, or a new one with the next number."""
    same = team_rows(actor, Snapshot).where(Snapshot.dataset_id == dataset.id, Snapshot.digest == snapshot.digest)
    if (known := session.scalars(same).one_or_none()) is not None:
        return known
    highest = session.scalar(select(func.max(Snapshot.number)).where(Snapshot.dataset_id == dataset.id)) or 0
    columns = tuple(
        ColumnQuality(name=column.name, label=column.label, role=str(column.role), kind=str(column.kind), **snapshot.figures[column.name])
        for column in snapshot.schema
    )
    row = Snapshot(
        team_id=actor.team_id,
        dataset_id=dataset.id,
        number=highest + 1,
        digest=snapshot.digest,
        as_of=snapshot.as_of,
        customers=snapshot.customers,
        column_schema=to_json(snapshot.schema),
        quality=to_json(Quality(columns)),
        exploration=to_json(snapshot.exploration) if snapshot.exploration else None,
        created_at=datetime.now(UTC),
    )
    session.add(row)
    session.flush()
    return row


def _later_than_all(session: Session, dataset: Dataset) -> datetime:
    """Now, or just after the last import should the clock have been set back: the latest import says what the current snapshot is."""
    last = session.scalar(select(func.max(Import.finished_at)).where(Import.dataset_id == dataset.id, Import.status == ImportStatus.DONE))
    now = datetime.now(UTC)
    return max(now, last + timedelta(microseconds=1)) if last else now


def _counts(report: ImportReport) -> dict[str, Any]:
    names = ("mode", "file_rows", "new", "changed", "unchanged", "known", "removed", "rejected")
    return {name: getattr(report, name) for name in names}
