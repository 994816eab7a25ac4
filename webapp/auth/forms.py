"""Plain forms for people without a session: their token against forgery, and their cookies."""

from __future__ import annotations

import secrets

from flask import Response, abort, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from webapp.auth.visitor import SESSION_COOKIE
from webapp.config import Config
from webapp.edge.browser import CSRF_COOKIE, CSRF_FIELD, cookie_name, form_token, same_secret
from webapp.services.people.sessions import NewSession

FORM_COOKIE = "sc_form"


def form_page(config: Config, template: str, *, status: int = 200, **values: object) -> Response:
    """A page with a form. Its token fits the visitor's form cookie, which is made where there is none."""
    name = cookie_name(config, FORM_COOKIE)
    cookie = request.cookies.get(name) or secrets.token_urlsafe(24)
    response = Response(render_template(template, csrf_token=form_token(config, cookie), **values), status)
    response.set_cookie(name, cookie, httponly=True, samesite="Lax", secure=config.secure)
    return response


def check_form(config: Config) -> None:
    """400 unless the form came from a page of ours, shown to this browser."""
    cookie = request.cookies.get(cookie_name(config, FORM_COOKIE), "")
    if not cookie or not same_secret(request.form.get(CSRF_FIELD, ""), form_token(config, cookie)):
        abort(400, "This form is out of date, or cookies are switched off. Go back, reload the page and try again.")


def welcome(config: Config, opened: NewSession, where: str) -> AnyResponse:
    """Send somebody who just signed in on their way, with the cookies of the new session."""
    response = redirect(where, 303)
    response.set_cookie(cookie_name(config, SESSION_COOKIE), opened.cookie, httponly=True, samesite="Lax", secure=config.secure)
    response.set_cookie(CSRF_COOKIE, opened.csrf_token, httponly=False, samesite="Lax", secure=config.secure)  # scripts send it back
    response.delete_cookie(cookie_name(config, FORM_COOKIE), httponly=True, samesite="Lax", secure=config.secure)
    return response


def farewell(config: Config) -> AnyResponse:
    """Back to sign-in, without the session's cookies."""
    response = redirect("/login", 303)
    for name in (cookie_name(config, SESSION_COOKIE), CSRF_COOKIE):
        response.delete_cookie(name, samesite="Lax", secure=config.secure)
    return response
