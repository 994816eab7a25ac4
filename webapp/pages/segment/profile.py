"""The Profile tab: differences, rules, distributions, mix."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from segmentation import plots
from segmentation.profiles import OutcomeRate, Rule
from webapp.edge import View
from webapp.pages.segment.head import others, rest_rate
from webapp.pages.segment.ids import Ids
from webapp.services import segments
from webapp.services.segments import SegmentDetail
from webapp.ui.charts import chart_card
from webapp.ui.components import Child, card, icon, row, skeleton
from webapp.ui.drawing import drawn
from webapp.ui.format import count, number, percent
from webapp.ui.segments_ui import asked_version
from webapp.ui.tables import Column, table

PLOTS = {Ids.DIFFERENCES: plots.differences, Ids.DISTRIBUTIONS: plots.distributions, Ids.MIX: plots.mix}
TALL, LOW = 430, 372
"""Heights of the chart cards while they wait, in pixels."""


def profile_tab(detail: SegmentDetail) -> list[Child]:
    """Rules at once, figures when they are drawn."""
    differences, distributions, mix = (html.Div(skeleton(TALL if name == Ids.DIFFERENCES else LOW), id=name) for name in PLOTS)
    beside_mix = 7 if detail.profile.mix else 12
    return [
        row((7, differences), (5, html.Div([rules_card(detail.profile.rules), outcomes_card(detail)], className="sc-above-each-other"))),
        row((beside_mix, distributions), (5, mix) if detail.profile.mix else (12, html.Div(mix, hidden=True))),
    ]


def rules_card(rules: Sequence[Rule]) -> Component:
    """Conditions that a marketer can repeat, each with what it finds."""
    if not rules:
        text = "No short rule on plain columns finds it well enough to be repeated by hand. The tag and the export use the model."
        return card("No simple rule finds this segment", body=html.P(text, className="sc-muted"))
    return card(
        "How to recognise one: a rule anyone can repeat",
        f"From a shallow tree on the plain columns, {count(len(rules), 'rule')}",
        [*map(rule_box, rules), rules_sum(rules)],
    )


def outcomes_card(detail: SegmentDetail) -> Component | None:
    """What happened in the segment and among everyone else, and how sure that is; nothing where the file has no outcome."""
    outcomes = detail.profile.outcomes
    if not outcomes:
        return None
    rest = {item.outcome: rest_rate(item.outcome, others(detail)) for item in outcomes}
    columns: list[Column[OutcomeRate]] = [
        Column("Outcome", lambda item: html.B(item.label, className="sc-strong")),
        Column("Here", lambda item: percent(item.rate), numeric=True),
        Column(
            "95% interval", lambda item: f"{percent(item.low)} to {percent(item.high)}", numeric=True, title="Wilson interval of the rate"
        ),
        Column("The rest", lambda item: percent(rest[item.outcome]), numeric=True),
        Column("Lift", lambda item: f"{number(item.lift, 1)}×", numeric=True, title="The rate here over the rate of all customers"),
    ]
    first = outcomes[0]
    title = f"{first.label}: {percent(first.rate)} here, {percent(rest[first.outcome])} among the rest"
    return card(
        title,
        "Outcomes never find segments; they are what segments are judged by.",
        table(columns, outcomes, caption="Outcomes"),
        flush=True,
    )


def rule_box(rule: Rule) -> Component:
    """One rule: if all of this holds, then so many are in the segment."""
    conditions: list[Child] = []
    for position, condition in enumerate(rule.conditions):
        conditions += [html.Span("and", className="and")] if position else []
        conditions.append(html.Code(condition))
    found = [
        html.Span([html.B(percent(rule.precision)), " are in the segment"], title="Precision: of the customers this rule finds"),
        html.Span(["finds ", html.B(percent(rule.recall)), " of it"], title="Recall: of the customers in the segment"),
        html.Span(count(rule.customers, "customer")),
    ]
    return html.Div([html.Div(conditions, className="sc-rule-if"), html.Div(found, className="sc-rule-then")], className="sc-rule")


def rules_sum(rules: Sequence[Rule]) -> Component:
    """What the rules find together (they are leaves of one tree, so nobody is found twice), and what they leave out."""
    found = sum(rule.customers for rule in rules)
    precision = sum(rule.precision * rule.customers for rule in rules) / found if found else 0.0
    recall = sum(rule.recall for rule in rules)
    together: list[Child] = ["Together: precision ", html.B(percent(precision)), ", recall ", html.B(percent(recall)), ". "]
    rest = f"The other {percent(1 - recall)} of the segment needs the model."
    return html.Div([icon("info-circle"), html.Span([*(together if len(rules) > 1 else []), rest])], className="sc-rule-sum")


def show_figures(view: View) -> tuple[Child, ...]:
    """Differences, distributions and mix, drawn for the visitor's theme and width; nothing where the data has none."""
    detail = segments.show_segment(view.session, view.actor, view.dataset or "", view.item or "", version=asked_version(view.query))
    charts = {name: drawn(plot, detail.overview, view.display, cluster=detail.cluster) for name, plot in PLOTS.items()}
    return tuple(chart_card(name.removesuffix("-place"), chart) if chart else None for name, chart in charts.items())
