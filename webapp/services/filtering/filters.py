"""Filters of customers as an address carries them: a column, a kind of condition, values; read, written, and said in words.

The text of `?f=` is `column~condition~value|value*column~condition~...`: `income~ge~50000*city~in~Leeds|York`. The four characters that
divide it, and the percent sign, stand in names and values as `%7E`, `%7C`, `%2A` and `%25`, so that every word can be filtered by.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from urllib.parse import unquote

from segmentation.roles import Column, Kind, Role, Schema
from segmentation.wording import listed, number
from webapp.services.filtering.columns import CONFIDENCE, SEGMENT, attributes, outward, shown_schema, value_sql

MOST_FILTERS = 12
MOST_VALUES = 50
MOST_NEAR = 3
LONGEST = 4_000
"""Characters of all filters in an address."""
QUARTERS = ("lowest quarter", "second quarter", "third quarter", "highest quarter")
SEPARATORS = "%~|*"

Bound = float | date


class Condition(StrEnum):
    """What a filter asks of a value; the word is the one in an address."""

    AT_LEAST = "ge"
    AT_MOST = "le"
    BETWEEN = "bt"  # both ends included
    QUARTER = "q"  # 1 to 4, by the quartiles of the snapshot; who has no value is in the first
    ONE_OF = "in"
    NONE_OF = "ni"  # whoever has no value is none of them
    YES = "yes"
    NO = "no"
    CONTAINS = "has"
    MISSING = "none"


class Form(StrEnum):
    """What kind of values a column has for whoever filters."""

    NUMBER = "number"
    DATE = "date"
    FLAG = "flag"
    WORD = "word"
    SEGMENT = "segment"
    CONFIDENCE = "confidence"
    AUDIENCE = "audience"


_BOUNDS = (Condition.AT_LEAST, Condition.AT_MOST, Condition.BETWEEN)
CONDITIONS: Mapping[Form, tuple[Condition, ...]] = {
    Form.NUMBER: (*_BOUNDS, Condition.QUARTER, Condition.MISSING),
    Form.DATE: (*_BOUNDS, Condition.QUARTER, Condition.MISSING),
    Form.FLAG: (Condition.YES, Condition.NO, Condition.MISSING),
    Form.WORD: (Condition.ONE_OF, Condition.NONE_OF, Condition.CONTAINS, Condition.MISSING),
    Form.SEGMENT: (Condition.ONE_OF, Condition.NONE_OF, Condition.MISSING),
    Form.CONFIDENCE: _BOUNDS,
    Form.AUDIENCE: (Condition.ONE_OF, Condition.NONE_OF),
}
"""What can be asked of each form."""
_COUNTS = {
    Condition.BETWEEN: (2, 2),
    Condition.ONE_OF: (1, MOST_VALUES),
    Condition.NONE_OF: (1, MOST_VALUES),
    Condition.YES: (0, 0),
    Condition.NO: (0, 0),
    Condition.MISSING: (0, 0),
}
"""Fewest and most values; one where nothing is said."""


@dataclass(frozen=True)
class Filter:
    """One filter: customers whose `column` meets `condition`. `values` are texts as in the address, in its canonical form."""

    column: str
    condition: Condition
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """What a snapshot says of a column: its range, its quartiles (three, or none), and its commonest words of so many `distinct` ones."""

    low: Bound | None = None
    high: Bound | None = None
    quartiles: tuple[Bound, ...] = ()
    words: tuple[tuple[str, int], ...] = ()
    distinct: int = 0
    missing: int = 0


@dataclass(frozen=True)
class FilterColumn:
    """A column that may be filtered by, under the name that grids and addresses know it by.

    `source` is the snapshot's column and `sql` its value there; None and empty for the version's. `choices` leads from a value to its text
    where only these can be asked for (segments by key).
    """

    name: str
    label: str
    form: Form
    source: Column | None = None
    sql: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    facts: Facts = Facts()

    @property
    def is_year(self) -> bool:
        """Whether it holds years, which are written without a thousands separator."""
        return self.form is Form.NUMBER and "year" in self.name.split("_")


@dataclass(frozen=True)
class ParsedFilters:
    """The filters of an address that can be used, and a sentence about each that cannot."""

    filters: tuple[Filter, ...]
    problems: tuple[str, ...] = ()


class _Wrong(Exception):
    """A filter that cannot be used; the text says why."""


def filter_columns(
    schema: Schema, *, segments: Mapping[str, str] | None = None, hidden: Iterable[str] = (), facts: Mapping[str, Facts] | None = None
) -> tuple[FilterColumn, ...]:
    """What customers of `schema` may be filtered by: the version's own columns first where it has `segments` (key to name).

    The customer key is searched for, never filtered by; `hidden` names the columns that the reader's role does not show.
    """
    found = facts or {}
    own: tuple[FilterColumn, ...] = ()
    if segments is not None:
        own = (
            FilterColumn(SEGMENT, "Segment", Form.SEGMENT, choices=segments),
            FilterColumn(CONFIDENCE, "Confidence", Form.CONFIDENCE, facts=Facts(0.0, 1.0)),
        )
    left_out = frozenset(hidden)
    return own + tuple(
        FilterColumn(
            outward(column.name), column.label, _form(column), column, value_sql(column, schema), facts=found.get(column.name, Facts())
        )
        for column in attributes(shown_schema(schema))
        if column.name not in left_out
    )


def parse_filters(query: Mapping[str, str], columns: Sequence[FilterColumn]) -> ParsedFilters:
    """The filters of `?f=` (and what is wrong with others) among the `columns` that may be filtered by; the same filter counts once."""
    text = query.get("f", "")
    if len(text) > LONGEST:
        return ParsedFilters((), ("The address holds more filters than can be read. Choose them anew.",))
    known = {column.name: column for column in columns}
    filters: dict[Filter, None] = {}
    problems = []
    for part in filter(None, text.split("*")):
        try:
            filters[_read(part, known)] = None
        except _Wrong as error:
            problems.append(f"The filter “{_shown(part)}” cannot be used: {error}")
    kept = tuple(filters)
    if len(kept) > MOST_FILTERS:
        problems.append(f"At most {MOST_FILTERS} filters can be used at once; the others do not count.")
    return ParsedFilters(kept[:MOST_FILTERS], tuple(problems))


def named_values(query: Mapping[str, str], name: str) -> tuple[str, ...]:
    """The values that `?f=` gives for the column called `name`, before anybody knows whether there are such."""
    parts = (part.split("~") for part in query.get("f", "")[:LONGEST].split("*"))
    found = [unquote(value) for part in parts if len(part) == 3 and unquote(part[0]) == name for value in part[2].split("|")]
    return tuple(value for value in found if "\x00" not in value)[: MOST_FILTERS * MOST_VALUES]


def filters_to_query(filters: Sequence[Filter]) -> str | None:
    """The text of `?f=`; None without filters, so that the address leaves it out."""
    return "*".join(_written(each) for each in filters) or None


def make_filter(column: FilterColumn, condition: str, values: Sequence[object]) -> Filter:
    """A filter from what somebody typed, checked as one from an address is; ValueError says in words what is wrong."""
    given = [str(value).strip() for value in values if value is not None and str(value).strip()]
    try:
        return _checked(column, condition, given)
    except _Wrong as error:
        raise ValueError(str(error)) from None


def column_of(each: Filter, columns: Sequence[FilterColumn]) -> FilterColumn:
    """The column that a filter speaks of; KeyError where it is none of `columns`."""
    found = next((column for column in columns if column.name == each.column), None)
    if found is None:
        raise KeyError(each.column)
    return found


def describe_filter(each: Filter, columns: Sequence[FilterColumn], currency: str = "") -> str:
    """A filter in plain words: "Income at least €50,000". `currency` is the sign that amounts carry."""
    column = column_of(each, columns)
    label, values = column.label, each.values
    if each.condition is Condition.MISSING:
        return "Without a segment" if column.form is Form.SEGMENT else f"{label} missing"
    if each.condition in (Condition.YES, Condition.NO):
        return f"{label}: {each.condition.value}"
    if each.condition is Condition.CONTAINS:
        return f"{label} contains “{values[0]}”"
    if each.condition is Condition.QUARTER:
        return f"{label}: {quarter_text(column, int(values[0]), currency)}"
    if each.condition in _BOUNDS:
        return f"{label} {_bounds_text(each, column, currency)}"
    named = [column.choices.get(value, value) for value in values]
    shown = listed(named, "or") if len(named) <= 3 else f"{', '.join(named[:2])} or {len(named) - 2} more"
    return f"{label}: {'not ' if each.condition is Condition.NONE_OF else ''}{shown}"


def quarter_text(column: FilterColumn, quarter: int, currency: str = "") -> str:
    """A quarter of a column with its bounds: "lowest quarter (up to 35,303)"."""
    word, edges = QUARTERS[quarter - 1], [value_text(edge, column, currency) for edge in column.facts.quartiles]
    if not edges:
        return word
    first = f"up to {edges[0]}{' or not known' if column.facts.missing else ''}"
    bounds = (first, f"over {edges[0]} to {edges[1]}", f"over {edges[1]} to {edges[2]}", f"over {edges[2]}")
    return f"{word} ({bounds[quarter - 1]})"


def value_text(value: Bound, column: FilterColumn, currency: str = "") -> str:
    """A number or a day of that column as people read it."""
    if isinstance(value, date):
        return f"{value.day} {value:%b %Y}"
    if column.form is Form.CONFIDENCE:
        return f"{value:.2f}"
    if column.is_year:
        return f"{value:.0f}"
    role = column.source.role if column.source else None
    sign = currency if role in (Role.INCOME, Role.SPEND, Role.AMOUNT) else ""
    return sign + number(value, 0 if float(value).is_integer() or abs(value) >= 1_000 else 2)


def bound_of(text: str, column: FilterColumn) -> Bound:
    """A value of an address as the number or day that it means."""
    return date.fromisoformat(text) if column.form is Form.DATE else float(text)


def _form(column: Column) -> Form:
    if column.role in (Role.FLAG, Role.OUTCOME) and column.kind is Kind.INTEGER:
        return Form.FLAG
    return {Kind.TEXT: Form.WORD, Kind.DATE: Form.DATE}.get(column.kind, Form.NUMBER)


def _read(part: str, known: Mapping[str, FilterColumn]) -> Filter:
    pieces = part.split("~")
    if len(pieces) not in (2, 3):
        raise _Wrong("it has no column and condition.")
    column = known.get(unquote(pieces[0]))
    if column is None:
        near = _near(unquote(pieces[0]), list(known))
        raise _Wrong(f"there is no such column to filter by.{f' Near it: {listed(near)}.' if near else ''}")
    values = [unquote(value) for value in pieces[2].split("|")] if len(pieces) == 3 else []
    return _checked(column, pieces[1], values)


def _near(name: str, names: Sequence[str]) -> list[str]:
    """The names that somebody may have meant: those that begin so, in their order, then those spelt much like it."""
    begin = [each for each in names if name and each.startswith(name)]
    return list(dict.fromkeys([*begin, *get_close_matches(name, names, cutoff=0.75)]))[:MOST_NEAR]


def _checked(column: FilterColumn, word: str, values: Sequence[str]) -> Filter:
    if word not in CONDITIONS[column.form]:
        raise _Wrong(f"{column.label} cannot be filtered that way.")
    condition = Condition(word)
    fewest, most = _COUNTS.get(condition, (1, 1))
    if not fewest <= len(values) <= most or not all(values):
        raise _Wrong(_wanted(condition))
    if any("\x00" in value for value in values):
        raise _Wrong("it holds a character that no value has.")
    return Filter(column.name, condition, _canonical(column, condition, values))


def _canonical(column: FilterColumn, condition: Condition, values: Sequence[str]) -> tuple[str, ...]:
    if condition in _BOUNDS:
        texts = tuple(_bound_text(value, column) for value in values)
        if condition is Condition.BETWEEN and bound_of(texts[0], column) > bound_of(texts[1], column):  # type: ignore[operator]
            raise _Wrong("its first value is larger than its second.")
        return texts
    if condition is Condition.QUARTER:
        if values[0] not in ("1", "2", "3", "4") or not column.facts.quartiles:
            raise _Wrong("a quarter is 1, 2, 3 or 4.")
        return tuple(values)
    if column.choices and any(value not in column.choices for value in values):
        raise _Wrong("this version has no such segment." if column.form is Form.SEGMENT else "there is no such audience.")
    return tuple(dict.fromkeys(values))


def _bound_text(value: str, column: FilterColumn) -> str:
    if column.form is Form.DATE:
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            raise _Wrong("its value is no date such as 2026-11-23.") from None
    try:
        figure = float(value)
    except ValueError:
        figure = math.nan
    if not math.isfinite(figure):
        raise _Wrong("its value is no number.")
    return str(int(figure)) if figure.is_integer() and abs(figure) < 1e15 else repr(figure)


def _wanted(condition: Condition) -> str:
    if condition is Condition.BETWEEN:
        return "it needs two values."
    if condition in (Condition.ONE_OF, Condition.NONE_OF):
        return f"it needs 1 to {MOST_VALUES} values."
    return "it needs one value." if condition not in _COUNTS else "it takes no value."


def _bounds_text(each: Filter, column: FilterColumn, currency: str) -> str:
    texts = [value_text(bound_of(value, column), column, currency) for value in each.values]
    if each.condition is Condition.BETWEEN:
        return f"{texts[0]} to {texts[1]}"
    words = ("from", "until") if column.form is Form.DATE else ("at least", "at most")
    return f"{words[each.condition is Condition.AT_MOST]} {texts[0]}"


def _written(each: Filter) -> str:
    parts = [_escaped(each.column), each.condition.value]
    return "~".join([*parts, "|".join(map(_escaped, each.values))] if each.values else parts)


def _escaped(text: str) -> str:
    return "".join(f"%{ord(char):02X}" if char in SEPARATORS else char for char in text)


def _shown(part: str) -> str:
    """A filter of an address as it can be shown: unescaped, and not without end."""
    text = unquote(part)
    return text if len(text) <= 60 else f"{text[:59]}…"
