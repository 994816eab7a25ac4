"""The store: whole files or none, nothing damaged is handed out, nothing lost is made anew."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.webapp.conftest import Prepare
from tests.webapp.working import Shop, customers_csv, open_shop
from webapp.edge import Resources
from webapp.models import ImportStatus, MemberRole, VersionStatus
from webapp.services.browsing import customers, exports
from webapp.services.data import datasets
from webapp.services.work import jobs
from webapp.store import Store, StoreError


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "store")
    made.create()
    return made


def put_snapshot(store: Store, data: bytes, digest: str = "abc") -> Path:
    """Store bytes under a name that does not tell them."""
    with store.writing("north", "snapshot") as (temporary, publish):
        temporary.write_bytes(data)
        publish(digest)
    return store.path("north", "snapshot", digest)


def flip_bit(path: Path, *, at: float = 0.5) -> None:
    """Damage a file as a failing disk does: same size, one bit."""
    data = bytearray(path.read_bytes())
    data[int(len(data) * at)] ^= 1
    changed = path.stat().st_mtime_ns + 1
    path.write_bytes(data)
    os.utime(path, ns=(changed, changed))


def test_what_was_stored_comes_back(store: Store) -> None:
    digest = store.put_bytes("north", "labels", b"labels")
    assert digest == hashlib.sha256(b"labels").hexdigest()
    assert store.read_bytes("north", "labels", digest) == b"labels"
    written = store.put_written("north", "measures", lambda path: path.write_bytes(b"columns"))
    assert written == hashlib.sha256(b"columns").hexdigest()
    assert store.read_bytes("north", "measures", written) == b"columns"
    assert store.put_stream("north", "upload", io.BytesIO(b"file")) == (hashlib.sha256(b"file").hexdigest(), 4)
    assert put_snapshot(store, b"values") == store.verified_path("north", "snapshot", "abc")


def test_a_name_leads_nowhere_else(store: Store) -> None:
    for parts in (("..", "labels", "x"), ("north", "..", "x"), ("north", "labels", "../x"), ("north", "labels", "")):
        with pytest.raises(StoreError):
            store.path(*parts)


@pytest.mark.parametrize("fresh", [False, True])
def test_damage_is_noticed_by_a_process_that_read_the_file_before_and_by_a_new_one(store: Store, fresh: bool) -> None:
    labels = store.put_bytes("north", "labels", b"labels")
    snapshot = put_snapshot(store, b"values")
    store.verified_path("north", "snapshot", "abc")
    store.read_bytes("north", "labels", labels)
    reader = Store(store.root) if fresh else store
    flip_bit(snapshot)
    flip_bit(store.path("north", "labels", labels))
    with pytest.raises(StoreError, match=r"stored snapshot abc is damaged; restore it from a backup\."):
        reader.verified_path("north", "snapshot", "abc")
    with pytest.raises(StoreError, match=r"stored labels .* is damaged"):
        reader.read_bytes("north", "labels", labels)


def flip_silently(path: Path) -> None:
    """As a failing disk does when nobody writes: not even the date tells."""
    known = path.stat()
    flip_bit(path)
    os.utime(path, ns=(known.st_atime_ns, known.st_mtime_ns))


def test_a_bit_that_flips_without_a_trace_is_noticed_after_a_while(store: Store) -> None:
    digest = store.put_bytes("north", "model", b"model")
    now, later = store, Store(store.root, rechecked_after=0.0)
    for reader in (now, later):
        reader.read_bytes("north", "model", digest)
    flip_silently(store.path("north", "model", digest))
    now.verified_path("north", "model", digest)
    for _ in range(2):
        with pytest.raises(StoreError, match=r"stored model .* is damaged"):
            later.verified_path("north", "model", digest)
    flip_silently(store.path("north", "model", digest))  # back as it was
    assert later.read_bytes("north", "model", digest) == b"model"


def test_large_files_are_not_read_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = store.put_bytes("north", "labels", b"labels")
    reader = Store(store.root, rechecked_after=0.0)
    reader.verified_path("north", "labels", digest)
    monkeypatch.setattr("webapp.store.RECHECKED_BYTES", 5)
    monkeypatch.setattr("webapp.store._checksum_of", lambda _path, _area: pytest.fail("read again"))
    reader.verified_path("north", "labels", digest)


def test_an_intact_file_is_read_through_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put_snapshot(store, b"values")
    store.verified_path("north", "snapshot", "abc")
    monkeypatch.setattr("webapp.store._checksum_of", lambda _path, _area: pytest.fail("read again"))
    store.verified_path("north", "snapshot", "abc")


def test_a_snapshot_may_be_written_in_several_ways_and_a_new_copy_mends_a_damaged_one(store: Store) -> None:
    path = put_snapshot(store, b"one way")
    put_snapshot(store, b"another way")
    assert store.verified_path("north", "snapshot", "abc").read_bytes() == b"another way"
    path.write_bytes(b"one way")  # as by a slower writer that began earlier
    store.verified_path("north", "snapshot", "abc")
    flip_bit(path)
    put_snapshot(store, b"one way")
    assert store.verified_path("north", "snapshot", "abc") == path
    store.remove("north", "snapshot", "abc")
    assert not [each for each in store.root.rglob("*") if each.is_file()]


def test_a_snapshot_from_before_checksums_were_kept_is_read(store: Store) -> None:
    path = put_snapshot(store, b"values")
    path.with_name("abc.sha256").unlink()
    assert store.verified_path("north", "snapshot", "abc") == path


def test_what_is_missing_is_said(store: Store) -> None:
    for read in (store.read_bytes, store.verified_path, store.state):
        with pytest.raises(StoreError, match=r"stored snapshot abc is missing; restore it from a backup\."):
            read("north", "snapshot", "abc")


def test_a_lost_folder_is_not_made_anew(store: Store) -> None:
    store.check()
    store.root.rmdir()
    with pytest.raises(StoreError):
        store.check()
    with pytest.raises(StoreError, match="folder of the store is missing"):
        store.put_bytes("north", "labels", b"labels")
    assert not store.root.exists()
    store.create()
    store.check()


def test_a_failed_write_leaves_nothing(store: Store) -> None:
    with pytest.raises(ValueError, match="more than 3 bytes"):
        store.put_stream("north", "upload", io.BytesIO(b"file"), most=3)
    assert not [path for path in store.root.rglob("*") if path.is_file()]


# What becomes of a damaged or lost snapshot in the product


def damaged(shop: Shop) -> None:
    [path] = [path for path in shop.resources.store.root.glob("*/snapshot/*/*") if not path.suffix]
    flip_bit(path, at=0.2)


def lost(shop: Shop) -> None:
    shutil.rmtree(shop.resources.store.root)


def filled(resources: Resources) -> Shop:
    opened = open_shop(resources)
    opened.import_file(customers_csv())
    opened.recluster(k=3)
    with opened.writing() as session:
        datasets.confirm_legal_basis(session, opened.actor, "customers")
        customers.page_customers(session, opened.actor, opened.resources.store, "customers")
    return opened


@pytest.fixture
def shop(prepare_sqlite: Prepare) -> Shop:
    return prepare_sqlite(filled)


@pytest.mark.parametrize("harm", [damaged, lost])
def test_no_page_and_no_file_come_from_a_snapshot_that_is_not_intact(shop: Shop, harm: Callable[[Shop], None], tmp_path: Path) -> None:
    harm(shop)
    store = shop.resources.store
    with shop.reading() as session, pytest.raises(StoreError):
        customers.page_customers(session, shop.actor, store, "customers")
    with shop.writing() as session, pytest.raises(StoreError):
        exports.save_customers(session, shop.member(MemberRole.ADMIN), store, "customers", tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_a_damaged_snapshot_is_neither_clustered_nor_compared_with(shop: Shop) -> None:
    damaged(shop)
    assert shop.recluster(k=4).status == VersionStatus.FAILED
    file = shop.import_file(customers_csv(seed=2))
    assert file.status == ImportStatus.FAILED
    assert "damaged; restore it from a backup." in (file.message or "")


def test_the_first_re_cluster_of_a_damaged_snapshot_says_so(sqlite_resources: Resources) -> None:
    shop = open_shop(sqlite_resources)
    shop.import_file(customers_csv())
    damaged(shop)
    assert shop.recluster(k=3).status == VersionStatus.FAILED
    with shop.reading() as session:
        messages = [job.message or "" for job in jobs.list_jobs(session, shop.actor)]
    assert any("damaged; restore it from a backup." in message for message in messages)


def test_labels_that_changed_are_not_taken_from_memory(shop: Shop) -> None:
    for path in shop.resources.store.root.glob("*/labels/*/*"):
        flip_bit(path)
    with shop.reading() as session, pytest.raises(StoreError, match=r"labels .* damaged"):
        customers.page_customers(session, shop.actor, shop.resources.store, "customers")


def test_what_a_killed_writer_left_is_removed_once_it_is_old(store: Store) -> None:
    digest = store.put_bytes("team", "upload", b"whole")
    folder = store.root / "team" / "upload"
    old, young = folder / "incoming-old", folder / "incoming-young"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (1_000_000, 1_000_000))
    assert store.sweep(3600) == 1
    assert (old.exists(), young.exists()) == (False, True)
    assert store.read_bytes("team", "upload", digest) == b"whole"
