"""Prototypes: what places customers for algorithms that only group those they were given.

Each cluster is held by the means of a few small groups of its customers, and the nearest prototype decides. Where an algorithm leaves
customers in no segment, a prototype holds only those within a radius. No prototype is the mean of fewer than `LEAST` customers unless
the cluster itself has fewer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans as _KMeans

from segmentation.clustering.centres import cluster_means
from segmentation.clustering.scored import Scored, spherical
from segmentation.clustering.types import Assignments, Features, State, assignments_of, blocks, by_size, joined

Labels = NDArray[np.int16]

MEMBERS = 10
"""Customers per prototype, on average and where there are not very many: with fewer, prototypes follow chance."""

PROTOTYPES = 256
"""At most so many in all, shared by size: twice as many place customers no better, and every placement pays for them."""

LEAST = 5
PASSES = 10
FOLDS = 5


@dataclass(frozen=True, eq=False)
class Prototypes(Scored):
    """`points` (m, d) with the cluster that each belongs to, `owner` (m,).

    `variance` is the pooled variance per dimension around the nearest prototype of the own cluster; confidence is what it is in k-means,
    with each cluster's nearest prototype as its centre. `squared_radius` (k,) is the squared distance from a cluster's prototypes beyond
    which a customer is in no segment: infinite where everybody has one. Who has none gets label -1, confidence 0 (nothing is claimed)
    and the cluster of the nearest prototype as runner-up.

    `agreement` is the share of the fitted customers placed as the algorithm did ("no segment" included), each by prototypes that were made
    without them (5-fold cross-validation); the final prototypes know everybody.
    """

    points: Features
    owner: Labels
    variance: float
    squared_radius: NDArray[np.float64]
    agreement: float | None = None
    algorithm: ClassVar[str]
    leaves_out: ClassVar[bool] = False

    @property
    def k(self) -> int:
        """How many clusters there are."""
        return len(self.squared_radius)

    @classmethod
    def learned(cls, features: Features, labels: Labels, k: int, *, seed: int) -> Self:
        """Prototypes for the `k` clusters that `labels` (n,; -1 for none) make of `features` (n, d)."""
        parts = [_means_of_groups(features[labels == cluster], _members_each(labels), seed) for cluster in range(k)]
        owner = np.repeat(np.arange(k, dtype=np.int16), [len(part) for part in parts])
        return cls.around(np.vstack([np.empty((0, features.shape[1])), *parts]), owner, features, labels, k)

    @classmethod
    def around(cls, points: Features, owner: Labels, features: Features, labels: Labels, k: int) -> Self:
        """`points` (m, d) with their clusters as prototypes for customers so labelled: what is measured is their variance and radius."""
        found = cls(points, owner, 1.0, np.full(k, np.inf))
        squared = found._squared(features)
        placed = np.flatnonzero(labels >= 0)
        inside = squared[placed, labels[placed]]
        spread = inside[np.isfinite(inside)].sum() / (features.shape[1] * max(len(placed) - len(points), 1))
        radius = _squared_radii(squared, labels) if cls.leaves_out else found.squared_radius
        return replace(found, variance=float(spread), squared_radius=radius)

    def scores(self, features: Features) -> Features:
        """Log of the Gaussian density around each cluster's nearest prototype, (n, k), up to a constant."""
        return spherical(self._squared(features), self.variance)

    def labels(self, features: Features) -> Labels:
        """The cluster of the nearest prototype for each row of `features` (n, d), -1 beyond its radius."""
        parts = [self._placed(block)[0] for block in blocks(features)]
        return np.concatenate(parts) if parts else np.empty(0, np.int16)

    def assign(self, features: Features) -> Assignments:
        """The cluster of the nearest prototype for each row of `features` (n, d), how sure that is, and the second nearest."""
        return joined([self._assigned(block) for block in blocks(features)])

    def numbered(self, features: Features) -> Self:
        """The same prototypes, the cluster with most of the rows of `features` (n, d) first."""
        order = by_size(self.labels(features), self.k, cluster_means(self.points, self.owner, self.k)[1])
        owner = np.argsort(order).astype(np.int16)[self.owner]
        sorted_by_owner = np.argsort(owner, kind="stable")
        radius = self.squared_radius[order]
        return replace(self, points=self.points[sorted_by_owner], owner=owner[sorted_by_owner], squared_radius=radius)

    def state(self) -> State:
        """Prototypes, owners, variance and radius, and the agreement where there is one."""
        return {
            "points": self.points,
            "owner": self.owner,
            "variance": np.array(self.variance),
            "squared_radius": self.squared_radius,
            **({} if self.agreement is None else {"agreement": np.array(self.agreement)}),
        }

    @classmethod
    def restored(cls, state: State) -> Self:
        """The model that `state` was taken from."""
        agreement = float(state["agreement"]) if "agreement" in state else None
        points, radius = (np.asarray(state[name], dtype=np.float64) for name in ("points", "squared_radius"))
        return cls(points, np.asarray(state["owner"], dtype=np.int16), float(state["variance"]), radius, agreement)

    def _squared(self, features: Features) -> Features:
        """Squared distance (n, k) to the nearest prototype of each cluster."""
        each = (self.points[self.owner == cluster] for cluster in range(self.k))
        nearest = [cdist(features, points, "sqeuclidean").min(axis=1, initial=np.inf) for points in each]
        return np.column_stack(nearest) if nearest else np.empty((len(features), 0))

    def _placed(self, features: Features) -> tuple[Labels, Labels, Features]:
        """Label, nearest cluster and scores of each row."""
        squared = self._squared(features)
        scores = spherical(squared, self.variance)
        if not self.k:
            nobody = np.full(len(features), -1, np.int16)
            return nobody, nobody, scores
        nearest = scores.argmax(axis=1).astype(np.int16)
        within = squared[np.arange(len(nearest)), nearest] <= self.squared_radius[nearest]
        return np.where(within, nearest, -1).astype(np.int16), nearest, scores

    def _assigned(self, features: Features) -> Assignments:
        label, nearest, scores = self._placed(features)
        if not self.k:
            return Assignments(label, np.zeros(len(label), np.float32), nearest)
        found = assignments_of(scores)
        out = label < 0
        return Assignments(label, np.where(out, np.float32(0.0), found.confidence), np.where(out, nearest, found.runner_up))


