"""What customers are worth: spend and recency of groups of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.describing.intervals import mean_interval
from segmentation.describing.profile_types import Interval
from segmentation.roles import Role, Schema

Floats = NDArray[np.float64]
Members = NDArray[np.bool_]


@dataclass(frozen=True)
class Worth:
    """What each customer spent, and days since the last purchase; None where the file does not tell."""

    spend: Floats | None
    recency: Floats | None

    @classmethod
    def of(cls, customers: pd.DataFrame, schema: Schema, table: pd.DataFrame) -> Worth:
        """From the measures, else from the columns of spend; unknown amounts count nowhere."""
        columns = [column.name for column in schema.of(Role.SPEND)]
        spend = table["spend"].to_numpy(dtype=np.float64) if "spend" in table else None
        if spend is None and columns:
            amounts = customers[columns].to_numpy(dtype=np.float64, na_value=np.nan)
            spend = np.where(np.isnan(amounts).all(axis=1), np.nan, np.nansum(amounts, axis=1))
        recency = schema.one(Role.RECENCY_DAYS)
        days = table[recency.name].to_numpy(dtype=np.float64) if recency is not None and recency.name in table else None
        return cls(spend, days)

    @property
    def total(self) -> float | None:
        """The sum of all spend."""
        return float(np.nansum(self.spend)) if self.spend is not None else None

    def value(self, member: Members) -> float | None:
        """What `member` spent."""
        return float(np.nansum(self.spend[member])) if self.spend is not None else None

    def share(self, member: Members) -> float | None:
        """The share of all spend that `member` brings; None where nothing was spent."""
        value = self.value(member)
        return value / self.total if value is not None and self.total else None

    def median(self, member: Members) -> float | None:
        """Median spend of those of `member` whose spend is known."""
        known = self.spend[member & np.isfinite(self.spend)] if self.spend is not None else np.empty(0)
        return float(np.median(known)) if known.size else None

    def mean(self, member: Members) -> Interval | None:
        """Mean spend of `member` with its interval."""
        return mean_interval(self.spend[member]) if self.spend is not None else None

    def recency_mean(self, member: Members) -> Interval | None:
        """Mean days since the last purchase of `member`, with their interval."""
        return mean_interval(self.recency[member]) if self.recency is not None else None
