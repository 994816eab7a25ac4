"""Dash callbacks: each says what it needs, runs in one unit of work, and answers refusals instead of failing."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dash import Dash, State, ctx, no_update, set_props
from flask import has_request_context, request
from flask_login import current_user
from sqlalchemy.exc import DataError, InterfaceError, ProgrammingError
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest

from segmentation.errors import SegmentationError
from webapp.edge.display import Display
from webapp.edge.places import parse_path
from webapp.edge.work import Resources, unit_of_work
from webapp.services.access import Actor, Permission, actor_for_user, require
from webapp.services.errors import Forbidden, NotFound, ServiceError

log = logging.getLogger(__name__)
ADDRESS = "address"
Notify = Callable[[str], None]
UNREADABLE = (
    *(TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError, RecursionError),
    *(DataError, InterfaceError, ProgrammingError),
)
"""What a body runs into when the browser sent a value of the wrong kind, or one too large for a database or too deep for Python."""


@dataclass(frozen=True)
class View:
    """What a callback body gets first: who asks, from which address, and what to read with.

    `signed_in` is the hash of the id of the visitor's session, which tells this browser from their others.
    """

    session: Session
    actor: Actor
    resources: Resources
    display: Display
    path: str
    dataset: str | None
    page: str
    item: str | None
    query: Mapping[str, str]
    signed_in: str = ""


def _say(message: str) -> None:
    set_props("notice", {"children": message})


def _check_answer(answer: Any) -> None:
    """BadRequest where a browser sent another number of matching parts than the page has, so that the answer does not fit them."""
    if not has_request_context() or not isinstance(places := ctx.outputs_list, list):
        return
    for place, part in zip(places, answer if isinstance(answer, list | tuple) else (), strict=False):
        if isinstance(place, list) and part is not no_update and (not isinstance(part, list | tuple) or len(part) != len(place)):
            raise BadRequest("The page sent something that cannot be read. Reload it and try again.")


class Callbacks:
    """Registers callbacks with a Dash app. `declared` is what each needs, by callback id."""

    def __init__(self, app: Dash, resources: Resources, *, notify: Notify = _say) -> None:
        self.app, self.resources, self.notify = app, resources, notify
        self.declared: dict[str, Permission] = {}

    def on(
        self, *dash_args: Any, needs: Permission, writes: bool = False, **dash_kwargs: Any
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Decorate `body(view, *values)`. `writes` commits, and shows a refusal as a notice instead of an error."""
        where = (State(ADDRESS, "pathname"), State(ADDRESS, "search"))

        def register(body: Callable[..., Any]) -> Callable[..., Any]:
            known = set(self.app.callback_map)

            @self.app.callback(*dash_args, *where, **dash_kwargs)
            @functools.wraps(body)
            def answer(*values: Any) -> Any:
                *own, path, search = values
                return self._answer(body, own, path, search, needs, writes)

            self.declared.update(dict.fromkeys(set(self.app.callback_map) - known, needs))
            return body

        return register

    def clientside(self, *args: Any, **kwargs: Any) -> None:
        """A callback that runs in the browser and touches no data."""
        self.app.clientside_callback(*args, **kwargs)  # type: ignore[no-untyped-call]

    def check_declarations(self) -> None:
        """RuntimeError naming every server callback that did not come through `on`."""
        serverside = {name for name, entry in self.app.callback_map.items() if "callback" in entry}
        if missing := sorted(serverside - set(self.declared)):
            raise RuntimeError(f"These callbacks do not declare what they need: {', '.join(missing)}")

    def _answer(self, body: Callable[..., Any], values: list[Any], path: Any, search: Any, needs: Permission, writes: bool) -> Any:
        try:
            with unit_of_work(self.resources, read_only=not writes) as session:
                answer = body(self._view(session, path, search, needs), *values)
                _check_answer(answer)  # before the commit: Dash would refuse it afterwards, and what was done would stay
                return answer
        except (NotFound, Forbidden):
            raise
        except (ServiceError, SegmentationError) as error:
            if not writes:
                raise
            self.notify(error.message)
            return no_update
        except UNREADABLE as error:
            log.exception("A callback could not read what it was sent")
            raise BadRequest("The page sent something that cannot be read. Reload it and try again.") from error

    def _view(self, session: Session, path: Any, search: Any, needs: Permission) -> View:
        if not isinstance(path, str) or not isinstance(search, str | None):
            raise BadRequest("The page did not say where it is. Reload it.")
        place = parse_path(path, search or "")
        if place is None:
            raise NotFound("There is no such page.")
        actor = actor_for_user(session, current_user.id, place.team)
        require(actor, needs)
        display = Display.from_cookies(request.cookies)
        here = current_user.signed_in.id_hash
        return View(session, actor, self.resources, display, path, place.dataset, place.page, place.item, place.query, here)
