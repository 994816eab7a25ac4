"""Removing a tag from a list of tags: a button for each, and a dialog that asks first."""

from __future__ import annotations

from typing import Any

from dash import ALL, ClientsideFunction, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.services.access import Permission
from webapp.services.errors import NotFound
from webapp.services.planning import campaigns
from webapp.services.planning.campaigns import CampaignSummary, TagSummary
from webapp.ui.components import Child, button, hidden_text
from webapp.ui.forms import dialog
from webapp.ui.notices import notify


def untag_button(at: str, tag: TagSummary, campaign: str) -> Component:
    """Asks whether the tag may go; `at` tells the lists of the product apart."""
    words: list[Child] = ["Remove", hidden_text(f" the tag of {campaign} from {tag.segment_name}")]
    return button(words, id={"untag": at, "tag": tag.id}, kind="ghost", small=True)


def untag_dialog(at: str) -> html.Div:
    """The question, once for a whole list; it remembers the tag that it is about."""
    confirm = button("Remove the tag", id=f"{at}-untag-confirm", kind="danger")
    asking = dialog(f"{at}-untag", "Remove this tag?", html.P(id=f"{at}-untag-question"), confirm, cancel_id=f"{at}-untag-cancel")
    return html.Div([asking, dcc.Store(id=f"{at}-untag-tag")])


def pressed_id() -> Any:
    """The id of the button that was pressed; None where buttons have only appeared."""
    return ctx.triggered_id if ctx.triggered and ctx.triggered[0]["value"] else None


def find_tag(view: View, tag_id: str) -> tuple[CampaignSummary, TagSummary]:
    """A tag of the dataset with its campaign; NotFound where it has gone."""
    for campaign in campaigns.list_campaigns(view.session, view.actor, view.dataset or ""):
        for tag in campaign.tags:
            if tag.id == tag_id:
                return campaign, tag
    raise NotFound("There is no such tag.")


def ask_untag(view: View, pressed: Any) -> tuple[Any, Any, Any]:
    """Open the dialog with the question about the pressed tag."""
    if pressed is None:
        return no_update, no_update, no_update
    campaign, tag = find_tag(view, pressed["tag"])
    question = f"{campaign.name} will no longer be planned for {tag.segment_name}. Both stay as they are, and you can tag them again."
    return True, question, tag.id


def untag(view: View, clicks: int | None, tag_id: str | None) -> tuple[Any, Any]:
    """Remove the tag; closes the dialog and says what changed."""
    if not clicks or not tag_id:
        return no_update, no_update
    campaign, tag = find_tag(view, tag_id)
    campaigns.untag_segment(view.session, view.actor, view.dataset or "", tag_id)
    notify(f"{campaign.name} is no longer tagged to {tag.segment_name}.", "good")
    return False, tag_id


def register_untag(callbacks: Callbacks, at: str, changed: str) -> None:
    """Declare the callbacks of one list; the store `changed` takes the removed tag's id, so that its page reads anew."""
    buttons = {"untag": at, "tag": ALL}

    @callbacks.on(
        Output(f"{at}-untag", "is_open"),
        Output(f"{at}-untag-question", "children"),
        Output(f"{at}-untag-tag", "data"),
        Input(buttons, "n_clicks"),
        needs=Permission.TAG,
        prevent_initial_call=True,
    )
    def ask(view: View, _clicks: list[int | None]) -> tuple[Any, Any, Any]:
        return ask_untag(view, pressed_id())

    @callbacks.on(
        Output(f"{at}-untag", "is_open", allow_duplicate=True),
        Output(changed, "data", allow_duplicate=True),
        Input(f"{at}-untag-confirm", "n_clicks"),
        State(f"{at}-untag-tag", "data"),
        needs=Permission.TAG,
        writes=True,
        prevent_initial_call=True,
    )
    def remove(view: View, clicks: int | None, tag_id: str | None) -> tuple[Any, Any]:
        return untag(view, clicks, tag_id)

    close = ClientsideFunction("shell", "openDialog")
    callbacks.clientside(
        close, Output(f"{at}-untag", "is_open", allow_duplicate=True), Input(f"{at}-untag-cancel", "n_clicks"), prevent_initial_call=True
    )
