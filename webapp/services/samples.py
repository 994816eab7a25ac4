"""The sample: generated customers with known true segments, month by month, for a team that has nothing yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from segmentation.months import MonthlyState, monthly_states
from segmentation.synthetic import SyntheticCustomers, synthetic_customers
from webapp.merging import CustomerBatch
from webapp.models import Dataset, Import, ImportStatus, Job, JobStatus, Team
from webapp.services.access import Actor, Permission, require, team_row, team_rows
from webapp.services.audit import record_event
from webapp.services.data.datasets import confirm_legal_basis, create_dataset
from webapp.services.data.imports import ImportReport, StoredFile
from webapp.services.data.snapshots import latest_snapshot
from webapp.services.data.storing import Base, Changes, ImportPlan, NewSnapshot, record_import
from webapp.services.errors import Conflict
from webapp.services.modelling.versions import request_recluster
from webapp.services.work import jobs
from webapp.services.work.subjects import SAMPLE
from webapp.store import Store

NAME, CURRENCY = "Sample shop", "EUR"
ROWS, SEGMENTS, SEPARATION, SEED, MONTHS = 2240, 4, 6.0, 7, 6
_ACTIVE = (JobStatus.QUEUED, JobStatus.RUNNING)


@dataclass(frozen=True)
class Sample:
    """The team's sample: its dataset (a slug), whether customers are in it, and the job that is making it."""

    dataset: str
    name: str
    ready: bool
    job_id: str | None


@dataclass(frozen=True)
class SampleMonth:
    """One month of the sample, prepared like the import of a file: `rows` are the customers that are new or changed, `touched` the keys of
    the latter."""

    file: StoredFile
    plan: ImportPlan
    report: ImportReport
    snapshot: NewSnapshot
    rows: Sequence[CustomerBatch]
    touched: Sequence[list[tuple[str]]]


def sample_states() -> tuple[MonthlyState, ...]:
    """The generated customers month by month; always the same."""
    return monthly_states(draw_sample(), MONTHS, seed=SEED)


def draw_sample() -> SyntheticCustomers:
    """The customers that the sample is made of, with the segment that each was drawn from."""
    return synthetic_customers(ROWS, segments=SEGMENTS, separation=SEPARATION, seed=SEED)


def find_sample(session: Session, actor: Actor) -> Sample | None:
    """The team's sample, made or being made; None where nobody asked for one."""
    require(actor, Permission.VIEW)
    newest = team_rows(actor, Job).where(Job.kind == SAMPLE).order_by(Job.created_at.desc(), Job.id).limit(1)
    job = session.scalars(newest).one_or_none()
    if job is None:
        return None
    dataset = team_row(session, actor, Dataset, "dataset", id=job.dataset_id)
    ready = latest_snapshot(session, dataset) is not None
    return Sample(dataset.slug, dataset.name, ready, job.id if job.status in _ACTIVE else None)


def request_sample(session: Session, actor: Actor) -> Sample:
    """Ask for the sample. Where it is there or on its way, that one: however many ask, there is one sample in a team.

    An admin confirms with it that the generated people may leave in exports; for anybody else that stays to be confirmed.
    """
    require(actor, Permission.IMPORT)
    session.execute(select(Team.id).where(Team.id == actor.team_id).with_for_update())
    known = find_sample(session, actor)
    if known is not None and (known.ready or known.job_id):
        return known
    row = team_row(session, actor, Dataset, "dataset", slug=known.dataset) if known else create_dataset(session, actor, NAME)
    job, _ = jobs.enqueue_job(session, actor, kind=SAMPLE, dataset_id=row.id, subject_id=row.id, exclusive_key=f"{SAMPLE}:{actor.team_id}")
    row.currency = CURRENCY
    record_event(session, actor, "sample.requested", row.slug, currency=CURRENCY)
    if actor.may(Permission.MANAGE_TEAM):
        confirm_legal_basis(session, actor, row.slug)
    session.flush()
    return Sample(row.slug, row.name, False, job.id)


def plan_month(session: Session, actor: Actor, dataset_id: str) -> ImportPlan:
    """The plan of the sample's first month; Conflict where customers were brought into its dataset meanwhile."""
    require(actor, Permission.IMPORT)
    dataset = team_row(session, actor, Dataset, "dataset", id=dataset_id)
    if latest_snapshot(session, dataset) is not None:
        raise Conflict(f"{dataset.name} has customers by now. Nothing was added to them.", code="not_empty")
    return ImportPlan(
        import_id="",
        team_id=actor.team_id,
        dataset_id=dataset.id,
        file_digest="",
        roles={},
        format=None,
        as_of=None,
        day=date.min,
        schema=None,
        date_order=None,
        base=None,
    )


def next_month(plan: ImportPlan, month: MonthlyState, file: StoredFile, before: NewSnapshot | None) -> ImportPlan:
    """The plan of `month`, which builds on the snapshot `before` (None: the first). That snapshot has no row yet, so no id."""
    base = Base("", before.digest, before.as_of, before.schema) if before else None
    return replace(
        plan,
        file_digest=file.digest,
        as_of=month.as_of,
        day=month.as_of,
        schema=before.dataset_schema if before else None,
        date_order=before.format.date_order if before else None,
        base=base,
    )


def record_sample(session: Session, actor: Actor, store: Store, dataset_id: str, months: Sequence[SampleMonth]) -> None:
    """Store all months like imports, one after the other, and ask for segments."""
    dataset = team_row(session, actor, Dataset, "dataset", id=dataset_id)
    for month in months:
        _record_month(session, actor, store, dataset, month)
    request_recluster(session, actor, dataset.slug)


def _record_month(session: Session, actor: Actor, store: Store, dataset: Dataset, month: SampleMonth) -> None:
    row = _import_row(session, actor, dataset, month)
    before = latest_snapshot(session, dataset)
    base = replace(month.plan.base, id=before.id) if month.plan.base and before else month.plan.base
    plan = replace(month.plan, import_id=row.id, base=base)
    changes = Changes(month.snapshot.schema, month.rows, touched=month.touched)
    record_import(session, actor, plan, month.report, None, lambda: month.snapshot, changes, store)


def _import_row(session: Session, actor: Actor, dataset: Dataset, month: SampleMonth) -> Import:
    row = Import(
        team_id=actor.team_id,
        dataset_id=dataset.id,
        file_name=month.file.name,
        file_digest=month.file.digest,
        file_bytes=month.file.bytes,
        status=ImportStatus.IMPORTING,
        as_of=month.plan.as_of,
        created_by=actor.name,
        created_at=datetime.now(UTC),
    )
    session.add(row)
    session.flush()
    return row
