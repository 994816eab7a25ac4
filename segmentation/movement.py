"""How segments grow and shrink from one state of the customers to the next: who joined, who left, who moved.

A group is one of `k` segments, or the last one for customers whom the model places nowhere. For every group, and for all together,

    size now = size before + joined - left + moved in - moved out
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Labels = NDArray[np.int16]


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
