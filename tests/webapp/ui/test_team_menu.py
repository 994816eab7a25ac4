"""The team menu and the user's: several teams, and the ways to manage them."""

from __future__ import annotations

import pytest

from tests.webapp.looking import HERE, look
from tests.webapp.pages.segment_shop import links
from tests.webapp.working import Shop, open_shop
from webapp.edge import Resources
from webapp.models import MemberRole
from webapp.services.people import teams
from webapp.ui import frame

OTHERS = [MemberRole.VIEWER, MemberRole.MARKETER, MemberRole.ANALYST]


@pytest.fixture
def shop(sqlite_resources: Resources) -> Shop:
    return open_shop(sqlite_resources)


def menu_links(shop: Shop, role: MemberRole, path: str = HERE) -> list[str]:
    with shop.reading() as session:
        return links(frame.show_frame(look(shop, session, path, role=role), None, ())[2])


def test_admins_are_led_to_their_team_and_to_a_new_one(shop: Shop) -> None:
    assert menu_links(shop, MemberRole.ADMIN) == ["/t/north-market", f"{HERE}/team", "/t/north-market/new-team"]
    assert menu_links(shop, MemberRole.ADMIN, "/t/north-market")[1:] == ["/t/north-market/team", "/t/north-market/new-team"]


@pytest.mark.parametrize("role", OTHERS)
def test_others_with_one_team_have_no_menu(shop: Shop, role: MemberRole) -> None:
    assert menu_links(shop, role) == []


@pytest.mark.parametrize("role", OTHERS)
def test_whoever_is_in_several_teams_goes_from_one_to_another(shop: Shop, role: MemberRole) -> None:
    with shop.writing() as session:
        teams.create_team(session, shop.actor, "West")
    assert menu_links(shop, role) == ["/t/north-market", "/t/west"]


def test_everybody_has_an_account(shop: Shop) -> None:
    with shop.reading() as session:
        for role in MemberRole:
            assert links(frame.user_menu(look(shop, session, HERE, role=role))) == [f"{HERE}/account"]
