"""The columns that customers have once they are summed up from order lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from segmentation.orders.groups import Carried, Group
from segmentation.roles import CUSTOMER_KEY, Column, Kind, Role, Schema

_WHY = "summed up from order lines"


def customer_schema(
    lines: Schema, carried: Sequence[Carried], spend: Sequence[Group], channels: Sequence[Group], *, items: bool, products: bool
) -> Schema:
    """Columns of customers; `lines` is the schema of the order lines, whose customer column stays what it is.

    Where spend is divided into categories, or orders into channels, the parts add up to the whole, as in every file of customers.
    """
    key = replace(lines.named(CUSTOMER_KEY), name=CUSTOMER_KEY)
    columns = [
        key,
        _made("enrolled_on", Role.ENROLLED_ON, Kind.DATE, "First order on"),
        _made("recency_days", Role.RECENCY_DAYS, Kind.INTEGER, "Days since last order"),
        *([] if channels else [_made("orders", Role.PURCHASES, Kind.INTEGER, "Orders")]),
        *([] if spend else [_made("net_spend", Role.SPEND, Kind.DECIMAL, "Spend")]),
        *(_made(group.name, Role.SPEND, Kind.DECIMAL, group.label) for group in spend),
        *(_made(group.name, Role.PURCHASES, Kind.INTEGER, group.label) for group in channels),
        _made("average_order", Role.AMOUNT, Kind.DECIMAL, "Average order"),
        *([_made("items_per_order", Role.NUMBER, Kind.DECIMAL, "Items in an order")] if items else []),
        *([_made("products", Role.COUNT, Kind.INTEGER, "Different products")] if products else []),
        _made("return_rate", Role.RATIO, Kind.DECIMAL, "Share of spend brought back"),
        _made("days_between_orders", Role.NUMBER, Kind.DECIMAL, "Days between orders"),
        _made("days_between_orders_spread", Role.NUMBER, Kind.DECIMAL, "Spread of days between orders"),
    ]
    return Schema((*columns, *_apart((each.column for each in carried), columns)))


def _made(name: str, role: Role, kind: Kind, label: str) -> Column:
    return Column(name, name, role, kind, label, reason=_WHY)


def _apart(carried: Iterable[Column], columns: Sequence[Column]) -> tuple[Column, ...]:
    """Carried columns whose name or header no figure has already."""
    taken = {name for column in columns for name in (column.name, column.source)}
    return tuple(column for column in carried if column.name not in taken and column.source not in taken)
