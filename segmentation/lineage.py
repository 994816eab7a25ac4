"""Which segment of a new version is which segment of the old one, and what became of the others.

Customers decide where both versions know enough of them: clusters are paired one to one so that together they keep as many customers as
any pairing can (Kuhn 1955, The Hungarian method for the assignment problem), of those pairs that keep enough of each other (MONIC:
Spiliopoulou, Ntoutsi, Theodoridis & Schult 2006, Modeling and monitoring cluster transitions). Where most customers are others than
before, the profiles decide. What is then in no pair was split off, merged into another, is new or retired.

Everything here reads the same in both directions: tracing back from the new version to the old one continues the same pairs, a split
becomes a merge and a new cluster a retired one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from segmentation.choosing.stability import contingency

CONTINUED_FROM = 0.5
"""Least share of the smaller of two clusters that both must have in common, among the customers whom both versions know.

MONIC calls a cluster survived when at least half of it is found again, the smallest threshold under which at most one successor can
claim it. We take the share of the smaller cluster, so that a segment which loses its other half to a split, or gains another by a
merge, keeps its name once: with the part that has most of its customers.
"""

LEAST_OF_LARGER = 1 / 7
"""Least share of the larger one. Automatic k ends at 8, so that a segment falls into seven parts at most beside another one, the largest
of which has a seventh of it. Below that, the pair has the name of the one and the customers of others: the last three of a dying segment
do not carry its name into a cluster of fifty."""

OF_STRONGEST = 0.5
"""Least part of the largest overlap that either of the two has with any cluster: names do not follow a side stream."""

KNOWN = 1 / 3
"""Least share of a cluster's customers whom the other version knows, for customers to decide. Below a third, those who are known are
the exception, and the cluster is the same one only if it lies where that lay."""

ORIGIN = 0.5
"""A cluster is a part of another one when more than this share of all its customers is in that: mostly newcomers are a new cluster."""

NEAR = 0.5
"""Largest distance of two profiles that are the same, in standard deviations (root mean square over the measures).

Cohen (1988) calls that a medium effect."""

HALFWAY = 0.5
"""Two profiles are the same only if they are nearer than this part of the way from either to the next cluster of its own version.

