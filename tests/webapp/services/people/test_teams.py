"""Teams: starting one, its name and zone, and that they know nothing of each other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.webapp.working import Shop, open_shop
from webapp.edge import Resources
from webapp.models import MemberRole
from webapp.services import zones
from webapp.services.access import actor_for_user
from webapp.services.errors import Conflict, Forbidden, Invalid
from webapp.services.people import audit_log, teams, users
from webapp.services.people.audit_log import AuditFilter

OTHERS = [MemberRole.VIEWER, MemberRole.MARKETER, MemberRole.ANALYST]


@pytest.fixture
def shop(resources: Resources) -> Shop:
    return open_shop(resources)


def test_who_starts_a_team_is_its_admin_and_nobody_else_is_in_it(shop: Shop) -> None:
    with shop.writing() as session:
        made = teams.create_team(session, shop.actor, "  West Market ")
        assert made == teams.TeamChoice("west-market", "West Market")
        assert shop.actor.user_id
        founder = actor_for_user(session, shop.actor.user_id, made.slug)
        assert founder.role == MemberRole.ADMIN
        assert [member.email for member in users.list_members(session, founder)] == [shop.actor.name]
        assert [team.slug for team in teams.list_teams(session, shop.actor.user_id)] == ["north-market", "west-market"]
        assert [entry.action for entry in audit_log.list_events(session, founder, AuditFilter()).entries] == ["team.created"]
        assert audit_log.list_events(session, shop.actor, AuditFilter()).entries == (), "the team that they come from has no part in it"


def test_the_name_of_a_strangers_team_is_neither_refused_nor_joined(shop: Shop) -> None:
    with shop.writing() as session:
        made = teams.create_team(session, shop.actor, "South Market")
        assert made == teams.TeamChoice("south-market-2", "South Market")
        assert [member.email for member in users.list_members(session, shop.stranger)] == [shop.stranger.name]


@pytest.mark.parametrize("role", OTHERS)
def test_only_admins_start_and_set(shop: Shop, role: MemberRole) -> None:
    member = shop.member(role)
    with shop.writing() as session:
        for act in (
            lambda: teams.create_team(session, member, "West"),
            lambda: teams.rename_team(session, member, "West"),
            lambda: teams.change_time_zone(session, member, "UTC"),
        ):
            with pytest.raises(Forbidden):
                act()
        assert teams.show_team(session, member).name == "North Market"


def test_a_token_starts_no_team(shop: Shop) -> None:
    with shop.writing() as session, pytest.raises(Forbidden, match="person"):
        teams.create_team(session, replace(shop.actor, user_id=None), "West")


@pytest.mark.parametrize("name", ["", "  ", "x" * 121, "a\nb"])
def test_names_that_cannot_be_taken(shop: Shop, name: str) -> None:
    with shop.writing() as session:
        for act in (teams.create_team, teams.rename_team):
            with pytest.raises(Invalid):
                act(session, shop.actor, name)


def test_a_name_changes_and_its_address_stays(shop: Shop) -> None:
    with shop.writing() as session:
        assert teams.rename_team(session, shop.actor, "Café <b>Nord</b>").slug == "north-market"
        teams.rename_team(session, shop.actor, "Café <b>Nord</b>")  # again: nothing to write down
        assert teams.show_team(session, shop.actor).name == "Café <b>Nord</b>"
        [entry] = audit_log.list_events(session, shop.actor, AuditFilter()).entries
        assert entry.what == "Renamed the team from North Market to Café <b>Nord</b>"
        assert teams.show_team(session, shop.stranger).name == "South Market"


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "europe/lisbon", "Etc/GMT+5", "Europe/Lisbon\x00"])
def test_zones_are_those_of_the_list(shop: Shop, zone: str) -> None:
    with shop.writing() as session, pytest.raises(Invalid, match="list"):
        teams.change_time_zone(session, shop.actor, zone)


def test_a_zone_is_kept_and_written_down(shop: Shop) -> None:
    with shop.writing() as session:
        assert zones.zone_of(session, shop.actor).key == "UTC"
        assert teams.change_time_zone(session, shop.actor, "America/Sao_Paulo").time_zone == "America/Sao_Paulo"
        assert zones.zone_of(session, shop.actor).key == "America/Sao_Paulo"
        [entry] = audit_log.list_events(session, shop.actor, AuditFilter()).entries
        assert (entry.action, entry.details) == ("team.time_zone_changed", {"before": "UTC", "after": "America/Sao_Paulo"})


def test_the_command_line_sees_every_team_and_makes_none_twice(shop: Shop) -> None:
    with shop.writing() as session:
        assert [(team.slug, team.members, team.datasets) for team in teams.survey_teams(session)] == [
            ("north-market", 1, 0),
            ("south-market", 1, 0),
        ]
        assert teams.add_team(session, "West").team_slug == "west"
        for taken in ("West", "west", "South Market"):
            with pytest.raises(Conflict):
                teams.add_team(session, taken)
