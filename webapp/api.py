"""The REST interface, and what a load balancer asks."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from flask import Flask, Response, json, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from webapp.edge import Door, Resources, declare, unit_of_work
from webapp.edge.answers import problem
from webapp.migrate import current_revision, head_revision
from webapp.models import Snapshot
from webapp.services.access import Actor, Permission, require
from webapp.services.datasets import list_datasets
from webapp.services.errors import Invalid
from webapp.services.jobs import workers_alive
from webapp.services.segments import SegmentsOverview, show_segments
from webapp.services.tokens import token_actor
from webapp.store import StoreError

VERSION = "/api/v1"
Body = Callable[..., Any]


def install_api(server: Flask, resources: Resources) -> None:
    """Register `/api/v1/...`, `/healthz` and `/readyz`."""
    _add(server, resources, "/datasets", _datasets, needs=Permission.VIEW)
    _add(server, resources, "/datasets/<dataset>/segments", _segments, needs=Permission.VIEW)
    server.add_url_rule("/healthz", endpoint="healthz", view_func=lambda: {"status": "ok"})
    server.add_url_rule("/readyz", endpoint="readyz", view_func=functools.partial(_readyz, resources))
    declare(server, "healthz", Door.OPEN)
    declare(server, "readyz", Door.OPEN)


def _add(server: Flask, resources: Resources, rule: str, body: Body, *, needs: Permission) -> None:
    """Answer `rule` with what `body(session, actor, **parts)` returns, as JSON, for tokens whose role allows it."""

    def view(**parts: str) -> ResponseReturnValue:
        with unit_of_work(resources, read_only=True) as session:
            actor = _bearer(session)
            if actor is None:
                detail = "Send a valid API token as `Authorization: Bearer ...`. An admin makes one with `smartcart token add`."
                return problem(401, "A token is needed", detail, headers={"WWW-Authenticate": "Bearer"}, code="unauthorized")
            require(actor, needs)
            return Response(json.dumps(body(session, actor, **parts)), content_type="application/json")

    endpoint = f"api{body.__name__}"
    server.add_url_rule(VERSION + rule, endpoint=endpoint, view_func=view, provide_automatic_options=False)
    declare(server, endpoint, Door.TOKEN)


def _bearer(session: Session) -> Actor | None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token_actor(session, token.strip()) if kind.lower() == "bearer" else None


def _datasets(session: Session, actor: Actor) -> dict[str, Any]:
    return {"datasets": [asdict(dataset) for dataset in list_datasets(session, actor)]}


def _segments(session: Session, actor: Actor, dataset: str) -> dict[str, Any]:
    overview = show_segments(session, actor, dataset, version=_version())
    if overview is None:
        return {"dataset": dataset, "version": None, "segments": []}
    return {"dataset": dataset, "version": overview.version.number, "segments": segments_json(overview)}


def _version() -> int | None:
    asked = request.args.get("v") or request.args.get("version")
    if asked is None:
        return None
    if not (asked.isascii() and asked.isdigit() and len(asked) < 10):
        raise Invalid("A version is a whole number.", details={"field": "version"})
    return int(asked)


def segments_json(overview: SegmentsOverview) -> list[dict[str, Any]]:
    """Key, name, size and share of each segment, in the order of the version's clusters."""
    pairs = zip(overview.styles, overview.profiles.segments, strict=True)
    return [
        {"key": style.key, "name": style.name, "size": profile.size, "share": profile.share, "campaigns": overview.tags.get(style.key, 0)}
        for style, profile in pairs
    ]


def _readyz(resources: Resources) -> Response:
    """200 when requests can be served; what is wrong is said in one word each, and a missing worker is no reason to fail."""
    checks = {"database": _database_state(resources.engine), "store": _store_state(resources)}
    if checks["database"] == "ok":
        checks["schema"] = "ok" if current_revision(resources.engine) == head_revision() else "behind"
    ready = all(state == "ok" for state in checks.values())
    checks["worker"] = _worker_state(resources) if ready else "unknown"
    body = {"status": "ok" if ready else "unavailable", **checks}
    return Response(json.dumps(body), 200 if ready else 503, content_type="application/json")


def _database_state(engine: Engine) -> str:
    try:
        with engine.execution_options(read_only=True).connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return "down"
    return "ok"


def _store_state(resources: Resources) -> str:
    try:
        resources.store.check()
    except StoreError:
        return "down"
    # What an empty folder looks like where the disk is not mounted.
    lost = not resources.store.holds_any("snapshot") and _has_snapshots(resources)
    return "down" if lost else "ok"


def _has_snapshots(resources: Resources) -> bool:
    try:
        with unit_of_work(resources, read_only=True) as session:
            return session.scalars(select(Snapshot.id).limit(1)).first() is not None
    except SQLAlchemyError:
        return False  # the database speaks for itself


def _worker_state(resources: Resources) -> str:
    with unit_of_work(resources, read_only=True) as session:
        return "ok" if workers_alive(session) else "none"
