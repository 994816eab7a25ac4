"""Segments: every segment of a version side by side, and what sets them apart; filters leave some of its customers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import Input, Output, html, no_update
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.pages.segments.figures import PLOTS, figure_cards, figure_rows, waiting_rows
from webapp.pages.segments.first import first_step, show_first_fit
from webapp.pages.segments.ids import FILTERS, Ids
from webapp.services.access import Permission
from webapp.services.data import datasets
from webapp.services.errors import Forbidden
from webapp.services.modelling import versions
from webapp.services.modelling.versions import VersionReport
from webapp.services.segmenting import filtered_segments
from webapp.services.segmenting.filtered_segments import FilteredSegments, SegmentLeft
from webapp.services.segmenting.segments import SegmentsOverview
from webapp.ui import jobs
from webapp.ui.components import (
    Child,
    aria,
    button,
    card,
    chip,
    empty_state,
    icon,
    page_head,
    segment_mark,
    segment_verdict,
    skeleton,
    verdict,
)
from webapp.ui.filters import filter_bar, filter_dialog, here, register_filters
from webapp.ui.format import number
from webapp.ui.page import Page
from webapp.ui.places import Place, customers_csv_address, models_address, segments_address
from webapp.ui.recluster import recluster_button
from webapp.ui.segments_ui import (
    EVERYBODY,
    Where,
    asked_version,
    holdings,
    segment_cards,
    segment_name,
    segments_sentence,
    verdict_badge,
    weak_segments_words,
)
from webapp.ui.states import champion_only

BAR_HEIGHT = 28
"""Pixels that the row of chips takes while it waits, so that nothing jumps."""


def layout(_place: Place) -> Component:
    """The page in its final shape, still waiting."""
    parts = [
        html.Div(page_head("Segments", "Reading the segments…"), id=Ids.HEAD),
        html.Div(html.Div(className="sc-filter-bar", style={"minHeight": BAR_HEIGHT}), id=Ids.BAR),
        html.Div(waiting_body(), id=Ids.BODY),
        filter_dialog(FILTERS),
    ]
    return html.Div(parts)


def waiting_body() -> list[Component]:
    return [html.Div([skeleton(240) for _ in range(4)], className="sc-segrow"), *waiting_rows()]


def read_segments(view: View) -> FilteredSegments | None:
    """What the address asks for: a version's segments under its filters; None before the first promotion."""
    store, version = view.resources.store, asked_version(view.query)
    return filtered_segments.show_filtered(view.session, view.actor, store, view.dataset or "", view.query, version=version)


def show_segments_page(view: View) -> tuple[Component, list[Child], list[Child]]:
    """Head, chips and body: the segments, or the next step towards them."""
    dataset = datasets.show_dataset(view.session, view.actor, view.dataset or "")
    try:
        shown = read_segments(view)
    except Forbidden:
        return champion_only(view, "Segments", segments_address(view.actor.team_slug, dataset.slug)), [], []
    if shown is None:
        head = page_head("Segments", "Groups of customers who are alike, found in your own data.")
        return head, [], [first_step(view, dataset)]
    report = versions.show_report(view.session, view.actor, dataset.slug, shown.whole.version.number)
    where = Where(view.actor.team_slug, dataset.slug, asked_version(view.query))
    return segments_head(view, shown.whole, report, where), chips_bar(view, shown, where), segments_body(view, shown, report, where)


def segments_head(view: View, overview: SegmentsOverview, report: VersionReport, where: Where) -> Component:
    """What there is in one sentence, how sure it is, and what can be done with it."""
    sub: list[Child] = [segments_sentence(overview), " ", verdict_badge(overview.version.verdict, report.verdict.headline)]
    export = None
    if view.actor.may(Permission.EXPORT):
        address = customers_csv_address(where.team, where.dataset, EVERYBODY, version=where.version)
        export = button("Export all", href=address, icon_name="download", download="")
    return page_head("Segments", sub, [export, recluster_button(view.actor, at="segments", kind="primary")])


def chips_bar(view: View, shown: FilteredSegments, where: Where) -> list[Child]:
    """What a reader must know first, then the segments as chips beside the filters."""
    chips = segment_chips(shown, where)
    if shown.measured:
        return [not_champion(shown.whole, where), filter_bar(view, FILTERS, shown.selection, lead=chips)]
    row = html.Div(chips, className="sc-chips sc-filters", role="group", **aria(label="Segments of this version"))
    return [not_champion(shown.whole, where), html.Div([row, unmeasured(view)], className="sc-filter-bar")]


def segment_chips(shown: FilteredSegments, where: Where) -> list[Child]:
    """Every segment with its mark and how many of its customers are shown, each a link."""
    return [
        chip([segment_mark(each.style.slot), each.style.short_name], href=where.segment(each.style.key), count=chip_count(each))
        for each in shown.segments
    ]


