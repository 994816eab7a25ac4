"""A dataset of which nothing is left can be removed; anything that somebody would miss keeps it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import inspect, select

from tests.webapp.tasks.test_merging import bring, undo
from tests.webapp.working import Shop, customers_csv, open_shop, run_jobs, store_file
from webapp.db import Base
from webapp.edge import Resources
from webapp.models import AuditEvent, Dataset, MemberRole
from webapp.services.data import imports
from webapp.services.data.datasets import ensure_dataset
from webapp.services.data.leftovers import sweep_files
from webapp.services.data.removing import RemovedDataset, remove_dataset, show_obstacles
from webapp.services.errors import Conflict, Forbidden, NotFound
from webapp.services.modelling import challengers, sweeps, versions
from webapp.services.modelling.retention import remove_version
from webapp.services.planning.campaigns import create_campaign
from webapp.services.scheduling.schedules import add_schedule
from webapp.services.work import jobs

FILE = customers_csv((20, 20))


@pytest.fixture
def shop(resources: Resources) -> Shop:
    return open_shop(resources)


@pytest.fixture
def sqlite_shop(sqlite_resources: Resources) -> Shop:
    return open_shop(sqlite_resources)


def remove(shop: Shop) -> RemovedDataset:
    with shop.writing() as session:
        return remove_dataset(session, shop.actor, "customers")


def obstacles(shop: Shop) -> tuple[str, ...]:
    with shop.reading() as session:
        return show_obstacles(session, shop.actor, "customers")


def rows_of(shop: Shop, dataset_id: str) -> dict[str, int]:
    """How many rows of each table name the dataset, and of those that hang on such rows, how many there are."""
    with shop.reading() as session:
        connection = session.connection()
        there = set(inspect(connection).get_table_names())
        tables = [table for table in Base.metadata.sorted_tables if table.name in there]
        named = {
            table.name: len(connection.execute(select(table).where(table.c.dataset_id == dataset_id)).all())
            for table in tables
            if "dataset_id" in table.c
        }
        hanging = ("version_segments", "segment_traces", "lineage_corrections", "segment_notes")
        return named | {table.name: len(connection.execute(select(table)).all()) for table in tables if table.name in hanging}


def unwanted_version(shop: Shop) -> None:
    """Asked for as a schedule does, a version is never promoted by itself; nobody relies on it once it challenges no more."""
    with shop.writing() as session:
        versions.request_recluster(session, shop.actor, "customers", k=2, schedule="x")
    run_jobs(shop.resources)
    with shop.writing() as session:
        challengers.withdraw_challenger(session, shop.actor, "customers")


def test_a_dataset_whose_only_import_was_undone_goes_with_all_that_is_left_of_it(shop: Shop) -> None:
    first, _ = bring(shop, FILE)
    with shop.writing() as session:
        sweeps.request_sweep(session, shop.actor, "customers", algorithms=("kmeans",))
    unwanted_version(shop)
    with shop.writing() as session:
        remove_version(session, shop.actor, "customers", 1)
    undo(shop, first.id)
    with shop.reading() as session:
        dataset = session.scalars(select(Dataset)).one().id
    assert {name for name, count in rows_of(shop, dataset).items() if count} >= {"imports", "snapshots", "model_versions", "sweeps", "jobs"}
    assert remove(shop) == RemovedDataset("customers", "Customers")
    assert not any(rows_of(shop, dataset).values())
    with shop.reading() as session:
        assert session.scalars(select(Dataset)).all() == []
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "dataset.removed")).one()
        assert (event.subject, event.details) == ("customers", {"name": "Customers"})
        sweep_files(session, shop.resources.store, -60.0)
    assert [path for path in shop.resources.store.root.rglob("*") if path.is_file()] == []
    assert bring(shop, FILE)[1].new == 40


def test_it_stays_while_it_holds_what_somebody_would_miss(sqlite_shop: Shop) -> None:
    shop = sqlite_shop
    first, _ = bring(shop, FILE)
    unwanted_version(shop)
    file = store_file(shop.resources, shop.actor, FILE + "900,1,1,1,1,1,1,2024-03-01,York,0\n")
    with shop.writing() as session:
        waiting = imports.start_import(session, shop.actor, "customers", file, check=False)
        add_schedule(session, shop.actor, "customers", kind="import_folder", cron="0 6 * * *")
        create_campaign(session, shop.actor, "customers", name="Spring", channel="email")
    held = (
        "1 stored import (undo it first)",
        "1 file that waits (discard it first)",
        "1 job at work (cancel it first)",
        "1 version (remove it first)",
        "1 schedule (delete it first)",
        "1 campaign (delete it first)",
    )
    assert obstacles(shop) == held
    with pytest.raises(Conflict, match=r"Customers is not empty\. It holds 1 stored import") as refusal:
        remove(shop)
    assert (refusal.value.code, refusal.value.details) == ("not_empty", {"holds": list(held)})
    with shop.writing() as session:
        jobs.cancel_job(session, shop.actor, waiting.job_id or "")
        remove_version(session, shop.actor, "customers", 1)
    undo(shop, first.id)
    assert obstacles(shop) == held[-2:]


def test_a_new_dataset_can_be_removed_by_those_who_import_and_by_their_team_alone(sqlite_shop: Shop) -> None:
    with sqlite_shop.writing() as session:
        ensure_dataset(session, sqlite_shop.actor, "Customers")
    for actor, error in ((sqlite_shop.member(MemberRole.MARKETER), Forbidden), (sqlite_shop.stranger, NotFound)):
        with sqlite_shop.writing() as session, pytest.raises(error):
            remove_dataset(session, actor, "customers")
    assert remove(sqlite_shop).name == "Customers"


@pytest.mark.parametrize("act", ["import", "schedule", "campaign", "remove"])
def test_who_meets_a_removal_is_told_and_nothing_is_stored(shop: Shop, act: str) -> None:
    """With PostgreSQL others see the dataset until the removal is committed."""
    undo(shop, bring(shop, FILE)[0].id)
    file = store_file(shop.resources, shop.actor, FILE)

    def meanwhile() -> None:
        with shop.writing() as session:
            if act == "import":
                imports.start_import(session, shop.actor, "customers", file)
            elif act == "schedule":
                add_schedule(session, shop.actor, "customers", kind="import_folder", cron="0 6 * * *")
            elif act == "campaign":
                create_campaign(session, shop.actor, "customers", name="Spring", channel="email")
            else:
                remove_dataset(session, shop.actor, "customers")

    with ThreadPoolExecutor(1) as pool:
        with shop.writing() as session:
            remove_dataset(session, shop.actor, "customers")
            asked = pool.submit(meanwhile)
            time.sleep(0.3)  # for it to have looked; one that comes later finds nothing, which is as well
        with pytest.raises((Conflict, NotFound)):
            asked.result()
    with shop.reading() as session:
        assert len(session.scalars(select(AuditEvent).where(AuditEvent.action == "dataset.removed")).all()) == 1
