"""The REST interface and the questions of a load balancer."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import json
from flask.testing import FlaskClient
from sqlalchemy import update

from tests.webapp.working import Shop, customers_csv, open_shop
from webapp.app import create_app
from webapp.edge import Resources
from webapp.models import ApiToken, MemberRole, Worker
from webapp.services.people.tokens import create_token, list_tokens, revoke_token


@pytest.fixture
def shop(sqlite_resources: Resources) -> Shop:
    return open_shop(sqlite_resources)


@pytest.fixture
def client(shop: Shop) -> FlaskClient:
    return create_app(resources=shop.resources).test_client()


def token(shop: Shop, *, stranger: bool = False, role: MemberRole = MemberRole.VIEWER) -> str:
    with shop.writing() as session:
        return create_token(session, shop.stranger if stranger else shop.actor, name="script", role=role).token


def bearer(value: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {value}"}


def test_datasets_and_segments_of_the_tokens_team(shop: Shop, client: FlaskClient) -> None:
    shop.import_file(customers_csv())
    headers = bearer(token(shop))
    [dataset] = client.get("/api/v1/datasets", headers=headers).json["datasets"]
    assert (dataset["slug"], dataset["customers"]) == ("customers", 180)
    assert client.get("/api/v1/datasets/customers/segments", headers=headers).json == {
        "dataset": "customers",
        "version": None,
        "segments": [],
    }
    version = shop.recluster(k=3)
    answer = client.get("/api/v1/datasets/customers/segments", headers=headers).json
    assert answer["version"] == version.number
    assert sum(segment["size"] for segment in answer["segments"]) == 180
    assert {"key", "name", "share"} <= set(answer["segments"][0])


def test_another_teams_datasets_are_not_there(shop: Shop, client: FlaskClient) -> None:
    shop.import_file(customers_csv())
    headers = bearer(token(shop, stranger=True))
    assert client.get("/api/v1/datasets", headers=headers).json == {"datasets": []}
    answer = client.get("/api/v1/datasets/customers/segments", headers=headers)
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
    assert {"title", "status", "detail"} <= set(answer.json)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer nonsense", "Basic eDp5", "bearer \x00"])
def test_no_token_no_answer(client: FlaskClient, header: str) -> None:
    answer = client.get("/api/v1/datasets", headers={"Authorization": header})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.json["code"] == client.get("/api/v1/nothing").json["code"] == "unauthorized"


def test_dates_are_iso(shop: Shop, client: FlaskClient) -> None:
    shop.import_file(customers_csv(), as_of=date(2024, 6, 29))
    [dataset] = client.get("/api/v1/datasets", headers=bearer(token(shop))).json["datasets"]
    assert dataset["as_of"] == "2024-06-29"


def test_moments_are_iso_in_every_answer(client: FlaskClient) -> None:
    moment = datetime(2024, 6, 29, 12, 30, tzinfo=UTC)
    with client.application.app_context():
        assert json.dumps([moment, moment.date()]) == '["2024-06-29T12:30:00+00:00", "2024-06-29"]'


def test_what_is_not_there_is_named(shop: Shop, client: FlaskClient) -> None:
    shop.import_file(customers_csv())
    headers = bearer(token(shop))
    for path, title in (
        ("datasets/nope/segments", "There is no such dataset."),
        ("datasets/customers/segments?v=7", "There is no version 7."),
    ):
        answer = client.get(f"/api/v1/{path}", headers=headers)
        assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
        assert (answer.json["title"], answer.json["code"]) == (title, "not_found")


def test_tokens_expire_and_are_revoked_at_once(shop: Shop, client: FlaskClient) -> None:
    headers = bearer(token(shop))
    assert client.get("/api/v1/datasets", headers=headers).status_code == 200
    with shop.writing() as session:
        session.execute(update(ApiToken).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    assert client.get("/api/v1/datasets", headers=headers).status_code == 401
    headers = bearer(token(shop))
    with shop.writing() as session:
        revoke_token(session, shop.actor, list_tokens(session, shop.actor)[0].id)
    assert client.get("/api/v1/datasets", headers=headers).status_code == 401


def test_a_tokens_use_is_noted_also_where_its_role_is_too_small(shop: Shop, client: FlaskClient) -> None:
    def used() -> datetime | None:
        with shop.reading() as session:
            return list_tokens(session, shop.actor)[0].last_used_at

    headers = bearer(token(shop))
    assert used() is None
    assert client.post("/api/v1/datasets/customers/score", json={"customers": []}, headers=headers).status_code == 403
    first = used()
    assert first
    assert client.get("/api/v1/datasets", headers=headers).status_code == 200
    assert used() == first
    assert client.get("/api/v1/datasets", headers=bearer("sct_unknown")).status_code == 401


def test_versions_are_numbers(shop: Shop, client: FlaskClient) -> None:
    shop.import_file(customers_csv())
    headers = bearer(token(shop))
    for asked, status in (("x", 422), ("-1", 422), ("1.5", 422), ("٣", 422), ("9" * 30, 422), ("7", 404)):
        assert client.get("/api/v1/datasets/customers/segments", query_string={"v": asked}, headers=headers).status_code == status, asked


def test_ready_without_a_worker_and_with_one(shop: Shop, client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["worker"]) == (200, "none")
    with shop.writing() as session:
        session.add(Worker(id="w", started_at=datetime.now(UTC), seen_at=datetime.now(UTC)))
    assert client.get("/readyz").json == {"status": "ok", "database": "ok", "store": "ok", "schema": "ok", "worker": "ok"}


def test_not_ready_without_store_schema_or_database(shop: Shop, client: FlaskClient, tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr(shop.resources.store, "root", tmp_path / "file")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["store"]) == (503, "down")
    monkeypatch.undo()
    with shop.resources.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'earlier'")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["schema"]) == (503, "behind")


def test_a_lost_store_is_not_ready_even_behind_an_empty_folder(shop: Shop, client: FlaskClient) -> None:
    shop.import_file(customers_csv())
    assert client.get("/readyz").status_code == 200
    root = shop.resources.store.root
    shutil.rmtree(root)
    for _ in range(2):
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json["store"]) == (503, "down")
    assert not root.exists()
    create_app(shop.resources.config)  # a start makes the folder, which does not bring the snapshots back
    assert root.is_dir()
    assert client.get("/readyz").json["store"] == "down"


def test_database_down_is_503_and_alive(sqlite_resources: Resources, make_config) -> None:  # type: ignore[no-untyped-def]
    from webapp.db import make_engine, make_session_factory

    gone = make_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing?connect_timeout=1")
    resources = replace(sqlite_resources, engine=gone, sessions=make_session_factory(gone))
    client = create_app(resources=resources).test_client()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["database"]) == (503, "down")
    assert client.get("/healthz").status_code == 200


def test_a_viewers_token_reads_the_champion_only(shop: Shop, client: FlaskClient) -> None:
    shop.import_file(customers_csv())
    for k in (3, 2):
        shop.recluster(k=k)
    for role, status in ((MemberRole.VIEWER, 403), (MemberRole.MARKETER, 200)):
        headers = bearer(token(shop, role=role))
        assert client.get("/api/v1/datasets/customers/segments?version=2", headers=headers).status_code == status
        assert client.get("/api/v1/datasets/customers/segments?version=1", headers=headers).status_code == 200
