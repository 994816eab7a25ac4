"""Background work: asking for it, looking at it, stopping it. What a worker does with a job is in `services.leases`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, insert, or_, select
from sqlalchemy.orm import Session

from webapp.db import database_time, insert_unless_there
from webapp.models import Dataset, Job, JobStatus, Worker, new_id
from webapp.services.access import Actor, Permission, require, team_dataset, team_row, team_rows
from webapp.services.audit import record_event
from webapp.services.work.leases import (
    ClaimedJob,
    Fence,
    LeaseLost,
    Renewal,
    attempts_used_up,
    claim_job,
    find_claimable,
    finish_job,
    is_held,
    renew_lease,
    report_progress,
    return_job,
)
from webapp.services.work.subjects import describe_subjects, needed_permission, settle_subject

__all__ = [
    "ClaimedJob",
    "Fence",
    "JobSummary",
    "LeaseLost",
    "Renewal",
    "attempts_used_up",
    "beat",
    "cancel_job",
    "claim_job",
    "enqueue_job",
    "find_claimable",
    "finish_job",
    "forget_worker",
    "is_abandoned",
    "is_held",
    "list_jobs",
    "renew_lease",
    "report_progress",
    "return_job",
    "show_job",
    "workers_alive",
]

ACTIVE = (JobStatus.QUEUED, JobStatus.RUNNING)
HEARTBEAT_SECONDS = 5.0
ALIVE_SECONDS = 3 * HEARTBEAT_SECONDS
REMEMBERED = timedelta(days=1)


@dataclass(frozen=True)
class JobSummary:
    """One job for people. `dataset` is a slug, `subject` as in "version 3", `url_part` its page under the dataset; `progress` is 0 to 1.

    `code` names the refusal that a failed job ended with, for programs; None where there was none. `seed` is that of a fit, 0 where nobody
    chose one.
    """

    id: str
    kind: str
    dataset: str
    subject: str
    status: str
    stage: str
    progress: float
    message: str | None
    code: str | None
    attempt: int
    cancel_requested: bool
    created_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    url_part: str
    seed: int = 0


def enqueue_job(
    session: Session, actor: Actor, *, kind: str, dataset_id: str, subject_id: str, exclusive_key: str | None = None
) -> tuple[Job, bool]:
    """Ask for work in the caller's transaction. While a job with this `exclusive_key` is active: that job, and False.

    The caller writes the subject's row only where the answer is True. However many ask at once, the unique index lets one in.
    """
    require(actor, needed_permission(kind))
    job_id = new_id()
    values = {
        "id": job_id,
        "team_id": actor.team_id,
        "dataset_id": dataset_id,
        "kind": kind,
        "exclusive_key": exclusive_key,
        "subject_id": subject_id,
        "status": JobStatus.QUEUED,
        "stage": "Waiting for a worker",
        "created_by": actor.name,
        "created_at": database_time(session),
    }
    while True:
        created = insert_unless_there(session, Job, values)
        found = _created_or_active(session, actor, job_id if created else None, exclusive_key)
        if found is not None:  # otherwise the one that was in the way has just ended
            return found, created


def _created_or_active(session: Session, actor: Actor, job_id: str | None, exclusive_key: str | None) -> Job | None:
    if job_id is not None:
        return team_row(session, actor, Job, "job", id=job_id)
    active = team_rows(actor, Job).where(Job.exclusive_key == exclusive_key, Job.status.in_(ACTIVE))
    return session.execute(active).scalar_one_or_none()


def list_jobs(session: Session, actor: Actor, dataset: str | None = None, *, limit: int = 50) -> tuple[JobSummary, ...]:
    """The team's jobs (of one dataset), newest first."""
    rows = team_rows(actor, Job).order_by(Job.created_at.desc(), Job.id).limit(limit)
    if dataset is not None:
        rows = rows.where(Job.dataset_id == team_dataset(session, actor, dataset).id)
    return _summaries(session, actor, session.scalars(rows).all())


