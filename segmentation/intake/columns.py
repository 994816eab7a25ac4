"""What is worth knowing about the columns of a file as a whole: where its ids come from, what was merged, whether segments can be found."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from segmentation.intake.types import Finding
from segmentation.roles import ROW_NUMBERS, Column, Role, Schema

_NEVER_CLUSTERED = frozenset({Role.CUSTOMER_ID, Role.OUTCOME, Role.CONTACT, Role.CONSENT, Role.IGNORE})


def note_columns(customers: pd.DataFrame, schema: Schema) -> Iterator[Finding]:
    """Findings about ids that are row numbers, categories put together, and customers that nothing tells apart."""
    key = schema.one(Role.CUSTOMER_ID)
    if key is not None and key.source == ROW_NUMBERS:
        message = (
            "Customers are told apart by the number of their row. A file with other rows in between would mix them up, so later files must "
            "keep the order of the rows and add new ones at the end."
        )
        yield Finding("row_numbers", "flag", message, ROW_NUMBERS, len(customers))
    yield from (_merged(column, len(customers)) for column in schema if column.parts)
    if len(customers) and not any(_tells_apart(customers, column) for column in schema):
        message = (
            "Nothing to find segments by: every column identifies or contacts a customer, is an outcome, is not used, or is the same in "
            "every row. The customers can be imported, but no segments can be found until a file says what they are like or what they do."
        )
        yield Finding("nothing_to_cluster", "flag", message, None, len(customers))


def _merged(column: Column, rows: int) -> Finding:
    words = ", ".join(column.parts.values())
    message = (
        f"{len(column.parts)} columns of yes and no are read as one, {column.source}, with the words {words}. "
        "To keep them apart, give one of them a role of its own."
    )
    return Finding("one_hot", "note", message, column.source, rows, words=tuple(column.parts.items()))


def _tells_apart(customers: pd.DataFrame, column: Column) -> bool:
    usable = column.role not in _NEVER_CLUSTERED and not column.sensitive and column.name in customers
    return usable and customers[column.name].nunique() > 1
