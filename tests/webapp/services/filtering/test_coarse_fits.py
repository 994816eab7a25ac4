"""What viewers read of a fit."""

from __future__ import annotations

import pytest

from segmentation.choosing.selection import Candidate
from segmentation.choosing.verdict import judge, lacks
from segmentation.features import FeatureSummary
from webapp.services.filtering.coarse_fits import coarse_candidate, coarse_features, coarse_figures


def candidate(**figures: float) -> Candidate:
    """One that is useful and no more, unless `figures` say otherwise."""
    usual = {name: 0.0123456 for name in Candidate.__dataclass_fields__ if name not in ("algorithm", "k")}
    usual |= {"silhouette": 0.3456, "silhouette_null": 0.2, "gap": 0.4567, "stability_ari": 0.9512, "smallest_share": 0.1665556}
    return Candidate("kmeans", 4, **(usual | {"bridge": 0.8765} | figures))


@pytest.mark.parametrize(
    ("exact", "read"), [(0, None), (4, None), (9, None), (10, 10), (12, 10), (28, 30), (33, 35), (104, 100), (1234, 1200)]
)
def test_counts_under_ten_are_not_told_apart_and_others_move_with_five_customers(exact: int, read: int | None) -> None:
    (feature,) = coarse_features([FeatureSummary("income", "Income", "log", 1.0, imputed=exact, bounded=exact)])
    assert (feature.imputed, feature.bounded) == (read, read)


def test_figures_have_two_digits_and_sizes_as_many_as_pages_show() -> None:
    exact = {"silhouette": 0.34567, "calinski_harabasz": 1234.5, "smallest_share": 0.1665556295802798, "evaluated_on": 606.0}
    read = {"silhouette": 0.35, "calinski_harabasz": 1200.0, "smallest_share": 0.167, "evaluated_on": 606.0}
    assert coarse_figures(exact) == read


@pytest.mark.parametrize(
    "figures",
    [
        {},
        {"stability_ari": 0.8961},
        {"stability_ari": 0.9496, "bridge": 0.1},
        {"smallest_share": 0.04961},
        {"silhouette": 0.2349, "silhouette_null": 0.2151},
        {"silhouette": 0.2251, "silhouette_null": 0.2149},
        {"gap": 0.4567, "gap_error": 0.1521},
        {"gap": 0.04999},
    ],
)
def test_a_coarse_candidate_stands_as_it_stood(figures: dict[str, float]) -> None:
    exact = candidate(**figures)
    coarse = coarse_candidate(exact)
    assert (judge([coarse], coarse).word, lacks(coarse)) == (judge([exact], exact).word, lacks(exact))
    assert abs(coarse.stability_ari - exact.stability_ari) < 0.01
    assert f"{coarse.silhouette:.2g}" == repr(coarse.silhouette)
    assert f"{coarse.gap:.2g}" == repr(coarse.gap)
    assert coarse.prediction_strength == 0.012
