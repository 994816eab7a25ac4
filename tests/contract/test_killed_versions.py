"""Tidying versions away and counting who moved, killed at every boundary: none or all of it, and what is left behind is found."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.contract.killing import die_in_child
from tests.webapp.months import V1, V2, open_months
from tests.webapp.working import Shop, claim, customers_csv, open_shop, run_claimed
from webapp.edge import Resources
from webapp.models import ModelVersion, Movement, VersionStatus
from webapp.services.data.leftovers import sweep_files
from webapp.services.modelling import retention
from webapp.services.segmenting import movements
from webapp.services.work import jobs
from webapp.store import Store
from webapp.tasks import moving, tidying

DATASET = "customers"
DAY = 24 * 3600.0
BEFORE_COMMIT = (
    (jobs, "finish_job", False),
    (jobs, "finish_job", True),
    (tidying, "remove_versions", False),
    (tidying, "remove_versions", True),
    (tidying, "files_to_remove", False),
    (tidying, "files_to_remove", True),
    (Session, "commit", False),
)
AFTER_COMMIT = ((Session, "commit", True), (Store, "remove", False), (Store, "remove", True))
"""`Store.remove` is called for several files: killed after the first, the others are still there."""
MOVE_POINTS = (
    (moving, "count_cells", False),
    (moving, "count_cells", True),
    (Store, "put_bytes", False),
    (Store, "put_bytes", True),
    (moving, "record_movement", False),
    (moving, "record_movement", True),
    (Session, "commit", False),
)


@pytest.fixture
def shop(resources: Resources) -> Shop:
    """Version 1 is champion, 2 may go, 3 is the newest; the files of all are old."""
    opened = open_shop(resources)
    opened.import_file(customers_csv((40, 40, 40)))
    for number, k in enumerate((3, 2, 4), start=1):
        opened.recluster(k=k, seed=number)
    return opened


def tidy_job(shop: Shop) -> jobs.ClaimedJob:
    for file in Path(shop.resources.config.store).rglob("*"):
        os.utime(file, (0, 0))
    with shop.writing() as session:
        retention.change_keeping(session, shop.actor, DATASET, 1)
    job = claim(shop.resources)
    assert job is not None
    return job


def states(shop: Shop) -> dict[int, VersionStatus]:
    with shop.reading() as session:
        return {row.number: row.status for row in session.scalars(select(ModelVersion).order_by(ModelVersion.number))}


def files(shop: Shop) -> set[str]:
    found = Path(shop.resources.config.store).glob(f"{shop.actor.team_id}/*/*/*")
    return {path.name for path in found if path.parent.parent.name in ("model", "labels", "measures")}


def needed(shop: Shop) -> set[str]:
    """What the versions that are there rely on."""
    with shop.reading() as session:
        rows = session.scalars(select(ModelVersion).where(ModelVersion.status == VersionStatus.READY))
        return {str(digest) for row in rows for digest in (row.model_digest, row.labels_digest, row.measures_digest)}


def test_tidying_killed_before_its_commit_removes_nothing(shop: Shop) -> None:
    job = tidy_job(shop)
    before, kept = states(shop), files(shop)
    for owner, name, after in BEFORE_COMMIT:
        die_in_child(shop, job, owner, name, after=after)
        assert (states(shop), files(shop)) == (before, kept), (name, after)
    run_claimed(shop.resources, job)
    assert states(shop) == before | {2: VersionStatus.REMOVED}
    assert files(shop) == needed(shop) < kept


@pytest.mark.parametrize(("owner", "name", "after"), AFTER_COMMIT, ids=["committed", "before the files", "after one file"])
def test_tidying_killed_after_its_commit_leaves_files_that_a_sweep_finds(shop: Shop, owner: object, name: str, after: bool) -> None:
    job = tidy_job(shop)
    kept = files(shop)
    die_in_child(shop, job, owner, name, after=after)
    assert states(shop)[2] == VersionStatus.REMOVED
    assert needed(shop) < files(shop)
    assert len(kept - files(shop)) == ((owner, after) == (Store, True))
    with pytest.raises(jobs.LeaseLost):
        run_claimed(shop.resources, job)
    with shop.reading() as session:
        sweep_files(session, shop.resources.store, DAY)
    assert files(shop) == needed(shop)


def test_counting_who_moved_killed_anywhere_is_none_or_all(resources: Resources) -> None:
    shop = open_months(resources)
    with shop.writing() as session:
        movements.count_movement(session, shop.actor, DATASET, V1, V2)
    job = claim(resources)
    assert job is not None
    for owner, name, after in MOVE_POINTS:
        die_in_child(shop, job, owner, name, after=after)
        assert counts(shop) == [None], (name, after)
    die_in_child(shop, job, Session, "commit", after=True)
    (all_of_it,) = counts(shop)
    assert all_of_it is not None
    with shop.reading() as session:
        assert jobs.show_job(session, shop.actor, job.id).status == "done"
        assert isinstance(movements.show_movement(session, shop.actor, DATASET, V1, V2), movements.MovementReport)


def counts(shop: Shop) -> list[str | None]:
    with shop.reading() as session:
        return [json.dumps(row.counts) if row.counts is not None else None for row in session.scalars(select(Movement))]
