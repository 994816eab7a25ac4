"""What would move a customer: tried out with the model itself."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from segmentation.clustering import ALGORITHMS
from segmentation.explaining.moves import MOST_CHANGES, nearest_move
from tests.segmentation.placing import SHOP_WITH_PLAN, fitted, mixed_customers


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
def test_the_changes_together_place_the_customer_in_the_runner_up(algorithm: str) -> None:
    model, placed = fitted(algorithm)
    customers = mixed_customers()
    moved = 0
    for row in range(0, 400, 29):
        one = customers.iloc[row : row + 1]
        changes = nearest_move(model, one, SHOP_WITH_PLAN)
        assert len(changes) <= MOST_CHANGES
        if not changes:
            continue
        table = model.measure(one, SHOP_WITH_PLAN)
        for change in changes:
            kind = object if isinstance(change.wanted, str) else "float64"
            table[change.measure] = pd.Series([change.wanted], index=table.index, dtype=kind)
        again = model.clusterer.assign(model.builder.transform(table))
        assert again.label[0] == placed.runner_up[row]
        assert len({change.measure for change in changes}) == len(changes)
        moved += 1
    assert moved > 0 or not (placed.runner_up >= 0).any()


def test_fewer_changes_would_not_do() -> None:
    """The first m - 1 of them leave the customer where they are."""
    model, placed = fitted("kmeans")
    customers = mixed_customers()
    for row in range(0, 400, 29):
        one = customers.iloc[row : row + 1]
        changes = nearest_move(model, one, SHOP_WITH_PLAN)
        table = model.measure(one, SHOP_WITH_PLAN)
        for change in changes[:-1]:
            kind = object if isinstance(change.wanted, str) else "float64"
            table[change.measure] = pd.Series([change.wanted], index=table.index, dtype=kind)
            assert model.clusterer.assign(model.builder.transform(table)).label[0] != placed.runner_up[row]


def test_a_model_that_does_not_know_what_is_usual_names_no_change() -> None:
    model, _ = fitted("kmeans")
    assert nearest_move(replace(model, reach=None), mixed_customers().iloc[:1], SHOP_WITH_PLAN) == ()


def test_changes_read_as_people_do() -> None:
    model, _ = fitted("kmeans")
    customers = mixed_customers()
    texts = [change.text for row in range(0, 100, 7) for change in nearest_move(model, customers.iloc[row : row + 1], SHOP_WITH_PLAN)]
    assert texts
    assert all(" instead of " in text and "nan" not in text for text in texts)
