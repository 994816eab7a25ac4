"""A team with a dataset to enqueue jobs for, and what tests do to those jobs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import update

from tests.factories import make_actor, make_team
from webapp.edge import Resources, unit_of_work
from webapp.models import (
    Dataset,
    Import,
    ImportStatus,
    Job,
    JobStatus,
    MemberRole,
    ModelVersion,
    Snapshot,
    VersionStatus,
    new_id,
)
from webapp.services.access import Actor
from webapp.services.work import jobs
from webapp.services.work.jobs import ClaimedJob, Fence, Renewal

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
