"""How many segments: a sweep over k, each figure beside what shuffled columns give, and a verdict in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

VerdictWord = Literal["natural", "useful", "none"]


@dataclass(frozen=True)
class Candidate:
    """One fit of the sweep, measured in the feature space.

    `silhouette_null` and `explained_null` are means over shuffles of each column on its own, which keep every
    distribution and remove all structure between columns. `stability_ari` is the mean adjusted Rand index
    (Hubert & Arabie 1985) between the fit and fits to bootstrap samples, `stability_low` its 10th percentile.
    """

    algorithm: str
    k: int
    silhouette: float
    silhouette_null: float
    davies_bouldin: float
    calinski_harabasz: float
    explained: float
    explained_null: float
    gap: float
    gap_error: float
    stability_ari: float
    stability_low: float
    stability_null: float
    smallest_share: float
    seconds: float


@dataclass(frozen=True)
class Reason:
    """One sentence for (`good`) or against a verdict, with figures in it."""

    good: bool
    text: str


@dataclass(frozen=True)
class Verdict:
    """The answer in words: gaps between segments (`natural`), stable and distinct without gaps (`useful`), or `none`."""

    word: VerdictWord
    headline: str
    explanation: str
    reasons: tuple[Reason, ...]
