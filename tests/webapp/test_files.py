"""Uploads and downloads: limits, names, roles."""

from __future__ import annotations

import csv
import io
import shutil
import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.contract.browser import PASSWORD, Browser
from tests.contract.conftest import cheap_hashes as cheap_hashes
from tests.webapp.working import Shop, customers_csv, open_shop, run_jobs
from webapp.app import create_app
from webapp.edge import Resources
from webapp.edge.uploads import clean_file_name
from webapp.files import attachment
from webapp.models import Import, MemberRole
from webapp.services.data.datasets import confirm_legal_basis
from webapp.services.people.users import add_user

ANALYST = "analyst@north.example"


@pytest.fixture
def shop(sqlite_resources: Resources) -> Shop:
    opened = open_shop(replace(sqlite_resources, config=replace(sqlite_resources.config, upload_megabytes=1)))
    with opened.writing() as session:
        for role in MemberRole:
            add_user(session, opened.actor, f"{role}@north.example", role, password=PASSWORD)
    return opened


@pytest.fixture
def browser(shop: Shop) -> Browser:
    opened = Browser(create_app(resources=shop.resources))
    opened.sign_in(ANALYST)
    return opened


def upload(
    browser: Browser, data: bytes | str, *, file_name: str = "customers.csv", team: str = "north-market", **fields: str
) -> TestResponse:
    content = data.encode() if isinstance(data, str) else data
    form = {"file": (io.BytesIO(content), file_name), **(fields or {"name": "Customers"})}
    return browser.post(f"/t/{team}/uploads", data=form, headers=browser.csrf, content_type="multipart/form-data")


def test_an_upload_is_stored_and_checked(shop: Shop, browser: Browser) -> None:
    answer = upload(browser, customers_csv())
    assert answer.status_code == 201
    assert answer.json["url"] == f"/t/north-market/customers/imports/{answer.json['import_id']}"
    run_jobs(shop.resources)
    with shop.reading() as session:
        row = session.get_one(Import, answer.json["import_id"])
        assert (row.status, row.file_name) == ("checked", "customers.csv")
        assert shop.resources.store.read_bytes(shop.actor.team_id, "upload", row.file_digest) == customers_csv().encode()
    assert upload(browser, customers_csv(), dataset="customers").status_code == 201


@pytest.mark.parametrize(
    ("fields", "status"), [({"dataset": "no-such"}, 404), ({"name": ""}, 422), ({"name": "x" * 200}, 422), ({"name": "a\nb"}, 422)]
)
def test_uploads_name_their_dataset(browser: Browser, fields: dict[str, str], status: int) -> None:
    answer = upload(browser, customers_csv(), **fields)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.json["detail"]


def test_uploads_without_a_file(browser: Browser) -> None:
    for data in ({}, {"file": "text"}, {"file": (io.BytesIO(b""), "")}):
        assert (
            browser.post("/t/north-market/uploads", data=data, headers=browser.csrf, content_type="multipart/form-data").status_code == 422
        )


def test_uploads_over_the_limit_are_413_and_leave_nothing(shop: Shop, browser: Browser) -> None:
    for size in ((1 << 20) + 1, 8 << 20):
        assert upload(browser, b"x" * size).status_code == 413
    folder = shop.resources.store.root
    assert not [path for path in folder.rglob("*") if path.is_file()]


