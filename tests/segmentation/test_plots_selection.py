"""The k panel and the frontier: titles that are true of their figures, every figure beside its reference."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentation.choosing.selection import Candidate
from segmentation.choosing.verdict import REPEATABLE, SMALLEST_SHARE, lacks
from segmentation.guiding.guidance import Guidance
from segmentation.guiding.lift import OutOfFold
from segmentation.guiding.search import Tried
from segmentation.palette import DARK, LIGHT, Theme
from segmentation.plots import frontier_chart, k_panel
from segmentation.plots.frontiers import frontier_title
from segmentation.plots.selection import PANELS, k_panel_title

THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
NARROW = pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])


def candidate(k: int = 3, **changes: float | None) -> Candidate:
    """One that lacks nothing."""
    good = Candidate(
        algorithm="kmeans",
        k=k,
        silhouette=0.40,
        silhouette_null=0.15,
        davies_bouldin=1.0,
        calinski_harabasz=500.0,
        explained=0.5 + k / 100,
        explained_null=0.2 + k / 100,
        gap=0.5,
        gap_error=0.01,
        stability_ari=0.97,
        stability_low=0.93,
        stability_null=0.4,
        smallest_share=0.2,
        seconds=0.1,
        prediction_strength=0.9,
        prediction_strength_null=0.5,
        bridge=0.9,
    )
    return replace(good, **changes)  # type: ignore[arg-type]


SWEEP = tuple(candidate(k, silhouette=0.4 - k / 100, smallest_share=1 / (2 * k)) for k in (2, 3, 4, 5))


@THEMES
@NARROW
@pytest.mark.parametrize("chosen", [2, 4, 5])
def test_the_panel_shows_every_figure_beside_shuffled_columns(theme: Theme, narrow: bool, chosen: int) -> None:
    chart = k_panel(SWEEP, chosen, theme=theme, narrow=narrow, method="K-means")
    lines = [trace for trace in chart.figure.data if trace.line.dash == "dot"]
    values = [trace for trace in chart.figure.data if trace.mode and "markers" in trace.mode]
    assert len(values) == len(PANELS) == 6
    assert [list(trace.y) for trace in lines] == [
        [each.silhouette_null for each in SWEEP],
        [each.stability_null for each in SWEEP],
        [each.prediction_strength_null for each in SWEEP],
        pytest.approx([1 - each.explained_null for each in SWEEP]),
    ]
    assert [each.gap_error for each in SWEEP] == list(values[1].error_y.array)
    assert all(list(trace.x) == [2, 3, 4, 5] for trace in values)
    assert chart.title in chart.summary
    assert chart.subtitle.startswith("K-means")
    assert min(note.font.size for note in chart.figure.layout.annotations) >= 11
    assert {trace.type for trace in chart.figure.data} == {"scatter"}
    chart.figure.to_json()


def test_the_chosen_number_is_marked_in_each_panel_and_by_the_band() -> None:
    figure = k_panel(SWEEP, 4, theme=LIGHT, narrow=False).figure
    values = [trace for trace in figure.data if trace.mode and "markers" in trace.mode]
    for trace in values:
        assert list(trace.marker.color) == [LIGHT.font, LIGHT.font, LIGHT.accent, LIGHT.font]
        assert [bool(text) for text in trace.text] == [False, False, True, False]
    bands = [shape for shape in figure.layout.shapes if shape.fillcolor == LIGHT.chosen_band]
    assert [(band.x0 + band.x1) / 2 for band in bands] == [4]


def test_the_five_percent_line_and_the_tenth_percentile_are_drawn() -> None:
    figure = k_panel(SWEEP, 3, theme=LIGHT, narrow=False).figure
    assert [shape.y0 for shape in figure.layout.shapes if shape.line.dash == "dash"] == [SMALLEST_SHARE]
    area = next(trace for trace in figure.data if trace.fill == "toself")
    assert list(area.y[4:]) == [each.stability_low for each in reversed(SWEEP)]


def test_what_an_early_version_did_not_measure_has_no_panel() -> None:
    early = [replace(each, prediction_strength=None, prediction_strength_null=None) for each in SWEEP]
    chart = k_panel(early, 3, theme=LIGHT, narrow=False)
    assert sum("markers" in (trace.mode or "") for trace in chart.figure.data) == 5
    assert "foretell" not in chart.summary


def test_one_number_alone_can_be_drawn() -> None:
    assert k_panel([candidate(3)], 3, theme=LIGHT, narrow=True).title.startswith("Three segments")
    with pytest.raises(ValueError, match="no candidate"):
        k_panel([candidate(3)], 4, theme=LIGHT, narrow=True)


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({}, "Three segments: better separated than shuffled columns, repeatable and large enough"),
        ({"stability_ari": 0.5}, "Three segments: better separated than shuffled columns and large enough, but not repeatable"),
        ({"smallest_share": 0.01}, "Three segments: better separated than shuffled columns and repeatable, but one too small"),
        (
            {"silhouette": 0.15, "gap": 0.0, "stability_ari": 0.5, "smallest_share": 0.01},
            "Three segments: hardly better separated than shuffled columns, not repeatable and one too small",
        ),
    ],
)
def test_the_title_says_what_holds(changes: dict[str, float], title: str) -> None:
    assert k_panel_title([candidate(3, **changes)], 3) == title


@given(st.floats(-0.2, 0.6), st.floats(0.0, 1.0), st.floats(0.0, 0.5))
@settings(max_examples=60, deadline=None)
def test_no_title_claims_what_the_verdict_denies(silhouette: float, stability: float, smallest: float) -> None:
    one = candidate(3, silhouette=silhouette, stability_ari=stability, smallest_share=smallest)
    title = k_panel_title([one], 3)
    assert ("not repeatable" in title) == (stability < REPEATABLE) == ("repeatability" in lacks(one))
    assert ("one too small" in title) == (smallest < SMALLEST_SHARE) == ("size" in lacks(one))
    assert ("hardly better" in title) == ("separation" in lacks(one))


def lift(value: float, error: float = 0.2) -> OutOfFold:
    return OutOfFold("responded", value, error, 5, 10, 0.15, 0.1, (value,))


WINNER = Tried({"spend": 1.0, "age": 0.5}, 5, 2.8, 0.1, 0.95, 0.01)


def guidance(*others: Tried, winner: Tried = WINNER) -> Guidance:
    return Guidance(
        outcome="responded",
        features=winner.features,
        k=winner.k,
        lift=lift(2.5),
        blind_lift=lift(2.2),
        blind_k=4,
        spend_lift=None,
        gain=(0.3, 0.1),
        seen_lift=winner.lift,
        stability=winner.stability or 0.0,
        smallest_share=winner.smallest_share,
        frontier=(winner, *others),
        tried=10,
        rows=400,
    )


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ((Tried({"spend": 1.0}, 5, 2.6, 0.1, 0.5),), "Repeatable segments cost no lift: none of the other tries is clearly above 2.8×"),
        ((Tried({"spend": 1.0}, 5, 3.4, 0.1, 0.5),), "Up to 3.4× was seen"),
        ((Tried({"spend": 1.0}, 5, 3.4, 0.01, 0.99),), "Up to 3.4× was seen"),
    ],
)
def test_the_frontier_says_whether_more_could_be_had(others: tuple[Tried, ...], words: str) -> None:
    assert frontier_title(guidance(*others)).startswith(words)


def test_nothing_is_claimed_where_none_repeats() -> None:
    assert frontier_title(guidance(winner=replace(WINNER, stability=0.5))).startswith("None of the tries repeats")


@THEMES
@NARROW
def test_the_frontier_marks_the_chosen_and_hollows_the_too_small(theme: Theme, narrow: bool) -> None:
    small, unknown = Tried({"spend": 2.0}, 4, 2.0, 0.01, 0.9), Tried({"age": 1.0}, 4, 1.5, 0.2, None)
    chart = frontier_chart(guidance(small, unknown), labels={"spend": "Spend", "age": "Age"}, theme=theme, narrow=narrow)
    others, chosen = chart.figure.data
    assert (list(others.x), list(others.y), list(others.marker.color)) == ([0.9], [2.0], [theme.surface])
    assert (list(chosen.x), list(chosen.y), chosen.marker.color) == ([0.95], [2.8], theme.accent)
    assert "Spend and Age" in chart.summary
    assert list(chart.table["Features"]) == ["Spend 1, Age 0.5", "Spend 2", "Age 1"]
    chart.figure.to_json()
