"""A version that remembers: a named and tagged segment keeps name, colour and tag on the same customers when all is clustered anew."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import PASSWORD, Workspace, picture, settled, sign_in
from tests.webapp.working import customers_csv

pytestmark = pytest.mark.journey
ANALYST = "analyst@north.example"
HOME = "/t/my-team/customers"
NAME, CAMPAIGN = "Our best <b>people</b>", "Winter letter"
GROUPS = (40, 50, 90)
BEST = 170
"""A customer of the last and largest group."""
COLOUR_OF = """name => {
  const card = [...document.querySelectorAll(".sc-segcard")].find(card => card.querySelector("h3").textContent.includes(name));
  return getComputedStyle(card).getPropertyValue("--s");
}"""
"""Found and read in one step: a page that heard of an ended job draws its cards anew, and a card that is gone has no colour."""


@pytest.fixture(params=[("light", 1440), ("dark", 390)], ids=["light-1440", "dark-390"])
def look(request: pytest.FixtureRequest) -> tuple[str, int]:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def workspace(make_workspace: Callable[..., Workspace], tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Three segments, served."""
    made = make_workspace()
    file = tmp_path_factory.mktemp("file") / "customers.csv"
    file.write_text(customers_csv(GROUPS))
    made.run("migrate")
    made.run("user", "add", ANALYST, "--role", "analyst", "--password-stdin", text=f"{PASSWORD}\n")
    made.run("import", str(file), "--dataset", "Customers")
    made.run("recluster", "--k", "3", "--promote")
    made.serve()
    return made


def test_name_colour_and_tag_follow_the_customers(workspace: Workspace, open_page: Callable[..., Page], look: tuple[str, int]) -> None:
    theme, width = look
    page, shown = open_page(workspace, theme=theme, width=width), f"{theme}-{width}"
    before = {segment["size"]: segment for segment in workspace.run("segments")["segments"]}
    sign_in(page, workspace, ANALYST)
    page.goto(f"{workspace.url}{HOME}/segments/{before[max(before)]['key']}")
    tag_it(page)
    name_it(page)
    for size in sorted(before)[:-1]:
        workspace.run("campaign", "add", "--name", f"For {size}", "--segment", before[size]["key"])
    colour = colour_of_theirs(page, workspace)
    for k, seed in (("4", "7"), ("2", "5")):
        made = workspace.run("recluster", "--k", k, "--seed", seed, "--anyway")
        workspace.run("promote", str(made["version"]))
        assert colour_of_theirs(page, workspace) == colour
        picture(page, f"lineage-segments-{k}-{shown}")
        page.goto(f"{workspace.url}{HOME}/customer?key={BEST}")
        expect(page.get_by_role("link", name=NAME).first).to_be_visible()
        page.goto(f"{workspace.url}{HOME}/segments/{before[max(before)]['key']}?tab=campaigns")
        expect(page.get_by_role("link", name=CAMPAIGN)).to_be_visible()
    others = [segment for size, segment in before.items() if size != max(before)]
    see_what_was_merged(page, workspace, others, shown)
    see_what_came_back(page, workspace, others, shown)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def tag_it(page: Page) -> None:
    settled(page)
    page.get_by_role("button", name="Tag a campaign").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(CAMPAIGN)
    dialog.get_by_role("button", name="Tag the campaign").click()
    expect(dialog).to_be_hidden()


def name_it(page: Page) -> None:
    page.get_by_role("button", name="Change name and description").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(NAME)
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)


def colour_of_theirs(page: Page, workspace: Workspace) -> Any:
    """The colour in which the card of the named segment is drawn."""
    page.goto(f"{workspace.url}{HOME}/segments")
    expect(page.locator(".sc-segcard", has=page.locator("h3", has_text=NAME))).to_have_count(1)
    settled(page)
    return page.evaluate(COLOUR_OF, NAME)


def see_what_was_merged(page: Page, workspace: Workspace, others: list[dict[str, Any]], shown: str) -> None:
    """With two segments left, one has taken another in: its card, its history and its campaigns say so, and the campaign offers it."""
    page.goto(f"{workspace.url}{HOME}/segments")
    kept = {segment["key"] for segment in workspace.run("segments")["segments"]}
    [gone] = [segment for segment in others if segment["key"] not in kept]
    card = page.locator(".sc-segcard", has=page.get_by_text(f"Took in {gone['name']}"))
    expect(card).to_have_count(1)
    card.click()
    page.get_by_role("link", name=re.compile("^History")).last.click()
    expect(page.get_by_text(f"Took in {gone['name']} in version 3")).to_be_visible()
    picture(page, f"lineage-history-{shown}")
    page.get_by_role("link", name=re.compile("^Campaigns")).last.click()
    expect(page.get_by_text(f"from {gone['name']}, merged into this with version 3")).to_be_visible()
    picture(page, f"lineage-campaigns-{shown}")
    taker = page.get_by_role("heading", level=1).inner_text()
    page.get_by_role("link", name=f"For {gone['size']}").click()
    expect(page.get_by_text(f"Retired with version 3. Its customers are now mostly in {taker}.")).to_be_visible()
    picture(page, f"lineage-campaign-{shown}")
    page.get_by_role("button", name=f"Tag {taker}").click()
    expect(page.get_by_text("in 1 segment")).to_be_visible()
    expect(page.get_by_role("button", name=f"Tag {taker}")).to_have_count(0)


def see_what_came_back(page: Page, workspace: Workspace, others: list[dict[str, Any]], shown: str) -> None:
    """The merged one is found again, which the champion has not: it is the segment that it was, and has its campaign."""
    champion = {segment["key"] for segment in workspace.run("segments")["segments"]}
    made = workspace.run("recluster", "--k", "3", "--seed", "3", "--anyway")
    [back] = [segment for segment in others if segment["key"] not in champion]
    page.goto(f"{workspace.url}{HOME}/compare?a=3&b={made['version']}")
    expect(page.get_by_text(re.compile(f"{re.escape(back['name'])} is back: version [12] had it"))).to_be_visible()
    picture(page, f"lineage-compare-back-{shown}")
    workspace.run("promote", str(made["version"]))
    page.goto(f"{workspace.url}{HOME}/segments")
    card = page.locator(".sc-segcard", has=page.get_by_text(re.compile("^Back: version [12] had it")))
    expect(card).to_have_count(1)
    expect(card.get_by_role("heading")).to_have_text(back["name"])
    picture(page, f"lineage-segments-back-{shown}")
    card.click()
    settled(page)
    page.get_by_role("link", name=re.compile("^Campaigns")).last.click()
    expect(page.get_by_role("link", name=f"For {back['size']}")).to_be_visible()
    page.get_by_role("link", name=re.compile("^History")).last.click()
    expect(page.get_by_text(f"Came back in version {made['version']}")).to_be_visible()
    picture(page, f"lineage-history-back-{shown}")
