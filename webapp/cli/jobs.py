"""Waiting for a job, with a progress bar on a terminal; running it here when no worker is alive."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from webapp.edge import Resources, unit_of_work
from webapp.services.access import Actor
from webapp.services.errors import Conflict, ServiceError
from webapp.services.work.jobs import JobSummary, cancel_job, find_claimable, is_abandoned, show_job, workers_alive

POLL_SECONDS = 0.2
STEPS = 1000


def finish(resources: Resources, actor: Actor, job_id: str) -> JobSummary:
    """The job once it has ended well; a refusal with its reason where it did not. Control-C cancels it."""
    with unit_of_work(resources, read_only=True) as session:
        alive = workers_alive(session)
    with _bar() as bar:
        try:
            job = _follow(resources, actor, job_id, bar) if alive else _run_here(resources, actor, job_id, bar)
        except KeyboardInterrupt:
            with unit_of_work(resources) as session:
                cancel_job(session, actor, job_id)
            raise
    if job.status == "cancelled":
        raise Conflict("The job was cancelled; nothing was changed.", code="cancelled")
    if job.status != "done":
        raise ServiceError(job.message or "The job failed.", code=job.code or "failed")
    return job


def is_left_behind(resources: Resources, actor: Actor, job_id: str) -> bool:
    """Wait for a job of somebody else: True once nobody is at it any more, so that it can be taken over, False once it has ended."""
    patience = resources.config.lease_seconds
    with _bar() as bar:
        while True:
            job = _look(resources, actor, job_id, bar)
            with unit_of_work(resources, read_only=True) as session:
                left = is_abandoned(session, actor, job_id, patience=patience)
            if left or job.finished_at is not None:
                return left
            time.sleep(POLL_SECONDS)


def _follow(resources: Resources, actor: Actor, job_id: str, bar: Any) -> JobSummary:
    while (job := _look(resources, actor, job_id, bar)).finished_at is None:
        time.sleep(POLL_SECONDS)
    return job


def _run_here(resources: Resources, actor: Actor, job_id: str, bar: Any) -> JobSummary:
    # The statistics take seconds to import; only this path needs them in the command's own process.
    from webapp.worker import run_inline

    while (job := _look(resources, actor, job_id, bar)).finished_at is None:
        with unit_of_work(resources, read_only=True) as session:
            free = find_claimable(session, job_id)
        if free:
            run_inline(resources, job_id, on_progress=lambda stage, share: _show(bar, stage, share))
        else:  # another process has it, which may vanish
            time.sleep(POLL_SECONDS)
    return job


def _look(resources: Resources, actor: Actor, job_id: str, bar: Any) -> JobSummary:
    with unit_of_work(resources, read_only=True) as session:
        job = show_job(session, actor, job_id)
    _show(bar, job.stage, job.progress)
    return job


@contextmanager
def _bar() -> Iterator[Any]:
    with click.progressbar(
        length=STEPS, file=sys.stderr, item_show_func=lambda stage: stage or "", show_eta=False, hidden=not sys.stderr.isatty()
    ) as bar:
        yield bar


def _show(bar: Any, stage: str, share: float) -> None:
    bar.update(max(0, int(share * STEPS) - bar.pos), stage)
