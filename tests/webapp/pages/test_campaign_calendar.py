"""The calendar: where bars stand, what meets, what is said about a month, and the same as a list for phones."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from dash import html

from tests.webapp.pages.segment_shop import Visitor, links, walk, words
from tests.webapp.planned import DATASET, KEYS, Planned, open_planned
from webapp.edge import Resources
from webapp.pages.campaigns.calendar import calendar_body
from webapp.pages.campaigns.lanes import lanes
from webapp.pages.campaigns.meeting import meeting_list, month_title
from webapp.services.planning import campaign_calendar
from webapp.services.planning.campaign_calendar import Calendar, Month, show_calendar
from webapp.services.planning.campaigns import list_campaigns

DECEMBER = Month(2026, 12)
TODAY = date(2026, 12, 24)


@pytest.fixture
def shop(sqlite_resources: Resources, monkeypatch: pytest.MonkeyPatch) -> Planned:
    monkeypatch.setattr(campaign_calendar, "team_today", lambda session, actor: TODAY)
    return open_planned(sqlite_resources)


def december(shop: Planned, name: str, first: int | None, last: int | None, *keys: str, status: str = "planned") -> None:
    shop.plan(name, *keys, starts_on=first and date(2026, 12, first), ends_on=last and date(2026, 12, last), status=status)


def read(shop: Planned, month: Month = DECEMBER) -> tuple[Calendar, list[Any]]:
    with shop.reading() as session:
        known = list_campaigns(session, shop.actor, DATASET)
        found = show_calendar(session, shop.actor, DATASET, known, month=month)
        return found, calendar_body(Visitor(shop).view(session, "campaigns", tab="calendar"), found, known)


def grid(body: list[Any]) -> list[list[tuple[str, int]]]:
    """Each row of the table as (what a cell says, how many days it takes), the segment's name left out."""
    (table,) = [part for part in walk(body) if isinstance(part, html.Table)]
    rows = [part for part in walk(table.children[2]) if isinstance(part, html.Tr)]
    return [
        [(words(cell).partition(" ,")[0], getattr(cell, "colSpan", 1)) for cell in walk(row) if isinstance(cell, html.Td)] for row in rows
    ]


def test_every_row_has_as_many_days_as_the_month(shop: Planned) -> None:
    december(shop, "Long", 2, 20, KEYS[0])
    december(shop, "Meets", 10, 30, KEYS[0])
    december(shop, "After", 22, None, KEYS[0])
    december(shop, "Short", 5, 5, KEYS[1])
    rows = grid(read(shop)[1])
    assert {sum(days for _, days in row) for row in rows} == {31}
    assert [[cell for cell in row if cell[0]] for row in rows] == [
        [("Long Planned", 19), ("After Planned", 10)],
        [("Meets Planned", 21)],
        [("Short Planned", 1)],
        [("No campaign", 31)],
    ]


def test_campaigns_that_meet_lie_under_each_other_and_names_have_room(shop: Planned) -> None:
    for name, first, last in (("One", 1, 12), ("Two", 12, 20), ("Three", 13, 14), ("Late", 30, 31)):
        december(shop, name, first, last, KEYS[0])
    with shop.reading() as session:
        known = list_campaigns(session, shop.actor, DATASET)
    found = [[(bar.campaign.name, bar.first, bar.last, bar.name) for bar in lane] for lane in lanes(known, DECEMBER)]
    assert found == [[("One", 1, 12, "in"), ("Three", 13, 14, "right")], [("Two", 12, 20, "in"), ("Late", 30, 31, "left")]]
    taken = [bar.taken for lane in lanes(known, DECEMBER) for bar in lane]
    assert all(first >= 1 and last <= 31 for first, last in taken)
    assert lanes((), DECEMBER) == [()]


def test_bars_say_when_they_began_before_and_go_on_after(shop: Planned) -> None:
    shop.plan("Always", KEYS[0], starts_on=date(2026, 1, 1), status="running")
    (lane,) = lanes(read(shop)[0].rows[0].campaigns, DECEMBER)
    assert (lane[0].first, lane[0].last, lane[0].before, lane[0].after) == (1, 31, True, True)


def test_the_month_is_told_in_words(shop: Planned) -> None:
    assert month_title(read(shop)[0]) == "No campaign in December"
    assert "No campaign has a day in December 2026." in words(read(shop)[1])
    december(shop, "Spring mail", 3, 20, KEYS[0])
    assert month_title(read(shop)[0]) == "1 campaign in December"
    assert meeting_list(read(shop)[0]) is None
    december(shop, "Post card", 1, 9, KEYS[0], KEYS[1], status="running")
    december(shop, "Late", 21, None, KEYS[0])
    found, body = read(shop)
    assert month_title(found) == "3 campaigns reach Loyal families in December"
    assert words(meeting_list(found)).endswith(
        "3 campaigns reach Loyal families in December Post card and Spring mail at the same time, 3 to 9 Dec."
    )
    assert "the line is today, 24 Dec 2026" in words(body)
    assert "today is 24 Dec 2026" in words(read(shop, DECEMBER.moved(1))[1])


def test_an_empty_month_leads_to_the_next_that_has_something(shop: Planned) -> None:
    shop.plan("March", KEYS[0], starts_on=date(2027, 3, 5))
    body = read(shop)[1]
    assert "The next one starts in March 2027" in words(body)
    assert any("month=2027-03" in link for link in links(body))


def test_today_is_marked_once_and_only_in_its_month(shop: Planned) -> None:
    def marked(month: Month) -> tuple[list[str], list[float]]:
        parts = list(walk(read(shop, month)[1]))
        current = [words(part) for part in parts if getattr(part, "aria-current", None) == "date"]
        lines = [part.style["--at"] for part in parts if getattr(part, "className", "") == "sc-today"]
        return current, lines

    assert marked(DECEMBER) == (["Thu 24"], [pytest.approx(23.5 / 31)])
    assert marked(DECEMBER.moved(1)) == ([], [])


def test_what_has_no_dates_or_no_segment_is_beside(shop: Planned) -> None:
    shop.plan("Some day", KEYS[0])
    december(shop, "For nobody", 1, 20)
    found, body = read(shop)
    assert [each.name for each in found.undated] == ["Some day"]
    assert "Without dates They appear in the calendar once they have some. Some day Draft Loyal families" in words(body)
    assert grid(body)[-1] == [("For nobody Planned", 20), ("", 11)]


def test_the_same_month_is_a_list_for_phones(shop: Planned) -> None:
    december(shop, "Later", 9, 9, KEYS[1])
    december(shop, "Earlier", 1, 2, KEYS[0], KEYS[1])
    (agenda,) = [part for part in walk(read(shop)[1]) if "sc-agenda" in str(getattr(part, "className", ""))]
    assert (
        words(agenda) == "Earlier 1 to 2 Dec 2026, E-mail Loyal families Deal seekers Planned Later 9 Dec 2026, E-mail Deal seekers Planned"
    )


def test_a_retired_segment_is_marked_and_leads_nowhere(shop: Planned) -> None:
    december(shop, "Old", 1, 20, KEYS[0])
    shop.retire(KEYS[0])
    body = read(shop)[1]
    assert "Loyal families Retired" in words(body)
    assert not any(KEYS[0] in link for link in links(body))
