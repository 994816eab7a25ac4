"""Drawing anew what changed of something that holds controls, and leaving the controls alone.

Whoever presses a control while it is drawn anew presses nothing: the browser makes a click of a press and a release on the same node, and
the node is another one by then. So what can change by itself stands in parts of its own, and the whole is drawn only when anything else of
it is another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from dash import no_update
from dash.development.base_component import Component

TYPE = "part"


def part_id(of: str, name: str) -> dict[str, str]:
    """The id of a part: `of` tells wholes apart; its children are what may change."""
    return {"type": TYPE, "of": of, "part": name}


def outline(whole: Component, *where: str) -> str:
    """The same text for the same whole at the same address, whatever stands in its parts."""
    return hashlib.sha256(json.dumps([*where, _outline(whole)], default=str, sort_keys=True).encode()).hexdigest()


def redrawn(whole: Component, ids: Sequence[Any]) -> list[Any]:
    """What stands in the parts with these ids, in their order; nothing new where the whole has no such part."""
    every: Iterator[Any] = whole._traverse()  # type: ignore[no-untyped-call]
    held = {json.dumps(each.id, sort_keys=True): each.children for each in every if _is_part(getattr(each, "id", None))}
    return [held.get(json.dumps(each, sort_keys=True), no_update) for each in ids]


def _is_part(id: Any) -> bool:
    return isinstance(id, dict) and id.get("type") == TYPE


def _outline(node: Any) -> Any:
    if isinstance(node, Component):
        said: dict[str, Any] = node.to_plotly_json()["props"]  # type: ignore[no-untyped-call]
        kept = {name: _outline(value) for name, value in said.items() if name != "children" or not _is_part(said.get("id"))}
        return [type(node).__name__, kept]
    return [_outline(each) for each in node] if isinstance(node, (list, tuple)) else node
