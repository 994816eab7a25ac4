"""Means, effects, intervals and tests against SciPy and closed forms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from segmentation.describing.comparison import differences, holm, spread
from segmentation.describing.effects import LIMIT, rate_effect_interval
from segmentation.describing.profiles import Difference, Measure
from tests.segmentation.made import MEASURES, made_world

PLAIN = (Measure("x", "X", "X", "number", False),)


def one(values: np.ndarray, label: np.ndarray) -> list[Difference]:
    found = differences(pd.DataFrame({"x": values}), PLAIN, label.astype(np.int16), sorted(set(label[label >= 0].tolist())))
    return [each[0] for each in found]


def test_means_medians_and_effect_agree_with_plain_formulas() -> None:
    world = made_world()
    label = world.assignments.label
    for cluster, found in enumerate(differences(world.table, MEASURES, label, [0, 1, 2])):
        for each in found:
            values = world.table[each.measure]
            own, rest = values[label == cluster].dropna(), values[label != cluster].dropna()
            pooled = np.sqrt(((len(own) - 1) * own.var() + (len(rest) - 1) * rest.var()) / (len(own) + len(rest) - 2))
            assert each.mean == pytest.approx(own.mean())
            assert each.rest_mean == pytest.approx(rest.mean())
            assert (each.median, each.rest_median) == (own.median(), rest.median())
            assert each.overall_mean == pytest.approx(values.mean())
            assert each.z == pytest.approx((own.mean() - values.mean()) / values.std(ddof=0))
            assert each.effect == pytest.approx((own.mean() - rest.mean()) / pooled)


def test_significance_is_welch_after_holm() -> None:
    world = made_world(300)
    label = world.assignments.label
    p = {}
    for cluster in range(3):
        for measure in MEASURES:
            values = world.table[measure.name]
            own, rest = values[label == cluster].dropna(), values[label != cluster].dropna()
            p[cluster, measure.name] = stats.ttest_ind(own, rest, equal_var=False).pvalue
    ordered = sorted(p, key=lambda key: p[key])
    expected = set()
    for place, key in enumerate(ordered):
        if p[key] > 0.05 / (len(p) - place):
            break
        expected.add(key)
    found = differences(world.table, MEASURES, label, [0, 1, 2])
    assert {(cluster, each.measure) for cluster in range(3) for each in found[cluster] if each.significant} == expected
    assert 0 < len(expected) < len(p)


def test_interval_agrees_with_the_normal_approximation_of_the_effect() -> None:
    rng = np.random.default_rng(4)
    label = np.repeat([0, 1], [400, 800])
    found = one(rng.normal(label * -0.5, 1.0), label)[0]
    error = np.sqrt(1 / 400 + 1 / 800 + found.effect**2 / (2 * 1200))  # Hedges & Olkin 1985
    assert found.low == pytest.approx(found.effect - 1.96 * error, abs=0.1 * error)
    assert found.high == pytest.approx(found.effect + 1.96 * error, abs=0.1 * error)


def test_a_yes_or_no_is_tested_by_fisher_and_has_its_own_interval() -> None:
    label = np.repeat([0, 1], [100, 2000])
    values = np.concatenate([np.zeros(100), np.repeat([1.0, 0.0], [40, 1960])])
    found = one(values, label)[0]
    assert stats.ttest_ind(values[:100], values[100:], equal_var=False).pvalue < 1e-9  # Welch: nobody in 100 cannot be chance
    assert stats.fisher_exact([[0, 100], [40, 1960]]).pvalue > 0.05
    assert not found.significant
    low, high = rate_effect_interval(*(np.array([each]) for each in (0.0, 100.0, 0.02, 2000.0)))
    assert (found.low, found.high) == pytest.approx((low[0], high[0]), abs=1e-8)
    assert found.low < 0 < found.high


def test_figures_do_not_depend_on_where_zero_lies_or_on_the_unit() -> None:
    rng = np.random.default_rng(7)
    label = np.arange(300) % 3
    values = rng.gamma(2, 1, 300) + 0.5 * (label == 0)
    for plain, moved in zip(one(values, label), one(values * 1e4 + 1e6, label), strict=True):
        assert (moved.effect, moved.low, moved.high) == pytest.approx((plain.effect, plain.low, plain.high), abs=1e-8)


def test_customers_in_no_segment_count_among_everyone_else() -> None:
    values, label = np.array([1.0, 2, 3, 100, 101, 102]), np.array([0, 0, 0, -1, -1, -1])
    assert one(values, label)[0].rest_mean == 101


def test_constant_columns_differ_in_nothing() -> None:
    for each in one(np.full(50, 7.1), np.arange(50) % 2):
        assert (each.effect, each.z, each.significant) == (0, 0, False)
        assert (each.low, each.high) == (0, 0)


@pytest.mark.parametrize("scale", [1.0, 3.0], ids=["yes or no", "amount"])
def test_perfect_separation_stays_finite_and_significant(scale: float) -> None:
    label = np.arange(60) % 2
    low, high = one(label * scale, label)
    assert low.effect == -LIMIT
    assert high.effect == LIMIT
    assert low.significant
    assert -LIMIT <= low.low <= low.effect <= low.high < 0


def test_a_measure_unknown_for_a_whole_segment_is_left_out_there() -> None:
    table = pd.DataFrame({"x": [np.nan, np.nan, 1.0, 2.0, 3.0, 4.0]})
    found = differences(table, PLAIN, np.array([0, 0, 1, 1, 2, 2], dtype=np.int16), [0, 1, 2])
    assert [len(each) for each in found] == [0, 1, 1]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_holm_passes_no_more_than_plain_and_no_less_than_bonferroni(p: list[float]) -> None:
    values = np.array(p)
    passed = holm(values)
    assert (values[passed] <= 0.05).all()
    assert passed[values <= 0.05 / len(values)].all()
    assert not passed.any() or values[passed].max() <= values[~passed].min(initial=2.0)


def test_holm_never_passes_what_could_not_be_tested() -> None:
    assert holm(np.array([np.nan, 0.001, 0.04])).tolist() == [False, True, True]


def test_spread_is_the_correlation_ratio_of_a_complete_partition() -> None:
    values, label = np.random.default_rng(1).normal(size=90), np.repeat([0, 1, 2], [20, 30, 40])
    found = differences(pd.DataFrame({"x": values}), PLAIN, label.astype(np.int16), [0, 1, 2])
    between = sum((label == c).mean() * (values[label == c].mean() - values.mean()) ** 2 for c in range(3))
    assert spread(found, [2 / 9, 3 / 9, 4 / 9], "x") == pytest.approx(np.sqrt(between / values.var()))
