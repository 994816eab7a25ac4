"""Teams, members, invitations, passwords and tokens, on both databases where the database matters."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.contract.conftest import cheap_hashes as cheap_hashes
from tests.factories import make_actor, make_team
from webapp.edge import Resources, unit_of_work
from webapp.models import AuditEvent, Invitation, MemberRole, User
from webapp.services.access import Actor, operator
from webapp.services.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.services.people import passwords
from webapp.services.people.passwords import check_password, hash_password, password_matches
from webapp.services.people.tokens import create_token, list_tokens, revoke_token, token_actor
from webapp.services.people.users import (
    accept_invitation,
    add_user,
    change_role,
    disable_user,
    ensure_team,
    list_members,
    list_teams,
    remove_member,
    renew_access,
    show_invitation,
)

GOOD = "green lamp of nine"


def admin(session: Session, name: str = "North Market") -> Actor:
    return make_actor(session, make_team(session, name))


@pytest.mark.parametrize(
    "password",
    ["short", "1234567", "x" * 129, "password", "PASSWORD1", "12345678", "iloveyou1", "aaaaaaaa", "abababab", "mara@north.example"],
)
def test_poor_passwords_are_refused(password: str) -> None:
    with pytest.raises(Invalid):
        check_password(password, about="mara@north.example")


@pytest.mark.parametrize("password", ["blue tractor seven", "qzmwxkcj", "ключ от города", "x1y2" * 32])
def test_other_passwords_are_taken(password: str) -> None:
    check_password(password)


def test_at_least_3000_common_passwords_are_known() -> None:
    assert len(passwords._common_passwords()) >= 3000


def test_hashes_are_argon2id_salted_and_checked() -> None:
    first, second = hash_password(GOOD), hash_password(GOOD)
    assert first != second
    assert first.startswith("$argon2id$")
    assert password_matches(GOOD, first)
    assert not password_matches(GOOD + " ", first)
    assert not password_matches(GOOD, None)
    assert not password_matches(GOOD, "not a hash")
    assert not password_matches("the hash that is checked where there is no account", None)


def test_production_parameters_are_strong() -> None:
    from argon2 import PasswordHasher, Type

    strong = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)
    import importlib.util

    spec = importlib.util.find_spec("webapp.services.people.passwords")
    assert spec is not None
    assert spec.loader is not None
    fresh = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fresh)
    in_force = fresh._hasher
    assert (in_force.type, in_force.memory_cost, in_force.time_cost) == (Type.ID, strong.memory_cost, strong.time_cost)


def test_only_so_many_hashes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, lock = 0, 0, threading.Lock()
    release = threading.Event()

    class Slow:
        def hash(self, _: str) -> str:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            release.wait(0.05)
            with lock:
                running -= 1
            return "hash"

    monkeypatch.setattr(passwords, "_hasher", Slow())
    monkeypatch.setattr(passwords, "_gate", threading.BoundedSemaphore(1))
    passwords.limit_hashes(2)
    threads = [threading.Thread(target=hash_password, args=("x",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 2


def test_adding_inviting_and_joining(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        actor = admin(session)
        added = add_user(session, actor, " New@North.example ", MemberRole.MARKETER)
        assert (added.user, added.team, added.role) == ("new@north.example", "North Market", MemberRole.MARKETER)
        assert added.invite_token
        assert session.scalars(select(Invitation.token_hash)).one() != added.invite_token
        assert [member.waiting for member in list_members(session, actor) if member.email == added.user] == [True]
    with unit_of_work(resources) as session:
        assert show_invitation(session, added.invite_token).email == added.user
        user_id = accept_invitation(session, added.invite_token, name="New Person", password=GOOD)
        assert [team.slug for team in list_teams(session, user_id)] == ["north-market"]
        with pytest.raises(NotFound):
            accept_invitation(session, added.invite_token, name="Again", password=GOOD)


def test_invitations_expire_and_the_newest_counts(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        actor = admin(session)
        first = add_user(session, actor, "new@north.example", MemberRole.VIEWER).invite_token
        second = add_user(session, actor, "new@north.example", MemberRole.VIEWER).invite_token
        assert first
        assert second
        with pytest.raises(NotFound):
            show_invitation(session, first)
        show_invitation(session, second)
        session.execute(update(Invitation).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
        with pytest.raises(NotFound):
            show_invitation(session, second)


def test_an_open_invitation_of_one_team_is_no_way_in_for_another(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        north, south = admin(session), admin(session, "South Market")
        add_user(session, north, "new@north.example", MemberRole.ADMIN)
        for password in (None, GOOD):
            with pytest.raises(Conflict):
                add_user(session, south, "new@north.example", MemberRole.ADMIN, password=password)


def test_an_account_joins_another_team_but_keeps_its_password(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        north, south = admin(session), admin(session, "South Market")
        add_user(session, north, "mara@north.example", MemberRole.VIEWER, password=GOOD)
        before = session.scalars(select(User.password_hash).where(User.email == "mara@north.example")).one()
        with pytest.raises(Conflict):
            add_user(session, south, "mara@north.example", MemberRole.ADMIN, password="another long one")
        assert add_user(session, south, "mara@north.example", MemberRole.ADMIN, directly=True).invite_token is None
        assert session.scalars(select(User.password_hash).where(User.email == "mara@north.example")).one() == before
        with pytest.raises(Conflict):
            add_user(session, south, "mara@north.example", MemberRole.ADMIN)


@pytest.mark.parametrize("email", ["", "x", "@", "a@", "a b@c.example", "a@b@c", "a\n@b.example", "x" * 300 + "@b.example"])
def test_addresses_are_checked(sqlite_resources: Resources, email: str) -> None:
    with unit_of_work(sqlite_resources) as session, pytest.raises(Invalid):
        add_user(session, admin(session), email, MemberRole.VIEWER)


@pytest.mark.parametrize("role", [MemberRole.VIEWER, MemberRole.MARKETER, MemberRole.ANALYST])
def test_only_admins_manage(sqlite_resources: Resources, role: MemberRole) -> None:
    with unit_of_work(sqlite_resources) as session:
        actor = make_actor(session, make_team(session), role)
        for act in (
            lambda: add_user(session, actor, "x@north.example", MemberRole.ADMIN),
            lambda: change_role(session, actor, actor.name, MemberRole.ADMIN),
            lambda: remove_member(session, actor, actor.name),
            lambda: list_members(session, actor),
            lambda: create_token(session, actor, name="x", role=MemberRole.ADMIN),
            lambda: list_tokens(session, actor),
            lambda: renew_access(session, actor, "x@north.example"),
        ):
            with pytest.raises(Forbidden):
                act()


def test_a_team_keeps_an_admin(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        actor = admin(session)
        for act in (lambda: change_role(session, actor, actor.name, MemberRole.VIEWER), lambda: remove_member(session, actor, actor.name)):
            with pytest.raises(Conflict), session.begin_nested():
                act()
        add_user(session, actor, "second@north.example", MemberRole.ADMIN, password=GOOD)
        change_role(session, actor, actor.name, MemberRole.VIEWER)


def test_disabling_does_not_reach_into_other_teams(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        north, south = admin(session), admin(session, "South Market")
        add_user(session, north, "mara@north.example", MemberRole.VIEWER, password=GOOD)
        disable_user(session, north, "mara@north.example")
        add_user(session, north, "both@north.example", MemberRole.VIEWER, password=GOOD)
        add_user(session, south, "both@north.example", MemberRole.VIEWER, directly=True)
        with pytest.raises(Conflict):
            disable_user(session, north, "both@north.example")


def test_another_teams_members_and_tokens_are_not_there(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        north, south = admin(session), admin(session, "South Market")
        create_token(session, north, name="x", role=MemberRole.VIEWER)
        token = list_tokens(session, north)[0]
        for act in (
            lambda: change_role(session, south, north.name, MemberRole.VIEWER),
            lambda: remove_member(session, south, north.name),
            lambda: revoke_token(session, south, token.id),
        ):
            with pytest.raises(NotFound):
                act()
        assert list_tokens(session, south) == ()


def test_tokens_act_for_their_team_with_their_role(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        actor = admin(session)
        made = create_token(session, actor, name="nightly", role=MemberRole.ANALYST, days=1)
        assert made.token.startswith(made.prefix)
        assert made.token not in str(list_tokens(session, actor))
        acting = token_actor(session, made.token)
        assert acting is not None
        assert (acting.team_slug, acting.role, acting.user_id) == ("north-market", MemberRole.ANALYST, None)
        assert token_actor(session, made.token + "x") is None
        for bad in (0, 4000):
            with pytest.raises(Invalid):
                create_token(session, actor, name="x", role=MemberRole.VIEWER, days=bad)


def test_renewing_access_ends_the_old_one(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        actor = operator(ensure_team(session, "Demo"))
        first, second = (renew_access(session, actor, "demo@smartcart.example") for _ in range(2))
        assert first.password != second.password
        stored = session.scalars(select(User.password_hash)).one()
        assert not password_matches(first.password, stored)
        assert password_matches(second.password, stored)
        assert token_actor(session, first.token) is None
        acting = token_actor(session, second.token)
        assert acting is not None
        assert acting.role == MemberRole.ADMIN


def test_teams_get_slugs_of_their_own(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        teams = [ensure_team(session, name) for name in ("North Market", "North  Market!", "North Market", "Nörth Market?")]
        assert [team.slug for team in teams] == ["north-market", "north-market-2", "north-market", "north-market-3"]


def test_what_happens_to_members_is_audited(sqlite_resources: Resources) -> None:
    with unit_of_work(sqlite_resources) as session:
        actor = admin(session)
        token = add_user(session, actor, "new@north.example", MemberRole.VIEWER).invite_token
        assert token
        accept_invitation(session, token, name="New", password=GOOD)
        change_role(session, actor, "new@north.example", MemberRole.ANALYST)
        remove_member(session, actor, "new@north.example")
        session.flush()
        events = session.scalars(select(AuditEvent).order_by(AuditEvent.at)).all()
        assert [event.action for event in events] == ["user.added", "user.joined", "user.role_changed", "user.removed"]
        text = str([(event.subject, event.details) for event in events])
        assert token not in text
        assert GOOD not in text
