"""How segments grow and shrink from one state of the customers to the next: who joined, who left, who moved.

A group is one of `k` segments, or the last one for customers whom the model places nowhere. For every group, and for all together,

    size now = size before + joined - left + moved in - moved out

Where the model changed too, movement is split in two steps: first the old model places the customers as they are now (they moved), then
the new model takes over (it moved). The same holds for what they spent, in whole hundredths, so that every sum is exact to the last one:

    spend now = spend before + own change of those who stayed + joined - left + both steps' moved in - moved out
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Labels = NDArray[np.int16]
NOWHERE, ABSENT, NOBODY = -1, -2, -3
"""In place of a cluster: no segment, not a customer then, and a row that has no customer."""
HUNDREDTHS = 100


@dataclass(frozen=True)
class Moves:
    """`flows[a][b]`: customers who were in group a and are in b now; `joined` and `left`: by group, those who were or are not there."""

    flows: tuple[tuple[int, ...], ...]
    joined: tuple[int, ...]
    left: tuple[int, ...]

    def moved_in(self, group: int) -> int:
        """Customers who came from another group."""
        return sum(row[group] for place, row in enumerate(self.flows) if place != group)

    def moved_out(self, group: int) -> int:
        """Customers who went to another group."""
        return sum(count for place, count in enumerate(self.flows[group]) if place != group)

    def net(self, group: int) -> int:
        """What all of it adds to the group."""
        return self.joined[group] - self.left[group] + self.moved_in(group) - self.moved_out(group)

    @property
    def moved(self) -> int:
        """Customers who changed their group."""
        return sum(self.moved_out(group) for group in range(len(self.flows)))

    @property
    def stayed_customers(self) -> int:
        """Customers who were there before and are there now, in whatever group."""
        return sum(map(sum, self.flows))


@dataclass(frozen=True)
class OutcomeCount:
    """How often an outcome happened among the customers of whom it is known."""

    outcome: str
    label: str
    hits: int
    known: int

    @property
    def rate(self) -> float | None:
        """Share of those of whom it is known; None where it is known of nobody."""
        return self.hits / self.known if self.known else None


@dataclass(frozen=True)
class Division:
    """How a model divides the customers of one day. `spend` is by segment (None: no amounts), `moves` against the day before it."""

    as_of: date
    sizes: tuple[int, ...]
    unplaced: int
    spend: tuple[float, ...] | None
    unplaced_spend: float
    outcomes: tuple[OutcomeCount, ...]
    moves: Moves | None

    @property
    def customers(self) -> int:
        """Everybody, the unplaced included."""
        return sum(self.sizes) + self.unplaced

    @property
    def total_spend(self) -> float | None:
        """What everybody spent; None where no amounts are known."""
        return None if self.spend is None else sum(self.spend) + self.unplaced_spend

    def share(self, segment: int) -> float:
        """The segment's share of all customers; 0 where there are none."""
        return self.sizes[segment] / self.customers if self.customers else 0.0


@dataclass(frozen=True)
class Cell:
    """Customers with one fate: in cluster `was` of the old model before, `by_old` where it puts them now, `now` in the new model.

    `NOWHERE` and `ABSENT` stand in place of clusters. `spent_before` and `spent_now` are sums in hundredths.
    """

    was: int
    by_old: int
    now: int
    customers: int
    spent_before: int
    spent_now: int


@dataclass(frozen=True, eq=False)
class MovedRows:
    """The same of each customer of the new state, in the order of its rows (n,); `watch` as in `segmentation.watching`.

    `NOBODY` stands where a row has no customer any more.
    """

    was: Labels
    by_old: Labels
    now: Labels
    watch: NDArray[np.int8]


@dataclass(frozen=True)
class Causes:
    """Why those who were there both times are in another group: by what they did, because the model changed, or by `both`.

    These three add up to all who changed their group. `back` are those whom the model put back into the group that they had left: they
    changed none, though both steps moved them.
    """

    own: int
    model: int
    both: int
    back: int


@dataclass(frozen=True)
class Split:
    """Movement in two steps that add up, in customers or in hundredths of what they spent.

    `customers` are moves by the old model, with those who joined and left; `model` moves of the same customers from the old model to the
    new, those who joined included; `causes` says it by customer, so that nobody counts twice; all None where the old model cannot place
    them now. `own` is by group how the spend of those who were there both times changed
    (nothing where customers are counted). `before` and `after` are the groups' sizes.
    """

    total: Moves
    customers: Moves | None
    model: Moves | None
    causes: Causes | None
    own: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]


class Tally:
    """Counts the customers of one day block by block, so that they need not be in memory together."""

    def __init__(self, segments: int) -> None:
        self._segments = segments
        self._sizes = np.zeros(segments + 1, dtype=np.int64)
        self._spend: NDArray[np.float64] | None = None
        self._outcomes: dict[str, OutcomeCount] = {}

    def add(self, labels: Labels, spend: NDArray[np.float64] | None, outcomes: Mapping[tuple[str, str], NDArray[np.float64]]) -> None:
        """Count customers with these `labels` (n,), amounts (n,; NaN for unknown) and, by name and label, outcomes (1, 0 or NaN)."""
        groups = _group(labels, self._segments)
        self._sizes += np.bincount(groups, minlength=self._segments + 1)
        if spend is not None:
            spent = np.asarray(np.bincount(groups, weights=np.nan_to_num(spend), minlength=self._segments + 1), dtype=np.float64)
            self._spend = spent if self._spend is None else self._spend + spent
        for (name, label), happened in outcomes.items():
            before = self._outcomes.get(name, OutcomeCount(name, label, 0, 0))
            hits, known = before.hits + int(np.nansum(happened)), before.known + int(np.isfinite(happened).sum())
            self._outcomes[name] = OutcomeCount(name, label, hits, known)

    def division(self, as_of: date, moves: Moves | None) -> Division:
        """What was counted."""
        return Division(
            as_of=as_of,
            sizes=tuple(int(size) for size in self._sizes[:-1]),
            unplaced=int(self._sizes[-1]),
            spend=None if self._spend is None else tuple(float(amount) for amount in self._spend[:-1]),
            unplaced_spend=0.0 if self._spend is None else float(self._spend[-1]),
            outcomes=tuple(self._outcomes.values()),
            moves=moves,
        )


