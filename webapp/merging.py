"""The customers of a file merged with those of a snapshot, in DuckDB, before anything is written to the database."""

# ruff: noqa: S608  (SQL is put together from quoted column names and our own words; values are bound)

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Generic, Literal, NamedTuple, TypeVar

import duckdb
import pandas as pd

from segmentation.engine import CORES, sql_text
from segmentation.intake.rules import empties
from segmentation.roles import CUSTOMER_KEY, Column, Role, Schema
from webapp.bulk import BATCH, SQL_TYPE, column_engine, column_figures, literal, quoted, sampled_sql, snapshot_digest, typed_frame

Row = TypeVar("Row")

STATE = "__state"
"""A column beside the customers' own while they are merged; canonical names never begin with an underscore."""

_MEMORY = "450MB"
"""For the merged table and the rows made of it, beside the file's own customers; what is beyond goes to disk."""
_AFTERWARDS = f"(SELECT * FROM merged WHERE {STATE} <> 'removed')"
"""The customers that the dataset holds once the merged ones are stored, in the order of their keys."""

PastRow = tuple[str, str, str, str]
"""Customer key, consent, ids of the first and the last import: what a snapshot does not say of a stored customer."""
RestoredRow = tuple[str, str, str, str, str]
"""The same with the record in the second place."""


class CustomerBatch(NamedTuple):
    """Some customers by their keys, records (the values of `record_columns` as JSON arrays) and consents: three lists, which leave the
    engine in half of the time that rows take."""

    keys: list[str]
    records: list[str]
    consents: list[str]


MergeMode = Literal["update", "append", "replace"]


@dataclass(frozen=True)
class Batches(Generic[Row]):
    """Batches that are read anew each time that somebody goes through them."""

    read: Callable[[], Iterator[Row]]

    def __iter__(self) -> Iterator[Row]:
        return self.read()


@dataclass(frozen=True)
class Counts:
    """What became of the customers of a file; `customers` are all that the dataset holds afterwards.

    `known` were left alone because the file only adds, `removed` leave because the file is the whole customer base and lacks them.
    """

    new: int
    changed: int
    unchanged: int
    customers: int
    known: int = 0
    removed: int = 0


@dataclass(frozen=True)
class Emptied:
    """Customers who have a value of `column` and none in the file, with one of them as example; the column's rule says what then."""

    column: Column
    customers: int
    example: str
    value: float | date | str


