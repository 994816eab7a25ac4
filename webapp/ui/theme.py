"""What pages need of the theme: the settings of graphs, the colours of figures."""

from __future__ import annotations

from typing import Any

from segmentation import palette
from segmentation.palette import Theme
from webapp.edge import Display

GRAPH_CONFIG: Any = {"displayModeBar": False, "responsive": True, "displaylogo": False, "doubleClick": False}


def theme_of(display: Display) -> Theme:
    """The colours that figures are drawn with."""
    return palette.theme(display.theme)
