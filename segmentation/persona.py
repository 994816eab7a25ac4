"""Two plain sentences about a segment, and the facts its card shows; every figure is one of the profile's."""

from __future__ import annotations

from collections.abc import Sequence

from segmentation.naming import SHARE_OF_ORDERS, SHARE_OF_SPEND, Fact
from segmentation.profile_types import Evidence, OutcomeRate
from segmentation.wording import listed, lower_first, number, percent, quantity, times, without_sums

EVIDENCE = 3
WORTH_SAYING = 0.3
CLAUSES = 3
WHO = frozenset({"age", "income", "tenure", "partner", "dependents"})


def evidence(segment: Sequence[Fact], named_by: Sequence[str], outcomes: Sequence[OutcomeRate]) -> tuple[Evidence, ...]:
    """`EVIDENCE` facts: those behind the name, the strongest others, and an outcome that clearly differs as the last."""
    by_measure = {fact.measure.name: fact for fact in segment}
    named = [by_measure[name] for name in named_by if name in by_measure]
    others = [fact for fact in segment if fact not in named and _independent(fact, named)]
    lines = [_evidence(fact) for fact in [*named, *others]]
    outcome = _clear_outcome(outcomes)
    if outcome is None:
        return tuple(lines[:EVIDENCE])
    last = Evidence(outcome.label, f"{times(outcome.lift)} average", outcome.outcome)
    return (*lines[: EVIDENCE - 1], last)


def persona(segment: Sequence[Fact], outcomes: Sequence[OutcomeRate], share: float, value_share: float | None) -> str:
    """Who they are, then what they do; only significant differences, the strongest first."""
    said = [fact for fact in segment if fact.difference.significant and abs(fact.difference.effect) >= WORTH_SAYING]
    kept = set(without_sums([fact.measure.name for fact in segment]))
    said = [fact for fact in said if fact.measure.name in kept]
    who = [_clause(fact) for fact in said if _is_who(fact)][:CLAUSES]
    does = [_clause(fact) for fact in _without_repeats(said) if not _is_who(fact)][:CLAUSES]
    size = f"are {percent(share)} of customers" + (f" and bring {percent(value_share)} of spend" if value_share is not None else "")
    outcome = _clear_outcome(outcomes)
    if outcome is not None:
        rate = f"{percent(outcome.rate)} against {percent(outcome.overall_rate)} overall"
        ending = f" {outcome.label}: {rate}."
    else:
        ending = ""
    first = who or [size]
    second = does or ([size] if who else ["differ from everyone else in nothing that is measured"])
    return f"They {listed(first)}. They {listed(second)}.{ending}"


def _is_who(fact: Fact) -> bool:
    return fact.measure.name in WHO or fact.measure.unit == "years" or fact.having is not None


def _independent(fact: Fact, named: Sequence[Fact]) -> bool:
    """Whether a fact adds to those already shown: shares of the same whole, or a sum and its parts, say one thing twice."""
    return not any(_topic(fact) == _topic(other) for other in named)


def _topic(fact: Fact) -> str:
    for pattern, topic in ((SHARE_OF_ORDERS, "channel"), (SHARE_OF_SPEND, "category")):
        if pattern.match(fact.measure.label):
            return topic
    return fact.measure.name


def _without_repeats(said: Sequence[Fact]) -> list[Fact]:
    kept: list[Fact] = []
    for fact in said:
        if _independent(fact, kept):
            kept.append(fact)
    return kept


def _clear_outcome(outcomes: Sequence[OutcomeRate]) -> OutcomeRate | None:
    """The outcome whose interval excludes the overall rate and whose lift is furthest from 1."""
    clear = [each for each in outcomes if (each.low > each.overall_rate or each.high < each.overall_rate) and not 0.8 < each.lift < 1.25]
    return max(clear, key=lambda each: max(each.lift, 1 / max(each.lift, 1e-9)), default=None)


