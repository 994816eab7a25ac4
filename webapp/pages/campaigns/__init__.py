"""Campaigns: what is planned, for which segments, when, and where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import ALL, ClientsideFunction, Input, Output, html
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.pages.campaigns.calendar import calendar_body
from webapp.pages.campaigns.creating import create_campaign, new_campaign_button, new_campaign_dialog, open_dialog
from webapp.pages.campaigns.filters import Asked, asked, filter_bar, picked, tabs
from webapp.pages.campaigns.ids import FORM, Ids
from webapp.pages.campaigns.listing import campaign_list
from webapp.services.access import Permission
from webapp.services.planning import campaigns
from webapp.services.planning.campaign_calendar import show_calendar
from webapp.services.planning.campaigns import CampaignSummary
from webapp.ui import format
from webapp.ui.campaign_form import chosen_segments, field_refusals, field_values
from webapp.ui.components import Child, button, card, empty_state, page_head, skeleton
from webapp.ui.page import Page
from webapp.ui.places import Place, segments_address
from webapp.ui.untag import pressed_id


def layout(_place: Place) -> Component:
    """The page in its final shape, still waiting."""
    return html.Div([html.Div(page_head("Campaigns", "Reading the campaigns…"), id=Ids.HEAD), html.Div(skeleton(240), id=Ids.BODY)])


def show_campaigns(view: View) -> tuple[Component, list[Child]]:
    """Head, and list or calendar, as the address asks."""
    known, wish = campaigns.list_campaigns(view.session, view.actor, view.dataset or ""), asked(view.query)
    if not known:
        sub = "Planned actions, each tied to the segments it is for."
        return page_head("Campaigns", sub), [card(body=no_campaigns(view)), new_campaign_dialog(view)]
    head = page_head("Campaigns", campaigns_sentence(known), [new_campaign_button(view, "head")])
    return head, [tabs(view, wish), filter_bar(view, known, wish), *chosen_tab(view, known, wish), new_campaign_dialog(view)]


def chosen_tab(view: View, known: Sequence[CampaignSummary], wish: Asked) -> list[Child]:
    """What the filters leave, as a list or in a month."""
    shown = picked(known, wish)
    if wish.tab == "list":
        return [campaign_list(view, shown, wish)]
    month = show_calendar(view.session, view.actor, view.dataset or "", shown, month=wish.month)
    return calendar_body(view, month, shown)


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
    def new(view: View, _clicks: list[int | None]) -> tuple[Any, Any]:
        return open_dialog(view, pressed_id())

    @callbacks.on(
        Output("address", "href", allow_duplicate=True),
        *field_refusals(FORM),
        Input(Ids.FORM, "n_submit"),
        field_values(FORM),
        chosen_segments(FORM),
        needs=Permission.TAG,
        writes=True,
        prevent_initial_call=True,
    )
    def create(view: View, submitted: int | None, values: list[Any], ticked: list[Any]) -> tuple[Any, ...]:
        return create_campaign(view, submitted, values, ticked)

    close = ClientsideFunction("shell", "openDialog")
    callbacks.clientside(
        close, Output(Ids.DIALOG, "is_open", allow_duplicate=True), Input(Ids.CANCEL, "n_clicks"), prevent_initial_call=True
    )


PAGE = Page("campaigns", "Campaigns", "campaigns", layout, register, group="Act", icon="megaphone")
