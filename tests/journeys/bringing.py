"""Bringing a file by keyboard, and what a person then sees of it."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import settled
from tests.journeys.test_keyboard import tab_to

PATIENCE_MS = 120_000
REFUSED = "This file was not imported"


def bring(page: Page, file: Path) -> None:
    """On a page with an upload zone: Tab to the button, Enter, choose the file; wait until it is checked or refused."""
    settled(page)
    page.on("filechooser", lambda _chooser: None)  # from here on Chromium asks us: once Enter is pressed would be too late
    choose = page.get_by_role("button", name="Choose a file")
    tab_to(page, choose)
    expect(choose).to_be_focused()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(file)
    checked = page.get_by_role("heading", name=f"Check {file.name}", exact=True)
    expect(checked.or_(page.get_by_role("heading", name=REFUSED))).to_be_visible(timeout=PATIENCE_MS)
    settled(page)


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    """Tab on to `target` and press the key."""
    tab_to(page, target)
    page.keyboard.press(key)


def choose_first(page: Page, control: Locator) -> None:
    """Tab on to a list that asks, and take the first of what it offers."""
    tab_to(page, control)
    page.keyboard.press("ArrowDown")


def import_button(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile(r"^Import [\d,]+ customer"))


def happens(page: Page) -> str:
    """`58 customers join and 2 rows are rejected`."""
    heading = page.get_by_role("heading", name=re.compile("^What would happen: "))
    return heading.inner_text().removeprefix("What would happen: ")
