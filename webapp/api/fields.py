"""Values that programs send: how each is read, refused by name, and described."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from webapp.services.errors import Invalid

LARGEST = 2**63 - 1
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""Python reads other ways of writing a day too, such as 2026-W01-1."""


@dataclass(frozen=True)
class Field:
    """A value by name. `read` takes what JSON or a query holds; its ValueErrors end a sentence that begins with the name."""

    about: str
    read: Callable[[Any], Any]
    schema: Mapping[str, Any]
    required: bool = False
    default: Any = None

    def needed(self) -> Field:
        """The same, refused where it is left out."""
        return replace(self, required=True)


def text(about: str, *, longest: int = 255, default: str | None = None) -> Field:
    return Field(about, lambda value: _text(value, longest), {"type": "string", "maxLength": longest}, default=default)


def choice(about: str, choices: Sequence[str], *, default: str | None = None) -> Field:
    """One word of a list."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            raise ValueError(f"is one of {', '.join(choices)}")
        return value

    return Field(about, read, {"type": "string", "enum": list(choices)}, default=default)


def whole(about: str, *, low: int, high: int, default: int | None = None) -> Field:
    """A whole number, in JSON or as digits in a query."""
    return Field(about, lambda value: _whole(value, low, high), {"type": "integer", "minimum": low, "maximum": high}, default=default)


def yes_no(about: str) -> Field:
    """True or false, in JSON or as a word in a form."""

    def read(value: Any) -> bool:
        words = {"true": True, "false": False}
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value in words:
            return words[value]
        raise ValueError("is true or false")

    return Field(about, read, {"type": "boolean"}, default=False)


def switch(about: str) -> Field:
    """1 or 0, in a query."""

    def read(value: Any) -> bool:
        if value not in ("0", "1"):
            raise ValueError("is 0 or 1")
        return bool(value == "1")

    return Field(about, read, {"type": "integer", "enum": [0, 1]}, default=False)


def day(about: str) -> Field:
    return Field(about, _day, {"type": ["string", "null"], "format": "date"})


def texts(about: str) -> Field:
    """A list of texts."""

    def read(value: Any) -> list[str]:
        if not isinstance(value, list):
            raise ValueError("is a list of texts")
        return [_text(item, 255) for item in value]

    return Field(about, read, {"type": "array", "items": {"type": "string"}, "maxItems": 1000}, default=())


def read_fields(declared: Mapping[str, Field], given: Mapping[str, Any], *, strict: bool = True) -> dict[str, Any]:
    """`given` as declared, defaults included; Invalid names a field that is unknown (unless not `strict`), missing or cannot be taken."""
    unknown = sorted(set(map(str, given)) - set(declared))
    if strict and unknown:
        known = ", ".join(f"`{name}`" for name in declared)
        raise Invalid(f"There is no field {unknown[0]!r} here. Known are {known}.", code="unknown_field", details={"field": unknown[0]})
    return {name: _read(name, field, given) for name, field in declared.items()}


def object_schema(declared: Mapping[str, Field]) -> dict[str, Any]:
    """The schema of an object of these fields and no others."""
    described = {name: {**field.schema, "description": field.about} for name, field in declared.items()}
    required = [name for name, field in declared.items() if field.required]
    return {"type": "object", "properties": described, "additionalProperties": False, **({"required": required} if required else {})}


def _read(name: str, field: Field, given: Mapping[str, Any]) -> Any:
    if name not in given or (given[name] is None and not field.required):
        if field.required:
            raise Invalid(f"`{name}` is missing.", details={"field": name})
        return field.default
    try:
        return field.read(given[name])
    except ValueError as error:
        raise Invalid(f"`{name}` {error}.", details={"field": name}) from None


def _text(value: Any, longest: int) -> str:
    if not isinstance(value, str):
        raise ValueError("is a text")
    if len(value) > longest:
        raise ValueError(f"has at most {longest:,} characters")
    if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise ValueError("holds characters that are no text")
    return value


def _whole(value: Any, low: int, high: int) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError(f"is a whole number from {low:,} to {high:,}")
    return value


def _day(value: Any) -> date:
    try:
        if isinstance(value, str) and DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError("is a day such as 2026-11-23")
