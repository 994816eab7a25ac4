"""The main job by command line, on the real file and on both databases."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.webapp.cli.conftest import Command


@pytest.fixture
def shop(command: Command, shared_data: Path) -> Command:
    """A workspace with the real customers in the dataset Shop."""
    command("import", str(shared_data / "smartcart_customers.csv"), "--dataset", "Shop")
    return command


def test_importing_the_real_file_twice(command: Command, shared_data: Path) -> None:
    file = str(shared_data / "smartcart_customers.csv")
    first = command("import", file, "--dataset", "Shop")
    assert (first["file_rows"], first["new"], first["changed"], first["unchanged"], first["rejected"]) == (2240, 2240, 0, 0, 0)
    assert first["schema"]["Response"] == "outcome"
    assert first["schema"]["ID"] == "customer_id"
    assert first["format"]["date_order"] == "day_first"
    assert any("24" in warning["message"] and warning["column"] == "Income" for warning in first["warnings"])
    again = command("import", file, "--dataset", "Shop")
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, 2240)
    assert again["snapshot"] == first["snapshot"]


def test_reclustering_twice_gives_the_same_assignments(shop: Command, tmp_path: Path) -> None:
    shop("dataset", "confirm-legal-basis")
    versions = [shop("recluster", "--seed", "3"), shop("recluster", "--seed", "3")]
    assert sum(segment["size"] for segment in versions[0]["segments"]) == 2240
    files = []
    for version in versions:
        path = tmp_path / f"version-{version['version']}.csv"
        shop("export", "--version", str(version["version"]), "--out", str(path))
        files.append(path.read_bytes())
    assert files[0] == files[1]
    assert [item["champion"] for item in shop("versions")["versions"]] == [False, True]


def test_a_chosen_k_becomes_champion_by_promotion_only(shop: Command) -> None:
    shop("recluster")
    chosen = shop("recluster", "--k", "4")
    assert (chosen["k"], chosen["champion"]) == (4, False)
    assert shop("promote", str(chosen["version"])) == {"champion": chosen["version"], "previous": 1}
    assert shop("segments")["version"] == chosen["version"]


def test_tags_follow_their_segment(shop: Command) -> None:
    first = shop("recluster", "--k", "5")
    key = first["segments"][0]["key"]
    tagged = shop("campaign", "tag", "--segment", key, "--campaign", "Summer preview")
    assert tagged["segment"] == key
    again = shop("recluster", "--k", "5", "--seed", "11", "--promote")
    assert key in {segment["key"] for segment in again["segments"]}
    assert shop("campaign", "tag", "--segment", key, "--campaign", "Summer preview")["tag"] == tagged["tag"]


def test_an_export_holds_a_segment(shop: Command, tmp_path: Path) -> None:
    segment = shop("recluster")["segments"][0]
    path = tmp_path / "segment.csv"
    # Consent is unknown and no legal basis was confirmed, so nobody may leave yet.
    assert shop("export", "--segment", segment["key"], "--out", str(path), code=2)["error"]["code"] == "no_consent"
    assert not path.exists()
    shop("dataset", "confirm-legal-basis")
    assert shop("export", "--segment", segment["key"], "--out", str(path))["rows"] == segment["size"]
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0][:5] == ["customer_key", "segment_key", "segment_name", "confidence", "runner_up"]
    assert len(rows) == segment["size"] + 1
    assert {row[1] for row in rows[1:]} == {segment["key"]}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"ID,Income\n", "no_rows"),
        (b"Income,Age\n100,30\n100,31\n", "missing_role"),
        (b"PK\x03\x04" + b"\0" * 64, "unreadable_file"),
    ],
)
def test_what_cannot_be_imported_leaves_nothing(command: Command, tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "customers.csv"
    path.write_bytes(content)
    refusal = command("import", str(path), "--dataset", "Shop", code=2)["error"]
    assert refusal["code"] == code
    assert len(refusal["message"]) > 20
    assert command("versions", "--dataset", "Shop", code=2)["error"]["code"] == "not_found"


@pytest.mark.parametrize("rows", ["1,10,20\n", "1,10,20\n2,10,20\n3,10,20\n"])
def test_too_little_to_cluster_is_refused_in_words(command: Command, tmp_path: Path, rows: str) -> None:
    path = tmp_path / "few.csv"
    path.write_text("ID,Income,Recency\n" + rows)
    assert command("import", str(path), "--dataset", "Few")["rejected"] == 0
    refusal = command("recluster", code=2)["error"]
    assert "customers" in refusal["message"]
    assert command("versions")["versions"][0]["status"] == "failed"


def test_a_mapping_is_taken_as_printed(command: Command, tmp_path: Path) -> None:
    path, mapping = tmp_path / "plain.csv", tmp_path / "mapping.json"
    path.write_text("client_id;amount;flag\n" + "".join(f"c{i};{i * 3};{i % 2}\n" for i in range(20)))
    guessed = command("import", str(path), "--dataset", "Plain", "--dry-run")
    assert guessed["new"] == 20
    mapping.write_text(json.dumps({"schema": guessed["schema"] | {"amount": "spend"}, "format": guessed["format"]}))
    assert command("import", str(path), "--dataset", "Plain", "--mapping", str(mapping))["schema"]["amount"] == "spend"


def test_usage_errors_answer_in_json() -> None:
    done = subprocess.run([sys.executable, "-m", "webapp.cli", "promote", "--json"], capture_output=True, text=True)
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["code"] == "usage"


def test_the_sample_comes_with_its_truth(command: Command, tmp_path: Path) -> None:
    report = command("synthetic", "--rows", "300", "--segments", "4", "--out", str(tmp_path / "sample.csv"))
    sample, truth = pd.read_csv(tmp_path / "sample.csv"), pd.read_csv(report["truth"])
    assert sample.shape == (300, 22)
    assert truth["segment"].nunique() == 4
    assert list(truth["ID"]) == list(sample["ID"])


def test_a_user_without_password_gets_an_invitation(command: Command) -> None:
    added = command("user", "add", "ana@north.example", "--role", "analyst", "--team", "North")
    assert "/invite/" in added["invite_url"]
    assert command("token", "add", "--role", "viewer")["token"]


def test_settings_are_listed(command: Command) -> None:
    assert {"SMARTCART_DATABASE_URL", "SMARTCART_STORE", "SMARTCART_SECRET_KEY"} <= {item["name"] for item in command("config")["settings"]}
