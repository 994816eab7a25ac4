"""How well the best segment finds responders in the real SmartCart file, on customers who had no part in finding it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from segmentation.guiding.guidance import Guidance, blind_choice, guide, worth_choice
from segmentation.guiding.lift import chance_lift, out_of_fold_lift, outcome_values
from segmentation.guiding.search import Budget
from segmentation.intake import Intake, read_customers
from segmentation.measures import default_as_of
from segmentation.pipeline import Segmentation, segment_customers
from tests.conftest import LONG

REPEATS = 10 if LONG else 1
FOLDS = 5 if LONG else 3
QUICK = Budget(proposals=24, ks=(7, 8), tested=10, draws=10)


@pytest.fixture(scope="module")
def intake(shared_data: Path) -> Intake:
    return read_customers(shared_data / "marketing_campaign.csv")


@pytest.fixture(scope="module")
def as_of(intake: Intake) -> date:
    day = default_as_of(intake.customers, intake.schema)
    assert day is not None
    return day


@pytest.fixture(scope="module")
def hits(intake: Intake) -> np.ndarray:
    return outcome_values(intake.customers, intake.schema, "responded")


@pytest.fixture(scope="module")
def version(intake: Intake, as_of: date) -> Segmentation:
    return segment_customers(intake.customers, intake.schema, as_of=as_of)


@pytest.fixture(scope="module")
def guidance(intake: Intake, as_of: date) -> Guidance:
    budget = Budget() if LONG else QUICK
    return guide(intake.customers, intake.schema, "responded", as_of=as_of, budget=budget, folds=FOLDS, repeats=REPEATS)


def test_blind_segments_find_responders(intake: Intake, as_of: date, hits: np.ndarray) -> None:
    """Everything is fitted and chosen in the fold: the recipe, the number of segments, and which of them is best."""
    choose = blind_choice(intake.customers, intake.schema, as_of=as_of, seed=0)
    lift = out_of_fold_lift(hits, choose, outcome="responded", seed=0, folds=FOLDS, repeats=REPEATS)
    assert lift.lift >= 2.6
    assert lift.best_share >= 0.05


def test_the_blind_version_repeats_and_has_no_small_segment(version: Segmentation) -> None:
    assert version.verdict.word != "none"
    assert version.figures["stability_ari"] >= 0.90
    assert version.figures["smallest_share"] >= 0.05


def test_guided_segments_find_responders(guidance: Guidance) -> None:
    """Nested: the whole search is repeated in every fold. The quick search has fewer sets, and fewer customers to learn from."""
    assert guidance.lift.lift >= (2.9 if LONG else 2.7)
    assert guidance.stability >= 0.90
    assert guidance.smallest_share >= 0.05


def test_past_campaigns_are_outcomes_and_no_features(guidance: Guidance, intake: Intake, version: Segmentation) -> None:
    """With them as features the lift would be 4.5, and worth nothing before a first campaign."""
    outcomes = {"responded", *(f"accepted_{number}" for number in range(1, 6))}
    assert outcomes <= set(intake.customers)
    assert not outcomes & {name for point in guidance.frontier for name in point.features}
    assert not outcomes & {spec.measure for spec in version.model.recipe.features}


def test_spend_quartiles_and_chance_are_where_they_were_measured_before(intake: Intake, as_of: date, hits: np.ndarray) -> None:
    choose = worth_choice(intake.customers, intake.schema, as_of)
    assert choose is not None
    lift = out_of_fold_lift(hits, choose, outcome="responded", seed=0)
    assert lift.lift == pytest.approx(2.01, abs=0.03)
    spend = intake.customers[[name for name in intake.customers if str(name).startswith("spend_")]].sum(axis=1)
    quarters = pd.qcut(spend.astype(float), 4, labels=False)
    assert lift.lift == pytest.approx(pd.Series(hits).groupby(quarters).mean().max() / hits.mean(), abs=0.05)
    assert chance_lift([560] * 4, int(hits.sum()), seed=0).mean == pytest.approx(1.11, abs=0.02)
