"""Files that were not imported can be let go of, and nothing of them stays behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.webapp.working import Shop, count_rows, customers_csv, open_shop, run_jobs, store_file
from webapp.edge import Resources
from webapp.models import AuditEvent, Dataset, Import, Job, MemberRole, Snapshot
from webapp.services.data import imports
from webapp.services.data.datasets import ensure_dataset, list_datasets
from webapp.services.data.leftovers import sweep_files
from webapp.services.errors import Conflict, Forbidden, NotFound
from webapp.services.planning.campaigns import create_campaign
from webapp.services.scheduling.schedules import add_schedule

DAY = 24 * 3600.0
BROKEN = customers_csv((5, 5)) + ",20000,40,30,2,9,3,2024-03-01,York,0\n"
HEAD = "Order,Customer,Order date,Product,Category,Channel,Quantity,Unit price,Country\n"
ORDERS = HEAD + "".join(f"{n},ann{n % 6},2024-03-05,P1,Toys,Web,2,1.50,Austria\n" for n in range(20))


@pytest.fixture
def shop(resources: Resources) -> Shop:
    return open_shop(resources)


@pytest.fixture
def sqlite_shop(sqlite_resources: Resources) -> Shop:
    return open_shop(sqlite_resources)


def check(shop: Shop, text: str, dataset: str = "Customers") -> str:
    """Check a file and leave it there; the import's id."""
    file = store_file(shop.resources, shop.actor, text)
    with shop.writing() as session:
        slug = ensure_dataset(session, shop.actor, dataset).slug
        started = imports.start_import(session, shop.actor, slug, file)
    run_jobs(shop.resources)
    return started.id


def discard(shop: Shop, import_id: str) -> imports.Discarded:
    with shop.writing() as session:
        return imports.discard_import(session, shop.actor, shop.resources.store, import_id)


def files(shop: Shop, *areas: str) -> list[Path]:
    found = shop.resources.store.root.glob("*/*/*/*")
    return sorted(path for path in found if not areas or path.parts[-3] in areas)


def age(paths: list[Path]) -> None:
    for path in paths:
        os.utime(path, (1_000_000, 1_000_000))


def test_the_only_file_goes_with_its_dataset_and_leaves_nothing_but_the_audit_log(shop: Shop) -> None:
    waiting = check(shop, BROKEN)
    assert len(files(shop, "upload", "rejects")) == 2
    gone = discard(shop, waiting)
    assert (gone.file_name, gone.dataset, gone.dataset_removed) == ("customers.csv", "customers", True)
    assert files(shop) == []
    with shop.reading() as session:
        assert count_rows(session, Dataset, Import, Job) == [0, 0, 0]
        told = {event.action: event.details for event in session.scalars(select(AuditEvent))}
    assert told["import.discarded"] == {"dataset": "customers", "file": "customers.csv"}
    assert told["dataset.removed"] == {"name": "Customers"}
    assert shop.import_file(BROKEN).status == "done"


def test_a_dataset_with_anything_else_stays(shop: Shop) -> None:
    shop.import_file(customers_csv((5, 5)))
    waiting = check(shop, BROKEN)
    assert not discard(shop, waiting).dataset_removed
    with shop.reading() as session:
        assert [each.status for each in imports.list_imports(session, shop.actor, "customers")] == ["done"]
        shown = imports.show_import(session, shop.actor, waiting)
        assert (shown.status, shown.report) == ("discarded", None)
        assert count_rows(session, Snapshot) == [1]
    assert len(files(shop, "upload")) == 1
    assert files(shop, "rejects") == []
    first, second = check(shop, BROKEN, "Other"), check(shop, ORDERS, "Other")
    assert [discard(shop, each).dataset_removed for each in (second, first)] == [False, True]
    planned = check(shop, BROKEN, "Planned")
    with shop.writing() as session:
        create_campaign(session, shop.actor, "planned", name="Spring", channel="email")
    assert not discard(shop, planned).dataset_removed
    scheduled = check(shop, BROKEN, "Scheduled")
    with shop.writing() as session:
        add_schedule(session, shop.actor, "scheduled", kind="import_folder", cron="0 6 * * *")
    assert not discard(shop, scheduled).dataset_removed
    with shop.reading() as session:
        assert [each.slug for each in list_datasets(session, shop.actor)] == ["customers", "planned", "scheduled"]


def test_a_file_that_another_import_has_too_stays_in_the_store(sqlite_shop: Shop) -> None:
    first, second = check(sqlite_shop, BROKEN), check(sqlite_shop, BROKEN, "Other")
    there = files(sqlite_shop)
    assert len(there) == 2
    discard(sqlite_shop, first)
    assert files(sqlite_shop) == there
    with sqlite_shop.writing() as session:
        imports.confirm_import(session, sqlite_shop.actor, second)
    run_jobs(sqlite_shop.resources)
    with sqlite_shop.reading() as session:
        assert imports.show_import(session, sqlite_shop.actor, second).status == "done"


