"""Campaigns over time: months, rows by segment, and which reach the same customers at once."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tests.webapp.conftest import Prepare
from tests.webapp.planned import DATASET, KEYS, Planned, open_planned
from webapp.models import Team
from webapp.services.errors import NotFound
from webapp.services.planning import campaign_calendar
from webapp.services.planning.campaign_calendar import Calendar, Month, find_clashes, show_calendar, team_today
from webapp.services.planning.campaigns import CampaignSummary, list_campaigns

DECEMBER = Month(2026, 12)


@pytest.fixture
def shop(prepare: Prepare) -> Planned:
    return prepare(open_planned)


@pytest.fixture
def quick(prepare_sqlite: Prepare) -> Planned:
    return prepare_sqlite(open_planned)


def days(first: int | None, last: int | None) -> dict[str, object]:
    return {"starts_on": first and date(2026, 12, first), "ends_on": last and date(2026, 12, last), "status": "planned"}


def calendar(shop: Planned, month: Month | None = DECEMBER) -> Calendar:
    with shop.reading() as session:
        return show_calendar(session, shop.actor, DATASET, list_campaigns(session, shop.actor, DATASET), month=month)


def clashes(shop: Planned, campaign: CampaignSummary) -> list[tuple[str, tuple[str, ...], date, date]]:
    with shop.reading() as session:
        found = find_clashes(session, shop.actor, DATASET, campaign)
    return [(clash.campaign.name, clash.segments, clash.shared.first, clash.shared.last) for clash in found]


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-00", "2026-13", "26-1", "1969-12", "2200-01", "٢٠٢٦-01", "2026-1x", "2026-12-01", "2026-123"]
)
def test_what_is_no_month_is_none(text: str) -> None:
    assert Month.read(text) is None


def test_months_move_over_the_end_of_the_year() -> None:
    assert str(DECEMBER.moved(1)) == "2027-01"
    assert str(Month(2026, 1).moved(-1)) == "2025-12"
    assert Month.read("2024-02") == Month(2024, 2)
    assert (Month(2024, 2).days, Month(2024, 2).last) == (29, date(2024, 2, 29))


def test_each_segment_has_a_row_with_the_campaigns_of_the_month(shop: Planned) -> None:
    shop.plan("Before", KEYS[0], starts_on=date(2026, 11, 1), ends_on=date(2026, 11, 30))
    shop.plan("Into", KEYS[0], KEYS[1], starts_on=date(2026, 11, 20), ends_on=date(2026, 12, 2))
    shop.plan("Within", KEYS[0], **days(5, 9))
    shop.plan("For good", KEYS[2], **days(31, None))
    shop.plan("Loose", **days(1, 1))
    shop.plan("Undated", KEYS[0])
    found = calendar(shop)
    assert [(row.name, row.customers, [each.name for each in row.campaigns]) for row in found.rows] == [
        ("Loyal families", 100, ["Into", "Within"]),
        ("Deal seekers", 60, ["Into"]),
        ("Web browsers", 40, ["For good"]),
    ]
    assert [each.name for each in found.loose] == ["Loose"]
    assert [each.name for each in found.undated] == ["Undated"]
    assert [each.name for each in calendar(shop, DECEMBER.moved(13)).rows[2].campaigns] == ["For good"]


def test_retired_segments_stand_last_while_a_campaign_of_the_month_has_them(shop: Planned) -> None:
    shop.plan("Old", KEYS[0], **days(1, 9))
    shop.retire(KEYS[0])
    assert [(row.name, row.retired, row.customers) for row in calendar(shop).rows] == [
        ("Deal seekers", False, 60),
        ("Web browsers", False, 40),
        ("Loyal families", True, 0),
    ]
    assert [row.name for row in calendar(shop, DECEMBER.moved(1)).rows] == ["Deal seekers", "Web browsers"]


def test_those_that_meet_in_a_row_are_named_with_their_days(quick: Planned) -> None:
    quick.plan("One", KEYS[0], **days(1, 9))
    quick.plan("Two", KEYS[0], KEYS[1], **days(9, 20))
    quick.plan("Three", KEYS[0], **days(21, None))
    rows = calendar(quick).rows
    assert [(one.name, other.name, span.first.day, span.last.day) for one, other, span in rows[0].together] == [("One", "Two", 9, 9)]
    assert rows[1].together == ()


def test_a_live_campaign_clashes_with_live_ones_for_the_same_segment_and_days(shop: Planned) -> None:
    own = shop.plan("Own", KEYS[0], KEYS[1], **days(5, 10))
    shop.plan("Touches", KEYS[1], **days(10, 12))
    shop.plan("After", KEYS[0], **days(11, 12))
    shop.plan("Elsewhere", KEYS[2], **days(5, 10))
    shop.plan("Undated", KEYS[0])
    shop.plan("Done", KEYS[0], **{**days(5, 10), "status": "done"})
    always = shop.plan("Always", KEYS[0], KEYS[1], **days(1, None))
    assert clashes(shop, own) == [
        ("Always", ("Loyal families", "Deal seekers"), date(2026, 12, 5), date(2026, 12, 10)),
        ("Touches", ("Deal seekers",), date(2026, 12, 10), date(2026, 12, 10)),
    ]
    assert [name for name, *_ in clashes(shop, always)] == ["Own", "Touches", "After"]
    assert clashes(shop, shop.plan("Finished", KEYS[0], **{**days(5, 10), "status": "archived"})) == []
    assert clashes(shop, shop.plan("Some day", KEYS[0])) == []


@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", 31), ("Pacific/Auckland", 1), ("America/New_York", 31), ("Nowhere/At all", 31), ("", 31)]
)
def test_today_is_the_day_where_the_team_is(quick: Planned, monkeypatch: pytest.MonkeyPatch, zone: str, day: int) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime(2026, 12, 31, 20, 0, tzinfo=UTC).astimezone(tz)  # type: ignore[arg-type]

    monkeypatch.setattr(campaign_calendar, "datetime", Clock)
    with quick.writing() as session:
        session.query(Team).filter_by(id=quick.actor.team_id).update({"time_zone": zone})
    with quick.reading() as session:
        assert team_today(session, quick.actor).day == day
    assert calendar(quick, None).month == (Month(2027, 1) if day == 1 else DECEMBER)


def test_a_dataset_without_segments_has_no_rows_and_strangers_no_calendar(quick: Planned) -> None:
    for key in KEYS:
        quick.retire(key)
    assert calendar(quick).rows == ()
    with quick.reading() as session, pytest.raises(NotFound):
        show_calendar(session, quick.stranger, DATASET, ())
