"""Imports: an uploaded file, its dry run, its confirmation, and what became of each row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import PurePath
from typing import Any, cast

from sqlalchemy import CursorResult, Select, and_, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from webapp.models import Dataset, Import, ImportMode, ImportStatus, Job, Snapshot, new_id
from webapp.services.access import Actor, Permission, require, team_dataset, team_row, team_rows
from webapp.services.audit import record_event
from webapp.services.data.datasets import lock_dataset
from webapp.services.data.leftovers import remove_files
from webapp.services.data.mappings import clean_mapping, joined_mapping
from webapp.services.data.removing import remove_if_empty
from webapp.services.data.reports import (
    EMPTIED,
    KNOWN_KEPT,
    ColumnChoice,
    ColumnDrift,
    EarlierImport,
    ImportDetail,
    ImportReport,
    SegmentFlow,
    SegmentMoves,
    report_of,
    visible_report,
)
from webapp.services.data.snapshots import latest_snapshot
from webapp.services.data.undoing import UndoPreview, refuse_undo
from webapp.services.errors import Conflict, Invalid, NotFound
from webapp.services.work import jobs
from webapp.services.work.subjects import CHECK_IMPORT, IMPORT, UNDO_IMPORT
from webapp.store import Store

__all__ = [
    "EMPTIED",
    "KNOWN_KEPT",
    "ColumnChoice",
    "ColumnDrift",
    "Discarded",
    "EarlierImport",
    "ImportDetail",
    "ImportReport",
    "RejectsFile",
    "SegmentFlow",
    "SegmentMoves",
    "StoredFile",
    "UndoPreview",
    "WaitingFile",
    "change_mapping",
    "clean_mapping",
    "clean_mode",
    "confirm_import",
    "discard_import",
    "find_pending",
    "list_imports",
    "list_waiting",
    "preview_undo",
    "read_rejects",
    "show_import",
    "start_import",
    "undo_import",
]

LONGEST_FILE_NAME = 255
SETTLED = (ImportStatus.CHECKED, ImportStatus.FAILED, ImportStatus.CANCELLED)
"""Nobody is at work on it, and nothing of it is stored: it can be checked again or discarded."""
FIRST_DAY = date(1900, 1, 1)
"""No customer base is older."""
CALLED_OUT = timedelta(days=30)
"""How long a refused file is called out where nobody mends or discards it."""


@dataclass(frozen=True)
class StoredFile:
    """A file that lies in the store's area "upload" under its SHA-256."""

    name: str
    digest: str
    bytes: int


