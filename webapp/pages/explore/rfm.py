"""The tab RFM: scores by cut points that anybody can move, as a grid and as named groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from segmentation.exploring.rfm import LABELS, MOST_CUTS, NAMES, RfmName
from segmentation.exploring.rfm_summary import RfmGroup, RfmSummary, Tally, group_rule
from segmentation.plots.rfm import Shown, rfm_grid, score_words
from webapp.pages.explore.ids import CUT, Ids
from webapp.pages.explore.where import Where
from webapp.services.data.exploration import RfmChoice, RfmOutcome, RfmView
from webapp.ui.components import Child, aria, button, card, chip, empty_state, row
from webapp.ui.drawing import figure_text
from webapp.ui.exploring import Look, exploration_card
from webapp.ui.format import MISSING, count, money, number, percent
from webapp.ui.tables import Column, meter, table

MEANINGS: dict[RfmName, str] = {
    "recency": "Recency: the fewer days, the better",
    "frequency": "Frequency: the more orders, the better",
    "monetary": "Money: the more spend, the better",
}
BUYING = "The buying score is the mean of the scores for orders and spend, halves rounded up, or the one of them that the data has."
Member = tuple[RfmGroup, Tally]


def rfm_choice(where: Where) -> RfmChoice:
    """What the address asks of RFM; cut points stand in it with commas between them."""
    return RfmChoice({name: text.split(",") for name, text in where.cuts.items()}, where.outcome)


def rfm_tab(found: RfmView, where: Where, look: Look, currency: str | None) -> list[Child]:
    """Cut points beside the grid, named groups below."""
    shown: Shown = next((each for each in get_args(Shown) if each == where.shown), "customers")
    name = figure_text(found.outcome.label) if found.outcome else None
    options = look.options() | {"shown": shown, "outcome": name}
    grid = exploration_card("rfm-grid", rfm_grid, found.summary, foot=_unscored(found.summary), **options)
    return [
        html.Div([shown_chips(found, shown, where), rfm_outcomes(found, where)], className="sc-chips-rows"),
        row((7, grid), (5, cuts_card(found, where, look))),
        groups_card(found, currency),
    ]


def missing_measures(message: str, data_href: str | None) -> Component:
    """Which columns would do; `data_href` leads those who can import them to the page that does."""
    action = button("Go to Data", href=data_href, kind="primary") if data_href else None
    return empty_state("grid-3x3-gap", "RFM needs more columns", message, action)


def _unscored(summary: RfmSummary) -> Child:
    if not summary.unscored:
        return None
    return f"{count(summary.unscored, 'customer')} {'has' if summary.unscored == 1 else 'have'} no score: a value is not known."


def shown_chips(found: RfmView, shown: Shown, where: Where) -> Component:
    """What the grid's cells show."""
    words: dict[Shown, str] = {"customers": "Share of customers"}
    if found.summary.everyone.spend_mean is not None:
        words["spend"] = "Mean spend"
    if found.outcome is not None:
        words["outcome"] = f"Rate of “{found.outcome.label}”"
    links = [chip(text, href=where.link(show=None if key == "customers" else key), on=key == shown) for key, text in words.items()]
    return html.Nav(links, className="sc-chips", **aria(label="What the grid shows"))


def rfm_outcomes(found: RfmView, where: Where) -> Component | None:
    """Which outcome is rated, the latest first; nothing to choose where there is but one."""
    if len(found.outcomes) < 2:
        return None

    def link(outcome: RfmOutcome) -> Component:
        return chip(outcome.label, href=where.link(outcome=outcome.name), on=outcome == found.outcome)

    return html.Nav(
        [html.Span("Outcome", className="sc-muted"), *map(link, reversed(found.outcomes))], className="sc-chips", **aria(label="Outcome")
    )


def cuts_card(found: RfmView, where: Where, look: Look) -> Component:
    """Cut points to type, each with what the scores then stand for; viewers read what the usual ones stand for."""
    if not found.free:
        return usual_cuts(found, look)
    fields = [cuts_field(found, name, where, look) for name in found.there]
    usual: dict[str, None] = dict.fromkeys(NAMES)
    actions = html.Div(
        [button("Back to fifths", href=where.link(**usual), kind="ghost"), button("Apply", id=Ids.APPLY, type="submit", kind="primary")],
        className="sc-form-end sc-cut-actions",
    )
    form = dbc.Form([*fields, actions], id=Ids.CUTS, prevent_default_on_submit=True)
    sub = "Up to four rising cut points each; a value on a cut point is below it. They stand in the address, so a link shows the same."
    return card("Cut points" if found.summary.cuts != found.usual else "Cut points at fifths of the customers", sub, form)


def usual_cuts(found: RfmView, look: Look) -> Component:
    """What the scores stand for, by measure."""
    lines: list[Child] = [
        html.P([html.B(MEANINGS[name]), html.Span(cut_words(found, name, look), className="sc-under")]) for name in found.there
    ]
    return card("Cut points at fifths of the customers", "Choosing other cut points is for those who may see customers.", lines)


