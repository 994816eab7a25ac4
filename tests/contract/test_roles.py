"""Every page, route, callback and API operation for every role, against what it declares: allowed is never 403, forbidden always is.

Everything is enumerated, so that what is added later is held to it too.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from werkzeug.routing import Rule

from tests.contract.browser import payload
from tests.contract.world import CANARY, World, actor_of
from webapp.app import PAGES
from webapp.edge import Door, callback_needs_of, needs_of, parse_path, token_needs_of, unit_of_work
from webapp.models import ApiToken, MemberRole, Membership, User
from webapp.services.access import Actor, Permission
from webapp.services.people.tokens import list_tokens, revoke_token
from webapp.services.people.users import change_role, disable_user, remove_member
from webapp.services.scheduling.schedules import add_schedule
from webapp.ui.page import find_page

ROLES = list(MemberRole)
LEAVES = ("/logout",)
"""Ends the session that asks, so it is tried elsewhere."""
FITTING = (200, 201, 202, 204, 302, 303, 400, 404, 405, 409, 413, 415, 422)
"""What an allowed request may come to, with the little that is sent along."""


def may(role: MemberRole, needs: Permission) -> bool:
    return Actor("x", "x", "x", "x", role).may(needs)


def check(status: int, allowed: bool, what: object) -> None:
    assert status in (FITTING if allowed else (403,)), (what, status, "allowed" if allowed else "forbidden")


def another_schedule(world: World) -> str:
    """One of team A's that may go, so that the others are asked about one that is there."""
    with unit_of_work(world.resources) as session:
        return add_schedule(
            session, actor_of(session, "admin@a.example", "team-a"), world.owned.dataset, kind="recluster", cron="0 7 * * 1"
        ).id


def built(world: World, rule: Rule, team: str = "team-a") -> str:
    """The rule's address with what team A owns; a rule with another part has to be given one here."""
    owned = world.owned
    known = {
        "team": team,
        "dataset": owned.dataset,
        "key": owned.segment,
        "import_id": owned.import_id,
        "job": owned.job,
        "schedule": another_schedule(world) if "DELETE" in (rule.methods or set()) else owned.schedule,
        "campaign": owned.campaign,
        "version": "1",
        "audience_id": owned.audience,
        "audience": owned.audience,
        "form": "csv",
    }
    return str(world.app.url_map.bind("localhost").build(rule.endpoint, {name: known[name] for name in rule.arguments}))


def rules(world: World, needs: type | None = None) -> Iterator[Rule]:
    declared = needs_of(world.app)
    for rule in world.app.url_map.iter_rules():
        if needs is None or isinstance(declared[rule.endpoint], needs):
            yield rule


@pytest.mark.parametrize("role", ROLES)
def test_every_page(shared_world: World, role: MemberRole) -> None:
    browser, opened = shared_world.browser("a", role), set()
    for path in shared_world.addresses():
        page = find_page(PAGES, parse_path(path.partition("?")[0]))
        if page is None:
            continue  # a file
        opened.add(page.name)
        answer = browser.get(path)
        check(answer.status_code, may(role, page.needs), path)
        assert may(role, page.needs) or CANARY not in answer.text
    assert opened == {page.name for page in PAGES}, "a page has no address in world.py"


@pytest.mark.parametrize("role", ROLES)
def test_every_route_of_a_team(shared_world: World, role: MemberRole) -> None:
    browser, seen = shared_world.browser("a", role), 0
    for rule in rules(shared_world, Permission):
        needs = needs_of(shared_world.app)[rule.endpoint]
        assert isinstance(needs, Permission)
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
            answer = browser.client.open(built(shared_world, rule), method=method, headers=browser.csrf)
            check(answer.status_code, may(role, needs), (method, rule.rule))
            assert may(role, needs) or CANARY not in answer.text
            seen += 1
    assert seen >= 4


@pytest.mark.parametrize("role", ROLES)
def test_routes_of_anybody_signed_in_refuse_no_role(shared_world: World, role: MemberRole) -> None:
    browser = shared_world.browser("a", role)
    for rule in shared_world.app.url_map.iter_rules():
        if needs_of(shared_world.app)[rule.endpoint] is Door.SIGNED_IN and not rule.arguments and rule.rule not in LEAVES:
            assert browser.get(rule.rule).status_code in (200, 302, 404, 405), rule.rule


@pytest.mark.parametrize("role", ROLES)
def test_every_callback(shared_world: World, role: MemberRole) -> None:
    """Wherever the page is that calls it."""
    browser, owned, declared = shared_world.browser("a", role), shared_world.owned, callback_needs_of(shared_world.app)
    callbacks = browser.callbacks()
    assert {callback["output"] for callback in callbacks} == set(declared)
    for callback in callbacks:
        allowed = may(role, declared[callback["output"]])
        for path in (f"/t/team-a/{owned.dataset}/segments/{owned.segment}", "/t/team-a/team"):
            answer = browser.send(payload(callback, path))
            check(answer.status_code, allowed, (callback["output"], path))
            assert allowed or CANARY not in answer.text


@pytest.mark.parametrize("role", ROLES)
def test_every_callback_of_another_team(shared_world: World, role: MemberRole) -> None:
    browser, owned = shared_world.browser("b", role), shared_world.owned
    for callback in browser.callbacks():
        for path in (f"/t/team-a/{owned.dataset}/segments/{owned.segment}", "/t/team-a/team"):
            answer = browser.send(payload(callback, path))
            assert answer.status_code == 404, (callback["output"], path)
            assert CANARY not in answer.text


