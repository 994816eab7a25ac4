"""Audiences: the lists of customers that were kept, whom each holds, and where it came from."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, dcc, html
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.pages.audiences.ids import Ids
from webapp.services.access import Permission
from webapp.services.segmenting import audiences
from webapp.services.segmenting.audiences import AudienceSummary
from webapp.ui import format
from webapp.ui.audiences import chosen_words, moment_words
from webapp.ui.components import Child, aria, button, card, chip, empty_state, page_head, skeleton
from webapp.ui.page import Page
from webapp.ui.places import Place, audience_address, audiences_address, customers_address, movement_address, segments_address
from webapp.ui.tables import Column, table

SUB = "Customers kept under a name. Who is in one never changes, whatever becomes of segments and customers."
MOST_WORDS = 2
"""Parts of a choice that the list tells; the audience's page has them all."""


def layout(_place: Place) -> Component:
    """The page in its final shape, still waiting."""
    return html.Div([html.Div(page_head("Audiences", "Reading the audiences…"), id=Ids.HEAD), html.Div(skeleton(240), id=Ids.BODY)])


def show_audiences(view: View) -> tuple[Component, list[Child]]:
    """Head, and the list that the address asks for: live ones, or archived ones."""
    dataset, aside = view.dataset or "", view.query.get("archived") == "1"
    live, archived = (audiences.list_audiences(view.session, view.actor, dataset, archived=which) for which in (False, True))
    if not live and not archived:
        return page_head("Audiences", SUB), [card(body=no_audience(view))]
    shown = archived if aside else live
    choices = archived_chips(view, len(live), len(archived), aside=aside) if archived else None
    head = page_head("Audiences", SUB, [_choose(view, "Choose customers")] if view.actor.may(Permission.TAG) else [])
    return head, [
        choices,
        card(body=table(columns(view), shown, caption="Audiences", listed=True, class_name="sc-audiences"), flush=True)
        if shown
        else none_left(view),
    ]


def archived_chips(view: View, live: int, archived: int, *, aside: bool) -> html.Nav:
    """The live ones and those that were set aside."""
    home = audiences_address(view.actor.team_slug, view.dataset or "")
    chips = [
        chip("Live", href=home, on=not aside, count=format.number(live)),
        chip("Archived", href=f"{home}?archived=1", on=aside, count=format.number(archived)),
    ]
    return html.Nav(chips, className="sc-chips sc-stack", **aria(label="Live or archived"))


def columns(view: View) -> list[Column[AudienceSummary]]:
    """What it is, how many, chosen by what, by whom; viewers do not see what customers were chosen by."""

    def name(audience: AudienceSummary) -> list[Child]:
        link = dcc.Link(
            html.Bdi(audience.name), href=audience_address(view.actor.team_slug, audience.dataset, audience.id), className="sc-strong"
        )
        return [link, html.Span(moment_words(audience.origin), className="sc-under")] if audience.origin else [link]

    told = [Column("Chosen by", chosen, wide=True)] if view.actor.may(Permission.VIEW_CUSTOMERS) else []
    return [
        Column("Audience", name),
        Column("Customers", lambda audience: format.customers_or_few(audience.size), numeric=True),
        *told,
        Column("Saved", saved),
    ]


def chosen(audience: AudienceSummary) -> Child:
    """The first words of what its customers were chosen by."""
    return chosen_words(audience.origin, most=MOST_WORDS) if audience.origin else format.MISSING


def saved(audience: AudienceSummary) -> Component:
    """When, and by whom."""
    return html.Div([format.day(audience.created_at), html.Span(format.by(audience.created_by), className="sc-under")])


def no_audience(view: View) -> Component:
    """What an audience is, and everywhere that one comes from."""
    team, dataset = view.actor.team_slug, view.dataset or ""
    text = "An audience is a list of customers that stays as it is: for a mailing, to measure what became of them, to show a colleague. "
    if not view.actor.may(Permission.TAG):
        see = button("See the segments", href=segments_address(team, dataset))
        return empty_state("bookmark", "No audience yet", f"{text}Marketers, analysts and admins can save one.", see)
    ways: list[Child] = [
        text,
        "Save one from any selection of ",
        dcc.Link("customers", href=customers_address(team, dataset)),
        ", from a ",
        dcc.Link("segment", href=segments_address(team, dataset)),
        ", or from who moved on ",
        dcc.Link("Movement", href=movement_address(team, dataset)),
        ".",
    ]
    return empty_state("bookmark", "No audience yet", ways, _choose(view, "Choose customers"))


def none_left(view: View) -> html.Section:
    """All that there are are in the other list."""
    every = button("See the archived ones", href=audiences_address(view.actor.team_slug, view.dataset or "", archived=1))
    return card(body=empty_state("archive", "No live audience", "All of them are archived. They keep their customers.", every))


def _choose(view: View, words: str) -> Component:
    return button(words, href=customers_address(view.actor.team_slug, view.dataset or ""), icon_name="people", kind="primary")


def register(callbacks: Callbacks) -> None:
    """Declare the page's callback."""

    @callbacks.on(Output(Ids.HEAD, "children"), Output(Ids.BODY, "children"), Input("address", "search"), needs=Permission.VIEW)
    def page(view: View, _search: Any) -> tuple[Component, list[Child]]:
        return show_audiences(view)


PAGE = Page("audiences", "Audiences", "audiences", layout, register, group="Act", icon="bookmark")
