"""Explore in a browser: the address says what is shown, and the focus stays where somebody works by keyboard."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import PASSWORD, Workspace, picture, sign_in
from tests.webapp.exploring import explored_csv

pytestmark = pytest.mark.journey
VIEWER, MARKETER = "viewer@north.example", "marketer@north.example"


@pytest.fixture(scope="module")
def workspace(make_workspace: Callable[..., Workspace], tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Customers are there, segments are not."""
    made = make_workspace()
    file = tmp_path_factory.mktemp("file") / "customers.csv"
    file.write_text(explored_csv())
    made.run("migrate")
    for email, role in ((VIEWER, "viewer"), (MARKETER, "marketer")):
        made.run("user", "add", email, "--role", role, "--password-stdin", text=f"{PASSWORD}\n")
    made.run("import", str(file), "--dataset", "Customers")
    made.serve()
    return made


def open_explore(page: Page, workspace: Workspace, email: str = VIEWER) -> None:
    sign_in(page, workspace, email)
    page.get_by_role("link", name="Explore").click()
    expect(page.get_by_role("heading", name="Explore")).to_be_visible()


def test_a_marketer_moves_cut_points_and_shares_the_address(workspace: Workspace, open_page: Callable[..., Page]) -> None:
    page = open_page(workspace)
    open_explore(page, workspace, MARKETER)
    page.get_by_role("link", name="RFM").click()
    first = page.get_by_label("Days since last purchase, cut point 1")
    first.fill("7")
    first.press("Enter")
    expect(page.get_by_text("5: up to 7,")).to_be_visible()
    expect(first).to_be_focused()
    first.fill("99")
    page.get_by_role("button", name="Apply").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("must rise, but 99 is followed by")
    expect(first).to_be_focused()  # where it has to be put right
    address = page.url
    page.get_by_role("link", name="Back to fifths").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    page.goto(address)
    expect(page.get_by_label("Days since last purchase, cut point 1")).to_have_value("99")


def test_measures_are_walked_through_by_keyboard(workspace: Workspace, open_page: Callable[..., Page]) -> None:
    page = open_page(workspace)
    open_explore(page, workspace)
    page.get_by_role("link", name="Outcomes").click()
    city = page.get_by_role("link", name="City")
    city.focus()
    city.press("Enter")
    card = page.locator("#outcome-rates")
    expect(card).to_contain_text("City")
    expect(city).to_be_focused()
    card.get_by_role("button", name="Menu of the chart").click()
    card.get_by_text("View as table").click()
    expect(card.get_by_role("cell", name="York")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_tab_fits_a_phone(workspace: Workspace, open_page: Callable[..., Page], theme: str) -> None:
    page = open_page(workspace, theme=theme, width=390)
    sign_in(page, workspace, VIEWER)
    page.goto(f"{page.url.rstrip('/')}/explore")
    for tab in ("Distributions", "Outcomes", "RFM"):
        page.get_by_role("link", name=tab).click()
        expect(page.locator(".js-plotly-plot").first).to_be_visible()
        expect(page.get_by_role("heading", name=tab, exact=True)).to_be_attached()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        picture(page, f"explore-{tab.lower()}-{theme}")
