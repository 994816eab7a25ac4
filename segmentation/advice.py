"""Re-cluster now? A plain answer from what has changed since a version was fitted, with its reasons.

Each thing that was looked at gives one reason with a weight of its own; the answer is the heaviest of them. Nothing is averaged: a model
whose customers have become others is not saved by being young.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from segmentation.describing.intervals import wilson
from segmentation.drift import Drift
from segmentation.wording import listed

Answer = Literal["no", "soon", "yes"]

UNLIKE_SOON, UNLIKE_YES = 0.01, 0.05
"""Shares of customers unlike any in training. Among those whom a version was fitted on it is about one in a thousand."""
TURNED_SOON, TURNED_YES = 0.05, 0.20
"""Shares of customers who joined or left since. One in twenty comes and goes in any base; of one in five the segments say nothing, or they
describe people who are gone."""
OLD_DAYS = 180
"""Customers of half a year ago: longer than any season."""
DOUBTFUL = 0.75
"""Hennig (2007): below a Jaccard of .75 a cluster is doubtful; we read the adjusted Rand index of whole divisions by the same mark."""
MOST_NAMED = 3


@dataclass(frozen=True)
class Standing:
    """How things stand between a version and the customers of today.

    It was fitted on snapshot number `fitted`, and snapshot `newest` is that of today; `days` lie between their dates (none between two
    snapshots of one day). Of `before` customers of the one `left` are gone from the other, and `joined` of its `now` customers are new
    (both None: not counted). `segments` is the drift of segment sizes, `measures` that of each measure that the
    version looks at, by label. Of `placed` customers, `unlike` are like nobody in training (None: the version cannot tell).
    `stability` is the bootstrap ARI of the version (None: not known).
    """

    fitted: int
    newest: int
    days: int
    before: int
    now: int
    joined: int | None
    left: int | None
    segments: Drift
    measures: Sequence[tuple[str, Drift]]
    placed: int
    unlike: int | None
    stability: float | None

    @property
    def same_customers(self) -> bool:
        """Whether the customers of today are the very ones of the fit."""
        return self.fitted == self.newest


@dataclass(frozen=True)
class Reason:
    """One thing that was looked at: what it asks for by itself, and what was found, as a sentence."""

    code: str
    answer: Answer
    text: str


@dataclass(frozen=True)
class Advice:
    """The answer with its reasons, the heaviest first."""

    answer: Answer
    reasons: tuple[Reason, ...]


_WEIGHT: dict[Answer, int] = {"no": 0, "soon": 1, "yes": 2}


def advise(standing: Standing) -> Advice:
    """Whether it is time to re-cluster."""
    found = [_segments(standing), *_measures(standing), *_unlike(standing), *_turnover(standing), _age(standing), *_stability(standing)]
    reasons = tuple(sorted(found, key=lambda reason: -_WEIGHT[reason.answer]))
    return Advice(reasons[0].answer, reasons)


def _segments(standing: Standing) -> Reason:
    if standing.segments.word == "steady":
        return Reason("segments", "no", "The segments hold about the same shares of customers as when they were found.")
    answer: Answer = "yes" if standing.segments.word == "large" else "soon"
    how = "very different shares of customers than" if answer == "yes" else "shares of customers that have shifted since"
    return Reason("segments", answer, f"The segments hold {how} when they were found (PSI {standing.segments.psi:.2f}).")


def _measures(standing: Standing) -> Iterator[Reason]:
    if not standing.measures:
        return
    for word, answer, verb in (("large", "yes", "changed a lot"), ("some", "soon", "shifted somewhat")):
        moved = sorted(((label, drift) for label, drift in standing.measures if drift.word == word), key=lambda pair: -pair[1].psi)
        if moved:
            more = len(moved) - MOST_NAMED
            named = [f"{label} (PSI {drift.psi:.2f})" for label, drift in moved[:MOST_NAMED]] + ([f"{more} more"] if more > 0 else [])
            yield Reason(f"measures_{word}", answer, f"{listed(named)} {verb} among customers.")  # type: ignore[arg-type]
    if all(drift.word == "steady" for _, drift in standing.measures):
        yield Reason("measures", "no", f"None of the {len(standing.measures)} measures behind the segments moved more than chance would.")


def _unlike(standing: Standing) -> Iterator[Reason]:
    """By the lower end of the interval: with few customers, a handful of odd ones proves nothing."""
    if standing.unlike is None or not standing.placed:
        return
    low, _ = wilson(standing.unlike, standing.placed)
    share = f"{standing.unlike / standing.placed:.1%} of customers are unlike any that the segments were found on"
    if low < UNLIKE_SOON:
        if not standing.same_customers:  # of the very customers of the fit, one in a thousand is beyond the others by definition
            yield Reason("unlike", "no", f"{share}; that is little.")
        return
    yield Reason("unlike", "yes" if low >= UNLIKE_YES else "soon", f"{share}: the segments say less about them.")


def _turnover(standing: Standing) -> Iterator[Reason]:
    """Who came and who went, the larger share by the marks."""
    if standing.same_customers or standing.joined is None or standing.left is None:
        return
    if not standing.joined and not standing.left:
        yield Reason("turnover", "no", "Nobody has joined or left since the segments were found.")
        return
    joined, left = _share(standing.joined, standing.now), _share(standing.left, standing.before)
    came = f"{standing.joined:,} of {standing.now:,} customers ({joined:.1%}) joined since and have no segment yet"
    went = f"{standing.left:,} of the {standing.before:,} that the segments were found on ({left:.1%}) are gone"
    said = " and ".join(text for text, customers in ((came, standing.joined), (went, standing.left)) if customers)
    most = max(joined, left)
    if most < TURNED_SOON:
        yield Reason("turnover", "no", f"{said}; that is little.")
    else:
        yield Reason("turnover", "yes" if most >= TURNED_YES else "soon", f"{said}.")


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _age(standing: Standing) -> Reason:
    if standing.same_customers:
        return Reason("age", "no", "The segments were found on the customers of today.")
    if standing.days <= 0:
        day = "the same day" if standing.days == 0 else "an earlier day"
        return Reason(
            "age", "no", f"The segments were found on snapshot {standing.fitted}; the newest, snapshot {standing.newest}, has {day}."
        )
    span = f"{standing.days} day{'' if standing.days == 1 else 's'}"
    return Reason("age", "soon" if standing.days > OLD_DAYS else "no", f"The segments were found on customers as they were {span} earlier.")


def _stability(standing: Standing) -> Iterator[Reason]:
    if standing.stability is not None and standing.stability < DOUBTFUL:
        found = f"Finding the segments again in resampled customers agrees only moderately ({standing.stability:.2f} of 1)"
        yield Reason("stability", "soon", f"{found}; another number of segments or other features may hold better.")
