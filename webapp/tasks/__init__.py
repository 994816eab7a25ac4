"""The kinds of work that run in the background, and what a module of this package offers to the worker.

A module defines `TASKS: tuple[Task, ...]` and is named in `TASK_MODULES`. The body of a task looks like this:

    def recluster(resources: Resources, job: ClaimedJob, progress: Progress) -> None:
        with unit_of_work(resources, read_only=True) as session:
            ...                                    # read what is needed, then let go of the database
        result = run(..., progress=progress)       # long; no transaction is open
        store.put_bytes(...)                       # content-addressed, so harmless should the job be lost now
        with unit_of_work(resources) as session:   # one short transaction: all of it or nothing
            jobs.finish_job(session, job.fence)    # first: it proves that the job is still ours, and locks its row
            ...                                    # write rows, `audit.record_event(session, job.actor, ...)`

Rules that the worker relies on:

* `run` executes in a process of its own, which may be ended at any moment (cancel, lost lease, memory, time). It keeps
  nothing that a second attempt cannot overwrite, and returns only after it has called `finish_job`.
* `progress(stage, share)` writes to the job (two times a second at most; call it as often as you like) and raises
  `segmentation.errors.Cancelled` when somebody stopped the job, `jobs.LeaseLost` when another worker has it. Let both pass.
* A `SegmentationError` (`StoreError` is one) or `ServiceError` ends the job at once with its message, which people read. Any other
  exception is a defect: people see a reference, the log has the traceback. Neither is tried again; a crash is.
* When a job fails or is cancelled, `services.subjects` settles its subject (the import, the model version) in the same
  transaction, wherever that happens; a task writes nothing in that case.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module

from segmentation.pipeline import Progress
from webapp.edge import Resources
from webapp.services.work.jobs import ClaimedJob

__all__ = ["TASK_MODULES", "ClaimedJob", "Progress", "Task", "find_task"]

TASK_MODULES = (
    "webapp.tasks.importing",
    "webapp.tasks.collecting",
    "webapp.tasks.reclustering",
    "webapp.tasks.sweeping",
    "webapp.tasks.sampling",
    "webapp.tasks.tidying",
    "webapp.tasks.tracing",
    "webapp.tasks.moving",
    "webapp.tasks.undoing",
)


@dataclass(frozen=True)
class Task:
    """One kind of work: `kind` is the job's (at most 32 characters), `run` does it in the worker's child."""

    kind: str
    run: Callable[[Resources, ClaimedJob, Progress], None]


def find_task(kind: str, modules: Sequence[str] = TASK_MODULES) -> Task:
    """The task of that kind among the `TASKS` of `modules`; LookupError where this worker does not know it."""
    for name in modules:
        for task in import_module(name).TASKS:
            if task.kind == kind:
                return task  # type: ignore[no-any-return]
    raise LookupError(f"This worker does not know jobs of the kind {kind!r}.")
