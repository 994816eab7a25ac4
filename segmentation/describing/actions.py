"""What to do next for each segment: one action at most, and only where differences that hold in the data speak for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from segmentation.describing.bands import DOUBTFUL
from segmentation.describing.facts import DAYS_SINCE, LARGE, SHARE_OF_ORDERS, SHARE_OF_SPEND
from segmentation.describing.profile_types import Difference, Measure, OutcomeRate, Profiles, SegmentProfile
from segmentation.wording import lower_first, percent, quantity, times, upper_first

LIFT = 1.25
"""An answer that is less than a quarter above average makes nobody first."""

HARDLY = 0.6
"""Lift up to which customers hardly answer."""

HALF = 0.5
STANDS_OUT = 1.25
"""How far above average a part of the mix must be to be offered, as a factor."""

LONGEST_NAME = 120
"""Characters of a campaign's name."""

ANSWERS = re.compile(
    r"(?<![a-z])(respon[ds]|answer|accept|convert|conversion|renew|bought|buys|purchas|redeem|click|subscri|sign(ed)?[ _]?up|joined)",
    re.IGNORECASE,
)
"""What an outcome is called that a team wants more of. One that may mean anything ("target") invites nobody."""

LOSSES = re.compile(
    r"(?<![a-z])(churn|attrition|exited|cancel|unsub|leav|left|lost|lapse|complain|default|opt(ed)?[ _-]?out|stopped)", re.IGNORECASE
)
DEALS = re.compile(r"deal|discount|coupon|voucher|promo", re.IGNORECASE)
VISITS = re.compile(r"^(web_?)?visits?(_|$)", re.IGNORECASE)


class ActionKind(StrEnum):
    """What is advised."""

    KEEP = "keep"  # they leave more often than others
    WIN_BACK = "win_back"  # they spend more, and their last purchase is longer ago
    INVITE_FIRST = "invite_first"  # they answer most
    WRITE_LESS = "write_less"  # they hardly answer and hardly spend
    BUNDLES = "bundles"  # they use more deals
    ORDERS_FROM_VISITS = "orders_from_visits"  # they visit more and order less
    CATEGORY = "category"  # a category stands out in what they buy
    CHANNEL = "channel"  # a channel stands out in how they order


@dataclass(frozen=True)
class Action:
    """One thing to do for one segment.

    `cluster` is the place of the segment in `Profiles.segments`. `title` stands `before` and `after` the segment's name, which a team may
    have chosen itself: `called`. `reason` has each figure beside what it is to be compared to. `plan` is what a campaign for it is
    about ("win back"), empty where the advice is to do less. `rests_on` names the measures and the outcome behind it; `worth`
    is the segment's share of all spend (of customers, where spend is unknown).
    """

    cluster: int
    kind: ActionKind
    before: str
    after: str
    reason: str
    plan: str
    rests_on: tuple[str, ...]
    worth: float

    def called(self, name: str) -> str:
        """The title with the segment's `name` in it."""
        return f"{self.before}{name}{self.after}"

    def campaign(self, name: str) -> str:
        """A name for its campaign, at most `LONGEST_NAME` characters: a long `name` is cut. Empty where there is nothing to plan."""
        if not self.plan:
            return ""
        room = LONGEST_NAME - len(self.plan) - 2
        return f"{name if len(name) <= room else name[: room - 1].rstrip() + '…'}: {self.plan}"


def next_actions(profiles: Profiles, *, currency: str | None = None) -> tuple[Action, ...]:
    """At most one action for each segment, those of the segments that bring most first.

    Every action rests on differences that are significant after Holm's correction and at least `LARGE` (Cohen's d), or on an outcome
    whose test is: without such evidence a segment has none, nor has one that resamples do not bring back. `currency` is the sign before
    amounts.
    """
    lasting = [cluster for cluster, segment in enumerate(profiles.segments) if segment.stability is None or segment.stability >= DOUBTFUL]
    found = [_action(_Seen(profiles, cluster, currency)) for cluster in lasting]
    return tuple(sorted((action for action in found if action is not None), key=lambda action: (-action.worth, action.cluster)))


