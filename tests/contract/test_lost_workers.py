"""A re-cluster survives its worker, and any number of clicks make one of it: real processes, both databases."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from segmentation import synthetic_customers
from tests.conftest import LONG, ROOT, SECRET
from tests.factories import make_actor, make_team
from webapp.config import Config
from webapp.edge import Resources, unit_of_work
from webapp.models import MemberRole
from webapp.services.access import Actor
from webapp.services.data.datasets import ensure_dataset
from webapp.services.data.imports import StoredFile, show_import, start_import
from webapp.services.modelling.versions import list_versions, request_recluster
from webapp.services.work.jobs import JobSummary, list_jobs, show_job
from webapp.worker import run_inline

LEASE_SECONDS = Config.lease_seconds if LONG else 3.0
TAKEN_OVER_SECONDS = 30
PATIENCE_SECONDS = 90
ROWS = 20_000 if LONG else 3_000
CLICKS = 500 if LONG else 50


@pytest.fixture
def analyst(resources: Resources, tmp_path: Path) -> Actor:
    """An analyst whose team has customers in the dataset "shop"."""
    path = tmp_path / "customers.csv"
    synthetic_customers(ROWS, segments=4, seed=1).customers.to_csv(path, index=False)
    with unit_of_work(resources) as session:
        actor = make_actor(session, make_team(session), MemberRole.ANALYST)
        ensure_dataset(session, actor, "Shop")
        with path.open("rb") as stream:
            digest, size = resources.store.put_stream(actor.team_id, "upload", stream)
        detail = start_import(session, actor, "shop", StoredFile(path.name, digest, size), check=False)
    assert detail.job_id
    run_inline(resources, detail.job_id)
    with unit_of_work(resources, read_only=True) as session:
        assert show_import(session, actor, detail.id).status == "done"
    return actor


@pytest.fixture
def start_worker(resources: Resources) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts `smartcart worker` on the test's database; all are ended afterwards."""
    config = resources.config
    environment = {
        **os.environ,
        "SMARTCART_SECRET_KEY": SECRET,
        "SMARTCART_DATABASE_URL": config.database_url,
        "SMARTCART_STORE": config.store,
        "SMARTCART_LEASE_SECONDS": str(LEASE_SECONDS),
    }
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        started.append(
            subprocess.Popen([sys.executable, "-m", "webapp.cli", "worker"], env=environment, cwd=ROOT, stderr=subprocess.DEVNULL)
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_killed_worker_loses_nothing(resources: Resources, analyst: Actor, start_worker: Callable[[], subprocess.Popen[bytes]]) -> None:
    first = start_worker()
    with unit_of_work(resources) as session:
        job = request_recluster(session, analyst, "shop")
    _until(resources, analyst, job.id, lambda seen: seen.status == "running" and seen.progress > 0)
    first.send_signal(signal.SIGKILL)
    first.wait()
    start_worker()
    killed_at = time.monotonic()
    _until(resources, analyst, job.id, lambda seen: seen.attempt == 2)
    assert time.monotonic() - killed_at < TAKEN_OVER_SECONDS
    done = _until(resources, analyst, job.id, lambda seen: seen.finished_at is not None)
    assert (done.status, done.attempt) == ("done", 2)
    with unit_of_work(resources, read_only=True) as session:
        versions = list_versions(session, analyst, "shop")
    assert [(version.status, version.champion) for version in versions] == [("ready", True)]


def test_many_requests_make_one_job(resources: Resources, analyst: Actor) -> None:
    def click(_: int) -> str:
        with unit_of_work(resources) as session:
            return request_recluster(session, analyst, "shop").id

    with ThreadPoolExecutor(16) as pool:
        ids = set(pool.map(click, range(CLICKS)))
    assert len(ids) == 1
    with unit_of_work(resources, read_only=True) as session:
        assert len(list_versions(session, analyst, "shop")) == 1
        assert [job.kind for job in list_jobs(session, analyst, "shop")].count("recluster") == 1


def _until(resources: Resources, actor: Actor, job_id: str, reached: Callable[[JobSummary], bool]) -> JobSummary:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with unit_of_work(resources, read_only=True) as session:
            job = show_job(session, actor, job_id)
        if reached(job):
            return job
        time.sleep(0.05)
    raise AssertionError(f"The job stayed {job.status} at {job.progress:.0%} ({job.stage}).")
