"""Refusals and failures as answers: calm pages for people, problem+json for programs, and nothing from inside."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from typing import Any

from dash.exceptions import DependencyException
from flask import Flask, Response, json, render_template, request
from flask.json.provider import DefaultJSONProvider
from flask_login import current_user
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

from segmentation.errors import SegmentationError
from webapp.services.errors import Forbidden, NotFound, ServiceError
from webapp.store import StoreError, StoreFull, disk_is_full

log = logging.getLogger(__name__)
MACHINE_PATHS = ("/api/", "/_", "/healthz", "/readyz")
WORDS = {
    400: ("This request could not be read", "Reload the page and try again. Nothing was changed."),
    401: ("Sign in first", "Your session has ended. Sign in to go on."),
    403: ("This was refused", "Your role does not allow it, or another site asked for it. Nothing was changed."),
    404: ("There is no such page", "It may have been removed, or it belongs to a team that you are not in."),
    405: ("This address does not answer that", "Go back and use the buttons of the page."),
    413: ("This is too large", "Send it in parts, or ask your admin to raise the limit. Nothing was stored."),
    429: ("Too many tries", "Wait a little, then try again."),
    500: ("Something went wrong on our side", "Nothing was changed. Try again; if it stays, tell your admin the reference below."),
    503: ("The product is not ready", "Try again in a minute."),
}
NO_SUCH_ADDRESS = "There is no such address", "Look at the address again: this product answers nothing there."
"""What 404 says to a program."""


class Json(DefaultJSONProvider):
    """JSON with ISO dates; a text nested too deeply to be read is as unreadable as any other."""

    @staticmethod
    def default(value: Any) -> Any:
        return value.isoformat() if isinstance(value, date) else DefaultJSONProvider.default(value)

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        try:
            return super().loads(s, **{"parse_constant": _no_number, **kwargs})
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


def _no_number(word: str) -> Any:
    """Python reads `NaN` and `Infinity`, which JSON (RFC 8259) does not have."""
    raise ValueError(f"{word} is no JSON")


def install_answers(server: Flask) -> None:
    """Turn everything that is raised into an answer."""
    server.json = Json(server)
    server.register_error_handler(DependencyException, _no_such_file)
    server.register_error_handler(ServiceError, _refusal)
    server.register_error_handler(SegmentationError, _refusal)
    server.register_error_handler(DataError, _unreadable_value)
    server.register_error_handler(HTTPException, _http_error)
    server.register_error_handler(Exception, _failure)


def wants_page() -> bool:
    """Whether a person's browser asked for a page, rather than a program for data."""
    if request.method not in ("GET", "HEAD", "POST") or request.path.startswith(MACHINE_PATHS):
        return False
    if request.method == "POST" and request.mimetype != "application/x-www-form-urlencoded":
        return False
    accepted = request.accept_mimetypes
    return not accepted or accepted.best_match(("text/html", "application/problem+json", "application/json")) == "text/html"


def problem(status: int, title: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    """An `application/problem+json` answer (RFC 9457)."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return Response(json.dumps(body), status, headers=dict(headers or {}), content_type="application/problem+json")


def answer(
    status: int, *, title: str | None = None, detail: str | None = None, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """The answer to a refusal, as page or problem, with our words where none are given."""
    usual = WORDS.get(status, (HTTPStatus(status).phrase, "Go back and try again."))
    page_wanted = wants_page()
    if status == HTTPStatus.NOT_FOUND and not page_wanted:
        usual = NO_SUCH_ADDRESS
    title, detail = title or usual[0], detail or usual[1]
    if not page_wanted:
        return problem(status, title, detail, headers=headers, **{"code": _code_of(status), **more})
    page = render_template(
        "error.html", title=title, detail=detail, reference=more.get("reference"), signed_in=current_user.is_authenticated
    )
    return Response(page, status, headers=dict(headers or {}), content_type="text/html; charset=utf-8")


def _code_of(status: int) -> str:
    """A word for programs where nothing more precise is known: that of the status, such as "unauthorized"."""
    return HTTP_STATUS_CODES.get(status, "refused").lower().replace(" ", "_")


def _refusal(error: ServiceError | SegmentationError) -> Response:
    status = getattr(error, "status", 422)
    headers = {"Retry-After": str(error.details["retry_after"])} if "retry_after" in error.details else None
    if isinstance(error, StoreError):
        log.error("The store failed: %s", error.message)
    more: dict[str, Any] = {"code": error.code, **({"details": error.details} if error.details else {})}
    return answer(status, title=_title_of(error), detail=error.message, headers=headers, **more)


def _title_of(error: ServiceError | SegmentationError) -> str | None:
    if isinstance(error, StoreError):
        return error.title
    if isinstance(error, Forbidden):
        return "Your role does not allow this"
    return error.message if isinstance(error, NotFound) and not wants_page() else None


def _no_such_file(_: DependencyException) -> Response:
    """Dash's way of saying that it serves no such script."""
    return answer(404)


def _unreadable_value(_: DataError) -> Response:
    """Characters that PostgreSQL cannot hold, such as NUL."""
    return answer(400)


def _http_error(error: HTTPException) -> Any:
    if error.response is not None or error.code is None or error.code < 400:
        return error  # a redirect, or an answer made on purpose
    headers = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After", "WWW-Authenticate")}
    own_words = error.description if type(error).description != error.description else None
    return answer(error.code, detail=own_words, headers=headers)


def _failure(error: Exception) -> Response:
    if disk_is_full(error):
        return _refusal(StoreFull())
    reference = secrets.token_hex(4)
    log.error("Request failed, reference %s", reference, exc_info=error)
    return answer(500, reference=reference)
