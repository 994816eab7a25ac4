"""Removing a version on which nobody relies: the button on its page, and what it asks or why it cannot be."""

from __future__ import annotations

from typing import Any

from dash import html, no_update
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.models.ids import Ids
from webapp.services.access import Permission
from webapp.services.modelling import retention
from webapp.services.modelling.retention import reliance_in_words
from webapp.services.modelling.versions import VersionSummary
from webapp.ui.components import button
from webapp.ui.forms import dialog
from webapp.ui.jobs import read_again
from webapp.ui.notices import notify
from webapp.ui.places import item_number

STAYS = "Its model and labels go, and its segments cannot be looked at any more. Its number, figures, author, dates and model card stay."


def remove_button(view: View, version: VersionSummary) -> Component | None:
    """Opens the dialog; nothing for the champion, and for roles that may not."""
    if version.champion or version.status != "ready" or not view.actor.may(Permission.PROMOTE):
        return None
    return button("Remove", id=Ids.REMOVE_OPEN, kind="ghost", icon_name="trash")


def remove_dialog(view: View, version: VersionSummary) -> Component | None:
    """Says what goes; where somebody relies on the version, who does and how."""
    if remove_button(view, version) is None:
        return None
    reasons = retention.show_reliance(view.session, view.actor, view.dataset or "", version.number)
    if reasons:
        text = reliance_in_words(version.number, reasons)
        return dialog(
            Ids.REMOVE_ASK,
            f"Version {version.number} cannot be removed",
            html.P(text),
            None,
            cancel_id=Ids.REMOVE_CANCEL,
            cancel_text="Close",
        )
    confirm = button("Remove the version", id=Ids.REMOVE, kind="danger")
    return dialog(Ids.REMOVE_ASK, f"Remove version {version.number}?", html.P(STAYS), confirm, cancel_id=Ids.REMOVE_CANCEL)


def remove(view: View, clicks: int | None) -> Any:
    """Remove the version in the address."""
    number = item_number(view.item)
    if not clicks or number is None:
        return no_update
    retention.remove_version(view.session, view.actor, view.dataset or "", number)
    notify(f"Version {number} is removed. Its figures and its model card stay.", "good")
    read_again({"version": number, "act": "removed"})
    return no_update
