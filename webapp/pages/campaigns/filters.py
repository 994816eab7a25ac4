"""What the address asks of the page: list or calendar, filters, order, month. A link shows the same to a colleague."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from webapp.edge import View
from webapp.services.planning.campaign_calendar import EARLIEST, Month
from webapp.services.planning.campaigns import CHANNELS, CampaignSummary
from webapp.ui import format
from webapp.ui.campaign_form import CHANNEL_WORDS, STATUS_WORDS
from webapp.ui.components import Child, aria, chip, hidden_text, icon, menu, segment_mark
from webapp.ui.places import campaigns_address

TABS = {"list": "List", "calendar": "Calendar"}
KEYS = ("tab", "month", "status", "channel", "segment", "sort")
SORTS = {
    "name": lambda campaign: campaign.name.casefold(),
    "channel": lambda campaign: CHANNEL_WORDS.get(campaign.channel, campaign.channel),
    "dates": lambda campaign: campaign.starts_on or campaign.ends_on or EARLIEST,
    "status": lambda campaign: tuple(STATUS_WORDS).index(campaign.status),
    "customers": lambda campaign: campaign.customers,
}
"""What the list can be sorted by, first to last; with a minus before it, last to first."""


@dataclass(frozen=True)
class Asked:
    """What the address asks for; what it names wrongly counts as not asked."""

    tab: str = "list"
    month: Month | None = None
    status: str = ""
    channel: str = ""
    segment: str = ""
    sort: str = ""

    @property
    def filtered(self) -> bool:
        return bool(self.status or self.channel or self.segment)


def asked(query: Mapping[str, str]) -> Asked:
    """The address, read. Where it proposes a new campaign, its segment is the campaign's and filters nothing."""

    def one_of(name: str, allowed: Sequence[str] | Mapping[str, object]) -> str:
        return query.get(name, "") if query.get(name, "") in allowed else ""

    return Asked(
        tab=one_of("tab", TABS) or "list",
        month=Month.read(query.get("month", "")),
        status=one_of("status", STATUS_WORDS),
        channel=one_of("channel", CHANNELS),
        segment="" if query.get("new") else query.get("segment", ""),
        sort=query.get("sort", "") if query.get("sort", "").removeprefix("-") in SORTS else "",
    )


def here(view: View, **changes: object) -> str:
    """The address of this page as it is, but for `changes` (None takes one away)."""
    kept = {name: view.query[name] for name in KEYS if view.query.get(name) and not (name == "segment" and view.query.get("new"))}
    return campaigns_address(view.actor.team_slug, view.dataset or "", **{**kept, **changes})


def picked(known: Sequence[CampaignSummary], wish: Asked) -> list[CampaignSummary]:
    """Those that the filters leave, in the order asked for (else newest first); archived ones only where they are asked for."""
    left = [
        campaign
        for campaign in known
        if (campaign.status == wish.status if wish.status else campaign.status != "archived")
        and wish.channel in ("", campaign.channel)
        and (not wish.segment or campaign.reaches(wish.segment))
    ]
    if not wish.sort:
        return left
    return sorted(left, key=SORTS[wish.sort.removeprefix("-")], reverse=wish.sort.startswith("-"))


def tabs(view: View, wish: Asked) -> Component:
    """List and Calendar: each its own address."""
    links = [
        html.A(  # the shell follows `sc-go` without a reload, and unlike dcc.Link it can say which one is current
            [icon("list-ul" if tab == "list" else "calendar3"), word],
            href=here(view, tab=None if tab == "list" else tab),
            className="sc-go nav-link active" if tab == wish.tab else "sc-go nav-link",
            **(aria(current="page") if tab == wish.tab else {}),
        )
        for tab, word in TABS.items()
    ]
    return html.Nav(html.Div(links, className="nav nav-tabs"), className="sc-page-tabs", **aria(label="List or calendar"))


def filter_bar(view: View, known: Sequence[CampaignSummary], wish: Asked) -> Component:
    """Status as chips, channel and segment as menus; each choice is a link."""
    choices = [channel_menu(view, known, wish), segment_menu(view, known, wish)]
    return html.Div([status_chips(view, known, wish), html.Div(choices, className="sc-filter-menus")], className="sc-campaign-filters")


def status_chips(view: View, known: Sequence[CampaignSummary], wish: Asked) -> html.Nav:
    """All that are not archived, and each status that there is; the count is what a chip leads to."""
    counts = Counter(campaign.status for campaign in known)
    current = sum(count for status, count in counts.items() if status != "archived")
    chips = [chip("All", href=here(view, status=None), on=not wish.status, count=format.number(current))]
    for status, word in STATUS_WORDS.items():
        if counts[status] or status == wish.status:
            chips.append(chip(word, href=here(view, status=status), on=status == wish.status, count=format.number(counts[status])))
    return html.Nav(chips, className="sc-chips scroll", **aria(label="Filter by status"))


def channel_menu(view: View, known: Sequence[CampaignSummary], wish: Asked) -> Component | None:
    """The channels that campaigns use."""
    used = [channel for channel in CHANNELS if channel == wish.channel or any(campaign.channel == channel for campaign in known)]
    if len(used) < 2 and not wish.channel:
        return None
    items = [_item("Any channel", here(view, channel=None), on=not wish.channel)]
    items += [_item(CHANNEL_WORDS[channel], here(view, channel=channel), on=channel == wish.channel) for channel in used]
    return _menu("Channel", CHANNEL_WORDS.get(wish.channel), items)


def segment_menu(view: View, known: Sequence[CampaignSummary], wish: Asked) -> Component | None:
    """The segments that campaigns are tagged to, retired ones included."""
    tags = {tag.segment_key: tag for campaign in known for tag in campaign.tags}
    if not tags:
        return None
    chosen = tags.get(wish.segment)
    items = [_item("Any segment", here(view, segment=None), on=chosen is None)]
    for key, tag in sorted(tags.items(), key=lambda item: (item[1].retired, item[1].slot)):
        words: list[Child] = [segment_mark(tag.slot), html.Bdi(tag.segment_name)]
        items.append(_item([*words, " (retired)"] if tag.retired else words, here(view, segment=key), on=key == wish.segment))
    return _menu("Segment", html.Bdi(chosen.segment_name) if chosen else None, items)


def _item(words: Child | list[Child], href: str, *, on: bool) -> Component:
    item: Component = dbc.DropdownMenuItem(words, href=href, active=on)
    return item


def _menu(name: str, chosen: Child, items: Sequence[Component]) -> Component:
    label: list[Child] = [hidden_text(f"{name}: "), chosen, icon("chevron-down")] if chosen else [name, icon("chevron-down")]
    return menu(label, items, toggle_class=f"sc-chip{' on' if chosen else ''}")
