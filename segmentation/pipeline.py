"""Customers in, segmentation out: the one sequence of steps that a re-cluster runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from segmentation.clustering import Assignments
from segmentation.profiles import Profiles
from segmentation.selection import Candidate, Verdict

Progress = Callable[[str, float], None]
"""Called with the stage in words and the share of all work done (0 to 1); may raise `Cancelled` to stop the work."""


@dataclass(frozen=True)
class Segmentation:
    """The result of one run. `model` assigns later customers and goes into an artifact; the rest is for reading.

    `figures` holds at least silhouette, silhouette_null, davies_bouldin, calinski_harabasz, stability_ari and
    smallest_share; `seconds` the time of each stage.
    """

    model: Any
    assignments: Assignments
    algorithm: str
    k: int
    seed: int
    verdict: Verdict
    sweep: tuple[Candidate, ...]
    figures: dict[str, float]
    profiles: Profiles
    seconds: dict[str, float]
