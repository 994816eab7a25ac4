"""The main job in the browser: sign in, bring the file, find segments, read them, tag a campaign, take customers out."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import PASSWORD, Workspace, picture, settled, sign_in

ADMIN = "mara@north.example"
LONG = 90_000
Open = Callable[..., Page]


@pytest.fixture(params=["sqlite", "postgresql"])
def workspace(request: pytest.FixtureRequest, make_workspace: Callable[..., Workspace]) -> Iterator[Workspace]:
    """A served workspace with one admin and no customers."""
    url = request.getfixturevalue("postgres_database") if request.param == "postgresql" else None
    made = make_workspace(url)
    made.run("user", "add", ADMIN, "--role", "admin", "--team", "North Market", "--password-stdin", text=PASSWORD + "\n")
    made.serve()
    yield made
    made.stop()


@pytest.mark.journey
def test_from_a_file_to_a_tagged_campaign(workspace: Workspace, open_page: Open, shared_data: Path, request: pytest.FixtureRequest) -> None:
    """On SQLite in light at 1440, on PostgreSQL in dark at 390: each walks everything."""
    theme, width = ("light", 1440) if "sqlite" in request.node.name else ("dark", 390)
    page = open_page(workspace, theme=theme, width=width)
    look = f"{theme}-{width}"
    sign_in(page, workspace, ADMIN)
    import_file(page, shared_data / "smartcart_customers.csv", look)
    find_segments(page, look)
    segment = read_segments(page, look)
    sort_customers(page, look)
    tag_campaign(page, look)
    confirm_legal_basis(page, workspace, look)
    export_segment(page, workspace, segment)
    remove_tag(page)
    see_jobs(page, workspace, look)
    come_home(page, workspace, look)
    sign_out(page, workspace, width)


def import_file(page: Page, file: Path, look: str) -> None:
    """From the empty workspace to an imported file."""
    picture(page, f"home-empty-{look}")
    page.get_by_role("link", name="Import customers").first.click()
    page.get_by_label("What to call these customers").fill("Shop")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a file").click()
    chooser.value.set_files(file)
    expect(page.get_by_role("heading", name=f"Check {file.name}")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("heading", name="2,240 customers join")).to_be_visible()
    expect(page.get_by_label("Role of Response")).to_have_value("outcome")
    picture(page, f"import-check-{look}")
    page.get_by_role("button", name="Import 2,240 customers").click()
    expect(page.get_by_role("button", name="Find segments")).to_be_visible(timeout=LONG)
    picture(page, f"import-result-{look}")


def find_segments(page: Page, look: str) -> None:
    """Re-cluster with the defaults, and see the bar on another page meanwhile."""
    page.get_by_role("button", name="Find segments").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    picture(page, f"recluster-{look}")
    dialog.get_by_role("button", name="Find segments").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("status").filter(has_text="%")).to_be_visible(timeout=LONG)
    picture(page, f"running-{look}")
    expect(page.get_by_text("Segments are ready")).to_be_visible(timeout=LONG)
    page.get_by_role("link", name="See the segments").first.click()


def read_segments(page: Page, look: str) -> str:
    """The overview with its charts, and one segment's page; answers with that segment's name."""
    expect(page.get_by_role("heading", name="Segments", exact=True)).to_be_visible()
    cards = page.locator(".sc-segcard")
    expect(cards.first).to_be_visible()
    sizes = [int(re.sub(r"\D", "", text)) for text in page.locator(".sc-segcard .fig b").all_inner_texts()]
    assert len(sizes) >= 2
    assert sum(sizes) == 2240
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    picture(page, f"segments-{look}")
    name = cards.first.get_by_role("heading").inner_text().strip()
    cards.first.click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    picture(page, f"segment-{look}")
    return name


def sort_customers(page: Page, look: str) -> None:
    """The segment's customers, sorted on the server."""
    page.get_by_role("link", name=re.compile("^Customers")).last.click()
    if page.viewport_size and page.viewport_size["width"] < 768:  # a phone has a list
        expect(page.locator("#page .sc-list a").nth(9)).to_be_visible()
        picture(page, f"customers-{look}")
        return
    grid = page.locator(".ag-root")
    expect(grid.locator("[role=row][row-index='0']").first).to_be_visible()
    header = grid.get_by_role("columnheader", name="Income")
    header.click()
    header.click()
    expect(header).to_have_attribute("aria-sort", "descending")
    cells = grid.locator("[col-id=income][role=gridcell]")
    expect(cells.nth(1)).to_be_visible()
    incomes = [int(re.sub(r"\D", "", cells.nth(at).inner_text()) or 0) for at in range(4)]
    assert incomes == sorted(incomes, reverse=True)
    picture(page, f"customers-{look}")


