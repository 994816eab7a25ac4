"""Values that cannot be true, by the rules of their columns: made missing, kept and told, or a reason to keep the row out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.intake.findings import SHOWN, counted, first_lines
from segmentation.intake.rules import MAX_NUMBER, EffectiveRule, effective_rule
from segmentation.intake.types import Finding
from segmentation.intake.values import Parsed
from segmentation.roles import Column, Impossible, Kind, Role, Schema
from segmentation.wording import lower_first

_ISOLATED = 0.001  # chance, under the fitted tail, of a gap as wide as the one below an isolated value
_EXACT = 2.0**53  # beyond it a float is no exact whole number any more
_FATES = {"missing": "Set to missing", "keep": "Kept as they are, as stated"}


@dataclass(frozen=True)
class Oddity:
    """Rows (n,) of `column` whose value cannot be true: `reason` completes "the value is ...", `message` says it of all of them."""

    column: Column
    rows: NDArray[np.bool_]
    reason: str
    message: str
    impossible: Impossible

    @property
    def taken(self) -> str:
        """What became of the values."""
        return "taken as missing" if self.impossible == "missing" else "kept"


def drop_implausible(customers: pd.DataFrame, schema: Schema, lines: NDArray[np.int64], *, as_of: date | None = None) -> list[Finding]:
    """Set what cannot be true to missing, in place; a flag for each column and reason.

    With `as_of`, every row is judged by itself: ages at that day, and no value against those of other rows.
    """
    return [
        Finding(
            "implausible", "flag", f"{odd.message} {_FATES[odd.impossible]}.", odd.column.source, int(odd.rows.sum()),
            first_lines(lines, odd.rows),
        )
        for odd in settle_oddities(customers, schema, as_of)
    ]  # fmt: skip


def settle_oddities(customers: pd.DataFrame, schema: Schema, as_of: date | None) -> list[Oddity]:
    """What cannot be true of `customers` (n rows), which is set to missing in place but where it is to be kept."""
    found = []
    for column in sorted(schema, key=lambda c: c.role is not Role.ENROLLED_ON):  # ages are judged against checked dates
        if column.name not in customers:
            continue
        for odd in _oddities(column, customers[column.name], as_of or _latest(customers, schema), alone=as_of is not None):
            if odd.rows.any():
                if odd.impossible == "missing":
                    customers.loc[odd.rows, column.name] = None
                found.append(odd)
    return found


def refuse_impossible(parsed: Mapping[str, Parsed], schema: Schema, as_of: date | None = None) -> dict[str, Parsed]:
    """`parsed` (canonical name -> column), rows with what cannot be true being kept out where a column's rule says so."""
    strict = [column for column in schema if column.name in parsed and _refuses(column)]
    if not strict:
        return dict(parsed)
    judged = {name: column.values for name, column in parsed.items() if any(name == each.name for each in strict)}
    if enrolled := schema.one(Role.ENROLLED_ON):
        judged |= {name: column.values for name, column in parsed.items() if name == enrolled.name}
    customers = pd.DataFrame(judged)
    today = as_of or _latest(_with_true_days(customers, schema), schema)
    refused = dict(parsed)
    for column in strict:
        for odd in _oddities(column, customers[column.name], today, alone=True):
            if odd.rows.any() and odd.impossible == "reject":
                refused[column.name] = refused[column.name].refusing(odd.rows, odd.reason)
    return refused


def _refuses(column: Column) -> bool:
    return column.kind is not Kind.TEXT and effective_rule(column).impossible == "reject" and column.role not in (Role.FLAG, Role.OUTCOME)


