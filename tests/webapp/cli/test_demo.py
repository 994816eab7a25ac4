"""The sample that `demo` makes holds what it promises."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from segmentation import default_as_of, read_customers, segment_customers
from tests.conftest import SECRET
from tests.webapp.working import Shop
from webapp.cli.demo import SAMPLE_SEGMENTS, _fill, write_sample
from webapp.config import Config


def test_the_segments_of_the_sample_are_those_that_were_planted(tmp_path: Path) -> None:
    path = write_sample(Config(secret_key=SECRET, store=str(tmp_path / "store")))
    truth = pd.read_csv(path.with_name(f"{path.stem}-truth.csv"), dtype={"ID": str}).set_index("ID")["segment"]
    intake = read_customers(path)
    found = segment_customers(intake.customers, intake.schema, as_of=default_as_of(intake.customers, intake.schema))
    assert (found.k, found.verdict.word) == (SAMPLE_SEGMENTS, "natural")
    assert adjusted_rand_score(truth[intake.customers["customer_key"]], found.assignments.label) > 0.95


def test_the_legal_basis_that_it_confirms_is_said_once_and_not_on_standard_output(
    imported_shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _fill(imported_shop.resources, imported_shop.actor, None).legal_basis_confirmed
    out, told = capsys.readouterr()
    assert told.count("Confirmed a legal basis for Customers: ") == 1
    assert "legal basis" not in out
    _fill(imported_shop.resources, imported_shop.actor, None)
    assert "legal basis" not in capsys.readouterr().err
