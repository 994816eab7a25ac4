"""Campaigns and their tags."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from webapp.api.fields import choice, day, text, texts
from webapp.api.operations import Call, Operation
from webapp.api.routes import json_body
from webapp.models import CampaignStatus
from webapp.services.access import Permission
from webapp.services.data.datasets import list_datasets, show_dataset
from webapp.services.data.names import LONGEST_NAME
from webapp.services.errors import Invalid, NotFound
from webapp.services.planning.campaigns import (
    CHANNELS,
    LONGEST_NOTE,
    CampaignSummary,
    create_campaign,
    list_campaigns,
    locate_campaign,
    tag_segment,
)


@dataclass(frozen=True)
class CampaignSegment:
    """A segment that a campaign is tagged to; the champion no longer has a `retired` one."""

    tag: str
    key: str
    name: str
    retired: bool
    customers: int


@dataclass(frozen=True)
class CampaignAnswer:
    """One campaign; `customers` are those of its segments together."""

    id: str
    dataset: str
    name: str
    channel: str
    status: str
    starts_on: date | None
    ends_on: date | None
    note: str
    customers: int
    segments: tuple[CampaignSegment, ...]
    created_by: str
    created_at: datetime


@dataclass(frozen=True)
class Campaigns:
    dataset: str
    campaigns: tuple[CampaignAnswer, ...]


@dataclass(frozen=True)
class TagAnswer:
    campaign: str
    segment: str
    segment_name: str
    tag: str


def get_campaigns(call: Call) -> Campaigns:
    dataset = the_dataset(call, call.query["dataset"])
    found = list_campaigns(call.session, call.actor, dataset, segment=call.query["segment"])
    return Campaigns(dataset, tuple(campaign_answer(dataset, campaign) for campaign in found))


def post_campaign(call: Call) -> CampaignAnswer:
    fields = dict(call.sent)
    dataset = the_dataset(call, fields.pop("dataset") or call.query["dataset"])
    return campaign_answer(dataset, create_campaign(call.session, call.actor, dataset, **fields))


def post_tag(call: Call) -> TagAnswer:
    campaign = call.parts["campaign"]
    dataset = locate_campaign(call.session, call.actor, campaign)
    tag = tag_segment(call.session, call.actor, dataset, campaign, call.sent["segment"])
    return TagAnswer(campaign, tag.segment_key, tag.segment_name, tag.id)


def the_dataset(call: Call, asked: str | None) -> str:
    """The dataset that was asked for, else the only one that the team has."""
    if asked is not None:
        return show_dataset(call.session, call.actor, asked).slug
    known = [dataset.slug for dataset in list_datasets(call.session, call.actor)]
    if len(known) > 1:
        raise Invalid(f"There are several datasets: {', '.join(known)}. Say which.", details={"field": "dataset"})
    if not known:
        raise NotFound("There is no dataset yet.")
    return known[0]


def campaign_answer(dataset: str, campaign: CampaignSummary) -> CampaignAnswer:
    """A campaign as programs see it."""
    return CampaignAnswer(
        id=campaign.id,
        dataset=dataset,
        name=campaign.name,
        channel=campaign.channel,
        status=campaign.status,
        starts_on=campaign.starts_on,
        ends_on=campaign.ends_on,
        note=campaign.note,
        customers=campaign.customers,
        segments=tuple(CampaignSegment(tag.id, tag.segment_key, tag.segment_name, tag.retired, tag.customers) for tag in campaign.tags),
        created_by=campaign.created_by,
        created_at=campaign.created_at,
    )


DATASET = text("A dataset by its name in addresses; may be left out where the team has one.", longest=64)
SEGMENT = text("A segment by its key.", longest=16)
CAMPAIGN = {
    "dataset": DATASET,
    "name": text("Unique in its dataset.", longest=LONGEST_NAME).needed(),
    "channel": choice("How it reaches customers.", CHANNELS).needed(),
    "status": choice("Where it stands.", [str(status) for status in CampaignStatus], default=str(CampaignStatus.DRAFT)),
    "starts_on": day("The first day."),
    "ends_on": day("The last day."),
    "note": replace(text("What the team wants to remember of it.", longest=LONGEST_NOTE), default=""),
    "segments": texts("Keys of the segments that it is for."),
}
OPERATIONS = (
    Operation(
        "list_campaigns",
        "GET",
        "/campaigns",
        "Campaigns, newest first",
        Permission.VIEW,
        get_campaigns,
        {"dataset": DATASET, "segment": SEGMENT},
    ),
    Operation(
        name="create_campaign",
        method="POST",
        path="/campaigns",
        summary="Plan a campaign, tagged to segments at once",
        needs=Permission.TAG,
        run=post_campaign,
        query={"dataset": DATASET},
        body=json_body(CAMPAIGN),
        writes=True,
        status=201,
    ),
    Operation(
        name="tag_campaign",
        method="POST",
        path="/campaigns/{campaign}/tags",
        summary="Tag a campaign to a segment; the same tag again is the tag that is there",
        needs=Permission.TAG,
        run=post_tag,
        body=json_body({"segment": SEGMENT.needed()}),
        writes=True,
    ),
)
