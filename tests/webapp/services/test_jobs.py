"""Jobs: asking, claiming, keeping, ending; each fenced, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import select, update

from segmentation.errors import Cancelled
from tests.factories import make_actor, make_team
from webapp.edge import Resources, unit_of_work
from webapp.models import (
    AuditEvent,
    Dataset,
    Import,
    ImportStatus,
    Job,
    JobStatus,
    MemberRole,
    ModelVersion,
    Snapshot,
    VersionStatus,
    Worker,
    new_id,
)
from webapp.services import jobs
from webapp.services.access import Actor
from webapp.services.errors import Forbidden, NotFound
from webapp.services.jobs import ClaimedJob, Fence, LeaseLost, Renewal

LEASE = 20.0
ATTEMPTS = 3


@dataclass(frozen=True)
class Bench:
    """A team's dataset to enqueue jobs for."""

    resources: Resources
    actor: Actor
    dataset_id: str

    def enqueue(self, subject_id: str = "subject", *, kind: str = "fake", exclusive_key: str | None = None) -> tuple[str, bool]:
        with unit_of_work(self.resources) as session:
            job, created = jobs.enqueue_job(
                session, self.actor, kind=kind, dataset_id=self.dataset_id, subject_id=subject_id, exclusive_key=exclusive_key
            )
            return job.id, created

    def claim(self, owner: str = "one", *, lease: float = LEASE, job_id: str | None = None) -> ClaimedJob | None:
        with unit_of_work(self.resources) as session:
            return jobs.claim_job(session, owner, lease, attempts=ATTEMPTS, job_id=job_id)

    def claimed(self, **options) -> ClaimedJob:
        job = self.claim(**options)
        assert job is not None
        return job

    def finish(self, fence: Fence, status: JobStatus = JobStatus.DONE, message: str | None = None) -> None:
        with unit_of_work(self.resources) as session:
            jobs.finish_job(session, fence, status, message)

    def cancel(self, job_id: str) -> jobs.JobSummary:
        with unit_of_work(self.resources) as session:
            return jobs.cancel_job(session, self.actor, job_id)

    def renew(self, fence: Fence) -> Renewal:
        with unit_of_work(self.resources) as session:
            return jobs.renew_lease(session, fence, LEASE)

    def show(self, job_id: str) -> jobs.JobSummary:
        with unit_of_work(self.resources, read_only=True) as session:
            return jobs.show_job(session, self.actor, job_id)

    def expire(self, job_id: str) -> None:
        """What the passing of time does to a lease whose worker is silent."""
        with unit_of_work(self.resources) as session:
            session.execute(update(Job).where(Job.id == job_id).values(lease_until=datetime.now(UTC) - timedelta(hours=1)))

    def add(self, row: object) -> None:
        with unit_of_work(self.resources) as session:
            session.add(row)

    def read(self, model: type, row_id: str):
        with unit_of_work(self.resources, read_only=True) as session:
            row = session.get_one(model, row_id)
            session.expunge(row)  # so that it stays readable after the block
            return row


def make_bench(resources: Resources, team: str = "North Market") -> Bench:
    with unit_of_work(resources) as session:
        row = make_team(session, team)
        actor = make_actor(session, row, MemberRole.ANALYST)
        dataset = Dataset(team_id=row.id, slug="customers", name="Customers", created_at=datetime.now(UTC))
        session.add(dataset)
        session.flush()
        return Bench(resources, actor, dataset.id)


@pytest.fixture
def bench(resources: Resources) -> Bench:
    return make_bench(resources)


@pytest.fixture
def sqlite_bench(sqlite_resources: Resources) -> Bench:
    return make_bench(sqlite_resources)


def pending_version(bench: Bench) -> ModelVersion:
    snapshot = Snapshot(
        team_id=bench.actor.team_id, dataset_id=bench.dataset_id, number=1, digest="d", as_of=date(2025, 1, 1), customers=1,
        column_schema={}, quality={}, created_at=datetime.now(UTC),
    )  # fmt: skip
    bench.add(snapshot)
    version = ModelVersion(
        id=new_id(), team_id=bench.actor.team_id, dataset_id=bench.dataset_id, snapshot_id=snapshot.id, number=3,
        status=VersionStatus.PENDING, algorithm="kmeans", requested={}, seed=0, created_by="a", created_at=datetime.now(UTC),
    )  # fmt: skip
    bench.add(version)
    return version


def running_import(bench: Bench) -> Import:
    row = Import(
        id=new_id(), team_id=bench.actor.team_id, dataset_id=bench.dataset_id, file_name="smartcart.csv", file_digest="d", file_bytes=1,
        status=ImportStatus.IMPORTING, created_by="a", created_at=datetime.now(UTC),
    )  # fmt: skip
    bench.add(row)
    return row


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


# What becomes of the subject


@pytest.mark.parametrize(("status", "expected"), [(JobStatus.FAILED, VersionStatus.FAILED), (JobStatus.CANCELLED, VersionStatus.CANCELLED)])
def test_a_version_ends_with_its_job(bench: Bench, status: JobStatus, expected: VersionStatus) -> None:
    version = pending_version(bench)
    bench.enqueue(version.id, kind="recluster")
    bench.finish(bench.claimed().fence, status, "Too few customers.")
    settled = bench.read(ModelVersion, version.id)
    assert (settled.status, settled.status_message) == (expected, "Too few customers.")


def test_a_version_fails_with_a_job_that_was_given_up(bench: Bench) -> None:
    version = pending_version(bench)
    job_id, _ = bench.enqueue(version.id, kind="recluster")
    for _ in range(ATTEMPTS):
        bench.claimed()
        bench.expire(job_id)
    bench.claim()
    assert bench.read(ModelVersion, version.id).status == VersionStatus.FAILED


@pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.CANCELLED])
def test_an_import_ends_with_its_job(bench: Bench, status: JobStatus) -> None:
    row = running_import(bench)
    bench.enqueue(row.id, kind="import")
    bench.finish(bench.claimed().fence, status, "The file is empty.")
    settled = bench.read(Import, row.id)
    assert (settled.status, settled.message) == (ImportStatus.FAILED, "The file is empty.")
    assert settled.finished_at is not None


def test_a_finished_import_is_not_unsettled(sqlite_bench: Bench) -> None:
    row = running_import(sqlite_bench)
    with unit_of_work(sqlite_bench.resources) as session:
        session.get_one(Import, row.id).status = ImportStatus.DONE
    job_id, _ = sqlite_bench.enqueue(row.id, kind="import")
    sqlite_bench.cancel(job_id)
    assert sqlite_bench.read(Import, row.id).status == ImportStatus.DONE


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
