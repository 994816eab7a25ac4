"""Which campaigns a segment is tagged for, in one small badge for every place where a segment stands; and a campaign's name as a link."""

from __future__ import annotations

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from webapp.services.planning.campaigns import CampaignSummary
from webapp.ui import format
from webapp.ui.campaign_form import STATUS_WORDS
from webapp.ui.components import Child, hidden_text, icon

MOST_NAMED = 6
"""Names that fit the text on hover."""


def campaign_tags(campaigns: Sequence[CampaignSummary], *, href: str | None = None, short: bool = False) -> Component | None:
    """How many of `campaigns` are still to reach the segment, else how many did; their names on hover and for screen readers.

    A link where `href` is given (a segment's Campaigns tab); `short` shows the number alone. Nothing where there is none; archived ones
    do not count.
    """
    live = [campaign for campaign in campaigns if campaign.live]
    shown = live or [campaign for campaign in campaigns if campaign.status == "done"]
    if not shown:
        return None
    names = tag_names(shown)
    number, word = format.number(len(shown)), f"{' campaign' if len(shown) == 1 else ' campaigns'}{'' if live else ' done'}"
    parts: list[Child] = [icon("megaphone"), *([number, hidden_text(word)] if short else [number + word]), hidden_text(f": {names}")]
    title = f"{number}{word}: {names}"
    if href is None:
        return html.Span(parts, className="sc-badge sc-tags", title=title)
    return dcc.Link(parts, href=href, className="sc-badge sc-tags", title=title)


def tag_names(campaigns: Sequence[CampaignSummary]) -> str:
    """`Spring mail (running), Post card (draft)`, and how many more there are."""
    named = [f"{campaign.name} ({STATUS_WORDS.get(campaign.status, campaign.status).lower()})" for campaign in campaigns[:MOST_NAMED]]
    rest = len(campaigns) - len(named)
    return ", ".join(named) + (f" and {rest} more" if rest else "")


def campaign_link(name: str, href: str) -> dcc.Link:
    """A campaign's name, whichever way its script runs."""
    return dcc.Link(html.Bdi(name), href=href)
