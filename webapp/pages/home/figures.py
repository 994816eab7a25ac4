"""The champion in figures: four tiles, its verdict, the shares of its segments."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from dash import dcc, html
from dash.development.base_component import Component

from segmentation.describing.profiles import SegmentProfile
from segmentation.movement import Division
from webapp.edge import View
from webapp.services.data.datasets import DatasetSummary
from webapp.services.data.timeline import TimelineEntry
from webapp.services.modelling.versions import VersionReport
from webapp.services.segmenting.segments import SegmentsOverview
from webapp.services.segmenting.traces import Traces
from webapp.ui.campaign_tags import campaign_tags
from webapp.ui.components import (
    Child,
    Children,
    aria,
    button,
    card,
    half_row,
    segment_label,
    segment_mark,
    segment_verdict,
    slot_class,
    tile,
)
from webapp.ui.format import count, currency_sign, day, money, number, percent, short_number, signed
from webapp.ui.places import models_address, segment_address, segments_address
from webapp.ui.sparkline import sparkline
from webapp.ui.tables import Column, table

STABLE = 0.75
"""Mean bootstrap Jaccard from which a segment counts as stable (Hennig 2007)."""

MARKS_SHOWN = 5
"""Segments that fit beside a figure; of more, the weakest is shown."""

Row = tuple[int, SegmentProfile]


def tiles(dataset: DatasetSummary, overview: SegmentsOverview, traces: Traces | None, fitted_on: TimelineEntry | None) -> Component:
    """Customers, spend, outcome and stability, those of them that this file can tell; each with how it came to be where that is counted.

    All but the customers are the champion's. Where it was `fitted_on` an earlier snapshot, each says so, and its line ends there.
    """
    known = traces.divisions if traces is not None and traces.current else ()
    then, when = known, ""
    if fitted_on is not None:
        then = tuple(each for each in known if each.as_of <= fitted_on.as_of)
        when = f"Version {overview.version.number}: {count(fitted_on.customers, 'customer')}, {day(fitted_on.as_of)}"
    shown = [_customers(dataset, known), _spend(overview, then, when), _outcome(overview, then, when), _stability(overview, when)]
    return half_row(*[item for item in shown if item is not None])


def _with_day(note: str, when: str) -> Children:
    return [note, html.Span(when, className="sc-under")] if when else note


def _customers(dataset: DatasetSummary, known: Sequence[Division]) -> Component:
    note: Children = f"as of {day(dataset.as_of)}"
    if len(known) > 1:
        more = known[-1].customers - known[-2].customers
        change = html.B(signed(more, 0), className="sc-more-of" if more > 0 else None)
        note = [change, f" since {day(known[-2].as_of)}"]
    return tile("Customers", number(dataset.customers), note=note, aside=sparkline([each.customers for each in known]))


def _spend(overview: SegmentsOverview, known: Sequence[Division], when: str) -> Component | None:
    total = overview.profiles.value
    if total is None:
        return None
    figure, unit = short_number(total)
    mean = total / max(1, overview.profiles.customers)
    amounts = [each.total_spend for each in known if each.total_spend is not None]
    return tile(
        "Spend",
        f"{currency_sign(overview.currency)}{figure}",
        unit=unit,
        note=_with_day(f"{money(mean, overview.currency)} per customer", when),
        aside=sparkline(amounts),
    )


def _outcome(overview: SegmentsOverview, known: Sequence[Division], when: str) -> Component | None:
    rates = [rate for segment in overview.profiles.segments for rate in segment.outcomes[:1]]
    if not rates:
        return None
    label, hits, overall = rates[0].label, sum(rate.hits for rate in rates), rates[0].overall_rate
    same = [rate for rate in rates if rate.outcome == rates[0].outcome]
    note = f"{count(hits, 'customer')}; by segment {percent(min(rate.rate for rate in same))} to {percent(max(rate.rate for rate in same))}"
    past = [each.rate for division in known for each in division.outcomes if each.outcome == rates[0].outcome and each.rate is not None]
    told = "An outcome: segments are judged by it, never made from it"
    return tile(label, f"{overall * 100:.1f}", unit="%", note=_with_day(note, when), aside=sparkline(past), help_text=told)


def _stability(overview: SegmentsOverview, when: str) -> Component | None:
    known = [
        (style.slot, segment.stability)
        for style, segment in zip(overview.styles, overview.profiles.segments, strict=True)
        if segment.stability is not None
    ]
    if not known:
        return None
    stable = sum(value >= STABLE for _, value in known)
    figure = number(fmean(value for _, value in known), 2)
    shown = known if len(known) <= MARKS_SHOWN else [min(known, key=lambda item: item[1])]
    marks = [html.Span([segment_mark(slot), html.Span(number(value, 2))]) for slot, value in shown]
    words = html.Span("weakest", className="sc-muted") if len(shown) < len(known) else None
    note = f"{stable} of {len(known)} come back when resampled"
    return tile("Segment stability", figure, note=_with_day(note, when), aside=html.Div([words, *marks], className="sc-tile-marks"))


def verdict_card(view: View, overview: SegmentsOverview, report: VersionReport) -> Component:
    """How far the champion's segments can be trusted, in words."""
    more = button("How it was found", href=models_address(view.actor.team_slug, view.dataset or ""))
    reasons = [(reason.good, reason.text) for reason in report.verdict.reasons]
    return segment_verdict(report.verdict.word, report.verdict.headline, report.verdict.explanation, reasons, more)


