"""The folders that files are put into for a scheduled import, and what becomes of each: taken once, then put away with a word why.

Files lie in `<root>/<team>/<dataset>/`. Only plain files right there count: links, folders and hidden files are left alone, and no name
leads elsewhere, for everything is opened by its last name inside a folder that was opened without following links.
"""

from __future__ import annotations

import math
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Literal

from segmentation.errors import SegmentationError

SETTLED_SECONDS = 60.0
"""A file counts as whole once nothing has touched it for so long."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK

LONGEST_NAME = 200
"""Bytes that are kept of a file's name, so that there is room for what is put behind it."""

Fate = Literal["done", "refused"]
_State = tuple[int, int, int, int, int]


class InboxError(SegmentationError):
    """A folder of the inbox cannot be used."""

    code = "inbox"


class Moved(Exception):
    """The file is gone, or somebody still writes to it: it is looked at again the next time."""


@dataclass(frozen=True)
class Letter:
    """One file that waits: its name, and the state that it was seen in."""

    name: str
    state: _State


@dataclass(frozen=True)
class Waiting:
    """What lies in a folder: the `whole` files, by name, and how many `young` ones, all of which are whole in `seconds` if nothing touches
    them."""

    whole: tuple[Letter, ...]
    young: int = 0
    seconds: int = 0

    @property
    def young_in_words(self) -> str:
        """Why the young ones are not taken yet and when they are; "" where there are none."""
        if not self.young:
            return ""
        files, them = ("1 file is", "it") if self.young == 1 else (f"{self.young:,} files are", "them")
        return f"{files} too young: nothing may touch {them} for a minute. The first run at least {self.seconds:,} s later takes {them}."


class Inbox:
    """All folders of an installation. `clock` gives seconds since the epoch."""

    def __init__(self, root: Path, *, clock: Callable[[], float] = time.time) -> None:
        self.root, self.clock = root, clock

    def waiting(self, team: str, dataset: str) -> Waiting:
        """The files of a dataset. The folder is made where it is missing, so that people find where to put them."""
        with self._folder(team, dataset) as folder:
            found = [
                Letter(name, state)
                for name in sorted(entry.name for entry in os.scandir(folder))
                if (state := _state(folder, name)) is not None
            ]
        now = self.clock()
        left = {letter: _whole_from(letter) - now for letter in found}
        young = [seconds for seconds in left.values() if seconds > 0]
        return Waiting(tuple(letter for letter in found if left[letter] <= 0), len(young), math.ceil(max(young, default=0)))

    @contextmanager
    def reading(self, team: str, dataset: str, letter: Letter) -> Iterator[IO[bytes]]:
        """The bytes of a file, as long as it is as it was seen; Moved where it is not, at the start or at the end."""
        with self._folder(team, dataset) as folder:
            try:
                descriptor = os.open(letter.name, _FILE, dir_fd=folder)
            except OSError:
                raise Moved(letter.name) from None
            with os.fdopen(descriptor, "rb") as file:
                _insist(letter, _state_of(os.fstat(descriptor)))
                yield file
                _insist(letter, _state_of(os.fstat(descriptor)))

    def put_away(self, team: str, dataset: str, letter: Letter, fate: Fate, reason: str) -> None:
        """Move a file into `done` or `refused`, with `reason` beside it in a text file. Nothing there is ever replaced."""
        with self._folder(team, dataset) as folder:
            _insist(letter, _state(folder, letter.name))
            try:
                self._move(folder, letter.name, fate, reason)
            except OSError as error:
                raise _unusable(error) from error

    def _move(self, folder: int, name: str, fate: Fate, reason: str) -> None:
        shelf = _enter(fate, folder)
        try:
            free = self._free_name(shelf, name)
            note = os.open(f"{free}.txt", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o640, dir_fd=shelf)
            with os.fdopen(note, "w", encoding="utf-8", errors="replace") as file:
                file.write(f"{reason}\n")
            os.rename(name, free, src_dir_fd=folder, dst_dir_fd=shelf)
        finally:
            os.close(shelf)

    @contextmanager
    def _folder(self, team: str, dataset: str) -> Iterator[int]:
        """The folder of a dataset, opened; InboxError where it cannot be, or a link or a file stands in its place."""
        opened: list[int] = []
        try:
            try:
                self.root.mkdir(parents=True, exist_ok=True)
                opened.append(os.open(self.root, os.O_RDONLY | os.O_DIRECTORY))
                opened.append(_enter(team, opened[-1]))
                opened.append(_enter(dataset, opened[-1]))
            except OSError as error:
                raise _unusable(error) from error
            yield opened[-1]
        finally:
            for descriptor in opened:
                os.close(descriptor)

    def _free_name(self, shelf: int, name: str) -> str:
        there = os.listdir(shelf)
        taken = {*there, *(entry.removesuffix(".txt") for entry in there)}
        name = os.fsdecode(os.fsencode(name)[-LONGEST_NAME:])
        if name not in taken:
            return name
        when = datetime.fromtimestamp(self.clock(), UTC).strftime("%Y%m%d-%H%M%S")
        stem, dot, ending = name.partition(".")
        return next(free for place in range(len(taken) + 1) if (free := f"{stem}-{when}-{place}{dot}{ending}") not in taken)


def _enter(name: str, folder: int) -> int:
    """The folder of that name in an open one, made where it is missing; a link in its place is not followed."""
    if not name.replace("-", "").isalnum():  # slugs are; nothing else may name a folder
        raise ValueError("A folder of the inbox is named by the slug of a team or a dataset.")
    with suppress(FileExistsError):
        os.mkdir(name, dir_fd=folder)
    return os.open(name, _FOLDER, dir_fd=folder)


def _whole_from(letter: Letter) -> float:
    """When the file counts as whole, in seconds since the epoch."""
    *_, changed, touched = letter.state
    # The time of the last change can be set by who copies a file; that of the last touch cannot, and tells a copy that still grows.
    return max(changed, touched) / 1e9 + SETTLED_SECONDS


def _unusable(error: OSError) -> InboxError:
    return InboxError(f"The folder of files to import cannot be used: {error.strerror}. Ask whoever runs this product to look at it.")


def _state(folder: int, name: str) -> _State | None:
    """The state of a plain file that is not hidden; None for anything else."""
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return None
    return _state_of(found) if stat.S_ISREG(found.st_mode) and not name.startswith(".") else None


def _state_of(found: os.stat_result) -> _State:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _insist(letter: Letter, state: _State | None) -> None:
    if state != letter.state:
        raise Moved(letter.name)
