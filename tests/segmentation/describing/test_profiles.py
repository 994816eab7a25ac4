"""Profiles as a whole: sums that agree, order, the map, and the real file."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from segmentation.codec import from_json, to_json
from segmentation.describing import customer_map as maps
from segmentation.describing.comparison import spread
from segmentation.describing.profiles import Measure, Profiles, profile_segments
from segmentation.roles import Schema
from tests.segmentation.made import SCHEMA, made_world


@pytest.fixture(scope="module")
def profiles() -> Profiles:
    return made_world().profiles(stability=[0.9, 0.8, 0.7])


def test_sizes_shares_and_value_add_up(profiles: Profiles) -> None:
    world = made_world()
    assert sum(segment.size for segment in profiles.segments) == profiles.customers == 600
    assert sum(segment.share for segment in profiles.segments) == pytest.approx(1)
    assert sum(segment.value or 0 for segment in profiles.segments) == pytest.approx(profiles.value)
    assert sum(segment.value_share or 0 for segment in profiles.segments) == pytest.approx(1)
    first, member = profiles.segments[0], world.assignments.label == 0
    assert first.value_median == pytest.approx(world.table["spend"][member].median())
    assert first.rest_value_median == pytest.approx(world.table["spend"][~member].median())
    assert first.border == ((world.assignments.confidence < 0.6) & member).sum()
    assert [segment.stability for segment in profiles.segments] == [0.9, 0.8, 0.7]


def test_measures_are_sorted_by_spread_and_differences_follow(profiles: Profiles) -> None:
    shares, found = [s.share for s in profiles.segments], [s.differences for s in profiles.segments]
    extents = [spread(found, shares, measure.name) for measure in profiles.measures]
    assert extents == sorted(extents, reverse=True)
    assert profiles.measures[-1].name in ("orders", "recency_days")
    for segment in profiles.segments:
        assert [each.measure for each in segment.differences] == [measure.name for measure in profiles.measures]


def test_distributions_show_the_largest_differences_on_shared_edges(profiles: Profiles) -> None:
    edges: dict[str, tuple[float, ...]] = {}
    for segment in profiles.segments:
        strongest = sorted(segment.differences, key=lambda each: -abs(each.effect))[:6]
        assert [each.measure for each in segment.distributions] == [each.measure for each in strongest]
        for each in segment.distributions:
            assert edges.setdefault(each.measure, each.edges) == each.edges


def test_a_yes_or_no_has_no_distribution_beside_measures_that_have_a_shape() -> None:
    world = made_world()
    measures = (*world.measures, Measure("member", "Member", "Member", "share", False))
    table = world.table.assign(member=(world.assignments.label == 0).astype(float))
    found = replace(world, table=table, measures=measures).profiles()
    assert found.measure("member").yes_or_no
    assert found.segments[0].differences[0].measure == "member"
    assert "member" not in {each.measure for segment in found.segments for each in segment.distributions}
    alone = replace(world, table=table[["member"]], measures=measures[-1:]).profiles()
    assert [each.measure for each in alone.segments[0].distributions] == ["member"]


def test_same_input_and_seed_give_the_same_profiles(profiles: Profiles) -> None:
    assert made_world().profiles(stability=[0.9, 0.8, 0.7]) == profiles
    assert made_world().profiles(seed=4) != profiles


def test_profiles_survive_json(profiles: Profiles) -> None:
    assert from_json(Profiles, to_json(profiles)) == profiles
    json.dumps(to_json(profiles), allow_nan=False)


def test_profiles_stored_by_an_earlier_release_stay_readable(profiles: Profiles) -> None:
    stored = to_json(profiles)
    for measure in stored["measures"]:
        del measure["yes_or_no"]
    for segment in stored["segments"]:
        del segment["rule_sum"]
        for parts, names in (
            (segment["outcomes"], ("chance", "spend", "significant")),
            (segment["rules"], ("coverage",)),
            (segment["evidence"], ("reference",)),
        ):
            for part in parts:
                for name in names:
                    del part[name]
    found = from_json(Profiles, stored)
    assert found.segments[0].rule_sum is None
    assert found.segments[0].outcomes[0].chance is None
    assert found.segments[0].differences == profiles.segments[0].differences


def test_outcomes_are_judged_beside_chance_and_spend(profiles: Profiles) -> None:
    world = made_world()
    (outcome,) = profiles.segments[0].outcomes
    assert outcome.significant
    assert outcome.chance is not None
    assert outcome.chance.low < 1 < outcome.chance.high < outcome.lift
    quarters = pd.qcut(world.table["spend"], 4, labels=False)
    lifts = world.customers["responded"].astype(float).groupby(quarters).mean() / world.customers["responded"].mean()
    assert outcome.spend is not None
    assert (outcome.spend.best, outcome.spend.own_quarter) == pytest.approx((lifts.max(), 4))


def test_an_unknown_stability_is_none() -> None:
    assert [segment.stability for segment in made_world().profiles(stability=[0.9, float("nan"), 0.7]).segments] == [0.9, None, 0.7]


def test_customers_in_no_segment_are_counted_but_make_no_profile() -> None:
    world = made_world()
    label = world.assignments.label.copy()
    label[:60] = -1
    found = replace(world, assignments=replace(world.assignments, label=label)).profiles()
    assert found.customers == 600
    assert sum(segment.size for segment in found.segments) == 540
    assert sum(segment.share for segment in found.segments) == pytest.approx(0.9)
    assert -1 not in (found.map.cluster if found.map else ())


def test_a_file_without_spend_recency_or_outcomes_is_profiled_too() -> None:
    world = made_world()
    measures = tuple(measure for measure in world.measures if measure.name not in ("spend", "recency_days"))
    schema = Schema((SCHEMA.named("customer_key"), SCHEMA.named("status")))
    found = replace(world, schema=schema, measures=measures, table=world.table[[m.name for m in measures]]).profiles()
    assert found.value is None
    first = found.segments[0]
    assert (first.value, first.value_share, first.value_mean, first.recency_mean, first.outcomes) == (None, None, None, None, ())
    assert {part.whole for part in first.mix} == {"status"}
    assert len(first.evidence) == 3


def test_rows_must_agree() -> None:
    world = made_world()
    with pytest.raises(ValueError, match="one row per customer"):
        profile_segments(
            world.customers,
            world.schema,
            table=world.table.iloc[1:],
            measures=world.measures,
            assignments=world.assignments,
            stability=None,
            features=world.features,
            seed=0,
        )


def test_map_keeps_the_variance_of_two_principal_components(profiles: Profiles) -> None:
    features = made_world().features
    values = np.linalg.svd(features - features.mean(axis=0), compute_uv=False) ** 2
    assert profiles.map is not None
    assert profiles.map.variance == pytest.approx(values[:2].sum() / values.sum())
    assert max(max(row) for row in profiles.map.density) == 1
    assert len(profiles.map.density) == len(profiles.map.y_edges) - 1
    assert len(profiles.map.density[0]) == len(profiles.map.x_edges) - 1


def test_map_draws_a_bounded_sample_inside_its_grid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps, "POINTS", 100)
    world = made_world()
    found = maps.customer_map(world.features, world.assignments.label, 1)
    assert found is not None
    assert len(found.x) == len(found.y) == len(found.cluster) == 100
    assert found.x_edges[0] <= min(found.x) <= max(found.x) <= found.x_edges[-1]
    assert found == maps.customer_map(world.features, world.assignments.label, 1)
    assert found != maps.customer_map(world.features, world.assignments.label, 2)


def test_no_map_of_one_feature_or_of_customers_all_alike() -> None:
    label = np.zeros(50, dtype=np.int16)
    assert maps.customer_map(np.arange(50.0)[:, None], label, 0) is None
    assert maps.customer_map(np.ones((50, 3)), label, 0) is None
