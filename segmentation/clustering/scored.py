"""Clusterings that give everybody the cluster with the best score."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from segmentation.clustering.types import Assignments, Features, assignments_of, blocks, joined

LEAST_VARIANCE = 1e-12
"""Where all customers of a cluster are the same, its variance is 0: this keeps confidence a number."""


class Scored(ABC):
    """Labels and assignments from scores, in blocks of rows; one row's score must not depend on the others."""

    @abstractmethod
    def scores(self, features: Features) -> Features:
        """Log of how well each row of `features` (n, d) fits each cluster, (n, k), up to a constant per row."""

    def labels(self, features: Features) -> NDArray[np.int16]:
        """The best cluster of each row of `features` (n, d)."""
        parts = [self.scores(block).argmax(axis=1) for block in blocks(features)]
        return np.concatenate(parts).astype(np.int16) if parts else np.empty(0, np.int16)

    def assign(self, features: Features) -> Assignments:
        """The best cluster of each row of `features` (n, d), how sure that is, and the second best."""
        return joined([assignments_of(self.scores(block)) for block in blocks(features)])


def spherical(squared: Features, variance: float) -> Features:
    """Log density, up to a constant, of a spherical Gaussian with `variance` per dimension at these squared distances."""
    found: Features = squared / (-2.0 * max(variance, LEAST_VARIANCE))
    return found
