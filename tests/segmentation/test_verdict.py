from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from segmentation.selection import Candidate, shuffled, sweep
from segmentation.verdict import judge, recommend
from tests.segmentation.shop import blobs

FAIR = Candidate(
    algorithm="kmeans",
    k=2,
    silhouette=0.26,
    silhouette_null=0.11,
    davies_bouldin=1.4,
    calinski_harabasz=700.0,
    explained=0.5,
    explained_null=0.2,
    gap=0.3,
    gap_error=0.007,
    stability_ari=0.95,
    stability_low=0.9,
    stability_null=0.4,
    smallest_share=0.1,
    seconds=0.1,
)


def candidates(**series: list[float]) -> list[Candidate]:
    """k = 2, 3, ... with each figure as listed; the gap rises if nothing else is said."""
    length = len(next(iter(series.values())))
    series.setdefault("gap", [0.3 + 0.1 * step for step in range(length)])
    return [replace(FAIR, k=2 + step, **{name: values[step] for name, values in series.items()}) for step in range(length)]


@pytest.mark.parametrize("groups", [3, 5])
def test_clouds_that_are_apart_are_natural(groups: int) -> None:
    features, _ = blobs(groups, 6.0, customers=600)
    k, verdict = recommend(sweep(features, range(2, 8), seed=0).candidates)
    assert (k, verdict.word) == (groups, "natural")
    assert all(reason.good for reason in verdict.reasons)


def test_shuffled_columns_are_no_segments() -> None:
    features, _ = blobs(4, 6.0, customers=600)
    _, verdict = recommend(sweep(shuffled(features, np.random.default_rng(1)), range(2, 6), seed=0).candidates)
    assert verdict.word == "none"
    assert not verdict.reasons[0].good


def test_one_long_cloud_is_not_natural() -> None:
    draw = np.random.default_rng(0)
    features = 1.5 * draw.normal(size=(600, 1)) + draw.normal(size=(600, 5))
    _, verdict = recommend(sweep(features, range(2, 6), seed=0).candidates)
    assert verdict.word != "natural"


def test_the_largest_number_that_repeats_is_useful() -> None:
    k, verdict = recommend(candidates(stability_ari=[0.96, 0.95, 0.84, 0.96, 0.75]))
    assert (k, verdict.word) == (5, "useful")
    assert verdict.headline == "Useful, not natural: five segments repeat, but no single number stands out"
    assert "two, three or five could be defended" in verdict.explanation
    assert "(mean agreement 0.96 of 1; with six it is 0.75)" in verdict.explanation
    texts = {reason.text: reason.good for reason in verdict.reasons}
    assert texts["Better separated than shuffled columns: 0.26 against 0.11"] is True
    assert texts["Smallest segment 10.0%"] is True
    assert texts["The distance from shuffled columns keeps growing up to 6 segments: no number stands out"] is False


def test_neighbouring_numbers_are_told_as_a_range() -> None:
    assert "any number from two to four could be defended" in recommend(candidates(stability_ari=[0.96, 0.95, 0.94]))[1].explanation
    assert "only two can be defended" in recommend(candidates(stability_ari=[0.96, 0.5, 0.5]))[1].explanation


def test_a_segment_that_is_too_small_is_not_recommended() -> None:
    found = candidates(smallest_share=[0.3, 0.2, 0.04])
    assert recommend(found)[0] == 3
    assert "one is too small" in judge(found, 4).headline
    assert "4.0%" in judge(found, 4).explanation


def test_nothing_that_repeats_is_none() -> None:
    found = candidates(stability_ari=[0.7, 0.8, 0.6])
    k, verdict = recommend(found)
    assert (k, verdict.word, verdict.headline) == (3, "none", "None: three segments do not repeat")
    assert "0.80 of 1; 0.90 is needed" in verdict.explanation


def test_what_differs_but_does_not_repeat_is_told_before_what_does_not_differ() -> None:
    k, verdict = recommend(candidates(stability_ari=[0.95, 0.8, 0.7], silhouette=[0.13, 0.26, 0.26]))
    assert (k, verdict.headline) == (3, "None: three segments do not repeat")


def test_a_peak_without_a_gap_that_levels_off_is_not_natural() -> None:
    peak = {"silhouette": [0.3, 0.5, 0.3], "stability_ari": [0.99, 0.99, 0.8]}
    assert recommend(candidates(**peak, gap=[0.3, 0.7, 0.7]))[1].word == "natural"
    assert recommend(candidates(**peak, gap=[0.3, 0.7, 0.9]))[1].word == "useful"
    assert recommend(candidates(**{**peak, "silhouette": [0.49, 0.5, 0.3]}, gap=[0.3, 0.7, 0.7]))[1].word == "useful"


def test_a_peak_at_the_end_of_the_range_is_not_natural() -> None:
    assert recommend(candidates(silhouette=[0.3, 0.4, 0.5], gap=[0.3, 0.7, 0.7]))[1].word == "useful"


def test_a_number_that_somebody_chose_is_judged_on_its_own() -> None:
    found = candidates(stability_ari=[0.96, 0.97, 0.5])
    assert judge(found, 2).word == "useful"
    assert "Two is a number that" in judge(found, 2).explanation
    assert judge(found, 4).word == "none"
    with pytest.raises(ValueError, match="no fit with 9"):
        judge(found, 9)


def test_a_sweep_without_candidates_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        recommend([])
