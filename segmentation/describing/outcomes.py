"""What happened in each segment: rates with intervals, beside what chance and what spend alone would show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.describing.chance import RandomGroup
from segmentation.describing.comparison import holm
from segmentation.describing.intervals import wilson
from segmentation.describing.profile_types import Chance, OutcomeRate, SpendLift
from segmentation.roles import Column, Role, Schema

Floats = NDArray[np.float64]
Members = NDArray[np.bool_]

YES = frozenset({"1", "yes", "y", "true", "t", "ja", "oui", "si"})
QUARTERS = np.array([0.0, 0.25, 0.5, 0.75, 1.0])


def outcome_rates(
    customers: pd.DataFrame, schema: Schema, members: Sequence[Members], spend: Floats | None = None
) -> tuple[tuple[OutcomeRate, ...], ...]:
    """Per segment, how often each outcome happened, best lift first; outcomes that happened to nobody are left out.

    Each rate has Wilson's interval (1927), the lifts that chance gives to a group of its size (hypergeometric) and, with `spend`
    (one value per customer, NaN where unknown), the lifts of spend quarters of the same customers. Significance is Fisher's exact
    test (1935) against everyone else, after Holm (1979) over all segments and outcomes.
    """
    hits = [(column, yes_values(customers[column.name])) for column in schema.of(Role.OUTCOME)]
    judged = [_Judge.of(column, hit, spend) for column, hit in hits if np.nansum(hit) > 0]
    tested = [[judge.rate(member) for judge in judged] for member in members]
    holds = holm(np.array([[p for _, p in own] for own in tested]).reshape(len(members), len(judged)))
    rates = [
        [replace(rate, significant=bool(held)) for (rate, _), held in zip(own, row, strict=True) if rate is not None]
        for own, row in zip(tested, holds, strict=True)
    ]
    return tuple(tuple(sorted(own, key=lambda rate: -rate.lift)) for own in rates)


@dataclass(frozen=True)
class _Judge:
    """One outcome: whose is known, how often it happened altogether, and the same customers in quarters by spend."""

    column: Column
    hit: Floats
    customers: int
    hits: int
    quarters: SpendQuarters | None

    @classmethod
    def of(cls, column: Column, hit: Floats, spend: Floats | None) -> _Judge:
        known = int(np.isfinite(hit).sum())
        return cls(column, hit, known, int(np.nansum(hit)), SpendQuarters.of(hit, spend) if spend is not None else None)

    def rate(self, member: Members) -> tuple[OutcomeRate | None, float]:
        """The rate among members whose outcome is known, with its p against everyone else; None and NaN where none is."""
        own = self.hit[member]
        n, hits = int(np.isfinite(own).sum()), int(np.nansum(own))
        if n == 0:
            return None, np.nan
        overall, (low, high) = self.hits / self.customers, wilson(hits, n)
        group = RandomGroup.of(self.customers, self.hits, n)
        rate = OutcomeRate(
            outcome=self.column.name,
            label=self.column.label,
            customers=n,
            hits=hits,
            rate=hits / n,
            low=low,
            high=high,
            overall_rate=overall,
            lift=hits / n / overall,
            chance=Chance(*(group.quantile(share) / n / overall for share in (0.025, 0.975, 0.95))),
            spend=self.quarters.lift(member, overall) if self.quarters is not None else None,
        )
        return rate, group.p_value(hits) if n < self.customers else np.nan


@dataclass(frozen=True)
class SpendQuarters:
    """The customers whose outcome and spend are known, in quarters by spend.

    `order` sorts them, `ends` (from 0) are where runs of equal spend end. Every quarter holds exactly a quarter of them: where many
    spend the same, each quarter gets its part of the run, and of the run's outcomes. `rates` are the outcome's, least spend first.
    """

    order: NDArray[np.intp]
    ends: NDArray[np.intp]
    rates: Floats

    @classmethod
    def of(cls, hit: Floats, spend: Floats) -> SpendQuarters | None:
        """None with fewer than four such customers."""
        known = np.flatnonzero(np.isfinite(hit) & np.isfinite(spend))
        if known.size < len(QUARTERS) - 1:
            return None
        order = known[np.argsort(spend[known], kind="stable")]
        ends = np.concatenate([[0], np.flatnonzero(np.diff(spend[order])) + 1, [order.size]])
        return cls(order, ends, _by_quarter(hit[order], ends) / (order.size / 4))

    def lift(self, member: Members, overall: float) -> SpendLift | None:
        """Lifts against the `overall` rate; None where no member is among these customers."""
        own = _by_quarter(member[self.order].astype(np.float64), self.ends)
        if not own.any():
            return None
        best, usual = int(np.argmax(self.rates)), int(np.argmax(own))
        return SpendLift(float(self.rates[best] / overall), best + 1, float(self.rates[usual] / overall), usual + 1)


def _by_quarter(amounts: Floats, ends: NDArray[np.intp]) -> Floats:
    """Sums of `amounts` (n,) in each quarter, those of a run of equal spend in proportion."""
    total = np.concatenate([[0.0], np.cumsum(amounts)])
    return np.diff(np.interp(QUARTERS * len(amounts), ends, total[ends]))


def yes_values(column: pd.Series[Any]) -> Floats:
    """1.0 for yes (a number above 0, or a word such as "Yes"), 0.0 for no, NaN for unknown."""
    place, values = pd.factorize(column)  # each distinct value is read once: there are millions of customers and few words
    meaning = np.array([*(_is_yes(value) for value in values), np.nan])
    return meaning[place]


def _is_yes(value: object) -> float:
    try:
        return float(float(str(value)) > 0)
    except ValueError:
        return float(str(value).strip().lower() in YES)
