"""Figures from profiles: one function per chart, each with the finding, the words and the table that go with it."""

from __future__ import annotations

from segmentation.plots.chart import Chart, template
from segmentation.plots.clustergrams import clustergram_chart
from segmentation.plots.correlation import correlation_map
from segmentation.plots.exploration import category_bars, histograms
from segmentation.plots.flows import net_change, overlap_map, transitions
from segmentation.plots.frontiers import frontier_chart
from segmentation.plots.mapping import customer_map
from segmentation.plots.outcome_rates import outcome_rates
from segmentation.plots.over_time import shares_over_time, size_over_time
from segmentation.plots.overview import heat_map, shares
from segmentation.plots.sankey import version_flows
from segmentation.plots.segment import differences, mix
from segmentation.plots.selection import k_panel
from segmentation.plots.small_multiples import distributions
from segmentation.plots.snake import snake_plot
from segmentation.plots.versions import FittedVersion, figures_over_versions
from segmentation.plots.worth import value_recency

__all__ = [
    "Chart",
    "FittedVersion",
    "category_bars",
    "clustergram_chart",
    "correlation_map",
    "customer_map",
    "differences",
    "distributions",
    "figures_over_versions",
    "frontier_chart",
    "heat_map",
    "histograms",
    "k_panel",
    "mix",
    "net_change",
    "outcome_rates",
    "overlap_map",
    "shares",
    "shares_over_time",
    "size_over_time",
    "snake_plot",
    "template",
    "transitions",
    "value_recency",
    "version_flows",
]
