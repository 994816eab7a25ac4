"""What people do with a campaign on its page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import no_update

from webapp.edge import View
from webapp.services.errors import Invalid
from webapp.services.planning import campaign_life, campaigns
from webapp.ui.campaign_form import read_campaign, refusals
from webapp.ui.notices import notify
from webapp.ui.places import campaign_address, campaigns_address


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
    archived = campaign_life.archive_campaign(view.session, view.actor, view.dataset or "", view.item or "")
    notify(f"{archived.name} is archived with its tags. You can bring it back at any time.", "good")
    return f"archived {clicks}"


def restore_campaign(view: View, clicks: int | None) -> Any:
    """Bring the campaign back to where it stood."""
    if not clicks:
        return no_update
    back = campaign_life.restore_campaign(view.session, view.actor, view.dataset or "", view.item or "")
    notify(f"{back.name} is back.", "good")
    return f"restored {clicks}"


def duplicate_campaign(view: View, clicks: int | None) -> Any:
    """Make a copy and go to its page."""
    if not clicks:
        return no_update
    made = campaign_life.duplicate_campaign(view.session, view.actor, view.dataset or "", view.item or "")
    notify(f"{made.name} is a draft with the same channel, note and segments. Give it its dates.", "good")
    return campaign_address(view.actor.team_slug, view.dataset or "", made.id)


def delete_campaign(view: View, clicks: int | None) -> Any:
    """Remove the draft and go to the list."""
    if not clicks:
        return no_update
    known = campaigns.show_campaign(view.session, view.actor, view.dataset or "", view.item or "")
    campaign_life.delete_campaign(view.session, view.actor, view.dataset or "", known.id)
    notify(f"{known.name} is deleted.", "good")
    return campaigns_address(view.actor.team_slug, view.dataset or "")


def add_tag(view: View, submitted: int | None, key: str | None) -> Any:
    """Tie the campaign to the chosen segment."""
    if not submitted or not key:
        return no_update
    tag = campaigns.tag_segment(view.session, view.actor, view.dataset or "", view.item or "", key)
    notify(f"Tagged to {tag.segment_name}.", "good")
    return tag.id


def add_successor(view: View, pressed: Any) -> Any:
    """Tie the campaign to the segment that customers of a retired one are in now."""
    return no_update if pressed is None else add_tag(view, 1, str(pressed["key"]))
