"""Nobody gets past the door without a session, whatever is added later: routes and callbacks are enumerated."""

from __future__ import annotations

import pytest

from tests.contract.browser import CALLBACKS, payload
from tests.contract.world import CANARY, World
from webapp.edge import Door, check_declarations, needs_of

PUBLIC = {"login", "invite", "reset", "healthz", "readyz", "_dash_assets.static"}
SAMPLES = {
    "team": "team-a",
    "dataset": "base",
    "key": "x",
    "import_id": "x",
    "token": "x",
    "path": "t/team-a",
    "filename": "tokens.css",
    "form": "csv",
}


def addresses(world: World) -> list[tuple[str, str, str]]:
    """(method, path, endpoint) of every rule, with plausible parts."""
    found = []
    for rule in world.app.url_map.iter_rules():
        parts = {name: SAMPLES.get(name, "x") for name in rule.arguments}
        path = world.app.url_map.bind("localhost").build(rule.endpoint, parts)
        found += [(method, path, rule.endpoint) for method in (rule.methods or set()) - {"OPTIONS"}]
    return found


def test_every_route_without_a_session_answers_302_or_401(shared_world: World) -> None:
    seen = 0
    for method, path, endpoint in addresses(shared_world):
        if endpoint in PUBLIC:
            continue
        seen += 1
        answer = shared_world.stranger().client.open(path, method=method)
        assert answer.status_code in (302, 401), (method, path, answer.status_code)
        if answer.status_code == 302:
            assert method in ("GET", "HEAD")
            assert answer.headers["Location"].startswith("/login")
        assert CANARY not in answer.text
    assert seen > 15


def test_public_list_is_short(shared_world: World) -> None:
    public = {endpoint for endpoint, need in needs_of(shared_world.app).items() if need is Door.OPEN}
    assert public == PUBLIC
    assert len(public) <= 6


def test_every_callback_without_a_session_is_401(shared_world: World) -> None:
    callbacks = shared_world.browser().callbacks()
    assert len(callbacks) > 20
    for callback in callbacks:
        body = payload(callback, f"/t/team-a/{shared_world.owned.dataset}")
        assert shared_world.stranger().post(CALLBACKS, json=body).status_code == 401, callback["output"]


def test_no_verb_opens_anything_without_a_session(shared_world: World) -> None:
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"):
        for path in ("/t/team-a", "/_dash-layout", CALLBACKS, "/api/v1/datasets"):
            assert shared_world.stranger().client.open(path, method=method).status_code == 401, (method, path)


def test_unknown_addresses_do_not_tell_strangers_that_they_are_unknown(shared_world: World) -> None:
    known, unknown = (shared_world.stranger().get(path) for path in ("/t/team-a", "/t/no-such-team"))
    assert (known.status_code, unknown.status_code) == (302, 302)


def test_a_route_that_declares_nothing_stops_the_start(shared_world: World) -> None:
    from flask import Flask

    server = Flask("undeclared", static_folder=None)
    server.add_url_rule("/open", view_func=lambda: "open", endpoint="forgotten")
    with pytest.raises(RuntimeError, match="forgotten"):
        check_declarations(server)


def test_a_callback_that_declares_nothing_stops_the_start(shared_world: World) -> None:
    from dash import Dash, Input, Output

    from webapp.edge import Callbacks

    dash = Dash("undeclared")
    callbacks = Callbacks(dash, shared_world.resources)
    callbacks.check_declarations()
    dash.callback(Output("a", "children"), Input("b", "value"))(lambda value: value)
    with pytest.raises(RuntimeError, match=r"a\.children"):
        callbacks.check_declarations()


def test_signed_in_visitors_get_404_and_405_where_they_belong(shared_world: World) -> None:
    browser = shared_world.browser()
    for path in ("/nope", "/t", "/t/team-a/base/nope", "/t/team-a/", "/t/team-a/no-such-dataset", "/t/team-a/a/b/c/d/e", "/favicon.ico"):
        assert browser.get(path).status_code == 404, path
    for path in ("/logout", "/t/team-a/uploads", CALLBACKS):
        answer = browser.get(path)
        assert answer.status_code == 405, path
        assert "POST" in answer.headers["Allow"]
    assert browser.post("/t/team-a", headers=browser.csrf).status_code == 405


def test_start_page_leads_to_the_first_team(shared_world: World) -> None:
    answer = shared_world.browser().get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/t/team-a")


def test_an_address_of_the_api_that_does_not_exist_is_404_for_programs(shared_world: World) -> None:
    """Any GET fits the pages' catch-all, which would speak of a session that ended."""
    token = {"Authorization": f"Bearer {shared_world.tokens['team-a/admin']}"}
    for headers, status in ((token, 404), ({}, 401)):
        answer = shared_world.app.test_client().get("/api/v1/nope", headers=headers)
        assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
