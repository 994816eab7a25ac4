"""What `recluster` can be asked for, and what it answers."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from segmentation import pipeline
from segmentation.clustering import ALGORITHMS
from tests.webapp.cli.conftest import Command
from tests.webapp.working import customers_csv
from webapp.cli import smartcart
from webapp.cli.models import Features


@pytest.fixture
def shop(plain_command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command line of a workspace with customers; few k are tried."""
    monkeypatch.setattr(pipeline, "AUTOMATIC_KS", (2, 3))
    (tmp_path / "customers.csv").write_text(customers_csv((40, 40, 40)))
    plain_command("migrate")
    plain_command("import", "customers.csv", "--dataset", "Shop")
    return plain_command


@pytest.mark.parametrize(
    ("asked", "kept", "used"),
    [
        ("spend=2,income=0.5,visits=0", {"spend": 2.0, "income": 0.5}, {"spend": 2.0, "income": 0.5}),
        ("spend, income", ["spend", "income"], {"spend": 1.0, "income": 1.0}),
        ("spend=2,income", {"spend": 2.0, "income": 1.0}, {"spend": 2.0, "income": 1.0}),
    ],
)
def test_features_and_weights_reach_the_fit(shop: Command, asked: str, kept: object, used: dict[str, float]) -> None:
    answer = shop("recluster", "--features", asked, "--k", "3")
    assert answer["requested"]["features"] == kept
    assert {feature["name"]: feature["weight"] for feature in answer["features"]} == used
    assert {"transform", "imputed", "bounded"} <= set(answer["features"][0])


def test_all_features_are_more_than_the_default(shop: Command) -> None:
    few, every = shop("recluster"), shop("recluster", "--features", "all")
    assert {feature["name"] for feature in few["features"]} < {feature["name"] for feature in every["features"]}


def test_the_algorithm_is_the_one_that_was_fitted(shop: Command) -> None:
    ward = shop("recluster", "--algorithm", "ward", "--k", "3")
    assert (ward["algorithm"], ward["k"], ward["requested"]["algorithm"]) == ("ward", 3, "ward")
    assert 0 < ward["figures"]["agreement"] <= 1
    best = shop("recluster", "--algorithm", "auto")
    assert (best["algorithm"] in ALGORITHMS, best["requested"]["algorithm"]) == (True, "auto")
    assert {candidate["algorithm"] for candidate in best["sweep"]} >= {"kmeans", "ward", "gmm"}
    assert {"prediction_strength", "davies_bouldin_null", "bridge", "unassigned", "agreement"} <= set(best["sweep"][0])
    assert {"prediction_strength", "prediction_strength_null", "unassigned"} <= set(best["figures"])


def test_what_is_there_already_is_answered_with_where_that_is_wished_and_takes_its_place(shop: Command) -> None:
    first, second = shop("recluster", "--k", "3"), shop("recluster", "--k", "2")
    assert (first["already_there"], second["champion"]) == (False, False)
    again = shop("recluster", "--k", "2", "--unless-there")
    assert {**again, "already_there": False} == second
    assert again["already_there"]
    said = CliRunner().invoke(smartcart, ["recluster", "--k", "2", "--promote", "--unless-there"])
    assert "Version 2 was fitted on the same customers" in said.stderr
    assert [each["champion"] for each in shop("versions")["versions"]] == [True, False]
    assert shop("recluster", "--k", "2", "--promote", "--unless-there")["version"] == 2
    shop("recluster", "--k", "3", "--challenge", "--unless-there")
    assert shop("challenge", "1") == {"challenger": 1, "champion": 2}
    assert shop("recluster", "--k", "2")["version"] == 3


@pytest.mark.parametrize("asked", [",", "spend=0", "spend=99", "shoe_size"])
def test_features_that_cannot_be_are_refused(shop: Command, asked: str) -> None:
    assert shop("recluster", "--features", asked, code=2)["error"]["message"]


def test_a_weight_that_is_no_number_is_refused_by_the_command_line() -> None:
    with pytest.raises(click.BadParameter, match="no number"):
        Features().convert("spend=much", None, None)
