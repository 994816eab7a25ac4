"""What is worth knowing about the values of a file: implausible ones are set to missing, the rest is only told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.intake.dates import DateReading
from segmentation.intake.types import Finding
from segmentation.roles import Column, Kind, Role, Schema

MAX_AGE = 110
_FIRST_YEAR, _LAST_YEAR = 1901, 2100
_MAX_DEPENDENTS = 20
_EXACT = 2.0**53  # beyond it a float is no exact whole number any more
_SHOWN = 5
_ISOLATED = 0.001  # chance, under the fitted tail, of a gap as wide as the one below an isolated value
_NEVER_NEGATIVE = frozenset(
    {Role.INCOME, Role.SPEND, Role.PURCHASES, Role.VISITS, Role.COUNT, Role.RECENCY_DAYS, Role.DEPENDENTS, Role.AGE}
)


@dataclass(frozen=True)
class _Oddity:
    """Rows (n,) whose value cannot be true, and how to say so."""

    rows: NDArray[np.bool_]
    message: str


def first_lines(lines: NDArray[np.int64], rows: NDArray[np.bool_]) -> tuple[int, ...]:
    """The first few `lines` (n,) where `rows` (n,) holds, in the file's order."""
    return tuple(int(line) for line in np.sort(lines[rows])[:_SHOWN])


def drop_implausible(customers: pd.DataFrame, schema: Schema, lines: NDArray[np.int64], *, as_of: date | None = None) -> list[Finding]:
    """Set what cannot be true to missing, in place; a flag for each column and reason.

    With `as_of`, every row is judged by itself: ages at that day, and no value against those of other rows.
    """
    findings = []
    for column in sorted(schema, key=lambda c: c.role is not Role.ENROLLED_ON):  # ages are judged against checked dates
        if column.name not in customers:
            continue
        for oddity in _oddities(column, customers, schema, as_of):
            if oddity.rows.any():
                customers.loc[oddity.rows, column.name] = None
                count = int(oddity.rows.sum())
                message = f"{oddity.message} Set to missing."
                findings.append(Finding("implausible", "flag", message, column.source, count, first_lines(lines, oddity.rows)))
    return findings


def _oddities(column: Column, customers: pd.DataFrame, schema: Schema, as_of: date | None) -> Iterator[_Oddity]:
    series = customers[column.name]
    if pd.api.types.is_datetime64_any_dtype(series):
        years = series.dt.year.to_numpy(dtype=float, na_value=np.nan)
        wrong = (years < 1900) | (years > _LAST_YEAR)
        yield _Oddity(wrong, f"{_count(wrong, 'date')} before 1900 or after {_LAST_YEAR}.")
    if not pd.api.types.is_numeric_dtype(series):
        return
    values = series.to_numpy(dtype=float, na_value=np.nan)
    infinite = np.isinf(values) | ((np.abs(values) >= _EXACT) & (column.kind is Kind.INTEGER))
    yield _Oddity(infinite, f"{_count(infinite, 'infinite value')}.")
    values = np.where(infinite, np.nan, values)
    if column.role in _NEVER_NEGATIVE:
        yield _Oddity(values < 0, f"{_count(values < 0, 'negative value')}, which {column.label.lower()} cannot be.")
    if column.role is Role.BIRTH_YEAR:
        yield _birth_years(values, as_of or _latest_enrolment(customers, schema))
    if column.role is Role.AGE:
        yield _Oddity(values > MAX_AGE, f"{_count(values > MAX_AGE, 'age')} above {MAX_AGE}.")
    if column.role is Role.DEPENDENTS:
        yield _Oddity(values > _MAX_DEPENDENTS, f"{_count(values > _MAX_DEPENDENTS, 'household')} with more than {_MAX_DEPENDENTS}.")
    if column.role is Role.INCOME and as_of is None:
        yield _isolated(values, column)


def _latest_enrolment(customers: pd.DataFrame, schema: Schema) -> date | None:
    """It stands for today, for this library has no clock."""
    enrolled = schema.one(Role.ENROLLED_ON)
    latest = customers[enrolled.name].max() if enrolled and enrolled.name in customers else pd.NaT
    return None if pd.isna(latest) else latest


def _birth_years(values: NDArray[np.float64], today: date | None) -> _Oddity:
    low, high = (_FIRST_YEAR, _LAST_YEAR) if today is None else (today.year - MAX_AGE, today.year)
    wrong = (values < low) | (values > high)
    years = ", ".join(str(int(year)) for year in np.unique(values[wrong])[:_SHOWN])
    return _Oddity(wrong, f"{_count(wrong, 'year')} of birth before {low} or after {high}: {years}.")


