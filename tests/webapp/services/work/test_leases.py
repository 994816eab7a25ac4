"""A worker's side of a job: claiming, keeping, ending; each fenced, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from segmentation.errors import Cancelled
from tests.webapp.services.jobbench import ATTEMPTS, LEASE, Bench
from webapp.edge import unit_of_work
from webapp.models import (
    AuditEvent,
    JobStatus,
)
from webapp.services.work import jobs
from webapp.services.work.jobs import ClaimedJob, Fence, LeaseLost, Renewal

# Claiming


def test_four_claimers_share_forty_jobs_without_a_duplicate(bench: Bench) -> None:
    asked = {bench.enqueue()[0] for _ in range(40)}

    def drain(owner: str) -> list[str]:
        taken = []
        while job := bench.claim(owner):
            taken.append(job.id)
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = [job_id for share in pool.map(drain, ["a", "b", "c", "d"]) for job_id in share]
    assert len(taken) == 40
    assert set(taken) == asked


def test_a_claim_carries_what_the_task_needs(bench: Bench) -> None:
    job_id, _ = bench.enqueue("abc", kind="fake")
    job = bench.claimed(owner="me")
    assert (job.id, job.kind, job.subject_id, job.dataset_id, job.owner, job.attempt) == (job_id, "fake", "abc", bench.dataset_id, "me", 1)
    assert (job.actor.name, job.actor.team_id) == (bench.actor.name, bench.actor.team_id)


def test_the_oldest_job_comes_first(sqlite_bench: Bench) -> None:
    ids = [sqlite_bench.enqueue()[0] for _ in range(3)]
    assert [sqlite_bench.claimed().id for _ in ids] == ids


def test_one_job_can_be_claimed_by_its_id(bench: Bench) -> None:
    bench.enqueue()
    wanted, _ = bench.enqueue()
    assert bench.claimed(job_id=wanted).id == wanted
    assert bench.claim(job_id=wanted) is None


def test_a_held_job_is_not_claimable_until_its_lease_runs_out(bench: Bench) -> None:
    bench.enqueue()
    first = bench.claimed(owner="one")
    with unit_of_work(bench.resources, read_only=True) as session:
        assert not jobs.find_claimable(session)
    assert bench.claim("two") is None
    bench.expire(first.id)
    with unit_of_work(bench.resources, read_only=True) as session:
        assert jobs.find_claimable(session)
    second = bench.claimed(owner="two")
    assert (second.id, second.attempt) == (first.id, 2)


def test_a_job_whose_attempts_are_used_up_fails_in_words(bench: Bench) -> None:
    job_id, _ = bench.enqueue()
    for _ in range(ATTEMPTS):
        bench.claimed()
        bench.expire(job_id)
    assert bench.claim() is None
    job = bench.show(job_id)
    assert job.status == "failed"
    assert "3 times" in (job.message or "")
    assert job.finished_at is not None


# Keeping


def test_renewal_tells_held_cancel_and_lost(bench: Bench) -> None:
    job_id, _ = bench.enqueue()
    job = bench.claimed(owner="one")
    assert bench.renew(job.fence) is Renewal.HELD
    bench.cancel(job_id)
    assert bench.renew(job.fence) is Renewal.CANCEL
    assert bench.renew(Fence(job_id, "two", 1)) is Renewal.LOST
    assert bench.renew(Fence(job_id, "one", 2)) is Renewal.LOST


@pytest.mark.parametrize("status", [JobStatus.DONE, JobStatus.FAILED])
def test_renewal_tells_that_the_job_has_ended_under_this_claim(bench: Bench, status: JobStatus) -> None:
    bench.enqueue()
    job = bench.claimed(owner="one")
    with unit_of_work(bench.resources) as session:
        jobs.finish_job(session, job.fence, status, "Over.")
    assert bench.renew(job.fence) is Renewal.SETTLED
    assert bench.renew(Fence(job.id, "two", 1)) is Renewal.LOST
    assert bench.renew(Fence(job.id, "one", 2)) is Renewal.LOST


def test_a_renewed_lease_is_not_taken_over(bench: Bench) -> None:
    job_id, _ = bench.enqueue()
    job = bench.claimed()
    bench.expire(job_id)
    assert bench.renew(job.fence) is Renewal.HELD
    assert bench.claim("two") is None


def test_progress_is_shown_to_people(bench: Bench) -> None:
    job_id, _ = bench.enqueue()
    job = bench.claimed()
    with unit_of_work(bench.resources) as session:
        jobs.report_progress(session, job.fence, "Trying k = 4", 0.4)
    shown = bench.show(job_id)
    assert (shown.stage, shown.progress) == ("Trying k = 4", pytest.approx(0.4))


def test_progress_stops_a_job_that_is_not_wanted_or_not_ours(bench: Bench) -> None:
    job_id, _ = bench.enqueue()
    job = bench.claimed()
    with pytest.raises(LeaseLost), unit_of_work(bench.resources) as session:
        jobs.report_progress(session, Fence(job_id, "two", 1), "x", 0.1)
    bench.cancel(job_id)
    with pytest.raises(Cancelled), unit_of_work(bench.resources) as session:
        jobs.report_progress(session, job.fence, "x", 0.1)
    assert bench.show(job_id).stage == "Stopping"


# Ending


def test_a_late_result_is_refused_and_rolled_back(bench: Bench) -> None:
    job_id, _ = bench.enqueue()
    late = bench.claimed(owner="one")
    bench.expire(job_id)
    now = bench.claimed(owner="two")

    def publish_late() -> None:
        with unit_of_work(bench.resources) as session:
            session.add(AuditEvent(at=datetime.now(UTC), actor="late", action="result"))
            session.flush()
            jobs.finish_job(session, late.fence)

    with pytest.raises(LeaseLost):
        publish_late()
    bench.finish(now.fence)
    assert bench.show(job_id).status == "done"
    with unit_of_work(bench.resources, read_only=True) as session:
        assert session.scalars(select(AuditEvent).where(AuditEvent.actor == "late")).all() == []


def test_a_result_after_the_lease_is_refused_even_if_nobody_took_the_job(bench: Bench) -> None:
    job_id, _ = bench.enqueue()
    job = bench.claimed()
    bench.expire(job_id)
    with pytest.raises(LeaseLost):
        bench.finish(job.fence)


def test_a_job_ends_once(bench: Bench) -> None:
    bench.enqueue()
    job = bench.claimed()
    bench.finish(job.fence)
    with pytest.raises(LeaseLost):
        bench.finish(job.fence, JobStatus.FAILED, "too late")
    shown = bench.show(job.id)
    assert (shown.status, shown.progress, shown.message) == ("done", 1.0, None)


def test_a_result_after_a_request_to_stop_is_refused(bench: Bench) -> None:
    bench.enqueue()
    job = bench.claimed()
    bench.cancel(job.id)
    with pytest.raises(Cancelled):
        bench.finish(job.fence)


def test_a_returned_job_counts_its_attempt_or_not(bench: Bench) -> None:
    bench.enqueue()
    with unit_of_work(bench.resources) as session:
        jobs.return_job(session, bench_claim(bench, session, "one").fence, counted=True)
    with unit_of_work(bench.resources) as session:
        again = bench_claim(bench, session, "two")
        assert again.attempt == 2
        jobs.return_job(session, again.fence, counted=False)
    assert bench.claimed(owner="three").attempt == 2


def bench_claim(bench: Bench, session, owner: str) -> ClaimedJob:
    job = jobs.claim_job(session, owner, LEASE, attempts=ATTEMPTS)
    assert job is not None
    return job
