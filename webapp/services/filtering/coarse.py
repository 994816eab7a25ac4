"""What viewers read of people: figures so coarse that no difference of two tells of one customer.

A viewer may note a figure today and again after the next re-cluster, when a customer has joined or left. So that nothing follows:

- every figure of customers' attributes has two significant digits at most, and a step that is never finer than what `MOVED` customers
  together can move it by: five standard deviations over the number of customers for a mean, five customers for a share, five standard
  deviations for a sum. Sizes of segments and their shares of all customers are exact; they are no attribute of anybody;
- words about a segment are made anew from the rounded figures;
- what is about fewer than `SMALLEST_GROUP` customers is left out: a word or a yes or no that so few have, a segment that is so small.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import copysign, floor, isfinite, log10, sqrt
from typing import Any, overload

from segmentation.describing.bands import stability_band
from segmentation.describing.customer_map import coarse_map
from segmentation.describing.facts import Fact
from segmentation.describing.persona import evidence, persona
from segmentation.describing.profile_types import (
    Chance,
    Difference,
    Distribution,
    Interval,
    Measure,
    MixPart,
    OutcomeRate,
    Profiles,
    Rule,
    RuleSum,
    SegmentProfile,
    SpendLift,
)
from webapp.services.filtering.filtering import SMALLEST_GROUP

MOVED = 5
"""So many customers of average distance from the mean must change before a figure moves by a whole step."""
PER_CENT = 0.01
EFFECT = 0.1
"""Steps of shares and of standardised differences, where segments are large enough for them."""
SUMS = ("spend", "orders")
"""Wholes of a mix that are sums over customers, not customers."""
NORMAL = 1.96
"""Half the width of a 95 % interval of a mean, in standard errors."""


def coarse(profiles: Profiles) -> Profiles:
    """`profiles` as viewers read them."""
    grain = _Grain.of(profiles)
    total = None if profiles.value is None else _rounded(profiles.value, _step(profiles.value, MOVED * grain.money))
    segments = tuple(_segment(segment, profiles, grain) for segment in profiles.segments)
    compared = {each.measure for segment in segments for each in segment.differences}
    measures = tuple(measure for measure in profiles.measures if measure.name in compared)
    return replace(
        profiles, value=total, measures=measures, segments=segments, map=coarse_map(profiles.map) if profiles.map is not None else None
    )


@dataclass(frozen=True)
class _Grain:
    """How far customers lie from each other: the standard deviation of every measure, of spend (`money`) and of recency.

    `of_spend` is the step of shares of all spend.
    """

    spread: Mapping[str, float]
    money: float
    days: float
    of_spend: float

    @classmethod
    def of(cls, profiles: Profiles) -> _Grain:
        spread = {measure.name: 1.0 if measure.yes_or_no else _deviation(profiles, measure.name) for measure in profiles.measures}
        money = max((_wide(segment.value_mean, segment.size) for segment in profiles.segments), default=0.0)
        days = max((_wide(segment.recency_mean, segment.size) for segment in profiles.segments), default=0.0)
        of_spend = max(PER_CENT, nice(MOVED * money / profiles.value)) if profiles.value else PER_CENT
        return cls(spread, money, spread.get(profiles.recency or "", days), of_spend)


def _deviation(profiles: Profiles, name: str) -> float:
    """Standard deviation of a measure over everybody, from the segment whose mean is furthest away."""
    found = [each for segment in profiles.segments for each in segment.differences if each.measure == name]
    far = max(found, key=lambda each: abs(each.z), default=None)
    if far is None:
        return 0.0
    return abs((far.mean - far.overall_mean) / far.z) if far.z else abs(far.overall_mean)


def _wide(interval: Interval | None, size: int) -> float:
    return 0.0 if interval is None else (interval.high - interval.low) / 2 / NORMAL * sqrt(size)


def share_step(customers: int) -> float:
    """The step of a share of so many customers: whole per cents, or what `MOVED` of them are."""
    return max(PER_CENT, nice(MOVED / max(customers, 1)))


def nice(least: float) -> float:
    """The smallest of 1, 2, 5, 10, ... (and their tenths) that is at least this; 0 for 0."""
    if not least > 0 or not isfinite(least):
        return 0.0
    unit = 10.0 ** floor(log10(least))
    return next(step for step in (unit, 2 * unit, 5 * unit, 10 * unit) if step >= least * (1 - 1e-9))


@overload
def two_digits(value: float) -> float: ...
@overload
def two_digits(value: None) -> None: ...
def two_digits(value: float | None) -> float | None:
    """A figure with two significant digits."""
    return None if value is None else _rounded(value, _step(value, 0.0))


def stability_of(stability: float | None) -> float | None:
    """A segment's stability with two significant digits, in the band in which it is: a limit is not crossed by rounding."""
    if stability is None:
        return None
    nearest = two_digits(stability)
    beyond = round(nearest + copysign(digit_step(stability), stability - nearest), 10)
    return nearest if stability_band(nearest) == stability_band(stability) else beyond


