"""Members: links that work once, doors that close at once, and an admin who is always left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_team
from webapp.config import Config
from webapp.edge import Resources, unit_of_work
from webapp.models import AuditEvent, Invitation, MemberRole, User
from webapp.services.access import Actor, require_role
from webapp.services.errors import Conflict, Forbidden, NotFound
from webapp.services.people import invitations, sessions, users
from webapp.services.people.passwords import password_matches

GOOD, BETTER = "green lamp of nine", "seven slow yellow boats"
OTHERS = [MemberRole.VIEWER, MemberRole.MARKETER, MemberRole.ANALYST]
EMAIL = "mara@north.example"


def admin(session: Session, name: str = "North Market") -> Actor:
    return make_actor(session, make_team(session, name))


def joined(session: Session, actor: Actor, email: str = EMAIL, role: MemberRole = MemberRole.VIEWER) -> None:
    users.add_user(session, actor, email, role, password=GOOD)


def stored_password(session: Session, email: str = EMAIL) -> str | None:
    return session.scalars(select(User.password_hash).where(User.email == email)).one()


def open_browser(session: Session, config: Config, email: str = EMAIL) -> str:
    return sessions.open_session(session, config, session.scalars(select(User.id).where(User.email == email)).one()).cookie


@pytest.mark.parametrize("role", OTHERS)
def test_only_admins_act_on_members(sqlite_resources: Resources, role: MemberRole) -> None:
    acts: list[Callable[[Session, Actor, str], object]] = [
        users.show_member,
        users.renew_invitation,
        users.make_reset_link,
        users.remove_member,
        users.disable_user,
        users.enable_user,
        lambda session, actor, email: users.change_role(session, actor, email, MemberRole.VIEWER),
    ]
    with unit_of_work(sqlite_resources) as session:
        actor = make_actor(session, make_team(session), role)
        for act in acts:
            with pytest.raises(Forbidden):
                act(session, actor, actor.name)


def test_another_teams_members_are_not_there(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        north, south = admin(session), admin(session, "South Market")
        joined(session, north)
        for act in (users.show_member, users.renew_invitation, users.make_reset_link, users.enable_user, users.disable_user):
            with pytest.raises(NotFound):
                act(session, south, EMAIL)
        assert [member.email for member in users.list_members(session, south)] == [south.name]


def test_nobody_hands_out_more_than_they_have(sqlite_resources: Resources) -> None:
    for role in MemberRole:
        for wanted in MemberRole:
            actor = Actor("x", "x", "x", "x", role)
            if list(MemberRole).index(wanted) > list(MemberRole).index(role):
                with pytest.raises(Forbidden, match="hand out"):
                    require_role(actor, wanted)
            else:
                require_role(actor, wanted)


def test_what_a_list_of_members_says(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        north, south = admin(session), admin(session, "South Market")
        joined(session, north)
        users.add_user(session, south, EMAIL, MemberRole.ANALYST, directly=True)
        users.add_user(session, north, "new@north.example", MemberRole.MARKETER)
        before = datetime.now(UTC) - timedelta(seconds=1)
        open_browser(session, resources.config)
        listed = {member.email: member for member in users.list_members(session, north)}
    mara, new = listed[EMAIL], listed["new@north.example"]
    assert (mara.role, mara.waiting, mara.disabled, mara.elsewhere, mara.invited_until) == (MemberRole.VIEWER, False, False, True, None)
    assert mara.seen_at
    assert mara.seen_at >= before
    assert (new.role, new.waiting, new.elsewhere, new.seen_at) == (MemberRole.MARKETER, True, False, None)
    assert new.invited_until
    assert timedelta(days=6, hours=23) < new.invited_until - datetime.now(UTC) <= timedelta(days=7)


def test_the_last_sign_in_is_known_when_its_session_is_forgotten(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        north = admin(session)
        joined(session, north)
        session.add(
            AuditEvent(team_id=None, at=datetime(2026, 1, 2, tzinfo=UTC), actor=EMAIL, action="user.signed_in", subject=EMAIL, details={})
        )
        session.flush()
        assert users.show_member(session, north, EMAIL).seen_at == datetime(2026, 1, 2, tzinfo=UTC)


def test_a_new_invitation_ends_the_one_before(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        north = admin(session)
        first = users.add_user(session, north, EMAIL, MemberRole.VIEWER).invite_token
        second = users.renew_invitation(session, north, EMAIL)
        assert first
        with pytest.raises(NotFound):
            invitations.show_invitation(session, first)
        invitations.accept_invitation(session, second, name="Mara", password=GOOD)
        with pytest.raises(Conflict, match="joined already"):
            users.renew_invitation(session, north, EMAIL)


def test_inviting_again_can_name_another_role(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        north = admin(session)
        users.add_user(session, north, EMAIL, MemberRole.VIEWER)
        assert users.add_user(session, north, EMAIL, MemberRole.ANALYST).role == MemberRole.ANALYST
        assert users.show_member(session, north, EMAIL).role == MemberRole.ANALYST


def test_a_reset_link_works_once_and_ends_every_session(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        north = admin(session)
        joined(session, north)
        cookie = open_browser(session, resources.config)
        dead, link = users.make_reset_link(session, north, EMAIL), users.make_reset_link(session, north, EMAIL)
        assert sessions.find_session(session, resources.config, cookie), "making a link changes nothing yet"
        with pytest.raises(NotFound):
            invitations.show_reset(session, dead)
        assert invitations.show_reset(session, link).email == EMAIL
        with pytest.raises(NotFound):
            invitations.show_invitation(session, link)
        invitations.reset_password(session, link, password=BETTER)
        assert password_matches(BETTER, stored_password(session))
        assert sessions.find_session(session, resources.config, cookie) is None
        with pytest.raises(NotFound):
            invitations.reset_password(session, link, password=GOOD)
        events = [event.action for event in session.scalars(select(AuditEvent).where(AuditEvent.team_id == north.team_id))]
        assert events.count("user.reset_link_made") == 2
        assert events.count("user.password_reset") == 1


def test_a_reset_link_lasts_a_day(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        north = admin(session)
        joined(session, north)
        link = users.make_reset_link(session, north, EMAIL)
        until = session.scalars(select(Invitation.expires_at)).one()
        assert timedelta(hours=23) < until - datetime.now(UTC) <= timedelta(days=1)
        session.execute(update(Invitation).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
        with pytest.raises(NotFound):
            invitations.reset_password(session, link, password=BETTER)


def test_a_reset_never_reaches_into_another_team(resources: Resources) -> None:
    """Neither where they are in one already, nor where they join one while the link is open."""
    with unit_of_work(resources) as session:
        north, south = admin(session), admin(session, "South Market")
        joined(session, north)
        link = users.make_reset_link(session, north, EMAIL)
        users.add_user(session, south, EMAIL, MemberRole.ANALYST, directly=True)
        with pytest.raises(NotFound):
            invitations.reset_password(session, link, password=BETTER)
        with pytest.raises(Conflict, match="other teams"):
            users.make_reset_link(session, north, EMAIL)
        assert password_matches(GOOD, stored_password(session))


def test_who_gets_no_reset_link(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        north = admin(session)
        users.add_user(session, north, "new@north.example", MemberRole.VIEWER)
        joined(session, north)
        users.disable_user(session, north, EMAIL)
        for email, why in ((north.name, "your own"), ("new@north.example", "not joined"), (EMAIL, "disabled")):
            with pytest.raises(Conflict, match=why):
                users.make_reset_link(session, north, email)


def test_a_removed_members_link_is_dead(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        north = admin(session)
        joined(session, north)
        link = users.make_reset_link(session, north, EMAIL)
        users.remove_member(session, north, EMAIL)
        with pytest.raises(NotFound):
            invitations.show_reset(session, link)


def test_whoever_gets_a_password_loses_every_open_link(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        north = admin(session)
        link = users.add_user(session, north, EMAIL, MemberRole.VIEWER).invite_token
        joined(session, north)
        assert link
        for look in (invitations.show_invitation, invitations.show_reset):
            with pytest.raises(NotFound):
                look(session, link)


def test_disabled_is_out_until_enabled(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        north = admin(session)
        joined(session, north)
        cookie = open_browser(session, resources.config)
        users.disable_user(session, north, EMAIL)
        assert sessions.find_session(session, resources.config, cookie) is None
        assert users.show_member(session, north, EMAIL).disabled
        users.enable_user(session, north, EMAIL)
        assert not users.show_member(session, north, EMAIL).disabled
        assert sessions.find_session(session, resources.config, open_browser(session, resources.config))


@pytest.mark.parametrize("act", ["role", "remove", "disable"])
def test_an_admin_who_can_sign_in_is_always_left(resources: Resources, act: str) -> None:
    """One who has not answered, or is disabled, is none; and what is refused changes nothing, whoever catches it."""

    def go(session: Session, actor: Actor, email: str) -> None:
        if act == "role":
            users.change_role(session, actor, email, MemberRole.VIEWER)
        else:
            (users.remove_member if act == "remove" else users.disable_user)(session, actor, email)

    with unit_of_work(resources) as session:
        north = admin(session)
        joined(session, north, role=MemberRole.ADMIN)
        users.remove_member(session, north, north.name)
        users.add_user(session, north, "new@north.example", MemberRole.ADMIN)
        users.add_user(session, north, "out@north.example", MemberRole.ADMIN, password=GOOD)
        users.disable_user(session, north, "out@north.example")
        cookie = open_browser(session, resources.config)
        with pytest.raises(Conflict, match="needs an admin"):
            go(session, north, EMAIL)
        assert users.show_member(session, north, EMAIL).role == MemberRole.ADMIN
        assert not users.show_member(session, north, EMAIL).disabled
        assert sessions.find_session(session, resources.config, cookie)
        users.enable_user(session, north, "out@north.example")
        go(session, north, EMAIL)


def test_the_same_role_again_ends_no_session(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        north = admin(session)
        joined(session, north)
        cookie = open_browser(session, resources.config)
        users.change_role(session, north, EMAIL, MemberRole.VIEWER)
        assert sessions.find_session(session, resources.config, cookie)
        users.change_role(session, north, EMAIL, MemberRole.MARKETER)
        assert sessions.find_session(session, resources.config, cookie) is None
