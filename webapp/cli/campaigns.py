"""Commands for campaigns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import click

from webapp.cli.answers import Report, reports, table
from webapp.cli.context import dataset_option, find_dataset, find_operator, open_workspace, team_option
from webapp.edge import unit_of_work
from webapp.models import CampaignStatus
from webapp.services.planning.campaigns import CHANNELS, CampaignSummary, create_campaign, list_campaigns, tag_segment

STATUSES = [str(status) for status in CampaignStatus if status != CampaignStatus.ARCHIVED]
DAY = click.DateTime(formats=["%Y-%m-%d"])
COLUMNS = {
    "name": "NAME",
    "status": "STATUS",
    "channel": "CHANNEL",
    "starts_on": "FIRST DAY",
    "ends_on": "LAST DAY",
    "customers": "CUSTOMERS",
    "segments": "SEGMENTS",
}


@click.group("campaign")
def campaign() -> None:
    """Planned actions and the segments they are for."""


@campaign.command("list")
@dataset_option
@click.option("--segment", metavar="KEY", help="Only those tagged to this segment.")
@team_option
@reports(lambda report: _list_in_words(report["campaigns"]))
def list_(dataset_name: str | None, segment: str | None, team_name: str | None) -> Report:
    """List the campaigns of a dataset, newest first."""
    with unit_of_work(open_workspace(), read_only=True) as session:
        actor = find_operator(session, team_name)
        dataset = find_dataset(session, actor, dataset_name).slug
        found = list_campaigns(session, actor, dataset, segment=segment)
        return {"dataset": dataset, "campaigns": [campaign_report(each) for each in found]}


@campaign.command("add")
@dataset_option
@click.option("--name", required=True, metavar="NAME", help="Unique in its dataset.")
@click.option("--channel", type=click.Choice(CHANNELS), default=CHANNELS[0], show_default=True)
@click.option("--status", type=click.Choice(STATUSES), default=STATUSES[0], show_default=True)
@click.option("--starts-on", type=DAY, metavar="DATE", help="The first day, such as 2026-12-01.")
@click.option("--ends-on", type=DAY, metavar="DATE", help="The last day.")
@click.option("--note", default="", help="What the team wants to remember of it.")
@click.option("--segment", "segments", multiple=True, metavar="KEY", help="A segment that it is for; may be given several times.")
@team_option
@reports(lambda report: f"{report['name']} is planned{_for_words(report['segments'])}.")
def add(
    dataset_name: str | None,
    name: str,
    channel: str,
    status: str,
    starts_on: datetime | None,
    ends_on: datetime | None,
    note: str,
    segments: tuple[str, ...],
    team_name: str | None,
) -> Report:
    """Plan a campaign, tagged to segments at once."""
    with unit_of_work(open_workspace()) as session:
        actor = find_operator(session, team_name)
        dataset = find_dataset(session, actor, dataset_name).slug
        days = {"starts_on": _day(starts_on), "ends_on": _day(ends_on)}
        fields = {"name": name, "channel": channel, "status": status, "note": note}
        return campaign_report(create_campaign(session, actor, dataset, segments=segments, **fields, **days))  # type: ignore[arg-type]


@campaign.command("tag")
@dataset_option
@click.option("--segment", required=True, metavar="KEY", help="The segment, by its key.")
@click.option("--campaign", "name", required=True, metavar="NAME", help="The campaign (created as a draft if it does not exist yet).")
@click.option(
    "--channel", type=click.Choice(CHANNELS), default=CHANNELS[0], show_default=True, help="Channel of a campaign that is created."
)
@team_option
@reports(lambda report: f"{report['campaign']} is tagged to {report['segment_name']}.")
def tag(dataset_name: str | None, segment: str, name: str, channel: str, team_name: str | None) -> Report:
    """Tie a campaign to a segment."""
    with unit_of_work(open_workspace()) as session:
        actor = find_operator(session, team_name)
        dataset = find_dataset(session, actor, dataset_name).slug
        known = {item.name: item.id for item in list_campaigns(session, actor, dataset)}
        chosen = (
            known.get(name.strip()) or create_campaign(session, actor, dataset, name=name, channel=channel, starts_on=None, ends_on=None).id
        )
        tagged = tag_segment(session, actor, dataset, chosen, segment)
    return {"campaign": name.strip(), "segment": tagged.segment_key, "segment_name": tagged.segment_name, "tag": tagged.id}


def campaign_report(found: CampaignSummary) -> dict[str, Any]:
    """A campaign as `list` and `add` print it."""
    return {
        "id": found.id,
        "name": found.name,
        "channel": found.channel,
        "status": found.status,
        "starts_on": found.starts_on,
        "ends_on": found.ends_on,
        "note": found.note,
        "customers": found.customers,
        "segments": [{"key": tag.segment_key, "name": tag.segment_name, "retired": tag.retired} for tag in found.tags],
        "created_by": found.created_by,
        "created_at": found.created_at,
    }


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _list_in_words(found: Sequence[dict[str, Any]]) -> str:
    if not found:
        return "There are no campaigns yet. `smartcart campaign add` plans one."
    return table([each | {"segments": ", ".join(segment["name"] for segment in each["segments"])} for each in found], COLUMNS)


def _for_words(segments: Sequence[dict[str, Any]]) -> str:
    return f" for {', '.join(segment['name'] for segment in segments)}" if segments else ""


COMMANDS = (campaign,)
