"""What can be true of a column's values, and what becomes of those that cannot: by role, unless somebody said otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from typing import Any, get_args

from segmentation.errors import SegmentationError
from segmentation.roles import Column, DateOrder, DecimalMark, EmptyCell, Impossible, Kind, Role, Schema, ValueRule

MAX_AGE = 110
MAX_NUMBER = 1e15
"""Numbers of this size or more, and infinite ones, are no fact of any customer; they are never kept."""
FIRST_YEAR, LAST_YEAR = 1900, 2100
FIRST_BIRTH, LAST_BIRTH = 1901, 2100  # where no day stands for today
_BOUNDS: Mapping[Role, tuple[float | None, float | None]] = {
    Role.AGE: (0, MAX_AGE),
    Role.INCOME: (0, None),
    Role.SPEND: (0, None),
    Role.PURCHASES: (0, None),
    Role.VISITS: (0, None),
    Role.COUNT: (0, None),
    Role.RECENCY_DAYS: (0, 36_500),
    Role.DEPENDENTS: (0, 20),
    Role.FLAG: (0, 1),
    Role.OUTCOME: (0, 1),
}
_FLAGS = frozenset({Role.FLAG, Role.OUTCOME})
_NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL})
_WORDS: Mapping[str, tuple[str, ...]] = {
    "date_order": get_args(DateOrder),
    "decimal": get_args(DecimalMark),
    "impossible": get_args(Impossible),
    "empty": get_args(EmptyCell),
}


@dataclass(frozen=True)
class EffectiveRule:
    """What holds for one column: `low` and `high` (years of dates, else the unit of the value; None: no bound but `MAX_NUMBER`).

    `impossible` says what becomes of a value beyond them; a yes-or-no column has 0 and 1, and a third word is beyond them.
    `stated` names the fields that somebody chose.
    """

    column: str
    label: str
    low: float | None
    high: float | None
    impossible: Impossible
    stated: tuple[str, ...]


def effective_rules(schema: Schema, as_of: date | None = None) -> tuple[EffectiveRule, ...]:
    """The rules of every column of numbers, dates or yes/no, in file order; `as_of` stands for today where births are bounded."""
    return tuple(effective_rule(column, as_of) for column in schema if _has_rule(column))


def effective_rule(column: Column, as_of: date | None = None) -> EffectiveRule:
    """The rule of `column`: its role's, overlaid by what was stated of it."""
    rule = column.rule
    low, high = _default_bounds(column, as_of)
    return EffectiveRule(
        column=column.source,
        label=column.label,
        low=low if rule.low is None else rule.low,
        high=high if rule.high is None else rule.high,
        impossible=rule.impossible or ("reject" if column.role in _FLAGS else "missing"),
        stated=tuple(name for name in ("low", "high", "impossible") if getattr(rule, name) is not None),
    )


def apply_values(schema: Schema, values: Mapping[str, Any]) -> Schema:
    """`schema` with the `values` part of a mapping laid over its rules and folds.

    `values` is header -> {fields of ValueRule, "folds": {word: word}}; null takes a field back to its default, a word folded
    to itself stays a word of its own. SegmentationError ("bad_rule") names a header, field or value that cannot be.
    """
    if not isinstance(values, Mapping):
        raise _bad("The values of a mapping are an object of rules by column.", None)
    known = {column.source for column in schema}
    for header in values:
        if header not in known:
            raise _bad(f"There is a rule for “{header}”, but no such column. Correct the mapping or the file's header.", header)
    return Schema(tuple(_with_rule(column, values[column.source]) if column.source in values else column for column in schema))


def stated_values(schema: Schema) -> dict[str, dict[str, Any]]:
    """The `values` part of a mapping that `apply_values` makes the rules and folds of `schema` from; columns without any are left out."""
    found: dict[str, dict[str, Any]] = {}
    for column in schema:
        said: dict[str, Any] = {name: value for name, value in asdict(column.rule).items() if value is not None}
        if column.folds:
            said["folds"] = dict(column.folds)
        if said:
            found[column.source] = said
    return found


