"""Frozen dataclasses to plain JSON values and back, checked on the way in."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

import cattrs
from cattrs.preconf.json import make_converter

T = TypeVar("T")

_converter = make_converter(forbid_extra_keys=True)
_converter.register_structure_hook(date, lambda text, _: date.fromisoformat(text))
_converter.register_unstructure_hook(date, lambda day: day.isoformat())


def to_json(value: Any) -> Any:
    """`value` (dataclasses, tuples, enums, dates) as what `json.dumps` takes."""
    return _converter.unstructure(value)


def from_json(cls: type[T], data: Any) -> T:
    """The reverse of `to_json`; ValueError names what does not fit."""
    try:
        return _converter.structure(data, cls)
    except cattrs.BaseValidationError as error:
        raise ValueError("; ".join(cattrs.transform_error(error))) from error
