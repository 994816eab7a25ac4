"""The worker: waits for jobs and runs one at a time, each in a child of its own. Any number of workers may share a database."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from importlib import import_module
from pathlib import Path
from traceback import format_tb
from types import FrameType
from uuid import uuid4

import structlog
from sqlalchemy.exc import OperationalError

from webapp.edge import Resources, unit_of_work
from webapp.inbox import Inbox
from webapp.models import Job
from webapp.services.data.leftovers import sweep_files
from webapp.services.people.answered import forget_answers
from webapp.services.scheduling import ticks
from webapp.services.work import jobs
from webapp.services.work.jobs import HEARTBEAT_SECONDS, ClaimedJob
from webapp.tasks import TASK_MODULES
from webapp.tasks.attempt import Attempt, Surroundings
from webapp.tasks.scratch import sweep_scratch

POLL_SECONDS = 0.5
DRAIN_SECONDS = 10.0
WATCH_SECONDS = 0.3
SCHEDULE_SECONDS = 5.0
"""How often a worker looks for schedules that are due, also while a job of its own runs."""

OnProgress = Callable[[str, float], None]

UNFINISHED_SECONDS = 24 * 3600.0
"""Files in the store that were begun and left, or that nothing refers to, for longer than this belong to nobody."""
SWEEP_SECONDS = 3600.0
log = structlog.get_logger()


class Worker:
    """Claims jobs and runs them, one at a time.

    `modules` are where it finds its tasks. `threads` bounds what the numerical libraries of a job use: one, so that web requests on
    the same machine stay quick; None leaves them all cores.
    """

    def __init__(
        self,
        resources: Resources,
        *,
        name: str | None = None,
        modules: Sequence[str] = TASK_MODULES,
        threads: int | None = 1,
        drain_seconds: float = DRAIN_SECONDS,
    ) -> None:
        self.resources, self.modules, self.threads, self.drain_seconds = resources, modules, threads, drain_seconds
        self.name = name or new_owner()
        self.inbox = Inbox(Path(resources.config.inbox))
        self.beat_due = self.sweep_due = self.schedules_due = 0.0

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. A job that runs then gets `drain_seconds` more and goes back to the queue after that."""
        for module in self.modules:
            import_module(module)  # once here, instead of seconds in each child
        log.info("worker.started", worker=self.name, swept=sweep_scratch())
        try:
            while not stop.is_set():
                self._work_or_wait(stop)
        finally:
            # Without a database the row stays behind, and counts as silent soon.
            with suppress(OperationalError), unit_of_work(self.resources) as session:
                jobs.forget_worker(session, self.name)
            log.info("worker.stopped", worker=self.name)

    def _work_or_wait(self, stop: threading.Event) -> None:
        try:
            self._beat()
            self._fire_schedules()
            self._sweep()
            job = self._claim()
            if job is not None:
                Attempt(self._surroundings(stop), job).run()
                return
        except OperationalError:
            log.warning("worker.database_away", worker=self.name)
        # Not `stop.wait`: a signal handler that sets the event while its lock is held here would wait forever.
        time.sleep(POLL_SECONDS)

    def _claim(self) -> ClaimedJob | None:
        with unit_of_work(self.resources, read_only=True) as session:
            if not jobs.find_claimable(session):
                return None
        return claim(self.resources, self.name)

    def _surroundings(self, stop: threading.Event) -> Surroundings:
        return Surroundings(self.resources, self.modules, self.threads, stop, self.drain_seconds, self._keep_up)

    def _keep_up(self) -> None:
        """What goes on while a job runs."""
        with suppress(OperationalError):
            self._beat()
            self._fire_schedules()

    def _fire_schedules(self) -> None:
        if time.monotonic() >= self.schedules_due:
            self.schedules_due = time.monotonic() + SCHEDULE_SECONDS
            fire_schedules(self.resources, self.inbox)

    def _beat(self) -> None:
        if time.monotonic() >= self.beat_due:
            self.beat_due = time.monotonic() + HEARTBEAT_SECONDS
            with unit_of_work(self.resources) as session:
                jobs.beat(session, self.name)

    def _sweep(self) -> None:
        if time.monotonic() >= self.sweep_due:
            self.sweep_due = time.monotonic() + SWEEP_SECONDS
            store = self.resources.store
            with unit_of_work(self.resources, read_only=True) as session:
                swept = store.sweep(UNFINISHED_SECONDS) + sweep_files(session, store, UNFINISHED_SECONDS)
            with unit_of_work(self.resources) as session:
                forgotten = forget_answers(session)
            log.info("worker.swept", worker=self.name, files=swept, answers=forgotten)