def agreement(kind: type[Prototypes], features: Features, labels: Labels, k: int, *, seed: int) -> float:
    """Share of `features` (n, d) that get their own of `labels` (n,) from prototypes of the other folds."""
    fold = np.random.default_rng((seed, 5)).permutation(len(features)) % FOLDS
    right = 0
    for held_out in (fold == each for each in range(FOLDS)):
        made = kind.learned(features[~held_out], labels[~held_out], k, seed=seed)
        right += int((made.labels(features[held_out]) == labels[held_out]).sum())
    return right / len(features)


def _members_each(labels: Labels) -> int:
    """How many customers a prototype stands for on average."""
    return max(MEMBERS, int((labels >= 0).sum()) // PROTOTYPES)


def _means_of_groups(rows: Features, members: int, seed: int) -> Features:
    """Means (m, d) of groups of some `members` of `rows` (n, d), found by k-means; groups of fewer than `LEAST` are left out."""
    count = len(rows) // members
    if count < 2:
        return rows.mean(axis=0, keepdims=True) if len(rows) else rows
    group = _KMeans(count, n_init=1, max_iter=PASSES, random_state=seed).fit(rows).labels_
    size, means = cluster_means(rows, group, count)
    return means[size >= LEAST] if (size >= LEAST).any() else rows.mean(axis=0, keepdims=True)


def _squared_radii(squared: Features, labels: Labels) -> NDArray[np.float64]:
    """The squared radius (k,) of each cluster from squared distances (n, k): it errs least about the customers nearest to the cluster."""
    nearest = squared.argmin(axis=1) if squared.shape[1] else np.full(len(labels), -1)
    return np.array([_squared_radius(squared[nearest == c, c], labels[nearest == c] == c) for c in range(squared.shape[1])])


def _squared_radius(squared: NDArray[np.float64], member: NDArray[np.bool_]) -> float:
    """Where to cut: so that few members lie beyond and few others within."""
    order = np.argsort(squared, kind="stable")
    distance, inside = squared[order], member[order]
    errors = inside.sum() + np.concatenate([[0], np.cumsum(np.where(inside, -1, 1))])
    taken = int(errors.argmin())
    if taken in (0, len(distance)):
        return float(distance[-1]) if taken else 0.0
    return float(distance[taken - 1] + distance[taken]) / 2.0
