"""Distributions and mix: shares that add up, on bins that people can read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentation.describing.profiles import Measure, MixPart
from segmentation.describing.shape import bin_edges, distribution, mixes
from segmentation.roles import Column, Kind, Role, Schema
from tests.segmentation.made import SCHEMA, made_world

MONEY = Measure("spend", "Spend", "Spend", "money", False)
COUNT = Measure("orders", "Orders", "Orders", "count", False)
SHARE = Measure("share_web", "Web share", "Web", "share", False)


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=200), st.sampled_from([MONEY, COUNT, SHARE]))
@settings(max_examples=100, deadline=None)
def test_shares_of_each_side_add_up_and_edges_rise(values: list[float], measure: Measure) -> None:
    data = np.array(values) / (1e6 if measure is SHARE else 1)
    if measure is COUNT:
        data = data.round()
    member = np.arange(len(data)) % 2 == 0
    found = distribution(measure, data, bin_edges(data, measure), member)
    assert sum(found.segment) == pytest.approx(1)
    assert sum(found.rest) == pytest.approx(1)
    assert (np.diff(found.edges) > 0).all()
    assert len(found.edges) == len(found.segment) + 1 <= 26


def test_counts_get_whole_bins_with_the_tail_in_the_last() -> None:
    data = np.array([0.0] * 50 + [1.0] * 30 + [2.0] * 19 + [40.0])
    found = distribution(COUNT, data, bin_edges(data, COUNT), np.arange(100) < 50)
    assert found.edges[:3] == (0.0, 1.0, 2.0)
    assert found.segment[0] == 1.0
    assert found.open_ended
    assert found.rest[-1] == pytest.approx(sum(data[50:] >= found.edges[-2]) / 50)


def test_shares_end_at_one() -> None:
    edges, open_ended = bin_edges(np.linspace(0, 1, 101), SHARE)
    assert edges[0] == 0
    assert edges[-1] == pytest.approx(1)
    assert not open_ended


def test_edges_are_round() -> None:
    edges, _ = bin_edges(np.random.default_rng(0).gamma(2, 300, 5000), MONEY)
    assert np.diff(edges) == pytest.approx(edges[1] - edges[0])
    assert edges[1] - edges[0] in (50, 100, 200)


def parts(found: tuple[MixPart, ...], whole: str) -> dict[str, MixPart]:
    return {part.part: part for part in found if part.whole == whole}


def test_mix_is_sums_over_sums_and_leaves_deals_out() -> None:
    world = made_world()
    member = world.assignments.label == 0
    (found,) = mixes(world.customers, SCHEMA, [member])
    wine, meat = world.customers["spend_wine"], world.customers["spend_meat"]
    spend = parts(found, "spend")
    assert spend["spend_wine"].segment == pytest.approx(wine[member].sum() / (wine + meat)[member].sum())
    assert spend["spend_wine"].rest == pytest.approx(wine[~member].sum() / (wine + meat)[~member].sum())
    assert set(parts(found, "orders")) == {"purchases_web", "purchases_catalog"}
    for whole in ("spend", "orders", "status"):
        assert sum(part.segment for part in parts(found, whole).values()) == pytest.approx(1)
        assert sum(part.rest for part in parts(found, whole).values()) == pytest.approx(1)


def test_categories_are_counted_under_their_folds_and_unknown_ones_not_at_all() -> None:
    customers = pd.DataFrame({"status": ["Solo", "Single", "Married", None, "Married", "Married"]})
    (found,) = mixes(customers, Schema((SCHEMA.named("status"),)), [np.array([True, True, True, True, False, False])])
    shares = parts(found, "status")
    assert set(shares) == {"Single", "Married"}
    assert (shares["Single"].segment, shares["Married"].segment, shares["Married"].rest) == pytest.approx((2 / 3, 1 / 3, 1))


def test_steps_of_an_ordinal_are_counted_together() -> None:
    column = Column("school", "School", Role.ORDINAL, Kind.TEXT, "School", levels=("Basic", "Master|2n Cycle"))
    customers = pd.DataFrame({"school": ["2n Cycle", "Master", "Basic", "Basic"]})
    (found,) = mixes(customers, Schema((column,)), [np.array([True, True, False, False])])
    assert parts(found, "school")["Master"].segment == 1


def test_rare_levels_are_joined() -> None:
    words = [chr(65 + i) for i in range(20) for _ in range(40 - i)]
    customers = pd.DataFrame({"status": words})
    (found,) = mixes(customers, Schema((replace(SCHEMA.named("status"), folds={}),)), [np.arange(len(words)) % 2 == 0])
    shares = parts(found, "status")
    assert sorted(shares) == ["A", "B", "C", "D", "E", "F", "G", "H", "Other"]
    assert sum(part.segment for part in shares.values()) == pytest.approx(1)
