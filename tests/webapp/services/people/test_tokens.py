"""API tokens: who made them, when they were used, and what became of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.webapp.working import Shop, open_shop
from webapp.edge import Resources
from webapp.models import ApiToken, AuditEvent, MemberRole
from webapp.services.access import Actor
from webapp.services.errors import Forbidden, Invalid, NotFound
from webapp.services.people import tokens, users

GOOD = "green lamp of nine"


@pytest.fixture
def shop(resources: Resources) -> Shop:
    return open_shop(resources)


def test_a_token_says_who_made_it_and_what_became_of_it(shop: Shop) -> None:
    with shop.writing() as session:
        for name in ("running", "late", "ended"):
            tokens.create_token(session, shop.actor, name=name, role=MemberRole.ANALYST, days=30)
        session.execute(update(ApiToken).where(ApiToken.name == "late").values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
        ended = next(token for token in tokens.list_tokens(session, shop.actor) if token.name == "ended")
        tokens.revoke_token(session, shop.actor, ended.id)
        found = {token.name: token for token in tokens.list_tokens(session, shop.actor)}
    assert {name: token.state for name, token in found.items()} == {"running": "active", "late": "expired", "ended": "revoked"}
    assert {token.created_by for token in found.values()} == {shop.actor.name}
    assert found["running"].last_used_at is None


def test_use_is_noted_once_a_minute(shop: Shop) -> None:
    with shop.writing() as session:
        secret = tokens.create_token(session, shop.actor, name="x", role=MemberRole.VIEWER).token
        first = tokens.find_token(session, secret)
        assert first
        assert first.use_due
        tokens.note_used(session, first.id)
        again = tokens.find_token(session, secret)
        assert again
        assert not again.use_due
        noted = tokens.show_token(session, shop.actor, first.id).last_used_at
        tokens.note_used(session, first.id)
        assert tokens.show_token(session, shop.actor, first.id).last_used_at == noted, "of two at once, the first is kept"
        session.execute(update(ApiToken).values(last_used_at=datetime.now(UTC) - timedelta(seconds=61)))
        later = tokens.find_token(session, secret)
        assert later
        assert later.use_due


def test_what_cannot_be_made(shop: Shop) -> None:
    with shop.writing() as session:
        for name, days in (("", 1), (" ", 1), ("x" * 121, 1), ("x", 0), ("x", 3651)):
            with pytest.raises(Invalid):
                tokens.create_token(session, shop.actor, name=name, role=MemberRole.VIEWER, days=days)
        for role in (MemberRole.VIEWER, MemberRole.MARKETER, MemberRole.ANALYST):
            with pytest.raises(Forbidden):
                tokens.create_token(session, shop.member(role), name="x", role=MemberRole.VIEWER)


def test_another_teams_token_is_not_there(shop: Shop) -> None:
    with shop.writing() as session:
        tokens.create_token(session, shop.actor, name="x", role=MemberRole.VIEWER)
        token = tokens.list_tokens(session, shop.actor)[0]
        for act in (tokens.show_token, tokens.revoke_token):
            with pytest.raises(NotFound):
                act(session, shop.stranger, token.id)
        assert tokens.show_token(session, shop.actor, token.id).state == "active"


def made_by_members(shop: Shop, session: Session) -> None:
    """Tokens of the one who goes, of a colleague and of the command line; and one that they made in another team."""
    users.add_user(session, shop.actor, "mara@north.example", MemberRole.ADMIN, password=GOOD)
    users.add_user(session, shop.actor, "third@north.example", MemberRole.ADMIN, password=GOOD)
    goes, elsewhere = (replace(actor, name="mara@north.example") for actor in (shop.actor, shop.stranger))
    for role in (MemberRole.VIEWER, MemberRole.MARKETER, MemberRole.ADMIN):
        tokens.create_token(session, goes, name=f"hers {role}", role=role)
    tokens.create_token(session, shop.actor, name="colleague's", role=MemberRole.ADMIN)
    tokens.create_token(session, replace(shop.actor, name="cli", user_id=None), name="command line's", role=MemberRole.ADMIN)
    tokens.create_token(session, elsewhere, name="elsewhere", role=MemberRole.ADMIN)


def in_force(session: Session, actor: Actor) -> set[str]:
    return {token.name for token in tokens.list_tokens(session, actor) if token.state == "active"}


@pytest.mark.parametrize("act", [users.remove_member, users.disable_user])
def test_tokens_go_with_who_made_them(shop: Shop, act: Callable[[Session, Actor, str], None]) -> None:
    with shop.writing() as session:
        made_by_members(shop, session)
        act(session, shop.actor, "mara@north.example")
        assert in_force(session, shop.actor) == {"colleague's", "command line's"}
        assert in_force(session, shop.stranger) == {"elsewhere"}
        revoked = session.scalars(select(AuditEvent).where(AuditEvent.action == "token.revoked")).all()
        assert {event.details["name"] for event in revoked} == {"hers viewer", "hers marketer", "hers admin"}
        assert {event.actor for event in revoked} == {shop.actor.name}


def test_a_lower_role_ends_the_tokens_above_it(shop: Shop) -> None:
    with shop.writing() as session:
        made_by_members(shop, session)
        users.change_role(session, shop.actor, "mara@north.example", MemberRole.MARKETER)
        assert in_force(session, shop.actor) == {"hers viewer", "hers marketer", "colleague's", "command line's"}
        users.change_role(session, shop.actor, "mara@north.example", MemberRole.ADMIN)
        assert in_force(session, shop.actor) == {"hers viewer", "hers marketer", "colleague's", "command line's"}


@pytest.mark.parametrize("name", ["a\x00b", "a\nb", "a\u200bb"])
def test_names_have_no_hidden_characters(shop: Shop, name: str) -> None:
    with shop.writing() as session, pytest.raises(Invalid):
        tokens.create_token(session, shop.actor, name=name, role=MemberRole.VIEWER)
