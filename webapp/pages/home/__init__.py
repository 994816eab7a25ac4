"""Home: how a dataset stands, and the next step."""

from __future__ import annotations

from typing import Any

from dash import ALL, MATCH, ClientsideFunction, Input, Output, dcc, html, no_update
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.pages.home.checklist import checklist
from webapp.pages.home.figures import segments_card, tiles, verdict_card
from webapp.pages.home.ids import PUT_AWAY, STEPS_AWAY, Ids
from webapp.pages.home.over_time import changes_card, counting_card, shares_card
from webapp.services import samples
from webapp.services.access import Permission
from webapp.services.data import datasets, timeline
from webapp.services.data.datasets import DatasetSummary
from webapp.services.data.timeline import TimelineEntry
from webapp.services.modelling import versions
from webapp.services.planning import campaigns
from webapp.services.segmenting import segments, traces
from webapp.services.segmenting.segments import SegmentsOverview
from webapp.services.segmenting.traces import Traces
from webapp.services.work import jobs as job_services
from webapp.services.work.jobs import JobSummary
from webapp.ui import jobs, sample
from webapp.ui.actions import actions_card
from webapp.ui.advice import advice_verdict
from webapp.ui.components import Child, button, card, empty_state, page_head, row, skeleton, skeleton_tiles
from webapp.ui.evidence_names import crossed_hint, names_dialog, register_names
from webapp.ui.format import count, day
from webapp.ui.page import Page
from webapp.ui.places import HOME, Place, data_address, home_address, new_address
from webapp.ui.recluster import recluster_button
from webapp.ui.waiting_files import waiting_files

COMING = (
    ("Customers come in", "As a dated snapshot, or several: the sample brings one for each of its months."),
    ("Segments are found", "Groups who are alike, with how sure that is."),
    ("They are counted over time", "Then everything is here: figures, what changed, and what to do next."),
)
"""What happens on Home of a dataset without segments, for whoever waits for it."""


def layout(_place: Place) -> Component:
    waiting = [page_head("Home", "Reading how things stand…"), skeleton_tiles(), row((8, skeleton(340)), (4, skeleton(340)))]
    return html.Div([html.Div(waiting, id=Ids.BODY), dcc.Store(id=Ids.GO), names_dialog("home")])


def show_home(view: View) -> tuple[Any, str | None]:
    """The page, or for a team that has datasets the address of the first one."""
    if view.dataset is None:
        known = datasets.list_datasets(view.session, view.actor)
        if known:
            return no_update, home_address(view.actor.team_slug, known[0].slug)
        return [
            page_head(f"Welcome to {view.actor.team_name}", "From a customer file to a tagged campaign in a few minutes."),
            welcome(view),
        ], None
    dataset = datasets.show_dataset(view.session, view.actor, view.dataset)
    overview = segments.show_segments(view.session, view.actor, dataset.slug)
    fitted_on = earlier_snapshot(view, dataset, overview)
    return [home_head(view, dataset, fitted_on), waiting_files(view), *home_body(view, dataset, overview, fitted_on)], None


def earlier_snapshot(view: View, dataset: DatasetSummary, overview: SegmentsOverview | None) -> TimelineEntry | None:
    """The snapshot that the champion was fitted on where customers have changed since; None where they have not."""
    if overview is None or overview.version.snapshot == dataset.snapshot:
        return None
    every = timeline.show_timeline(view.session, view.actor, dataset.slug)
    return next((each for each in every if each.number == overview.version.snapshot), None)


def welcome(view: View) -> Component:
    """First run: nothing is there; a file of one's own, or the sample."""
    if view.actor.may(Permission.IMPORT):
        action: Child = button("Import customers", icon_name="upload", href=new_address(view.actor.team_slug), kind="primary")
        state = empty_state(
            "people",
            "Bring your customers",
            "A CSV file with one row for each customer is enough. You see what was understood before anything is stored.",
            action,
        )
    else:
        state = empty_state(
            "people",
            "No customers yet",
            "An analyst or admin of your team can import a customer file. Segments and campaigns show here afterwards.",
        )
    starts = html.Div([card(body=state), sample.sample_card(view, at="home")], className="sc-above-each-other")
    return row((8, starts), (4, checklist(view, None, None, ())))


def home_head(view: View, dataset: DatasetSummary, fitted_on: TimelineEntry | None) -> Component:
    """What is known, and as of when, which may be another day for segments.

    Import is the primary action until there are customers; re-cluster is beside it.
    """
    if not dataset.customers:
        words = "customers are on their way" if work_in_progress(view) else "no customers yet"
        return page_head("Home", f"{dataset.name}: {words}.")
    champion = f" Version {dataset.champion} is the champion." if dataset.champion else " No segments yet."
    if fitted_on is not None:
        then = f"as of {day(fitted_on.as_of)} with {count(fitted_on.customers, 'customer')}"
        champion = f" Segments, spend and outcomes are those of version {dataset.champion}, {then}."
    sub = f"{dataset.name}, snapshot of {day(dataset.as_of)} with {count(dataset.customers, 'customer')}.{champion}"
    importing = None
    if view.actor.may(Permission.IMPORT):
        importing = button(
            "Import customers",
            icon_name="upload",
            href=data_address(view.actor.team_slug, dataset.slug),
            kind="primary" if dataset.champion else "secondary",
        )
    again = recluster_button(view.actor, at="home") if dataset.champion else None
    return page_head("Home", sub, [again, importing])


