"""Is the body of a callback one that our own page could have sent? Dash itself fails on others in the middle of its work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import ALL, ALLSMALLER, Dash, Output
from werkzeug.exceptions import BadRequest

WILDCARD = "{"
"""Ids of pattern-matching callbacks are declared as JSON; the browser sends the ids that they matched."""


def check_payload(app: Dash, body: Any) -> None:
    """BadRequest unless `body` names a server callback and brings exactly its inputs, states and outputs."""
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
    _check_outputs(callback["output"], body.get("outputs", []))


def _fits(sent: Any, wanted: dict[str, Any]) -> bool:
    if str(wanted["id"]).startswith(WILDCARD):
        parts = sent if isinstance(sent, list) else [sent]
        return all(_names_a_property(part) and isinstance(part["id"], dict) for part in parts)
    return _names_a_property(sent) and sent["id"] == wanted["id"] and sent["property"] == wanted["property"]


def _check_outputs(declared: Output | Sequence[Output], sent: Any) -> None:
    if isinstance(declared, Output):
        declared, sent = [declared], [sent]
    if not isinstance(sent, list) or len(sent) != len(declared) or not all(map(_is_output, sent, declared)):
        raise _unreadable()


def _is_output(sent: Any, declared: Output) -> bool:
    """Whether it is that output, or those that its pattern can mean: one for each that it matches where it can match several."""
    several = isinstance(declared.component_id, dict) and bool({ALL, ALLSMALLER} & set(declared.component_id.values()))
    if isinstance(sent, list) != several:
        return False
    # A duplicate's property has something behind "@" that tells it from the others.
    parts = sent if several else [sent]
    return all(_names_a_property(part) and Output(part["id"], part["property"].split("@")[0]) == declared for part in parts)


def _names_a_property(part: Any) -> bool:
    return isinstance(part, dict) and isinstance(part.get("id"), str | dict) and isinstance(part.get("property"), str)


def _unreadable() -> BadRequest:
    return BadRequest("The page sent something that cannot be read. Reload it and try again.")
