"""What an import job reads before it works, and writes when it is done: the report of a dry run, or customers and snapshot in one act."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from segmentation.codec import from_json, to_json
from segmentation.exploring.exploration import Exploration
from segmentation.intake import DateOrder, FileFormat
from segmentation.roles import Role, Schema
from webapp.bulk import CustomerRow, upsert_customers
from webapp.models import Dataset, Import, ImportStatus, Snapshot
from webapp.services.access import Actor, Permission, require, team_row, team_rows
from webapp.services.audit import record_event
from webapp.services.data.datasets import lock_dataset, schema_of
from webapp.services.data.feeding import Feeding, feeding_of
from webapp.services.data.imports import ImportReport
from webapp.services.data.snapshots import ColumnQuality, Quality, latest_snapshot
from webapp.services.data.trace_requests import request_trace
from webapp.services.errors import Conflict


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
class ImportPlan:
    """All that reading a file needs, so that no transaction stays open meanwhile.

    `roles` are those stated (header -> role), `format` the one stated, `day` that of the upload. `schema` (ignored columns included)
    and `date_order` are the dataset's, None before its first import; `fed` says by what kind of files.
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
    require(actor, Permission.IMPORT)
    row = team_row(session, actor, Import, "import", id=import_id)
    dataset = team_row(session, actor, Dataset, "dataset", id=row.dataset_id)
    snapshot = latest_snapshot(session, dataset)
    mapping = row.mapping or {}
    return ImportPlan(
        import_id=row.id,
        team_id=actor.team_id,
        dataset_id=dataset.id,
        file_digest=row.file_digest,
        roles=dict(mapping.get("schema", {})),
        format=from_json(FileFormat, mapping["format"]) if mapping.get("format") else None,
        as_of=row.as_of,
        day=row.created_at.date(),
        schema=schema_of(dataset),
        fed=feeding_of(session, actor, dataset),
        date_order=from_json(FileFormat, dataset.file_format).date_order if dataset.file_format else None,
        base=Base(snapshot.id, snapshot.digest, snapshot.as_of, from_json(Schema, snapshot.column_schema)) if snapshot else None,
    )


def record_check(session: Session, actor: Actor, plan: ImportPlan, report: ImportReport, rejects_digest: str | None) -> None:
    """Keep the report of a dry run; the import waits for somebody to confirm it."""
    row = team_row(session, actor, Import, "import", id=plan.import_id)
    row.status, row.report, row.rejects_digest = ImportStatus.CHECKED, to_json(report), rejects_digest
    record_event(session, actor, "import.checked", row.id, **_counts(report))
    session.flush()


def record_import(
    session: Session,
    actor: Actor,
    plan: ImportPlan,
    report: ImportReport,
    rejects_digest: str | None,
    snapshot: NewSnapshot,
    rows: Iterator[list[CustomerRow]],
) -> None:
    """Customers, snapshot, schema, report and audit event together. BaseMoved where another import was quicker."""
    require(actor, Permission.IMPORT)
    dataset = team_row(session, actor, Dataset, "dataset", id=plan.dataset_id)
    lock_dataset(session, dataset)
    row = team_row(session, actor, Import, "import", id=plan.import_id)
    if row.status != ImportStatus.IMPORTING:
        raise Conflict(f"This import is {row.status}; only a confirmed one is stored.", code="import_moved")
    before = latest_snapshot(session, dataset)
    if (before.id if before else None) != (plan.base.id if plan.base else None):
        raise BaseMoved
    keep_consent = snapshot.schema.one(Role.CONSENT) is None
    upsert_customers(session, rows, team_id=actor.team_id, dataset_id=dataset.id, import_id=row.id, keep_consent=keep_consent)
    stored = _snapshot_row(session, actor, dataset, snapshot)
    dataset.column_schema, dataset.file_format = to_json(snapshot.dataset_schema), to_json(snapshot.format)
    row.part_digest = snapshot.part_digest
    row.status, row.report, row.rejects_digest = ImportStatus.DONE, to_json(report), rejects_digest
    row.snapshot_id, row.finished_at = stored.id, _later_than_all(session, dataset)
    record_event(session, actor, "import.stored", row.id, dataset=dataset.slug, snapshot=stored.number, **_counts(report))
    session.flush()
    request_trace(session, actor, dataset)


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


def _counts(report: ImportReport) -> dict[str, int]:
    return {
        "file_rows": report.file_rows,
        "new": report.new,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "rejected": report.rejected,
    }
