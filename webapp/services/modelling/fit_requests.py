"""What somebody may ask of a fit: algorithm, number of segments, seed, features. Refused here, before any job is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite

from segmentation.choosing.selection import AUTO
from segmentation.clustering import ALGORITHMS
from segmentation.pipeline import LARGEST_K
from webapp.services.errors import Invalid

FEWEST_SEGMENTS, MOST_SEGMENTS = 2, LARGEST_K
LARGEST_SEED = 2**31 - 1
LARGEST_WEIGHT = 10.0
EVERY_FEATURE = "all"

FeatureWish = Mapping[str, float] | Sequence[str] | None
"""Measures with their weights, measures, "all" (every one that is not sensitive), or None for the default recipe."""


def algorithm_name(algorithm: str) -> str:
    """`kmeans` as "k-means", `auto` as "best of all"."""
    known = ALGORITHMS.get(algorithm)
    return known.label if known else "best of all" if algorithm == AUTO else algorithm


def check_algorithm(algorithm: str) -> None:
    """Invalid unless there is such an algorithm, or it is "auto"."""
    if algorithm not in (*ALGORITHMS, AUTO):
        names = ", ".join((*ALGORITHMS, AUTO))
        raise Invalid(f"There is no algorithm {algorithm!r}. Choose from: {names}.", details={"field": "algorithm"})


def check_k(k: int | None) -> None:
    """Invalid unless so many segments can be asked for, or the number is left open."""
    if k is not None and not FEWEST_SEGMENTS <= k <= MOST_SEGMENTS:
        raise Invalid(f"Choose {FEWEST_SEGMENTS} to {MOST_SEGMENTS} segments, or leave the number open.", details={"field": "k"})


def check_seed(seed: int) -> None:
    """Invalid unless it is a whole number that every database can hold."""
    if not 0 <= seed <= LARGEST_SEED:
        raise Invalid(f"A seed is a whole number from 0 to {LARGEST_SEED}.", details={"field": "seed"})


def checked_features(features: FeatureWish) -> dict[str, float] | list[str] | str | None:
    """A wish for features as it is stored; Invalid where it is empty or a weight is out of range."""
    if features is None or features == EVERY_FEATURE:
        return None if features is None else EVERY_FEATURE
    if isinstance(features, Mapping):
        weights = {str(name): float(weight) for name, weight in features.items()}
        if not all(isfinite(weight) and 0 <= weight <= LARGEST_WEIGHT for weight in weights.values()):
            raise Invalid(f"A feature's weight is a number from 0 (left out) to {LARGEST_WEIGHT:.0f}.", details={"field": "features"})
        features = {name: weight for name, weight in weights.items() if weight > 0}
    if isinstance(features, str) or not features:
        raise Invalid("Choose at least one feature, or leave the choice open.", details={"field": "features"})
    return features if isinstance(features, dict) else [str(name) for name in features]


def same_wish(one: FeatureWish, other: FeatureWish) -> bool:
    """Whether two wishes, as `checked_features` gives them, are for the same features with the same weights."""
    return _weighted(one) == _weighted(other)


def _weighted(wish: FeatureWish) -> Mapping[str, float] | str | None:
    if wish is None or isinstance(wish, str | Mapping):
        return wish
    return dict.fromkeys(wish, 1.0)


def twin_in_words(number: int) -> str:
    """That what was asked for is there already."""
    return f"Version {number} was fitted on the same customers with the same settings and seed, so no second one was made."
