"""Figures over versions, as a chart."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from segmentation.plots import FittedVersion, figures_over_versions
from webapp.edge import View
from webapp.pages.models.ids import Ids
from webapp.services.modelling.versions import VersionSummary
from webapp.ui.charts import chart_or_error
from webapp.ui.components import Child
from webapp.ui.theme import theme_of


def figures_chart(view: View, listed: Sequence[VersionSummary]) -> Child:
    """Every version that was fitted, oldest first; nothing before there are two."""
    fitted = [FittedVersion(each.number, each.figures, _role(each)) for each in reversed(listed) if each.figures]
    draw = partial(figures_over_versions, fitted, theme=theme_of(view.display), narrow=view.display.narrow)
    return chart_or_error(Ids.OVER_VERSIONS, draw)


def _role(version: VersionSummary) -> str:
    return "champion" if version.champion else "challenger" if version.challenger else ""
