"""A worker's side of a job: claim it, keep it, end it. Every write is fenced, so that a worker that lost a job cannot touch it.

These are the only services without an actor: a worker serves every team, and acts as the job's own team once it has claimed one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import ColumnElement, Update, and_, func, or_, select, update
from sqlalchemy.orm import Session

from segmentation.errors import Cancelled
from webapp.db import database_time
from webapp.models import Job, JobStatus, MemberRole, Team
from webapp.services.access import Actor
from webapp.services.work.subjects import settle_subject

STOPPED = "Stopped."


class LeaseLost(Exception):
    """The job is no longer this worker's: another one took it over, or it has ended. Whatever was about to be stored must not be."""


class Renewal(Enum):
    """What a worker learns when it renews a lease."""

    HELD = "held"  # carry on
    CANCEL = "cancel"  # somebody asked to stop the job
    SETTLED = "settled"  # it has ended under this claim: the child was quicker, or somebody ended it in our name
    LOST = "lost"  # it is no longer ours


@dataclass(frozen=True)
class Fence:
    """Proof of a claim: which job, by which worker, in which attempt. A later claim makes it void."""

    job_id: str
    owner: str
    attempt: int


@dataclass(frozen=True)
class ClaimedJob:
    """A job in a worker's hands. `actor` is its team, acting in the name of whoever asked for it; `attempt` counts from 1."""

    id: str
    kind: str
    actor: Actor
    dataset_id: str
    subject_id: str
    owner: str
    attempt: int

    @property
    def fence(self) -> Fence:
        return Fence(self.id, self.owner, self.attempt)


def find_claimable(session: Session, job_id: str | None = None) -> bool:
    """Whether `claim_job` has something to do. Takes no lock, so an idle worker disturbs nobody."""
    waiting = select(Job.id).where(_claimable(database_time(session))).limit(1)
    return session.execute(waiting.where(Job.id == job_id) if job_id else waiting).first() is not None


