"""What can be tried: methods and seed, features with their weights, and an outcome as a guide."""

from __future__ import annotations

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from segmentation.clustering import ALGORITHMS
from segmentation.wording import upper_first
from webapp.edge import View
from webapp.pages.lab.ids import AT, FIELD, RUN, Ids, Run
from webapp.pages.lab.shown import Shown, active_sweep
from webapp.services.access import Permission
from webapp.services.data import feature_lists
from webapp.services.modelling import sweeps
from webapp.services.modelling.fit_requests import LARGEST_SEED, algorithm_name
from webapp.ui.components import Child, button, card, empty_state
from webapp.ui.feature_picker import feature_table
from webapp.ui.forms import field, number_input, select

GUIDE_TEXT = (
    "Tries many features and weights, and keeps those whose best segment holds most of the outcome. The outcome never becomes a "
    "feature, and what it gains is counted on customers who had no part in the choice. It takes a few minutes."
)


def field_name(name: str) -> dict[str, str]:
    return {"type": FIELD, "name": name}


def forms(view: View, shown: Shown) -> Component | None:
    """The forms for those who may start a comparison; before the first one its button alone is enough."""
    if not view.actor.may(Permission.RECLUSTER) or (shown.sweep is None and shown.report is None):
        return None
    busy = active_sweep(view) is not None
    return html.Div([methods_card(shown, busy=busy), outcome_card(view, busy=busy)], className="sc-above-each-other")


def methods_card(shown: Shown, *, busy: bool) -> Component:
    """Some methods, all of them at first, with a seed."""
    options = [{"value": name, "label": upper_first(algorithm_name(name))} for name in ALGORITHMS]
    body = [
        html.Fieldset(
            [
                html.Legend("Methods", className="form-label"),
                dbc.Checklist(id=field_name("methods"), options=options, value=list(ALGORITHMS)),
            ],
            className="sc-field",
        ),
        field(
            "Seed",
            number_input(field_name("seed"), value=shown.sweep.seed if shown.sweep else 0, low=0, high=LARGEST_SEED),
            help_text="The same customers, methods and seed give the same figures.",
        ),
        button("Compare these", id={"type": RUN, "what": Run.METHODS}, disabled=busy),
    ]
    return card("Compare methods", "With 2 to 8 segments, by the default features.", body)


def outcome_card(view: View, *, busy: bool) -> Component:
    """Which outcome may choose the features."""
    outcomes = sweeps.list_outcomes(view.session, view.actor, view.dataset or "")
    if not outcomes:
        text = "Give a column the role outcome when you import, such as whether somebody responded, and it can choose the features."
        return card("Guide by an outcome", body=empty_state("bullseye", "No outcome in this data", text))
    body = [
        html.P(GUIDE_TEXT, className="sc-guide"),
        field("Outcome", select(field_name("outcome"), outcomes, value=next(iter(outcomes)))),
        button("Let it choose", id={"type": RUN, "what": Run.OUTCOME}, disabled=busy),
    ]
    return card("Guide by an outcome", body=body)


def features_card(view: View, shown: Shown) -> Component | None:
    """Every possible feature with its weight, as the sweep that is shown had them."""
    may = view.actor.may(Permission.RECLUSTER)
    weights = weight_table(view, shown)
    if weights is None:
        return None
    sub = "Weights are votes: a feature with two counts twice as much. Sensitive ones are off unless you switch them on."
    actions: list[Child] = [
        button("Reset to the default", id=Ids.RESET, kind="ghost"),
        html.Span(button("Try these", id={"type": RUN, "what": Run.FEATURES}, kind="secondary"), className="end"),
    ]
    return card("What finds the segments", sub, html.Div(weights, id=Ids.WEIGHTS), foot=actions if may else None, flush=True)


def weight_table(view: View, shown: Shown | None) -> Component | None:
    """The table of weights; without `shown` those of the default recipe. None before the first import."""
    choices = feature_lists.list_feature_choices(view.session, view.actor, view.resources.store, view.dataset or "")
    if not choices:
        return None
    wish = None
    if shown is not None and shown.sweep is not None:
        guidance = shown.report.guidance if shown.report else None
        wish = dict(guidance.features) if guidance else shown.sweep.features
    return feature_table(choices, AT, wish=wish, editable=view.actor.may(Permission.RECLUSTER))
