"""The jobs "check_import" (a dry run) and "import": a file in, a report or a new snapshot out.

Everything is staged first; what others can see changes in one short transaction at the end.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from segmentation.errors import MissingRole, NotEnoughData, UnreadableFile
from segmentation.intake import FilePreview, Finding, Intake, read_customers, require_customer_id
from segmentation.intake.opening import OpenFile
from segmentation.intake.rules import apply_values, effective_rules, stated_values
from segmentation.measures import default_as_of, measure_customers
from segmentation.recipe import columns_in_use, recipe_for
from segmentation.roles import Column, Role, Schema, schema_roles
from webapp import bulk
from webapp.edge import Resources, unit_of_work
from webapp.merging import Batches, Counts, MergeMode, Staging, staging
from webapp.services.data.exploration import explore_snapshot
from webapp.services.data.reports import ColumnChoice, EarlierImport, ImportReport
from webapp.services.data.schemas import align_schema, column_use, merge_schemas, stored_columns
from webapp.services.data.storing import (
    Base,
    BaseMoved,
    Changes,
    ImportPlan,
    NewSnapshot,
    plan_import,
    record_check,
    record_import,
    record_repeat,
)
from webapp.services.work import jobs
from webapp.services.work.subjects import CHECK_IMPORT, IMPORT
from webapp.store import Store, StoreError
from webapp.tasks import ClaimedJob, Progress, Task
from webapp.tasks.comparing import compared_report
from webapp.tasks.looking import (
    FirstLook,
    Unidentified,
    column_choice,
    consent_findings,
    emptied_findings,
    likely_format,
    look_at,
    remembered_roles,
    repeated_report,
    unidentified_report,
    values_for,
)
from webapp.tasks.ordering import OrderIntake, read_orders, refuse_mixing, remembered_lines

REPORTED_REJECTS = 100
SAMPLED_ROWS = 20_000
UNUSED = (Role.IGNORE, Role.CONTACT, Role.CONSENT)
TRIES = 12
"""How often an import starts over because another one changed the dataset meanwhile."""


@dataclass(frozen=True)
class _Read:
    """A file, read as the dataset's columns; `schema` is what the dataset has once the file is in.

    `origin` is the import whose mapping was used again; `findings` are those of the intake and what else there is to say. `orders` has
    what there is besides to a file of order lines.
    """

    preview: FilePreview
    intake: Intake
    schema: Schema
    origin: EarlierImport | None
    findings: tuple[Finding, ...]
    orders: OrderIntake | None = None

    @property
    def file_schema(self) -> Schema:
        """The columns of the file itself."""
        return self.orders.lines_schema if self.orders else self.intake.schema


@dataclass(frozen=True)
class _Staged:
    """A file merged with the customers that are there; `rejects` is the digest of the file of its rejected rows."""

    read: _Read
    staging: Staging
    counts: Counts
    as_of: date
    rejects: str | None

    @property
    def customers(self) -> pd.DataFrame:
        """Those of the file."""
        return self.read.intake.customers


def check_import(resources: Resources, job: ClaimedJob, progress: Progress) -> None:
    """Read the file and count what it would change; nothing but the report is stored."""
    with unit_of_work(resources, read_only=True) as session:
        plan = plan_import(session, job.actor, job.subject_id)
    if plan.twin is not None:
        report, rejects = repeated_report(plan.twin), plan.twin.rejects_digest
    else:
        report, rejects = _dry_run(resources.store, plan, progress)
    with unit_of_work(resources) as session:
        jobs.finish_job(session, job.fence)
        record_check(session, job.actor, plan, report, rejects)


def _dry_run(store: Store, plan: ImportPlan, progress: Progress) -> tuple[ImportReport, str | None]:
    """The report and the digest of the rejected rows; a file without a customer id is only described, so that somebody can name one."""
    try:
        with _stage(store, plan, progress, keep=False) as staged:
            return compared_report(store, plan, staged, _report(plan, staged), progress), staged.rejects
    except Unidentified as refusal:
        return unidentified_report(refusal.look, plan, str(refusal)), None


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
    if plan.twin is not None:
        with unit_of_work(resources) as session:
            jobs.finish_job(session, job.fence)
            record_repeat(session, job.actor, plan, repeated_report(plan.twin), plan.twin)
        return
    with prepared_import(resources.store, plan, progress) as ready, unit_of_work(resources) as session:
        jobs.finish_job(session, job.fence)
        record_import(session, job.actor, plan, ready.report, ready.rejects, ready.snapshot, ready.changes, resources.store)


@dataclass(frozen=True)
class Prepared:
    """An import that only has to be written down: `changes` gives the customers that are to be written, `snapshot` waits until that of
    them is in the store."""

    preview: FilePreview
    report: ImportReport
    rejects: str | None
    snapshot: Callable[[], NewSnapshot]
    changes: Changes


@contextmanager
def prepared_import(
    store: Store,
    plan: ImportPlan,
    progress: Progress,
    *,
    alike: FilePreview | None = None,
    agree: Callable[[ImportReport], None] = lambda report: None,
) -> Iterator[Prepared]:
    """Do all the work of an import before the transaction that stores it. UnreadableFile where no row can be taken.

    Only the snapshot is still being made when the context begins: it keeps one core busy, as writing to the database keeps another.

    `alike` is what was guessed about a file of which is known that this one has the same columns: it is not guessed again. `agree` sees the
    report before a snapshot is written, and ends the import by what it raises.
    """
    with _stage(store, plan, progress, alike, keep=True) as staged:
        report = _with_checked(plan, _report(plan, staged))
        _refuse_unseen(plan, report)
        agree(report)
        if not report.accepted:
            raise UnreadableFile(_nothing_accepted(report), code="nothing_accepted")
        # They are in the merged table by now, and memory would hold them twice.
        for name in list(staged.customers):
            del staged.customers[name]
        progress("Writing the snapshot", 0.6)
        merged = staged.staging
        merged.prepare_rows()
        with ThreadPoolExecutor(1, "snapshot") as beside:
            snapshot = beside.submit(_store_snapshot, store, plan, staged)

            def made() -> NewSnapshot:
                merged.rows_are_stored()
                return snapshot.result()

            progress("Storing customers", 0.75)
            changes = Changes(merged.schema, Batches(merged.rows), Batches(merged.removed_keys), Batches(merged.touched_keys))
            yield Prepared(staged.read.preview, report, staged.rejects, made, changes)


def _with_checked(plan: ImportPlan, report: ImportReport) -> ImportReport:
    """What the dry run found out besides still holds where the file still does the same to the same customers."""
    checked = plan.checked
    if checked is None or replace(checked, moves=None, drift=(), compared_with=None) != report:
        return report
    return checked


def _refuse_unseen(plan: ImportPlan, report: ImportReport) -> None:
    """Refuse to do what the check did not show: more customers would leave, more known values be emptied, or the file be read otherwise."""
    checked = plan.checked
    if checked is None:
        return
    read_otherwise = (report.schema, report.values) != (checked.schema, checked.values)
    if report.removed > checked.removed or report.emptied > checked.emptied or read_otherwise:
        raise UnreadableFile(
            "Since the file was checked, the dataset or what is known of such files has changed, and the import would do something else "
            "than was shown. Upload the file again to see what it would do now.",
            code="check_outdated",
        )


@contextmanager
def _stage(store: Store, plan: ImportPlan, progress: Progress, alike: FilePreview | None = None, *, keep: bool) -> Iterator[_Staged]:
    """The file compared with the customers that are there; with `keep` its order lines stay in the store."""
    progress("Reading the file", 0.05)
    read, rejects = _read(store, plan, alike, keep=keep)
    progress("Comparing with the customers that are there", 0.4)
    base = store.verified_path(plan.team_id, "snapshot", plan.base.digest) if plan.base else None
    with staging(read.intake.customers, stored_columns(read.schema), base, _mode(plan, read)) as merged:
        counts = merged.counts()
        as_of = _as_of(plan, read, counts)
        told = [*consent_findings(read.intake.schema, merged, plan.withdrawn), *_note_as_of(plan, read, as_of)]
        # Customers are summed up from all their order lines: what they lack there they lack, and no cell was empty.
        told += emptied_findings(merged) if read.orders is None else ()
        yield _Staged(replace(read, findings=(*read.findings, *told)), merged, counts, as_of, rejects)


def _read(store: Store, plan: ImportPlan, alike: FilePreview | None, *, keep: bool) -> tuple[_Read, str | None]:
    """The file under the dataset's schema, and the digest of its rejected rows; columns known by their header keep what they are, unless
    somebody says otherwise."""
    path = store.path(plan.team_id, "upload", plan.file_digest)
    if not path.is_file():
        raise StoreError("The uploaded file is missing from the store. Upload it again.")
    store.verified_path(plan.team_id, "upload", plan.file_digest)
    with OpenFile(path) as file, tempfile.TemporaryDirectory(prefix="import-") as folder:
        first = _first_look(store, plan, file, alike)
        form = plan.format or likely_format(plan, first)
        returned = Path(folder) / "rejects.csv"
        if first.preview.kind == "orders":
            schema = apply_values(first.preview.schema, values_for(plan, first))
            orders = read_orders(store, plan, file, schema, form, returned, keep=keep)
            intake = orders.intake
        else:
            orders = None
            schema = apply_values(align_schema(plan.schema, first.preview.schema), values_for(plan, first))
            intake = read_customers(file, schema=schema, file_format=form, returned=returned)
        rejects = store.put_written(plan.team_id, "rejects", partial(shutil.copyfile, returned)) if intake.rejects else None
    schema = merge_schemas(plan.schema, intake.schema)
    return _Read(first.preview, intake, schema, first.origin, first.findings(intake), orders), rejects


def _first_look(store: Store, plan: ImportPlan, file: OpenFile, alike: FilePreview | None) -> FirstLook:
    """What the file seems to be; refused where it is of another kind than those that feed the dataset, or has no customer id."""
    if alike:
        return FirstLook(alike, None)
    first = look_at(file, plan, remembered_lines(store, plan) if plan.fed.kind == "orders" else remembered_roles(plan))
    refuse_mixing(plan, first.preview)
    try:
        require_customer_id(first.preview.schema)
    except MissingRole as refusal:
        raise Unidentified(first, refusal) from None
    return first


def _mode(plan: ImportPlan, read: _Read) -> MergeMode:
    """Customers from order lines are summed up from all of them, so that even where lines are only added, known customers change."""
    return "update" if read.orders is not None and plan.mode == "append" else plan.mode


def _as_of(plan: ImportPlan, read: _Read, counts: Counts) -> date:
    """The day stated, else that of the snapshot before where nothing changed, else the latest day known, else the day of the import."""
    if plan.as_of is not None:
        return plan.as_of
    if read.orders is not None:
        return read.orders.as_of
    if plan.base is not None and not (counts.new or counts.changed or counts.removed):
        return plan.base.as_of
    known = default_as_of(read.intake.customers, read.intake.schema) or plan.day
    return max(known, plan.base.as_of) if plan.base is not None else known


def _note_as_of(plan: ImportPlan, read: _Read, as_of: date) -> Iterator[Finding]:
    """Ages and tenures are counted from a day; told where nothing but the day of the import could be taken for it."""
    stated = plan.as_of is not None or read.orders is not None or default_as_of(read.intake.customers, read.intake.schema) is not None
    if not stated and as_of == plan.day:
        message = (
            f"No column says which day the file speaks of, so the day of the import was taken: {as_of.isoformat()}. Ages, and how long "
            "somebody has been a customer, are counted from it. State the day if it is another."
        )
        yield Finding("as_of_assumed", "flag", message, None, len(read.intake.customers))


def _store_snapshot(store: Store, plan: ImportPlan, staged: _Staged) -> NewSnapshot:
    """Write the snapshot under its digest and describe it. Left behind by a lost job, it harms nobody."""
    schema = staged.staging.schema
    if plan.base is not None and _same_state(plan.base, staged):
        return _described(plan.base.digest, staged, {})
    with store.writing(plan.team_id, "snapshot") as (temporary, publish), ThreadPoolExecutor(1, "figures") as beside:
        digest = beside.submit(staged.staging.snapshot_digest, staged.as_of)
        figures = beside.submit(staged.staging.column_figures)
        staged.staging.write_snapshot(temporary)
        exploration = explore_snapshot(temporary, schema, staged.counts.customers, staged.as_of)
        publish(digest.result())
    return replace(_described(digest.result(), staged, figures.result()), exploration=exploration)


def _same_state(base: Base, staged: _Staged) -> bool:
    """Whether the file leaves the dataset as it is; the snapshot that is there then has the digest that a new one would get."""
    moved = staged.counts.new or staged.counts.changed or staged.counts.removed or staged.as_of != base.as_of
    return not moved and bulk.schema_meaning(base.schema) == bulk.schema_meaning(staged.staging.schema)


def _described(digest: str, staged: _Staged, figures: dict[str, dict[str, Any]]) -> NewSnapshot:
    read = staged.read
    part = read.orders.digest if read.orders else None
    return NewSnapshot(
        digest, staged.as_of, staged.counts.customers, staged.staging.schema, read.schema, read.intake.format, figures, part_digest=part
    )


def _report(plan: ImportPlan, staged: _Staged) -> ImportReport:
    read, intake, counts = staged.read, staged.read.intake, staged.counts
    used = {column.source for column in read.file_schema if column.role is not Role.IGNORE}
    stored = stored_columns(plan.schema or Schema(()))
    return ImportReport(
        file_rows=intake.file_rows,
        new=counts.new,
        changed=counts.changed,
        unchanged=counts.unchanged,
        rejected=intake.rejected_rows,
        rejects=intake.rejects[:REPORTED_REJECTS],
        findings=read.findings,
        columns=_choices(staged),
        schema={source: str(role) for source, role in schema_roles(read.file_schema).items()},
        format=intake.format,
        as_of=staged.as_of,
        mode=plan.mode,
        known=counts.known,
        removed=counts.removed,
        flagged=sum(finding.count for finding in read.findings if finding.severity == "flag"),
        ignored=tuple(column.source for column in read.file_schema if column.source not in used),
        missing=() if read.orders else tuple(column.source for column in stored if column.source not in used),
        values=stated_values(read.file_schema),
        mapping_from=read.origin,
        rules=effective_rules(read.file_schema, staged.as_of),
        sheets=read.preview.sheets,
        lines=read.orders.counts if read.orders else None,
        id_stated=Role.CUSTOMER_ID in plan.roles.values(),
    )


def _in_use(staged: _Staged) -> dict[str, tuple[str, ...]]:
    """Which columns would find segments, by the default recipe on (a sample of) the customers that the dataset has once the file is in."""
    merged, as_of = staged.staging, staged.as_of
    try:
        sample = merged.sample(merged.schema, max(1, staged.counts.customers // SAMPLED_ROWS))
        measured = measure_customers(sample, merged.schema, as_of)
        return columns_in_use(measured, recipe_for(measured, as_of))
    except NotEnoughData:
        return {}


def _choices(staged: _Staged) -> tuple[ColumnChoice, ...]:
    read, in_use = staged.read, _in_use(staged)
    return tuple(column_choice(read.preview, column, _use(read, column, in_use)) for column in read.file_schema)


def _use(read: _Read, column: Column, in_use: dict[str, tuple[str, ...]]) -> str:
    return column_use(column, in_use) if read.orders is None or column.role in UNUSED else "made into customers"


def _nothing_accepted(report: ImportReport) -> str:
    first = f" The first: line {report.rejects[0].line}, {report.rejects[0].reason}." if report.rejects else ""
    return f"No row of the file could be taken.{first} Correct the rows and import the file again."


TASKS = (Task(CHECK_IMPORT, check_import), Task(IMPORT, run_import))
