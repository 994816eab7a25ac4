"""Signing in, staying in and getting out, from outside; what processes share is tried with two servers on both databases."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from tests.contract.browser import PASSWORD, Browser, payload
from tests.contract.conftest import config_at
from tests.contract.world import World, actor_of
from webapp.app import create_app
from webapp.config import Config, ConfigError
from webapp.db import make_engine
from webapp.edge import Resources, open_resources, unit_of_work
from webapp.models import MemberRole, Membership, SignInAttempt, Team, User, UserSession
from webapp.services.access import operator
from webapp.services.people.invitations import list_own_invitations
from webapp.services.people.inviting import invite_user
from webapp.services.people.users import add_user, change_role, disable_user, ensure_team, remove_member, set_password

EMAIL = "mara@north.example"


@pytest.fixture
def workspace(resources: Resources) -> Resources:
    """One team with two admins, on either database."""
    with unit_of_work(resources) as session:
        boss = operator(ensure_team(session, "North Market"))
        add_user(session, boss, EMAIL, MemberRole.ADMIN, password=PASSWORD)
        add_user(session, boss, "second@north.example", MemberRole.ADMIN, password=PASSWORD)
    return resources


def is_in(browser: Browser) -> bool:
    return browser.get("/_dash-layout").status_code == 200


def kept(browser: Browser) -> Browser:
    """A copy of the browser's cookies, as a thief or a second tab would keep them."""
    copy = Browser(browser.app)
    for name in ("sc_session", "sc_csrf"):
        cookie = browser.client.get_cookie(name)
        assert cookie is not None
        copy.client.set_cookie(name, cookie.value)
    return copy


def test_eleventh_guess_waits_in_every_process_and_after_a_restart(workspace: Resources) -> None:
    first, second = Browser(create_app(resources=workspace)), Browser(create_app(resources=workspace))
    statuses = [(first, second)[turn % 2].sign_in(EMAIL, "wrong password").status_code for turn in range(10)]
    assert statuses == [401] * 10
    restarted = open_resources(workspace.config)
    late = Browser(create_app(resources=restarted))
    for password in ("wrong password", PASSWORD):
        answer = late.sign_in(EMAIL, password)
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 15 * 60
        assert "Try again in" in answer.text
    restarted.engine.dispose()
    owner = Browser(first.app, address="198.51.100.9")
    assert owner.sign_in(EMAIL).status_code == 303
    assert Browser(first.app).sign_in("second@north.example").status_code == 303


def test_guesses_at_once_do_not_outrun_the_count(workspace: Resources) -> None:
    app = create_app(resources=workspace)
    with ThreadPoolExecutor(8) as pool:
        statuses = Counter(pool.map(lambda _: Browser(app).sign_in(EMAIL, "wrong password").status_code, range(24)))
    assert statuses == {401: 10, 429: 14}


def test_a_whole_ipv6_network_is_one_address(workspace: Resources) -> None:
    app = create_app(resources=workspace)
    guesses = [Browser(app, address=f"2001:db8:1:2::{turn}").sign_in(EMAIL, "wrong password").status_code for turn in range(11)]
    assert guesses == [401] * 10 + [429]
    assert Browser(app, address="2001:db8:1:3::1").sign_in(EMAIL).status_code == 303


def test_one_address_cannot_try_every_account_and_one_account_not_be_tried_from_everywhere(workspace: Resources) -> None:
    strict = replace(workspace, config=replace(workspace.config, sign_in_attempts=1))
    app = create_app(resources=strict)
    assert [Browser(app).sign_in(f"user{turn}@north.example", "wrong").status_code for turn in range(11)] == [401] * 10 + [429]
    many = [Browser(app, address=f"192.0.2.{turn}").sign_in(EMAIL, "wrong").status_code for turn in range(11)]
    assert many == [401] * 10 + [429]


def test_right_password_forgets_the_wrong_ones_and_old_ones_expire(workspace: Resources) -> None:
    browser = Browser(create_app(resources=workspace))
    for _ in range(9):
        browser.sign_in(EMAIL, "wrong password")
    assert Browser(browser.app).sign_in(EMAIL).status_code == 303
    for _ in range(10):
        assert browser.sign_in(EMAIL, "wrong password").status_code == 401
    assert browser.sign_in(EMAIL).status_code == 429
    with unit_of_work(workspace) as session:
        session.execute(update(SignInAttempt).values(at=datetime.now(UTC) - timedelta(minutes=16)))
    assert Browser(browser.app).sign_in(EMAIL).status_code == 303
    with unit_of_work(workspace) as session:
        assert session.scalars(select(SignInAttempt)).all() == []


