"""The process that a job runs in: its limits, how it reports, and what each way to fail means for the job."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from enum import IntEnum
from multiprocessing import parent_process
from pathlib import Path
from uuid import uuid4

import duckdb
import structlog
from sqlalchemy.exc import OperationalError
from threadpoolctl import threadpool_limits

from segmentation.errors import Cancelled, SegmentationError
from webapp.config import Config
from webapp.edge import Resources, open_resources, unit_of_work
from webapp.models import JobStatus
from webapp.services.errors import ServiceError
from webapp.services.work import jobs
from webapp.services.work.jobs import ClaimedJob, LeaseLost
from webapp.store import StoreFull, disk_is_full
from webapp.tasks import find_task
from webapp.tasks.scratch import use_scratch

REPORT_SECONDS = 0.5
NICENESS = 10
PR_SET_PDEATHSIG = 1
LINUX = sys.platform == "linux"

log = structlog.get_logger()


class Exit(IntEnum):
    """How the child tells the worker what only the worker can write down. Any other code is a crash."""

    SETTLED = 0  # the database knows how the job ended
    OUT_OF_MEMORY = 70  # too little is left to write anything
    LOST = 71  # the job belongs to somebody else by now
    NO_DATABASE = 72  # it was away or busy for too long: a crash like any other, only without a traceback full of values


class Reporter:
    """The `progress` of a task: seldom enough to be free, often enough to be watched."""

    def __init__(self, resources: Resources, job: ClaimedJob) -> None:
        self.resources, self.fence = resources, job.fence
        self.stage, self.due = "", 0.0

    def __call__(self, stage: str, share: float) -> None:
        """Write to the job. Cancelled when somebody stopped it, LeaseLost when another worker has it."""
        if stage == self.stage and time.monotonic() < self.due:
            return
        self.stage, self.due = stage, time.monotonic() + REPORT_SECONDS
        # A database that is away for a moment costs a line of progress, not the work done so far.
        with suppress(OperationalError), unit_of_work(self.resources) as session:
            jobs.report_progress(session, self.fence, stage, share)


def run_child(config: Config, job: ClaimedJob, modules: Sequence[str], threads: int | None, scratch: Path) -> None:
    """Entry of the process: run the job's task and leave with an `Exit`.

    `threads` bounds the numerical libraries' pools; temporary files go into `scratch`, which the worker removes.
    """
    use_scratch(scratch)
    _restrict_process(config.job_memory_megabytes)
    if not structlog.is_configured():  # a process that was not forked; standard output belongs to the command that waits for us
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    # The worker let go of its connections before it forked; these are ours alone.
    resources = open_resources(config, create_store=False)
    with threadpool_limits(threads):
        code = _run_guarded(resources, job, modules)
    resources.engine.dispose()
    sys.exit(code)


def _run_guarded(resources: Resources, job: ClaimedJob, modules: Sequence[str]) -> Exit:
    try:
        return _run_task(resources, job, modules)
    except OperationalError as error:
        log.warning("job.no_database", job=job.id, kind=job.kind, attempt=job.attempt, error=type(error.orig).__name__)
        return Exit.NO_DATABASE


def _run_task(resources: Resources, job: ClaimedJob, modules: Sequence[str]) -> Exit:
    try:
        find_task(job.kind, modules).run(resources, job, Reporter(resources, job))
        return _insist_on_end(resources, job)
    except LeaseLost:
        return Exit.LOST
    except (MemoryError, duckdb.OutOfMemoryException):
        return Exit.OUT_OF_MEMORY
    except OperationalError:
        raise  # not a defect of the task; tried again
    except Cancelled:
        return _end(resources, job, JobStatus.CANCELLED, None)
    except (SegmentationError, ServiceError) as refusal:
        return _end(resources, job, JobStatus.FAILED, str(refusal), refusal.code)
    except Exception as defect:  # the boundary: whatever it is, people get an answer
        return _end(resources, job, JobStatus.FAILED, str(StoreFull()) if disk_is_full(defect) else _defect_message(job, defect))


def _end(resources: Resources, job: ClaimedJob, status: JobStatus, message: str | None, code: str | None = None) -> Exit:
    try:
        with unit_of_work(resources) as session:
            jobs.finish_job(session, job.fence, status, message, code=code)
    except LeaseLost:
        return Exit.LOST
    return Exit.SETTLED


def _insist_on_end(resources: Resources, job: ClaimedJob) -> Exit:
    with unit_of_work(resources, read_only=True) as session:
        if jobs.is_held(session, job.fence):
            raise RuntimeError(f"The task {job.kind} returned without calling finish_job.")
    return Exit.SETTLED


def _defect_message(job: ClaimedJob, defect: Exception) -> str:
    reference = uuid4().hex[:8]
    # The exception's own words may quote a customer's values, so the log has its kind and place only.
    place = "".join(traceback.format_tb(defect.__traceback__))
    log.error("job.defect", job=job.id, kind=job.kind, attempt=job.attempt, reference=reference, error=type(defect).__name__, place=place)
    return f"Something went wrong that was not foreseen (reference {reference}). Nothing was stored. Please tell whoever runs the workers."


def _restrict_process(memory_megabytes: int) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Control-C reaches the whole terminal group; the worker decides what becomes of us
    os.nice(NICENESS)
    if LINUX:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        _bound_memory(memory_megabytes)
    worker = parent_process()
    if worker is None or not worker.is_alive():
        os._exit(Exit.LOST)  # it was killed before we could ask to die with it


def _bound_memory(megabytes: int) -> None:
    import resource  # not on every platform

    # Libraries reserve addresses that they never touch, so the bound counts from what is mapped now.
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    bound = mapped + megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
