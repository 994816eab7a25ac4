"""What a schedule does when it is due: it asks for the work that a person would ask for, and says by whom it was asked."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from webapp.models import Dataset, MemberRole, Schedule, ScheduleKind, ScheduleTick, Team, TickOutcome
from webapp.services.access import (
    Actor,
    Permission,
    actor_for_token,
    actor_for_user,
    operator,
    require,
    role_for,
    team_row,
)
from webapp.services.errors import Conflict
from webapp.services.modelling.fit_requests import twin_in_words
from webapp.services.modelling.versions import active_job, request_recluster, version_of_job
from webapp.services.work import jobs
from webapp.services.work.jobs import JobSummary
from webapp.services.work.subjects import IMPORT_FOLDER, RECLUSTER, needed_permission
from webapp.store import Store

BUSY = "still_running"
"""Code of the Conflict that says that such work is under way."""


def needed_for(kind: str) -> Permission:
    """What somebody needs to make or change a schedule of this kind: what its work needs."""
    return needed_permission(IMPORT_FOLDER if kind == ScheduleKind.IMPORT_FOLDER else RECLUSTER)


def acting_for(session: Session, schedule: Schedule) -> Actor:
    """Whoever the schedule acts for, with the least role that its work needs; Forbidden, or NotFound, where they may do it no longer.

    Never with more: somebody of a lower role than the author's may have said what it does, and all that they needed for that is this.
    """
    actor, needed = _author(session, schedule), needed_for(schedule.kind)
    require(actor, needed)
    return replace(actor, role=MemberRole(role_for(needed)))


def _author(session: Session, schedule: Schedule) -> Actor:
    """Who made the schedule, with the role that they have now; NotFound where a member left or a token ended."""
    if schedule.token_id is not None:
        return actor_for_token(session, schedule.token_id)
    team = session.get_one(Team, schedule.team_id)
    return operator(team) if schedule.user_id is None else actor_for_user(session, schedule.user_id, team.slug)


def start_work(session: Session, actor: Actor, schedule: Schedule, store: Store | None) -> JobSummary:
    """Ask for the schedule's work; Conflict (code `BUSY`) while a job like it waits or runs, its own former one included.

    A job that is done already made the very version that the schedule asks for; with the `store`, one whose files are all right.
    """
    dataset = team_row(session, actor, Dataset, "dataset", id=schedule.dataset_id)
    kind = RECLUSTER if schedule.kind == ScheduleKind.RECLUSTER else IMPORT_FOLDER
    exclusive = f"{kind}:{dataset.id}"
    if active_job(session, actor, exclusive) is not None:
        raise Conflict("The one before still runs, so this one was left out.", code=BUSY)
    if kind == RECLUSTER:
        return request_recluster(session, actor, dataset.slug, **schedule.parameters, schedule=schedule.id, unless_there=True, store=store)
    job, _ = jobs.enqueue_job(session, actor, kind=kind, dataset_id=dataset.id, subject_id=dataset.id, exclusive_key=exclusive)
    return jobs.show_job(session, actor, job.id)


def note_start(session: Session, actor: Actor, tick: ScheduleTick, job: JobSummary) -> None:
    """Write down what came of `start_work`: its job, or that the version is there already and nothing was to be done."""
    if job.finished_at is None:
        tick.job_id = job.id
        return
    told = twin_in_words(version_of_job(session, actor, job.id))
    tick.outcome, tick.message = TickOutcome.IDLE, f"{tick.message or ''} {told}".strip()
