"""Headers that every answer carries, errors and assets included."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Flask, Response, request

from webapp.config import Config

YEAR = 365 * 24 * 3600
POLICY = (
    "default-src 'self'; script-src 'self'{hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; worker-src 'self' blob:; "
    "connect-src 'self'; form-action 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""Dash writes style attributes, hence 'unsafe-inline' for styles; its inline scripts are named by their hashes."""


def install_headers(server: Flask, config: Config, script_hashes: Callable[[], Sequence[str]]) -> None:
    """Add the headers after each request. `script_hashes` are those of the inline scripts on the product's own page."""

    @server.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        headers["Content-Security-Policy"] = POLICY.format(hashes=_hashes(response, script_hashes))
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["X-Frame-Options"] = "DENY"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if config.secure:
            headers["Strict-Transport-Security"] = f"max-age={YEAR}"
        _set_caching(response)
        return response


def _hashes(response: Response, script_hashes: Callable[[], Sequence[str]]) -> str:
    if response.mimetype != "text/html" or request.endpoint not in ("/", "/<path:path>"):
        return ""
    return "".join(f" {value}" for value in script_hashes())


def _set_caching(response: Response) -> None:
    """Pages and data are never kept; files whose address changes with their content are kept for good."""
    is_file = request.path.startswith(("/assets/", "/_dash-component-suites/"))
    if not is_file or response.status_code not in (200, 206, 304):
        response.headers["Cache-Control"] = "no-store"
    elif response.cache_control.max_age == YEAR or request.args.keys() & {"v", "m"}:
        response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    else:
        response.headers["Cache-Control"] = "no-cache"
