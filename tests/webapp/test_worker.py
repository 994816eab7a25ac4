"""Workers as real processes that are killed, stopped, drained and abused, on both databases."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from tests.factories import make_actor, make_team
from tests.webapp import fake_tasks
from webapp.config import Config
from webapp.edge import Resources, open_resources, unit_of_work
from webapp.models import AuditEvent, Dataset, MemberRole
from webapp.services.access import Actor
from webapp.services.work import jobs
from webapp.services.work.jobs import JobSummary
from webapp.tasks.attempt import Attempt, Ending, Surroundings
from webapp.tasks.scratch import sweep_scratch
from webapp.worker import Worker, claim, run_inline, serve_worker

MODULES = ("tests.webapp.fake_tasks",)
PATIENCE_SECONDS = 30
# A clean process with the imports; workers fork from it, so that each starts at once and has no threads.
FACTORY = get_context("forkserver")
FACTORY.set_forkserver_preload(["webapp.worker", *MODULES])


def serve(config: Config) -> None:
    serve_worker(open_resources(config), modules=MODULES)


def serve_briefly(config: Config, drain_seconds: float) -> None:
    """A worker that is impatient when it is asked to stop."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _signal, _frame: stop.set())
    Worker(open_resources(config), modules=MODULES, drain_seconds=drain_seconds).run(stop)


@dataclass
class Plant:
    """Workers on a database, and jobs to give them."""

    resources: Resources
    actor: Actor
    dataset_id: str
    workers: list[BaseProcess] = field(default_factory=list)

    @property
    def config(self) -> Config:
        return self.resources.config

    def start(self, target: Callable[..., None] = serve, *arguments: object) -> int:
        worker = FACTORY.Process(target=target, args=(self.config, *arguments))
        worker.start()
        self.workers.append(worker)
        assert worker.pid is not None
        return worker.pid

    def enqueue(self, kind: str) -> str:
        with unit_of_work(self.resources) as session:
            return jobs.enqueue_job(session, self.actor, kind=kind, dataset_id=self.dataset_id, subject_id="s")[0].id

    def cancel(self, job_id: str) -> None:
        with unit_of_work(self.resources) as session:
            jobs.cancel_job(session, self.actor, job_id)

    def show(self, job_id: str) -> JobSummary:
        with unit_of_work(self.resources, read_only=True) as session:
            return jobs.show_job(session, self.actor, job_id)

    def ended(self, job_id: str) -> JobSummary:
        wait_for(lambda: self.show(job_id).finished_at)
        return self.show(job_id)

    def results(self, job_id: str) -> list[int]:
        """The attempts that published something for the job."""
        return [details["attempt"] for details in self.published(job_id)]

    def published(self, job_id: str) -> list[dict[str, Any]]:
        published = select(AuditEvent).where(AuditEvent.action == fake_tasks.RESULT, AuditEvent.subject == job_id)
        with unit_of_work(self.resources, read_only=True) as session:
            return [event.details for event in session.scalars(published)]

    def file(self, name: str) -> Path:
        return fake_tasks.signal_file(self.resources, name)

    def child(self) -> int:
        """The process id of the job's child, once it works."""
        wait_for(lambda: self.file("pid").exists() and self.file("pid").read_text())
        return int(self.file("pid").read_text())

    def stop_all(self) -> None:
        for worker in self.workers:
            if worker.is_alive():
                os.kill(worker.pid, signal.SIGCONT)
                worker.kill()
            worker.join()


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@contextmanager
def open_plant(config: Config) -> Iterator[Plant]:
    Path(config.store).mkdir()
    resources = open_resources(config)
    with unit_of_work(resources) as session:
        team = make_team(session)
        actor = make_actor(session, team, MemberRole.ANALYST)
        dataset = Dataset(team_id=team.id, slug="customers", name="Customers", created_at=datetime.now(UTC))
        session.add(dataset)
        session.flush()
        plant = Plant(resources, actor, dataset.id)
    try:
        yield plant
    finally:
        plant.stop_all()
        resources.engine.dispose()