def share_of(share: float, customers: int) -> float:
    """A share of so many customers, rounded to its step."""
    return min(max(_rounded(share, share_step(customers)), 0.0), 1.0)


def count_of(customers: int) -> int | None:
    """A count of customers in steps that `MOVED` of them make; None under `SMALLEST_GROUP`, nobody included."""
    return round(_rounded(customers, _step(customers, MOVED))) if customers >= SMALLEST_GROUP else None


def _step(value: float, least: float) -> float:
    """Two significant digits of `value`, and no finer than `least`."""
    return max(digit_step(value), nice(least))


def digit_step(value: float) -> float:
    """What the second significant digit of `value` counts; 0 for 0."""
    return 10.0 ** (floor(log10(abs(value))) - 1) if value and isfinite(value) else 0.0


def _rounded(value: float, step: float) -> float:
    return round(round(value / step) * step, 10) if step and isfinite(value) else value


def _mean(value: float, measure: Measure | None, deviation: float, customers: int) -> float:
    """A mean (or median) of so many customers."""
    least = MOVED * deviation / max(customers, 1)
    if measure is not None and (measure.yes_or_no or measure.unit == "share"):
        return _rounded(value, max(PER_CENT, nice(least)))
    return _rounded(value, _step(value, least))


def _segment(known: SegmentProfile, profiles: Profiles, grain: _Grain) -> SegmentProfile:
    if known.size < SMALLEST_GROUP:
        return _too_small(known)
    rest = profiles.customers - known.size
    named_by = [each.measure for each in known.evidence]
    differences = tuple(
        _difference(each, profiles, grain, known.size) for each in known.differences if _held_by_many(each, profiles, known)
    )
    outcomes = tuple(_outcome(each) for each in known.outcomes if each.customers >= SMALLEST_GROUP)
    value_share = None if known.value_share is None else _rounded(known.value_share, grain.of_spend)
    facts = _facts(differences, profiles)
    return replace(
        known,
        value=None if known.value is None else _rounded(known.value, _step(known.value, MOVED * grain.money)),
        value_share=value_share,
        value_mean=_interval(known.value_mean, grain.money, known.size),
        value_median=None if known.value_median is None else _mean(known.value_median, None, grain.money, known.size),
        rest_value_median=None if known.rest_value_median is None else _mean(known.rest_value_median, None, grain.money, rest),
        recency_mean=_interval(known.recency_mean, grain.days, known.size),
        border=round(two_digits(float(known.border))) if known.border >= SMALLEST_GROUP else 0,
        stability=stability_of(known.stability),
        persona=persona(facts, outcomes, known.share, value_share) if known.persona else "",
        evidence=evidence(facts, named_by, outcomes),
        differences=differences,
        distributions=tuple(_distribution(each, known.size, rest) for each in known.distributions),
        mix=_mix(known.mix, known.size, rest),
        outcomes=outcomes,
        rules=tuple(_rule(each, known.size) for each in known.rules if each.customers >= SMALLEST_GROUP),
        rule_sum=_rule_sum(known.rule_sum, known.size),
    )


def _too_small(known: SegmentProfile) -> SegmentProfile:
    """Its size and nothing of its customers."""
    nothing: dict[str, Any] = dict.fromkeys(
        ("value", "value_share", "value_mean", "value_median", "rest_value_median", "recency_mean", "rule_sum")
    )
    nothing |= dict.fromkeys(("evidence", "differences", "distributions", "mix", "outcomes", "rules"), ())
    text = f"Fewer than {SMALLEST_GROUP} customers: what they are like is for those who may see customers."
    return replace(known, persona=text, border=0, stability=stability_of(known.stability), **nothing)


def _held_by_many(each: Difference, profiles: Profiles, known: SegmentProfile) -> bool:
    """False for a yes or no that is true (or untrue) of 1 to 9 customers of the segment or of the rest."""
    if not profiles.measure(each.measure).yes_or_no:
        return True
    sides = ((each.mean, known.size), (each.rest_mean, profiles.customers - known.size))
    return not any(_few(share * n) or _few((1 - share) * n) for share, n in sides)


def _few(customers: float) -> bool:
    return 0.5 <= customers < SMALLEST_GROUP - 0.5


def _difference(each: Difference, profiles: Profiles, grain: _Grain, size: int) -> Difference:
    measure, deviation, rest = profiles.measure(each.measure), grain.spread[each.measure], profiles.customers - size
    step = max(EFFECT, nice(MOVED / size))
    return replace(
        each,
        mean=_mean(each.mean, measure, deviation, size),
        rest_mean=_mean(each.rest_mean, measure, deviation, rest),
        overall_mean=_mean(each.overall_mean, measure, deviation, profiles.customers),
        median=_mean(each.median, measure, deviation, size),
        rest_median=_mean(each.rest_median, measure, deviation, rest),
        z=_rounded(each.z, step),
        effect=_rounded(each.effect, step),
        low=_rounded(each.low, step),
        high=_rounded(each.high, step),
    )