def tag_campaign(page: Page, look: str) -> None:
    """A new campaign, made where it is needed."""
    page.get_by_role("button", name="Tag a campaign").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Name")).to_be_focused()
    dialog.get_by_role("button", name="Tag the campaign").click()
    expect(dialog.get_by_role("alert").filter(has_text=re.compile(r"\S")).first).to_be_visible()
    dialog.get_by_label("Name").fill("Summer preview <b>now</b>")
    dialog.get_by_label("First day").fill("2026-12-01")
    dialog.get_by_label("Last day").fill("2026-12-24")
    picture(page, f"tag-{look}")
    dialog.get_by_role("button", name="Tag the campaign").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Tag a campaign").first).to_be_focused()
    page.get_by_role("link", name=re.compile("^Campaigns")).last.click()
    expect(page.get_by_role("link", name="Summer preview <b>now</b>")).to_be_visible()
    picture(page, f"segment-campaigns-{look}")


def confirm_legal_basis(page: Page, workspace: Workspace, look: str) -> None:
    """Nobody may leave until an admin has confirmed a legal basis; then they may."""
    segment_address = page.url
    page.goto(f"{workspace.url}/t/north-market/shop/data")
    page.get_by_role("button", name="Confirm a legal basis").click()
    page.get_by_role("dialog").get_by_role("button", name="Confirm", exact=True).click()
    expect(page.get_by_text("an admin has confirmed a legal basis")).to_be_visible()
    picture(page, f"data-{look}")
    page.goto(segment_address)


def export_segment(page: Page, workspace: Workspace, segment: str) -> None:
    """The segment's customers as CSV."""
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    with Path(download.value.path()).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["segment_name"] for row in rows} == {segment}
    assert len({row["customer_key"] for row in rows}) == len(rows) > 100


def remove_tag(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Remove")).first.click()
    page.get_by_role("dialog").get_by_role("button", name="Remove the tag").click()
    expect(page.get_by_role("heading", name="No campaign yet")).to_be_visible()


def see_jobs(page: Page, workspace: Workspace, look: str) -> None:
    page.goto(f"{workspace.url}/t/north-market/shop/jobs")
    expect(page.locator("#page").get_by_text("Done").first).to_be_visible()  # the bell says it too, behind its button
    picture(page, f"jobs-{look}")


def come_home(page: Page, workspace: Workspace, look: str) -> None:
    """The team's address leads to its dataset, and the page fills; so it does by the brand's link."""
    page.goto(f"{workspace.url}/t/north-market")
    expect(page.get_by_text("Get to your first campaign").or_(page.get_by_text("Segment stability")).first).to_be_visible()
    expect(page).to_have_url(re.compile("/t/north-market/shop$"))
    picture(page, f"home-{look}")
    brand = page.get_by_role("link", name="SmartCart Segments").first
    if brand.is_visible():  # a phone has it in the drawer
        brand.click()
        expect(page.get_by_text("Segment stability")).to_be_visible()


def sign_out(page: Page, workspace: Workspace, width: int) -> None:
    """The session is over at once, on the next click."""
    settled(page)
    page.get_by_role("button", name=re.compile("account|mara", re.IGNORECASE)).first.click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login**")
    page.goto(f"{workspace.url}/t/north-market/shop/segments")
    page.wait_for_url("**/login**")
