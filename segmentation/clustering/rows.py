"""Which rows a fit sees: enough of them, a sample of very many, those that a bootstrap drew."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segmentation.clustering.types import Features
from segmentation.errors import NotEnoughData


def refuse_too_few(features: Features, ks: Sequence[int]) -> None:
    """NotEnoughData when `features` (n, d) has fewer rows than the largest of `ks`."""
    most = max(ks, default=0)
    if len(features) < most:
        raise NotEnoughData(f"{most} segments need at least {most} customers; there are {len(features)}. Ask for fewer segments.")


def sampled(features: Features, most: int, seed: int) -> Features:
    """`features` (n, d), or `most` of its rows drawn by `seed`, in their order, where there are more."""
    if len(features) <= most:
        return features
    return features[np.sort(np.random.default_rng(seed).choice(len(features), most, replace=False))]


def drawn_once(features: Features, weights: NDArray[np.float64]) -> Features:
    """The rows of `features` (n, d) that count at all, once each: for algorithms that know no weights."""
    return features[weights > 0]
