"""From sign-in on an empty workspace to a tagged campaign on the sample, by following what the page offers next."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import PASSWORD, Workspace, picture, sign_in

ADMIN = "nora@new.example"
LONG = 240_000
Open = Callable[..., Page]


@pytest.fixture(params=["sqlite", "postgresql"])
def workspace(request: pytest.FixtureRequest, make_workspace: Callable[..., Workspace]) -> Iterator[Workspace]:
    """A served workspace with one admin and nothing in it."""
    url = request.getfixturevalue("postgres_database") if request.param == "postgresql" else None
    made = make_workspace(url)
    made.run("user", "add", ADMIN, "--role", "admin", "--team", "New Team", "--password-stdin", text=PASSWORD + "\n")
    made.serve()
    yield made
    made.stop()


@pytest.mark.journey
def test_from_nothing_to_a_tagged_campaign_on_the_sample(workspace: Workspace, open_page: Open, request: pytest.FixtureRequest) -> None:
    """On SQLite in light at 1440, on PostgreSQL in dark at 390."""
    theme, width = ("light", 1440) if "sqlite" in request.node.name else ("dark", 390)
    page, look = open_page(workspace, theme=theme, width=width), f"{theme}-{width}"
    sign_in(page, workspace, ADMIN)
    load_sample(page, look)
    look_at_home(page, look, width)
    look_at_a_segment(page, look)
    plan_the_campaign(page, workspace, look)
    put_the_steps_away_and_bring_them_back(page, workspace)


def load_sample(page: Page, look: str) -> None:
    """One click, and everything up to the segments goes on by itself."""
    expect(page.get_by_text("0 of 5 done")).to_be_visible()
    picture(page, f"first-empty-{look}")
    page.get_by_role("button", name="Load the sample").click()
    expect(page.get_by_role("heading", name="Making the sample: Sample shop")).to_be_visible()
    picture(page, f"first-making-{look}")
    expect(page.get_by_text("3 of 5 done")).to_be_visible(timeout=LONG)


def look_at_home(page: Page, look: str, width: int) -> None:
    """Shares over six months, what changed, what to do; nothing wider than the screen."""
    expect(page.get_by_role("heading", name=" rose from ")).to_be_visible(timeout=LONG)
    expect(page.locator("#home-shares .js-plotly-plot .main-svg").first).to_be_visible()
    expect(page.get_by_role("heading", name="changed segment since")).to_be_visible()
    expect(page.get_by_role("heading", name="Next best actions")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    picture(page, f"first-home-{look}")


def look_at_a_segment(page: Page, look: str) -> None:
    """The step's own link; the segment's page says how it grew."""
    page.get_by_role("link", name="Look at it").click()
    expect(page.get_by_role("heading", name="joined since")).to_be_visible(timeout=LONG)
    picture(page, f"first-segment-{look}")


def plan_the_campaign(page: Page, workspace: Workspace, look: str) -> None:
    """Home knows that a segment was seen; the campaign's dialog is filled in, and saving it tags the segment."""
    page.goto(f"{workspace.url}/")
    expect(page.get_by_text("4 of 5 done")).to_be_visible()
    page.get_by_role("link", name="Plan the campaign").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Name")).not_to_have_value("")
    expect(dialog.get_by_role("checkbox", checked=True)).to_have_count(1)
    picture(page, f"first-plan-{look}")
    dialog.get_by_role("button", name="Create the campaign").click()
    expect(page.get_by_text("is created and tagged to")).to_be_visible()


def put_the_steps_away_and_bring_them_back(page: Page, workspace: Workspace) -> None:
    """Done, the steps are gone; the help has them back, and the cross puts them away again."""
    page.goto(f"{workspace.url}/")
    expect(page.get_by_role("heading", name="Next best actions")).to_be_visible()
    expect(page.get_by_text("of 5 done")).to_have_count(0)
    page.keyboard.press("?")
    page.get_by_role("button", name="Show the first steps").click()
    expect(page.get_by_text("5 of 5 done")).to_be_visible()
    page.get_by_role("button", name="Put the first steps away").click()
    expect(page.get_by_text("of 5 done")).to_have_count(0)
    expect(page.get_by_role("heading", name="Next best actions")).to_be_visible()
