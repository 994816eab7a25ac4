"""The algorithms, each with the assigner that places later customers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Assignments:
    """Where each customer belongs, in the order of the rows given.

    `label` (int16) is -1 for "no segment". `confidence` (float32, 0 to 1) and `runner_up` (int16, -1 for none).
    """

    label: NDArray[np.int16]
    confidence: NDArray[np.float32]
    runner_up: NDArray[np.int16]