@pytest.fixture
def plant(database_url: str, make_config) -> Iterator[Plant]:
    """On both databases."""
    with open_plant(make_config(database_url)) as opened:
        yield opened


@pytest.fixture
def hasty_plant(database_url: str, make_config) -> Iterator[Plant]:
    """On both databases, with a short lease, for jobs that change hands."""
    with open_plant(make_config(database_url, lease_seconds=2.5)) as opened:
        yield opened


@pytest.fixture
def sqlite_plant(sqlite_url: str, make_config) -> Iterator[Plant]:
    """On SQLite, for what does not depend on the database."""
    with open_plant(make_config(sqlite_url)) as opened:
        yield opened


@pytest.fixture
def little_plant(sqlite_url: str, make_config) -> Iterator[Plant]:
    """On SQLite, with little memory; for started workers, since a job that this process forks begins with the memory of all tests."""
    with open_plant(make_config(sqlite_url, job_memory_megabytes=600)) as opened:
        yield opened


def test_a_worker_runs_one_job_after_another(plant: Plant) -> None:
    asked = [plant.enqueue("publish") for _ in range(3)]
    plant.start()
    assert [plant.ended(job_id).status for job_id in asked] == ["done"] * 3
    assert [plant.results(job_id) for job_id in asked] == [[1]] * 3


def test_several_workers_share_the_jobs_without_a_duplicate(plant: Plant) -> None:
    asked = [plant.enqueue("publish") for _ in range(12)]
    for _ in range(3):
        plant.start()
    assert {plant.ended(job_id).status for job_id in asked} == {"done"}
    assert [plant.results(job_id) for job_id in asked] == [[1]] * 12


def test_a_worker_killed_in_the_middle_is_replaced_and_one_result_comes_out(hasty_plant: Plant) -> None:
    job_id = hasty_plant.enqueue("hang_first")
    first = hasty_plant.start()
    child = hasty_plant.child()
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: not is_running(child))  # the child died with its worker
    hasty_plant.start()
    job = hasty_plant.ended(job_id)
    assert (job.status, job.attempt) == ("done", 2)
    assert hasty_plant.results(job_id) == [2]


def test_a_result_that_comes_after_a_takeover_is_refused(hasty_plant: Plant) -> None:
    job_id = hasty_plant.enqueue("late_first")
    stopped = hasty_plant.start()
    hasty_plant.child()
    os.kill(stopped, signal.SIGSTOP)  # the worker no longer renews; its child goes on
    hasty_plant.start()
    assert hasty_plant.ended(job_id).attempt == 2
    hasty_plant.file("go").touch()
    wait_for(hasty_plant.file("refused").exists)
    os.kill(stopped, signal.SIGCONT)
    assert hasty_plant.ended(hasty_plant.enqueue("publish")).status == "done"
    assert hasty_plant.results(job_id) == [2]
    assert hasty_plant.show(job_id).status == "done"


@pytest.mark.parametrize("kind", ["report_forever", "hang_first"])
def test_a_running_job_is_cancelled_and_the_next_one_runs(plant: Plant, kind: str) -> None:
    job_id, following = plant.enqueue(kind), plant.enqueue("publish")
    plant.start()
    child = plant.child()
    plant.cancel(job_id)
    job = plant.ended(job_id)
    assert (job.status, job.message) == ("cancelled", f"Stopped by {plant.actor.name}.")
    wait_for(lambda: not is_running(child))
    assert plant.ended(following).status == "done"
    assert plant.results(job_id) == []


@pytest.mark.parametrize(
    ("kind", "attempts", "reason"),
    [
        ("crash", 3, "ended without an answer 3 times"),
        ("take_memory", 1, "more than 600 MB of memory"),
        ("grow", 1, "more than 600 MB of memory"),
        ("refuse", 1, "There are only 2 customers."),
        ("fail", 1, "not foreseen (reference "),
        ("forget_to_finish", 1, "not foreseen (reference "),
        ("unheard_of", 1, "not foreseen (reference "),
    ],
)
def test_a_job_that_cannot_succeed_fails_with_its_reason_and_the_next_one_runs(
    little_plant: Plant, kind: str, attempts: int, reason: str
) -> None:
    job_id, following = little_plant.enqueue(kind), little_plant.enqueue("publish")
    little_plant.start()
    job = little_plant.ended(job_id)
    assert (job.status, job.attempt) == ("failed", attempts)
    assert reason in (job.message or "")
    assert "ana@" not in (job.message or "")
    assert little_plant.ended(following).status == "done"


