"""A yes or no in words."""

from __future__ import annotations

import pytest

from segmentation.describing.profiles import Measure
from segmentation.describing.traits import condition, how_often, level_words, trait


def answer(name: str, label: str) -> Measure:
    return Measure(name, label, label, "share", True, yes_or_no=True)


@pytest.mark.parametrize(
    ("measure", "said", "more"),
    [
        (answer("phone", "Phone service"), "mostly have phone service (70%; the rest 40%)", "more with phone service"),
        (answer("senior", "Senior citizen"), "are mostly senior citizens (70%; the rest 40%)", "more senior citizens"),
        (answer("complained", "Complained"), "have mostly complained (70%; the rest 40%)", "more who complained"),
        (answer("retired", "Is retired"), "are mostly retired (70%; the rest 40%)", "more who are retired"),
        (answer("tier_is_gold", "Tier: Gold"), "mostly have Gold as tier (70%; the rest 40%)", "more with tier Gold"),
        (answer("tv_is_yes", "Streaming: Yes"), "mostly have streaming (70%; the rest 40%)", "more with streaming"),
        (answer("tv_is_no", "Streaming: No"), "mostly have no streaming (70%; the rest 40%)", "more without streaming"),
        (answer("partner", "Partner at home"), "mostly live with a partner (70%; the rest 40%)", "more living with a partner"),
    ],
)
def test_it_is_said_in_a_sentence_and_in_a_title(measure: Measure, said: str, more: str) -> None:
    assert trait(measure).said(0.7, 0.4) == said
    assert trait(measure).more_or_fewer(more=True) == more
    assert trait(measure).more_or_fewer(more=False) == f"fewer{more.removeprefix('more')}"


@pytest.mark.parametrize(
    ("own", "rest", "adverb"),
    [
        (0.95, 0.5, "nearly always"),
        (0.6, 0.5, "mostly"),
        (0.3, 0.1, "more often"),
        (0.1, 0.5, "rarely"),
        (0.3, 0.5, "less often"),
        (0.95, 0.99, "less often"),
    ],
)
def test_how_often_speaks_of_the_side_that_differs(own: float, rest: float, adverb: str) -> None:
    assert how_often(own, rest) == adverb


@pytest.mark.parametrize(
    ("measure", "yes", "no"),
    [
        (answer("phone", "Phone service"), "phone service: yes", "phone service: no"),
        (answer("contract_is_two_year", "Contract: Two year"), "contract: Two year", "contract other than Two year"),
        (answer("partner", "Partner at home"), "living with a partner", "living without a partner"),
        (answer("tv_is_no_internet_service", "TV: No internet service"), "without internet service", "with internet service"),
    ],
)
def test_conditions_say_which_answer(measure: Measure, yes: str, no: str) -> None:
    assert (condition(measure, yes=True), condition(measure, yes=False)) == (yes, no)


def test_a_level_by_itself_says_of_what_it_is_a_yes_or_no() -> None:
    assert [level_words("Tech support", level) for level in ("Yes", "No", "No internet service", "Premium")] == [
        "with tech support",
        "without tech support",
        "without internet service",
        "Premium",
    ]
