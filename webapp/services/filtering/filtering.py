"""Which customers filters leave: as conditions that DuckDB checks, as row numbers of a snapshot, and what a viewer may ask.

Who may see customers filters as they like. A viewer sees segments and never people, so that what they may ask is decided here:

- one filter at a time, of fixed options: a quarter of a column by the snapshot's own quartiles, a word, yes or no, or "missing";
- a column's options are cells that divide every segment without a gap (who has no value is in the lowest quarter). Whoever knows the
  segment and all cells but one knows that one too, so where any cell of a segment holds 1 to 9 customers, the whole segment is held back
  for all cells of that column, whichever was asked for;
- how many customers of all are in a cell is no secret, so that one held segment would be what is missing from the sum. Segments are held
  back, smallest first, until there are several and each cell of them together has 10 customers or none. What is shown are sums of cells
  that have 10 customers or none, and so is every difference of what is shown: no figure is ever about fewer than `SMALLEST_GROUP`;
- cells of two columns never meet, so no filter narrows another.
"""

# ruff: noqa: S608  (SQL is put together from quoted column names and our own words; values are bound)

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmentation.clustering import Assignments
from segmentation.roles import CUSTOMER_KEY, Column, Kind, Schema
from webapp import bulk
from webapp.services.access import Actor, Permission
from webapp.services.errors import Invalid
from webapp.services.filtering.columns import SEGMENT, attributes, shown_schema, value_sql
from webapp.services.filtering.filters import Condition, Facts, Filter, FilterColumn, Form, bound_of, column_of
from webapp.store import State

SMALLEST_GROUP = 10
"""Customers in the smallest group that a viewer sees a figure of."""
MOST_CELLS = 12
"""Words of a column that a viewer may choose from; columns with more words are not offered to them."""
MOST_WORDS = 50
"""Words of a column that are offered to choose from; others can be typed."""
Rows = NDArray[np.int64]


def where_clause(filters: Sequence[Filter], columns: Sequence[FilterColumn]) -> tuple[str, list[Any]]:
    """The filters of snapshot columns as one SQL condition with a `?` for each of the values; "true" without any."""
    parts, values = [], []
    for each in filters:
        column = column_of(each, columns)
        if column.source is not None:
            sql, bound = _condition(each, column, column.source)
            parts.append(f"({sql})")
            values += bound
    return " AND ".join(parts) or "true", values


def matching_rows(
    path: Path, filters: Sequence[Filter], columns: Sequence[FilterColumn], labels: Assignments | None = None, keys: Sequence[str] = ()
) -> Rows | None:
    """Numbers of the snapshot's rows that meet every filter, ascending; None where there is no filter: everybody.

    Filters of the version's columns read `labels`, whose clusters are called `keys`.
    """
    if not filters:
        return None
    where, values = where_clause(filters, columns)
    rows = rows_where(path, where, values)
    for each in filters:
        column = column_of(each, columns)
        if column.source is None and labels is not None:
            rows = rows[_of_version(each, column, labels, keys)[rows]]
    return rows


def rows_where(path: Path, where: str, values: Sequence[Any]) -> Rows:
    """Numbers of the snapshot's rows that meet an SQL condition, ascending."""
    query = f"SELECT file_row_number FROM read_parquet(?, file_row_number = true) WHERE {where} ORDER BY 1"
    with bulk.column_engine() as connection:
        found = connection.execute(query, [str(path), *values]).fetchnumpy()
    return np.asarray(found["file_row_number"], dtype=np.int64)


def search_clause(text: str, names: Sequence[str]) -> tuple[str, list[Any]]:
    """The SQL condition that any of the text columns `names` contains `text`, whatever the case."""
    hits = " OR ".join(f"contains(lower({bulk.quoted(name)}), lower(?))" for name in names)
    return f"coalesce({hits or 'false'}, false)", [text] * len(names)


def row_of(path: Path, key: str) -> int | None:
    """The number of the customer's row in a snapshot; None where they are not in it."""
    query = f"SELECT file_row_number FROM read_parquet(?, file_row_number = true) WHERE {CUSTOMER_KEY} = ?"
    with bulk.column_engine() as connection:
        found = connection.execute(query, [str(path), key]).fetchone()
    return None if found is None else int(found[0])


