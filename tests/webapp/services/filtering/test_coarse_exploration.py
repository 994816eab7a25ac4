"""What viewers read of customers before any clustering."""

from __future__ import annotations

from dataclasses import replace

import pytest

from segmentation.exploring.exploration import OTHER
from segmentation.exploring.exploration_types import Association, Exploration, ExploredOutcome, GroupRate, Level, Levels, Spread
from segmentation.exploring.rfm_summary import Tally
from webapp.services.filtering import coarse_exploration
from webapp.services.filtering.coarse_exploration import coarse_exploration as coarse
from webapp.services.filtering.filtering import SMALLEST_GROUP

SPREAD = Spread(
    measure="income",
    known=1000,
    missing=0.0,
    edges=(0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0),
    shares=(0.001, 0.3, 0.004, 0.595, 0.09, 0.01),
    open_ended=False,
    names=(),
    mean=3.456,
    median=3.21,
    low=0.5,
    high=666_666.0,
    skewness=1.234,
)


def explored(**parts: object) -> Exploration:
    empty = Exploration(1000, 1000, (), (), (), (), (), (), ())
    return coarse(replace(empty, **parts))  # type: ignore[arg-type]


def test_histograms_have_no_extremes_and_no_bin_of_one_to_nine() -> None:
    (found,) = explored(spreads=(SPREAD,)).spreads
    assert (found.low, found.high) == (None, None)
    assert found.edges == (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
    assert found.shares == pytest.approx((0.305, 0.0, 0.595, 0.09, 0.01), abs=0.006)
    assert (found.mean, found.median, found.skewness) == (3.5, 3.2, 1.2)


def test_a_thin_end_is_counted_in_the_last_bin_with_ten() -> None:
    thin = replace(SPREAD, shares=(0.1, 0.5, 0.38, 0.011, 0.009, 0.0))
    (found,) = explored(spreads=(thin,)).spreads
    assert found.edges[-1] == 4.0
    assert found.open_ended
    assert found.shares[-1] == pytest.approx(0.02)


def test_a_yes_of_one_to_nine_is_not_told() -> None:
    rare = replace(SPREAD, edges=(-0.5, 0.5, 1.5), shares=(0.997, 0.003), names=("No", "Yes"))
    (found,) = explored(spreads=(rare,)).spreads
    assert found.shares == (1.0, 0.0)


def test_words_of_one_to_nine_are_other_words() -> None:
    def levels(*sizes: int) -> tuple[tuple[str, int], ...]:
        known = sum(sizes)
        words = tuple(Level(f"w{place}", size, size / known) for place, size in enumerate(sizes))
        found = explored(levels=(Levels("city", known, 0.0, words),)).levels
        return tuple((level.label, level.customers) for each in found for level in each.levels)

    assert levels(500, 400, 9, 5) == (("w0", 500), ("w1", 400), (OTHER, 14))
    assert levels(500, 40, 9) == (("w0", 500), (OTHER, 49))
    assert levels(9) == ()


def group(customers: int, start: float | None, end: float | None, label: str = "") -> GroupRate:
    return GroupRate(label, start, end, customers, customers // 2, 0.5, 0.4, 0.6)


def test_groups_of_an_outcome_have_ten_customers_and_no_outer_ends() -> None:
    words = Association(
        "city", 100, 0.1, 0.01, True, (group(60, None, None, "Bath"), group(31, None, None, "York"), group(9, None, None, "Ely"))
    )
    scale = Association("income", 100, 0.1, 0.01, True, (group(50, 1730, 40_000), group(40, 41_000, 60_000), group(30, 61_000, 666_666)))
    thin = replace(scale, groups=(group(9, 1730, 40_000), *scale.groups[1:]))
    outcome = ExploredOutcome("responds", "Responds", 100, 50, 0.5, 0.4, 0.6, (words, scale, thin))
    (found,) = explored(outcomes=(outcome,)).outcomes
    assert [each.measure for each in found.associations] == ["city", "income"]
    assert [each.label for each in found.associations[0].groups] == ["Bath", "York"]
    values = {value for each in found.associations[1].groups for value in (each.start, each.end)}
    assert not values & {1730.0, 1700.0, 666_666.0, 670_000.0}


@pytest.mark.parametrize("customers", [1, SMALLEST_GROUP - 1])
def test_small_cells_of_rfm_are_empty(customers: int) -> None:
    tally = Tally(customers, 0.01, 123.0, 0.01, 41.0, customers, 1, 0.3, 0.1, 0.6)
    found = coarse_exploration._tally(tally)
    assert (found.customers, found.spend, found.spend_mean, found.rate) == (0, 0.0, None, None)
    assert coarse_exploration._tally(replace(tally, customers=40, known=40)).spend == 120.0
