"""The steps from a file to customers: text, table, values, keys, quality."""

# ruff: noqa: S608 - the names in these statements are our own (c0, c1, ...), never the file's

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.errors import MissingRole
from segmentation.guessing import FileKind, KindGuess, guess_kind, known_again, schema_from_roles
from segmentation.intake.columns import note_columns
from segmentation.intake.dates import DateReading, read_dates
from segmentation.intake.derived import with_derived
from segmentation.intake.findings import clipped, first_lines
from segmentation.intake.opening import OpenFile, opened
from segmentation.intake.plausible import drop_implausible, refuse_impossible
from segmentation.intake.quality import count_words, fold_spellings, note_missing, note_values
from segmentation.intake.returning import write_returned
from segmentation.intake.settling import refuse_absent
from segmentation.intake.spelling import in_composed
from segmentation.intake.table import Table
from segmentation.intake.types import FileFormat, FilePreview, Finding, Intake, Reject
from segmentation.intake.values import Parsed, holds_fractions, parse
from segmentation.roles import CUSTOMER_KEY, ORDER_ROLES, ROW_NUMBERS, Column, DateOrder, Kind, Role, Schema

_FIRST_VALUES = 5
_TWIN_COLUMNS = 5  # rows of fewer columns are alike by chance
_ALWAYS_WHOLE = frozenset({Role.FLAG, Role.OUTCOME, Role.BIRTH_YEAR, Role.DEPENDENTS, Role.IGNORE})
_ODD = np.uint64(0x9E3779B97F4A7C15)  # its bits are spread evenly


def read_customers(
    path: Path | OpenFile, *, schema: Schema | None = None, file_format: FileFormat | None = None, returned: Path | None = None
) -> Intake:
    """Read a customer file; where rows are rejected, they are written to `returned` to be corrected.

    Without a `schema` it is guessed; without a `file_format` it is detected, and of a given one `date_order` is used only for
    columns that do not prove their own order. Every record below the header is a customer, a rejected row, or a repeat that is
    told of. UnreadableFile and MissingRole say what to do about a file that cannot be used. An `OpenFile` is closed.
    """
    with opened(path, file_format, [column.source for column in schema or ()], last=True) as table:
        schema = schema or _guessed(table, table.sample())
        table = with_derived(table, schema)
        schema = _with_key(schema, table)
        parsed = {column.name: parse(table, column, table.format.date_order) for column in _used(schema)}
        parsed = refuse_impossible(parsed, schema)
        order = _key_order(table, schema)
        accepted, rejects = _judge(table, schema, parsed)
        if returned is not None and rejects:
            write_returned(table, rejects, returned)
        order = order[accepted[order]]
        chosen, findings = _latest_of_each(table, schema, parsed[CUSTOMER_KEY].values, order)
        findings += note_missing(parsed, schema, table, chosen)
        lines, file_rows = table.lines[chosen], table.file_rows
        told = [*_note_file(table, schema, parsed), *_twins(table, schema, parsed, chosen)]
        file_format = replace(table.format, date_order=_date_order(schema, parsed))
    # The table is gone by now, and each column's first form goes as its last one is made: that is half of the memory.
    customers = pd.DataFrame({column.name: parsed.pop(column.name).taken(chosen) for column in _used(schema)}, copy=False)
    findings += drop_implausible(customers, schema, lines)
    customers = _whole(customers, schema)
    words = count_words(customers, schema)
    schema = fold_spellings(words, schema)
    findings += [*note_values(customers, words, schema, lines), *told, *note_columns(customers, schema)]
    return Intake(customers, schema, file_format, file_rows, rejects, tuple(findings), lines)