def test_guesses_are_stored_without_naming_anybody(workspace: Resources) -> None:
    browser = Browser(create_app(resources=workspace))
    browser.sign_in(EMAIL, "wrong password")
    with unit_of_work(workspace, read_only=True) as session:
        [row] = session.execute(select(SignInAttempt.account_hash, SignInAttempt.address_hash)).all()
    assert all(re.fullmatch(r"[0-9a-f]{64}", value) for value in row)
    for known in (EMAIL, browser.address):
        assert hashlib.sha256(known.encode()).hexdigest() not in row  # keyed: a list of accounts does not open it


def test_known_and_unknown_accounts_are_answered_alike(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from argon2 import PasswordHasher

    checked: list[str] = []
    verify = PasswordHasher.verify
    monkeypatch.setattr(PasswordHasher, "verify", lambda self, stored, password: checked.append(stored) or verify(self, stored, password))
    answers = []
    for email in ("admin@a.example", "nobody@a.example", "not an address", "\x00@a.example"):
        answer = world.stranger().sign_in(email, "wrong password")
        answers.append((answer.status_code, re.sub(r'value="[^"]*"|autofocus', "", answer.text)))
    assert len(set(answers)) == 1
    assert all(stored.startswith("$argon2id$") for stored in checked)
    assert len(checked) == 4  # the same work, so that time tells nothing either


def test_sign_in_takes_the_address_in_any_case_and_makes_a_new_id(world: World) -> None:
    browser = world.stranger()
    browser.client.set_cookie("sc_session", "chosen-by-somebody-else")
    assert browser.sign_in(" Admin@A.example ").status_code == 303
    first = browser.client.get_cookie("sc_session")
    assert first is not None
    assert first.value != "chosen-by-somebody-else"
    before = kept(browser)
    other = Browser(world.app)
    other.client.set_cookie("sc_session", first.value)
    other.client.set_cookie("sc_form", "x" * 32)
    assert other.get("/login").status_code == 302  # somebody signed in has nothing to do there
    assert is_in(before)


def test_signing_in_again_ends_the_session_before(world: World) -> None:
    browser = world.stranger()
    browser.get("/login")
    form = browser.get("/login").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', form)[1]  # type: ignore[index]
    form_cookie = browser.client.get_cookie("sc_form")
    assert form_cookie is not None
    fields = {"email": "admin@a.example", "password": PASSWORD, "csrf_token": token}
    assert browser.post("/login", data=fields).status_code == 303
    earlier = kept(browser)
    browser.client.set_cookie("sc_form", form_cookie.value)
    assert browser.post("/login", data=fields).status_code == 303
    assert is_in(browser)
    assert not is_in(earlier)


def test_cookies_of_a_session(world: World) -> None:
    answer = world.stranger().sign_in("admin@a.example")
    cookies = {cookie.split("=")[0]: cookie for cookie in answer.headers.getlist("Set-Cookie")}
    assert "HttpOnly" in cookies["sc_session"]
    assert "SameSite=Lax" in cookies["sc_session"]
    assert "HttpOnly" not in cookies["sc_csrf"]
    with unit_of_work(world.resources, read_only=True) as session:
        stored = " ".join(session.scalars(select(UserSession.id_hash)))
    assert cookies["sc_session"].split("=")[1].split(";")[0] not in stored


def test_a_cookie_kept_after_sign_out_is_dead(workspace: Resources) -> None:
    browser = Browser(create_app(resources=workspace))
    browser.sign_in(EMAIL)
    thief = kept(browser)
    callback = payload(thief.callbacks()[0], "/t/north-market")
    assert thief.send(callback).status_code == 200
    answer = browser.post("/logout", data={"csrf_token": browser.csrf["X-CSRFToken"]})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert browser.client.get_cookie("sc_session") is None
    assert thief.get("/t/north-market").status_code == 302
    assert thief.send(callback).status_code == 401
    assert not is_in(thief)


@pytest.mark.parametrize("change", ["password", "role", "disabled"])
def test_sessions_end_when_the_account_changes(workspace: Resources, change: str) -> None:
    browser = Browser(create_app(resources=workspace))
    browser.sign_in(EMAIL)
    callback = payload(browser.callbacks()[0], "/t/north-market")
    with unit_of_work(workspace) as session:
        boss = operator(session.scalars(select(Team)).one())
        if change == "password":
            set_password(session, session.scalars(select(User).where(User.email == EMAIL)).one(), "another long one")
        elif change == "role":
            change_role(session, boss, EMAIL, MemberRole.VIEWER)
        else:
            disable_user(session, boss, EMAIL)
    assert browser.send(callback).status_code == 401
    assert not is_in(browser)
    assert Browser(browser.app).sign_in(EMAIL).status_code == (303 if change == "role" else 401)


def test_a_disabled_user_is_out_even_where_the_session_was_not_ended(world: World) -> None:
    browser = world.browser("a", "viewer")
    with unit_of_work(world.resources) as session:
        session.execute(update(User).where(User.email == "viewer@a.example").values(disabled_at=datetime.now(UTC)))
    assert not is_in(browser)


def test_removed_members_and_changed_roles_count_at_the_next_request(world: World) -> None:
    browser, owned = world.browser("a", "analyst"), world.owned
    path = f"/t/team-a/{owned.dataset}/segments/{owned.segment}/customers.csv"
    assert browser.get(path).status_code in (200, 409)
    with unit_of_work(world.resources) as session:
        session.execute(update(Membership).where(Membership.role == "analyst").values(role="viewer"))
    assert browser.get(path).status_code == 403
    with unit_of_work(world.resources) as session:
        user = actor_of(session, "analyst@a.example", "team-a").user_id
        session.execute(delete(Membership).where(Membership.user_id == user))
    assert browser.get(path).status_code == 404
    assert browser.get("/").status_code == 403


def test_a_removed_member_is_signed_out(world: World) -> None:
    browser = world.browser("a", "marketer")
    with unit_of_work(world.resources) as session:
        remove_member(session, actor_of(session, "admin@a.example", "team-a"), "marketer@a.example")
    assert not is_in(browser)


@pytest.mark.parametrize(
    ("column", "minutes", "lives"), [("seen_at", -29, True), ("seen_at", -31, False), ("expires_at", 1, True), ("expires_at", -1, False)]
)
def test_sessions_idle_and_expire(world: World, column: str, minutes: int, lives: bool) -> None:
    browser = world.browser()
    with unit_of_work(world.resources) as session:
        session.execute(update(UserSession).values(**{column: datetime.now(UTC) + timedelta(minutes=minutes)}))
    assert is_in(browser) is lives


def seen(world: World) -> datetime:
    with unit_of_work(world.resources, read_only=True) as session:
        return session.scalars(select(UserSession.seen_at)).one()


def test_clicks_keep_a_session_and_are_noted_once_a_minute(world: World) -> None:
    browser = world.browser()
    at_sign_in = seen(world)
    browser.get("/_dash-layout")
    assert seen(world) == at_sign_in
    with unit_of_work(world.resources) as session:
        session.execute(update(UserSession).values(seen_at=at_sign_in - timedelta(minutes=20)))
    browser.get("/_dash-layout")
    assert seen(world) >= at_sign_in


def test_a_tab_that_refreshes_itself_does_not_keep_a_session(world: World) -> None:
    browser = world.browser()
    callback = payload(browser.callbacks()[0], "/t/team-a")
    earlier = seen(world) - timedelta(minutes=20)
    with unit_of_work(world.resources) as session:
        session.execute(update(UserSession).values(seen_at=earlier))
    for changed in (["tick.n_intervals"], ["pulse.data"]):
        assert browser.send({**callback, "changedPropIds": changed}).status_code == 200
        assert seen(world) == earlier
    browser.send(callback)
    assert seen(world) > earlier


def test_invitations_work_once(world: World) -> None:
    with unit_of_work(world.resources) as session:
        added = add_user(session, actor_of(session, "admin@a.example", "team-a"), "new@a.example", MemberRole.VIEWER)
    path = f"/invite/{added.invite_token}"
    browser, late = world.stranger(), world.stranger()
    page = browser.get(path)
    assert page.status_code == 200
    assert "team-a" not in page.text.lower()
    for password in ("short", "password1", "new@a.example"):
        assert browser.submit(path, name="New", password=password).status_code == 422
    late.get(path)
    assert browser.submit(path, name="New Person", password="green lamp of nine").status_code == 303
    assert browser.get(f"/t/team-a/{world.owned.dataset}").status_code == 200
    assert late.get(path).status_code == 404
    assert late.post(path, data={"name": "x", "password": "green lamp of nine"}).status_code == 404
    assert world.stranger().sign_in("new@a.example", "green lamp of nine").status_code == 303


def invited(world: World, email: str) -> str:
    """Team B invites; the path of the link."""
    with unit_of_work(world.resources) as session:
        return f"/invite/{invite_user(session, actor_of(session, 'admin@b.example', 'team-b'), email, MemberRole.MARKETER).token}"


def waiting(world: World, email: str) -> list[str]:
    with unit_of_work(world.resources, read_only=True) as session:
        user_id = session.scalars(select(User.id).where(User.email == email)).one()
        return [f"/invitations/{item.id}" for item in list_own_invitations(session, user_id)]


def test_who_has_an_account_answers_an_invitation_signed_in(world: World) -> None:
    email = "viewer@a.example"
    path, browser = invited(world, email), world.browser("a", "viewer")
    for page in (world.stranger().get(path), world.stranger().post(path, data={"name": "x", "password": "green lamp of nine"})):
        assert page.status_code == 200
        assert 'href="/login"' in page.text
        for secret in ("team-b", "team b", email, "password"):
            assert secret not in page.text.lower()
    assert browser.get("/t/team-b").status_code == 404, "no member before the answer"
    (answer,) = waiting(world, email)
    said = {"answer": "join", "csrf_token": browser.csrf["X-CSRFToken"]}
    assert world.stranger().post(answer, data=said).status_code in (302, 401)
    assert browser.post(answer, data={"answer": "join"}).status_code == 403
    assert browser.post(answer, data={**said, "answer": "perhaps"}).status_code == 400
    other = world.browser("a", "analyst")
    assert other.post(answer, data={**said, "csrf_token": other.csrf["X-CSRFToken"]}).status_code == 404
    assert browser.get(answer).status_code == 405
    assert browser.get("/t/team-b").status_code == 404
    assert browser.post(answer, data=said).headers["Location"].endswith("/t/team-b")
    assert browser.get("/t/team-b", follow_redirects=True).status_code == 200
    assert browser.get("/t/team-b/team").status_code == 403, "a marketer there"
    assert browser.post(answer, data=said).status_code == 404
    assert world.stranger().get(path).status_code == 404


def test_a_declined_invitation_is_dead(world: World) -> None:
    path, browser = invited(world, "viewer@a.example"), world.browser("a", "viewer")
    (answer,) = waiting(world, "viewer@a.example")
    said = {"answer": "decline", "next": "//evil.example", "csrf_token": browser.csrf["X-CSRFToken"]}
    assert browser.post(answer, data=said).headers["Location"] == "/"
    assert browser.post(answer, data={**said, "answer": "join"}).status_code == 404
    assert world.stranger().get(path).status_code == 404
    assert browser.get("/t/team-b").status_code == 404


def test_who_is_in_no_team_can_join_one_or_sign_out(world: World) -> None:
    email = "viewer@a.example"
    with unit_of_work(world.resources) as session:
        remove_member(session, actor_of(session, "admin@a.example", "team-a"), email)
    browser = world.stranger()
    browser.sign_in(email, PASSWORD)
    page = browser.get("/")
    assert page.status_code == 403
    assert "You are in no team" in page.text
    assert 'action="/logout"' in page.text
    invited(world, email)
    page = browser.get("/")
    (answer,) = waiting(world, email)
    assert f'action="{answer}"' in page.text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    assert browser.post(answer, data={"answer": "join", "csrf_token": token[1]}).status_code == 303
    assert browser.get("/", follow_redirects=True).status_code == 200
    assert browser.post("/logout", data={"csrf_token": token[1]}).status_code == 303
    assert browser.get("/t/team-b").status_code in (302, 401)


def test_passwords_are_argon2id_at_rest_and_pages_are_plain_forms(world: World) -> None:
    with unit_of_work(world.resources, read_only=True) as session:
        hashes = session.scalars(select(User.password_hash)).all()
    assert all(value and value.startswith("$argon2id$") for value in hashes)
    for path in ("/login",):
        assert "<script" not in world.stranger().get(path).text


@pytest.mark.parametrize("secret", ["", "changeme", "short", "a" * 40])
def test_a_bad_secret_stops_the_start(secret: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ConfigError, match=r"secret|SECRET"):
        Config.from_env({"SMARTCART_SECRET_KEY": secret}, folder=tmp_path)


def test_postgresql_with_an_old_schema_refuses_to_start(postgres_url: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    resources = open_resources(config_at(tmp_path, postgres_url))
    with pytest.raises(ConfigError, match="smartcart migrate"):
        create_app(resources=resources)
    resources.engine.dispose()


def test_sqlite_migrates_itself(tmp_path) -> None:  # type: ignore[no-untyped-def]
    app = create_app(config_at(tmp_path))
    assert Browser(app).get("/readyz").status_code == 200
    engine = make_engine(f"sqlite:///{tmp_path / 'smartcart.db'}")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM users").scalar_one() == 0  # no default account
    engine.dispose()