def segments_card(view: View, overview: SegmentsOverview) -> html.Section:
    """The segments with their share of customers and of spend, the most valuable first."""
    rows: list[Row] = sorted(enumerate(overview.profiles.segments), key=lambda item: -(item[1].value_share or item[1].share))
    columns: list[Column[Row]] = [
        Column("Segment", lambda item: _named(view, overview, item)),
        Column("Customers", lambda item: number(item[1].size), numeric=True),
        Column("Share of customers", lambda item: _bar(item[1].share, None), wide=True),
    ]
    if overview.profiles.value is not None:
        columns.append(Column("Share of spend", lambda item: _bar(item[1].value_share or 0.0, overview.styles[item[0]].slot)))
    columns.append(Column("Campaigns", lambda item: _campaigns(view, overview, item[0]), wide=True))
    body = table(columns, rows, caption="Segments with their shares")
    foot: list[Child] = [dcc.Link("All segments", href=segments_address(view.actor.team_slug, view.dataset or ""), className="end")]
    return card(shares_title(overview), "Champion's segments, most valuable first.", body, foot=foot, flush=True)


def shares_title(overview: SegmentsOverview) -> str:
    """The finding: which segment brings more than its share, where one does."""
    valued = [
        (segment.value_share, segment.share, style.name)
        for segment, style in zip(overview.profiles.segments, overview.styles, strict=True)
        if segment.value_share
    ]
    if not valued:
        return f"{count(len(overview.styles), 'segment')} of {count(overview.profiles.customers, 'customer')}"
    value_share, share, name = max(valued)
    if value_share <= share:
        return f"No segment brings more than its share of spend; {name} brings most, {percent(value_share)}"
    return f"{name}: {percent(share)} of customers bring {percent(value_share)} of spend"


def _bar(share: float, slot: int | None) -> html.Span:
    fill = html.I(style={"width": f"{share * 100:.1f}%"})
    return html.Span(
        [html.Span(fill, className="bar", **aria(hidden="true")), percent(share)],
        className=f"sc-share {slot_class(slot) if slot else ''}".strip(),
    )


def _named(view: View, overview: SegmentsOverview, item: Row) -> list[Child]:
    """The way to a segment, and under it what is typical: a column of its own has no room beside both shares."""
    link = dcc.Link(segment_label(overview.styles[item[0]]), href=_address(view, overview, item[0]), className="sc-name")
    return [link, html.Span(_typical(item[1]), className="sc-under sc-hide-sm")]


def _typical(segment: SegmentProfile) -> str:
    return ", ".join(f"{evidence.label} {evidence.text}" for evidence in segment.evidence[:1])


def _campaigns(view: View, overview: SegmentsOverview, cluster: int) -> Component | None:
    found = overview.campaigns.get(overview.styles[cluster].key, ())
    return campaign_tags(found, href=_address(view, overview, cluster, tab="campaigns"), short=True)


def _address(view: View, overview: SegmentsOverview, cluster: int, *, tab: str | None = None) -> str:
    return segment_address(view.actor.team_slug, view.dataset or "", overview.styles[cluster].key, tab=tab)
