"""Which segment of a new version is which segment of the old one, and what became of the others.

Customers decide where both versions know enough of them: clusters are paired one to one so that together they keep as many customers as
any pairing can (Kuhn 1955, The Hungarian method for the assignment problem), of those pairs that keep enough of each other (MONIC:
Spiliopoulou, Ntoutsi, Theodoridis & Schult 2006, Modeling and monitoring cluster transitions). Where most customers are others than
before, the profiles decide. What is then in no pair was split off, merged into another, is new or retired.

Everything here reads the same in both directions: tracing back from the new version to the old one continues the same pairs, a split
becomes a merge and a new cluster a retired one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from segmentation.choosing.stability import contingency
from segmentation.describing.profile_types import Profiles

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
Sizes = NDArray[np.int64]
Pairs = dict[int, tuple[int, By]]
"""Current clusters that continue a previous one, with that and what says so."""


class Fate(StrEnum):
    """What became of a cluster."""

    CONTINUED = "continued"  # a current cluster is the previous one
    SPLIT = "split"  # a current cluster was a part of a previous one, which another one continues or which is gone
    MERGED = "merged"  # a previous cluster is now a part of a current one
    NEW = "new"  # a current cluster was none before
    RETIRED = "retired"  # a previous cluster is none any more


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two versions.

    `labels` (n,) are the clusters of the customers whom both versions know, in one order, -1 for "not placed"; `sizes` (k,) counts all
    customers of each cluster, also those whom the other does not know; `means` (k, m) are the profiles on the measures that both
    versions have (`shared_means`), or None where there are none.
    """

    labels: NDArray[np.int16]
    sizes: Sizes
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


@dataclass(frozen=True)
class Return:
    """A current cluster that is again what the cluster `previous` of an earlier version was: `shared` of the `size` customers whom that had
    are in it."""

    previous: int
    current: int
    shared: int
    size: int


@dataclass(frozen=True, eq=False)
class Lineage:
    """How the clusters of two versions follow each other.

    `links` say first what every current cluster is (continued, split or new), in their order, then what became of the previous ones that
    none continues (merged or retired). `overlap` (previous, current) counts the customers whom both placed; `sizes` are all customers of
    the previous and of the current clusters; `distances` (previous, current) say how far profiles lie apart.
    """

    links: tuple[Link, ...]
    overlap: NDArray[np.int64]
    sizes: tuple[Sizes, Sizes]
    distances: NDArray[np.float64] | None = None

    @property
    def pairs(self) -> dict[int, int | None]:
        """Each current cluster with the previous one that it continues, or None."""
        continued = {new: old for old, new in self._ends(Fate.CONTINUED)}
        return {cluster: continued.get(cluster) for cluster in range(len(self.sizes[1]))}

    @property
    def retired(self) -> tuple[int, ...]:
        """Previous clusters of which nothing is left."""
        return tuple(old for old, _ in self._ends(Fate.RETIRED))

    @property
    def merged(self) -> dict[int, int]:
        """Previous clusters that are a part of a current one now, with that."""
        return dict(self._ends(Fate.MERGED))

    @property
    def split(self) -> dict[int, int]:
        """Current clusters that were a part of a previous one, with that."""
        return {new: old for old, new in self._ends(Fate.SPLIT)}

    def followers(self, previous: int) -> tuple[int, ...]:
        """Where the customers of a previous cluster are now: in the one that continues it or that it is merged into, else in its parts."""
        one = [new for kind in (Fate.CONTINUED, Fate.MERGED) for old, new in self._ends(kind) if old == previous]
        return tuple(one or [part for part, whole in self.split.items() if whole == previous])

    def _ends(self, kind: Fate) -> list[tuple[int, int]]:
        """Both clusters of the links of a kind; -1 stands for none."""
        ends = ((link.previous, link.current) for link in self.links if link.kind == kind)
        return [(-1 if old is None else old, -1 if new is None else new) for old, new in ends]


def trace_lineage(previous: Side, current: Side, answers: Mapping[int, int | None] | None = None) -> Lineage:
    """What became of the clusters of `previous` in `current`; neither k, algorithm, features nor customers need be the same.

    `answers` are what a person said: each current cluster with the previous one that it continues, or None for none. They stand, the
    rest is paired as if their clusters were not there. `trace_lineage(b, a)` tells the mirror image of `trace_lineage(a, b)`. ValueError
    where the labels are not about the same customers, `sizes` cannot be theirs, or two answers name the same cluster.
    """
    _check(previous, current)
    said = dict(answers or {})
    overlap = contingency(previous.labels, current.labels, len(previous.sizes), len(current.sizes))
    table = Lineage((), overlap, (previous.sizes, current.sizes), _distances(previous.means, current.means))
    pairs: Pairs = {new: (old, "person") for new, old in said.items() if old is not None}
    if len({old for old, _ in pairs.values()}) < len(pairs):
        raise ValueError("Two answers name the same previous cluster; a segment can be continued by one cluster only.")
    free = _free(table, pairs) & ~_elsewhere(table, alone=True)
    free[:, list(said)] = False
    forward = previous.labels.tobytes() <= current.labels.tobytes()
    pairs |= {new: (old, "customers") for old, new in _by_customers(overlap, free & _known(table), forward=forward)}
    free &= _free(table, pairs) & ~_known(table) & ~_elsewhere(table)
    pairs |= {new: (old, "profile") for old, new in _by_profile(previous.means, current.means, free)}
    return _told(table, pairs, said)