def _evidence(fact: Fact) -> Evidence:
    label, unit, mean = fact.measure.label, fact.measure.unit, fact.difference.mean
    if fact.having is not None:
        word, share = ("With", fact.having) if fact.having >= 0.5 or fact.higher else ("No", 1 - fact.having)
        return Evidence(f"{word} {lower_first(label)}", percent(share), fact.measure.name)
    if unit in ("years", "number"):
        return Evidence(f"Mean {lower_first(label)}", quantity(mean, unit), fact.measure.name)
    if unit in ("days", "months"):
        return Evidence(label, f"{number(mean)} {_days_or_months(fact)}", fact.measure.name)
    if fact.ratio is None or fact.yes_or_no or (unit == "share" and (0.8 < fact.ratio < 1.25 or fact.difference.overall_mean >= MAINLY)):
        return Evidence(label, quantity(mean, unit), fact.measure.name)
    return Evidence(label, f"{times(fact.ratio)} average", fact.measure.name)


MAINLY = 0.4
"""A share that is this large for everybody says more as itself than as a ratio."""


def _days_or_months(fact: Fact) -> str:
    return f"{fact.measure.unit[:-1]}{'' if number(fact.difference.mean) == '1' else 's'}"


def _clause(fact: Fact) -> str:
    """One statement that follows "They"."""
    if fact.having is not None and fact.rest_having is not None:
        return _having(lower_first(fact.measure.label), fact.having, fact.rest_having)
    if fact.measure.name == "partner":
        return _partner(fact.difference.mean, fact.difference.rest_mean)
    template = _template(fact)
    own, rest = (quantity(value, fact.measure.unit) for value in (fact.difference.mean, fact.difference.rest_mean))
    ratio = times(fact.ratio) if fact.ratio is not None else ""
    return template.format(own=own, rest=rest, ratio=ratio, label=lower_first(fact.measure.label), part=_part(fact))


SAID = {
    "age": "are {own} years old on average (the rest {rest})",
    "tenure": "have been customers for {own} months on average (the rest {rest})",
}
SAID_AS_RATIO = {
    "spend": "spend {ratio} the average",
    "income": "earn {ratio} the average",
    "orders": "order {ratio} as often as the average",
}


def _template(fact: Fact) -> str:
    """The sentence for a measure that is known by name, else for what its label and unit tell."""
    name, label, unit = fact.measure.name, fact.measure.label, fact.measure.unit
    if name in SAID:
        return SAID[name]
    if unit == "money" and fact.ratio is not None:
        return SAID_AS_RATIO.get(name, "have {ratio} the average {label}")
    if name in SAID_AS_RATIO and fact.ratio is not None:
        return SAID_AS_RATIO[name]
    if SHARE_OF_ORDERS.match(label):
        deal = "deal" in label.lower()
        return ("use a deal in {own} of their orders" if deal else "place {own} of their orders through the {part}") + " (the rest {rest})"
    if SHARE_OF_SPEND.match(label):
        return "spend {own} of their money on {part} (the rest {rest})"
    if fact.yes_or_no:
        return "have {label} in {own} of cases (the rest {rest})"
    return "average {own} {label} (the rest {rest})" if unit == "count" else "average {own} in {label} (the rest {rest})"


def _part(fact: Fact) -> str:
    """`wine` of "Wine share of spend"."""
    match = SHARE_OF_ORDERS.match(fact.measure.label) or SHARE_OF_SPEND.match(fact.measure.label)
    return lower_first(match[1]) if match else ""


def _partner(own: float, rest: float) -> str:
    """Most of them live one way: say which, not how few live the other."""
    if own < 0.5:
        return f"live without a partner ({percent(1 - own)}; the rest {percent(1 - rest)})"
    return f"live with a partner ({percent(own)}; the rest {percent(rest)})"


def _having(label: str, own: float, rest: float) -> str:
    if own > 0.8:
        return (
            f"nearly always have {label} ({percent(own)}; the rest {percent(rest)})"
            if own > 0.9
            else f"mostly have {label} ({percent(own)}; the rest {percent(rest)})"
        )
    if own < 0.2:
        return f"rarely have {label} ({percent(own)}; the rest {percent(rest)})"
    return f"have {label} in {percent(own)} of cases (the rest {percent(rest)})"
