"""Rules that people see and change: which hold, what a mapping may state, and what comes back of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation import apply_values, effective_rules, from_json, stated_values, to_json
from segmentation.errors import SegmentationError
from segmentation.roles import KIND_OF, Column, Kind, Role, Schema, ValueRule


def made(header: str, role: Role, kind: Kind | None = None) -> Column:
    return Column(header.lower(), header, role, kind or KIND_OF.get(role, Kind.DECIMAL), header)


SCHEMA = Schema(
    (
        made("Born", Role.BIRTH_YEAR),
        made("Spend", Role.SPEND),
        made("Share", Role.RATIO),
        made("Since", Role.ENROLLED_ON),
        made("Member", Role.FLAG),
        made("Plan", Role.CATEGORY),
        made("Consent", Role.CONSENT),
        made("Notes", Role.IGNORE, Kind.TEXT),
    )
)


def test_every_role_has_its_rule() -> None:
    rules = {rule.column: (rule.low, rule.high, rule.impossible) for rule in effective_rules(SCHEMA, date(2020, 5, 6))}
    assert rules == {
        "Born": (1910, 2020, "missing"),
        "Spend": (0, None, "missing"),
        "Share": (None, None, "missing"),
        "Since": (1900, 2100, "missing"),
        "Member": (0, 1, "reject"),
    }


def test_what_is_stated_goes_before_the_role() -> None:
    stated = apply_values(SCHEMA, {"Spend": {"low": -5, "impossible": "keep"}})
    rule = next(rule for rule in effective_rules(stated) if rule.column == "Spend")
    assert (rule.low, rule.high, rule.impossible, rule.stated) == (-5, None, "keep", ("low", "impossible"))


def test_a_null_takes_a_rule_back_and_other_fields_stay() -> None:
    stated = apply_values(SCHEMA, {"Spend": {"low": -5, "high": 9, "decimal": "comma"}})
    again = apply_values(stated, {"Spend": {"low": None, "high": 8}})
    assert again.named("spend").rule == ValueRule(decimal="comma", high=8)


def test_folds_are_laid_over_those_there_are() -> None:
    schema = Schema((replace(SCHEMA.named("plan"), folds={"Alone": "Single", "Odd": "Single"}),))
    assert apply_values(schema, {"Plan": {"folds": {"Odd": "Odd", "Yolo": "Single"}}}).named("plan").folds == {
        "Alone": "Single",
        "Odd": "Odd",
        "Yolo": "Single",
    }
    assert apply_values(SCHEMA, {"Consent": {"folds": {"Ja": "given"}}}).named("consent").folds == {"ja": "given"}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([], "an object of rules"),
        ({"Gone": {}}, "“Gone”, but no such column"),
        ({"Spend": 5}, "is an object of"),
        ({"Spend": {"lowest": 5}}, "is an object of"),
        ({"Spend": {"low": "5"}}, "must be a number"),
        ({"Spend": {"low": True}}, "must be a number"),
        ({"Spend": {"high": float("nan")}}, "must be a number"),
        ({"Spend": {"high": 1e15}}, "must be a number"),
        ({"Spend": {"low": 5, "high": 4}}, "is above its highest"),
        ({"Spend": {"decimal": "dot"}}, "must be one of point, comma"),
        ({"Spend": {"impossible": ["keep"]}}, "must be one of missing, reject, keep"),
        ({"Spend": {"date_order": "day_first"}}, "no column of dates"),
        ({"Since": {"decimal": "comma"}}, "no column of numbers"),
        ({"Member": {"high": 2}}, "holds two values"),
        ({"Member": {"impossible": "keep"}}, "holds two values"),
        ({"Plan": {"low": 2}}, "no column of numbers or dates"),
        ({"Spend": {"folds": {"a": "b"}}}, "holds no words"),
        ({"Plan": {"folds": {"a": 1}}}, "object of words"),
        ({"Plan": {"folds": ["a"]}}, "object of words"),
        ({"Consent": {"folds": {"ja": "yes"}}}, "“given” or “withdrawn”"),
    ],
)
def test_rules_that_cannot_be_are_refused(values: Any, told: str) -> None:
    with pytest.raises(SegmentationError, match=told) as refusal:
        apply_values(SCHEMA, values)
    assert refusal.value.code == "bad_rule"


NUMBER = st.none() | st.integers(-(10**6), 10**6).map(float)
RULES = st.fixed_dictionaries(
    {},
    optional={
        "Spend": st.fixed_dictionaries({}, optional={"low": NUMBER, "decimal": st.sampled_from(["point", "comma", None])}),
        "Since": st.fixed_dictionaries({}, optional={"date_order": st.sampled_from(["day_first", "year_first"]), "high": NUMBER}),
        "Member": st.fixed_dictionaries({}, optional={"impossible": st.sampled_from(["missing", "reject"])}),
        "Plan": st.fixed_dictionaries({}, optional={"folds": st.dictionaries(st.sampled_from("abc"), st.sampled_from("xyz"))}),
    },
)


@given(RULES)
def test_what_was_stated_can_be_stated_again(values: dict[str, Any]) -> None:
    schema = apply_values(SCHEMA, values)
    assert apply_values(SCHEMA, stated_values(schema)) == schema
    assert apply_values(schema, stated_values(schema)) == schema
    assert from_json(Schema, to_json(schema)) == schema
    assert not any(value is None for said in stated_values(schema).values() for value in said.values())
