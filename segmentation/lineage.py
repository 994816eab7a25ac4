"""Which segment of a new version is which segment of the old one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from segmentation.choosing.stability import contingency

CONTINUED_FROM = 0.5
"""Least share of the smaller of two clusters that both must have in common.

MONIC (Spiliopoulou et al. 2006) calls a cluster survived when at least half of it is found again, and takes one
half as the smallest threshold under which at most one successor can claim it. We take the share of the smaller
cluster, so that a segment which loses its other half to a split, or gains another by a merge, keeps its name once:
the assignment below gives it to the pair with most customers in common.
"""


@dataclass(frozen=True, eq=False)
class Matching:
    """`pairs` leads from each current cluster to the previous one that it continues, or None for a new one.

    `overlap` (previous clusters, current clusters) counts the customers whom both versions placed.
    """

    pairs: dict[int, int | None]
    overlap: NDArray[np.int64]

    @property
    def retired(self) -> tuple[int, ...]:
        """Previous clusters that no current one continues."""
        continued = set(self.pairs.values())
        return tuple(cluster for cluster in range(len(self.overlap)) if cluster not in continued)


def match_segments(previous: NDArray[np.int16], current: NDArray[np.int16]) -> Matching:
    """Match the clusters of two versions on the customers whom both know.

    `previous` and `current` (n,) are the labels of the same customers, one position each; -1 means "not placed".
    The pairs together share as many customers as any one-to-one pairing can (Kuhn 1955), of those pairs that
    share at least `CONTINUED_FROM` of the smaller cluster. ValueError when the lengths differ.
    """
    if len(previous) != len(current):
        raise ValueError(f"Labels of the same customers are needed: {len(previous)} previous and {len(current)} current ones were given.")
    overlap = contingency(previous, current, _clusters(previous), _clusters(current))
    smaller = np.minimum(overlap.sum(axis=1)[:, None], overlap.sum(axis=0)[None, :])
    eligible = (overlap > 0) & (overlap >= CONTINUED_FROM * smaller)
    pairs: dict[int, int | None] = dict.fromkeys(range(overlap.shape[1]))
    if overlap.size:
        rows, columns = linear_sum_assignment(np.where(eligible, overlap, 0), maximize=True)
        pairs |= {int(column): int(row) for row, column in zip(rows, columns, strict=True) if eligible[row, column]}
    return Matching(pairs, overlap)


def _clusters(labels: NDArray[np.int16]) -> int:
    return int(labels.max(initial=-1)) + 1
