"""Movement in a browser: two versions compared, who moved counted, and the customers of a flow taken along."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import PASSWORD, Workspace, picture, settled, sign_in
from tests.webapp.months import FILE, GROWN, consenting, later

pytestmark = pytest.mark.journey
ANALYST, MARKETER, VIEWER = "analyst@north.example", "marketer@north.example", "viewer@north.example"
COUNTED_MS = 120_000


@pytest.fixture(scope="module")
def workspace(make_workspace: Callable[..., Workspace], tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """January in version 1, February in versions 2 and 3; the champion is version 1."""
    made = make_workspace()
    folder = tmp_path_factory.mktemp("months")
    made.run("migrate")
    for email in (ANALYST, MARKETER, VIEWER):
        made.run("user", "add", email, "--role", email.partition("@")[0], "--password-stdin", text=f"{PASSWORD}\n")
    for name, text, ks in (("2026-01-31", consenting(FILE), ("3",)), ("2026-02-28", consenting(later(GROWN)), ("2", "4"))):
        file = folder / f"{name}.csv"
        file.write_text(text)
        made.run("import", str(file), "--dataset", "Customers", "--as-of", name)
        for k in ks:
            made.run("recluster", "--dataset", "customers", "--algorithm", "kmeans", "--k", k)
    made.serve()
    return made


def open_as(page: Page, workspace: Workspace, email: str, name: str) -> None:
    sign_in(page, workspace, email)
    page.get_by_role("link", name=name, exact=True).first.click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    settled(page)


def test_two_versions_are_compared_and_who_moved_is_counted_on_the_way(workspace: Workspace, open_page: Callable[..., Page]) -> None:
    page = open_page(workspace)
    open_as(page, workspace, MARKETER, "Compare")
    picture(page, "compare-uncounted")
    page.get_by_role("button", name="Count who moved").click()
    expect(page.get_by_role("heading", name=re.compile("of customers stay in their segment"))).to_be_visible(timeout=COUNTED_MS)
    expect(page.get_by_role("heading", name=re.compile("drifted beyond chance"))).to_be_visible()
    settled(page)
    expect(page.locator("#compare-flows .sankey-node")).not_to_have_count(0)
    picture(page, "compare")
    expect(page.locator(".sc-notices")).to_contain_text("Who moved is counted")  # the page is read again then, which closes menus
    page.get_by_role("button", name="Before v1").click()
    page.get_by_role("link", name="v2", exact=True).click()
    expect(page.get_by_text("every difference is the model's")).to_be_visible()
    page.get_by_role("link", name="Who moved", exact=True).click()
    expect(page.get_by_role("heading", name="Movement", exact=True)).to_be_visible()


def test_a_flow_is_looked_at_and_taken_along_where_consent_allows(
    workspace: Workspace, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page(workspace)
    open_as(page, workspace, MARKETER, "Movement")
    page.get_by_role("button", name="Count who moved").click()
    expect(page.get_by_role("heading", name=re.compile("customers joined or left", re.IGNORECASE)).first).to_be_visible(timeout=COUNTED_MS)
    settled(page)
    picture(page, "movement")
    page.get_by_role("link", name="Value", exact=True).click()
    expect(page.get_by_text("Change in spend by what made it")).to_be_visible()
    settled(page)
    picture(page, "movement-value")
    flows = page.locator("section", has=page.get_by_role("heading", name="Largest flows"))
    joined = flows.get_by_role("row").filter(has_text="Joined")
    expect(joined).to_contain_text("12")
    joined.get_by_role("link", name="See them").click()
    expect(page.get_by_role("heading", name="Customers", exact=True)).to_be_visible()
    expect(page.locator(".sc-filter-count")).to_have_text(re.compile("^12 of"))
    expect(page.get_by_role("button", name=re.compile("Then .*: not a customer"))).to_be_visible()
    settled(page)
    picture(page, "movement-flow")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Export CSV").click()
    taken.value.save_as(tmp_path / "flow.csv")
    rows = list(csv.DictReader((tmp_path / "flow.csv").open(encoding="utf-8-sig")))
    assert 0 < len(rows) < 12
    assert {row["consent"].casefold() for row in rows} <= {"yes", "given", "true"}


@pytest.mark.parametrize(("theme", "width"), [("dark", 1440), ("light", 390), ("dark", 390)])
def test_both_pages_in_either_theme_and_width(workspace: Workspace, open_page: Callable[..., Page], theme: str, width: int) -> None:
    page = open_page(workspace, theme=theme, width=width)
    sign_in(page, workspace, MARKETER)
    settled(page)
    home = page.url.rstrip("/")
    for name, path in (("compare", "compare?a=2&b=3"), ("movement", "movement?from=v1&to=s2"), ("compare-two", "compare?a=1&b=2")):
        page.goto(f"{home}/{path}")
        settled(page)
        picture(page, f"{name}-{theme}-{width}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), name


def test_rows_with_buttons_are_lists_on_a_phone(workspace: Workspace, open_page: Callable[..., Page]) -> None:
    page = open_page(workspace, width=390)
    sign_in(page, workspace, ANALYST)
    settled(page)
    home = page.url.rstrip("/")
    for path, tables in (("models", 2), ("movement?from=v1&to=s2", 1)):
        page.goto(f"{home}/{path}")
        settled(page)
        rows = page.locator(".sc-scroll:has(> .sc-listed)")
        expect(rows).to_have_count(tables)
        assert rows.evaluate_all("parts => parts.every(part => part.scrollWidth <= part.clientWidth)"), path
        rows.first.scroll_into_view_if_needed()
        picture(page, f"listed-{path.partition('?')[0]}")


def test_viewers_are_told_whom_to_ask(workspace: Workspace, open_page: Callable[..., Page]) -> None:
    page = open_page(workspace, expected="403")
    sign_in(page, workspace, VIEWER)
    settled(page)
    expect(page.get_by_role("link", name="Movement", exact=True)).to_have_count(0)
    page.goto(f"{page.url.rstrip('/')}/movement")
    expect(page.get_by_text("Movement is not for your role")).to_be_visible()
