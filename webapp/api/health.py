"""What a load balancer asks."""

from __future__ import annotations

from flask import Response, json
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import SQLAlchemyError

from webapp.edge import Resources, unit_of_work
from webapp.migrate import current_revision, head_revision
from webapp.models import Snapshot
from webapp.services.work.jobs import workers_alive
from webapp.store import StoreError


def readyz(resources: Resources) -> Response:
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
