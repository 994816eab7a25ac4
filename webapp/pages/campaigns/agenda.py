"""Campaigns one under another: what phones show in place of tables."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html

from webapp.edge import View
from webapp.services.planning.campaigns import CampaignSummary
from webapp.ui.campaign_form import CHANNEL_WORDS, campaign_days
from webapp.ui.campaign_tags import campaign_link
from webapp.ui.components import aria
from webapp.ui.places import campaign_address
from webapp.ui.segments_ui import segment_name, status_badge


def agenda(view: View, campaigns: Sequence[CampaignSummary], label: str) -> html.Ul:
    """The campaigns in the order given; only there on a phone."""
    items = [_item(view, campaign) for campaign in campaigns]
    return html.Ul(items, className="sc-list sc-agenda sc-only-sm", **aria(label=label))


def _item(view: View, campaign: CampaignSummary) -> html.Li:
    link = campaign_link(campaign.name, campaign_address(view.actor.team_slug, view.dataset or "", campaign.id))
    marks = [segment_name(tag.slot, tag.segment_name, retired=tag.retired) for tag in campaign.tags] or [html.Span("No segment yet")]
    days = campaign_days(campaign)
    about = f"{days[:1].upper()}{days[1:]}, {CHANNEL_WORDS.get(campaign.channel, campaign.channel)}"
    words = html.Div([html.B(link), html.Span(about), html.Div(marks, className="sc-seg-list")], className="w")
    return html.Li([words, status_badge(campaign.status)])
