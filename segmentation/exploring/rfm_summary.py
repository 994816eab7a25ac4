"""What RFM scores say of customers: a grid of two scores, and groups with names and rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmentation.describing.intervals import wilson
from segmentation.errors import MissingRole
from segmentation.exploring.rfm import BEST, LABELS, NAMES, RfmCuts, RfmName, RfmScores, RfmValues, group_scores
from segmentation.wording import listed, lower_first

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RfmGroup:
    """A named group: customers whose scores lie in both ranges (ends included).

    With recency, `first` is its score and `second` the buying score; without, they are the scores of orders and of spend.
    """

    name: str
    meaning: str
    first: tuple[int, int]
    second: tuple[int, int]


@dataclass(frozen=True)
class Tally:
    """Customers of a cell or group. `share` is of those who are scored; figures of spend are None where no column says it.

    The outcome's `rate` with Wilson's interval (1927) is over the customers whose outcome is known, None where none is.
    """

    customers: int
    share: float
    spend: float | None
    spend_share: float | None
    spend_mean: float | None
    known: int
    hits: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class RfmCell:
    """One cell of the grid: the scores of `rows` and `columns`."""

    row: int
    column: int
    tally: Tally


@dataclass(frozen=True)
class RfmSummary:
    """Customers by two of their scores, and by named groups.

    `rows` and `columns` name the two measures of the grid; `cells` has every pair of scores that the cut points can give. `groups`
    are in the order of `named_groups`; every scored customer is in exactly one cell and one group. `everyone` is all scored.
    `whole` names the measures that have whole numbers only.
    """

    customers: int
    unscored: int
    cuts: RfmCuts
    whole: tuple[RfmName, ...]
    rows: RfmName
    columns: RfmName
    cells: tuple[RfmCell, ...]
    groups: tuple[tuple[RfmGroup, Tally], ...]
    everyone: Tally


ROLES: dict[RfmName, str] = {"recency": "Recency days", "frequency": "Purchases", "monetary": "Spend"}
"""What columns have to be for it, as the import page says it."""

WITH_RECENCY = (
    RfmGroup("Champions", "Bought lately, and buy most", (4, 5), (4, 5)),
    RfmGroup("Loyal", "Buy much, last time a while ago", (3, 3), (4, 5)),
    RfmGroup("Promising", "Bought lately, with room to buy more", (4, 5), (2, 3)),
    RfmGroup("New or occasional", "Bought lately, but hardly anything so far", (4, 5), (1, 1)),
    RfmGroup("Need attention", "Buy little to middling, last time a while ago", (3, 3), (1, 3)),
    RfmGroup("Must not lose", "Were among those who buy most, and have stayed away for long", (1, 2), (5, 5)),
    RfmGroup("At risk", "Used to buy well, and have stayed away for long", (1, 2), (3, 4)),
    RfmGroup("Hibernating", "Bought little, some time ago", (2, 2), (1, 2)),
    RfmGroup("Lost", "Bought little, longest ago", (1, 1), (1, 2)),
)
"""The usual names over recency and buying score, cut so that every combination is in exactly one group."""

WITHOUT_RECENCY = (
    RfmGroup("Best customers", "Buy often and for much", (4, 5), (4, 5)),
    RfmGroup("Many small orders", "Buy often, but not for much", (4, 5), (1, 3)),
    RfmGroup("Few large orders", "Buy seldom, but for much", (1, 3), (4, 5)),
    RfmGroup("Occasional", "Buy seldom and for little", (1, 3), (1, 3)),
)


def named_groups(there: Sequence[RfmName]) -> tuple[RfmGroup, ...]:
    """The groups for data that has these measures."""
    return WITH_RECENCY if "recency" in there else WITHOUT_RECENCY


def group_rule(group: RfmGroup, there: Sequence[RfmName]) -> str:
    """Its rule in words: `Recency 4 to 5, buying 1`."""
    first, second = ("Recency", "buying") if "recency" in there else ("Orders", "spend")
    return f"{first} {_range(group.first)}, {second} {_range(group.second)}"


def buying_score(scores: RfmScores) -> NDArray[np.int8]:
    """The mean of the scores of orders and spend, halves rounded up, or the one that there is; 0 where either is unknown."""
    found = [each for name in ("frequency", "monetary") if (each := scores.of(name)) is not None]
    mean = (sum(each.astype(np.int16) for each in found) + len(found) // 2) // len(found)
    return np.where(np.logical_and.reduce([each > 0 for each in found]), mean, 0).astype(np.int8)


def grid_measures(there: Sequence[RfmName]) -> tuple[RfmName, RfmName]:
    """Rows and columns of the grid: recency and orders, else the two that there are.

    MissingRole with fewer than two, whose message says what is there and what would do.
    """
    found = [name for name in NAMES if name in there]
    if len(found) < 2:
        has = f"This data has {lower_first(LABELS[found[0]])} only" if found else "This data has none of them"
        missing = listed([f"{lower_first(LABELS[name])} (role {ROLES[name]})" for name in NAMES if name not in found], "or")
        raise MissingRole(
            f"RFM needs two of days since last purchase, orders and spend. {has}; import it again with a column for {missing}.",
            details={"there": found},
        )
    return found[0], found[1]


def summarise_rfm(values: RfmValues, scores: RfmScores, outcome: Floats | None = None) -> RfmSummary:
    """Tallies of grid and groups; `outcome` (n,) is 1, 0 or NaN. Customers who miss a score are in none of them."""
    rows, columns = grid_measures(scores.there)
    row, column = _scores(scores, rows), _scores(scores, columns)
    counted = _Counted(scores.complete(), values.monetary, outcome)
    cells = counted.tallies(_code(row, column), _code(BEST, BEST) + 1)
    groups = named_groups(scores.there)
    second = buying_score(scores) if rows == "recency" else column
    tallies = counted.tallies(_group_table(groups)[row, second], len(groups))
    pairs = [(r, c) for r in _possible(scores, rows) for c in _possible(scores, columns)]
    return RfmSummary(
        customers=len(row),
        unscored=scores.unscored,
        cuts=scores.cuts,
        whole=values.whole,
        rows=rows,
        columns=columns,
        cells=tuple(RfmCell(r, c, cells[_code(r, c)]) for r, c in pairs),
        groups=tuple(zip(groups, tallies, strict=True)),
        everyone=counted.tallies(np.zeros(len(row), dtype=np.intp), 1)[0],
    )


class _Counted:
    """Customers who have every score, with their spend and outcome, ready to be counted by group."""

    def __init__(self, complete: NDArray[np.bool_], spend: Floats | None, outcome: Floats | None) -> None:
        self._complete = complete
        self._spend = None if spend is None else spend[complete]
        self._outcome = None if outcome is None else outcome[complete]

    def tallies(self, place: NDArray[np.intp], groups: int) -> list[Tally]:
        """One tally for each of `groups`; `place` (n,) is every customer's."""
        at = place[self._complete]
        customers = np.bincount(at, minlength=groups)
        spend = None if self._spend is None else np.bincount(at, weights=self._spend, minlength=groups)
        known, hits = np.zeros(groups, dtype=np.int64), np.zeros(groups, dtype=np.int64)
        if self._outcome is not None:
            known = np.bincount(at[np.isfinite(self._outcome)], minlength=groups)
            hits = np.bincount(at[self._outcome > 0], minlength=groups)
        total = len(at), None if spend is None else float(spend.sum())
        return [
            _tally(int(customers[g]), None if spend is None else float(spend[g]), total, int(known[g]), int(hits[g])) for g in range(groups)
        ]


