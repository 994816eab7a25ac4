"""Next best actions: each rule fires on the evidence that it asks for, and stays silent without it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from segmentation.describing.actions import LONGEST_NAME, Action, ActionKind, next_actions
from segmentation.describing.profiles import Difference, Measure, OutcomeRate, Profiles
from tests.segmentation.made import difference, made_world, unstructured_world, with_differences

EXTRA = (
    Measure("purchases_deals", "Deal purchases", "Deals", "count", False),
    Measure("share_wines", "Wine share of spend", "Wine share", "share", False),
)
SPENDS_MORE = difference("spend", 0.9, mean=200, rest=100)
SPENDS_LESS = difference("spend", -0.9, mean=40, rest=100)
QUIET = difference("recency_days", 0.7, mean=60, rest=40)
VISITS = difference("visits_web", 0.7, mean=8, rest=4)
ORDERS_LESS = difference("orders", -0.7, mean=5, rest=15)
DEALS = difference("purchases_deals", 0.6, mean=6.6, rest=2)
WINE = difference("share_wines", 0.6, mean=0.6, rest=0.3)
CATALOGUE = difference("share_catalog", 0.6, mean=0.3, rest=0.15)


@pytest.fixture(scope="module")
def plain() -> Profiles:
    """Three segments without a difference or an outcome."""
    profiles = made_world().profiles()
    segments = tuple(replace(segment, outcomes=(), differences=()) for segment in profiles.segments)
    return replace(profiles, segments=segments, measures=(*profiles.measures, *EXTRA))


def rate(
    hits: int, customers: int = 150, *, overall: float = 0.15, name: str = "responded", significant: bool | None = True
) -> OutcomeRate:
    share = hits / customers
    return OutcomeRate(
        name, name.capitalize(), customers, hits, share, share - 0.05, share + 0.05, overall, share / overall, significant=significant
    )


def advised(profiles: Profiles, *found: Difference, outcomes: tuple[OutcomeRate, ...] = ()) -> list[Action]:
    """What is advised when the first segment has these differences and the segments these rates, in their order."""
    profiles = with_differences(profiles, found, (), ())
    rates = [(each,) for each in outcomes] or [()] * len(profiles.segments)
    segments = (replace(segment, outcomes=own) for segment, own in zip(profiles.segments, rates, strict=True))
    return list(next_actions(replace(profiles, segments=tuple(segments)), currency="€"))


RULES = {
    ActionKind.WIN_BACK: (SPENDS_MORE, QUIET),
    ActionKind.ORDERS_FROM_VISITS: (VISITS, ORDERS_LESS),
    ActionKind.BUNDLES: (DEALS,),
    ActionKind.CATEGORY: (WINE,),
    ActionKind.CHANNEL: (CATALOGUE,),
}


@pytest.mark.parametrize("kind", RULES)
def test_a_rule_fires_on_its_evidence_and_names_it(plain: Profiles, kind: ActionKind) -> None:
    (action,) = advised(plain, *RULES[kind])
    assert (action.kind, action.cluster) == (kind, 0)
    assert set(action.rests_on) == {each.measure for each in RULES[kind]}
    assert action.reason.count("the rest") == len(RULES[kind])


@pytest.mark.parametrize("kind", RULES)
def test_a_rule_is_silent_where_a_difference_is_small_or_may_be_chance(plain: Profiles, kind: ActionKind) -> None:
    for place, each in enumerate(RULES[kind]):
        for weaker in (replace(each, significant=False), replace(each, effect=0.49 if each.effect > 0 else -0.49)):
            evidence = [*RULES[kind][:place], weaker, *RULES[kind][place + 1 :]]
            assert advised(plain, *evidence) == []


@pytest.mark.parametrize("kind", RULES)
def test_a_rule_is_silent_on_the_other_side(plain: Profiles, kind: ActionKind) -> None:
    assert kind not in {action.kind for action in advised(plain, *(replace(each, effect=-each.effect) for each in RULES[kind]))}


def test_nobody_is_won_back_where_recency_is_alike(plain: Profiles) -> None:
    assert advised(plain, SPENDS_MORE) == []
    assert advised(plain, SPENDS_MORE, replace(QUIET, effect=0.05, significant=False)) == []


def test_a_part_of_the_mix_that_hardly_exceeds_the_average_is_not_offered(plain: Profiles) -> None:
    assert advised(plain, difference("share_wines", 0.6, mean=0.5, rest=0.45)) == []


def test_who_answers_most_is_invited_first_with_lift_and_interval(plain: Profiles) -> None:
    (action,) = advised(plain, outcomes=(rate(45), rate(20, significant=False), rate(25, 300, significant=False)))
    assert action.kind == ActionKind.INVITE_FIRST
    assert action.reason == "Responded: 30% (95% interval 25% to 35%), the rest 10%; 2.0× average"
    assert action.called("Loyal families") == "Invite Loyal families first"
    assert action.campaign("Loyal families") == "Loyal families: invite first"


def test_only_the_one_that_answers_most_is_first_and_only_where_it_is_no_chance(plain: Profiles) -> None:
    actions = advised(plain, outcomes=(rate(45), rate(50), rate(10, significant=False)))
    assert [(action.kind, action.cluster) for action in actions] == [(ActionKind.INVITE_FIRST, 1)]
    for unsure in (False, None):
        assert advised(plain, outcomes=(rate(45, significant=unsure), rate(20, significant=False), rate(20, significant=False))) == []


def test_with_customers_in_no_segment_the_rate_stands_beside_that_of_everybody(plain: Profiles) -> None:
    rates = (rate(45), rate(20, significant=False), rate(20, significant=False))
    (action,) = advised(replace(plain, customers=plain.customers + 50), outcomes=rates)
    assert "15% overall" in action.reason
    assert "the rest" not in action.reason


def test_who_hardly_answers_and_hardly_spends_is_written_to_less_often(plain: Profiles) -> None:
    rates = (rate(6), rate(40, significant=False), rate(40, significant=False))
    (action,) = advised(plain, SPENDS_LESS, outcomes=rates)
    assert action.kind == ActionKind.WRITE_LESS
    assert action.reason == "Responded: 4% (95% interval −1% to 9%), the rest 27%; spend €40 on average, the rest €100"
    assert action.campaign("Loyal families") == ""
    assert advised(plain, outcomes=rates) == []
    assert advised(plain, difference("spend", -0.6, mean=80, rest=100), outcomes=rates) == []
    assert advised(plain, SPENDS_LESS, outcomes=(rate(18), *rates[1:])) == []


def test_who_leaves_most_is_never_invited_for_it(plain: Profiles) -> None:
    rates = [rate(hits, name="churned", significant=hits == 60) for hits in (60, 15, 15)]
    (action,) = advised(plain, outcomes=tuple(rates))
    assert action.kind == ActionKind.KEEP
    assert action.rests_on == ("churned",)


@pytest.mark.parametrize("name", ["target", "y", "unsubscribed", "returned", "outcome"])
def test_an_outcome_that_may_mean_anything_invites_nobody(plain: Profiles, name: str) -> None:
    rates = [rate(hits, name=name, significant=hits == 60) for hits in (60, 15, 15)]
    assert ActionKind.INVITE_FIRST not in {action.kind for action in advised(plain, outcomes=tuple(rates))}


def test_one_action_for_each_segment_and_the_most_valuable_first(plain: Profiles) -> None:
    profiles = with_differences(plain, (DEALS, WINE), (CATALOGUE,), (WINE, VISITS, ORDERS_LESS))
    actions = next_actions(profiles)
    assert [action.kind for action in sorted(actions, key=lambda action: action.cluster)] == [
        ActionKind.BUNDLES,
        ActionKind.CHANNEL,
        ActionKind.ORDERS_FROM_VISITS,
    ]
    assert [action.worth for action in actions] == sorted((segment.value_share for segment in plain.segments), reverse=True)


def test_without_spend_the_largest_segments_come_first(plain: Profiles) -> None:
    bare = replace(plain, segments=tuple(replace(segment, value_share=None) for segment in plain.segments))
    actions = next_actions(with_differences(bare, (WINE,), (WINE,), (WINE,)))
    assert [action.worth for action in actions] == sorted((segment.share for segment in plain.segments), reverse=True)


def test_segments_drawn_by_lot_get_no_action() -> None:
    assert next_actions(unstructured_world().profiles()) == ()


def test_the_planted_segments_get_theirs() -> None:
    kinds = {action.cluster: action.kind for action in next_actions(made_world().profiles())}
    assert kinds == {0: ActionKind.INVITE_FIRST, 2: ActionKind.WRITE_LESS}


def test_a_long_name_still_makes_a_campaign_name_that_fits(plain: Profiles) -> None:
    (action,) = advised(plain, DEALS)
    name = action.campaign("N" * 120)
    assert len(name) == LONGEST_NAME
    assert name.endswith("…: test bundles")


def test_nothing_is_advised_for_a_segment_that_resamples_do_not_bring_back(plain: Profiles) -> None:
    shaky = replace(plain, segments=tuple(replace(segment, stability=0.59) for segment in plain.segments))
    assert advised(plain, DEALS)
    assert not advised(shaky, DEALS)
