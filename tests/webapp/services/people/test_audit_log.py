"""The audit log: what it shows to whom, in which words, and how it is searched."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from tests.webapp.working import Shop, open_shop
from webapp.edge import Resources
from webapp.models import AuditEvent, MemberRole, Membership
from webapp.services.data import datasets
from webapp.services.errors import Forbidden, Invalid
from webapp.services.people import audit_log
from webapp.services.people.audit_log import AuditEntry, AuditFilter
from webapp.services.people.audit_words import GROUPS, PREFIXES, sentence
from webapp.services.planning import campaigns

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def shop(resources: Resources) -> Shop:
    return open_shop(resources)


def add(session: Session, team: str | None, action: str, *, at: datetime = NOON, actor: str = "ana@north.example", **more: Any) -> None:
    session.add(AuditEvent(team_id=team, at=at, actor=actor, action=action, subject=more.pop("subject", ""), details=more))
    session.flush()


def found(session: Session, shop: Shop, **asked: Any) -> list[str]:
    return [entry.action for entry in audit_log.list_events(session, shop.actor, AuditFilter(**asked)).entries]


@pytest.mark.parametrize("role", [MemberRole.VIEWER, MemberRole.MARKETER, MemberRole.ANALYST])
def test_only_admins_read_it(shop: Shop, role: MemberRole) -> None:
    member = shop.member(role)
    with shop.reading() as session:
        for act in (
            lambda: audit_log.list_events(session, member, AuditFilter()),
            lambda: audit_log.count_events(session, member, AuditFilter()),
            lambda: audit_log.list_actors(session, member),
            lambda: list(audit_log.all_pages(session, member, AuditFilter())),
        ):
            with pytest.raises(Forbidden):
                act()


def test_a_team_sees_its_own_and_its_members_sign_ins_since_they_joined(shop: Shop) -> None:
    with shop.writing() as session:
        joined = datetime.now(UTC) - timedelta(days=1)
        session.query(Membership).update({"created_at": joined})
        add(session, shop.actor.team_id, "team.renamed", before="a", after="b")
        add(session, shop.stranger.team_id, "team.created", name="secret")
        add(session, None, "user.signed_in", at=joined + timedelta(hours=1), actor=shop.actor.name)
        add(session, None, "user.signed_in", at=joined - timedelta(hours=1), actor=shop.actor.name)
        add(session, None, "user.signed_out", at=joined + timedelta(hours=1), actor=shop.stranger.name)
        assert found(session, shop) == ["user.signed_in", "team.renamed"]
        assert audit_log.list_actors(session, shop.actor) == (shop.actor.name, "ana@north.example")
        assert audit_log.count_events(session, shop.actor, AuditFilter()) == 2


def test_pages_follow_each_other_without_gap_or_repetition(shop: Shop) -> None:
    """Also where many events happened in the same moment."""
    with shop.writing() as session:
        for number in range(23):
            add(session, shop.actor.team_id, f"note.n{number}", at=NOON + timedelta(seconds=number // 5))
        seen: list[AuditEntry] = []
        before: str | None = ""
        while before is not None:
            page = audit_log.list_events(session, shop.actor, AuditFilter(), before=before, limit=4)
            assert len(page.entries) <= 4
            seen, before = [*seen, *page.entries], page.older
        assert len({entry.id for entry in seen}) == len(seen) == 23
        assert [entry.at for entry in seen] == sorted((entry.at for entry in seen), reverse=True)
        assert sum(len(page.entries) for page in audit_log.all_pages(session, shop.actor, AuditFilter())) == 23


@pytest.mark.parametrize("before", ["x", "2026-13-01~a", "~", "\x00", "0001-01-01T00:00:00+14:00~x", "9999-12-31T23:59:59-14:00~x"])
def test_a_page_that_is_none(shop: Shop, before: str) -> None:
    with shop.reading() as session, pytest.raises(Invalid):
        audit_log.list_events(session, shop.actor, AuditFilter(), before=before)


@pytest.mark.parametrize(
    ("text", "actions"),
    [
        ("ANA@north", ["version.promoted", "campaign.created"]),
        ("promot", ["version.promoted"]),
        ("champion", ["version.promoted"]),
        ("shop/3", ["version.promoted"]),
        ("Grüße", ["campaign.created"]),
        ("100%", ["campaign.created"]),
        ("100_", []),
        ("' or 1=1 --", []),
        ("a\x00na@north", ["version.promoted", "campaign.created"]),
        ("  ", ["version.promoted", "campaign.created"]),
    ],
)
def test_search_looks_at_who_what_words_and_details(shop: Shop, text: str, actions: list[str]) -> None:
    with shop.writing() as session:
        add(session, shop.actor.team_id, "campaign.created", name="Grüße 100%", subject="c1", at=NOON - timedelta(hours=1))
        add(session, shop.actor.team_id, "version.promoted", subject="shop/3")
        assert found(session, shop, text=text) == actions


def test_kinds_people_and_days_narrow_it(shop: Shop) -> None:
    with shop.writing() as session:
        for action in ("user.added", "token.created", "sweep.ready", "note.added", "customers.exported"):
            add(session, shop.actor.team_id, action)
        add(session, shop.actor.team_id, "user.removed", actor="cli", at=NOON + timedelta(days=1))
        assert found(session, shop, group="people") == ["user.removed", "user.added"]
        assert found(session, shop, group="models") == ["sweep.ready"]
        assert found(session, shop, group="exports") == ["customers.exported"]
        assert found(session, shop, group="other") == ["note.added"]
        assert found(session, shop, group="sign-ins") == []
        assert found(session, shop, person="cli") == ["user.removed"]
        assert found(session, shop, first=date(2026, 3, 11)) == ["user.removed"]
        assert len(found(session, shop, last=date(2026, 3, 10))) == 5
        assert found(session, shop, first=date(2026, 3, 12)) == []
        assert len(found(session, shop, first=date.min, last=date.max)) == 6
        assert len(found(session, shop, first=date.min, zone=ZoneInfo("Pacific/Kiritimati"))) == 6
        assert len(found(session, shop, group="no such kind")) == 6


def test_days_begin_on_the_teams_clocks(shop: Shop) -> None:
    with shop.writing() as session:
        add(session, shop.actor.team_id, "note.added", at=datetime(2026, 3, 10, 23, 30, tzinfo=UTC))
        tokyo = ZoneInfo("Asia/Tokyo")
        assert found(session, shop, first=date(2026, 3, 11), last=date(2026, 3, 11), zone=tokyo) == ["note.added"]
        assert found(session, shop, first=date(2026, 3, 10), last=date(2026, 3, 10), zone=tokyo) == []


def test_an_address_is_read_and_what_cannot_be_is_left_out(shop: Shop) -> None:
    asked = audit_log.read_filter({"q": "x", "group": "people", "person": "cli", "from": "2026-03-10", "to": "soon"}, ZoneInfo("UTC"))
    assert asked == AuditFilter("x", "people", "cli", date(2026, 3, 10), None, ZoneInfo("UTC"))


def test_campaigns_are_called_by_their_name_of_today(shop: Shop) -> None:
    with shop.writing() as session:
        datasets.ensure_dataset(session, shop.actor, "Shop")
        plan = campaigns.create_campaign(session, shop.actor, "shop", name="Spring", channel="email")
        add(session, shop.actor.team_id, "campaign.tagged", subject=plan.id, dataset="shop", segment="k", at=datetime.now(UTC))
        words = [entry.what for entry in audit_log.list_events(session, shop.actor, AuditFilter(group="campaigns")).entries]
    assert words == ["Tagged the campaign Spring to k", "Planned the campaign Spring"]


@pytest.mark.parametrize(
    ("action", "subject", "details", "words"),
    [
        ("version.promoted", "shop/3", {}, "Made version 3 of shop the champion"),
        ("dataset.currency_changed", "shop", {"before": None, "after": "EUR"}, "Changed the currency of shop from none to EUR"),
        ("customers.exported", "shop", {"rows": 2240}, "Exported 2,240 customers of shop"),
        ("note.added", "k", {"name": "Loyal"}, "Note added: Loyal"),
        ("user.role_changed", "a@b.example", {}, "User role changed"),
        ("", "", {}, "Something happened"),
        ("user.renamed", "x", {"before": "{subject}", "after": "{0}"}, "Changed their name from {subject} to {0}"),
    ],
)
def test_words(action: str, subject: str, details: dict[str, Any], words: str) -> None:
    assert sentence(action, subject, details) == words


def test_every_action_that_is_written_has_a_kind() -> None:
    """Read from the source, so that none is forgotten."""
    import re
    from pathlib import Path

    import webapp

    text = "\n".join(path.read_text() for path in Path(webapp.__file__).parent.rglob("*.py"))
    written = set(re.findall(r"record_(?:event|own)\(\s*[^\"]*?\"([a-z]+\.[a-z_]+)\"", text))
    assert len(written) > 30
    prefixes = {prefix for names in PREFIXES.values() for prefix in names}
    assert {action for action in written if action.partition(".")[0] not in prefixes} == set()
    assert set(PREFIXES) | {"sign-ins", "other"} == set(GROUPS)


def test_the_file_holds_no_formula(shop: Shop) -> None:
    with shop.writing() as session:
        add(session, shop.actor.team_id, "team.created", actor="=HYPERLINK(1)", subject="@x", name='a"b,c\nd')
        add(session, shop.actor.team_id, "＝x.y", subject="+1")
        pages = list(audit_log.all_pages(session, shop.actor, AuditFilter()))
    rows = list(csv.reader(io.StringIO("".join(audit_log.csv_lines(page.entries) for page in pages))))
    assert [len(row) for row in rows] == [len(audit_log.COLUMNS)] * 2
    cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "＝"))]
    assert {"'=HYPERLINK(1)", "'@x", "'+1", "'＝x.y"} <= set(cells)


def test_a_search_of_any_length_is_answered(shop: Shop) -> None:
    """SQLite refuses patterns of some 50,000 characters."""
    with shop.reading() as session:
        assert audit_log.list_events(session, shop.actor, audit_log.read_filter({"q": "%" * 60_000}, UTC)).entries == ()
