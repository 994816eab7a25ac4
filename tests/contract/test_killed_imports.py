"""An import and its undoing, killed at every boundary: none or all rows, and the rerun completes. Real SIGKILL, both databases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.contract.killing import die_in_child
from tests.webapp.working import Shop, claim, open_shop, run_claimed, store_file
from webapp import store as stores
from webapp.edge import Resources
from webapp.merging import Staging
from webapp.models import Customer, DepartedConsent, Import, Layout, SavedMapping, Snapshot
from webapp.services.data import imports, storing, undoing
from webapp.services.data.datasets import ensure_dataset
from webapp.services.data.timeline import show_timeline
from webapp.services.work import jobs
from webapp.tasks import ordering

BEFORE = "Id,Income,Consent\n" + "".join(f"k{n:03},{n},{('yes', 'no', '')[n % 3]}\n" for n in range(200))
FILE = "Id,Income,Consent\n" + "".join(f"k{n:03},{n + n % 2},{'no' if n % 5 else 'yes'}\n" for n in range(100, 300)) + "bad,much,\n"
MAPPING = {"schema": {"Id": "customer_id", "Income": "income", "Consent": "consent"}}

IMPORT_POINTS = (
    (stores, "_note_checksum"),
    (stores, "_move"),
    (Staging, "write_snapshot"),
    (Staging, "prepare_rows"),
    (jobs, "finish_job"),
    (storing, "past_rows"),
    (storing, "write_past"),
    (storing, "remove_customers"),
    (storing, "upsert_customers"),
    (storing, "recall_consents"),
    (storing, "_snapshot_row"),
    (storing, "save_mapping"),
    (storing, "request_trace"),
    (Session, "commit"),
)
ORDER_POINTS = (
    (ordering, "read_order_lines"),
    (stores, "_move"),
    (ordering, "customers_from_orders"),
    (Staging, "write_snapshot"),
    (storing, "upsert_customers"),
    (storing, "_snapshot_row"),
    (Session, "commit"),
)
"""`_move` is first called for the part: killed before it, the part is not in the store; after it, it is there and nobody knows of it."""
UNDO_POINTS = (
    (jobs, "finish_job"),
    (undoing, "forget_new_customers"),
    (undoing, "restore_customers"),
    (undoing, "request_trace"),
    (Session, "commit"),
)


def order_lines(first: int, last: int) -> str:
    """Orders first..last of six customers, a day apart, each of two pieces at 1.50."""
    lines = (f"{n},ann{n % 6},2024-03-{n:02},P{n % 4},Toys,Web,2,1.50,Austria\n" for n in range(first, last + 1))
    return "Order,Customer,Order date,Product,Category,Channel,Quantity,Unit price,Country\n" + "".join(lines)


@pytest.fixture
def shop(resources: Resources) -> Shop:
    opened = open_shop(resources)
    opened.import_file(BEFORE, mapping=MAPPING)
    return opened


def everything(shop: Shop) -> str:
    """All that an import writes, as text: equal where nothing of it differs."""
    tables = (Customer, Layout, Snapshot, DepartedConsent, SavedMapping, Import)
    with shop.reading() as session:
        rows = [
            sorted(str([getattr(row, column.key) for column in table.__mapper__.columns]) for row in session.scalars(select(table)))
            for table in tables
        ]
        return json.dumps([*rows, [str(each) for each in show_timeline(session, shop.actor, "customers")]])


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_an_import_killed_anywhere_is_none_or_all(shop: Shop, after: bool) -> None:
    file = store_file(shop.resources, shop.actor, FILE)
    with shop.writing() as session:
        slug = ensure_dataset(session, shop.actor, "Customers").slug
        imports.start_import(session, shop.actor, slug, file, check=False, mapping=MAPPING, mode="replace")
    job = claim(shop.resources)
    assert job is not None
    before = everything(shop)
    for owner, name in IMPORT_POINTS:
        committed = (owner, name, after) == (Session, "commit", True)
        if committed:
            continue
        die_in_child(shop, job, owner, name, after=after)
        assert everything(shop) == before, name
    run_claimed(shop.resources, job)
    with shop.reading() as session:
        done = imports.list_imports(session, shop.actor, "customers")[0]
        keys = set(session.scalars(select(Customer.customer_key)))
    assert (done.status, done.snapshot) == ("done", 2)
    assert keys == {f"k{n:03}" for n in range(100, 300)}


def test_an_import_killed_after_its_commit_is_all_there(shop: Shop) -> None:
    file = store_file(shop.resources, shop.actor, FILE)
    with shop.writing() as session:
        imports.start_import(session, shop.actor, "customers", file, check=False, mapping=MAPPING)
    job = claim(shop.resources)
    assert job is not None
    die_in_child(shop, job, Session, "commit", after=True)
    with shop.reading() as session:
        done = imports.list_imports(session, shop.actor, "customers")[0]
        assert jobs.show_job(session, shop.actor, job.id).status == "done"
        assert len(session.scalars(select(Customer.customer_key)).all()) == 300
    assert (done.status, done.snapshot) == ("done", 2)
    with pytest.raises(jobs.LeaseLost):  # a second attempt finds that the job has ended
        run_claimed(shop.resources, job)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_an_undo_killed_anywhere_is_none_or_all(shop: Shop, after: bool) -> None:
    with shop.reading() as session:
        columns = (Customer.customer_key, Customer.record, Customer.layout_id, Customer.consent, Customer.last_import_ref)
        rows = select(*columns).order_by(Customer.customer_key)
        original = [str(row) for row in session.execute(rows)]
    done = shop.import_file(FILE, mapping=MAPPING, mode="replace")
    with shop.writing() as session:
        imports.undo_import(session, shop.actor, done.id)
    job = claim(shop.resources)
    assert job is not None
    before = everything(shop)
    for owner, name in UNDO_POINTS:
        if (owner, name, after) == (Session, "commit", True):
            continue
        die_in_child(shop, job, owner, name, after=after)
        assert everything(shop) == before, name
    run_claimed(shop.resources, job)
    with shop.reading() as session:
        assert [str(row) for row in session.execute(rows)] == original
        assert imports.show_import(session, shop.actor, done.id).status == "undone"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_an_import_of_order_lines_killed_anywhere_adds_them_once_or_not(resources: Resources, after: bool) -> None:
    shop = open_shop(resources)
    shop.import_file(order_lines(1, 14))
    file = store_file(resources, shop.actor, order_lines(15, 26))
    with shop.writing() as session:
        imports.start_import(session, shop.actor, "customers", file, check=False)
    job = claim(resources)
    assert job is not None
    before, parts = everything(shop), stored_parts(shop)
    for owner, name in ORDER_POINTS:
        if (owner, name, after) == (Session, "commit", True):
            continue
        die_in_child(shop, job, owner, name, after=after)
        assert everything(shop) == before, name
        is_stored = (owner, name) not in ORDER_POINTS[: 1 if after else 2]
        assert len(stored_parts(shop)) == len(parts) + is_stored, name
    run_claimed(resources, job)
    with shop.reading() as session:
        orders = [customer.attributes["orders"] for customer in session.scalars(select(Customer))]
        spent = [customer.attributes["net_spend"] for customer in session.scalars(select(Customer))]
        assert len({row.part_digest for row in session.scalars(select(Import))}) == len(stored_parts(shop)) == 2
    assert (sum(orders), sum(spent)) == (26, 26 * 3.0)


def stored_parts(shop: Shop) -> set[str]:
    """Digests of the order lines in the store, whether an import knows of them or not."""
    folder = Path(shop.resources.config.store) / shop.actor.team_id / ordering.AREA
    return {path.name for path in folder.glob("*/*") if not path.suffix}