By the triangle inequality no third cluster can then be as near: pairs by profile are one to one by themselves, and cannot be swapped.
"""

By = Literal["customers", "profile", "person"]


class Fate(StrEnum):
    """What became of a cluster."""

    CONTINUED = "continued"  # a current cluster is the previous one
    SPLIT = "split"  # a current cluster was a part of a previous one, which another one continues or which is gone
    MERGED = "merged"  # a previous cluster is now a part of a current one
    NEW = "new"  # a current cluster was none before
    RETIRED = "retired"  # a previous cluster is none any more


@dataclass(frozen=True, eq=False)
class Side:
    """One version of two that are compared.

    `labels` (n,) are the clusters of the customers whom both versions know, in one order, -1 for "not placed"; `sizes` (k,) counts all
    customers of each cluster, also those whom the other does not know; `means` (k, m) are the profiles on the measures that both
    versions have, in one order and on one scale of standard deviations, or None where there are none.
    """

    labels: NDArray[np.int16]
    sizes: NDArray[np.int64]
    means: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Link:
    """What became of one cluster, and what says so.

    `shared` counts the customers whom the two clusters have in common, with their share of all customers of each; of a new or a retired
    cluster, those of its customers whom the other version knows. `distance` is between the two profiles (standard deviations, root mean
    square). `by` says what decided: shared customers, profiles, or a person.
    """

    kind: Fate
    previous: int | None
    current: int | None
    shared: int
    of_previous: float | None
    of_current: float | None
    distance: float | None
    by: By


@dataclass(frozen=True, eq=False)
class Lineage:
    """How the clusters of two versions follow each other: first what every current cluster is, then what became of the previous ones
    that none continues.

    Every current cluster stands in one link that is continued, split or new, every previous one in one that is continued, merged or
    retired. `overlap` (previous, current) counts the customers whom both placed, `sizes` all customers of the previous and of the
    current clusters, `distances` (previous, current) says how far profiles lie apart.
    """

    links: tuple[Link, ...]
    overlap: NDArray[np.int64]
    sizes: tuple[NDArray[np.int64], NDArray[np.int64]]
    distances: NDArray[np.float64] | None = None

    @property
    def pairs(self) -> dict[int, int | None]:
        """Each current cluster with the previous one that it continues, or None."""
        continued = {link.current: link.previous for link in self._of(Fate.CONTINUED)}
        return {cluster: continued.get(cluster) for cluster in range(len(self.sizes[1]))}

    @property
    def retired(self) -> tuple[int, ...]:
        """Previous clusters of which nothing is left."""
        return tuple(link.previous for link in self._of(Fate.RETIRED) if link.previous is not None)

    @property
    def merged(self) -> dict[int, int]:
        """Previous clusters that are a part of a current one now, with that."""
        return {link.previous: link.current for link in self._of(Fate.MERGED) if link.previous is not None and link.current is not None}

    @property
    def split(self) -> dict[int, int]:
        """Current clusters that were a part of a previous one, with that."""
        return {link.current: link.previous for link in self._of(Fate.SPLIT) if link.previous is not None and link.current is not None}

    def _of(self, kind: Fate) -> tuple[Link, ...]:
        return tuple(link for link in self.links if link.kind == kind)


def trace_lineage(previous: Side, current: Side, answers: Mapping[int, int | None] | None = None) -> Lineage:
    """What became of the clusters of `previous` in `current`; neither k, algorithm, features nor customers need be the same.

    `answers` are what a person said: each current cluster with the previous one that it continues, or None for none. They stand, the
    rest is paired as if their clusters were not there. `trace_lineage(b, a)` tells the mirror image of `trace_lineage(a, b)`. ValueError
    where the labels are not about the same customers, `sizes` cannot be theirs, or two answers name the same cluster.
    """
    _check(previous, current)
    said = dict(answers or {})
    named = [old for old in said.values() if old is not None]
    if len(set(named)) < len(named):
        raise ValueError("Two answers name the same previous cluster; a segment can be continued by one cluster only.")
    overlap = contingency(previous.labels, current.labels, len(previous.sizes), len(current.sizes))
    distances = None if previous.means is None or current.means is None else _distances(previous.means, current.means)
    free = np.ones(overlap.shape, dtype=bool)
    free[named, :], free[:, list(said)] = False, False
    forward = previous.labels.tobytes() <= current.labels.tobytes()
    known = _known(overlap, (previous.sizes, current.sizes))
    pairs: dict[int, tuple[int, By]] = {new: (old, "person") for new, old in said.items() if old is not None}
    pairs |= {new: (old, "customers") for old, new in _by_customers(overlap, free & known, forward=forward)}
    if previous.means is not None and current.means is not None:
        free[[old for old, _ in pairs.values()], :], free[:, list(pairs)] = False, False
        free &= ~known & ~_elsewhere(overlap, (previous.sizes, current.sizes))
        pairs |= {new: (old, "profile") for old, new in _by_profile(previous.means, current.means, free)}
    return Lineage(
        _links(pairs, said, overlap, (previous.sizes, current.sizes), distances), overlap, (previous.sizes, current.sizes), distances
    )


def correct_lineage(lineage: Lineage, current: int, continues: int | None) -> Lineage:
    """`lineage` with the word of a person: the cluster `current` continues that previous one, or (None) no one.

    No other pair is made instead of those that this undoes: the clusters that lose their partner are told as split, merged, new or
    retired, by the customers they share. Earlier words of a person stand unless this one undoes them. ValueError for a cluster that is not
    there.
    """
    before, now = (len(sizes) for sizes in lineage.sizes)
    if not 0 <= current < now or not (continues is None or 0 <= continues < before):
        raise ValueError("There is no such cluster to correct.")
    pairs: dict[int, tuple[int, By]] = {}
    said: dict[int, int | None] = {current: continues}
    for link in lineage.links:
        if link.current is None or link.current == current or (link.kind == Fate.CONTINUED and link.previous == continues):
            continue
        if link.kind == Fate.CONTINUED and link.previous is not None:
            pairs[link.current] = (link.previous, link.by)
        elif link.by == "person":
            said[link.current] = None
    if continues is not None:
        pairs[current] = (continues, "person")
    return replace(lineage, links=_links(pairs, said, lineage.overlap, lineage.sizes, lineage.distances))


def _check(previous: Side, current: Side) -> None:
    if len(previous.labels) != len(current.labels):
        raise ValueError(
            f"Labels of the same customers are needed: {len(previous.labels)} previous and {len(current.labels)} current ones were given."
        )
    for side in (previous, current):
        placed = side.labels[side.labels >= 0]
        counts = np.bincount(placed, minlength=len(side.sizes))
        if len(counts) > len(side.sizes) or (counts > side.sizes).any():
            raise ValueError("A cluster has more shared customers than customers. Give the sizes of all clusters.")


def _known(overlap: NDArray[np.int64], sizes: tuple[NDArray[np.int64], NDArray[np.int64]]) -> NDArray[np.bool_]:
    """Pairs (previous, current) of which both have enough customers whom the other version knows."""
    rows: NDArray[np.bool_] = np.asarray(overlap.sum(axis=1) >= KNOWN * np.maximum(sizes[0], 1))
    columns: NDArray[np.bool_] = np.asarray(overlap.sum(axis=0) >= KNOWN * np.maximum(sizes[1], 1))
    return np.asarray(rows[:, None] & columns[None, :])


def _by_customers(overlap: NDArray[np.int64], free: NDArray[np.bool_], *, forward: bool) -> list[tuple[int, int]]:
    """The pairs (previous, current) that together keep most customers, of those that may be one.

    Of pairings that keep as many, one is as good as another, but tracing back must come to the same: so both directions solve the same
    table, and `forward` says which of the two it is.
    """
    rows, columns = overlap.sum(axis=1)[:, None], overlap.sum(axis=0)[None, :]
    strongest = np.maximum(overlap.max(axis=1, initial=0)[:, None], overlap.max(axis=0, initial=0)[None, :])
    eligible = (
        free
        & (overlap > 0)
        & (overlap >= CONTINUED_FROM * np.minimum(rows, columns))
        & (overlap >= LEAST_OF_LARGER * np.maximum(rows, columns))
        & (overlap >= OF_STRONGEST * strongest)
    )
    kept = np.where(eligible, overlap, 0)
    if forward:
        before, now = linear_sum_assignment(kept, maximize=True)
    else:
        now, before = linear_sum_assignment(kept.T, maximize=True)
    return [(int(old), int(new)) for old, new in zip(before, now, strict=True) if eligible[old, new]]


def _elsewhere(overlap: NDArray[np.int64], sizes: tuple[NDArray[np.int64], NDArray[np.int64]]) -> NDArray[np.bool_]:
    """Pairs that profiles must not make, because most of all customers of the one are in another cluster than the other one."""
    rows, columns = _mostly(overlap, sizes[0]), _mostly(overlap.T, sizes[1]).T
    return np.asarray((rows.any(axis=1)[:, None] & ~rows) | (columns.any(axis=0)[None, :] & ~columns))


def _mostly(overlap: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Where more than half of all customers of a row's cluster are in the column's: once in a row at most."""
    return np.asarray(overlap > ORIGIN * sizes[:, None])


