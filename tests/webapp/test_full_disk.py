"""No room left: what was being written is not kept, whoever waits is told so, and all that was stored before can be read."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path

import duckdb
import pytest

from tests.contract.browser import PASSWORD, Browser
from tests.contract.conftest import cheap_hashes as cheap_hashes
from tests.webapp.working import Shop, claim, count_rows, customers_csv, open_shop, store_file
from webapp import store as stores
from webapp.app import create_app
from webapp.edge import Resources
from webapp.models import Customer, Import, MemberRole, Snapshot
from webapp.services.data import imports
from webapp.services.data.datasets import confirm_legal_basis
from webapp.services.people.users import add_user
from webapp.store import Store, StoreFull
from webapp.tasks import child, importing

DEVICE = Path("/dev/full")
"""Whatever is written there fails for want of room."""
WORDS = "The disk is full. Nothing of this was kept; all that was stored before is still there and can be read."
pytestmark = pytest.mark.skipif(not DEVICE.exists(), reason="needs /dev/full")


@pytest.fixture
def shop(sqlite_resources: Resources) -> Shop:
    return open_shop(sqlite_resources)


def fill(monkeypatch: pytest.MonkeyPatch, area: str = "") -> None:
    """From now on the disk has no room for a file of the store (of that area)."""
    begin = Store._begin

    def full(store: Store, team_id: str, wanted: str) -> Path:
        path = begin(store, team_id, wanted)
        if area in ("", wanted):
            path.unlink()
            path.symlink_to(DEVICE)
        return path

    monkeypatch.setattr(Store, "_begin", full)


def files(store: Store) -> set[Path]:
    return {path for path in store.root.rglob("*") if not path.is_dir()}


def test_a_file_for_which_there_is_no_room_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    before = store.put_bytes("north", "upload", b"before")
    there = files(store)
    with monkeypatch.context() as full:
        fill(full)
        for write in (
            lambda: store.put_bytes("north", "upload", b"x"),
            lambda: store.put_stream("north", "upload", io.BytesIO(b"x")),
            lambda: store.put_written("north", "past", lambda path: duckdb.sql(f"COPY (SELECT 1) TO '{path}' (FORMAT parquet)")),
        ):
            with pytest.raises(StoreFull, match=WORDS):
                write()
    for number in (errno.ENOSPC, errno.EDQUOT):
        with monkeypatch.context() as full:
            full.setattr(stores.tempfile, "mkstemp", lambda number=number, **_: _no_room(number))
            with pytest.raises(StoreFull):
                store.put_bytes("north", "upload", b"x")
    assert files(store) == there
    assert store.read_bytes("north", "upload", before) == b"before"


def _no_room(number: int) -> None:
    raise OSError(number, os.strerror(number))


def test_what_fails_otherwise_is_not_called_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores.tempfile, "mkstemp", lambda **_: _no_room(errno.EACCES))
    with pytest.raises(PermissionError):
        Store(tmp_path).put_bytes("north", "upload", b"x")


def test_a_checksum_that_was_cut_short_does_not_spoil_the_next(tmp_path: Path) -> None:
    store = Store(tmp_path)
    note = store.path("north", "snapshot", "abc").with_name("abc.sha256")
    note.parent.mkdir(parents=True)
    note.write_text("0123abc")
    with store.writing("north", "snapshot") as (temporary, publish):
        temporary.write_bytes(b"values")
        publish("abc")
    assert store.read_bytes("north", "snapshot", "abc") == b"values"


def test_an_upload_without_room_is_507_and_pages_go_on(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    with shop.writing() as session:
        add_user(session, shop.actor, "analyst@north.example", MemberRole.ANALYST, password=PASSWORD)
    shop.import_file(customers_csv((5, 5)))
    with shop.writing() as session:
        confirm_legal_basis(session, shop.actor, "customers")
    browser = Browser(create_app(resources=shop.resources))
    browser.sign_in("analyst@north.example")
    fill(monkeypatch)
    form = {"file": (io.BytesIO(customers_csv((3, 3)).encode()), "more.csv"), "dataset": "customers"}
    answer = browser.post("/t/north-market/uploads", data=form, headers=browser.csrf, content_type="multipart/form-data")
    assert (answer.status_code, answer.content_type) == (507, "application/problem+json")
    assert (answer.json["title"], answer.json["code"]) == ("The disk is full", "store_full")
    assert answer.json["detail"].startswith(WORDS)
    assert browser.get("/t/north-market/customers/customers.csv").status_code == 200
    with shop.reading() as session:
        assert count_rows(session, Import) == [1]


@pytest.mark.parametrize("area", ["rejects", "snapshot", "past", "orders"])
def test_a_job_without_room_fails_with_the_reason_and_stores_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch, area: str) -> None:
    head = "Order,Customer,Order date,Product,Category,Channel,Quantity,Unit price,Country\n"
    line = "{},ann{},2024-03-05,P1,Toys,Web,2,1.50,Austria\n"
    first = head + "".join(line.format(n, n % 6) for n in range(20))
    shop.import_file(first)
    file = store_file(shop.resources, shop.actor, first + line.format(21, 0) + line.format(22, 1).replace("2024-03-05", "never"))
    with shop.writing() as session:
        started = imports.start_import(session, shop.actor, "customers", file, check=False)
    there = files(shop.resources.store)
    fill(monkeypatch, area)
    _run(shop)
    with shop.reading() as session:
        ended = imports.show_import(session, shop.actor, started.id)
        assert count_rows(session, Customer, Snapshot) == [6, 1]
    assert ended.status == "failed"
    assert (ended.message or "").startswith(WORDS)
    left = files(shop.resources.store) - there
    assert not any(path.is_symlink() or path.name.startswith("incoming-") for path in left)


def test_a_job_whose_temporary_files_find_no_room_fails_with_the_reason(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    file = store_file(shop.resources, shop.actor, customers_csv((5, 5)))
    shop.import_file(customers_csv((3, 3)))
    with shop.writing() as session:
        started = imports.start_import(session, shop.actor, "customers", file, check=False)
    monkeypatch.setattr(importing, "read_customers", lambda *_args, **_options: _no_room(errno.ENOSPC))
    _run(shop)
    with shop.reading() as session:
        assert (imports.show_import(session, shop.actor, started.id).message or "").startswith(WORDS)


def _run(shop: Shop) -> None:
    """The waiting job, as a worker's child runs it."""
    job = claim(shop.resources)
    assert job is not None
    assert child._run_task(shop.resources, job, ("webapp.tasks.importing",)) == child.Exit.SETTLED
