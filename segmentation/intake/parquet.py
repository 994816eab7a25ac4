"""Parquet: typed columns to the text cells that the rest of intake reads, without loss."""

# ruff: noqa: S608 - the names in these statements are our own (c0, c1, ...), never the file's

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import numpy as np

from segmentation.errors import UnreadableFile
from segmentation.intake.headers import Header, named
from segmentation.intake.hidden import PATTERN, SPACES, UNSEEN
from segmentation.intake.limits import MAX_LINE, refuse_bytes, refuse_large
from segmentation.intake.table import Table, blank_rows, trimmed
from segmentation.intake.types import FileFormat, Finding

_HIDDEN = PATTERN.replace("[", "[\\x00", 1)
_NESTED = frozenset({"STRUCT", "MAP", "UNION", "VARIANT", "GEOMETRY"})


def load_parquet(connection: duckdb.DuckDBPyConnection, path: Path, folder: Path, file_format: FileFormat) -> tuple[Table, Header]:
    """All rows of the file at `path` as text; its row n is line n + 1, the header being line 1.

    UnreadableFile where the file is damaged, or holds more than a table of customers may: told from the row groups, before any is read,
    and from the lengths of its texts, before any is kept.
    """
    link = folder / "source.parquet"  # a name of our own: DuckDB would read a pattern into the file's
    link.symlink_to(path.resolve())
    try:
        rows, names = _measure(connection, str(link))
        header = named(names)
        if not rows:
            raise UnreadableFile("The file has columns but no customers in them. Export it again with its rows.", code="no_rows")
        return _load(connection, str(link), header, file_format), header
    except duckdb.Error as error:
        raise UnreadableFile("The Parquet file is damaged, or of a kind that cannot be read. Write it again and upload it.") from error


def _measure(connection: duckdb.DuckDBPyConnection, file: str) -> tuple[int, list[str]]:
    """Rows and column names by the file's own description; UnreadableFile where they are too many."""
    (declared,) = connection.execute("SELECT sum(num_rows) FROM parquet_file_metadata(?)", [file]).fetchall()[0]
    described = connection.execute("SELECT name, num_children FROM parquet_schema(?)", [file]).fetchall()
    names = _top_level(described)
    refuse_large(int(declared or 0), len(names))
    groups = connection.execute(
        "SELECT sum(rows), max(cells) FROM (SELECT any_value(row_group_num_rows) AS rows, max(num_values) AS cells "
        "FROM parquet_metadata(?) GROUP BY row_group_id)",
        [file],
    ).fetchall()[0]
    rows = int(groups[0] or 0)
    refuse_large(max(rows, int(groups[1] or 0)), len(names))
    return rows, names


def _top_level(described: Sequence[tuple[str, int | None]]) -> list[str]:
    """The names of the root's children, in a list of a tree's nodes, each before its own children."""
    names: list[str] = []
    place = 1
    while place < len(described):
        names.append(described[place][0])
        below = described[place][1] or 0
        place += 1
        while below and place < len(described):
            below += (described[place][1] or 0) - 1
            place += 1
    return names


def _load(connection: duckdb.DuckDBPyConnection, file: str, header: Header, file_format: FileFormat) -> Table:
    source = f"read_parquet(?, hive_partitioning=false) AS t({', '.join(f'c{i}' for i in range(len(header.names)))})"
    types = [str(row[1]) for row in connection.execute(f"DESCRIBE SELECT * FROM {source}", [file]).fetchall()]
    left_out = [i for i, kind in enumerate(types) if _nested(kind)]
    _refuse_long(connection, source, file, {f"c{i}": kind for i, kind in enumerate(types) if kind in {"VARCHAR", "BLOB", "JSON"}})
    left_out += _bytes(connection, source, file, [i for i, kind in enumerate(types) if kind == "BLOB"])
    hidden = _hidden(connection, source, file, [f"c{i}" for i, kind in enumerate(types) if kind == "VARCHAR"])
    cells = ", ".join(
        f"{trimmed(_text(f'c{i}', kind, f'c{i}' in hidden))} AS c{i}" if i not in left_out else f"NULL::VARCHAR AS c{i}"
        for i, kind in enumerate(types)
    )
    connection.execute(f"CREATE TABLE raw AS SELECT {cells} FROM {source}", [file])
    blank = blank_rows(connection, [f"c{i}" for i in range(len(types))])
    lines = np.arange(2, 2 + len(blank), dtype=np.int64)
    names = tuple("" if i in left_out else name for i, name in enumerate(header.names))
    findings = _findings([header.names[i] for i in left_out], hidden, header, len(blank))
    return Table(connection, names, lines, blank, (), file_format, tuple(findings))


