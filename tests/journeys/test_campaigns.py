"""Campaigns in a browser: planned from a link, changed, copied, set aside; found again in the calendar; looked at by a viewer."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import PASSWORD, Workspace, picture, sign_in
from tests.webapp.working import customers_csv

pytestmark = pytest.mark.journey
MARKETER, VIEWER = "marketer@north.example", "viewer@north.example"
HOME = "/t/my-team/customers"
ODD = "Plan <b>one</b> 🎄"


@pytest.fixture(scope="module")
def workspace(make_workspace: Callable[..., Workspace], tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Three segments, and no campaign."""
    made = make_workspace()
    file = tmp_path_factory.mktemp("file") / "customers.csv"
    file.write_text(customers_csv())
    made.run("migrate")
    for who in (MARKETER, VIEWER):
        made.run("user", "add", who, "--role", who.partition("@")[0], "--password-stdin", text=f"{PASSWORD}\n")
    made.run("import", str(file), "--dataset", "Customers")
    made.run("recluster", "--k", "3", "--promote")
    made.serve()
    return made


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_a_campaign_from_its_plan_to_the_archive(workspace: Workspace, open_page: Callable[..., Page], theme: str, width: int) -> None:
    page, name = open_page(workspace, theme=theme, width=width), f"{ODD} {width}"
    segment = workspace.run("segments")["segments"][0]
    sign_in(page, workspace, MARKETER)
    page.goto(f"{workspace.url}{HOME}/campaigns?new=1&segment={segment['key']}&name={name}")
    plan(page, name, segment["name"])
    picture(page, f"campaign-{theme}-{width}")
    change(page)
    copy_and_delete(page, name)
    page.goto(f"{workspace.url}{HOME}/campaigns?tab=calendar&month=2026-12")
    expect(page.get_by_role("link", name=name).first).to_be_visible()
    picture(page, f"calendar-{theme}-{width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("link", name=re.compile("^Later")).click()
    expect(page.get_by_role("heading", name="No campaign in January")).to_be_visible()


def plan(page: Page, name: str, segment: str) -> None:
    """The dialog is filled, says what is wrong at its field, and leads to the campaign."""
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Name")).to_have_value(name)
    expect(dialog.get_by_label("Name")).to_be_focused()
    expect(dialog.get_by_role("checkbox", name=segment)).to_be_checked()
    dialog.get_by_label("First day").fill("2026-12-10")
    dialog.get_by_label("Last day").fill("2026-12-01")
    dialog.get_by_role("button", name="Create the campaign").click()
    expect(dialog.get_by_text("ends before it starts")).to_be_visible()
    dialog.get_by_label("Last day").fill("2026-12-20")
    dialog.get_by_label("Note").press_sequentially("first")
    dialog.get_by_label("Note").press("Enter")
    dialog.get_by_label("Note").press_sequentially("second")
    dialog.get_by_role("button", name="Create the campaign").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.get_by_label("Note")).to_have_value("first\nsecond")
    expect(page.get_by_text("customers in 1 segment")).to_be_visible()


def change(page: Page) -> None:
    """Details, tags, archive and back; the history keeps up."""
    page.get_by_label("Status").select_option("planned")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Changed status from Draft to Planned")).to_be_visible()
    page.get_by_role("button", name="Tag segment").click()
    expect(page.get_by_text("customers in 2 segments, nobody twice")).to_be_visible()
    page.get_by_role("button", name="Archive").click()
    page.get_by_role("button", name="Bring back").click()
    expect(page.get_by_role("button", name="Archive")).to_be_visible()
    expect(page.get_by_text("Brought it back")).to_be_visible()


def copy_and_delete(page: Page, name: str) -> None:
    """A copy has the tags; without them it can go."""
    page.get_by_role("button", name="Duplicate").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{name} (copy)")
    for left in (1, 0):
        page.get_by_role("button", name=re.compile("^Remove the tag of")).first.click()
        page.get_by_role("dialog").get_by_role("button", name="Remove the tag").click()
        expect(page.get_by_role("button", name=re.compile("^Remove the tag of"))).to_have_count(left)
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete the draft").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Campaigns")
    expect(page.get_by_role("link", name=f"{name} (copy)")).to_have_count(0)


def test_a_viewer_reads_campaigns_and_is_offered_nothing(workspace: Workspace, open_page: Callable[..., Page]) -> None:
    workspace.run("campaign", "add", "--name", "For readers", "--starts-on", "2026-12-24", "--note", "by hand")
    page = open_page(workspace)
    sign_in(page, workspace, VIEWER)
    page.goto(f"{workspace.url}{HOME}/campaigns?new=1&name=X")
    page.get_by_role("link", name="For readers").click()
    expect(page.get_by_text("by hand")).to_be_visible()
    expect(page.get_by_text("Created it")).to_be_visible()
    for forbidden in ("Save changes", "Archive", "Duplicate", "Delete", "New campaign", "Tag segment"):
        expect(page.get_by_role("button", name=forbidden)).to_have_count(0)
