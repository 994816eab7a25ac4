"""Customers over several months, drawn from a stated model: segments drift, and some are born, split, merge or die.

Every month some customers leave, some join, and some move to another segment; a customer's own way of deviating from the segment changes
slowly. Between two months one thing happens to the segments beside that: one splits, two merge, one is born, one dies down to its last
three customers (who go elsewhere), or none of it. No value is taken from any real customer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.errors import SegmentationError
from segmentation.lineage import Fate
from segmentation.synthetic import SCORES, draw_file, segment_levels

FEWEST = 400
"""Customers below which a segment would be a handful."""
_START, _LEVELS, _FIRST_ID = 4, 8, 10_000
_LEAVE, _MOVE, _JOIN, _BORN = 0.03, 0.02, 0.04, 0.15
"""Shares of all customers: who leave, move and join every month, and the size of a segment that is born."""
_SPLIT, _STEADY, _DRIFT = 0.4, 0.8, 0.08
"""The part that a split takes away, how far a customer's own way stays from month to month, and how far levels drift in one."""
_NOBODY = -1


@dataclass(frozen=True)
class PlantedLink:
    """What happened to a planted segment since the month before; numbers are those of `SyntheticMonth.truth`, and live across months."""

    kind: Fate
    previous: int | None
    current: int | None


@dataclass(frozen=True, eq=False)
class SyntheticMonth:
    """The customers of one day in the columns of the SmartCart file, by ID; `truth` (rows,) is the planted segment of each.

    `links` say what became of every segment since the month before (none in the first one).
    """

    as_of: date
    customers: pd.DataFrame
    truth: NDArray[np.int64]
    links: tuple[PlantedLink, ...]


@dataclass
class _Life:
    """`home` (everybody, also who is yet to come) is the segment that each is in, `levels` (segments, traits) what every one is like."""

    rng: np.random.Generator
    home: NDArray[np.int64]
    levels: NDArray[np.float64]
    come: int
    born: int = _START

    @property
    def living(self) -> NDArray[np.int64]:
        """Segments with customers."""
        return np.unique(self.home[self.home >= 0])

    def members(self, segment: int) -> NDArray[np.intp]:
        """Who is in a segment."""
        return np.flatnonzero(self.home == segment)

    def newcomers(self, count: int) -> slice:
        """Places of customers who have not been there before."""
        self.come += count
        return slice(self.come - count, self.come)

    def next_segment(self) -> int:
        """The number of a segment that has not been there before."""
        self.born += 1
        return self.born - 1


def synthetic_history(customers: int = 1_500, *, months: int = 6, separation: float = 4.0, seed: int = 0) -> tuple[SyntheticMonth, ...]:
    """Draw `months` (2 to 6) days a month apart, beginning with `customers` in four segments.

    What happens between them is a shuffle of: split, merge, birth, death, nothing; `separation` is that of `synthetic_customers`. The
    same arguments give the same customers. SegmentationError for numbers out of range.
    """
    if customers < FEWEST or not 2 <= months <= 6:
        raise SegmentationError(f"Ask for at least {FEWEST} customers, and for 2 to 6 months.")
    rng = np.random.default_rng(seed)
    everybody = int(customers * (1 + _BORN + (months - 1) * _JOIN) * 1.3)
    home = np.full(everybody, _NOBODY, dtype=np.int64)
    home[:customers] = rng.choice(_START, customers, p=np.linspace(1.6, 1.0, _START) / np.linspace(1.6, 1.0, _START).sum())
    life = _Life(rng, home, segment_levels(_LEVELS)[rng.permutation(_LEVELS)], customers)
    own = rng.standard_normal((everybody, len(SCORES)))
    happenings = rng.permutation(np.array([Fate.SPLIT, Fate.MERGED, Fate.NEW, Fate.RETIRED, Fate.CONTINUED], dtype=object))
    found = [_month(life, own, separation, seed, 0, ())]
    for number, happening in enumerate(happenings[: months - 1], start=1):
        links = _live(life, Fate(happening))
        own = _STEADY * own + np.sqrt(1 - _STEADY**2) * rng.standard_normal(own.shape)
        found.append(_month(life, own, separation, seed, number, links))
    return tuple(found)


