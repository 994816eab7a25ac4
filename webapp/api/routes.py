"""From an operation to a route: the token, the role, what was sent, one unit of work, the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

from flask import Flask, Response, json, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from webapp.api.fields import Field, object_schema, read_fields
from webapp.api.operations import VERSION, Body, Call, Operation
from webapp.edge import Resources, declare_token, unit_of_work
from webapp.edge.answers import problem
from webapp.services.access import Actor, Permission, require
from webapp.services.errors import Invalid
from webapp.services.people.answered import FIELD as KEY_HEADER
from webapp.services.people.answered import claim_key, keep_answer, request_hash
from webapp.services.people.tokens import find_token, note_used

REPEATED_HEADER = "Idempotent-Replayed"
"""Says that an answer is one that was given before."""
JSON_BYTES = 1 << 20
"""Largest body of a request that brings a few fields."""


def add_operation(server: Flask, resources: Resources, operation: Operation) -> None:
    """Answer the operation's address with what its `run` returns, as JSON, for tokens whose role allows it."""

    def view(**parts: str) -> ResponseReturnValue:
        actor = bearer(resources)
        if actor is None:
            return refuse_stranger()
        require(actor, operation.needs)
        query = read_fields(operation.query, asked(), strict=False)
        # Between two units of work: whoever sends slowly holds no connection.
        sent = operation.body.read(resources, actor) if operation.body else None
        with unit_of_work(resources, read_only=not operation.writes) as session:
            call = Call(session, actor, resources, parts, query, sent)
            key = request.headers.get(KEY_HEADER) if operation.writes else None
            return _answer(operation, call) if key is None else _answer_once(operation, call, key)

    rule = VERSION + operation.path.replace("{", "<").replace("}", ">")
    endpoint = f"api_{operation.name}"
    server.add_url_rule(rule, endpoint=endpoint, view_func=view, methods=[operation.method], provide_automatic_options=False)
    declare_token(server, endpoint, operation.needs)


def add_description(server: Flask, resources: Resources, described: Mapping[str, Any]) -> None:
    """`/api/v1/openapi.json`, for tokens of any role and for whoever is signed in. It holds nobody's data."""
    text = json.dumps(described)

    def view() -> ResponseReturnValue:
        if not current_user.is_authenticated and bearer(resources) is None:
            return refuse_stranger()
        return Response(text, content_type="application/json")

    server.add_url_rule(f"{VERSION}/openapi.json", endpoint="api_openapi", view_func=view, provide_automatic_options=False)
    declare_token(server, "api_openapi", Permission.VIEW)


def asked() -> dict[str, str]:
    """The query; `v` is short for `version`."""
    given = filled(request.args)
    return given | ({"version": given["v"]} if "v" in given else {})


def filled(given: Mapping[str, str]) -> dict[str, str]:
    """What a query or a form says; a name without a value says nothing."""
    return {name: value for name, value in given.items() if value}


def bearer(resources: Resources) -> Actor | None:
    """Who acts with the token that came with the request; its use is noted."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return None
    with unit_of_work(resources, read_only=True) as session:
        found = find_token(session, token.strip())
    if found is not None and found.use_due:
        with unit_of_work(resources) as session:
            note_used(session, found.id)
    return found.actor if found else None


def refuse_stranger() -> Response:
    detail = "Send a valid API token as `Authorization: Bearer ...`. An admin makes one with `smartcart token add`."
    return problem(401, "A token is needed", detail, headers={"WWW-Authenticate": "Bearer"}, code="unauthorized")


def json_body(fields: Mapping[str, Field]) -> Body:
    """An object of these fields; a body that is left out counts as one without any."""

    def read(_resources: Resources, _actor: Actor) -> dict[str, Any]:
        content = {} if not request.content_length and not request.is_json else read_json(JSON_BYTES, "Send less.")
        if not isinstance(content, dict):
            raise Invalid("Send one JSON object.", details={"field": ""})
        return read_fields(fields, content)

    return Body(read, {"application/json": object_schema(fields)})


def read_json(most: int, otherwise: str) -> Any:
    """The body as JSON, of at most so many bytes; `otherwise` says what to do with more."""
    if not request.is_json:
        raise UnsupportedMediaType("Send JSON, and say so with `Content-Type: application/json`.")
    request.max_content_length = most
    try:
        return request.get_json()
    except RequestEntityTooLarge:
        raise RequestEntityTooLarge(f"At most {most >> 20} MB can be sent at once. {otherwise}") from None
    except BadRequest:
        raise BadRequest("The body cannot be read as JSON. Check its quotation marks, brackets and encoding (UTF-8).") from None


def _answer(operation: Operation, call: Call) -> Response:
    found = operation.run(call)
    content = asdict(found) if is_dataclass(found) and not isinstance(found, type) else found
    return Response(json.dumps(content), operation.status, content_type="application/json")


def _answer_once(operation: Operation, call: Call, key: str) -> Response:
    """Do what is asked, unless the token asked for it with this key before: then say what it was answered. A refusal keeps no key."""
    asked_for = request_hash(operation.method, request.path, call.query, call.sent)
    before = claim_key(call.session, call.actor, key, asked_for)
    if before is not None:
        return Response(before, operation.status, headers={REPEATED_HEADER: "true"}, content_type="application/json")
    answer = _answer(operation, call)
    keep_answer(call.session, call.actor, key, answer.get_data(as_text=True))
    return answer
