"""The job "sample": generated customers into an empty dataset, month by month as if files had been imported, and then segments."""

from __future__ import annotations

from segmentation.months import MonthlyState
from segmentation.synthetic import as_csv
from webapp.edge import Resources, unit_of_work
from webapp.services import jobs
from webapp.services.imports import StoredFile
from webapp.services.samples import SampleMonth, next_month, plan_month, record_sample, sample_states
from webapp.services.storing import ImportPlan, NewSnapshot
from webapp.services.subjects import SAMPLE
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
    states, months = sample_states(), list[SampleMonth]()
    for place, state in enumerate(states):
        progress(f"Month {place + 1} of {len(states)}", MADE * place / len(states))
        months.append(_prepare(resources.store, first, state, months[-1].snapshot if months else None))
    progress("Storing customers", MADE)
    with unit_of_work(resources) as session:
        jobs.finish_job(session, job.fence)
        record_sample(session, job.actor, job.subject_id, months)


def _prepare(store: Store, first: ImportPlan, state: MonthlyState, before: NewSnapshot | None) -> SampleMonth:
    content = as_csv(state.customers).encode()
    file = StoredFile(f"sample-{state.as_of:%Y-%m}.csv", store.put_bytes(first.team_id, "upload", content), len(content))
    plan = next_month(first, state, file, before)
    with prepared_import(store, plan, lambda stage, share: None) as ready:
        return SampleMonth(file, plan, ready.report, ready.snapshot, list(ready.rows()))


TASKS = (Task(SAMPLE, load_sample),)
