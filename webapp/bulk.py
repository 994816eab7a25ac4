"""Many customers at once: DuckDB over Parquet for reading and merging, the drivers' own bulk ways for the database.

Nothing here goes row by row through objects, and nothing needs a whole snapshot in memory but `read_snapshot`.
"""

# ruff: noqa: S608  (SQL is put together from quoted column names and our own words; values are bound)

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from segmentation.roles import CUSTOMER_KEY, Column, Kind, Role, Schema

SQL_TYPE = {Kind.INTEGER: "BIGINT", Kind.DECIMAL: "DOUBLE", Kind.DATE: "DATE", Kind.TEXT: "VARCHAR"}
KEY_ORDER = f"TRY_CAST({CUSTOMER_KEY} AS HUGEINT) NULLS LAST, {CUSTOMER_KEY}"
"""Keys that are numbers by their value, then the others as text."""
BATCH = 20_000
COUNTED_AT_ONCE = 16
"""Columns whose different values are counted at once: each has a table of its own in memory."""
STATE = "__state"
"""A column beside the customers' own while they are merged; canonical names never begin with an underscore."""

CustomerRow = tuple[str, str, str]
"""Customer key, attributes as JSON text, consent."""


@contextmanager
def column_engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of its own, in memory, which spills to a temporary folder and never loads an extension."""
    with tempfile.TemporaryDirectory(prefix="smartcart-duckdb-") as folder:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "threads": 2,
            "memory_limit": "1GB",
            "temp_directory": folder,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        with duckdb.connect(":memory:", config=settings) as connection:
            yield connection


def quoted(name: str) -> str:
    """`name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True)
class Counts:
    """What became of the customers of a file; `customers` are all that the dataset holds afterwards."""

    new: int
    changed: int
    unchanged: int
    customers: int


class Staging:
    """The customers of a file merged with those of the snapshot before, ready to be stored.

    A file's value replaces the stored one, a missing value included; columns that the file does not have keep theirs.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, schema: Schema) -> None:
        self._connection = connection
        self.schema = schema

    def counts(self) -> Counts:
        rows = dict(self._connection.execute(f"SELECT {STATE}, count(*) FROM merged GROUP BY 1").fetchall())
        return Counts(rows.get("new", 0), rows.get("changed", 0), rows.get("unchanged", 0), sum(rows.values()))

    def write_snapshot(self, path: Path) -> None:
        """All customers as Parquet, sorted by customer key."""
        names = ", ".join(quoted(column.name) for column in self.schema)
        self._connection.execute(
            f"COPY (SELECT {names} FROM merged ORDER BY {CUSTOMER_KEY}) TO '{literal(path)}' (FORMAT parquet, COMPRESSION zstd)"
        )

    def prepare_rows(self) -> None:
        """Make the rows that differ from what is stored, so that `rows` has nothing left to compute."""
        consent = self.schema.one(Role.CONSENT)
        self._connection.execute(
            f"CREATE TEMP TABLE changes AS SELECT {CUSTOMER_KEY}, {_attributes(self.schema)}, {_consent(consent)} "
            f"FROM merged WHERE {STATE} IN ('new', 'changed') ORDER BY {CUSTOMER_KEY}"
        )

    def rows(self) -> Iterator[list[CustomerRow]]:
        """The prepared rows, in batches."""
        result = self._connection.execute("SELECT * FROM changes")
        while batch := result.fetchmany(BATCH):
            yield batch


@contextmanager
def staging(incoming: pd.DataFrame, schema: Schema, base: Path | None) -> Iterator[Staging]:
    """Merge `incoming` (canonical columns, one row per customer key) into the snapshot at `base`.

    `schema` is the merged one: every column of `incoming` and of the snapshot, with the kind that holds both.
    """
    with column_engine() as connection:
        connection.register("incoming_frame", incoming)
        connection.execute(f"CREATE TEMP VIEW incoming AS SELECT {_typed(schema, set(incoming.columns))} FROM incoming_frame")
        stored = _create_base(connection, schema, base)
        connection.execute(f"CREATE TEMP TABLE merged AS {_merge(schema, set(incoming.columns), stored)}")
        yield Staging(connection, schema)


def read_snapshot(path: Path, schema: Schema) -> pd.DataFrame:
    """The whole snapshot in its order, typed as `segmentation.intake` types: Int64, float64, datetime64 or object."""
    names = ", ".join(quoted(column.name) for column in schema)
    with column_engine() as connection:
        frame = connection.execute(f"SELECT {names} FROM read_parquet(?)", [str(path)]).df()
    return typed_frame(frame, schema)


def typed_frame(frame: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """`frame` with the dtype of each column's kind."""
    columns = {column.name: _typed_series(frame[column.name], column.kind) for column in schema}
    return pd.DataFrame(columns, index=frame.index)


def snapshot_digest(path: Path, schema: Schema, as_of: date) -> str:
    """SHA-256 of what a snapshot means: its schema, its date and its values in customer order, whatever wrote the file."""
    hasher = hashlib.sha256(json.dumps([as_of.isoformat(), schema_meaning(schema)], ensure_ascii=False).encode())
    with column_engine() as connection:
        for column in schema:
            values = connection.execute(f"SELECT {_plain(column)} AS v FROM read_parquet(?)", [str(path)]).fetchnumpy()["v"]
            _hash_column(hasher, values, column.kind)
    return hasher.hexdigest()


def schema_meaning(schema: Schema) -> list[Any]:
    """What makes two schemas the same for a snapshot: not where a column came from, nor how sure anybody was."""
    return [
        [
            column.name,
            column.kind,
            column.role,
            column.label,
            column.sensitive,
            list(column.levels),
            sorted(map(list, column.folds.items())),
        ]
        for column in schema
    ]


def column_figures(path: Path, schema: Schema) -> dict[str, dict[str, Any]]:
    """Per column: `filled` (share), `distinct`, and `low`, `high`, `typical` as numbers, ISO dates or text."""
    names = ("filled", "distinct", "low", "high", "typical")
    found: dict[str, dict[str, Any]] = {}
    with column_engine() as connection:
        for start in range(0, len(schema.columns), COUNTED_AT_ONCE):
            part = schema.columns[start : start + COUNTED_AT_ONCE]
            figures = ", ".join(_figures(column, place) for place, column in enumerate(part))
            row = connection.execute(f"SELECT {figures} FROM read_parquet(?)", [str(path)]).fetchone() or ()
            found |= {column.name: dict(zip(names, row[5 * place : 5 * place + 5], strict=True)) for place, column in enumerate(part)}
    return found


def upsert_customers(
    session: Session, batches: Iterator[list[CustomerRow]], *, team_id: str, dataset_id: str, import_id: str, keep_consent: bool
) -> None:
    """Write new and changed customers in the session's transaction; `keep_consent` leaves that of known customers alone."""
    consent = "" if keep_consent else ", consent = excluded.consent"
    update = f"DO UPDATE SET attributes = excluded.attributes, last_import_id = excluded.last_import_id{consent}"
    into = "INSERT INTO customers (customer_key, attributes, consent, team_id, dataset_id, first_import_id, last_import_id)"
    owner = (team_id, dataset_id, import_id, import_id)
    if session.get_bind().dialect.name == "sqlite":
        statement = f"{into} VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (dataset_id, customer_key) {update}"
        for batch in batches:
            session.connection().exec_driver_sql(statement, [(*row, *owner) for row in batch])
        return
    driver: Any = session.connection().connection.driver_connection  # psycopg: SQLAlchemy has no words for COPY
    with driver.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE incoming_customers (customer_key text, attributes json, consent text) ON COMMIT DROP")
        with cursor.copy("COPY incoming_customers FROM STDIN") as copy:
            for batch in batches:
                for row in batch:
                    copy.write_row(row)
        select = "SELECT customer_key, attributes, consent, %s, %s, %s, %s FROM incoming_customers"
        cursor.execute(f"{into} {select} ON CONFLICT (dataset_id, customer_key) {update}", owner)
        cursor.execute("DROP TABLE incoming_customers")  # one transaction may store several files


def ordered_rows(path: Path, value: str, chosen: NDArray[np.int64] | None, *, descending: bool, start: int, stop: int) -> NDArray[np.int64]:
    """Numbers of the rows `start` to `stop` of a snapshot sorted by `value` (SQL), among `chosen` row numbers (None: all); missing last.

    Rows of the same value come in the order of their keys.
    """
    with column_engine() as connection:
        among = ""
        if chosen is not None:
            connection.register("chosen", pd.DataFrame({"number": chosen}))
            among = "WHERE file_row_number IN (SELECT number FROM chosen)"
        rows = connection.execute(
            f"SELECT file_row_number FROM read_parquet(?, file_row_number = true) {among} "
            f"ORDER BY {value} {'DESC' if descending else 'ASC'} NULLS LAST, {KEY_ORDER} LIMIT ? OFFSET ?",
            [str(path), stop - start, start],
        ).fetchnumpy()
    return np.asarray(rows["file_row_number"], dtype=np.int64)


def key_order(path: Path) -> NDArray[np.int64]:
    """Numbers of all rows of a snapshot, in the order of their keys: 2 before 10, and words after numbers."""
    with column_engine() as connection:
        query = f"SELECT file_row_number FROM read_parquet(?, file_row_number = true) ORDER BY {KEY_ORDER}"
        rows = connection.execute(query, [str(path)]).fetchnumpy()
    return np.asarray(rows["file_row_number"], dtype=np.int64)


def rows_at(path: Path, expressions: Sequence[str], numbers: NDArray[np.int64]) -> pd.DataFrame:
    """`expressions` (SQL over the snapshot's columns) at the given row numbers, in their order."""
    with column_engine() as connection:
        connection.register("wanted", pd.DataFrame({"__number": numbers, "__place": np.arange(len(numbers))}))
        return connection.execute(
            f"SELECT {', '.join(expressions)} FROM read_parquet(?, file_row_number = true) "
            "JOIN wanted ON file_row_number = __number ORDER BY __place",
            [str(path)],
        ).df()


def copy_rows(path: Path, expressions: Sequence[str], beside: pd.DataFrame, allowed: pd.DataFrame, target: Path, *, parquet: bool) -> int:
    """Write `expressions` over the snapshot (`customers`) and `beside` to a CSV or Parquet file, and answer how many rows went in.

    `beside` is joined by its column `number`; only customers whose key is in `allowed` are written, in the order of its column `place`.
    """
    form = "FORMAT parquet, COMPRESSION zstd" if parquet else "FORMAT csv, HEADER true"
    with column_engine() as connection:
        connection.register("beside", beside)
        connection.register("allowed", allowed)
        written = connection.execute(
            f"COPY (SELECT {', '.join(expressions)} FROM read_parquet('{literal(path)}', file_row_number = true) AS customers "
            f"JOIN beside ON customers.file_row_number = beside.number "
            f"WHERE customers.{CUSTOMER_KEY} IN (SELECT {CUSTOMER_KEY} FROM allowed) "
            f"ORDER BY beside.place) TO '{literal(target)}' ({form})"
        ).fetchone()
    return int(written[0]) if written else 0


def write_frames(
    frames: Iterator[pd.DataFrame], columns: Mapping[str, str], expressions: Sequence[str], target: Path, *, parquet: bool
) -> int:
    """Write `expressions` over `frames`, one after the other, to a CSV or Parquet file, and answer how many rows went in.

    `columns` (name to SQL type) are those of every frame.
    """
    form = "FORMAT parquet, COMPRESSION zstd" if parquet else "FORMAT csv, HEADER true"
    names = ", ".join(quoted(name) for name in columns)
    with column_engine() as connection:
        connection.execute(f"CREATE TEMP TABLE written ({', '.join(f'{quoted(name)} {kind}' for name, kind in columns.items())})")
        for frame in frames:
            connection.register("frame", frame)
            connection.execute(f"INSERT INTO written SELECT {names} FROM frame")
            connection.unregister("frame")
        query = f"SELECT {', '.join(expressions)} FROM written"
        copied = connection.execute(f"COPY ({query}) TO '{literal(target)}' ({form})").fetchone()
    return int(copied[0]) if copied else 0


def literal(path: Path) -> str:
    """A path as it stands between the quotes of an SQL literal."""
    return _escaped(str(path))


def _escaped(text: str) -> str:
    return text.replace("'", "''")


def _create_base(connection: duckdb.DuckDBPyConnection, schema: Schema, base: Path | None) -> set[str]:
    if base is None:
        connection.execute(f"CREATE TEMP TABLE base ({CUSTOMER_KEY} VARCHAR)")
        return {CUSTOMER_KEY}
    names = {row[0] for row in connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(base)]).fetchall()}
    connection.execute(f"CREATE TEMP VIEW base AS SELECT {_typed(schema, names)} FROM read_parquet('{literal(base)}')")
    return names


def _typed(schema: Schema, present: set[str]) -> str:
    return ", ".join(
        f"CAST({quoted(column.name)} AS {SQL_TYPE[column.kind]}) AS {quoted(column.name)}" for column in schema if column.name in present
    )


def _merge(schema: Schema, incoming: set[str], stored: set[str]) -> str:
    attributes = [column.name for column in schema if column.name != CUSTOMER_KEY]
    differs = [
        f"i.{quoted(name)} IS DISTINCT FROM {f'b.{quoted(name)}' if name in stored else 'NULL'}" for name in attributes if name in incoming
    ]
    state = (
        f"CASE WHEN b.{CUSTOMER_KEY} IS NULL THEN 'new' WHEN i.{CUSTOMER_KEY} IS NULL THEN 'kept' "
        f"WHEN {' OR '.join(differs) or 'false'} THEN 'changed' ELSE 'unchanged' END AS {STATE}"
    )
    values = [f"{_merged_value(name, name in incoming, name in stored)} AS {quoted(name)}" for name in attributes]
    key = f"coalesce(i.{CUSTOMER_KEY}, b.{CUSTOMER_KEY}) AS {CUSTOMER_KEY}"
    return f"SELECT {', '.join([key, *values, state])} FROM incoming i FULL JOIN base b ON i.{CUSTOMER_KEY} = b.{CUSTOMER_KEY}"


def _merged_value(name: str, incoming: bool, stored: bool) -> str:
    column = quoted(name)
    if incoming and stored:
        return f"CASE WHEN i.{CUSTOMER_KEY} IS NULL THEN b.{column} ELSE i.{column} END"
    return f"i.{column}" if incoming else f"b.{column}"


def _attributes(schema: Schema) -> str:
    parts = [_json_member(column.name) for column in schema if column.name != CUSTOMER_KEY]
    return f"'{{' || concat_ws(',', {', '.join(parts)}) || '}}' AS attributes" if parts else "'{}' AS attributes"


def _json_member(name: str) -> str:
    label = json.dumps(name, ensure_ascii=False).replace("'", "''")
    return f"'{label}:' || CAST(to_json({quoted(name)}) AS VARCHAR)"


def _consent(column: Column | None) -> str:
    """The column's folds lead from a cell in lower case to "given" or "withdrawn"; anything else is unknown."""
    if column is None:
        return "'unknown' AS consent"
    folds = {"given": "given", "withdrawn": "withdrawn", **column.folds}
    cases = " ".join(f"WHEN '{_escaped(cell)}' THEN '{word}'" for cell, word in folds.items() if word in ("given", "withdrawn"))
    return f"CASE lower(trim(CAST({quoted(column.name)} AS VARCHAR))) {cases} ELSE 'unknown' END AS consent"


def _plain(column: Column) -> str:
    return f"{quoted(column.name)} - DATE '1970-01-01'" if column.kind is Kind.DATE else quoted(column.name)


def _hash_column(hasher: Any, values: Any, kind: Kind) -> None:
    missing = np.ma.getmaskarray(values)
    hasher.update(np.packbits(missing).tobytes())
    if kind is Kind.TEXT:
        words = ["" if gone else word for word, gone in zip(np.ma.getdata(values), missing, strict=True)]
        hasher.update(np.fromiter(map(len, words), dtype="<i8", count=len(words)).tobytes())
        hasher.update("".join(words).encode("utf-8", "surrogatepass"))
        return
    plain = np.where(missing, 0, np.ma.getdata(values))
    form = "<f8" if kind is Kind.DECIMAL else "<i8"
    hasher.update((plain.astype(form) + np.zeros(1, dtype=form)).tobytes())  # adding zero makes −0.0 and 0.0 one value


def _figures(column: Column, place: int) -> str:
    name = quoted(column.name)
    counted = f"count({name}) / greatest(count(*), 1) AS f{place}, count(DISTINCT {name}) AS d{place}"
    if column.kind is Kind.TEXT:
        typical = "NULL" if column.name == CUSTOMER_KEY else f"mode({name})"
        return f"{counted}, NULL AS l{place}, NULL AS h{place}, {typical} AS t{place}"
    if column.kind is Kind.DATE:
        return f"{counted}, CAST(min({name}) AS VARCHAR), CAST(max({name}) AS VARCHAR), CAST(quantile_disc({name}, 0.5) AS VARCHAR)"
    return f"{counted}, CAST(min({name}) AS DOUBLE), CAST(max({name}) AS DOUBLE), CAST(median({name}) AS DOUBLE)"


def _typed_series(values: pd.Series, kind: Kind) -> pd.Series:
    if kind is Kind.INTEGER:
        return values.astype("Int64")
    if kind is Kind.DECIMAL:
        return values.astype("float64")
    if kind is Kind.DATE:
        return pd.to_datetime(values).astype("datetime64[s]")
    return values.astype(object).where(values.notna(), None)
