from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from segmentation.codec import from_json, to_json
from segmentation.errors import Cancelled, NotEnoughData, SegmentationError
from segmentation.guiding import guidance as module
from segmentation.guiding.guidance import Guidance, blind_choice, guide, guided_choice, worth_choice
from segmentation.guiding.lift import out_of_fold_lift
from segmentation.guiding.search import Budget, prepare, search
from segmentation.pipeline import segment_customers
from segmentation.roles import Kind, Role, Schema
from tests.segmentation.guiding.test_search import complainers
from tests.segmentation.shop import SHOP, column, shop_customers

AS_OF = date(2014, 6, 29)
SMALL = Budget(proposals=20, ks=(4, 5), tested=6, draws=5)
TINY = Budget(proposals=6, ks=(4, 5), tested=2, draws=3)


@pytest.fixture(scope="module")
def told() -> list[tuple[str, float]]:
    return []


@pytest.fixture(scope="module")
def guidance(told: list[tuple[str, float]]) -> Guidance:
    return guided(complainers(), progress=lambda stage, share: told.append((stage, share)))


def guided(customers: pd.DataFrame, outcome: str = "responded", budget: Budget = SMALL, **more: object) -> Guidance:
    return guide(customers, SHOP, outcome, as_of=AS_OF, budget=budget, folds=3, repeats=1, **more)  # type: ignore[arg-type]


def test_guidance_finds_what_the_default_recipe_does_not_look_at(guidance: Guidance) -> None:
    customers = complainers()
    planted = customers.groupby("complained")["responded"].mean()[1] / customers["responded"].mean()
    assert "complained" in guidance.features
    assert guidance.lift.lift == pytest.approx(planted, abs=0.6)
    assert guidance.blind_lift.lift < 1.7
    gain, error = guidance.gain
    assert gain == pytest.approx(guidance.lift.lift - guidance.blind_lift.lift)
    assert gain > 2 * error
    assert guidance.stability >= 0.9
    assert guidance.smallest_share >= 0.05
    assert (guidance.tried, guidance.rows) == (40, 600)


def test_reasons_say_it_in_plain_words(guidance: Guidance) -> None:
    texts = [reason.text for reason in guidance.reasons]
    assert texts[0].startswith(f'In the best segment, "Responded" is {guidance.lift.lift:.2f} times as frequent')
    assert texts[1].startswith(f"More than segments found without a look at the outcome ({guidance.blind_lift.lift:.2f}): +")
    assert guidance.spend_lift is not None
    assert f"Quarters by spend alone give {guidance.spend_lift.lift:.2f}" in texts
    assert texts[-2:] == [f"Agreement between resamples {guidance.stability:.2f}", f"Smallest segment {guidance.smallest_share:.1%}"]
    assert all(reason.good for reason in guidance.reasons if "looked like" not in reason.text)


def test_progress_never_goes_back(guidance: Guidance, told: list[tuple[str, float]]) -> None:
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert (shares[0], told[-1]) == (0.0, ("Done", 1.0))
    assert {stage for stage, _ in told} == {
        "Trying features",
        "Resampling",
        "Segments without a look at the outcome",
        "Checking on customers held out",
        "Done",
    }


@pytest.mark.parametrize("at", [0.0, 0.05, 0.08])
def test_can_be_stopped(at: float) -> None:
    def stop(stage: str, share: float) -> None:
        if share >= at:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        guided(complainers(), budget=TINY, progress=stop)


def test_same_seed_same_guidance_and_it_can_be_stored(guidance: Guidance) -> None:
    stored = json.loads(json.dumps(to_json(guidance), allow_nan=False))
    assert from_json(Guidance, stored) == guidance
    assert guided(complainers()) == guidance


def test_a_version_can_be_made_of_it(guidance: Guidance) -> None:
    made = segment_customers(complainers(), SHOP, as_of=AS_OF, features=guidance.features, k=guidance.k)
    assert {spec.measure for spec in made.model.recipe.features} == set(guidance.features)
    assert made.k == guidance.k
    assert made.figures["smallest_share"] == pytest.approx(guidance.smallest_share, abs=0.005)


def test_an_outcome_that_follows_nothing_is_not_talked_up() -> None:
    """The best of many tries looks good to the search, and customers held out say what it is worth."""
    customers, _ = shop_customers(400)
    held_out, seen = [], []
    for seed in range(4):
        hits = (np.random.default_rng(seed).random(400) < 0.2).astype(float)
        choose = guided_choice(customers, SHOP, hits, as_of=AS_OF, seed=seed, budget=TINY)
        held_out.append(out_of_fold_lift(hits, choose, outcome="responded", seed=seed, folds=3, repeats=1).lift)
        ground = prepare(customers, SHOP, hits, as_of=AS_OF, proposals=SMALL.proposals, seed=seed)
        seen.append(max(tried.lift for tried in search(ground, SMALL).tried))
    assert np.mean(held_out) == pytest.approx(1.0, abs=0.15)
    assert np.mean(seen) > 1.2


