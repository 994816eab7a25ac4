"""Next best actions as a list: for each segment what to do, why, and the way to plan it."""

from __future__ import annotations

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from segmentation.describing.actions import Action, next_actions
from segmentation.palette import SegmentStyle
from webapp.edge import View
from webapp.services.access import Permission
from webapp.services.segmenting.segments import SegmentsOverview
from webapp.ui.components import Child, button, card, empty_state, hidden_text, segment_mark
from webapp.ui.format import currency_sign
from webapp.ui.places import plan_address, segment_address

MOST_SHOWN = 5


def actions_card(view: View, overview: SegmentsOverview) -> html.Section:
    """The actions that the version's evidence supports, of the most valuable segments first; says so where there are none."""
    if overview.version.verdict == "none":
        text = f"Version {overview.version.number} has no segments to speak of, so nothing is advised for them. Models has the reasons."
        return card("Next best actions", body=empty_state("signpost", "Nothing to build on", text))
    actions = next_actions(overview.profiles, currency=currency_sign(overview.currency) or None)
    if not actions:
        text = "No segment differs enough from the others to advise anything. That is an answer too."
        return card("Next best actions", body=empty_state("signpost", "Nothing stands out", text))
    sub = f"Suggested by version {overview.version.number}'s evidence; each says why."
    return card("Next best actions", sub, action_list(view, overview, actions[:MOST_SHOWN]), flush=True)


def action_list(view: View, overview: SegmentsOverview, actions: Sequence[Action]) -> html.Ul:
    """One line for each action, in the order given."""
    return html.Ul([action_item(view, overview.styles[action.cluster], action) for action in actions], className="sc-list sc-next-actions")


def action_item(view: View, style: SegmentStyle, action: Action) -> html.Li:
    """Mark, title and reason; a button that plans it, for those who may."""
    where = segment_address(view.actor.team_slug, view.dataset or "", style.key)
    words = html.Div([html.B(dcc.Link(action.called(style.name), href=where)), html.Span(action.reason)], className="w")
    return html.Li([segment_mark(style.slot), words, _plan_button(view, style, action)])


def _plan_button(view: View, style: SegmentStyle, action: Action) -> Component | None:
    if not action.plan or not view.actor.may(Permission.TAG):
        return None
    href = plan_address(view.actor.team_slug, view.dataset or "", segment=style.key, name=action.campaign(style.name))
    words: list[Child] = ["Plan", hidden_text(f": {action.called(style.name)}")]
    return button(words, href=href, small=True)
