"""Outcomes: rates, lifts, and what chance and spend alone would show."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from segmentation.codec import from_json
from segmentation.describing.comparison import holm
from segmentation.describing.outcomes import outcome_rates, yes_values
from segmentation.describing.profiles import OutcomeRate
from segmentation.roles import Column, Kind, Role, Schema
from tests.segmentation.made import SCHEMA, made_world, unstructured_world

ONE = Schema((SCHEMA.named("responded"),))


def rates_of(hit: object, members: list[np.ndarray], spend: np.ndarray | None = None) -> list[OutcomeRate]:
    found = outcome_rates(pd.DataFrame({"responded": hit}), ONE, members, spend)
    return [own[0] for own in found]


def test_outcomes_have_rate_interval_and_lift_best_first() -> None:
    world = made_world()
    second = Column("accepted", "Accepted", Role.OUTCOME, Kind.TEXT, "Accepted")
    never = Column("never", "Never", Role.OUTCOME, Kind.INTEGER, "Never")
    member = world.assignments.label == 0
    customers = world.customers.assign(accepted=np.where(member, "No", "Yes"), never=0)
    customers.loc[customers.index[:10], "responded"] = pd.NA
    (found,) = outcome_rates(customers, Schema((*SCHEMA.columns, second, never)), [member])
    assert [rate.outcome for rate in found] == ["responded", "accepted"]
    known = customers["responded"].notna() & member
    best = found[0]
    assert best.customers == known.sum()
    assert best.hits == customers.loc[known, "responded"].sum()
    assert best.overall_rate == pytest.approx(customers["responded"].mean())
    assert best.lift == pytest.approx(best.rate / best.overall_rate)
    assert best.low < best.rate < best.high
    assert best.spend is None
    assert (found[1].rate, found[1].lift) == (0, 0)


def test_chance_is_what_random_groups_of_that_size_show() -> None:
    world = made_world(900)
    member = world.assignments.label == 0
    hit = world.customers["responded"].to_numpy(dtype=np.float64)
    (found,) = rates_of(world.customers["responded"], [member])
    theirs = stats.hypergeom(len(hit), int(hit.sum()), int(member.sum()))
    expected = theirs.ppf((0.025, 0.975, 0.95)) / member.sum() / hit.mean()
    assert found.chance is not None
    assert (found.chance.low, found.chance.high, found.chance.top) == pytest.approx(tuple(expected), abs=1e-8)
    rng = np.random.default_rng(0)
    lifts = np.array([hit[rng.permutation(len(hit))[: member.sum()]].mean() for _ in range(1_500)]) / hit.mean()
    assert np.mean((lifts >= found.chance.low) & (lifts <= found.chance.high)) >= 0.94


def test_significance_is_fisher_after_holm_over_segments_and_outcomes() -> None:
    world = made_world(900, seed=11)
    second = Column("accepted", "Accepted", Role.OUTCOME, Kind.INTEGER, "Accepted")
    rng = np.random.default_rng(1)
    label = world.assignments.label
    customers = world.customers.assign(accepted=rng.binomial(1, np.array([0.22, 0.28, 0.31])[label]))
    members = [label == cluster for cluster in range(3)]
    found = outcome_rates(customers, Schema((SCHEMA.named("responded"), second)), members)
    p = np.full((3, 2), np.nan)
    for row, member in enumerate(members):
        for column, name in enumerate(("responded", "accepted")):
            hit = customers[name].to_numpy(dtype=int)
            table = [[hit[member].sum(), (1 - hit)[member].sum()], [hit[~member].sum(), (1 - hit)[~member].sum()]]
            p[row, column] = stats.fisher_exact(table).pvalue
    expected = {(row, name) for row in range(3) for column, name in enumerate(("responded", "accepted")) if holm(p)[row, column]}
    assert {(row, rate.outcome) for row, own in enumerate(found) for rate in own if rate.significant} == expected
    assert 0 < len(expected) < 6
    assert (p < 0.05).sum() > len(expected)


def test_segments_by_lot_are_not_significant() -> None:
    world = unstructured_world(1_500)
    members = [world.assignments.label == cluster for cluster in range(3)]
    assert [rate.significant for rate in rates_of(world.customers["responded"], members)] == [False, False, False]


def test_a_segment_of_everybody_cannot_be_tested() -> None:
    (found,) = rates_of([1, 0, 1, 0, 0], [np.ones(5, dtype=bool)])
    assert (found.lift, found.significant) == (1, False)
    assert found.chance is not None
    assert (found.chance.low, found.chance.high) == (1, 1)


def test_spend_quarters_are_those_of_the_same_customers() -> None:
    rng = np.random.default_rng(4)
    spend = rng.permutation(np.arange(400.0))
    hit = rng.random(400) < spend / 800
    member = (spend > 180) & (spend < 320)
    (found,) = rates_of(hit.astype(float), [member], spend)
    quarters = pd.qcut(spend, 4, labels=False)
    lifts = [hit[quarters == quarter].mean() / hit.mean() for quarter in range(4)]
    assert found.spend is not None
    assert found.spend.best == pytest.approx(max(lifts), abs=1e-8)
    assert found.spend.best_quarter == int(np.argmax(lifts)) + 1
    usual = np.bincount(quarters[member], minlength=4).argmax()
    assert found.spend.own_quarter == usual + 1
    assert found.spend.own == pytest.approx(lifts[usual], abs=1e-8)


def test_equal_spend_is_shared_out_evenly_between_quarters() -> None:
    """Of 8 who spend nothing, 4 lie in each of the lower quarters with half of their outcomes: as if ties were drawn by lot."""
    spend = np.array([0.0] * 8 + [1, 2, 3, 4, 5, 6, 7, 8])
    hit = np.array([1.0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0])
    (found,) = rates_of(hit, [np.arange(16) < 3], spend)
    assert found.spend is not None
    assert (found.spend.best, found.spend.best_quarter) == pytest.approx(((2 / 4) / (6 / 16), 1))
    assert found.spend.own == found.spend.best


def test_customers_without_spend_or_outcome_are_in_no_quarter() -> None:
    spend = np.array([np.nan, 1, 2, 3, 4, 5, 6, 7, 8])
    hit = np.array([1.0, 0, 0, 0, 0, 0, 0, 1, 1])
    found = rates_of(hit, [spend > 0, np.isnan(spend)], spend)
    assert found[0].spend is not None
    assert found[0].spend.best == pytest.approx(1.0 / (3 / 9))
    assert found[1].spend is None
    assert rates_of([1, 0, 1], [np.ones(3, dtype=bool)], np.arange(3.0))[0].spend is None


def test_rates_stored_before_chance_was_known_stay_readable() -> None:
    stored = {
        "outcome": "r",
        "label": "R",
        "customers": 10,
        "hits": 2,
        "rate": 0.2,
        "low": 0.1,
        "high": 0.5,
        "overall_rate": 0.1,
        "lift": 2.0,
    }
    found = from_json(OutcomeRate, stored)
    assert (found.chance, found.spend, found.significant) == (None, None, None)


def test_yes_is_read_from_words_and_numbers() -> None:
    assert yes_values(pd.Series(["Yes", "no", None, "TRUE", "0", "1"]))[[0, 1, 3, 4, 5]].tolist() == [1, 0, 1, 0, 1]
    assert np.isnan(yes_values(pd.Series(["Yes", None]))[1])
    assert yes_values(pd.Series(pd.array([1, 0, None], dtype="Int64")))[:2].tolist() == [1, 0]
