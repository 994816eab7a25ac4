"""Removing a dataset that holds nothing: the button, and what it asks or why it cannot be."""

from __future__ import annotations

from typing import Any

from dash import html, no_update
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.data.ids import Ids
from webapp.services.access import Permission
from webapp.services.data import removing
from webapp.services.data.datasets import DatasetSummary
from webapp.ui.components import button
from webapp.ui.discarding import address_after
from webapp.ui.forms import dialog
from webapp.ui.notices import notify

GOES = "It holds no customers. Its files, which were not imported or were undone, leave the list with it; the audit log stays."


def remove_parts(view: View, dataset: DatasetSummary) -> tuple[Component | None, Component | None]:
    """The button and its dialog, for those who may import; what the dataset holds still is said there."""
    if not view.actor.may(Permission.IMPORT):
        return None, None
    opens = button("Remove this dataset", id=Ids.REMOVE_OPEN, kind="ghost", icon_name="trash")
    held = removing.show_obstacles(view.session, view.actor, dataset.slug)
    if held:
        text = removing.obstacles_in_words(dataset.name, held)
        return opens, dialog(
            Ids.REMOVE_ASK, "This dataset cannot be removed", html.P(text), None, cancel_id=Ids.REMOVE_CANCEL, cancel_text="Close"
        )
    confirm = button("Remove it", id=Ids.REMOVE, kind="danger")
    return opens, dialog(Ids.REMOVE_ASK, f"Remove {dataset.name}?", html.P(GOES), confirm, cancel_id=Ids.REMOVE_CANCEL)


def remove(view: View, clicks: int | None) -> Any:
    """Remove the dataset and say so; the address to go on at."""
    if not clicks:
        return no_update
    gone = removing.remove_dataset(view.session, view.actor, view.dataset or "")
    notify(f"The dataset {gone.name} is removed.", "good")
    return address_after(view)
