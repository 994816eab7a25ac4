"""How far the values of a column moved between two groups of customers: the population stability index (PSI).

Siddiqi, Credit Risk Scorecards (2006): the sum over bins of (other share − base share) · ln(other share / base share). Its usual reading is
"steady" below 0.1 and "large" from 0.25 on. With few customers chance alone gives more than that: where nothing changed, PSI is about
(1/n + 1/m) times a chi-squared variable with bins − 1 degrees of freedom (Yurdakul, Statistical Properties of PSI, 2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

DriftWord = Literal["steady", "some", "large"]

SOME, LARGE = 0.1, 0.25
EMPTY = 0.5
"""Customers that an empty bin counts as, so that the logarithm exists."""
SURE = 0.95

_Values = NDArray[Any] | pd.Series
_Codes = NDArray[np.intp]


@dataclass(frozen=True)
class Drift:
    """A PSI over `bins` bins. `chance` is what it stays below 95 times in 100 where nothing changed; both are NaN where a side is empty."""

    psi: float
    bins: int
    chance: float

    @property
    def word(self) -> DriftWord:
        """What is within chance is steady, however large."""
        if not self.psi > max(self.chance, SOME):
            return "steady"
        return "large" if self.psi >= LARGE else "some"


def population_stability_index(base: _Values, other: _Values, *, bins: int = 10) -> float:
    """PSI of `other` (m,) against `base` (n,); 0 where both have the same shares, NaN where one has no customers.

    Numbers and dates fall into `bins` quantile bins of the base; a value so common that it fills more than one is a bin of its own.
    Words are bins themselves, those that the base does not have are one together. Missing values (and infinite ones) are a bin too,
    since a column that empties has drifted. An empty bin counts as half a customer.
    """
    return measure_drift(base, other, bins=bins).psi


def measure_drift(base: _Values, other: _Values, *, bins: int = 10) -> Drift:
    """The same with its number of bins and what chance would give."""
    if len(base) == 0 or len(other) == 0:
        return Drift(float("nan"), 0, float("nan"))
    before, after = _codes(base, other, bins)
    groups = int(max(before.max(), after.max())) + 1
    return drift_of_counts(*(np.bincount(each, minlength=groups) for each in (before, after)))


def drift_of_counts(base: NDArray[np.int64], other: NDArray[np.int64]) -> Drift:
    """The drift of customers counted in the same bins (b,) on both sides, such as segments. ValueError where the bins differ."""
    if base.shape != other.shape:
        raise ValueError(f"Counts of the same bins are needed: {base.shape} and {other.shape} were given.")
    counts = np.array([base, other], dtype=float)
    counts = counts[:, counts.sum(axis=0) > 0]
    customers = counts.sum(axis=1)
    if not customers.all() or not counts.size:
        return Drift(float("nan"), 0, float("nan"))
    shares = np.maximum(counts, EMPTY) / customers[:, None]
    psi = float(np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0])))
    freedom = counts.shape[1] - 1
    chance = float(stats.chi2.ppf(SURE, freedom)) * float((1 / customers).sum()) if freedom else 0.0
    return Drift(psi, counts.shape[1], chance)


def _codes(base: _Values, other: _Values, bins: int) -> tuple[_Codes, _Codes]:
    """The bin of each customer on both sides, from 0; that of missing values is 0."""
    first, second = pd.Series(base), pd.Series(other)
    if _is_text(first) or _is_text(second):
        known = pd.Index(first.dropna().astype(str).unique())
        return _word_codes(first, known), _word_codes(second, known)
    before, after = _numbers(first), _numbers(second)
    known_before = before[np.isfinite(before)]
    cuts = np.quantile(known_before, np.arange(1, bins) / bins, method="inverted_cdf") if known_before.size else np.zeros(0)
    edges, repeats = np.unique(cuts, return_counts=True)
    return _number_codes(before, edges, edges[repeats > 1]), _number_codes(after, edges, edges[repeats > 1])


def _is_text(values: pd.Series) -> bool:
    return not (pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values))


def _numbers(values: pd.Series) -> NDArray[np.float64]:
    if pd.api.types.is_datetime64_any_dtype(values):
        days = values.to_numpy(dtype="datetime64[s]")
        return np.where(np.isnat(days), np.nan, days.astype(np.int64).astype(float))
    return values.to_numpy(dtype=float, na_value=np.nan)


def _number_codes(values: NDArray[np.float64], edges: NDArray[np.float64], heavy: NDArray[np.float64]) -> _Codes:
    """A bin ends with its edge; a heavy edge is a bin by itself."""
    place = np.searchsorted(edges, values, side="left") + np.searchsorted(heavy, values, side="right")
    return np.where(np.isfinite(values), place + 1, 0).astype(np.intp)


def _word_codes(values: pd.Series, known: pd.Index[Any]) -> _Codes:
    """0 for missing, 1 for words that are not known, then the known ones."""
    place = known.get_indexer(pd.Index(values.astype(str))) + 2
    return np.where(values.isna(), 0, place).astype(np.intp)
