"""Team: who is in it, its tokens, its log, its settings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from dash import no_update
from sqlalchemy import select, update

from tests.webapp.looking import HERE, look
from tests.webapp.pages.segment_shop import ids, links, options, walk, words
from tests.webapp.working import Shop, open_shop
from webapp.app import create_app
from webapp.edge import Resources, View
from webapp.models import AuditEvent, Invitation, MemberRole, User
from webapp.pages import team
from webapp.pages.team import acts, audit, members, settings
from webapp.pages.team.ids import ACT, DATASET_FORM, MANAGE, REVOKE, ROLE, Ids
from webapp.services.data import datasets
from webapp.services.errors import Conflict, NotFound
from webapp.services.people import tokens, users

EVIL = '<script>alert("x")</script>'
GOOD = "green lamp of nine"
TEAM = "/t/north-market/team"


@pytest.fixture
def shop(sqlite_resources: Resources) -> Shop:
    """A team with an admin, who can sign in."""
    opened = open_shop(sqlite_resources)
    with opened.writing() as session:
        session.execute(update(User).values(password_hash="x"))
    return opened


@pytest.fixture
def asking(shop: Shop) -> Any:
    """A request, whose address links are built from."""
    with create_app(resources=shop.resources).test_request_context("/", base_url="http://127.0.0.1:8050"):
        yield


def view_of(shop: Shop, session: Any, search: str = "", path: str = TEAM) -> View:
    from dataclasses import replace

    return replace(look(shop, session, path, search=search), actor=shop.actor)


def shown(shop: Shop, search: str = "", before: str | None = None) -> tuple[Any, Any, Any]:
    with shop.reading() as session:
        return team.show_team(view_of(shop, session, search), before)


def test_members_with_role_state_and_last_click(shop: Shop) -> None:
    with shop.writing() as session:
        users.add_user(session, shop.actor, "new@north.example", MemberRole.ANALYST)
        users.add_user(session, shop.actor, "out@north.example", MemberRole.VIEWER, password=GOOD)
        users.disable_user(session, shop.actor, "out@north.example")
    head, body, tab = shown(shop)
    assert tab == "members"
    assert words(head) == "Team 3 members. 1 invitation not answered yet. Invite somebody"
    text = words(body)
    for part in ("You", "Joined", "Invited", "Disabled", "Never"):
        assert part in text
    assert {"type": ROLE, "email": "new@north.example"} in ids(body)
    assert {"type": MANAGE, "email": "out@north.example"} in ids(body)
    assert options(body, {"type": ROLE, "email": "new@north.example"}) == ["Viewer", "Marketer", "Analyst", "Admin"]


def test_tabs_are_addresses_that_keep_the_dataset(shop: Shop) -> None:
    with shop.reading() as session:
        _, body, _ = team.show_team(view_of(shop, session, "?tab=tokens", f"{HERE}/team"), None)
    assert links(body)[:4] == [f"{HERE}/team", f"{HERE}/team?tab=tokens", f"{HERE}/team?tab=audit", f"{HERE}/team?tab=settings"]
    assert shown(shop, "?tab=nonsense")[2] == "members"


def test_an_invitation_is_shown_once_with_what_there_is_to_know(shop: Shop, asking: None) -> None:
    with shop.writing() as session:
        is_open, error, *secret, changed = acts.invite(view_of(shop, session), 1, "new@north.example", "analyst")
    assert (is_open, error, secret[0], secret[1]) == (False, "", True, "Invitation for new@north.example")
    link = next(part.value for part in walk(secret[2]) if getattr(part, "id", None) == Ids.SECRET_TEXT)
    assert link.startswith("http://127.0.0.1:8050/invite/")
    for part in ("No mail is sent", "works once", "7 days", "never again"):
        assert part in words(secret[2])
    assert changed
    assert link.rpartition("/")[2] not in str(shown(shop))


def test_what_cannot_be_invited_stays_in_the_dialog(shop: Shop, asking: None) -> None:
    with shop.writing() as session:
        view = view_of(shop, session)
        for email, role, why in (
            ("nonsense", "viewer", "not an e-mail"),
            (shop.actor.name, "viewer", "in this team already"),
            ("a@b.c", "boss", "role"),
        ):
            is_open, error, *rest = acts.invite(view, 1, email, role)
            assert is_open is no_update
            assert why in error
            assert rest == [no_update] * 4
        assert acts.invite(view, None, "a@b.c", "viewer") == (no_update,) * 6


def test_known_and_unknown_addresses_look_alike(shop: Shop, asking: None) -> None:
    """What an admin sees of an invitation, here and in the list, but for the address itself and the secret."""
    known, unknown = shop.stranger.name, "somebody-new@south-market.example"
    seen = []
    for email in (known, unknown):
        with shop.writing() as session:
            view = view_of(shop, session)
            _, _, is_open, title, secret, _ = acts.invite(view, 1, email, "marketer")
            assert is_open
            assert [member.email for member in users.list_members(session, shop.actor)] == [shop.actor.name]
            head, body, _ = team.show_team(view, None)
            _, called, manage = acts.open_manage(view, {"type": MANAGE, "email": email})
            parts = [title, words(secret), words(head), words(body), called, words(manage)]
            seen.append([part.replace(email, "X") for part in parts])
            shut, *shown, _ = acts.act(view, {"type": ACT, "act": "withdraw", "email": email})
            assert (shut, shown) == (False, [no_update] * 3)
            assert "Invited" not in words(team.show_team(view, None)[1])
    assert seen[0] == seen[1]
    assert "1 member. 1 invitation not answered yet." in seen[0][2]
    assert "Invited" in seen[0][3]


def test_an_invitation_gets_a_new_link(shop: Shop, asking: None) -> None:
    with shop.writing() as session:
        view = view_of(shop, session)
        acts.invite(view, 1, shop.stranger.name, "marketer")
        shut, is_open, title, content, changed = acts.act(view, {"type": ACT, "act": "renew", "email": shop.stranger.name})
        assert (shut, is_open, title) == (False, True, f"Invitation for {shop.stranger.name}")
        assert "/invite/" in str(content)
        assert changed
        session.execute(update(Invitation).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
        assert "Invitation expired" in words(team.show_team(view, None)[1])
        for act in ("renew", "withdraw"):
            with pytest.raises(NotFound):
                acts.act(view, {"type": ACT, "act": act, "email": "x@north.example"})


def test_what_can_be_done_fits_the_member(shop: Shop) -> None:
    with shop.writing() as session:
        users.add_user(session, shop.actor, "new@north.example", MemberRole.VIEWER)
        users.add_user(session, shop.actor, "mara@north.example", MemberRole.VIEWER, password=GOOD)
        users.add_user(session, shop.actor, shop.stranger.name, MemberRole.VIEWER, directly=True)
        view = view_of(shop, session)
        acting = {}
        for email in ("new@north.example", "mara@north.example", shop.stranger.name, shop.actor.name):
            is_open, _, content = acts.open_manage(view, {"type": MANAGE, "email": email})
            assert is_open
            acting[email] = [name["act"] for name in ids(content) if isinstance(name, dict) and name["type"] == ACT]
        assert list(acting.values()) == [["invite", "disable", "remove"], ["reset", "disable", "remove"], ["remove"], ["remove"]]
        assert acts.open_manage(view, None) == (no_update,) * 3
        with pytest.raises(NotFound):
            acts.open_manage(view, {"type": MANAGE, "email": "x"})


def test_what_ends_with_a_member_is_said(shop: Shop, said: list[Any]) -> None:
    with shop.writing() as session:
        users.add_user(session, shop.actor, "mara@north.example", MemberRole.ADMIN, password=GOOD)
        view = view_of(shop, session)
        member = users.show_member(session, shop.actor, "mara@north.example")
        assert "API token" not in words(members.member_acts(view, member))
        from dataclasses import replace

        for role in (MemberRole.VIEWER, MemberRole.ADMIN):
            tokens.create_token(session, replace(shop.actor, name="mara@north.example"), name="x", role=role)
        content = members.member_acts(view, member)
        assert words(content).count("2 API tokens that they made end too.") == 2, "beside Disable and Remove"
        acts.choose_role(view, {"type": ROLE, "email": "mara@north.example"}, "analyst")
        assert "1 API token that they made ends too." in words(said)
        tokens.create_token(session, shop.actor, name="x", role=MemberRole.ADMIN)
        *_, text, _, _, _ = acts.choose_role(view, {"type": ROLE, "email": shop.actor.name}, "viewer")
        assert "1 API token that you made ends too." in text


def test_acts_do_what_they_say(shop: Shop, asking: None, said: list[Any]) -> None:
    email = "mara@north.example"
    with shop.writing() as session:
        users.add_user(session, shop.actor, email, MemberRole.VIEWER, password=GOOD)
        view = view_of(shop, session)

        def press(act: str) -> tuple[Any, ...]:
            return acts.act(view, {"type": ACT, "act": act, "email": email})

        shut, is_open, title, content, changed = press("reset")
        assert (shut, is_open, title) == (False, True, f"New password for {email}")
        assert "/reset/" in str(content)
        assert changed
        press("disable")
        assert users.show_member(session, shop.actor, email).disabled
        press("enable")
        assert not users.show_member(session, shop.actor, email).disabled
        assert press("nonsense") == (no_update,) * 5
        with pytest.raises(Conflict):
            press("invite")
        press("remove")
        assert [member.email for member in users.list_members(session, shop.actor)] == [shop.actor.name]
    assert f"{email} is no longer in North Market." in words(said)


def test_a_role_is_given_at_once_and_ones_own_only_after_a_question(shop: Shop, said: list[Any]) -> None:
    email = "mara@north.example"
    with shop.writing() as session:
        users.add_user(session, shop.actor, email, MemberRole.VIEWER, password=GOOD)
        view = view_of(shop, session)
        *asked, changed = acts.choose_role(view, {"type": ROLE, "email": email}, "marketer")
        assert asked == [no_update] * 5
        assert changed
        assert users.show_member(session, shop.actor, email).role == MemberRole.MARKETER
        assert acts.choose_role(view, {"type": ROLE, "email": email}, "marketer") == (no_update,) * 6, "a list that only appears"
        own = {"type": ROLE, "email": shop.actor.name}
        is_open, _, text, confirm, about, changed = acts.choose_role(view, own, "viewer")
        assert (is_open, confirm, changed) == (True, "Become viewer", no_update)
        assert "signed out now" in text
        assert users.show_member(session, shop.actor, shop.actor.name).role == MemberRole.ADMIN
        acts.confirm(view, 1, about)
        assert users.show_member(session, shop.actor, shop.actor.name).role == MemberRole.ADMIN, "a team keeps an admin"
        assert "needs an admin" in words(said[-1])
        users.change_role(session, shop.actor, email, MemberRole.ADMIN)
        acts.confirm(view, 1, about)
        assert users.show_member(session, shop.actor, shop.actor.name).role == MemberRole.VIEWER


@pytest.mark.parametrize("about", [None, 1, {}, {"act": "role"}, {"act": "role", "role": "boss", "email": "x"}, {"act": "x"}])
def test_an_answer_to_no_question_does_nothing(shop: Shop, about: Any) -> None:
    with shop.writing() as session:
        assert acts.confirm(view_of(shop, session), 1, about) == (no_update,) * 2


def test_a_token_is_made_shown_once_and_revoked_after_a_question(shop: Shop, said: list[Any]) -> None:
    head, body, _ = shown(shop, "?tab=tokens")
    assert "No API token yet" in words(body)
    with shop.writing() as session:
        view = view_of(shop, session)
        is_open, error, shows, _, content, changed = acts.make_token(view, 1, "Nightly", "marketer", 30)
        assert (is_open, error, shows) == (False, "", True)
        secret = next(part.value for part in walk(content) if getattr(part, "id", None) == Ids.SECRET_TEXT)
        assert tokens.token_actor(session, secret)
        assert changed
        for name, role, days in (("", "viewer", 1), ("x", "boss", 1), ("x", "viewer", None), ("x", "viewer", 1.5), ("x", "viewer", 4000)):
            still, why, *rest = acts.make_token(view, 1, name, role, days)
            assert (still, rest) == (no_update, [no_update] * 4)
            assert why
    head, body, _ = shown(shop, "?tab=tokens")
    assert words(head).startswith("Team 1 API token in force.")
    assert secret not in str(body)
    [pressed] = [name for name in ids(body) if isinstance(name, dict) and name.get("type") == REVOKE]
    with shop.writing() as session:
        view = view_of(shop, session)
        is_open, _, text, _, about = acts.ask_revoke(view, pressed)
        assert is_open
        assert "Nightly" in text
        assert tokens.token_actor(session, secret)
        acts.confirm(view, 1, about)
        assert tokens.token_actor(session, secret) is None
    assert "Revoked" in words(shown(shop, "?tab=tokens")[1])


def test_the_log_in_words_with_details_and_filters_in_the_address(shop: Shop) -> None:
    with shop.writing() as session:
        users.add_user(session, shop.actor, "new@north.example", MemberRole.ANALYST)
        tokens.create_token(session, shop.actor, name=EVIL, role=MemberRole.VIEWER)
    head, _, tab = shown(shop, "?tab=audit")
    assert tab == "audit"
    assert "2 events. Nobody can change the log." in words(head)
    assert "/t/north-market/team/audit.csv" in links(head)
    with shop.reading() as session:
        asked = view_of(shop, session, "?tab=audit&group=tokens&q=script&person=nobody")
        assert list(audit.field_values(asked).values()) == ["script", "tokens", "nobody", "", ""]
        card, clear = audit.show_events(asked)
        assert clear is not None
        assert "Nothing fits" in words(card)
        card, clear = audit.show_events(view_of(shop, session, "?tab=audit&group=tokens&q=script"))
    text = words(card)
    assert f"Made the API token {EVIL}" in text
    assert "token.created" in text
    assert "new@north.example" not in text
    assert "1 of 1 event" in text


def test_the_log_keeps_its_fields_while_it_is_filtered(shop: Shop) -> None:
    head, body, tab = shown(shop, "?tab=audit&q=x", before="audit")
    assert (body, tab) == (no_update, no_update)
    assert "that fit" in words(head)
    assert shown(shop, "?tab=audit", before="members")[1] is not no_update


def test_filters_go_where_they_say_and_only_there(shop: Shop) -> None:
    with shop.reading() as session:
        view = view_of(shop, session, "?tab=audit&group=people&before=x", f"{HERE}/team")
        same = {"q": "", "group": "people", "person": "*", "from": None, "to": ""}
        assert audit.follow_filter(view, same) is no_update
        assert audit.follow_filter(view, {}) is no_update
        assert audit.follow_filter(view, same | {"q": " a&b "}) == f"{HERE}/team?tab=audit&q=a%26b&group=people"
        assert audit.follow_filter(view, same | {"group": "*"}) == f"{HERE}/team?tab=audit"
        assert audit.show_events(view_of(shop, session))[0] is no_update


def test_older_pages_keep_the_filters(shop: Shop) -> None:
    with shop.writing() as session:
        for number in range(60):
            users.add_user(session, shop.actor, f"m{number}@north.example", MemberRole.VIEWER)
    with shop.reading() as session:
        card, _ = audit.show_events(view_of(shop, session, "?tab=audit&group=people"))
        [older] = links(card)
        assert "group=people" in older
        assert "before=" in older
        card, _ = audit.show_events(view_of(shop, session, older.partition("team")[2]))
    assert "10 of 60 events" in words(card)
    assert links(card) == [f"{TEAM}?tab=audit&group=people"]


def test_settings_of_the_team(shop: Shop, said: list[Any]) -> None:
    assert "No dataset yet" in words(shown(shop, "?tab=settings")[1])
    with shop.writing() as session:
        view = view_of(shop, session)
        assert settings.save_team(view, None, "x", "UTC") == (no_update, no_update)
        assert "Give a name" in settings.save_team(view, 1, " ", "Europe/Lisbon")[0]
        assert settings.save_team(view, 1, EVIL, "Europe/Lisbon") == ("", 1)
    text = words(shown(shop, "?tab=settings")[0])
    assert EVIL in text
    assert EVIL in words(said[-1])


def test_settings_of_a_dataset(shop: Shop, said: list[Any]) -> None:
    with shop.writing() as session:
        for name in ("Customers", "Others"):
            datasets.ensure_dataset(session, shop.actor, name)
        view = view_of(shop, session)
        assert settings.save_dataset(view, None, "x", "EUR") is no_update
        settings.save_dataset(view, "customers", EVIL, "eur")
        changed = datasets.show_dataset(session, shop.actor, "customers")
        assert (changed.name, changed.currency, changed.slug) == (EVIL, "EUR", "customers")
        with pytest.raises(Conflict, match="already"):
            settings.save_dataset(view, "customers", "Others", "EUR")
        with pytest.raises(NotFound):
            settings.save_dataset(view, "x", "y", "EUR")
        actions = session.scalars(select(AuditEvent.action).where(AuditEvent.subject == "customers")).all()
        assert {"dataset.renamed", "dataset.currency_changed"} <= set(actions)
    body = shown(shop, "?tab=settings")[1]
    assert {"type": DATASET_FORM, "dataset": "others"} in ids(body)
    assert "/t/north-market/new-team" in links(body)
