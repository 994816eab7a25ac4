"""What a file of order lines shares with the files before it, and order numbers that several customers share."""

# ruff: noqa: S608 - the names in these statements are our own (line_key, c0, ...), never the file's

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segmentation.intake.findings import clipped, counted, first_lines
from segmentation.intake.table import Table
from segmentation.intake.types import Finding
from segmentation.orders.columns import OrderColumns


def note_overlaps(table: Table, columns: OrderColumns, earlier: Sequence[Path]) -> Iterator[Finding]:
    """Lines that parts `earlier` have too, and orders of more than one customer, in this file or together with those parts.

    The tables `lines`, `numbers` and `keys` of the file are there by now.
    """
    if earlier:
        yield from _repeated(table, earlier)
    if columns.order is not None:
        yield from _shared_orders(table, columns.order.source, earlier)


def parts_as_sql(parts: Sequence[Path]) -> str:
    """The lines of `parts` as SQL."""
    return f"read_parquet([{', '.join(_quoted(part) for part in parts)}], union_by_name=true)"


def _repeated(table: Table, earlier: Sequence[Path]) -> Iterator[Finding]:
    there = f"SELECT line_key FROM {parts_as_sql(earlier)}"
    rows = _rows(table, f"SELECT row FROM keys JOIN numbers USING (row) WHERE usable AND line_key IN ({there})")
    if rows.any():
        lines = first_lines(table.lines, rows)
        shared = counted(rows, "line")
        message = f"Earlier files have {shared} of this one already, cell by cell (the first: line {lines[0]:,}). Each counts once."
        yield Finding("repeated_lines", "note", message, None, int(rows.sum()), lines)


def _shared_orders(table: Table, header: str, earlier: Sequence[Path]) -> Iterator[Finding]:
    order = table.where[header]
    before = f"UNION ALL SELECT order_id, customer_key FROM {parts_as_sql(earlier)}" if earlier else ""
    table.connection.execute(
        f"CREATE TABLE shared AS SELECT order_id FROM (SELECT order_id, customer_key FROM lines {before}) WHERE order_id IS NOT NULL "
        "GROUP BY 1 HAVING min(customer_key) <> max(customer_key) AND order_id IN (SELECT order_id FROM lines)"
    )
    rows = _rows(table, f"SELECT row FROM raw JOIN numbers ON numbers.row = raw.rowid WHERE usable AND {order} IN (FROM shared)")
    if rows.any():
        first = int(np.argmax(rows))
        ((name,),) = table.connection.execute(f"SELECT {order} FROM raw WHERE rowid = {first}").fetchall()
        ((orders,),) = table.connection.execute("SELECT count(*) FROM shared").fetchall()
        message = (
            f"Several customers share {counted(orders, 'order number')} (the first: {clipped(name)}, line {table.lines[first]:,}). Each "
            "counts as an order of every one of them. Where that is wrong, correct the file and import it again."
        )
        yield Finding("shared_orders", "flag", message, header, int(rows.sum()), first_lines(table.lines, rows))


def _rows(table: Table, statement: str) -> NDArray[np.bool_]:
    """Which records (n,) the statement names by their `row`."""
    rows = np.zeros(len(table.lines), dtype=bool)
    rows[table.connection.execute(statement).fetchnumpy()["row"]] = True
    return rows


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
