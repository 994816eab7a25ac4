"""How much more often an outcome happens in the best segment, judged on customers who had no part in finding it.

Segments never see the outcome, but whoever picks the best of them does: among customers who were seen, the best of several groups that
mean nothing looks better than the rest. So everything is chosen with some customers, and measured with others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from segmentation.choosing.selection import Progress
from segmentation.describing.outcomes import yes_values
from segmentation.errors import NotEnoughData, SegmentationError
from segmentation.roles import Role, Schema

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
"""Places of customers in the table."""

Labels = NDArray[np.int16]
Labeller = Callable[[Rows], Labels]
"""Gives the segment of each of these customers, -1 for none."""

Chooser = Callable[[Rows], Labeller]
"""Chooses and fits whatever there is to choose and fit, with nobody but these customers."""

FOLDS = 5
REPEATS = 10
LEAST_CASES = 30
"""With fewer yes (or no) than this a fold holds a handful, and the lift in it is luck."""

CHANCE_DRAWS = 2_000


@dataclass(frozen=True)
class OutOfFold:
    """The lift of the best segment for `outcome`, out of fold.

    In each fold the best segment is the one with the highest rate among the customers of the other folds; its lift is its rate among
    those held out over the rate of all held out. `lift` is the mean over `repeats` x `folds`, `fold_lifts` has each in order, None where
    the best segment held nobody. `best_share` is the mean share of customers held out that are in it, `rate` the outcome's among all.

    `error` is the standard error after Nadeau & Bengio (2003, Inference for the generalization error): the spread of the folds times
    sqrt(1 / (folds x repeats) + 1 / (folds - 1)). The folds share most of their customers, so that the plain standard error (and that of
    the means of repeats, which share all) would say how well the lift in this file is known, not how well that of such customers is.
    """

    outcome: str
    lift: float
    error: float
    folds: int
    repeats: int
    rate: float
    best_share: float
    fold_lifts: tuple[float | None, ...]


@dataclass(frozen=True)
class ChanceLift:
    """The lift of the best of several random groups among the customers it was chosen with: its mean, and what 95 % stay under."""

    mean: float
    high: float


def outcome_values(customers: pd.DataFrame, schema: Schema, outcome: str) -> Floats:
    """1.0 where `outcome` (the name of a column) happened, 0.0 where not, NaN where unknown.

    SegmentationError when it is no outcome column, NotEnoughData when too few had it, or too few had not.
    """
    columns = {column.name: column for column in schema.of(Role.OUTCOME)}
    if outcome not in columns:
        known = f"Choose from: {', '.join(columns)}." if columns else "Give a column of yes or no the role of an outcome first."
        raise SegmentationError(f'"{outcome}" is no outcome of these customers. {known}', code="unknown_outcome")
    hits = yes_values(customers[outcome])
    check_outcome(hits, columns[outcome].label)
    return hits


def check_outcome(hits: Floats, label: str, least: int = LEAST_CASES) -> None:
    """NotEnoughData where `hits` (n,) hold fewer than `least` of yes or of no."""
    yes, no = int((hits == 1).sum()), int((hits == 0).sum())
    if min(yes, no) < least:
        raise NotEnoughData(
            f'"{label}" is yes for {yes:,} customers and no for {no:,}; a lift needs at least {least} of each. '
            "Choose another outcome, or wait until more customers have answered.",
            details={"yes": yes, "no": no, "needed": least},
        )


def out_of_fold_lift(
    hits: Floats,
    choose: Chooser,
    *,
    outcome: str,
    seed: int,
    folds: int = FOLDS,
    repeats: int = REPEATS,
    progress: Progress | None = None,
) -> OutOfFold:
    """The lift of the best segment that `choose` finds, measured on customers held out.

    `hits` (n,) is 1 for yes, 0 for no, NaN for unknown; customers with an unknown outcome are always among those to choose with, and never
    counted. Folds are stratified by the outcome. Equal `seed`, `folds` and `repeats` make equal folds, so that results can be paired (see
    `difference`). ValueError unless there are 2 to `LEAST_CASES` folds, NotEnoughData for an outcome that is yes, or no, too seldom.
    """
    if not 2 <= folds <= LEAST_CASES:
        raise ValueError(f"There must be 2 to {LEAST_CASES} folds: one to measure on, the others to choose with, and each with a yes.")
    check_outcome(hits, outcome)
    measured = []
    for done, (training, held_out) in enumerate(_splits(fold_numbers(hits, folds, repeats, seed))):
        if progress is not None:
            progress("Checking on customers held out", done / (folds * repeats))
        measured.append(_held_out(hits, choose(training), training, held_out))
    lifts = np.array([lift for lift, _ in measured])
    if not np.isfinite(lifts).any():
        raise NotEnoughData("The best segment never held anybody outside the customers it was found with. Ask for fewer segments.")
    return OutOfFold(
        outcome,
        lift=float(np.nanmean(lifts)),
        error=corrected_error(lifts, folds),
        folds=folds,
        repeats=repeats,
        rate=float(np.nanmean(hits)),
        best_share=float(np.mean([share for _, share in measured])),
        fold_lifts=tuple(float(lift) if np.isfinite(lift) else None for lift in lifts),
    )


def difference(first: OutOfFold, second: OutOfFold) -> tuple[float, float]:
    """Mean of the lifts of `first` less those of `second`, fold by fold, and its standard error; ValueError unless folds are the same."""
    if (first.outcome, first.folds, first.repeats) != (second.outcome, second.folds, second.repeats):
        raise ValueError("Only lifts of the same outcome in the same folds can be paired.")
    gaps = np.array(first.fold_lifts, dtype=np.float64) - np.array(second.fold_lifts, dtype=np.float64)
    return float(np.nanmean(gaps)), corrected_error(gaps, first.folds)


def corrected_error(values: Floats, folds: int) -> float:
    """Nadeau & Bengio's standard error of the mean of `values`, one per fold of repeated cross-validation; unknown ones are left out.

    The test part is 1 / (folds - 1) of the training part, whence the correction; 0 with fewer than two values.
    """
    known = values[np.isfinite(values)]
    return float(np.sqrt((1 / len(known) + 1 / (folds - 1)) * known.var(ddof=1))) if len(known) > 1 else 0.0


def fold_numbers(hits: Floats, folds: int, repeats: int, seed: int) -> NDArray[np.intp]:
    """Each customer's fold in each repeat (repeats, n), stratified by the outcome; -1 where that is unknown."""
    known = np.flatnonzero(np.isfinite(hits))
    draw = np.random.default_rng(seed)
    numbers = np.full((repeats, len(hits)), -1, dtype=np.intp)
    for repeat in numbers:
        folder = StratifiedKFold(folds, shuffle=True, random_state=int(draw.integers(2**31)))
        for fold, (_, held_out) in enumerate(folder.split(known, hits[known])):
            repeat[known[held_out]] = fold
    return numbers


