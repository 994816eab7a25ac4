from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from segmentation.choosing.reference import shuffled
from segmentation.choosing.selection import Candidate, Reason, sweep
from segmentation.choosing.verdict import judge, recommend
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
    chosen, verdict = recommend(sweep(features, range(2, 8), seed=0).candidates)
    assert (chosen.k, verdict.word) == (groups, "natural")
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
    chosen, verdict = recommend(candidates(stability_ari=[0.96, 0.95, 0.84, 0.96, 0.75]))
    assert (chosen.k, verdict.word) == (5, "useful")
    assert verdict.headline == "Useful, not natural: five segments repeat, but no single number stands out"
    assert "two, three or five could be defended" in verdict.explanation
    assert "(mean agreement 0.96 of 1; with six it is 0.75)" in verdict.explanation
    texts = {reason.text: reason.good for reason in verdict.reasons}
    assert texts["Better separated than shuffled columns: 0.26 against 0.11"] is True
    assert texts["Smallest segment 10.0%"] is True
    assert texts["The distance from shuffled columns keeps growing up to 6 segments: no number stands out"] is False


def test_neighbouring_numbers_are_told_as_a_range() -> None:
    assert "any number from two to four could be defended" in recommend(candidates(stability_ari=[0.96, 0.95, 0.94]))[1].explanation
    alone = recommend(candidates(stability_ari=[0.96, 0.5, 0.5]))[1]
    assert "only two can be defended" in alone.explanation
    assert alone.headline == "Useful, not natural: two segments repeat, but there are no gaps between them"


def test_a_segment_that_is_too_small_is_not_recommended() -> None:
    found = candidates(smallest_share=[0.3, 0.2, 0.04])
    assert recommend(found)[0].k == 3
    assert "one is too small" in judge(found, found[2]).headline
    assert "4.0%" in judge(found, found[2]).explanation


def test_nothing_that_repeats_is_none() -> None:
    found = candidates(stability_ari=[0.7, 0.8, 0.6])
    chosen, verdict = recommend(found)
    assert (chosen.k, verdict.word, verdict.headline) == (3, "none", "None: three segments do not repeat")
    assert "0.80 of 1; 0.90 is needed" in verdict.explanation


def test_what_differs_but_does_not_repeat_is_told_before_what_does_not_differ() -> None:
    chosen, verdict = recommend(candidates(stability_ari=[0.95, 0.8, 0.7], silhouette=[0.12, 0.26, 0.26]))
    assert (chosen.k, verdict.headline) == (3, "None: three segments do not repeat")


APART = {"bridge": 0.1, "stability_ari": 0.99}


def test_natural_takes_gaps_between_all_segments_and_a_partition_that_comes_back() -> None:
    assert judge([replace(FAIR, **APART)], replace(FAIR, **APART)).word == "natural"
    for spoilt in ({"bridge": 0.3}, {"bridge": None}, {"stability_ari": 0.93}, {"smallest_share": 0.004}, {"silhouette": 0.12}):
        other = replace(FAIR, **{**APART, **spoilt})
        assert judge([other], other).word != "natural", spoilt


def test_natural_segments_may_be_small() -> None:
    assert judge([replace(FAIR, **APART, smallest_share=0.01)], replace(FAIR, **APART, smallest_share=0.01)).word == "natural"


def test_the_largest_natural_number_is_taken_and_told_by_its_gaps() -> None:
    found = [replace(FAIR, k=k, **{**APART, "bridge": bridge}) for k, bridge in ((2, 0.0), (3, 0.1), (4, 0.2), (5, 0.9))]
    chosen, verdict = recommend(found)
    assert (chosen.k, verdict.word) == (4, "natural")
    assert (
        Reason(True, "Gaps between all segments: in between, customers lie at most 20% as densely as at the nearer peak") in verdict.reasons
    )
    assert "in between, customers lie 90% as densely" in " ".join(reason.text for reason in judge(found, found[3]).reasons)


def test_among_algorithms_the_better_separated_wins_and_the_first_where_they_are_alike() -> None:
    other = replace(FAIR, algorithm="ward")
    assert recommend([FAIR, replace(other, silhouette=0.30)])[0].algorithm == "ward"
    assert recommend([FAIR, replace(other, silhouette=0.265)])[0].algorithm == "kmeans"
    assert recommend([replace(FAIR, k=4), replace(other, k=3, silhouette=0.30)])[0].algorithm == "ward"


def test_a_verdict_speaks_of_its_own_algorithm_alone() -> None:
    found = [FAIR, replace(FAIR, algorithm="ward", k=3, stability_ari=0.5)]
    assert "three segments would" not in " ".join(reason.text for reason in judge(found, FAIR).reasons)


def test_a_number_that_somebody_chose_is_judged_on_its_own() -> None:
    found = candidates(stability_ari=[0.96, 0.97, 0.5])
    assert judge(found, found[0]).word == "useful"
    assert "Two is a number that" in judge(found, found[0]).explanation
    assert judge(found, found[2]).word == "none"
    with pytest.raises(ValueError, match="no such fit with 9"):
        judge(found, replace(FAIR, k=9))


def test_a_sweep_without_candidates_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        recommend([])


NATURAL = [replace(FAIR, k=k, **{**APART, "bridge": bridge}) for k, bridge in ((2, 0.0), (3, 0.1), (4, 0.2), (5, 0.9), (6, 0.95))]


def test_a_number_beyond_the_natural_one_is_told_beside_that() -> None:
    chosen = replace(NATURAL[-1], stability_ari=0.95)
    verdict = judge([*NATURAL[:-1], chosen], chosen)
    assert (verdict.word, verdict.headline) == (
        "useful",
        "Useful: six segments were asked for, but four is what the data itself shows",
    )
    assert "any number" not in verdict.explanation
    assert "six cut some of those where nothing lies between the parts, so that another seed may cut others" in verdict.explanation
    assert Reason(False, "Four have gaps between all of them: 0.26 separated") in verdict.reasons
    assert "no number stands out" not in " ".join(reason.text for reason in verdict.reasons)


def test_a_number_below_the_natural_one_counts_some_as_one() -> None:
    found = [replace(NATURAL[0], bridge=0.9), *NATURAL[1:]]
    assert "with two some of those count as one" in judge(found, found[0]).explanation


@pytest.mark.parametrize(
    ("others", "said"),
    [
        (NATURAL[:-1], "Four is what the data itself shows."),
        (candidates(stability_ari=[0.96, 0.95]), "Three would hold"),
        ([], "so small."),
    ],
)
def test_a_number_that_does_not_hold_is_told_with_one_that_does(others: list[Candidate], said: str) -> None:
    weak = replace(FAIR, k=6, smallest_share=0.041)
    verdict = judge([*others, weak], weak)
    assert verdict.headline == "None as a whole: of six segments that repeat, one is too small to plan for"
    assert "The larger ones can be worked with" in verdict.explanation
    assert said in verdict.explanation