def inspect_file(
    path: Path | OpenFile,
    *,
    roles: Mapping[str, str] | None = None,
    remembered: Mapping[str, str] | None = None,
    file_format: FileFormat | None = None,
) -> FilePreview:
    """A first look at a file, which may still lack a customer id: somebody can name the column.

    `roles` (header -> role) is what somebody says of this file, so that a header it lacks is refused (SegmentationError);
    `remembered` is what earlier files had, of which only the headers that are here again count. All other columns are guessed.
    """
    with opened(path, file_format, {**(remembered or {}), **(roles or {})}) as table:
        headers, sample = list(table.where), table.sample()
        known = known_again(remembered or {}, headers, sample, roles or {}) if remembered else {}
        kind = guess_kind(headers, sample)
        if Role.ORDERED_ON in (roles or {}).values():
            kind = KindGuess("orders", 1.0, "stated")
        if ORDER_ROLES & {*known.values(), *(roles or {}).values()}:
            kind = KindGuess("orders", 1.0, "columns are known to be those of orders")
        schema = _guessed(table, sample, {**known, **(roles or {})}, kind.kind)
        if kind.kind == "orders" and not can_be_orders(schema):  # somebody said otherwise of a column that orders cannot do without
            kind = KindGuess("customers", 1.0, "stated")
            schema = _guessed(table, sample, {**known, **(roles or {})})
        table = with_derived(table, schema)
        sample = table.sample() if table.derived else sample
        first = {header: tuple(sample[header].dropna().head(_FIRST_VALUES)) for header in table.where}
        shares = _filled(table)
        dated = next((column for column in schema if column.kind is Kind.DATE), None)
        order = read_dates(table, table.where[dated.source], table.format.date_order, dated).order if dated else None
        key = schema.one(Role.CUSTOMER_ID)
        offered = key is None or key.source == ROW_NUMBERS
        return FilePreview(
            schema=schema,
            format=replace(table.format, date_order=order),
            rows=table.file_rows,
            first_values=first,
            filled=shares,
            row_numbers_offered=offered,
            sheets=table.sheets,
            kind=kind.kind,
            kind_reason=kind.reason,
        )


def _filled(table: Table) -> dict[str, float]:
    """Header -> share of filled cells, blank records apart."""
    kept = ~table.blank
    if kept.all():
        counts = table.totals([f"count({name})" for name in table.where.values()])
    else:
        counts = [int(cells[kept].sum()) for cells in table.fetch(*(f"{name} IS NOT NULL" for name in table.where.values()))]
    return {header: count / max(int(kept.sum()), 1) for header, count in zip(table.where, counts, strict=True)}


def can_be_orders(schema: Schema) -> bool:
    """Whether the columns are enough to make customers from order lines: a day, and what was paid."""
    return schema.one(Role.ORDERED_ON) is not None and bool(schema.of(Role.UNIT_PRICE, Role.AMOUNT))


def require_customer_id(schema: Schema) -> Schema:
    """`schema` itself; MissingRole where no column tells the customers apart."""
    if schema.one(Role.CUSTOMER_ID) is None:
        raise MissingRole(
            "No column tells the customers apart. Give the file a column with a different id in each row, or say which column it is. "
            f"If later files keep the order of the rows, their numbers can be the ids: make “{ROW_NUMBERS}” the customer id.",
            details={"role": Role.CUSTOMER_ID, "columns": [column.source for column in schema], "row_numbers": ROW_NUMBERS},
        )
    return schema


def _guessed(table: Table, sample: pd.DataFrame, roles: Mapping[str, str] | None = None, kind: FileKind = "customers") -> Schema:
    """The guess from a `sample` under the stated `roles`, except that a number which is whole only there becomes a decimal."""
    schema = schema_from_roles(list(table.where), sample, roles or {}, kind)
    unsure = [column.source for column in schema if column.kind is Kind.INTEGER and column.role not in _ALWAYS_WHOLE]
    table.note_digits([table.where[source] for source in unsure])
    return Schema(tuple(_widened(column, table) if column.source in unsure else column for column in schema))


def _widened(column: Column, table: Table) -> Column:
    return replace(column, kind=Kind.DECIMAL) if holds_fractions(table, column) else column


def _with_key(schema: Schema, table: Table) -> Schema:
    refuse_absent(schema, table)
    return require_customer_id(schema)


def _used(schema: Schema) -> Iterator[Column]:
    return (column for column in schema if column.role is not Role.IGNORE)


def _key_order(table: Table, schema: Schema) -> NDArray[np.int64]:
    key = in_composed(table.where[schema.named(CUSTOMER_KEY).source])
    rows = table.connection.execute(f"SELECT rowid AS row FROM raw ORDER BY {key} NULLS LAST, rowid").fetchnumpy()
    return np.asarray(rows["row"])


def _judge(table: Table, schema: Schema, parsed: dict[str, Parsed]) -> tuple[NDArray[np.bool_], tuple[Reject, ...]]:
    """Accepted records (n,), and the reasons against the others, by line."""
    rejects = list(table.rejects)
    keyless = parsed[CUSTOMER_KEY].values.isna().to_numpy() & ~table.blank
    key = schema.named(CUSTOMER_KEY).source
    rejects += [Reject(int(line), key, "", "no customer id") for line in table.lines[keyless]]
    refused = keyless | table.blank
    for column in _used(schema):
        bad = parsed[column.name].bad
        if bad.any():
            texts = table.texts(table.where[column.source])[bad]
            rejects += [
                Reject(int(table.lines[row]), column.source, clipped(text), parsed[column.name].reason(row))
                for row, text in zip(np.flatnonzero(bad).tolist(), texts, strict=True)
            ]
            refused |= bad
    return ~refused, tuple(sorted(rejects, key=lambda reject: reject.line))


