"""Who did what to a campaign, in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from dash import html
from dash.development.base_component import Component

from webapp.edge import View
from webapp.services.planning.campaign_life import CampaignEvent, list_events
from webapp.ui import format
from webapp.ui.campaign_form import CHANNEL_WORDS, STATUS_WORDS
from webapp.ui.components import Child, card, icon

FIELD_WORDS = {"name": "name", "channel": "channel", "status": "status", "starts_on": "first day", "ends_on": "last day", "note": "note"}
SHOWN = 12
_ICONS = {
    "campaign.created": "plus-lg",
    "campaign.duplicated": "copy",
    "campaign.tagged": "tag",
    "campaign.untagged": "tag",
    "campaign.archived": "archive",
    "campaign.restored": "arrow-counterclockwise",
}


def show_history(view: View) -> Component:
    """The last things that were done to it, newest first."""
    events = list_events(view.session, view.actor, view.dataset or "", view.item or "")
    now = datetime.now(UTC)
    foot = f"The last {SHOWN} of {format.number(len(events))}." if len(events) > SHOWN else None
    body = html.Ul([_line(event, now) for event in events[:SHOWN]], className="sc-list sc-history")
    return card("History", "Who changed this campaign, and when.", body, foot=foot, flush=True)


def _line(event: CampaignEvent, now: datetime) -> html.Li:
    who: list[Child] = [
        f"{format.by(event.by)}, ",
        html.Span(format.relative_time(event.at, now), title=format.exact_time(event.at), className="when"),
    ]
    words = html.Div([html.B(event_words(event)), html.Span(who)], className="w")
    return html.Li([icon(_ICONS.get(event.action, "pencil")), words])


def event_words(event: CampaignEvent) -> str:
    """`Tagged to Loyal families`, `Changed status from Draft to Planned`."""
    if event.action == "campaign.changed":
        return f"Changed {format.listing(change_words(event))}" if event.changes else "Changed its details"
    told = {
        "campaign.created": "Created it",
        "campaign.duplicated": f"Copied it from {event.origin}",
        "campaign.tagged": f"Tagged it to {event.segment}",
        "campaign.untagged": f"Removed its tag of {event.segment}",
        "campaign.archived": "Archived it",
        "campaign.restored": "Brought it back",
    }
    return told.get(event.action, "Changed it")


def change_words(event: CampaignEvent) -> list[str]:
    """Each field with what it was and what it became; the note only by name."""
    told = []
    for field, values in event.changes.items():
        word = FIELD_WORDS.get(field, field)
        told.append(f"{word} from {_value(field, values, 0)} to {_value(field, values, 1)}" if len(values) == 2 else f"its {word}")
    return told


def _value(field: str, values: Sequence[str | None], place: int) -> str:
    value = values[place]
    if value is None:
        return "none"
    if field in ("starts_on", "ends_on"):
        return format.day(date.fromisoformat(value))
    return {"channel": CHANNEL_WORDS, "status": STATUS_WORDS}.get(field, {}).get(value, value)
