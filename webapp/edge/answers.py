"""Refusals and failures as answers: calm pages for people, problem+json for programs, and nothing from inside."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, json, render_template, request
from flask_login import current_user
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException

from segmentation.errors import SegmentationError
from webapp.services.errors import ServiceError

log = logging.getLogger(__name__)
MACHINE_PATHS = ("/api/", "/_", "/healthz", "/readyz")
WORDS = {
    400: ("This request could not be read", "Reload the page and try again. Nothing was changed."),
    401: ("Sign in first", "Your session has ended. Sign in to go on."),
    403: ("This was refused", "Your role does not allow it, or another site asked for it. Nothing was changed."),
    404: ("There is no such page", "It may have been removed, or it belongs to a team that you are not in."),
    405: ("This address does not answer that", "Go back and use the buttons of the page."),
    413: ("This file is too large", "Split it, or ask your admin to raise the limit. Nothing was stored."),
    429: ("Too many tries", "Wait a little, then try again."),
    500: ("Something went wrong on our side", "Nothing was changed. Try again; if it stays, tell your admin the reference below."),
    503: ("The product is not ready", "Try again in a minute."),
}


def install_answers(server: Flask) -> None:
    """Turn everything that is raised into an answer."""
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
    title, detail = title or usual[0], detail or usual[1]
    if not wants_page():
        return problem(status, title, detail, headers=headers, **more)
    page = render_template(
        "error.html", title=title, detail=detail, reference=more.get("reference"), signed_in=current_user.is_authenticated
    )
    return Response(page, status, headers=dict(headers or {}), content_type="text/html; charset=utf-8")


def _refusal(error: ServiceError | SegmentationError) -> Response:
    status = getattr(error, "status", 422)
    headers = {"Retry-After": str(error.details["retry_after"])} if "retry_after" in error.details else None
    more: dict[str, Any] = {"code": error.code, **({"details": error.details} if error.details else {})}
    return answer(status, detail=error.message, headers=headers, **more)


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
    reference = secrets.token_hex(4)
    log.error("Request failed, reference %s", reference, exc_info=error)
    return answer(500, reference=reference)
