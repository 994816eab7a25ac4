"""Figures of segments as a visitor sees them: in their theme and width, and with every typed word as plain text."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from segmentation.describing.profiles import Profiles, SegmentProfile
from segmentation.palette import SegmentStyle
from segmentation.plots import Chart
from webapp.edge import Display
from webapp.services.segmenting.segments import SegmentsOverview
from webapp.services.segmenting.traces import Traces
from webapp.ui.format import currency_sign
from webapp.ui.theme import theme_of


def drawn(plot: Callable[..., Chart | None], overview: SegmentsOverview, display: Display, cluster: int | None = None) -> Chart | None:
    """What `plot` makes of all segments, or of the one at `cluster`; None where the data has nothing to draw.

    Plotly reads a subset of HTML, links included, in every label. So names and labels, which people and files bring, go
    in escaped; the words that stand outside the figure come back as they were.
    """
    profiles, styles = escaped_profiles(overview.profiles), tuple(escaped_style(style) for style in overview.styles)
    look = {"theme": theme_of(display), "narrow": display.narrow, "currency": currency_sign(overview.currency) or None}
    chart = plot(profiles, styles, **look) if cluster is None else plot(profiles, cluster, styles[cluster], **look)
    return None if chart is None else unescaped_words(chart)


def drawn_over_time(plot: Callable[..., Chart | None], traces: Traces, display: Display, segment: int | None = None) -> Chart | None:
    """What `plot` makes of the days that are counted, for all segments or the one at `segment`; None where there is nothing to compare."""
    styles = tuple(escaped_style(style) for style in traces.styles)
    look = {"theme": theme_of(display), "narrow": display.narrow, "currency": currency_sign(traces.currency) or None}
    chart = plot(traces.divisions, styles, **look) if segment is None else plot(traces.divisions, segment, styles[segment], **look)
    return None if chart is None else unescaped_words(chart)


def figure_text(text: str) -> str:
    """`text` so that Plotly shows it and does not read it, as markup or as a template."""
    return html.escape(text, quote=False).replace("%{", "%&#123;")


def escaped_style(style: SegmentStyle) -> SegmentStyle:
    return replace(style, name=figure_text(style.name), short_name=figure_text(style.short_name))


def escaped_profiles(profiles: Profiles) -> Profiles:
    """The same figures under names and labels that are safe to draw."""
    measures = tuple(replace(measure, label=figure_text(measure.label), short=figure_text(measure.short)) for measure in profiles.measures)
    return replace(profiles, measures=measures, segments=tuple(_escaped_profile(segment) for segment in profiles.segments))


def _escaped_profile(segment: SegmentProfile) -> SegmentProfile:
    return replace(
        segment,
        name=figure_text(segment.name),
        short_name=figure_text(segment.short_name),
        mix=tuple(replace(part, label=figure_text(part.label)) for part in segment.mix),
        outcomes=tuple(replace(outcome, label=figure_text(outcome.label)) for outcome in segment.outcomes),
    )


def unescaped_words(chart: Chart) -> Chart:
    """Title, sentences and table as they read outside the figure, where nothing is markup."""
    words = {name: html.unescape(getattr(chart, name)) for name in ("title", "subtitle", "explanation", "summary")}
    return replace(chart, table=_unescaped_table(chart.table), **words)


def _unescaped_table(table: pd.DataFrame) -> pd.DataFrame:
    plain = table.rename(columns=lambda name: html.unescape(str(name)))
    for place, name in enumerate(table.columns):
        if not pd.api.types.is_numeric_dtype(table[name]):
            plain.isetitem(place, [html.unescape(value) if isinstance(value, str) else value for value in table.iloc[:, place]])
    return plain
