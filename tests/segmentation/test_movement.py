"""Who joined, left and moved: for every group, and for all, sizes follow from the sizes before."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation.codec import from_json, to_json
from segmentation.movement import ABSENT, NOWHERE, Causes, Cell, Division, Moves, Tally, count_cells, count_moves, moves_of, split_moves

SEGMENTS = 3
states = st.dictionaries(st.integers(0, 30).map(str), st.integers(-1, SEGMENTS - 1), max_size=25)
DAY = date(2026, 3, 31)


def moves_between(before: Mapping[str, int], now: Mapping[str, int]) -> Moves:
    def split(state: Mapping[str, int]) -> tuple[np.ndarray, np.ndarray]:
        return np.array(list(state), dtype=object), np.array(list(state.values()), dtype=np.int16)

    return count_moves(*split(before), *split(now), SEGMENTS)


def size(state: Mapping[str, int], group: int) -> int:
    return sum((SEGMENTS if label < 0 else label) == group for label in state.values())


@given(states, states)
def test_sizes_follow_from_the_sizes_before(before: Mapping[str, int], now: Mapping[str, int]) -> None:
    moves = moves_between(before, now)
    for group in range(SEGMENTS + 1):
        grown = size(before, group) + moves.joined[group] - moves.left[group] + moves.moved_in(group) - moves.moved_out(group)
        assert grown == size(now, group)
    assert len(before) + sum(moves.joined) - sum(moves.left) == len(now)
    assert sum(moves.moved_in(group) for group in range(SEGMENTS + 1)) == moves.moved


@given(states, states)
def test_every_customer_is_counted_once(before: Mapping[str, int], now: Mapping[str, int]) -> None:
    moves = moves_between(before, now)
    assert moves.stayed_customers == len(before.keys() & now.keys())
    assert sum(moves.joined) == len(now.keys() - before.keys())
    assert sum(moves.left) == len(before.keys() - now.keys())
    assert moves.moved == sum(before[key] != now[key] for key in before.keys() & now.keys())


@given(states)
def test_nothing_moves_between_a_state_and_itself(state: Mapping[str, int]) -> None:
    moves = moves_between(state, state)
    assert (moves.moved, sum(moves.joined), sum(moves.left)) == (0, 0, 0)


def test_from_and_to_are_not_confused() -> None:
    moves = moves_between({"a": 0, "b": 0, "c": 1, "gone": 2}, {"a": 1, "b": 0, "c": -1, "new": 2})
    assert moves.flows[0][1] == 1
    assert moves.flows[1][0] == 0
    assert moves.flows[1][SEGMENTS] == 1
    assert (moves.joined[2], moves.left[2]) == (1, 1)


def test_a_table_is_read_as_rows_before_and_columns_now() -> None:
    table = np.zeros((4, 4), dtype=np.int64)
    table[0, 1], table[3, 0], table[1, 3] = 5, 7, 2  # moved 0 to 1, joined 0, left 1
    moves = moves_of(table)
    assert (moves.moved_in(1), moves.moved_out(0), moves.joined[0], moves.left[1]) == (5, 5, 7, 2)


def test_a_key_that_stands_twice_and_a_label_out_of_range_are_refused() -> None:
    twice, labels = np.array(["a", "a"], dtype=object), np.array([0, 1], dtype=np.int16)
    nobody, none = np.array([], dtype=object), np.array([], dtype=np.int16)
    with pytest.raises(ValueError, match="twice"):
        count_moves(twice, labels, nobody, none, SEGMENTS)
    with pytest.raises(ValueError, match="not one of 3"):
        count_moves(nobody, none, np.array(["a"], dtype=object), np.array([3], dtype=np.int16), SEGMENTS)


@given(st.lists(st.tuples(st.integers(-1, SEGMENTS - 1), st.floats(0, 1e6) | st.just(np.nan)), max_size=40), st.integers(1, 7))
def test_blocks_count_like_the_whole(customers: list[tuple[int, float]], width: int) -> None:
    labels, spend = np.array([label for label, _ in customers], dtype=np.int16), np.array([amount for _, amount in customers], dtype=float)
    outcome = np.where(np.isnan(spend), np.nan, (spend > 10).astype(float))
    whole, parts = Tally(SEGMENTS), Tally(SEGMENTS)
    whole.add(labels, spend, {("bought", "Bought"): outcome})
    for start in range(0, max(1, len(labels)), width):
        block = slice(start, start + width)
        parts.add(labels[block], spend[block], {("bought", "Bought"): outcome[block]})
    one, many = whole.division(DAY, None), parts.division(DAY, None)
    assert (one.sizes, one.unplaced, one.outcomes) == (many.sizes, many.unplaced, many.outcomes)
    assert one.customers == len(customers)
    assert many.spend == pytest.approx(one.spend)
    assert one.total_spend == pytest.approx(np.nansum(spend))


def test_without_amounts_nothing_is_said_about_spend() -> None:
    tally = Tally(2)
    tally.add(np.array([0, 1], dtype=np.int16), None, {})
    division = tally.division(DAY, None)
    assert (division.spend, division.total_spend) == (None, None)
    assert division.share(0) == 0.5


def test_a_division_is_kept_as_json() -> None:
    tally = Tally(SEGMENTS)
    tally.add(np.array([0, -1, 2], dtype=np.int16), np.array([1.5, 2.0, np.nan]), {("r", "R"): np.array([1.0, 0.0, np.nan])})
    division = tally.division(DAY, moves_between({"a": 0}, {"a": 2, "b": 1}))
    assert from_json(Division, to_json(division)) == division
    assert division.outcomes[0].rate == 0.5


@st.composite
def remodelled(draw: st.DrawFn) -> tuple[list[tuple[int, int, int, float, float]], list[int], list[int], int]:
    """Customers as (was, by_old, now, spent before, spent now), and the groups of both models' clusters, which may share some."""
    groups = draw(st.integers(2, 5))
    old, new = (draw(st.lists(st.sampled_from(range(groups)), min_size=1, max_size=groups, unique=True)) for _ in range(2))
    amount = st.one_of(st.just(float("nan")), st.floats(0, 1e6))
    there = st.tuples(st.integers(-1, len(old) - 1), st.integers(-1, len(old) - 1), st.integers(-1, len(new) - 1), amount, amount)
    joined = st.tuples(st.just(ABSENT), st.integers(-1, len(old) - 1), st.integers(-1, len(new) - 1), st.just(float("nan")), amount)
    left = st.tuples(st.integers(-1, len(old) - 1), st.just(ABSENT), st.just(ABSENT), amount, st.just(float("nan")))
    return draw(st.lists(st.one_of(there, joined, left), max_size=40)), old, new, groups


