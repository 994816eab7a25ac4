"""What `explore` finds out about customers before anything is clustered: what pages show and snapshots store."""

from __future__ import annotations

from dataclasses import dataclass

from segmentation.describing.profile_types import Measure


@dataclass(frozen=True)
class Spread:
    """How customers spread over one measure.

    `shares` of the `known` customers lie in the bins between `edges` (one more than bins); values beyond the last edge are counted
    in the last bin, which `open_ended` says. `names` are words for the bins where the values are few and have words (No and Yes,
    the steps of an ordered scale), else empty. `missing` is the share of customers whose value is not known. `skewness` is the
    adjusted Fisher-Pearson coefficient (Joanes & Gill 1998), None where it is not defined; so are the others without a known value.
    """

    measure: str
    known: int
    missing: float
    edges: tuple[float, ...]
    shares: tuple[float, ...]
    open_ended: bool
    names: tuple[str, ...]
    mean: float | None
    median: float | None
    low: float | None
    high: float | None
    skewness: float | None


@dataclass(frozen=True)
class Level:
    """One word of a category; `share` is of the customers whose word is known."""

    label: str
    customers: int
    share: float


@dataclass(frozen=True)
class Levels:
    """The words of one category, commonest first; rare ones are counted together as "Other", which comes last."""

    category: str
    known: int
    missing: float
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Repeat:
    """Two measures that say nearly the same: Spearman's `rho` is beyond ±`NEARLY_THE_SAME`."""

    first: str
    second: str
    rho: float


@dataclass(frozen=True)
class GroupRate:
    """How often an outcome happened in a group of customers, with Wilson's interval `low` to `high` (1927).

    The group has the values from `start` to `end` of a measure, both included, or is called `label` (a category's word, the step
    of a scale); then `start` and `end` are None.
    """

    label: str
    start: float | None
    end: float | None
    customers: int
    hits: int
    rate: float
    low: float
    high: float


@dataclass(frozen=True)
class Association:
    """How an outcome's rate goes with a measure or category. It says what goes together, not what causes what.

    `customers` have both known. `strength` is Cramér's V over the groups, corrected for chance (Bergsma 2013): 0 is none, 1 is all;
    `p` is that of the test for no association at all, and `clear` says that it holds after Holm's correction (1979) over everything
    that was compared. Groups of a measure rise with it, those of a category begin with the highest rate.
    """

    measure: str
    customers: int
    strength: float
    p: float
    clear: bool
    groups: tuple[GroupRate, ...]


@dataclass(frozen=True)
class ExploredOutcome:
    """An outcome among all customers whose outcome is known, and what goes with it, strongest first.

    Nothing goes with it where it happened to everybody or to nobody.
    """

    outcome: str
    label: str
    customers: int
    hits: int
    rate: float
    low: float
    high: float
    associations: tuple[Association, ...]


@dataclass(frozen=True)
class Exploration:
    """Customers as they are, before any clustering.

    `sample` of the `customers` were looked at (all of them up to `SAMPLE`). `correlations` is Spearman's rho between `measures`, row
    by row in their order; None where too few customers have both known or one does not vary. `details` names the measures that are
    parts of others (shares of a whole), `sensitive` those that come from a sensitive column, `left_out` the labels of measures and
    categories beyond the first `MOST`.
    """

    customers: int
    sample: int
    measures: tuple[Measure, ...]
    categories: tuple[Measure, ...]
    spreads: tuple[Spread, ...]
    levels: tuple[Levels, ...]
    correlations: tuple[tuple[float | None, ...], ...]
    repeats: tuple[Repeat, ...]
    outcomes: tuple[ExploredOutcome, ...]
    details: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def named(self, name: str) -> Measure:
        """The measure or category called `name`; KeyError where there is none."""
        for measure in (*self.measures, *self.categories):
            if measure.name == name:
                return measure
        raise KeyError(name)
