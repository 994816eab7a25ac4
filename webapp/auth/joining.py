"""Answering an invitation with the account that one has: a plain form on one's account page, and where somebody is in no team."""

from __future__ import annotations

from flask import Flask, Response, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from webapp.edge import Door, Resources, declare, unit_of_work
from webapp.edge.answers import answer, wants_page
from webapp.edge.browser import next_page
from webapp.services.people.invitations import decline_invitation, join_team, list_own_invitations

NO_TEAM = "You are in no team"
ASK = "Ask the admin of a team to invite you."


def install_joining(server: Flask, resources: Resources) -> None:
    """Register the route that takes the answer to one's own invitation."""

    def invitation(invitation_id: str) -> ResponseReturnValue:
        said, where = request.form.get("answer"), next_page(request.form.get("next"))
        if said not in ("join", "decline"):
            abort(400, "Say whether you join or decline. Nothing was changed.")
        with unit_of_work(resources) as session:
            if said == "join":
                where = f"/t/{join_team(session, current_user.id, invitation_id)}"
            else:
                decline_invitation(session, current_user.id, invitation_id)
        return redirect(where, 303)

    server.add_url_rule("/invitations/<invitation_id>", view_func=invitation, methods=["POST"])
    declare(server, "invitation", Door.SIGNED_IN)


def no_team(resources: Resources) -> Response:
    """For somebody who is signed in and in no team: the invitations that wait for them, and the way out."""
    if not wants_page():
        return answer(403, title=NO_TEAM, detail=ASK)
    with unit_of_work(resources, read_only=True) as session:
        waiting = list_own_invitations(session, current_user.id)
    signed_in = current_user.signed_in
    page = render_template("no_team.html", csrf_token=signed_in.csrf_token, email=signed_in.email, waiting=waiting, title=NO_TEAM, ask=ASK)
    return Response(page, 403, content_type="text/html; charset=utf-8")
