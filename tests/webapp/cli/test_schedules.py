"""`schedule list`, `add`, `change`, `pause`, `resume`, `run` and `remove`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.webapp.cli.conftest import Command
from tests.webapp.cli.test_words import say
from tests.webapp.working import customers_csv

MONDAYS = ("schedule", "add", "recluster", "--cron", "0 6 * * 1")


@pytest.fixture
def filled(command: Command, tmp_path: Path) -> Command:
    """The command in a workspace with customers, and an inbox of its own."""
    (tmp_path / "customers.csv").write_text(customers_csv((30, 30, 30)))
    command("import", "customers.csv", "--dataset", "Shop")
    return command


def test_a_schedule_is_added_listed_run_and_removed(filled: Command) -> None:
    made = filled(*MONDAYS, "--k", "3", "--algorithm", "kmeans")
    assert (made["dataset"], made["kind"], made["when"], made["zone"]) == ("shop", "recluster", "Mondays at 06:00", "UTC")
    assert made["parameters"] == {"algorithm": "kmeans", "k": 3, "seed": 0, "features": None}
    assert (made["enabled"], made["created_by"], made["last"]) == (True, "cli", None)
    assert "T06:00:00" in made["next_due"]
    assert filled("schedule", "list") == {"schedules": [made]}
    ran = filled("schedule", "run", made["id"])
    assert (ran["status"], ran["subject"], ran["schedule"]["last"]["outcome"]) == ("done", "version 1", "started")
    (version,) = filled("versions")["versions"]
    assert (version["status"], version["champion"]) == ("ready", False), "the first version too, for a schedule asked"
    assert version["requested"]["schedule"] == made["id"]
    assert filled("schedule", "remove", made["id"])["id"] == made["id"]
    assert filled("schedule", "list") == {"schedules": []}


def test_a_schedule_is_changed_paused_and_resumed(filled: Command) -> None:
    made = filled(*MONDAYS, "--k", "3", "--seed", "4")
    changed = filled("schedule", "change", made["id"], "--cron", "30 7 * * *", "--k", "auto")
    assert (changed["before"], changed["after"]) == (
        "Mondays at 06:00, 3 segments",
        "Every day at 07:30, as many segments as the data can carry",
    )
    assert changed["parameters"] == {"algorithm": "kmeans", "k": None, "seed": 4, "features": None}, "what is not stated stays"
    assert filled("schedule", "change", made["id"], "--seed", "4")["after"] == ""
    paused = filled("schedule", "pause", made["id"])
    assert (paused["enabled"], paused["next_due"]) == (False, None)
    resumed = filled("schedule", "resume", made["id"])
    assert (resumed["enabled"], resumed["next_due"]) == (True, changed["next_due"])


def test_the_folder_is_imported(filled: Command, tmp_path: Path) -> None:
    made = filled("schedule", "add", "import_folder", "--cron", "0 * * * *")
    assert filled("schedule", "run", made["id"])["message"] == "No file was there."
    folder = tmp_path / "instance" / "inbox" / "my-team" / "shop"
    for name in ("a.csv", "b.csv"):
        (folder / name).write_text("x")
    said = filled("schedule", "run", made["id"])["message"]
    assert re.fullmatch(
        r"2 files are too young: nothing may touch them for a minute\. The first run at least \d\d s later takes them\.", said
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("schedule", "add", "recluster", "--cron", "soon"), "invalid"),
        (("schedule", "add", "import_folder", "--cron", "0 6 * * *", "--k", "3"), "invalid"),
        (("schedule", "run", "nothing"), "not_found"),
        (("schedule", "remove", "nothing"), "not_found"),
        (("schedule", "change", "nothing", "--cron", "0 6 * * *"), "not_found"),
        (("schedule", "change", "nothing", "--k", "3"), "not_found"),
        (("schedule", "pause", "nothing"), "not_found"),
    ],
)
def test_what_cannot_be_done_is_refused(filled: Command, arguments: tuple[str, ...], code: str) -> None:
    assert filled(*arguments, code=2)["error"]["code"] == code


def test_commands_speak_to_people(plain_command: Command, tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text(customers_csv((30, 30, 30)))
    plain_command("import", "customers.csv", "--dataset", "Shop")
    assert say("schedule", "list").startswith("Nothing is scheduled.")
    assert say(*MONDAYS).startswith("Scheduled re-clustering: Mondays at 06:00 (UTC), next 20")
    assert "Mondays at 06:00" in say("schedule", "list")
    made = say("schedule", "list").splitlines()[1].split()[0]
    assert (
        say("schedule", "change", made, "--k", "4")
        == "Changed from as many segments as the data can carry to 4 segments. It acts as cli.\n"
    )
    assert say("schedule", "change", made, "--k", "4").startswith("Nothing changed")
    assert say("schedule", "pause", made) == "Paused: Mondays at 06:00 (UTC).\n"
    assert say("schedule", "resume", made).startswith("Resumed: Mondays at 06:00 (UTC), next 20")
