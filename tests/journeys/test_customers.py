"""Customers in a browser: filters by keyboard, columns, an order that the address keeps, a row that leads to its customer."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import PASSWORD, Workspace, picture, sign_in
from tests.webapp.working import customers_csv

pytestmark = pytest.mark.journey
MARKETER, VIEWER = "marketer@north.example", "viewer@north.example"
ODD_KEY = 'a/b "<b>&'


@pytest.fixture(scope="module")
def workspace(make_workspace: Callable[..., Workspace], tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = make_workspace()
    file = tmp_path_factory.mktemp("file") / "customers.csv"
    header, first, *rows = customers_csv().splitlines()
    quoted = '"' + ODD_KEY.replace('"', '""') + '"'
    file.write_text("\n".join([header, f"{quoted},{first.partition(',')[2]}", *rows]) + "\n")
    made.run("migrate")
    for email in (MARKETER, VIEWER):
        made.run("user", "add", email, "--role", email.partition("@")[0], "--password-stdin", text=f"{PASSWORD}\n")
    made.run("import", str(file), "--dataset", "Customers")
    made.run("recluster", "--dataset", "customers", "--algorithm", "kmeans", "--k", "3")
    made.serve()
    return made


def open_customers(page: Page, workspace: Workspace) -> None:
    sign_in(page, workspace, MARKETER)
    page.get_by_role("link", name="Customers").first.click()
    expect(page.get_by_role("heading", name="Customers", exact=True)).to_be_visible()
    expect(page.locator(".sc-people .ag-row").first).to_be_visible()


def test_filters_are_made_and_removed_by_keyboard_and_a_link_shows_the_same(workspace: Workspace, open_page: Callable[..., Page]) -> None:
    page = open_page(workspace)
    open_customers(page, workspace)
    page.get_by_role("button", name="Income").press("Enter")
    expect(page.get_by_label("Column")).to_be_focused()
    page.get_by_label("Value").fill("much")
    page.get_by_label("Value").press("Enter")
    expect(page.get_by_role("alert").filter(has_text="Its value is no number.")).to_be_visible()
    page.get_by_label("Value").fill("40000")
    page.get_by_label("Value").press("Enter")
    expect(page.get_by_role("button", name="Income at least 40,000")).to_be_visible()
    expect(page.get_by_role("button", name="Filter", exact=True)).to_be_focused()
    counted = page.locator(".sc-filter-count").inner_text()
    assert counted != "180 of 180 customers"
    page.locator(".ag-header-cell[col-id=income]").click()
    expect(page).to_have_url(re.compile("sort=income"))
    address = page.url
    page.get_by_role("link", name="Remove the filter Income at least 40,000").press("Enter")
    expect(page.locator(".sc-filter-count")).to_have_text("180 of 180 customers")
    page.goto(address)
    expect(page.locator(".sc-filter-count")).to_have_text(counted)
    expect(page.locator(".ag-header-cell[col-id=income]")).to_have_attribute("aria-sort", "ascending")


def test_columns_search_and_a_row_that_leads_to_its_customer(workspace: Workspace, open_page: Callable[..., Page]) -> None:
    page = open_page(workspace)
    open_customers(page, workspace)
    page.get_by_role("button", name="Columns").click()
    page.get_by_label("Runner-up").check()
    page.get_by_role("button", name="Show these").click()
    expect(page.locator(".ag-header-cell[col-id=runner_up]")).to_be_attached()
    page.get_by_role("searchbox").fill("A/B")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator(".sc-filter-count")).to_have_text("1 of 180 customers")
    expect(page.get_by_role("searchbox")).to_be_focused()
    expect(page.locator(".sc-people .ag-cell[col-id=customer_key]")).to_have_text([ODD_KEY])
    page.locator(".sc-people .ag-row .ag-cell[col-id=income]").first.click()
    expect(page.get_by_role("heading", name=f"Customer {ODD_KEY}")).to_be_visible()
    expect(page.get_by_role("heading", name="Their segment in each version")).to_be_visible()


def test_a_viewer_is_told_who_may_see_customers(workspace: Workspace, open_page: Callable[..., Page]) -> None:
    page = open_page(workspace)
    sign_in(page, workspace, VIEWER)
    expect(page.get_by_role("link", name="Segments").first).to_be_visible()
    assert page.get_by_role("navigation", name="Main").get_by_role("link", name="Customers").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_both_pages_fit_a_phone(workspace: Workspace, open_page: Callable[..., Page], theme: str) -> None:
    page = open_page(workspace, theme=theme, width=390)
    sign_in(page, workspace, MARKETER)
    page.goto(f"{page.url.rstrip('/')}/customers?f=income~ge~20000")
    expect(page.locator(".sc-people-list > li")).to_have_count(25)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    picture(page, f"customers-390-{theme}")
    page.locator(".sc-people-list a").first.click()
    expect(page.get_by_role("heading", name="What is known of them")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    picture(page, f"customer-390-{theme}")
