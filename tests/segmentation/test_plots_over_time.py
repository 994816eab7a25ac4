"""Charts over time: titles that are true, tables with every count, labels that keep apart, both themes and widths."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation import plots
from segmentation.movement import Division, Moves
from segmentation.palette import DARK, LIGHT, SegmentStyle, Theme
from segmentation.plots.over_time import REST, shares_over_time_title, size_over_time_title

DAYS = (date(2025, 11, 30), date(2025, 12, 31), date(2026, 1, 31))
STYLES = tuple(SegmentStyle(f"s{at}", name, name.split()[0], at + 1) for at, name in enumerate(("Alpha one", "Beta two", "Gamma three")))
LOOKS = pytest.mark.parametrize(("theme", "narrow"), [(LIGHT, False), (LIGHT, True), (DARK, False), (DARK, True)])


def division(day: date, sizes: tuple[int, ...], *, unplaced: int = 0, joined: tuple[int, ...] | None = None) -> Division:
    nobody = (0,) * (len(sizes) + 1)
    moves = Moves(((0, 2, 0, 0), (0, 0, 0, 0), (1, 0, 0, 0), (0, 0, 0, 0)), (*joined, 0), nobody) if joined else None
    return Division(day, sizes, unplaced, None, 0.0, (), moves)


GROWING = (
    division(DAYS[0], (50, 30, 20)),
    division(DAYS[1], (50, 40, 20), joined=(1, 8, 0)),
    division(DAYS[2], (50, 60, 20), joined=(1, 18, 0)),
)


@LOOKS
def test_shares_say_what_fell_and_what_rose(theme: Theme, narrow: bool) -> None:
    chart = plots.shares_over_time(GROWING, STYLES, theme=theme, narrow=narrow)
    assert chart is not None
    assert chart.title == "Alpha one fell from 50% to 38%; Beta two rose from 30% to 46%"
    assert chart.title in chart.summary
    assert np.sum([trace.y for trace in chart.figure.data], axis=0) == pytest.approx([1, 1, 1])
    assert len(chart.figure.data) == 3
    assert chart.table["Customers"].tolist() == [100, 110, 130]
    assert chart.table["Beta two"].tolist() == [30, 40, 60]
    texts = [note.text for note in chart.figure.layout.annotations]
    assert texts[1] == ("<b>46%</b>" if narrow else "<b>46%</b>  Beta two")
    assert list(chart.figure.layout.xaxis.ticktext) == ["Nov 2025", "Dec", "Jan 2026"]


def test_shares_that_stay_are_said_to_stay() -> None:
    same = (division(DAYS[0], (50, 30, 20)), division(DAYS[2], (100, 60, 41)))
    assert shares_over_time_title(same, STYLES) == "Shares have hardly changed since 30 Nov 2025"


@given(st.lists(st.tuples(*[st.integers(0, 400)] * 3).filter(any), min_size=2, max_size=30))
def test_the_title_never_says_what_is_not_so(sizes: list[tuple[int, int, int]]) -> None:
    divisions = [division(date.fromordinal(738_000 + 31 * at), each) for at, each in enumerate(sizes)]
    title, (first, last) = shares_over_time_title(divisions, STYLES), (divisions[0], divisions[-1])
    changes = {style.name: last.share(at) - first.share(at) for at, style in enumerate(STYLES)}
    for name, change in changes.items():
        assert (f"{name} fell" in title) <= (change == min(changes.values()) and change <= -0.01)
        assert (f"{name} rose" in title) <= (change == max(changes.values()) and change >= 0.01)
    assert ("hardly" in title) == (max(abs(change) for change in changes.values()) < 0.01)


def test_customers_in_no_segment_have_a_grey_band_of_their_own() -> None:
    chart = plots.shares_over_time(
        (division(DAYS[0], (50, 30, 20)), division(DAYS[1], (50, 30, 20), unplaced=10)), STYLES, theme=LIGHT, narrow=False
    )
    assert chart is not None
    assert [trace.name for trace in chart.figure.data][-1] == REST
    assert chart.table[REST].tolist() == [0, 10]


@LOOKS
def test_a_size_shows_who_came_and_who_went(theme: Theme, narrow: bool) -> None:
    chart = plots.size_over_time(GROWING, 1, STYLES[1], theme=theme, narrow=narrow)
    assert chart is not None
    assert chart.title == "Grew from 30 to 60; 18 joined since 31 Dec 2025"
    assert chart.table["Customers"].tolist() == [30, 40, 60]
    assert chart.table["Moved in"].tolist()[1:] == [2, 2]
    bars = [list(trace.y) for trace in chart.figure.data if trace.type == "bar"]
    assert bars[0][1:] == [8, 18]
    assert bars[0][0] is None


def test_a_size_that_stays_and_one_that_shrinks() -> None:
    assert size_over_time_title(GROWING, 2) == "20 customers, as on 30 Nov 2025; 0 joined since 31 Dec 2025"
    assert size_over_time_title((GROWING[2], GROWING[0]), 1) == "Shrank from 60 to 30"


def test_with_one_day_there_is_no_chart() -> None:
    assert plots.shares_over_time(GROWING[:1], STYLES, theme=LIGHT, narrow=False) is None
    assert plots.size_over_time(GROWING[:1], 0, STYLES[0], theme=LIGHT, narrow=False) is None


def test_several_days_of_a_month_are_named_by_the_day() -> None:
    close = (division(date(2026, 3, 2), (5, 5, 5)), division(date(2026, 3, 9), (5, 5, 6)))
    chart = plots.shares_over_time(close, STYLES, theme=LIGHT, narrow=False)
    assert chart is not None
    assert list(chart.figure.layout.xaxis.ticktext) == ["2 Mar 2026", "9 Mar"]


def test_without_moves_the_size_stands_alone() -> None:
    still = tuple(replace(each, moves=None) for each in GROWING)
    chart = plots.size_over_time(still, 1, STYLES[1], theme=LIGHT, narrow=False)
    assert chart is not None
    assert chart.title == "Grew from 30 to 60"
    assert [trace.type for trace in chart.figure.data] == ["scatter", "scatter"]
    assert list(chart.table) == ["Day", "Customers", "Share"]
    assert "below" not in chart.subtitle
