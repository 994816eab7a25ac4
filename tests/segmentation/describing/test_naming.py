"""Names and personas: distinct, short enough, and never more than the measures support."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentation.describing.facts import Fact
from segmentation.describing.naming import SHORT, name_segments
from segmentation.describing.persona import evidence, persona
from segmentation.describing.profiles import Difference, Measure, OutcomeRate
from tests.segmentation.made import made_world, unstructured_world

RESPONDS = OutcomeRate("responded", "Responds", 500, 150, 0.3, 0.26, 0.34, 0.15, 2.0)


def fact(
    name: str,
    effect: float,
    *,
    label: str | None = None,
    unit: str = "count",
    mean: float = 2.0,
    overall: float = 1.0,
    significant: bool = True,
    having: float | None = None,
    yes_or_no: bool = False,
) -> Fact:
    label = label or name.capitalize()
    measure = Measure(name, label, label, unit, False, yes_or_no)  # type: ignore[arg-type]
    found = Difference(name, mean, overall, overall, mean, overall, effect / 2, effect, effect - 0.1, effect + 0.1, significant)
    return Fact(measure, found, mean / overall, having, 0.4 if having is not None else None)


def share(name: str, label: str, own: float, rest: float, effect: float = 1.2) -> Fact:
    """A yes or no that `own` of them have."""
    measure = Measure(name, label, label, "share", True, yes_or_no=True)
    signed = effect if own > rest else -effect
    found = Difference(name, own, rest, (own + rest) / 2, round(own), round(rest), signed / 2, signed, signed - 0.1, signed + 0.1, True)
    return Fact(measure, found, 2 * own / (own + rest), None, None)


INCOME = fact("income", 1.4, unit="money", mean=76_000, overall=50_000)
CATALOGUE = fact("share_catalog", 1.6, label="Catalogue share of orders", unit="share", mean=0.31, overall=0.16)
TEENS = fact("teens", 1.3, label="Teenagers", mean=0.95, overall=0.5, having=0.94)
KIDS = fact("kids", 1.1, label="Young children", mean=0.8, overall=0.4, having=0.75)
AGE = fact("age", 0.7, unit="years", mean=51, overall=45)
DEALS = fact("purchases_deals", 2.2, label="Deal purchases", mean=6.7, overall=2.3)
FEW_ORDERS = fact("orders", -1.4, mean=5, overall=12)


def test_words_of_a_name_come_from_the_facts() -> None:
    names = name_segments([[INCOME, CATALOGUE], [TEENS, AGE], [DEALS, KIDS, TEENS], [FEW_ORDERS]])
    assert [name.name for name in names] == [
        "Affluent catalogue buyers",
        "Settled parents of teens",
        "Deal-seeking families",
        "Occasional buyers",
    ]
    assert [name.short_name for name in names] == ["Affluent", "Settled", "Deal-seeking", "Occasional"]
    assert names[0].measures == ("income", "share_catalog")


def test_other_files_are_named_by_their_own_labels() -> None:
    charges = fact("monthly_charges", 1.2, label="Monthly charges", unit="money", mean=90, overall=60)
    (name,) = name_segments([[charges]])
    assert name.name == "High monthly charges"
    assert len(name.short_name) <= SHORT


MONTHLY = share("contract_is_month_to_month", "Contract: Month-to-month", 0.91, 0.48)
UNSECURED = share("online_security_is_no", "Online security: No", 0.79, 0.44)
OFFLINE = share("device_protection_is_no_internet_service", "Device protection: No internet service", 1.0, 0.12)


@pytest.mark.parametrize(
    ("facts", "name", "short"),
    [
        ([MONTHLY], "Month-to-month customers", "Month-to-month"),
        ([MONTHLY, UNSECURED], "Month-to-month customers without online security", "Month-to-month"),
        ([OFFLINE], "Customers without internet service", "No internet"),
        ([share("tier_is_3", "Tier: 3", 0.9, 0.2)], "Tier 3 customers", "Tier 3"),
        ([share("pays_is_card", "Pays by: Credit card (automatic)", 0.7, 0.1)], "Credit card customers", "Credit card"),
        ([share("tech_support_is_yes", "Tech support: Yes", 0.7, 0.2)], "Customers with tech support", "Tech support"),
        ([share("phone_service", "Phone service", 0.1, 0.95)], "Customers without phone service", "No phone"),
        ([share("senior_citizen", "Senior citizen", 0.8, 0.1)], "Senior citizens", "Senior"),
        ([share("complained", "Complained", 0.7, 0.1)], "Customers who complained", "Complained"),
        ([share("is_premium_member", "Is premium member", 0.7, 0.1)], "Premium members", "Premium"),
        ([share("newsletter", "Has newsletter", 0.7, 0.1)], "Customers with newsletter", "Newsletter"),
    ],
)
def test_categories_and_flags_make_names_of_those_who_mostly_have_them(facts: list[Fact], name: str, short: str) -> None:
    (found,) = name_segments([facts])
    assert (found.name, found.short_name) == (name, short)
    assert set(found.measures) <= {each.measure.name for each in facts}


@pytest.mark.parametrize("some", [share("city_is_leeds", "City: Leeds", 0.4, 0.1), share("city_is_leeds", "City: Leeds", 0.05, 0.6)])
def test_what_only_some_have_makes_nobody_their_customers(some: Fact) -> None:
    (found,) = name_segments([[some]])
    assert found.name in ("Often Leeds", "Rarely Leeds")


def test_days_since_the_last_order_are_recency_whatever_their_name() -> None:
    since = {"label": "Days since last order", "unit": "days"}
    late = fact("days_since_last_order", 1.9, mean=234, overall=92, **since)  # type: ignore[arg-type]
    soon = fact("days_since_last_order", -1.9, mean=39, overall=92, **since)  # type: ignore[arg-type]
    assert [name.name for name in name_segments([[late], [soon]])] == ["Lapsing customers", "Recent customers"]
    assert persona([late], [], 0.2, None).endswith("They had their last order 234 days ago on average (the rest 92).")


def test_a_multiple_of_the_average_tells_where_a_few_huge_amounts_hide_it() -> None:
    poor = fact("spend", -0.2, unit="money", mean=200, overall=2_000)
    (name,) = name_segments([[poor]])
    assert name.name == "Low spenders"
    assert "spend 0.1× the average" in persona([poor], [], 0.2, 0.02)


@pytest.mark.parametrize(
    "weak",
    [
        fact("income", 1.4, unit="money", mean=76_000, overall=50_000, significant=False),
        fact("income", 0.4, unit="money", mean=76_000, overall=50_000),
        fact("teens", 0.1, label="Teenagers", having=0.94),
    ],
    ids=["not significant", "too small", "alike"],
)
def test_weak_facts_name_nobody(weak: Fact) -> None:
    (name,) = name_segments([[weak]])
    assert name.name == "Average customers"
    assert name.measures == ()


def test_parents_are_only_those_who_mostly_have_children() -> None:
    few = fact("teens", 0.8, label="Teenagers", mean=0.45, overall=0.2, having=0.42)
    (name,) = name_segments([[few]])
    assert "parents" not in name.name
    assert "families" not in name.name


def test_a_slightly_higher_income_is_not_affluence() -> None:
    (name,) = name_segments([[fact("income", 0.9, unit="money", mean=55_000, overall=50_000)]])
    assert "Affluent" not in name.name


@given(st.integers(1, 20), st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_names_and_short_names_are_distinct_and_fit(k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pool = [INCOME, CATALOGUE, TEENS, KIDS, AGE, DEALS, FEW_ORDERS]
    segments = [[pool[i] for i in rng.choice(len(pool), rng.integers(0, 4), replace=False)] for _ in range(k)]
    names = name_segments(segments)
    assert len({name.name for name in names}) == k
    assert len({name.short_name for name in names}) == k
    assert all(0 < len(name.short_name) <= SHORT for name in names)
    assert names == name_segments(segments)


def test_made_segments_are_named_by_what_was_put_into_them() -> None:
    names = [segment.name for segment in made_world(1200).profiles().segments]
    assert names[0] in ("Affluent catalogue buyers", "Affluent big spenders", "Older catalogue buyers")
    assert "parents of teens" in names[1]
    assert "Young" in names[2] or "web browsers" in names[2]


def test_segments_by_lot_get_no_claim() -> None:
    for segment in unstructured_world(1200).profiles().segments:
        assert segment.name.startswith("Average customers")
        assert "differ from everyone else in nothing" in segment.persona


def test_evidence_starts_with_the_name_and_ends_with_a_clear_outcome() -> None:
    lines = evidence([CATALOGUE, INCOME, AGE], ("income", "share_catalog"), [RESPONDS])
    assert [(line.label, line.text) for line in lines] == [
        ("Income", "1.5× average"),
        ("Catalogue share of orders", "1.9× average"),
        ("Responds", "2.0× average"),
    ]


def test_an_outcome_within_chance_is_no_evidence() -> None:
    unclear = OutcomeRate("responded", "Responds", 50, 9, 0.18, 0.09, 0.31, 0.15, 1.2)
    lines = evidence([CATALOGUE, INCOME, TEENS], ("income",), [unclear])
    assert [line.measure for line in lines] == ["income", "share_catalog", "teens"]
    assert lines[2].label == "With teenagers"
    assert lines[2].text == "94%"


def test_persona_is_sentences_with_figures() -> None:
    text = persona([CATALOGUE, INCOME, AGE], [RESPONDS], 0.24, 0.52)
    assert text == (
        "They earn 1.5× the average and are 51 years old on average (the rest 45). "
        "They place 31% of their orders through the catalogue (the rest 16%). Responds: 30% against 15% overall."
    )


def test_persona_says_how_many_have_what_others_have_not() -> None:
    text = persona([MONTHLY, UNSECURED, OFFLINE, share("phone_service", "Phone service", 0.3, 0.9)], [], 0.2, None)
    assert text == (
        "They are 20% of customers. They nearly always have Month-to-month as contract (91%; the rest 48%), "
        "mostly have no online security (79%; the rest 44%) and nearly always have no internet service (100%; the rest 12%)."
    )
    assert "less often have phone service (30%; the rest 90%)" in persona([share("phone", "Phone service", 0.3, 0.9)], [], 0.2, None)


def test_persona_says_nothing_twice_and_nothing_backwards() -> None:
    twice = [MONTHLY, share("contract_is_two_year", "Contract: Two year", 0.02, 0.3)]
    assert "Two year" not in persona(twice, [], 0.2, None)
    backwards = share("online_security_is_no", "Online security: No", 0.02, 0.6)
    assert "no online security" not in persona([backwards], [], 0.2, None)


def test_evidence_says_what_its_figures_are_to_be_compared_to() -> None:
    lines = evidence([MONTHLY, AGE, TEENS], (), [])
    assert [(line.label, line.text, line.reference) for line in lines] == [
        ("Contract: Month-to-month", "91%", "the rest 48%"),
        ("Mean age", "51", "the rest 45"),
        ("With teenagers", "94%", "the rest 40%"),
    ]
    lines = evidence([UNSECURED, share("partner", "Partner at home", 0.0, 0.7)], (), [])
    assert [(line.label, line.text, line.reference) for line in lines] == [
        ("Without online security", "79%", "the rest 44%"),
        ("Living without a partner", "100%", "the rest 30%"),
    ]
    assert all(line.reference or "average" in line.text for line in evidence([INCOME, CATALOGUE, DEALS], (), [RESPONDS]))


def test_an_outcome_that_failed_its_test_is_no_evidence() -> None:
    assert [line.label for line in evidence([INCOME], (), [replace(RESPONDS, significant=True)])] == ["Income", "Responds"]
    assert [line.label for line in evidence([INCOME], (), [replace(RESPONDS, significant=False)])] == ["Income"]


def test_persona_says_nothing_that_is_not_significant() -> None:
    text = persona([fact("income", 1.4, unit="money", significant=False)], [], 0.24, None)
    assert text == "They are 24% of customers. They differ from everyone else in nothing that is measured."


def test_two_names_never_say_the_same_in_other_words() -> None:
    """Low spenders who buy occasionally are occasional buyers who spend little: the second segment is told by something else."""
    low = (fact("spend", -1.5, unit="money", mean=0.3), fact("orders", -1.2, mean=0.5))
    first, second = name_segments([(*low, fact("recency", -0.6, unit="days")), (*low, fact("age", 0.9, unit="years", mean=60.0))])
    assert set(first.measures) != set(second.measures)


def test_days_since_the_last_purchase_are_never_called_high_or_low() -> None:
    """Many read a high recency as a recent purchase."""
    names = name_segments([(fact("recency", 1.0, unit="days", label="Recency"),), (fact("recency", -1.0, unit="days", label="Recency"),)])
    assert [name.name for name in names] == ["Lapsing customers", "Recent customers"]
    assert not any("recency" in name.name.lower() for name in names)


def test_two_names_do_not_differ_in_a_word_that_means_nearly_the_same() -> None:
    """Affluent web browsers and high-spending web browsers: who could tell them apart? Opposites can be told."""
    visits, young = fact("visits_web", 2.0, label="Web visits", mean=8.0), fact("age", -0.6, unit="years", mean=30.0)
    spend = fact("spend", 2.0, unit="money", mean=3.0)
    first, second = (each.name for each in name_segments([(visits, INCOME, young), (visits, spend, young)]))
    assert {"Affluent web browsers", "High-spending web browsers"} != {first, second}
    assert first.split()[0] != second.split()[0]
    poor = fact("income", -1.4, unit="money", mean=0.5)
    assert [each.name for each in name_segments([(visits, INCOME), (visits, poor)])] == [
        "Affluent web browsers",
        "Lower-income web browsers",
    ]