def test_chunked_uploads_are_stopped_at_the_limit_with_flat_memory(shop: Shop, browser: Browser) -> None:
    """Without a length, and far more than may come: reading stops, nothing piles up."""
    read = 0

    class Endless(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
            nonlocal read
            head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.csv"\r\n\r\n' if read == 0 else b"x" * len(buffer)
            piece = head[: len(buffer)]
            buffer[: len(piece)] = piece
            read += len(piece)
            return len(piece)

    tracemalloc.start()
    answer = browser.client.post(
        "/t/north-market/uploads",
        headers={**browser.csrf, "Content-Type": "multipart/form-data; boundary=b", "Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input": io.BufferedReader(Endless()), "wsgi.input_terminated": True},
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answer.status_code == 413
    assert read < 3 << 20
    assert peak < 8 << 20


def test_roles_and_teams_of_uploads(shop: Shop, browser: Browser) -> None:
    assert upload(browser, customers_csv(), team="south-market").status_code == 404
    for role, status in (("viewer", 403), ("marketer", 403), ("analyst", 201), ("admin", 201)):
        other = Browser(browser.app)
        other.sign_in(f"{role}@north.example")
        assert upload(other, customers_csv()).status_code == status, role


def test_customers_leave_as_csv(shop: Shop, browser: Browser) -> None:
    shop.import_file(customers_csv())
    version = shop.recluster(k=3)
    assert version.status == "ready"
    everybody = "/t/north-market/customers/segments/all/customers.csv"
    assert browser.get(everybody).status_code == 409  # nobody's consent is known
    with shop.writing() as session:
        confirm_legal_basis(session, shop.actor, "customers")
    answer = browser.get(everybody)
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="customers-customers.csv"')
    assert len(answer.text.splitlines()) == 181
    assert browser.get(f"{everybody}?v=1").status_code == 200
    assert browser.get(f"{everybody}?v=x").status_code == 422
    assert browser.get("/t/north-market/customers/segments/nope/customers.csv").status_code == 404


def test_a_selection_leaves_as_csv(shop: Shop, browser: Browser) -> None:
    shop.import_file(customers_csv())
    assert shop.recluster(k=3).status == "ready"
    with shop.writing() as session:
        confirm_legal_basis(session, shop.actor, "customers")
    selection = "/t/north-market/customers/customers.csv"
    assert len(browser.get(selection).text.splitlines()) == 181
    answer = browser.get(f"{selection}?f=city~in~York&q=york&sort=income&desc=1&v=1")
    incomes = [float(row["income"]) for row in csv.DictReader(io.StringIO(answer.text))]
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="customers-selected-customers.csv"')
    assert 0 < len(incomes) < 180
    assert incomes == sorted(incomes, reverse=True)
    for query in ("f=nothing~ge~1", "f=income", "sort=nothing", "v=x"):
        assert browser.get(f"{selection}?{query}").status_code == 422, query
    viewer = Browser(browser.app)
    viewer.sign_in("viewer@north.example")
    assert viewer.get(selection).status_code == 403
    assert browser.get(selection.replace("north", "south")).status_code == 404


def test_a_lost_store_is_said_in_words(shop: Shop, browser: Browser) -> None:
    detail = shop.import_file(customers_csv() + ",1,2,3,4,5,6,2024-03-01,York,0\n")
    shop.recluster(k=3)
    with shop.writing() as session:
        confirm_legal_basis(session, shop.actor, "customers")
    shutil.rmtree(shop.resources.store.root)
    for path in ("segments/all/customers.csv", f"imports/{detail.id}/rejects.csv"):
        page = browser.get(f"/t/north-market/customers/{path}", headers={"Accept": "text/html"})
        assert page.status_code == 503
        assert "is missing; restore it from a backup." in page.text
        answer = browser.get(f"/t/north-market/customers/{path}", headers={"Accept": "application/json"})
        assert (answer.status_code, answer.json["code"], answer.json["title"]) == (503, "store", "Stored data cannot be read")
    assert upload(browser, customers_csv()).status_code == 503
    assert not shop.resources.store.root.exists()


def test_rejected_rows_leave_as_csv(shop: Shop, browser: Browser) -> None:
    detail = shop.import_file(customers_csv() + ",1,2,3,4,5,6,2024-03-01,York,0\n")
    answer = browser.get(f"/t/north-market/customers/imports/{detail.id}/rejects.csv")
    assert answer.status_code == 200
    assert "182" in answer.text
    with shop.writing() as session:
        from webapp.services.data.datasets import ensure_dataset

        ensure_dataset(session, shop.actor, "Other")
    assert browser.get(f"/t/north-market/other/imports/{detail.id}/rejects.csv").status_code == 404


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("a\r\nb.csv", "ab.csv"),
        ("", "upload"),
        ("..", "upload"),
        ("/", "upload"),
        (".htaccess", "upload.htaccess"),
        ("\x00.csv", "upload.csv"),
        ("folder/ \u200b.csv", "upload.csv"),
        ("\x00", "upload"),
        (". .", "upload"),
        ("Käufer.csv", "Käufer.csv"),
    ],
)
def test_file_names_lose_their_folders(given_name: str, kept: str) -> None:
    assert clean_file_name(given_name) == kept


@given(st.text(max_size=300))
def test_file_names_are_always_safe(name: str) -> None:
    kept = clean_file_name(name)
    assert 0 < len(kept) <= 200
    assert kept.isprintable()
    assert not {"/", "\\"} & set(kept)
    header = attachment(kept)["Content-Disposition"]
    assert header.isascii()
    assert "\r" not in header
    assert "\n" not in header
    assert header.count('"') == 2
