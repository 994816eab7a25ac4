"""What a list of customers is of, where that is not the newest snapshot."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from webapp.services.segmenting.listings import OlderListing
from webapp.ui.components import icon
from webapp.ui.format import day, number


def older_note(found: OlderListing, *, lead: str = "This list is", tail: str = "") -> Component:
    """Which snapshot the list is of, and how many in it have left since."""
    left = "All of them are still customers."
    if found.gone:
        left = f"{number(found.gone)} of these {number(found.customers)} have left since."
    fitted = f"snapshot {found.snapshot} ({day(found.as_of)}), on which version {found.version} was fitted"
    text = f"{lead} of {fitted}; the newest is snapshot {found.newest}. {left}{tail}"
    return html.P([icon("info-circle"), text], className="sc-filter-note")