def fitting(endpoint: str) -> dict[str, Any]:
    """What an operation takes, so that nothing but the role or the owner is in its way."""
    bodies = {
        "api_score_customers": {"customers": []},
        "api_create_campaign": {"name": "x", "channel": "post"},
        "api_tag_campaign": {"segment": "x"},
        "api_correct_lineage": {"version": 1, "segment": "x", "continues": None},
        "api_take_back_correction": {"version": 1, "segment": "x"},
        "api_promote": {"version": 1},
        "api_challenge": {"version": 1},
        "api_remove_version": {"version": 1},
        "api_add_schedule": {"kind": "recluster", "cron": "0 6 * * 1"},
    }
    if endpoint == "api_import_customers":
        return {"data": {"file": (BytesIO(b"ID\n1\n"), "x.csv")}, "content_type": "multipart/form-data"}
    return {"json": bodies.get(endpoint, {})}


@pytest.mark.parametrize("role", ROLES)
def test_every_operation_of_the_api(shared_world: World, role: MemberRole) -> None:
    declared, seen = token_needs_of(shared_world.app), 0
    for rule in shared_world.app.url_map.iter_rules():
        if rule.endpoint not in declared:
            continue
        for team in ("team-a", "team-b"):
            headers = {"Authorization": f"Bearer {shared_world.tokens[f'{team}/{role}']}"}
            for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
                sent = fitting(rule.endpoint) if method == "POST" else {}
                answer = shared_world.app.test_client().open(built(shared_world, rule), method=method, headers=headers, **sent)
                allowed = may(role, declared[rule.endpoint])
                check(answer.status_code, allowed, (team, method, rule.rule))
                if team == "team-b":
                    assert CANARY not in answer.text
                    assert answer.status_code == 404 or not allowed or not rule.arguments
                seen += 1
    assert seen >= 6
    assert {name for name, need in needs_of(shared_world.app).items() if need is Door.TOKEN} == set(declared)


def test_a_role_that_is_taken_away_counts_at_the_next_request(world: World) -> None:
    """In a page, a callback, a file and the API alike, even where the session goes on."""
    browser, owned = world.browser("a", "admin"), world.owned
    page, file = "/t/team-a/team", "/t/team-a/team/audit.csv"
    callback = next(entry for entry in browser.callbacks() if callback_needs_of(world.app)[entry["output"]] is Permission.MANAGE_TEAM)
    score = f"/api/v1/datasets/{owned.dataset}/score"
    token = {"Authorization": f"Bearer {world.tokens['team-a/analyst']}"}

    def statuses() -> list[int]:
        return [
            browser.get(page).status_code,
            browser.get(file).status_code,
            browser.send(payload(callback, page)).status_code,
            world.app.test_client().post(score, json={"customers": []}, headers=token).status_code,
        ]

    assert statuses() == [200, 200, 200, 200]
    with unit_of_work(world.resources) as session:
        user = actor_of(session, "admin@a.example", "team-a").user_id
        session.execute(update(Membership).where(Membership.user_id == user).values(role=MemberRole.VIEWER))
        session.execute(update(ApiToken).values(role=MemberRole.VIEWER))
    assert statuses() == [403, 403, 403, 403]
    router = next(entry for entry in browser.callbacks() if entry["output"].startswith("..page.children"))
    calm = browser.send(payload(router, page))
    assert calm.status_code == 200, "the frame of the product, with a calm page in it"
    assert "Go to Home" in calm.text
    with unit_of_work(world.resources) as session:
        session.execute(delete(Membership).where(Membership.user_id == user))
        session.execute(delete(ApiToken))
    assert statuses() == [404, 404, 404, 401]
    assert "You are in no team" in browser.get("/").text


@pytest.mark.parametrize("change", ["role", "removed", "disabled"])
def test_what_an_admin_does_to_a_member_ends_their_sessions(world: World, change: str) -> None:
    browser, owned = world.browser("a", "analyst"), world.owned
    callback, path = payload(browser.callbacks()[0], f"/t/team-a/{owned.dataset}"), f"/t/team-a/{owned.dataset}"
    file = f"{path}/segments/{owned.segment}/customers.csv"
    with unit_of_work(world.resources) as session:
        boss, email = actor_of(session, "admin@a.example", "team-a"), "analyst@a.example"
        if change == "role":
            change_role(session, boss, email, MemberRole.VIEWER)
        elif change == "removed":
            remove_member(session, boss, email)
        else:
            disable_user(session, boss, email)
    assert [browser.get(path).status_code, browser.get(file).status_code, browser.send(callback).status_code] == [302, 302, 401]


def test_a_revoked_token_is_refused_at_once(world: World) -> None:
    headers = {"Authorization": f"Bearer {world.tokens['team-a/viewer']}"}
    assert world.app.test_client().get("/api/v1/datasets", headers=headers).status_code == 200
    with unit_of_work(world.resources) as session:
        boss = actor_of(session, "admin@a.example", "team-a")
        for token in list_tokens(session, boss):
            revoke_token(session, boss, token.id)
    assert world.app.test_client().get("/api/v1/datasets", headers=headers).status_code == 401
    other = {"Authorization": f"Bearer {world.tokens['team-b/viewer']}"}
    assert world.app.test_client().get("/api/v1/datasets", headers=other).status_code == 200


def test_the_audit_file_of_a_team_names_nobody_of_another(world: World) -> None:
    text = world.browser("b").get("/t/team-b/team/audit.csv").text
    assert "b.example" in text
    assert "a.example" not in text
    assert CANARY not in text
    with unit_of_work(world.resources, read_only=True) as session:
        assert session.scalars(select(User.id)).first() is not None
