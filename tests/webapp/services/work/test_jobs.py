"""Jobs as people see them: asking, stopping, looking, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import select, update

from tests.webapp.services.jobbench import Bench, make_bench, pending_version, running_import
from webapp.edge import unit_of_work
from webapp.models import (
    AuditEvent,
    Dataset,
    Import,
    ImportStatus,
    Job,
    JobStatus,
    MemberRole,
    ModelVersion,
    VersionStatus,
    Worker,
)
from webapp.services.access import Actor
from webapp.services.errors import Forbidden, NotFound
from webapp.services.work import jobs

# Asking


def test_fifty_requests_at_once_make_one_job(bench: Bench) -> None:
    together = Barrier(50)

    def ask(number: int) -> tuple[str, bool]:
        together.wait()
        return bench.enqueue(f"subject{number}", exclusive_key="recluster:x")

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(ask, range(50)))

    assert len({job_id for job_id, _ in answers}) == 1
    assert sum(created for _, created in answers) == 1
    with unit_of_work(bench.resources, read_only=True) as session:
        assert len(session.scalars(select(Job)).all()) == 1


def test_the_subject_of_a_second_request_is_not_used(bench: Bench) -> None:
    first, _ = bench.enqueue("first", exclusive_key="recluster:x")
    bench.enqueue("second", exclusive_key="recluster:x")
    assert bench.read(Job, first).subject_id == "first"


@pytest.mark.parametrize("status", [JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELLED])
def test_an_ended_job_makes_room_for_the_next(bench: Bench, status: JobStatus) -> None:
    first, _ = bench.enqueue(exclusive_key="recluster:x")
    bench.finish(bench.claimed().fence, status)
    second, created = bench.enqueue(exclusive_key="recluster:x")
    assert created
    assert second != first


def test_jobs_without_a_key_do_not_exclude_each_other(sqlite_bench: Bench) -> None:
    assert sqlite_bench.enqueue()[0] != sqlite_bench.enqueue()[0]


def test_a_rolled_back_request_leaves_no_job(bench: Bench) -> None:
    def ask_and_fail() -> None:
        with unit_of_work(bench.resources) as session:
            jobs.enqueue_job(session, bench.actor, kind="fake", dataset_id=bench.dataset_id, subject_id="s", exclusive_key="x")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        ask_and_fail()
    assert bench.claim() is None


def test_a_viewer_can_neither_start_nor_stop(sqlite_bench: Bench) -> None:
    job_id, _ = sqlite_bench.enqueue()
    with unit_of_work(sqlite_bench.resources) as session:
        team = session.get_one(Dataset, sqlite_bench.dataset_id).team_id
        viewer = Actor("v@example.org", team, "north-market", "North Market", MemberRole.VIEWER)
        with pytest.raises(Forbidden):
            jobs.enqueue_job(session, viewer, kind="fake", dataset_id=sqlite_bench.dataset_id, subject_id="s")
        with pytest.raises(Forbidden):
            jobs.cancel_job(session, viewer, job_id)
        assert jobs.show_job(session, viewer, job_id).status == "queued"


# Stopping


def test_a_waiting_job_is_cancelled_at_once(bench: Bench) -> None:
    version = pending_version(bench)
    job_id, _ = bench.enqueue(version.id, kind="recluster")
    shown = bench.cancel(job_id)
    assert (shown.status, shown.message) == ("cancelled", f"Stopped by {bench.actor.name}.")
    assert shown.finished_at is not None
    settled = bench.read(ModelVersion, version.id)
    assert (settled.status, settled.status_message) == (VersionStatus.CANCELLED, shown.message)
    assert bench.claim() is None


def test_a_running_job_is_asked_to_stop_and_remembers_by_whom(bench: Bench) -> None:
    bench.enqueue()
    job = bench.claimed()
    assert bench.cancel(job.id).cancel_requested
    assert bench.show(job.id).status == "running"
    bench.finish(job.fence, JobStatus.CANCELLED)
    shown = bench.show(job.id)
    assert (shown.status, shown.message) == ("cancelled", f"Stopped by {bench.actor.name}.")


def test_a_job_that_was_to_stop_is_not_tried_again_when_its_worker_vanished(bench: Bench) -> None:
    bench.enqueue()
    job = bench.claimed()
    bench.cancel(job.id)
    bench.expire(job.id)
    assert bench.claim("two") is None
    assert bench.show(job.id).status == "cancelled"


def test_a_job_whose_worker_vanished_is_cancelled_at_once(bench: Bench) -> None:
    """Also where somebody asked before: without a worker nobody else would end it."""
    asked_before, imported = bench.enqueue()[0], running_import(bench)
    bench.cancel(bench.claimed(job_id=asked_before).id)
    job_id, _ = bench.enqueue(imported.id, kind="import")
    held = bench.claimed(job_id=job_id)
    for each in (asked_before, job_id):
        bench.expire(each)
        assert bench.cancel(each).status == "cancelled"
    assert bench.read(Import, imported.id).status == ImportStatus.CANCELLED
    with pytest.raises(jobs.LeaseLost):
        bench.finish(held.fence)
    assert bench.claim("two") is None


def test_a_job_is_abandoned_once_nobody_can_be_at_it(bench: Bench) -> None:
    def abandoned(job_id: str, patience: float = 60.0) -> bool:
        with unit_of_work(bench.resources, read_only=True) as session:
            return jobs.is_abandoned(session, bench.actor, job_id, patience=patience)

    waiting, _ = bench.enqueue()
    assert (abandoned(waiting), abandoned(waiting, -1.0)) == (False, True)
    with unit_of_work(bench.resources) as session:
        jobs.beat(session, "one")
    assert not abandoned(waiting, -1.0)
    held = bench.claimed()
    assert not abandoned(held.id, -1.0)
    bench.expire(held.id)
    assert abandoned(held.id)
    bench.cancel(held.id)
    assert not abandoned(held.id)


def test_cancelling_twice_or_too_late_changes_nothing(bench: Bench) -> None:
    bench.enqueue()
    job = bench.claimed()
    bench.finish(job.fence)
    assert bench.cancel(job.id).status == "done"
    with unit_of_work(bench.resources, read_only=True) as session:
        assert session.scalars(select(AuditEvent).where(AuditEvent.action == "job.cancel")).all() == []


def test_cancelling_is_audited(sqlite_bench: Bench) -> None:
    job_id, _ = sqlite_bench.enqueue()
    sqlite_bench.cancel(job_id)
    with unit_of_work(sqlite_bench.resources, read_only=True) as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "job.cancel")).one()
        assert (event.actor, event.subject) == (sqlite_bench.actor.name, job_id)


def test_another_team_sees_no_job(bench: Bench) -> None:
    job_id, _ = bench.enqueue()
    other = make_bench(bench.resources, "South Market")
    with pytest.raises(NotFound):
        other.show(job_id)
    with pytest.raises(NotFound):
        other.cancel(job_id)
    with unit_of_work(bench.resources, read_only=True) as session:
        assert jobs.list_jobs(session, other.actor) == ()
    assert bench.show(job_id).status == "queued"


# Looking


def test_summaries_name_subject_and_page(bench: Bench) -> None:
    version, imported = pending_version(bench), running_import(bench)
    bench.enqueue(version.id, kind="recluster")
    bench.enqueue(imported.id, kind="import")
    with unit_of_work(bench.resources, read_only=True) as session:
        newest, oldest = jobs.list_jobs(session, bench.actor, "customers")
    assert (newest.subject, newest.url_part) == ("smartcart.csv", f"imports/{imported.id}")
    assert (oldest.subject, oldest.url_part) == ("version 3", "segments?v=3")
    assert newest.dataset == oldest.dataset == "customers"


def test_workers_count_while_they_report(bench: Bench) -> None:
    with unit_of_work(bench.resources) as session:
        assert jobs.workers_alive(session) == 0
        jobs.beat(session, "one")
        jobs.beat(session, "one")
        jobs.beat(session, "two")
        assert jobs.workers_alive(session) == 2
        session.execute(update(Worker).where(Worker.id == "one").values(seen_at=datetime.now(UTC) - timedelta(minutes=1)))
        assert jobs.workers_alive(session) == 1
        jobs.forget_worker(session, "two")
        assert jobs.workers_alive(session) == 0


def test_long_silent_workers_are_forgotten(sqlite_bench: Bench) -> None:
    with unit_of_work(sqlite_bench.resources) as session:
        jobs.beat(session, "old")
        session.execute(update(Worker).values(seen_at=datetime.now(UTC) - timedelta(days=2)))
        jobs.beat(session, "new")
    with unit_of_work(sqlite_bench.resources, read_only=True) as session:
        assert session.scalars(select(Worker.id)).all() == ["new"]
