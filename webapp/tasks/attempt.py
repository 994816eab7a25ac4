"""One attempt at a job: its child is started, watched, ended when there is a reason, and its end written down."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from multiprocessing import connection, get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from segmentation.errors import Cancelled
from webapp.edge import Resources, unit_of_work
from webapp.models import JobStatus
from webapp.services.work import jobs
from webapp.services.work.jobs import ClaimedJob, LeaseLost, Renewal
from webapp.tasks.child import Exit, run_child
from webapp.tasks.scratch import scratch_folder

TICK_SECONDS = 0.1
RENEWAL_SECONDS = 1.0  # also how long a request to cancel may go unnoticed
KILL_SECONDS = 2.0
LEAVE_SECONDS = 5.0  # for a child that has published, to remove its temporary files

log = structlog.get_logger()


class Ending(Enum):
    """Why the worker ends a child, or how the child went by itself."""

    CANCELLED = "cancelled"
    LOST = "lost"
    TOO_LONG = "too_long"
    OUT_OF_MEMORY = "out_of_memory"
    DRAINED = "drained"
    SETTLED = "settled"
    CRASHED = "crashed"


ENDING_BY_RENEWAL = {
    Renewal.HELD: None,
    Renewal.CANCEL: Ending.CANCELLED,
    Renewal.SETTLED: Ending.SETTLED,
    Renewal.LOST: Ending.LOST,
}


@dataclass(frozen=True)
class Surroundings:
    """What every attempt of a worker has in common.

    `stop` asks the worker to end: the attempt gets `drain_seconds` more. `on_tick` is called several times a second.
    """

    resources: Resources
    modules: Sequence[str]
    threads: int | None
    stop: threading.Event
    drain_seconds: float
    on_tick: Callable[[], None]


class Attempt:
    """A claimed job and the child that works on it."""

    def __init__(self, surroundings: Surroundings, job: ClaimedJob) -> None:
        self.surroundings, self.job = surroundings, job
        self.config = surroundings.resources.config
        self.started = time.monotonic()
        self.renewal_due = self.started
        self.drained_at: float | None = None

    def run(self) -> Ending:
        """Work on the job until the database knows how it ended, or has it back in the queue."""
        with scratch_folder() as scratch:
            process = self._start(scratch)
            try:
                ending = self._watch(process)
            except KeyboardInterrupt:
                end_process(process)
                self._write(Ending.CANCELLED)
                raise
            finally:
                end_process(process)
        self._write(ending)
        log.info("job.attempt_ended", job=self.job.id, kind=self.job.kind, attempt=self.job.attempt, ending=ending.value)
        return ending

    def _start(self, scratch: Path) -> BaseProcess:
        # A database connection must not be shared with a fork (SQLite's locks would be wrong on both sides).
        self.surroundings.resources.engine.dispose()
        # A fork has the imports already. Beside other threads it could inherit a lock that nobody releases, so there a process starts anew.
        alone = threading.active_count() == 1 and sys.platform == "linux"
        new_process = get_context("fork").Process if alone else get_context("spawn").Process
        arguments = (self.config, self.job, tuple(self.surroundings.modules), self.surroundings.threads, scratch)
        process = new_process(target=run_child, args=arguments, name=f"job-{self.job.id}", daemon=True)
        process.start()
        return process

    def _watch(self, process: BaseProcess) -> Ending:
        while not connection.wait([process.sentinel], timeout=TICK_SECONDS):
            self.surroundings.on_tick()
            reason = self._reason_to_end(process)
            if reason == Ending.SETTLED:
                process.join(LEAVE_SECONDS)
            if reason is not None:
                return reason
        process.join()
        return _ending_of(process.exitcode)

    def _reason_to_end(self, process: BaseProcess) -> Ending | None:
        if resident_bytes(process.pid) > self.config.job_memory_megabytes * 2**20:
            return Ending.OUT_OF_MEMORY
        if time.monotonic() - self.started > self.config.job_minutes * 60:
            return Ending.TOO_LONG
        if self._drain_is_over():
            return Ending.DRAINED
        return self._renew()

    def _drain_is_over(self) -> bool:
        if not self.surroundings.stop.is_set():
            return False
        self.drained_at = self.drained_at or time.monotonic() + self.surroundings.drain_seconds
        return time.monotonic() >= self.drained_at

    def _renew(self) -> Ending | None:
        if time.monotonic() < self.renewal_due:
            return None
        self.renewal_due = time.monotonic() + min(RENEWAL_SECONDS, self.config.lease_seconds / 4)
        try:
            with unit_of_work(self.surroundings.resources) as session:
                renewal = jobs.renew_lease(session, self.job.fence, self.config.lease_seconds)
        except OperationalError:
            # The child goes on: should the lease run out meanwhile, the fence keeps its result out.
            log.warning("job.renewal_failed", job=self.job.id)
            return None
        return ENDING_BY_RENEWAL[renewal]

    def _write(self, ending: Ending) -> None:
        if ending in (Ending.SETTLED, Ending.LOST):
            return
        # Somebody else was quicker: the child itself, or the worker that took the job over.
        with suppress(LeaseLost, Cancelled), unit_of_work(self.surroundings.resources) as session:
            self._end_job(session, ending)

    def _end_job(self, session: Session, ending: Ending) -> None:
        fence = self.job.fence
        if ending == Ending.CANCELLED:
            jobs.finish_job(session, fence, JobStatus.CANCELLED)
        elif ending == Ending.DRAINED:
            jobs.return_job(session, fence, counted=False)
        elif ending == Ending.CRASHED and self.job.attempt < self.config.job_attempts:
            jobs.return_job(session, fence, counted=True)
        else:
            jobs.finish_job(session, fence, JobStatus.FAILED, self._reason_in_words(ending))

    def _reason_in_words(self, ending: Ending) -> str:
        if ending == Ending.OUT_OF_MEMORY:
            return (
                f"The work needed more than {self.config.job_memory_megabytes} MB of memory and was ended. "
                "Use fewer columns or customers, or raise SMARTCART_JOB_MEMORY_MEGABYTES."
            )
        if ending == Ending.TOO_LONG:
            return f"The work took longer than {self.config.job_minutes} minutes and was ended. Raise SMARTCART_JOB_MINUTES to allow more."
        return jobs.attempts_used_up(self.job.attempt)


def resident_bytes(pid: int | None) -> int:
    """Memory that a process holds now; 0 where it has ended or the system does not say."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def end_process(process: BaseProcess) -> None:
    """End a child and collect it: politely, then not."""
    if process.is_alive():
        process.terminate()
        process.join(KILL_SECONDS)
    if process.is_alive():
        process.kill()
    process.join()


def _ending_of(code: int | None) -> Ending:
    if code == -signal.SIGTERM:
        return Ending.DRAINED  # whoever stops this machine ended the child before us
    known: dict[int | None, Ending] = {Exit.SETTLED: Ending.SETTLED, Exit.LOST: Ending.LOST, Exit.OUT_OF_MEMORY: Ending.OUT_OF_MEMORY}
    return known.get(code, Ending.CRASHED)
