"""Profiles of some of a version's customers agree with profiles made from those customers alone, however their rows come."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from segmentation.clustering import Assignments
from segmentation.describing.customer_map import subset_map
from segmentation.describing.profiles import Profiles
from segmentation.describing.subsets import Sums, combine, partial, profile_subset
from tests.segmentation.made import World, made_world

SEEDS = range(8)


def some_of(world: World, chosen: np.ndarray) -> World:
    """The same world with the `chosen` customers only."""
    a = world.assignments
    return replace(
        world,
        customers=world.customers[chosen].reset_index(drop=True),
        table=world.table[chosen].reset_index(drop=True),
        assignments=Assignments(a.label[chosen], a.confidence[chosen], a.runner_up[chosen]),
        features=world.features[chosen],
    )


def sums_of(world: World, groups: int, blocks: int = 1) -> Sums:
    """Sums of all customers, who come in as many blocks as asked for."""
    label = world.assignments.label.astype(np.intp)
    group = np.where(label < 0, groups - 1, label)
    border = world.assignments.confidence < 0.6
    rows = np.array_split(np.arange(len(group)), blocks)
    parts = [partial(world.table.iloc[each], group[each], groups, border=border[each]) for each in rows]
    result = parts[0]
    for each in parts[1:]:
        result = combine(result, each)
    return result


def filtered(world: World, seed: int) -> tuple[Profiles, World, Sums]:
    """The version's profiles, and the customers who are left of it by a filter that favours some."""
    rng = np.random.default_rng(seed)
    label = np.where(rng.random(len(world.table)) < 0.03, -1, world.assignments.label).astype(np.int16)
    noisy = replace(world, assignments=replace(world.assignments, label=label))
    table = noisy.table.mask(rng.random(noisy.table.shape) < 0.04)
    noisy = replace(noisy, table=table)
    income = noisy.table["income"].fillna(0)
    chosen = (income > income.quantile(rng.uniform(0, 0.5))).to_numpy() & (rng.random(len(label)) < 0.7)
    left = some_of(noisy, chosen)
    return noisy.profiles(), left, sums_of(left, 4, blocks=int(rng.integers(1, 6)))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_subset_is_told_as_if_it_were_all(seed: int) -> None:
    version, left, sums = filtered(made_world(), seed)
    found = profile_subset(version, sums, spend="spend", recency="recency_days")
    expected = left.profiles()
    assert found.customers == expected.customers
    assert found.value == pytest.approx(expected.value, rel=1e-9)
    assert [measure.name for measure in found.measures] == [measure.name for measure in expected.measures]
    for own, other in zip(found.segments, expected.segments, strict=True):
        assert (own.cluster, own.size, own.border) == (other.cluster, other.size, other.border)
        assert (own.share, own.value, own.value_share) == pytest.approx((other.share, other.value, other.value_share), rel=1e-9)
        for mine, theirs in ((own.value_mean, other.value_mean), (own.recency_mean, other.recency_mean)):
            assert mine is not None
            assert theirs is not None
            assert (mine.mean, mine.low, mine.high) == pytest.approx((theirs.mean, theirs.low, theirs.high), rel=1e-9)
        for a, b in zip(own.differences, other.differences, strict=True):
            assert (a.measure, a.significant) == (b.measure, b.significant)
            figures = [(each.mean, each.rest_mean, each.overall_mean, each.z, each.effect) for each in (a, b)]
            assert figures[0] == pytest.approx(figures[1], rel=1e-9, abs=1e-9)
            assert np.isnan([a.median, a.rest_median, a.low, a.high]).all()


