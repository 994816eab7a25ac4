"""A browser in a few lines: forms with their hidden token, Dash callbacks with their declared parts, cookies that can be kept."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from flask import Flask
from werkzeug.test import Client, TestResponse

PASSWORD = "blue tractor seven"
HIDDEN_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
CALLBACKS = "/_dash-update-component"


class Browser:
    """One person's browser, or a stranger's."""

    def __init__(self, app: Flask, *, address: str = "203.0.113.7") -> None:
        self.app, self.address = app, address
        self.client: Client = app.test_client()

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, environ_base={"REMOTE_ADDR": self.address}, **options)

    def post(self, path: str, **options: Any) -> TestResponse:
        return self.client.post(path, environ_base={"REMOTE_ADDR": self.address}, **options)

    def submit(self, path: str, **fields: str) -> TestResponse:
        """Open the page at `path` and send its form."""
        found = HIDDEN_TOKEN.search(self.get(path).text)
        assert found, f"no form at {path}"
        return self.post(path, data={**fields, "csrf_token": found[1]})

    def sign_in(self, email: str, password: str = PASSWORD, *, path: str = "/login") -> TestResponse:
        return self.submit(path, email=email, password=password)

    @property
    def csrf(self) -> dict[str, str]:
        """The header that our pages send with what changes something."""
        cookie = self.client.get_cookie("sc_csrf")
        return {"X-CSRFToken": cookie.value if cookie else ""}

    def send(self, body: Any, **headers: str) -> TestResponse:
        """A callback, as raw as wanted."""
        return self.post(CALLBACKS, json=body, headers={**self.csrf, **headers})

    def callbacks(self) -> list[dict[str, Any]]:
        """The server callbacks that there are, as a page reads them."""
        return [entry for entry in self.get("/_dash-dependencies").json or [] if not entry["clientside_function"]]


def payload(callback: Mapping[str, Any], path: str, *, value: Any = None, search: str = "", **values: Any) -> dict[str, Any]:
    """The body with which a page at `path` calls `callback`: `values` by property name with _ for - and ., else `value`."""
    known = {("address", "pathname"): path, ("address", "search"): search}

    def part(wanted: Mapping[str, Any]) -> Any:
        name, prop = wanted["id"], wanted["property"]
        if name.startswith("{"):
            return _matched(json.loads(name), prop, value)
        return {"id": name, "property": prop, "value": known.get((name, prop), values.get(f"{name}_{prop}".replace("-", "_"), value))}

    inputs = [part(wanted) for wanted in callback["inputs"]]
    first = inputs[0][0] if inputs and isinstance(inputs[0], list) else inputs[0] if inputs else None
    changed = [f"{_id_text(first['id'])}.{first['property']}"] if first else []
    return {
        "output": callback["output"],
        "outputs": _outputs(callback["output"]),
        "inputs": inputs,
        "changedPropIds": changed,
        "state": [part(wanted) for wanted in callback["state"]],
    }


def _matched(pattern: Mapping[str, Any], prop: str, value: Any) -> Any:
    many = any(item in (["ALL"], ["ALLSMALLER"]) for item in pattern.values())
    concrete = {key: "x" if isinstance(item, list) else item for key, item in pattern.items()}
    one = {"id": concrete, "property": prop, "value": concrete if prop == "id" else value}
    return [one] if many else one


def _outputs(output: str) -> Any:
    parts = output[2:-2].split("...") if output.startswith("..") else [output]
    if output.startswith("..") or "." in output:
        leaves = [_output(part) for part in parts]
        return leaves if output.startswith("..") else leaves[0]
    return []


def _output(part: str) -> Any:
    name, _, prop = part.rpartition(".")
    if not name.startswith("{"):
        return {"id": name, "property": prop.split("@")[0]}
    return _matched(json.loads(name), prop.split("@")[0], None)


def _id_text(name: Any) -> str:
    return name if isinstance(name, str) else json.dumps(name, sort_keys=True, separators=(",", ":"))
