"""Team routes of Flask: a unit of work, the actor, the permission; then the body."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from webapp.edge.needs import declare
from webapp.edge.work import Resources, unit_of_work
from webapp.services.access import Actor, Permission, actor_for_user, require


@dataclass(frozen=True)
class Visit:
    """What the body of a team route gets first."""

    session: Session
    actor: Actor
    resources: Resources


Body = Callable[..., ResponseReturnValue]


def team_route(
    server: Flask, resources: Resources, rule: str, *, needs: Permission, writes: bool = False, methods: tuple[str, ...] = ("GET",)
) -> Callable[[Body], Body]:
    """Register `body(visit, **parts)` under a rule that starts with `/t/<team>`; a stranger to the team gets 404."""

    def register(body: Body) -> Body:
        @functools.wraps(body)
        def view(team: str, **parts: str) -> ResponseReturnValue:
            with unit_of_work(resources, read_only=not writes) as session:
                actor = actor_for_user(session, current_user.id, team)
                require(actor, needs)
                return body(Visit(session, actor, resources), **parts)

        server.add_url_rule(rule, endpoint=body.__name__, view_func=view, methods=list(methods))
        declare(server, body.__name__, needs)
        return body

    return register
