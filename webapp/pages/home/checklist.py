"""From nothing to a tagged campaign: four steps, and one primary action at the step that is next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import dash_bootstrap_components as dbc
from dash import html

from webapp.edge import View
from webapp.services.access import Permission
from webapp.services.campaigns import CampaignSummary
from webapp.services.datasets import DatasetSummary
from webapp.services.segments import SegmentsOverview
from webapp.ui.components import Child, aria, button, card, icon
from webapp.ui.format import count, percent
from webapp.ui.places import campaigns_address, segment_address


@dataclass(frozen=True)
class Step:
    """One step: what it says when it is done or next, and the way to do it (None where the page itself holds that button)."""

    name: str
    done: bool
    note: str
    action: Child


def checklist(
    view: View, dataset: DatasetSummary | None, overview: SegmentsOverview | None, planned: Sequence[CampaignSummary]
) -> html.Section | None:
    """The steps with the next one lit; nothing when all are done."""
    steps = (
        _import_step(view, dataset),
        _segments_step(overview),
        _campaign_step(view, dataset, planned),
        _tag_step(view, overview, planned),
    )
    done = sum(step.done for step in steps)
    if done == len(steps):
        return None
    following = next(step for step in steps if not step.done)
    bar = html.Div(dbc.Progress(value=100 * done / len(steps)), className="sc-check-bar", **aria(hidden="true"))
    items = html.Ol([_item(step, is_next=step is following) for step in steps], className="sc-check")
    return card("Get to your first campaign", f"{done} of {len(steps)} done", [bar, items], flush=True)


def _item(step: Step, *, is_next: bool) -> html.Li:
    mark = icon("check-circle-fill", label="Done") if step.done else icon("circle", label="Next" if is_next else "To come")
    words: list[Child] = [html.B(step.name) if is_next else step.name, html.Span(step.note)]
    if is_next and step.action is not None:
        words.append(html.Div(step.action, className="sc-check-action"))
    return html.Li([mark, html.Div(words)], className="done" if step.done else "next" if is_next else "")


def _import_step(view: View, dataset: DatasetSummary | None) -> Step:
    if dataset and dataset.customers:
        return Step("Import customers", True, f"{count(dataset.customers, 'customer')} in snapshot {dataset.snapshot}", None)
    note = (
        "A CSV file with one row for each customer" if view.actor.may(Permission.IMPORT) else "An analyst or admin of your team can do that"
    )
    return Step("Import customers", False, note, None)


def _segments_step(overview: SegmentsOverview | None) -> Step:
    if overview is not None:
        return Step("Find segments", True, f"Version {overview.version.number}, {count(len(overview.styles), 'segment')}", None)
    return Step("Find segments", False, "The product tries 2 to 8 groups and says how sure it is", None)


def _campaign_step(view: View, dataset: DatasetSummary | None, planned: Sequence[CampaignSummary]) -> Step:
    if planned:
        return Step("Create a campaign", True, count(len(planned), "campaign"), None)
    action = None
    if dataset and view.actor.may(Permission.TAG):
        action = button("Create a campaign", href=campaigns_address(view.actor.team_slug, dataset.slug), kind="primary")
    return Step("Create a campaign", False, "A name, a channel and dates", action)


def _tag_step(view: View, overview: SegmentsOverview | None, planned: Sequence[CampaignSummary]) -> Step:
    tags = sum(len(campaign.tags) for campaign in planned)
    if tags:
        return Step("Tag it to a segment", True, count(tags, "tag"), None)
    start = _best_segment(overview)
    if overview is None or start is None:
        return Step("Tag it to a segment", False, "So that everybody knows whom the campaign is for", None)
    place, reason = start
    style = overview.styles[place]
    address = segment_address(view.actor.team_slug, view.dataset or "", style.key, tab="campaigns")
    action = button("Tag a segment", href=address, kind="primary") if view.actor.may(Permission.TAG) else None
    return Step("Tag it to a segment", False, f"{style.name} {reason}: start there.", action)


def _best_segment(overview: SegmentsOverview | None) -> tuple[int, str] | None:
    """The segment that answers most, or where nothing is known of answers the one that spends most; with the reason in words."""
    if overview is None or not overview.styles:
        return None
    segments = overview.profiles.segments
    places = range(len(segments))
    if all(segment.outcomes for segment in segments):
        best = max(places, key=lambda place: segments[place].outcomes[0].rate)
        return best, f"respond most ({percent(segments[best].outcomes[0].rate)})"
    if all(segment.value_share is not None for segment in segments):
        best = max(places, key=lambda place: segments[place].value_share or 0.0)
        return best, f"bring most of the spend ({percent(segments[best].value_share)})"
    return max(places, key=lambda place: segments[place].size), "are the largest group"