def claim_job(session: Session, owner: str, lease_seconds: float, *, attempts: int, job_id: str | None = None) -> ClaimedJob | None:
    """Take the oldest job that waits or whose lease has run out (or just `job_id`), for `lease_seconds`; None if there is none.

    A job whose worker vanished during the last of its `attempts` fails instead. Two workers never get the same job: the choice and the
    claim are one statement, which skips rows that are locked (PostgreSQL) or runs alone (SQLite).
    """
    now = database_time(session)
    _end_abandoned(session, now, attempts)
    chosen = select(Job.id).where(_claimable(now)).order_by(Job.created_at, Job.id).limit(1).with_for_update(skip_locked=True)
    if job_id is not None:
        chosen = chosen.where(Job.id == job_id)
    claim = (
        update(Job)
        .where(Job.id == chosen.scalar_subquery())
        .values(
            status=JobStatus.RUNNING,
            owner=owner,
            attempt=Job.attempt + 1,
            lease_until=now + timedelta(seconds=lease_seconds),
            started_at=func.coalesce(Job.started_at, now),
            stage="Starting",
            progress=0.0,
        )
        .returning(Job)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    job = session.execute(claim).scalar_one_or_none()
    return None if job is None else _claimed(session, job, owner)


def renew_lease(session: Session, fence: Fence, lease_seconds: float) -> Renewal:
    """Keep the job for another `lease_seconds`, and hear whether it is still wanted. A lease that ran out unnoticed counts as held."""
    until = database_time(session) + timedelta(seconds=lease_seconds)
    kept = update(Job).where(_held(fence)).values(lease_until=until).returning(Job.cancel_requested_at)
    row = session.execute(kept.execution_options(synchronize_session=False)).one_or_none()
    if row is None:
        ended = select(Job.id).where(_claimed_by(fence), Job.finished_at.is_not(None))
        return Renewal.LOST if session.execute(ended).first() is None else Renewal.SETTLED
    return Renewal.HELD if row[0] is None else Renewal.CANCEL


def is_held(session: Session, fence: Fence) -> bool:
    """Whether the job still runs under this claim."""
    return session.execute(select(Job.id).where(_held(fence))).first() is not None


def report_progress(session: Session, fence: Fence, stage: str, share: float) -> None:
    """Write stage and share (0 to 1) for people to see; Cancelled when the job is to stop, LeaseLost when it is another's."""
    values = {"stage": stage[:120], "progress": min(max(share, 0.0), 1.0)}
    wanted = update(Job).where(_held(fence), Job.cancel_requested_at.is_(None)).values(values)
    if not _changed_one(session, wanted):
        raise _reason_of_refusal(session, fence)


def finish_job(
    session: Session, fence: Fence, status: JobStatus = JobStatus.DONE, message: str | None = None, *, code: str | None = None
) -> None:
    """End the job in the transaction that stores its result. Call it first there: it proves the claim and locks the row until the commit.

    LeaseLost when owner, attempt or lease no longer hold; Cancelled when the job is to be DONE but somebody asked to stop it. Either
    must roll the transaction back. FAILED and CANCELLED settle the job's subject too. `code` names to programs what `message` tells people.
    """
    now = database_time(session)
    held = and_(_held(fence), Job.lease_until >= now)
    if status == JobStatus.DONE:
        held = and_(held, Job.cancel_requested_at.is_(None))
    values: dict[str, object] = {"status": status, "finished_at": now, "lease_until": None, "stage": "", "code": code}
    if status == JobStatus.DONE:
        values["progress"] = 1.0
    if message is not None or status != JobStatus.CANCELLED:  # otherwise it says already who stopped it
        values["message"] = message
    if not _changed_one(session, update(Job).where(held).values(values)):
        raise _reason_of_refusal(session, fence)
    if status != JobStatus.DONE:
        job = session.get_one(Job, fence.job_id, populate_existing=True)
        settle_subject(session, job, status, job.message or STOPPED, now)


def return_job(session: Session, fence: Fence, *, counted: bool) -> None:
    """Put the job back into the queue; not `counted` where its worker was asked to stop, so that this attempt does not use one up."""
    values = {"status": JobStatus.QUEUED, "owner": None, "lease_until": None, "stage": "Waiting for a worker", "progress": 0.0}
    attempt = fence.attempt if counted else fence.attempt - 1
    if not _changed_one(session, update(Job).where(_held(fence)).values(**values, attempt=attempt)):
        raise LeaseLost


def _claimable(now: datetime) -> ColumnElement[bool]:
    return or_(Job.status == JobStatus.QUEUED, and_(Job.status == JobStatus.RUNNING, Job.lease_until < now))


def _held(fence: Fence) -> ColumnElement[bool]:
    return and_(_claimed_by(fence), Job.status == JobStatus.RUNNING)


def _claimed_by(fence: Fence) -> ColumnElement[bool]:
    """Whether the last claim of the job is this one, whatever became of the job."""
    return and_(Job.id == fence.job_id, Job.owner == fence.owner, Job.attempt == fence.attempt)


def _end_abandoned(session: Session, now: datetime, attempts: int) -> None:
    """End jobs whose worker vanished, where somebody asked to stop them or no attempt is left."""
    no_more = or_(Job.cancel_requested_at.is_not(None), Job.attempt >= attempts)
    abandoned = select(Job).where(Job.status == JobStatus.RUNNING, Job.lease_until < now, no_more).with_for_update(skip_locked=True)
    for job in session.scalars(abandoned).all():
        stopped = job.cancel_requested_at is not None
        job.status = JobStatus.CANCELLED if stopped else JobStatus.FAILED
        job.message = (job.message if stopped else None) or (STOPPED if stopped else attempts_used_up(job.attempt))
        job.finished_at, job.lease_until, job.stage = now, None, ""
        session.flush()
        settle_subject(session, job, job.status, job.message, now)


def attempts_used_up(attempts: int) -> str:
    """Why a job fails that ended without an answer each time."""
    times = {1: "once", 2: "twice"}.get(attempts, f"{attempts} times")
    return f"The work ended without an answer {times}, so it was given up. Try again; if that does not help, ask whoever runs the workers."


def _claimed(session: Session, job: Job, owner: str) -> ClaimedJob:
    team = session.get_one(Team, job.team_id)
    # Whoever asked was allowed to; the job needs no more than the role that may import and re-cluster.
    actor = Actor(job.created_by, team.id, team.slug, team.name, MemberRole.ANALYST)
    return ClaimedJob(job.id, job.kind, actor, job.dataset_id, job.subject_id, owner, job.attempt)


def _changed_one(session: Session, statement: Update) -> bool:
    return session.execute(statement.returning(Job.id).execution_options(synchronize_session=False)).one_or_none() is not None


def _reason_of_refusal(session: Session, fence: Fence) -> Exception:
    asked = session.execute(select(Job.cancel_requested_at).where(_held(fence))).one_or_none()
    if asked is not None and asked[0] is not None:
        return Cancelled(STOPPED)
    return LeaseLost(f"Job {fence.job_id}, attempt {fence.attempt} of {fence.owner}, is no longer held.")
