"""A press that began before the head of a segment was read anew still counts: only what changed is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import PASSWORD, Workspace, settled, sign_in
from tests.webapp.working import customers_csv

ADMIN = "mara@north.example"


@pytest.fixture
def workspace(make_workspace: Callable[..., Workspace], tmp_path: Path) -> Iterator[Workspace]:
    """A served workspace with an admin and three segments."""
    made = make_workspace()
    made.run("user", "add", ADMIN, "--role", "admin", "--team", "North Market", "--password-stdin", text=PASSWORD + "\n")
    (tmp_path / "customers.csv").write_text(customers_csv((30, 30, 30)))
    made.run("import", str(tmp_path / "customers.csv"), "--dataset", "Shop")
    made.run("recluster", "--dataset", "Shop", "--k", "3")
    made.serve()
    yield made
    made.stop()


def press_during(page: Page, control: Locator, change: Callable[[], None]) -> None:
    """Put a finger on the control, let the page be read anew, and lift it."""
    control.scroll_into_view_if_needed()
    box = control.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    change()
    page.mouse.up()


@pytest.mark.journey
@pytest.mark.parametrize("width", [390, 1440])
def test_a_press_while_tags_and_names_are_read_anew_is_not_lost(workspace: Workspace, open_page: Callable[..., Page], width: int) -> None:
    page = open_page(workspace, width=width)
    sign_in(page, workspace, ADMIN)
    key = workspace.run("segments", "--dataset", "Shop")["segments"][0]["key"]
    page.goto(f"{workspace.url}/t/north-market/shop/segments/{key}")
    settled(page)
    head, campaigns = page.locator("#segment-head"), page.locator("#segment-head").get_by_role("link", name="Campaigns")

    def tag() -> None:
        """By a colleague; the page hears of it as it does of its own tags."""
        workspace.run("campaign", "tag", "--dataset", "Shop", "--segment", key, "--campaign", "Spring")
        page.evaluate("window.dash_clientside.set_props('segment-changed', {data: 'tagged'})")
        expect(campaigns).to_contain_text("1")

    workspace.run("campaign", "add", "--dataset", "Shop", "--name", "Spring")
    press_during(page, head.get_by_role("button", name="Change name and description"), tag)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Name")).to_be_visible()
    dialog.get_by_label("Name").fill("Weekend families")
    dialog.get_by_role("button", name="Save").click()
    expect(head.get_by_role("heading", level=1)).to_have_text("Weekend families")
    expect(head.locator(".sc-crumb")).to_contain_text("Weekend families")

    def rename() -> None:
        page.evaluate("window.dash_clientside.set_props('segment-changed', {data: 'again'})")
        page.wait_for_timeout(1_500)

    press_during(page, head.get_by_role("button", name="Tag a campaign"), rename)
    expect(page.get_by_role("dialog")).to_be_visible()
