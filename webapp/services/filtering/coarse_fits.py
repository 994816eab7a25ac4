"""What viewers read of a fit: how many customers a feature had no value of only where they are many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from segmentation.features import FeatureSummary
from webapp.services.filtering.coarse import count_of


def coarse_features(features: Sequence[FeatureSummary]) -> tuple[FeatureSummary, ...]:
    """Features without counts of fewer than ten customers; the others are rounded."""
    return tuple(replace(each, imputed=count_of(each.imputed or 0), bounded=count_of(each.bounded or 0)) for each in features)