def cells_of(customers: list[tuple[int, int, int, float, float]]) -> tuple[Cell, ...]:
    was, by_old, now, before, after = (np.array(column) for column in zip(*customers, strict=True)) if customers else [np.empty(0)] * 5
    return count_cells(*(labels.astype(np.int16) for labels in (was, by_old, now)), before, after)


@given(remodelled(), st.booleans())
def test_the_two_parts_of_movement_add_up_exactly(made: tuple[list[Any], list[int], list[int], int], spend: bool) -> None:
    """For every group and every pair of models, in customers and in hundredths of spend; sizes are counted another way."""
    customers, old, new, groups = made
    split = split_moves(cells_of(customers), old, new, groups, spend=spend)
    assert split.customers is not None
    assert split.model is not None
    for group in range(groups + 1):
        before = [each for each in customers if each[0] != ABSENT and (groups if each[0] < 0 else old[each[0]]) == group]
        after = [each for each in customers if each[2] != ABSENT and (groups if each[2] < 0 else new[each[2]]) == group]
        assert split.before[group] == (sum(hundredths(each[3]) for each in before) if spend else len(before))
        assert split.after[group] == (sum(hundredths(each[4]) for each in after) if spend else len(after))
        change = split.after[group] - split.before[group]
        assert change == split.customers.net(group) + split.model.net(group) + split.own[group]
        assert change == split.total.net(group) + split.own[group]
        assert not split.model.joined[group]
        assert not split.model.left[group]
        assert spend or not split.own[group]
    causes = split.causes
    assert causes is not None
    assert split.total.moved == causes.own + causes.model + causes.both
    assert split.customers.moved == causes.own + causes.both + causes.back
    of_newcomers = [each for each in customers if each[0] == ABSENT]
    theirs = split_moves(cells_of(of_newcomers), old, new, groups, spend=spend).model
    assert theirs is not None
    assert split.model.moved == causes.model + causes.both + causes.back + theirs.moved, "the model's step moves newcomers too"


def hundredths(amount: float) -> int:
    return 0 if math.isnan(amount) else round(amount * 100)


def test_movement_agrees_with_simulated_truth() -> None:
    """Customers on a line whom two models cut at different places: who crossed the old cut, and who lies between both cuts, is known."""
    draw = np.random.default_rng(4)
    before = draw.uniform(0, 100, 4_000)
    after = before + np.where(draw.random(4_000) < 0.2, draw.normal(0, 15, 4_000), 0.0)
    was, by_old, now = (np.digitize(before, [30, 60]), np.digitize(after, [30, 60]), np.digitize(after, [30, 70]))
    nothing = np.full(4_000, np.nan)
    split = split_moves(count_cells(*(each.astype(np.int16) for each in (was, by_old, now)), nothing, nothing), (0, 1, 2), (0, 1, 2), 3)
    assert split.customers is not None
    assert split.model is not None
    assert split.customers.moved == np.sum(((before < 30) != (after < 30)) | ((before < 60) != (after < 60)))
    assert split.model.flows[2][1] == np.sum((after >= 60) & (after < 70))
    assert split.model.moved == split.model.flows[2][1]


def test_who_moved_and_was_moved_back_has_changed_nothing() -> None:
    cells = (Cell(0, 1, 1, 30, 0, 0), Cell(0, 0, 1, 668, 0, 0), Cell(0, 1, 2, 4, 0, 0), Cell(0, 1, 0, 6, 0, 0), Cell(ABSENT, 0, 1, 9, 0, 0))
    split = split_moves(cells, (0, 1, 2), (0, 1, 2), 3)
    assert split.customers is not None
    assert split.model is not None
    assert (split.total.moved, split.customers.moved, split.model.moved) == (702, 40, 687)
    assert split.causes == Causes(own=30, model=668, both=4, back=6)


def test_where_the_old_model_cannot_place_there_is_a_total_alone() -> None:
    cells = (Cell(0, NOWHERE, 1, 3, 0, 0),)
    split = split_moves(cells, (0, 1), (0, 1), 2, known=False)
    assert (split.customers, split.model, split.causes) == (None, None, None)
    assert split.total.flows[0][1] == 3
