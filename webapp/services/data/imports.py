"""Imports: an uploaded file, its dry run, its confirmation, and what became of each row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import PurePath
from typing import Any, cast, get_args

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from segmentation.codec import from_json
from segmentation.intake import DateOrder, FileFormat, Finding, Reject
from segmentation.intake.text import DELIMITERS
from segmentation.orders import LineCounts
from segmentation.roles import Role
from webapp.models import Dataset, Import, ImportStatus, Job, Snapshot
from webapp.services.access import Actor, Permission, require, team_dataset, team_row, team_rows
from webapp.services.audit import record_event
from webapp.services.errors import Conflict, Invalid, NotFound
from webapp.services.work import jobs
from webapp.services.work.subjects import CHECK_IMPORT, IMPORT
from webapp.store import Store

LONGEST_FILE_NAME = 255


@dataclass(frozen=True)
class StoredFile:
    """A file that lies in the store's area "upload" under its SHA-256."""

    name: str
    digest: str
    bytes: int


@dataclass(frozen=True)
class ColumnChoice:
    """One column of the file: what it was taken for, how sure that is, and what it does for segments (`use`, in words).

    `filled` is the share of rows with a value; `name` is empty where the column is ignored.
    """

    source: str
    name: str
    label: str
    role: str
    sensitive: bool
    confidence: float
    reason: str
    first_values: tuple[str, ...]
    filled: float
    use: str


@dataclass(frozen=True)
class ImportReport:
    """What the file holds against the customers that are there. `rejects` are the first 100; `schema` maps the file's headers to roles.

    `lines` says what became of the lines of a file of orders; None for a file of customers.
    """

    file_rows: int
    new: int
    changed: int
    unchanged: int
    rejected: int
    rejects: tuple[Reject, ...]
    findings: tuple[Finding, ...]
    columns: tuple[ColumnChoice, ...]
    schema: dict[str, str]
    format: FileFormat
    as_of: date | None
    lines: LineCounts | None = None

    @property
    def accepted(self) -> int:
        """Customers of the file that can be stored."""
        return self.new + self.changed + self.unchanged


@dataclass(frozen=True)
class ImportDetail:
    """One import. `dataset` is a slug, `snapshot` a number, `job_id` its last job; `message` says why it failed."""

    id: str
    dataset: str
    file_name: str
    file_bytes: int
    status: str
    message: str | None
    report: ImportReport | None
    snapshot: int | None
    job_id: str | None
    created_by: str
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True)
class RejectsFile:
    """The rows that were kept out, as CSV: line, column, value, reason."""

    name: str
    data: bytes


def start_import(
    session: Session,
    actor: Actor,
    dataset: str,
    file: StoredFile,
    *,
    mapping: Mapping[str, Any] | None = None,
    as_of: date | None = None,
    check: bool = True,
) -> ImportDetail:
    """Enqueue the dry run of an uploaded file (`check`), or its import at once.

    `mapping` is `{"schema": {column: role}, "format": {delimiter, encoding, date_order}}`, each part optional.
    """
    require(actor, Permission.IMPORT)
    owner = team_dataset(session, actor, dataset)
    row = Import(
        team_id=actor.team_id,
        dataset_id=owner.id,
        file_name=PurePath(file.name.replace("\\", "/")).name[:LONGEST_FILE_NAME] or "upload",
        file_digest=file.digest,
        file_bytes=file.bytes,
        status=ImportStatus.UPLOADED,
        mapping=clean_mapping(mapping) if mapping else None,
        as_of=as_of,
        created_by=actor.name,
        created_at=datetime.now(UTC),
    )
    session.add(row)
    session.flush()
    record_event(
        session, actor, "import.uploaded", row.id, dataset=owner.slug, file=row.file_name, bytes=row.file_bytes, digest=row.file_digest
    )
    return _enqueue(session, actor, row, check=check)


def show_import(session: Session, actor: Actor, import_id: str) -> ImportDetail:
    """One import of the team. Values from the file are left out for a role that may not see customers."""
    return _details(session, actor, [team_row(session, actor, Import, "import", id=import_id)])[0]


def list_imports(session: Session, actor: Actor, dataset: str, *, limit: int = 50) -> tuple[ImportDetail, ...]:
    """The dataset's imports, newest first."""
    row = team_dataset(session, actor, dataset)
    newest_first = team_rows(actor, Import).where(Import.dataset_id == row.id).order_by(Import.created_at.desc(), Import.id)
    return _details(session, actor, session.scalars(newest_first.limit(limit)).all())


def change_roles(session: Session, actor: Actor, import_id: str, roles: Mapping[str, str]) -> ImportDetail:
    """State what columns mean (file's header -> role) and check the file again."""
    require(actor, Permission.IMPORT)
    row = team_row(session, actor, Import, "import", id=import_id)
    stated = dict(row.mapping or {})
    mapping = clean_mapping({**stated, "schema": {**stated.get("schema", {}), **roles}})
    _move(session, row, (ImportStatus.CHECKED, ImportStatus.FAILED), ImportStatus.UPLOADED)
    row.mapping, row.message, row.finished_at = mapping, None, None
    record_event(session, actor, "import.roles_changed", row.id, roles=dict(roles))
    return _enqueue(session, actor, row, check=True)


def confirm_import(session: Session, actor: Actor, import_id: str) -> ImportDetail:
    """Enqueue the import of a checked file; Conflict where there is nothing to confirm."""
    require(actor, Permission.IMPORT)
    row = team_row(session, actor, Import, "import", id=import_id)
    if row.status == ImportStatus.CHECKED and _report(row).accepted == 0:
        raise Conflict(
            "No row of this file can be taken. Download the rejected rows, correct them and upload the file again.", code="nothing_accepted"
        )
    _move(session, row, (ImportStatus.CHECKED,), ImportStatus.UPLOADED)
    record_event(session, actor, "import.confirmed", row.id)
    return _enqueue(session, actor, row, check=False)


