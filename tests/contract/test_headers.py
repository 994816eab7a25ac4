"""What every answer carries, which hosts are answered, and where `next=` may lead."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace

import pytest

from tests.contract.browser import CALLBACKS, Browser
from tests.contract.world import World
from webapp.app import create_app
from webapp.edge import Resources
from webapp.edge.browser import next_page


def test_every_answer_carries_the_headers(shared_world: World) -> None:
    member, stranger = shared_world.browser(), shared_world.stranger()
    answers = [
        member.get(path)
        for path in (
            "/",
            "/t/team-a",
            "/nope",
            "/_dash-layout",
            "/logout",
            "/assets/tokens.css",
            "/assets/nope.css",
            *shared_world.addresses(),
        )
    ]
    answers += [
        stranger.get(path)
        for path in ("/", "/login", "/invite/x", "/healthz", "/readyz", "/api/v1/datasets", "/api/v1/nope", "/_dash-layout")
    ]
    answers += [member.post(CALLBACKS, json={}), member.post(CALLBACKS, data="{", headers=member.csrf, content_type="application/json")]
    answers += [stranger.get("/login", headers={"Host": "evil.example"})]
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-eval" not in policy
        assert "'unsafe-inline'" not in re.search(r"script-src [^;]*", policy)[0]  # type: ignore[index]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        if not answer.request.path.startswith("/assets/"):
            assert answer.headers["Cache-Control"] == "no-store"


def test_inline_scripts_of_the_page_are_the_ones_that_the_policy_names(shared_world: World) -> None:
    answer = shared_world.browser().get(f"/t/team-a/{shared_world.owned.dataset}/segments")
    inline = re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>(.*?)</script>", answer.text, re.DOTALL)
    assert inline
    for script in inline:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in answer.headers["Content-Security-Policy"]


def test_pages_name_no_other_host(shared_world: World) -> None:
    text = shared_world.browser().get(f"/t/team-a/{shared_world.owned.dataset}/segments").text + shared_world.stranger().get("/login").text
    assert not re.findall(r"""(?:src|href|action)=["'](?:https?:)?//[^"']+""", text)
    assert 'lang="en"' in text


def test_assets_are_kept_only_under_addresses_that_change(shared_world: World) -> None:
    browser = shared_world.stranger()
    [address] = re.findall(r'href="(/assets/tokens\.css\?v=\w+)"', browser.get("/login").text)
    assert "immutable" in browser.get(address).headers["Cache-Control"]
    assert browser.get("/assets/tokens.css").headers["Cache-Control"] == "no-cache"
    assert browser.get("/assets/nope.css?v=1").headers["Cache-Control"] == "no-store"
    for path in ("/assets/../config.py", "/assets/%2e%2e/config.py", "/assets/vendor/"):
        assert browser.get(path).status_code in (302, 404)


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "evil.example:8050", "localhost@evil.example", "localhost:port", ""]
)
@pytest.mark.parametrize("path", ["/login", "/", "/healthz", "/_dash-layout"])
def test_strange_hosts_are_400(shared_world: World, host: str, path: str) -> None:
    assert shared_world.stranger().get(path, headers={"Host": host}).status_code == 400


def served_at(resources: Resources, **changes: object) -> Browser:
    return Browser(create_app(resources=replace(resources, config=replace(resources.config, **changes))))  # type: ignore[arg-type]


def test_public_url_names_the_one_host(sqlite_resources: Resources) -> None:
    browser = served_at(sqlite_resources, public_url="https://segments.example")
    assert browser.get("/login", headers={"Host": "segments.example"}).status_code == 200
    for host in ("127.0.0.1", "localhost", "evil.example", "segments.example:8443"):
        assert browser.get("/login", headers={"Host": host}).status_code == 400
    assert browser.get("/healthz", headers={"Host": "127.0.0.1:8050"}).status_code == 200


def test_https_makes_cookies_secure_and_bound_to_the_host(sqlite_resources: Resources) -> None:
    browser = served_at(sqlite_resources, public_url="https://segments.example")
    answer = browser.get("/login", headers={"Host": "segments.example"})
    assert "Strict-Transport-Security" in answer.headers
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-sc_form=")
    assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
    assert "Domain" not in cookie


def test_forwarded_headers_count_only_behind_a_proxy(sqlite_resources: Resources) -> None:
    headers = {"Host": "localhost", "X-Forwarded-Host": "evil.example"}
    assert served_at(sqlite_resources).get("/login", headers=headers).status_code == 200
    assert served_at(sqlite_resources, trusted_proxies=1).get("/login", headers=headers).status_code == 400


@pytest.mark.parametrize(
    "wanted",
    [
        "//e",
        "/\\e",
        "%2f%2fe",
        "/%2fe",
        "/%5ce",
        "/%252fe",
        "https://e",
        "javascript:alert(1)",
        "\\\\e",
        "/\te",
        "/a\r\nb: c",
        "e",
        "/login",
        "/logout",
        "/a/\\e",
        "///e",
        "/ /e\x00",
    ],
)
def test_next_stays_here(shared_world: World, wanted: str) -> None:
    assert next_page(wanted) == "/"
    browser = shared_world.stranger()
    browser.get("/login", query_string={"next": wanted})
    answer = browser.sign_in(
        "admin@a.example",
        path="/login?"
        + "next="
        + wanted.replace("\r\n", "%0d%0a").replace("\t", "%09").replace("\x00", "%00").replace("\\", "%5c").replace(" ", "%20"),
    )
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/"


def test_next_leads_back_to_where_somebody_wanted_to_go(shared_world: World) -> None:
    stranger = shared_world.stranger()
    asked = stranger.get("/t/team-a/base/segments?v=2&tab=customers")
    answer = stranger.sign_in("admin@a.example", path=asked.headers["Location"])
    assert answer.headers["Location"] == "/t/team-a/base/segments?v=2&tab=customers"
