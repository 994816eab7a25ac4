"""Settings: the team's name and time zone, and how its datasets are called and counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import html, no_update
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.team.ids import DATASET_CURRENCY, DATASET_FORM, DATASET_NAME, Ids
from webapp.services.data import datasets
from webapp.services.data.datasets import DatasetSummary
from webapp.services.errors import Invalid
from webapp.services.people import teams
from webapp.services.people.teams import TeamSettings
from webapp.services.zones import time_zones
from webapp.ui.components import Child, button, card, empty_state, hidden_text, row
from webapp.ui.format import count, day
from webapp.ui.forms import field, select, text_input
from webapp.ui.notices import notify
from webapp.ui.places import new_address, new_team_address


def settings_sentence(team: TeamSettings) -> str:
    return f"{team.name} since {day(team.created_at)}. Names can change; addresses stay, so that links keep working."


def settings_tab(view: View, team: TeamSettings, known: Sequence[DatasetSummary]) -> list[Child]:
    """The team beside its datasets."""
    own = html.Div([team_card(team), another_team(view)], className="sc-stacked")
    return [row((5, own), (7, datasets_card(view, known)))]


def team_card(team: TeamSettings) -> Component:
    zones = {zone: zone.replace("_", " ") for zone in time_zones()}
    form = dbc.Form(
        [
            field("Name", text_input(Ids.TEAM_NAME, value=team.name), error_id=Ids.TEAM_ERROR),
            field(
                "Time zone",
                select(Ids.TEAM_ZONE, zones, value=team.time_zone),
                help_text="When a day begins, and the clock that schedules go by.",
            ),
            button("Save", kind="primary", type="submit"),
        ],
        id=Ids.TEAM_FORM,
        prevent_default_on_submit=True,
    )
    return card("Team", None, form)


def another_team(view: View) -> Component:
    text = "Another brand or country? A team of its own has its own members, datasets and log. You would be its admin."
    return card("Another team", text, button("New team", href=new_team_address(view.actor.team_slug), icon_name="plus-lg"))


def datasets_card(view: View, known: Sequence[DatasetSummary]) -> Component:
    new = button("New dataset", href=new_address(view.actor.team_slug), icon_name="plus-lg")
    if not known:
        text = "A dataset is one customer base. Once a file is imported, its name and currency can be set here."
        return card("Datasets", None, empty_state("database", "No dataset yet", text, new))
    sub = "A currency is three letters, such as EUR; without one, amounts stand without a sign. Amounts are never converted."
    return card("Datasets", sub, [dataset_form(dataset) for dataset in known], tools=new)


def dataset_form(dataset: DatasetSummary) -> Component:
    currency = text_input(
        {"type": DATASET_CURRENCY, "dataset": dataset.slug}, value=dataset.currency or "", max_length=3, placeholder="None"
    )
    fields = [
        field("Name", text_input({"type": DATASET_NAME, "dataset": dataset.slug}, value=dataset.name)),
        field("Currency", currency),
        button(["Save", hidden_text(f" {dataset.name}")], type="submit"),
    ]
    counted = f"{count(dataset.customers, 'customer')}, {count(dataset.versions, 'version')}, {count(dataset.campaigns, 'campaign')}"
    shown: Component = dbc.Form(
        [html.Div(fields, className="sc-dataset-fields"), html.P(counted, className="sc-under")],
        id={"type": DATASET_FORM, "dataset": dataset.slug},
        prevent_default_on_submit=True,
        class_name="sc-dataset",
    )
    return shown


def save_team(view: View, submitted: int | None, name: str | None, zone: str | None) -> tuple[Any, Any]:
    """Store name and time zone; a name that cannot be taken is refused at its field, before anything is stored."""
    if not submitted:
        return no_update, no_update
    try:
        teams.rename_team(view.session, view.actor, name or "")
    except Invalid as refusal:
        return refusal.message, no_update
    saved = teams.change_time_zone(view.session, view.actor, zone or "")
    notify(f"Saved. The team is called {saved.name}.", "good")
    return "", submitted


def save_dataset(view: View, slug: str | None, name: Any, currency: Any) -> Any:
    """Store one dataset's name and currency; a refusal is said in a notice, and nothing of it is stored."""
    if slug is None:
        return no_update
    datasets.rename_dataset(view.session, view.actor, slug, str(name or ""))
    saved = datasets.change_currency(view.session, view.actor, slug, str(currency or ""))
    notify(f"Saved. {saved.name} counts in {saved.currency or 'no currency'}.", "good")
    return f"{slug}:{saved.name}:{saved.currency}"
