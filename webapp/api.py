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
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from segmentation.roles import CUSTOMER_KEY
from webapp.edge import Door, Resources, declare, unit_of_work
from webapp.edge.answers import problem
from webapp.migrate import current_revision, head_revision
from webapp.models import Snapshot
from webapp.services.access import Actor, Permission, require
from webapp.services.customers import LONGEST_PAGE, CustomerPage, page_customers
from webapp.services.datasets import list_datasets
from webapp.services.errors import Invalid
from webapp.services.jobs import workers_alive
from webapp.services.scoring import CustomerScore, SegmentName, score_customers
from webapp.services.segments import SegmentsOverview, dataset_of_segment, show_segments
from webapp.services.selections import select_customers
from webapp.services.tokens import token_actor
from webapp.store import StoreError

VERSION = "/api/v1"
MOST_ROWS = 100_000_000
"""The farthest that a page of customers may begin."""
MOST_SCORED = 10_000
"""Customers in one request."""
SCORE_BYTES = 16 << 20
"""Largest body of a request that scores customers."""

Body = Callable[..., Any]
Sent = Callable[[], tuple[Any, ...]]
"""Reads what came with a request, checked; the body of the route gets it after the actor."""


def install_api(server: Flask, resources: Resources) -> None:
    """Register `/api/v1/...`, `/healthz` and `/readyz`."""
    _add(server, resources, "/datasets", _datasets, needs=Permission.VIEW)
    _add(server, resources, "/datasets/<dataset>/segments", _segments, needs=Permission.VIEW)

    def _score(session: Session, actor: Actor, customers: list[dict[str, Any]], dataset: str) -> dict[str, Any]:
        return scores_json(session, actor, resources, customers, dataset)

    def _segment_customers(session: Session, actor: Actor, key: str) -> dict[str, Any]:
        return segment_customers_json(session, actor, resources, key)

    _add(server, resources, "/segments/<key>/customers", _segment_customers, needs=Permission.VIEW_CUSTOMERS)
    _add(server, resources, "/datasets/<dataset>/score", _score, needs=Permission.VIEW_CUSTOMERS, method="POST", sent=sent_customers)
    server.add_url_rule("/healthz", endpoint="healthz", view_func=lambda: {"status": "ok"})
    server.add_url_rule("/readyz", endpoint="readyz", view_func=functools.partial(_readyz, resources))
    declare(server, "healthz", Door.OPEN)
    declare(server, "readyz", Door.OPEN)


def _add(
    server: Flask, resources: Resources, rule: str, body: Body, *, needs: Permission, method: str = "GET", sent: Sent = lambda: ()
) -> None:
    """Answer `rule` with what `body(session, actor, *sent(), **parts)` returns, as JSON, for tokens whose role allows it."""

    def view(**parts: str) -> ResponseReturnValue:
        with unit_of_work(resources, read_only=True) as session:
            actor = _bearer(session)
        if actor is None:
            detail = "Send a valid API token as `Authorization: Bearer ...`. An admin makes one with `smartcart token add`."
            return problem(401, "A token is needed", detail, headers={"WWW-Authenticate": "Bearer"}, code="unauthorized")
        require(actor, needs)
        content = sent()  # between two units of work: whoever sends slowly holds no connection
        with unit_of_work(resources, read_only=True) as session:
            return Response(json.dumps(body(session, actor, *content, **parts)), content_type="application/json")

    endpoint = f"api{body.__name__}"
    server.add_url_rule(VERSION + rule, endpoint=endpoint, view_func=view, methods=[method], provide_automatic_options=False)
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


