"""Placing customers who are not stored."""

from __future__ import annotations

from typing import Any

from webapp.api.datasets import VERSION_QUERY
from webapp.api.operations import Body, Call, Operation
from webapp.api.routes import read_json
from webapp.edge import Resources
from webapp.services.access import Actor, Permission
from webapp.services.errors import Invalid
from webapp.services.modelling.scoring import CustomerScore, SegmentName, score_customers

MOST_SCORED = 10_000
"""Customers in one request."""
REPORTED_WARNINGS = 1_000
SCORE_BYTES = 16 << 20
"""Largest body of a request that scores customers."""


def sent_customers(_resources: Resources, _actor: Actor) -> list[dict[str, Any]]:
    """The customers that a request brings, each an object of values by column; refused in plain words where they are anything else."""
    content = read_json(SCORE_BYTES, "Send the customers in parts.")
    if not isinstance(content, dict) or not isinstance(content.get("customers"), list):
        raise Invalid("Send an object with a list of `customers`, each an object of values by column.", details={"field": "customers"})
    if unknown := sorted(set(content) - {"customers"}):
        raise Invalid(f"Beside `customers` nothing is taken, but there is {unknown[0]!r}.", details={"field": unknown[0]})
    customers: list[Any] = content["customers"]
    if len(customers) > MOST_SCORED:
        raise Invalid(
            f"At most {MOST_SCORED:,} customers can be scored at once; there are {len(customers):,}. Send them in parts.",
            code="too_many_customers",
            details={"field": "customers"},
        )
    for place, customer in enumerate(customers):
        if not isinstance(customer, dict):
            raise Invalid("A customer is an object of values by column.", details={"field": f"customers[{place}]"})
    return customers


def post_score(call: Call) -> dict[str, Any]:
    """Segment, confidence, runner-up and reasons of each customer, in their order."""
    scores = score_customers(
        call.session, call.actor, call.resources.store, call.parts["dataset"], call.sent, version=call.query["version"]
    )
    return {
        "dataset": scores.dataset,
        "version": scores.version,
        "instead": scores.instead or None,
        "as_of": scores.as_of,
        "customers": [_score_json(score) for score in scores.customers],
        "unknown_columns": scores.unknown_columns,
        "warnings": [
            {"field": f"customers[{flag.place}].{flag.column}", "value": flag.value, "reason": flag.reason}
            for flag in scores.flags[:REPORTED_WARNINGS]
        ],
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


_CUSTOMERS = {
    "type": "object",
    "required": ["customers"],
    "additionalProperties": False,
    "properties": {"customers": {"type": "array", "maxItems": MOST_SCORED, "items": {"type": "object"}}},
}
OPERATIONS = (
    Operation(
        name="score_customers",
        method="POST",
        path="/datasets/{dataset}/score",
        summary="Place customers, with reasons; nothing is stored",
        needs=Permission.VIEW_CUSTOMERS,
        run=post_score,
        query=VERSION_QUERY,
        body=Body(sent_customers, {"application/json": _CUSTOMERS}),
        refusals={409: "There is no champion yet", 413: "The body is too large", 415: "The body is no JSON"},
    ),
)
