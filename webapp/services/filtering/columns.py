"""The columns of a snapshot as people see them: under names that do not clash with the version's, with spend as a whole, masked by role."""

from __future__ import annotations

from segmentation.roles import CUSTOMER_KEY, Column, Kind, Role, Schema
from webapp import bulk
from webapp.services.access import Actor, Permission

SEGMENT, CONFIDENCE = "segment_key", "confidence"
OWN = (SEGMENT, "segment_name", CONFIDENCE, "runner_up")
"""Columns that come from the version; a file's column of the same name is known as `<name>_in_file`."""
TOTAL = "spend_total"
"""All spend columns together, where there are several."""


def outward(name: str) -> str:
    """The name by which people know a snapshot's column."""
    return f"{name}_in_file" if name in OWN else name


def shown_schema(schema: Schema) -> Schema:
    """The snapshot's columns with the total of spend before its parts."""
    parts = schema.of(Role.SPEND)
    if len(parts) < 2 or any(column.name == TOTAL for column in schema):
        return schema
    total = Column(TOTAL, "", Role.SPEND, Kind.DECIMAL, "Spend", reason="the sum of all spend columns")
    place = schema.columns.index(parts[0])
    return Schema((*schema.columns[:place], total, *schema.columns[place:]))


def value_sql(column: Column, schema: Schema) -> str:
    """A column of `shown_schema(schema)` in SQL over the snapshot; the total is the sum of what is known, missing where nothing is."""
    if column.name != TOTAL or any(known.name == TOTAL for known in schema):
        return bulk.quoted(column.name)
    parts = [bulk.quoted(part.name) for part in schema.of(Role.SPEND)]
    known = " + ".join(f"coalesce({part}, 0)" for part in parts)
    return f"CASE WHEN coalesce({', '.join(parts)}) IS NULL THEN NULL ELSE CAST({known} AS DOUBLE) END"


def attributes(schema: Schema) -> tuple[Column, ...]:
    """All columns but the customer key."""
    return tuple(column for column in schema if column.name != CUSTOMER_KEY)


def masked_columns(actor: Actor, schema: Schema) -> frozenset[str]:
    """Contact columns that the actor's role does not show."""
    return frozenset() if actor.may(Permission.MANAGE_TEAM) else frozenset(column.name for column in schema.of(Role.CONTACT))


def hidden_columns(actor: Actor, schema: Schema) -> frozenset[str]:
    """Columns that the actor cannot filter or search by: those that are masked; for viewers also consent and what is marked sensitive."""
    if actor.may(Permission.VIEW_CUSTOMERS):
        return masked_columns(actor, schema)
    return masked_columns(actor, schema) | {column.name for column in schema if column.sensitive or column.role is Role.CONSENT}
