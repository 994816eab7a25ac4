"""The job "undo_import": the customers, columns and snapshot of before an import, in one transaction or not at all."""

from __future__ import annotations

from collections.abc import Iterator

from webapp.edge import Resources, unit_of_work
from webapp.merging import RestoredRow, restored_rows
from webapp.services.data.undoing import UndoPlan, plan_undo, record_undo
from webapp.services.work import jobs
from webapp.services.work.subjects import UNDO_IMPORT
from webapp.store import Store
from webapp.tasks import ClaimedJob, Progress, Task


def undo(resources: Resources, job: ClaimedJob, progress: Progress) -> None:
    """Take the import `job.subject_id` back."""
    progress("Looking up how it was before", 0.1)
    with unit_of_work(resources, read_only=True) as session:
        plan = plan_undo(session, job.actor, job.subject_id)
    rows = _rows(resources.store, plan)
    progress("Restoring customers", 0.3)
    with unit_of_work(resources) as session:
        jobs.finish_job(session, job.fence)
        record_undo(session, job.actor, plan, rows)


def _rows(store: Store, plan: UndoPlan) -> Iterator[list[RestoredRow]]:
    """The customers whom the import changed or removed, as they were; damaged files are noticed here, before anything is written."""
    if plan.past_digest is None or plan.base_digest is None or plan.base_schema is None:
        return iter(())
    past = store.verified_path(plan.team_id, "past", plan.past_digest)
    return restored_rows(store.verified_path(plan.team_id, "snapshot", plan.base_digest), plan.base_schema, past)


TASKS = (Task(UNDO_IMPORT, undo),)
