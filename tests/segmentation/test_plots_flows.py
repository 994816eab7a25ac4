"""Charts of movement: titles that are true, tables with every count, parts that add up in the drawing too."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from segmentation import plots
from segmentation.movement import ABSENT, NOWHERE, Cell, Moves, split_moves
from segmentation.palette import DARK, LIGHT, SegmentStyle, Theme
from segmentation.plots.flows import overlap_title, transitions_title
from segmentation.plots.sankey import version_flows_title

NAMES = ("Loyal families", "Deal seekers", "Web browsers")
STYLES = tuple(SegmentStyle(f"s{at}", name, name.split()[0], at + 1) for at, name in enumerate(NAMES))
TABLE = ((80, 20), (0, 50))
CELLS = (
    Cell(0, 0, 0, 80, 8_000_00, 9_000_00),
    Cell(0, 1, 1, 20, 2_000_00, 500_00),
    Cell(1, 1, 2, 30, 300_00, 300_00),
    Cell(1, 1, 1, 20, 200_00, 200_00),
    Cell(ABSENT, 0, 0, 12, 0, 600_00),
    Cell(1, ABSENT, ABSENT, 5, 50_00, 0),
    Cell(NOWHERE, 0, 0, 1, 0, 10_00),
)
LOOKS = pytest.mark.parametrize(("theme", "narrow"), [(LIGHT, False), (LIGHT, True), (DARK, False), (DARK, True)])


@LOOKS
def test_flows_between_versions_hold_every_customer(theme: Theme, narrow: bool) -> None:
    chart = plots.version_flows(TABLE, STYLES[:2], (STYLES[0], STYLES[2]), theme=theme, narrow=narrow)
    assert chart is not None
    assert chart.title == "53% of customers stay in their segment"
    (sankey,) = chart.figure.data
    assert sum(sankey.link.value) == chart.table["Customers"].sum() == 150
    assert list(sankey.node.label) == ([s.short_name if narrow else s.name for s in (STYLES[0], STYLES[1], STYLES[0], STYLES[2])])
    assert "20 from Loyal families to Web browsers" in chart.summary


def test_labels_of_thin_nodes_do_not_meet() -> None:
    """A dozen px between the middles of any two; whole names on hover, where the label is short."""
    table = ((1, 0, 0), (0, 2, 0), (0, 1, 5000))
    chart = plots.version_flows(table, STYLES, STYLES, theme=LIGHT, narrow=True)
    assert chart is not None
    (sankey,) = chart.figure.data
    room = chart.figure.layout.height - 24
    for side in (sankey.node.y[:3], sankey.node.y[3:]):
        assert all((low - high) * room >= 12 for high, low in itertools.pairwise(side))
    assert list(sankey.node.customdata) == [style.name for style in (*STYLES, *STYLES)]
    assert "Web browsers to Deal seekers" in list(sankey.link.customdata)


def test_titles_of_flows_say_what_is_so() -> None:
    assert version_flows_title(((5, 0), (0, 5)), STYLES[:2], STYLES[:2]) == "Every customer stays in their segment"
    assert version_flows_title(((5,),), STYLES[:1], STYLES[1:2]) == "No customer stays in their segment"
    assert overlap_title(((5, 0), (0, 5)), STYLES[:2], STYLES[:2]) == "Every segment stays together"
    assert overlap_title(TABLE, STYLES[:2], STYLES[:2]) == "Loyal families is divided most: 80% of it are in Loyal families"


def test_nothing_is_drawn_of_nobody() -> None:
    assert plots.version_flows(((0, 0),), STYLES[:1], STYLES[:2], theme=LIGHT, narrow=False) is None
    assert plots.overlap_map(((0, 0),), STYLES[:1], STYLES[:2], theme=LIGHT, narrow=False) is None
    nothing = split_moves((), (0,), (0,), 1)
    assert plots.transitions(nothing, STYLES[:1], theme=LIGHT, narrow=False) is None
    assert plots.net_change(nothing, STYLES[:1], theme=LIGHT, narrow=False) is None


@LOOKS
def test_the_contingency_table_holds_every_count(theme: Theme, narrow: bool) -> None:
    chart = plots.overlap_map(TABLE, STYLES[:2], (STYLES[0], STYLES[2]), theme=theme, narrow=narrow)
    assert chart is not None
    assert chart.table["Loyal families"].tolist() == [80, 0]
    assert [note.text for note in chart.figure.layout.annotations] == ["80", "20", "0", "50"]


@LOOKS
@pytest.mark.parametrize("unit", ["customers", "percent", "value"])
def test_transitions_show_who_stayed_moved_joined_and_left(theme: Theme, narrow: bool, unit: str) -> None:
    split = split_moves(CELLS, (0, 1), (0, 1, 2), 3, spend=unit == "value")
    chart = plots.transitions(split, STYLES, theme=theme, narrow=narrow, currency="€", unit=unit)
    assert chart is not None
    assert chart.table["From"].tolist() == ["Loyal families", "Deal seekers", "No segment", "Joined"]
    expected = {"customers": [80, 0, 1, 12], "percent": [0.8, 0, 1, 1], "value": [9_000, 0, 10, 600]}[unit]
    if unit == "percent":
        assert chart.table["Loyal families"].tolist() == pytest.approx(expected)
        assert chart.figure.layout.annotations[0].text == "80%"
    else:
        assert chart.table["Loyal families"].tolist() == expected
        assert chart.table["Left"].tolist() == ([0, 5, 0, 0] if unit == "customers" else [0, 50, 0, 0])
    title = "€500 from Loyal families" if unit == "value" else "30 customers from Deal seekers to Web browsers"
    assert title in chart.title


@LOOKS
@pytest.mark.parametrize("value", [False, True])
def test_the_parts_of_every_bar_add_up_to_the_mark(theme: Theme, narrow: bool, value: bool) -> None:
    split = split_moves(CELLS, (0, 1), (0, 1, 2), 3, spend=value)
    chart = plots.net_change(split, STYLES, theme=theme, narrow=narrow, currency="€", value=value)
    assert chart is not None
    *bars, mark = chart.figure.data
    assert np.sum([bar.x for bar in bars], axis=0) == pytest.approx(list(mark.x))
    assert {bar.name for bar in bars} == {"Joined", "Left", "Customers moved", "Model moved", *(["Own change"] if value else [])}
    parts = [name for name in chart.table if name not in ("Segment", "Before", "Now")]
    assert (chart.table["Before"] + chart.table[parts].sum(axis=1)).tolist() == pytest.approx(chart.table["Now"].tolist())


def test_the_title_names_who_grew_and_who_shrank_most() -> None:
    chart = plots.net_change(split_moves(CELLS, (0, 1), (0, 1, 2), 3), STYLES, theme=LIGHT, narrow=False)
    assert chart is not None
    assert chart.title == "Web browsers grew most and Deal seekers shrank most"


@pytest.mark.parametrize(
    ("flows", "title"),
    [
        (((9, 4), (3, 9)), "The largest flow between segments: 4 customers from {0} to {1}"),
        (((9, 4), (4, 9)), "The 2 largest flows between segments: 4 customers each"),
        (((9, 0), (0, 9)), "Nobody moved from one segment to another"),
    ],
)
def test_the_largest_flow_is_named_where_it_is_one(flows: tuple[tuple[int, ...], ...], title: str) -> None:
    moves = Moves(flows, joined=(50, 0), left=(0, 0))
    assert transitions_title(moves, STYLES[:2], "customers") == title.format(STYLES[0].name, STYLES[1].name)


def test_without_a_split_moves_are_one_part() -> None:
    chart = plots.net_change(split_moves(CELLS, (0, 1), (0, 1, 2), 3, known=False), STYLES, theme=LIGHT, narrow=False)
    assert chart is not None
    assert [bar.name for bar in chart.figure.data] == ["Joined", "Left", "Moved", "Net change"]
