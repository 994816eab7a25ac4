"""The dialog that plans a new campaign: empty, or filled by a link that proposes one for a segment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import no_update
from dash.development.base_component import Component

from segmentation.palette import SegmentStyle
from webapp.edge import View
from webapp.pages.campaigns.ids import FORM, Ids
from webapp.services.access import Permission
from webapp.services.errors import Invalid
from webapp.services.planning import campaigns
from webapp.services.planning.campaigns import CampaignSummary
from webapp.services.segmenting import segments
from webapp.ui.campaign_form import campaign_fields, read_campaign, refusals, segment_choice
from webapp.ui.components import Child, button
from webapp.ui.format import listing
from webapp.ui.forms import dialog
from webapp.ui.notices import notify
from webapp.ui.places import campaign_address


def new_campaign_dialog(view: View) -> Component | None:
    """Closed, unless the address proposes a campaign; nothing for a role that cannot plan, whose form would ask for what it may not do."""
    if not view.actor.may(Permission.TAG):
        return None
    proposed = view.query.get("new") == "1"
    confirm = button("Create the campaign", kind="primary", type="submit", form=Ids.FORM)
    fields = form_fields(view, view.query.get("name", ""), view.query.get("segment", "")) if proposed else [campaign_fields(FORM)]
    form = dbc.Form(fields, id=Ids.FORM, prevent_default_on_submit=True)
    return dialog(Ids.DIALOG, "New campaign", form, confirm, cancel_id=Ids.CANCEL, opened=proposed)


def new_campaign_button(view: View, at: str) -> Component | None:
    """Opens the dialog; nothing for a role that cannot plan."""
    if not view.actor.may(Permission.TAG):
        return None
    return button("New campaign", id={"type": Ids.OPEN, "at": at}, icon_name="plus-lg", kind="primary")


def form_fields(view: View, name: str = "", segment: str = "") -> list[Child]:
    """Every field, and the champion's segments to choose from; `segment` (a key) is ticked."""
    return [campaign_fields(FORM, name=name), segment_choice(FORM, live_styles(view), [segment])]


def live_styles(view: View) -> Sequence[SegmentStyle]:
    """The champion's segments."""
    overview = segments.show_segments(view.session, view.actor, view.dataset or "")
    return overview.styles if overview else ()


def open_dialog(view: View, pressed: Any) -> tuple[Any, Any]:
    """Open the dialog with an empty form."""
    return (no_update, no_update) if pressed is None else (True, form_fields(view))


def create_campaign(view: View, submitted: int | None, values: Sequence[Any], ticked: Sequence[Any] = ()) -> tuple[Any, ...]:
    """Make the campaign and go to its page; a refusal stays in the dialog, at its field."""
    if not submitted:
        return no_update, [no_update] * len(values), [no_update] * len(values)
    keys = [str(key) for keys in ticked for key in keys or ()]
    try:
        made = campaigns.create_campaign(view.session, view.actor, view.dataset or "", **read_campaign(values).values(), segments=keys)
    except Invalid as refusal:
        return no_update, *refusals(refusal)
    notify(made_words(made), "good")
    return campaign_address(view.actor.team_slug, view.dataset or "", made.id), *refusals(None)


def made_words(made: CampaignSummary) -> str:
    """What was made, and what to do next where something is missing."""
    if not made.tags:
        return f"{made.name} is created. Tag it to the segments it is for."
    return f"{made.name} is created and tagged to {listing([tag.segment_name for tag in made.tags])}."
