"""What people see when something is in the way: no connection, a server that fails, a session that ended, a role that was taken away."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select, update

from tests.journeys.accessible import violations
from tests.journeys.conftest import PASSWORD, Team, settled, sign_in
from webapp.config import Config
from webapp.edge import open_resources, unit_of_work
from webapp.models import MemberRole, Membership, User
from webapp.ui.jobs import IDLE_MS

pytestmark = pytest.mark.journey
Open = Callable[..., Page]
CALLBACKS = re.compile("_dash-update-component")
LOST = "The server does not answer. Nothing is lost"


def broken(route: Route, *outputs: str) -> None:
    """A server that fails while it answers what concerns `outputs`."""
    sent = route.request.post_data_json or {}
    if any(name in sent["output"] for name in outputs):
        body = json.dumps({"title": "x", "reference": "7f3a21bc"})
        route.fulfill(status=500, content_type="application/problem+json", body=body)
    else:
        route.continue_()


def test_without_a_connection_nothing_is_lost_and_the_page_goes_on_by_itself(team: Team, open_page: Open) -> None:
    page = open_page(team.workspace, expected="ERR_INTERNET_DISCONNECTED")
    sign_in(page, team.workspace, "analyst@north.example")
    team.visit(page, f"{team.home()}/segments")
    page.context.set_offline(True)
    expect(page.get_by_text(LOST)).to_be_visible()
    expect(page.locator(".sc-segcard").first).to_be_visible()
    page.get_by_role("link", name="Jobs", exact=True).click()
    page.context.set_offline(False)
    expect(page.get_by_text(LOST)).to_be_hidden()
    expect(page.get_by_role("heading", level=1, name="Jobs")).to_be_visible()  # what was asked for meanwhile came by itself


def test_a_page_that_cannot_be_filled_says_so_with_the_reference_and_comes_on_trying_again(team: Team, open_page: Open) -> None:
    page = open_page(team.workspace, expected="500")
    sign_in(page, team.workspace, "viewer@north.example")
    page.route(CALLBACKS, lambda route: broken(route, "segments-body"))
    page.goto(f"{team.workspace.url}{team.home()}/segments")
    expect(page.get_by_role("heading", level=1, name="Something went wrong")).to_be_visible()
    expect(page.get_by_text("Nothing was changed, and your filters are kept")).to_contain_text("reference 7f3a21bc")
    assert violations(page) == []
    page.unroute(CALLBACKS)
    page.get_by_role("link", name="Try again").click()
    expect(page.locator(".sc-segcard").first).to_be_visible()


def test_an_act_that_fails_keeps_what_was_typed(team: Team, open_page: Open) -> None:
    page = open_page(team.workspace, expected="500")
    sign_in(page, team.workspace, "analyst@north.example")
    team.visit(page, f"{team.home()}/segments/{team.held.segment}")
    page.get_by_role("button", name="Change name").first.click()
    dialog = page.get_by_role("dialog")
    name = dialog.get_by_role("textbox").first
    name.fill("A better name")
    page.route(CALLBACKS, lambda route: broken(route, "dialog.is_open"))
    name.press("Enter")
    expect(page.get_by_text("That did not work: the server ran into an error.")).to_contain_text("reference 7f3a21bc")
    expect(name).to_have_value("A better name")


def test_a_session_that_ended_leads_to_sign_in_and_back(team: Team, open_page: Open) -> None:
    page = open_page(team.workspace, expected="401")
    sign_in(page, team.workspace, "viewer@north.example")
    page.clock.install()
    team.visit(page, f"{team.home()}/segments?v=1")
    page.context.clear_cookies()
    page.clock.fast_forward(IDLE_MS)
    page.wait_for_url("**/login?next=**")  # at the next tick by itself
    page.get_by_label("Email").fill("viewer@north.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/segments[?]v=1$"))
    settled(page)


def test_a_role_taken_away_counts_at_the_next_request_and_is_said_in_words(team: Team, open_page: Open) -> None:
    page = open_page(team.workspace, expected="40[134]")
    sign_in(page, team.workspace, "marketer@north.example")
    team.visit(page, f"{team.home()}/segments/{team.held.segment}")
    give_role(team, "marketer@north.example", MemberRole.VIEWER)
    try:
        page.get_by_role("button", name="Tag a campaign").first.click()
        expect(page.get_by_role("heading", level=1, name="Not for your role")).to_be_visible()
        expect(page.get_by_text("It may have been changed since you opened the page.")).to_be_visible()
    finally:
        give_role(team, "marketer@north.example", MemberRole.MARKETER)


def give_role(team: Team, email: str, role: MemberRole) -> None:
    resources = open_resources(Config.from_env(team.workspace.environment))
    with unit_of_work(resources) as session:
        member = select(User.id).where(User.email == email).scalar_subquery()
        session.execute(update(Membership).where(Membership.user_id == member).values(role=role))
    resources.engine.dispose()


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_dialogs_and_menus_are_accessible_while_they_are_open(theme: str, width: int, team: Team, open_page: Open) -> None:
    page = open_page(team.workspace, theme=theme, width=width)
    sign_in(page, team.workspace, "admin@north.example")
    for address, name in OPENERS:
        team.visit(page, address.format(home=team.home(), held=team.held))
        page.locator("#page").get_by_role("button", name=name).first.click()
        opened = page.locator(".modal.show, .popover, .dropdown-menu.show").first
        expect(opened).to_be_visible()
        page.wait_for_timeout(150)  # its colours fade in
        assert violations(page) == [], name
        page.keyboard.press("Escape")
        expect(opened).to_be_hidden()
    check_shell(page, width)


OPENERS = (
    ("{home}", "Re-cluster"),
    ("{home}/segments", "Menu of the chart"),
    ("{home}/segments", "What this shows"),
    ("{home}/segments/{held.segment}", "Tag a campaign"),
    ("{home}/segments/{held.segment}", "Change name"),
    ("{home}/segments/{held.segment}", "Rename to what the evidence says"),
    ("{home}/segments/{held.segment}?tab=campaigns", "Remove"),
    ("{home}/data", "Confirm a legal basis"),
    ("{home}/campaigns", "New campaign"),
)
"""Where a button opens something."""


def test_the_name_that_the_evidence_says_is_taken_and_given_back(team: Team, open_page: Open) -> None:
    page = open_page(team.workspace)
    sign_in(page, team.workspace, "analyst@north.example")
    team.visit(page, f"{team.home()}/segments/{team.held.segment}?tab=history")
    title = page.locator("#page h1").first
    named, offer = title.inner_text(), page.get_by_role("button", name="Rename to what the evidence says")
    offer.click()
    expect(page.get_by_role("dialog")).to_contain_text("Chosen by your team")
    page.get_by_role("button", name="Use these names").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(title).not_to_have_text(named)
    expect(offer).to_be_hidden()
    page.get_by_role("button", name=f"Restore “{named}”").first.click()
    expect(title).to_have_text(named)
    expect(offer).to_be_visible()


def check_shell(page: Page, width: int) -> None:
    """Search with results, bell, user menu, help, and on a phone the drawer."""
    if width < 768:
        page.get_by_role("button", name="Open the navigation").click()
        expect(page.locator(".offcanvas.show")).to_be_visible()
        page.wait_for_timeout(400)
        assert violations(page) == []
        page.keyboard.press("Escape")
        expect(page.locator(".offcanvas")).to_have_count(0)
    for name in ("Jobs: ", "Your account", "Version: "):
        page.get_by_role("button", name=re.compile(name)).click()
        expect(page.locator(".dropdown-menu.show")).to_be_visible()
        assert violations(page) == [], name
        page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == [], "help"
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.wait_for_timeout(500)  # until the dialog that closes has given the focus back
    page.keyboard.press("/")
    page.keyboard.type("e")
    expect(page.get_by_role("option").first).to_be_visible()
    assert violations(page) == [], "search"


def figure_ink(page: Page) -> str:
    """The colour of the letters in the first figure."""
    return str(page.locator(".js-plotly-plot").first.evaluate("plot => plot._fullLayout.font.color"))


def test_an_open_page_follows_the_systems_theme_until_somebody_chooses_one(team: Team, open_page: Open) -> None:
    page = open_page(team.workspace, theme="light")
    page.context.clear_cookies(name="sc_theme")
    sign_in(page, team.workspace, "admin@north.example")
    team.visit(page, f"{team.home()}/segments")
    light = figure_ink(page)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.wait_for_function("was => document.querySelector('.js-plotly-plot')?._fullLayout?.font.color !== was", arg=light)
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
    page.emulate_media(color_scheme="light")
    page.emulate_media(color_scheme="dark")
    settled(page)
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")


def test_a_version_that_was_removed_says_so_and_jobs_lead_to_what_is_left_of_it(team: Team, open_page: Open) -> None:
    where = ("--team", team.held.team, "--dataset", team.held.dataset)
    made = team.workspace.run("recluster", "--k", "2", "--seed", "9", *where)["version"]
    team.workspace.run("versions", "remove", str(made), *where)
    page = open_page(team.workspace, expected="409")
    sign_in(page, team.workspace, "analyst@north.example")
    for part in ("segments", "customers"):
        page.goto(f"{team.workspace.url}{team.home()}/{part}?v={made}")
        expect(page.get_by_role("heading", level=1, name="Nothing to show")).to_be_visible()
        expect(page.get_by_text(f"Version {made} was removed. Its figures and its model card are there")).to_be_visible()
        assert violations(page) == []
    team.visit(page, f"{team.home()}/jobs")
    page.locator(f'#page a[href$="/models/{made}"]').first.click()
    expect(page.get_by_text("Removed on")).to_be_visible()
