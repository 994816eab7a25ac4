"""Another site cannot make a member's browser change anything, and malformed requests are refused, never answered with 500."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.browser import CALLBACKS, Browser, payload
from tests.contract.world import World

EVIL = "https://evil.example"


def body_for(browser: Browser, world: World) -> dict[str, Any]:
    return payload(browser.callbacks()[0], f"/t/team-a/{world.owned.dataset}")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_callbacks_of_another_site_are_refused(shared_world: World, headers: dict[str, str]) -> None:
    browser = shared_world.browser()
    body = body_for(browser, shared_world)
    assert browser.send(body).status_code == 200
    assert browser.send(body, Origin="http://localhost").status_code == 200
    assert browser.send(body, **headers).status_code == 403


@pytest.mark.parametrize("token", [None, "", "wrong", "ü"])
def test_callbacks_without_the_token_of_the_session_are_refused(shared_world: World, token: str | None) -> None:
    browser, other = shared_world.browser(), shared_world.browser("b")
    body = body_for(browser, shared_world)
    headers = {} if token is None else {"X-CSRFToken": token}
    assert browser.post(CALLBACKS, json=body, headers=headers).status_code == 403
    assert browser.post(CALLBACKS, json=body, headers=other.csrf).status_code == 403


def test_uploads_and_sign_out_need_the_token(shared_world: World) -> None:
    browser = shared_world.browser()
    assert browser.post("/t/team-a/uploads").status_code == 403
    assert browser.post("/logout").status_code == 403
    assert browser.post("/logout", data=browser.csrf, headers={"Origin": EVIL}).status_code == 403
    assert browser.get("/_dash-layout").status_code == 200


def test_sign_in_forms_need_their_own_token(shared_world: World) -> None:
    browser = shared_world.stranger()
    fields = {"email": "admin@a.example", "password": "blue tractor seven"}
    assert browser.post("/login", data=fields).status_code == 400
    browser.get("/login")
    assert browser.post("/login", data={**fields, "csrf_token": "0" * 64}).status_code == 400
    assert browser.post("/login", data=fields, headers={"Origin": EVIL}).status_code == 403
    assert browser.sign_in(fields["email"]).status_code == 303


def test_a_form_token_is_worth_nothing_in_another_browser(shared_world: World) -> None:
    taken = Browser(shared_world.app)
    taken.get("/login")
    victim = Browser(shared_world.app)
    victim.get("/login")
    name = "sc_form"
    cookie = taken.client.get_cookie(name)
    assert cookie is not None
    from webapp.edge.browser import form_token

    token = form_token(shared_world.resources.config, cookie.value)
    assert (
        victim.post("/login", data={"email": "admin@a.example", "password": "blue tractor seven", "csrf_token": token}).status_code == 400
    )


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "{",
        "[]",
        "1",
        "null",
        '"x"',
        "{}",
        '{"output": 1}',
        '{"output": "nobody.children"}',
        '{"output": null, "inputs": []}',
        '{"output": {"a": 1}}',
    ],
)
def test_malformed_bodies_are_400(shared_world: World, raw: str) -> None:
    browser = shared_world.browser()
    answer = browser.post(CALLBACKS, data=raw, headers=browser.csrf, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize("part", ["output", "outputs", "inputs", "state", "changedPropIds"])
@pytest.mark.parametrize(
    "value", [None, 1, "x", [], {}, [None], [[]], [{}], [{"id": "x"}], [{"id": [], "property": 1}], {"id": 5, "property": "children"}]
)
def test_callbacks_with_a_wrong_part_are_400(shared_world: World, part: str, value: Any) -> None:
    browser = shared_world.browser()
    body = {**body_for(browser, shared_world), part: value}
    allowed = (200,) if part == "changedPropIds" and value == [] else (400,)
    assert browser.send(body).status_code in allowed, json.dumps(body)
    assert browser.send({key: item for key, item in body.items() if key != part}).status_code in (200, 400)


def wrong_outputs(sent: dict[str, Any]) -> Iterator[Any]:
    """What may stand in the place of an output that the page sends, and is not it."""
    name, prop = sent["id"], sent["property"]
    yield {**sent, "property": f"{prop}x"}
    yield {**sent, "id": f"{name}x" if isinstance(name, str) else str(name)}
    yield {**sent, "id": {"at": 1, "type": "x"}}
    yield [[sent]]
    if isinstance(name, dict):
        yield {**sent, "id": {**name, "more": 1}}
        for key in name:
            yield {**sent, "id": {other: value for other, value in name.items() if other != key}}


def test_outputs_that_are_not_the_callbacks_are_400(shared_world: World) -> None:
    browser, patterns = shared_world.browser(), 0
    for callback in browser.callbacks():
        body = payload(callback, f"/t/team-a/{shared_world.owned.dataset}")
        many = callback["output"].startswith("..")
        places = body["outputs"] if many else [body["outputs"]] if body["outputs"] else []
        for i, place in enumerate(places):
            several, sent = isinstance(place, list), place[0] if isinstance(place, list) else place
            patterns += isinstance(sent["id"], dict)
            for wrong in [*([each] if several else each for each in wrong_outputs(sent)), sent if several else [sent]]:
                outputs = [*places[:i], wrong, *places[i + 1 :]] if many else wrong
                assert browser.send({**body, "outputs": outputs}).status_code == 400, (callback["output"], outputs)
    assert patterns > 5


@pytest.mark.parametrize("name", [{"at": 1, "type": "x"}, {"at": 1}, {"at": "x", "type": "sample-go", "more": 1}, "sample-go"])
def test_an_output_that_does_not_match_its_pattern_is_400(shared_world: World, name: Any) -> None:
    browser = shared_world.browser()
    output = '{"at":["MATCH"],"type":"sample-go"}.data'
    callback = next(each for each in browser.callbacks() if each["output"] == output)
    body = payload(callback, f"/t/team-a/{shared_world.owned.dataset}")
    assert browser.send(body).status_code != 400
    assert browser.send({**body, "outputs": {"id": name, "property": "data"}}).status_code == 400


def test_callback_bodies_are_bounded(shared_world: World) -> None:
    browser = shared_world.browser()
    body = {**body_for(browser, shared_world), "padding": "x" * (5 << 20)}
    assert browser.send(body).status_code == 413
    assert browser.post(CALLBACKS, data="x", headers=browser.csrf, content_type="text/plain").status_code == 415


@pytest.mark.parametrize("path", [None, 1, {}, "", "/", "/login", "/t", "/t/team-b/../team-a", "//team-a", "/t/team-a\x00", "/t/\ud800"])
def test_a_callback_from_nowhere_finds_nothing(shared_world: World, path: Any) -> None:
    browser = shared_world.browser()
    answer = browser.send(payload(browser.callbacks()[0], path))
    assert answer.status_code in (400, 404), answer.status_code