def count_moves(keys_before: NDArray[np.object_], before: Labels, keys_now: NDArray[np.object_], now: Labels, segments: int) -> Moves:
    """The moves between two states: `before` (n,) and `now` (m,) are the labels of the customers with these keys, -1 for "nowhere".

    ValueError where a key stands twice, or a label is not below `segments`.
    """
    if len(set(keys_before)) != len(keys_before) or len(set(keys_now)) != len(keys_now):
        raise ValueError("A customer key stands twice in one state.")
    if max(before.max(initial=-1), now.max(initial=-1)) >= segments:
        raise ValueError(f"A label is not one of {segments} segments.")
    place = pd.Index(keys_before).get_indexer(pd.Index(keys_now))
    absent = segments + 1
    table = np.zeros((segments + 2, segments + 2), dtype=np.int64)
    was = np.where(place >= 0, _group(before[place], segments) if len(before) else 0, absent)
    np.add.at(table, (was, _group(now, segments)), 1)
    gone = np.ones(len(before), dtype=bool)
    gone[place[place >= 0]] = False
    table[:, absent] += np.bincount(_group(before[gone], segments), minlength=segments + 2)
    return moves_of(table)


def count_cells(
    was: Labels, by_old: Labels, now: Labels, spent_before: NDArray[np.float64], spent_now: NDArray[np.float64]
) -> tuple[Cell, ...]:
    """Everybody of either state by their fate: labels and amounts (n,) each, NaN for an amount that is not known or was not asked for."""
    if not len(was):
        return ()
    lowest = min(NOWHERE, ABSENT)
    sizes = [int(labels.max()) - lowest + 1 for labels in (was, by_old, now)]
    code = np.ravel_multi_index([labels.astype(np.int64) - lowest for labels in (was, by_old, now)], sizes)
    customers = np.bincount(code)
    before, after = (np.bincount(code, weights=np.nan_to_num(np.rint(spent * HUNDREDTHS))) for spent in (spent_before, spent_now))
    there = np.flatnonzero(customers)
    places = np.stack(np.unravel_index(there, sizes), axis=1) + lowest
    figures = np.stack([customers[there], before[there].astype(np.int64), after[there].astype(np.int64)], axis=1)
    return tuple(Cell(*map(int, row)) for row in np.hstack([places, figures]))


def split_moves(
    cells: Sequence[Cell], old: Sequence[int], new: Sequence[int], groups: int, *, spend: bool = False, known: bool = True
) -> Split:
    """The movement of `cells` over `groups` segments, where the old model's cluster c is group `old[c]` and the new one's `new[c]`.

    In customers, or with `spend` in hundredths. Without `known` the old model could not place the customers now: there is a total only.
    """
    places = {NOWHERE: groups, ABSENT: groups + 1}
    from_old, from_new = {**places, **dict(enumerate(old))}, {**places, **dict(enumerate(new))}
    total, moved, remodelled = (np.zeros((groups + 2, groups + 2), dtype=np.int64) for _ in range(3))
    own, before, after = (np.zeros(groups + 1, dtype=np.int64) for _ in range(3))
    why: Counter[str] = Counter()
    for cell in cells:
        was, by_old, now = from_old[cell.was], from_old[cell.by_old], from_new[cell.now]
        amount, earlier = (cell.spent_now, cell.spent_before) if spend else (cell.customers, cell.customers)
        if cell.now == ABSENT:
            total[was, -1] += earlier
            moved[was, -1] += earlier
        else:
            total[was, now] += amount
            moved[was, by_old] += amount
            remodelled[by_old, now] += amount
            after[now] += amount
            if cell.was != ABSENT:
                why[_cause(was, by_old, now)] += amount
        if cell.was != ABSENT:
            before[was] += earlier
            own[was] += amount - earlier if cell.now != ABSENT else 0
    return Split(
        total=moves_of(total),
        customers=moves_of(moved) if known else None,
        model=moves_of(remodelled) if known else None,
        causes=Causes(why["own"], why["model"], why["both"], why["back"]) if known else None,
        own=tuple(map(int, own)),
        before=tuple(map(int, before)),
        after=tuple(map(int, after)),
    )


def _cause(was: int, by_old: int, now: int) -> str:
    """Which of `Causes` it is; "none" for whom neither step moved."""
    if was == by_old:
        return "none" if by_old == now else "model"
    return "own" if by_old == now else "back" if was == now else "both"


def moves_of(table: NDArray[np.int64]) -> Moves:
    """The moves that a table (segments + 2, segments + 2) of customers says: rows before, columns now.

    The last but one row and column is "in no segment", the last "not a customer".
    """
    return Moves(
        flows=tuple(tuple(int(count) for count in row[:-1]) for row in table[:-1]),
        joined=tuple(int(count) for count in table[-1, :-1]),
        left=tuple(int(count) for count in table[:-1, -1]),
    )


def _group(labels: Labels, segments: int) -> NDArray[np.int64]:
    return np.where(labels < 0, segments, labels.astype(np.int64))
