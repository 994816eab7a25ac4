"""Background work: looking at it, stopping it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from webapp.api.operations import VERSION, Call, Operation
from webapp.services.access import Permission
from webapp.services.modelling.versions import version_of_job
from webapp.services.work.jobs import JobSummary, cancel_job, show_job
from webapp.services.work.subjects import RECLUSTER


@dataclass(frozen=True)
class JobAnswer:
    """One job. `progress` is 0 to 1, `version` the number of the version that it fits (null for other jobs), `url` where to ask again.

    `code` names why a job failed, such as "unreadable_file"; `message` says it to people.
    """

    id: str
    kind: str
    dataset: str
    subject: str
    version: int | None
    status: str
    stage: str
    progress: float
    message: str | None
    code: str | None
    cancel_requested: bool
    created_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    url: str


def job_answer(call: Call, job: JobSummary) -> JobAnswer:
    """A job as programs see it."""
    return JobAnswer(
        id=job.id,
        kind=job.kind,
        dataset=job.dataset,
        subject=job.subject,
        version=version_of_job(call.session, call.actor, job.id) if job.kind == RECLUSTER else None,
        status=job.status,
        stage=job.stage,
        progress=job.progress,
        message=job.message,
        code=job.code,
        cancel_requested=job.cancel_requested,
        created_by=job.created_by,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        url=f"{VERSION}/jobs/{job.id}",
    )


def get_job(call: Call) -> JobAnswer:
    return job_answer(call, show_job(call.session, call.actor, call.parts["job"]))


def post_cancel(call: Call) -> JobAnswer:
    return job_answer(call, cancel_job(call.session, call.actor, call.parts["job"]))


OPERATIONS = (
    Operation("show_job", "GET", "/jobs/{job}", "How a job stands", Permission.VIEW, get_job),
    # Who may stop a job depends on what it does; the service refuses.
    Operation(
        "cancel_job",
        "POST",
        "/jobs/{job}/cancel",
        "Stop a job; one that has ended stays as it is",
        Permission.RECLUSTER,
        post_cancel,
        writes=True,
    ),
)
