"""The figures of a sweep: the k panel of one method at a time, its clustergram, and the table of all candidates."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from dash import html
from dash.development.base_component import Component

from segmentation.choosing.selection import Candidate
from segmentation.choosing.verdict import recommend
from segmentation.plots import clustergram_chart, k_panel
from segmentation.wording import upper_first
from webapp.edge import View
from webapp.pages.lab.head import fit_button
from webapp.pages.lab.ids import Ids
from webapp.pages.lab.shown import Shown
from webapp.services.access import Permission
from webapp.services.modelling.fit_requests import algorithm_name
from webapp.services.modelling.sweep_results import Tried
from webapp.ui.candidates import FEW, Order, candidate_columns, candidate_list, candidate_table, sorted_candidates
from webapp.ui.charts import chart_or_error
from webapp.ui.components import Child, aria, card, empty_state
from webapp.ui.format import count
from webapp.ui.places import address
from webapp.ui.tables import Column
from webapp.ui.theme import theme_of


def here(view: View, **query: object) -> str:
    """This page with another query: what is not named stays as it is."""
    asked = {name: view.query.get(name) for name in ("method", "sort", "all")} | query
    return address(view.actor.team_slug, view.dataset, "lab", view.item, **asked)


def method_of(view: View, found: Tried) -> str:
    """The method that the address asks for, else the recommended one."""
    asked = view.query.get("method")
    return asked if asked in {each.algorithm for each in found.candidates} else found.recommended[0]


def chosen_k(found: Tried, method: str) -> int:
    """The number of segments that is marked: the recommended one, or the best of another method."""
    if method == found.recommended[0]:
        return found.recommended[1]
    return recommend(of_method(found, method))[0].k


def of_method(found: Tried, method: str) -> list[Candidate]:
    return [each for each in found.candidates if each.algorithm == method]


def panel_card(view: View, shown: Shown) -> Component | None:
    """The k panel with a chip for each method; nothing where nothing was found."""
    if shown.report is None:
        return None
    found = shown.report.found
    method = method_of(view, found)
    draw = partial(
        k_panel,
        of_method(found, method),
        chosen_k(found, method),
        theme=theme_of(view.display),
        narrow=view.display.narrow,
        method=upper_first(algorithm_name(method)),
    )
    return html.Div([method_chips(view, found, method), chart_or_error(Ids.PANEL, draw)], className="sc-panel")


def method_chips(view: View, found: Tried, method: str) -> Component | None:
    """Which method the panel shows; nothing to choose where there is one."""
    names = list(dict.fromkeys(each.algorithm for each in found.candidates))
    if len(names) < 2:
        return None
    chips = [_chip(upper_first(algorithm_name(name)), here(view, method=name), on=name == method) for name in names]
    return html.Nav(chips, className="sc-chips scroll mb-3", **aria(label="Method that the figures show"))


def _chip(words: str, href: str, *, on: bool) -> html.A:
    """Not dcc.Link, which would jump to the top of the page (see lab.js)."""
    current = aria(current="true") if on else {}
    return html.A(words, href=href, className=f"sc-chip sc-turn{' on' if on else ''}", **current)


def clustergram_card(view: View, shown: Shown) -> Child:
    """Where customers go as the number of segments grows."""
    if shown.report is None:
        return None
    method = method_of(view, shown.report.found)
    drawn = shown.report.clustergrams.get(method)
    if drawn is None:
        return no_clustergram()
    name, k = upper_first(algorithm_name(method)), chosen_k(shown.report.found, method)
    draw = partial(clustergram_chart, drawn, k, theme=theme_of(view.display), narrow=view.display.narrow, method=name)
    return chart_or_error(Ids.CLUSTERGRAM, draw, empty=no_clustergram)


def no_clustergram() -> Component:
    """What it would show, and when it can."""
    text = "It shows which segments split as their number grows, once this method has been compared here with several numbers."
    return card("How segments split", body=empty_state("diagram-2", "No clustergram yet", text))


def leaderboard_card(view: View, shown: Shown) -> Component | None:
    """Every candidate, sorted as the address asks, each with Fit for those who may."""
    if shown.report is None:
        return None
    found, order = shown.report.found, Order.asked(view.query)
    ordered = sorted_candidates(found, order)
    everything = view.query.get("all") == "1"
    rows = ordered if everything else ordered[:FEW]
    body = _list(view, shown, rows) if view.display.narrow else _table(view, shown, order, rows)
    sub = "Measured in the full feature space, never in the projected picture, beside the same columns shuffled independently."
    return card("Candidates", sub, body, foot=_foot(view, len(rows), len(ordered), everything=everything), flush=True, className="sc-stack")


def _table(view: View, shown: Shown, order: Order, rows: Sequence[Candidate]) -> Component:
    assert shown.report is not None
    columns = candidate_columns(shown.report.found, order=order, address=lambda sort: here(view, sort=sort))
    if view.actor.may(Permission.RECLUSTER):
        columns.append(Column("Fit it", lambda each: _fit(shown, each), numeric=True, hide_head=True))
    return candidate_table(shown.report.found, columns, rows, "Candidates of this sweep")


def _list(view: View, shown: Shown, rows: Sequence[Candidate]) -> Component:
    assert shown.report is not None
    may = view.actor.may(Permission.RECLUSTER)
    return candidate_list(shown.report.found, rows, lambda each: _fit(shown, each) if may else None)


def _fit(shown: Shown, candidate: Candidate) -> Component | None:
    """Nothing for what the champion is already."""
    if shown.sweep is None and (candidate.algorithm, candidate.k) == shown.found_key:
        return None
    return fit_button(shown, candidate.algorithm, candidate.k, at="row")


def _foot(view: View, rows: int, candidates: int, *, everything: bool) -> list[Child] | None:
    if candidates <= FEW:
        return None
    words = html.Span(f"{rows} of {count(candidates, 'candidate')} shown")
    more = "Show fewer" if everything else "Show all"
    link = html.A(more, href=here(view, all=None if everything else 1), className="btn btn-ghost btn-sm sc-turn")
    return [words, html.Span(link, className="end")]