@dataclass(frozen=True)
class RejectsFile:
    """The rows that were kept out, as CSV: line, column, value, reason."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Discarded:
    """An import that is gone, and whether its dataset, in which there was nothing else, went along."""

    import_id: str
    file_name: str
    dataset: str
    dataset_removed: bool


@dataclass(frozen=True)
class WaitingFile:
    """A file that asks for somebody: `refused`, with the reason as `message`, or checked and not confirmed."""

    id: str
    file_name: str
    refused: bool
    message: str | None
    created_by: str
    created_at: datetime


def start_import(
    session: Session,
    actor: Actor,
    dataset: str,
    file: StoredFile,
    *,
    mapping: Mapping[str, Any] | None = None,
    as_of: date | None = None,
    check: bool = True,
    mode: str = ImportMode.UPDATE,
) -> ImportDetail:
    """Enqueue the dry run of an uploaded file (`check`), or its import at once.

    `mapping` is `{"schema": {header: role}, "format": {fields of FileFormat}, "values": {header: {fields of ValueRule, "folds": {word:
    word}}}}`, each part optional; what it leaves out is as in the last file with the same headers. `mode` is "update", "append" or
    "replace".
    """
    require(actor, Permission.IMPORT)
    row = new_import(actor, team_dataset(session, actor, dataset).id, file)
    row.mode, row.mapping, row.as_of = clean_mode(mode), clean_mapping(mapping) if mapping else None, clean_day(as_of)
    add_import(session, actor, row)
    return _enqueue(session, actor, row, check=check)


def find_pending(
    session: Session,
    actor: Actor,
    dataset: str,
    file: StoredFile,
    *,
    mapping: Mapping[str, Any] | None = None,
    as_of: date | None = None,
    mode: str = ImportMode.UPDATE,
) -> ImportDetail | None:
    """The oldest import of the very same file in the same way that waits or is at work; None where there is none."""
    require(actor, Permission.IMPORT)
    stated = clean_mapping(mapping) if mapping else None
    alike = _pending(actor, team_dataset(session, actor, dataset)).where(
        Import.file_digest == file.digest, Import.mode == clean_mode(mode), Import.as_of == clean_day(as_of)
    )
    found = next((row for row in session.scalars(alike) if row.mapping == stated), None)
    return None if found is None else _details(session, actor, [found])[0]


def new_import(actor: Actor, dataset_id: str, file: StoredFile) -> Import:
    """The row of an import with nothing stated, not stored yet. For services and tasks only."""
    return Import(
        id=new_id(),
        team_id=actor.team_id,
        dataset_id=dataset_id,
        file_name=PurePath(file.name.replace("\\", "/")).name[:LONGEST_FILE_NAME] or "upload",
        file_digest=file.digest,
        file_bytes=file.bytes,
        status=ImportStatus.UPLOADED,
        mode=ImportMode.UPDATE,
        created_by=actor.name,
        created_at=datetime.now(UTC),
    )


def add_import(session: Session, actor: Actor, row: Import) -> None:
    """Store the row, with its audit event. For services and tasks only."""
    session.add(row)
    session.flush()
    dataset = team_row(session, actor, Dataset, "dataset", id=row.dataset_id)
    file_details = {"file": row.file_name, "bytes": row.file_bytes, "digest": row.file_digest}
    record_event(session, actor, "import.uploaded", row.id, dataset=dataset.slug, mode=str(row.mode), **file_details)


def show_import(session: Session, actor: Actor, import_id: str) -> ImportDetail:
    """One import of the team. Values from the file are left out for a role that may not see customers."""
    return _details(session, actor, [team_row(session, actor, Import, "import", id=import_id)])[0]


def list_imports(session: Session, actor: Actor, dataset: str, *, limit: int = 50) -> tuple[ImportDetail, ...]:
    """The dataset's imports, newest first, but for those that were discarded."""
    row = team_dataset(session, actor, dataset)
    kept = team_rows(actor, Import).where(Import.dataset_id == row.id, Import.status != ImportStatus.DISCARDED)
    newest_first = kept.order_by(Import.created_at.desc(), Import.id)
    return _details(session, actor, session.scalars(newest_first.limit(limit)).all())


def list_waiting(session: Session, actor: Actor, dataset: str) -> tuple[WaitingFile, ...]:
    """Files that ask for somebody, newest first: those to confirm, and those refused lately whose name no later imported file has.

    For who may import: why a file was refused may quote its values.
    """
    require(actor, Permission.IMPORT)
    later = aliased(Import)
    mended = exists().where(
        later.dataset_id == Import.dataset_id,
        later.file_name == Import.file_name,
        later.status == ImportStatus.DONE,
        later.created_at > Import.created_at,
    )
    lately = datetime.now(UTC) - CALLED_OUT
    refused = and_(Import.status == ImportStatus.FAILED, Import.created_at > lately, ~mended)
    asking = team_rows(actor, Import).where(
        Import.dataset_id == team_dataset(session, actor, dataset).id, or_(Import.status == ImportStatus.CHECKED, refused)
    )
    columns = (Import.id, Import.file_name, Import.status, Import.message, Import.created_by, Import.created_at)
    rows = session.execute(asking.order_by(Import.created_at.desc(), Import.id).with_only_columns(*columns))
    return tuple(WaitingFile(row.id, row.file_name, row.status == ImportStatus.FAILED, *row[3:]) for row in rows)


