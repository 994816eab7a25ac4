"""Who a request comes from, as flask-login asks."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, Request
from flask_login import AnonymousUserMixin, LoginManager

from webapp.edge import Resources, unit_of_work
from webapp.edge.browser import cookie_name
from webapp.services.people.sessions import SignedIn, find_session

SESSION_COOKIE = "sc_session"
LONGEST_COOKIE = 128


@dataclass(frozen=True)
class SignedInUser:
    """A user with a live session, in flask-login's words."""

    id: str
    signed_in: SignedIn
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        return self.id


class Stranger(AnonymousUserMixin):  # type: ignore[misc]
    """Nobody is signed in."""

    id = None


def install_login(server: Flask, resources: Resources) -> None:
    """Let flask-login find the user by our own session cookie; its own signed cookie is never written, since it cannot be ended."""
    manager = LoginManager(server)
    manager.anonymous_user = Stranger
    manager.session_protection = None

    @manager.request_loader  # type: ignore[untyped-decorator]
    def load_user(request: Request) -> SignedInUser | None:
        cookie = request.cookies.get(cookie_name(resources.config, SESSION_COOKIE), "")
        if not cookie or len(cookie) > LONGEST_COOKIE:
            return None
        with unit_of_work(resources, read_only=True) as session:
            found = find_session(session, resources.config, cookie)
        return SignedInUser(found.user_id, found) if found else None
