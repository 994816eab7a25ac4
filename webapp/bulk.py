"""Many customers at once: DuckDB over Parquet for reading and merging, the drivers' own bulk ways for the database.

Nothing here goes row by row through objects, and nothing needs a whole snapshot in memory but `read_snapshot`.
"""

# ruff: noqa: S608  (SQL is put together from quoted column names and our own words; values are bound)

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.engine import FEW_WORDS, open_engine, word_places
from segmentation.roles import CUSTOMER_KEY, Column, Kind, Schema

SQL_TYPE = {Kind.INTEGER: "BIGINT", Kind.DECIMAL: "DOUBLE", Kind.DATE: "DATE", Kind.TEXT: "VARCHAR"}
KEY_ORDER = f"TRY_CAST({CUSTOMER_KEY} AS HUGEINT) NULLS LAST, {CUSTOMER_KEY}"
"""Keys that are numbers by their value, then the others as text."""
BATCH = 20_000


@contextmanager
def column_engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of its own, in memory, which spills to a temporary folder and never loads an extension."""
    with tempfile.TemporaryDirectory(prefix="smartcart-duckdb-") as folder, open_engine(memory="1GB", folder=folder) as connection:
        yield connection


def quoted(name: str) -> str:
    """`name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def sampled_sql(step: int) -> str:
    """Whether a customer is in a sample of about one in `step`: the same customers in every snapshot."""
    return f"hash({CUSTOMER_KEY}) % {step} = 0" if step > 1 else f"{CUSTOMER_KEY} IS NOT NULL"


def sample_rows(path: Path, schema: Schema, step: int) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """About one in `step` of a snapshot's customers, chosen as `Staging.sample` chooses, and the numbers of their rows."""
    names = ", ".join(quoted(column.name) for column in schema)
    with column_engine() as connection:
        frame = connection.execute(
            f"SELECT {names}, file_row_number FROM read_parquet(?, file_row_number = true) WHERE {sampled_sql(step)}", [str(path)]
        ).df()
    return typed_frame(frame, schema), frame["file_row_number"].to_numpy(dtype=np.int64)


def count_rows(path: Path) -> int:
    """How many rows a Parquet file says that it has."""
    with column_engine() as connection:
        ((rows,),) = connection.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchall()
    return int(rows)


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


def snapshot_digest(connection: duckdb.DuckDBPyConnection, customers: str, schema: Schema, as_of: date) -> str:
    """SHA-256 of what a snapshot means: its schema, its date and the values of its `customers` (SQL) in their order, wherever they lie."""
    hasher = hashlib.sha256(json.dumps([as_of.isoformat(), schema_meaning(schema)], ensure_ascii=False).encode())
    for column in schema:
        if column.kind is Kind.TEXT:
            _hash_words(hasher, *_words(connection, quoted(column.name), customers))
        else:
            values = connection.execute(f"SELECT {_plain(column)} AS v FROM {customers}").fetchnumpy()["v"]
            _hash_numbers(hasher, np.ma.asarray(values), "<f8" if column.kind is Kind.DECIMAL else "<i8")
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


def row_places(source: Path, target: Path) -> NDArray[np.int64]:
    """Where the customer of each row of one snapshot stands in another: row numbers, -1 where they are not in it."""
    side = f"SELECT {CUSTOMER_KEY}, file_row_number AS row FROM read_parquet(?, file_row_number = true) WHERE {CUSTOMER_KEY} IS NOT NULL"
    with column_engine() as connection:
        rows = connection.execute("SELECT count(*) FROM read_parquet(?)", [str(source)]).fetchall()[0][0]
        joined = f"SELECT s.row AS source, t.row AS target FROM ({side}) s JOIN ({side}) t USING ({CUSTOMER_KEY})"
        found = connection.execute(joined, [str(source), str(target)]).fetchnumpy()
    place = np.full(rows, -1, dtype=np.int64)
    place[np.asarray(found["source"])] = np.asarray(found["target"])
    return place


def count_turnover(before: Path, after: Path) -> tuple[int, int]:
    """How many customers of snapshot `after` are not in `before`, and how many of `before` are not in `after`: who joined, who left."""
    side = f"SELECT {CUSTOMER_KEY} FROM read_parquet(?) WHERE {CUSTOMER_KEY} IS NOT NULL"
    counts = f"count(*) FILTER (b.{CUSTOMER_KEY} IS NULL), count(*) FILTER (a.{CUSTOMER_KEY} IS NULL)"
    joined = f"SELECT {counts} FROM ({side}) b FULL JOIN ({side}) a ON b.{CUSTOMER_KEY} = a.{CUSTOMER_KEY}"
    with column_engine() as connection:
        came, went = connection.execute(joined, [str(before), str(after)]).fetchall()[0]
    return came, went


def copy_keys(path: Path, chosen: NDArray[np.int64] | None, target: Path) -> None:
    """Write the customer keys of the `chosen` rows of a snapshot (None: all) to a Parquet file of their own, in the snapshot's order."""
    with column_engine() as connection:
        rows = f"read_parquet('{literal(path)}', file_row_number = true) {_among(connection, chosen)}"
        keys = f"SELECT {CUSTOMER_KEY} FROM {rows} ORDER BY file_row_number"
        connection.execute(f"COPY ({keys}) TO '{literal(target)}' (FORMAT parquet, COMPRESSION zstd)")


def count_words(path: Path, words: pd.DataFrame) -> dict[str, int]:
    """Of a file's customers, how many have each `word` of a frame of `customer_key` and `word`; who is not in the frame has none."""
    with column_engine() as connection:
        connection.register("words", words)
        query = f"SELECT word, count(*) FROM read_parquet(?) JOIN words USING ({CUSTOMER_KEY}) GROUP BY word"
        return dict(connection.execute(query, [str(path)]).fetchall())


def column_figures(connection: duckdb.DuckDBPyConnection, customers: str, schema: Schema) -> dict[str, dict[str, Any]]:
    """Per column of the `customers` (SQL): `filled` (share), `distinct`, and `low`, `high`, `typical` as numbers, ISO dates or text.

    Typical is the median, the middle day (the earlier of two), or the commonest word (the first of several by the alphabet).
    """
    names = ("filled", "distinct", "low", "high", "typical")
    found = {column.name: connection.execute(_figures(column, customers)).fetchall()[0] for column in schema}
    return {name: dict(zip(names, row, strict=True)) for name, row in found.items()}


def ordered_rows(path: Path, value: str, chosen: NDArray[np.int64] | None, *, descending: bool, start: int, stop: int) -> NDArray[np.int64]:
    """Numbers of the rows `start` to `stop` of a snapshot sorted by `value` (SQL), among `chosen` row numbers (None: all); missing last.

    Rows of the same value come in the order of their keys.
    """
    with column_engine() as connection:
        rows = connection.execute(
            f"SELECT file_row_number FROM read_parquet(?, file_row_number = true) {_among(connection, chosen)} "
            f"ORDER BY {value} {'DESC' if descending else 'ASC'} NULLS LAST, {KEY_ORDER} LIMIT ? OFFSET ?",
            [str(path), stop - start, start],
        ).fetchnumpy()
    return np.asarray(rows["file_row_number"], dtype=np.int64)


def _among(connection: duckdb.DuckDBPyConnection, chosen: NDArray[np.int64] | None) -> str:
    """The clause that leaves the rows of `chosen` numbers; none for None, which is everybody."""
    if chosen is None:
        return ""
    connection.register("chosen", pd.DataFrame({"number": chosen}))
    return "WHERE file_row_number IN (SELECT number FROM chosen)"


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


def literal(path: Path) -> str:
    """A path as it stands between the quotes of an SQL literal."""
    return str(path).replace("'", "''")


def _plain(column: Column) -> str:
    return f"{quoted(column.name)} - DATE '1970-01-01'" if column.kind is Kind.DATE else quoted(column.name)


def _words(
    connection: duckdb.DuckDBPyConnection, column: str, customers: str
) -> tuple[NDArray[np.object_], NDArray[np.int64], NDArray[np.integer]]:
    """The different words of a column of text (m,), how long they are (m,), and which of them each customer has (n,), -1 for none."""
    few = f"SELECT DISTINCT {column} FROM {customers} WHERE {column} IS NOT NULL LIMIT {FEW_WORDS + 1}"
    words = [word for (word,) in connection.execute(few).fetchall()]
    if 0 < len(words) <= FEW_WORDS:
        return np.array(words, dtype=object), np.array([len(word) for word in words]), word_places(connection, column, words, customers)
    every = connection.execute(f"SELECT coalesce({column}, '') AS word, length({column}) AS letters FROM {customers}").fetchnumpy()
    letters = np.ma.asarray(every["letters"], dtype=np.int64)
    return np.asarray(every["word"]), np.ma.filled(letters, 0), np.where(np.ma.getmaskarray(letters), -1, np.arange(len(letters)))


def _hash_words(hasher: Any, words: NDArray[np.object_], letters: NDArray[np.int64], place: NDArray[np.integer]) -> None:
    """Which customers have none, how long each one's word is, and all of them one after the other."""
    hasher.update(np.packbits(place < 0).tobytes())
    hasher.update(np.append(letters, 0)[place].astype("<i8", copy=False).data)
    hasher.update("".join(np.append(words, "")[place].tolist()).encode("utf-8", "surrogatepass"))


def _hash_numbers(hasher: Any, values: NDArray[Any], form: str) -> None:
    missing = np.ma.getmaskarray(values)
    hasher.update(np.packbits(missing).tobytes())
    plain = np.ma.filled(values, 0) if missing.any() else np.ma.getdata(values)
    hasher.update((plain.astype(form, copy=False) + np.zeros(1, dtype=form)).data)  # adding zero makes −0.0 and 0.0 one value


def _figures(column: Column, customers: str) -> str:
    """From how often each value is met, which is sooner counted than different values and the middle one are found apart."""
    name = quoted(column.name)
    if column.name == CUSTOMER_KEY:  # no two are alike
        return f"SELECT count({name}) / greatest(count(*), 1), count({name}), NULL, NULL, NULL FROM {customers}"
    plain = f"{name} + 0.0" if column.kind is Kind.DECIMAL else name  # adding zero makes −0.0 and 0.0 one value
    counted = f"WITH met AS (SELECT {plain} AS v, count(*) AS n FROM {customers} GROUP BY v)"
    shares = "coalesce(sum(n) FILTER (v IS NOT NULL), 0) / greatest(sum(n), 1), count(v)"
    if column.kind is Kind.TEXT:
        return f"{counted} SELECT {shares}, NULL, NULL, (SELECT v FROM met WHERE v IS NOT NULL ORDER BY n DESC, v LIMIT 1) FROM met"
    kind = "VARCHAR" if column.kind is Kind.DATE else "DOUBLE"
    lower, upper = "min(v) FILTER (2 * upto >= known)", "min(v) FILTER (2 * upto > known)"
    middle = lower if column.kind is Kind.DATE else f"({lower} / 2 + {upper} / 2)"
    return (
        f"{counted}, placed AS (SELECT v, sum(n) OVER (ORDER BY v) AS upto, sum(n) OVER () AS known FROM met WHERE v IS NOT NULL) "
        f"SELECT {shares}, CAST(min(v) AS {kind}), CAST(max(v) AS {kind}), (SELECT CAST({middle} AS {kind}) FROM placed) FROM met"
    )


def _typed_series(values: pd.Series, kind: Kind) -> pd.Series:
    if kind is Kind.INTEGER:
        return values.astype("Int64")
    if kind is Kind.DECIMAL:
        return values.astype("float64")
    if kind is Kind.DATE:
        return pd.to_datetime(values).astype("datetime64[s]")
    return values.astype(object).where(values.notna(), None)
