"""The jobs "check_import" (a dry run) and "import": a file in, a report or a new snapshot out.

Everything is staged first; what others can see changes in one short transaction at the end.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from segmentation.errors import NotEnoughData, UnreadableFile
from segmentation.intake import FileFormat, FilePreview, Intake, Reject, inspect_file, read_customers
from segmentation.measures import default_as_of, measure_customers
from segmentation.recipe import columns_in_use, recipe_for
from segmentation.roles import Role, Schema, schema_roles
from webapp import bulk
from webapp.bulk import CustomerRow
from webapp.edge import Resources, unit_of_work
from webapp.services.cells import harmless_cell
from webapp.services.data.exploration import explore_snapshot
from webapp.services.data.imports import ColumnChoice, ImportReport
from webapp.services.data.schemas import align_schema, column_use, merge_schemas, stored_columns
from webapp.services.data.storing import Base, BaseMoved, ImportPlan, NewSnapshot, plan_import, record_check, record_import
from webapp.services.work import jobs
from webapp.services.work.subjects import CHECK_IMPORT, IMPORT
from webapp.store import Store, StoreError
from webapp.tasks import ClaimedJob, Progress, Task

REPORTED_REJECTS = 100
SAMPLED_ROWS = 20_000
TRIES = 5
"""How often an import starts over because another one changed the dataset meanwhile."""


@dataclass(frozen=True)
class _Read:
    """A file, read as the dataset's columns; `schema` is what the dataset has once the file is in."""

    preview: FilePreview
    intake: Intake
    schema: Schema


@dataclass(frozen=True)
class _Staged:
    """A file merged with the customers that are there."""

    read: _Read
    staging: bulk.Staging
    counts: bulk.Counts
    as_of: date


def check_import(resources: Resources, job: ClaimedJob, progress: Progress) -> None:
    """Read the file and count what it would change; nothing but the report is stored."""
    with unit_of_work(resources, read_only=True) as session:
        plan = plan_import(session, job.actor, job.subject_id)
    with _stage(resources.store, plan, progress) as staged:
        report = _report(staged)
    rejects = _store_rejects(resources.store, plan, staged.read.intake.rejects)
    with unit_of_work(resources) as session:
        jobs.finish_job(session, job.fence)
        record_check(session, job.actor, plan, report, rejects)


def run_import(resources: Resources, job: ClaimedJob, progress: Progress) -> None:
    """Store the customers of the file and the snapshot that they make, or nothing at all."""
    for _ in range(TRIES):
        with unit_of_work(resources, read_only=True) as session:
            plan = plan_import(session, job.actor, job.subject_id)
        try:
            _import_once(resources, job, plan, progress)
        except BaseMoved:
            continue
        return
    raise UnreadableFile(
        "Other imports kept changing this dataset meanwhile. Wait for them to end, then import the file again.", code="busy"
    )


def _import_once(resources: Resources, job: ClaimedJob, plan: ImportPlan, progress: Progress) -> None:
    with prepared_import(resources.store, plan, progress) as ready, unit_of_work(resources) as session:
        jobs.finish_job(session, job.fence)
        record_import(session, job.actor, plan, ready.report, ready.rejects, ready.snapshot, ready.rows())


@dataclass(frozen=True)
class Prepared:
    """An import that only has to be written down: its snapshot is in the store, `rows` gives the customers that are new or changed."""

    preview: FilePreview
    report: ImportReport
    rejects: str | None
    snapshot: NewSnapshot
    rows: Callable[[], Iterator[list[CustomerRow]]]


@contextmanager
def prepared_import(store: Store, plan: ImportPlan, progress: Progress, *, alike: FilePreview | None = None) -> Iterator[Prepared]:
    """Do all the work of an import before the transaction that stores it. UnreadableFile where no row can be taken.

    `alike` is what was guessed about a file of which is known that this one has the same columns: it is not guessed again.
    """
    with _stage(store, plan, progress, alike) as staged:
        report = _report(staged)
        if not report.accepted:
            raise UnreadableFile(_nothing_accepted(report), code="nothing_accepted")
        rejects = _store_rejects(store, plan, staged.read.intake.rejects)
        progress("Writing the snapshot", 0.6)
        snapshot = _store_snapshot(store, plan, staged, progress)
        staged.staging.prepare_rows()
        progress("Storing customers", 0.85)
        yield Prepared(staged.read.preview, report, rejects, snapshot, staged.staging.rows)


@contextmanager
def _stage(store: Store, plan: ImportPlan, progress: Progress, alike: FilePreview | None = None) -> Iterator[_Staged]:
    progress("Reading the file", 0.05)
    read = _read(store, plan, alike)
    progress("Comparing with the customers that are there", 0.4)
    base = store.verified_path(plan.team_id, "snapshot", plan.base.digest) if plan.base else None
    with bulk.staging(read.intake.customers, stored_columns(read.schema), base) as staging:
        counts = staging.counts()
        yield _Staged(read, staging, counts, _as_of(plan, read, counts))


def _read(store: Store, plan: ImportPlan, alike: FilePreview | None) -> _Read:
    """The file under the dataset's schema: columns known by their header keep what they are, unless somebody says otherwise."""
    path = store.path(plan.team_id, "upload", plan.file_digest)
    if not path.is_file():
        raise StoreError("The uploaded file is missing from the store. Upload it again.")
    store.verified_path(plan.team_id, "upload", plan.file_digest)
    preview = alike or inspect_file(path, roles=plan.roles, remembered=_remembered(plan), file_format=plan.format)
    intake = read_customers(
        path, schema=align_schema(plan.schema, preview.schema), file_format=plan.format or _likely_format(plan, preview)
    )
    return _Read(preview, intake, merge_schemas(plan.schema, intake.schema))