def show_job(session: Session, actor: Actor, job_id: str) -> JobSummary:
    """One job of the team."""
    return _summaries(session, actor, [team_row(session, actor, Job, "job", id=job_id)])[0]


def cancel_job(session: Session, actor: Actor, job_id: str) -> JobSummary:
    """Stop a job: at once while it waits or its worker is gone, within seconds while it runs. A job that has ended stays as it is."""
    row = session.execute(team_rows(actor, Job).where(Job.id == job_id).with_for_update()).scalar_one_or_none()
    job = row or team_row(session, actor, Job, "job", id=job_id)
    require(actor, needed_permission(job.kind))
    now = database_time(session)
    # Whoever held a lease that has run out can store nothing any more, and nobody may ever come to end the job.
    at_once = job.status == JobStatus.QUEUED or (job.status == JobStatus.RUNNING and job.lease_until is not None and job.lease_until < now)
    if at_once or (job.status == JobStatus.RUNNING and job.cancel_requested_at is None):
        job.cancel_requested_at, job.message, job.stage = now, f"Stopped by {actor.name}.", "Stopping"
        if at_once:
            job.status, job.finished_at, job.lease_until, job.stage = JobStatus.CANCELLED, now, None, ""
            settle_subject(session, job, JobStatus.CANCELLED, job.message, now)
        record_event(session, actor, "job.cancel", job.id, kind=job.kind)
        session.flush()
    return _summaries(session, actor, [job])[0]


def is_abandoned(session: Session, actor: Actor, job_id: str, *, patience: float) -> bool:
    """Whether nobody is at an active job: its lease has run out, or without a worker alive it has waited for over `patience` seconds."""
    now = database_time(session)
    left = and_(Job.status == JobStatus.RUNNING, Job.lease_until < now)
    waits = and_(Job.status == JobStatus.QUEUED, Job.created_at < now - timedelta(seconds=patience))
    gone = left if workers_alive(session) else or_(left, waits)
    return session.scalars(team_rows(actor, Job).where(Job.id == job_id, gone)).one_or_none() is not None


def beat(session: Session, worker_id: str) -> None:
    """Tell that the worker is alive (call it every `HEARTBEAT_SECONDS`), and forget those that have been silent for a day."""
    now = database_time(session)
    row = session.get(Worker, worker_id)
    if row is None:
        for silent in session.scalars(select(Worker).where(Worker.seen_at < now - REMEMBERED)):
            session.delete(silent)
        session.execute(insert(Worker).values(id=worker_id, started_at=now, seen_at=now))
    else:
        row.seen_at = now
        session.flush()


def forget_worker(session: Session, worker_id: str) -> None:
    """The worker has stopped by itself."""
    row = session.get(Worker, worker_id)
    if row is not None:
        session.delete(row)
        session.flush()


def workers_alive(session: Session) -> int:
    """How many workers have reported lately."""
    recently = database_time(session) - timedelta(seconds=ALIVE_SECONDS)
    return session.execute(select(func.count()).select_from(Worker).where(Worker.seen_at >= recently)).scalar_one()


def _summaries(session: Session, actor: Actor, jobs: Sequence[Job]) -> tuple[JobSummary, ...]:
    require(actor, Permission.VIEW)
    slugs = {row.id: row.slug for row in session.scalars(team_rows(actor, Dataset).where(Dataset.id.in_({job.dataset_id for job in jobs})))}
    subjects = describe_subjects(session, jobs)
    return tuple(
        JobSummary(
            id=job.id,
            kind=job.kind,
            dataset=slugs[job.dataset_id],
            subject=subjects[job.id].name,
            status=str(job.status),
            stage=job.stage,
            progress=job.progress,
            message=job.message,
            code=job.code,
            attempt=job.attempt,
            cancel_requested=job.cancel_requested_at is not None,
            created_by=job.created_by,
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
            url_part=subjects[job.id].url_part,
            seed=subjects[job.id].seed,
        )
        for job in jobs
    )
