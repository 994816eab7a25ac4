"""What becomes of an import or a version when its job ends without a result."""

from __future__ import annotations

import pytest

from tests.webapp.services.jobbench import ATTEMPTS, Bench, pending_version, running_import
from webapp.edge import unit_of_work
from webapp.models import (
    Import,
    ImportStatus,
    JobStatus,
    ModelVersion,
    VersionStatus,
)


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


@pytest.mark.parametrize(("status", "expected"), [(JobStatus.FAILED, ImportStatus.FAILED), (JobStatus.CANCELLED, ImportStatus.CANCELLED)])
def test_an_import_ends_with_its_job(bench: Bench, status: JobStatus, expected: ImportStatus) -> None:
    row = running_import(bench)
    bench.enqueue(row.id, kind="import")
    bench.finish(bench.claimed().fence, status, "The file is empty.")
    settled = bench.read(Import, row.id)
    assert (settled.status, settled.message) == (expected, "The file is empty.")
    assert settled.finished_at is not None


def test_a_finished_import_is_not_unsettled(sqlite_bench: Bench) -> None:
    row = running_import(sqlite_bench)
    with unit_of_work(sqlite_bench.resources) as session:
        session.get_one(Import, row.id).status = ImportStatus.DONE
    job_id, _ = sqlite_bench.enqueue(row.id, kind="import")
    sqlite_bench.cancel(job_id)
    assert sqlite_bench.read(Import, row.id).status == ImportStatus.DONE


def test_a_ready_version_is_not_unsettled(sqlite_bench: Bench) -> None:
    version = pending_version(sqlite_bench)
    with unit_of_work(sqlite_bench.resources) as session:
        session.get_one(ModelVersion, version.id).status = VersionStatus.READY
    job_id, _ = sqlite_bench.enqueue(version.id, kind="recluster")
    sqlite_bench.cancel(job_id)
    assert sqlite_bench.read(ModelVersion, version.id).status == VersionStatus.READY
