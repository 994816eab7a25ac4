"""How a version came about: the verdict in words, the figures over k, and every candidate that was tried."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from dash import html
from dash.development.base_component import Component

from segmentation.plots import k_panel
from segmentation.wording import upper_first
from webapp.edge import View
from webapp.pages.models.ids import Ids
from webapp.services.modelling.fit_requests import algorithm_name
from webapp.services.modelling.sweep_results import Tried
from webapp.services.modelling.versions import VersionReport, VersionSummary
from webapp.services.segmenting.segments import SegmentStability
from webapp.ui.candidates import FEW, Order, candidate_columns, candidate_list, candidate_table, sorted_candidates
from webapp.ui.charts import chart_or_error
from webapp.ui.components import Child, button, card, segment_verdict, verdict
from webapp.ui.format import count, duration
from webapp.ui.places import lab_address
from webapp.ui.segments_ui import Holding, weak_segments_words
from webapp.ui.theme import theme_of


def unfinished(version: VersionSummary) -> Component:
    """What keeps a version from having figures, in its own words."""
    words = {"pending": "being fitted", "failed": "the fit was refused", "cancelled": "the fit was cancelled"}.get(
        version.status, version.status
    )
    text = version.status_message or "Its job is at work; the bar above shows how far it is."
    tone, icon_name = ("warn", "exclamation-triangle") if version.status == "failed" else ("neutral", "hourglass-split")
    return verdict(f"Version {version.number}: {words}", text, tone=tone, icon_name=icon_name)


def version_verdict(
    version: VersionSummary, report: VersionReport, segments: Sequence[SegmentStability], action: Child = None
) -> Component:
    """The answer before its figures; where a few segments spoil it, which ones."""
    reasons = [(reason.good, reason.text) for reason in report.verdict.reasons]
    title = f"Version {version.number}. {report.verdict.headline}"
    holding = [Holding(each.style.name, each.share, each.stability) for each in segments]
    weak = weak_segments_words(report.verdict.word, report.separated(version.algorithm, version.k), holding)
    return segment_verdict(report.verdict.word, title, f"{report.verdict.explanation} {weak}".strip(), reasons, action)


def tried(version: VersionSummary, report: VersionReport) -> Tried:
    """The sweep behind a version, as the Lab knows sweeps."""
    assert version.k is not None
    return Tried(report.sweep, (version.algorithm, version.k), report.verdict, report.features)


def panel_card(view: View, version: VersionSummary, report: VersionReport) -> Child:
    """Every figure of the fitted method over k, with the fitted number marked."""
    assert version.k is not None
    alike = [candidate for candidate in report.sweep if candidate.algorithm == version.algorithm]
    method = upper_first(algorithm_name(version.algorithm))
    draw = partial(k_panel, alike, version.k, theme=theme_of(view.display), narrow=view.display.narrow, method=method)
    return chart_or_error(Ids.PANEL, draw)


def candidates_card(view: View, version: VersionSummary, report: VersionReport) -> Component:
    """What was tried: one row for each method and number of segments, the fitted one marked."""
    found = tried(version, report)
    shown = sorted_candidates(found, Order())[:FEW]
    if view.display.narrow:
        body: Component = candidate_list(found, shown, lambda each: None)
    else:
        body = candidate_table(found, candidate_columns(found, order=Order(), chosen="Fitted"), shown, "What was tried")
    sub = "Measured in the full feature space, beside the same columns shuffled independently."
    return card("What was tried", sub, body, foot=_foot(view, len(shown), report), flush=True, className="sc-stack")


def _foot(view: View, shown: int, report: VersionReport) -> list[Child]:
    words = f"{shown} of {count(len(report.sweep), 'candidate')} shown. " if shown < len(report.sweep) else ""
    times = [f"{stage.replace('_', ' ')} {duration(seconds)}" for stage, seconds in report.seconds.items()]
    took = html.Details([html.Summary(f"{words}Took {duration(sum(report.seconds.values()))}"), html.Div(", ".join(times))])
    link = button("Compare methods in the Lab", href=lab_address(view.actor.team_slug, view.dataset or ""), kind="ghost", small=True)
    return [took, html.Span(link, className="end")]
