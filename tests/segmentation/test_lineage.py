from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentation.lineage import CONTINUED_FROM, LEAST_OF_LARGER, OF_STRONGEST, Lineage, Side, trace_lineage

labels = st.lists(st.integers(0, 4), min_size=1, max_size=80).map(lambda xs: np.array(xs, dtype=np.int16))


def repeated(*runs: tuple[int, int]) -> np.ndarray:
    return np.concatenate([np.full(count, label, dtype=np.int16) for label, count in runs])


def traced(previous: np.ndarray, current: np.ndarray) -> Lineage:
    """The lineage where both versions know the same customers."""
    return trace_lineage(*(Side(side, np.bincount(side[side >= 0])) for side in (previous, current)))


@given(labels)
def test_a_version_continues_itself(version: np.ndarray) -> None:
    matching = traced(version, version)
    present = set(version.tolist())
    assert {now: before for now, before in matching.pairs.items() if before is not None} == {label: label for label in present}


@settings(max_examples=60)
@given(labels, st.permutations(range(5)))
def test_new_numbers_change_no_pair(version: np.ndarray, order: list[int]) -> None:
    renumbered = np.array(order, dtype=np.int16)[version]
    matching = traced(version, renumbered)
    assert all(matching.pairs[order[label]] == label for label in set(version.tolist()))


@settings(max_examples=60)
@given(labels.flatmap(lambda first: st.tuples(st.just(first), st.lists(st.integers(-1, 3), min_size=len(first), max_size=len(first)))))
def test_pairs_are_one_to_one_meaningful_and_the_best_there_are(pair: tuple[np.ndarray, list[int]]) -> None:
    previous, current = pair[0], np.array(pair[1], dtype=np.int16)
    matching = traced(previous, current)
    overlap = matching.overlap
    assert overlap.sum() == (current >= 0).sum()
    pairs = {now: before for now, before in matching.pairs.items() if before is not None}
    assert len(set(pairs.values())) == len(pairs)
    smaller = np.minimum(overlap.sum(axis=1)[:, None], overlap.sum(axis=0)[None, :])
    larger = np.maximum(overlap.sum(axis=1)[:, None], overlap.sum(axis=0)[None, :])
    strongest = np.maximum(overlap.max(axis=1, initial=0)[:, None], overlap.max(axis=0, initial=0)[None, :])
    enough = (overlap >= CONTINUED_FROM * smaller) & (overlap >= LEAST_OF_LARGER * larger) & (overlap >= OF_STRONGEST * strongest)
    allowed = np.where(enough, overlap, 0)
    assert all(allowed[before, now] > 0 for now, before in pairs.items())
    square = np.zeros((5, 5), dtype=int)
    square[: allowed.shape[0], : allowed.shape[1]] = allowed
    best = max(sum(square[row, column] for row, column in enumerate(order)) for order in permutations(range(5)))
    assert sum(allowed[before, now] for now, before in pairs.items()) == best


def test_a_split_keeps_its_larger_part_and_the_other_is_split_off() -> None:
    matching = traced(repeated((0, 100)), repeated((0, 40), (1, 60)))
    assert matching.pairs == {0: None, 1: 0}
    assert matching.split == {0: 0}
    assert matching.retired == ()


def test_a_merge_keeps_the_larger_and_the_other_is_merged_into_it() -> None:
    matching = traced(repeated((0, 40), (1, 60)), repeated((0, 100)))
    assert matching.pairs == {0: 1}
    assert matching.merged == {0: 0}


def test_scattered_segments_are_retired_and_new() -> None:
    previous = np.repeat(np.arange(4, dtype=np.int16), 25)
    current = np.tile(np.arange(4, dtype=np.int16), 25)
    matching = traced(previous, current)
    assert set(matching.pairs.values()) == {None}
    assert matching.retired == (0, 1, 2, 3)


def test_all_pairs_together_share_most_even_if_the_largest_overlap_is_given_up() -> None:
    previous = repeated((0, 20), (1, 18))
    current = repeated((0, 10), (1, 10), (0, 9), (1, 9))
    assert traced(previous, current).pairs in ({0: 0, 1: 1}, {0: 1, 1: 0})
    greedy_trap = traced(repeated((0, 10), (0, 9), (1, 9)), repeated((0, 10), (1, 9), (0, 9)))
    assert greedy_trap.pairs == {0: 1, 1: 0}


def test_nobody_in_common() -> None:
    nobody = np.empty(0, dtype=np.int16)
    assert traced(nobody, nobody).pairs == {}
    unplaced = traced(np.array([-1, -1], np.int16), np.array([0, 1], np.int16))
    assert unplaced.pairs == {0: None, 1: None}


def test_labels_of_different_customers_are_refused() -> None:
    with pytest.raises(ValueError, match="2 previous and 1 current"):
        traced(np.zeros(2, np.int16), np.zeros(1, np.int16))
