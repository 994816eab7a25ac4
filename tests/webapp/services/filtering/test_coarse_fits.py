"""What viewers read of a fit."""

from __future__ import annotations

import pytest

from segmentation.features import FeatureSummary
from webapp.services.filtering.coarse_fits import coarse_features


@pytest.mark.parametrize(
    ("exact", "read"), [(0, None), (4, None), (9, None), (10, 10), (12, 10), (28, 30), (33, 35), (104, 100), (1234, 1200)]
)
def test_counts_under_ten_are_not_told_apart_and_others_move_with_five_customers(exact: int, read: int | None) -> None:
    (feature,) = coarse_features([FeatureSummary("income", "Income", "log", 1.0, imputed=exact, bounded=exact)])
    assert (feature.imputed, feature.bounded) == (read, read)