def _bytes(connection: duckdb.DuckDBPyConnection, source: str, file: str, places: Sequence[int]) -> list[int]:
    """Columns of bytes that are no text; older programs write text as bytes."""
    if not places:
        return []
    tests = ", ".join(f"bool_or(c{i} IS NOT NULL AND try(decode(c{i})) IS NULL)" for i in places)
    row = connection.execute(f"SELECT {tests} FROM {source}", [file]).fetchall()[0]
    return [place for place, strange in zip(places, row, strict=True) if strange]


def _refuse_long(connection: duckdb.DuckDBPyConnection, source: str, file: str, kinds: Mapping[str, str]) -> None:
    """A page of a few kB can hold a text of a MB once, and every row point to it."""
    if not kinds:
        return
    # Of these functions alone DuckDB asks once for each different text; a cast would write every one out.
    sizes = [f"octet_length({name})" if kind == "BLOB" else f"strlen({name})" for name, kind in kinds.items()]
    total = " + ".join(f"coalesce(sum({size}), 0)" for size in sizes)
    longest = ", ".join(f"max({size})" for size in sizes)
    row = connection.execute(f"SELECT {total}, {longest} FROM {source}", [file]).fetchall()[0]
    refuse_bytes(int(row[0]), Path(file).stat().st_size)
    if max((size or 0 for size in row[1:]), default=0) > MAX_LINE:
        raise UnreadableFile(f"A cell is longer than {MAX_LINE:,} characters, so this is no table of customers.", code="too_large")


def _hidden(connection: duckdb.DuckDBPyConnection, source: str, file: str, names: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Columns with characters that nobody sees -> in how many rows, and the first such row from 0."""
    if not names:
        return {}
    seen = {name: f"regexp_matches({name}, ?)" for name in names}
    counts = ", ".join(f"count(*) FILTER ({test})" for test in seen.values())
    row = connection.execute(f"SELECT {counts} FROM {source}", [*[_HIDDEN] * len(names), file]).fetchall()[0]
    found = [(name, count) for name, count in zip(names, row, strict=True) if count]
    firsts = {}
    for name, count in found:
        (first,) = connection.execute(
            f"SELECT min(n) FROM (SELECT {name}, row_number() OVER () - 1 AS n FROM {source}) WHERE {seen[name]}", [file, _HIDDEN]
        ).fetchall()[0]
        firsts[name] = (count, first)
    return firsts


def _nested(kind: str) -> bool:
    return kind.endswith("]") or kind.split("(")[0] in _NESTED


def _text(name: str, kind: str, hidden: bool) -> str:
    """SQL for a cell as a text file would hold it: dates ISO, whole floats without ".0", no "nan"."""
    base = kind.split("(")[0]
    if base in {"FLOAT", "DOUBLE"}:
        return f"CASE WHEN isnan({name}) THEN NULL ELSE regexp_replace({name}::VARCHAR, '\\.0$', '') END"
    if base == "DECIMAL":
        return f"regexp_replace({name}::VARCHAR, '\\.0+$', '')"
    if base == "TIMESTAMP WITH TIME ZONE":
        return f"regexp_replace(make_timestamp(epoch_us({name}))::VARCHAR, ' 00:00:00$', '')"
    if base.startswith("TIMESTAMP"):
        return f"regexp_replace({name}::VARCHAR, ' 00:00:00$', '')"
    if base == "BLOB":
        return f"replace(decode({name}), chr(0), '')"
    text = f"{name}::VARCHAR"
    if not hidden:
        return text
    return f"translate(regexp_replace(replace({text}, chr(0), ''), '[{UNSEEN}]', '', 'g'), '{SPACES}', '{' ' * len(SPACES)}')"


def _findings(left_out: Sequence[str], hidden: dict[str, tuple[int, int]], header: Header, rows: int) -> list[Finding]:
    findings = [
        Finding(
            "nested_column", "flag", f"The column {name} holds lists, records or bytes, which are no cells. It is left out.", name, rows
        )
        for name in left_out
    ]
    for name, (count, first) in hidden.items():
        column = header.names[int(name[1:])]
        message = (
            f"Characters that nobody sees were taken out of {count:,} cells (zero-width and soft hyphens; special spaces became plain)."
        )
        findings.append(Finding("hidden_characters", "flag", message, column, count, (first + 2,)))
    return findings
