"""Figures of snapshots: the line, and one snapshot laid over another."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from segmentation.exploring.columns import explore_columns
from segmentation.palette import DARK, LIGHT
from segmentation.plots.exploration import category_bars, histograms
from segmentation.plots.snapshots import SnapshotPoint, customers_by_snapshot, snapshots_title
from tests.segmentation.exploring.test_columns import SCHEMA, frame

POINTS = tuple(SnapshotPoint(place, date(2024, place, 1), 100 * place, 100, 3, 0) for place in range(1, 7))


def test_one_snapshot_makes_no_line() -> None:
    assert customers_by_snapshot(POINTS[:1], shown=1, against=None, theme=LIGHT) is None


def test_the_line_says_what_it_shows() -> None:
    chart = customers_by_snapshot(POINTS, shown=3, against=1, theme=LIGHT)
    assert chart is not None
    assert chart.title == "From 100 to 600 customers in 6 snapshots"
    trace = chart.figure.data[0]
    assert list(trace.y) == [100, 200, 300, 400, 500, 600]
    assert [place for place, colour in enumerate(trace.marker.color) if colour == LIGHT.accent] == [2]
    assert [place for place, colour in enumerate(trace.marker.line.color) if colour == LIGHT.accent] == [0, 2]
    assert chart.figure.layout.yaxis.range[0] == 0
    assert {note.text for note in chart.figure.layout.annotations} == {"100", "300", "600"}
    assert list(chart.table["New"]) == [100] * 6
    assert "No. 6, 1 Jun 2024: 600 customers." in chart.summary


def test_many_snapshots_have_few_dates_and_no_figures_that_run_into_each_other() -> None:
    many = [replace(POINTS[0], number=place, customers=place) for place in range(1, 31)]
    chart = customers_by_snapshot(many, shown=29, against=None, theme=DARK)
    assert chart is not None
    assert len(chart.figure.layout.xaxis.tickvals) == 3
    assert {note.text for note in chart.figure.layout.annotations} == {"1", "30"}


@pytest.mark.parametrize(("last", "title"), [(600, "From 100 to 600 customers"), (100, "100 customers, as many as at first")])
def test_the_title_is_true(last: int, title: str) -> None:
    assert snapshots_title([*POINTS[:5], replace(POINTS[5], customers=last)]).startswith(title)


def test_another_snapshot_is_an_outline_of_its_own_shares() -> None:
    one, other = frame(), frame(300, seed=2)
    shown = explore_columns(one, SCHEMA, everybody=200, beside=other)
    behind = explore_columns(other, SCHEMA, everybody=300, beside=one)
    chart = histograms(shown, theme=LIGHT, narrow=False, behind=behind)
    assert chart is not None
    outlines = [trace for trace in chart.figure.data if trace.type == "scatter" and trace.line.dash is None]
    assert len(outlines) == len(shown.spreads)
    spend = next(each for each in behind.spreads if each.measure == "spend")
    assert list(outlines[2].y)[1:-1:2] == list(spend.shares)
    assert "in the other snapshot" in chart.figure.data[0].hovertext[0]
    alone = histograms(shown, theme=LIGHT, narrow=False)
    assert alone is not None
    assert len(alone.figure.data) == len(chart.figure.data) - len(shown.spreads)
    bars = category_bars(shown, theme=LIGHT, narrow=False, behind=behind)
    assert bars is not None
    marks = next(trace for trace in bars.figure.data if trace.type == "scatter" and trace.mode == "markers")
    assert marks.x[0] == behind.levels[0].levels[0].share


def test_a_column_alone_is_wide_and_says_its_median_or_commonest_value() -> None:
    found = explore_columns(frame(), SCHEMA, everybody=200)
    titles = []
    for name in ("spend", "since"):
        place = [each.measure for each in found.spreads].index(name)
        alone = replace(found, measures=found.measures[place : place + 1], spreads=found.spreads[place : place + 1])
        chart = histograms(alone, theme=LIGHT, narrow=False, single=True)
        assert chart is not None
        titles.append(chart.title)
        assert chart.figure.layout.height > 200
    spend = next(each for each in found.spreads if each.measure == "spend")
    assert titles[0] == f"Spend: half of those known have {spend.median:.0f} or less"
    assert titles[1].startswith("Since: most often ")
