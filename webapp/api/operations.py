"""What an operation of the REST interface is: one declaration for its route, its checks and its description."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from webapp.api.fields import Field
from webapp.edge import Resources
from webapp.services.access import Actor, Permission

VERSION = "/api/v1"


@dataclass(frozen=True)
class Call:
    """One request, checked: `parts` of the address, `query` and `sent` by the fields that the operation declares."""

    session: Session
    actor: Actor
    resources: Resources
    parts: Mapping[str, str]
    query: Mapping[str, Any]
    sent: Any


@dataclass(frozen=True)
class Body:
    """What a request brings: `read(resources, actor)` takes it in, between two units of work; `content` is its schema by media type."""

    read: Callable[[Resources, Actor], Any]
    content: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Operation:
    """One thing that a program may ask for.

    `path` is under `/api/v1`, with `{parts}`. `run` answers with a frozen dataclass, whose type is the answer's schema, or with an object.
    `refusals` are statuses beside those that every operation has (401, 403, 404, 422).
    """

    name: str
    method: str
    path: str
    summary: str
    needs: Permission
    run: Callable[[Call], Any]
    query: Mapping[str, Field] = field(default_factory=dict)
    body: Body | None = None
    writes: bool = False
    status: int = 200
    refusals: Mapping[int, str] = field(default_factory=dict)
