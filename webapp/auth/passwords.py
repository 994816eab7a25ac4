"""Choosing a new password: by an admin's link, or for oneself with the old one. Plain forms that work without JavaScript."""

from __future__ import annotations

from flask import Flask, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from webapp.auth.forms import check_form, form_page, welcome
from webapp.edge import Door, Resources, declare, unit_of_work
from webapp.edge.browser import network_of, next_page
from webapp.services.errors import Invalid, TooMany
from webapp.services.people.accounts import change_password
from webapp.services.people.invitations import reset_password, show_reset
from webapp.services.people.passwords import check_password, password_matches
from webapp.services.people.sessions import begin_sign_in, open_session

WRONG = "Your current password is something else. Nothing was changed."
SENT_WRONG = 422


def install_passwords(server: Flask, resources: Resources) -> None:
    """Register the routes that set passwords."""

    def reset(token: str) -> ResponseReturnValue:
        with unit_of_work(resources, read_only=True) as session:
            email = show_reset(session, token).email
        if request.method == "POST":
            return _reset(resources, token, email)
        return form_page(resources.config, "reset.html", email=email)

    def password() -> ResponseReturnValue:
        back = next_page(request.values.get("next"))
        if request.method == "POST":
            return _change(resources, back)
        return _own_form(back)

    server.add_url_rule("/reset/<token>", view_func=reset, methods=["GET", "POST"])
    server.add_url_rule("/password", view_func=password, methods=["GET", "POST"])
    declare(server, "reset", Door.OPEN)
    declare(server, "password", Door.SIGNED_IN)


def _reset(resources: Resources, token: str, email: str) -> ResponseReturnValue:
    config = resources.config
    check_form(config)
    try:
        with unit_of_work(resources) as session:
            user_id = reset_password(session, token, password=request.form.get("password", ""))
            opened = open_session(session, config, user_id)
    except Invalid as error:
        return form_page(config, "reset.html", status=SENT_WRONG, email=email, problem=error.message)
    return welcome(config, opened, "/")


def _change(resources: Resources, back: str) -> ResponseReturnValue:
    """The old password is guessed at like in a sign-in: counted, and checked outside of any transaction."""
    wanted, signed_in = request.form.get("password", ""), current_user.signed_in
    try:
        check_password(wanted, about=signed_in.email)
        with unit_of_work(resources) as session:
            guess = begin_sign_in(session, resources.config, email=signed_in.email, address=network_of(request.remote_addr))
        if not password_matches(request.form.get("current", ""), guess.password_hash):
            raise Invalid(WRONG, details={"field": "current"})
        with unit_of_work(resources) as session:
            change_password(session, guess, wanted, keep=signed_in.id_hash)
    except (Invalid, TooMany) as refusal:
        return _own_form(back, refusal)
    return redirect(f"{back}{'&' if '?' in back else '?'}password=changed", 303)


def _own_form(back: str, refusal: Invalid | TooMany | None = None) -> ResponseReturnValue:
    details = refusal.details if refusal else {}
    page = render_template(
        "password.html",
        csrf_token=current_user.signed_in.csrf_token,
        email=current_user.signed_in.email,
        back=back,
        problem=refusal.message if refusal else None,
        field=details.get("field"),
    )
    headers = {"Retry-After": str(details["retry_after"])} if "retry_after" in details else {}
    status = SENT_WRONG if isinstance(refusal, Invalid) else refusal.status if refusal else 200
    return page, status, headers
