"""Customers drawn from a stated model with planted segments, in the columns of the SmartCart file.

The model is a latent class model with local independence: every column is one normal score pushed through a fixed curve (an exponential
for money and orders, a line for age), and a segment moves the mean of some scores. Within a segment the columns are independent, so
with `separation` 0 they are independent altogether. No value is taken from any real customer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import hadamard

from segmentation.errors import SegmentationError

MAX_SEGMENTS = 20
TRAITS = ("wealth", "family", "age", "channel", "deals", "visits", "taste")
"""What segments differ in; every segment is high, low or in between in each."""

_FIRST_DAY, _DAYS = np.datetime64("2022-07-01"), 730
_THIS_YEAR = 2024
_MISSING_INCOMES = 0.011
_EDUCATION = {"Basic": 0.04, "Graduation": 0.5, "2n Cycle": 0.09, "Master": 0.17, "PhD": 0.2}
_PARTNERED = {"Married": 0.6, "Together": 0.4}
_ALONE = {"Single": 0.6, "Divorced": 0.296, "Widow": 0.095, "Alone": 0.003, "Absurd": 0.003, "YOLO": 0.003}
_PARTNER_TRAIT, _MORE_PARTNERS = "family", 0.37  # without segments, 64 % live with a partner


@dataclass(frozen=True)
class Score:
    """One column: `centre` and `spread` (within a segment) of its curve, bounds, and how far each trait moves it."""

    centre: float
    spread: float
    low: float
    high: float
    traits: dict[str, float]
    curved: bool = True


SCORES = {
    "Age": Score(46, 5.5, 19, 84, {"age": 1}, curved=False),
    "Income": Score(49_000, 0.16, 4_000, 250_000, {"wealth": 1}),
    "Kidhome": Score(0.6, 0.35, 0, 3, {"family": 1}, curved=False),
    "Teenhome": Score(0.5, 0.35, 0, 3, {"family": 0.6}, curved=False),
    "MntWines": Score(190, 0.38, 0, 6_000, {"wealth": 1, "taste": 0.7}),
    "MntFruits": Score(24, 0.4, 0, 900, {"wealth": 1, "taste": -0.7}),
    "MntMeatProducts": Score(110, 0.38, 0, 5_000, {"wealth": 1, "taste": 0.5}),
    "MntFishProducts": Score(32, 0.4, 0, 1_200, {"wealth": 1, "taste": -0.5}),
    "MntSweetProducts": Score(25, 0.4, 0, 900, {"wealth": 1, "taste": -0.7}),
    "MntGoldProds": Score(38, 0.4, 0, 1_200, {"wealth": 1}),
    "NumDealsPurchases": Score(2.6, 0.33, 0, 20, {"deals": 1}),
    "NumWebPurchases": Score(4.4, 0.28, 0, 30, {"channel": -1}),
    "NumCatalogPurchases": Score(3.2, 0.3, 0, 30, {"channel": 1}),
    "NumStorePurchases": Score(5.6, 0.25, 0, 30, {"wealth": 0.5}),
    "NumWebVisitsMonth": Score(5.4, 1.1, 0, 20, {"visits": 1}, curved=False),
}


@dataclass(frozen=True)
class SyntheticCustomers:
    """`customers` has the headers and cell formats of the 22-column file, `truth` (rows,) the planted segment of each, from 0."""

    customers: pd.DataFrame
    truth: NDArray[np.int64]


def synthetic_customers(
    rows: int, *, segments: int = 5, separation: float = 4.0, seed: int = 0, sizes: Sequence[float] | None = None
) -> SyntheticCustomers:
    """Draw `rows` customers from `segments` planted segments (1 to 20).

    `separation` is how far, in standard deviations within a segment, a high trait lies from a low one: 4 is well apart, 1 mostly
    overlaps, 0 plants nothing. `sizes` are the segments' shares (scaled to add up to 1; by default the largest is some twice the
    smallest). The same arguments give the same customers. SegmentationError for numbers out of range.
    """
    shares = _checked_shares(rows, segments, separation, sizes)
    rng = np.random.default_rng(seed)
    truth = rng.permutation(np.repeat(np.arange(segments), _whole_sizes(rows, shares)))
    levels = segment_levels(segments)[truth]
    return SyntheticCustomers(draw_file(rng, levels, separation), truth)


def write_customers(path: Path, drawn: SyntheticCustomers, *, truth_path: Path | None = None) -> None:
    """Write the customers as comma-separated UTF-8, and next to them, if asked, `ID,segment` with the planted segments."""
    path.write_text(as_csv(drawn.customers), encoding="utf-8", newline="")
    if truth_path is not None:
        pd.DataFrame({"ID": drawn.customers["ID"], "segment": drawn.truth}).to_csv(truth_path, index=False, lineterminator="\n")


def as_csv(customers: pd.DataFrame) -> str:
    """The text of a file with these customers: a header line, commas, one line each."""
    return str(customers.to_csv(index=False, lineterminator="\n"))


def draw_file(
    rng: np.random.Generator, levels: NDArray[np.float64], separation: float, own: NDArray[np.float64] | None = None
) -> pd.DataFrame:
    """The file of customers with these trait `levels` (rows, traits); `own` (rows, scores) is how each deviates from them, drawn anew
    where it is not given.
    """
    ownness = [rng.standard_normal(len(levels)) for _ in SCORES] if own is None else own.T
    columns = {name: _valued(score, normal, levels, separation) for (name, score), normal in zip(SCORES.items(), ownness, strict=True)}
    marital = _marital(rng, levels, separation)
    return _as_file(rng, columns, marital, _responds(rng, levels, separation))


def segment_levels(segments: int) -> NDArray[np.float64]:
    """(segments, traits) levels from -1 (low) to 1 (high).

    The first eight are rows of a Hadamard matrix, any two of which differ in exactly four traits; each later one is the combination
    of low, middle and high that is farthest from those before it.
    """
    levels: NDArray[np.float64] = hadamard(8)[:, 1:].astype(float)
    combinations = np.array(list(product((-1.0, 0.0, 1.0), repeat=len(TRAITS))))
    while len(levels) < segments:
        nearest = ((combinations[:, None, :] - levels[None]) ** 2).sum(axis=2).min(axis=1)
        levels = np.vstack([levels, combinations[int(nearest.argmax())]])
    return levels[:segments]


def _checked_shares(rows: int, segments: int, separation: float, sizes: Sequence[float] | None) -> NDArray[np.float64]:
    if not 1 <= segments <= MAX_SEGMENTS:
        raise SegmentationError(f"{segments} segments cannot be planted; ask for 1 to {MAX_SEGMENTS}.")
    if rows < segments:
        raise SegmentationError(f"{rows} customers cannot hold {segments} segments; ask for more customers or fewer segments.")
    if not 0 <= separation <= 20:
        raise SegmentationError("The separation must be between 0 (no segments) and 20.")
    shares = np.linspace(2.0, 1.0, segments) if sizes is None else np.asarray(sizes, dtype=float)
    if shares.shape != (segments,) or not (np.isfinite(shares) & (shares > 0)).all():
        raise SegmentationError(f"Give {segments} sizes above 0, one for each segment.")
    return np.asarray(shares / shares.sum())


def _whole_sizes(rows: int, shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """Customers of each segment: at least one, `rows` in all, the rounding going to the largest remainders."""
    ideal = shares * (rows - len(shares))
    sizes = np.floor(ideal).astype(np.int64)
    short = rows - len(shares) - int(sizes.sum())
    sizes[np.argsort(sizes - ideal, kind="stable")[:short]] += 1
    return np.asarray(sizes + 1)


def _valued(score: Score, own: NDArray[np.float64], levels: NDArray[np.float64], separation: float) -> NDArray[np.float64]:
    weights = np.array([score.traits.get(trait, 0.0) for trait in TRAITS])
    moved = score.spread * (own + separation / 2 * (levels @ weights))
    value = score.centre * np.exp(moved) if score.curved else score.centre + moved
    return np.asarray(np.clip(np.rint(value), score.low, score.high))


def _responds(rng: np.random.Generator, levels: NDArray[np.float64], separation: float) -> NDArray[np.int64]:
    """About 15 % respond; the well-off catalogue buyers more often, as far as segments are apart at all."""
    pull = min(separation, 4.0) / 4 * (levels @ np.array([0.7, -0.3, 0.0, 0.6, 0.0, 0.0, 0.2]))
    chance = 1 / (1 + np.exp(1.85 - pull))
    return np.asarray(rng.random(len(levels)) < chance, dtype=np.int64)


def _marital(rng: np.random.Generator, levels: NDArray[np.float64], separation: float) -> NDArray[np.object_]:
    """A word of those with a partner where a score like the columns' lies above 0, else one of those without."""
    score = rng.standard_normal(len(levels)) + separation / 2 * levels[:, TRAITS.index(_PARTNER_TRAIT)] + _MORE_PARTNERS
    return np.where(score > 0, _words(rng, len(levels), _PARTNERED), _words(rng, len(levels), _ALONE))


