"""Campaigns: what is planned, for which segments, and where it stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import dash_bootstrap_components as dbc
from dash import ALL, ClientsideFunction, Input, Output, dcc, html, no_update
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.services import campaigns
from webapp.services.access import Permission
from webapp.services.campaigns import CampaignSummary
from webapp.services.errors import Invalid
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
from webapp.ui.components import Child, aria, button, card, chip, empty_state, page_head, skeleton
from webapp.ui.forms import dialog
from webapp.ui.notices import notify
from webapp.ui.page import Page
from webapp.ui.places import Place, address, campaign_address, campaigns_address, segments_address
from webapp.ui.segments_ui import segment_name, status_badge
from webapp.ui.tables import Column, table
from webapp.ui.untag import pressed_id

FORM = "new-campaign"


class Ids(StrEnum):
    HEAD = "campaigns-head"
    BODY = "campaigns-body"
    OPEN = "campaigns-new-open"
    DIALOG = "campaigns-new"
    CANCEL = "campaigns-new-cancel"
    FORM = "campaigns-new-form"


def layout(_place: Place) -> Component:
    """The page in its final shape, still waiting."""
    return html.Div([html.Div(page_head("Campaigns", "Reading the campaigns…"), id=Ids.HEAD), html.Div(skeleton(240), id=Ids.BODY)])


def new_campaign_dialog(view: View) -> dbc.Modal | None:
    """Closed; nothing for a role that cannot plan, since its form alone would ask the server for what that role may not do."""
    if not view.actor.may(Permission.TAG):
        return None
    confirm = button("Create the campaign", kind="primary", type="submit", form=Ids.FORM)
    return dialog(
        Ids.DIALOG,
        "New campaign",
        dbc.Form(campaign_fields(FORM), id=Ids.FORM, prevent_default_on_submit=True),
        confirm,
        cancel_id=Ids.CANCEL,
    )


def new_campaign_button(view: View, at: str) -> Component | None:
    """Opens the dialog; nothing for a role that cannot plan."""
    if not view.actor.may(Permission.TAG):
        return None
    return button("New campaign", id={"type": Ids.OPEN, "at": at}, icon_name="plus-lg", kind="primary")


def show_campaigns(view: View) -> tuple[Component, list[Child]]:
    """Head and list, filtered by the status in the address."""
    known = campaigns.list_campaigns(view.session, view.actor, view.dataset or "")
    if not known:
        sub = "Planned actions, each tied to the segments it is for."
        return page_head("Campaigns", sub), [card(body=no_campaigns(view)), new_campaign_dialog(view)]
    chosen = view.query.get("status", "")
    shown = [campaign for campaign in known if (campaign.status == chosen if chosen in STATUS_WORDS else campaign.status != "archived")]
    body: list[Child] = [status_chips(view, known, chosen), campaign_list(view, shown), new_campaign_dialog(view)]
    return page_head("Campaigns", campaigns_sentence(known), [new_campaign_button(view, "head")]), body


def campaigns_sentence(known: Sequence[CampaignSummary]) -> str:
    """How many there are, and how many are tied to no segment."""
    live = [campaign for campaign in known if campaign.status != "archived"]
    untied = sum(not campaign.tags for campaign in live)
    running = sum(campaign.status == "running" for campaign in live)
    sentence = f"{format.count(len(live), 'campaign')}, {format.number(running) if running else 'none'} running."
    return f"{sentence} {format.number(untied)} {'has' if untied == 1 else 'have'} no segment yet." if untied else sentence


def no_campaigns(view: View) -> Component:
    """What a campaign is here, and the next step that the actor may take."""
    text = "A campaign is an action you plan: name, channel, dates. Tagged to a segment, it follows it through every later version."
    if not view.actor.may(Permission.TAG):
        see = button("See the segments", href=segments_address(view.actor.team_slug, view.dataset or ""))
        return empty_state("megaphone", "No campaign yet", f"{text} Marketers, analysts and admins can plan one.", see)
    return empty_state("megaphone", "No campaign yet", text, new_campaign_button(view, "empty"))


def status_chips(view: View, known: Sequence[CampaignSummary], chosen: str) -> Component:
    """All that are not archived, and each status that occurs."""
    counts = Counter(campaign.status for campaign in known)
    team, dataset = view.actor.team_slug, view.dataset or ""
    chips = [
        chip(
            "All",
            href=campaigns_address(team, dataset),
            on=chosen not in STATUS_WORDS,
            count=format.number(len(known) - counts["archived"]),
        )
    ]
    for status, word in STATUS_WORDS.items():
        if counts[status] or status == chosen:
            chips.append(
                chip(
                    word, href=address(team, dataset, "campaigns", status=status), on=status == chosen, count=format.number(counts[status])
                )
            )
    return html.Nav(chips, className="sc-chips scroll mb-3", **aria(label="Filter by status"))


def campaign_list(view: View, shown: Sequence[CampaignSummary]) -> Component:
    if not shown:
        every = button("See all campaigns", href=campaigns_address(view.actor.team_slug, view.dataset or ""))
        return card(body=empty_state("funnel", "No campaign with this status", "Choose another status, or see them all.", every))
    columns: list[Column[CampaignSummary]] = [
        Column(
            "Campaign",
            lambda campaign: dcc.Link(campaign.name, href=campaign_address(view.actor.team_slug, view.dataset or "", campaign.id)),
        ),
        Column("Channel", lambda campaign: CHANNEL_WORDS.get(campaign.channel, campaign.channel), wide=True),
        Column("Dates", campaign_days, wide=True),
        Column("Status", lambda campaign: status_badge(campaign.status)),
        Column("Segments", tagged_segments),
    ]
    return card(body=table(columns, shown, caption="Campaigns"), flush=True)


def tagged_segments(campaign: CampaignSummary) -> Child:
    """The segments of a campaign, each as mark and name."""
    if not campaign.tags:
        return html.Span("None yet", className="mute")
    return html.Div([segment_name(tag.slot, tag.segment_name, retired=tag.retired) for tag in campaign.tags], className="sc-seg-list")


def open_dialog(pressed: Any) -> tuple[Any, Any]:
    """Open the dialog with an empty form."""
    return (no_update, no_update) if pressed is None else (True, campaign_fields(FORM))


def create_campaign(view: View, submitted: int | None, values: Sequence[Any]) -> tuple[Any, ...]:
    """Make the campaign and go to its page; a refusal stays in the dialog, at its field."""
    if not submitted:
        return no_update, [no_update] * len(values), [no_update] * len(values)
    try:
        made = campaigns.create_campaign(view.session, view.actor, view.dataset or "", **read_campaign(values).values())
    except Invalid as refusal:
        return no_update, *refusals(refusal)
    notify(f"{made.name} is created. Tag it to the segments it is for.", "good")
    return campaign_address(view.actor.team_slug, view.dataset or "", made.id), *refusals(None)


def register(callbacks: Callbacks) -> None:
    """Declare the page's callbacks."""

    @callbacks.on(Output(Ids.HEAD, "children"), Output(Ids.BODY, "children"), Input("address", "search"), needs=Permission.VIEW)
    def page(view: View, _search: Any) -> tuple[Component, list[Child]]:
        return show_campaigns(view)

    @callbacks.on(
        Output(Ids.DIALOG, "is_open"),
        Output(Ids.FORM, "children"),
        Input({"type": Ids.OPEN, "at": ALL}, "n_clicks"),
        needs=Permission.TAG,
        prevent_initial_call=True,
    )
    def new(_view: View, _clicks: list[int | None]) -> tuple[Any, Any]:
        return open_dialog(pressed_id())

    @callbacks.on(
        Output("address", "href", allow_duplicate=True),
        *field_refusals(FORM),
        Input(Ids.FORM, "n_submit"),
        field_values(FORM),
        needs=Permission.TAG,
        writes=True,
        prevent_initial_call=True,
    )
    def create(view: View, submitted: int | None, values: list[Any]) -> tuple[Any, ...]:
        return create_campaign(view, submitted, values)

    close = ClientsideFunction("shell", "openDialog")
    callbacks.clientside(
        close, Output(Ids.DIALOG, "is_open", allow_duplicate=True), Input(Ids.CANCEL, "n_clicks"), prevent_initial_call=True
    )


PAGE = Page("campaigns", "Campaigns", "campaigns", layout, register, group="Act", icon="megaphone")
