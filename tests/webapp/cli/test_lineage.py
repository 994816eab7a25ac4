"""`lineage` lists the matching of a version, corrects a link and takes a correction back."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.webapp.cli.conftest import Command
from tests.webapp.working import customers_csv
from webapp.cli import smartcart


@pytest.fixture
def shop(plain_command: Command, tmp_path: Path) -> Command:
    """Version 2 was compared to version 1, the champion."""
    file = tmp_path / "customers.csv"
    file.write_text(customers_csv((50, 40, 30)))
    plain_command("team", "add", "North")
    plain_command("import", str(file), "--dataset", "Shop")
    for seed in ("0", "4"):
        plain_command("recluster", "--k", "3", "--seed", seed)
    return plain_command


def test_a_link_is_corrected_and_the_correction_taken_back(shop: Command) -> None:
    found = shop("lineage", "show", "2")
    assert (found["dataset"], found["version"], found["reference"]) == ("shop", 2, 1)
    first, second, third = (link["current"]["key"] for link in found["links"])
    assert [each["key"] for each in found["choices"]] != []
    corrected = shop("lineage", "correct", "2", first, "--continues", second)
    assert (corrected["links"][0]["current"]["key"], corrected["links"][0]["corrected_by"]) == (second, "cli")
    assert shop("lineage", "show", "2") == corrected
    assert shop("lineage", "take-back", "2", second) == found
    assert shop("lineage", "correct", "2", third, "--new")["links"][2]["current"]["key"] != third


def test_refusals_say_why(shop: Command) -> None:
    key = shop("lineage", "show", "2")["links"][0]["current"]["key"]
    assert shop("lineage", "show", code=2)["error"]["code"] == "not_found", "the champion was the first version"
    assert shop("lineage", "show", "9", code=2)["error"]["code"] == "not_found"
    assert shop("lineage", "take-back", "2", key, code=2)["error"]["code"] == "nothing_said"
    assert shop("lineage", "correct", "1", key, "--new", code=2)["error"]["code"] == "no_lineage"
    assert shop("lineage", "correct", "2", "nothing", "--new", code=2)["error"]["details"]["field"] == "segment"
    for both in ([], ["--new", "--continues", key]):
        assert CliRunner().invoke(smartcart, ["lineage", "correct", "2", key, *both]).exit_code == 2


def test_what_people_read(shop: Command) -> None:
    told = CliRunner().invoke(smartcart, ["lineage", "show", "2"]).output
    assert told.startswith("Version 2 was compared to version 1.")
    assert "of its 50 customers are in it again" in told
    assert "Segments of version 1: " in told