def test_the_same_file_uploaded_while_the_one_before_is_discarded_can_be_imported(sqlite_shop: Shop) -> None:
    """An upload stores its file before anything refers to it."""
    shop = sqlite_shop
    waiting = check(shop, BROKEN)
    again = store_file(shop.resources, shop.actor, BROKEN)
    discard(shop, waiting)
    assert len(files(shop, "upload")) == 1
    assert files(shop, "rejects") == []
    with shop.writing() as session:
        slug = ensure_dataset(session, shop.actor, "Customers").slug
        imports.start_import(session, shop.actor, slug, again, check=False)
    run_jobs(shop.resources)
    with shop.reading() as session:
        assert [each.status for each in imports.list_imports(session, shop.actor, slug)] == ["done"]


def test_an_upload_that_a_discard_spared_is_swept_later(sqlite_shop: Shop) -> None:
    waiting = check(sqlite_shop, BROKEN)
    store_file(sqlite_shop.resources, sqlite_shop.actor, BROKEN)
    discard(sqlite_shop, waiting)
    age(files(sqlite_shop))
    with sqlite_shop.reading() as session:
        assert sweep_files(session, sqlite_shop.resources.store, DAY) == 1
    assert files(sqlite_shop) == []


def test_a_refused_file_can_be_discarded_and_a_stored_one_or_one_at_work_cannot(sqlite_shop: Shop) -> None:
    shop = sqlite_shop
    done = shop.import_file(customers_csv((5, 5)))
    refused = shop.import_file(ORDERS)
    assert refused.status == "failed"
    assert not discard(shop, refused.id).dataset_removed
    file = store_file(shop.resources, shop.actor, BROKEN)
    with shop.writing() as session:
        started = imports.start_import(session, shop.actor, "customers", file)
    for held in (done.id, started.id, refused.id):
        with pytest.raises(Conflict, match="Reload the page"):
            discard(shop, held)
    assert len(files(shop, "upload")) == 2
    with shop.writing() as session, pytest.raises(Conflict, match="This import is discarded"):
        imports.confirm_import(session, shop.actor, refused.id)


def test_only_those_who_import_discard_and_only_their_teams_files(sqlite_shop: Shop) -> None:
    waiting, store = check(sqlite_shop, BROKEN), sqlite_shop.resources.store
    with sqlite_shop.reading() as session:
        with pytest.raises(Forbidden):
            imports.discard_import(session, sqlite_shop.member(MemberRole.MARKETER), store, waiting)
        with pytest.raises(NotFound):
            imports.discard_import(session, sqlite_shop.stranger, store, waiting)
    assert len(files(sqlite_shop)) == 2


def test_old_files_that_no_import_refers_to_are_swept(shop: Shop) -> None:
    store, team = shop.resources.store, shop.actor.team_id
    shop.import_file(ORDERS)
    shop.import_file(ORDERS.replace(",2,", ",3,") + "x,ann1,never,P1,Toys,Web,2,1.50,Austria\n")
    check(shop, BROKEN, "Other")
    used = files(shop)
    assert {path.parts[-3] for path in used} == {"upload", "rejects", "orders", "past", "snapshot"}
    age(used)
    lost = [store.put_bytes(team, area, b"lost") for area in ("upload", "rejects", "past")]
    with store.writing(team, "orders") as (temporary, publish):
        temporary.write_bytes(b"lost")
        publish("lost")
    lost_files = [path for path in files(shop) if path not in used]
    assert len(lost_files) == len(lost) + 2  # a part has its checksum beside it
    with shop.reading() as session:
        assert sweep_files(session, store, DAY) == 0
        age(lost_files[:-1])
        assert sweep_files(session, store, DAY) >= 3
        age([path for path in files(shop) if path in lost_files])
        sweep_files(session, store, DAY)
    assert files(shop) == used


def test_another_teams_file_of_that_name_is_no_reason_to_keep_one(sqlite_shop: Shop) -> None:
    store = sqlite_shop.resources.store
    sqlite_shop.import_file(customers_csv((5, 5)))
    mine = files(sqlite_shop, "upload")
    store.put_bytes(sqlite_shop.stranger.team_id, "upload", mine[0].read_bytes())
    age(files(sqlite_shop, "upload"))
    with sqlite_shop.reading() as session:
        assert sweep_files(session, store, DAY) == 1
    assert files(sqlite_shop, "upload") == mine
