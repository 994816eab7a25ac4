"""A file of order lines to one Parquet part, every line accounted for.

Lines are told apart by all their cells, under their headers: two that are equal in every column are one line, in a file as across
files. So the same file twice, shuffled, or in pieces makes the same customers.
"""

# ruff: noqa: S608 - the names in these statements are our own (c0, carried_x, ...), never the file's

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import numpy as np

from segmentation.codec import to_json
from segmentation.errors import UnreadableFile
from segmentation.intake.opening import OpenFile, opened
from segmentation.intake.returning import write_returned
from segmentation.intake.settling import refuse_absent
from segmentation.intake.table import Table
from segmentation.intake.types import FileFormat
from segmentation.orders.cells import LineCells, carried_name, is_plain_text, read_cells
from segmentation.orders.columns import OrderColumns, order_columns, stored_kind
from segmentation.orders.findings import FileFacts, note_lines
from segmentation.orders.overlaps import note_overlaps
from segmentation.orders.types import LineCounts, OrderLines
from segmentation.roles import Schema

MONEY = "DECIMAL(18, 4)"
"""Exact to a ten-thousandth, so that sums do not depend on the order of the lines."""
SCHEMA_KEY = "order_schema"
"""Under which a part holds the schema of its lines."""
LINE_COLUMNS = (
    "customer_key", "order_id", "product", "channel", "ordered_on", "quantity", "unit_price", "amount", "returned", "line_key",
)  # fmt: skip
"""What every part has; carried columns come besides."""

MEMORY = "400MB"
"""For sorting and comparing lines, beside the arrays of a large file; what is beyond goes to disk."""
_MOSTLY = 0.95
_PREFIX = r"^\s*([A-Za-z]{1,8})[-_# ]?\d"
_NO_GOODS = (
    r"(?i)(post|postage|dot|dotcom postage|c2|carriage|shipping|shipping fee|delivery|delivery fee|freight|m|manual|d|discount|s|samples?"
    r"|bank charges?|amazon ?fee|fees?|b|adjust.*|cruk|cruk commission|gift wrap(ping)?|handling|handling fee|tip|rounding)"
)


def read_order_lines(
    path: Path | OpenFile,
    part: Path,
    *,
    schema: Schema,
    file_format: FileFormat | None = None,
    not_after: date | None = None,
    returned: Path | None = None,
    earlier: Sequence[Path] = (),
) -> OrderLines:
    """Read the order lines of the file at `path` under `schema`, and write those that name a customer to the Parquet file `part`.

    What counts: the amount of a line as the file states it, else quantity x unit price (one piece where there is no quantity). A
    line below zero, in quantity or amount, takes back; a line marked as returned was sold and came back. UnreadableFile where no
    line can be taken, MissingRole where customer, day or money is missing from the schema. Lines that cannot be read are written to
    `returned`, to be corrected and imported again. What the file shares with parts `earlier` is told.
    """
    with opened(path, file_format, [column.source for column in schema], last=True) as table:
        columns = order_columns(schema)
        refuse_absent(schema, table)
        cells = read_cells(table, columns, table.format.date_order, not_after)
        if returned is not None and cells.rejects:
            write_returned(table, cells.rejects, returned)
        facts = _account(table, columns, cells)
        if not facts.counts.sales + facts.counts.returns + facts.counts.free:
            raise UnreadableFile(_nothing_taken(cells, facts.counts), code="nothing_accepted")
        digest = _write_part(table.connection, columns, schema, part)
        findings = [*table.findings, *note_lines(table, schema, columns, cells, facts), *note_overlaps(table, columns, earlier)]
    used = replace(table.format, date_order=cells.date_order)
    return OrderLines(schema, used, facts.counts, facts.customers, facts.latest, digest, cells.rejects, tuple(findings))


def _account(table: Table, columns: OrderColumns, cells: LineCells) -> FileFacts:
    """Table `lines` (usable lines, each once), and what became of all others."""
    usable = ~(cells.keyless | cells.refused | table.blank)
    table.connection.execute(f"SET memory_limit = '{MEMORY}'")
    frame = cells.numbers.assign(row=np.arange(len(usable)), usable=usable, negative=cells.negative, blank=table.blank)
    table.connection.register("frame", frame)
    table.connection.execute("CREATE TABLE numbers AS SELECT * FROM frame")
    table.connection.unregister("frame")
    headers = sorted(table.where)
    joined = ", ".join(f"coalesce({table.where[header]}, '')" for header in headers)
    table.connection.execute(
        f"CREATE TABLE keys AS SELECT rowid AS row, md5_number_lower(concat_ws(chr(31), ?, {joined})) AS line_key FROM raw",
        [chr(30).join(headers)],
    )
    table.connection.execute(f"CREATE TABLE lines AS SELECT DISTINCT {_line_columns(table, columns)} FROM {_JOINED} WHERE usable")
    return _count(table, columns, cells)


_JOINED = "raw POSITIONAL JOIN numbers POSITIONAL JOIN keys"


