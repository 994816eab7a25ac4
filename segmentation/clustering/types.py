"""What every clustering gives: segments of customers, how sure they are, and a form in which it can be stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

Features = NDArray[np.float64]
"""One row per customer, one column per feature, scaled so that distances mean something."""

State = Mapping[str, NDArray[Any]]
"""What a clustering learned, as plain arrays by name."""

BLOCK_ROWS = 65_536


@dataclass(frozen=True)
class Assignments:
    """Where each customer belongs, in the order of the rows given.

    `label` (int16) is -1 for "no segment". `confidence` (float32, 0 to 1) and `runner_up` (int16, -1 for none).
    """

    label: NDArray[np.int16]
    confidence: NDArray[np.float32]
    runner_up: NDArray[np.int16]


@dataclass(frozen=True)
class Layout:
    """Which feature columns belong together: each of `categories` is the range [start, stop) that encodes one category."""

    categories: tuple[tuple[int, int], ...] = ()


ONE_COLUMN_EACH = Layout()
"""No categories: every column is a feature of its own."""


class Clusterer(Protocol):
    """A fitted clustering. Clusters are numbered from 0, the largest first."""

    @property
    def algorithm(self) -> str:
        """The name under which versions record it."""

    @property
    def k(self) -> int:
        """How many clusters there are."""

    @property
    def agreement(self) -> float | None:
        """Share of the fitted customers whom the stand-in places as the algorithm did; None where the algorithm places customers itself."""

    def scores(self, features: Features) -> Features:
        """Log of how well each row of `features` (n, d) fits each cluster, (n, k), up to a constant per row.

        Confidence is the softmax of these; the best is the label.
        """

    def labels(self, features: Features) -> NDArray[np.int16]:
        """What `assign` gives as labels, without the cost of confidence."""

    def assign(self, features: Features) -> Assignments:
        """The cluster of each row of `features` (n, d), later customers included."""

    def state(self) -> State:
        """What was learned, as plain arrays; no customer's row is among them."""

    @classmethod
    def restored(cls, state: State) -> Self:
        """The clustering that `state` was taken from, equal bit for bit; KeyError when something is missing."""


class Algorithm(Protocol):
    """A way to find clusters."""

    @property
    def name(self) -> str:
        """The name under which versions record it."""

    @property
    def label(self) -> str:
        """The name that people read."""

    def fit(self, features: Features, ks: Sequence[int], *, seed: int, layout: Layout = ONE_COLUMN_EACH) -> Mapping[int, Clusterer]:
        """A clustering of `features` (n, d) for each of `ks` that this algorithm can give, by its number of clusters."""

    def refit(
        self,
        features: Features,
        models: Mapping[int, Clusterer],
        *,
        seed: int,
        weights: NDArray[np.float64],
        layout: Layout = ONE_COLUMN_EACH,
    ) -> Mapping[int, Clusterer]:
        """Each of `models` again, with its settings, on rows that count `weights` (n,) times: a bootstrap sample.

        By the keys of `models`. An algorithm that knows no weights takes every drawn row once.
        """


def assignments_of(scores: Features) -> Assignments:
    """Best cluster, its softmax as confidence, and the second best, from scores (n, k)."""
    rows = np.arange(len(scores))
    label = scores.argmax(axis=1)
    confidence = softmax(scores, axis=1)[rows, label]
    rest = scores.copy()
    rest[rows, label] = -np.inf
    runner_up = rest.argmax(axis=1) if scores.shape[1] > 1 else np.full(len(scores), -1)
    return Assignments(label.astype(np.int16), confidence.astype(np.float32), runner_up.astype(np.int16))


def joined(parts: Sequence[Assignments]) -> Assignments:
    """Assignments of blocks of rows, one after the other."""
    if not parts:
        return Assignments(np.empty(0, np.int16), np.empty(0, np.float32), np.empty(0, np.int16))
    return Assignments(
        label=np.concatenate([part.label for part in parts]),
        confidence=np.concatenate([part.confidence for part in parts]),
        runner_up=np.concatenate([part.runner_up for part in parts]),
    )


def blocks(features: Features) -> Iterator[Features]:
    """`features` in blocks of `BLOCK_ROWS` rows, so that memory stays bounded."""
    for start in range(0, len(features), BLOCK_ROWS):
        yield features[start : start + BLOCK_ROWS]


def by_size(labels: NDArray[np.int16], k: int, centres: Features) -> NDArray[np.intp]:
    """The canonical order of clusters: the largest first, ties by their centre (k, d)."""
    size = np.bincount(labels[labels >= 0], minlength=k)
    return np.lexsort((*centres.T[::-1], -size))