def trace_returns(earlier: Side, current: Side, goes_on: Mapping[int, int | None], gone: Collection[int]) -> tuple[Return, ...]:
    """The current clusters that are again what `gone` clusters of an `earlier` version were, which the versions between had not.

    `goes_on` has the current clusters of which is known already what they are: each with the earlier cluster that is the same segment,
    None where that version did not have it. The others are paired by the rules of `trace_lineage`, and where customers decide, more than
    half (`ORIGIN`) of either must be in the other, of those whom both versions know: in the versions between, clusters were mixed, and
    what has most customers of one that is gone may have as many of another. ValueError as there.
    """
    lineage = trace_lineage(earlier, current, goes_on)
    by = {link.current: link.by for link in lineage.links if link.kind is Fate.CONTINUED}
    pairs = [(old, new) for new, old in lineage.pairs.items() if old is not None and old in gone and new not in goes_on]
    return tuple(
        Return(old, new, int(lineage.overlap[old, new]), int(lineage.sizes[0][old]))
        for old, new in pairs
        if by[new] == "profile" or lineage.overlap[old, new] > ORIGIN * max(lineage.overlap[old].sum(), lineage.overlap[:, new].sum())
    )


def correct_lineage(lineage: Lineage, current: int, continues: int | None) -> Lineage:
    """`lineage` with the word of a person: the cluster `current` continues that previous one, or (None) no one.

    No other pair is made instead of those that this undoes: the clusters that lose their partner are told as split, merged, new or
    retired, by the customers they share. Earlier words of a person stand unless this one undoes them. ValueError for a cluster that is
    not there.
    """
    before, now = (len(sizes) for sizes in lineage.sizes)
    if not 0 <= current < now or not (continues is None or 0 <= continues < before):
        raise ValueError("There is no such cluster to correct.")
    said = {new: old for new, old in answers_in(lineage).items() if old is None or old != continues} | {current: continues}
    by = {link.current: link.by for link in lineage.links if link.kind == Fate.CONTINUED}
    pairs: Pairs = {new: (old, by[new]) for new, old in lineage.pairs.items() if old not in (None, continues) and new != current}
    if continues is not None:
        pairs[current] = (continues, "person")
    return _told(lineage, pairs, said)


def answers_in(lineage: Lineage) -> dict[int, int | None]:
    """What a person said: current clusters with the previous one that they continue, or None for none."""
    return {new: lineage.pairs[new] for new in (link.current for link in lineage.links if link.by == "person") if new is not None}


def shared_means(previous: Profiles, current: Profiles) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Profiles of two versions as `Side.means`: on what both know and either was fitted on, else on all that both know; None without any.

    A measure's unit is its standard deviation, the root mean square of the two versions'. A segment of which a measure is not known
    counts as one at its own version's mean.
    """
    known = {measure.name for measure in previous.measures} & {measure.name for measure in current.measures}
    fitted = {measure.name for side in (previous, current) for measure in side.measures if measure.fitted}
    columns = [(_column(previous, name), _column(current, name)) for name in sorted(known & fitted or known)]
    usable = [(old, new, np.hypot(old.deviation, new.deviation) / np.sqrt(2)) for old, new in columns if old and new]
    if not usable:
        return None
    return np.column_stack([old.means / unit for old, _, unit in usable]), np.column_stack([new.means / unit for _, new, unit in usable])


@dataclass(frozen=True, eq=False)
class _Column:
    """One measure of one version: `means` (k,) of its segments, and the standard deviation over its customers."""

    means: NDArray[np.float64]
    deviation: float


def _column(profiles: Profiles, measure: str) -> _Column | None:
    """None where no segment has a mean, or all have the same one: that tells nothing apart."""
    found = [next((each for each in segment.differences if each.measure == measure), None) for segment in profiles.segments]
    known = [each for each in found if each is not None]
    away, deviations = (sum(abs(each.mean - each.overall_mean) for each in known), sum(abs(each.z) for each in known))
    if not away or not deviations:
        return None
    return _Column(np.array([known[0].overall_mean if each is None else each.mean for each in found]), away / deviations)


def _check(previous: Side, current: Side) -> None:
    if len(previous.labels) != len(current.labels):
        raise ValueError(
            f"Labels of the same customers are needed: {len(previous.labels)} previous and {len(current.labels)} current ones were given."
        )
    for side in (previous, current):
        counts = np.bincount(side.labels[side.labels >= 0], minlength=len(side.sizes))
        if len(counts) > len(side.sizes) or (counts > side.sizes).any():
            raise ValueError("A cluster has more shared customers than customers. Give the sizes of all clusters.")


def _free(table: Lineage, pairs: Pairs) -> NDArray[np.bool_]:
    """Which pairs (previous, current) can still be made."""
    free = np.ones(table.overlap.shape, dtype=bool)
    free[[old for old, _ in pairs.values()], :] = False
    free[:, list(pairs)] = False
    return free


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


def _by_profile(before: NDArray[np.float64] | None, now: NDArray[np.float64] | None, free: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """The pairs (previous, current) whose profiles are the same, of those that are `free`; one to one, see `HALFWAY`."""
    distances = _distances(before, now)
    if before is None or now is None or distances is None:
        return
    room = HALFWAY * np.minimum(_to_next(before)[:, None], _to_next(now)[None, :])
    for old, new in np.argwhere(free & (distances <= NEAR) & (distances < room)):
        yield int(old), int(new)


def _to_next(means: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far the nearest other cluster of the same version lies."""
    apart = _apart(means, means)
    np.fill_diagonal(apart, np.inf)
    return np.asarray(apart.min(axis=1, initial=np.inf))