def _interval(known: Interval | None, deviation: float, size: int) -> Interval | None:
    if known is None:
        return None
    least = MOVED * deviation / size
    step = max(_step(each, least) for each in (known.mean, known.low, known.high))
    return Interval(*(_rounded(each, step) for each in (known.mean, known.low, known.high)))


def _facts(differences: Sequence[Difference], profiles: Profiles) -> tuple[Fact, ...]:
    """The rounded figures as words are made from, largest effect first."""
    facts = (Fact(profiles.measure(each.measure), each, _ratio(each), None, None) for each in differences)
    return tuple(sorted(facts, key=lambda fact: -abs(fact.difference.effect)))


def _ratio(each: Difference) -> float | None:
    return each.mean / each.overall_mean if each.overall_mean > 0 and each.mean >= 0 else None


def _distribution(known: Distribution, size: int, rest: int) -> Distribution:
    """On the bins that hold ten customers at least; what lies beyond counts in the bins at the ends."""
    own, others = ([share * n for share in shares] for shares, n in ((known.segment, size), (known.rest, rest)))
    first, last = ends([a + b for a, b in zip(own, others, strict=True)])
    return replace(
        known,
        edges=known.edges[first : last + 2],
        segment=tuple(share_of(part / size, size) for part in gathered(own, first, last)),
        rest=tuple(share_of(part / rest, rest) if rest else 0.0 for part in gathered(others, first, last)),
        open_ended=known.open_ended or last + 2 < len(known.edges),
    )


def ends(counts: Sequence[float]) -> tuple[int, int]:
    """Places of the first and the last bin that hold at least ten customers; all of them where none does."""
    full = [place for place, count in enumerate(counts) if count >= SMALLEST_GROUP - 0.5]
    return (full[0], full[-1]) if full else (0, max(len(counts) - 1, 0))


def gathered(counts: Sequence[float], first: int, last: int) -> list[float]:
    """The bins from `first` to `last`, with those beyond counted in the ends, and any with 1 to 9 customers in a neighbour."""
    kept = list(counts[first : last + 1])
    kept[0] += sum(counts[:first])
    kept[-1] += sum(counts[last + 1 :])
    for place, count in enumerate(kept):
        if _few(count):
            others = [at for at, other in enumerate(kept) if other >= SMALLEST_GROUP - 0.5]
            near = min(others, key=lambda at: abs(at - place), default=None)
            kept[place] = 0.0
            if near is not None:
                kept[near] += count
    return kept


def _mix(parts: Sequence[MixPart], size: int, rest: int) -> tuple[MixPart, ...]:
    """Shares of spend and orders are sums over all; of a category, words that 1 to 9 customers have are left out."""
    kept = [
        each for each in parts if each.whole in SUMS or not any(_few(share * n) for share, n in ((each.segment, size), (each.rest, rest)))
    ]
    return tuple(
        replace(
            each,
            segment=_rounded(each.segment, PER_CENT if each.whole in SUMS else share_step(size)),
            rest=_rounded(each.rest, PER_CENT if each.whole in SUMS else share_step(rest)),
        )
        for each in kept
    )


def _outcome(known: OutcomeRate) -> OutcomeRate:
    n = known.customers
    rate, low, high = (share_of(each, n) for each in (known.rate, known.low, known.high))
    overall = _rounded(known.overall_rate, PER_CENT)
    return replace(
        known,
        rate=rate,
        low=low,
        high=high,
        hits=round(rate * n),
        overall_rate=overall,
        lift=_rounded(rate / overall, EFFECT) if overall else 1.0,
        chance=Chance(*(_rounded(each, EFFECT) for each in (known.chance.low, known.chance.high, known.chance.top)))
        if known.chance
        else None,
        spend=_spend_lift(known.spend),
    )


def _spend_lift(known: SpendLift | None) -> SpendLift | None:
    return replace(known, best=_rounded(known.best, EFFECT), own=_rounded(known.own, EFFECT)) if known else None


def _rule(known: Rule, size: int) -> Rule:
    return replace(
        known,
        precision=share_of(known.precision, known.customers),
        recall=share_of(known.recall, size),
        customers=round(two_digits(float(known.customers))),
        coverage=None if known.coverage is None else _rounded(known.coverage, PER_CENT),
    )


def _rule_sum(known: RuleSum | None, size: int) -> RuleSum | None:
    if known is None or known.customers < SMALLEST_GROUP:
        return None
    return RuleSum(
        precision=share_of(known.precision, known.customers),
        recall=share_of(known.recall, size),
        coverage=_rounded(known.coverage, PER_CENT),
        customers=round(two_digits(float(known.customers))),
    )
