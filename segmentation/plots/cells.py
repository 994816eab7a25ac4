"""Text on the cells of a heat map that goes from blue to orange."""

from __future__ import annotations

from segmentation.palette import Theme
from segmentation.plots.chart import contrast

READABLE = 4.5
"""Contrast of text (WCAG 2.2, AA)."""


def cell_ink(theme: Theme, at: float, *, faint: float = 0.0) -> str:
    """The colour of text on a cell whose colour lies `at` −1 (blue) to 1 (orange): quiet within ±`faint`, else the theme's ink.

    Where either would not be read, white or black is, whichever stands out more.
    """
    ground = diverging_colour(theme, at)
    wished = theme.ticks if abs(at) < faint else theme.ink
    choices = (wished, theme.ink, "#ffffff", "#000000")
    return next((ink for ink in choices if contrast(ink, ground) >= READABLE), max(choices, key=lambda ink: contrast(ink, ground)))


def diverging_colour(theme: Theme, at: float) -> str:
    """The colour `#rrggbb` of the theme's diverging scale at −1 to 1, mixed as Plotly does."""
    place = (min(max(at, -1.0), 1.0) + 1) / 2
    low = max(stop for stop in theme.diverging if stop[0] <= place)
    high = min(stop for stop in theme.diverging if stop[0] >= place)
    part = (place - low[0]) / (high[0] - low[0]) if high > low else 0.0
    ends = [[int(stop[1][start : start + 2], 16) for start in (1, 3, 5)] for stop in (low, high)]
    return "#" + "".join(f"{round(a + part * (b - a)):02x}" for a, b in zip(*ends, strict=True))
