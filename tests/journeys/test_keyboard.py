"""The main ways through the product without a pointer."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.hostile import markup
from tests.journeys.conftest import PASSWORD, Team, settled
from webapp.app import PAGES

pytestmark = pytest.mark.journey
Open = Callable[..., Page]
MANY = 120


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until `target` has the focus; it fails where Tab never comes there."""
    for _ in range(MANY):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {target}")


def sign_in_by_keyboard(page: Page, team: Team, who: str) -> None:
    page.goto(f"{team.workspace.url}/login")
    tab_to(page, page.get_by_label("Email"))
    page.keyboard.type(f"{who}@north.example")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)
    settled(page)


def search_for(page: Page, text: str, kind: str) -> None:
    """`/`, type, arrow down to the first hit of a kind, Enter."""
    page.keyboard.press("/")
    box = page.get_by_role("combobox", name="Search")
    expect(box).to_be_focused()
    page.keyboard.type(text)
    wanted = page.get_by_role("group", name=kind).get_by_role("option").first
    expect(wanted).to_be_visible()
    expect(page.locator("#search-count")).to_contain_text("result")
    while wanted.get_attribute("aria-selected") != "true":
        page.keyboard.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") == wanted.get_attribute("id")
    page.keyboard.press("Enter")


def test_from_sign_in_to_a_tagged_campaign(team: Team, open_page: Open) -> None:
    page = open_page(team.workspace)
    sign_in_by_keyboard(page, team, "marketer")
    search_for(page, markup("segment")[:20], "Segments")
    expect(page.get_by_role("heading", level=1, name=markup("segment"))).to_be_focused()
    settled(page)
    opener = page.get_by_role("button", name="Tag a campaign").first
    tab_to(page, opener)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Name")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_label("Name")).to_be_focused()
    page.keyboard.type("By keyboard")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("By keyboard").first).to_be_attached()


def test_a_filter_is_changed_and_a_page_reached_by_its_letters(team: Team, open_page: Open) -> None:
    page = open_page(team.workspace)
    sign_in_by_keyboard(page, team, "marketer")
    page.keyboard.press("g")
    page.keyboard.press("e")
    expect(page).to_have_url(re.compile("/explore$"))
    settled(page)
    tab_to(page, page.get_by_role("link", name="RFM"))
    page.keyboard.press("Enter")
    first = page.get_by_label("Days since last purchase, cut point 1")
    tab_to(page, first)
    page.keyboard.press("Control+a")
    page.keyboard.type("7/?")  # in a field these are signs like others
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("5: up to 7,")).to_be_visible()
    expect(first).to_be_focused()


@pytest.mark.skipif(all(page.name != "customers" for page in PAGES), reason="needs the page of all customers")
def test_customers_are_opened(team: Team, open_page: Open) -> None:
    page = open_page(team.workspace)
    sign_in_by_keyboard(page, team, "marketer")
    page.keyboard.press("g")
    page.keyboard.press("u")
    expect(page.locator(".ag-root [role=row][row-index='0']").first).to_be_visible()
    page.keyboard.press("Escape")
    search_for(page, "7", "Customers")
    expect(page).to_have_url(re.compile("/customer[?]key=7"))


def test_every_menu_and_dialog_of_the_shell_opens_and_closes_by_keyboard(team: Team, open_page: Open) -> None:
    page = open_page(team.workspace)
    sign_in_by_keyboard(page, team, "admin")
    for name in ("Version: ", "Jobs: ", "Your account"):
        toggle = page.get_by_role("button", name=re.compile(name))
        tab_to(page, toggle)
        page.keyboard.press("Enter")
        menu = page.locator(".dropdown-menu.show")
        expect(menu).to_be_visible()
        page.keyboard.press("ArrowDown")
        assert menu.evaluate("element => element.contains(document.activeElement)"), name
        page.keyboard.press("Escape")
        expect(menu).to_have_count(0)
        expect(toggle).to_be_focused()
    page.keyboard.press("?")
    help_dialog = page.get_by_role("dialog", name="Help and shortcuts")
    expect(help_dialog).to_be_visible()
    expect(help_dialog.get_by_text("Go to Segments")).to_be_visible()
    page.keyboard.press("Escape")
    expect(help_dialog).to_be_hidden()


def test_single_keys_can_be_switched_off(team: Team, open_page: Open) -> None:
    page = open_page(team.workspace)
    sign_in_by_keyboard(page, team, "viewer")
    page.keyboard.press("?")
    page.get_by_role("button", name="Switch them off").press("Enter")
    expect(page.get_by_text("Single keys are off")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Search")).not_to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_search_closes_with_escape_and_gives_the_focus_back(team: Team, open_page: Open) -> None:
    page = open_page(team.workspace)
    sign_in_by_keyboard(page, team, "viewer")
    link = page.get_by_role("link", name="Jobs")
    tab_to(page, link)
    page.keyboard.press("/")
    page.keyboard.type("zzzz")
    expect(page.get_by_text("Nothing is called “zzzz”")).to_be_visible()
    expect(page.get_by_text("Customers are for marketers")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Nothing is called")).to_be_hidden()
    expect(link).to_be_focused()


def test_on_a_phone_the_search_is_a_sheet(team: Team, open_page: Open) -> None:
    page = open_page(team.workspace, theme="dark", width=390)
    sign_in_by_keyboard(page, team, "marketer")
    page.get_by_role("button", name="Search", exact=True).click()
    box = page.get_by_role("combobox", name="Search")
    expect(box).to_be_focused()
    assert (box.bounding_box() or {})["height"] >= 44
    page.keyboard.type("jobs")
    option = page.get_by_role("option", name=re.compile("Jobs")).first
    assert (option.bounding_box() or {})["height"] >= 44
    option.click()
    expect(page).to_have_url(re.compile("/jobs$"))
    expect(box).to_be_hidden()
