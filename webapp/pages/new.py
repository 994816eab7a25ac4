"""New: a customer file becomes a dataset of its own."""

from __future__ import annotations

from enum import StrEnum

from dash import Input, Output, html
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.services.access import Permission
from webapp.ui.components import card, page_head, row, skeleton
from webapp.ui.page import Page
from webapp.ui.places import NEW, Place
from webapp.ui.sample import sample_card
from webapp.ui.upload import upload_form

STEPS = (
    ("We read the file", "Which column means what is guessed from names and values, with how sure that is."),
    ("You check it", "How many customers are new, what is wrong in which line. Nothing is stored yet."),
    ("You confirm", "The customers are stored as a dated snapshot. Then segments can be found."),
)


class Ids(StrEnum):
    BODY = "new-body"


def layout(_place: Place) -> Component:
    head = page_head("New dataset", "A dataset is one customer base: its customers, segments and campaigns.")
    return html.Div([head, html.Div(skeleton(240), id=Ids.BODY)])


def show_form(view: View) -> Component:
    """The upload, and what happens afterwards."""
    upload = card("Bring your customers", "A header line, then one row for each customer with an id.", upload_form(view, dataset=None))
    steps = html.Ol([html.Li([html.B(name), html.Span(text)]) for name, text in STEPS], className="sc-next-steps")
    bring = html.Div([upload, sample_card(view, at="new")], className="sc-above-each-other")
    return row((8, bring), (4, card("What happens next", None, steps)))


def register(callbacks: Callbacks) -> None:
    @callbacks.on(Output(Ids.BODY, "children"), Input(Ids.BODY, "id"), needs=Permission.IMPORT)
    def form(view: View, _id: str) -> Component:
        return show_form(view)


PAGE = Page(name="new", title="New dataset", path=NEW, layout=layout, register=register, needs=Permission.IMPORT, under="data")