def _live(life: _Life, happening: Fate) -> tuple[PlantedLink, ...]:
    """One month: what happens to a segment, then who moves, leaves and joins, and the drift of all."""
    before = life.living
    told = _HAPPENINGS[happening](life)
    gone = {link.previous for link in told if link.kind is not Fate.SPLIT}
    continued = tuple(PlantedLink(Fate.CONTINUED, int(each), int(each)) for each in before if each not in gone)
    rng, living = life.rng, life.living
    there = np.flatnonzero(life.home >= 0)
    moving, leaving = rng.choice(there, int(_MOVE * len(there)), replace=False), rng.choice(there, int(_LEAVE * len(there)), replace=False)
    joining = life.newcomers(int(_JOIN * len(there)))
    life.home[joining] = life.home[rng.choice(there, joining.stop - joining.start)]
    life.home[moving] = rng.choice(living, len(moving))
    life.home[leaving] = _NOBODY
    step = rng.standard_normal(life.levels.shape)
    life.levels += _DRIFT * step / np.linalg.norm(step, axis=1, keepdims=True)
    return (*continued, *told)


def _split(life: _Life) -> tuple[PlantedLink, ...]:
    """A part of a large segment begins to live its own way."""
    sizes = {int(each): len(life.members(each)) for each in life.living}
    whole = max(sizes, key=lambda each: sizes[each])
    part = life.next_segment()
    members = life.members(whole)
    life.home[life.rng.choice(members, int(_SPLIT * len(members)), replace=False)] = part
    return (PlantedLink(Fate.SPLIT, whole, part),)


def _merge(life: _Life) -> tuple[PlantedLink, ...]:
    """The customers of the smaller of two segments become like those of the larger."""
    into, gone = sorted(life.rng.choice(life.living, 2, replace=False), key=lambda each: -len(life.members(each)))
    life.home[life.members(gone)] = into
    return (PlantedLink(Fate.MERGED, int(gone), int(into)),)


def _birth(life: _Life) -> tuple[PlantedLink, ...]:
    """New customers of a kind of their own, and ten old ones who wander in."""
    count, wandering = int(_BORN * (life.home >= 0).sum()), life.rng.choice(np.flatnonzero(life.home >= 0), 10, replace=False)
    segment = life.next_segment()
    life.home[life.newcomers(count)] = segment
    life.home[wandering] = segment
    return (PlantedLink(Fate.NEW, None, segment),)


def _death(life: _Life) -> tuple[PlantedLink, ...]:
    """All of a segment leave but three, who go elsewhere."""
    gone = int(life.rng.choice(life.living))
    members = life.rng.permutation(life.members(gone))
    life.home[members] = _NOBODY
    life.home[members[:3]] = life.rng.choice(life.living)
    return (PlantedLink(Fate.RETIRED, gone, None),)


def _nothing(_life: _Life) -> tuple[PlantedLink, ...]:
    return ()


_HAPPENINGS = {Fate.SPLIT: _split, Fate.MERGED: _merge, Fate.NEW: _birth, Fate.RETIRED: _death, Fate.CONTINUED: _nothing}


def _month(
    life: _Life, own: NDArray[np.float64], separation: float, seed: int, number: int, links: tuple[PlantedLink, ...]
) -> SyntheticMonth:
    # The same draws every month: what does not hang on the segment, such as education, stays with the customer.
    everybody = draw_file(np.random.default_rng([seed, 1]), life.levels[np.maximum(life.home, 0)], separation, own)
    everybody["ID"] = _FIRST_ID + np.arange(len(everybody))
    there = life.home >= 0
    return SyntheticMonth(date(2024, 7 + number, 1), everybody[there].reset_index(drop=True), life.home[there].copy(), links)
