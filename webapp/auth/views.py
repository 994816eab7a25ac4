"""Sign in, sign out, take an invitation, choose a new password: plain forms that work without JavaScript."""

from __future__ import annotations

from flask import Flask, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from webapp.auth.forms import check_form, farewell, form_page, welcome
from webapp.edge import Door, Resources, declare, unit_of_work
from webapp.edge.browser import network_of, next_page
from webapp.services.errors import Invalid, TooMany
from webapp.services.people.passwords import password_matches
from webapp.services.people.sessions import NewSession, begin_sign_in, end_session, finish_sign_in, open_session
from webapp.services.people.users import accept_invitation, show_invitation

WRONG = "Email or password is wrong."


def install_views(server: Flask, resources: Resources) -> None:
    """Register the sign-in, sign-out and invitation routes."""
    config = resources.config

    def login() -> ResponseReturnValue:
        where = next_page(request.args.get("next"))
        if request.method == "POST":
            return _sign_in(resources, where)
        return redirect(where) if current_user.is_authenticated else form_page(config, "login.html", email="")

    def logout() -> ResponseReturnValue:
        with unit_of_work(resources) as session:
            end_session(session, current_user.signed_in.id_hash)
        return farewell(config)

    def invite(token: str) -> ResponseReturnValue:
        with unit_of_work(resources, read_only=True) as session:
            invited = show_invitation(session, token)
        if invited.signs_in:
            return render_template("invited.html")
        if request.method == "POST":
            return _accept(resources, token, invited.email)
        return form_page(config, "invite.html", email=invited.email, name="")

    server.add_url_rule("/login", view_func=login, methods=["GET", "POST"])
    server.add_url_rule("/logout", view_func=logout, methods=["POST"])
    server.add_url_rule("/invite/<token>", view_func=invite, methods=["GET", "POST"])
    for endpoint, need in (("login", Door.OPEN), ("logout", Door.SIGNED_IN), ("invite", Door.OPEN)):
        declare(server, endpoint, need)


def _sign_in(resources: Resources, where: str) -> ResponseReturnValue:
    config = resources.config
    check_form(config)
    email, password = request.form.get("email", ""), request.form.get("password", "")
    try:
        opened = _try_password(resources, email, password)
    except TooMany as error:
        page = form_page(config, "login.html", status=429, email=email, problem=error.message)
        page.headers["Retry-After"] = str(error.details["retry_after"])
        return page
    if opened is None:
        return form_page(config, "login.html", status=401, email=email, problem=WRONG)
    _end_earlier_session(resources)
    return welcome(config, opened, where)


def _try_password(resources: Resources, email: str, password: str) -> NewSession | None:
    """None where it is wrong. The hash is computed outside of any transaction, so that a guess holds up nobody's work."""
    with unit_of_work(resources) as session:
        guess = begin_sign_in(session, resources.config, email=email, address=network_of(request.remote_addr))
    if not password_matches(password, guess.password_hash):
        return None
    with unit_of_work(resources) as session:
        return finish_sign_in(session, resources.config, guess)


def _end_earlier_session(resources: Resources) -> None:
    if current_user.is_authenticated:
        with unit_of_work(resources) as session:
            end_session(session, current_user.signed_in.id_hash)


def _accept(resources: Resources, token: str, email: str) -> ResponseReturnValue:
    config = resources.config
    check_form(config)
    name = request.form.get("name", "")
    try:
        with unit_of_work(resources) as session:
            user_id = accept_invitation(session, token, name=name, password=request.form.get("password", ""))
            opened = open_session(session, config, user_id)
    except Invalid as error:
        return form_page(config, "invite.html", status=422, email=email, name=name, problem=error.message, field=error.details.get("field"))
    return welcome(config, opened, "/")
