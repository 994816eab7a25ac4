"""What the columns of a customer file mean.

The headers of a file stop here: everywhere else a column is known by its canonical name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

CUSTOMER_KEY = "customer_key"
"""Canonical name of the column that tells customers apart; always text, always present."""

ROW_NUMBERS = "(row number)"
"""Stands for a header where the number of a row among the file's records is the customer id."""


class Role(StrEnum):
    """What a column means to the product (the words of the import wizard)."""

    CUSTOMER_ID = "customer_id"
    BIRTH_YEAR = "birth_year"
    AGE = "age"
    INCOME = "income"
    DEPENDENTS = "dependents"
    ENROLLED_ON = "enrolled_on"
    RECENCY_DAYS = "recency_days"
    SPEND = "spend"
    PURCHASES = "purchases"
    VISITS = "visits"
    AMOUNT = "amount"
    COUNT = "count"
    RATIO = "ratio"
    NUMBER = "number"
    ORDINAL = "ordinal"
    CATEGORY = "category"
    FLAG = "flag"
    OUTCOME = "outcome"
    CONTACT = "contact"
    CONSENT = "consent"
    IGNORE = "ignore"
    ORDER_ID = "order_id"
    ORDERED_ON = "ordered_on"
    QUANTITY = "quantity"
    UNIT_PRICE = "unit_price"
    CHANNEL = "channel"
    PRODUCT = "product"


ORDER_ROLES = frozenset({Role.ORDER_ID, Role.ORDERED_ON, Role.QUANTITY, Role.UNIT_PRICE, Role.CHANNEL, Role.PRODUCT})
"""Roles that only files of order lines have."""


class Kind(StrEnum):
    """How the values of a column are stored: as Int64, float64, date or text."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    TEXT = "text"


DateOrder = Literal["day_first", "month_first", "year_first"]
DecimalMark = Literal["point", "comma"]
Impossible = Literal["missing", "reject", "keep"]
EmptyCell = Literal["clear", "keep"]


@dataclass(frozen=True)
class ValueRule:
    """How the cells of one column are read, where somebody said so; None leaves it to the column's role and to its own cells.

    `low` and `high` bound what can be true (years for dates), in the unit of the stored value; `impossible` says what
    becomes of a cell beyond them: it is made missing and flagged, keeps its row out, or is kept and flagged. `empty` says what a cell
    without a value does to the value that is known of a customer already: it is cleared, or kept.
    """

    date_order: DateOrder | None = None
    decimal: DecimalMark | None = None
    low: float | None = None
    high: float | None = None
    impossible: Impossible | None = None
    empty: EmptyCell | None = None


@dataclass(frozen=True)
class Column:
    """One column: where it comes from, what it means and how sure we are.

    `name` is canonical (snake case, unique in the schema), `source` the file's own header, `label` what
    people read ("Wine"). `levels` orders an ordinal from low to high, several words on one step being joined
    by "|" ("Master|2n Cycle"). `folds` maps rare spellings to the category they are counted with; the stored
    value keeps the customer's own word. `rule` is what somebody said of how its cells are to be read. `parts` (header -> word) are the
    yes/no columns of the file that make up one category, of which `source` is the common beginning.
    """

    name: str
    source: str
    role: Role
    kind: Kind
    label: str
    sensitive: bool = False
    levels: tuple[str, ...] = ()
    folds: Mapping[str, str] = field(default_factory=dict)
    confidence: float = 1.0
    reason: str = "stated"
    rule: ValueRule = ValueRule()
    parts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Schema:
    """The columns of a dataset, in the order of its file."""

    columns: tuple[Column, ...]

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def of(self, *roles: Role) -> tuple[Column, ...]:
        """Columns with any of `roles`, in file order."""
        return tuple(column for column in self.columns if column.role in roles)

    def one(self, role: Role) -> Column | None:
        """The first column with `role`, or None."""
        return next(iter(self.of(role)), None)

    def named(self, name: str) -> Column:
        """The column with canonical `name`; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


KIND_OF: Mapping[Role, Kind] = {
    Role.CUSTOMER_ID: Kind.TEXT,
    Role.BIRTH_YEAR: Kind.INTEGER,
    Role.AGE: Kind.INTEGER,
    Role.DEPENDENTS: Kind.INTEGER,
    Role.ENROLLED_ON: Kind.DATE,
    Role.ORDINAL: Kind.TEXT,
    Role.CATEGORY: Kind.TEXT,
    Role.FLAG: Kind.INTEGER,
    Role.OUTCOME: Kind.INTEGER,
    Role.CONTACT: Kind.TEXT,
    Role.CONSENT: Kind.TEXT,
    Role.ORDER_ID: Kind.TEXT,
    Role.ORDERED_ON: Kind.DATE,
    Role.QUANTITY: Kind.DECIMAL,
    Role.UNIT_PRICE: Kind.DECIMAL,
    Role.CHANNEL: Kind.TEXT,
    Role.PRODUCT: Kind.TEXT,
}
"""How values are stored where the role alone decides; elsewhere the values do (whole numbers or not)."""


def schema_roles(schema: Schema) -> dict[str, Role]:
    """Header in the file -> role, in file order: what a saved mapping holds and `schema_from_roles` takes."""
    return {column.source: column.role for column in schema}
