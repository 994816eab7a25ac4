"""Commands for campaigns."""

from __future__ import annotations

import click

from webapp.cli.answers import Report, reports
from webapp.cli.context import dataset_option, find_dataset, find_operator, open_workspace, team_option
from webapp.edge import unit_of_work
from webapp.services.campaigns import CHANNELS, create_campaign, list_campaigns, tag_segment


@click.group("campaign")
def campaign() -> None:
    """Planned actions and the segments they are for."""


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


COMMANDS = (campaign,)
