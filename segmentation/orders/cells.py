"""The cells of order lines as numbers and days, and the reasons against lines that cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.intake.findings import clipped
from segmentation.intake.table import Table
from segmentation.intake.types import Finding, Reject
from segmentation.intake.values import Parsed, parse
from segmentation.orders.columns import OrderColumns, stored_kind
from segmentation.roles import Column, DateOrder

MOST = 1e13
"""No line's quantity, price or amount reaches this; sums stay exact to a ten-thousandth below it."""
EARLIEST = 1900


@dataclass(frozen=True)
class LineCells:
    """All records of a table, in its order.

    `numbers` (n rows): `ordered_on` (midnight), `quantity`, `unit_price`, `amount` (below zero for what came back), `returned` (0 or 1)
    and the carried columns that are no plain text, NaN or NaT where missing. `keyless`, `refused` and `negative` (n,) mark lines
    without a customer, lines of a customer that cannot be read, and lines whose quantity or amount is below zero. `unread` counts
    the cells of each carried column that are left out, by header. `date_order` is how days were read, `findings` tell of it.
    """

    numbers: pd.DataFrame
    keyless: NDArray[np.bool_]
    refused: NDArray[np.bool_]
    negative: NDArray[np.bool_]
    rejects: tuple[Reject, ...]
    date_order: DateOrder | None
    findings: tuple[Finding, ...]
    unread: dict[str, NDArray[np.bool_]]


@dataclass(frozen=True)
class _Fault:
    """Records (n,) that one column keeps out, and why: the same for all, or told by record."""

    rows: NDArray[np.bool_]
    column: Column
    why: str | Callable[[int], str]

    def reason(self, row: int) -> str:
        return self.why if isinstance(self.why, str) else self.why(row)


def read_cells(table: Table, columns: OrderColumns, date_order: DateOrder | None, not_after: date | None) -> LineCells:
    """The cells of every record; a day after `not_after` has not come yet and keeps its line out."""
    parsed = {column.name: parse(table, column, date_order) for column in columns.used if _is_number(column, columns)}
    (named,) = table.fetch(f"{table.where[columns.customer.source]} IS NOT NULL")
    named = np.asarray(named, dtype=bool)
    numbers = _numbers(columns, parsed, len(named))
    faults = [fault for fault in _faults(columns, parsed, numbers, not_after) if (fault.rows & named).any()]
    refused = named & np.any([fault.rows for fault in faults], axis=0) if faults else np.zeros(len(named), dtype=bool)
    dates = parsed[columns.ordered_on.name].dates
    below = (numbers["quantity"] < 0) | (numbers["amount"] < 0)
    numbers["amount"] = numbers["amount"].where(~below, -numbers["amount"].abs())
    return LineCells(
        numbers=numbers,
        keyless=~named & ~table.blank,
        refused=refused,
        negative=below.to_numpy(),
        rejects=tuple(sorted(_rejects(table, faults, named), key=lambda reject: reject.line)),
        date_order=dates.order if dates else None,
        findings=dates.findings if dates else (),
        unread={column.source: parsed[column.name].bad for column in columns.carried if column.name in parsed},
    )


def carried_name(column: Column) -> str:
    """What a carried column is called among the lines, apart from their own columns."""
    return f"carried_{column.name}"


def is_plain_text(column: Column) -> bool:
    """Whether the values of a carried column are its cells as they stand."""
    return stored_kind(column) == "VARCHAR" and not column.folds


def _is_number(column: Column, columns: OrderColumns) -> bool:
    if column in columns.carried:
        return not is_plain_text(column)
    return column not in (columns.customer, columns.order, columns.product, columns.channel)


def _numbers(columns: OrderColumns, parsed: dict[str, Parsed], rows: int) -> pd.DataFrame:
    nothing = pd.Series(np.full(rows, np.nan))

    def values(column: Column | None) -> pd.Series:
        return nothing if column is None else parsed[column.name].values

    quantity, price = values(columns.quantity), values(columns.unit_price)
    amount = values(columns.amount)
    pieces = quantity if columns.quantity is not None else pd.Series(np.ones(rows))
    with np.errstate(over="ignore", invalid="ignore"):
        made = pieces * price
    return pd.DataFrame(
        {
            "ordered_on": values(columns.ordered_on),
            "quantity": quantity,
            "unit_price": price,
            "amount": amount.where(amount.notna(), made),
            "returned": values(columns.returned),
            **{carried_name(column): values(column) for column in columns.carried if column.name in parsed},
        }
    )


def _faults(columns: OrderColumns, parsed: dict[str, Parsed], numbers: pd.DataFrame, not_after: date | None) -> Iterator[_Fault]:
    """What keeps a line out, most telling first."""
    needed = (columns.ordered_on, columns.quantity, columns.unit_price, columns.amount, columns.returned)
    for column in needed:
        if column is not None:
            unread = parsed[column.name]
            yield from (_Fault(unread.faults == number, column, reason) for number, reason in enumerate(unread.reasons, start=1))
    yield from _day_faults(columns.ordered_on, numbers["ordered_on"], parsed[columns.ordered_on.name].bad, not_after)
    money = columns.amount or columns.unit_price
    if money is not None:
        bad = np.any([parsed[column.name].bad for column in needed if column is not None], axis=0)
        yield from _money_faults(columns, money, numbers, bad)


def _day_faults(column: Column, days: pd.Series, bad: NDArray[np.bool_], not_after: date | None) -> Iterator[_Fault]:
    yield _Fault(days.isna().to_numpy() & ~bad, column, "no order date")
    low = EARLIEST if column.rule.low is None else int(column.rule.low)
    yield _Fault((days.dt.year < low).to_numpy(), column, f"a day before {low}")
    if column.rule.high is not None:
        yield _Fault((days.dt.year > column.rule.high).to_numpy(), column, f"a day after {int(column.rule.high)}")
    if not_after is not None:
        yield _Fault((days > pd.Timestamp(not_after)).to_numpy(), column, "a day that has not come yet")


def _money_faults(columns: OrderColumns, money: Column, numbers: pd.DataFrame, bad: NDArray[np.bool_]) -> Iterator[_Fault]:
    amount, quantity = numbers["amount"].to_numpy(), numbers["quantity"].to_numpy()
    pieces_missing = np.isnan(quantity) & np.isnan(amount) & ~np.isnan(numbers["unit_price"].to_numpy()) & ~bad
    if columns.quantity is not None:
        yield _Fault(pieces_missing, columns.quantity, "no quantity")
    yield _Fault(np.isnan(amount) & ~pieces_missing & ~bad, money, "no amount")
    yield _Fault(np.abs(amount) >= MOST, money, "more than can be true")
    if columns.quantity is not None:
        yield _Fault(np.abs(quantity) >= MOST, columns.quantity, "more than can be true")


def _rejects(table: Table, faults: list[_Fault], named: NDArray[np.bool_]) -> Iterator[Reject]:
    """One line per fault of a line that names a customer; the others are left out anyway."""
    yield from table.rejects
    for fault in faults:
        rows = fault.rows & named
        texts = table.texts(table.where[fault.column.source]).to_numpy()[rows]
        for row, text in zip(np.flatnonzero(rows).tolist(), texts, strict=True):
            yield Reject(int(table.lines[row]), fault.column.source, clipped(text or ""), fault.reason(row))
