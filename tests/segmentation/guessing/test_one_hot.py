"""Which yes/no columns are one category."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import pandas as pd
import pytest

from segmentation.guessing.one_hot import one_hot_groups

ROWS = 300


def groups(columns: Mapping[str, Sequence[str]]) -> dict[str, dict[str, str]]:
    found = one_hot_groups(list(columns), pd.DataFrame(columns, dtype=object))
    return {group.source: dict(group.parts) for group in found}


def dummies(beginning: str, words: Sequence[str], left_out: int = 0, seed: int = 1) -> dict[str, list[str]]:
    """One of the `words`, or of `left_out` others, in each row."""
    chooser = random.Random(seed)
    chosen = [chooser.randrange(len(words) + left_out) for _ in range(ROWS)]
    return {f"{beginning}{word}": ["1" if n == place else "0" for n in chosen] for place, word in enumerate(words)}


def flags(beginning: str, shares: Sequence[float]) -> dict[str, list[str]]:
    chooser = random.Random(3)
    return {f"{beginning}{n}": ["1" if chooser.random() < share else "0" for _ in range(ROWS)] for n, share in enumerate(shares)}


@pytest.mark.parametrize("separator", ["_", "=", ": ", ".", "-"])
def test_words_stand_behind_a_common_beginning(separator: str) -> None:
    columns = dummies(f"marital_status{separator}", ["Single", "Married", "In a_union"])
    found = groups(columns)["marital_status"]
    assert list(found.values()) == ["Single", "Married", "In a_union"]


def test_two_categories_with_one_beginning_are_two() -> None:
    columns = {**dummies("pay_method_", ["card", "cash"]), **dummies("pay_plan_", ["a", "b", "c"], seed=2)}
    assert {source: len(parts) for source, parts in groups(columns).items()} == {"pay_method": 2, "pay_plan": 3}


def test_a_column_left_out_is_borne_where_chance_would_show() -> None:
    assert list(groups(dummies("city_", ["Rome", "Oslo"], left_out=1))) == ["city"]
    rare = {header: ["1", *cells[1:8], *["0"] * (ROWS - 8)] for header, cells in dummies("city_", ["Rome", "Oslo"], left_out=1).items()}
    rare["city_Oslo"][0] = "0"
    assert groups(rare) == {}


def test_a_faulty_row_does_not_hide_a_category() -> None:
    columns = dummies("city_", ["Rome", "Oslo", "Bern"])
    for cells in columns.values():
        cells[5] = "1"
    assert list(groups(columns)) == ["city"]


@pytest.mark.parametrize("shares", [(0.3, 0.4, 0.2), (0.07, 0.06, 0.08, 0.07, 0.02), (0.01, 0.01)])
def test_flags_that_go_together_or_hardly_occur_are_flags(shares: Sequence[float]) -> None:
    assert groups(flags("product_", shares)) == {}


@pytest.mark.parametrize("beginning", ["is_", "has_", "accepted_", "AcceptedCmp_"])
def test_what_somebody_did_is_no_word_of_a_category(beginning: str) -> None:
    assert groups(dummies(beginning, ["a", "b", "c"])) == {}


def test_numbers_and_single_columns_are_left_alone() -> None:
    columns = {**dummies("city_", ["Rome"]), "spend_wine": ["3"] * ROWS, "spend_fish": ["4"] * ROWS}
    assert groups(columns) == {}
