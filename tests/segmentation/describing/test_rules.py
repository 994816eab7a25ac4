"""Rules say what they find: every stated figure is counted again from the words."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from segmentation.codec import from_json
from segmentation.describing.profiles import Measure, Rule, RuleSum
from segmentation.describing.rules import Bounds, RuleFinder, condition, round_threshold
from tests.segmentation.made import MEASURES, made_world

INCOME, TEENS, VISITS, CATALOGUE = MEASURES[1], MEASURES[2], MEASURES[6], MEASURES[5]
TENURE = Measure("tenure", "Customer for", "Tenure", "months", False)


def segment_rules(table: pd.DataFrame, measures: tuple[Measure, ...], member: np.ndarray) -> tuple[Rule, ...]:
    return RuleFinder.of(table, measures, 0).find(member)[0]


def read(words: str, table: pd.DataFrame) -> np.ndarray:
    """An independent reader of conditions, as a person would apply them."""
    by_label = {("aged" if m.name == "age" else m.label[0].lower() + m.label[1:]): m for m in MEASURES}
    measure = next(m for label, m in sorted(by_label.items(), key=lambda item: -len(item[0])) if label in words)
    values = table[measure.name].to_numpy() * (100 if measure.unit == "share" else 1)
    bare = words.replace(",", "").replace("%", "")
    numbers = [float(each) for each in re.findall(r"\d+\.?\d*", bare)]
    if "over" in bare and "up to" in bare:
        return (values > numbers[0]) & (values <= numbers[1])
    for phrase, test in (
        ("over", lambda v: v > numbers[0]),
        ("more than", lambda v: v > numbers[0]),
        ("up to", lambda v: v <= numbers[0]),
        ("at most", lambda v: v <= numbers[0]),
        ("fewer than", lambda v: v < numbers[0]),
        ("at least", lambda v: v >= numbers[0]),
        ("no ", lambda v: v == 0),
        ("some ", lambda v: v > 0),
        (" to ", lambda v: (v >= numbers[0]) & (v <= numbers[1])),
    ):
        if phrase in bare:
            return test(values)
    return values == numbers[0]


@pytest.mark.parametrize("cluster", [0, 1, 2])
def test_stated_figures_hold_for_the_stated_words(cluster: int) -> None:
    world = made_world(900)
    member = world.assignments.label == cluster
    rules = segment_rules(world.table, MEASURES, member)
    assert 1 <= len(rules) <= 3
    for rule in rules:
        found = np.logical_and.reduce([read(words, world.table) for words in rule.conditions])
        assert found.sum() == rule.customers
        assert rule.precision == pytest.approx((found & member).sum() / found.sum())
        assert rule.recall == pytest.approx((found & member).sum() / member.sum())
        assert rule.coverage == pytest.approx(found.mean())
    assert [rule.recall for rule in rules] == sorted((rule.recall for rule in rules), reverse=True)


@pytest.mark.parametrize("cluster", [0, 1, 2])
def test_the_sum_counts_whoever_any_rule_finds_once(cluster: int) -> None:
    world = made_world(900, seed=4)
    member = world.assignments.label == cluster
    rules, together = RuleFinder.of(world.table, MEASURES, 0).find(member)
    found = np.logical_or.reduce([np.logical_and.reduce([read(words, world.table) for words in rule.conditions]) for rule in rules])
    hits = (found & member).sum()
    assert together == RuleSum(hits / found.sum(), hits / member.sum(), found.mean(), found.sum())


def test_a_planted_rule_is_found_and_said_simply() -> None:
    rng = np.random.default_rng(2)
    table = pd.DataFrame({"income": rng.uniform(10_000, 90_000, 1000), "teens": rng.integers(0, 3, 1000).astype(float)})
    member = ((table["income"] > 60_000) & (table["teens"] == 0)).to_numpy()
    (rule,) = segment_rules(table, (INCOME, TEENS), member)
    assert rule.precision > 0.97
    assert rule.recall > 0.97
    assert rule.conditions[1] == "no teenagers"
    assert re.fullmatch(r"income over \d\d,\d00", rule.conditions[0])


def test_unknown_values_meet_no_condition() -> None:
    assert Bounds(high=4).holds(np.array([3.0, np.nan, 5.0])).tolist() == [True, False, False]


def test_noise_makes_no_rule_up() -> None:
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"income": rng.normal(size=2000), "teens": rng.integers(0, 3, 2000).astype(float)})
    assert all(rule.recall < 0.2 for rule in segment_rules(table, (INCOME, TEENS), rng.random(2000) < 0.2))


def test_a_segment_of_everybody_or_nobody_has_no_rule() -> None:
    table = pd.DataFrame({"income": np.arange(20.0), "teens": np.zeros(20)})
    assert segment_rules(table, (INCOME, TEENS), np.ones(20, dtype=bool)) == ()
    assert segment_rules(table, (INCOME, TEENS), np.zeros(20, dtype=bool)) == ()
    assert RuleFinder.of(table, (INCOME, TEENS), 0).find(np.zeros(20, dtype=bool))[1] is None


def test_a_segment_in_the_middle_is_found_although_its_mean_is_that_of_all() -> None:
    rng = np.random.default_rng(5)
    table = pd.DataFrame({f"noise{i}": rng.normal(size=1500) for i in range(15)} | {"income": rng.uniform(0, 90_000, 1500)})
    member = ((table["income"] > 30_000) & (table["income"] < 60_000)).to_numpy()
    measures = (*(Measure(f"noise{i}", f"Noise {i}", f"Noise {i}", "number", False) for i in range(15)), INCOME)
    (rule,) = segment_rules(table, measures, member)
    assert rule.precision > 0.95
    assert re.fullmatch(r"income over \d\d,\d00 and up to \d\d,\d00", rule.conditions[0])


def test_rules_speak_of_parts_rather_than_of_their_sum() -> None:
    rng = np.random.default_rng(6)
    kids, teens = rng.integers(0, 3, 800).astype(float), rng.integers(0, 3, 800).astype(float)
    table = pd.DataFrame({"kids": kids, "teens": teens, "dependents": kids + teens})
    measures = tuple(Measure(name, name.capitalize(), name, "count", False) for name in table)
    rules = segment_rules(table, measures, (kids + teens > 2))
    assert all("dependents" not in words for rule in rules for words in rule.conditions)


def test_an_empty_column_is_no_trouble() -> None:
    table = pd.DataFrame({"income": np.full(50, np.nan), "teens": np.arange(50.0) % 3})
    (rule,) = segment_rules(table, (INCOME, TEENS), (table["teens"] == 0).to_numpy())
    assert rule.conditions == ("no teenagers",)


@pytest.mark.parametrize(
    ("measure", "bounds", "words"),
    [
        (INCOME, Bounds(low=68_100), "income over 68,100"),
        (INCOME, Bounds(40_000, 68_100), "income over 40,000 and up to 68,100"),
        (TEENS, Bounds(high=0), "no teenagers"),
        (TEENS, Bounds(low=0), "some teenagers"),
        (TEENS, Bounds(high=1), "fewer than 2 teenagers"),
        (TEENS, Bounds(low=1), "at least 2 teenagers"),
        (VISITS, Bounds(high=4), "at most 4 web visits a month"),
        (VISITS, Bounds(3, 6), "4 to 6 web visits a month"),
        (VISITS, Bounds(3, 4), "4 web visits a month"),
        (CATALOGUE, Bounds(low=0.22), "catalogue share of orders over 22%"),
        (MEASURES[0], Bounds(high=45), "aged up to 45"),
        (TENURE, Bounds(low=12), "customer for over 12 months"),
    ],
)
def test_conditions_are_words_a_marketer_repeats(measure: Measure, bounds: Bounds, words: str) -> None:
    assert condition(measure, bounds) == words


def test_thresholds_are_rounded_to_what_people_repeat() -> None:
    assert round_threshold(68_122.4, INCOME) == 68_100
    assert round_threshold(4.5, VISITS) == 4
    assert round_threshold(0.2178, CATALOGUE) == 0.22
    assert round_threshold(-np.inf, INCOME) == -np.inf


def test_yes_or_no_measures_are_said_as_such() -> None:
    phone = Measure("phone", "Phone service", "Phone", "share", False, yes_or_no=True)
    level = Measure("contract_is_two_year", "Contract: Two year", "Two year", "share", False, yes_or_no=True)
    table = pd.DataFrame({"phone": [0.0, 1.0] * 50, "contract_is_two_year": [0.0, 0.0, 1.0, 1.0] * 25})
    (rule,) = segment_rules(table, (phone,), (table["phone"] == 0).to_numpy())
    assert rule.conditions == ("phone service: no",)
    assert (rule.precision, rule.recall, rule.coverage) == (1, 1, 0.5)
    (rule,) = segment_rules(table, (phone, level), (table.sum(axis=1) == 2).to_numpy())
    assert rule.conditions == ("phone service: yes", "contract: Two year")


def test_rules_stored_without_coverage_stay_readable() -> None:
    stored = {"conditions": ["no teenagers"], "precision": 0.9, "recall": 0.5, "customers": 10}
    assert from_json(Rule, stored).coverage is None
