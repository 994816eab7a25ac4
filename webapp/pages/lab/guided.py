"""What an outcome chose: features, weights and number of segments, and honestly how much that gains."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from dash import html
from dash.development.base_component import Component

from segmentation.guiding.guidance import Guidance
from segmentation.guiding.lift import OutOfFold
from segmentation.plots import frontier_chart
from webapp.edge import View
from webapp.pages.lab.head import fit_button
from webapp.pages.lab.ids import Ids
from webapp.pages.lab.shown import Shown
from webapp.services.access import Permission
from webapp.services.data import feature_lists
from webapp.ui.charts import chart_or_error
from webapp.ui.components import Child, card, icon, row
from webapp.ui.drawing import figure_text, unescaped_words
from webapp.ui.feature_picker import weight_words
from webapp.ui.format import count, number, percent, times
from webapp.ui.theme import theme_of

HELP = "How many times as frequent the outcome is in the best segment as among all, counted on customers who had no part in the choice."


def guided_row(view: View, shown: Shown) -> Component | None:
    """The choice beside everything else that was tried; nothing where no outcome guided."""
    if shown.report is None or shown.report.guidance is None:
        return None
    guidance = shown.report.guidance
    choices = feature_lists.list_feature_choices(view.session, view.actor, view.resources.store, view.dataset or "")
    labels = {choice.name: choice.label for choice in choices}
    drawn = {name: figure_text(label) for name, label in labels.items()}
    draw = partial(frontier_chart, guidance, labels=drawn, theme=theme_of(view.display), narrow=view.display.narrow)
    return row((5, guidance_card(view, shown, guidance, labels)), (7, chart_or_error(Ids.FRONTIER, lambda: unescaped_words(draw()))))


def guidance_card(view: View, shown: Shown, guidance: Guidance, labels: Mapping[str, str]) -> Component:
    """Lifts beside each other, the features found, what speaks for and against, and Fit."""
    reasons = [
        html.Li(
            [
                icon("check-circle-fill", tone="ok", label="For")
                if each.good
                else icon("exclamation-triangle-fill", tone="wn", label="Against"),
                each.text,
            ]
        )
        for each in guidance.reasons
    ]
    features = [
        html.Li([html.Span(labels.get(name, name)), html.Span(weight_words(weight), className="num")])
        for name, weight in guidance.features.items()
    ]
    body: list[Child] = [
        lift_table(guidance),
        html.H3("Features that it chose", className="sc-sub"),
        html.Ul(features, className="sc-votes"),
        html.H3("What to make of it", className="sc-sub"),
        html.Ul(reasons, className="sc-reasons"),
    ]
    fit = fit_button(shown, *shown.found_key, text="Fit this", at="guided") if view.actor.may(Permission.RECLUSTER) else None
    sub = f"{count(guidance.rows, 'customer')} with a known outcome, {count(guidance.tried, 'combination')} tried."
    return card(guidance_title(guidance), sub, body, foot=fit)


def guidance_title(guidance: Guidance) -> str:
    """The honest lift, and whether it is clearly more than that of segments found without a look at the outcome."""
    gain, error = guidance.gain
    if gain > 2 * error:
        return f"Guided by the outcome: lift {times(guidance.lift.lift)}, more than the {times(guidance.blind_lift.lift)} without"
    if gain < -2 * error:
        return f"Guided by the outcome: lift {times(guidance.lift.lift)}, less than the {times(guidance.blind_lift.lift)} without"
    return f"Guided by the outcome: lift {times(guidance.lift.lift)}, no clear gain over the {times(guidance.blind_lift.lift)} without"


def lift_table(guidance: Guidance) -> Component:
    """Honest lifts with their standard errors: guided, blind, and what everybody has for free."""
    rows: list[tuple[str, OutOfFold]] = [
        (f"Guided, {guidance.k} segments", guidance.lift),
        (f"Default features, {guidance.blind_k} segments", guidance.blind_lift),
    ]
    if guidance.spend_lift is not None:
        rows.append(("Quarters by spend", guidance.spend_lift))
    body = [
        html.Tr(
            [
                html.Th(words, scope="row"),
                html.Td([html.B(times(lift.lift, 2)), f" ± {number(lift.error, 2)}"], className="num"),
                html.Td(percent(lift.best_share), className="num"),
            ]
        )
        for words, lift in rows
    ]
    head = html.Tr(
        [
            html.Th("Found", scope="col"),
            html.Th("Lift", scope="col", className="num", title=HELP),
            html.Th("In it", scope="col", className="num", title="Share of customers in the best segment"),
        ]
    )
    caption = html.Caption("Lift of the best segment, out of fold", className="visually-hidden")
    return html.Table([caption, html.Thead(head), html.Tbody(body)], className="sc-table dense sc-lifts")
