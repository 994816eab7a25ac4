"""One's own account: name, password, and the browsers that are signed in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from tests.webapp.working import Shop, open_shop
from webapp.edge import Resources
from webapp.models import AuditEvent, User, UserSession
from webapp.services.errors import Invalid, NotFound
from webapp.services.people import accounts, sessions
from webapp.services.people.passwords import hash_password, password_matches
from webapp.services.people.tokens import secret_hash

GOOD, BETTER = "green lamp of nine", "seven slow yellow boats"


@pytest.fixture
def shop(resources: Resources) -> Shop:
    opened = open_shop(resources)
    with opened.writing() as session:
        session.execute(update(User).values(password_hash=hash_password(GOOD)))
    return opened


def test_a_name_is_ones_own_to_change(shop: Shop) -> None:
    with shop.writing() as session:
        assert accounts.rename_account(session, shop.actor, "  Mara <b>Lopes</b> ").name == "Mara <b>Lopes</b>"
        assert accounts.show_account(session, shop.stranger).name != "Mara <b>Lopes</b>"
        for bad in ("", " ", "x" * 121, "a\nb"):
            with pytest.raises(Invalid):
                accounts.rename_account(session, shop.actor, bad)
        [event] = session.scalars(select(AuditEvent)).all()
        assert (event.team_id, event.actor, event.action) == (None, shop.actor.name, "user.renamed")


def test_tokens_and_the_command_line_have_no_account(shop: Shop) -> None:
    nobody = replace(shop.actor, user_id=None)
    with shop.writing() as session:
        for act in (
            lambda: accounts.show_account(session, nobody),
            lambda: accounts.rename_account(session, nobody, "x"),
            lambda: accounts.end_other_sessions(session, nobody, "x"),
            lambda: accounts.list_sessions(session, shop.resources.config, nobody, "x"),
        ):
            with pytest.raises(NotFound):
                act()


def test_this_browser_stays_when_all_others_go(shop: Shop) -> None:
    config, user = shop.resources.config, shop.actor.user_id
    assert user
    assert shop.stranger.user_id
    with shop.writing() as session:
        here, there, late = (sessions.open_session(session, config, user).cookie for _ in range(3))
        foreign = sessions.open_session(session, config, shop.stranger.user_id).cookie
        session.execute(
            update(UserSession).where(UserSession.id_hash == secret_hash(late)).values(seen_at=datetime.now(UTC) - timedelta(hours=1))
        )
        listed = accounts.list_sessions(session, config, shop.actor, secret_hash(here))
        assert [item.here for item in listed] == [True, False], "one that idled out is no longer there"
        assert accounts.end_other_sessions(session, shop.actor, secret_hash(here)) == 2
        assert [bool(sessions.find_session(session, config, cookie)) for cookie in (here, there, foreign)] == [True, False, True]
        assert accounts.end_other_sessions(session, shop.actor, secret_hash(here)) == 0


def test_a_new_password_keeps_this_browser_only(shop: Shop) -> None:
    config, user = shop.resources.config, shop.actor.user_id
    assert user
    with shop.writing() as session:
        here, there = (sessions.open_session(session, config, user).cookie for _ in range(2))
        guess = sessions.begin_sign_in(session, config, email=shop.actor.name, address="192.0.2.1")
        accounts.change_password(session, guess, BETTER, keep=secret_hash(here))
        assert password_matches(BETTER, session.get_one(User, user).password_hash)
        assert [bool(sessions.find_session(session, config, cookie)) for cookie in (here, there)] == [True, False]
        with pytest.raises(Invalid, match="changed meanwhile"):
            accounts.change_password(session, guess, "another one of nine", keep=secret_hash(here))
        assert "user.password_changed" in set(session.scalars(select(AuditEvent.action)))


@pytest.mark.parametrize("poor", ["short", "password1", "admin@north-market.example"])
def test_poor_passwords_are_refused(shop: Shop, poor: str) -> None:
    with shop.writing() as session:
        guess = sessions.begin_sign_in(session, shop.resources.config, email=shop.actor.name, address="192.0.2.1")
        with pytest.raises(Invalid):
            accounts.change_password(session, guess, poor, keep="x")
