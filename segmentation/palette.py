"""Colours and symbols of figures: one list, in both themes, that figures and pages share."""

from __future__ import annotations

from dataclasses import dataclass

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "star", "triangle-down", "hourglass")
"""Plotly's names; a segment's slot picks its symbol and its colour together."""


@dataclass(frozen=True)
class SegmentStyle:
    """How one segment is drawn and called everywhere; `slot` counts from 1 and picks colour and symbol."""

    key: str
    name: str
    short_name: str
    slot: int


@dataclass(frozen=True)
class Theme:
    """The colours of one theme; `fill`, `edge` and `label` are by slot."""

    name: str
    font: str
    ink: str
    ticks: str
    grid: str
    zero_line: str
    rest: str
    rest_area: str
    accent: str
    hover: tuple[str, str]
    chosen_band: str
    surface: str
    fill: tuple[str, ...]
    edge: tuple[str, ...]
    label: tuple[str, ...]
    diverging: tuple[tuple[float, str], ...]
    density: tuple[tuple[float, str], ...]
