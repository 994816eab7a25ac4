"""Is the body of a callback one that our own page could have sent? Dash itself fails on others in the middle of its work."""

from __future__ import annotations

from typing import Any

from dash import Dash
from werkzeug.exceptions import BadRequest

WILDCARD = "{"
"""Ids of pattern-matching callbacks are declared as JSON; the browser sends the ids that they matched."""


def check_payload(app: Dash, body: Any) -> None:
    """BadRequest unless `body` names a server callback and brings exactly its inputs and states."""
    if not isinstance(body, dict) or not isinstance(body.get("output"), str):
        raise _unreadable()
    callback = app.callback_map.get(body["output"])
    if callback is None or "callback" not in callback:
        raise _unreadable()
    for part, declared in (("inputs", callback["inputs"]), ("state", callback["state"])):
        sent = body.get(part, [])
        if not isinstance(sent, list) or len(sent) != len(declared):
            raise _unreadable()
        if not all(_fits(value, wanted) for value, wanted in zip(sent, declared, strict=True)):
            raise _unreadable()
    changed = body.get("changedPropIds", [])
    if not isinstance(changed, list) or not all(isinstance(name, str) and "." in name for name in changed):
        raise _unreadable()
    _check_outputs(body)


def _fits(sent: Any, wanted: dict[str, Any]) -> bool:
    if str(wanted["id"]).startswith(WILDCARD):
        parts = sent if isinstance(sent, list) else [sent]
        return all(_names_a_property(part) and isinstance(part["id"], dict) for part in parts)
    return _names_a_property(sent) and sent["id"] == wanted["id"] and sent["property"] == wanted["property"]


def _check_outputs(body: dict[str, Any]) -> None:
    outputs = body.get("outputs", [])
    multiple = body["output"].startswith("..")
    for output in outputs if isinstance(outputs, list) else [outputs]:
        parts = output if isinstance(output, list) else [output]
        if not all(_names_a_property(part) for part in parts):
            raise _unreadable()
    expected = len(body["output"].strip(".").split("...")) if multiple else None
    if (expected is not None and (not isinstance(outputs, list) or len(outputs) != expected)) or (
        outputs == [] and not _has_no_output(body)
    ):
        raise _unreadable()


def _has_no_output(body: dict[str, Any]) -> bool:
    return "." not in body["output"]


def _names_a_property(part: Any) -> bool:
    return isinstance(part, dict) and isinstance(part.get("id"), str | dict) and isinstance(part.get("property"), str)


def _unreadable() -> BadRequest:
    return BadRequest("The page sent something that cannot be read. Reload it and try again.")