def chip_count(each: SegmentLeft) -> str:
    if each.profile is not None:
        return number(each.profile.size)
    return "held back" if each.state == "held" else "0"


def unmeasured(view: View) -> Component:
    """Why this version cannot be filtered, and what makes one that can."""
    able = view.actor.may(Permission.RECLUSTER)
    text = "This version was made before measures of customers were kept, so it cannot be filtered. "
    text += "Re-cluster: segments that continue keep their names and colours." if able else "The next version can."
    return html.P([icon("info-circle"), text], className="sc-filter-note")


def segments_body(view: View, shown: FilteredSegments, report: VersionReport, where: Where) -> list[Child]:
    """Cards and the places of the figures; above them the verdict where it is that there are none."""
    title = html.H2("One by one", className="visually-hidden")
    if not shown.overview.styles:
        return [no_segments_verdict(shown.whole, report), card(body=nobody_left(view, shown))]
    cards = segment_cards(shown.overview, where)
    return [no_segments_verdict(shown.whole, report), title, cards, not_shown(shown, where), *figure_rows()]


def nobody_left(view: View, shown: FilteredSegments) -> Component:
    """What it means that no segment is left, and the way back."""
    clear = button("Clear filters", href=here(view, f=None), kind="primary")
    if shown.selection.held:
        return empty_state(
            "shield-lock", "Too few to show", "Figures here could tell of fewer than ten customers. Choose another group.", clear
        )
    return empty_state("funnel", "No customer is left", "Nobody meets all of these filters. Take one away, or clear them.", clear)


def not_shown(shown: FilteredSegments, where: Where) -> Component | None:
    """The segments of which the filters leave nobody, and those whose figures are held back."""
    lines = [
        _not_shown(shown.segments, "empty", "Nobody is left in", where),
        _not_shown(shown.segments, "held", "Held back for groups under ten:", where),
    ]
    parts = [line for line in lines if line is not None]
    return html.Div(parts, className="sc-not-shown") if parts else None


def _not_shown(segments: Sequence[SegmentLeft], state: str, text: str, where: Where) -> Component | None:
    names = [segment_name(each.style.slot, each.style.name, where.segment(each.style.key)) for each in segments if each.state == state]
    return html.P([html.Span(text), *names]) if names else None


def not_champion(overview: SegmentsOverview, where: Where) -> Component | None:
    """Says that this is not the version that the team works with."""
    if overview.version.champion:
        return None
    links = [
        button("See the champion", href=segments_address(where.team, where.dataset), small=True),
        button("Models", href=models_address(where.team, where.dataset), small=True),
    ]
    text = "Your team works with another version. Tags and exports from here speak of this one's segments."
    return verdict(
        f"Version {overview.version.number} is not the champion",
        text,
        tone="neutral",
        icon_name="clock-history",
        action=html.Div(links, className="acts"),
    )


def no_segments_verdict(overview: SegmentsOverview, report: VersionReport) -> Component | None:
    """The verdict `none` is an answer, and it comes before the groups that the model had to make all the same."""
    if overview.version.verdict != "none":
        return None
    reasons = [(reason.good, reason.text) for reason in report.verdict.reasons]
    holding = holdings(overview.styles, overview.profiles)
    weak = weak_segments_words("none", report.separated(overview.version.algorithm, overview.version.k), holding)
    return segment_verdict("none", report.verdict.headline, f"{report.verdict.explanation} {weak}".strip(), reasons)


def show_figures(view: View) -> tuple[Any, ...]:
    """The four figures, drawn for the visitor's theme and width."""
    try:
        shown = read_segments(view)
    except Forbidden:  # the head says why
        return (no_update,) * len(PLOTS)
    if shown is None or not shown.overview.styles:
        return (no_update,) * len(PLOTS)
    return figure_cards(view, shown)


def register(callbacks: Callbacks) -> None:
    @callbacks.on(
        Output(Ids.HEAD, "children"),
        Output(Ids.BAR, "children"),
        Output(Ids.BODY, "children"),
        Input("address", "search"),
        Input("pulse", "data"),
        needs=Permission.VIEW,
    )
    def page(view: View, _search: Any, _pulse: Any) -> tuple[Component, list[Child], list[Child]]:
        return show_segments_page(view)

    @callbacks.on(*[Output(name, "children") for name in PLOTS], Input("display", "data"), needs=Permission.VIEW)
    def figures(view: View, _display: Any) -> tuple[Any, ...]:
        return show_figures(view)

    @callbacks.on(Output(Ids.FIRST_FIT, "children"), Input(jobs.Ids.TICK, "n_intervals"), needs=Permission.VIEW, prevent_initial_call=True)
    def first_fit(view: View, _tick: Any) -> Any:
        return show_first_fit(view)

    register_filters(callbacks, FILTERS, Permission.VIEW)


PAGE = Page("segments", "Segments", "segments", layout, register, group="Understand", icon="grid-1x2")
