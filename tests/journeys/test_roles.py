"""Each role walks every page that there is: what it may not do is not there, all is readable, and nothing typed becomes markup."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.hostile import TABS, address_of, markup
from tests.journeys.accessible import violations
from tests.journeys.conftest import Team, picture, sign_in
from webapp.app import PAGES
from webapp.models import MemberRole
from webapp.services.access import Actor, Permission
from webapp.ui.page import Page as ProductPage

pytestmark = pytest.mark.journey
Open = Callable[..., Page]
LOOKS = {
    MemberRole.VIEWER: ("light", 390),
    MemberRole.MARKETER: ("dark", 1440),
    MemberRole.ANALYST: ("dark", 390),
    MemberRole.ADMIN: ("light", 1440),
}
"""Every page is seen in both themes on both widths, each time by another role."""
THOROUGH = (MemberRole.ANALYST, MemberRole.ADMIN)
"""Who opens every tab too."""
CONTROLS = {
    Permission.IMPORT: ("Import customers", "Choose a file"),
    Permission.RECLUSTER: ("Re-cluster", "Find segments"),
    Permission.PROMOTE: ("Change name and description",),
    Permission.TAG: ("Tag a campaign", "Save audience", "Choose customers"),
    Permission.EXPORT: ("Export CSV", "Download"),
}
"""Buttons and links that only those see who may press them, as the product calls them."""


def may(role: MemberRole, permission: Permission) -> bool:
    return Actor(role, "", "", "", role).may(permission)


def faces(product_page: ProductPage, address: str, role: MemberRole) -> list[str]:
    tabs = TABS.get(product_page.name, ()) if role in THOROUGH else ()
    return [address, *(f"{address}?tab={tab}" for tab in tabs)]


@pytest.mark.parametrize("role", list(MemberRole))
def test_a_role_walks_every_page(role: MemberRole, team: Team, open_page: Open) -> None:
    theme, width = LOOKS[role]
    page = open_page(team.workspace, theme=theme, width=width, expected="403 .FORBIDDEN.")
    sign_in(page, team.workspace, f"{role}@north.example")
    seen: set[str] = set()
    for product_page in PAGES:
        for address in faces(product_page, address_of(product_page, team.held), role):
            team.visit(page, address)
            look_around(page, role, width, f"{address} as {role}")
            seen |= controls(page)
            expect_refusal(page, product_page, refused=not may(role, product_page.needs))
        picture(page, f"{role}-{product_page.name}")
    allowed = {name for permission, names in CONTROLS.items() for name in names if may(role, permission)}
    assert seen == allowed - {"Find segments"}


def look_around(page: Page, role: MemberRole, width: int, where: str) -> None:
    assert page.evaluate("window.pwned") is None, where
    assert page.locator("#page img, #page b > b, .sc-ctx img").count() == 0, where
    assert page.evaluate("document.documentElement.scrollWidth") <= width, where
    assert page.locator("h1:visible").count() == 1, where
    assert violations(page) == [], where


def controls(page: Page) -> set[str]:
    """Which of `CONTROLS` can be seen."""
    named = "elements => elements.map(element => element.innerText.trim() || element.ariaLabel || '')"
    shown = page.locator("#page :is(button, a):visible").evaluate_all(named)
    return set(shown) & {name for names in CONTROLS.values() for name in names}


def expect_refusal(page: Page, product_page: ProductPage, *, refused: bool) -> None:
    """A page above one's role says whom to ask, and is found nowhere."""
    words = page.get_by_text("is not for your role")
    expect(words).to_have_count(1 if refused else 0)
    if refused:
        expect(page.get_by_text(f"Ask {markup('user')}")).to_be_visible()
        assert page.locator(f'.sc-nav a[href$="/{product_page.path}"]').count() == 0


@pytest.mark.parametrize(("role", "part", "status"), [("viewer", "segments/all/customers.csv", 403), ("marketer", "uploads", 403)])
def test_what_is_not_shown_is_not_possible_either(role: str, part: str, status: int, team: Team, open_page: Open) -> None:
    page = open_page(team.workspace)
    sign_in(page, team.workspace, f"{role}@north.example")
    address = f"{team.workspace.url}/t/{team.held.team}/uploads" if part == "uploads" else f"{team.workspace.url}{team.home()}/{part}"
    token = next((cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "sc_csrf"), "")  # type: ignore[typeddict-item]
    answer = page.request.post(address, headers={"X-CSRFToken": token}) if part == "uploads" else page.request.get(address)
    assert answer.status == status


def test_names_stand_as_they_were_typed(team: Team, open_page: Open) -> None:
    page = open_page(team.workspace)
    sign_in(page, team.workspace, "admin@north.example")
    team.visit(page, f"{team.home()}/segments")
    for name in ("team", "dataset"):
        expect(page.locator(".sc-ctx").get_by_text(markup(name)).first).to_be_visible()
    expect(page.locator(".sc-segcard").get_by_text(markup("segment"))).to_be_visible()
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    assert page.locator(".js-plotly-plot a").count() == 0
    drawn = "".join(page.locator(".js-plotly-plot text").all_text_contents())
    assert "<b>" in drawn  # as text, on axes and labels
    team.visit(page, f"{team.home()}/segments/{team.held.segment}?tab=campaigns")
    expect(page.get_by_role("link", name=markup("campaign"))).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("<img")
    option = page.get_by_role("option", name=re.compile("campaign")).first
    expect(option).to_contain_text(markup("campaign"))
    assert page.evaluate("window.pwned") is None
