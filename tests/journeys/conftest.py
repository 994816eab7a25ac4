"""The product as its users meet it: served by its own command, driven in Chromium, watched for every error."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Request, expect, sync_playwright

from tests.commands import run_commands, start_command
from tests.conftest import SECRET
from tests.hostile import Held, make_hostile_team
from webapp.config import Config
from webapp.edge import open_resources
from webapp.migrate import upgrade

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PASSWORD = "correct horse battery staple 7"
STARTUP_SECONDS = 90
SERVING = re.compile(r"Serving on (\S+)")
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Workspace:
    """A workspace of its own: the environment of its commands, and where it is served."""

    environment: dict[str, str]
    messages: Path
    url: str = ""
    process: BaseProcess | None = None

    def run(self, *arguments: str, text: str | None = None, code: int = 0) -> dict[str, Any]:
        """`smartcart ARGUMENTS --json`, its answer, and a check of its exit code."""
        (done,) = run_commands([[*arguments, "--json"]], self.environment, text=text or "", timeout=180)
        assert done.code == code, done.errors + done.output
        return json.loads(done.output)

    def serve(self) -> None:
        """Start web and worker, and wait until both are there."""
        self.process = start_command(["serve", "--with-worker", "--port", "0"], self.environment, self.messages)
        said = self._wait_for(lambda: SERVING.search((self.messages / "errors").read_text()))
        self.url = said[1]
        self._wait_for(self._is_ready)

    def _is_ready(self) -> bool:
        with urlopen(f"{self.url}/readyz", timeout=5) as answer:
            return bool(json.load(answer).get("worker") != "none")

    def _wait_for(self, look: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + STARTUP_SECONDS
        while time.monotonic() < deadline:
            with suppress(OSError):  # not there yet
                if found := look():
                    return found
            time.sleep(0.1)
        raise AssertionError(f"The server was not ready in time: {(self.messages / 'errors').read_text()}")

    def stop(self) -> None:
        """End it as an operator would; once is enough."""
        if self.process is not None and self.process.is_alive():
            self.process.terminate()
            self.process.join(60)
            assert self.process.exitcode is not None


# Not for the whole session: a process with the threads of a browser driver can start children only the slow way.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
    assert path, "`make test` installs Chromium"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_FLAGS))
        yield opened
        opened.close()


@contextmanager
def workspaces(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Workspace]]:
    """A factory of served workspaces; all are stopped at the end."""
    made: list[Workspace] = []

    def make(database_url: str | None = None) -> Workspace:
        folder = tmp_path_factory.mktemp("workspace")
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SMARTCART_")},
            "SMARTCART_SECRET_KEY": SECRET,
            "SMARTCART_DATABASE_URL": database_url or f"sqlite:///{folder}/smartcart.db",
            "SMARTCART_STORE": str(folder / "store"),
            "SMARTCART_PASSWORD_HASHES_AT_ONCE": "2",
        }
        workspace = Workspace(environment, tmp_path_factory.mktemp("messages"))
        made.append(workspace)
        return workspace

    try:
        yield make
    finally:
        for workspace in made:
            workspace.stop()


@pytest.fixture(scope="module")
def make_workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Workspace]]:
    """A factory of served workspaces, which are stopped with the module: a server and a worker at rest take time and memory too."""
    with workspaces(tmp_path_factory) as make:
        yield make


@dataclass(frozen=True)
class Team:
    """A served workspace with the hostile team in it: a member of each role, and one of everything there is."""

    workspace: Workspace
    held: Held

    def visit(self, page: Page, path: str) -> None:
        page.goto(f"{self.workspace.url}{path}")
        settled(page)

    def home(self) -> str:
        return f"/t/{self.held.team}/{self.held.dataset}"


@pytest.fixture(scope="package")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    with workspaces(tmp_path_factory) as make:
        yield _hostile_team(make())


def _hostile_team(made: Workspace) -> Team:
    resources = open_resources(Config.from_env(made.environment))
    upgrade(resources.engine)
    held = make_hostile_team(resources, PASSWORD)
    resources.engine.dispose()
    made.serve()
    return Team(made, held)


@dataclass
class Watch:
    """What a browser must never report while somebody uses the product."""

    url: str
    expected: str = ""
    problems: list[str] = field(default_factory=list)

    def attach(self, page: Page) -> None:
        page.on("console", lambda message: self._note(f"console: {message.text}") if message.type == "error" else None)
        page.on("pageerror", lambda error: self._note(f"script: {error}"))
        page.on("request", self._check_request)
        page.on("response", lambda answer: self._note(f"{answer.status} {answer.url}") if answer.status >= 500 else None)
        page.add_init_script(
            "addEventListener('securitypolicyviolation', e => console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI))"
        )

    def _note(self, problem: str) -> None:
        if not (self.expected and re.search(self.expected, problem)):
            self.problems.append(problem)

    def _check_request(self, request: Request) -> None:
        target = urlsplit(request.url)
        if target.scheme in ("http", "https") and f"{target.scheme}://{target.netloc}" != self.url:
            self.problems.append(f"foreign request: {request.url}")


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """A factory of watched pages: `open_page(workspace, theme="dark", width=390)`.

    The test fails on anything that they report, but for what matches the pattern `expected`.
    """
    contexts: list[BrowserContext] = []
    watches: list[Watch] = []

    def make(workspace: Workspace, *, theme: str = "light", width: int = 1440, expected: str = "") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, accept_downloads=True, has_touch=width < 768
        )  # type: ignore[arg-type]
        context.add_cookies([{"name": "sc_theme", "value": theme, "url": workspace.url}])
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        watch = Watch(workspace.url, expected)
        watch.attach(page)
        contexts.append(context)
        watches.append(watch)
        return page

    yield make
    for context in contexts:
        context.close()
    assert [problem for watch in watches for problem in watch.problems] == []


WAITING = "#page :is(.sc-waiting, [data-sc-reading], [data-dash-is-loading])"
UNTIL_SETTLED = """async ([waiting, patience]) => {
  const until = performance.now() + patience;
  const settled = () => document.querySelector("#page h1") && !document.querySelector(waiting);
  while (!settled() && performance.now() < until) await new Promise((again) => setTimeout(again, 40));
}"""


def settled(page: Page) -> None:
    """The page has its heading, and nothing on it waits any more."""
    with suppress(Error):  # the page may be left for another meanwhile
        page.evaluate(UNTIL_SETTLED, [WAITING, PATIENCE_MS])  # only to be early: `expect` looks once a second after the first ones
    expect(page.locator("#page h1").first).to_be_visible()
    expect(page.locator(WAITING)).to_have_count(0, timeout=3 * PATIENCE_MS)


def sign_in(page: Page, workspace: Workspace, email: str, password: str = PASSWORD) -> None:
    page.goto(f"{workspace.url}/login")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login" not in url)


PICTURES = os.environ.get("SMARTCART_TEST_PICTURES")


def picture(page: Page, name: str) -> None:
    """Keep a screenshot when SMARTCART_TEST_PICTURES names a folder (for looking at what was made)."""
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)
