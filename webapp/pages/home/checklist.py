"""From nothing to a tagged campaign: five steps, the next one lit with the way to do it, and how long the rest takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import dash_bootstrap_components as dbc
from dash import dcc, html

from segmentation.describing.actions import next_actions
from webapp.edge import View
from webapp.pages.home.ids import PUT_AWAY, STEPS_AWAY
from webapp.services.access import Permission
from webapp.services.data.datasets import DatasetSummary
from webapp.services.planning.campaigns import CampaignSummary
from webapp.services.segmenting.segments import SegmentsOverview
from webapp.ui.components import Child, aria, button, card, icon, icon_button
from webapp.ui.format import count, percent
from webapp.ui.places import plan_address, segment_address

TITLE = "Get to your first campaign"


@dataclass(frozen=True)
class Step:
    """One step: what it says when it is done or next, the minutes that it takes, and the way to do it (None: the page holds it)."""

    name: str
    done: bool
    note: str
    minutes: float
    action: Child = None


@dataclass(frozen=True)
class Start:
    """The segment to begin with, why, and what its first campaign could be called."""

    place: int
    reason: str
    campaign: str


def checklist(
    view: View, dataset: DatasetSummary | None, overview: SegmentsOverview | None, planned: Sequence[CampaignSummary]
) -> html.Section | None:
    """The steps with the next one lit. Nothing when all are done or somebody put them away, unless the address asks for them."""
    start = _start(overview)
    steps = (*_customer_steps(view, dataset), _segments_step(overview), *_tagging_steps(view, overview, start, planned))
    done = sum(step.done for step in steps)
    if view.query.get("steps") != "1" and (done == len(steps) or view.display.steps_away):
        return None
    following = next((step for step in steps if not step.done), None)
    bar = html.Div(dbc.Progress(value=100 * done / len(steps)), className="sc-check-bar", **aria(hidden="true"))
    items = html.Ol([_item(step, is_next=step is following) for step in steps], className="sc-check")
    close = icon_button("x-lg", "Put the first steps away", id={"type": PUT_AWAY, "at": "home"}, className="btn-sm")
    away = dcc.Store(id={"type": STEPS_AWAY, "at": "home"})
    return card(TITLE, f"{done} of {len(steps)} done{_time_left(steps)}", [bar, items], tools=[close, away], flush=True)


def _time_left(steps: Sequence[Step]) -> str:
    left = sum(step.minutes for step in steps if not step.done)
    if not left:
        return ""
    return ", about a minute left" if left <= 1 else f", about {count(round(left), 'minute')} left"


def _item(step: Step, *, is_next: bool) -> html.Li:
    mark = icon("check-circle-fill", label="Done") if step.done else icon("circle", label="Next" if is_next else "To come")
    words: list[Child] = [html.B(step.name) if is_next else step.name, html.Span(step.note)]
    if is_next and step.action is not None:
        words.append(html.Div(step.action, className="sc-check-action"))
    return html.Li([mark, html.Div(words)], className="done" if step.done else "next" if is_next else "")


def _customer_steps(view: View, dataset: DatasetSummary | None) -> tuple[Step, Step]:
    """Customers, and what their columns mean: both are done with the first import."""
    if dataset and dataset.customers:
        bring = Step("Bring customers", True, f"{count(dataset.customers, 'customer')} in snapshot {dataset.snapshot}", 1)
        return bring, Step("Confirm what each column means", True, "Done with the import", 0.5)
    ours = view.actor.may(Permission.IMPORT)
    note = "A customer file, or the sample" if ours else "An analyst or admin of your team can do that"
    return Step("Bring customers", False, note, 1), Step(
        "Confirm what each column means", False, "We guess; you correct what is wrong", 0.5
    )


def _segments_step(overview: SegmentsOverview | None) -> Step:
    if overview is not None:
        return Step("Find segments", True, f"Version {overview.version.number}, {count(len(overview.styles), 'segment')}", 0.5)
    return Step("Find segments", False, "The product tries 2 to 8 groups and says how sure it is", 0.5)


def _tagging_steps(
    view: View, overview: SegmentsOverview | None, start: Start | None, planned: Sequence[CampaignSummary]
) -> tuple[Step, Step]:
    """Look at a segment (done where this browser has seen one, or the next step is), then a campaign for it in one go."""
    tags = sum(len(campaign.tags) for campaign in planned)
    looked = tags > 0 or view.display.looked_at == f"{view.actor.team_slug}/{view.dataset}"
    if overview is None or start is None:
        return Step("Look at a segment", False, "Who they are, and how sure that is", 0.5), _plan_step(tags, "It is ready to be saved")
    style, team, dataset = overview.styles[start.place], view.actor.team_slug, view.dataset or ""
    look = button("Look at it", href=segment_address(team, dataset, style.key), kind="primary")
    seen = Step("Look at a segment", looked, f"{style.name} {start.reason}: start there.", 0.5, look)
    if not view.actor.may(Permission.TAG):
        return seen, _plan_step(tags, "A marketer of your team can do that")
    plan = button("Plan the campaign", href=plan_address(team, dataset, segment=style.key, name=start.campaign), kind="primary")
    return seen, _plan_step(tags, f"For {style.name}; everything is filled in for you", plan)


def _plan_step(tags: int, note: str, action: Child = None) -> Step:
    return Step("Create a campaign and tag it", tags > 0, count(tags, "tag") if tags else note, 0.5, action)


def _start(overview: SegmentsOverview | None) -> Start | None:
    """The first advised campaign's segment; else the one that answers most, spends most or is largest."""
    if overview is None or not overview.styles:
        return None
    place, reason = _best_segment(overview)
    named = {action.cluster: action.campaign(overview.styles[action.cluster].name) for action in next_actions(overview.profiles)}
    return Start(place, reason, named.get(place) or f"{overview.styles[place].name[:100]}: first campaign")


def _best_segment(overview: SegmentsOverview) -> tuple[int, str]:
    """The segment that answers most, or where nothing is known of answers the one that spends most; with the reason in words."""
    segments = overview.profiles.segments
    places = range(len(segments))
    if all(segment.outcomes for segment in segments):
        best = max(places, key=lambda place: segments[place].outcomes[0].rate)
        return best, f"respond most ({percent(segments[best].outcomes[0].rate)})"
    if all(segment.value_share is not None for segment in segments):
        best = max(places, key=lambda place: segments[place].value_share or 0.0)
        return best, f"bring most of the spend ({percent(segments[best].value_share)})"
    return max(places, key=lambda place: segments[place].size), "are the largest group"
