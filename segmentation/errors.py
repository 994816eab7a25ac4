"""What this library refuses, and why. Every message tells the reader what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class SegmentationError(Exception):
    """A refusal: `code` is stable and meant for programs, the message is meant for people."""

    code = "refused"

    def __init__(self, message: str, *, code: str | None = None, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.details = dict(details or {})


class UnreadableFile(SegmentationError):
    """The file cannot be read as a table of customers."""

    code = "unreadable_file"


class MissingRole(SegmentationError):
    """No column has a role that the work cannot do without."""

    code = "missing_role"


class NotEnoughData(SegmentationError):
    """Too few customers, or too little variation, to look for segments."""

    code = "not_enough_data"


class ArtifactError(SegmentationError):
    """A stored model is damaged, or was written by a version that this one cannot read."""

    code = "artifact"


class Cancelled(SegmentationError):
    """Whoever asked for the work no longer wants it."""

    code = "cancelled"
