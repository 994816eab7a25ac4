"""The tab Outcomes: what goes with an outcome, strongest first, and its rate by the values of one measure."""

from __future__ import annotations

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from segmentation.exploring.association import strength_word
from segmentation.exploring.exploration import Association, Exploration, ExploredOutcome
from segmentation.plots.outcome_rates import outcome_rates
from webapp.pages.explore.where import Where
from webapp.ui.components import Child, aria, badge, button, card, chip, empty_state, icon, row
from webapp.ui.exploring import Look, escaped, exploration_card
from webapp.ui.format import number, percent
from webapp.ui.tables import Column, meter, table

STRENGTH_HELP = (
    "How strongly the rate differs between groups: Cramér's V, corrected for chance, from 0 (not at all) to 1. "
    "0.1 is weak, 0.3 medium, 0.5 strong (Cohen)."
)
CLEAR_HELP = (
    "So large a difference would hardly come by chance, even though so many measures were looked at (chi-squared test, Holm's correction)."
)
NO_CAUSE = "What goes together need not be cause and effect: groups differ in other ways too. A campaign with a hold-out tells what works."


def outcomes_tab(exploration: Exploration, where: Where, look: Look, data_href: str | None) -> list[Child]:
    """The chosen outcome by the chosen measure, and all that goes with it; without outcomes, how to mark one.

    `data_href` leads those who can import to the page that does.
    """
    if not exploration.outcomes:
        return [card(body=no_outcome(data_href))]
    outcome = chosen_outcome(exploration, where)
    chosen = chosen_association(outcome, where)
    head = outcome_chips(exploration.outcomes, outcome, where)
    if chosen is None:
        return [head, card(body=same_for_all(outcome))]
    drawn = escaped(exploration)
    safe = next(each for each in drawn.outcomes if each.outcome == outcome.outcome)
    association = next(each for each in safe.associations if each.measure == chosen.measure)
    foot = html.Span([icon("info-circle"), " ", NO_CAUSE])
    chart = exploration_card("outcome-rates", outcome_rates, drawn, safe, association, foot=foot, **look.options())
    return [head, row((6, html.Div(chart, className="sc-in-sight")), (6, associations_card(exploration, outcome, chosen, where)))]


def no_outcome(href: str | None) -> Component:
    text = (
        "An outcome is a column that says, yes or no, what a customer did: responded, bought again, left. Import the file again and give "
        "that column the role Outcome; segments are then judged by it, too."
    )
    action = button("Go to Data", href=href, kind="primary") if href else None
    return empty_state("bullseye", "No column is marked as an outcome", text, action)


def same_for_all(outcome: ExploredOutcome) -> Component:
    """Everybody or nobody did it, or no column varies."""
    happened = f"“{outcome.label}” happened to {number(outcome.hits)} of {number(outcome.customers)} customers"
    return empty_state(
        "bullseye", "Nothing to compare", f"{happened}; rates can only be compared where it happened to some, and columns vary."
    )


def chosen_outcome(exploration: Exploration, where: Where) -> ExploredOutcome:
    """The outcome in the address, else the last one: files list past campaigns before the latest."""
    return next((each for each in exploration.outcomes if each.outcome == where.outcome), exploration.outcomes[-1])


def chosen_association(outcome: ExploredOutcome, where: Where) -> Association | None:
    """The measure in the address, else the one that goes with the outcome most."""
    return next((each for each in outcome.associations if each.measure == where.measure), next(iter(outcome.associations), None))


def outcome_chips(outcomes: Sequence[ExploredOutcome], chosen: ExploredOutcome, where: Where) -> Component | None:
    """One link for each outcome with its rate, the latest first; nothing to choose where there is but one."""
    if len(outcomes) < 2:
        return None
    links = [
        chip(each.label, href=where.link(outcome=each.outcome), on=each is chosen, count=percent(each.rate)) for each in reversed(outcomes)
    ]
    return html.Nav(links, className="sc-chips scroll mb-3", **aria(label="Outcomes"))


def associations_card(exploration: Exploration, outcome: ExploredOutcome, chosen: Association, where: Where) -> Component:
    """Every measure and category with how strongly the outcome goes with it; each leads to its figure."""
    columns: list[Column[Association]] = [
        Column("Measure", lambda item: _link(exploration, item, chosen, where)),
        Column(
            "Strength",
            lambda item: html.Span(meter(item.strength, number(item.strength, 2)), title=strength_word(item.strength).capitalize()),
            title=STRENGTH_HELP,
        ),
        Column("Rates", _ends, numeric=True, wide=True, title="From the group with the lowest rate to the one with the highest"),
        Column("Sure?", _certainty, title=CLEAR_HELP, wide=True),
    ]
    return card(
        associations_title(exploration, outcome),
        f"Strongest first; {percent(outcome.rate)} of all {number(outcome.customers)} customers. Choose one to see its groups.",
        table(columns, outcome.associations, caption=f"What goes with {outcome.label}", dense=True, pick=lambda item: item is chosen),
        flush=True,
    )


def associations_title(exploration: Exploration, outcome: ExploredOutcome) -> str:
    """How many go with the outcome clearly, and which most."""
    clear = [each for each in outcome.associations if each.clear]
    if not clear:
        return f"Nothing clearly goes with “{outcome.label}”"
    most = exploration.named(clear[0].measure).label
    return f"{len(clear)} of {len(outcome.associations)} clearly go with “{outcome.label}”, most of all {most[:1].lower()}{most[1:]}"


def _link(exploration: Exploration, item: Association, chosen: Association, where: Where) -> list[Child]:
    """The measure's name as a link; on a phone, what is not certain stands below it."""
    current = aria(current="true") if item is chosen else {}
    shown: list[Child] = [html.Span(dcc.Link(exploration.named(item.measure).label, href=where.link(measure=item.measure)), **current)]
    if item.measure in exploration.sensitive:
        shown += [" ", badge("Sensitive", title="From a column that is marked as sensitive")]
    return shown if item.clear else [*shown, html.Span("May be chance", className="sc-under sc-only-sm")]


def _ends(item: Association) -> str:
    rates = [group.rate for group in item.groups]
    return f"{percent(min(rates), 0)} to {percent(max(rates), 0)}"


def _certainty(item: Association) -> Component:
    return badge("Clear", "good", title=CLEAR_HELP) if item.clear else badge("May be chance", title=CLEAR_HELP)