def _with_true_days(customers: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Days of enrolment without those that cannot be true."""
    enrolled = schema.one(Role.ENROLLED_ON)
    if enrolled is None or enrolled.name not in customers:
        return customers
    days = customers[enrolled.name]
    for odd in _dates(enrolled, days, effective_rule(enrolled)):
        days = days.mask(odd.rows)
    return customers.assign(**{enrolled.name: days})


def _latest(customers: pd.DataFrame, schema: Schema) -> date | None:
    """The latest enrolment stands for today, for this library has no clock."""
    enrolled = schema.one(Role.ENROLLED_ON)
    latest = customers[enrolled.name].max() if enrolled and enrolled.name in customers else pd.NaT
    return None if pd.isna(latest) else latest


def _oddities(column: Column, series: pd.Series, today: date | None, *, alone: bool) -> Iterator[Oddity]:
    rule = effective_rule(column, today)
    if pd.api.types.is_datetime64_any_dtype(series):
        yield from _dates(column, series, rule)
    if not pd.api.types.is_numeric_dtype(series):
        return
    values = series.to_numpy(dtype=float, na_value=np.nan)
    if not _within(values, rule):
        size = np.abs(values)
        beyond = (size >= MAX_NUMBER) | ((size >= _EXACT) & (column.kind is Kind.INTEGER))
        fate: Impossible = "reject" if rule.impossible == "reject" else "missing"
        yield Oddity(column, beyond, "infinite or beyond any real amount", f"{counted(beyond, 'value')} infinite or beyond 1e15.", fate)
        values = np.where(beyond, np.nan, values)
        yield from _bounds(column, values, rule)
    if column.role is Role.INCOME and not alone and "high" not in rule.stated:
        yield _isolated(values, column, "keep" if rule.impossible == "keep" else "missing")


def _within(values: NDArray[np.float64], rule: EffectiveRule) -> bool:
    """Whether the lowest and the highest of `values` are possible, so that those between need not be looked at."""
    if not len(values):
        return True
    lowest, highest = np.fmin.reduce(values), np.fmax.reduce(values)
    possible = (rule.low is None or lowest >= rule.low) and (rule.high is None or highest <= rule.high)
    return bool(possible and lowest > -MAX_NUMBER and highest < MAX_NUMBER)


def _dates(column: Column, series: pd.Series, rule: EffectiveRule) -> Iterator[Oddity]:
    years = series.dt.year.to_numpy(dtype=float, na_value=np.nan)
    low, high = int(rule.low or 0), int(rule.high or 9999)
    wrong = (years < low) | (years > high)
    told = f"before {low} or after {high}"
    yield Oddity(column, wrong, f"a date {told}", f"{counted(wrong, 'date')} {told}.", rule.impossible)


def _bounds(column: Column, values: NDArray[np.float64], rule: EffectiveRule) -> Iterator[Oddity]:
    label = lower_first(column.label)
    below = values < (-np.inf if rule.low is None else rule.low)
    above = values > (np.inf if rule.high is None else rule.high)
    if column.role is Role.BIRTH_YEAR:
        wrong = below | above
        told = f"before {rule.low:g} or after {rule.high:g}"
        years = ", ".join(str(int(year)) for year in np.unique(values[wrong])[:SHOWN])
        yield Oddity(column, wrong, f"a year of birth {told}", f"{counted(wrong, 'year')} of birth {told}: {years}.", rule.impossible)
        return
    least = f"below {rule.low:g}, the least that {label} can be" if rule.low else f"below zero, but {label} cannot be negative"
    yield Oddity(column, below, least, f"{counted(below, 'value')} {least}.", rule.impossible)
    if rule.high is not None:
        yield Oddity(column, above, f"above {rule.high:g}, the most that {label} can be", _above(column, above, rule.high), rule.impossible)


def _above(column: Column, rows: NDArray[np.bool_], high: float) -> str:
    if column.role is Role.AGE:
        return f"{counted(rows, 'age')} above {high:g}."
    if column.role is Role.DEPENDENTS:
        return f"{counted(rows, 'household')} with more than {high:g}."
    return f"{counted(rows, 'value')} above {high:,g}, the most that {lower_first(column.label)} can be."


def _isolated(values: NDArray[np.float64], column: Column, impossible: Impossible) -> Oddity:
    """A few values far above all others: a gap that the tail below it makes all but impossible.

    The tail index of the highest twentieth is Hill's (1975); under it, the log of the gap between neighbours at the top is
    exponential with that rate (Renyi's representation).
    """
    none = Oddity(column, np.zeros(len(values), dtype=bool), "", "", impossible)
    known = values[values > 0]
    if len(known) < 50:
        return none
    most, twentieth = max(1, len(known) // 1000), max(10, len(known) // 20)
    looked_at = min(len(known), most + 1 + twentieth)
    top = np.sort(np.partition(known, -looked_at)[-looked_at:])
    steps = np.diff(np.log(top[-most - 1 :]))
    place = int(np.argmax(steps))
    below, above = top[-most - 1 + place], top[-most + place]
    beyond = most - place
    tail = top[: len(top) - beyond][-twentieth:]
    spread = float(np.mean(np.log(tail / tail[0]))) or np.inf
    if steps[place] < np.log(2) or np.exp(-beyond * steps[place] / spread) > _ISOLATED:
        return none
    wrong = values >= above
    label = lower_first(column.label)
    told = f"One {label} of {above:,.0f}" if wrong.sum() == 1 else f"{int(wrong.sum()):,} values of {above:,.0f} or more"
    return Oddity(column, wrong, f"far above every other {label}", f"{told}; the next highest is {below:,.0f}.", impossible)
