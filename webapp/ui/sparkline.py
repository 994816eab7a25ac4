"""A line without axes beside a figure: how it came to be what it is. The figure and its note say the same in words."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html

from webapp.ui.components import aria

HALF_LINE = 0.75
"""Half the thickness of the line in px."""

INSET = 8.0
"""Room in per cent over and under the line, for its own thickness and the last point."""


def sparkline(values: Sequence[float]) -> html.Div | None:
    """`values` from left to right at even distances, the last one marked; None for fewer than two.

    The line is a shape cut out of a block in the ink of the page, so that it follows the theme without being drawn again.
    """
    if len(values) < 2:
        return None
    places = [(100 * at / (len(values) - 1), height) for at, height in enumerate(_heights(values))]
    upper = [f"{x:.2f}% calc({y:.2f}% - {HALF_LINE}px)" for x, y in places]
    lower = [f"{x:.2f}% calc({y:.2f}% + {HALF_LINE}px)" for x, y in reversed(places)]
    line = html.I(className="line", style={"clipPath": f"polygon({', '.join([*upper, *lower])})"})
    point = html.I(className="point", style={"top": f"{places[-1][1]:.2f}%"})
    return html.Div([line, point], className="sc-spark", **aria(hidden="true"))


def _heights(values: Sequence[float]) -> list[float]:
    """How far from the top each value lies, in per cent; values that are all the same lie in the middle."""
    low, high = min(values), max(values)
    room = 100 - 2 * INSET
    return [INSET + room * (0.5 if high == low else (high - value) / (high - low)) for value in values]
