"""What a stability says in words: the bands of the mean bootstrap Jaccard index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BandName = Literal["highly stable", "stable", "doubtful", "unstable"]

HIGHLY_STABLE = 0.85
STABLE = 0.75
DOUBTFUL = 0.60

JACCARD = (
    "Bootstrap Jaccard index: customers are drawn again at random, segments are sought again, and the customers whom both have in "
    "common are divided by all whom either has. 1 is the same segment every time. Segments found by columns of few values, such as "
    "children or living with a partner, come back easily: stability alone does not make them natural."
)


@dataclass(frozen=True)
class StabilityBand:
    """How far a segment comes back when customers are drawn again, in a word, and what follows from it."""

    name: BandName
    explanation: str

    @property
    def trusted(self) -> bool:
        """Whether it may be taken for a segment that is there."""
        return self.name in ("highly stable", "stable")


_HIGHLY_STABLE = StabilityBand("highly stable", "Nearly the same customers come together each time.")
_STABLE = StabilityBand("stable", "Most of the same customers come together each time; those on the border change.")
_DOUBTFUL = StabilityBand("doubtful", "There is a pattern, but who exactly belongs to it is uncertain.")
_UNSTABLE = StabilityBand("unstable", "Drawn again, it falls apart or merges: do not plan on it as a segment.")


def stability_band(jaccard: float) -> StabilityBand:
    """The band of a segment's mean bootstrap Jaccard index, from 0 to 1.

    Over .85 highly stable, from .75 stable, from .60 doubtful, below that unstable: Hennig (2007, Cluster-wise assessment of cluster
    stability, Comput. Stat. Data Anal. 52), with the limits of his clusterboot. ValueError outside 0 to 1.
    """
    if not 0 <= jaccard <= 1:
        raise ValueError(f"A Jaccard index lies between 0 and 1, not at {jaccard}.")
    if jaccard > HIGHLY_STABLE:
        return _HIGHLY_STABLE
    if jaccard >= STABLE:
        return _STABLE
    return _DOUBTFUL if jaccard >= DOUBTFUL else _UNSTABLE