def _isolated(values: NDArray[np.float64], column: Column) -> _Oddity:
    """A few values far above all others: a gap that the tail below it makes all but impossible.

    The tail index of the highest twentieth is Hill's (1975); under it, the log of the gap between neighbours at the top is
    exponential with that rate (Renyi's representation).
    """
    none = _Oddity(np.zeros(len(values), dtype=bool), "")
    known = np.sort(values[values > 0])
    if len(known) < 50:
        return none
    most = max(1, len(known) // 1000)
    steps = np.diff(np.log(known[-most - 1 :]))
    place = int(np.argmax(steps))
    below, above = known[-most - 1 + place], known[-most + place]
    beyond = most - place
    tail = known[: len(known) - beyond][-max(10, len(known) // 20) :]
    spread = float(np.mean(np.log(tail / tail[0]))) or np.inf
    if steps[place] < np.log(2) or np.exp(-beyond * steps[place] / spread) > _ISOLATED:
        return none
    wrong = values >= above
    told = f"One {column.label.lower()} of {above:,.0f}" if wrong.sum() == 1 else f"{int(wrong.sum()):,} values of {above:,.0f} or more"
    return _Oddity(wrong, f"{told}; the next highest is {below:,.0f}.")


def note_values(customers: pd.DataFrame, schema: Schema, lines: NDArray[np.int64]) -> list[Finding]:
    """Rare and unknown words, constant columns, deals above purchases: told, not changed."""
    findings: list[Finding] = []
    for column in schema:
        if column.name in customers and len(customers):
            findings += _folded(customers[column.name], column, lines)
            findings += _unknown_levels(customers[column.name], column, lines)
            findings += _constant(customers[column.name], column)
    return [*findings, *_deals(customers, schema, lines)]


def note_missing(customers: pd.DataFrame, schema: Schema, lines: NDArray[np.int64]) -> Iterator[Finding]:
    """Cells that the file leaves empty; ask before `drop_implausible` adds to them."""
    for column in schema:
        missing = customers[column.name].isna().to_numpy() if column.name in customers else np.zeros(0, dtype=bool)
        if not missing.any():
            continue
        message = f"{missing.sum():,} without {column.label.lower()} ({missing.mean():.1%} of rows). Kept as missing."
        yield Finding("missing", "note", message, column.source, int(missing.sum()), first_lines(lines, missing))


def _folded(series: pd.Series, column: Column, lines: NDArray[np.int64]) -> Iterator[Finding]:
    if column.role is Role.CONSENT or not column.folds:
        return
    rare = series.isin(list(column.folds)).to_numpy()
    if rare.any():
        counts = series[rare].value_counts()
        words = ", ".join(f"{word} {count:,}" for word, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])))
        targets = " and ".join(sorted({column.folds[word] for word in counts.index}))
        message = f"Unusual {column.label.lower()} in {_count(rare, 'row')}: {words}. The word is kept and counted as {targets}."
        yield Finding("folded", "note", message, column.source, int(rare.sum()), first_lines(lines, rare))


def _unknown_levels(series: pd.Series, column: Column, lines: NDArray[np.int64]) -> Iterator[Finding]:
    if not column.levels:
        return
    known = {word for level in column.levels for word in level.split("|")}
    unknown = (series.notna() & ~series.isin(known)).to_numpy()
    if unknown.any():
        words = ", ".join(map(str, series[unknown].value_counts().index[:_SHOWN]))
        message = f"{_count(unknown, 'row')} with a step of {column.label.lower()} that has no place in its order: {words}."
        yield Finding("unknown_level", "note", message, column.source, int(unknown.sum()), first_lines(lines, unknown))


def _constant(series: pd.Series, column: Column) -> Iterator[Finding]:
    if len(series) > 1 and series.nunique(dropna=False) == 1 and column.role is not Role.CUSTOMER_ID:
        message = f"{column.label} is the same in every row, so it cannot tell customers apart."
        yield Finding("constant", "note", message, column.source, len(series))


def _deals(customers: pd.DataFrame, schema: Schema, lines: NDArray[np.int64]) -> Iterator[Finding]:
    purchases = [column for column in schema.of(Role.PURCHASES) if column.name in customers]
    deals = next((column for column in purchases if "deal" in column.name), None)
    others = [column.name for column in purchases if column is not deals]
    if deals is None or not others:
        return
    more = (customers[deals.name] > customers[others].sum(axis=1)).fillna(False).to_numpy(dtype=bool)
    if more.any():
        message = f"{_count(more, 'customer')} with more deals than purchases. Kept as they are."
        yield Finding("deals_over_purchases", "note", message, deals.source, int(more.sum()), first_lines(lines, more))


def note_dates(readings: Iterable[tuple[Column, DateReading]]) -> Iterator[Finding]:
    """Which order of day and month was used, and how sure that is."""
    for column, reading in readings:
        if reading.example is None or reading.order == "year_first":
            continue
        order, other = ("Day", "month") if reading.order == "day_first" else ("Month", "day")
        told = f"Dates are read {order.lower()} first (say {reading.example})."
        if reading.proof:
            proven = f"{reading.proof:,} rows have a day above 12 and prove it"
            why = f"{proven}; read {other} first, {reading.ambiguous:,} others would be wrong."
        elif reading.ambiguous:
            why = f"No row proves it: read {other} first, {reading.ambiguous:,} would be another day. Check a date that you know."
        else:
            why = "The other order would give the same days."
        contrary = f" {reading.contrary:,} rows fit only the other order." if reading.contrary else ""
        code = "date_order" if reading.proof or not reading.ambiguous else "date_order_assumed"
        yield Finding(code, "note", f"{told} {why}{contrary}", column.source, reading.proof)


def _count(rows: NDArray[np.bool_], noun: str) -> str:
    number = int(rows.sum())
    plural = noun if number == 1 else noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number:,} {plural}"
