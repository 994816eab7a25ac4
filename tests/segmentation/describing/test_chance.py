"""Chance: the hypergeometric distribution and Fisher's test against SciPy and against groups drawn by lot."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from segmentation.describing.chance import RandomGroup, fisher

groups = st.integers(2, 3_000).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n - 1)))


@given(groups)
@settings(max_examples=150, deadline=None)
def test_probabilities_and_quantiles_are_scipys(case: tuple[int, int, int]) -> None:
    theirs, ours = stats.hypergeom(*case), RandomGroup.of(*case)
    assert ours.probability == pytest.approx(theirs.pmf(ours.counts), abs=1e-8)
    for share in (0.025, 0.5, 0.95, 0.975):
        count = ours.quantile(share)
        assert theirs.cdf(count) >= share - 1e-9
        assert theirs.cdf(count - 1) < share + 1e-9


@given(groups, st.integers(0, 10_000))
@settings(max_examples=150, deadline=None)
def test_fisher_is_scipys(case: tuple[int, int, int], seed: int) -> None:
    population, hits, size = case
    own = int(np.random.default_rng(seed).hypergeometric(hits, population - hits, size))
    theirs = stats.fisher_exact([[own, size - own], [hits - own, population - hits - size + own]]).pvalue
    assert fisher(own, size, hits - own, population - size) == pytest.approx(theirs, abs=1e-8)


def test_a_million_customers_are_no_trouble() -> None:
    group, theirs = RandomGroup.of(1_000_000, 150_000, 120_000), stats.hypergeom(1_000_000, 150_000, 120_000)
    assert len(group.counts) < 20_000
    assert (group.quantile(0.025), group.quantile(0.975)) == (theirs.ppf(0.025), theirs.ppf(0.975))
    assert group.p_value(18_300) == pytest.approx(2 * theirs.sf(18_299), rel=0.05)
    assert group.p_value(90_000) == 0


def test_nobody_on_a_side_cannot_be_tested() -> None:
    assert math.isnan(fisher(3, 10, 0, 0))
    assert fisher(10, 10, 5, 5) == 1


def test_groups_drawn_by_lot_stay_in_the_range() -> None:
    counts = np.random.default_rng(0).hypergeometric(334, 1_906, 217, 4_000)
    group = RandomGroup.of(2_240, 334, 217)
    inside = (counts >= group.quantile(0.025)) & (counts <= group.quantile(0.975))
    assert 0.94 <= inside.mean() <= 0.98
    assert 0.94 <= np.mean(counts <= group.quantile(0.95)) <= 0.98
