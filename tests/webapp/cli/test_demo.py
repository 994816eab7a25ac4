"""The sample that `demo` makes holds what it promises."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from sklearn.metrics import adjusted_rand_score

from segmentation import default_as_of, read_customers, segment_customers
from tests.conftest import SECRET
from webapp.cli.demo import SAMPLE_SEGMENTS, write_sample
from webapp.config import Config


def test_the_segments_of_the_sample_are_those_that_were_planted(tmp_path: Path) -> None:
    path = write_sample(Config(secret_key=SECRET, store=str(tmp_path / "store")))
    truth = pd.read_csv(path.with_name(f"{path.stem}-truth.csv"), dtype={"ID": str}).set_index("ID")["segment"]
    intake = read_customers(path)
    found = segment_customers(intake.customers, intake.schema, as_of=default_as_of(intake.customers, intake.schema))
    assert (found.k, found.verdict.word) == (SAMPLE_SEGMENTS, "natural")
    assert adjusted_rand_score(truth[intake.customers["customer_key"]], found.assignments.label) > 0.95