def segment_customers_json(session: Session, actor: Actor, resources: Resources, key: str) -> dict[str, Any]:
    """A page of a segment's customers: `limit` (at most 1,000) after `offset`, by `sort` (and `desc=1`), with filters and search."""
    dataset = dataset_of_segment(session, actor, key)
    start, limit = _whole_number("offset", 0, MOST_ROWS), _whole_number("limit", 100, LONGEST_PAGE)
    query = {name: request.args[name] for name in ("f", "q") if name in request.args}
    if problems := select_customers(session, actor, resources.store, dataset, query, version=_version()).problems:
        raise Invalid(problems[0], details={"field": "f"})
    page = page_customers(
        session,
        actor,
        resources.store,
        dataset,
        query=query,
        segment=key,
        version=_version(),
        sort=request.args.get("sort", CUSTOMER_KEY),
        descending=request.args.get("desc") == "1",
        start=start,
        stop=start + limit,
    )
    return {"dataset": dataset, "segment": key, "total": page.total, "offset": start, "limit": limit, "customers": rows_json(page)}


def rows_json(page: CustomerPage) -> list[dict[str, Any]]:
    """The customers of a page as objects: numbers as numbers, days as ISO text, what is missing as null."""
    rows = page.rows.copy()
    for column in page.columns:
        if column.kind == "date":
            rows[column.name] = rows[column.name].dt.strftime("%Y-%m-%d")
    return list(json.loads(rows.to_json(orient="records", double_precision=15)))


def _whole_number(name: str, default: int, most: int) -> int:
    asked = request.args.get(name)
    if asked is None:
        return default
    if not (asked.isascii() and asked.isdigit() and len(asked) < 10 and int(asked) <= most):
        raise Invalid(f"{name} is a whole number up to {most:,}.", details={"field": name})
    return int(asked)


def sent_customers() -> tuple[list[dict[str, Any]]]:
    """The customers that a request brings, each an object of values by column; refused in plain words where they are anything else."""
    content = _sent_json()
    if not isinstance(content, dict) or not isinstance(content.get("customers"), list):
        raise Invalid("Send an object with a list of `customers`, each an object of values by column.", details={"field": "customers"})
    if unknown := sorted(set(content) - {"customers"}):
        raise Invalid(f"Beside `customers` nothing is taken, but there is {unknown[0]!r}.", details={"field": unknown[0]})
    customers = content["customers"]
    if len(customers) > MOST_SCORED:
        raise Invalid(
            f"At most {MOST_SCORED:,} customers can be scored at once; there are {len(customers):,}. Send them in parts.",
            code="too_many_customers",
            details={"field": "customers"},
        )
    for place, customer in enumerate(customers):
        if not isinstance(customer, dict):
            raise Invalid("A customer is an object of values by column.", details={"field": f"customers[{place}]"})
    return (customers,)


def _sent_json() -> Any:
    if not request.is_json:
        raise UnsupportedMediaType("Send JSON, and say so with `Content-Type: application/json`.")
    request.max_content_length = SCORE_BYTES
    try:
        return request.get_json()
    except RequestEntityTooLarge:
        raise RequestEntityTooLarge(f"At most {SCORE_BYTES >> 20} MB can be sent at once. Send the customers in parts.") from None
    except BadRequest:
        raise BadRequest("The body cannot be read as JSON. Check its quotation marks, brackets and encoding (UTF-8).") from None


def scores_json(session: Session, actor: Actor, resources: Resources, customers: list[dict[str, Any]], dataset: str) -> dict[str, Any]:
    """Segment, confidence, runner-up and reasons of each of `customers`, in their order."""
    scores = score_customers(session, actor, resources.store, dataset, customers, version=_version())
    return {
        "dataset": scores.dataset,
        "version": scores.version,
        "as_of": scores.as_of,
        "customers": [_score_json(score) for score in scores.customers],
        "unknown_columns": scores.unknown_columns,
    }


def _score_json(score: CustomerScore) -> dict[str, Any]:
    why = score.explanation
    return {
        "customer_key": score.customer_key,
        "segment": _name_json(score.segment),
        "confidence": score.confidence,
        "runner_up": _name_json(score.runner_up),
        "reasons": [vars(reason) for reason in why.reasons],
        "unlike_training": why.unlike,
        "unlike_because": [vars(oddity) for oddity in why.oddities],
        "missing": why.missing,
        "missing_text": why.missing_text,
    }


def _name_json(name: SegmentName | None) -> dict[str, str] | None:
    return None if name is None else {"key": name.key, "name": name.name}


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