def change_mapping(
    session: Session, actor: Actor, import_id: str, mapping: Mapping[str, Any], *, mode: str | None = None, as_of: date | None = None
) -> ImportDetail:
    """State more of a file and check it again: roles and values add to those stated before, a format replaces it.

    `mode` and `as_of` stay as they are where they are None.
    """
    require(actor, Permission.IMPORT)
    row = team_row(session, actor, Import, "import", id=import_id)
    stated, wanted, day = joined_mapping(row.mapping or {}, mapping), clean_mode(mode or row.mode), clean_day(as_of)
    _move(session, row, SETTLED, ImportStatus.UPLOADED)
    row.mapping, row.mode, row.as_of, row.message, row.finished_at = stated, wanted, day or row.as_of, None, None
    record_event(session, actor, "import.mapping_changed", row.id, mapping=dict(mapping), mode=str(wanted))
    return _enqueue(session, actor, row, check=True)


def confirm_import(session: Session, actor: Actor, import_id: str) -> ImportDetail:
    """Enqueue the import of a checked file; Conflict where there is nothing to confirm."""
    require(actor, Permission.IMPORT)
    row = team_row(session, actor, Import, "import", id=import_id)
    if row.status == ImportStatus.CHECKED and report_of(row).accepted == 0:
        raise Conflict(
            "No row of this file can be taken. Download the rejected rows, correct them and upload the file again.", code="nothing_accepted"
        )
    _move(session, row, (ImportStatus.CHECKED,), ImportStatus.UPLOADED)
    record_event(session, actor, "import.confirmed", row.id)
    return _enqueue(session, actor, row, check=False)


def discard_import(session: Session, actor: Actor, store: Store, import_id: str) -> Discarded:
    """Let go of a file that waits to be confirmed or was refused: its report and files are removed, and a dataset that nothing else
    came into. Conflict where it is at work or was stored."""
    require(actor, Permission.IMPORT)
    row = team_row(session, actor, Import, "import", id=import_id)
    dataset = team_row(session, actor, Dataset, "dataset", id=row.dataset_id)
    lock_dataset(session, dataset)
    _move(session, row, SETTLED, ImportStatus.DISCARDED)
    record_event(session, actor, "import.discarded", row.id, dataset=dataset.slug, file=row.file_name)
    remove_files(session, actor, store, row)
    row.report, row.rejects_digest = None, None
    session.flush()
    name, slug = row.file_name, dataset.slug
    return Discarded(import_id, name, slug, remove_if_empty(session, actor, dataset))


def read_rejects(session: Session, actor: Actor, store: Store, import_id: str) -> RejectsFile:
    """Every rejected value of an import, as CSV; NotFound where none was rejected."""
    require(actor, Permission.IMPORT)
    row = team_row(session, actor, Import, "import", id=import_id)
    if row.rejects_digest is None:
        raise NotFound("No row of this import was rejected.")
    return RejectsFile(f"{PurePath(row.file_name).stem}-rejects.csv", store.read_bytes(actor.team_id, "rejects", row.rejects_digest))


def undo_import(session: Session, actor: Actor, import_id: str) -> ImportDetail:
    """Ask for a stored import to be taken back as a whole; Conflict says what stands in the way. The same job for all who ask at once."""
    require(actor, Permission.IMPORT)
    row = team_row(session, actor, Import, "import", id=import_id)
    dataset = team_row(session, actor, Dataset, "dataset", id=row.dataset_id)
    _refuse_pending(session, actor, dataset)
    refuse_undo(session, actor, dataset, row)
    _, created = jobs.enqueue_job(
        session, actor, kind=UNDO_IMPORT, dataset_id=dataset.id, subject_id=row.id, exclusive_key=f"{IMPORT}:{row.id}"
    )
    if created:
        record_event(session, actor, "import.undo_requested", row.id, dataset=dataset.slug)
    return show_import(session, actor, row.id)


def preview_undo(session: Session, actor: Actor, import_id: str) -> UndoPreview:
    """What `undo_import` would do, or why it would refuse."""
    require(actor, Permission.IMPORT)
    row = team_row(session, actor, Import, "import", id=import_id)
    dataset = team_row(session, actor, Dataset, "dataset", id=row.dataset_id)
    try:
        _refuse_pending(session, actor, dataset)
        _, repeats = refuse_undo(session, actor, dataset, row)
    except Conflict as problem:
        return UndoPreview(problem.message, problem.code, problem.details)
    return UndoPreview(repeats=tuple(map(EarlierImport.of, repeats)))


