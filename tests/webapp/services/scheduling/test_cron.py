"""Cron expressions: once a day whatever the clocks do, in words, and refused where they mean nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.services.errors import Invalid
from webapp.services.scheduling.cron import clean_cron, describe_cron, latest_due, next_run, next_runs, runs_after

BERLIN, NEW_YORK, KOLKATA = (ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Asia/Kolkata"))
NIGHTLY = "30 2 * * *"


def clocks(cron: str, zone: ZoneInfo, start: tuple[int, int, int, int], number: int = 3) -> list[str]:
    """The next runs after noon or so, as the clocks of the zone show them."""
    return [run.strftime("%m-%d %H:%M%z") for run in next_runs(cron, zone, datetime(*start, tzinfo=zone), number)]


@pytest.mark.parametrize(
    ("cron", "zone", "start", "expected"),
    [
        # The hour from two to three is left out: what falls into it comes when the clocks have been put forward.
        (NIGHTLY, BERLIN, (2026, 3, 28, 12), ["03-29 03:00+0200", "03-30 02:30+0200", "03-31 02:30+0200"]),
        ("0 3 * * *", BERLIN, (2026, 3, 28, 12), ["03-29 03:00+0200", "03-30 03:00+0200", "03-31 03:00+0200"]),
        (NIGHTLY, NEW_YORK, (2026, 3, 7, 12), ["03-08 03:00-0400", "03-09 02:30-0400", "03-10 02:30-0400"]),
        # It comes twice: the first one counts.
        (NIGHTLY, BERLIN, (2026, 10, 24, 12), ["10-25 02:30+0200", "10-26 02:30+0100", "10-27 02:30+0100"]),
        ("30 1 * * *", NEW_YORK, (2026, 10, 31, 12), ["11-01 01:30-0400", "11-02 01:30-0500", "11-03 01:30-0500"]),
        # What recurs by the hour goes by time as it passes.
        ("30 * * * *", BERLIN, (2026, 10, 25, 1), ["10-25 01:30+0200", "10-25 02:30+0200", "10-25 02:30+0100"]),
        ("30 * * * *", BERLIN, (2026, 3, 29, 1), ["03-29 01:30+0100", "03-29 03:30+0200", "03-29 04:30+0200"]),
        # No change of clocks, half an hour beside the full one.
        (NIGHTLY, KOLKATA, (2026, 3, 28, 12), ["03-29 02:30+0530", "03-30 02:30+0530", "03-31 02:30+0530"]),
        (NIGHTLY, KOLKATA, (2026, 10, 24, 12), ["10-25 02:30+0530", "10-26 02:30+0530", "10-27 02:30+0530"]),
        ("0 6 * * 1", BERLIN, (2026, 11, 26, 12), ["11-30 06:00+0100", "12-07 06:00+0100", "12-14 06:00+0100"]),
        ("0 6 L * *", NEW_YORK, (2026, 1, 31, 12), ["02-28 06:00-0500", "03-31 06:00-0400", "04-30 06:00-0400"]),
    ],
)
def test_runs_by_the_clocks_of_a_zone(cron: str, zone: ZoneInfo, start: tuple[int, int, int, int], expected: list[str]) -> None:
    assert clocks(cron, zone, start) == expected


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, KOLKATA])
@pytest.mark.parametrize("hour", range(5))
def test_a_time_of_day_comes_once_on_each_day_of_a_year(zone: ZoneInfo, hour: int) -> None:
    runs = next_runs(f"30 {hour} * * *", zone, datetime(2026, 1, 1, tzinfo=zone), 365)
    assert len({run.date() for run in runs}) == 365
    assert runs[-1].date() == datetime(2026, 12, 31).date()


# Minutes, hours, days, weekdays: every kind of field that people write.
minutes = st.sampled_from(["0", "30", "*", "*/7", "5,10", "10-20/5", "59"])
hours = st.sampled_from(["*", "0", "2", "3", "1-4", "*/5", "23", "2,3"])
days = st.sampled_from(["*", "1", "29", "31", "L", "*/10", "LW"])
weekdays = st.sampled_from(["*", "1", "0,6", "MON-FRI", "5L", "1#2"])
zones = st.sampled_from([BERLIN, NEW_YORK, KOLKATA, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("UTC")])
moments = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))
crons = st.tuples(minutes, hours, days, st.just("*"), weekdays).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(cron=crons, zone=zones, start=moments)
def test_runs_grow_strictly_and_none_is_left_out_by_starting_later(cron: str, zone: ZoneInfo, start: datetime) -> None:
    runs = list(islice(runs_after(cron, zone, start), 6))
    assert all(earlier < later for earlier, later in zip([start, *runs], runs, strict=False))
    assert [next_run(cron, zone, before) for before in (start, *runs[:-1])] == runs


@settings(max_examples=100, deadline=None)
@given(cron=crons, zone=zones, start=moments, minutes_later=st.integers(0, 60 * 24 * 40))
def test_the_latest_due_is_the_last_run_before_the_next(cron: str, zone: ZoneInfo, start: datetime, minutes_later: int) -> None:
    first = next_run(cron, zone, start)
    now = first + timedelta(minutes=minutes_later)
    due = latest_due(cron, zone, first, now)
    assert first <= due <= now
    assert next_run(cron, zone, due) > now


@pytest.mark.parametrize(
    "text",
    ["", "x", "* * * *", "* * * * * *", "61 * * * *", "0 0 30 2 *", "0 0 31 4,6 *", "@daily", "0 6 * * FUNDAY", "*/0 * * * *", "0 " * 60],
)
def test_what_is_no_expression_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Invalid, match="Mondays at six are") as refused:
        clean_cron(text)
    assert refused.value.details == {"field": "cron"}


def test_blanks_and_case_do_not_matter() -> None:
    assert clean_cron("  0   6 * *  mon ") == "0 6 * * MON"


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("30 2 * * *", "Every day at 02:30"),
        ("0 6 * * 1", "Mondays at 06:00"),
        ("0 6 * * 7", "Sundays at 06:00"),
        ("5 16 * * SAT", "Saturdays at 16:05"),
        ("0 6 1 * *", "On the 1st of each month at 06:00"),
        ("0 6 12 * *", "On the 12th of each month at 06:00"),
        ("0 6 23 * *", "On the 23rd of each month at 06:00"),
        ("0 6 L * *", "On the last day of each month at 06:00"),
        ("*/15 * * * *", "Every 15th minute of every hour"),
        ("0 6 * * 1-5", "At 06:00 on Monday through Friday"),
    ],
)
def test_expressions_in_words(cron: str, words: str) -> None:
    assert describe_cron(cron) == words


@settings(max_examples=100, deadline=None)
@given(cron=crons)
def test_every_expression_has_words(cron: str) -> None:
    assert len(describe_cron(clean_cron(cron))) > 10
