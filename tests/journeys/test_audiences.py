"""Audiences in a browser: a flow is kept under a name, looked at, taken along, and found again as a filter of customers."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.accessible import violations
from tests.journeys.conftest import PASSWORD, Workspace, picture, settled, sign_in
from tests.webapp.months import FILE, GROWN, consenting, later

pytestmark = pytest.mark.journey
MARKETER, VIEWER = "marketer@north.example", "viewer@north.example"


@pytest.fixture(scope="module")
def workspace(make_workspace: Callable[..., Workspace], tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """January in version 1, February in version 2; who moved between them is counted."""
    made, folder = make_workspace(), tmp_path_factory.mktemp("months")
    made.run("migrate")
    for email in (MARKETER, VIEWER):
        made.run("user", "add", email, "--role", email.partition("@")[0], "--password-stdin", text=f"{PASSWORD}\n")
    for name, text, k in (("2026-01-31", consenting(FILE), "3"), ("2026-02-28", consenting(later(GROWN)), "2")):
        file = folder / f"{name}.csv"
        file.write_text(text)
        made.run("import", str(file), "--dataset", "Customers", "--as-of", name)
        made.run("recluster", "--dataset", "customers", "--algorithm", "kmeans", "--k", k)
    made.run("compare", "1", "2", "--dataset", "customers")
    made.serve()
    return made


def open_as(page: Page, workspace: Workspace, email: str) -> str:
    """Signed in; the address of the dataset's home."""
    sign_in(page, workspace, email)
    settled(page)
    return page.url.rstrip("/")


def test_a_flow_is_saved_looked_at_taken_along_and_filtered_by(
    workspace: Workspace, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page(workspace)
    home = open_as(page, workspace, MARKETER)
    page.goto(f"{home}/audiences")
    expect(page.get_by_role("heading", name="No audience yet")).to_be_visible()
    picture(page, "audiences-empty")
    page.locator("#main").get_by_role("link", name="Movement").click()
    expect(page.get_by_role("heading", name="Movement", exact=True)).to_be_visible()
    page.goto(f"{home}/movement?from=v1&to=v2")
    settled(page)
    flows = page.locator("section", has=page.get_by_role("heading", name="Largest flows"))
    row = flows.get_by_role("row").filter(has_not_text="Joined").nth(1)
    size = row.get_by_role("cell").nth(2).inner_text()
    row.get_by_role("link", name="Save").click()
    dialog = page.get_by_role("dialog", name="Save these customers as an audience")
    expect(dialog).to_contain_text(f"{size} customers: Then")
    expect(dialog.get_by_label("Name")).to_have_value(re.compile(r"^From .+ to .+, version 1 to 2$"))
    name = dialog.get_by_label("Name").input_value()
    picture(page, "audiences-save")
    dialog.get_by_label("Note").fill("For the spring catalogue.")
    dialog.get_by_role("button", name="Save the audience").click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    expect(page.locator(".sc-notices")).to_contain_text("is saved")
    expect(page.get_by_text("Where the champion placed them")).to_be_visible()
    settled(page)
    assert violations(page) == []
    picture(page, "audience")
    page.get_by_role("button", name="Download").click()
    with page.expect_download() as taken:
        page.locator(".dropdown-menu.show").get_by_text("CSV").click()
    taken.value.save_as(tmp_path / "flow.csv")
    rows = list(csv.DictReader((tmp_path / "flow.csv").open(encoding="utf-8-sig")))
    reachable = page.locator(".sc-tile", has_text="May be written to").locator(".sc-tile-figure").inner_text()
    assert len(rows) == int(reachable) < int(size)
    page.get_by_role("link", name="See customers").click()
    expect(page.locator(".sc-filter-count")).to_have_text(re.compile(f"^{size} of"))
    expect(page.get_by_role("button", name=f"Audience: {name}")).to_be_visible()
    link = page.url
    colleague = open_page(workspace)
    open_as(colleague, workspace, MARKETER)
    colleague.goto(link)
    expect(colleague.locator(".sc-filter-count")).to_have_text(re.compile(f"^{size} of"))


def test_a_selection_under_filters_is_saved_with_the_button_and_a_taken_name_is_said(
    workspace: Workspace, open_page: Callable[..., Page]
) -> None:
    page = open_page(workspace)
    home = open_as(page, workspace, MARKETER)
    for attempt in (1, 2):
        page.goto(f"{home}/customers?f=city~in~Leeds")
        settled(page)
        page.get_by_role("button", name="Save audience").click()
        dialog = page.get_by_role("dialog", name="Save these customers as an audience")
        dialog.get_by_label("Name").fill("Leeds")
        dialog.get_by_role("button", name="Save the audience").click()
        if attempt == 1:
            expect(page.get_by_role("heading", name="Leeds", exact=True)).to_be_visible()
    expect(dialog.get_by_text("audience of that name already")).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).not_to_be_visible()
    page.goto(f"{home}/customers?f=income~ge~9000000&save=1")
    expect(page.get_by_role("dialog").get_by_text("Nobody is left to save")).to_be_visible()
    expect(page.get_by_role("button", name="Save the audience")).to_be_disabled()


def test_an_audience_is_archived_and_brought_back(workspace: Workspace, open_page: Callable[..., Page]) -> None:
    workspace.run("audience", "save", "--name", "Everybody", "--everybody")
    page = open_page(workspace)
    home = open_as(page, workspace, MARKETER)
    page.goto(f"{home}/audiences")
    page.get_by_role("link", name="Everybody").click()
    page.get_by_role("button", name="Archive", exact=True).click()
    expect(page.get_by_role("button", name="Bring back")).to_be_visible()
    page.get_by_role("navigation", name="Main").first.get_by_role("link", name="Audiences").click()
    expect(page.get_by_role("heading", name="Audiences", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Everybody")).to_have_count(0)
    page.get_by_role("link", name=re.compile("^Archived")).click()
    page.get_by_role("link", name="Everybody").click()
    page.get_by_role("button", name="Bring back").click()
    expect(page.get_by_role("button", name="Archive", exact=True)).to_be_visible()


@pytest.mark.parametrize(("theme", "width"), [("dark", 1440), ("light", 390), ("dark", 390)])
def test_both_pages_in_either_theme_and_width(workspace: Workspace, open_page: Callable[..., Page], theme: str, width: int) -> None:
    made = workspace.run("audience", "save", "--name", f"Of {theme} {width}", "--filter", "city~in~York")
    page = open_page(workspace, theme=theme, width=width)
    home = open_as(page, workspace, MARKETER)
    for name, path in (("audiences", "audiences"), ("audience", f"audiences/{made['id']}"), ("audience-save", "customers?save=1")):
        page.goto(f"{home}/{path}")
        settled(page)
        picture(page, f"{name}-{theme}-{width}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), name


def test_viewers_read_what_there_is_without_people(workspace: Workspace, open_page: Callable[..., Page]) -> None:
    workspace.run("audience", "save", "--name", "For viewers", "--filter", "income~ge~60000")
    page = open_page(workspace)
    home = open_as(page, workspace, VIEWER)
    page.goto(f"{home}/audiences")
    page.get_by_role("link", name="For viewers").click()
    expect(page.get_by_role("heading", name="Where the champion placed them")).to_be_visible()
    settled(page)
    expect(page.get_by_text("it takes the marketer role")).to_be_visible()
    expect(page.get_by_text("Income")).to_have_count(0)
    expect(page.get_by_role("button", name="Download")).to_have_count(0)
    picture(page, "audience-viewer")
