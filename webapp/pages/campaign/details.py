"""The head of a campaign, its details, and a warning where another one reaches the same customers at the same time."""

from __future__ import annotations

from collections.abc import Sequence

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.campaign.ids import FORM, Ids
from webapp.services.access import Permission
from webapp.services.planning import campaigns
from webapp.services.planning.campaign_calendar import EARLIEST, LATEST, Clash, Span, find_clashes
from webapp.services.planning.campaign_life import may_delete
from webapp.services.planning.campaigns import CampaignSummary
from webapp.ui import format
from webapp.ui.campaign_form import CHANNEL_WORDS, STATUS_WORDS, campaign_days, campaign_fields
from webapp.ui.campaign_tags import campaign_link
from webapp.ui.components import Child, Children, button, card, page_head, verdict
from webapp.ui.forms import dialog
from webapp.ui.places import campaign_address, campaigns_address
from webapp.ui.segments_ui import status_badge
from webapp.ui.tables import facts_list

MOST_CLASHES = 4


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
    crumbs = [("Campaigns", campaigns_address(view.actor.team_slug, view.dataset or "")), (campaign.name, None)]
    head = page_head(html.Bdi(campaign.name), sub, acts(view, campaign), crumbs=crumbs)
    # Only for whoever may delete: by its mere arrival the dialog's button would ask the server for what other roles may not do.
    asking = delete_dialog() if view.actor.may(Permission.TAG) and may_delete(campaign) else None
    return html.Div([head, asking])


def acts(view: View, campaign: CampaignSummary) -> list[Child]:
    """Copy it; set it aside, bring it back, or remove a draft that is for nobody."""
    if not view.actor.may(Permission.TAG):
        return []
    remove = button("Delete", id=Ids.DELETE_OPEN, icon_name="trash", kind="danger") if may_delete(campaign) else None
    aside: Component = button("Archive", id=Ids.ARCHIVE, icon_name="archive")
    if campaign.status == "archived":
        aside = button("Bring back", id=Ids.RESTORE, icon_name="arrow-counterclockwise", kind="primary")
    return [remove, button("Duplicate", id=Ids.DUPLICATE, icon_name="copy"), aside]


def delete_dialog() -> Component:
    """Asks before a draft is gone."""
    text = "The draft and its note are removed for the whole team. This cannot be undone."
    confirm = button("Delete the draft", id=Ids.DELETE_CONFIRM, kind="danger")
    return dialog(Ids.DELETE, "Delete this draft?", html.P(text), confirm, cancel_id=Ids.DELETE_CANCEL)


def show_details(view: View) -> Component:
    """The details as a form, or as text for a role that cannot change them."""
    campaign = read_campaign_row(view)
    made = f"Created {format.day(campaign.created_at)} by {format.by(campaign.created_by)}."
    if not view.actor.may(Permission.TAG):
        return card("Details", made, details_list(campaign))
    save = html.Div(button("Save changes", kind="primary", type="submit"), className="sc-form-end")
    return card("Details", made, dbc.Form([campaign_fields(FORM, campaign), save], id=Ids.FORM, prevent_default_on_submit=True))


def details_list(campaign: CampaignSummary) -> Component:
    """Every detail as text, the note with its lines."""
    shown: dict[str, Children] = {
        "Name": html.Bdi(campaign.name),
        "Channel": CHANNEL_WORDS.get(campaign.channel, campaign.channel),
        "Dates": campaign_days(campaign),
        "Status": STATUS_WORDS.get(campaign.status, campaign.status),
    }
    if campaign.note:
        shown["Note"] = html.Div(campaign.note, className="sc-campaign-note", dir="auto")
    return facts_list(shown)


def show_warning(view: View) -> Component | None:
    """The other live campaigns for the same segments in the same days; nothing where there are none."""
    clashes = find_clashes(view.session, view.actor, view.dataset or "", read_campaign_row(view))
    if not clashes:
        return None
    segments = list(dict.fromkeys(name for clash in clashes for name in clash.segments))
    others = "Another campaign reaches" if len(clashes) == 1 else f"{len(clashes)} other campaigns reach"
    title = f"{others} {format.listing(segments)} in the same days"
    text = "The same customers get each of them. Move one, or leave it where that is meant."
    return html.Div([verdict(title, text, tone="warn", icon_name="people", action=clash_list(view, clashes))], className="sc-clashes")


def clash_list(view: View, clashes: Sequence[Clash]) -> Component:
    """Each of them with the days that both have."""
    items = [html.Li(clash_words(view, clash)) for clash in clashes[:MOST_CLASHES]]
    if len(clashes) > MOST_CLASHES:
        items.append(html.Li(f"and {format.number(len(clashes) - MOST_CLASHES)} more"))
    return html.Ul(items)


def clash_words(view: View, clash: Clash) -> list[Child]:
    link = campaign_link(clash.campaign.name, campaign_address(view.actor.team_slug, view.dataset or "", clash.campaign.id))
    return [link, f", {STATUS_WORDS[clash.campaign.status].lower()}: {shared_days(clash.shared)}"]


def shared_days(shared: Span) -> str:
    """`3 to 9 Dec 2026`; where a side is open, only the other."""
    first, last = shared.first != EARLIEST, shared.last != LATEST
    if first and last:
        return format.days(shared.first, shared.last)
    return f"from {format.day(shared.first)}" if first else f"until {format.day(shared.last)}" if last else "at any time"
