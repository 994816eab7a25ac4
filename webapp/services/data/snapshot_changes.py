"""Two snapshots side by side in DuckDB: customers new, gone and changed, and words that came and went. Nothing is held in memory whole."""

# ruff: noqa: S608  (SQL is put together from quoted column names and our own words; values are bound)

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from segmentation.exploring.columns import WORDS
from segmentation.roles import CUSTOMER_KEY, Column, Kind, Schema
from webapp import bulk

AT_ONCE = 24
"""Columns that are joined at once, so that a wide file needs no more memory than a narrow one."""
MOST_WORDS = 6
"""Words that are named, commonest first."""


@dataclass(frozen=True)
class WordCount:
    """A word of a category and how many customers have it."""

    word: str
    customers: int


@dataclass(frozen=True)
class WordChanges:
    """Words that only one of two snapshots has: how many, and the commonest of them."""

    new: int
    gone: int
    new_words: tuple[WordCount, ...]
    gone_words: tuple[WordCount, ...]


@dataclass(frozen=True)
class Totals:
    """Customers of two snapshots, by their keys and by everything that both snapshots know of them."""

    new: int
    gone: int
    changed: int
    unchanged: int


def shared_columns(before: Schema, after: Schema) -> tuple[Column, ...]:
    """Columns of `after` that `before` has too, the customer's key apart."""
    known = {column.name for column in before}
    return tuple(column for column in after if column.name in known and column.name != CUSTOMER_KEY)


def count_changes(before: Path, after: Path, columns: Sequence[Column]) -> tuple[Totals, dict[str, int]]:
    """Totals, and for each of `columns` (in both) how many customers of both snapshots have another value than before."""
    with _both(before, after) as connection:
        sides = [f"SELECT {CUSTOMER_KEY}, {_fingerprint(columns)} AS mark FROM {side}" for side in ("older", "newer")]
        row = connection.execute(
            f"SELECT count(*) FILTER (o.{CUSTOMER_KEY} IS NULL), count(*) FILTER (n.{CUSTOMER_KEY} IS NULL), "
            f"count(*) FILTER (o.mark <> n.mark), count(*) FILTER (o.mark = n.mark) "
            f"FROM ({sides[0]}) o FULL JOIN ({sides[1]}) n ON o.{CUSTOMER_KEY} = n.{CUSTOMER_KEY}"
        ).fetchone()
        return Totals(*(row or (0, 0, 0, 0))), dict(_changed_values(connection, columns))


def find_words(before: Path, after: Path, columns: Sequence[Column]) -> dict[str, WordChanges]:
    """For each category among `columns` (in both): words that came and went."""
    with _both(before, after) as connection:
        return {column.name: _words(connection, column) for column in columns if column.kind is Kind.TEXT and column.role in WORDS}


@contextmanager
def _both(before: Path, after: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A column engine with the views `older` and `newer` over two snapshots."""
    with bulk.column_engine() as connection:
        for name, path in (("older", before), ("newer", after)):
            connection.execute(f"CREATE TEMP VIEW {name} AS SELECT * FROM read_parquet('{bulk.literal(path)}')")
        yield connection


def _fingerprint(columns: Sequence[Column]) -> str:
    """64 bits of a customer's values; that two who differ have the same happens once in 10^19."""
    return f"hash({', '.join(map(_value, columns))})" if columns else "0"


def _value(column: Column) -> str:
    """A value as both snapshots can be compared by: whole numbers may have become decimal ones."""
    name = bulk.quoted(column.name)
    return f"CAST({name} AS DOUBLE) + 0.0" if column.kind in (Kind.INTEGER, Kind.DECIMAL) else f"CAST({name} AS VARCHAR)"


def _changed_values(connection: duckdb.DuckDBPyConnection, columns: Sequence[Column]) -> Iterator[tuple[str, int]]:
    for start in range(0, len(columns), AT_ONCE):
        part = columns[start : start + AT_ONCE]
        sides = [
            f"(SELECT {CUSTOMER_KEY}, {', '.join(f'{_value(column)} AS v{place}' for place, column in enumerate(part))} FROM {side})"
            for side in ("older", "newer")
        ]
        counted = ", ".join(f"count(*) FILTER (o.v{place} IS DISTINCT FROM n.v{place})" for place in range(len(part)))
        query = f"SELECT {counted} FROM {sides[0]} o JOIN {sides[1]} n ON o.{CUSTOMER_KEY} = n.{CUSTOMER_KEY}"
        row = connection.execute(query).fetchone() or ()
        yield from zip((column.name for column in part), row, strict=True)


def _words(connection: duckdb.DuckDBPyConnection, column: Column) -> WordChanges:
    new, new_words = _only_in(connection, column, "newer", "older")
    gone, gone_words = _only_in(connection, column, "older", "newer")
    return WordChanges(new, gone, new_words, gone_words)


def _only_in(connection: duckdb.DuckDBPyConnection, column: Column, there: str, absent: str) -> tuple[int, tuple[WordCount, ...]]:
    name = f"CAST({bulk.quoted(column.name)} AS VARCHAR)"
    rows = connection.execute(
        f"SELECT word, customers, count(*) OVER () FROM (SELECT {name} AS word, count(*) AS customers FROM {there} "
        f"WHERE {name} IS NOT NULL GROUP BY 1) WHERE word NOT IN (SELECT {name} FROM {absent} WHERE {name} IS NOT NULL) "
        f"ORDER BY customers DESC, word LIMIT ?",
        [MOST_WORDS],
    ).fetchall()
    return (int(rows[0][2]) if rows else 0), tuple(WordCount(str(word), int(customers)) for word, customers, _ in rows)
