"""What speaks for a segment: rules that anyone can repeat, and outcomes beside what chance and spend alone would show."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from segmentation.describing.profiles import OutcomeRate, Rule, RuleSum, SegmentProfile
from webapp.pages.segment.head import others, rest_rate
from webapp.pages.segment.ids import Ids
from webapp.services.segmenting.segments import SegmentDetail
from webapp.ui.components import Child, badge, card, icon, icon_button
from webapp.ui.format import count, number, percent, times

PRECISION = "Precision: of the customers this finds, the share who are in the segment."
RECALL = "Recall: of the customers in the segment, the share whom this finds."
COVERAGE = "Coverage: of all customers, the share whom this finds."
LIFT = "Lift: the rate here over that of all customers, said as a multiple of the average."
WILSON = "In brackets: the 95% interval of the rate (Wilson)."
CHANCE = "Random group: the middle 95% of what groups of this size show that are drawn from the same customers (hypergeometric)."
QUARTER = "Quarter by spend: the same customers in four groups of equal size by spend alone, which anyone has without segments."
QUARTERS = {1: "lowest", 2: "second lowest", 3: "second highest", 4: "highest"}


def rules_card(profile: SegmentProfile) -> Component:
    """Conditions that a marketer can repeat, each with what it finds."""
    if not profile.rules:
        text = "No short rule on plain columns finds it well enough to be repeated by hand. The tag and the export use the model."
        return card("No simple rule finds this segment", body=html.P(text, className="sc-muted"))
    sub = (
        f"{count(len(profile.rules), 'rule')} on plain columns, from a shallow tree; counted on these customers, of whom "
        f"{percent(profile.share)} are in the segment."
    )
    body = [*map(rule_box, profile.rules), rules_sum(profile.rules, profile.rule_sum)]
    title = "How to recognise one: a rule anyone can repeat"
    return card(title, sub, body, tools=about(Ids.RULES_ABOUT, title, (PRECISION, RECALL, COVERAGE)))


def about(id: Ids, title: str, sentences: Sequence[str]) -> list[Child]:
    """A button that explains the terms of a card, by mouse and by keyboard."""
    words = dbc.PopoverBody([html.P(sentence) for sentence in sentences])
    popover = dbc.Popover(words, target=id, trigger="legacy", placement="bottom")
    return [icon_button("info-circle", f"What this shows: {title}", id=id, className="btn-sm"), popover]


def rule_box(rule: Rule) -> Component:
    """One rule: if all of this holds, then so many are in the segment."""
    conditions: list[Child] = []
    for position, condition in enumerate(rule.conditions):
        conditions += [html.Span("and", className="and")] if position else []
        conditions.append(html.Code(condition))
    found = [
        html.Span([html.B(percent(rule.precision)), " are in the segment"], title=PRECISION),
        html.Span(["finds ", html.B(percent(rule.recall)), " of it"], title=RECALL),
        html.Span(_customers_found(rule), title=COVERAGE),
    ]
    return html.Div([html.Div(conditions, className="sc-rule-if"), html.Div(found, className="sc-rule-then")], className="sc-rule")


def _customers_found(rule: Rule) -> str:
    """How many, and of how many; a version that was stored without its share says the number alone."""
    found = count(rule.customers, "customer")
    return found if rule.coverage is None else f"{found}, {percent(rule.coverage)} of all"


def rules_sum(rules: Sequence[Rule], total: RuleSum | None) -> Component:
    """What the rules find together, and what they leave out."""
    words: list[Child] = []
    if total is not None and len(rules) > 1:
        words += [
            *("Together: ", html.Span([html.B(percent(total.precision)), " are in the segment"], title=PRECISION)),
            *(", ", html.Span(["they find ", html.B(percent(total.recall)), " of it"], title=RECALL)),
            *(" and ", html.Span([html.B(percent(total.coverage)), " of all customers"], title=COVERAGE), ". "),
        ]
    recall = total.recall if total is not None else sum(rule.recall for rule in rules)
    rest = "The rules find all of it." if recall >= 1 else f"The other {percent(1 - recall)} of the segment needs the model."
    return html.Div([icon("info-circle"), html.Span([*words, rest])], className="sc-rule-sum")


def outcomes_card(detail: SegmentDetail) -> Component | None:
    """What happened in the segment beside everyone else, chance and spend; nothing where the file has no outcome."""
    outcomes = detail.profile.outcomes
    if not outcomes:
        return None
    first, rest = outcomes[0], {item.outcome: rest_rate(item.outcome, others(detail)) for item in outcomes}
    title = f"{first.label}: {percent(first.rate)} here, {percent(rest[first.outcome])} among the rest"
    rows = [outcome_row(item, rest[item.outcome]) for item in outcomes]
    sub = "Segments were found without any outcome; outcomes are what they are judged by."
    return card(title, sub, [*rows, _how_tested(detail)], tools=about(Ids.OUTCOMES_ABOUT, title, (LIFT, WILSON, CHANCE, QUARTER)))


def outcome_row(outcome: OutcomeRate, rest: float | None) -> Component:
    """One outcome in plain words: every figure beside what it is to be compared to."""
    head = [html.B(outcome.label, className="sc-strong"), chance_badge(outcome)]
    rate = [
        html.Span([html.B(percent(outcome.rate)), f" ({percent(outcome.low)} to {percent(outcome.high)})"], title=WILSON),
        html.Span(["the rest ", html.B(percent(rest))]),
        html.Span([html.B(times(outcome.lift)), " the average"], title=LIFT),
    ]
    references = list(chain(_by_chance(outcome), _by_spend(outcome)))
    parts: list[Child] = [html.Div(head, className="sc-outcome-head"), html.Div(rate, className="sc-rule-then")]
    return html.Div([*parts, html.P(references, className="sc-outcome-refs")] if references else parts, className="sc-outcome")


def chance_badge(outcome: OutcomeRate) -> Component | None:
    """Whether it differs from everyone else, in words; nothing in versions that were stored without the test."""
    if outcome.significant is None:
        return None
    if not outcome.significant:
        return badge("Within chance", "neutral", "dash-lg", title="No significant difference from everyone else.")
    more = outcome.lift > 1
    text, arrow = ("More than chance", "arrow-up-right") if more else ("Less than chance", "arrow-down-right")
    return badge(text, "neutral", arrow, title="Differs significantly from everyone else (Fisher's exact test, Holm's correction).")


def _by_chance(outcome: OutcomeRate) -> list[Child]:
    if outcome.chance is None:
        return []
    span = f"{number(outcome.chance.low, 1)} to {times(outcome.chance.high)}"
    return [html.Span(f"A random group this size would show {span}.", title=CHANCE), " "]


def _by_spend(outcome: OutcomeRate) -> list[Child]:
    """The quarters' lifts: the best one's, and that of the one most of them are in where it is another."""
    spend = outcome.spend
    if spend is None:
        return []
    best = f"By spend alone, the best quarter of customers (the {QUARTERS[spend.best_quarter]}) shows {times(spend.best)}"
    if spend.own_quarter == spend.best_quarter:
        return [html.Span(f"{best}; most of them are in it.", title=QUARTER)]
    return [html.Span(f"{best}; the {QUARTERS[spend.own_quarter]}, which most of them are in, {times(spend.own)}.", title=QUARTER)]


def _how_tested(detail: SegmentDetail) -> Component | None:
    """Which test, corrected for how many comparisons."""
    tested = [outcome for segment in detail.overview.profiles.segments for outcome in segment.outcomes if outcome.significant is not None]
    if not tested:
        return None
    named = sorted({outcome.label for outcome in tested})
    over = f"{len(detail.overview.styles)} segments" + (f" and {len(named)} outcomes" if len(named) > 1 else "")
    text = f"“More” and “less than chance” hold for all {over} at once (Fisher's exact test, Holm's correction, 5%)."
    return html.Div([icon("info-circle"), html.Span(text)], className="sc-rule-sum")