@dataclass(frozen=True)
class _Seen:
    """One segment among the others, as the rules look at it."""

    profiles: Profiles
    cluster: int
    currency: str | None

    @property
    def segment(self) -> SegmentProfile:
        return self.profiles.segments[self.cluster]

    def differing(self, *, higher: bool, unit: str = "") -> list[tuple[Measure, Difference]]:
        """The measures in which the segment holds a large difference on that side, largest first."""
        held = [each for each in self.segment.differences if each.significant and (each.effect if higher else -each.effect) >= LARGE]
        pairs = [(self.profiles.measure(each.measure), each) for each in sorted(held, key=lambda each: -abs(each.effect))]
        return [(measure, each) for measure, each in pairs if not unit or measure.unit == unit]

    def spend(self, *, higher: bool) -> Difference | None:
        """The difference in spend, where it holds."""
        return next((each for measure, each in self.differing(higher=higher) if measure.name == "spend"), None)

    def outcome(self, kind: re.Pattern[str]) -> OutcomeRate | None:
        """Of the outcomes of that kind the one that most customers had: what has happened rarely says less."""
        rates = [rate for rate in self.segment.outcomes if _is_kind(rate, kind)]
        return max(rates, key=lambda rate: self._hits(rate.outcome), default=None)

    def is_top(self, outcome: OutcomeRate) -> bool:
        """Whether no other segment has a higher rate."""
        return outcome.rate >= max(rate.rate for rate in _same(self.profiles.segments, outcome.outcome))

    def figures(self, measure: Measure, difference: Difference) -> str:
        """`spend €1,042, the rest €504`."""
        own, rest = (quantity(value, measure.unit, self.currency) for value in (difference.mean, difference.rest_mean))
        return f"{lower_first(measure.label)} {own} on average, the rest {rest}"

    def rate(self, outcome: OutcomeRate) -> str:
        """`responds: 29% (95% interval 25% to 33%), the rest 12%`; beside everybody's rate where some customers are in no segment."""
        interval = f"95% interval {percent(outcome.low)} to {percent(outcome.high)}"
        own = f"{lower_first(outcome.label)}: {percent(outcome.rate)} ({interval})"
        others = [rate for rate in _same(self.profiles.segments, outcome.outcome) if rate is not outcome]
        customers = sum(rate.customers for rate in others)
        if not customers or sum(segment.size for segment in self.profiles.segments) < self.profiles.customers:
            return f"{own}, {percent(outcome.overall_rate)} overall"
        return f"{own}, the rest {percent(sum(rate.hits for rate in others) / customers)}"

    def action(self, kind: ActionKind, title: tuple[str, str], reason: Sequence[str], plan: str, rests_on: Sequence[str]) -> Action:
        worth = self.segment.value_share if self.segment.value_share is not None else self.segment.share
        return Action(self.cluster, kind, *title, upper_first("; ".join(reason)), plan, tuple(rests_on), worth)

    def _hits(self, outcome: str) -> int:
        return sum(rate.hits for rate in _same(self.profiles.segments, outcome))


Rule = Callable[[_Seen], Action | None]


def _same(segments: Sequence[SegmentProfile], outcome: str) -> list[OutcomeRate]:
    return [rate for segment in segments for rate in segment.outcomes if rate.outcome == outcome]


def _is_kind(rate: OutcomeRate, kind: re.Pattern[str]) -> bool:
    """Whether name or label says so; a name such as "unsubscribed" is a loss alone."""
    said = f"{rate.outcome} {rate.label}"
    return bool(kind.search(said)) and (kind is LOSSES or not LOSSES.search(said))


def _keep(seen: _Seen) -> Action | None:
    loss = seen.outcome(LOSSES)
    if loss is None or not loss.significant or loss.lift < LIFT or not seen.is_top(loss):
        return None
    reason = [seen.rate(loss), f"{times(loss.lift)} average"]
    return seen.action(ActionKind.KEEP, ("Ask ", " what would keep them"), reason, "what would keep them", [loss.outcome])


