"""The job "sample": generated customers into an empty dataset, month by month as if files had been imported, and then segments."""

from __future__ import annotations

from segmentation.intake import FilePreview
from segmentation.months import MonthlyState
from segmentation.synthetic import as_csv
from webapp.edge import Resources, unit_of_work
from webapp.services.data.imports import StoredFile
from webapp.services.data.storing import ImportPlan
from webapp.services.samples import SampleMonth, next_month, plan_month, record_sample, sample_states
from webapp.services.work import jobs
from webapp.services.work.subjects import SAMPLE
from webapp.store import Store
from webapp.tasks import ClaimedJob, Progress, Task
from webapp.tasks.importing import prepared_import

MADE = 0.95
"""Part of the job's progress that making the months takes; the rest is storing."""


def load_sample(resources: Resources, job: ClaimedJob, progress: Progress) -> None:
    """All months of the sample in one short transaction at the end, with the re-cluster that follows: all of it or nothing."""
    progress("Making customers", 0.0)
    with unit_of_work(resources, read_only=True) as session:
        first = plan_month(session, job.actor, job.subject_id)
    months = _prepare(resources.store, first, progress)
    progress("Storing customers", MADE)
    with unit_of_work(resources) as session:
        jobs.finish_job(session, job.fence)
        record_sample(session, job.actor, resources.store, job.subject_id, months)


def _prepare(store: Store, first: ImportPlan, progress: Progress) -> list[SampleMonth]:
    """Every month as an import would have it, each on top of the one before."""
    states, months = sample_states(), list[SampleMonth]()
    preview: FilePreview | None = None
    for place, state in enumerate(states):
        progress(f"Month {place + 1} of {len(states)}", MADE * place / len(states))
        file = _put(store, first.team_id, state)
        plan = next_month(first, state, file, months[-1].snapshot if months else None)
        with prepared_import(store, plan, lambda stage, share: None, alike=preview) as ready:
            months.append(SampleMonth(file, plan, ready.report, ready.snapshot(), list(ready.changes.rows), list(ready.changes.touched)))
            preview = ready.preview
    return months


def _put(store: Store, team_id: str, state: MonthlyState) -> StoredFile:
    content = as_csv(state.customers).encode()
    return StoredFile(f"sample-{state.as_of:%Y-%m}.csv", store.put_bytes(team_id, "upload", content), len(content))


TASKS = (Task(SAMPLE, load_sample),)
