"""`Idempotency-Key`: who asks again with the same key is told the same, and nothing is done twice; on both databases."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from tests.webapp.conftest import Prepare
from tests.webapp.planned import DATASET, Planned, open_planned
from tests.webapp.test_api_operations import V, refused, token
from tests.webapp.working import customers_csv
from webapp.api import OPERATIONS, routes
from webapp.api.description import describe
from webapp.app import create_app
from webapp.models import AnsweredRequest, ApiToken, AuditEvent, Campaign, Import, MemberRole
from webapp.services.people import answered
from webapp.services.people.answered import KEPT, forget_answers

SPRING = {"name": "Spring", "channel": "post"}


@pytest.fixture
def shop(prepare: Prepare) -> Planned:
    return prepare(open_planned)


@pytest.fixture
def client(shop: Planned) -> FlaskClient:
    return create_app(resources=shop.resources).test_client()


def plan(client: FlaskClient, headers: dict[str, str], key: str = "one", **body: Any) -> TestResponse:
    return client.post(f"{V}/campaigns", json=SPRING | body, headers={**headers, "Idempotency-Key": key})


def count(shop: Planned, model: type) -> int:
    with shop.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_the_same_key_is_answered_the_same_and_nothing_is_done_twice(shop: Planned, client: FlaskClient) -> None:
    headers = token(shop)
    first, again = plan(client, headers), plan(client, headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.data, again.content_type) == (first.data, first.content_type)
    assert ("Idempotent-Replayed" in first.headers, again.headers["Idempotent-Replayed"]) == (False, "true")
    assert count(shop, Campaign) == 1
    assert plan(client, headers, "two", name="Autumn").json["id"] != first.json["id"]
    assert client.post(f"{V}/campaigns", json=SPRING, headers=headers).status_code == 422, "without a key it is a second of that name"
    assert count(shop, Campaign) == 2


def test_how_a_body_is_written_does_not_matter_and_what_it_says_does(shop: Planned, client: FlaskClient) -> None:
    headers = token(shop) | {"Idempotency-Key": "one", "Content-Type": "application/json"}
    made = client.post(f"{V}/campaigns", data='{"name": "Spring", "channel": "post"}', headers=headers)
    again = client.post(f"{V}/campaigns", data='{ "channel":"post",\n"name":"Spring"}', headers=headers)
    assert again.data == made.data
    for path, body in (("campaigns", SPRING | {"name": "Autumn"}), (f"campaigns/{made.json['id']}/tags", {"segment": "x"})):
        problem = refused(client.post(f"{V}/{path}", json=body, headers=headers), 422, "Idempotency-Key")
        assert problem["code"] == "idempotency_key_reused"
    assert client.get(f"{V}/campaigns", headers=headers).status_code == 200, "what changes nothing needs no key"
    assert count(shop, Campaign) == 1


def test_each_token_has_keys_of_its_own(shop: Planned, client: FlaskClient) -> None:
    first, other = plan(client, token(shop)), plan(client, token(shop), name="Autumn")
    assert (first.json["name"], other.json["name"]) == ("Spring", "Autumn")
    stranger = plan(client, token(shop, stranger=True))
    assert stranger.status_code in (404, 422)
    assert "Spring" not in stranger.text


def test_a_refused_request_keeps_no_key(shop: Planned, client: FlaskClient) -> None:
    headers = token(shop)
    refused(plan(client, headers, channel="pigeon"), 422, "channel")
    refused(plan(client, headers, segments=["nothing"]), 404)
    assert count(shop, AnsweredRequest) == 0
    assert plan(client, headers).status_code == 201


def test_a_token_that_may_no_more_is_told_nothing(shop: Planned, client: FlaskClient) -> None:
    headers = token(shop, MemberRole.MARKETER)
    plan(client, headers)
    with shop.writing() as session:
        session.execute(update(ApiToken).values(role=MemberRole.VIEWER))
    refused(plan(client, headers), 403)


@pytest.mark.parametrize("key", ["", "x" * 201, "clé", "a\tb"])
def test_what_can_be_no_key_is_refused(shop: Planned, client: FlaskClient, key: str) -> None:
    refused(plan(client, token(shop), key), 422, "Idempotency-Key")
    assert count(shop, Campaign) == 0


def test_the_same_file_is_the_same_request_whatever_separates_its_parts(shop: Planned, client: FlaskClient) -> None:
    headers = token(shop) | {"Idempotency-Key": "one"}

    def bring(text: str, **fields: str) -> TestResponse:
        form = {"file": (io.BytesIO(text.encode()), "new.csv"), **fields}
        return client.post(f"{V}/datasets/{DATASET}/imports", data=form, headers=headers)

    first = bring(customers_csv((3,)), as_of="2026-11-01")
    assert (first.status_code, bring(customers_csv((3,)), as_of="2026-11-01").data) == (202, first.data)
    refused(bring(customers_csv((3,)), as_of="2026-11-02"), 422, "Idempotency-Key")
    refused(bring(customers_csv((4,)), as_of="2026-11-01"), 422, "Idempotency-Key")
    assert count(shop, Import) == 1


def test_of_two_at_once_one_does_it_and_the_other_waits_for_its_answer(
    shop: Planned, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers, keep = token(shop), answered.keep_answer
    at_work, go_on = threading.Event(), threading.Event()

    def keep_slowly(*of: Any) -> None:
        at_work.set()
        go_on.wait(20)
        keep(*of)

    monkeypatch.setattr(routes, "keep_answer", keep_slowly)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(plan, client.application.test_client(), headers)
        assert at_work.wait(20)
        second = pool.submit(plan, client.application.test_client(), headers)
        assert not second.done()
        threading.Timer(0.5, go_on.set).start()
        answers = first.result(30), second.result(30)
    assert answers[0].data == answers[1].data
    assert ["Idempotent-Replayed" in answer.headers for answer in answers] == [False, True]
    assert count(shop, Campaign) == 1


def test_where_the_first_fails_at_its_end_the_one_that_waited_does_it(
    shop: Planned, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = token(shop)
    with monkeypatch.context() as broken:
        broken.setattr(routes, "keep_answer", lambda *of: 1 / 0)
        assert plan(client, headers).status_code == 500
    assert count(shop, Campaign) == count(shop, AnsweredRequest) == 0
    assert plan(client, headers).status_code == 201


def test_after_a_day_a_key_is_new_and_workers_sweep_what_is_left(shop: Planned, client: FlaskClient) -> None:
    headers = token(shop)
    first = plan(client, headers)
    plan(client, headers, "two", name="Autumn")
    now = datetime.now(UTC)
    with shop.writing() as session:
        session.execute(update(AnsweredRequest).values(created_at=now - KEPT + timedelta(minutes=1)))
    assert plan(client, headers).data == first.data
    with shop.writing() as session:
        assert forget_answers(session) == 0
        session.execute(update(AnsweredRequest).values(created_at=now - KEPT - timedelta(minutes=1)))
    assert plan(client, headers, name="Winter").json["id"] != first.json["id"]
    with shop.writing() as session:
        assert forget_answers(session) == 1
    assert count(shop, AnsweredRequest) == 1


def test_neither_key_nor_token_is_stored(shop: Planned, client: FlaskClient) -> None:
    headers = token(shop)
    plan(client, headers, "order of ana@north.example")
    with shop.reading() as session:
        (row,) = session.scalars(select(AnsweredRequest))
        stored = f"{vars(row)} {[event.details for event in session.scalars(select(AuditEvent))]}"
    assert "order of ana" not in stored
    assert headers["Authorization"].split()[1] not in stored


def test_the_description_says_so_of_every_operation_that_writes_and_of_no_other() -> None:
    described = describe(OPERATIONS)["paths"]
    for operation in OPERATIONS:
        told = described[V + operation.path][operation.method.lower()]
        assert ("Idempotency-Key" in {each["name"] for each in told["parameters"]}) is operation.writes
        assert not operation.writes or "422" in told["responses"]
