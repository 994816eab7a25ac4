"""The route that places customers who are not stored: for tokens alone, by role, and in their own team."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.contract.browser import Browser
from tests.contract.world import CANARY, World, actor_of
from tests.webapp.working import customers_csv
from webapp.edge import Door, needs_of, unit_of_work
from webapp.models import MemberRole
from webapp.services.access import Actor, Permission
from webapp.services.people.tokens import create_token, list_tokens, revoke_token

BODY = {"customers": [dict(next(iter(csv.DictReader(io.StringIO(customers_csv())))))]}


def bearer(world: World, team: str, role: str) -> dict[str, str]:
    with unit_of_work(world.resources) as session:
        boss = actor_of(session, f"admin@{team}.example", f"team-{team}")
        return {"Authorization": f"Bearer {create_token(session, boss, name=role, role=MemberRole(role)).token}"}


def ask(world: World, dataset: str | None = None, *, browser: Browser | None = None, **options: Any) -> TestResponse:
    path = f"/api/v1/datasets/{dataset or world.owned.dataset}/score"
    return (browser or world.stranger()).post(path, **{"json": BODY, **options})


@pytest.mark.parametrize("role", list(MemberRole))
def test_roles_get_what_the_matrix_says(shared_world: World, role: str) -> None:
    may = Actor(role, "x", "team-a", "Team A", MemberRole(role)).may(Permission.VIEW_CUSTOMERS)
    answer = ask(shared_world, headers=bearer(shared_world, "a", role))
    assert answer.status_code == (200 if may else 403)
    assert ("customers" in answer.json) is may


@pytest.mark.parametrize("role", list(MemberRole))
def test_another_teams_dataset_is_as_absent_as_none(shared_world: World, role: str) -> None:
    headers = bearer(shared_world, "b", role)
    theirs, none = (ask(shared_world, dataset, headers=headers) for dataset in (None, "no-such-dataset"))
    assert theirs.status_code == none.status_code == (403 if role == "viewer" else 404)
    assert theirs.data == none.data
    assert CANARY not in theirs.text


def test_on_either_database(world_on: World) -> None:
    assert ask(world_on, headers=bearer(world_on, "a", "marketer")).status_code == 200
    answer = ask(world_on, headers=bearer(world_on, "b", "admin"))
    assert answer.status_code == 404
    assert CANARY not in answer.text
    for dataset in ("x%00", "%F0%9F%98%80"):
        assert ask(world_on, dataset, headers=bearer(world_on, "a", "admin")).status_code in (400, 404), dataset


def test_a_session_is_no_token(shared_world: World) -> None:
    doors = {name: need for name, need in needs_of(shared_world.app).items() if name.startswith("api_")}
    assert len(doors) > 10
    assert set(doors.values()) == {Door.TOKEN}
    browser = shared_world.browser()
    answer = ask(shared_world, browser=browser, headers=browser.csrf)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_a_revoked_token_is_refused_at_the_next_request(world: World) -> None:
    headers = bearer(world, "a", "admin")
    assert ask(world, headers=headers).status_code == 200
    with unit_of_work(world.resources) as session:
        boss = actor_of(session, "admin@a.example", "team-a")
        for token in list_tokens(session, boss):
            revoke_token(session, boss, token.id)
    assert ask(world, headers=headers).status_code == 401


def test_other_sites_hosts_and_fields_are_refused(shared_world: World) -> None:
    headers = bearer(shared_world, "a", "admin")
    assert ask(shared_world, headers={**headers, "Origin": "https://evil.example"}).status_code == 403
    assert ask(shared_world, headers={**headers, "Host": "evil.example"}).status_code == 400
    for field in ("team_id", "role", "version"):
        assert ask(shared_world, headers=headers, json=BODY | {field: "x"}).status_code == 422


def test_every_answer_carries_the_headers_and_nothing_from_inside(shared_world: World) -> None:
    headers = bearer(shared_world, "a", "admin")
    requests: list[dict[str, Any]] = [{}, {"json": {"customers": [{}]}}, {"json": [1]}, {"json": None, "data": b"{"}, {"headers": {}}]
    for request in requests:
        answer = ask(shared_world, **{"headers": headers, **request})
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Content-Security-Policy" in answer.headers
        assert not any(inside in answer.text for inside in ("Traceback", "site-packages", str(shared_world.resources.config.store)))