def _distances(before: NDArray[np.float64] | None, now: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
    return None if before is None or now is None else _apart(before, now)


def _apart(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(cdist(first, second) / np.sqrt(max(first.shape[1], 1)))


def _known(table: Lineage) -> NDArray[np.bool_]:
    """Pairs (previous, current) of which both have enough customers whom the other version knows."""
    rows, columns = (_enough(table.overlap, table.sizes[0]), _enough(table.overlap.T, table.sizes[1]))
    return np.asarray(rows[:, None] & columns[None, :])


def _enough(overlap: NDArray[np.int64], sizes: Sizes) -> NDArray[np.bool_]:
    return np.asarray(overlap.sum(axis=1) >= KNOWN * np.maximum(sizes, 1))


def _elsewhere(table: Lineage, *, alone: bool = False) -> NDArray[np.bool_]:
    """Pairs (previous, current) against which customers speak: most of all customers of the one are in another cluster than the other.

    With `alone`, only where they are the only cluster whose customers are mostly in that one. Such clusters have no rival there: whoever
    keeps most of its customers so is this one or is none, and no two can swap.
    """
    rows, columns = _mostly(table.overlap, table.sizes[0]), _mostly(table.overlap.T, table.sizes[1])
    if alone:
        rows, columns = (each & (each.sum(axis=0) == 1) for each in (rows, columns))
    return np.asarray((rows.any(axis=1, keepdims=True) & ~rows) | (columns.any(axis=1, keepdims=True) & ~columns).T)


def _mostly(overlap: NDArray[np.int64], sizes: Sizes) -> NDArray[np.bool_]:
    """Where more than half of all customers of a row's cluster are in the column's: once in a row at most."""
    return np.asarray(overlap > ORIGIN * sizes[:, None])


def _told(table: Lineage, pairs: Pairs, said: Mapping[int, int | None]) -> Lineage:
    """`table` with the links that follow from its pairs."""
    parts, wholes = _mostly(table.overlap.T, table.sizes[1]), _mostly(table.overlap, table.sizes[0])
    links = []
    for new, part_of in enumerate(parts):
        if new in pairs:
            old, by = pairs[new]
            links.append(_link(table, Fate.CONTINUED, old, new, by))
        else:
            whole = int(part_of.argmax()) if part_of.any() else None
            links.append(_link(table, Fate.NEW if whole is None else Fate.SPLIT, whole, new, "person" if new in said else None))
    for old in sorted(set(range(len(wholes))) - {old for old, _ in pairs.values()}):
        into = int(wholes[old].argmax()) if wholes[old].any() else None
        links.append(_link(table, Fate.RETIRED if into is None else Fate.MERGED, old, into, None))
    return replace(table, links=tuple(links))


def _link(table: Lineage, kind: Fate, old: int | None, new: int | None, by: By | None) -> Link:
    """A link with its figures. Without `by` it is what remains: said by customers, or where most are unknown by the profile."""
    shared = int(table.overlap[slice(None) if old is None else old, slice(None) if new is None else new].sum())
    of_previous = None if old is None else shared / max(int(table.sizes[0][old]), 1)
    of_current = None if new is None else shared / max(int(table.sizes[1][new]), 1)
    distance = None if old is None or new is None or table.distances is None else float(table.distances[old, new])
    known = min(share for share in (of_previous, of_current) if share is not None) if None in (old, new) else 1.0
    alone: By = "customers" if known >= KNOWN or table.distances is None else "profile"
    return Link(kind, old, new, shared, of_previous, of_current, distance, by or alone)