def empties(role: Role) -> bool:
    """Whether an empty cell can take a known value away: everybody has an id, and an unknown consent replaces no known one."""
    return role not in (Role.CUSTOMER_ID, Role.CONSENT, Role.IGNORE)


def _has_rule(column: Column) -> bool:
    return column.role is not Role.IGNORE and column.kind is not Kind.TEXT


def _default_bounds(column: Column, as_of: date | None) -> tuple[float | None, float | None]:
    if column.kind is Kind.DATE:
        return FIRST_YEAR, LAST_YEAR
    if column.role is Role.BIRTH_YEAR:
        return (FIRST_BIRTH, LAST_BIRTH) if as_of is None else (as_of.year - MAX_AGE, as_of.year)
    return _BOUNDS.get(column.role, (None, None))


def _with_rule(column: Column, said: Any) -> Column:
    allowed = {field.name for field in fields(ValueRule)} | {"folds"}
    if not isinstance(said, Mapping) or not set(said) <= allowed:
        raise _bad(f"The rule for {column.source} is an object of {', '.join(sorted(allowed))}.", column.source)
    stated = {name: _checked(column, name, value) for name, value in said.items() if name != "folds"}
    rule = replace(column.rule, **stated)
    if rule.low is not None and rule.high is not None and rule.low > rule.high:
        raise _bad(f"The lowest value of {column.source}, {rule.low:g}, is above its highest, {rule.high:g}. Exchange them.", column.source)
    return replace(column, rule=rule, folds={**column.folds, **_checked_folds(column, said.get("folds"))})


def _checked(column: Column, name: str, value: Any) -> Any:
    if value is None:
        return None
    if reason := _unfit(column, name, value):
        raise _bad(f"The rule for {column.source} cannot state {name}: {reason}.", column.source, name)
    if name in _WORDS:
        if value not in _WORDS[name]:
            raise _bad(f"The {name} of {column.source} must be one of {', '.join(_WORDS[name])}, or null.", column.source, name)
        return value
    if not is_bound(value):
        raise _bad(f"The {name} of {column.source} must be a number below {MAX_NUMBER:g}, or null.", column.source, name)
    return float(value)


def is_bound(value: Any) -> bool:
    """Whether `value` can be the lowest or highest of a column."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < MAX_NUMBER


def _unfit(column: Column, name: str, value: Any) -> str:
    """Why a column of this kind has no such rule; "" where it can have one."""
    if name == "date_order":
        return "" if column.kind is Kind.DATE else "it is no column of dates"
    if name == "decimal":
        return "" if column.kind in _NUMBERS and column.role not in _FLAGS else "it is no column of numbers"
    if name == "empty":
        return "" if empties(column.role) else "an empty cell of it takes nothing from anybody"
    if column.kind is Kind.TEXT:
        return "it is no column of numbers or dates"
    if column.role in _FLAGS and (name != "impossible" or value == "keep"):
        return "a yes-or-no column holds two values; a third is made missing or keeps its row out"
    return ""


def _checked_folds(column: Column, folds: Any) -> dict[str, str]:
    if folds is None:
        return {}
    if column.kind is not Kind.TEXT:
        raise _bad(f"The column {column.source} holds no words, so none can be counted as another.", column.source, "folds")
    if not isinstance(folds, Mapping) or not all(isinstance(word, str) and word.strip() for pair in folds.items() for word in pair):
        raise _bad(f"The folds of {column.source} are an object of words: the word as written, and the word it counts as.", column.source)
    if column.role is Role.CONSENT:
        if not set(folds.values()) <= {"given", "withdrawn"}:
            raise _bad(f"A word of {column.source} means “given” or “withdrawn”, nothing else.", column.source, "folds")
        return {word.lower(): target for word, target in folds.items()}
    return dict(folds)


def _bad(message: str, header: str | None, field: str | None = None) -> SegmentationError:
    details = {key: value for key, value in (("column", header), ("field", field)) if value is not None}
    return SegmentationError(message, code="bad_rule", details=details)
