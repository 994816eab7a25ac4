"""New passwords, from outside: by an admin's link, and for oneself with the old one."""

from __future__ import annotations

import pytest

from tests.contract.browser import PASSWORD, Browser
from tests.contract.world import World, actor_of
from webapp.edge import unit_of_work
from webapp.models import MemberRole
from webapp.services.people.users import add_user, make_reset_link

NEW = "green lamp of nine"
EMAIL = "viewer@a.example"


def is_in(browser: Browser) -> bool:
    return browser.get("/_dash-layout").status_code == 200


def change(browser: Browser, current: str, password: str, where: str = "/t/team-a/account"):  # type: ignore[no-untyped-def]
    fields = {"current": current, "password": password, "next": where, "csrf_token": browser.csrf["X-CSRFToken"]}
    return browser.post("/password", data=fields)


def reset_link(world: World, email: str = EMAIL) -> str:
    with unit_of_work(world.resources) as session:
        return f"/reset/{make_reset_link(session, actor_of(session, 'admin@a.example', 'team-a'), email)}"


def test_a_new_password_signs_out_every_other_browser_and_not_this_one(world: World) -> None:
    here, there = world.browser("a", "viewer"), world.browser("a", "viewer")
    answer = change(here, PASSWORD, NEW)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/t/team-a/account?password=changed")
    assert is_in(here)
    assert not is_in(there)
    assert world.stranger().sign_in(EMAIL).status_code == 401
    assert world.stranger().sign_in(EMAIL, NEW).status_code == 303


@pytest.mark.parametrize(
    ("current", "password", "why"),
    [("wrong", NEW, "something else"), (PASSWORD, "short", "8 to 128"), (PASSWORD, "password1", "too easy"), ("", NEW, "something else")],
)
def test_what_is_refused_changes_nothing(world: World, current: str, password: str, why: str) -> None:
    here, there = world.browser("a", "viewer"), world.browser("a", "viewer")
    answer = change(here, current, password)
    assert answer.status_code == 422
    assert why in answer.text
    assert 'role="alert"' in answer.text
    assert is_in(here)
    assert is_in(there)
    assert world.stranger().sign_in(EMAIL).status_code == 303


def test_guessing_at_the_old_password_is_slowed_down_like_signing_in(world: World) -> None:
    """And counted together with it, so that a stolen tab is no way around."""
    browser, other = world.browser("a", "viewer"), world.browser("a", "viewer")
    assert [change(browser, "wrong", NEW).status_code for _ in range(10)] == [422] * 10
    answer = change(other, PASSWORD, NEW)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert world.stranger().sign_in(EMAIL).status_code == 429
    assert world.stranger().sign_in("marketer@a.example").status_code == 303


def test_a_poor_new_password_is_no_guess(world: World) -> None:
    browser = world.browser("a", "viewer")
    for _ in range(12):
        assert change(browser, PASSWORD, "short").status_code == 422
    assert change(browser, PASSWORD, NEW).status_code == 303


def test_changing_needs_a_session_and_its_token(world: World) -> None:
    assert world.stranger().post("/password", data={"current": PASSWORD, "password": NEW}).status_code in (302, 401)
    browser = world.browser("a", "viewer")
    assert browser.post("/password", data={"current": PASSWORD, "password": NEW}).status_code == 403
    assert browser.post("/password", data={"csrf_token": "x", "current": PASSWORD, "password": NEW}).status_code == 403
    assert change(browser, PASSWORD, NEW, where="//evil.example/x").headers["Location"] == "/?password=changed"


def test_the_plain_form_shows_no_team(world: World) -> None:
    page = world.browser("a", "viewer").get("/password?next=/t/team-a/account")
    assert page.status_code == 200
    assert "<script" not in page.text
    assert 'value="/t/team-a/account"' in page.text


def test_a_reset_link_works_once_and_signs_in(world: World) -> None:
    signed_in, thief = world.browser("a", "viewer"), world.stranger()
    path = reset_link(world)
    page = world.stranger().get(path)
    assert page.status_code == 200
    assert "team-a" not in page.text.lower()
    assert is_in(signed_in)
    owner = world.stranger()
    for poor in ("short", "password1", EMAIL):
        assert owner.submit(path, password=poor).status_code == 422
    assert is_in(signed_in), "what was refused ended nothing"
    thief.get(path)
    assert owner.submit(path, password=NEW).status_code == 303
    assert is_in(owner)
    assert not is_in(signed_in)
    assert thief.get(path).status_code == 404
    assert thief.post(path, data={"password": "another one of nine"}).status_code == 404
    assert world.stranger().sign_in(EMAIL, NEW).status_code == 303


def test_links_of_one_kind_open_nothing_of_the_other(world: World) -> None:
    with unit_of_work(world.resources) as session:
        invited = add_user(session, actor_of(session, "admin@a.example", "team-a"), "new@a.example", MemberRole.VIEWER).invite_token
    reset = reset_link(world).removeprefix("/reset/")
    for path in (f"/reset/{invited}", f"/invite/{reset}", "/reset/nothing", "/reset/%00"):
        assert world.stranger().get(path).status_code in (400, 404), path


def test_a_reset_form_needs_its_own_token(world: World) -> None:
    path = reset_link(world)
    assert world.stranger().post(path, data={"password": NEW}).status_code == 400
    assert world.stranger().get(path).status_code == 200, "it was not used up"
