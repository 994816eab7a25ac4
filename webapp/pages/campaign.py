"""Campaign: one planned action, its details, and the segments it is for."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.services import campaigns, segments
from webapp.services.access import Permission
from webapp.services.campaigns import CampaignSummary, TagSummary
from webapp.services.errors import Invalid
from webapp.services.segments import SegmentsOverview
from webapp.ui import format
from webapp.ui.campaign_form import (
    CHANNEL_WORDS,
    STATUS_WORDS,
    campaign_days,
    campaign_fields,
    field_refusals,
    field_values,
    read_campaign,
    refusals,
)
from webapp.ui.components import Child, button, card, empty_state, page_head, row, skeleton
from webapp.ui.forms import labelled, select
from webapp.ui.notices import notify
from webapp.ui.page import Page
from webapp.ui.places import Place, campaigns_address, customers_csv_address, segment_address, segments_address
from webapp.ui.segments_ui import segment_name, status_badge
from webapp.ui.tables import Column, table
from webapp.ui.untag import register_untag, untag_button, untag_dialog

FORM = "campaign"
UNTAG = "campaign"
"""Which of the product's lists of tags this page's is."""


class Ids(StrEnum):
    HEAD = "campaign-head"
    DETAILS = "campaign-details"
    SEGMENTS = "campaign-segments"
    CHANGED = "campaign-changed"
    FORM = "campaign-form"
    ARCHIVE = "campaign-archive"
    ADD = "campaign-add"
    CHOICE = "campaign-choice"


def layout(_place: Place) -> Component:
    """The page in its final shape, still waiting; its dialog is closed."""
    cards = row((5, html.Div(skeleton(360), id=Ids.DETAILS)), (7, html.Div(skeleton(360), id=Ids.SEGMENTS)))
    return html.Div(
        [html.Div(page_head("Campaign", "Reading the campaign…"), id=Ids.HEAD), cards, dcc.Store(id=Ids.CHANGED), untag_dialog(UNTAG)]
    )


def read_campaign_row(view: View) -> CampaignSummary:
    """The campaign in the address; NotFound where the dataset has none such."""
    return campaigns.show_campaign(view.session, view.actor, view.dataset or "", view.item or "")


def show_head(view: View) -> Component:
    """Name, channel, dates and status; what can be done with the whole of it."""
    campaign = read_campaign_row(view)
    sub: list[Child] = [
        f"{CHANNEL_WORDS.get(campaign.channel, campaign.channel)}, {campaign_days(campaign)} ",
        status_badge(campaign.status),
    ]
    archive = None
    if view.actor.may(Permission.TAG) and campaign.status != "archived":
        archive = button("Archive", id=Ids.ARCHIVE, icon_name="archive")
    crumbs = [("Campaigns", campaigns_address(view.actor.team_slug, view.dataset or "")), (campaign.name, None)]
    return page_head(campaign.name, sub, [archive], crumbs=crumbs)


def show_details(view: View) -> Component:
    """The details as a form, or as text for a role that cannot change them."""
    campaign = read_campaign_row(view)
    made = f"Created {format.day(campaign.created_at)} by {format.by(campaign.created_by)}."
    if not view.actor.may(Permission.TAG):
        return card("Details", made, details_list(campaign))
    save = html.Div(button("Save changes", kind="primary", type="submit"), className="sc-form-end")
    return card("Details", made, dbc.Form([campaign_fields(FORM, campaign), save], id=Ids.FORM, prevent_default_on_submit=True))


def details_list(campaign: CampaignSummary) -> Component:
    shown = {
        "Name": campaign.name,
        "Channel": CHANNEL_WORDS.get(campaign.channel, campaign.channel),
        "Dates": campaign_days(campaign),
        "Status": STATUS_WORDS.get(campaign.status, campaign.status),
    }
    return html.Dl([part for label, value in shown.items() for part in (html.Dt(label), html.Dd(value))], className="sc-facts-list")


def show_segments(view: View) -> Component:
    """The segments that the campaign is tied to, and a way to add one."""
    campaign = read_campaign_row(view)
    overview = segments.show_segments(view.session, view.actor, view.dataset or "")
    body: list[Child] = [
        table(tag_columns(view, campaign, overview), campaign.tags, caption="Segments of this campaign")
        if campaign.tags
        else no_segment(view, overview)
    ]
    foot = add_segment(campaign, overview) if overview and view.actor.may(Permission.TAG) else None
    return card("Segments", "Whom this campaign is for. A tag stays with its segment across versions.", body, foot=foot, flush=True)


def no_segment(view: View, overview: SegmentsOverview | None) -> Component:
    """What to do next: choose a segment, or find segments first."""
    if overview is None:
        see = button("Go to Segments", href=segments_address(view.actor.team_slug, view.dataset or ""))
        return empty_state("grid-1x2", "There are no segments yet", "Once they are found, a campaign can be tied to them.", see)
    text = "Choose a segment below." if view.actor.may(Permission.TAG) else "Marketers, analysts and admins can choose one."
    return empty_state("tag", "For nobody yet", f"A campaign is for the segments that it is tagged to. {text}")


def tag_columns(view: View, campaign: CampaignSummary, overview: SegmentsOverview | None) -> list[Column[TagSummary]]:
    sizes = (
        {style.key: profile.size for style, profile in zip(overview.styles, overview.profiles.segments, strict=True)} if overview else {}
    )
    team, dataset = view.actor.team_slug, view.dataset or ""

    def name(tag: TagSummary) -> Child:
        return segment_name(
            tag.slot, tag.segment_name, None if tag.retired else segment_address(team, dataset, tag.segment_key), retired=tag.retired
        )

    def export(tag: TagSummary) -> Child:
        address = customers_csv_address(team, dataset, tag.segment_key)
        return None if tag.retired else button("Export CSV", href=address, icon_name="download", kind="ghost", small=True, download="")

    columns: list[Column[TagSummary]] = [
        Column("Segment", name),
        Column("Customers", lambda tag: format.number(sizes.get(tag.segment_key)), numeric=True, wide=True),
        Column("Tagged", lambda tag: format.day(tag.created_at), wide=True),
    ]
    if view.actor.may(Permission.EXPORT):
        columns.append(Column("Export", export, hide_head=True))
    if view.actor.may(Permission.TAG):
        columns.append(Column("Remove", lambda tag: untag_button(UNTAG, tag, campaign.name), hide_head=True))
    return columns


def add_segment(campaign: CampaignSummary, overview: SegmentsOverview) -> html.Span | dbc.Form:
    """Chooses among the segments that the campaign is not tied to."""
    taken = {tag.segment_key for tag in campaign.tags}
    names = {style.key: style.name for style in overview.styles if style.key not in taken}
    if not names:
        return html.Span("This campaign is tied to every segment.")
    choice = labelled("Segment to add", select(Ids.CHOICE, names, value=next(iter(names))))
    return dbc.Form(
        [choice, button("Tag segment", icon_name="tag", type="submit")],
        id=Ids.ADD,
        prevent_default_on_submit=True,
        class_name="sc-inline-form",
    )


def save_campaign(view: View, submitted: int | None, values: Sequence[Any]) -> tuple[Any, ...]:
    """Store the details; a refusal is said at its field."""
    if not submitted:
        return [no_update] * len(values), [no_update] * len(values), no_update
    try:
        changed = campaigns.change_campaign(view.session, view.actor, view.dataset or "", view.item or "", **read_campaign(values).values())
    except Invalid as refusal:
        return *refusals(refusal), no_update
    notify(f"{changed.name} is saved.", "good")
    return *refusals(None), f"saved {submitted}"


def archive_campaign(view: View, clicks: int | None) -> Any:
    """Set the campaign aside; its tags stay."""
    if not clicks:
        return no_update
    known = read_campaign_row(view)
    dates = {"starts_on": known.starts_on, "ends_on": known.ends_on}
    campaigns.change_campaign(
        view.session, view.actor, view.dataset or "", known.id, name=known.name, channel=known.channel, status="archived", **dates
    )
    notify(f"{known.name} is archived. Choose another status to bring it back.", "good")
    return "archived"


def add_tag(view: View, submitted: int | None, key: str | None) -> Any:
    """Tie the campaign to the chosen segment."""
    if not submitted or not key:
        return no_update
    tag = campaigns.tag_segment(view.session, view.actor, view.dataset or "", view.item or "", key)
    notify(f"Tagged to {tag.segment_name}.", "good")
    return tag.id


def register(callbacks: Callbacks) -> None:
    """Declare the page's callbacks."""
    changed = Input(Ids.CHANGED, "data")
    store = Output(Ids.CHANGED, "data", allow_duplicate=True)
    writing: dict[str, Any] = {"needs": Permission.TAG, "writes": True, "prevent_initial_call": True}

    @callbacks.on(Output(Ids.HEAD, "children"), Output(Ids.DETAILS, "children"), changed, needs=Permission.VIEW)
    def details(view: View, _changed: Any) -> Any:
        return (show_head(view), show_details(view)) if view.item else (no_update, no_update)

    @callbacks.on(Output(Ids.SEGMENTS, "children"), changed, Input("pulse", "data"), needs=Permission.VIEW)
    def tags(view: View, _changed: Any, _pulse: Any) -> Any:
        return show_segments(view) if view.item else no_update

    @callbacks.on(*field_refusals(FORM), store, Input(Ids.FORM, "n_submit"), field_values(FORM), **writing)
    def save(view: View, submitted: int | None, values: list[Any]) -> tuple[Any, ...]:
        return save_campaign(view, submitted, values)

    @callbacks.on(store, Input(Ids.ARCHIVE, "n_clicks"), **writing)
    def archive(view: View, clicks: int | None) -> Any:
        return archive_campaign(view, clicks)

    @callbacks.on(store, Input(Ids.ADD, "n_submit"), State(Ids.CHOICE, "value"), **writing)
    def add(view: View, submitted: int | None, key: str | None) -> Any:
        return add_tag(view, submitted, key)

    register_untag(callbacks, UNTAG, Ids.CHANGED)


PAGE = Page("campaign", "Campaign", "campaigns", layout, register, item=True, under="campaigns")
