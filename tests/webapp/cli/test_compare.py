"""`compare` puts two versions side by side, counting what nobody has counted yet."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.webapp.cli.conftest import Command
from tests.webapp.months import FILE, GROWN, consenting, later
from webapp.cli import smartcart


@pytest.fixture
def months(plain_command: Command, tmp_path: Path) -> Command:
    """January in version 1, February in versions 2 and 3."""
    plain_command("migrate")
    for name, text, ks in (("2026-01-31", consenting(FILE), ("3",)), ("2026-02-28", consenting(later(GROWN)), ("2", "4"))):
        (tmp_path / "customers.csv").write_text(text)
        plain_command("import", "customers.csv", "--dataset", "Shop", "--as-of", name)
        for k in ks:
            plain_command("recluster", "--k", k)
    return plain_command


def test_two_months_are_compared_and_movement_adds_up(months: Command) -> None:
    answer = months("compare", "1", "2", "--dataset", "Shop")
    assert set(answer) >= {"matches", "ari", "ami", "movement", "psi", "contingency"}
    assert {match["fate"] for match in answer["matches"]} <= {"continued", "split", "merged", "new", "retired"}
    assert set(answer["psi"]["income"]) == {"psi", "chance", "word"}
    movement = answer["movement"]
    assert movement["problem"] is None
    assert (movement["from"]["as_of"], movement["to"]["as_of"]) == ("2026-01-31", "2026-02-28")
    for unit in ("customers", "value"):
        split = movement[unit]
        for at in range(len(movement["groups"])):
            parts = [split["customers_moved"], split["model_moved"]]
            assert split["change"][at] == pytest.approx(sum(net(part, at) for part in parts) + split["own"][at])
    assert sum(movement["customers"]["total"]["joined"]) == 12
    assert months("compare", "1", "2") == answer


def net(moves: dict[str, list], at: int) -> float:
    came = sum(row[at] for row in moves["flows"]) - moves["flows"][at][at]
    went = sum(moves["flows"][at]) - moves["flows"][at][at]
    return moves["joined"][at] - moves["left"][at] + came - went


def test_versions_of_one_snapshot_have_no_drift_and_words_say_the_same(months: Command) -> None:
    answer = months("compare", "2", "3")
    assert answer["psi"] == {}
    assert answer["movement"]["customers"]["customers_moved"]["flows"][0][1:] == [0] * len(answer["movement"]["groups"][1:])
    words = CliRunner().invoke(smartcart, ["compare", "2", "3"])
    assert words.exit_code == 0, words.output
    assert f"adjusted Rand index {answer['ari']:.2f}" in words.output
    movement = answer["movement"]["customers"]
    changed = sum(size for was, row in enumerate(movement["total"]["flows"]) for now, size in enumerate(row) if was != now)
    causes = movement["causes"]
    assert (causes["own"], causes["model"] + causes["both"]) == (0, changed)
    assert (f"{changed} changed segment: 0 by what they did" if changed else "Nobody changed segment.") in words.output
    total = months("compare", "1", "2")["movement"]["customers"]["total"]
    words = CliRunner().invoke(smartcart, ["compare", "1", "2"])
    assert f" {sum(total['joined'])} joined, {sum(total['left'])} left." in words.output


def test_what_is_not_there_is_refused(months: Command) -> None:
    assert months("compare", "1", "9", code=2)["error"]["code"] == "not_found"