def read_rejects(session: Session, actor: Actor, store: Store, import_id: str) -> RejectsFile:
    """Every rejected value of an import, as CSV; NotFound where none was rejected."""
    require(actor, Permission.IMPORT)
    row = team_row(session, actor, Import, "import", id=import_id)
    if row.rejects_digest is None:
        raise NotFound("No row of this import was rejected.")
    return RejectsFile(f"{PurePath(row.file_name).stem}-rejects.csv", store.read_bytes(actor.team_id, "rejects", row.rejects_digest))


def clean_mapping(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a mapping that say something, checked; Invalid names what cannot be taken."""
    if unknown := sorted(set(mapping) - {"schema", "format"}):
        raise Invalid(f"A mapping has the parts `schema` and `format`; {unknown[0]!r} is none of them.", details={"field": "mapping"})
    roles, form = mapping.get("schema"), mapping.get("format")
    cleaned: dict[str, Any] = {"schema": _checked_roles({} if roles is None else roles)}
    return cleaned if form is None else cleaned | {"format": _checked_format(form)}


def _checked_roles(roles: Any) -> dict[str, str]:
    if not isinstance(roles, Mapping):
        raise Invalid("The `schema` of a mapping is an object that names a role for each column.", details={"field": "schema"})
    for column, role in roles.items():
        if not isinstance(role, str) or role not in set(Role):
            raise Invalid(f"Column {column!r}: there is no role {role!r}. Choose from: {', '.join(Role)}.", details={"field": str(column)})
    return {str(column): str(role) for column, role in roles.items()}


def _checked_format(form: Any) -> dict[str, Any]:
    if not isinstance(form, Mapping) or not set(form) <= {"delimiter", "encoding", "date_order"}:
        raise Invalid("The `format` of a mapping is an object of delimiter, encoding and date_order.", details={"field": "format"})
    delimiter, encoding, order = form.get("delimiter"), form.get("encoding"), form.get("date_order")
    if not isinstance(delimiter, str) or delimiter not in tuple(DELIMITERS):
        raise Invalid('The delimiter must be a comma, a semicolon, a tab ("\\t") or "|".', details={"field": "delimiter"})
    if not isinstance(encoding, str) or not _reads_text(encoding):
        raise Invalid("The encoding is not known. Name one such as utf-8, cp1252 or utf-16.", details={"field": "encoding"})
    if order is not None and order not in get_args(DateOrder):
        raise Invalid(f"The date_order must be one of {', '.join(get_args(DateOrder))}, or null.", details={"field": "date_order"})
    return dict(form)


def _reads_text(encoding: str) -> bool:
    """Whether text comes back from `encoding`; Python also has codecs for bytes and for nothing at all."""
    try:
        return "id\n".encode(encoding).decode(encoding) == "id\n"
    except (LookupError, ValueError):
        return False


def _move(session: Session, row: Import, before: Iterable[ImportStatus], after: ImportStatus) -> None:
    """Compare and set, so that of two who press the button at once one is refused."""
    statement = update(Import).where(Import.id == row.id, Import.status.in_(tuple(before))).values(status=after)
    if cast("CursorResult[None]", session.execute(statement.execution_options(synchronize_session=False))).rowcount != 1:
        session.refresh(row)
        raise Conflict(f"This import is {row.status}. Reload the page to see where it stands.", code="import_moved")
    session.refresh(row)


def _enqueue(session: Session, actor: Actor, row: Import, *, check: bool) -> ImportDetail:
    row.status = ImportStatus.CHECKING if check else ImportStatus.IMPORTING
    session.flush()
    kind = CHECK_IMPORT if check else IMPORT
    jobs.enqueue_job(session, actor, kind=kind, dataset_id=row.dataset_id, subject_id=row.id, exclusive_key=f"{IMPORT}:{row.id}")
    return show_import(session, actor, row.id)


def _report(row: Import) -> ImportReport:
    return from_json(ImportReport, row.report)


def _details(session: Session, actor: Actor, rows: Iterable[Import]) -> tuple[ImportDetail, ...]:
    rows = list(rows)
    datasets = {row.dataset_id for row in rows}
    slugs = dict(session.execute(select(Dataset.id, Dataset.slug).where(Dataset.id.in_(datasets))).all())
    numbers = dict(session.execute(select(Snapshot.id, Snapshot.number).where(Snapshot.dataset_id.in_(datasets))).all())
    latest = team_rows(actor, Job).where(Job.subject_id.in_([row.id for row in rows])).order_by(Job.created_at, Job.id)
    last_job = {job.subject_id: job.id for job in session.scalars(latest)}
    return tuple(
        ImportDetail(
            id=row.id,
            dataset=slugs[row.dataset_id],
            file_name=row.file_name,
            file_bytes=row.file_bytes,
            status=str(row.status),
            message=row.message,
            report=_visible(actor, _report(row)) if row.report else None,
            snapshot=numbers.get(row.snapshot_id) if row.snapshot_id else None,
            job_id=last_job.get(row.id),
            created_by=row.created_by,
            created_at=row.created_at,
            finished_at=row.finished_at,
        )
        for row in rows
    )


def _visible(actor: Actor, report: ImportReport) -> ImportReport:
    if actor.may(Permission.VIEW_CUSTOMERS):
        return report
    columns = tuple(replace(column, first_values=()) for column in report.columns)
    return replace(report, columns=columns, rejects=tuple(replace(reject, value="") for reject in report.rejects))
