"""Numbers, dates and amounts as people read them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.ui import format as fmt

NOW = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (1240, 0, "1,240"),
        (1240.0, 0, "1,240"),
        (-3, 0, "−3"),
        (-0.2, 0, "0"),
        (0.126, 2, "0.13"),
        (None, 0, "–"),
        (float("nan"), 1, "–"),
        (float("inf"), 0, "–"),
    ],
)
def test_numbers_have_thousands_and_a_true_minus(value: float | None, decimals: int, text: str) -> None:
    assert fmt.number(value, decimals) == text


@given(st.floats(allow_nan=True, allow_infinity=True), st.integers(0, 3))
def test_no_number_shows_a_hyphen_or_a_machine_word(value: float, decimals: int) -> None:
    text = fmt.number(value, decimals)
    assert "-" not in text
    assert "nan" not in text
    assert "inf" not in text
    assert "e+" not in text


@pytest.mark.parametrize(("value", "text"), [(0.5, "+0.5"), (-0.3, "−0.3"), (0.0, "0.0"), (0.04, "0.0"), (-0.04, "0.0"), (None, "–")])
def test_signs_only_where_the_shown_value_has_one(value: float | None, text: str) -> None:
    assert fmt.signed(value) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0.2366, "24%"), (0.0955, "9.6%"), (0.0998, "10%"), (0.0, "0%"), (1.0, "100%"), (-0.25, "−25%"), (None, "–")]
)
def test_shares_are_per_cent_and_small_ones_keep_a_decimal(share: float | None, text: str) -> None:
    assert fmt.percent(share) == text


def test_a_ratio_says_times() -> None:
    assert fmt.times(2.43) == "2.4×"


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1346.4, "EUR", "€1,346"),
        (1346.4, None, "1,346"),
        (-12, "GBP", "−£12"),
        (1200, "SEK", "1,200 SEK"),
        (-0.2, "EUR", "€0"),
        (None, "EUR", "–"),
    ],
)
def test_amounts_carry_the_datasets_currency_or_none(amount: float | None, currency: str | None, text: str) -> None:
    assert fmt.money(amount, currency) == text


@pytest.mark.parametrize(
    ("value", "figure"),
    [
        (1_356_988, ("1.36", "M")),
        (12_400, ("12.4", "k")),
        (606, ("606", "")),
        (9_999, ("9,999", "")),
        (-2_500_000, ("−2.50", "M")),
        (None, ("–", "")),
    ],
)
def test_tiles_shorten_large_figures(value: float | None, figure: tuple[str, str]) -> None:
    assert fmt.short_number(value) == figure


def test_counts_agree_with_their_noun() -> None:
    assert [fmt.count(1, "row"), fmt.count(2240, "row"), fmt.count(2, "has", "have")] == ["1 row", "2,240 rows", "2 have"]


def test_days_are_written_out() -> None:
    assert fmt.day(date(2026, 11, 3)) == "3 Nov 2026"
    assert fmt.exact_time(NOW) == "23 Nov 2026, 14:05 UTC"


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=3), "just now"),
        (timedelta(seconds=-90), "just now"),
        (timedelta(seconds=59), "59 seconds ago"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=23), "23 hours ago"),
        (timedelta(days=3), "3 days ago"),
        (timedelta(days=20), "3 Nov 2026"),
    ],
)
def test_recent_moments_are_relative(ago: timedelta, text: str) -> None:
    assert fmt.relative_time(NOW - ago, NOW) == text


def test_moments_of_any_zone_are_compared_as_moments() -> None:
    naive = (NOW - timedelta(hours=2)).replace(tzinfo=None)
    east = (NOW - timedelta(hours=2)).astimezone(timezone(timedelta(hours=9)))
    assert fmt.relative_time(naive, NOW) == fmt.relative_time(east, NOW) == "2 hours ago"
    assert fmt.exact_time(east) == "23 Nov 2026, 12:05 UTC"


def test_late_evening_in_the_east_is_the_same_utc_day() -> None:
    east = datetime(2026, 11, 24, 1, 0, tzinfo=timezone(timedelta(hours=9)))
    assert fmt.exact_time(east) == "23 Nov 2026, 16:00 UTC"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.42, "0.4 s"), (21.4, "21 s"), (59.7, "1 min"), (125, "2 min 5 s"), (3780, "1 h 3 min"), (None, "–")]
)
def test_durations(seconds: float | None, text: str) -> None:
    assert fmt.duration(seconds) == text


@pytest.mark.parametrize(("size", "text"), [(412, "412 B"), (219_400, "219 kB"), (84_000_000, "84.0 MB")])
def test_file_sizes(size: int, text: str) -> None:
    assert fmt.file_size(size) == text


def test_lists_end_in_and() -> None:
    assert [fmt.listing([]), fmt.listing(["a"]), fmt.listing(["a", "b", "c"])] == ["", "a", "a, b and c"]


def test_the_command_line_is_called_so() -> None:
    assert [fmt.by("cli"), fmt.by("mara@north.example")] == ["command line", "mara@north.example"]
