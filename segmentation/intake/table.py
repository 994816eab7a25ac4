"""The cells of a file as text in a DuckDB table, with the line of every record and the records that do not fit."""

# ruff: noqa: S608 - the names in these statements are our own (c0, c1, ...), never the file's

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.engine import FEW_WORDS, sql_text, word_places
from segmentation.errors import UnreadableFile
from segmentation.intake.findings import clipped
from segmentation.intake.limits import MAX_LINE
from segmentation.intake.text import Body
from segmentation.intake.types import FileFormat, Finding, Reject

PADDING = " \t\u00a0"
"""What is no part of a cell at either end."""
_AT_ONCE = 50
"""Aggregates of one statement: planning it takes the square of their number."""
_FOUND = re.compile(r"Found: (\d+)")
_TEXT = FileFormat(",", "utf-8")


@dataclass(frozen=True)
class Words:
    """The different `words` (m) of a column in the order in which they are met, and which of them stands in each record: `place` (n,), -1
    where there is none."""

    place: NDArray[np.integer]
    words: list[str]


@dataclass(frozen=True)
class Table:
    """All records that have as many cells as the header: table `raw`, columns `c0`..., trimmed, empty ones NULL.

    `rowid` is the record's place among them, from 0; `lines` (n,) the line of the file it starts on; `blank` (n,) marks
    records without any value. `derived` columns (name -> SQL over `raw`) stand beside those of the header. `findings` tell of the file as a
    whole, `sheets` names those that a workbook offers.
    """

    connection: duckdb.DuckDBPyConnection
    header: tuple[str, ...]
    lines: NDArray[np.int64]
    blank: NDArray[np.bool_]
    rejects: tuple[Reject, ...]
    format: FileFormat = _TEXT
    findings: tuple[Finding, ...] = ()
    sheets: tuple[str, ...] = ()
    derived: Mapping[str, str] = field(default_factory=dict)
    _numbered: dict[str, Words] = field(default_factory=dict)
    _digits: set[str] = field(default_factory=set)

    @cached_property
    def where(self) -> dict[str, str]:
        """Header -> the column's name in `raw`, or the SQL that derives it from others."""
        return {header: f"c{i}" for i, header in enumerate(self.header) if header} | dict(self.derived)

    @property
    def file_rows(self) -> int:
        """Records below the header, blank ones apart."""
        return int((~self.blank).sum()) + len(self.rejects)

    def fetch(self, *expressions: str) -> list[NDArray[Any]]:
        """The SQL `expressions` over all records, in the file's order; NULL is masked. A scan keeps that order, a join would not."""
        named = ", ".join(f"{expression} AS v{i}" for i, expression in enumerate(expressions))
        arrays = self.connection.execute(f"SELECT {named} FROM raw").fetchnumpy()
        return [np.ma.asarray(arrays[f"v{i}"]) for i in range(len(expressions))]

    def totals(self, aggregates: Sequence[str]) -> list[Any]:
        """What the SQL `aggregates` come to over all records."""
        totals: list[Any] = []
        for start in range(0, len(aggregates), _AT_ONCE):
            totals += self.connection.execute(f"SELECT {', '.join(aggregates[start : start + _AT_ONCE])} FROM raw").fetchall()[0]
        return totals

    def hashes(self, columns: Sequence[str], records: NDArray[np.int64]) -> NDArray[np.uint64]:
        """A hash of `columns` for each of `records` (m,), which are ascending."""
        few = len(records) < len(self.lines) // 10
        where = "WHERE rowid IN (SELECT unnest(?::BIGINT[])) ORDER BY rowid" if few else ""
        query = f"SELECT hash({', '.join(columns)}) AS v FROM raw {where}"
        found = np.asarray(self.connection.execute(query, [records.tolist()] if few else []).fetchnumpy()["v"])
        return found if few else found[records]

    def words(self, column: str) -> Words:
        """The different words of `column`, which are looked up once."""
        if column not in self._numbered:
            self._numbered[column] = self._number(column)
        return self._numbered[column]

    def _number(self, column: str) -> Words:
        found = self.connection.execute(
            f"SELECT {column} AS word, min(rowid) AS first FROM raw WHERE {column} IS NOT NULL GROUP BY word ORDER BY first "
            f"LIMIT {FEW_WORDS + 1}"
        ).fetchall()
        if not 0 < len(found) <= FEW_WORDS:
            place, different = pd.factorize(self.texts(column).to_numpy())
            return Words(place, different.tolist())
        words = [word for word, _ in found]
        return Words(word_places(self.connection, column, words, "raw"), words)

    def each_word(self, column: str, *expressions: str) -> tuple[NDArray[np.integer], list[NDArray[Any]]]:
        """The SQL `expressions` over each different `word` of `column` and, at last, over NULL; and which of these stands where (n,)."""
        words = self.words(column)
        named = ", ".join(f"{expression} AS v{i}" for i, expression in enumerate(expressions))
        found = self.connection.execute(f"SELECT {named} FROM (SELECT unnest(?::VARCHAR[]) AS word)", [[*words.words, None]]).fetchnumpy()
        return words.place, [np.ma.asarray(found[f"v{i}"]) for i in range(len(expressions))]

    def note_digits(self, columns: Sequence[str]) -> None:
        """Look which of `columns` hold whole numbers and nothing else, so that nobody has to look at their cells again."""
        plain = self.totals([f"count({name}) = count(*) FILTER (CAST(TRY_CAST({name} AS BIGINT) AS VARCHAR) = {name})" for name in columns])
        self._digits.update(name for name, whole in zip(columns, plain, strict=True) if whole)

    def is_digits(self, column: str) -> bool:
        """Whether each cell of `column` is known to be a whole number as computers write it."""
        return column in self._digits

    def texts(self, column: str, condition: str = "true") -> pd.Series:
        """The text of `column` indexed by record, where the SQL `condition` holds."""
        rows = self.connection.execute(f"SELECT rowid AS row, {column} AS text FROM raw WHERE {condition}").fetchnumpy()
        return pd.Series(_objects(rows["text"]), index=rows["row"], dtype=object)

    def sample(self, rows: int = 5_000) -> pd.DataFrame:
        """Text cells of evenly spread records (at most about `rows`), columns being the header; missing ones None."""
        step = max(1, len(self.lines) // rows)
        named = ", ".join(f"{name} AS v{i}" for i, name in enumerate(self.where.values()))
        cells = self.connection.execute(f"SELECT {named} FROM raw WHERE rowid % {step} = 0").fetchnumpy()
        frame = pd.DataFrame({header: _objects(cells[f"v{i}"]) for i, header in enumerate(self.where)}, dtype=object)
        return frame[frame.notna().any(axis=1)].reset_index(drop=True)


def _objects(cells: Any) -> NDArray[np.object_]:
    """Text as DuckDB gives it, masked where NULL, as objects with None there."""
    text = np.array(np.ma.getdata(cells), dtype=object)
    text[np.ma.getmaskarray(cells)] = None  # `filled(None)` would put in NumPy's own "?"
    return text


# Results are always fetched whole (fetchall, fetchnumpy): one that is half read keeps its connection from other work.


def one_of(words: Iterable[str], cell: str) -> str:
    """SQL: whether `cell` is one of `words` (NULL where it is). Of a long IN (...) DuckDB makes a join: slow to plan, and out of order."""
    return f"list_contains([{', '.join(map(sql_text, sorted(words)))}], {cell})"


def trimmed(cell: str) -> str:
    """SQL for a text cell without padding, NULL where nothing is left."""
    return f"nullif(trim({cell}, '{PADDING}'), '')"


def load(connection: duckdb.DuckDBPyConnection, body: Body) -> Table:
    """Parse `body` into a table.

    UnreadableFile where not every line of the file can be accounted for.
    """
    names = [f"c{i}" for i in range(len(body.header.names))]
    if not _parsed_by_all_cores(connection, body, names):
        try:
            _parse(connection, body, names, parallel=False)
        except duckdb.Error as error:
            raise UnreadableFile(
                "The file cannot be read as a table. Check its quotation marks, or save it again as “CSV UTF-8”."
            ) from error
    if body.lines is not None:
        rejects, lines = body.rejects, body.lines
    else:
        spans, rejects = _rejects(connection, body)
        lines = _record_lines(connection, names, body.ends, spans) + body.first_line
    return Table(connection, body.header.names, lines, blank_rows(connection, names), rejects, body.format, body.findings, body.sheets)


def _parsed_by_all_cores(connection: duckdb.DuckDBPyConnection, body: Body, names: Sequence[str]) -> bool:
    """Parse a file of which each line can only be a record, if that takes in every line; nothing is left of it otherwise.

    Inside quotation marks nobody could tell where a record begins. And where a core begins at one that does not fit, DuckDB loses its
    place and what comes after; one core reads such a file whole.
    """
    if body.quoted or len(names) == 1:
        return False
    try:
        _parse(connection, body, names, parallel=True)
        ((records,),) = connection.execute("SELECT count(*) FROM raw").fetchall()
    except duckdb.Error:
        records = -1
    if records == (np.diff(body.ends, prepend=-1) > 1).sum():
        return True
    for table in ("raw", "reject_errors", "reject_scans"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    return False


def _parse(connection: duckdb.DuckDBPyConnection, body: Body, names: Sequence[str], *, parallel: bool) -> None:
    """Make `raw` and, of records that do not fit, `reject_errors`."""
    # Trimming takes longer than all the rest, so it is left out where no cell can need it.
    cells = ", ".join(f"{trimmed(name)} AS {name}" if body.padded else name for name in names)
    connection.execute(
        f"CREATE TABLE raw AS SELECT {cells} FROM read_csv(?, auto_detect=false, header=false, delim=?, quote='\"', escape='\"', "
        "nullstr='', columns=?, store_rejects=true, strict_mode=true, null_padding=false, parallel=?, max_line_size=?)",
        [str(body.path), body.format.delimiter or ",", dict.fromkeys(names, "VARCHAR"), parallel, 2 * MAX_LINE],
    )


def blank_rows(connection: duckdb.DuckDBPyConnection, names: list[str]) -> NDArray[np.bool_]:
    """Which records (n,) have no value at all."""
    empty = " AND ".join(f"{name} IS NULL" for name in names)
    ((records,),) = connection.execute("SELECT count(*) FROM raw").fetchall()
    blank = np.zeros(records, dtype=bool)
    blank[connection.execute(f"SELECT rowid AS row FROM raw WHERE {empty}").fetchnumpy()["row"]] = True
    return blank


def _rejects(connection: duckdb.DuckDBPyConnection, body: Body) -> tuple[dict[int, int], tuple[Reject, ...]]:
    """First line (from 0) of each record that does not fit -> its number of lines; and the reports of them."""
    rows = connection.execute(
        "SELECT line_byte_position - 1, any_value(error_type), any_value(error_message), any_value(csv_line) "
        "FROM reject_errors GROUP BY 1 ORDER BY 1"
    ).fetchall()
    spans: dict[int, int] = {}
    rejects: list[Reject] = []
    for position, kind, message, text in rows:
        record = text.lstrip("\n")
        line = int(np.searchsorted(body.ends, position + len(text) - len(record)))
        spans[line] = 1 + record.rstrip("\n").count("\n")
        reason = _reason(str(kind), message, len(body.header.names), spans[line])
        rejects.append(Reject(line + body.first_line, None, clipped(record.rstrip("\n")), reason))
    return spans, tuple(rejects)


def _reason(kind: str, message: str, expected: int, lines: int) -> str:
    if kind in {"MISSING COLUMNS", "TOO MANY COLUMNS"} and (found := _FOUND.search(message)):
        return f"{found[1]} cells where the header has {expected}"
    swallowed = f"; it takes in {lines} lines of the file" if lines > 1 else ""
    if "QUOTE" in kind:
        return f"a quotation mark is not closed, or is followed by more text{swallowed}"
    if "LINE SIZE" in kind:
        raise UnreadableFile(
            "A quotation mark is opened and never closed, so that the rest of the file is one cell. Close it and try again."
        )
    return f"the row cannot be read{swallowed}"


def _record_lines(
    connection: duckdb.DuckDBPyConnection, names: list[str], ends: NDArray[np.int64], rejected: dict[int, int]
) -> NDArray[np.int64]:
    """Line (from 0) on which each accepted record starts; UnreadableFile unless records and blank lines make up the file."""
    ((records,),) = connection.execute("SELECT count(*) FROM raw").fetchall()
    blank = np.diff(ends, prepend=-1) == 1
    if len(names) == 1:  # an empty line is a record there, whose only cell is empty
        blank[:] = False
    free = ~blank
    free[[line + i for line, span in rejected.items() for i in range(span)]] = False
    if int(free.sum()) == records and all(span == 1 for span in rejected.values()):
        return np.flatnonzero(free)
    newlines = " + ".join(f"coalesce(length({name}) - length(replace({name}, chr(10), '')), 0)" for name in names)
    heights = connection.execute(f"SELECT 1 + {newlines} AS height FROM raw").fetchnumpy()["height"]
    return _walk(np.asarray(heights), blank, rejected)


def _walk(heights: NDArray[np.int64], blank: NDArray[np.bool_], rejected: dict[int, int]) -> NDArray[np.int64]:
    starts = np.empty(len(heights), dtype=np.int64)
    record = line = 0
    while line < len(blank):
        if line in rejected:
            line += rejected[line]
        elif blank[line]:
            line += 1
        elif record < len(heights):
            starts[record] = line
            line += int(heights[record])
            record += 1
        else:
            break
    if record != len(heights) or line != len(blank):
        raise UnreadableFile(
            "Not every line of the file could be told apart, so nothing was read. "
            "Check its quotation marks, or save it again as “CSV UTF-8”."
        )
    return starts