@dataclass(frozen=True)
class _Repeats:
    """Records in key order that give way to a later one (m,), and whether they equal it cell by cell (m,)."""

    rows: NDArray[np.int64]
    same: NDArray[np.bool_]


def _latest_of_each(table: Table, schema: Schema, keys: pd.Series, order: NDArray[np.int64]) -> tuple[NDArray[np.int64], list[Finding]]:
    """The last record of each customer, in key order; earlier ones are told of. `keys` (n,) are the customers' ids."""
    ids = keys.to_numpy()[order]
    repeats = np.append(ids[:-1] == ids[1:], False) if len(ids) else np.zeros(0, dtype=bool)
    if not repeats.any():
        return order, []
    (cells,) = table.fetch(f"hash({', '.join(table.where.values())})")
    ends = np.flatnonzero(~repeats)
    final = order[ends[np.searchsorted(ends, np.arange(len(order)))]]
    dropped = _Repeats(order[repeats], np.asarray(cells)[order[repeats]] == np.asarray(cells)[final[repeats]])
    return order[~repeats], list(_note_repeats(table, schema, dropped))


def _note_repeats(table: Table, schema: Schema, dropped: _Repeats) -> Iterator[Finding]:
    key = schema.named(CUSTOMER_KEY).source
    lines = table.lines[dropped.rows]
    same, differing = int(dropped.same.sum()), int((~dropped.same).sum())
    if same:
        message = f"{same:,} repeated a later row cell by cell. Each customer is kept once."
        yield Finding("duplicate_rows", "note", message, key, same, first_lines(lines, dropped.same))
    if differing:
        shown = first_lines(lines, ~dropped.same)
        told = ", ".join(map(str, shown)) + (f" and {differing - len(shown):,} more" if differing > len(shown) else "")
        gave_way = f"{differing:,} gave way to a later, different row of the same customer ({'line' if differing == 1 else 'lines'} {told})"
        message = f"{gave_way}. The last row of each customer counts."
        yield Finding("conflicting_rows", "flag", message, key, differing, shown)


def _whole(customers: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Columns of whole numbers as Int64, once nothing infinite is left in them."""
    return customers.astype({column.name: "Int64" for column in _used(schema) if column.kind is Kind.INTEGER})


def _note_file(table: Table, schema: Schema, parsed: dict[str, Parsed]) -> Iterator[Finding]:
    yield from table.findings
    for column in _used(schema):
        yield from parsed[column.name].findings
    if table.blank.any():
        blank = int(table.blank.sum())
        message = f"{blank:,} {'row' if blank == 1 else 'rows'} without any value {'was' if blank == 1 else 'were'} passed over."
        yield Finding("blank_rows", "note", message, None, blank, first_lines(table.lines, table.blank))
    used = {column.source for column in _used(schema)} | {header for column in schema for header in column.parts}
    for header in table.where:
        if header not in used:
            yield Finding("ignored", "note", f"The column {header} is not used.", header, table.file_rows)


def _twins(table: Table, schema: Schema, parsed: Mapping[str, Parsed], chosen: NDArray[np.int64]) -> Iterator[Finding]:
    key = schema.named(CUSTOMER_KEY)
    others = [name for header, name in table.where.items() if header != key.source]
    if len(others) < _TWIN_COLUMNS:
        return
    taken = np.zeros(len(table.lines), dtype=bool)
    taken[chosen] = True
    order = np.flatnonzero(taken)
    order = order[pd.Series(_numbers_mixed(parsed, len(table.lines))[order]).duplicated(keep=False).to_numpy()]
    twin = pd.Series(table.hashes(others, order)).duplicated().to_numpy()
    if twin.any():
        told = f"{twin.sum():,} rows equal" if twin.sum() > 1 else "1 row equals"
        message = f"{told} another but for the {key.source}. Kept: different ids are different customers."
        yield Finding("twins", "note", message, None, int(twin.sum()), first_lines(table.lines[order], twin))


def _numbers_mixed(parsed: Mapping[str, Parsed], records: int) -> NDArray[np.uint64]:
    """A figure for each record (n,) that is the same where all its numbers and days are, which is sooner made than one of all its cells."""
    mixed = np.zeros(records, dtype=np.uint64)
    for column in parsed.values():
        values = column.values.to_numpy()
        if values.dtype.kind in "fM":
            mixed *= _ODD
            mixed += values.view(np.uint64)
    return mixed


def _date_order(schema: Schema, parsed: dict[str, Parsed]) -> DateOrder | None:
    readings: Sequence[DateReading] = [reading for column in _used(schema) if (reading := parsed[column.name].dates)]
    return readings[0].order if readings else None
