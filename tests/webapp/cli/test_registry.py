"""The registry from the command line: versions, promote, rollback, challenge, keep."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.webapp.cli.conftest import Command
from tests.webapp.working import customers_csv
from webapp.cli import smartcart


@pytest.fixture
def shop(plain_command: Command, tmp_path: Path) -> Command:
    """Version 1 is the champion; 2 is ready."""
    file = tmp_path / "customers.csv"
    file.write_text(customers_csv((50, 50, 50)))
    plain_command("team", "add", "North")
    plain_command("import", str(file), "--dataset", "Shop")
    for k in ("3", "2"):
        plain_command("recluster", "--k", k, "--note", f"{k} for the test")
    return plain_command


def test_a_version_is_promoted_and_rolled_back_and_any_day_tells_its_champion(shop: Command) -> None:
    assert shop("challenge", "2") == {"challenger": 2, "champion": 1}
    assert shop("promote", "2", "--note", "Fewer.") == {"champion": 2, "previous": 1}
    assert shop("rollback", "--note", "Too few.") == {"champion": 1, "previous": 2}
    assert shop("rollback", code=2)["error"]["code"] == "nothing_before"
    found = shop("versions", "--on", str(datetime.now(UTC).date()))
    assert found["champion_on"] == 1
    assert [(each["version"], each["rollback"], each["note"]) for each in found["live"][:2]] == [
        (1, True, "Too few."),
        (2, False, "Fewer."),
    ]
    assert [each["note"] for each in found["versions"]] == ["2 for the test", "3 for the test"]
    assert {"number", "status", "champion", "algorithm", "k", "figures", "created_at"} <= set(found["versions"][0])
    assert shop("versions", "--on", "2020-01-01")["champion_on"] is None


def test_how_many_versions_are_kept_is_tried_before_it_is_set(shop: Command) -> None:
    shop("recluster", "--k", "4")
    tried = shop("keep", "1", "--dry-run")
    assert (tried["keep"], tried["removed"], tried["changed"]) == (1, [2], False)
    assert shop("keep")["keep"] is None
    assert shop("keep", "1")["removed"] == [2]
    assert shop("keep")["kept"] == {"3": ["newest"], "1": ["champion"]}
    assert shop("keep", "--all")["removed"] == []
    assert CliRunner().invoke(smartcart, ["keep", "1", "--all"]).exit_code == 2


def test_a_version_is_removed_unless_somebody_relies_on_it(shop: Command) -> None:
    assert shop("versions", "remove", "1", code=2)["error"]["code"] == "relied_on"
    assert shop("versions", "remove", "2")["status"] == "removed"
    assert [each["status"] for each in shop("versions", "list")["versions"]] == ["removed", "ready"]
    said = CliRunner().invoke(smartcart, ["versions", "remove", "1"])
    assert "Version 1 stays, because somebody relies on it: the champion." in said.stderr
    assert CliRunner().invoke(smartcart, ["versions", "drop", "1"]).exit_code == 2


def test_what_people_read(shop: Command) -> None:
    shop("challenge", "2")
    for arguments, words in (
        (["versions"], "challenger"),
        (["versions", "--on", "2020-01-01"], "No version was champion"),
        (["keep"], "All versions are kept."),
        (["keep", "1", "--dry-run"], "  1: the champion"),
    ):
        assert words in CliRunner().invoke(smartcart, arguments).output
