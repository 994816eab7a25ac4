"""What takes a page's place, and the help that every page has."""

from __future__ import annotations

from tests.factories import make_user
from tests.webapp.looking import HERE, look
from tests.webapp.pages.segment_shop import walk, words
from tests.webapp.working import Shop
from webapp.app import PAGES
from webapp.models import MemberRole
from webapp.pages import new
from webapp.ui import help, states


def refused(shop: Shop, role: MemberRole) -> str:
    with shop.reading() as session:
        return words(states.refused_page(look(shop, session, HERE, role=role), new.PAGE))


def test_a_refusal_names_the_admins_of_the_own_team_and_what_can_be_done_all_the_same(shop: Shop) -> None:
    with shop.writing() as session:
        for name in ("Ana", "Bo", "Cy", "Di"):
            user = make_user(session, f"{name}@north.example", password_hash="x", teams={shop.actor.team_id: MemberRole.ADMIN})
            user.name = name
        make_user(session, "eve@south.example", password_hash="x", teams={shop.stranger.team_id: MemberRole.ADMIN}).name = "Eve"
    shown = refused(shop, MemberRole.MARKETER)
    assert "It takes the analyst role; yours is marketer. Ask Ana, Bo or Cy, admins of North Market." in shown
    assert "You can read segments and customers, plan campaigns" in shown
    assert "Eve" not in shown


def test_a_team_without_an_admin_is_led_to_whoever_runs_the_product(shop: Shop) -> None:
    assert "North Market has no admin who could change that" in refused(shop, MemberRole.VIEWER)


def test_every_state_says_what_was_kept_and_has_a_way_on() -> None:
    for state in (states.missing_page(), states.changed_role(), states.failed_page()):
        assert [part for part in walk(state) if getattr(part, "href", None) is not None]
    assert "Nothing was changed" in words(states.failed_page())
    assert "nothing was changed" in words(states.changed_role())


def test_the_help_has_the_letters_of_the_pages_that_there_are() -> None:
    shown = words(help.help_dialog(PAGES))
    expected = [f"g {help.GO[page.name]} Go to {page.title}" for page in PAGES if page.name in help.GO]
    assert all(line in shown for line in expected)
    assert shown.count("Go to ") == len(expected)
    assert len(set(help.GO.values())) == len(help.GO)
    assert all(f"{word} " in shown for word, _ in help.WORDS)
