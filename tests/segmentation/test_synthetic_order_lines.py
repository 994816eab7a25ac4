"""Drawn order lines hold what they say, and their kinds of buyers are found again."""

from __future__ import annotations

import numpy as np
import pytest

from segmentation.choosing.stability import adjusted_rand, contingency
from segmentation.errors import SegmentationError
from segmentation.pipeline import segment_customers
from segmentation.synthetic_order_lines import KINDS, synthetic_orders
from tests.segmentation.orders.shop_lines import customers_of, read


def test_the_same_arguments_draw_the_same_lines() -> None:
    first, again, other = (synthetic_orders(40, seed=seed) for seed in (3, 3, 4))
    assert first.lines.equals(again.lines)
    assert not first.lines.equals(other.lines)
    assert np.bincount(first.truth).tolist() == [10] * len(KINDS)


@pytest.mark.parametrize("arguments", [{"customers": 3}, {"customers": 9, "anonymous": 1.0}, {"customers": 9, "repeated": -0.1}])
def test_impossible_wishes_are_refused(arguments) -> None:
    with pytest.raises(SegmentationError):
        synthetic_orders(**arguments)


def test_a_reader_finds_what_was_planted(tmp_path) -> None:
    made = synthetic_orders(800, seed=1)
    counts = read(tmp_path, made.lines.to_csv(index=False)).counts
    assert (counts.total, counts.rejected) == (len(made.lines), 0)
    assert (counts.without_customer, counts.cancellations, counts.duplicates) == (
        made.without_customer,
        made.cancellations,
        made.duplicates,
    )
    assert min(made.without_customer, made.cancellations, made.duplicates) > 0
    found = customers_of(tmp_path)
    result = segment_customers(found.customers, found.schema, as_of=found.as_of)
    truth = made.truth[found.customers["customer_key"].astype(int) - 1]
    assert result.k == len(KINDS)
    assert adjusted_rand(contingency(truth, result.assignments.label, len(KINDS), result.k)) > 0.9
