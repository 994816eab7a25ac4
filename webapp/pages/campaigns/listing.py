"""The list of campaigns: a row each, sorted by the head that was pressed."""

from __future__ import annotations

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.campaigns.agenda import agenda
from webapp.pages.campaigns.filters import Asked, here
from webapp.services.planning.campaigns import CampaignSummary
from webapp.ui import format
from webapp.ui.campaign_form import CHANNEL_WORDS, campaign_days
from webapp.ui.campaign_tags import campaign_link
from webapp.ui.components import Child, button, card, empty_state, icon
from webapp.ui.places import campaign_address, campaigns_address
from webapp.ui.segments_ui import segment_name, status_badge
from webapp.ui.tables import Column, table


def campaign_list(view: View, shown: Sequence[CampaignSummary], wish: Asked) -> Component:
    """The campaigns that the filters leave, or the way back to all of them."""
    if not shown:
        every = button("See all campaigns", href=campaigns_address(view.actor.team_slug, view.dataset or ""))
        return card(body=empty_state("funnel", "No campaign fits these filters", "Choose others, or see them all.", every))
    rows = html.Div(table(columns(view, wish), shown, caption="Campaigns"), className="sc-hide-sm")
    return card(body=[rows, agenda(view, shown, "Campaigns")], flush=True)


def columns(view: View, wish: Asked) -> list[Column[CampaignSummary]]:
    def head(text: str, sort: str, cell: object, **look: object) -> Column[CampaignSummary]:
        order = {sort: "ascending", f"-{sort}": "descending"}.get(wish.sort, "")
        return Column(sort_link(view, text, sort, order), cell, order=order, **look)  # type: ignore[arg-type]

    def named(campaign: CampaignSummary) -> Child:
        return campaign_link(campaign.name, campaign_address(view.actor.team_slug, view.dataset or "", campaign.id))

    return [
        head("Campaign", "name", named),
        head("Channel", "channel", lambda campaign: CHANNEL_WORDS.get(campaign.channel, campaign.channel)),
        head("Dates", "dates", campaign_days),
        head("Status", "status", lambda campaign: status_badge(campaign.status)),
        Column("Segments", tagged_segments),
        head("Customers", "customers", lambda campaign: format.number(campaign.customers or None), numeric=True),
    ]


def sort_link(view: View, text: str, sort: str, order: str) -> dcc.Link:
    """The head of a column: sorts by it, and the other way round when it is pressed again."""
    arrow = {"ascending": [icon("arrow-up")], "descending": [icon("arrow-down")]}.get(order, [])
    return dcc.Link([text, *arrow], href=here(view, sort=f"-{sort}" if order == "ascending" else sort), className="sc-sort")


def tagged_segments(campaign: CampaignSummary) -> Child:
    """The segments of a campaign, each as mark and name."""
    if not campaign.tags:
        return html.Span("None yet", className="mute")
    return html.Div([segment_name(tag.slot, tag.segment_name, retired=tag.retired) for tag in campaign.tags], className="sc-seg-list")
