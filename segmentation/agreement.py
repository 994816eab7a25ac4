"""How alike two divisions of the same customers are, from their contingency table alone. The adjusted Rand index is in `stability`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

SPREADS, LEAST = 12.0, 60.0
"""Overlaps that are summed lie within `SPREADS` standard deviations and `LEAST` customers of what chance expects.

By Bernstein's inequality all others together have a chance below 1e-25, so that leaving them out changes no figure of 1e-9.
"""


def adjusted_mutual_information(table: NDArray[np.int64]) -> float:
    """Adjusted mutual information of a contingency table (r, c) of counts; 1 for the same division, about 0 for chance.

    Vinh, Epps and Bailey (2010): (MI − E[MI]) / (mean of both entropies − E[MI]), where the expectation is over all tables with these
    margins. 1.0 where neither divides anybody.
    """
    counts = np.asarray(table, dtype=np.float64)
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    rows, columns = rows[rows > 0], columns[columns > 0]
    if len(rows) <= 1 and len(columns) <= 1:
        return 1.0
    expected = _expected_information(rows, columns)
    information = _entropy(rows) + _entropy(columns) - _entropy(counts[counts > 0])
    span = (_entropy(rows) + _entropy(columns)) / 2 - expected
    least = np.finfo(np.float64).eps
    return float((information - expected) / (min(span, -least) if span < 0 else max(span, least)))


def _entropy(counts: NDArray[np.float64]) -> float:
    """In nats."""
    shares = counts / counts.sum()
    return float(-(shares * np.log(shares)).sum())


def _expected_information(rows: NDArray[np.float64], columns: NDArray[np.float64]) -> float:
    """E[MI] in nats: for each pair of margins the overlap is hypergeometric."""
    total = float(rows.sum())
    margins, repeats = np.unique(
        [sorted(pair) for pair in np.stack(np.meshgrid(rows, columns), -1).reshape(-1, 2)], axis=0, return_counts=True
    )
    found = [times * _expected_term(first, second, total) for (first, second), times in zip(margins, repeats, strict=True)]
    return float(np.sum(found))


def _expected_term(first: float, second: float, total: float) -> float:
    """What one cell whose margins are `first` and `second` of `total` customers adds to the mutual information on average."""
    mean = first * second / total
    spread = np.sqrt(mean * (1 - first / total) * (1 - second / total) * total / max(total - 1, 1))
    reach = SPREADS * spread + LEAST
    low, high = max(1.0, first + second - total, np.floor(mean - reach)), min(first, second, np.ceil(mean + reach))
    overlap = np.arange(low, high + 1)
    fixed = gammaln(np.array([first, second, total - first, total - second]) + 1).sum() - gammaln(total + 1)
    parts = (
        gammaln(overlap + 1) + gammaln(first - overlap + 1) + gammaln(second - overlap + 1) + gammaln(total - first - second + overlap + 1)
    )
    return float(np.sum(overlap / total * np.log(overlap * total / (first * second)) * np.exp(fixed - parts)))
