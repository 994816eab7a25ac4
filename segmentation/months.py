"""Generated customers as they were month by month: who had joined by then, how they lived, what they had spent, ordered and answered.

The last month is the drawn file itself, with the days of joining dealt out anew. Earlier ones are the same customers seen before:

* Nobody who joined later is there. Segments join at their own pace: `PACE` moves the days of the first planted segment earlier and
  those of the last one later, so that shares change.
* Amounts and orders are the part that had come together by then. A first basket counts as `FIRST_BASKET` ordinary days; after it
  they grow evenly, so that those who joined lately look like small customers at first.
* `CHANGED` of the customers lived like somebody of another segment until some day in these months: home, income, amounts, orders and
  visits were those of that other customer. They are the ones who move.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.errors import SegmentationError
from segmentation.synthetic import SyntheticCustomers

MOST_MONTHS = 24
FIRST_BASKET = 60.0
PACE = 1.4
"""How far apart the first and last segment join, in standard deviations of the order of joining; 0 is the same pace for all."""

CHANGED = 0.08
LONGEST_PAUSE = 100
"""Days since the last purchase stay below this, as in the file."""

_DAY = "%d-%m-%Y"
_GROWING = (
    *("MntWines", "MntFruits", "MntMeatProducts", "MntFishProducts", "MntSweetProducts", "MntGoldProds"),
    *("NumDealsPurchases", "NumWebPurchases", "NumCatalogPurchases", "NumStorePurchases"),
)
_LIVING = ("Marital_Status", "Income", "Kidhome", "Teenhome", "NumWebVisitsMonth", *_GROWING)


@dataclass(frozen=True, eq=False)
class MonthlyState:
    """The customers (rows, in the columns of the file) as they were on the day `as_of`."""

    as_of: date
    customers: pd.DataFrame


@dataclass(frozen=True, eq=False)
class _Past:
    """What is known of everybody's past, one row for each customer: when they joined and answered, and how they lived until when."""

    joined: pd.Series[Any]
    answered: pd.Series[Any]
    changed: pd.Series[Any]
    before: pd.DataFrame


def monthly_states(drawn: SyntheticCustomers, months: int, *, seed: int = 0) -> tuple[MonthlyState, ...]:
    """`drawn` at the ends of the `months` - 1 months before its last day, and on that day, oldest first.

    The last day is the latest on which anybody joined; from month to month customers only join. The same arguments give the same
    states. SegmentationError for less than one month, more than `MOST_MONTHS`, or more than there were customers.
    """
    rng = np.random.default_rng(seed)
    joined = _joining_days(drawn, rng)
    last = joined.max()
    days = [last - pd.offsets.MonthEnd(back) for back in range(months - 1, 0, -1)]
    if not 1 <= months <= MOST_MONTHS or (days and days[0] < joined.min()):
        raise SegmentationError(
            f"{months} months of these customers cannot be told; ask for 1 to {MOST_MONTHS} in which somebody was there."
        )
    now = drawn.customers.assign(Dt_Customer=joined.dt.strftime(_DAY))
    past = _past(drawn, joined, days[0] if days else last, rng)
    return (*(_as_it_was(now, past, day, last, rng) for day in days), MonthlyState(last.date(), now))


def _joining_days(drawn: SyntheticCustomers, rng: np.random.Generator) -> pd.Series[Any]:
    """The file's own days of joining, dealt out so that later segments tend to have later ones."""
    days = pd.to_datetime(drawn.customers["Dt_Customer"], format=_DAY).sort_values(ignore_index=True)
    place = drawn.truth / max(1, drawn.truth.max(initial=0)) - 0.5
    order = np.argsort(rng.standard_normal(len(days)) + PACE * place, kind="stable")
    dealt = pd.Series(days.to_numpy(), index=order).sort_index()
    return dealt.set_axis(drawn.customers.index)


def _past(drawn: SyntheticCustomers, joined: pd.Series[Any], first: pd.Timestamp, rng: np.random.Generator) -> _Past:
    rows, last = len(joined), joined.max()
    answered = joined + pd.to_timedelta(np.floor(rng.random(rows) * ((last - joined).dt.days + 1)), unit="D")
    day = first + pd.to_timedelta(np.floor(rng.random(rows) * (last - first).days), unit="D")
    other = rng.permutation(rows)
    moves = (rng.random(rows) < CHANGED) & (drawn.truth != drawn.truth[other])
    changed = pd.Series(np.where(moves, day, np.datetime64("NaT")), index=joined.index)
    return _Past(joined, answered, changed, drawn.customers[list(_LIVING)].iloc[other].set_axis(joined.index))


def _as_it_was(now: pd.DataFrame, past: _Past, day: pd.Timestamp, last: pd.Timestamp, rng: np.random.Generator) -> MonthlyState:
    known, earlier = now.copy(), past.changed > day
    for name in _LIVING:
        known[name] = now[name].where(~earlier, past.before[name])
    share = ((day - past.joined).dt.days + FIRST_BASKET) / ((last - past.joined).dt.days + FIRST_BASKET)
    for name in _GROWING:
        known[name] = np.floor(known[name] * share.clip(lower=0) + 0.5).astype(np.int64)
    known["Recency"] = _days_since(now["Recency"].to_numpy(), (last - day).days, rng)
    known["Response"] = now["Response"].where(past.answered <= day, 0)
    return MonthlyState(day.date(), known[past.joined <= day].reset_index(drop=True))


def _days_since(recency: NDArray[np.int64], later: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Days since the last purchase, `later` days earlier; where that purchase had not happened yet, one before it is drawn."""
    return np.asarray(np.where(recency >= later, recency - later, rng.integers(0, LONGEST_PAUSE, len(recency))))