def partition_lift(labels: Labels, hits: Floats, k: int, numbers: NDArray[np.intp]) -> float:
    """Mean lift of the best of `k` fixed segments, the best being chosen in all folds but one and measured in that one.

    `labels` and `hits` are (n,), `numbers` (repeats, n) comes from `fold_numbers`. NaN where no best segment holds anybody.
    """
    known = np.isfinite(hits)
    rows, yes = labels[known].astype(np.intp) + 1, hits[known]  # row 0 is "no segment"
    lifts = np.concatenate([_partition_lifts(rows, yes, k, repeat[known]) for repeat in numbers])
    return float(np.nanmean(lifts)) if np.isfinite(lifts).any() else float("nan")


def quartiles_of(values: Floats) -> Chooser:
    """The baseline that needs no model: quartiles of `values` (n,), cut where they lie among the customers to choose with."""

    def choose(training: Rows) -> Labeller:
        cuts = np.nanquantile(values[training], (0.25, 0.5, 0.75))
        return lambda rows: np.where(np.isfinite(values[rows]), np.searchsorted(cuts, values[rows], side="left"), -1).astype(np.int16)

    return choose


def chance_lift(sizes: Sequence[int], hits: int, *, others: int = 0, seed: int) -> ChanceLift:
    """What random groups of `sizes` reach when the best is picked and measured with the same customers, `hits` of whom are yes.

    `others` are customers in no group. Out of fold the mean is 1 whatever the sizes. Simulated: the hits in the groups have a multivariate
    hypergeometric distribution.
    """
    draw = np.random.default_rng(seed)
    drawn = draw.multivariate_hypergeometric([*sizes, others], hits, size=CHANCE_DRAWS)[:, : len(sizes)]
    best = (drawn / np.array(sizes)).max(axis=1) * (sum(sizes) + others) / hits
    return ChanceLift(float(best.mean()), float(np.quantile(best, 0.95)))


def _partition_lifts(rows: Rows, yes: Floats, k: int, numbers: NDArray[np.intp]) -> Floats:
    """The lift in each fold, NaN where the best segment holds nobody."""
    folds = int(numbers.max()) + 1
    cells = rows * folds + numbers
    size = np.bincount(cells, minlength=(k + 1) * folds).reshape(k + 1, folds).astype(np.float64)
    happened = np.bincount(cells, weights=yes, minlength=(k + 1) * folds).reshape(k + 1, folds)
    elsewhere = _rates(happened.sum(axis=1, keepdims=True) - happened, size.sum(axis=1, keepdims=True) - size)
    best, places = elsewhere[1:].argmax(axis=0) + 1, np.arange(folds)
    members = np.where(size[best, places] > 0, size[best, places], np.nan)
    lifts: Floats = happened[best, places] / members / (happened.sum(axis=0) / size.sum(axis=0))
    return lifts


def _splits(numbers: NDArray[np.intp]) -> Iterator[tuple[Rows, Rows]]:
    """The customers to choose with, and those held out, of each fold of each repeat."""
    for repeat in numbers:
        for fold in range(int(repeat.max()) + 1):
            yield np.flatnonzero(repeat != fold), np.flatnonzero(repeat == fold)


def _held_out(hits: Floats, label: Labeller, training: Rows, held_out: Rows) -> tuple[float, float]:
    """Lift among those held out of the segment that was best among the others, NaN without members; and its share of them."""
    best = _best_segment(label(training), hits[training])
    members = label(held_out) == best
    if best < 0 or not members.any():
        return float("nan"), 0.0
    return float(hits[held_out][members].mean() / hits[held_out].mean()), float(members.mean())


def _best_segment(labels: Labels, hits: Floats) -> int:
    """The segment with the highest rate, the first of equals; -1 where nobody is in one."""
    counted = (labels >= 0) & np.isfinite(hits)
    if not counted.any():
        return -1
    yes = np.bincount(labels[counted], weights=hits[counted]).astype(np.float64)
    return int(_rates(yes, np.bincount(labels[counted]).astype(np.float64)).argmax())


def _rates(yes: Floats, size: Floats) -> Floats:
    """`yes` over `size`; below every rate where there is nobody."""
    return np.where(size > 0, yes / np.maximum(size, 1.0), -1.0)
