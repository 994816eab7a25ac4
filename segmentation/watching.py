"""Valuable customers on the way down: who should be looked at before they are lost.

Valuable is whoever was in the top fifth by spend. They are on the way down where the same model, by what is known of them now,

- puts them into a segment whose customers typically (by their mean) spend less than those of the segment that they were in, or
- leaves them in a segment of more than average spend, but is surer by at least `SLIPPING` less, with a segment of lower spend as runner-up.

One model judges both days, so that nobody is on the list because the model changed.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from segmentation.clustering import Assignments

TOP = 0.8
"""Quantile of spend from which on a customer is valuable."""
SLIPPING = 0.1
"""Loss of confidence from which on a customer who stays is on the way out."""


class Watch(IntEnum):
    """Why a customer is on the watch list."""

    NO = 0
    MOVED = 1  # into a segment of lower spend
    SLIPPING = 2  # still there, but hardly


def watch_customers(before: Assignments, now: Assignments, spent: NDArray[np.float64], shared: NDArray[np.int64]) -> NDArray[np.int8]:
    """The `Watch` (m,) of everybody in `now` (m).

    `before` (n) is by the same model, `spent` (n,) what customers had spent before (NaN: not known), and `shared` (m,) where each customer
    of `now` stands in `before`, -1 for those who joined: they cannot be on the way down.
    """
    watch = np.zeros(len(shared), dtype=np.int8)
    known = np.isfinite(spent)
    if not known.any():
        return watch
    value, average = _typical(before.label, spent, known)
    there = np.flatnonzero((shared >= 0) & (now.label >= 0))
    place = shared[there]
    there, place = there[before.label[place] >= 0], place[before.label[place] >= 0]
    valuable = spent[place] >= np.quantile(spent[known], TOP)  # NaN is not
    was, placed, runner_up = (value[labels] for labels in (before.label[place], now.label[there], now.runner_up[there]))
    same = before.label[place] == now.label[there]
    lost = before.confidence[place].astype(np.float64) - now.confidence[there].astype(np.float64)
    slipping = same & (was > average) & (lost >= SLIPPING) & (now.runner_up[there] >= 0) & (runner_up < was)
    watch[there[valuable & (placed < was)]] = Watch.MOVED
    watch[there[valuable & slipping]] = Watch.SLIPPING
    return watch


def _typical(labels: NDArray[np.int16], spent: NDArray[np.float64], known: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    """Mean spend of each cluster (NaN, last, for "no segment"), and of everybody."""
    inside = known & (labels >= 0)
    clusters = int(labels.max(initial=-1)) + 1
    sums = np.bincount(labels[inside], weights=spent[inside], minlength=clusters)
    sizes = np.bincount(labels[inside], minlength=clusters)
    means = np.divide(sums, sizes, out=np.full(clusters, np.nan), where=sizes > 0)
    return np.append(means, np.nan), float(spent[known].mean())
