"""`audience list`, `audience save` and `audience export`."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.conftest import SECRET
from tests.webapp.cli.conftest import Command
from tests.webapp.months import counted, open_months
from webapp.config import Config
from webapp.edge import open_resources

TEAM = ("--team", "north-market")


@pytest.fixture
def months(plain_command: Command, sqlite_url: str, tmp_path: Path) -> Command:
    """The command in a workspace with two months, whose movement between both versions is counted."""
    resources = open_resources(Config(secret_key=SECRET, database_url=sqlite_url, store=str(tmp_path / "store"), port=0))
    counted(open_months(resources))
    resources.engine.dispose()
    return plain_command


def test_an_audience_is_saved_listed_and_taken_away_where_consent_allows(months: Command, tmp_path: Path) -> None:
    made = months("audience", "save", "--name", "=Rich 🎄", "--note", "For spring", "--filter", "income~ge~60000", *TEAM)
    assert (made["name"], made["note"], made["chosen_by"]) == ("=Rich 🎄", "For spring", ["Income at least 60,000"])
    assert (made["version"], made["snapshot"], made["as_of"], made["created_by"]) == (1, 1, "2026-01-31", "cli")
    assert months("audience", "list", *TEAM) == {"dataset": "customers", "audiences": [made]}
    assert months("audience", "list", "--archived", *TEAM)["audiences"] == []
    for name, ending in ((made["name"], "csv"), (made["id"], "xlsx"), (made["id"], "parquet")):
        told = months("audience", "export", name, "--out", str(tmp_path / f"rich.{ending}"), *TEAM)
        assert told["audience"] == made["name"]
        assert 0 < told["rows"] < told["rows"] + told["withheld"] == made["size"]
    rows = list(csv.DictReader((tmp_path / "rich.csv").open(encoding="utf-8-sig")))
    assert len(rows) == told["rows"]
    assert min(float(row["income"]) for row in rows) >= 60_000


def test_a_flow_and_a_segment_are_saved_under_names_of_their_own(months: Command) -> None:
    flow = months("audience", "save", "--before", "1", "--after", "2", "--was", "new", *TEAM)
    assert flow["size"] == 12
    key = months("segments", *TEAM)["segments"][0]
    assert months("audience", "save", "--segment", key["key"], *TEAM)["name"] == f"{key['name']}, version 1"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("save", "--filter", "nothing~ge~1"), "invalid"),
        (("save", "--name", "a\nb"), "invalid"),
        (("save", "--before", "2", "--after", "1"), "not_counted"),
        (("export", "Nobody", "--out", "x.csv"), "not_found"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(months: Command, arguments: tuple[str, ...], code: str) -> None:
    told = months("audience", *arguments, *TEAM, code=2)["error"]
    assert told["code"] == code
    assert months("audience", "list", *TEAM)["audiences"] == []


def test_both_read_well_in_words(months: Command) -> None:
    from click.testing import CliRunner  # only this test wants the words and not the object

    from webapp.cli import smartcart

    def said(*arguments: str) -> str:
        return CliRunner().invoke(smartcart, ["audience", *arguments, *TEAM]).output

    assert said("list") == "There are no audiences here. `smartcart audience save` makes one.\n"
    for nothing in ((), ("--segment", ""), ("--filter", "*"), ("--search", " "), ("--was", "", "--now", "")):
        assert "Everybody" not in said("save", "--name", "Everybody", *nothing), nothing
    assert said("save", "--name", "Everybody", "--everybody") == "Everybody is saved: 150 customers.\n"
    assert said("list").splitlines()[1].split()[:3] == ["Everybody", "150", "everybody"]
    assert said("export", "Everybody", "--out", "e.csv") == (
        "119 customers in e.csv. 30 stay: no consent. Gone from the newest snapshot: 1.\n"
    )


def test_who_is_gone_is_told_apart_from_who_does_not_consent(months: Command) -> None:
    everybody = months("export", "--out", "e.csv", *TEAM)
    assert (everybody["rows"] + everybody["withheld"], everybody["gone"]) == (149, 1)
    months("audience", "save", "--name", "Everybody", "--everybody", *TEAM)
    assert {**months("audience", "export", "Everybody", "--out", "e.csv", *TEAM), "audience": None} == {**everybody, "audience": None}
