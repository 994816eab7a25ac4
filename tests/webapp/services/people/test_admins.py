"""Whom a member can ask: admins of the own team who can sign in."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.factories import make_user
from tests.webapp.working import open_shop
from webapp.edge import Resources
from webapp.models import MemberRole
from webapp.services.people.admins import list_admins


@pytest.mark.parametrize("role", list(MemberRole))
def test_every_role_hears_the_names_of_its_own_admins(sqlite_resources: Resources, role: MemberRole) -> None:
    shop = open_shop(sqlite_resources)
    with shop.writing() as session:
        team, admin = shop.actor.team_id, MemberRole.ADMIN
        make_user(session, "ana@north.example", password_hash="x", teams={team: admin}).name = "Ana Costa"
        make_user(session, "tom@north.example", password_hash="x", teams={team: admin}).name = ""
        make_user(session, "invited@north.example", teams={team: admin})
        make_user(session, "gone@north.example", password_hash="x", teams={team: admin}).disabled_at = datetime.now(UTC)
        make_user(session, "mia@north.example", password_hash="x", teams={team: MemberRole.ANALYST})
        make_user(session, "other@south.example", password_hash="x", teams={shop.stranger.team_id: admin})
    with shop.reading() as session:
        assert list_admins(session, shop.member(role)) == ("Ana Costa", "tom@north.example")
