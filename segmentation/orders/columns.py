"""Which column of a file of order lines plays which part."""

from __future__ import annotations

import re
from dataclasses import dataclass

from segmentation.errors import MissingRole
from segmentation.intake.read import require_customer_id
from segmentation.roles import CUSTOMER_KEY, Column, Kind, Role, Schema

_RETURNED = re.compile(r"return|refund|cancel|storno", re.IGNORECASE)
_NOT_THE_PRICE = re.compile(
    r"discount|coupon|voucher|rebate|tax|vat\b|shipping|freight|delivery|postage|fee|profit|margin|cost", re.IGNORECASE
)
_CARRIED = (
    Role.CATEGORY,
    Role.ORDINAL,
    Role.FLAG,
    Role.OUTCOME,
    Role.AGE,
    Role.BIRTH_YEAR,
    Role.INCOME,
    Role.DEPENDENTS,
    Role.CONTACT,
    Role.CONSENT,
)
"""What a line can say of its customer. Numbers of other roles describe the line alone."""


@dataclass(frozen=True)
class OrderColumns:
    """The columns of a file of order lines by what they are for; `carried` may say something of the customer or of the goods."""

    customer: Column
    ordered_on: Column
    order: Column | None
    quantity: Column | None
    unit_price: Column | None
    amount: Column | None
    product: Column | None
    channel: Column | None
    returned: Column | None
    carried: tuple[Column, ...]

    @property
    def used(self) -> tuple[Column, ...]:
        """All of them, in no particular order."""
        single = (self.customer, self.ordered_on, self.order, self.quantity, self.unit_price, self.amount)
        others = (self.product, self.channel, self.returned)
        return (*(column for column in (*single, *others) if column is not None), *self.carried)


def order_columns(schema: Schema) -> OrderColumns:
    """The parts that the columns of `schema` play; MissingRole where customer, day or money is missing."""
    require_customer_id(schema)
    ordered_on, unit_price = schema.one(Role.ORDERED_ON), schema.one(Role.UNIT_PRICE)
    amount = _amount(schema)
    if ordered_on is None:
        raise _missing(schema, Role.ORDERED_ON, "No column says on which day something was ordered. Say which column holds the order date.")
    if unit_price is None and amount is None:
        raise _missing(
            schema, Role.AMOUNT, "No column says what was paid. Say which column holds the price of a piece or the amount of a line."
        )
    returned = next((column for column in schema.of(Role.FLAG) if _RETURNED.search(column.source)), None)
    return OrderColumns(
        customer=schema.named(CUSTOMER_KEY),
        ordered_on=ordered_on,
        order=schema.one(Role.ORDER_ID),
        quantity=schema.one(Role.QUANTITY),
        unit_price=unit_price,
        amount=amount,
        product=schema.one(Role.PRODUCT),
        channel=schema.one(Role.CHANNEL),
        returned=returned,
        carried=tuple(column for column in schema.of(*_CARRIED) if column is not returned),
    )


def stored_kind(column: Column) -> str:
    """How DuckDB stores the values of a carried column."""
    if column.role in (Role.FLAG, Role.OUTCOME):
        return "DOUBLE"
    return {Kind.TEXT: "VARCHAR", Kind.DATE: "DATE"}.get(column.kind, "DOUBLE")


def _amount(schema: Schema) -> Column | None:
    """The first amount that is the line's own, not its tax, discount or freight."""
    return next((column for column in schema.of(Role.AMOUNT) if not _NOT_THE_PRICE.search(column.source)), None)


def _missing(schema: Schema, role: Role, message: str) -> MissingRole:
    return MissingRole(message, details={"role": role, "columns": [column.source for column in schema]})