def _line_columns(table: Table, columns: OrderColumns) -> str:
    """The columns of a line as SQL over `_JOINED`."""
    named = [("customer_key", columns.customer), ("order_id", columns.order), ("product", columns.product), ("channel", columns.channel)]
    texts = [f"{table.where[column.source] if column else 'NULL::VARCHAR'} AS {name}" for name, column in named]
    money = [f"{name}::{MONEY} AS {name}" for name in ("quantity", "unit_price", "amount")]
    carried = [
        f"{table.where[column.source] if is_plain_text(column) else f'{quoted(carried_name(column))}::{stored_kind(column)}'}"
        f" AS {quoted(carried_name(column))}"
        for column in columns.carried
    ]
    return ", ".join([*texts, "ordered_on::DATE AS ordered_on", *money, "coalesce(returned > 0, false) AS returned", *carried, "line_key"])


def quoted(name: str) -> str:
    """A canonical name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def _count(table: Table, columns: OrderColumns, cells: LineCells) -> FileFacts:
    connection = table.connection
    sales, returns, free, customers, latest, goods = _one(
        connection,
        "SELECT count(*) FILTER (amount > 0), count(*) FILTER (amount < 0 OR (amount = 0 AND quantity < 0)), "
        "count(*) FILTER (amount = 0 AND coalesce(quantity, 0) >= 0), count(DISTINCT customer_key), max(ordered_on), "
        f"count(*) FILTER (regexp_full_match(trim(product), '{_NO_GOODS}')) FROM lines",
    )
    (duplicates,) = _one(connection, "SELECT count(*) - count(DISTINCT line_key) FROM keys JOIN numbers USING (row) WHERE NOT blank")
    (repeated_value,) = _one(
        connection,
        f"SELECT coalesce((SELECT sum(amount::{MONEY}) FROM numbers WHERE usable), 0) - coalesce((SELECT sum(amount) FROM lines), 0)",
    )
    usable = len(cells.keyless) - int((cells.keyless | cells.refused | table.blank).sum())
    prefixes, cancelled = _cancellations(table, columns)
    counts = LineCounts(
        total=table.file_rows,
        rejected=int(cells.refused.sum()) + len(table.rejects),
        without_customer=int(cells.keyless.sum()),
        repeated=usable - (sales + returns + free),
        sales=sales,
        returns=returns,
        free=free,
        cancellations=cancelled,
        duplicates=duplicates,
    )
    return FileFacts(counts, customers, latest, prefixes, goods, float(repeated_value))


def _cancellations(table: Table, columns: OrderColumns) -> tuple[tuple[str, ...], int]:
    """Letters before an order number under which (nearly) all lines take back, while most orders have none of them; and their lines."""
    if columns.order is None:
        return (), 0
    order = table.where[columns.order.source]
    rows = table.connection.execute(
        f"SELECT regexp_extract({order}, '{_PREFIX}', 1) AS prefix, count(*), count(*) FILTER (negative) "
        f"FROM raw JOIN numbers ON numbers.row = raw.rowid WHERE {order} IS NOT NULL GROUP BY 1 ORDER BY 1"
    ).fetchall()
    total = sum(lines for _, lines, _ in rows)
    found = [(prefix, lines) for prefix, lines, below in rows if prefix and below >= _MOSTLY * lines and lines < total / 2]
    return tuple(prefix for prefix, _ in found), sum(lines for _, lines in found)


def _write_part(connection: duckdb.DuckDBPyConnection, columns: OrderColumns, schema: Schema, part: Path) -> str:
    """Write the lines in an order that they alone decide, and return the hash of what they mean."""
    meaning = json.dumps(to_json(schema), ensure_ascii=False).replace("'", "''")
    place = str(part).replace("'", "''")
    connection.execute(
        f"COPY (SELECT * FROM lines ORDER BY customer_key, ordered_on, order_id, line_key) TO '{place}' "
        f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{SCHEMA_KEY}: '{meaning}'}})"
    )
    names = [row[0] for row in connection.execute("DESCRIBE lines").fetchall()]
    values = ", ".join(f"coalesce({quoted(name)}::VARCHAR, chr(30))" for name in names)
    found = connection.execute(
        f"SELECT line_key, md5_number_lower(concat_ws(chr(31), {values})) AS content FROM lines ORDER BY 1, 2"
    ).fetchnumpy()
    hasher = hashlib.sha256("\n".join([*names, *(f"{c.source}\t{c.name}\t{c.role}" for c in columns.used)]).encode())
    for name in ("line_key", "content"):
        hasher.update(np.ascontiguousarray(np.ma.getdata(found[name]), dtype="<u8").tobytes())
    return hasher.hexdigest()


def _one(connection: duckdb.DuckDBPyConnection, statement: str) -> tuple:  # type: ignore[type-arg]
    return connection.execute(statement).fetchall()[0]


def _nothing_taken(cells: LineCells, counts: LineCounts) -> str:
    if counts.without_customer:
        return (
            f"No order line could be taken: {counts.without_customer:,} of {counts.total:,} lines name no customer. "
            "Say which column holds the customer, or export the orders with it."
        )
    first = next(iter(cells.rejects), None)
    told = f" The first: line {first.line}, {first.reason}." if first else ""
    return f"No order line could be taken.{told} Correct the lines or the roles of the columns, and import the file again."
