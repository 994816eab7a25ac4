"""The boundary: places, hosts, units of work, callbacks and what refusals become."""

from __future__ import annotations

import json

import pytest
from dash import Dash, Input, Output, html
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from segmentation.errors import SegmentationError
from tests.contract.browser import CALLBACKS, PASSWORD, Browser, payload
from tests.contract.conftest import cheap_hashes as cheap_hashes
from webapp.app import create_app
from webapp.config import Config
from webapp.edge import Callbacks, Display, Place, Resources, View, parse_path, unit_of_work
from webapp.edge.browser import host_is_ours, network_of, next_page
from webapp.models import AuditEvent, MemberRole, ModelVersion, Team
from webapp.services.access import Permission, operator
from webapp.services.audit import record_event
from webapp.services.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from webapp.services.people.users import add_user, ensure_team
from webapp.store import StoreError


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/t/north", Place("north")),
        ("/t/north/new", Place("north", page="new")),
        ("/t/north/customers", Place("north", "customers")),
        ("/t/north/customers/segments", Place("north", "customers", "segments")),
        ("/t/north/customers/segments/k1", Place("north", "customers", "segments", "k1")),
        *((path, None) for path in ("", "/", "/t", "/t/", "/t//x", "/x/north", "/t/north/", "/t/a/b/c/d/e", "t//", "//t/north")),
    ],
)
def test_addresses_speak_of_places(path: str, place: Place | None) -> None:
    assert parse_path(path) == place


def test_a_query_is_part_of_a_place() -> None:
    place = parse_path("/t/north/customers/segments", "?v=3&tab=customers")
    assert place is not None
    assert place.query == {"v": "3", "tab": "customers"}


@pytest.mark.parametrize(
    ("cookies", "display"),
    [
        ({}, Display()),
        ({"sc_theme": "dark", "sc_narrow": "1"}, Display("dark", True)),
        ({"sc_theme": '"><script>', "sc_narrow": "x"}, Display()),
    ],
)
def test_display_comes_from_cookies(cookies: dict[str, str], display: Display) -> None:
    assert Display.from_cookies(cookies) == display


@given(st.text())
def test_next_is_here_whatever_it_says(wanted: str) -> None:
    where = next_page(wanted)
    assert where.startswith("/")
    assert not where.startswith(("//", "/\\"))


@pytest.mark.parametrize(
    ("config", "host", "ours"),
    [
        (Config(), "127.0.0.1:8050", True),
        (Config(), "localhost", True),
        (Config(), "[::1]:80", True),
        (Config(), "10.0.0.7", False),
        (Config(host="0.0.0.0"), "10.0.0.7:8050", True),
        (Config(host="0.0.0.0"), "evil.example", False),
        (Config(host="inner.example"), "inner.example:8050", True),
        (Config(public_url="https://a.example"), "a.example", True),
        (Config(public_url="https://a.example"), "A.example", True),
        (Config(public_url="https://a.example"), "a.example.evil.example", False),
        (Config(public_url="https://a.example"), "localhost", False),
    ],
)
def test_hosts(config: Config, host: str, ours: bool) -> None:
    assert host_is_ours(config, host) is ours


@pytest.mark.parametrize(
    ("address", "network"), [("192.0.2.1", "192.0.2.1"), ("2001:db8::1", "2001:db8::/64"), (None, ""), ("unix", "unix")]
)
def test_guesses_are_counted_by_network(address: str | None, network: str) -> None:
    assert network_of(address) == network