def _as_file(
    rng: np.random.Generator, scores: dict[str, NDArray[np.float64]], marital: NDArray[np.object_], responds: NDArray[np.int64]
) -> pd.DataFrame:
    rows = len(responds)
    whole = {name: values.astype(np.int64) for name, values in scores.items()}
    income = pd.Series(whole.pop("Income"), dtype="Int64").mask(rng.random(rows) < _MISSING_INCOMES)
    age = whole.pop("Age")
    enrolled = pd.Series(_FIRST_DAY + rng.integers(0, _DAYS, rows).astype("timedelta64[D]"))
    return pd.DataFrame(
        {
            "ID": 10_000 + rng.permutation(rows),
            "Year_Birth": _THIS_YEAR - age,
            "Education": _words(rng, rows, _EDUCATION),
            "Marital_Status": marital,
            "Income": income,
            "Kidhome": whole.pop("Kidhome"),
            "Teenhome": whole.pop("Teenhome"),
            "Dt_Customer": enrolled.dt.strftime("%d-%m-%Y"),
            "Recency": rng.integers(0, 100, rows),
            **whole,
            "Complain": (rng.random(rows) < 0.01).astype(np.int64),
            "Response": responds,
        }
    )


def _words(rng: np.random.Generator, rows: int, chances: dict[str, float]) -> NDArray[np.object_]:
    chance = np.array(list(chances.values()))
    return np.array(list(chances), dtype=object)[rng.choice(len(chances), rows, p=chance / chance.sum())]
