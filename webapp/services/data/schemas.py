"""What a dataset's columns are once another file has come in: kept ones, added ones, and kinds that hold both."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, replace

from segmentation.roles import CUSTOMER_KEY, Column, Kind, Role, Schema, ValueRule
from segmentation.wording import lower_first
from webapp.services.errors import Invalid

NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL})
RESERVED = frozenset({"file_row_number"})
"""Names that reading a snapshot needs for itself."""

_IN_WORDS = {Kind.INTEGER: "whole numbers", Kind.DECIMAL: "numbers", Kind.DATE: "dates", Kind.TEXT: "text"}

_NO_FEATURE = {
    Role.CUSTOMER_ID: "no, identifies",
    Role.OUTCOME: "no, an outcome",
    Role.CONTACT: "no, a contact",
    Role.CONSENT: "no, decides who may be exported",
    Role.IGNORE: "no, ignored",
}


def column_use(column: Column, in_use: Mapping[str, Sequence[str]]) -> str:
    """What a column does for segments, in words; `in_use` has the measures that each column goes into under the default recipe."""
    if column.role in _NO_FEATURE:
        return _NO_FEATURE[column.role]
    if column.sensitive:
        return "no, sensitive"
    measures = in_use.get(column.name)
    return f"in {', '.join(map(lower_first, measures))}" if measures else "no, profile only"


def align_schema(stored: Schema | None, incoming: Schema) -> Schema:
    """The file's columns under the names that the dataset knows them by, with kinds that hold the values of both.

    A column is known again by its header. Invalid where a column's kind cannot become the stored one's.
    """
    known = {column.source: column for column in stored or ()}
    columns = [_aligned(known[column.source], column) if column.source in known else column for column in incoming]
    settled = {column.name for column in columns if column.source in known}
    return Schema(tuple(column if column.source in known else _named_apart(column, settled) for column in columns))


def merge_schemas(stored: Schema | None, incoming: Schema) -> Schema:
    """`incoming` (aligned) and the stored columns that the file does not have, in the dataset's order."""
    if stored is None:
        return incoming
    arriving = {column.name: column for column in incoming}
    sources = {column.source: column for column in incoming}
    kept: list[Column] = []
    for column in stored:
        if column.name in arriving:
            kept.append(_merged(column, arriving.pop(column.name)))
        elif column.source not in sources:
            kept.append(column)
    return Schema((*kept, *(column for column in incoming if column.name in arriving)))


def stored_columns(schema: Schema) -> Schema:
    """The columns that a snapshot has: all but ignored ones, the key first."""
    used = [column for column in schema if column.role is not Role.IGNORE]
    return Schema(tuple(sorted(used, key=lambda column: column.name != CUSTOMER_KEY)))


def _aligned(before: Column, column: Column) -> Column:
    if before.role is not column.role:  # somebody said so; what the column is called stays where it can
        keeps_name = Role.CUSTOMER_ID not in (before.role, column.role)
        return _widened(before, replace(column, name=before.name, label=before.label)) if keeps_name else column
    return replace(
        _widened(before, column),
        name=before.name,
        label=before.label,
        sensitive=before.sensitive,
        levels=before.levels,
        folds={**column.folds, **before.folds},
        rule=_overlaid(before.rule, column.rule),
    )


def _merged(before: Column, column: Column) -> Column:
    """`column`, which has been aligned, with folds that only earlier files gave rise to."""
    folds = {**before.folds, **column.folds} if before.role is column.role else column.folds
    return replace(_widened(before, column), folds=folds)


def _overlaid(before: ValueRule, stated: ValueRule) -> ValueRule:
    """What was said of a column before, and what is said now, which counts more."""
    said = {field.name: getattr(stated, field.name) for field in fields(stated) if getattr(stated, field.name) is not None}
    return replace(before, **said)


def _widened(before: Column, column: Column) -> Column:
    unused = Role.IGNORE in (before.role, column.role)
    if before.kind is column.kind or unused:
        return column
    if {before.kind, column.kind} <= NUMBERS:
        return replace(column, kind=Kind.DECIMAL)
    raise Invalid(
        f"The column {column.source!r} would hold {_IN_WORDS[column.kind]}, but in this dataset it holds {_IN_WORDS[before.kind]}. "
        "Give it its former role, ignore it, or import the file into a new dataset.",
        code="kind_clash",
        details={"field": column.source},
    )


def _named_apart(column: Column, taken: Collection[str]) -> Column:
    name, number = column.name, 2
    while name in taken or name in RESERVED:
        name, number = f"{column.name}_{number}", number + 1
    return replace(column, name=name)
