"""What the words of order lines say: of the customer, of the goods, and which of them get a column of their own."""

# ruff: noqa: S608 - the names in these statements are our own (carried_x, channel), never the file's

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import duckdb

from segmentation.evidence import snake_case
from segmentation.orders.cells import carried_name
from segmentation.orders.reading import quoted
from segmentation.roles import Column, Role, Schema

MOST_CATEGORIES, MOST_CHANNELS = 8, 6
OTHER = "Other"
_GOODS = re.compile(r"categor|department|product|item|goods|article|brand|line|family|assortment|collection", re.IGNORECASE)
_PERSON = re.compile(
    r"country|region|city|state|province|county|gender|sex|customer|client|segment|loyalty|tier|member|marital", re.IGNORECASE
)
_STEADY = 0.95


@dataclass(frozen=True)
class Carried:
    """A column that says something of the customer, as `stored` among the lines; `changing` customers have several values."""

    column: Column
    stored: str
    changing: int


@dataclass(frozen=True)
class Group:
    """One column of customers: the canonical `name`, the `label` as in the file, and the `words` (lower case) of `column` among the lines
    that it takes in. A last one without words, where there is one, takes all lines that no other takes."""

    name: str
    label: str
    column: str
    words: tuple[str, ...]


def settle_carried(connection: duckdb.DuckDBPyConnection, columns: Sequence[Column]) -> tuple[tuple[Carried, ...], str | None]:
    """What the carried `columns` say of customers, and the one (as stored) that sorts goods into categories, if any.

    Names decide where they say it. Else a category that stays the same for (nearly) every customer with several lines speaks of the
    customer, and another one of the goods. Those that speak of goods and are not the first such are left out.
    """
    found: list[Carried] = []
    category: str | None = None
    for column in columns:
        stored = carried_name(column)
        changing, several = connection.execute(
            f"SELECT count(*) FILTER (words > 1), count(*) FILTER (lines > 1) FROM (SELECT customer_key, count(DISTINCT {quoted(stored)}) "
            f"AS words, count({quoted(stored)}) AS lines FROM lines GROUP BY 1)"
        ).fetchall()[0]
        if column.role is Role.CATEGORY and _speaks_of_goods(column, changing, several):
            category = category or stored
        else:
            found.append(Carried(column, stored, changing))
    return tuple(found), category


def spend_groups(connection: duckdb.DuckDBPyConnection, category: str | None, before: Schema | None) -> tuple[Group, ...]:
    """The categories that get a column: those of `before`, then the ones with the highest sales, all others together."""
    if category is None:
        return ()
    rows = _words(connection, f"SELECT {quoted(category)} AS word, sum(amount) AS weight FROM lines WHERE amount > 0 GROUP BY 1")
    return _groups(connection, rows, _Kind(quoted(category), Role.SPEND, "spend_", MOST_CATEGORIES), before)


def channel_groups(connection: duckdb.DuckDBPyConnection, before: Schema | None) -> tuple[Group, ...]:
    """The channels that get a column: those of `before`, then the ones with the most sales, all others together."""
    rows = _words(connection, "SELECT channel AS word, count(*) AS weight FROM lines WHERE amount > 0 GROUP BY 1")
    return _groups(connection, rows, _Kind("channel", Role.PURCHASES, "purchases_", MOST_CHANNELS), before)


def _speaks_of_goods(column: Column, changing: int, several: int) -> bool:
    if _PERSON.search(column.source):
        return False
    return bool(_GOODS.search(column.source)) or changing > (1 - _STEADY) * several


def _words(connection: duckdb.DuckDBPyConnection, weighed: str) -> list[tuple[str, str]]:
    """Words in lower case with their commonest spelling, by weight; lines without a word are among the others."""
    rows = connection.execute(
        "SELECT lower(trim(word)) AS folded, arg_max(trim(word), (weight, trim(word))) AS label, sum(weight) AS weight "
        f"FROM ({weighed}) WHERE trim(word) <> '' GROUP BY 1 ORDER BY weight DESC, folded"
    ).fetchall()
    return [(folded, label) for folded, label, _ in rows]


@dataclass(frozen=True)
class _Kind:
    """Columns of one kind: the lines' `column` of words, and the role, prefix and usual number of the columns made from it."""

    column: str
    role: Role
    prefix: str
    most: int


def _groups(
    connection: duckdb.DuckDBPyConnection, rows: Sequence[tuple[str, str]], kind: _Kind, before: Schema | None
) -> tuple[Group, ...]:
    rest = f"{kind.prefix}other"
    earlier = [column for column in before or () if column.role is kind.role and column.name.startswith(kind.prefix)]
    kept = {column.label.lower(): column for column in earlier if column.name != rest}
    if len(rows) + len(kept) < 2:
        return ()
    labels = dict(rows)
    chosen = [*kept, *(word for word in labels if word not in kept and word != OTHER.lower())][: max(kind.most, len(kept))]
    names = {rest} | {column.name for column in kept.values()}
    groups: list[Group] = []
    for word in chosen:
        known = kept.get(word)
        name = known.name if known else _own_name(f"{kind.prefix}{snake_case(word)}", names)
        names.add(name)
        groups.append(Group(name, known.label if known else labels[word], kind.column, (word,)))
    others = any(column.name == rest for column in earlier) or _any_other(connection, kind.column, chosen)
    return (*groups, Group(rest, OTHER, kind.column, ())) if others else tuple(groups)


def _any_other(connection: duckdb.DuckDBPyConnection, column: str, words: Sequence[str]) -> bool:
    """Whether any line has another word than `words`, or none."""
    row = connection.execute(
        f"SELECT count(*) FROM lines WHERE NOT coalesce(list_contains(?::VARCHAR[], lower(trim({column}))), false)", [list(words)]
    ).fetchall()[0]
    return bool(row[0])


def _own_name(name: str, taken: Collection[str]) -> str:
    own, count = name, 2
    while own in taken:
        own, count = f"{name}_{count}", count + 1
    return own