def test_a_unit_of_work_commits_once_and_rolls_back_when_it_raises(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        ensure_team(session, "North Market")
    with pytest.raises(ZeroDivisionError), unit_of_work(resources) as session:  # noqa: PT012 - what fails is the block
        ensure_team(session, "South Market")
        _ = 1 / 0
    with unit_of_work(resources, read_only=True) as session:
        ensure_team(session, "West Market")
    with unit_of_work(resources, read_only=True) as session:
        assert [team.slug for team in session.query(Team)] == ["north-market"]


class Served:
    """A server with one more callback, `body`, in it."""

    def __init__(
        self, resources: Resources, monkeypatch: pytest.MonkeyPatch, *, needs: Permission = Permission.VIEW, writes: bool = False
    ) -> None:
        from webapp import app as composition

        self.said: list[str] = []
        self.views: list[View] = []
        register = composition.shell.register

        def add(callbacks: Callbacks, pages: object) -> None:
            register(callbacks, pages)  # type: ignore[arg-type]
            callbacks.notify = self.said.append

            @callbacks.on(Output("probe", "children"), Input("probe", "title"), needs=needs, writes=writes)
            def probe(view: View, title: str) -> str:
                self.views.append(view)
                return self.body(view, title)

        monkeypatch.setattr(composition.shell, "register", add)
        with unit_of_work(resources) as session:
            boss = operator(ensure_team(session, "North Market"))
            for role in ("viewer", "admin"):
                add_user(session, boss, f"{role}@north.example", MemberRole(role), password=PASSWORD)
        self.app: Flask = create_app(resources=resources)

    def body(self, view: View, title: str) -> str:
        return f"{title} of {view.actor.name}"

    def call(self, role: str = "admin", path: str = "/t/north-market/x/segments/k", search: str = "?v=2"):  # type: ignore[no-untyped-def]
        browser = Browser(self.app)
        browser.sign_in(f"{role}@north.example")
        browser.client.set_cookie("sc_theme", "dark")
        [callback] = [entry for entry in browser.callbacks() if entry["output"] == "probe.children"]
        return browser.post(CALLBACKS, json=payload(callback, path, search=search, value="title"), headers=browser.csrf)


def test_a_body_gets_the_view_and_its_values(sqlite_resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    served = Served(sqlite_resources, monkeypatch)
    assert served.call().json["response"]["probe"]["children"] == "title of admin@north.example"
    [view] = served.views
    assert (view.dataset, view.page, view.item, view.query, view.display.theme) == ("x", "segments", "k", {"v": "2"}, "dark")


def test_a_callback_asks_for_its_permission(sqlite_resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    served = Served(sqlite_resources, monkeypatch, needs=Permission.MANAGE_TEAM)
    assert served.call("viewer").status_code == 403
    assert served.views == []
    assert served.call("admin").status_code == 200
    assert served.call("admin", "/t/south-market").status_code == 404


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFound("gone"), 404),
        (Forbidden("no"), 403),
        (Invalid("bad"), 422),
        (Conflict("first"), 409),
        (TooMany("slow"), 429),
        (SegmentationError("few"), 422),
        (TypeError(), 400),
        (RecursionError(), 400),
        (StoreError("The stored snapshot is damaged."), 503),
        (RuntimeError("secret"), 500),
    ],
)
def test_refusals_of_a_reading_callback(
    sqlite_resources: Resources, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    served = Served(sqlite_resources, monkeypatch)

    def fail(view: View, title: str) -> str:
        raise error

    monkeypatch.setattr(served, "body", fail)
    answer = served.call()
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert "Traceback" not in answer.text
    assert "secret" not in answer.text
    assert ("reference" in answer.json) is (status == 500)


@pytest.mark.parametrize(
    ("error", "status"),
    [(NotFound("gone"), 404), (Forbidden("no"), 403), (Invalid("bad"), 200), (Conflict("first"), 200), (StoreError("gone"), 200)],
)
def test_refusals_of_a_writing_callback_are_notices_and_change_nothing(
    sqlite_resources: Resources, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    served = Served(sqlite_resources, monkeypatch, writes=True)

    def fail(view: View, title: str) -> str:
        record_event(view.session, view.actor, "probe.done")
        view.session.flush()
        raise error

    monkeypatch.setattr(served, "body", fail)
    answer = served.call()
    assert answer.status_code == status
    assert served.said == ([str(error)] if status == 200 else [])
    with unit_of_work(sqlite_resources, read_only=True) as session:
        assert not session.query(AuditEvent).filter_by(action="probe.done").all()


def test_numbers_that_no_database_holds_are_unreadable(sqlite_resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    served = Served(sqlite_resources, monkeypatch)

    def find(view: View, title: str) -> str:
        return str(view.session.query(ModelVersion).filter_by(number=int(view.query["v"])).all())

    monkeypatch.setattr(served, "body", find)
    assert served.call(search="?v=7").status_code == 200
    assert served.call(search=f"?v={10**30}").status_code == 400


@pytest.mark.parametrize("depth", [300, 900, 100_000])
def test_a_body_nested_too_deeply_is_unreadable(sqlite_resources: Resources, monkeypatch: pytest.MonkeyPatch, depth: int) -> None:
    served = Served(sqlite_resources, monkeypatch)
    browser = Browser(served.app)
    browser.sign_in("admin@north.example")
    [callback] = [entry for entry in browser.callbacks() if entry["output"] == "probe.children"]
    nested = "[" * depth + "]" * depth
    whole = json.dumps(payload(callback, "/t/north-market", value="deep")).replace('"deep"', nested)
    for body in (nested, whole):
        answer = browser.post(CALLBACKS, data=body, content_type="application/json", headers=browser.csrf)
        assert answer.status_code == 400 or (body == whole and depth < 1000 and answer.status_code == 200)


@pytest.mark.parametrize("path", ["os/x.js", "dash/__init__.py", "dash/dash.py", "dash/no-such.v1m1.js", "dash_ag_grid/../dash/dash.py"])
def test_scripts_that_are_not_served_are_not_there(
    sqlite_resources: Resources, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    browser = Browser(Served(sqlite_resources, monkeypatch).app)
    browser.sign_in("admin@north.example")
    for method in (browser.get, browser.client.head):
        assert method(f"/_dash-component-suites/{path}").status_code == 404
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("writes", [False, True])
def test_only_writing_callbacks_write(sqlite_resources: Resources, monkeypatch: pytest.MonkeyPatch, writes: bool) -> None:
    served = Served(sqlite_resources, monkeypatch, writes=writes)

    def body(view: View, title: str) -> str:
        record_event(view.session, view.actor, "probe.done")
        return title

    monkeypatch.setattr(served, "body", body)
    assert served.call().status_code == 200
    with unit_of_work(sqlite_resources, read_only=True) as session:
        assert bool(session.query(AuditEvent).filter_by(action="probe.done").all()) is writes


def test_two_servers_in_one_process_have_their_own_callbacks(sqlite_resources: Resources) -> None:
    first, second = Dash("first"), Dash("second")
    first.layout = second.layout = html.Div()
    Callbacks(first, sqlite_resources).on(Output("a", "children"), Input("b", "value"), needs=Permission.VIEW)(lambda view, value: value)
    assert set(first.callback_map) == {"a.children"}
    assert set(second.callback_map) == set()
