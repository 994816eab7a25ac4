"""How alike two divisions are, against scikit-learn and against what must hold."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

from segmentation import adjusted_mutual_information, adjusted_rand, contingency

tables = arrays.arrays(np.int64, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.integers(0, 60)).filter(lambda t: t.sum() > 1)


def labels_of(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.indices(table.shape)
    return np.repeat(rows.ravel(), table.ravel()), np.repeat(columns.ravel(), table.ravel())


@given(tables)
def test_as_scikit_learn_has_it(table: np.ndarray) -> None:
    first, second = labels_of(table)
    assert adjusted_mutual_information(table) == pytest.approx(adjusted_mutual_info_score(first, second), abs=1e-9)
    assert float(adjusted_rand(table)) == pytest.approx(adjusted_rand_score(first, second), abs=1e-9)


@pytest.mark.parametrize(("customers", "segments", "kept"), [(20_000, 8, 0.7), (200_000, 20, 0.0), (50_000, 2, 0.999)])
def test_large_tables_as_scikit_learn_has_them(customers: int, segments: int, kept: float) -> None:
    """Where the expectation is not summed over every overlap."""
    draw = np.random.default_rng(7)
    first = draw.integers(0, segments, customers)
    second = np.where(draw.random(customers) < kept, first, draw.integers(0, segments, customers))
    table = contingency(first.astype(np.int16), second.astype(np.int16), segments, segments)
    assert adjusted_mutual_information(table) == pytest.approx(adjusted_mutual_info_score(first, second), abs=1e-9)
    assert float(adjusted_rand(table)) == pytest.approx(adjusted_rand_score(first, second), abs=1e-9)


@given(tables)
def test_which_comes_first_makes_no_difference(table: np.ndarray) -> None:
    assert adjusted_mutual_information(table) == pytest.approx(adjusted_mutual_information(table.T), abs=1e-12)
    assert float(adjusted_rand(table)) == pytest.approx(float(adjusted_rand(table.T)), abs=1e-12)


def test_a_renumbered_division_is_the_same() -> None:
    table = np.array([[0, 40, 0], [30, 0, 0], [0, 0, 50]])
    assert adjusted_mutual_information(table) == pytest.approx(1.0)


def test_a_million_customers_in_twenty_segments_are_quick() -> None:
    draw = np.random.default_rng(1)
    table = draw.multinomial(1_000_000, np.full(400, 1 / 400)).reshape(20, 20)
    times = []
    for _ in range(3):
        started = time.perf_counter()
        assert abs(adjusted_mutual_information(table)) < 1e-3
        times.append(time.perf_counter() - started)
    assert min(times) < 0.2, times
