"""What is told of a file of order lines: what was left out, what takes back, what looks odd."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from segmentation.intake.findings import first_lines
from segmentation.intake.table import Table
from segmentation.intake.types import Finding
from segmentation.orders.cells import LineCells
from segmentation.orders.columns import OrderColumns
from segmentation.orders.types import LineCounts
from segmentation.roles import Role, Schema
from segmentation.wording import number

_SHOWN = 5
_FAR = np.timedelta64(366, "D")
_LATE = 0.999
_OFF = 0.01


@dataclass(frozen=True)
class FileFacts:
    """Figures of a file of lines: `prefixes` mark cancelled orders, `no_goods` lines are postage, fees and the like, and the repeated
    lines would have added `repeated_value` to what was spent."""

    counts: LineCounts
    customers: int
    latest: date | None
    prefixes: tuple[str, ...]
    no_goods: int
    repeated_value: float


def note_lines(table: Table, schema: Schema, columns: OrderColumns, cells: LineCells, facts: FileFacts) -> list[Finding]:
    """All that is worth knowing about the lines, the weightiest first."""
    return [
        *_left_out(table, columns, cells, facts),
        *_taken_back(table, columns, cells, facts),
        *_money(table, columns, cells, facts),
        *_days(table, columns, cells),
        *_other_columns(table, schema, columns, cells),
    ]


def _left_out(table: Table, columns: OrderColumns, cells: LineCells, facts: FileFacts) -> Iterator[Finding]:
    counts = facts.counts
    if counts.without_customer:
        message = f"{counts.without_customer:,} of {counts.total:,} lines name no customer: they were left out."
        yield Finding(
            "no_customer", "flag", message, columns.customer.source, counts.without_customer, first_lines(table.lines, cells.keyless)
        )
    if counts.duplicates:
        of_customers = "" if counts.repeated == counts.duplicates else f", {counts.repeated:,} of them of a known customer"
        message = (
            f"{counts.duplicates:,} lines repeat another one cell by cell{of_customers}. Each counts once; counted again they would "
            f"add {number(facts.repeated_value, 2)} to what was spent."
        )
        yield Finding("duplicate_lines", "flag", message, None, counts.duplicates)
    if table.blank.any():
        blank = int(table.blank.sum())
        yield Finding(
            "blank_rows", "note", f"{blank:,} rows without any value were passed over.", None, blank, first_lines(table.lines, table.blank)
        )


def _taken_back(table: Table, columns: OrderColumns, cells: LineCells, facts: FileFacts) -> Iterator[Finding]:
    counts = facts.counts
    if counts.cancellations and columns.order is not None:
        letters = " or ".join(f"“{prefix}”" for prefix in facts.prefixes)
        message = (
            f"{counts.cancellations:,} lines are cancellations (order numbers that start with {letters}); they are taken off as returns."
        )
        yield Finding("cancellations", "note", message, columns.order.source, counts.cancellations)
    if counts.returns:
        message = f"{counts.returns:,} lines of known customers take something back; what came back is subtracted from what was spent."
        rows = cells.negative & ~cells.keyless & ~cells.refused
        yield Finding("returns", "note", message, None, counts.returns, first_lines(table.lines, rows))
    if columns.returned is not None:
        marked = (cells.numbers["returned"] > 0).to_numpy() & ~cells.keyless & ~cells.refused
        if marked.any():
            message = f"{int(marked.sum()):,} lines are marked as returned; they count as bought and brought back."
            yield Finding("marked_returned", "note", message, columns.returned.source, int(marked.sum()), first_lines(table.lines, marked))


def _money(table: Table, columns: OrderColumns, cells: LineCells, facts: FileFacts) -> Iterator[Finding]:
    if facts.counts.free:
        rows = (cells.numbers["amount"] == 0).to_numpy() & ~cells.keyless & ~cells.refused & ~cells.negative
        message = f"{facts.counts.free:,} lines cost nothing; they make no order and add nothing to what was spent."
        yield Finding("free_lines", "note", message, None, facts.counts.free, first_lines(table.lines, rows))
    if facts.no_goods and columns.product is not None:
        message = f"{facts.no_goods:,} lines look like postage, fees or corrections rather than goods; they count like all others."
        yield Finding("no_goods", "note", message, columns.product.source, facts.no_goods)
    if columns.amount is None and columns.unit_price is not None:
        pieces = f"{columns.quantity.source} × " if columns.quantity is not None else ""
        each = "" if columns.quantity is not None else ", one piece a line"
        message = f"The amount of a line is {pieces}{columns.unit_price.source}{each}."
        yield Finding("amount_made", "note", message, columns.unit_price.source, facts.counts.total)
    elif columns.amount is not None and columns.quantity is not None and columns.unit_price is not None:
        rows = _contradicting(cells)
        if rows.any():
            message = (
                f"In {int(rows.sum()):,} lines {columns.amount.source} is not {columns.quantity.source} × {columns.unit_price.source}; "
                f"{columns.amount.source} counts."
            )
            yield Finding("amount_differs", "note", message, columns.amount.source, int(rows.sum()), first_lines(table.lines, rows))


def _contradicting(cells: LineCells) -> NDArray[np.bool_]:
    numbers = cells.numbers
    made = (numbers["quantity"] * numbers["unit_price"]).abs()
    off = (numbers["amount"].abs() - made).abs() > np.maximum(_OFF * made, _OFF)
    return off.to_numpy() & ~cells.keyless & ~cells.refused


def _days(table: Table, columns: OrderColumns, cells: LineCells) -> Iterator[Finding]:
    yield from cells.findings
    days = cells.numbers["ordered_on"]
    usable = (days.notna() & ~cells.keyless & ~cells.refused).to_numpy()
    if usable.any():
        known = days.to_numpy()
        usual = np.quantile(known[usable].astype("datetime64[s]").astype(np.int64), _LATE, method="lower")
        late = usable & (known > np.datetime64(int(usual), "s") + _FAR)
        if late.any():
            message = (
                f"{int(late.sum()):,} lines are dated more than a year after nearly all others. Days since the last order are "
                "counted from the latest: correct the dates, or state the day to count from."
            )
            yield Finding("late_lines", "flag", message, columns.ordered_on.source, int(late.sum()), first_lines(table.lines, late))


def _other_columns(table: Table, schema: Schema, columns: OrderColumns, cells: LineCells) -> Iterator[Finding]:
    for header, bad in cells.unread.items():
        rows = bad & ~cells.keyless & ~cells.refused
        if rows.any():
            message = f"{int(rows.sum()):,} cells of {header} could not be read and count as missing."
            yield Finding("unread_cells", "flag", message, header, int(rows.sum()), first_lines(table.lines, rows))
    used = {column.source for column in (*columns.used, *schema.of(Role.PRODUCT))}
    for header in table.where:
        if header not in used:
            yield Finding("ignored", "note", f"The column {header} is not used.", header, table.file_rows)