def home_body(view: View, dataset: DatasetSummary, overview: SegmentsOverview | None, fitted_on: TimelineEntry | None) -> list[Child]:
    """Figures, shares over time and what changed beside the way to the first campaign and what to do next."""
    planned = campaigns.list_campaigns(view.session, view.actor, dataset.slug)
    steps = checklist(view, dataset, overview, planned)
    if overview is None:
        return [row((8, nothing_found(view, dataset)), (4, steps)) if steps else row((12, nothing_found(view, dataset)))]
    report = versions.show_report(view.session, view.actor, dataset.slug, overview.version.number)
    counted = traces.list_traces(view.session, view.actor, dataset.slug)
    over_time = _over_time(view, counted, overview)
    changes = changes_card(view, counted, traces.find_succession(view.session, view.actor, dataset.slug), overview) if counted else None
    actions = actions_card(view, overview)
    return [
        advice_verdict(view, at="home", only_if_due=True),
        crossed_hint(view, "home", overview.version.number),
        tiles(dataset, overview, counted, fitted_on),
        row((8, over_time), (4, steps)) if steps else row((12, over_time)),
        row((6, changes), (6, actions)) if changes else row((12, actions)),
        verdict_card(view, overview, report),
    ]


def _over_time(view: View, counted: Traces | None, overview: SegmentsOverview) -> Component:
    """Shares over the days that are counted; with one day the segments as they are; while it is counted, how far that is."""
    if counted is None:
        return segments_card(view, overview)
    if not counted.current:
        return counting_card(view, counted)
    return shares_card(view, counted) or segments_card(view, overview)


def nothing_found(view: View, dataset: DatasetSummary) -> Component:
    """Without segments: the work that leads there, or what is missing and the one button."""
    if (job := work_in_progress(view)) is not None:
        at_work = html.Div(jobs.job_card(job, view, at="home"), id=Ids.PROGRESS)
        coming = html.Ol([html.Li([html.B(name), html.Span(text)]) for name, text in COMING], className="sc-next-steps sc-coming")
        return card(jobs.job_title(job), "It goes on by itself. You can leave this page.", [at_work, coming])
    if not dataset.customers:
        return _no_customers(view, dataset)
    text = f"{count(dataset.customers, 'customer')} are here. Find groups who are alike; the product says how sure it is."
    return card(
        body=empty_state("grid-1x2", "No segments yet", text, recluster_button(view.actor, at="home", text="Find segments", kind="primary"))
    )


def _no_customers(view: View, dataset: DatasetSummary) -> Component:
    importing = button("Import customers", icon_name="upload", href=data_address(view.actor.team_slug, dataset.slug), kind="primary")
    known = samples.find_sample(view.session, view.actor)
    # The sample's own dataset, whose job somebody stopped: the sample is what was meant to be here.
    shown = sample.load_button(view, at="empty", kind="primary") if known and known.dataset == dataset.slug else importing
    text = "Bring a CSV file; you see what was understood before anything is stored."
    return card(body=empty_state("people", "No customers yet", text, shown if view.actor.may(Permission.IMPORT) else None))


def work_in_progress(view: View) -> JobSummary | None:
    """The job that this dataset waits for: the one that runs, else the first in the queue."""
    listed = job_services.list_jobs(view.session, view.actor, view.dataset, limit=20)
    active = [job for job in listed if job.status in jobs.ACTIVE]
    return next((job for job in active if job.status == "running"), active[-1] if active else None)


def show_progress(view: View) -> Any:
    """How far the work is that this page waits for."""
    job = work_in_progress(view)
    return jobs.job_card(job, view, at="home") if job else no_update


def count_clicked(view: View, clicks: int | None) -> Any:
    """Have the segments counted that a failed job left out."""
    if not clicks or view.dataset is None:
        return no_update
    traces.count_again(view.session, view.actor, view.dataset)
    return clicks


def register(callbacks: Callbacks) -> None:
    @callbacks.on(
        Output(Ids.BODY, "children"),
        Output(Ids.GO, "data"),
        Input("pulse", "data"),
        Input({"type": STEPS_AWAY, "at": ALL}, "data"),
        Input("address", "search"),
        Input("display", "data"),
        needs=Permission.VIEW,
    )
    def body(view: View, _pulse: object, _steps: object, _search: object, _display: object) -> tuple[Any, str | None]:
        return show_home(view)

    @callbacks.on(Output(Ids.PROGRESS, "children"), Input(jobs.Ids.TICK, "n_intervals"), needs=Permission.VIEW)
    def progress(view: View, _tick: object) -> Any:
        return show_progress(view)

    @callbacks.on(
        Output(jobs.Ids.NUDGE, "data", allow_duplicate=True),
        Input(Ids.COUNT, "n_clicks"),
        needs=Permission.IMPORT,
        writes=True,
        prevent_initial_call=True,
    )
    def count_again(view: View, clicks: int | None) -> Any:
        return count_clicked(view, clicks)

    sample.register(callbacks)
    register_names(callbacks, "home")
    _clientside(callbacks)


def _clientside(callbacks: Callbacks) -> None:
    callbacks.clientside(
        ClientsideFunction("home", "putAway"),
        Output({"type": STEPS_AWAY, "at": MATCH}, "data"),
        Input({"type": PUT_AWAY, "at": MATCH}, "n_clicks"),
        prevent_initial_call=True,
    )
    callbacks.clientside(
        ClientsideFunction("home", "arrive"), Output("page", "data-home"), Input("address", "pathname"), Input("address", "search")
    )
    # A place of its own, so that the address is only written where there is somewhere to go.
    callbacks.clientside(ClientsideFunction("shell", "go"), Output("address", "pathname"), Input(Ids.GO, "data"), prevent_initial_call=True)


PAGE = Page(name="home", title="Home", path=HOME, layout=layout, register=register, group="", icon="house", team_wide=True)
