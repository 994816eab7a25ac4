"""Charts: titles that are true, figures that keep to the template, labels that keep apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from segmentation import plots
from segmentation.describing.customer_map import Floats, customer_map
from segmentation.describing.profiles import Interval, MixPart, Profiles
from segmentation.palette import DARK, LIGHT, SegmentStyle, Theme, colour_index
from segmentation.plots.chart import dodge
from segmentation.plots.mapping import customer_map_title
from segmentation.plots.overview import heat_map_title, shares_title
from segmentation.plots.segment import differences_title, mix_groups, mix_title
from segmentation.plots.small_multiples import distributions_title
from segmentation.plots.worth import _label_places, _Mark, value_recency_title
from tests.segmentation.made import difference, made_world, unstructured_world, with_differences

THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
NARROW = pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])


@pytest.fixture(scope="module")
def profiles() -> Profiles:
    return made_world().profiles()


def styles_of(profiles: Profiles) -> list[SegmentStyle]:
    return [SegmentStyle(f"s{s.cluster}", s.name, s.short_name, s.cluster + 1) for s in profiles.segments]


def all_charts(profiles: Profiles, theme: Theme = LIGHT, narrow: bool = False) -> dict[str, plots.Chart]:
    styles = styles_of(profiles)
    charts = {
        make.__name__: make(profiles, styles, theme=theme, narrow=narrow, currency="€")
        for make in (plots.heat_map, plots.snake_plot, plots.shares, plots.value_recency, plots.customer_map)
    }
    charts |= {
        make.__name__: make(profiles, 0, styles[0], theme=theme, narrow=narrow, currency="€")
        for make in (plots.differences, plots.distributions, plots.mix)
    }
    return {name: chart for name, chart in charts.items() if chart is not None}


@THEMES
@NARROW
def test_every_chart_has_its_parts_and_keeps_to_the_rules(profiles: Profiles, theme: Theme, narrow: bool) -> None:
    charts = all_charts(profiles, theme, narrow)
    assert len(charts) == 8
    for chart in charts.values():
        assert all([chart.title, chart.subtitle, chart.explanation, chart.summary, len(chart.table)])
        assert chart.title in chart.summary
        assert chart.figure.layout.height > 100
        assert chart.figure.layout.width is None
        assert not chart.figure.layout.title.text
        assert chart.figure.layout.template.layout.showlegend is False
        assert {trace.type for trace in chart.figure.data} <= {"scatter", "heatmap", "contour", "bar"}
        sizes = [note.font.size for note in chart.figure.layout.annotations]
        assert min(sizes, default=12) >= 11
        chart.figure.to_json()


@THEMES
def test_segments_carry_their_own_mark(profiles: Profiles, theme: Theme) -> None:
    moved = [replace(style, slot=style.slot + 7) for style in styles_of(profiles)]
    figure = plots.customer_map(profiles, moved, theme=theme, narrow=False)
    assert figure is not None
    marks = [(trace.marker.symbol, trace.marker.color) for trace in figure.figure.data[1:]]
    assert marks == [
        ("hourglass", theme.fill[7]),
        ("triangle-up", theme.fill[0]),
        ("cross", theme.fill[1]),
    ]
    assert [colour_index(style.slot) for style in moved] == [7, 0, 1]


def test_narrow_figures_use_short_names_and_fewer_rows(profiles: Profiles) -> None:
    wide, narrow = all_charts(profiles), all_charts(profiles, narrow=True)
    labels = narrow["heat_map"].figure.layout.yaxis.ticktext
    assert "Catalogue share" in labels
    assert "Catalogue share of orders" in wide["heat_map"].figure.layout.yaxis.ticktext
    texts = [note.text for note in narrow["value_recency"].figure.layout.annotations]
    assert all(any(style.short_name in text for text in texts) for style in styles_of(profiles))


def test_heat_map_title_names_the_widest_and_a_flat_last_measure(profiles: Profiles) -> None:
    first = profiles.measures[0].label
    title = heat_map_title(profiles)
    assert title.startswith(first)
    last = profiles.measures[-1]
    flat = max(abs(each.z) for segment in profiles.segments for each in segment.differences if each.measure == last.name) < 0.1
    assert title.endswith("hardly at all") == flat


def test_heat_map_title_claims_nothing_without_differences() -> None:
    assert heat_map_title(unstructured_world(3000).profiles()) == "No measure sets the segments clearly apart"


def test_heat_map_cells_and_table_hold_z(profiles: Profiles) -> None:
    chart = all_charts(profiles)["heat_map"]
    cells = np.array(chart.figure.data[0].z, dtype=float)
    assert cells[0, 0] == pytest.approx(profiles.segments[0].differences[0].z)
    assert chart.table.iloc[0, 1] == pytest.approx(profiles.segments[0].differences[0].z, abs=1e-3)
    assert (chart.figure.data[0].zmin, chart.figure.data[0].zmax, chart.figure.data[0].zmid) == (-1.7, 1.7, 0)


def test_shares_title_gives_the_segment_beyond_its_size(profiles: Profiles) -> None:
    rich = profiles.segments[0]
    assert shares_title(profiles) == f"{rich.share:.0%} of customers bring {rich.value_share:.0%} of spend"
    even = replace(profiles, segments=tuple(replace(segment, value_share=segment.share) for segment in profiles.segments))
    assert shares_title(even) == "Each segment brings about as much spend as its size"


def test_charts_of_unknown_things_are_left_out(profiles: Profiles) -> None:
    bare = replace(
        profiles,
        value=None,
        map=None,
        segments=tuple(
            replace(s, value_share=None, value_mean=None, recency_mean=None, mix=(), distributions=()) for s in profiles.segments
        ),
    )
    assert set(all_charts(bare)) == {"heat_map", "snake_plot", "differences"}


@pytest.mark.parametrize(
    ("spend", "recency", "words"),
    [
        (1.0, 0.0, "Segments differ in spend, not in how recently they bought"),
        (1.0, 0.5, "Segments differ in spend and in how recently they bought"),
        (0.0, 0.5, "Segments differ in how recently they bought, not in spend"),
        (0.1, 0.1, "Segments differ neither in spend nor in how recently they bought"),
    ],
)
def test_value_recency_title_follows_the_tests(profiles: Profiles, spend: float, recency: float, words: str) -> None:
    row = (difference("spend", spend), difference("recency_days", recency))
    assert value_recency_title(with_differences(profiles, row, row, row)) == words


def test_recency_is_found_under_whatever_name_the_file_gave_it(profiles: Profiles) -> None:
    renamed = tuple(replace(each, name="recency") if each.unit == "days" else each for each in profiles.measures)
    row = (difference("spend", 0.0), difference("recency", 0.5))
    changed = with_differences(replace(profiles, measures=renamed), row, row, row)
    assert changed.recency == "recency"
    assert value_recency_title(changed) == "Segments differ in how recently they bought, not in spend"


def test_labels_stand_beside_their_own_marks_and_apart_from_others() -> None:
    marks = [_Mark(100.0, 20.0, 60.0), _Mark(104.0, 300.0, 340.0), _Mark(108.0, 65.0, 90.0)]
    places = _label_places(marks, [100.0, 80.0, 100.0], 280.0)
    assert places[1] == (348.0, 104.0), "nobody is near it: neither moved along nor up or down"
    assert places[0][0] == places[2][0] == 98.0, "behind the mark that lies in the way"
    assert abs(places[0][1] - places[2][1]) >= 18.0


def test_a_large_difference_that_is_not_significant_makes_no_title(profiles: Profiles) -> None:
    row = (difference("spend", 2.0, significant=False),)
    changed = with_differences(profiles, row, row, row)
    assert differences_title(changed, 0) == "Nothing sets them clearly apart from everyone else"
    assert "neither" in value_recency_title(changed)


def test_differences_title_takes_the_three_strongest_with_direction(profiles: Profiles) -> None:
    row = (difference("spend", 0.9), difference("visits_web", -1.4), difference("share_catalog", 1.2), difference("age", 0.3))
    assert (
        differences_title(with_differences(profiles, row, (), ()), 0)
        == "Few web visits a month, high catalogue share of orders and high spend set them apart"
    )


def test_differences_say_in_which_measures_segments_were_made_to_differ(profiles: Profiles) -> None:
    chart = all_charts(profiles)["differences"]
    used = dict(zip(chart.table["Measure"], chart.table["Used by the model"], strict=True))
    assert used == {measure.label: "yes" if measure.fitted else "no" for measure in profiles.measures}
    assert "made to differ" in chart.explanation


def test_differences_not_significant_are_grey(profiles: Profiles) -> None:
    changed = with_differences(profiles, (difference("spend", 0.9), difference("age", 0.1, significant=False)), (), ())
    figure = plots.differences(changed, 0, styles_of(profiles)[0], theme=LIGHT, narrow=False).figure
    colours = [trace.marker.color for trace in figure.data if trace.mode == "markers"]
    assert colours == [LIGHT.fill[0], LIGHT.rest]


def test_map_title_tells_gaps_from_overlap(profiles: Profiles) -> None:
    assert customer_map_title(profiles) == "Gaps lie between all segments"
    world = made_world()
    joined = replace(world, features=world.features / 9 + np.random.default_rng(1).normal(size=world.features.shape)).profiles()
    assert customer_map_title(joined) == "Segments overlap on this map: 39% of customers lie among those of another"
    label = world.assignments.label
    apart = world.features.copy()
    apart[label == 1] -= [0, 9, 0]
    apart[label != 2, 0] += np.where(label[label != 2] == 0, 6, -1.5)
    title = customer_map_title(replace(world, features=apart).profiles())
    assert title == "One segment lies apart; on this map the others border on each other"


def test_map_title_says_what_is_seen_where_no_gap_parts_segments(profiles: Profiles) -> None:
    """Bands come from features of few values: whoever sees stripes with nothing between is not told that there are no gaps."""
    rng = np.random.default_rng(3)
    plain = rng.uniform(0, 3, (2_400, 2)) * [2, 1]
    bands = np.column_stack([plain[:, 0], np.repeat([0.0, 1.5, 3.0], 800) + rng.normal(0, 0.1, 2_400)])

    def title(features: Floats, label: NDArray[np.bool_]) -> str:
        return customer_map_title(replace(profiles, map=customer_map(features, label.astype(np.int16), 0)))

    assert title(plain, plain[:, 0] < 3) == "No gaps between segments are seen on this map"
    assert title(bands, bands[:, 0] < 3) == "Customers lie in bands on this map; no segment stands apart"
    assert title(bands, bands[:, 1] < 1) == "Gaps lie between all segments"


def test_a_map_of_one_customer_is_drawn(profiles: Profiles) -> None:
    assert profiles.map is not None
    one = replace(profiles.map, x=profiles.map.x[:1], y=profiles.map.y[:1], cluster=profiles.map.cluster[:1])
    chart = plots.customer_map(replace(profiles, map=one), styles_of(profiles), theme=LIGHT, narrow=False)
    assert chart is not None
    assert chart.title == "One segment holds all customers on the map"


def test_segments_that_run_through_each_other_are_not_told_as_parted(profiles: Profiles) -> None:
    """The line between their centres can be empty where they overlap elsewhere."""
    rng = np.random.default_rng(4)
    turn = rng.uniform(0, 2 * np.pi, 1_600)
    ring = np.column_stack([np.cos(turn), 0.6 * np.sin(turn)]) * 10 + rng.normal(0, 0.3, (1_600, 2))
    left = (ring[:, 0] + rng.normal(0, 6, 1_600) < 0).astype(np.int16)
    shown = customer_map(ring, left, 0)
    assert customer_map_title(replace(profiles, map=shown)).startswith("Segments overlap on this map")


def test_mix_title_names_what_is_more_and_less(profiles: Profiles) -> None:
    parts = (
        MixPart("spend", "wine", "Wine", 0.4, 0.6),
        MixPart("spend", "meat", "Meat", 0.6, 0.4),
        MixPart("orders", "web", "Web", 0.51, 0.5),
        MixPart("orders", "store", "Store", 0.49, 0.5),
    )
    assert mix_title(replace(profiles.segments[0], mix=parts)) == "More meat, less wine"
    assert mix_title(replace(profiles.segments[0], mix=parts[2:])) == "Their mix is that of everyone else"


def test_mix_title_says_whose_yes_and_no_it_names(profiles: Profiles) -> None:
    parts = (
        MixPart("internet_service", "Fiber optic", "Fiber optic", 0.8, 0.4),
        MixPart("internet_service", "DSL", "DSL", 0.2, 0.6),
        MixPart("tech_support", "No", "No", 0.7, 0.4),
        MixPart("tech_support", "Yes", "Yes", 0.3, 0.6),
    )
    title = mix_title(replace(profiles.segments[0], mix=parts))
    assert title == "More Fiber optic and without tech support, less DSL and with tech support"
    same = tuple(
        MixPart(whole, level, level, own, 1 - own)
        for whole in ("tv", "backup", "films")
        for level, own in (("No internet service", 0.9), ("Yes", 0.1))
    )
    title = mix_title(replace(profiles.segments[0], mix=same))
    assert title == "More without internet service, less with tv and with backup"


def test_mix_shows_the_columns_that_differ_most_and_leaves_room_for_its_labels(profiles: Profiles) -> None:
    alike = (MixPart("gender", "f", "Female", 0.51, 0.5), MixPart("gender", "m", "Male", 0.49, 0.5))
    apart = (MixPart("plan", "a", "Basic", 0.0, 0.6), MixPart("plan", "b", "Gold", 1.0, 0.4))
    segment = replace(profiles.segments[0], mix=(*alike, *apart))
    assert [whole for whole, _ in mix_groups(segment)] == ["plan", "gender"]
    changed = replace(profiles, segments=(segment, *profiles.segments[1:]))
    for narrow in (False, True):
        chart = plots.mix(changed, 0, styles_of(profiles)[0], theme=LIGHT, narrow=narrow)
        assert chart is not None
        assert chart.figure.layout.xaxis.range[0] <= -0.12


def test_differences_title_says_how_many_have_a_yes_or_no(profiles: Profiles) -> None:
    named = {
        "spend": ("contract_is_two_year", "Contract: Two year"),
        "age": ("phone_service", "Phone service"),
        "teens": ("senior", "Senior citizen"),
    }
    measures = tuple(
        replace(each, name=named[each.name][0], label=named[each.name][1], unit="share", yes_or_no=True) if each.name in named else each
        for each in profiles.measures
    )
    row = (difference("contract_is_two_year", 1.2), difference("phone_service", -0.9), difference("senior", 0.7))
    title = differences_title(with_differences(replace(profiles, measures=measures), row, (), ()), 0)
    assert title == "More with contract Two year, fewer with phone service and more senior citizens set them apart"


def test_median_title_is_true_of_the_customers() -> None:
    world = made_world()
    profiles = world.profiles()
    title = distributions_title(profiles, 0, "€")
    drawn = profiles.segments[0].distributions[0].measure
    member = world.assignments.label == 0
    values = world.table[drawn]
    own = values[member].median()
    assert (values[member] >= own).mean() >= 0.5
    assert f"{own:,.0f}" in title or f"{own:.0%}" in title


@given(st.lists(st.floats(0, 300), min_size=1, max_size=12))
@settings(max_examples=80, deadline=None)
def test_labels_keep_their_distance_and_order(positions: list[float]) -> None:
    moved = dodge(positions, 18, 0, 300)
    ordered = sorted(range(len(positions)), key=lambda place: positions[place])
    gaps = np.diff([moved[place] for place in ordered])
    assert (gaps >= 17).all()


def test_labels_that_are_apart_stay_where_they_are() -> None:
    assert dodge([10.0, 100.0, 50.0], 18, 0, 300) == [10.0, 100.0, 50.0]


def test_twenty_segments_can_be_drawn() -> None:
    world = made_world(1000)
    label = (np.arange(1000) % 20).astype(np.int16)
    profiles = replace(world, assignments=replace(world.assignments, label=label)).profiles()
    charts = all_charts(profiles)
    assert len({(t.marker.symbol, t.marker.color) for t in charts["customer_map"].figure.data[1:]}) == 20


def test_template_changes_with_the_theme() -> None:
    light, dark = plots.template(LIGHT).layout, plots.template(DARK).layout
    assert (light.font.color, dark.font.color) == (LIGHT.font, DARK.font)
    assert light.xaxis.gridcolor != dark.xaxis.gridcolor
    assert isinstance(light, go.Layout)


def test_the_median_of_a_yes_or_no_is_no_title() -> None:
    profiles = made_world().profiles()
    first = profiles.segments[0].distributions[0]
    measures = tuple(replace(each, unit="share") if each.name == first.measure else each for each in profiles.measures)
    medians = [tuple(replace(each, median=1.0, rest_median=0.0) for each in segment.differences) for segment in profiles.segments]
    flat = with_differences(replace(profiles, measures=measures), *medians)
    label = next(each.label for each in measures if each.name == first.measure)
    assert label.lower() not in distributions_title(flat, 0).lower()


def test_lines_and_grid_say_the_same(profiles: Profiles) -> None:
    charts = all_charts(profiles)
    lines, grid = charts["snake_plot"], charts["heat_map"]
    assert (lines.title, lines.summary) == (grid.title, grid.summary)
    assert lines.table.equals(grid.table)
    drawn = [trace for trace in lines.figure.data if trace.mode == "lines+markers"]
    assert [list(trace.x) for trace in drawn] == [list(column) for column in zip(*grid.figure.data[0].z, strict=True)]


def test_one_segment_has_no_other_to_be_compared_to(profiles: Profiles) -> None:
    alone = replace(profiles, segments=profiles.segments[:1])
    assert "no other" in value_recency_title(alone)
    assert shares_title(alone) == "One segment brings all of the spend"


def test_an_interval_of_a_handful_of_customers_runs_out_of_the_picture(profiles: Profiles) -> None:
    wide = Interval(50.0, -300.0, 400.0)
    few = replace(profiles, segments=(replace(profiles.segments[0], size=3, recency_mean=wide), *profiles.segments[1:]))
    many = replace(profiles, segments=(replace(profiles.segments[0], size=300, recency_mean=wide), *profiles.segments[1:]))
    ranges = []
    for each in (few, many):
        chart = plots.value_recency(each, styles_of(each), theme=LIGHT, narrow=False)
        assert chart is not None
        ranges.append(chart.figure.layout.xaxis.range)
        assert min(min(trace.x) for trace in chart.figure.data if trace.mode == "lines") == 0  # nobody bought in days to come
    assert ranges[0][1] < 200 < 400 < ranges[1][1]
