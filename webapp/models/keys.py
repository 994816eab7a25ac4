"""Ids of rows."""

from __future__ import annotations

from secrets import randbits
from uuid import uuid4


def new_id() -> str:
    """A random public id; ids are never guessed, reused or counted."""
    return uuid4().hex


def new_ref() -> int:
    """A random number that stands for a row where a million others name it; it never leaves the database.

    47 bits, which SQLite keeps in six bytes; among ten thousand rows two are alike once in three million times, and then the second one
    is refused.
    """
    return randbits(47)
