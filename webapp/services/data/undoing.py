"""Taking an import back as a whole: what stands in the way, what a job has to know, and what is written when it is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from segmentation.codec import from_json
from segmentation.roles import Schema
from segmentation.wording import listed
from webapp.merging import RestoredRow
from webapp.models import Customer, Dataset, Import, ImportStatus, ModelVersion, Snapshot, Sweep, VersionStatus
from webapp.records import forget_new_customers, restore_customers
from webapp.services.access import Actor, Permission, require, team_row, team_rows
from webapp.services.audit import record_event
from webapp.services.data.datasets import lock_dataset
from webapp.services.data.layouts import layout_of
from webapp.services.data.mappings import forget_mapping
from webapp.services.data.reports import EarlierImport
from webapp.services.data.snapshots import latest_snapshot
from webapp.services.data.trace_requests import request_trace
from webapp.services.errors import Conflict

UNDONE = "The customers are as they were before it."
UNDONE_ALONG = "It repeated the import of {} and changed nothing, so it was undone along with that one."


@dataclass(frozen=True)
class Before:
    """How things stood when an import was stored: the dataset's columns, format, snapshot, and the file of customers touched.

    `past_digest` is None where no customer who was there changed or left.
    """

    column_schema: dict[str, Any] | None
    file_format: dict[str, Any] | None
    snapshot_id: str | None
    past_digest: str | None


@dataclass(frozen=True)
class UndoPreview:
    """What undoing an import would do, before anybody asks for it.

    `problem` says what stands in the way, `code` names that and `details` what it is about; None and nothing where it can be undone.
    `repeats` are later imports of the very same file that changed nothing: they are undone along with it, newest first.
    """

    problem: str | None = None
    code: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    repeats: tuple[EarlierImport, ...] = ()


@dataclass(frozen=True)
class UndoPlan:
    """What the job needs: the file of touched customers with the snapshot that has their attributes (none: nobody is to be restored)."""

    import_id: str
    team_id: str
    dataset_id: str
    past_digest: str | None
    base_digest: str | None
    base_schema: Schema | None


def refuse_undo(session: Session, actor: Actor, dataset: Dataset, row: Import) -> tuple[Before, Sequence[Import]]:
    """How things stood before, and the later imports that go along, newest first; Conflict names what stands in the way.

    For services and tasks only.
    """
    if row.status != ImportStatus.DONE:
        raise Conflict(f"This import is {row.status}; only one that was stored can be undone.", code="not_stored")
    if row.before is None:
        raise Conflict(
            "This import was stored by an earlier release, which kept nothing to undo it by. Import a corrected file instead.",
            code="not_undoable",
        )
    repeats = _later_repeats(session, actor, dataset, row)
    before = from_json(Before, row.before)
    if not _stays(session, actor, row, before, repeats):
        _refuse_dependent_fit(session, actor, dataset, row)
    return before, repeats


def _later_repeats(session: Session, actor: Actor, dataset: Dataset, row: Import) -> Sequence[Import]:
    """Later imports of the very same file that changed nothing, newest first; Conflict names the newest one that builds on this import."""
    stored = team_rows(actor, Import).where(Import.dataset_id == dataset.id, Import.status == ImportStatus.DONE)
    later = stored.where(Import.finished_at > row.finished_at).order_by(Import.finished_at.desc()).options(undefer(Import.before))
    found = session.scalars(later).all()
    for newer in found:
        if not _repeats(newer, row):
            day = newer.finished_at.date().isoformat() if newer.finished_at else ""
            raise Conflict(
                f"{newer.file_name} was imported later ({day}) and builds on this import. Undo that one first.",
                code="newer_import",
                details={"import_id": newer.id},
            )
    return found


def plan_undo(session: Session, actor: Actor, import_id: str) -> UndoPlan:
    """What the job of an undo has to know; Conflict where something stands in the way by now."""
    require(actor, Permission.IMPORT)
    row = team_row(session, actor, Import, "import", id=import_id)
    before, _ = refuse_undo(session, actor, team_row(session, actor, Dataset, "dataset", id=row.dataset_id), row)
    base = team_row(session, actor, Snapshot, "snapshot", id=before.snapshot_id) if before.snapshot_id else None
    return UndoPlan(
        import_id=row.id,
        team_id=actor.team_id,
        dataset_id=row.dataset_id,
        past_digest=before.past_digest,
        base_digest=base.digest if base else None,
        base_schema=from_json(Schema, base.column_schema) if base else None,
    )


def record_undo(session: Session, actor: Actor, plan: UndoPlan, rows: Iterable[list[RestoredRow]]) -> None:
    """Customers, columns, status and audit event together. The latest import that is not undone says what the current snapshot is."""
    require(actor, Permission.IMPORT)
    dataset = team_row(session, actor, Dataset, "dataset", id=plan.dataset_id)
    lock_dataset(session, dataset)
    row = team_row(session, actor, Import, "import", id=plan.import_id)
    before, repeats = refuse_undo(session, actor, dataset, row)
    withdrawn = _withdrawn(session, dataset)
    forget_new_customers(session, dataset=dataset, source=row)
    if plan.base_schema is not None:
        layout = layout_of(session, actor, dataset, plan.base_schema)
        restore_customers(session, rows, layout_id=layout, dataset=dataset)
    dataset.column_schema, dataset.file_format = before.column_schema, before.file_format
    row.status, row.message = ImportStatus.UNDONE, UNDONE
    for repeat in repeats:
        repeat.status, repeat.message = ImportStatus.UNDONE, UNDONE_ALONG.format(row.file_name)
    session.flush()
    for gone in (*repeats, row):
        forget_mapping(session, actor, dataset, gone)
    current = latest_snapshot(session, dataset)
    if (current.id if current else None) != before.snapshot_id:
        raise Conflict("The dataset is not in the state that this import left it in. Nothing was undone.", code="not_undoable")
    counts = {"withdrawn_before": withdrawn, "withdrawn_after": _withdrawn(session, dataset)}
    record_event(session, actor, "import.undone", row.id, dataset=dataset.slug, snapshot=current.number if current else None, **counts)
    for repeat in repeats:
        record_event(session, actor, "import.undone_along", repeat.id, dataset=dataset.slug, file=repeat.file_name, undone=row.id)
    session.flush()
    request_trace(session, actor, dataset)


def _repeats(newer: Import, row: Import) -> bool:
    """Whether `newer` brought the file of `row` again and left the customers as it found them."""
    return newer.file_digest == row.file_digest and newer.before is not None and newer.before["snapshot_id"] == newer.snapshot_id


def _stays(session: Session, actor: Actor, row: Import, before: Before, repeats: Sequence[Import]) -> bool:
    """Whether the import's snapshot remains one of the dataset's: the file changed nothing, or another import ended in it too."""
    going = [row.id, *(repeat.id for repeat in repeats)]
    others = team_rows(actor, Import).where(
        Import.snapshot_id == row.snapshot_id, Import.status == ImportStatus.DONE, Import.id.not_in(going)
    )
    return before.snapshot_id == row.snapshot_id or session.scalars(others.limit(1)).one_or_none() is not None


def _refuse_dependent_fit(session: Session, actor: Actor, dataset: Dataset, row: Import) -> None:
    fitted = team_rows(actor, ModelVersion).where(
        ModelVersion.snapshot_id == row.snapshot_id, ModelVersion.status == VersionStatus.READY, ModelVersion.created_at >= row.finished_at
    )
    numbers = session.scalars(fitted.order_by(ModelVersion.number).with_only_columns(ModelVersion.number)).all()
    if numbers:
        one, newest = len(numbers) == 1, numbers[-1]
        them = "it" if one else "them"
        which = f"Version {newest} was" if one else f"Versions {listed([str(number) for number in numbers])} were"
        raise Conflict(
            f"{which} fitted on these customers, who would not be there any more. Remove {them} first, where nobody "
            f"relies on {them}; otherwise import a corrected file instead.",
            code="version_depends",
            details={"version": newest, "versions": list(numbers)},
        )
    for number, what in ((_pending(session, actor, ModelVersion, row), "Version"), (_pending(session, actor, Sweep, row), "Sweep")):
        if number is not None:
            raise Conflict(f"{what} {number} is being fitted on these customers. Stop its job first, or wait for it.", code="fit_depends")


def _pending(session: Session, actor: Actor, model: type[ModelVersion] | type[Sweep], row: Import) -> int | None:
    """The number of a fit that is at work on the import's snapshot."""
    fits = team_rows(actor, model).where(model.snapshot_id == row.snapshot_id, model.status == VersionStatus.PENDING)
    return session.scalars(fits.order_by(model.number).limit(1).with_only_columns(model.number)).one_or_none()


def _withdrawn(session: Session, dataset: Dataset) -> int:
    customers = select(func.count()).select_from(Customer)
    return session.scalar(customers.where(Customer.dataset_ref == dataset.ref, Customer.consent == "withdrawn")) or 0
