"""The folder that files are put into: whole files only, nothing followed, nothing replaced."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from webapp.inbox import LONGEST_NAME, SETTLED_SECONDS, Inbox, InboxError, Letter, Moved

TEAM, DATASET = "north-market", "customers"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "inbox" / TEAM / DATASET
    made.mkdir(parents=True)
    return made


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    """A minute later than it is."""
    return Inbox(tmp_path / "inbox", clock=lambda: time.time() + SETTLED_SECONDS + 1)


def names(inbox: Inbox) -> list[str]:
    return [letter.name for letter in inbox.waiting(TEAM, DATASET).whole]


def only(inbox: Inbox) -> Letter:
    (letter,) = inbox.waiting(TEAM, DATASET).whole
    return letter


def read(inbox: Inbox, letter: Letter) -> bytes:
    with inbox.reading(TEAM, DATASET, letter) as file:
        return file.read()


def test_the_folder_is_made_and_files_come_in_order_of_name(inbox: Inbox) -> None:
    assert names(inbox) == []
    for name in ("b.csv", "a.csv", "Z.csv"):
        (inbox.root / TEAM / DATASET / name).write_text("x")
    assert names(inbox) == ["Z.csv", "a.csv", "b.csv"]


def test_a_file_that_changed_within_the_minute_waits_also_when_its_date_is_old(folder: Path) -> None:
    (folder / "a.csv").write_text("x")
    os.utime(folder / "a.csv", (0, 0))  # as a copy that keeps dates does, while it still writes
    assert names(Inbox(folder.parent.parent)) == []
    assert names(Inbox(folder.parent.parent, clock=lambda: time.time() + SETTLED_SECONDS + 1)) == ["a.csv"]


def test_files_that_are_too_young_are_counted_with_when_the_last_is_taken(folder: Path) -> None:
    now = float(int(time.time()))
    inbox = Inbox(folder.parent.parent, clock=lambda: now)
    assert inbox.waiting(TEAM, DATASET).young_in_words == ""
    (folder / "a.csv").write_text("x")
    os.utime(folder / "a.csv", (0, now + 10))
    found = inbox.waiting(TEAM, DATASET)
    assert (found.whole, found.young, found.seconds) == ((), 1, 70)
    assert found.young_in_words == "1 file is too young: nothing may touch it for a minute. The first run at least 70 s later takes it."
    later = Inbox(folder.parent.parent, clock=lambda: now + found.seconds)
    assert names(later) == ["a.csv"]
    (folder / "b.csv").write_text("x")
    os.utime(folder / "b.csv", (0, now + 100))
    mixed = later.waiting(TEAM, DATASET)
    assert ([letter.name for letter in mixed.whole], mixed.young, mixed.seconds) == (["a.csv"], 1, 90)


def test_links_folders_hidden_files_and_pipes_are_left_alone(folder: Path, inbox: Inbox, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("x")
    (folder / "link.csv").symlink_to(secret)
    (folder / "sub").mkdir()
    (folder / "sub" / "c.csv").write_text("x")
    (folder / ".hidden.csv").write_text("x")
    os.mkfifo(folder / "pipe.csv")
    assert names(inbox) == []


def test_a_link_that_takes_the_place_of_a_file_is_not_read(folder: Path, inbox: Inbox, tmp_path: Path) -> None:
    (folder / "a.csv").write_text("x")
    letter = only(inbox)
    (tmp_path / "secret").write_text("secret")
    (folder / "a.csv").unlink()
    (folder / "a.csv").symlink_to(tmp_path / "secret")
    with pytest.raises(Moved):
        read(inbox, letter)
    with pytest.raises(Moved):
        inbox.put_away(TEAM, DATASET, letter, "done", "")


@pytest.mark.parametrize("place", ["team", "dataset", "done"])
def test_a_link_in_place_of_a_folder_is_refused(folder: Path, inbox: Inbox, tmp_path: Path, place: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (folder / "a.csv").write_text("x")
    letter = only(inbox)
    spot = {"team": folder.parent, "dataset": folder, "done": folder / "done"}[place]
    if spot.exists():
        spot.rename(tmp_path / "aside")
    spot.symlink_to(elsewhere)
    with pytest.raises(InboxError, match="cannot be used"):
        inbox.put_away(TEAM, DATASET, letter, "done", "")
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "/etc", "a b"])
def test_no_name_leads_out_of_the_inbox(inbox: Inbox, name: str) -> None:
    for team, dataset in ((name, DATASET), (TEAM, name)):
        with pytest.raises(ValueError, match="slug"):
            inbox.waiting(team, dataset)


def test_a_file_that_grows_while_it_is_read_is_not_taken(folder: Path, inbox: Inbox) -> None:
    (folder / "a.csv").write_text("x")
    letter = only(inbox)
    with pytest.raises(Moved), inbox.reading(TEAM, DATASET, letter):
        (folder / "a.csv").write_text("more")


def test_put_away_with_the_reason_beside_and_nothing_there_is_replaced(folder: Path, inbox: Inbox) -> None:
    for text in ("first", "second"):
        (folder / "a.csv").write_text(text)
        inbox.put_away(TEAM, DATASET, only(inbox), "refused", f"Because {text}.")
    there = {path.name: path.read_text() for path in (folder / "refused").iterdir()}
    assert (there["a.csv"], there["a.csv.txt"]) == ("first", "Because first.\n")
    assert sorted(there.values()) == ["Because first.\n", "Because second.\n", "first", "second"]
    assert names(inbox) == []


def test_a_name_with_no_room_behind_it_is_shortened(folder: Path, inbox: Inbox) -> None:
    (folder / ("é" * 120 + ".csv")).write_text("x")
    inbox.put_away(TEAM, DATASET, only(inbox), "done", "Fine.")
    moved = sorted((folder / "done").iterdir())
    assert [len(os.fsencode(path.name)) for path in moved] == [LONGEST_NAME, LONGEST_NAME + 4]


def test_an_inbox_that_cannot_be_used_says_so_without_its_path(tmp_path: Path) -> None:
    (tmp_path / "inbox").write_text("no folder")
    with pytest.raises(InboxError) as refused:
        Inbox(tmp_path / "inbox").waiting(TEAM, DATASET)
    assert str(tmp_path) not in str(refused.value)
