"""Automatic settings against customers whose segments are known, because they were planted, overlap, or are not there."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from segmentation.choosing.selection import Candidate, Verdict
from segmentation.features import FeatureBuilder
from segmentation.intake import Intake, read_customers
from segmentation.measures import default_as_of
from segmentation.pipeline import choose, sweep_features
from segmentation.recipe import measured_with_recipe
from segmentation.roles import CUSTOMER_KEY, Schema
from segmentation.synthetic import synthetic_customers, write_customers
from tests.conftest import LONG

APART, OVERLAPPING = 5.0, 2.0
SEEDS = 20 if LONG else 1
ALLOWED = SEEDS // 20
"""Of twenty seeds nineteen must be right."""

SIZES = {
    "alike": lambda segments: None,
    "one rare": lambda segments: [20.0] * (segments - 1) + [1.0],
    "from 20 to 1": lambda segments: list(np.geomspace(20, 1, segments)),
}

PLANTED = [(segments, sizes) for segments in range(3, 9) for sizes in SIZES if LONG or sizes == "alike" or segments in (3, 6)]


def found(customers: pd.DataFrame, schema: Schema) -> tuple[Candidate, Verdict, np.ndarray]:
    """What a re-cluster with automatic settings decides, without the descriptions."""
    as_of = default_as_of(customers, schema) or date(2024, 6, 30)
    measured, recipe = measured_with_recipe(customers, schema, as_of)
    features = FeatureBuilder(recipe).fit(measured.table).transform(measured.table)
    swept = sweep_features(features, recipe, seed=0)
    chosen, verdict = choose(swept)
    return chosen, verdict, swept.models[chosen.algorithm, chosen.k].labels(features)


def planted(folder: Path, rows: int, **more: object) -> tuple[Intake, np.ndarray]:
    """Customers through a file, as users bring them, and the segment of each."""
    drawn = synthetic_customers(rows, **more)  # type: ignore[arg-type]
    write_customers(folder / "customers.csv", drawn)
    intake = read_customers(folder / "customers.csv")
    truth = dict(zip(drawn.customers["ID"].astype(str), drawn.truth, strict=True))
    return intake, np.array([truth[key] for key in intake.customers[CUSTOMER_KEY]])


@pytest.mark.parametrize(("segments", "sizes"), PLANTED)
def test_segments_well_apart_are_found_and_natural(segments: int, sizes: str, tmp_path: Path) -> None:
    missed = []
    for seed in range(SEEDS):
        intake, truth = planted(tmp_path, 3_000, segments=segments, separation=APART, seed=seed, sizes=SIZES[sizes](segments))
        chosen, verdict, labels = found(intake.customers, intake.schema)
        agreement = adjusted_rand_score(truth, labels)
        if (chosen.k, verdict.word) != (segments, "natural") or agreement < 0.95:
            missed.append((seed, chosen.k, verdict.word, round(agreement, 3)))
    assert len(missed) <= ALLOWED, missed


@pytest.mark.parametrize("segments", [3, 5, 8])
def test_segments_that_overlap_are_useful_and_never_natural(segments: int, tmp_path: Path) -> None:
    words = []
    for seed in range(SEEDS):
        intake, _ = planted(tmp_path, 2_000, segments=segments, separation=OVERLAPPING, seed=seed)
        words.append(found(intake.customers, intake.schema)[1].word)
    assert "natural" not in words
    assert words.count("useful") >= SEEDS - ALLOWED, words


@pytest.mark.parametrize("model", [{"segments": 1}, {"segments": 5, "separation": 0.0}])
def test_where_nothing_was_planted_nothing_is_found(model: dict[str, float], tmp_path: Path) -> None:
    words = []
    for seed in range(SEEDS):
        intake, _ = planted(tmp_path, 2_000, seed=seed, **model)
        words.append(found(intake.customers, intake.schema)[1].word)
    assert words.count("none") >= SEEDS - ALLOWED, words


@pytest.mark.parametrize("file", ["smartcart_customers.csv", "marketing_campaign.csv", "Telco-Customer-Churn.csv"])
def test_a_real_file_with_its_columns_shuffled_has_no_segments(file: str, shared_data: Path) -> None:
    intake = read_customers(shared_data / file)
    words = []
    for seed in range(SEEDS):
        draw = np.random.default_rng(seed)
        mixed = {name: values.array[draw.permutation(len(values))] for name, values in intake.customers.items()}
        words.append(found(pd.DataFrame(mixed), intake.schema)[1].word)
    assert words.count("none") >= SEEDS - ALLOWED, words
