"""The Campaigns tab, and the dialog that ties a campaign to the segment: one that is there, or one made on the spot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html, no_update
from dash.development.base_component import Component

from segmentation.palette import SegmentStyle
from webapp.edge import View
from webapp.pages.segment.head import tag_button
from webapp.pages.segment.ids import UNTAG, Ids
from webapp.services.access import Permission
from webapp.services.errors import Invalid
from webapp.services.planning import campaigns
from webapp.services.planning.campaigns import CampaignSummary, TagSummary
from webapp.services.segmenting import segments
from webapp.services.segmenting.segments import SegmentDetail
from webapp.ui import format
from webapp.ui.campaign_form import CHANNEL_WORDS, FIELDS, campaign_days, campaign_fields, field_id, form_field, read_campaign, refusals
from webapp.ui.campaign_tags import campaign_link
from webapp.ui.components import Child, button, card, empty_state, hidden_text
from webapp.ui.forms import dialog, select
from webapp.ui.notices import notify
from webapp.ui.places import campaign_address, campaigns_address
from webapp.ui.segments_ui import asked_version, segment_name, status_badge
from webapp.ui.tables import Column, table
from webapp.ui.untag import untag_button

FORM = "tag"
TAG_FIELDS = ("campaign", *FIELDS)
EXISTING, NEW = "existing", "new"


def campaigns_tab(view: View, detail: SegmentDetail) -> list[Child]:
    """The campaigns that are tied to this segment, or how to tie the first."""
    if not detail.campaigns:
        return [card(body=no_campaign(view))]
    known = sorted(detail.campaigns, key=lambda campaign: not campaign.live)
    body = table(campaign_columns(view, detail), known, caption=f"Campaigns of {detail.style.name}")
    calendar = campaigns_address(view.actor.team_slug, view.dataset or "", tab="calendar", segment=detail.style.key)
    foot = dcc.Link("See them in the calendar", href=calendar, className="end")
    return [card("Campaigns", campaigns_sentence(detail), body, foot=foot, flush=True)]


def campaigns_sentence(detail: SegmentDetail) -> str:
    """How many are still to reach these customers; what a tag does."""
    live = sum(campaign.live for campaign in detail.campaigns)
    rest = len(detail.campaigns) - live
    parts = [f"{format.count(live, 'campaign')} still to come or running"] if live else []
    parts += [f"{format.number(rest)} done or archived"] if rest else []
    return f"{format.listing(parts)}. Tags follow the segment across versions."


def no_campaign(view: View) -> Component:
    """What a tag is for, and the button that makes one."""
    text = "A tag ties a campaign to these customers. It stays with the segment when a later version finds it again."
    if not view.actor.may(Permission.TAG):
        return empty_state("megaphone", "No campaign yet", f"{text} Marketers, analysts and admins can add one.")
    return empty_state("megaphone", "No campaign yet", text, tag_button("empty"))


def campaign_columns(view: View, detail: SegmentDetail) -> list[Column[CampaignSummary]]:
    team, dataset = view.actor.team_slug, view.dataset or ""

    def own_tag(campaign: CampaignSummary) -> TagSummary:
        return campaign.tag_of(detail.style.key)

    def name(campaign: CampaignSummary) -> list[Child]:
        return [*named(campaign, campaign_address(team, dataset, campaign.id)), inherited(detail, own_tag(campaign))]

    columns: list[Column[CampaignSummary]] = [
        Column(
            "Campaign",
            lambda campaign: [*named(campaign, campaign_address(team, dataset, campaign.id)), inherited(detail, own_tag(campaign))],
        ),
        Column("Channel", lambda campaign: CHANNEL_WORDS.get(campaign.channel, campaign.channel), wide=True),
        Column("Dates", campaign_days, wide=True),
        Column("Status", lambda campaign: status_badge(campaign.status)),
        Column(
            "Tagged", lambda campaign: f"{format.day(own_tag(campaign).created_at)} by {format.by(own_tag(campaign).created_by)}", wide=True
        ),
    ]
    if view.actor.may(Permission.TAG):
        columns.append(Column("Remove", lambda campaign: untag_button(UNTAG, own_tag(campaign), campaign.name), hide_head=True))
    return columns


def inherited(detail: SegmentDetail, tag: TagSummary) -> Component | None:
    """Says that a tag is of a segment that was merged into this one."""
    if tag.segment_key == detail.style.key:
        return None
    return html.Span(f"from {tag.segment_name}, merged into this with version {tag.retired_with}", className="sc-under")


def named(campaign: CampaignSummary, href: str) -> list[Child]:
    """The name; on a phone with what its hidden columns would say."""
    under = f"{CHANNEL_WORDS.get(campaign.channel, campaign.channel)}, {campaign_days(campaign)}"
    return [campaign_link(campaign.name, href), html.Span(under, className="sc-under sc-only-sm")]


def tag_dialog() -> dbc.Modal:
    """Empty until it is opened, since its choices are read then."""
    confirm = button("Tag the campaign", kind="primary", type="submit", form=Ids.TAG_FORM)
    return dialog(
        Ids.TAG_DIALOG, "Tag a campaign", dbc.Form(id=Ids.TAG_FORM, prevent_default_on_submit=True), confirm, cancel_id=Ids.TAG_CANCEL
    )


def tag_form(style: SegmentStyle, choices: Sequence[CampaignSummary]) -> list[Child]:
    """For which segment; an existing campaign by default, or straight to a new one where there is none to choose."""
    how = dbc.RadioItems(
        id=Ids.TAG_HOW,
        options=[
            {"value": EXISTING, "label": "An existing campaign", "disabled": not choices},
            {"value": NEW, "label": "A new campaign"},
        ],
        value=EXISTING if choices else NEW,
        inline=True,
        class_name="sc-tag-how",
    )
    # Nothing is chosen beforehand: the newest campaign is seldom the one that is meant.
    names = {"": "Choose a campaign", **{campaign.id: campaign.name for campaign in choices}}
    chooser = form_field(FORM, "campaign", "Campaign", select(field_id(FORM, "campaign"), names, value=""))
    chosen = html.Fieldset([html.Legend(hidden_text("Which campaign")), how])
    return [
        html.P(["For ", segment_name(style.slot, style.name)]),
        chosen,
        html.Div(chooser, className="sc-tag-existing"),
        html.Div(campaign_fields(FORM), className="sc-tag-new"),
    ]


def open_tag_dialog(view: View, pressed: Any) -> tuple[Any, Any]:
    """Open the dialog with the campaigns that are not tied to this segment yet."""
    if pressed is None:
        return no_update, no_update
    known = campaigns.list_campaigns(view.session, view.actor, view.dataset or "")
    choices = [
        campaign for campaign in known if campaign.status != "archived" and all(tag.segment_key != view.item for tag in campaign.tags)
    ]
    style = segments.show_segment(view.session, view.actor, view.dataset or "", view.item or "", version=asked_version(view.query)).style
    return True, tag_form(style, choices)


def tag_campaign(view: View, submitted: int | None, how: str | None, values: Sequence[Any]) -> tuple[Any, ...]:
    """Tie the chosen or newly made campaign to the segment; a refusal stays in the dialog, at its field."""
    if not submitted:
        return no_update, [no_update] * len(values), [no_update] * len(values), no_update
    try:
        campaign = chosen_campaign(view, how, values)
    except Invalid as refusal:
        return no_update, *refusals(refusal, TAG_FIELDS), no_update
    tag = campaigns.tag_segment(view.session, view.actor, view.dataset or "", campaign.id, view.item or "")
    link = ("See the campaign", campaign_address(view.actor.team_slug, view.dataset or "", campaign.id))
    notify(f"{campaign.name} is tagged to {tag.segment_name}.", "good", link=link)
    return False, *refusals(None, TAG_FIELDS), tag.id


def chosen_campaign(view: View, how: str | None, values: Sequence[Any]) -> CampaignSummary:
    """The campaign that the form names, made where it is new; Invalid names the field that cannot be taken."""
    existing, *typed = values
    if how == NEW:
        return campaigns.create_campaign(view.session, view.actor, view.dataset or "", **read_campaign(typed).values())
    if not existing:
        raise Invalid("Choose a campaign, or make a new one.", details={"field": "campaign"})
    return campaigns.show_campaign(view.session, view.actor, view.dataset or "", str(existing))
