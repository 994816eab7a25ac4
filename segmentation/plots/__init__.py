"""Figures from profiles: one function per chart, each with the finding, the words and the table that go with it."""

from __future__ import annotations

from segmentation.plots.chart import Chart, template
from segmentation.plots.mapping import customer_map
from segmentation.plots.overview import heat_map, shares
from segmentation.plots.segment import differences, mix
from segmentation.plots.small_multiples import distributions
from segmentation.plots.worth import value_recency

__all__ = ["Chart", "customer_map", "differences", "distributions", "heat_map", "mix", "shares", "template", "value_recency"]
