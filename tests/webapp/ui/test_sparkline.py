"""A line beside a figure: as high as its values say, silent to screen readers."""

from __future__ import annotations

import re

from webapp.ui.sparkline import INSET, sparkline


def heights(values: list[float]) -> list[float]:
    line = sparkline(values)
    assert line is not None
    half = line.children[0].style["clipPath"].count("calc") // 2
    return [float(height) for height in re.findall(r"calc\(([\d.]+)%", line.children[0].style["clipPath"])][:half]


def test_higher_values_lie_higher_and_the_last_is_marked() -> None:
    assert heights([0, 10, 5]) == [100 - INSET, INSET, 50.0]
    line = sparkline([0, 10, 5])
    assert line is not None
    assert line.children[1].style == {"top": "50.00%"}
    assert line.to_plotly_json()["props"]["aria-hidden"] == "true"


def test_what_stays_the_same_lies_in_the_middle() -> None:
    assert heights([3, 3]) == [50.0, 50.0]


def test_one_value_is_no_line() -> None:
    assert sparkline([1]) is None
    assert sparkline([]) is None
