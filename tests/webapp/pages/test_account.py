"""Account and new team: what belongs to one person."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from dash import no_update

from tests.webapp.looking import HERE, look
from tests.webapp.pages.segment_shop import links, walk, words
from tests.webapp.working import Shop, open_shop
from webapp.edge import Resources, View
from webapp.models import MemberRole
from webapp.pages import account, new_team
from webapp.services.people import invitations, inviting, sessions, teams
from webapp.services.people.tokens import secret_hash

EVIL = "<script>x</script>"


@pytest.fixture
def shop(sqlite_resources: Resources) -> Shop:
    return open_shop(sqlite_resources)


def view_of(shop: Shop, session: Any, search: str = "", signed_in: str = "") -> View:
    return replace(look(shop, session, f"{HERE}/account", search=search), actor=shop.actor, signed_in=signed_in)


def test_a_page_of_ones_own(shop: Shop) -> None:
    with shop.writing() as session:
        assert shop.actor.user_id
        here, _ = (secret_hash(sessions.open_session(session, shop.resources.config, shop.actor.user_id).cookie) for _ in range(2))
        teams.create_team(session, shop.actor, EVIL)
        content = account.show_own(view_of(shop, session, signed_in=here))
    text = words(content)
    for part in (shop.actor.name, "This one", "Another one", "2 teams", EVIL, "you are admin"):
        assert part in text
    assert "Your password is changed" not in text
    assert here not in str(content), "what identifies a session is not told"
    assert "/t/north-market" in links(content)
    form = next(part for part in walk(content) if getattr(part, "action", None) == "/password")
    fields = {part.name: part for part in walk(form) if getattr(part, "name", None)}
    assert fields["next"].value == f"{HERE}/account"
    assert {name: fields[name].type for name in ("current", "password")} == {"current": "password", "password": "password"}
    assert form.className == "sc-csrf"


def test_invitations_wait_for_ones_own_answer(shop: Shop) -> None:
    with shop.writing() as session:
        assert "Invitations" not in words(account.show_own(view_of(shop, session)))
        south = replace(shop.stranger, team_name=EVIL)
        teams.rename_team(session, shop.stranger, EVIL)
        inviting.invite_user(session, south, shop.actor.name, MemberRole.MARKETER)
        content = account.show_own(view_of(shop, session))
        (waiting,) = invitations.list_own_invitations(session, shop.actor.user_id or "")
    assert f"{EVIL} invites you as marketer" in words(content)
    form = next(part for part in walk(content) if getattr(part, "action", None) == f"/invitations/{waiting.id}")
    assert (form.method, form.className.split()[0]) == ("POST", "sc-csrf")
    assert [part.value for part in walk(form) if getattr(part, "name", None) == "answer"] == ["join", "decline"]


def test_it_says_that_the_password_is_changed(shop: Shop) -> None:
    with shop.reading() as session:
        assert "Your password is changed" in words(account.show_own(view_of(shop, session, "?password=changed")))


def test_a_name_is_saved_or_refused_at_its_field(shop: Shop, said: list[Any]) -> None:
    with shop.writing() as session:
        view = view_of(shop, session)
        assert account.save_name(view, None, "x") is no_update
        assert "Give a name" in account.save_name(view, 1, " ")
        assert account.save_name(view, 1, EVIL) == ""
    assert EVIL in words(said)


def test_signing_out_everywhere_else(shop: Shop, said: list[Any]) -> None:
    with shop.writing() as session:
        assert shop.actor.user_id
        here, there = (sessions.open_session(session, shop.resources.config, shop.actor.user_id).cookie for _ in range(2))
        view = view_of(shop, session, signed_in=secret_hash(here))
        assert account.sign_out_elsewhere(view, None) is no_update
        assert account.sign_out_elsewhere(view, 1)
        assert sessions.find_session(session, shop.resources.config, here)
        assert sessions.find_session(session, shop.resources.config, there) is None
    assert "Signed out of 1 other browser" in words(said)


def test_a_new_team_is_made_and_gone_to(shop: Shop, said: list[Any]) -> None:
    with shop.writing() as session:
        view = view_of(shop, session)
        assert new_team.start(view, None, "x") == (no_update, no_update)
        assert "Give a name" in new_team.start(view, 1, "")[0]
        assert new_team.start(view, 1, "West") == ("", "/t/west")
    assert "you are its admin" in words(said)
