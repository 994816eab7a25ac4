"""Which values lie far from all others, by the quartiles of their column."""

from __future__ import annotations

import math

FAR = 3.0
"""Quartile distances beyond the quartiles: "far out" (Tukey, Exploratory Data Analysis, 1977)."""


def far_out(lower: float, upper: float, *, negative: bool) -> tuple[float, float] | None:
    """The lowest and the highest value that is not far out, from the quartiles; None where half of the customers share a value.

    Amounts and counts have long tails by nature, which are no news. So where no value is `negative`, one is far out only if it is
    so among the logarithms, too.
    """
    width = upper - lower
    if not width > 0:
        return None
    low, high = lower - FAR * width, upper + FAR * width
    if negative:
        return low, high
    below, above = math.log1p(lower), math.log1p(upper)
    step = FAR * (above - below)
    return min(low, math.expm1(below - step)), max(high, _expm1(above + step))


def _expm1(value: float) -> float:
    return math.expm1(value) if value < 700 else math.inf
