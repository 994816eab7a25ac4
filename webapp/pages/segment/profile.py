"""The Profile tab: differences, evidence, distributions, mix."""

from __future__ import annotations

from functools import partial

from dash import html

from segmentation import plots
from webapp.edge import View
from webapp.pages.segment.evidence import outcomes_card, rules_card
from webapp.pages.segment.ids import Ids
from webapp.services.segmenting import segments
from webapp.services.segmenting.segments import SegmentDetail
from webapp.ui.charts import chart_or_error
from webapp.ui.components import Child, row, skeleton
from webapp.ui.drawing import drawn
from webapp.ui.over_time import growth_card
from webapp.ui.segments_ui import asked_version

PLOTS = {Ids.DIFFERENCES: plots.differences, Ids.DISTRIBUTIONS: plots.distributions, Ids.MIX: plots.mix}
TALL, LOW = 430, 372
"""Heights of the chart cards while they wait, in pixels."""


def profile_tab(detail: SegmentDetail) -> list[Child]:
    """Rules at once, figures when they are drawn."""
    differences, distributions, mix = (html.Div(skeleton(TALL if name == Ids.DIFFERENCES else LOW), id=name) for name in PLOTS)
    beside_mix = 7 if detail.profile.mix else 12
    return [
        row((7, differences), (5, html.Div([rules_card(detail.profile), outcomes_card(detail)], className="sc-above-each-other"))),
        row((beside_mix, distributions), (5, mix) if detail.profile.mix else (12, html.Div(mix, hidden=True))),
        html.Div(id=Ids.GROWTH),
    ]


def show_figures(view: View) -> tuple[Child, ...]:
    """Differences, distributions and mix, drawn for the visitor's theme and width; nothing where the data has none."""
    detail = segments.show_segment(view.session, view.actor, view.dataset or "", view.item or "", version=asked_version(view.query))
    draws = {name: partial(drawn, plot, detail.overview, view.display, cluster=detail.cluster) for name, plot in PLOTS.items()}
    return tuple(chart_or_error(name.removesuffix("-place"), draw) for name, draw in draws.items())


def show_growth(view: View) -> Child:
    """How the segment grew, as the champion counts it; nothing for a version that is not the champion."""
    return None if asked_version(view.query) else growth_card(view, view.item or "", id="growth")
