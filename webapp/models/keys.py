"""Ids of rows."""

from __future__ import annotations

from uuid import uuid4


def new_id() -> str:
    """A random public id; ids are never guessed, reused or counted."""
    return uuid4().hex
