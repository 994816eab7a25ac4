"""The words in which segments are described: what `profiles` computes, pages show and versions store."""

from __future__ import annotations

from dataclasses import dataclass
from math import isclose
from typing import Literal

Unit = Literal["money", "count", "number", "share", "years", "months", "days"]


@dataclass(frozen=True)
class Measure:
    """Something known of every customer that segments can be compared by, in plain units.

    `name` is canonical ("spend", "share_catalog", "age"), `label` is read by people ("Spend"), `short` fits a
    phone. `fitted` says that the model used it, `yes_or_no` that it is a share of customers: each has it or not.
    """

    name: str
    label: str
    short: str
    unit: Unit
    fitted: bool
    yes_or_no: bool = False


@dataclass(frozen=True)
class Difference:
    """How one measure differs between a segment and everyone else.

    `effect` is the difference of means in pooled standard deviations (Cohen 1988, d), with its 95 % interval
    `low` to `high`; `z` is the segment's mean minus the overall mean in overall standard
    deviations (the heat map's cell). `significant` holds after Holm's correction over all measures and segments.
    """

    measure: str
    mean: float
    rest_mean: float
    overall_mean: float
    median: float
    rest_median: float
    z: float
    effect: float
    low: float
    high: float
    significant: bool


@dataclass(frozen=True)
class Distribution:
    """Histogram of one measure on shared edges (n + 1 of them); `segment` and `rest` are shares per bin.

    Values beyond the last edge are counted in the last bin, which `open_ended` says.
    """

    measure: str
    edges: tuple[float, ...]
    segment: tuple[float, ...]
    rest: tuple[float, ...]
    open_ended: bool


@dataclass(frozen=True)
class MixPart:
    """Share of one part in a whole, for the segment and for everyone else.

    `whole` is "spend" (categories), "orders" (channels), or the canonical name of a category column.
    """

    whole: str
    part: str
    label: str
    segment: float
    rest: float


@dataclass(frozen=True)
class Chance:
    """Lifts that a group drawn at random, as large as the segment, shows: 2.5 %, 97.5 % and 95 % points (hypergeometric)."""

    low: float
    high: float
    top: float


@dataclass(frozen=True)
class SpendLift:
    """Lifts that spend alone gives: of the best quarter of customers by spend, and of the quarter most of the segment is in.

    Quarters count from 1, who spend least, to 4.
    """

    best: float
    best_quarter: int
    own: float
    own_quarter: int


@dataclass(frozen=True)
class OutcomeRate:
    """How often an outcome happened in a segment; Wilson (1927) interval, lift against the overall rate.

    `chance` is what a random group would show, `spend` what a spend quarter shows (None without spend), `significant` whether
    the segment differs from everyone else (Fisher's test) after Holm's correction over all segments and outcomes. All three are
    None in versions that were stored without them.
    """

    outcome: str
    label: str
    customers: int
    hits: int
    rate: float
    low: float
    high: float
    overall_rate: float
    lift: float
    chance: Chance | None = None
    spend: SpendLift | None = None
    significant: bool | None = None


@dataclass(frozen=True)
class Rule:
    """Conditions on plain columns that find part of a segment; all `conditions` must hold.

    `precision` is the share of those found who are in the segment, `recall` the share of the segment found, `coverage` the share
    of all customers found (None in versions that were stored without it). `customers` are found.
    """

    conditions: tuple[str, ...]
    precision: float
    recall: float
    customers: int
    coverage: float | None = None


@dataclass(frozen=True)
class RuleSum:
    """What all rules of a segment find together: a customer whom several find counts once."""

    precision: float
    recall: float
    coverage: float
    customers: int


@dataclass(frozen=True)
class Evidence:
    """One fact behind a name: what ("Spend"), how it reads ("2.2× average"), and the measure it is about.

    `reference` is what the figure is to be compared to ("the rest 45"), empty where `text` says it.
    """

    label: str
    text: str
    measure: str
    reference: str = ""


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class SegmentProfile:
    """Everything about one segment that pages show, computed once when the model is fitted.

    `stability` is the mean bootstrap Jaccard (Hennig 2007) or None where it was not computed. `value` is total
    spend in the file's currency, `value_share` its share of all spend (None without spend columns).
    `border` counts customers whose confidence is under 0.60. `responds` are outcomes, best first.
    """

    cluster: int
    size: int
    share: float
    value: float | None
    value_share: float | None
    value_mean: Interval | None
    value_median: float | None
    rest_value_median: float | None
    recency_mean: Interval | None
    border: int
    stability: float | None
    name: str
    short_name: str
    persona: str
    evidence: tuple[Evidence, ...]
    differences: tuple[Difference, ...]
    distributions: tuple[Distribution, ...]
    mix: tuple[MixPart, ...]
    outcomes: tuple[OutcomeRate, ...]
    rules: tuple[Rule, ...]
    rule_sum: RuleSum | None = None


@dataclass(frozen=True)
class CustomerMap:
    """Two principal components for a picture: a density grid over everybody and a sample of points.

    `density` is row-major over `y_edges` by `x_edges`; `variance` is the share of variance both axes keep. A `coarse` map shows nobody: it
    has one point for each segment, near its centre, and coordinates of its own.
    """

    x_edges: tuple[float, ...]
    y_edges: tuple[float, ...]
    density: tuple[tuple[float, ...], ...]
    x: tuple[float, ...]
    y: tuple[float, ...]
    cluster: tuple[int, ...]
    variance: float
    coarse: bool = False


@dataclass(frozen=True)
class Profiles:
    """All segments of one model version, with the measures that their differences speak of.

    `measures` are sorted by how much the segments differ in them, most first.
    """

    customers: int
    value: float | None
    measures: tuple[Measure, ...]
    segments: tuple[SegmentProfile, ...]
    map: CustomerMap | None = None

    def measure(self, name: str) -> Measure:
        """The measure called `name`; KeyError where there is none."""
        for measure in self.measures:
            if measure.name == name:
                return measure
        raise KeyError(name)

    @property
    def recency(self) -> str | None:
        """Name of the measure that every `recency_mean` is about, which files call as they like; None where it is not known."""
        days = [measure.name for measure in self.measures if measure.unit == "days"]
        return next((name for name in days if len(days) == 1 or self._tells_recency(name)), None)

    def _tells_recency(self, name: str) -> bool:
        pairs = [(segment.recency_mean, each.mean) for segment in self.segments for each in segment.differences if each.measure == name]
        return bool(pairs) and all(recency is not None and isclose(recency.mean, mean, rel_tol=1e-6) for recency, mean in pairs)
