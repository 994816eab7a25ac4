"""Frozen dataclasses survive the way through JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation.codec import from_json, to_json
from segmentation.intake import FileFormat, Finding
from segmentation.roles import Column, Kind, Role, Schema

columns = st.builds(
    Column,
    name=st.text(),
    source=st.text(),
    role=st.sampled_from(Role),
    kind=st.sampled_from(Kind),
    label=st.text(),
    sensitive=st.booleans(),
    levels=st.lists(st.text(), max_size=3).map(tuple),
    folds=st.dictionaries(st.text(), st.text(), max_size=3),
    confidence=st.floats(0, 1),
    reason=st.text(),
)


@dataclass(frozen=True)
class Day:
    on: date
    share: float | None = None


@given(st.lists(columns, max_size=4))
def test_a_schema_comes_back_equal(drawn: list[Column]) -> None:
    schema = Schema(tuple(drawn))
    assert from_json(Schema, json.loads(json.dumps(to_json(schema)))) == schema


@pytest.mark.parametrize(
    "value",
    [
        FileFormat(",", "utf-8", "day_first"),
        FileFormat("\t", "cp1252"),
        Finding("missing", "note", "24 without income", "Income", 24, (12, 29)),
        Day(date(2014, 6, 29), 0.5),
        Day(date(2024, 2, 29)),
    ],
)
def test_values_come_back_equal(value: object) -> None:
    assert from_json(type(value), json.loads(json.dumps(to_json(value)))) == value


@pytest.mark.parametrize(
    ("cls", "data", "told"),
    [
        (FileFormat, {"delimiter": ","}, "encoding"),
        (FileFormat, {"delimiter": ",", "encoding": "utf-8", "colour": 1}, "colour"),
        (Schema, {"columns": [{"name": "a", "source": "a", "role": "wizard", "kind": "text", "label": "A"}]}, "role"),
        (Day, {"on": "2014-02-31"}, "on"),
    ],
)
def test_what_does_not_fit_is_named(cls: type, data: object, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        from_json(cls, data)
