"""Invitations: nobody is a member of a team before they accept, and no team's link opens what another team gave."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.contract.conftest import cheap_hashes as cheap_hashes
from tests.factories import make_actor, make_team
from webapp.edge import Resources, unit_of_work
from webapp.models import AuditEvent, Invitation, MemberRole, Membership, User
from webapp.services.access import Actor
from webapp.services.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.services.people import accounts, invitations, inviting, sessions, users
from webapp.services.people.passwords import password_matches

GOOD, BETTER = "green lamp of nine", "seven slow yellow boats"
EMAIL = "mara@north.example"
ROLE = MemberRole.MARKETER


def two_teams(session: Session) -> tuple[Actor, Actor]:
    """North, with Mara as a viewer, and South."""
    north, south = (make_actor(session, make_team(session, name)) for name in ("North Market", "South Market"))
    users.add_user(session, north, EMAIL, MemberRole.VIEWER, password=GOOD)
    return north, south


def mara(session: Session) -> User:
    return session.scalars(select(User).where(User.email == EMAIL)).one()


def teams_of(session: Session, email: str = EMAIL) -> list[str]:
    user_id = session.scalars(select(User.id).where(User.email == email)).one()
    return [team.slug for team in users.list_teams(session, user_id)]


def own(session: Session) -> invitations.OwnInvitation:
    (waiting,) = invitations.list_own_invitations(session, mara(session).id)
    return waiting


def test_an_invitation_makes_nobody_a_member(resources: Resources) -> None:
    """Nor does it give the inviting admin any hold on the account, or on what its own team does with it."""
    with unit_of_work(resources) as session:
        north, south = two_teams(session)
        cookie = sessions.open_session(session, resources.config, mara(session).id).cookie
        link = inviting.invite_user(session, south, EMAIL, ROLE).token
        assert teams_of(session) == ["north-market"]
        assert [member.email for member in users.list_members(session, south)] == [south.name]
        for act in (users.show_member, users.remove_member, users.disable_user, users.make_reset_link, users.renew_invitation):
            with pytest.raises(NotFound):
                act(session, south, EMAIL)
        with pytest.raises(NotFound):
            users.change_role(session, south, EMAIL, MemberRole.ADMIN)
        assert not users.show_member(session, north, EMAIL).elsewhere
        users.make_reset_link(session, north, EMAIL)
        assert sessions.find_session(session, resources.config, cookie)
        assert invitations.show_invitation(session, link) == invitations.InvitedUser(EMAIL, signs_in=True)


def test_a_link_never_sets_the_password_of_an_account(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        _, south = two_teams(session)
        link = inviting.invite_user(session, south, EMAIL, ROLE).token
        with pytest.raises(NotFound):
            invitations.accept_invitation(session, link, name="x", password=BETTER)
        for act in (invitations.show_reset, lambda session, link: invitations.reset_password(session, link, password=BETTER)):
            with pytest.raises(NotFound):
                act(session, link)
        assert password_matches(GOOD, mara(session).password_hash)


def test_an_invitation_is_no_reset_link_for_a_member_either(resources: Resources) -> None:
    """Alone in the team that invites, which is what a reset link asks for; however they came in while the invitation was open."""
    with unit_of_work(resources) as session:
        north, south = two_teams(session)
        link = inviting.invite_user(session, south, EMAIL, ROLE).token
        users.remove_member(session, north, EMAIL)
        session.add(Membership(team_id=south.team_id, user_id=mara(session).id, role=ROLE, created_at=datetime.now(UTC)))
        session.flush()
        with pytest.raises(NotFound):
            invitations.show_reset(session, link)


def test_accepting_joins_and_is_in_the_log(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        _, south = two_teams(session)
        link = inviting.invite_user(session, south, EMAIL, ROLE).token
        waiting = own(session)
        assert (waiting.team, waiting.role) == ("South Market", ROLE)
        assert invitations.join_team(session, mara(session).id, waiting.id) == "south-market"
        assert teams_of(session) == ["north-market", "south-market"]
        assert users.show_member(session, south, EMAIL).role == ROLE
        assert inviting.list_invitations(session, south) == ()
        events = session.scalars(select(AuditEvent).where(AuditEvent.team_id == south.team_id).order_by(AuditEvent.at)).all()
        assert [(event.actor, event.action) for event in events] == [(south.name, "user.invited"), (EMAIL, "user.joined")]
        with pytest.raises(NotFound):
            invitations.show_invitation(session, link)
        with pytest.raises(NotFound):
            invitations.join_team(session, mara(session).id, waiting.id)
        with pytest.raises(Conflict, match="in this team already"):
            inviting.invite_user(session, south, EMAIL, ROLE)


def _decline(session: Session, _: Actor) -> None:
    invitations.decline_invitation(session, mara(session).id, own(session).id)


def _expire(session: Session, _: Actor) -> None:
    session.execute(update(Invitation).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))


def _withdraw(session: Session, actor: Actor) -> None:
    inviting.withdraw_invitation(session, actor, EMAIL)


@pytest.mark.parametrize(
    ("end", "action"), [(_decline, "user.declined"), (_withdraw, "user.invitation_withdrawn"), (_expire, "user.invited")]
)
def test_what_was_answered_withdrawn_or_expired_is_dead(resources: Resources, end: Callable[[Session, Actor], None], action: str) -> None:
    with unit_of_work(resources) as session:
        _, south = two_teams(session)
        link = inviting.invite_user(session, south, EMAIL, ROLE).token
        waiting = own(session)
        end(session, south)
        assert invitations.list_own_invitations(session, mara(session).id) == ()
        for act in (invitations.join_team, invitations.decline_invitation):
            with pytest.raises(NotFound):
                act(session, mara(session).id, waiting.id)
        with pytest.raises(NotFound):
            invitations.show_invitation(session, link)
        assert teams_of(session) == ["north-market"]
        last = session.scalars(select(AuditEvent.action).where(AuditEvent.team_id == south.team_id).order_by(AuditEvent.at.desc())).first()
        assert last == action


def test_only_the_invited_answer(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        north, south = two_teams(session)
        inviting.invite_user(session, south, EMAIL, ROLE)
        waiting = own(session)
        for act in (invitations.join_team, invitations.decline_invitation):
            with pytest.raises(NotFound):
                act(session, north.user_id or "", waiting.id)
        assert own(session) == waiting


def test_a_link_that_sets_passwords_is_no_invitation_to_answer(resources: Resources) -> None:
    """Or a member could join by the reset link's id what they are in already."""
    with unit_of_work(resources) as session:
        north, _ = two_teams(session)
        users.make_reset_link(session, north, EMAIL)
        assert invitations.list_own_invitations(session, mara(session).id) == ()
        assert inviting.list_invitations(session, north) == ()


