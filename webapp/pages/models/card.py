"""The model card on the page of its version: what the figures above do not say, and the whole card to take away."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from webapp.edge import View
from webapp.services.access import Permission
from webapp.services.modelling.versions import VersionSummary
from webapp.services.segmenting.model_cards import show_card
from webapp.ui.components import Child, button, card, hidden_text
from webapp.ui.model_card import Grid, Section, card_document
from webapp.ui.places import card_address
from webapp.ui.tables import Column, table

ABOVE = ("Figures", "Segments", "Recipe")
"""Parts of the card that stand on the page already, with more than the card has."""

TEXT = "Everything to know before relying on this version. The files hold all of it, for print and for the record."


def model_card(view: View, version: VersionSummary) -> Component | None:
    """The card; nothing for viewers of a version that is not the champion."""
    if not (version.champion or view.actor.may(Permission.VIEW_CUSTOMERS)):
        return None
    document = card_document(show_card(view.session, view.actor, view.dataset or "", version.number))
    tools = [_download(view, version, form, words) for form, words in (("html", "HTML"), ("md", "Markdown"))]
    parts = [_section(section) for section in document.sections if section.title not in ABOVE]
    return card("Model card", TEXT, html.Div(parts, className="sc-model-card"), tools=tools)


def _download(view: View, version: VersionSummary, form: str, words: str) -> Component:
    href = card_address(view.actor.team_slug, view.dataset or "", version.number, form)
    return button([hidden_text("Download the model card as "), words], href=href, small=True, icon_name="download", download=True)


def _section(section: Section) -> Component:
    parts: list[Child] = [html.H3(section.title), *(html.P(sentence) for sentence in section.text)]
    if section.facts:
        pairs = [part for name, said in section.facts for part in (html.Dt(name), html.Dd(said))]
        parts.append(html.Dl(pairs, className="sc-card-facts"))
    if section.grid:
        parts.append(_grid(section.grid, section.title))
    return html.Section(parts)


def _grid(grid: Grid, caption: str) -> Component:
    return table([_column(head, place) for place, head in enumerate(grid.head)], grid.rows, caption=caption, dense=True)


def _column(head: str, place: int) -> Column[tuple[str, ...]]:
    return Column(head, lambda row: row[place])