def cut_words(found: RfmView, name: RfmName, look: Look) -> str:
    return ", ".join(f"{score}: {text}" for score, text in score_words(found.summary, name, look.currency).items())


def cuts_field(found: RfmView, name: RfmName, where: Where, look: Look) -> Component:
    """Four inputs for one measure, the scores that they make, and what is wrong with them."""
    error = found.refused.get(name)
    typed = where.cuts[name].split(",") if error else [f"{cut:.12g}" for cut in found.summary.cuts.of(name)]
    values = [*typed, *[""] * MOST_CUTS][: max(MOST_CUTS, len(typed) if error else 0)]
    inputs = [_cut_input(name, place, value, invalid=error is not None) for place, value in enumerate(values[:MOST_CUTS])]
    words = cut_words(found, name, look)
    note = (
        html.Div(error, className="sc-field-error", role="alert", id=f"rfm-error-{name}")
        if error
        else html.Div(words, className="form-text")
    )
    legend = html.Legend(MEANINGS[name] if not error else f"{LABELS[name]}: not taken, fifths are used", className="form-label")
    return html.Fieldset([legend, html.Div(inputs, className="sc-cuts"), note], className="sc-field")


def _cut_input(name: RfmName, place: int, value: str, *, invalid: bool) -> Component:
    """`place` counts from 0. Numbers of any size and precision, which the service judges."""
    label = f"{LABELS[name]}, cut point {place + 1}"
    control: Component = dbc.Input(
        id={"type": CUT, "measure": name, "place": place},
        type="number",
        step="any",
        inputmode="decimal",
        value=value,
        invalid=invalid,
        autocomplete="off",
    )
    return html.Label([html.Span(label, className="visually-hidden"), control], className="sc-labelled")


def typed_address(where: Where, typed: Mapping[RfmName, Sequence[Any]]) -> str:
    """The search part of the address for cut points as somebody typed them; empty ones stand for the usual ones."""
    texts: dict[str, str | None] = {
        name: ",".join("" if value is None else str(value) for value in values).strip(",") or None for name, values in typed.items()
    }
    return where.link(**texts).partition("?")[2]


def groups_card(found: RfmView, currency: str | None) -> Component:
    """The named groups with their rules, and what each is worth."""
    summary = found.summary
    columns: list[Column[Member]] = [
        Column("Group", lambda item: _name(item[0], group_rule(item[0], found.there))),
        Column("Rule", lambda item: group_rule(item[0], found.there), wide=True, title=BUYING),
        Column("Customers", lambda item: _size(item[1]), numeric=True),
        Column("Share", lambda item: meter(item[1].share, percent(item[1].share)), wide=True),
    ]
    if summary.everyone.spend is not None:
        columns += [
            Column("Share of spend", lambda item: meter(item[1].spend_share or 0.0, percent(item[1].spend_share)), wide=True),
            Column("Mean spend", lambda item: money(item[1].spend_mean, currency), numeric=True, wide=True),
        ]
    if found.outcome is not None:
        columns.append(Column(found.outcome.label, lambda item: _rate(item[1]), numeric=True, title="Rate with its 95% interval (Wilson)"))
    return card(
        groups_title(summary),
        f"Every scored customer is in exactly one group. {BUYING}"
        if "recency" in found.there
        else "Every scored customer is in exactly one group.",
        table(columns, summary.groups, caption="RFM groups"),
        flush=True,
    )


def groups_title(summary: RfmSummary) -> str:
    """The group that brings most beyond its size; without spend, the largest."""
    if summary.everyone.spend:
        group, tally = max(summary.groups, key=lambda item: (item[1].spend_share or 0.0) - item[1].share)
        return f"{group.name}: {percent(tally.share)} of customers bring {percent(tally.spend_share)} of spend"
    group, tally = max(summary.groups, key=lambda item: item[1].customers)
    return f"{group.name} is the largest group: {percent(tally.share)} of customers"


def _name(group: RfmGroup, rule: str) -> list[Child]:
    """Its name with what that means; on a phone with its rule."""
    meaning, short = html.Span(group.meaning, className="sc-under sc-wrap sc-hide-sm"), html.Span(rule, className="sc-under sc-only-sm")
    return [html.B(group.name, className="sc-strong"), meaning, short]


def _size(tally: Tally) -> list[Child]:
    return [number(tally.customers), html.Span(percent(tally.share), className="sc-under sc-only-sm")]


def _rate(tally: Tally) -> Child:
    if tally.rate is None:
        return MISSING
    interval = html.Span(f"{percent(tally.low, 0)} to {percent(tally.high, 0)}", className="sc-under")
    return html.Div([html.B(percent(tally.rate), className="sc-strong"), interval], className="sc-rate")