def _win_back(seen: _Seen) -> Action | None:
    spend = seen.spend(higher=True)
    quiet = [pair for pair in seen.differing(higher=True) if DAYS_SINCE.search(pair[0].name) or DAYS_SINCE.search(pair[0].label)]
    if spend is None or not quiet:
        return None
    (measure, recency), reason = quiet[0], seen.figures(seen.profiles.measure("spend"), spend)
    return seen.action(
        ActionKind.WIN_BACK, ("Win back ", ""), [seen.figures(measure, recency), reason], "win back", [measure.name, "spend"]
    )


def _invite_first(seen: _Seen) -> Action | None:
    answer = seen.outcome(ANSWERS)
    if answer is None or not answer.significant or answer.lift < LIFT or not seen.is_top(answer):
        return None
    reason = [seen.rate(answer), f"{times(answer.lift)} average"]
    return seen.action(ActionKind.INVITE_FIRST, ("Invite ", " first"), reason, "invite first", [answer.outcome])


def _write_less(seen: _Seen) -> Action | None:
    answer, spend = seen.outcome(ANSWERS), seen.spend(higher=False)
    if answer is None or not answer.significant or answer.lift > HARDLY:
        return None
    if spend is None or spend.mean > HALF * spend.rest_mean:
        return None
    reason = [seen.rate(answer), seen.figures(seen.profiles.measure("spend"), spend)]
    return seen.action(ActionKind.WRITE_LESS, ("Write to ", " less often"), reason, "", [answer.outcome, "spend"])


def _bundles(seen: _Seen) -> Action | None:
    for measure, difference in seen.differing(higher=True):
        if DEALS.search(measure.name) or DEALS.search(measure.label):
            return seen.action(
                ActionKind.BUNDLES, ("Test bundles on ", ""), [seen.figures(measure, difference)], "test bundles", [measure.name]
            )
    return None


def _orders_from_visits(seen: _Seen) -> Action | None:
    visits = [pair for pair in seen.differing(higher=True, unit="count") if VISITS.search(pair[0].name)]
    orders = [pair for pair in seen.differing(higher=False) if pair[0].name in ("orders", "spend")]
    if not visits or not orders:
        return None
    pairs = (visits[0], min(orders, key=lambda pair: pair[0].name))
    return seen.action(
        ActionKind.ORDERS_FROM_VISITS,
        ("Turn visits of ", " into orders"),
        [seen.figures(*pair) for pair in pairs],
        "turn visits into orders",
        [measure.name for measure, _ in pairs],
    )


def _category(seen: _Seen) -> Action | None:
    return _part(seen, SHARE_OF_SPEND, ActionKind.CATEGORY, ("Offer {part} to ", ""), "offer {part}")


def _channel(seen: _Seen) -> Action | None:
    return _part(seen, SHARE_OF_ORDERS, ActionKind.CHANNEL, ("Reach ", " through {part}"), "through {part}")


def _part(seen: _Seen, whole: re.Pattern[str], kind: ActionKind, title: tuple[str, str], plan: str) -> Action | None:
    """The part of a whole that stands out most among those that do."""
    for measure, difference in seen.differing(higher=True, unit="share"):
        found = whole.match(measure.label)
        if found is None or DEALS.search(measure.label) or difference.mean < STANDS_OUT * difference.overall_mean:
            continue
        before, after, about = (text.replace("{part}", lower_first(found[1])) for text in (*title, plan))
        return seen.action(kind, (before, after), [seen.figures(measure, difference)], about, [measure.name])
    return None


RULES: tuple[Rule, ...] = (_keep, _win_back, _invite_first, _write_less, _orders_from_visits, _bundles, _category, _channel)
"""What is asked of each segment, in this order: the first that its evidence supports is advised."""


def _action(seen: _Seen) -> Action | None:
    return next((action for rule in RULES if (action := rule(seen)) is not None), None)
