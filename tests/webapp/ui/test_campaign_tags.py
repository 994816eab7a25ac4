"""The badge that tells a segment's campaigns, and days in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from tests.webapp.pages.segment_shop import words
from webapp.services.planning.campaigns import CampaignSummary
from webapp.ui import format
from webapp.ui.campaign_tags import campaign_tags, tag_names

PLAIN = CampaignSummary("1", "Spring", "email", None, None, "draft", (), "x", datetime(2026, 1, 1, tzinfo=UTC))


def made(*statuses: str) -> list[CampaignSummary]:
    return [replace(PLAIN, name=f"N{place}", status=status) for place, status in enumerate(statuses)]


def test_live_campaigns_count_and_are_named() -> None:
    badge = campaign_tags(made("running", "draft", "done", "archived"), href="/x")
    assert badge is not None
    assert (badge.href, words(badge)) == ("/x", "2 campaigns : N0 (running), N1 (draft)")
    assert badge.title == "2 campaigns: N0 (running), N1 (draft)"


def test_where_none_is_live_those_that_were_count_and_nothing_else_shows() -> None:
    assert words(campaign_tags(made("done", "archived"))) == "1 campaign done : N0 (done)"
    assert words(campaign_tags(made("draft"), short=True)) == "1 campaign : N0 (draft)"
    assert campaign_tags(made("archived")) is None
    assert campaign_tags(()) is None


def test_many_names_are_cut() -> None:
    assert tag_names(made(*["draft"] * 8)).endswith("N5 (draft) and 2 more")


def test_days_say_once_what_they_share() -> None:
    assert format.days(date(2026, 12, 5), date(2026, 12, 5)) == "5 Dec 2026"
    assert format.days(date(2026, 12, 18), date(2026, 12, 20)) == "18 to 20 Dec 2026"
    assert format.days(date(2026, 11, 20), date(2026, 12, 12)) == "20 Nov to 12 Dec 2026"
    assert format.days(date(2026, 12, 20), date(2027, 1, 4)) == "20 Dec 2026 to 4 Jan 2027"
