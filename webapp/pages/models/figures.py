"""The figures of a version, each beside what it is to be compared with; its features; and how far each segment comes back."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from segmentation.choosing.verdict import SMALLEST_SHARE
from segmentation.describing.bands import BandName, stability_band
from segmentation.features import FeatureSummary
from webapp.services.modelling.versions import VersionReport, VersionSummary
from webapp.services.segmenting.segments import SegmentStability
from webapp.ui.components import Child, Tone, badge, card, empty_state, segment_label
from webapp.ui.feature_picker import weight_words
from webapp.ui.format import MISSING, count, customers_or_few, number, percent
from webapp.ui.tables import Column, meter, table
from webapp.ui.terms import AGREEMENT, DISTANCE, SEPARATION, TERMS, UNASSIGNED, Term, named_term

BANDS: dict[BandName, tuple[str, Tone]] = {
    "highly stable": ("Highly stable", "good"),
    "stable": ("Stable", "good"),
    "doubtful": ("Doubtful", "warn"),
    "unstable": ("Unstable", "warn"),
}
BANDS_TEXT = "How much of each segment comes back when customers are drawn again, 1 being all of it (mean Jaccard index). Under 0.60 "
BANDS_TEXT += "unstable, to 0.75 doubtful, to 0.85 stable, above highly stable."

TAKEN_AS = {"flag": "yes or no", "category": "one of several words"}
"""How features enter that are no plain numbers; the label of a number says its scale."""


def figures_card(version: VersionSummary) -> Component:
    """Every figure in plain words with its term, its reference and what it says."""
    figures = version.figures
    shown = [term for term in TERMS if figures.get(term.name) is not None]
    columns: list[Column[Term]] = [
        Column("Figure", named_term),
        Column("Here", lambda term: _value(term, figures), numeric=True),
        Column("Shuffled columns", lambda term: _null(term, figures), numeric=True, title="The same for columns shuffled on their own"),
    ]
    body = table(columns, shown, caption="Figures of this version", class_name="sc-figures")
    return card("Figures", _measured_on(figures), body, foot=_stand_in(figures), flush=True)


def _value(term: Term, figures: dict[str, float]) -> list[Child]:
    value = html.B(term.shown(figures[term.name]))
    error = {DISTANCE.name: "gap_error", SEPARATION.name: "silhouette_error"}.get(term.name)
    size = figures.get(error) if error else None
    return [value, html.Span(f"± {number(size, 3)}", className="sc-under")] if size else [value]


def _null(term: Term, figures: dict[str, float]) -> str:
    if term is DISTANCE:
        return number(0, 2)
    return term.shown(figures[term.null]) if term.null in figures else MISSING


def _measured_on(figures: dict[str, float]) -> str:
    rows = figures.get("evaluated_on")
    sample = f", on {count(int(rows), 'customer')}" if rows else ""
    return f"Measured in the full feature space{sample}, beside the same columns shuffled on their own."


def _stand_in(figures: dict[str, float]) -> str:
    """Who places a later customer."""
    agreement = figures.get(AGREEMENT.name)
    left_out = figures.get(UNASSIGNED.name) or 0.0
    words = "This method places later customers itself."
    if agreement is not None:
        words = f"Later customers are placed by a stand-in, which agrees with the method on {percent(agreement, 1)} of those fitted."
    return f"{words} {percent(left_out, 1)} of customers are in no segment." if left_out else words


def stability_card(segments: Sequence[SegmentStability]) -> Component:
    """Each segment with its size, how far it comes back, and the band in a word."""
    columns: list[Column[SegmentStability]] = [
        Column("Segment", lambda each: segment_label(each.style)),
        Column("Customers", lambda each: number(each.size), numeric=True),
        Column("Share", lambda each: percent(each.share, 1), numeric=True, wide=True),
        Column("Comes back", lambda each: _comes_back(each.stability)),
    ]
    body = table(columns, segments, caption="Stability of each segment")
    return card(stability_title(segments), BANDS_TEXT, body, flush=True)


def stability_title(segments: Sequence[SegmentStability]) -> str:
    """How many segments come back, and whether one is too small."""
    known = [segment.stability for segment in segments if segment.stability is not None]
    firm = sum(stability_band(each).trusted for each in known)
    if not known:
        return "How far each segment comes back was not measured"
    small = sum(segment.share < SMALLEST_SHARE for segment in segments)
    tail = f"; {count(small, 'segment')} under {SMALLEST_SHARE:.0%} of customers" if small else ""
    return (f"All {len(known)} segments come back" if firm == len(known) else f"{firm} of {len(known)} segments come back") + tail


def _comes_back(stability: float | None) -> Child | list[Child]:
    if stability is None:
        return MISSING
    words, tone = BANDS[stability_band(stability).name]
    return html.Span([meter(stability, number(stability, 2), warn=tone == "warn"), badge(words, tone)], className="sc-comes-back")


def features_card(report: VersionReport) -> Component:
    """What segments were found by, with votes, and how many values had to be filled in or bounded."""
    if not report.features:
        text = "This version was fitted by an earlier release, which kept no record of its features. A new version has one."
        return card("What found the segments", body=empty_state("list-check", "Not recorded", text))
    columns: list[Column[FeatureSummary]] = [
        Column("Feature", lambda each: [html.Span(each.label, className="sc-strong"), _taken_as(each)]),
        Column("Weight", lambda each: weight_words(each.weight), numeric=True),
        Column(
            "Filled in", lambda each: customers_or_few(each.imputed), numeric=True, title="Customers without a value, who got the median"
        ),
        Column(
            "Bounded",
            lambda each: customers_or_few(each.bounded),
            numeric=True,
            title="Customers beyond the 1st or 99th percentile, moved to it",
        ),
    ]
    body = table(columns, report.features, caption="Features of this version")
    return card(features_title(report.features), "A weight is a number of votes. Outcomes are never among them.", body, flush=True)


def _taken_as(feature: FeatureSummary) -> html.Span | None:
    words = TAKEN_AS.get(feature.transform)
    return html.Span(words, className="sc-under") if words else None


def features_title(features: Sequence[FeatureSummary]) -> str:
    filled = sum(each.imputed or 0 for each in features)
    few = "few values, if any," if any(each.imputed is None for each in features) else "no value"
    gaps = f"{count(filled, 'value') if filled else few} had to be filled in"
    return f"{count(len(features), 'feature')} found the segments; {gaps}"