def facts_of(path: Path, state: State, schema: Schema) -> Mapping[str, Facts]:
    """Range, quartiles, commonest words and missing values of every column that people see but the customer key, by its name."""
    columns = attributes(shown_schema(schema))
    return _read_facts(path, state, tuple((column.name, column.kind, value_sql(column, schema)) for column in columns))


@lru_cache(maxsize=16)
def _read_facts(path: Path, _state: State, columns: tuple[tuple[str, Kind, str], ...]) -> Mapping[str, Facts]:
    figures = [part for _, kind, value in columns for part in _figures(value, kind)]
    if not figures:
        return {}
    found = {}
    with bulk.column_engine() as connection:
        cells = iter(connection.execute(f"SELECT {', '.join(figures)} FROM read_parquet(?)", [str(path)]).fetchone() or ())
        for name, kind, value in columns:
            missing, distinct, low, high, *quartiles = (next(cells) for _ in range(7))
            edges = tuple(quartiles) if None not in quartiles else ()
            words = _words(connection, path, value) if kind is Kind.TEXT else ()
            found[name] = Facts(low, high, edges, words, distinct, missing)
    return found


def offered_columns(actor: Actor, columns: Sequence[FilterColumn]) -> tuple[FilterColumn, ...]:
    """Of all `columns`, those that the actor may filter by: for a viewer those of the snapshot whose options can be listed."""
    return tuple(columns) if actor.may(Permission.VIEW_CUSTOMERS) else tuple(column for column in columns if cells_of(column))


def check_filters(actor: Actor, filters: Sequence[Filter], columns: Sequence[FilterColumn]) -> None:
    """Invalid, with the reason, where the actor may not ask this: a viewer asks for one fixed option at a time."""
    if actor.may(Permission.VIEW_CUSTOMERS) or not filters:
        return
    if len(filters) > 1:
        raise Invalid(
            "Viewers filter by one thing at a time, so that nobody can be singled out. This one is left out.", details={"field": "f"}
        )
    if filters[0] not in cells_of(column_of(filters[0], columns)):
        raise Invalid(
            "Viewers choose from the options that the filter offers, so that nobody can be singled out. This one is left out.",
            details={"field": "f"},
        )


def cells_of(column: FilterColumn) -> tuple[Filter, ...]:
    """The fixed options of a column: filters that divide all customers without a gap, none where there are too many words.

    Words that are folded into others are one option with them; of numbers and dates, those that are missing are in the lowest quarter.
    """
    if column.source is None:
        return ()
    missing = (Filter(column.name, Condition.MISSING),) if column.facts.missing else ()
    if column.form is Form.FLAG:
        return (Filter(column.name, Condition.YES), Filter(column.name, Condition.NO), *missing)
    if column.form in (Form.NUMBER, Form.DATE):
        quarters = tuple(Filter(column.name, Condition.QUARTER, (str(place),)) for place in (1, 2, 3, 4))
        return quarters if column.facts.quartiles else ()
    words = dict.fromkeys(column.source.folds.get(word, word) for word, _ in column.facts.words)
    if not 0 < len(words) <= MOST_CELLS or column.facts.distinct > len(column.facts.words):
        return ()
    return (*(Filter(column.name, Condition.ONE_OF, (word,)) for word in words), *missing)


def suppressed_groups(
    path: Path, each: Filter, columns: Sequence[FilterColumn], labels: Assignments | None, customers: int
) -> frozenset[int]:
    """Clusters (-1: those without one) that a viewer sees nothing of under any option of the filter's column.

    Without `labels` all `customers` are one group, -1.
    """
    groups = labels.label.astype(np.int64) + 1 if labels is not None else np.zeros(customers, dtype=np.int64)
    cells = [rows_where(path, *where_clause([cell], columns)) for cell in cells_of(column_of(each, columns))]
    sizes = np.array([np.bincount(groups[rows], minlength=groups.max(initial=0) + 1) for rows in cells])
    return frozenset(place - 1 for place in held_back(sizes))


def held_back(sizes: NDArray[np.int64]) -> frozenset[int]:
    """Which groups (columns) of a table of cells by groups are held back, by the rule that this module states."""
    total = sizes.sum(axis=0)
    held = set(np.flatnonzero(_small(sizes).any(axis=0)).tolist())
    rest = [int(group) for group in np.argsort(total, kind="stable") if total[group] and group not in held]
    while held and rest and _small(sizes[:, sorted(held)].sum(axis=1)).any():
        held.add(rest.pop(0))
    return frozenset(held)


