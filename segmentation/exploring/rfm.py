"""RFM: customers scored 1 to 5 by how recently, how often and for how much they bought (Hughes 1994, Strategic Database Marketing).

It needs no model and is a yardstick for any; Fader, Hardie & Lee (2005, Journal of Marketing Research 42) show what it leaves out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.errors import SegmentationError
from segmentation.measures import DEAL, finite
from segmentation.roles import Column, Role, Schema

Floats = NDArray[np.float64]
Scores = NDArray[np.int8]
RfmName = Literal["recency", "frequency", "monetary"]

NAMES: tuple[RfmName, ...] = ("recency", "frequency", "monetary")
LABELS: dict[RfmName, str] = {"recency": "Days since last purchase", "frequency": "Orders", "monetary": "Spend"}
BEST = 5
MOST_CUTS = BEST - 1
FIFTHS = (0.2, 0.4, 0.6, 0.8)
ROUNDED = 0.01
"""Rounding a cut point may move at most this share of customers to another group."""


@dataclass(frozen=True)
class RfmValues:
    """What customers are scored by: days, orders, money; float64 (n,) with NaN for unknown, None where no column says it."""

    recency: Floats | None
    frequency: Floats | None
    monetary: Floats | None

    def of(self, name: RfmName) -> Floats | None:
        values: Floats | None = getattr(self, name)
        return values

    @property
    def there(self) -> tuple[RfmName, ...]:
        """Names of the measures that the data has."""
        return tuple(name for name in NAMES if self.of(name) is not None)

    @property
    def whole(self) -> tuple[RfmName, ...]:
        """Names of those whose known values are whole numbers."""
        found = [(name, each) for name in NAMES if (each := self.of(name)) is not None]
        return tuple(name for name, each in found if bool((np.isnan(each) | (each == np.round(each))).all()))


@dataclass(frozen=True)
class RfmCuts:
    """Up to four rising cut points for each measure; a value on a cut point is below it.

    SegmentationError (`details["field"]` names the measure) where they are too many, no numbers, or do not rise.
    """

    recency: tuple[float, ...] = ()
    frequency: tuple[float, ...] = ()
    monetary: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        for name in NAMES:
            _check_cuts(name, self.of(name))

    def of(self, name: RfmName) -> tuple[float, ...]:
        cuts: tuple[float, ...] = getattr(self, name)
        return cuts


@dataclass(frozen=True)
class RfmScores:
    """A score from 1 to 5 (best) by measure, int8 (n,) with 0 for unknown; None where no column says it.

    `unscored` counts customers who miss at least one; `cuts` made them.
    """

    recency: Scores | None
    frequency: Scores | None
    monetary: Scores | None
    unscored: int
    cuts: RfmCuts

    def of(self, name: RfmName) -> Scores | None:
        scores: Scores | None = getattr(self, name)
        return scores

    @property
    def there(self) -> tuple[RfmName, ...]:
        """Names of the measures that are scored."""
        return tuple(name for name in NAMES if self.of(name) is not None)

    def complete(self) -> NDArray[np.bool_]:
        """Who (n,) has every score that there is."""
        everybody: NDArray[np.bool_] = np.logical_and.reduce([each > 0 for name in NAMES if (each := self.of(name)) is not None])
        return everybody


def rfm_columns(schema: Schema) -> dict[RfmName, tuple[Column, ...]]:
    """The columns that each measure is made from, as for the measures "orders" and "spend": deals are no orders of their own."""
    orders = tuple(column for column in schema.of(Role.PURCHASES) if not DEAL.search(column.name))
    found: dict[RfmName, tuple[Column, ...]] = {
        "recency": schema.of(Role.RECENCY_DAYS)[:1],
        "frequency": orders,
        "monetary": schema.of(Role.SPEND),
    }
    return {name: columns for name, columns in found.items() if columns}


def rfm_values(customers: pd.DataFrame, schema: Schema) -> RfmValues:
    """Days, orders and spend of `customers`; several columns of one measure are added up over their known values."""
    columns = rfm_columns(schema)
    sums = {name: _sum(customers, columns[name]) if name in columns else None for name in NAMES}
    return RfmValues(sums["recency"], sums["frequency"], sums["monetary"])


def default_cuts(values: RfmValues) -> RfmCuts:
    """Fifths of the known values, rounded to as few digits as leave the groups nearly as they are.

    Customers with the same value stay together, so that repeated values make for fewer groups.
    """
    cuts = {name: _fifths(known) if (known := values.of(name)) is not None else () for name in NAMES}
    return RfmCuts(cuts["recency"], cuts["frequency"], cuts["monetary"])


def score_rfm(values: RfmValues, cuts: RfmCuts) -> RfmScores:
    """Scores by `cuts`: 5 for the fewest days, the most orders, the most spend.

    With fewer than four cut points the scores of the groups are spread evenly from 1 to 5; without one everybody has 3.
    """
    scores: dict[RfmName, Scores | None] = {
        name: None if (each := values.of(name)) is None else _score(each, cuts.of(name), descending=name == "recency") for name in NAMES
    }
    found = [each for each in scores.values() if each is not None]
    unscored = int(np.logical_or.reduce([each == 0 for each in found]).sum()) if found else 0
    return RfmScores(scores["recency"], scores["frequency"], scores["monetary"], unscored, cuts)


def group_scores(groups: int) -> tuple[int, ...]:
    """The scores of `groups` groups, from the lowest to the best."""
    if groups == 1:
        return ((BEST + 1) // 2,)
    return tuple(1 + (2 * (BEST - 1) * place + groups - 1) // (2 * (groups - 1)) for place in range(groups))


def read_cuts(name: RfmName, texts: Sequence[str]) -> tuple[float, ...]:
    """Cut points as somebody typed them, empty ones left out; SegmentationError names the one that is no number, or what is wrong."""
    cuts = tuple(_number(name, text) for text in texts if text.strip())
    _check_cuts(name, cuts)
    return cuts


def _number(name: RfmName, text: str) -> float:
    try:
        value = float(text.strip())
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _refusal(name, f"“{text.strip()[:20]}” is no number. Write a cut point with digits, such as 30 or 49.5.")
    return value


def _check_cuts(name: RfmName, cuts: Sequence[float]) -> None:
    if len(cuts) > MOST_CUTS:
        raise _refusal(name, f"Four cut points make five groups; leave out {len(cuts) - MOST_CUTS} of the {len(cuts)}.")
    if not all(math.isfinite(cut) for cut in cuts):
        raise _refusal(name, "A cut point is a number. Write it with digits, such as 30 or 49.5.")
    for before, after in pairwise(cuts):
        if after <= before:
            raise _refusal(
                name, f"Cut points must rise, but {before:.12g} is followed by {after:.12g}. Make each one larger than the one before."
            )


def _refusal(name: RfmName, message: str) -> SegmentationError:
    return SegmentationError(message, code="rfm_cuts", details={"field": name})


def _sum(customers: pd.DataFrame, columns: Sequence[Column]) -> Floats:
    """Row sums over the known values; NaN where none is known."""
    total, known = np.zeros(len(customers)), np.zeros(len(customers), dtype=bool)
    for column in columns:
        values = finite(customers[column.name])
        there = np.isfinite(values)
        total[there] += values[there]
        known |= there
    total[~known] = np.nan
    return total


def _score(values: Floats, cuts: Sequence[float], *, descending: bool) -> Scores:
    by_group = np.array(group_scores(len(cuts) + 1), dtype=np.int8)
    if descending:
        by_group = by_group[::-1]
    # NaN sorts behind every cut point, where a group of its own waits for it.
    place = np.searchsorted(np.append(np.asarray(cuts, dtype=np.float64), np.inf), values, side="left")
    return np.append(by_group, np.int8(0))[place]


def _fifths(values: Floats) -> tuple[float, ...]:
    known = np.sort(values[np.isfinite(values)])
    if not known.size:
        return ()
    cuts = np.unique(np.quantile(known, FIFTHS, method="inverted_cdf"))
    cuts = cuts[cuts < known[-1]]
    below = np.searchsorted(known, cuts, side="right") / known.size
    for digits in range(2, 7):
        rounded = np.array([_rounded(float(cut), digits) for cut in cuts])
        moved = np.abs(np.searchsorted(known, rounded, side="right") / known.size - below)
        if (np.diff(rounded) > 0).all() and (moved <= ROUNDED).all() and (rounded < known[-1]).all():
            return tuple(float(cut) for cut in rounded)
    return tuple(float(cut) for cut in cuts)


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")
