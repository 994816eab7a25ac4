"""What services refuse. The edge turns each into an answer; the messages are read by people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ServiceError(Exception):
    """A refusal: `code` is for programs, `message` says what to do, `status` is the HTTP answer it becomes."""

    code = "refused"
    status = 400

    def __init__(self, message: str, *, code: str | None = None, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.details = dict(details or {})


class NotFound(ServiceError):
    """It does not exist, or belongs to another team: both look the same from outside."""

    code = "not_found"
    status = 404


class Forbidden(ServiceError):
    """The actor's role does not allow it."""

    code = "forbidden"
    status = 403


class Invalid(ServiceError):
    """A value cannot be taken; `details` names the field."""

    code = "invalid"
    status = 422


class Conflict(ServiceError):
    """Somebody else was first, or something still depends on it."""

    code = "conflict"
    status = 409


class TooMany(ServiceError):
    """Slow down; `details["retry_after"]` is in seconds."""

    code = "too_many"
    status = 429