def serve_worker(resources: Resources, *, modules: Sequence[str] = TASK_MODULES, threads: int | None = 1) -> None:
    """Run a worker in this process until SIGTERM or Control-C."""
    stop = threading.Event()

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, ask_to_stop)
    Worker(resources, modules=modules, threads=threads).run(stop)


def run_inline(
    resources: Resources,
    job_id: str,
    *,
    on_progress: OnProgress | None = None,
    modules: Sequence[str] = TASK_MODULES,
    threads: int | None = 1,
) -> None:
    """Run one job from here, with the same child, limits and attempts as a worker, and return once nothing is left to do for it.

    For a command where no worker is alive. Where one took the job meanwhile, it is left to that one. `on_progress` is called with stage
    and share while the job runs; Control-C cancels the job. Call it outside any unit of work.
    """
    owner = new_owner()
    watcher = _Watcher(resources, job_id, on_progress)
    surroundings = Surroundings(resources, modules, threads, threading.Event(), DRAIN_SECONDS, watcher.look)
    while (job := claim(resources, owner, job_id)) is not None:
        Attempt(surroundings, job).run()
    watcher.look(at_once=True)


def fire_schedules(resources: Resources, inbox: Inbox, now: datetime | None = None) -> int:
    """Fire what is due (at `now`; default: by the database's clock), each in a short transaction; how many were ours.

    One that cannot be fired for a reason that nobody foresaw keeps neither the others nor the worker.
    """
    with unit_of_work(resources, read_only=True) as session:
        due = ticks.find_due(session, now)
    fired = 0
    for schedule_id in due:
        try:
            with unit_of_work(resources) as session:
                outcome = ticks.fire_tick(session, schedule_id, inbox, now, store=resources.store)
        except OperationalError:
            raise
        except Exception as defect:  # the boundary; its words may quote what is a customer's
            log.error("schedule.defect", schedule=schedule_id, error=type(defect).__name__, place="".join(format_tb(defect.__traceback__)))
            continue
        if outcome is not None:
            fired += 1
            log.info("schedule.fired", schedule=schedule_id, outcome=str(outcome))
    return fired


def claim(resources: Resources, owner: str, job_id: str | None = None) -> ClaimedJob | None:
    """Claim the next job, or that one, with the configured lease and attempts."""
    config = resources.config
    with unit_of_work(resources) as session:
        return jobs.claim_job(session, owner, config.lease_seconds, attempts=config.job_attempts, job_id=job_id)


def new_owner() -> str:
    """A name that no other worker has, past or present, and that tells people where it runs."""
    return f"{socket.gethostname()[:32]}:{os.getpid()}:{uuid4().hex[:12]}"


class _Watcher:
    """Tells what the job's row says, now and then, without a thread."""

    def __init__(self, resources: Resources, job_id: str, on_progress: OnProgress | None) -> None:
        self.resources, self.job_id, self.on_progress = resources, job_id, on_progress
        self.due = 0.0

    def look(self, *, at_once: bool = False) -> None:
        if self.on_progress is None or (time.monotonic() < self.due and not at_once):
            return
        self.due = time.monotonic() + WATCH_SECONDS
        with unit_of_work(self.resources, read_only=True) as session:
            row = session.get(Job, self.job_id)
            told = (row.stage, row.progress) if row else None  # cancelled, and removed with its dataset
        if told is not None:
            self.on_progress(*told)