def test_a_find_that_is_none_is_called_that() -> None:
    customers, _ = shop_customers(400)
    luck = (np.random.default_rng(2).random(400) < 0.2).astype(int)
    reasons = guided(customers.assign(responded=luck), budget=TINY).reasons
    assert not reasons[0].good
    assert reasons[1].text.startswith("No clear difference from segments found without a look at the outcome")
    assert not reasons[1].good


def test_what_the_search_saw_is_said_where_it_flatters(guidance: Guidance) -> None:
    winner = next(point for point in guidance.frontier if (point.features, point.k) == (guidance.features, guidance.k))
    assert guidance.seen_lift == winner.lift
    for seen, said in ((guidance.lift.lift + 0.5, True), (guidance.lift.lift - 0.5, False)):
        texts = " ".join(reason.text for reason in module._reasons(replace(guidance, seen_lift=seen), "Responded"))
        assert (f"While choosing it looked like {seen:.2f}" in texts) == said


def test_the_search_sees_nothing_of_customers_held_out() -> None:
    """Neither their outcome nor anything else of theirs changes the segments."""
    customers = complainers(400)
    hits = customers["responded"].to_numpy(dtype=float)
    training, held_out = np.arange(0, 300), np.arange(300, 400)
    draw = np.random.default_rng(0)
    others = customers.copy()
    others.iloc[held_out] = customers.iloc[draw.permutation(held_out)]
    others.loc[held_out, "spend_wines"] = customers.loc[held_out, "spend_wines"] * 50
    changed = np.where(np.arange(400) >= 300, 1 - hits, hits)
    for first, second in [
        (
            guided_choice(customers, SHOP, hits, as_of=AS_OF, seed=0, budget=TINY),
            guided_choice(others, SHOP, changed, as_of=AS_OF, seed=0, budget=TINY),
        ),
        (blind_choice(customers, SHOP, as_of=AS_OF, seed=0, k=7), blind_choice(others, SHOP, as_of=AS_OF, seed=0, k=7)),
    ]:
        before, after = first(training), second(training)
        assert np.array_equal(before(training), after(training))
        assert len(np.unique(before(training))) > 1
        assert not np.array_equal(before(held_out), after(held_out))


def test_past_campaigns_are_outcomes_and_no_features() -> None:
    """Not even a copy of the outcome that guides changes what is tried."""
    customers = complainers()
    hits = customers["responded"].to_numpy(dtype=float)
    accepted = Schema((*SHOP, column("accepted_1", Role.OUTCOME, Kind.INTEGER)))
    plain = prepare(customers, SHOP, hits, as_of=AS_OF, proposals=30, seed=0)
    beside = prepare(customers.assign(accepted_1=customers["responded"]), accepted, hits, as_of=AS_OF, proposals=30, seed=0)
    assert beside.sets == plain.sets
    assert np.array_equal(beside.matrix, plain.matrix)
    assert not {"accepted_1", "responded"} & set(beside.columns)


def test_blind_segments_are_those_of_a_version_without_guidance(guidance: Guidance) -> None:
    customers, rows = complainers(), np.arange(600)
    version = segment_customers(customers, SHOP, as_of=AS_OF)
    assert guidance.blind_k == version.k
    assert np.array_equal(blind_choice(customers, SHOP, as_of=AS_OF, seed=0)(rows)(rows), version.assignments.label)
    fixed = blind_choice(customers, SHOP, as_of=AS_OF, seed=0, k=5)(rows)(rows)
    assert len(np.unique(fixed)) == 5


def test_worth_is_spend_or_orders_or_nothing() -> None:
    customers = complainers(400)
    rows, hits = np.arange(400), customers["responded"].to_numpy(dtype=float)
    spend = customers["spend_wines"] + customers["spend_fruits"]
    choose = worth_choice(customers, SHOP, AS_OF)
    assert choose is not None
    assert np.array_equal(choose(rows)(rows), pd.qcut(spend, 4, labels=False).to_numpy())
    assert out_of_fold_lift(hits, choose, outcome="responded", seed=0, repeats=1).lift > 0
    without_spend = Schema(tuple(each for each in SHOP if each.role is not Role.SPEND))
    orders = worth_choice(customers, without_spend, AS_OF)
    assert orders is not None
    assert np.bincount(orders(rows)(rows)).max() > 100  # many customers have equally many orders
    neither = Schema(tuple(each for each in without_spend if each.role is not Role.PURCHASES))
    assert worth_choice(customers, neither, AS_OF) is None


def test_refuses_what_cannot_guide() -> None:
    customers = complainers()
    with pytest.raises(SegmentationError, match="responded") as refusal:
        guided(customers, outcome="age")
    assert refusal.value.code == "unknown_outcome"
    with pytest.raises(NotEnoughData, match="0 customers"):
        guided(customers.assign(responded=0))
    with pytest.raises(NotEnoughData, match="29 customers"):
        guided(customers.assign(responded=(np.arange(600) < 29).astype(int)))
