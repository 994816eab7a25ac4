"""The segments that a campaign is for, how many customers that makes, and the way to add one."""

from __future__ import annotations

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.campaign.details import read_campaign_row
from webapp.pages.campaign.ids import UNTAG, Ids
from webapp.services.access import Permission
from webapp.services.planning.campaigns import CampaignSummary, TagSummary
from webapp.services.segmenting import segments
from webapp.services.segmenting.segments import SegmentsOverview
from webapp.ui import format
from webapp.ui.components import Child, button, card, empty_state
from webapp.ui.forms import labelled, select
from webapp.ui.places import customers_csv_address, segment_address, segments_address
from webapp.ui.segments_ui import segment_name
from webapp.ui.tables import Column, table
from webapp.ui.untag import untag_button


def show_segments(view: View) -> Component:
    """The segments that the campaign is tied to, and a way to add one."""
    campaign = read_campaign_row(view)
    overview = segments.show_segments(view.session, view.actor, view.dataset or "")
    body: list[Child] = [
        table(tag_columns(view, campaign), campaign.tags, caption="Segments of this campaign")
        if campaign.tags
        else no_segment(view, overview)
    ]
    foot = add_segment(campaign, overview) if overview and view.actor.may(Permission.TAG) else None
    return card("Segments", reach_words(campaign), body, foot=foot, flush=True)


def reach_words(campaign: CampaignSummary) -> str:
    """How many customers it reaches; nobody is in two segments of one version."""
    live = [tag for tag in campaign.tags if not tag.retired]
    if not live:
        return "Whom this campaign is for. A tag stays with its segment across versions."
    who = f"Reaches {format.count(campaign.customers, 'customer')} in {format.count(len(live), 'segment')}"
    return (
        f"{who}, nobody twice. Tags stay with their segments across versions."
        if len(live) > 1
        else f"{who}. Its tag stays with it across versions."
    )


def no_segment(view: View, overview: SegmentsOverview | None) -> Component:
    """What to do next: choose a segment, or find segments first."""
    if overview is None:
        see = button("Go to Segments", href=segments_address(view.actor.team_slug, view.dataset or ""))
        return empty_state("grid-1x2", "There are no segments yet", "Once they are found, a campaign can be tied to them.", see)
    text = "Choose a segment below." if view.actor.may(Permission.TAG) else "Marketers, analysts and admins can choose one."
    return empty_state("tag", "For nobody yet", f"A campaign is for the segments that it is tagged to. {text}")


def tag_columns(view: View, campaign: CampaignSummary) -> list[Column[TagSummary]]:
    team, dataset = view.actor.team_slug, view.dataset or ""

    def name(tag: TagSummary) -> list[Child]:
        href = None if tag.retired else segment_address(team, dataset, tag.segment_key)
        return [segment_name(tag.slot, tag.segment_name, href, retired=tag.retired), *retirement(view, campaign, tag)]

    def export(tag: TagSummary) -> Child:
        address = customers_csv_address(team, dataset, tag.segment_key)
        return None if tag.retired else button("Export CSV", href=address, icon_name="download", kind="ghost", small=True, download="")

    columns: list[Column[TagSummary]] = [
        Column("Segment", name),
        Column("Customers", lambda tag: format.number(None if tag.retired else tag.customers), numeric=True, wide=True),
        Column("Tagged", lambda tag: html.Span(format.day(tag.created_at), title=f"by {format.by(tag.created_by)}"), wide=True),
    ]
    if view.actor.may(Permission.EXPORT):
        columns.append(Column("Export", export, hide_head=True, wide=True))
    if view.actor.may(Permission.TAG):
        columns.append(Column("Remove", lambda tag: untag_button(UNTAG, tag, campaign.name), hide_head=True))
    return columns


def retirement(view: View, campaign: CampaignSummary, tag: TagSummary) -> list[Child]:
    """Under a retired segment: since when, where its customers are now, and an offer to tag that; nothing is tagged by itself."""
    if tag.retired_with is None:
        return []
    names = [each.name for each in tag.successors]
    where = f" Its customers are now mostly in {format.listing(names)}." if names else ""
    words: list[Child] = [html.P(f"Retired with version {tag.retired_with}.{where}", className="sc-under")]
    offered = [each for each in tag.successors if not campaign.reaches(each.key)] if view.actor.may(Permission.TAG) else []
    return words + [
        button(f"Tag {each.name}", id={"type": Ids.SUCCESSOR, "key": each.key, "tag": tag.id}, icon_name="tag", small=True)
        for each in offered
    ]


def add_segment(campaign: CampaignSummary, overview: SegmentsOverview) -> html.Span | dbc.Form:
    """Chooses among the segments that the campaign is not tied to."""
    names = {style.key: style.name for style in overview.styles if not campaign.reaches(style.key)}
    if not names:
        return html.Span("This campaign is tied to every segment.")
    choice = labelled("Segment to add", select(Ids.CHOICE, names, value=next(iter(names))))
    return dbc.Form(
        [choice, button("Tag segment", icon_name="tag", type="submit")],
        id=Ids.ADD,
        prevent_default_on_submit=True,
        class_name="sc-inline-form",
    )
