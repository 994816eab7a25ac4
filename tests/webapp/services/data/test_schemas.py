"""What a dataset's columns become when another file comes in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from segmentation import apply_values
from segmentation.roles import CUSTOMER_KEY, Column, Kind, Role, Schema, ValueRule
from webapp.services.data.schemas import align_schema, column_use, merge_schemas, stored_columns
from webapp.services.errors import Invalid

KEY = Column(CUSTOMER_KEY, "Id", Role.CUSTOMER_ID, Kind.TEXT, "Id")
INCOME = Column("income", "Income", Role.INCOME, Kind.DECIMAL, "Income")
SCORE = Column("score", "Score", Role.NUMBER, Kind.INTEGER, "Score")
NOTE = Column("note", "Note", Role.IGNORE, Kind.TEXT, "Note")
STORED = Schema((NOTE, INCOME, KEY, SCORE))


def arrive(*columns: Column) -> Schema:
    return align_schema(STORED, Schema(columns))


def test_a_column_is_known_again_by_its_header() -> None:
    guessed = replace(INCOME, name="yearly_income", label="Yearly income", confidence=0.4, reason="guessed")
    (aligned,) = arrive(guessed)
    assert (aligned.name, aligned.label) == ("income", "Income")


def test_a_new_column_never_takes_a_name_that_the_file_needs() -> None:
    aligned = arrive(INCOME, replace(INCOME, source="Income 2"), replace(SCORE, name="file_row_number", source="File row number"))
    assert [column.name for column in aligned] == ["income", "income_2", "file_row_number_2"]


def test_numbers_widen_and_anything_else_is_refused_in_words() -> None:
    assert arrive(replace(SCORE, kind=Kind.DECIMAL)).columns[0].kind is Kind.DECIMAL
    with pytest.raises(Invalid, match="holds numbers") as refusal:
        arrive(replace(INCOME, role=Role.CATEGORY, kind=Kind.TEXT))
    assert refusal.value.details["field"] == "Income"


def test_absent_columns_stay_and_new_ones_come_last() -> None:
    visits = Column("visits", "Visits", Role.VISITS, Kind.INTEGER, "Visits")
    merged = merge_schemas(STORED, arrive(visits, KEY, replace(SCORE, kind=Kind.DECIMAL)))
    assert [column.name for column in merged] == ["note", "income", CUSTOMER_KEY, "score", "visits"]
    assert merged.named("score").kind is Kind.DECIMAL
    assert merge_schemas(None, STORED) == STORED


def test_rules_and_folds_stay_until_others_are_stated() -> None:
    plan = Column("plan", "Plan", Role.CATEGORY, Kind.TEXT, "Plan", folds={"gold": "Gold", "odd": "Gold"})
    spend = replace(INCOME, rule=ValueRule(decimal="comma", low=5))
    stored = Schema((KEY, plan, spend))
    guessed = Schema((KEY, replace(plan, folds={"odd": "Silver"}), replace(INCOME, rule=ValueRule(low=7))))
    aligned = align_schema(stored, guessed)
    assert aligned.named("plan").folds == {"gold": "Gold", "odd": "Gold"}
    assert aligned.named("income").rule == ValueRule(decimal="comma", low=7)
    stated = apply_values(aligned, {"Plan": {"folds": {"odd": "odd"}}, "Income": {"low": None}})
    merged = merge_schemas(stored, stated)
    assert merged.named("plan").folds == {"gold": "Gold", "odd": "odd"}
    assert merged.named("income").rule == ValueRule(decimal="comma")
    other = merge_schemas(stored, align_schema(stored, Schema((KEY, replace(plan, role=Role.ORDINAL, folds={})))))
    assert other.named("plan").folds == {}


def test_an_ignored_column_is_remembered_but_not_stored() -> None:
    merged = merge_schemas(STORED, arrive(KEY, replace(SCORE, role=Role.IGNORE)))
    assert merged.named("score").role is Role.IGNORE
    assert [column.name for column in stored_columns(merged)] == [CUSTOMER_KEY, "income"]
    used = merge_schemas(merged, align_schema(merged, Schema((KEY, replace(NOTE, role=Role.NUMBER, kind=Kind.DECIMAL)))))
    assert used.named("note").kind is Kind.DECIMAL


def test_a_column_says_what_it_does_for_segments() -> None:
    in_use = {"income": ("Income",)}
    assert column_use(INCOME, in_use) == "in income"
    assert column_use(INCOME, {}) == "no, profile only"
    assert column_use(replace(INCOME, sensitive=True), in_use) == "no, sensitive"
    assert all(column_use(replace(INCOME, role=role), {}).startswith("no, ") for role in Role)
