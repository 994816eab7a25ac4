"""What a person can decide at the check: every control says which part of the mapping it states, so that one callback reads them all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from dash.development.base_component import Component

from segmentation import to_json
from segmentation.intake.rules import empties
from segmentation.roles import Role
from webapp.pages.imports.ids import CHOICE
from webapp.services.data.imports import ImportReport
from webapp.ui.forms import labelled, number_input, select

FOLD = "fold"
EVERY = "every"
"""The part of a control that states a rule of all columns at once; `EACH` is its value while they differ."""
EACH = "each"
UNDECIDED = ""
"""The value of a control that asks for a decision."""


@dataclass(frozen=True)
class Choice:
    """One thing to decide. `before` is how it is now; UNDECIDED where the file cannot be imported before somebody says."""

    part: str
    field: str
    before: str
    column: str = ""
    word: str = ""

    @property
    def id(self) -> dict[str, str]:
        return {"type": CHOICE, **{name: value for name, value in asdict(self).items() if name != "before"}}

    @property
    def key(self) -> str:
        """The same as the browser makes of the id."""
        return json.dumps([self.part, self.column, self.field, self.word], ensure_ascii=False, separators=(",", ":"))


def choice_list(choice: Choice, label: str, options: Mapping[str, str]) -> Component:
    """A list to choose from, whose label screen readers hear; it asks where nothing is decided yet."""
    asked = {"placeholder": "Choose…"} if choice.before == UNDECIDED else {}
    return labelled(label, select(choice.id, options, value=choice.before or None, small=True, **asked))


def choice_number(choice: Choice, label: str, placeholder: str) -> Component:
    """A bound that may be left to the role, whose bound is the placeholder."""
    value = float(choice.before) if choice.before else None
    return labelled(label, number_input(choice.id, value=value, placeholder=placeholder, size="sm"))  # type: ignore[arg-type]


def choices_in(content: Any) -> list[Choice]:
    """Every choice that a page offers, with the value that its control has now."""
    found: list[Choice] = []
    for part in _walk(content):
        name = getattr(part, "id", None)
        if isinstance(name, dict) and name.get("type") == CHOICE:
            value = getattr(part, "value", None)
            found.append(Choice(name["part"], name["field"], _text(value), name["column"], name["word"]))
    return found


def read_choices(
    values: Sequence[Any], ids: Sequence[Mapping[str, str]], report: ImportReport, before: Mapping[str, str]
) -> dict[str, Any]:
    """The mapping that the changed controls state, besides `mode` and `as_of` where they are changed; what stayed as it was is left out."""
    stated: dict[str, Any] = {"schema": {}, "values": {}}
    form = {}
    # What is said of one column counts more than what is said of all.
    for value, name in sorted(zip(values, ids, strict=True), key=lambda pair: pair[1]["part"] != EVERY):
        choice = Choice(name["part"], name["field"], _text(value), name["column"], name["word"])
        if before.get(choice.key, "") == choice.before:
            continue
        if choice.part in ("mode", "as_of"):
            stated[choice.part] = choice.before
        elif choice.part in ("id", "apart", "schema"):
            stated["schema"] |= _stated_roles(choice, report)
        elif choice.part == EVERY:
            for column in emptiable(report) if choice.before != EACH else ():
                _state_rule(stated["values"], replace(choice, column=column), report.values)
        elif choice.part == "format":
            form[choice.field] = choice.before
        else:
            _state_rule(stated["values"], choice, report.values)
    if form:
        stated["format"] = {**to_json(report.format), "date_order": None, **form}
    return stated


def emptiable(report: ImportReport) -> list[str]:
    """Columns of the file whose empty cells can take known values away."""
    return [column.source for column in report.columns if empties(Role(column.role))]


def read_day(text: str) -> date | None:
    """A day as the browser writes it; None where there is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _stated_roles(choice: Choice, report: ImportReport) -> dict[str, str]:
    if choice.part == "id":  # a file has one; what was it before is not used until somebody says what else it means
        former = {source: str(Role.IGNORE) for source, role in report.schema.items() if role == Role.CUSTOMER_ID}
        return {**former, choice.before: str(Role.CUSTOMER_ID)}
    if choice.part == "apart":  # one header with a role of its own keeps the whole group apart
        return {choice.before: str(Role.FLAG)}
    return {choice.column: choice.before}


def _state_rule(values: dict[str, Any], choice: Choice, known: Mapping[str, Any]) -> None:
    """A rule of one column; what was stated of it before stays stated."""
    rule = values.setdefault(choice.column, dict(known.get(choice.column, {})))
    if choice.field == FOLD:
        rule["folds"] = {**rule.get("folds", {}), choice.word: choice.before}
    elif choice.field in ("low", "high"):
        rule[choice.field] = float(choice.before) if choice.before else None
    else:
        rule[choice.field] = choice.before or None


def _text(value: Any) -> str:
    if value is None:
        return ""
    return plain_number(value) if isinstance(value, float | int) else str(value)


def plain_number(value: float) -> str:
    """A number as the browser writes it: 3 and 3.5, every digit kept."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def _walk(content: Any) -> list[Any]:
    if isinstance(content, (list, tuple)):
        return [part for item in content for part in _walk(item)]
    return [content, *_walk(getattr(content, "children", None))] if isinstance(content, Component) else []
