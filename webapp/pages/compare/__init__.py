"""Compare: two versions side by side, which the address names."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, dcc, html
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.pages.compare import parts
from webapp.pages.compare.correcting import (
    correct_button,
    correct_dialog,
    matched,
    register_correcting,
    register_taking_back,
    take_back_button,
)
from webapp.pages.compare.ids import AT, Ids
from webapp.services.access import Permission
from webapp.services.errors import Conflict, NotFound
from webapp.services.modelling import versions
from webapp.services.modelling.versions import VersionSummary
from webapp.services.segmenting import compared
from webapp.services.segmenting.compared import VersionsCompared
from webapp.services.segmenting.movements import Uncounted
from webapp.ui.components import Child, button, card, empty_state, hidden_text, icon, menu, page_head, row, skeleton, skeleton_tiles
from webapp.ui.evidence_names import crossed_hint, names_dialog, register_names
from webapp.ui.format import day
from webapp.ui.moving import counting_card, register_counting
from webapp.ui.page import Page
from webapp.ui.places import Place, address, compare_address, item_number, models_address, movement_address
from webapp.ui.recluster import recluster_button

TALL, LOW = 430, 300


def layout(_place: Place) -> Component:
    """The page in its final shape, still waiting."""
    waiting = [skeleton_tiles(), row((12, skeleton(TALL))), row((12, skeleton(TALL))), skeleton(LOW)]
    head = html.Div(page_head("Compare", "Reading both versions…"), id=Ids.HEAD)
    return html.Div([head, html.Div(waiting, id=Ids.BODY), dcc.Store(id=Ids.CORRECT_VERSION), correct_dialog(), names_dialog(AT)])


def chosen_pair(view: View, listed: Sequence[VersionSummary]) -> tuple[int, int] | None:
    """The versions in the address; where it leaves one out, the champion and the newest other one, the earlier first."""
    ready = [version.number for version in listed if version.status == "ready"]
    champion = next((version.number for version in listed if version.champion), None)
    before, after = (item_number(view.query.get(name)) for name in ("a", "b"))
    if before and after:
        return before, after
    if len(ready) < 2 and not (before or after):
        return None
    one = before or after or champion or ready[1]
    other = next((number for number in ready if number != one), one)
    if before or after:
        return (one, other) if before else (other, one)
    return min(one, other), max(one, other)


def show_head(view: View) -> Component:
    """Title, the two choices, and the way to the movement between them."""
    listed = versions.list_versions(view.session, view.actor, view.dataset or "")
    pair = chosen_pair(view, listed)
    sub = "Two versions side by side: do they divide the same customers the same way, and what became of each segment?"
    if pair is None:
        return page_head("Compare", sub)
    href = movement_address(view.actor.team_slug, view.dataset or "", **{"from": f"v{pair[0]}", "to": f"v{pair[1]}"})
    actions = [*_choices(view, listed, pair), button("Who moved", href=href, icon_name="arrow-left-right", kind="primary")]
    return page_head("Compare", sub, actions)


def _choices(view: View, listed: Sequence[VersionSummary], pair: tuple[int, int]) -> list[Child]:
    """A menu for each side, and a button that changes sides."""
    team, dataset = view.actor.team_slug, view.dataset or ""
    ready = [version for version in listed if version.status == "ready"]

    def choice(side: str, chosen: int, other: int) -> Component:
        items = [
            dbc.DropdownMenuItem(
                f"v{version.number}{' (champion)' if version.champion else ''}",
                href=compare_address(
                    team, dataset, before=version.number if side == "Before" else other, after=other if side == "Before" else version.number
                ),
                class_name="sc-current" if version.number == chosen else "",
            )
            for version in ready
        ]
        return menu([hidden_text(f"{side}: "), f"{side} v{chosen}", icon("chevron-expand")], items, toggle_class="btn-secondary")

    swapped = compare_address(team, dataset, before=pair[1], after=pair[0])
    return [choice("Before", *pair), choice("After", pair[1], pair[0]), button("Swap", href=swapped, icon_name="arrow-left-right")]


def show_body(view: View) -> list[Child]:
    """The comparison, or why there is none."""
    listed = versions.list_versions(view.session, view.actor, view.dataset or "")
    pair = chosen_pair(view, listed)
    if pair is None:
        return [card(body=_too_few(view, listed))]
    try:
        found = compared.compare_versions(view.session, view.actor, view.resources.store, view.dataset or "", *pair)
    except (NotFound, Conflict) as error:
        link = button("All versions", href=models_address(view.actor.team_slug, view.dataset or ""))
        text = f"{error.message} It may be at work still, have failed, or have been removed. Choose other versions above."
        return [card(body=empty_state("layers", "These cannot be compared", text, link))]
    return [counting_card(view, AT, found)] if isinstance(found, Uncounted) else comparison(view, found)


def comparison(view: View, found: VersionsCompared) -> list[Child]:
    """All cards but that of the columns, which takes longer."""
    lineage = matched(view, found)
    more = address(view.actor.team_slug, view.dataset, "compare", None, **{**view.query, "all": 1})
    return [
        html.P([icon("info-circle"), _of_what(found)], className="sc-filter-note sc-stack"),
        *hints(view, found),
        parts.tiles(found),
        *parts.charts(view, found),
        parts.matching_card(
            view, found, lineage, correct_button(view, lineage), partial(take_back_button, view, found.after.version.number)
        ),
        parts.profiles_card(view, found, every="all" in view.query, more=more),
        row((6, parts.figures_card(found)), (6, html.Div(skeleton(TALL), id=Ids.DRIFT))),
    ]


def hints(view: View, found: VersionsCompared) -> list[Child]:
    """Where names crossed in either version; it is the later one that they are to fit."""
    return [
        crossed_hint(view, AT, found.before.version.number, mend=False),
        crossed_hint(view, AT, found.after.version.number),
    ]


def _of_what(found: VersionsCompared) -> str:
    first, second = found.before, found.after
    names = f"Version {first.version.number} and version {second.version.number}"
    if found.same_snapshot:
        return f"{names} divide the same customers of {day(first.as_of)}: every difference is the model's."
    return f"{names} were fitted on the customers of {day(first.as_of)} and of {day(second.as_of)}: customers changed, and the model did."


def _too_few(view: View, listed: Sequence[VersionSummary]) -> Component:
    text = "A second version is needed. Re-cluster when customers have changed, or with other features, and see here what that changes."
    what = "Find segments" if not listed else "Re-cluster"
    return empty_state("layers-half", "Nothing to compare yet", text, recluster_button(view.actor, at="compare", text=what, kind="primary"))


def show_drift(view: View) -> list[Child]:
    """The card of the columns; nothing where the page says why there is no comparison."""
    pair = chosen_pair(view, versions.list_versions(view.session, view.actor, view.dataset or ""))
    if pair is None:
        return []
    try:
        found = compared.compare_versions(view.session, view.actor, view.resources.store, view.dataset or "", *pair)
    except (NotFound, Conflict):
        return []
    return [] if isinstance(found, Uncounted) else [parts.drift_card(view, found)]


def register(callbacks: Callbacks) -> None:
    search, display, pulse = Input("address", "search"), Input("display", "data"), Input("pulse", "data")

    @callbacks.on(Output(Ids.HEAD, "children"), Output(Ids.BODY, "children"), search, display, pulse, needs=Permission.VIEW_CUSTOMERS)
    def body(view: View, _search: Any, _display: Any, _pulse: Any) -> Any:
        return show_head(view), show_body(view)

    @callbacks.on(Output(Ids.DRIFT, "children"), search, pulse, needs=Permission.VIEW_CUSTOMERS)
    def drift(view: View, _search: Any, _pulse: Any) -> Any:
        return show_drift(view)

    register_counting(callbacks, AT)
    register_names(callbacks, AT)
    register_correcting(callbacks)
    register_taking_back(callbacks)


PAGE = Page(
    name="compare",
    title="Compare",
    path="compare",
    layout=layout,
    register=register,
    needs=Permission.VIEW_CUSTOMERS,
    group="Model",
    icon="layers-half",
)
