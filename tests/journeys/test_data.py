"""Data in a browser: two snapshots are compared by keyboard, a column opens its details, and everything fits a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.accessible import violations
from tests.journeys.conftest import PASSWORD, Workspace, picture, settled, sign_in
from tests.webapp.exploring import explored_csv

pytestmark = pytest.mark.journey
VIEWER, MARKETER = "viewer@north.example", "marketer@north.example"


@pytest.fixture(scope="module")
def workspace(make_workspace: Callable[..., Workspace], tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Two snapshots, in whose second a word came that looks like markup."""
    made = make_workspace()
    made.run("migrate")
    for email, role in ((VIEWER, "viewer"), (MARKETER, "marketer")):
        made.run("user", "add", email, "--role", role, "--password-stdin", text=f"{PASSWORD}\n")
    folder = tmp_path_factory.mktemp("files")
    for name, text in (("first.csv", explored_csv(200)), ("second.csv", explored_csv(240, seed=2, city="<b>York</b>"))):
        (folder / name).write_text(text)
        made.run("import", str(folder / name), "--dataset", "Customers")
    made.serve()
    return made


def open_data(page: Page, workspace: Workspace, email: str) -> None:
    sign_in(page, workspace, email)
    page.goto(f"{page.url.rstrip('/')}/data")
    settled(page)


def test_snapshots_are_compared_and_columns_opened_by_keyboard(workspace: Workspace, open_page: Callable[..., Page]) -> None:
    page = open_page(workspace)
    open_data(page, workspace, MARKETER)
    city = page.get_by_role("link", name="City")
    city.focus()
    city.press("Enter")
    expect(page.locator("#column")).to_contain_text("City")
    expect(city).to_be_focused()
    page.get_by_role("link", name="Compare No. 1 with No. 2").press("Enter")
    expect(page.get_by_role("heading", name="40 customers are new")).to_be_visible()
    expect(page.get_by_text("<b>York</b>").first).to_be_visible()
    assert page.url.endswith("against=1")
    assert violations(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_part_fits_a_phone(workspace: Workspace, open_page: Callable[..., Page], theme: str) -> None:
    page = open_page(workspace, theme=theme, width=390)
    open_data(page, workspace, VIEWER)
    for tab in ("Quality", "Distributions", "Correlations", "What changed", "Imports"):
        page.get_by_role("link", name=tab).click()
        expect(page.get_by_role("heading", name=tab, exact=True)).to_be_attached()
        settled(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert violations(page) == []
        picture(page, f"data-{tab.lower().replace(' ', '-')}-{theme}")