def _remembered(plan: ImportPlan) -> dict[str, str]:
    """What earlier imports took columns for; another customer id than theirs may be stated."""
    other_key = Role.CUSTOMER_ID in plan.roles.values()
    return {column.source: str(column.role) for column in plan.schema or () if not (other_key and column.role is Role.CUSTOMER_ID)}


def _likely_format(plan: ImportPlan, preview: FilePreview) -> FileFormat:
    """Dates that do not prove their own order are read in the order of the dataset's earlier files.

    All else is found out again, for what is stated is read strictly, and no guess about it is told of.
    """
    order = preview.format.date_order if plan.date_order is None else plan.date_order
    return FileFormat("", "", order, preview.format.container)


def _as_of(plan: ImportPlan, read: _Read, counts: bulk.Counts) -> date:
    """The day stated, else that of the snapshot before where nothing changed, else the latest day known, else the day of the import."""
    if plan.as_of is not None:
        return plan.as_of
    if plan.base is not None and not counts.new and not counts.changed:
        return plan.base.as_of
    known = default_as_of(read.intake.customers, read.intake.schema) or plan.day
    return max(known, plan.base.as_of) if plan.base is not None else known


def _store_snapshot(store: Store, plan: ImportPlan, staged: _Staged, progress: Progress) -> NewSnapshot:
    """Write the snapshot under its digest and describe it. Left behind by a lost job, it harms nobody."""
    schema = staged.staging.schema
    if plan.base is not None and _same_state(plan.base, staged):
        return _described(plan.base.digest, staged, {})
    with store.writing(plan.team_id, "snapshot") as (temporary, publish):
        staged.staging.write_snapshot(temporary)
        digest = bulk.snapshot_digest(temporary, schema, staged.as_of)
        figures = bulk.column_figures(temporary, schema)
        progress("Looking at the customers", 0.75)
        exploration = explore_snapshot(temporary, schema, staged.counts.customers, staged.as_of)
        publish(digest)
    return replace(_described(digest, staged, figures), exploration=exploration)


def _same_state(base: Base, staged: _Staged) -> bool:
    """Whether the file leaves the dataset as it is; the snapshot that is there then has the digest that a new one would get."""
    moved = staged.counts.new or staged.counts.changed or staged.as_of != base.as_of
    return not moved and bulk.schema_meaning(base.schema) == bulk.schema_meaning(staged.staging.schema)


def _described(digest: str, staged: _Staged, figures: dict[str, dict[str, Any]]) -> NewSnapshot:
    read = staged.read
    return NewSnapshot(digest, staged.as_of, staged.counts.customers, staged.staging.schema, read.schema, read.intake.format, figures)


def _store_rejects(store: Store, plan: ImportPlan, rejects: tuple[Reject, ...]) -> str | None:
    """The rejected values as CSV in the store; None where there are none."""
    if not rejects:
        return None
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(("line", "column", "value", "reason"))
    writer.writerows((reject.line, harmless_cell(reject.column or ""), harmless_cell(reject.value), reject.reason) for reject in rejects)
    return store.put_bytes(plan.team_id, "rejects", text.getvalue().encode())


def _report(staged: _Staged) -> ImportReport:
    intake, counts = staged.read.intake, staged.counts
    return ImportReport(
        file_rows=intake.file_rows,
        new=counts.new,
        changed=counts.changed,
        unchanged=counts.unchanged,
        rejected=intake.rejected_rows,
        rejects=intake.rejects[:REPORTED_REJECTS],
        findings=intake.findings,
        columns=_choices(staged.read, staged.as_of),
        schema={source: str(role) for source, role in schema_roles(intake.schema).items()},
        format=intake.format,
        as_of=staged.as_of,
    )


def _in_use(read: _Read, as_of: date) -> dict[str, tuple[str, ...]]:
    """Which columns would find segments, by the default recipe on (a sample of) the file's customers."""
    customers = read.intake.customers
    sample = customers.iloc[:: max(1, len(customers) // SAMPLED_ROWS)]
    try:
        measured = measure_customers(sample, read.intake.schema, as_of)
        return columns_in_use(measured, recipe_for(measured, as_of))
    except NotEnoughData:
        return {}


def _choices(read: _Read, as_of: date) -> tuple[ColumnChoice, ...]:
    in_use = _in_use(read, as_of)
    return tuple(
        ColumnChoice(
            source=column.source,
            name="" if column.role is Role.IGNORE else column.name,
            label=column.label,
            role=str(column.role),
            sensitive=column.sensitive,
            confidence=column.confidence,
            reason=column.reason,
            first_values=() if column.role is Role.CONTACT else read.preview.first_values.get(column.source, ()),
            filled=read.preview.filled.get(column.source, 0.0),
            use=column_use(column, in_use),
        )
        for column in read.intake.schema
    )


def _nothing_accepted(report: ImportReport) -> str:
    first = f" The first: line {report.rejects[0].line}, {report.rejects[0].reason}." if report.rejects else ""
    return f"No row of the file could be taken.{first} Correct the rows and import the file again."


TASKS = (Task(CHECK_IMPORT, check_import), Task(IMPORT, run_import))
