"""How a version came about: the verdict in words, and every number of segments that was tried."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from segmentation.selection import Candidate
from webapp.edge import View
from webapp.services import versions
from webapp.services.versions import VersionReport, VersionSummary
from webapp.ui.components import Child, badge, card, segment_verdict, verdict
from webapp.ui.format import duration, number, percent, signed
from webapp.ui.tables import Column, meter, table
from webapp.ui.wording import algorithm_name

REPEATS = 0.8
"""Agreement between resamples under which a candidate does not repeat."""
SMALL = 0.05
"""A segment with fewer of the customers is too small to act on."""


def report_cards(view: View, chosen: VersionSummary) -> list[Child]:
    """Verdict and candidates of the chosen version, or what keeps it from having them."""
    if chosen.status != "ready":
        text = chosen.status_message or "Its job is at work; the bar above shows how far it is."
        tone = "bad" if chosen.status == "failed" else "neutral"
        return [verdict(f"Version {chosen.number}: {_state_words(chosen.status)}", text, tone=tone, icon_name="hourglass-split")]
    report = versions.show_report(view.session, view.actor, view.dataset or "", chosen.number)
    return [_verdict(chosen, report), candidates_card(chosen, report)]


def _state_words(status: str) -> str:
    return {"pending": "being fitted", "failed": "the fit failed", "cancelled": "the fit was cancelled"}.get(status, status)


def _verdict(chosen: VersionSummary, report: VersionReport) -> Component:
    reasons = [(reason.good, reason.text) for reason in report.verdict.reasons]
    title = f"Version {chosen.number}. {report.verdict.headline}"
    return segment_verdict(report.verdict.word, title, report.verdict.explanation, reasons)


def candidates_card(chosen: VersionSummary, report: VersionReport) -> html.Section:
    """The sweep: one row for each number of segments, the fitted one marked."""
    columns: list[Column[Candidate]] = [
        Column("Method", lambda item: algorithm_name(item.algorithm)),
        Column("Segments", lambda item: number(item.k), numeric=True),
        Column("Separation", lambda item: number(item.silhouette, 2), numeric=True, title="Mean silhouette, from -1 to 1"),
        Column(
            "Over shuffled",
            lambda item: signed(item.silhouette - item.silhouette_null, 2),
            numeric=True,
            title="Separation minus what shuffled columns give",
        ),
        Column(
            "Repeatability",
            lambda item: meter(item.stability_ari, number(item.stability_ari, 2), warn=item.stability_ari < REPEATS),
            title="Adjusted Rand index",
        ),
        Column("Explained", lambda item: percent(item.explained), numeric=True, wide=True, title="Share of the variance between segments"),
        Column("Davies-Bouldin", lambda item: number(item.davies_bouldin, 2), numeric=True, wide=True, title="Lower is better"),
        Column("Calinski-Harabasz", lambda item: number(item.calinski_harabasz), numeric=True, wide=True, title="Higher is better"),
        Column("Smallest segment", lambda item: percent(item.smallest_share, 1), numeric=True),
        Column("Verdict", lambda item: _judged(item, chosen)),
    ]
    body = table(
        columns,
        report.sweep,
        caption="Numbers of segments that were tried",
        class_name="sc-nowrap",
        pick=lambda item: _is_chosen(item, chosen),
    )
    sub = "Measured in the full feature space, beside the same columns shuffled independently."
    return card("What was tried", sub, body, foot=_times(report), flush=True, className="sc-stack")


def _is_chosen(item: Candidate, chosen: VersionSummary) -> bool:
    return item.k == chosen.k and item.algorithm == chosen.algorithm


def _judged(item: Candidate, chosen: VersionSummary) -> Component:
    if _is_chosen(item, chosen):
        return badge("Fitted", "info", "star-fill")
    if item.smallest_share < SMALL:
        return badge("Segment too small", "warn")
    return badge("Does not repeat", "warn") if item.stability_ari < REPEATS else badge("Defensible")


def _times(report: VersionReport) -> str | None:
    shown: Sequence[str] = [f"{stage.replace('_', ' ')} {duration(seconds)}" for stage, seconds in report.seconds.items()]
    return f"Took {duration(sum(report.seconds.values()))}: {', '.join(shown)}." if shown else None