def test_names_rules_and_stability_stay_the_versions_and_words_are_not_out_of_date() -> None:
    world = made_world()
    version = world.profiles(stability=[0.9, 0.8, 0.7])
    left = some_of(world, (world.table["spend"] > world.table["spend"].median()).to_numpy())
    found = profile_subset(version, sums_of(left, 4), spend="spend", recency="recency_days")
    by_cluster = {segment.cluster: segment for segment in version.segments}
    for segment in found.segments:
        known = by_cluster[segment.cluster]
        assert (segment.name, segment.rules, segment.stability) == (known.name, known.rules, known.stability)
        assert (segment.persona, segment.outcomes, segment.distributions, segment.mix) == ("", (), (), ())
        assert segment.value_median is None
        measured = {each.measure: each for each in segment.differences}
        ratios = [fact for fact in segment.evidence if fact.text.endswith("× average")]
        for fact in ratios:
            ratio = measured[fact.measure].mean / measured[fact.measure].overall_mean
            assert float(fact.text.removesuffix("× average")) == pytest.approx(ratio, abs=0.05)


def test_evidence_speaks_of_what_named_the_segment_where_the_subset_still_knows_it() -> None:
    version, _, sums = filtered(made_world(), 1)
    found = profile_subset(version, sums, spend="spend", recency="recency_days")
    for segment, known in zip(found.segments, version.segments, strict=True):
        outcome = {each.outcome for each in known.outcomes}
        named = [each.measure for each in known.evidence if each.measure not in outcome]
        assert [each.measure for each in segment.evidence][: len(named)] == named


def test_a_segment_without_a_customer_is_left_out_and_one_alone_has_nobody_to_differ_from() -> None:
    world = made_world()
    one = profile_subset(world.profiles(), sums_of(some_of(world, world.assignments.label == 1), 4), spend="spend")
    assert [segment.cluster for segment in one.segments] == [1]
    assert one.segments[0].share == one.segments[0].value_share == 1.0
    assert one.segments[0].differences == ()


def test_nobody_at_all_is_an_answer() -> None:
    world = made_world()
    nobody = profile_subset(world.profiles(), sums_of(world, 4).without(range(4)), spend="spend", recency="recency_days")
    assert (nobody.customers, nobody.value, nobody.segments) == (0, 0.0, ())


def test_constants_do_not_differ() -> None:
    world = made_world()
    same = replace(world, table=world.table.assign(orders=0.1 + 0.2))
    found = profile_subset(same.profiles(), sums_of(same, 4, blocks=3), spend="spend")
    for segment in found.segments:
        orders = next(each for each in segment.differences if each.measure == "orders")
        assert (orders.z, orders.effect, orders.significant) == (pytest.approx(0, abs=1e-12), pytest.approx(0, abs=1e-12), False)


def test_withheld_groups_count_nowhere() -> None:
    world = made_world()
    sums = sums_of(world, 4)
    expected = profile_subset(world.profiles(), sums_of(some_of(world, world.assignments.label != 2), 4), spend="spend")
    found = profile_subset(world.profiles(), sums.without([2]), spend="spend")
    assert (found.customers, found.value) == (expected.customers, pytest.approx(expected.value))
    assert [segment.cluster for segment in found.segments] == [0, 1]
    for own, other in zip(found.segments, expected.segments, strict=True):
        assert [each.z for each in own.differences] == pytest.approx([each.z for each in other.differences])


def test_only_the_same_measures_can_be_combined() -> None:
    world = made_world()
    other = partial(pd.DataFrame({"age": [1.0]}), np.array([0]), 4)
    with pytest.raises(ValueError, match="same measures"):
        combine(sums_of(world, 4), other)


def test_a_subsets_map_lies_on_the_versions_axes() -> None:
    version = made_world().profiles()
    assert version.map is not None
    plane, label = np.column_stack([version.map.x, version.map.y]), np.array(version.map.cluster, dtype=np.int16)
    left = label == 0
    found = subset_map(version.map, plane[left], label[left])
    assert (found.x_edges, found.y_edges, found.variance) == (version.map.x_edges, version.map.y_edges, version.map.variance)
    assert set(found.cluster) == {0}
    assert len(found.x) == left.sum()
    assert max(map(max, found.density)) == pytest.approx(1.0)
    peak = np.unravel_index(np.argmax(found.density), np.array(found.density).shape)
    assert version.map.x_edges[peak[1]] == pytest.approx(np.median(plane[left, 0]), abs=1.5)
