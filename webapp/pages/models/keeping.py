"""How many versions are kept, why, and which would be removed."""

from __future__ import annotations

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.models.ids import Ids
from webapp.services.access import Permission
from webapp.services.modelling.retention import RELIANCE_WORDS, Keeping, Reliance
from webapp.ui.components import Child, button, card
from webapp.ui.format import count, listing, number
from webapp.ui.forms import labelled, select
from webapp.ui.places import models_address

ALL = "all"
CHOICES = (3, 5, 10, 20, 50)
TEXT = "Old versions take room. Removing one takes its model and labels; its number, figures, author, dates and model card stay."


def keeping_card(view: View, keeping: Keeping) -> Component:
    """The setting with what it comes to; who may not change it reads it."""
    parts: list[Child] = []
    if view.actor.may(Permission.PROMOTE):
        chosen = ALL if keeping.keep is None else str(keeping.keep)
        control = labelled("How many versions to keep", select(Ids.KEEP, keep_choices(keeping.keep), value=chosen, small=True))
        parts.append(html.Div([control, button("Save", id=Ids.KEEP_SAVE, small=True)], className="sc-keep-form"))
    parts.append(html.Div(keeping_words(view, keeping), id=Ids.KEEP_PLAN, className="sc-keep-plan"))
    return card(keeping_title(keeping), TEXT, parts)


def keeping_title(keeping: Keeping) -> str:
    return (
        "All versions are kept"
        if keeping.keep is None
        else f"The newest {keeping.keep} versions are kept, and those that somebody relies on"
    )


def keep_choices(current: int | None) -> dict[str, str]:
    """Every number to choose from, the present one among them."""
    numbers = sorted({*CHOICES, *([current] if current else [])})
    return {ALL: "All versions", **{str(each): f"The newest {each}" for each in numbers}}


def keeping_words(view: View, keeping: Keeping) -> list[Child]:
    """Which would be removed, and why older ones are not."""
    first = [html.B("Would be removed: "), *_links(view, keeping.removed), "."] if keeping.removed else ["Nothing would be removed."]
    relied = {number: [RELIANCE_WORDS[each] for each in why if each != Reliance.NEWEST] for number, why in keeping.kept.items()}
    lines = [html.Li([*_links(view, [number_]), f": {listing(why)}"]) for number_, why in relied.items() if why]
    parts: list[Child] = [html.P(first)]
    if lines:
        parts.append(html.Details([html.Summary(f"{count(len(lines), 'version')} that somebody relies on"), html.Ul(lines)]))
    return parts


def _links(view: View, numbers: Sequence[int]) -> list[Child]:
    parts: list[Child] = []
    for each in numbers:
        parts += [", "] if parts else []
        parts.append(dcc.Link(f"v{number(each)}", href=models_address(view.actor.team_slug, view.dataset or "", version=each)))
    return parts


def chosen_keep(value: str | None) -> int | None:
    """What the list says; None for all."""
    return None if value in (None, ALL) else int(value)