def clean_mode(mode: str) -> ImportMode:
    """The mode of that name; Invalid names those that there are."""
    if mode not in set(ImportMode):
        raise Invalid(f"There is no mode {mode!r}. Choose from: {', '.join(ImportMode)}.", details={"field": "mode"})
    return ImportMode(mode)


def clean_day(as_of: date | None) -> date | None:
    """The day that a file is of; Invalid before 1900 and later than a day from now (somewhere it is tomorrow already)."""
    last = datetime.now(UTC).date() + timedelta(days=1)
    if as_of is not None and not FIRST_DAY <= as_of <= last:
        raise Invalid(
            f"The file cannot be of {as_of.isoformat()}. State a day from {FIRST_DAY.isoformat()} to today.", details={"field": "as_of"}
        )
    return as_of


def _move(session: Session, row: Import, before: Iterable[ImportStatus], after: ImportStatus) -> None:
    """Compare and set, so that of two who press the button at once one is refused."""
    statement = update(Import).where(Import.id == row.id, Import.status.in_(tuple(before))).values(status=after)
    if cast("CursorResult[None]", session.execute(statement.execution_options(synchronize_session=False))).rowcount != 1:
        status = session.scalars(select(Import.status).where(Import.id == row.id)).one_or_none()
        if status is None:
            raise NotFound("This import is gone: somebody discarded it with its dataset.")
        raise Conflict(f"This import is {status}. Reload the page to see where it stands.", code="import_moved")
    session.refresh(row)


def _enqueue(session: Session, actor: Actor, row: Import, *, check: bool) -> ImportDetail:
    row.status = ImportStatus.CHECKING if check else ImportStatus.IMPORTING
    session.flush()
    kind = CHECK_IMPORT if check else IMPORT
    jobs.enqueue_job(session, actor, kind=kind, dataset_id=row.dataset_id, subject_id=row.id, exclusive_key=f"{IMPORT}:{row.id}")
    return show_import(session, actor, row.id)


def _pending(actor: Actor, dataset: Dataset) -> Select[Import]:
    """Imports that will store their customers unless somebody stops them, oldest first."""
    rows = team_rows(actor, Import).where(Import.dataset_id == dataset.id, Import.status == ImportStatus.IMPORTING)
    return rows.order_by(Import.created_at, Import.id)


def _refuse_pending(session: Session, actor: Actor, dataset: Dataset) -> None:
    """Only when an undo is asked for: what is asked for after that may wait for its job, and finds the customers as they are then."""
    row = session.scalars(_pending(actor, dataset).limit(1)).one_or_none()
    if row is not None:
        detail = _details(session, actor, [row])[0]
        raise Conflict(
            f"{row.file_name} of {row.created_by} waits to be imported, or is at work since {row.created_at:%Y-%m-%d %H:%M} UTC, and would "
            "bring its customers in after the undo. Cancel its job first, or wait for it to end.",
            code="import_pending",
            details={"import_id": row.id, "job_id": detail.job_id},
        )


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
            report=visible_report(actor, row),
            snapshot=numbers.get(row.snapshot_id) if row.snapshot_id else None,
            job_id=last_job.get(row.id),
            created_by=row.created_by,
            created_at=row.created_at,
            finished_at=row.finished_at,
            mode=str(row.mode),
            outdated=_is_outdated(session, row),
        )
        for row in rows
    )


def _is_outdated(session: Session, row: Import) -> bool:
    """Whether the customers whom a check compared the file with are not the present ones any more."""
    # Read from the row as it lies there: a list of imports would make every report an object twice.
    compared: str | None = (row.report or {}).get("compared_with") if row.status == ImportStatus.CHECKED else None
    if compared is None:
        return False
    current = latest_snapshot(session, session.get_one(Dataset, row.dataset_id))
    return compared != (current.digest if current else "")