def test_a_job_that_finds_the_database_away_is_tried_again(sqlite_plant: Plant, capfd: pytest.CaptureFixture[str]) -> None:
    job_id = sqlite_plant.enqueue("lose_database")
    run_inline(sqlite_plant.resources, job_id, modules=MODULES)
    assert (sqlite_plant.show(job_id).status, sqlite_plant.results(job_id)) == ("done", [2])
    assert "ana@" not in "".join(capfd.readouterr())  # what was about to be written stays out of the log


def test_a_job_that_takes_too_long_is_ended(sqlite_url: str, make_config) -> None:
    with open_plant(make_config(sqlite_url, job_minutes=0)) as plant:
        job_id = plant.enqueue("report_forever")
        plant.start()
        job = plant.ended(job_id)
    assert job.status == "failed"
    assert "longer than 0 minutes" in (job.message or "")


def test_a_worker_that_is_asked_to_stop_lets_its_job_finish(sqlite_plant: Plant) -> None:
    job_id, waiting = sqlite_plant.enqueue("late_first"), sqlite_plant.enqueue("publish")
    worker = sqlite_plant.start()
    sqlite_plant.child()
    os.kill(worker, signal.SIGTERM)
    time.sleep(0.5)  # a worker that did not wait would have ended the job by now
    sqlite_plant.file("go").touch()
    sqlite_plant.workers[0].join(PATIENCE_SECONDS)
    assert sqlite_plant.workers[0].exitcode == 0
    assert sqlite_plant.results(job_id) == [1]
    assert sqlite_plant.show(waiting).status == "queued"


def test_a_worker_that_cannot_wait_gives_its_job_back_uncounted(plant: Plant) -> None:
    job_id = plant.enqueue("report_forever")
    worker = plant.start(serve_briefly, 0.2)
    child = plant.child()
    os.kill(worker, signal.SIGTERM)
    plant.workers[0].join(PATIENCE_SECONDS)
    job = plant.show(job_id)
    assert (plant.workers[0].exitcode, job.status, job.attempt) == (0, "queued", 0)
    assert not is_running(child)


def test_workers_are_counted_while_they_run(sqlite_plant: Plant) -> None:
    def alive() -> int:
        with unit_of_work(sqlite_plant.resources, read_only=True) as session:
            return jobs.workers_alive(session)

    assert alive() == 0
    worker = sqlite_plant.start()
    wait_for(lambda: alive() == 1)
    os.kill(worker, signal.SIGTERM)
    wait_for(lambda: alive() == 0)


def test_a_command_runs_its_job_itself_and_shows_progress(plant: Plant) -> None:
    job_id, other = plant.enqueue("publish"), plant.enqueue("publish")
    seen: list[tuple[str, float]] = []
    run_inline(plant.resources, job_id, on_progress=lambda stage, share: seen.append((stage, share)), modules=MODULES)
    assert plant.show(job_id).status == "done"
    assert seen[-1][1] == 1.0
    assert plant.show(other).status == "queued"


