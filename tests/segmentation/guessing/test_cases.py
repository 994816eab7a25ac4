"""What single columns are guessed to mean, and how honest the confidence is."""

from __future__ import annotations

import pandas as pd
import pytest

from segmentation.guessing import guess_schema
from segmentation.roles import Column
from tests.segmentation.guessing.cases import CASES, ROWS

MISSED = {"Wohnkosten", "Sterne"}
"""Cases that the guess gets wrong; it must not be sure of them."""
REMARKS = [f"remark {row} on somebody" for row in range(ROWS)]


def guessed(header: str, values: list[str]) -> Column:
    return guess_schema([header, "words"], pd.DataFrame({header: values, "words": REMARKS}, dtype=object)).columns[0]


@pytest.mark.parametrize(("header", "values", "role"), [case for case in CASES if case[0] not in MISSED], ids=lambda each: str(each)[:24])
def test_a_column_is_understood(header: str, values: list[str], role: str) -> None:
    column = guessed(header, values)
    assert column.role == role, f"{column.confidence}: {column.reason}"
    assert column.reason


def test_wrong_guesses_are_unsure() -> None:
    columns = [(guessed(header, values), role) for header, values, role in CASES]
    wrong = [column for column, role in columns if column.role != role]
    assert {column.source for column in wrong} == MISSED
    assert all(column.confidence < 0.9 for column in wrong)
    assert len(wrong) <= 0.02 * len(CASES)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("Incom", "“incom” looks like a misspelling of “income”"),
        ("Year_Brith", "“brith” looks like a misspelling of “birth”"),
        ("custmer id", "“custmer” looks like a misspelling of “custo"),
        ("Chrun", "“chrun” looks like a misspelling of “churn”"),
        ("Recencey", "“recencey” looks like a misspelling of “recency”"),
    ],
)
def test_a_misspelt_name_counts_less_and_is_said(header: str, told: str) -> None:
    values = next(values for name, values, _ in CASES if name == header)
    column = guessed(header, values)
    assert told in column.reason
    assert column.confidence < 0.8


@pytest.mark.parametrize(
    ("header", "right", "vetoed"),
    [
        ("age", ["30", "41", "52"], ["1200", "3400", "9000"]),
        ("dob", ["01.02.1980", "03.04.1990"], ["blue", "red"]),
        ("income", ["20000", "41000"], ["low", "high"]),
        ("children", ["0", "1", "3"], ["250", "900", "14"]),
        ("phone", ["030 1234567", "040 7654321"], ["3", "7"]),
        ("signup", ["2020-01-02", "2021-03-04"], ["web", "shop"]),
        ("purchases_frequency", ["0.25", "0.75"], ["3", "12"]),
    ],
)
def test_values_veto_what_a_name_says(header: str, right: list[str], vetoed: list[str]) -> None:
    roles = [guess_schema([header], pd.DataFrame({header: values * 4}, dtype=object)).columns[0].role for values in (right, vetoed)]
    assert roles[0] is not roles[1]