class Staging:
    """The customers of a file merged with those of the snapshot before, ready to be stored.

    In the modes "update" and "replace" a file's value replaces the stored one, a missing value included unless the column's rule keeps
    the known one; columns that the file does not have keep theirs. In the mode "append" customers that are there stay as they are.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        schema: Schema,
        incoming: frozenset[str],
        left_alone: int = 0,
        emptied: tuple[Emptied, ...] = (),
    ) -> None:
        self._connection = connection
        self.schema = schema
        self.withdrawals_left_alone = left_alone
        """Known customers who withdraw their consent in a file that only adds."""
        self.emptied = emptied
        """Columns in which the file lacks values that are known, in the order of the schema; none where it only adds."""
        self._incoming = incoming

    def counts(self) -> Counts:
        rows = dict(self._connection.execute(f"SELECT {STATE}, count(*) FROM merged GROUP BY 1").fetchall())
        each = {name: rows.get(name, 0) for name in ("new", "changed", "unchanged", "known", "removed")}
        return Counts(**each, customers=sum(rows.values()) - each["removed"])

    def write_snapshot(self, path: Path) -> None:
        """All customers as Parquet, sorted by customer key (as they lie in `merged`; DuckDB keeps that order)."""
        names = ", ".join(quoted(column.name) for column in self.schema)
        with self._connection.cursor() as own:  # so that the rows can be read meanwhile
            own.execute(f"COPY (SELECT {names} FROM {_AFTERWARDS}) TO '{literal(path)}' (FORMAT parquet, COMPRESSION zstd)")

    def snapshot_digest(self, as_of: date) -> str:
        """The digest of that snapshot."""
        with self._connection.cursor() as own:
            return snapshot_digest(own, _AFTERWARDS, self.schema, as_of)

    def column_figures(self) -> dict[str, dict[str, Any]]:
        """Figures of its columns."""
        with self._connection.cursor() as own:
            return column_figures(own, _AFTERWARDS, self.schema)

    def prepare_rows(self) -> None:
        """Make the rows that differ from what is stored, so that `rows` has nothing left to compute.

        From here on the engine keeps to one core, until `rows_are_stored`: who stores the rows needs the other, and the two would only
        stand in each other's way.
        """
        self._connection.execute(
            f"CREATE TABLE changes AS SELECT {CUSTOMER_KEY}, {_record_sql(self.schema)} AS record, {self._consent()} AS consent "
            f"FROM merged WHERE {STATE} IN ('new', 'changed')"
        )
        self._connection.execute("SET threads = 1")

    def rows_are_stored(self) -> None:
        """Let the engine have its other core again."""
        self._connection.execute(f"SET threads = {CORES}")

    def rows(self) -> Iterator[CustomerBatch]:
        """The prepared rows, in batches."""
        ((customers,),) = self._connection.execute("SELECT count(*) FROM changes").fetchall()
        for start in range(0, customers, BATCH):
            part = self._connection.execute("SELECT * FROM changes WHERE rowid >= ? AND rowid < ?", [start, start + BATCH]).fetchnumpy()
            columns: list[list[Any]] = [part[name].tolist() for name in (CUSTOMER_KEY, "record", "consent")]
            yield CustomerBatch(*columns)

    def removed_keys(self) -> Iterator[list[tuple[str]]]:
        """Keys of the customers who leave, in batches."""
        return _batches(self._connection, f"SELECT {CUSTOMER_KEY} FROM merged WHERE {STATE} = 'removed'")

    def touched_keys(self) -> Iterator[list[tuple[str]]]:
        """Keys of the customers who were there and change or leave, in batches."""
        return _batches(self._connection, f"SELECT {CUSTOMER_KEY} FROM merged WHERE {STATE} IN ('changed', 'removed')")

    def consents_against(self, withdrawn: Sequence[str]) -> dict[str, int]:
        """Of the customers in the file whose consent is `withdrawn` (keys): how many the file says are "given", "withdrawn", "unknown"."""
        self._connection.register("withdrawn_frame", pd.DataFrame({CUSTOMER_KEY: pd.Series(list(withdrawn), dtype=object)}))
        found = self._connection.execute(
            f"SELECT {self._consent()}, count(*) FROM merged JOIN withdrawn_frame USING ({CUSTOMER_KEY}) "
            f"WHERE {STATE} IN ('new', 'changed', 'unchanged') GROUP BY 1"
        ).fetchall()
        self._connection.unregister("withdrawn_frame")
        return dict(found)

    def sample(self, schema: Schema, step: int) -> pd.DataFrame:
        """About one in `step` of the customers that there are afterwards, chosen by their keys, with the columns of `schema`."""
        names = ", ".join(quoted(column.name) for column in schema)
        where = f"{STATE} <> 'removed' AND {sampled_sql(step)}"
        return typed_frame(self._connection.execute(f"SELECT {names} FROM merged WHERE {where}").df(), schema)

    def _consent(self) -> str:
        """As the file says, the strictest of several columns; a file without one says nothing."""
        return _consent([column for column in self.schema.of(Role.CONSENT) if column.name in self._incoming])


@contextmanager
def staging(incoming: pd.DataFrame, schema: Schema, base: Path | None, mode: MergeMode = "update") -> Iterator[Staging]:
    """Merge `incoming` (canonical columns, one row per customer key) into the snapshot at `base`.

    `schema` is the merged one: every column of `incoming` and of the snapshot, with the kind that holds both.
    """
    arriving = set(incoming.columns)
    with column_engine() as connection:
        connection.execute(f"SET memory_limit = '{_MEMORY}'")
        connection.register("incoming_frame", incoming)
        connection.execute(f"CREATE TEMP VIEW incoming AS SELECT {_typed(schema, arriving)} FROM incoming_frame")
        emptied: tuple[Emptied, ...] = ()
        if base is None:
            sorting = "" if incoming[CUSTOMER_KEY].is_monotonic_increasing else f"ORDER BY {CUSTOMER_KEY}"  # those of a file are sorted
            merged = f"SELECT *, 'new' AS {STATE} FROM incoming {sorting}"
        else:
            stored = _create_base(connection, schema, base)
            gaps = [
                column for column in schema if column.name in arriving & stored and empties(column.role) and incoming[column.name].hasnans
            ]
            emptied = tuple(_emptied(connection, gaps)) if mode != "append" else ()
            merged = _merge(schema, arriving, stored, mode)
        connection.execute(f"CREATE TABLE merged AS {merged}")
        left_alone = _withdrawals_left_alone(connection, schema, arriving) if mode == "append" and base is not None else 0
        connection.execute("DROP VIEW incoming")
        connection.unregister("incoming_frame")
        yield Staging(connection, schema, frozenset(arriving), left_alone, emptied)


def _withdrawals_left_alone(connection: duckdb.DuckDBPyConnection, schema: Schema, arriving: set[str]) -> int:
    """How many known customers withdraw their consent in a file that only adds, so that it is not taken from them."""
    consent = _consent([column for column in schema.of(Role.CONSENT) if column.name in arriving])
    known = f"{CUSTOMER_KEY} IN (SELECT {CUSTOMER_KEY} FROM merged WHERE {STATE} = 'known')"
    ((count,),) = connection.execute(f"SELECT count(*) FROM incoming WHERE {known} AND ({consent}) = 'withdrawn'").fetchall()
    return int(count)


def _emptied(connection: duckdb.DuckDBPyConnection, columns: Sequence[Column]) -> Iterator[Emptied]:
    """Known values that the file lacks, column by column, so that a wide file needs no more memory than a narrow one."""
    for column in columns:
        name = quoted(column.name)
        count, key, value = connection.execute(
            f"SELECT count(*), min(b.{CUSTOMER_KEY}), arg_min(b.{name}, b.{CUSTOMER_KEY}) "
            f"FROM (SELECT {CUSTOMER_KEY} FROM incoming WHERE {name} IS NULL) i JOIN base b USING ({CUSTOMER_KEY}) "
            f"WHERE b.{name} IS NOT NULL"
        ).fetchall()[0]
        if count:
            yield Emptied(column, int(count), str(key), value)


def _batches(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[list[Any]]:
    result = connection.execute(query)
    while batch := result.fetchmany(BATCH):
        yield batch


def write_past(path: Path, batches: Iterator[Sequence[PastRow]]) -> None:
    """What was known of customers before an import changed or removed them, as Parquet."""
    with column_engine() as connection:
        connection.execute(f"CREATE TEMP TABLE past ({', '.join(f'{name} VARCHAR' for name in _PAST)})")
        for batch in batches:
            connection.register("batch_frame", pd.DataFrame(list(batch), columns=list(_PAST), dtype=object))
            connection.execute("INSERT INTO past SELECT * FROM batch_frame")
            connection.unregister("batch_frame")
        connection.execute(f"COPY past TO '{literal(path)}' (FORMAT parquet, COMPRESSION zstd)")


_PAST = (CUSTOMER_KEY, "consent", "first_import_id", "last_import_id")


def restored_rows(base: Path, schema: Schema, past: Path) -> Iterator[list[RestoredRow]]:
    """The customers of `past` (a file of `write_past`) with the records that they have by the snapshot at `base`, in batches."""
    recorded = f"SELECT {CUSTOMER_KEY}, {_record_sql(schema)} AS record FROM read_parquet('{literal(base)}')"
    with column_engine() as connection:
        yield from _batches(
            connection,
            f"SELECT past.{CUSTOMER_KEY}, base.record, past.consent, past.first_import_id, past.last_import_id "
            f"FROM read_parquet('{literal(past)}') AS past JOIN ({recorded}) AS base USING ({CUSTOMER_KEY})",
        )


def _create_base(connection: duckdb.DuckDBPyConnection, schema: Schema, base: Path) -> set[str]:
    names = {row[0] for row in connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(base)]).fetchall()}
    connection.execute(f"CREATE TEMP VIEW base AS SELECT {_typed(schema, names)} FROM read_parquet('{literal(base)}')")
    return names


def _typed(schema: Schema, present: set[str]) -> str:
    return ", ".join(
        f"CAST({quoted(column.name)} AS {SQL_TYPE[column.kind]}) AS {quoted(column.name)}" for column in schema if column.name in present
    )


def _merge(schema: Schema, incoming: set[str], stored: set[str], mode: MergeMode) -> str:
    attributes = [column.name for column in schema if column.name != CUSTOMER_KEY]
    kept = {column.name for column in schema if column.rule.empty == "keep"} & incoming & stored
    differs = [
        f"{_arriving(name, name in kept)} IS DISTINCT FROM {f'b.{quoted(name)}' if name in stored else 'NULL'}"
        for name in attributes
        if name in incoming
    ]
    absent = "removed" if mode == "replace" else "kept"
    known = "'known'" if mode == "append" else f"CASE WHEN {' OR '.join(differs) or 'false'} THEN 'changed' ELSE 'unchanged' END"
    state = f"CASE WHEN b.{CUSTOMER_KEY} IS NULL THEN 'new' WHEN i.{CUSTOMER_KEY} IS NULL THEN '{absent}' ELSE {known} END AS {STATE}"
    values = [f"{_merged_value(name, name in incoming, name in stored, name in kept, mode)} AS {quoted(name)}" for name in attributes]
    key = f"coalesce(i.{CUSTOMER_KEY}, b.{CUSTOMER_KEY}) AS {CUSTOMER_KEY}"
    joined = f"FROM incoming i FULL JOIN base b ON i.{CUSTOMER_KEY} = b.{CUSTOMER_KEY}"
    # Sorted once, here, where rows are small: later steps would sort the JSON text of every customer.
    return f"SELECT {', '.join([key, *values, state])} {joined} ORDER BY {CUSTOMER_KEY}"


def _arriving(name: str, kept: bool) -> str:
    """The file's value; where it has none and the known one is to be kept, that."""
    return f"coalesce(i.{quoted(name)}, b.{quoted(name)})" if kept else f"i.{quoted(name)}"


