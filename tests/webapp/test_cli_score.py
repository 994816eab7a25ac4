"""`smartcart score`: a file in, segments out, nothing stored."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from click.testing import CliRunner

from tests.webapp.cli.conftest import Command, _in_folder, command, plain_command  # noqa: F401  (fixtures)
from tests.webapp.scored import ROWS, few_draws, touching_csv
from webapp.cli import smartcart
from webapp.services.browsing import scoring_files

COLUMNS = ["customer_key", "segment_key", "segment_name", "confidence", "runner_up", "row", "missing", "reasons", "unlike_training"]


def with_champion(run: Command) -> Command:
    Path("shop.csv").write_text(touching_csv())
    with few_draws():
        run("import", "shop.csv", "--dataset", "Shop")
        run("recluster", "--dataset", "Shop", "--algorithm", "kmeans", "--k", "3", "--promote")
    run("dataset", "confirm-legal-basis", "--dataset", "Shop")
    return run


@pytest.fixture(scope="module")
def shop(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """A workspace with a champion, which scoring does not change."""
    folder = tmp_path_factory.mktemp("workspace")
    shutil.copy(sqlite_template, folder / "smartcart.db")
    with pytest.MonkeyPatch.context() as patch:
        yield with_champion(_in_folder(f"sqlite:///{folder / 'smartcart.db'}", folder, patch))


def rows_of(path: str) -> list[dict[str, str]]:
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_imported_file_is_scored_as_it_is_stored(command: Command) -> None:  # noqa: F811
    run = with_champion(command)
    report = run("score", "shop.csv", "--dataset", "Shop", "--out", "scores.csv")
    counts = {name: report[name] for name in ("dataset", "version", "file_rows", "rows", "rejected", "rejects", "unknown_columns", "file")}
    assert counts == {
        "dataset": "shop", "version": 1, "file_rows": ROWS, "rows": ROWS, "rejected": 0, "rejects": [], "unknown_columns": [],
        "file": "scores.csv",
    }  # fmt: skip
    run("export", "--dataset", "Shop", "--out", "stored.csv")
    own = ["customer_key", "segment_key", "segment_name", "confidence", "runner_up"]
    scored, stored = ({row["customer_key"]: [row[name] for name in own] for row in rows_of(name)} for name in ("scores.csv", "stored.csv"))
    assert scored == stored
    assert [segment["rows"] for segment in report["segments"]] == [segment["size"] for segment in run("segments")["segments"]]


def test_the_file_of_scores(shop: Command) -> None:
    shop("score", "shop.csv", "--out", "scores.csv")
    rows = rows_of("scores.csv")
    assert list(rows[0]) == COLUMNS
    assert [row["row"] for row in rows] == [str(line) for line in range(2, ROWS + 2)]
    assert rows[0]["customer_key"] == "'=K0"  # no formula
    assert rows[1]["customer_key"] == "K1"
    assert rows[7]["missing"] == "Income"
    assert any("like this segment's" in row["reasons"] for row in rows)
    assert {row["unlike_training"] for row in rows} <= {"true", "false"}


def test_parquet_keeps_keys_as_they_are(shop: Command) -> None:
    report = shop("score", "shop.csv", "--out", "scores.parquet")
    frame = duckdb.read_parquet("scores.parquet").df()
    assert list(frame) == COLUMNS
    assert (len(frame), frame["customer_key"][0]) == (report["rows"], "=K0")
    assert frame["row"].dtype.kind == "i"
    assert int(frame["unlike_training"].sum()) == report["unlike_training"]


def test_without_out_it_counts(shop: Command) -> None:
    before = set(Path().iterdir())
    report = shop("score", "shop.csv")
    assert set(Path().iterdir()) == before
    assert (report["rows"], report["file"]) == (ROWS, None)
    assert sum(segment["rows"] for segment in report["segments"]) + report["unassigned"] == ROWS


def test_a_file_without_ids_or_outcomes(shop: Command) -> None:
    frame = pd.read_csv("shop.csv", dtype=str).drop(columns=["ID", "Response", "City"])
    frame.columns = [header.upper() for header in frame.columns]
    frame.assign(SHOE="43").to_csv("later.csv", index=False, sep=";")
    report = shop("score", "later.csv", "--out", "scores.csv")
    assert (report["rows"], report["unknown_columns"]) == (ROWS, ["SHOE"])
    later = rows_of("scores.csv")
    assert {row["customer_key"] for row in later} == {""}
    shop("score", "shop.csv", "--out", "before.csv")
    for name in ("segment_key", "confidence", "row", "reasons"):
        assert [row[name] for row in later] == [row[name] for row in rows_of("before.csv")]


def test_rows_that_cannot_be_read_are_told_and_the_others_scored(shop: Command) -> None:
    lines = touching_csv().splitlines()
    lines[3] = lines[3].replace(",", ",plenty", 1)
    lines[5] = "K4,1"
    Path("some.csv").write_text("\n".join(lines))
    report = shop("score", "some.csv", "--out", "scores.csv")
    assert (report["file_rows"], report["rows"], report["rejected"]) == (ROWS, ROWS - 2, 2)
    assert [(reject["line"], reject["column"]) for reject in report["rejects"]] == [(4, "Income"), (6, None)]
    assert "4" not in {row["row"] for row in rows_of("scores.csv")}


def test_values_that_cannot_be_true_are_told(shop: Command) -> None:
    lines = touching_csv().splitlines()
    key, _, rest = lines[3].split(",", 2)
    lines[3] = f"{key},-5,{rest}"
    Path("odd.csv").write_text("\n".join(lines))
    report = shop("score", "odd.csv")
    assert (report["rows"], report["rejected"], report["flagged"]) == (ROWS, 0, 1)
    assert report["warnings"] == [
        {"line": 4, "column": "Income", "value": "-5", "reason": "below zero, but income cannot be negative; taken as missing"}
    ]


def test_pieces_make_the_same_file(shop: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    header, first, *others = touching_csv().splitlines()
    key, _, *cells = first.split(",")
    Path("mixed.csv").write_text("\n".join([header, ",".join([key, "9000000", *cells]), *others]))
    whole = shop("score", "mixed.csv", "--out", "whole.csv")
    monkeypatch.setattr(scoring_files, "PIECE", 7)
    pieces = shop("score", "mixed.csv", "--out", "pieces.csv")
    assert Path("pieces.csv").read_bytes() == Path("whole.csv").read_bytes()
    assert pieces | {"file": "whole.csv"} == whole
    assert whole["unlike_training"] >= 1


def test_a_customer_like_nobody_is_marked(shop: Command) -> None:
    header, first, *_ = touching_csv().splitlines()
    cells = first.split(",")
    Path("odd.csv").write_text("\n".join([header, first, ",".join([cells[0], "9000000", *cells[2:]])]))
    assert shop("score", "odd.csv", "--out", "scores.csv")["unlike_training"] == 1
    usual, odd = rows_of("scores.csv")
    assert (usual["unlike_training"], odd["unlike_training"]) == ("false", "true")
    assert "Income 9,000,000, far from this segment's" in odd["reasons"]


def test_versions(shop: Command) -> None:
    with few_draws():
        shop("recluster", "--algorithm", "gmm", "--k", "2")
    assert len(shop("score", "shop.csv", "--version", "2")["segments"]) == 2
    assert shop("score", "shop.csv")["version"] == 1


def refusal(run: Command, *arguments: str) -> dict[str, Any]:
    return dict(run("score", *arguments, code=2)["error"])


def test_refusals(shop: Command) -> None:
    Path("narrow.csv").write_text("ID,Income\n1,5\n")
    Path("empty.csv").write_text("")
    assert refusal(shop, "narrow.csv")["code"] == "missing_column"
    assert "“Visits”" in refusal(shop, "narrow.csv")["message"]
    assert refusal(shop, "empty.csv")["code"] == "empty_file"
    assert refusal(shop, "shop.csv", "--version", "9")["code"] == "not_found"
    assert refusal(shop, "shop.csv", "--dataset", "Other")["code"] == "not_found"
    assert refusal(shop, "shop.csv", "--out", "scores.txt")["details"]["field"] == "out"
    assert refusal(shop, "shop.csv", "--out", "nowhere/scores.csv")["code"] == "file"
    assert not Path("scores.txt").exists()


def test_no_champion(plain_command: Command) -> None:  # noqa: F811
    Path("shop.csv").write_text(touching_csv())
    plain_command("import", "shop.csv", "--dataset", "Shop")
    assert refusal(plain_command, "shop.csv")["code"] == "no_champion"


def test_in_words(shop: Command) -> None:
    lines = touching_csv().splitlines()
    Path("some.csv").write_text("\n".join([lines[0] + ",Shoe", *(f"{line},43" for line in lines[1:20]), "K99,x"]))
    result = CliRunner().invoke(smartcart, ["score", "some.csv", "--out", "scores.csv"])
    assert result.exit_code == 0
    said = result.stdout.splitlines()
    assert said[0] == "19 of 20 customers scored by version 1 in scores.csv."
    assert said[1] == "  line 21: 2 cells where the header has 12"
    assert "  Not known to the dataset, so not used: Shoe." in said
    assert result.stderr == ""