def _small(sizes: NDArray[np.int64]) -> NDArray[np.bool_]:
    return (sizes > 0) & (sizes < SMALLEST_GROUP)


def visible_rows(rows: Rows, held: frozenset[int], labels: Assignments | None) -> Rows:
    """`rows` without those of the groups that are held back."""
    if not held:
        return rows
    if labels is None:
        return rows[:0]
    return rows[~np.isin(labels.label[rows], sorted(held))]


def _condition(each: Filter, column: FilterColumn, source: Column) -> tuple[str, list[Any]]:
    name = column.sql
    if each.condition is Condition.MISSING:
        return f"{name} IS NULL", []
    if each.condition in (Condition.YES, Condition.NO):
        return f"{name} {'<>' if each.condition is Condition.YES else '='} 0", []
    if each.condition is Condition.CONTAINS:
        return f"contains(lower({name}), lower(?))", [each.values[0]]
    if each.condition is Condition.QUARTER:
        return _quarter(name, int(each.values[0]), column.facts)
    if each.condition in (Condition.ONE_OF, Condition.NONE_OF):
        return _words_condition(name, each, source)
    bounds = [bound_of(value, column) for value in each.values]
    if each.condition is Condition.BETWEEN:
        return f"{name} BETWEEN ? AND ?", bounds
    return f"{name} {'>=' if each.condition is Condition.AT_LEAST else '<='} ?", bounds


def _quarter(name: str, quarter: int, facts: Facts) -> tuple[str, list[Any]]:
    """Above one quartile and up to the next, so that equal values are in one quarter; everybody is in one, those without a value too."""
    edges = facts.quartiles
    if quarter == 1:
        return f"{name} <= ? OR {name} IS NULL", [edges[0]]
    if quarter == 4:
        return f"{name} > ?", [edges[2]]
    return f"{name} > ? AND {name} <= ?", [edges[quarter - 2], edges[quarter - 1]]


def _words_condition(name: str, each: Filter, source: Column) -> tuple[str, list[Any]]:
    """A word stands for every spelling that is counted with it."""
    words = list(dict.fromkeys(spelling for word in each.values for spelling in (word, *_spellings(word, source))))
    marks = ", ".join("?" for _ in words)
    if each.condition is Condition.ONE_OF:
        return f"{name} IN ({marks})", words
    return f"{name} IS NULL OR {name} NOT IN ({marks})", words


def _spellings(word: str, source: Column) -> list[str]:
    return [spelling for spelling, counted_with in source.folds.items() if counted_with == word]


def _of_version(each: Filter, column: FilterColumn, labels: Assignments, keys: Sequence[str]) -> NDArray[np.bool_]:
    """Who meets a filter of the version's columns, one answer per row of the snapshot."""
    placed = labels.label >= 0
    if column.name == SEGMENT:
        if each.condition is Condition.MISSING:
            return ~placed
        chosen = np.isin(labels.label, [place for place, key in enumerate(keys) if key in each.values])
        return ~chosen if each.condition is Condition.NONE_OF else chosen
    bounds = [float(value) for value in each.values]
    low = -np.inf if each.condition is Condition.AT_MOST else bounds[0]
    high = np.inf if each.condition is Condition.AT_LEAST else bounds[-1]
    shown = labels.confidence.astype(np.float64).round(4)  # as grids and files give it
    return placed & (shown >= low) & (shown <= high)


def _figures(source: str, kind: Kind) -> tuple[str, ...]:
    missing = f"count(*) - count({source})"
    if kind is Kind.TEXT:
        return (missing, f"count(DISTINCT {source})", *("NULL",) * 5)
    value = source if kind is Kind.DATE else f"CAST({source} AS DOUBLE)"
    quartiles = (f"quantile_disc({value}, {share})" for share in (0.25, 0.5, 0.75))
    return (missing, "0", f"min({value})", f"max({value})", *quartiles)


def _words(connection: Any, path: Path, word: str) -> tuple[tuple[str, int], ...]:
    query = f"SELECT {word}, count(*) FROM read_parquet(?) WHERE {word} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST_WORDS}"
    return tuple(connection.execute(query, [str(path)]).fetchall())