def _merged_value(name: str, incoming: bool, stored: bool, kept: bool, mode: MergeMode) -> str:
    column = quoted(name)
    files = f"b.{CUSTOMER_KEY} IS NULL" if mode == "append" else f"i.{CUSTOMER_KEY} IS NOT NULL"
    if incoming and stored:
        return f"CASE WHEN {files} THEN {_arriving(name, kept)} ELSE b.{column} END"
    return f"CASE WHEN {files} THEN i.{column} END" if incoming else f"b.{column}"


def record_columns(schema: Schema) -> tuple[Column, ...]:
    """The columns whose values a customer's record lists, in that order."""
    return tuple(column for column in schema if column.name != CUSTOMER_KEY)


def _record_sql(schema: Schema) -> str:
    return f"json_array({', '.join(quoted(column.name) for column in record_columns(schema))})"


def _consent(columns: Sequence[Column]) -> str:
    """Withdrawn where one of `columns` says so, given where all do, else unknown."""
    said = [_said(column) for column in columns]
    if len(said) < 2:
        return said[0] if said else "'unknown'"
    withdrawn = " OR ".join(f"({each}) = 'withdrawn'" for each in said)
    given = " AND ".join(f"({each}) = 'given'" for each in said)
    return f"CASE WHEN {withdrawn} THEN 'withdrawn' WHEN {given} THEN 'given' ELSE 'unknown' END"


def _said(column: Column) -> str:
    """The column's folds lead from a cell in lower case to "given" or "withdrawn"; anything else is unknown."""
    folds = {"given": "given", "withdrawn": "withdrawn", **column.folds}
    cases = " ".join(f"WHEN {sql_text(cell)} THEN '{word}'" for cell, word in folds.items() if word in ("given", "withdrawn"))
    return f"CASE lower(trim(CAST({quoted(column.name)} AS VARCHAR))) {cases} ELSE 'unknown' END"
