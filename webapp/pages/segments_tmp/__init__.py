"""Segments: every segment of a version side by side, and what sets them apart."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dash import Input, Output, html, no_update
from dash.development.base_component import Component

from segmentation import plots
from segmentation.plots import Chart
from webapp.edge import Callbacks, View
from webapp.services import datasets, segments, versions
from webapp.services import jobs as job_services
from webapp.services.access import Permission
from webapp.services.datasets import DatasetSummary
from webapp.services.jobs import JobSummary
from webapp.services.segments import SegmentsOverview
from webapp.services.versions import VersionReport
from webapp.ui import jobs
from webapp.ui.charts import chart_card
from webapp.ui.components import Child, button, card, empty_state, page_head, row, segment_verdict, skeleton, verdict
from webapp.ui.drawing import drawn
from webapp.ui.format import count
from webapp.ui.page import Page
from webapp.ui.places import Place, customers_csv_address, data_address, models_address, segments_address
from webapp.ui.recluster import recluster_button
from webapp.ui.segments_ui import EVERYBODY, Where, asked_version, segment_cards, segment_chips, segments_sentence, verdict_badge

TALL, LOW = 448, 432
"""Heights of the chart cards while they wait, in pixels."""


class Ids(StrEnum):
    HEAD = "segments-head"
    BODY = "segments-body"
    FIRST_FIT = "segments-first-fit"
    HEAT = "heat-map-place"
    SHARE = "share-place"
    VALUE = "value-recency-place"
    MAP = "customer-map-place"


PLOTS = {Ids.HEAT: plots.heat_map, Ids.SHARE: plots.shares, Ids.VALUE: plots.value_recency, Ids.MAP: plots.customer_map}
WITHOUT = {
    Ids.HEAT: ("Nothing to compare", "No column of this data can be compared between segments."),
    Ids.SHARE: ("No spend in this data", "Give a column the role spend when you import, and each segment's share of it is shown here."),
    Ids.VALUE: (
        "No spend and recency in this data",
        "With the roles spend and recency days, what segments spend is set against how recently they bought.",
    ),
    Ids.MAP: ("No customer map", "This version was fitted without one; a new version draws it."),
}


def layout(_place: Place) -> Component:
    """The page in its final shape, still waiting."""
    return html.Div([html.Div(page_head("Segments", "Reading the segments…"), id=Ids.HEAD), html.Div(waiting_body(), id=Ids.BODY)])


def waiting_body() -> list[Component]:
    return [html.Div([skeleton(240) for _ in range(4)], className="sc-segrow"), *figure_rows()]


def figure_rows() -> list[Component]:
    """The places of the four figures, waiting for them."""
    places = {name: html.Div(skeleton(TALL if name in (Ids.HEAT, Ids.SHARE) else LOW), id=name) for name in PLOTS}
    return [row((7, places[Ids.HEAT]), (5, places[Ids.SHARE])), row((6, places[Ids.VALUE]), (6, places[Ids.MAP]))]


def show_segments_page(view: View) -> tuple[Component, list[Child]]:
    """Head and body: the segments, or the next step towards them."""
    dataset = datasets.show_dataset(view.session, view.actor, view.dataset or "")
    overview = segments.show_segments(view.session, view.actor, dataset.slug, version=asked_version(view.query))
    if overview is None:
        return page_head("Segments", "Groups of customers who are alike, found in your own data."), [first_step(view, dataset)]
    report = versions.show_report(view.session, view.actor, dataset.slug, overview.version.number)
    where = Where(view.actor.team_slug, dataset.slug, asked_version(view.query))
    return segments_head(view, overview, report, where), segments_body(overview, report, where)


def segments_head(view: View, overview: SegmentsOverview, report: VersionReport, where: Where) -> Component:
    """What there is in one sentence, how sure it is, and what can be done with it."""
    sub: list[Child] = [segments_sentence(overview), " ", verdict_badge(overview.version.verdict, report.verdict.headline)]
    export = None
    if view.actor.may(Permission.EXPORT):
        address = customers_csv_address(where.team, where.dataset, EVERYBODY, version=where.version)
        export = button("Export all", href=address, icon_name="download", download="")
    return page_head("Segments", sub, [export, recluster_button(view.actor, at="segments", kind="primary")])


def segments_body(overview: SegmentsOverview, report: VersionReport, where: Where) -> list[Child]:
    """Chips, cards and the places of the figures; above them what a reader must know first."""
    return [
        not_champion(overview, where),
        no_segments_verdict(overview, report),
        segment_chips(overview, where),
        html.H2("One by one", className="visually-hidden"),
        segment_cards(overview, where),
        *figure_rows(),
    ]


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
    return segment_verdict("none", report.verdict.headline, report.verdict.explanation, reasons)


def first_step(view: View, dataset: DatasetSummary) -> Component:
    """Without segments: the one next step towards them."""
    team = view.actor.team_slug
    if not dataset.customers:
        may = view.actor.may(Permission.IMPORT)
        action = button("Import customers", href=data_address(team, dataset.slug), kind="primary") if may else None
        text = (
            "Segments are found in customer records. Bring a file with one row for each customer."
            if may
            else "Segments are found in customer records. Ask an analyst of your team to import them."
        )
        return card(body=empty_state("people", "No customers yet", text, action))
    if job := active_fit(view, dataset.slug):
        return card(
            "Finding the first segments",
            "You can leave this page; the bar at the top stays with you.",
            html.Div(fit_progress(view, job), id=Ids.FIRST_FIT),
        )
    return card(body=first_fit_state(view, dataset))


def first_fit_state(view: View, dataset: DatasetSummary) -> Component:
    """Customers but no champion: re-cluster, or promote one of the versions that are there."""
    if dataset.versions:
        link = button("Look at the versions", href=models_address(view.actor.team_slug, dataset.slug), kind="primary")
        return empty_state("layers", "No version has been promoted", "Versions are there, but your team works with none of them yet.", link)
    here = f"{count(dataset.customers, 'customer')} {'is' if dataset.customers == 1 else 'are'} here."
    text = f"{here} Finding segments tries several numbers of groups and says in words whether they hold."
    if not view.actor.may(Permission.RECLUSTER):
        return empty_state("grid-1x2", "No segments yet", f"{text} Ask an analyst of your team to start it.")
    return empty_state("grid-1x2", "No segments yet", text, recluster_button(view.actor, at="empty", text="Find segments", kind="primary"))


def active_fit(view: View, dataset: str) -> JobSummary | None:
    """The re-cluster that is queued or running."""
    found = job_services.list_jobs(view.session, view.actor, dataset, limit=20)
    return next((job for job in found if job.kind == "recluster" and job.status in jobs.ACTIVE), None)


def fit_progress(view: View, job: JobSummary) -> Component:
    return jobs.job_card(job, view, at="segments")


def show_first_fit(view: View) -> Any:
    """How far the first fit is; when it has ended the whole page is read again, so nothing changes here."""
    job = active_fit(view, view.dataset or "")
    return fit_progress(view, job) if job else no_update


def show_figures(view: View) -> tuple[Any, ...]:
    """The four figures, drawn for the visitor's theme and width."""
    overview = segments.show_segments(view.session, view.actor, view.dataset or "", version=asked_version(view.query))
    if overview is None:
        return (no_update,) * len(PLOTS)
    return tuple(figure_card(name, drawn(plot, overview, view.display)) for name, plot in PLOTS.items())


def figure_card(name: Ids, chart: Chart | None) -> Component:
    """A chart in its card; without it, what the data would need for it."""
    if chart is not None:
        return chart_card(name.removesuffix("-place"), chart)
    return card(body=empty_state("bar-chart", *WITHOUT[name]))


def register(callbacks: Callbacks) -> None:
    @callbacks.on(
        Output(Ids.HEAD, "children"),
        Output(Ids.BODY, "children"),
        Input("address", "search"),
        Input("pulse", "data"),
        needs=Permission.VIEW,
    )
    def page(view: View, _search: Any, _pulse: Any) -> tuple[Component, list[Child]]:
        return show_segments_page(view)

    @callbacks.on(*[Output(name, "children") for name in PLOTS], Input("display", "data"), needs=Permission.VIEW)
    def figures(view: View, _display: Any) -> tuple[Any, ...]:
        return show_figures(view)

    @callbacks.on(Output(Ids.FIRST_FIT, "children"), Input(jobs.Ids.TICK, "n_intervals"), needs=Permission.VIEW, prevent_initial_call=True)
    def first_fit(view: View, _tick: Any) -> Any:
        return show_first_fit(view)


PAGE = Page("segments", "Segments", "segments", layout, register, group="Understand", icon="grid-1x2")