def test_people_without_an_account_set_a_password_and_join(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        _, south = two_teams(session)
        link = inviting.invite_user(session, south, " New@South.example", ROLE).token
        assert teams_of(session, "new@south.example") == []
        assert not invitations.show_invitation(session, link).signs_in
        with pytest.raises(Invalid), session.begin_nested():
            invitations.accept_invitation(session, link, name="New", password="short")
        invitations.accept_invitation(session, link, name="New", password=GOOD)
        assert users.show_member(session, south, "new@south.example").role == ROLE
        with pytest.raises(NotFound):
            invitations.accept_invitation(session, link, name="New", password=BETTER)


def test_of_two_teams_links_the_first_sets_the_password_and_the_other_waits(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        north, south = two_teams(session)
        first, second = (inviting.invite_user(session, team, "new@x.example", ROLE).token for team in (north, south))
        user_id = invitations.accept_invitation(session, first, name="New", password=GOOD)
        assert teams_of(session, "new@x.example") == ["north-market"]
        assert invitations.show_invitation(session, second).signs_in
        with pytest.raises(NotFound):
            invitations.accept_invitation(session, second, name="x", password=BETTER)
        assert [item.team for item in invitations.list_own_invitations(session, user_id)] == ["South Market"]


def test_two_teams_links_used_at_once_set_one_password(resources: Resources) -> None:
    """Else the later one would hold an account that is in the other team."""
    with unit_of_work(resources) as session:
        links = [inviting.invite_user(session, team, "new@x.example", ROLE).token for team in two_teams(session)]
    ready = Barrier(2)

    def accept(link: str) -> bool:
        try:
            with unit_of_work(resources) as session:
                invitations.show_invitation(session, link)
                if session.get_bind().dialect.name == "postgresql":
                    ready.wait(5)  # on SQLite a writing transaction is alone anyway
                invitations.accept_invitation(session, link, name="New", password=GOOD)
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(accept, links)) == [False, True]
    with unit_of_work(resources, read_only=True) as session:
        assert len(teams_of(session, "new@x.example")) == 1


def test_a_link_sets_no_password_of_somebody_whom_another_team_waits_for(resources: Resources) -> None:
    """The operator made them a member; a password set by this team's link would open that team."""
    with unit_of_work(resources) as session:
        north, south = two_teams(session)
        users.add_user(session, north, "new@x.example", ROLE)
        link = inviting.invite_user(session, south, "new@x.example", ROLE).token
        assert invitations.show_invitation(session, link).signs_in
        with pytest.raises(NotFound):
            invitations.accept_invitation(session, link, name="x", password=BETTER)


def test_a_changed_password_leaves_invitations_waiting(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        _, south = two_teams(session)
        inviting.invite_user(session, south, EMAIL, ROLE)
        accounts.set_password(session, mara(session), BETTER)
        assert own(session).team == "South Market"


def test_inviting_again_ends_the_one_before_and_names_the_role(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        north, south = two_teams(session)
        first = inviting.invite_user(session, south, EMAIL, MemberRole.ADMIN).token
        inviting.invite_user(session, south, EMAIL, ROLE)
        renewed = inviting.renew_link(session, south, EMAIL)
        with pytest.raises(NotFound):
            invitations.show_invitation(session, first)
        assert invitations.show_invitation(session, renewed).signs_in
        assert own(session).role == ROLE
        (listed,) = inviting.list_invitations(session, south)
        assert (listed.email, listed.role) == (EMAIL, ROLE)
        assert listed.until
        assert inviting.list_invitations(session, north) == (), "another team's business"
        _expire(session, south)
        assert inviting.list_invitations(session, south)[0].until is None
        inviting.renew_link(session, south, EMAIL)
        assert own(session).role == ROLE


def test_another_teams_invitations_are_not_there(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        north, south = two_teams(session)
        inviting.invite_user(session, south, EMAIL, ROLE)
        for act in (inviting.renew_link, inviting.withdraw_invitation):
            with pytest.raises(NotFound):
                act(session, north, EMAIL)
        assert own(session)


def test_adding_directly_is_said_and_ends_the_invitation(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        _, south = two_teams(session)
        inviting.invite_user(session, south, EMAIL, MemberRole.ADMIN)
        with pytest.raises(Conflict, match="accept an invitation"):
            users.add_user(session, south, EMAIL, ROLE)
        assert teams_of(session) == ["north-market"]
        users.add_user(session, south, EMAIL, ROLE, directly=True)
        assert users.show_member(session, south, EMAIL).role == ROLE
        assert invitations.list_own_invitations(session, mara(session).id) == ()


def test_a_member_whom_the_operator_added_gets_a_link_of_their_own(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        north, _ = two_teams(session)
        users.add_user(session, north, "new@north.example", MemberRole.VIEWER)
        link = inviting.invite_user(session, north, "new@north.example", ROLE).token
        invitations.accept_invitation(session, link, name="New", password=GOOD)
        assert users.show_member(session, north, "new@north.example").role == ROLE


@pytest.mark.parametrize("role", [MemberRole.VIEWER, MemberRole.MARKETER, MemberRole.ANALYST])
def test_only_admins_invite(sqlite_resources: Resources, role: MemberRole) -> None:
    acts: list[Callable[[Session, Actor], object]] = [
        lambda session, actor: inviting.invite_user(session, actor, "x@north.example", MemberRole.VIEWER),
        lambda session, actor: inviting.renew_link(session, actor, "x@north.example"),
        lambda session, actor: inviting.withdraw_invitation(session, actor, "x@north.example"),
        inviting.list_invitations,
    ]
    with unit_of_work(sqlite_resources) as session:
        actor = make_actor(session, make_team(session), role)
        for act in acts:
            with pytest.raises(Forbidden):
                act(session, actor)
