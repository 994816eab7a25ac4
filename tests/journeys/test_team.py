"""A team in the browser: invite a colleague, who joins; give a role; make a token; read the log; all of it without a dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import PASSWORD, Workspace, picture, sign_in

ADMIN = "mara@north.example"
GUEST = "ana@north.example"
OTHER = "lena@south.example"
NEW_PASSWORD = "seven slow yellow boats"
Open = Callable[..., Page]


@pytest.fixture
def workspace(make_workspace: Callable[..., Workspace]) -> Iterator[Workspace]:
    """A served workspace with one admin."""
    made = make_workspace()
    made.run("user", "add", ADMIN, "--role", "admin", "--team", "North Market", "--password-stdin", text=PASSWORD + "\n")
    made.serve()
    yield made
    made.stop()


@pytest.mark.journey
@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_a_colleague_comes_works_and_goes(workspace: Workspace, open_page: Open, theme: str, width: int) -> None:
    look = f"{theme}-{width}"
    page = open_page(workspace, theme=theme, width=width)
    sign_in(page, workspace, ADMIN)
    page.goto(f"{workspace.url}/t/north-market/team")
    link = invite_by_keyboard(page, look)
    guest = open_page(workspace, theme=theme, width=width)
    join(guest, link)
    give_role(page, look)
    reset_password(page, guest, look)
    make_token(page, look)
    read_log(page, look)
    answer_with_an_account(workspace, page, open_page, theme, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    name_account(guest, look)
    remove(page)


def invite_by_keyboard(page: Page, look: str) -> str:
    opener = page.get_by_role("button", name="Invite somebody")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type("nonsense")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This is not an e-mail address.")).to_be_visible()
    page.get_by_label("E-mail").fill(GUEST)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"Invitation for {GUEST}")).to_be_visible()
    picture(page, f"team-invitation-{look}")
    link = page.get_by_label("Link").input_value()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Link")).to_have_count(0)
    expect(opener).to_be_focused()
    return link


def join(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_label("Your name").fill("Ana <b>Costa</b>")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/t/north-market")


def give_role(page: Page, look: str) -> None:
    page.reload()
    chosen = page.get_by_label("Role of Ana <b>Costa</b>")
    chosen.select_option("marketer")
    expect(page.get_by_text("Ana <b>Costa</b> is marketer now.")).to_be_visible()
    expect(chosen).to_have_value("marketer")
    own = page.get_by_label(f"Role of {ADMIN}")
    own.select_option("viewer")
    expect(page.get_by_role("heading", name="Take the admin role from yourself?")).to_be_visible()
    picture(page, f"team-own-role-{look}")
    page.keyboard.press("Escape")
    expect(own).to_have_value("admin")


def reset_password(page: Page, guest: Page, look: str) -> None:
    page.get_by_role("button", name="Manage Ana").click()
    picture(page, f"team-manage-{look}")
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_role("heading", name="New password for Ana")).to_be_visible()
    guest.goto(page.get_by_label("Link").input_value())
    guest.get_by_label("New password").fill(NEW_PASSWORD)
    guest.get_by_role("button", name="Set the password").click()
    guest.wait_for_url("**/t/north-market")
    page.get_by_role("button", name="Done").click()


def make_token(page: Page, look: str) -> None:
    page.get_by_role("link", name="API tokens").click()
    page.get_by_role("button", name="New token").first.click()
    expect(page.get_by_label("What it is for")).to_be_focused()
    page.keyboard.type("Nightly report")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your new API token")).to_be_visible()
    page.get_by_role("button", name="Done").click()
    picture(page, f"team-tokens-{look}")
    page.get_by_role("button", name="Revoke Nightly report").first.click()
    page.get_by_role("button", name="Revoke it").click()
    expect(page.get_by_text("Nightly report is revoked.")).to_be_visible()


def read_log(page: Page, look: str) -> None:
    page.get_by_role("link", name="Audit log").click()
    kind = page.get_by_label("Kind")
    kind.focus()
    kind.select_option("tokens")
    page.wait_for_url("**group=tokens*")
    expect(page.get_by_text("Revoked the API token Nightly report").first).to_be_visible()
    expect(page.get_by_text("Signed in", exact=True)).to_have_count(0)
    expect(kind).to_be_focused()
    picture(page, f"team-log-{look}")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    assert download.value.suggested_filename == "north-market-audit-log.csv"


def answer_with_an_account(workspace: Workspace, page: Page, open_page: Open, theme: str, width: int) -> None:
    """Somebody from another team is invited, signs in after following the link, and joins; until then they are no member."""
    workspace.run("user", "add", OTHER, "--role", "admin", "--team", "South Market", "--password-stdin", text=PASSWORD + "\n")
    page.get_by_role("link", name="Members").click()
    page.get_by_role("button", name="Invite somebody").click()
    page.get_by_label("E-mail").fill(OTHER)
    page.keyboard.press("Enter")
    link = page.get_by_label("Link").input_value()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", name="Invited")).to_be_visible()
    picture(page, f"team-invited-{theme}-{width}")
    other = open_page(workspace, theme=theme, width=width)
    other.goto(link)
    picture(other, f"invitation-with-account-{theme}-{width}")
    other.get_by_role("link", name="Sign in").click()
    sign_in(other, workspace, OTHER)
    other.goto(f"{workspace.url}/t/south-market/account")
    expect(other.get_by_text("North Market invites you as viewer")).to_be_visible()
    assert other.evaluate("document.documentElement.scrollWidth") <= width
    picture(other, f"account-invited-{theme}-{width}")
    other.get_by_role("button", name="Join North Market").click()
    other.wait_for_url("**/t/north-market")
    page.reload()
    expect(page.get_by_role("button", name=f"Manage {OTHER}")).to_be_visible()
    expect(page.get_by_role("heading", name="Invited")).to_have_count(0)


def name_account(page: Page, look: str) -> None:
    page.goto(page.url.rstrip("/") + "/account")
    page.get_by_label("Name", exact=True).fill("Ana Costa")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your colleagues see Ana Costa now.")).to_be_visible()
    page.get_by_label("Current password").fill(NEW_PASSWORD)
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("Your password is changed.")).to_be_visible()
    picture(page, f"account-{look}")


def remove(page: Page) -> None:
    page.get_by_role("link", name="Members").click()
    page.get_by_role("button", name="Manage Ana").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Ana Costa is no longer in North Market.")).to_be_visible()