def _by_profile(before: NDArray[np.float64], now: NDArray[np.float64], free: NDArray[np.bool_]) -> list[tuple[int, int]]:
    room = HALFWAY * np.minimum(_next(before)[:, None], _next(now)[None, :])
    distances = _distances(before, now)
    return [(int(old), int(new)) for old, new in np.argwhere(free & (distances <= NEAR) & (distances < room))]


def _next(means: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far the nearest other cluster of the same version lies."""
    apart = _distances(means, means)
    np.fill_diagonal(apart, np.inf)
    return np.asarray(apart.min(axis=1, initial=np.inf))


def _distances(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(cdist(first, second) / np.sqrt(max(first.shape[1], 1)))


def _links(
    pairs: Mapping[int, tuple[int, By]],
    said: Mapping[int, int | None],
    overlap: NDArray[np.int64],
    sizes: tuple[NDArray[np.int64], NDArray[np.int64]],
    distances: NDArray[np.float64] | None,
) -> tuple[Link, ...]:
    """Every cluster's link, with the customers of the two clusters or, for one that stands alone, those whom the other version knows."""

    def link(kind: Fate, old: int | None, new: int | None, by: By) -> Link:
        shared = int(overlap[slice(None) if old is None else old, slice(None) if new is None else new].sum())
        return Link(
            kind,
            old,
            new,
            shared,
            None if old is None else shared / max(int(sizes[0][old]), 1),
            None if new is None else shared / max(int(sizes[1][new]), 1),
            None if old is None or new is None or distances is None else float(distances[old, new]),
            by,
        )

    parts, wholes = _mostly(overlap.T, sizes[1]), _mostly(overlap, sizes[0])
    links = []
    for new in range(overlap.shape[1]):
        if new in pairs:
            links.append(link(Fate.CONTINUED, pairs[new][0], new, pairs[new][1]))
        else:
            whole = int(parts[new].argmax()) if parts[new].any() else None
            links.append(link(Fate.NEW if whole is None else Fate.SPLIT, whole, new, "person" if new in said else "customers"))
    for old in sorted(set(range(len(overlap))) - {old for old, _ in pairs.values()}):
        into = int(wholes[old].argmax()) if wholes[old].any() else None
        links.append(link(Fate.RETIRED if into is None else Fate.MERGED, old, into, "customers"))
    return tuple(links)
