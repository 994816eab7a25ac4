"""Two plain sentences about a segment, and the facts its card shows; every figure is one of the profile's."""

from __future__ import annotations

from collections.abc import Sequence

from segmentation.describing.facts import SHARE_OF_ORDERS, SHARE_OF_SPEND, SINCE_LAST, Fact
from segmentation.describing.profile_types import Evidence, Measure, OutcomeRate
from segmentation.describing.traits import how_often, trait
from segmentation.wording import listed, lower_first, number, percent, quantity, times, upper_first, without_sums

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
    said = [fact for fact in segment if fact.difference.significant and fact.strength >= WORTH_SAYING and not _said_backwards(fact)]
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


def _said_backwards(fact: Fact) -> bool:
    """Rarely without something: another level says it forwards."""
    return fact.measure.yes_or_no and not fact.higher and trait(fact.measure).lack


def _is_who(fact: Fact) -> bool:
    return fact.measure.name in WHO or fact.measure.unit == "years" or fact.having is not None


def _independent(fact: Fact, named: Sequence[Fact]) -> bool:
    """Whether a fact adds to those already shown."""
    return not any(fact.topic == other.topic for other in named)


def _without_repeats(said: Sequence[Fact]) -> list[Fact]:
    kept: list[Fact] = []
    for fact in said:
        if _independent(fact, kept):
            kept.append(fact)
    return kept


def _clear_outcome(outcomes: Sequence[OutcomeRate]) -> OutcomeRate | None:
    """The outcome that differs beyond chance and whose lift is furthest from 1."""
    clear = [each for each in outcomes if _differs(each) and not 0.8 < each.lift < 1.25]
    return max(clear, key=lambda each: max(each.lift, 1 / max(each.lift, 1e-9)), default=None)


def _differs(outcome: OutcomeRate) -> bool:
    """By its test; in versions that were stored without one, by its interval."""
    if outcome.significant is not None:
        return outcome.significant
    return outcome.low > outcome.overall_rate or outcome.high < outcome.overall_rate


def _evidence(fact: Fact) -> Evidence:
    """The figure that says most, beside everyone else's where it is not a ratio."""
    measure, rest = fact.measure, fact.difference.rest_mean
    if fact.having is not None and fact.rest_having is not None:
        most = fact.having >= 0.5 or fact.higher
        own, others = (fact.having, fact.rest_having) if most else (1 - fact.having, 1 - fact.rest_having)
        return Evidence(f"{'With' if most else 'No'} {lower_first(measure.label)}", percent(own), measure.name, _the_rest(percent(others)))
    if measure.yes_or_no:
        return _share_evidence(measure, fact.difference.mean, rest)
    if measure.unit in ("years", "number"):
        text = quantity(fact.difference.mean, measure.unit)
        return Evidence(f"Mean {lower_first(measure.label)}", text, measure.name, _the_rest(quantity(rest, measure.unit)))
    if measure.unit in ("days", "months"):
        return Evidence(measure.label, f"{number(fact.difference.mean)} {_days_or_months(fact)}", measure.name, _the_rest(number(rest)))
    if fact.ratio is None or _says_more_as_itself(fact):
        return Evidence(measure.label, quantity(fact.difference.mean, measure.unit), measure.name, _the_rest(quantity(rest, measure.unit)))
    return Evidence(measure.label, f"{times(fact.ratio)} average", measure.name)


def _share_evidence(measure: Measure, own: float, rest: float) -> Evidence:
    """A yes or no that most of them have not is told by those who are without it."""
    words = trait(measure)
    if words.without and own < 0.5 and own < rest:
        label, shares = upper_first(words.without), (1 - own, 1 - rest)
    else:
        label, shares = upper_first(words.group) if words.lack else measure.label, (own, rest)
    return Evidence(label, percent(shares[0]), measure.name, _the_rest(percent(shares[1])))


def _the_rest(figure: str) -> str:
    return f"the rest {figure}"


def _says_more_as_itself(fact: Fact) -> bool:
    """Whether a share is better not made a ratio: it hardly differs, or is large for everybody."""
    near = fact.ratio is not None and 0.8 < fact.ratio < 1.25
    return fact.measure.unit == "share" and (near or fact.difference.overall_mean >= MAINLY)


MAINLY = 0.4
"""A share that is this large for everybody says more as itself than as a ratio."""


def _days_or_months(fact: Fact) -> str:
    return f"{fact.measure.unit[:-1]}{'' if number(fact.difference.mean) == '1' else 's'}"


def _clause(fact: Fact) -> str:
    """One statement that follows "They"."""
    if fact.having is not None and fact.rest_having is not None:
        shares = f"({percent(fact.having)}; the rest {percent(fact.rest_having)})"
        return f"{how_often(fact.having, fact.rest_having)} have {lower_first(fact.measure.label)} {shares}"
    if fact.measure.name == "partner":
        return _partner(fact.difference.mean, fact.difference.rest_mean)
    if fact.measure.yes_or_no:
        return trait(fact.measure).said(fact.difference.mean, fact.difference.rest_mean)
    template = _template(fact)
    own, rest = (quantity(value, fact.measure.unit) for value in (fact.difference.mean, fact.difference.rest_mean))
    ratio = times(fact.ratio) if fact.ratio is not None else ""
    return template.format(own=own, rest=rest, ratio=ratio, label=lower_first(fact.measure.label), part=_part(fact))


SAID = {
    "age": "are {own} years old on average (the rest {rest})",
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
    if name == "tenure" and unit == "months":
        return "have been customers for {own} months on average (the rest {rest})"
    if unit == "days" and (last := SINCE_LAST.match(label)):
        return f"had their {last[1]} {{own}} days ago on average (the rest {{rest}})"
    if unit == "money" and fact.ratio is not None:
        usual = "have {ratio} the usual {label}" if label.lower().startswith("average") else "have {ratio} the average {label}"
        return SAID_AS_RATIO.get(name, usual)
    if name in SAID_AS_RATIO and fact.ratio is not None:
        return SAID_AS_RATIO[name]
    if SHARE_OF_ORDERS.match(label):
        deal = "deal" in label.lower()
        return ("use a deal in {own} of their orders" if deal else "place {own} of their orders through the {part}") + " (the rest {rest})"
    if SHARE_OF_SPEND.match(label):
        return "spend {own} of their money on {part} (the rest {rest})"
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
