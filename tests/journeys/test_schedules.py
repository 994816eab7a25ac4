"""Work that comes again, in the browser: add a schedule, see when it is next, run, change, pause and delete it; files in a folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import PASSWORD, Workspace, picture, settled, sign_in
from tests.webapp.working import customers_csv

ADMIN = "mara@north.example"
Open = Callable[..., Page]


@pytest.fixture
def workspace(make_workspace: Callable[..., Workspace], tmp_path: Path) -> Iterator[Workspace]:
    """A served workspace with an admin and 90 customers."""
    made = make_workspace()
    made.environment["SMARTCART_INBOX"] = str(tmp_path / "inbox")
    made.run("user", "add", ADMIN, "--role", "admin", "--team", "North Market", "--password-stdin", text=PASSWORD + "\n")
    (tmp_path / "customers.csv").write_text(customers_csv((30, 30, 30)))
    made.run("import", str(tmp_path / "customers.csv"), "--dataset", "Shop")
    made.serve()
    yield made
    made.stop()


@pytest.mark.journey
@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_work_is_scheduled_seen_run_and_let_go(workspace: Workspace, open_page: Open, theme: str, width: int) -> None:
    look = f"{theme}-{width}"
    page = open_page(workspace, theme=theme, width=width)
    sign_in(page, workspace, ADMIN)
    page.goto(f"{workspace.url}/t/north-market/shop/jobs")
    settled(page)
    expect(page.get_by_text("Nothing comes by itself yet")).to_be_visible()
    add_weekly(page, look)
    run_now(page, look)
    add_by_expression(page, look)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    change(page, look)
    pause_and_delete(page, look)


def add_weekly(page: Page, look: str) -> None:
    opener = page.get_by_role("button", name="New schedule")
    opener.click()
    preview = page.locator(".sc-preview")
    expect(preview).to_contain_text("Mondays at 06:00 (UTC)")
    page.locator("#schedule-weekday").select_option("5")
    page.locator("#schedule-at").fill("07:15")
    expect(preview).to_contain_text("Fridays at 07:15 (UTC)")
    expect(preview.locator("li")).to_have_text([re.compile(r"Friday, \d+ \w{3} \d{4}, 07:15")] * 3)
    picture(page, f"schedule-dialog-{look}")
    page.get_by_label("How many segments").select_option("3")
    page.get_by_role("button", name="Add the schedule").click()
    item = page.locator(".sc-schedules li")
    expect(item).to_contain_text(re.compile(r"Fridays at 07:15 \(UTC\), next \d+ \w{3} \d{4}"))
    expect(item).to_contain_text("Finds 3 segments. Method: K-means.")


def run_now(page: Page, look: str) -> None:
    item = page.locator(".sc-schedules li")
    item.get_by_role("button", name="Run now").click()
    expect(item).to_contain_text("Finding segments: version 1 Done", timeout=60_000)
    picture(page, f"schedules-{look}")
    page.goto(page.url.replace("/jobs", "/models"))
    settled(page)
    expect(page.get_by_role("button", name=re.compile("Promote")).first).to_be_visible()
    page.go_back()
    settled(page)


def add_by_expression(page: Page, look: str) -> None:
    page.get_by_role("button", name="New schedule").click()
    page.locator("#schedule-kind").select_option("import_folder")
    expect(page.get_by_text("Files go into north-market/shop")).to_be_visible()
    expect(page.get_by_label("How many segments")).to_be_hidden()
    page.get_by_label("How often").select_option("own")
    expression = page.get_by_label("Cron expression", exact=True)
    expression.fill("every day")
    page.get_by_role("button", name="Add the schedule").click()
    expect(page.locator(".sc-field-error", has_text="A cron expression has five parts")).to_be_visible()
    picture(page, f"schedule-refused-{look}")
    expression.fill("*/20 8-18 * * 1-5")
    expect(page.locator(".sc-preview li")).to_have_count(3)
    page.get_by_role("button", name="Add the schedule").click()
    expect(page.locator(".sc-schedules li")).to_have_count(2)


def change(page: Page, look: str) -> None:
    first = page.locator(".sc-schedules li").first
    first.get_by_role("button", name="Change").click()
    expect(page.get_by_role("heading", name="Change the schedule")).to_be_visible()
    expect(page.locator("#schedule-kind")).to_be_disabled()
    expect(page.locator("#schedule-at")).to_have_value("07:15")
    expect(page.get_by_label("How many segments")).to_have_value("3")
    preview = page.locator(".sc-preview")
    expect(preview).to_contain_text("Nothing is changed yet.")
    page.get_by_label("How often").select_option("day")
    page.get_by_label("How many segments").select_option("4")
    expect(preview).to_contain_text("Changes from Fridays at 07:15, 3 segments to Every day at 07:15, 4 segments.")
    picture(page, f"schedule-change-{look}")
    page.get_by_role("button", name="Save the changes").click()
    expect(first).to_contain_text("Every day at 07:15 (UTC)")
    expect(first).to_contain_text("Finds 4 segments.")
    page.get_by_role("button", name="New schedule").click()
    expect(page.get_by_role("heading", name="New schedule")).to_be_visible()
    expect(page.locator("#schedule-every")).to_have_value("week")
    expect(preview).not_to_contain_text("hange")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="New schedule")).to_be_hidden()


def pause_and_delete(page: Page, look: str) -> None:
    first = page.locator(".sc-schedules li").first
    first.get_by_role("button", name="Pause").click()
    expect(first.get_by_text("Paused")).to_be_visible()
    picture(page, f"schedules-paused-{look}")
    first.get_by_role("button", name="Resume").click()
    expect(first.get_by_text("Paused")).to_have_count(0)
    first.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Delete this schedule?")).to_be_visible()
    page.get_by_role("button", name="Delete it").click()
    expect(page.locator(".sc-schedules li")).to_have_count(1)