def _tally(customers: int, spend: float | None, total: tuple[int, float | None], known: int, hits: int) -> Tally:
    everybody, all_spend = total
    low, high = wilson(hits, known) if known else (None, None)
    return Tally(
        customers=customers,
        share=customers / everybody if everybody else 0.0,
        spend=spend,
        spend_share=spend / all_spend if spend is not None and all_spend is not None and all_spend > 0 else None,
        spend_mean=spend / customers if spend is not None and customers else None,
        known=known,
        hits=hits,
        rate=hits / known if known else None,
        low=low,
        high=high,
    )


def _scores(scores: RfmScores, name: RfmName) -> NDArray[np.intp]:
    found = scores.of(name)
    return np.zeros(0, dtype=np.intp) if found is None else found.astype(np.intp)


def _possible(scores: RfmScores, name: RfmName) -> tuple[int, ...]:
    """The scores that the cut points can give, best first."""
    return tuple(reversed(group_scores(len(scores.cuts.of(name)) + 1)))


def _code(row: Any, column: Any) -> Any:
    """One number for a pair of scores."""
    return row * (BEST + 1) + column


def _group_table(groups: Sequence[RfmGroup]) -> NDArray[np.intp]:
    """Place of the group that holds each pair of scores (0 to 5 each; what has no score is in the first, and is not counted)."""
    table = np.zeros((BEST + 1, BEST + 1), dtype=np.intp)
    for place, group in enumerate(groups):
        table[group.first[0] : group.first[1] + 1, group.second[0] : group.second[1] + 1] = place
    return table


def _range(scores: tuple[int, int]) -> str:
    low, high = scores
    return f"{low}" if low == high else f"{low} to {high}"