@pytest.mark.parametrize("threads", [0, 1])
def test_a_command_forks_only_while_it_has_no_other_thread(sqlite_plant: Plant, monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    monkeypatch.setattr(fake_tasks, "MEMORY_OF_PARENT", "seen")
    job_id = sqlite_plant.enqueue("publish")
    with other_threads(threads):
        run_inline(sqlite_plant.resources, job_id, modules=MODULES)
    (details,) = sqlite_plant.published(job_id)
    assert details["memory_of_parent"] == ("" if threads else "seen")


@contextmanager
def other_threads(count: int) -> Iterator[None]:
    done = threading.Event()
    others = [threading.Thread(target=done.wait) for _ in range(count)]
    for thread in others:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in others:
            thread.join()


def test_a_database_that_is_away_does_not_end_the_worker(sqlite_resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([OperationalError("", {}, Exception()), OperationalError("", {}, Exception())])
    stop = threading.Event()

    def beat(_session: object, _name: str) -> None:
        for error in answers:
            raise error
        stop.set()

    monkeypatch.setattr(jobs, "beat", beat)
    worker = Worker(sqlite_resources, modules=MODULES)
    monkeypatch.setattr("webapp.worker.HEARTBEAT_SECONDS", 0.0)
    worker.run(stop)
    assert stop.is_set()


def test_a_worker_removes_old_files_that_no_import_refers_to(sqlite_plant: Plant) -> None:
    store, team = sqlite_plant.resources.store, sqlite_plant.actor.team_id
    old, young = (store.path(team, "past", store.put_bytes(team, "past", data)) for data in (b"old", b"young"))
    os.utime(old, (1_000_000, 1_000_000))
    sqlite_plant.start()
    wait_for(lambda: not old.exists())
    assert young.exists()


def test_a_command_tries_a_crashing_job_as_often_as_a_worker(sqlite_plant: Plant) -> None:
    job_id = sqlite_plant.enqueue("crash")
    run_inline(sqlite_plant.resources, job_id, modules=MODULES)
    job = sqlite_plant.show(job_id)
    assert (job.status, job.attempt) == ("failed", 3)


def test_a_command_leaves_a_job_to_the_worker_that_has_it(sqlite_plant: Plant) -> None:
    job_id = sqlite_plant.enqueue("late_first")
    sqlite_plant.start()
    sqlite_plant.child()
    run_inline(sqlite_plant.resources, job_id, modules=MODULES)
    assert sqlite_plant.show(job_id).status == "running"
    sqlite_plant.file("go").touch()
    assert sqlite_plant.ended(job_id).attempt == 1


def test_a_job_that_published_may_leave_in_its_own_time(sqlite_plant: Plant) -> None:
    """The worker asks for the lease of a job that has just ended: that is no loss, and the child is not killed while it tidies up."""
    job_id = sqlite_plant.enqueue("linger")
    job = claim(sqlite_plant.resources, "here", job_id)
    assert job is not None
    surroundings = Surroundings(sqlite_plant.resources, MODULES, 1, threading.Event(), 1.0, lambda: None)
    assert Attempt(surroundings, job).run() is Ending.SETTLED
    assert sqlite_plant.file("left").exists()
    assert (sqlite_plant.show(job_id).status, sqlite_plant.results(job_id)) == ("done", [1])


def test_control_c_at_the_command_line_cancels_the_job(sqlite_plant: Plant) -> None:
    job_id = sqlite_plant.enqueue("report_forever")

    def interrupt(_stage: str, _share: float) -> None:
        if sqlite_plant.file("pid").exists():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_inline(sqlite_plant.resources, job_id, on_progress=interrupt, modules=MODULES)
    assert sqlite_plant.show(job_id).status == "cancelled"
    assert not is_running(int(sqlite_plant.file("pid").read_text()))


def test_temporary_files_of_a_killed_child_and_of_a_killed_worker_go(plant: Plant) -> None:
    def littered() -> Path:
        plant.child()
        folder = Path(plant.file("litter").read_text())
        assert (folder / "rows.csv").exists()
        return folder

    plant.start()
    job, child = plant.enqueue("litter_first"), plant.child()
    litter = littered()
    os.kill(child, signal.SIGKILL)
    assert plant.ended(job).status == "done"
    assert not litter.exists()
    plant.file("pid").unlink()
    plant.enqueue("litter_first")
    litter = littered()
    sweep_scratch()
    assert litter.exists(), "what a living worker holds stays"
    plant.stop_all()
    wait_for(lambda: sweep_scratch() or not litter.exists())
    assert not litter.exists()


def test_a_refused_job_keeps_the_code_of_its_refusal(plant: Plant) -> None:
    plant.start()
    ended = plant.ended(plant.enqueue("refuse"))
    assert (ended.status, ended.code) == ("failed", "not_enough_data")
