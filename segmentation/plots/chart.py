"""What all charts share: their parts, the Plotly template, marks, and labels that keep out of each other's way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from segmentation.palette import SegmentStyle, Theme, colour_index, symbol

FAMILY = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
LINE = 2
INTERVAL = 2.5
WIDTHS = {False: 620, True: 326}
"""Plot widths in px that labels are laid out for: a card on a desk, and a phone (narrow)."""


@dataclass(frozen=True)
class Chart:
    """A figure with everything its card says: `title` is the finding, checked against the numbers; `subtitle` what is
    shown, its unit and n; `explanation` how to read it; `summary` the same for those who cannot see it; `table` the data."""

    figure: go.Figure
    title: str
    subtitle: str
    explanation: str
    summary: str
    table: pd.DataFrame

    def _ipython_display_(self) -> None:
        """In a notebook a chart shows its figure."""
        self.figure.show()


def template(theme: Theme) -> go.layout.Template:
    """Type, grid and hover of every figure in `theme`."""
    axis = {
        "showgrid": True,
        "gridwidth": 1,
        "gridcolor": theme.grid,
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "tickfont": {"size": 11, "color": theme.ticks},
        "title": {"font": {"size": 11, "color": theme.ticks}, "standoff": 4},
        "automargin": True,
        "fixedrange": True,
        "ticklabeloverflow": "allow",
        "ticklabelstandoff": 4,
    }
    return go.layout.Template(
        layout={
            "font": {"family": FAMILY, "size": 12, "color": theme.font},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "showlegend": False,
            "dragmode": False,
            "bargap": 0.3,
            "separators": ".,",
            "hovermode": "closest",
            "hoverlabel": {
                "bgcolor": theme.hover[0],
                "bordercolor": theme.hover[0],
                "font": {"family": FAMILY, "size": 12, "color": theme.hover[1]},
                "align": "left",
            },
            "xaxis": axis,
            "yaxis": axis,
        }
    )


def blank(theme: Theme, height: int, **layout: Any) -> go.Figure:
    """An empty figure of fixed height in `theme`; its width follows the card."""
    figure = go.Figure()
    figure.update_layout(template=template(theme), height=height, autosize=True, **layout)
    return figure


def mark(style: SegmentStyle, theme: Theme, *, size: float = 10, hollow: bool = False, opacity: float = 1.0) -> dict[str, Any]:
    """A segment's mark: its symbol, filled with its colour and outlined with the darker one."""
    place = colour_index(style.slot)
    outline = {"width": 1.5 if hollow else 1, "color": theme.edge[place]}
    return {
        "symbol": symbol(style.slot),
        "size": size,
        "color": theme.surface if hollow else theme.fill[place],
        "opacity": opacity,
        "line": outline,
    }


def stroke(style: SegmentStyle, theme: Theme) -> str:
    """The segment's colour for lines: its fill, or its edge where the fill would fade into the surface (yellow on white)."""
    place = colour_index(style.slot)
    return theme.fill[place] if contrast(theme.fill[place], theme.surface) >= 2 else theme.edge[place]


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours `#rrggbb` (WCAG 2.2)."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def shown_name(style: SegmentStyle, narrow: bool) -> str:
    """The whole name, or on a phone the short one."""
    return style.short_name if narrow else style.name


def text_width(text: str, size: float = 12) -> float:
    """About how many px `text` takes in Inter; a little more than it needs."""
    return len(text) * size * 0.56


def dodge(positions: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """`positions` (px) moved as little as it takes to lie at least `gap` apart, and inside `low` to `high` while there is room."""
    order = sorted(range(len(positions)), key=lambda place: positions[place])
    moved = [positions[place] for place in order]
    for _ in range(200):
        for at in range(1, len(moved)):
            overlap = gap - (moved[at] - moved[at - 1])
            if overlap > 1e-6:
                moved[at - 1] -= overlap / 2
                moved[at] += overlap / 2
        if moved:
            moved[0] = max(moved[0], low)
            moved[-1] = min(moved[-1], high)
    result = [0.0] * len(moved)
    for at, place in enumerate(order):
        result[place] = moved[at]
    return result


def label_at(figure: go.Figure, x: Any, y: Any, text: str, *, colour: str, size: int = 12, **options: Any) -> None:
    """Text without an arrow."""
    figure.add_annotation(x=x, y=y, text=text, showarrow=False, font={"size": size, "color": colour}, **options)


def plain_axis(**options: Any) -> dict[str, Any]:
    """An axis of categories placed at whole numbers: no grid, 12 px labels."""
    return {"showgrid": False, "tickfont": {"size": 12}, **options}


def percent_ticks(highest: float) -> dict[str, Any]:
    """Tick positions and texts from 0 to `highest` (a share): plotly.js loses a tick's suffix in some layouts."""
    step = next(step for step in (0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0) if highest / step <= 5 or step == 1.0)
    values = [step * count for count in range(int(highest / step + 1e-9) + 1)]
    return {"tickvals": values, "ticktext": [f"{value * 100:.0f}%" for value in values]}
