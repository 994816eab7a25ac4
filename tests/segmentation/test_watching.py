"""Who is on the watch list, and who is not."""

from __future__ import annotations

import numpy as np
import pytest

from segmentation.clustering import Assignments
from segmentation.watching import Watch, watch_customers

SPENT = np.array([900.0, 1_000.0, 20.0, 30.0, 40.0, 10.0, 15.0, 25.0, 35.0, 45.0])
"""Two spend much and are in segment 0; the others are in segment 1."""
BEFORE = ([0, 0, 1, 1, 1, 1, 1, 1, 1, 1], 0.9, 1)


def assigned(labels: list[int], confidence: float | list[float] = 0.9, runner_up: int = 1) -> Assignments:
    n = len(labels)
    sure = np.broadcast_to(np.asarray(confidence, dtype=np.float32), n).copy()
    return Assignments(np.array(labels, dtype=np.int16), sure, np.full(n, runner_up, dtype=np.int16))


def watched(labels: list[int], confidence: float | list[float] = 0.9, runner_up: int = 1, shared: list[int] | None = None) -> list[int]:
    place = np.array(shared if shared is not None else range(len(labels)))
    return watch_customers(assigned(*BEFORE), assigned(labels, confidence, runner_up), SPENT, place).tolist()


def test_a_valuable_customer_in_a_segment_of_lower_spend_is_watched() -> None:
    assert watched([1, *BEFORE[0][1:]]) == [Watch.MOVED, *[0] * 9]


def test_who_moves_up_or_was_not_valuable_is_not() -> None:
    assert watched([0, 0, 0, *BEFORE[0][3:]]) == [0] * 10
    assert watched([0, 0, -1, *BEFORE[0][3:]]) == [0] * 10


@pytest.mark.parametrize(("sure", "expected"), [(0.79, Watch.SLIPPING), (0.85, Watch.NO)])
def test_whoever_hardly_stays_is_watched(sure: float, expected: Watch) -> None:
    assert watched(BEFORE[0], [sure, *[0.9] * 9]) == [expected, *[0] * 9]


def test_a_runner_up_of_higher_spend_or_none_is_no_way_down() -> None:
    assert watched(BEFORE[0], 0.5, runner_up=-1) == [0] * 10
    assert watched(BEFORE[0], 0.5, runner_up=0) == [0] * 10


def test_who_joined_is_not_on_the_way_down() -> None:
    assert watched([1, *BEFORE[0][1:]], shared=[-1, *range(1, 10)]) == [0] * 10


def test_without_amounts_nobody_is_watched() -> None:
    nothing = np.full(10, np.nan)
    assert watch_customers(assigned(*BEFORE), assigned([1] * 10), nothing, np.arange(10)).tolist() == [0] * 10
