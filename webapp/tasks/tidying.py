"""The job "tidy": versions that nobody relies on give their room back."""

from __future__ import annotations

from webapp.edge import Resources, unit_of_work
from webapp.services.modelling.retention import files_to_remove, remove_versions
from webapp.services.work import jobs
from webapp.services.work.subjects import TIDY
from webapp.tasks import ClaimedJob, Progress, Task

SETTLED_SECONDS = 3600.0
"""A file that was written within the last hour may be that of a row which is just being stored: equal content has equal names."""


def tidy(resources: Resources, job: ClaimedJob, progress: Progress) -> None:
    """Remove the dataset's versions that may go, then every file that no version of the team has.

    Should the process end in between, a worker's sweep finds those files, as it does those that are too young now.
    """
    progress("Removing old versions", 0.1)
    with unit_of_work(resources) as session:
        jobs.finish_job(session, job.fence)
        remove_versions(session, job.actor, job.subject_id)
        files = files_to_remove(session, job.actor)
    for area, digest in files:
        resources.store.remove(job.actor.team_id, area, digest, unused_for=SETTLED_SECONDS)


TASKS = (Task(TIDY, tidy),)
