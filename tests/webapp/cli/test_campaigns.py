"""`campaign list` and `campaign add`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import SECRET
from tests.webapp.cli.conftest import Command
from tests.webapp.planned import KEYS, open_planned
from webapp.config import Config
from webapp.edge import open_resources

TEAM = ("--team", "north-market")


@pytest.fixture
def planned(plain_command: Command, sqlite_url: str, tmp_path: Path) -> Command:
    """The command in a workspace with segments to plan for."""
    resources = open_resources(Config(secret_key=SECRET, database_url=sqlite_url, store=str(tmp_path / "store"), port=0))
    open_planned(resources)
    resources.engine.dispose()
    return plain_command


def test_a_campaign_is_added_and_listed(planned: Command) -> None:
    days = ("--starts-on", "2026-12-01", "--ends-on", "2026-12-09")
    tags = ("--segment", KEYS[0], "--segment", KEYS[2])
    text = ("--name", "=1+1 🎄 عرض", "--note", "two\nlines")
    made = planned("campaign", "add", *text, "--channel", "post", "--status", "planned", *days, *tags, *TEAM)
    assert (made["name"], made["note"], made["channel"], made["status"]) == ("=1+1 🎄 عرض", "two\nlines", "post", "planned")
    assert (made["starts_on"], made["ends_on"], made["customers"], made["created_by"]) == ("2026-12-01", "2026-12-09", 140, "cli")
    planned("campaign", "add", "--name", "Second", *TEAM)
    listed = planned("campaign", "list", *TEAM)
    assert [each["name"] for each in listed["campaigns"]] == ["Second", made["name"]]
    assert listed["campaigns"][1] == made
    assert planned("campaign", "list", "--segment", KEYS[1], *TEAM)["campaigns"] == []


@pytest.mark.parametrize(
    ("arguments", "field"),
    [(("--name", " "), "name"), (("--name", "X", "--starts-on", "2026-12-09", "--ends-on", "2026-12-01"), "ends_on")],
)
def test_what_cannot_be_taken_is_refused_by_name(planned: Command, arguments: tuple[str, ...], field: str) -> None:
    assert planned("campaign", "add", *arguments, *TEAM, code=2)["error"]["details"]["field"] == field
    assert planned("campaign", "list", *TEAM)["campaigns"] == []


def test_an_unknown_segment_is_refused_and_nothing_stored(planned: Command) -> None:
    assert planned("campaign", "add", "--name", "X", "--segment", "nothing", *TEAM, code=2)["error"]["code"] == "not_found"
    assert planned("campaign", "list", *TEAM)["campaigns"] == []


def test_the_list_reads_well_in_words(planned: Command) -> None:
    from click.testing import CliRunner  # only this test wants the words and not the object

    from webapp.cli import smartcart

    def said(*arguments: str) -> str:
        return CliRunner().invoke(smartcart, [*arguments, *TEAM]).output

    assert "There are no campaigns yet" in said("campaign", "list")
    assert said("campaign", "add", "--name", "Spring", "--segment", KEYS[0]) == "Spring is planned for Loyal families.\n"
    assert said("campaign", "list").splitlines()[1].split() == ["Spring", "draft", "email", "100", "Loyal", "families"]
