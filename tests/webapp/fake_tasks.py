"""Small tasks that misbehave on demand, for the worker's tests. Each leaves an audit event as its result."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
from sqlalchemy.exc import OperationalError

from segmentation.errors import NotEnoughData
from webapp.edge import Resources, unit_of_work
from webapp.services.audit import record_event
from webapp.services.work import jobs
from webapp.tasks import ClaimedJob, Progress, Task

RESULT = "fake.result"
SECONDS_TO_SLEEP = 120
SECONDS_TO_LINGER = 2.0
MEMORY_OF_PARENT = ""  # a test sets it; only a fork sees that


def signal_file(resources: Resources, name: str) -> Path:
    """A file in the store's folder by which a test and a task tell each other something."""
    return Path(resources.config.store) / name


def publish(resources: Resources, job: ClaimedJob, progress: Progress) -> None:
    """Do the work at once."""
    progress("Working", 0.5)
    with unit_of_work(resources) as session:
        jobs.finish_job(session, job.fence)
        record_event(session, job.actor, RESULT, job.id, attempt=job.attempt, memory_of_parent=MEMORY_OF_PARENT)


def hang_first(resources: Resources, job: ClaimedJob, progress: Progress) -> None:
    """Hang in the first attempt (a native loop that reports nothing), work in the second."""
    if job.attempt == 1:
        signal_file(resources, "pid").write_text(str(os.getpid()))
        time.sleep(SECONDS_TO_SLEEP)
    publish(resources, job, progress)


def litter_first(resources: Resources, job: ClaimedJob, progress: Progress) -> None:
    """As `hang_first`, beside a temporary file of rows that only this process would remove."""
    if job.attempt == 1:
        with tempfile.TemporaryDirectory(prefix="intake-") as folder:
            Path(folder, "rows.csv").write_text("somebody")
            signal_file(resources, "litter").write_text(folder)
            hang_first(resources, job, progress)
    publish(resources, job, progress)


def late_first(resources: Resources, job: ClaimedJob, progress: Progress) -> None:
    """In the first attempt, publish only when the test says so, and tell whether that was refused."""
    if job.attempt == 1:
        signal_file(resources, "pid").write_text(str(os.getpid()))
        while not signal_file(resources, "go").exists():
            time.sleep(0.02)
        try:
            _publish_without_asking(resources, job)
        except jobs.LeaseLost:
            signal_file(resources, "refused").touch()
            raise
    publish(resources, job, progress)


def linger(resources: Resources, job: ClaimedJob, progress: Progress) -> None:
    """Publish, and take longer to leave than the worker waits between renewals."""
    publish(resources, job, progress)
    time.sleep(SECONDS_TO_LINGER)
    signal_file(resources, "left").touch()


def report_forever(resources: Resources, job: ClaimedJob, progress: Progress) -> None:
    """Never end, but report."""
    signal_file(resources, "pid").write_text(str(os.getpid()))
    for step in range(SECONDS_TO_SLEEP * 50):
        progress("Working", step / (SECONDS_TO_SLEEP * 50))
        time.sleep(0.02)


def crash(_resources: Resources, _job: ClaimedJob, _progress: Progress) -> None:
    """End without a word, as when the system kills a process."""
    os.kill(os.getpid(), signal.SIGKILL)


def take_memory(_resources: Resources, _job: ClaimedJob, _progress: Progress) -> None:
    """Take memory in one piece, more than there may be (but never touch it, so that it is not resident)."""
    np.zeros(2**31, dtype=np.uint8)


def grow(_resources: Resources, _job: ClaimedJob, _progress: Progress) -> None:
    """Take memory bit by bit, as a leak does, and ignore that there is no more."""
    pieces = []
    while True:
        with suppress(MemoryError):
            pieces.append(b"x" * 2**23)
        time.sleep(0.01)


def lose_database(resources: Resources, job: ClaimedJob, progress: Progress) -> None:
    """Find the database away in the first attempt."""
    if job.attempt == 1:
        raise OperationalError("INSERT", {"email": "ana@example.org"}, Exception("gone"))
    publish(resources, job, progress)


def refuse(_resources: Resources, _job: ClaimedJob, _progress: Progress) -> None:
    raise NotEnoughData("There are only 2 customers.")


def fail(_resources: Resources, _job: ClaimedJob, _progress: Progress) -> None:
    raise KeyError("ana@example.org")


def forget_to_finish(_resources: Resources, _job: ClaimedJob, _progress: Progress) -> None:
    """Return without a result."""


def _publish_without_asking(resources: Resources, job: ClaimedJob) -> None:
    publish(resources, job, lambda _stage, _share: None)


TASKS = (
    Task("publish", publish),
    Task("hang_first", hang_first),
    Task("litter_first", litter_first),
    Task("late_first", late_first),
    Task("linger", linger),
    Task("report_forever", report_forever),
    Task("crash", crash),
    Task("take_memory", take_memory),
    Task("grow", grow),
    Task("lose_database", lose_database),
    Task("refuse", refuse),
    Task("fail", fail),
    Task("forget_to_finish", forget_to_finish),
)
