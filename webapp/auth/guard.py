"""The guard: nothing is answered unless the route's declaration is met."""

from __future__ import annotations

from flask import Flask, Response, abort, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from webapp.auth.visitor import install_login
from webapp.edge import Door, Resources, needs_of, unit_of_work
from webapp.edge.answers import answer, wants_page
from webapp.edge.browser import SAFE_METHODS, host_is_ours, is_cross_site, next_page, same_secret, sent_token
from webapp.services.people.sessions import note_seen
from webapp.services.people.tokens import find_token

CALLBACKS = "/_dash-update-component"
UNATTENDED = (".n_intervals", "pulse.data")
"""What changes by itself in an open tab; it must not keep a session alive."""


def install_guard(server: Flask, resources: Resources) -> None:
    """Refuse, before anything else runs: strange hosts, other sites' requests, strangers, and forms without our token."""
    install_login(server, resources)

    @server.before_request
    def guard() -> AnyResponse | None:
        need = needs_of(server).get(request.endpoint or "", Door.SIGNED_IN)
        if not host_is_ours(resources.config, request.host, health=request.path in ("/healthz", "/readyz")):
            abort(400, "This server does not answer to that host name.")
        if request.method not in SAFE_METHODS and is_cross_site(resources.config, request):
            abort(403, "Another site asked for this, so it was refused. Nothing was changed.")
        if request.path.startswith("/api/") and need is not Door.TOKEN and _has_token(resources):
            abort(404)  # any GET fits Dash's catch-all; a program that mistyped an address has no session that could have ended
        if need is Door.OPEN or need is Door.TOKEN:
            return None  # such views check for themselves: a form's own token, or the bearer's
        if not current_user.is_authenticated:
            return _ask_to_sign_in()
        if request.method not in SAFE_METHODS and not same_secret(sent_token(request), current_user.signed_in.csrf_token):
            abort(403, "The page is out of date, so this was refused. Reload it and try again.")
        _note_seen(resources)
        return None


def _has_token(resources: Resources) -> bool:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return False
    with unit_of_work(resources, read_only=True) as session:
        return find_token(session, token.strip()) is not None


def _ask_to_sign_in() -> AnyResponse:
    if request.method in ("GET", "HEAD") and wants_page():
        wanted = next_page(request.full_path.rstrip("?"))
        return redirect(url_for("login") if wanted == "/" else url_for("login", next=wanted))
    return _unauthorised()


def _unauthorised() -> Response:
    return answer(401, headers={"WWW-Authenticate": "Bearer"} if request.path.startswith("/api/") else None)


def _note_seen(resources: Resources) -> None:
    signed_in = current_user.signed_in
    if signed_in.seen_due and not _is_unattended():
        with unit_of_work(resources) as session:
            note_seen(session, signed_in.id_hash)


def _is_unattended() -> bool:
    if request.path != CALLBACKS:
        return False
    body = request.get_json(silent=True)
    changed = body.get("changedPropIds") if isinstance(body, dict) else None
    return isinstance(changed, list) and bool(changed) and all(isinstance(name, str) and name.endswith(UNATTENDED) for name in changed)
