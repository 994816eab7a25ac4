"""Figures over versions: one small panel for each, so that a model that gets worse is seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from segmentation.choosing.verdict import REPEATABLE, SMALLEST_SHARE
from segmentation.palette import Theme
from segmentation.plots.chart import LINE, Chart, template
from segmentation.wording import number, percent

PANEL, NARROW_PANEL = 150, 84
HEAD, FOOT, GAP = 28, 28, 0.07
"""Heights in px: of a panel side by side and one above the other, of the words above it, of the versions below. Share of the width
between panels."""

MOST = 24
"""Versions that are drawn, the newest; the table has them all."""

NOTABLE = 0.02
"""Separations that differ by less have hardly changed: so far apart lie two samples of one shapeless cloud."""


@dataclass(frozen=True)
class FittedVersion:
    """One version with its figures by name; `role` is "champion", "challenger" or nothing."""

    number: int
    figures: Mapping[str, float]
    role: str = ""


@dataclass(frozen=True)
class _Panel:
    """One figure over versions. `null` is what shuffled columns give, `error` half of an interval, `line` what is needed."""

    name: str
    words: str
    term: str
    null: str = ""
    error: str = ""
    line: float | None = None
    share: bool = False


PANELS = (
    _Panel("silhouette", "How well separated", "silhouette ± 1 s.e.", "silhouette_null", "silhouette_error"),
    _Panel("stability_ari", "How repeatable", "agreement (ARI)", "stability_null", line=REPEATABLE),
    _Panel("smallest_share", "Smallest segment", "share of customers", line=SMALLEST_SHARE, share=True),
)


def figures_over_versions(versions: Sequence[FittedVersion], *, theme: Theme, narrow: bool) -> Chart | None:
    """The figures of fitted versions (oldest first), each with what shuffled columns give; None for fewer than two.

    Versions are compared on the snapshots that each was fitted on: a figure may change because the customers did.
    """
    if len(versions) < 2:
        return None
    title = figures_over_versions_title(versions)
    panels = [panel for panel in PANELS if any(panel.name in version.figures for version in versions)]
    last = versions[-1]
    said = [f"{panel.words} {_shown(panel, last.figures.get(panel.name))}" for panel in panels]
    return Chart(
        figure=_figure(panels, versions[-MOST:], theme, narrow),
        title=title,
        subtitle="Dotted: the same columns, each shuffled on its own. Dashed: what is needed. Filled: champion; ring: challenger",
        explanation="Each version was measured on the snapshot that it was fitted on, so a figure can change because customers did or "
        "because settings did. Shuffled columns show what the figure is where there is nothing to find.",
        summary=f"{title}. Version {last.number}: {'; '.join(said)}.",
        table=_table(panels, versions),
    )


def figures_over_versions_title(versions: Sequence[FittedVersion]) -> str:
    """How far the newest version's separation lies from that of the champion, or of the version before where it is the champion."""
    last, others = versions[-1], versions[:-1]
    other = next((each for each in others if each.role == "champion"), others[-1])
    now, before = last.figures.get("silhouette"), other.figures.get("silhouette")
    if now is None or before is None:
        return f"Figures of {len(versions)} versions"
    subject = f"Version {last.number} separates segments"
    figures = f"{number(now, 2)} against {number(before, 2)}"
    if abs(now - before) < NOTABLE:
        return f"{subject} about as well as version {other.number}: {figures}"
    return f"{subject} {'better' if now > before else 'less well'} than version {other.number}: {figures}"


def _figure(panels: Sequence[_Panel], versions: Sequence[FittedVersion], theme: Theme, narrow: bool) -> go.Figure:
    across = 1 if narrow else len(panels)
    down = len(panels) if narrow else 1
    inner = down * (NARROW_PANEL if narrow else PANEL) + (down - 1) * (HEAD + FOOT)
    spacing = {"vertical_spacing": (HEAD + FOOT) / inner} if narrow else {"horizontal_spacing": GAP}
    figure = make_subplots(rows=down, cols=across, **spacing)
    figure.update_layout(template=template(theme), height=inner + HEAD + FOOT, margin={"l": 40, "r": 12, "t": HEAD, "b": FOOT})
    for place, panel in enumerate(panels):
        _draw(figure, panel, versions, theme, {"row": place + 1, "col": 1} if narrow else {"row": 1, "col": place + 1})
    return figure


def _draw(figure: go.Figure, panel: _Panel, versions: Sequence[FittedVersion], theme: Theme, at: dict[str, Any]) -> None:
    known = [each for each in versions if panel.name in each.figures]
    names = [f"v{each.number}" for each in known]
    values = [each.figures[panel.name] for each in known]
    errors = [each.figures.get(panel.error, 0.0) for each in known]
    nulls = [each.figures.get(panel.null) for each in known]
    if any(null is not None for null in nulls):
        figure.add_scatter(
            x=names, y=nulls, mode="lines", line={"width": 1.5, "dash": "dot", "color": theme.rest}, hoverinfo="skip", **at
        )  # fmt: skip
    if panel.line is not None:
        figure.add_hline(y=panel.line, line={"width": 1, "dash": "dash", "color": theme.zero_line}, exclude_empty_subplots=False, **at)
    figure.add_scatter(
        x=names,
        y=values,
        mode="lines+markers",
        line={"width": LINE, "color": theme.font},
        marker=_markers(known, theme),
        error_y={"array": errors, "thickness": 1.5, "width": 3, "color": theme.font} if any(errors) else None,
        hovertext=[_hover(panel, each) for each in known],
        hovertemplate="%{hovertext}<extra></extra>",
        cliponaxis=False,
        **at,
    )
    seen = [*values, *(null for null in nulls if null is not None), *([panel.line] if panel.line is not None else [])]
    room = max(max(seen) - min(seen), 0.1) * 0.2
    figure.update_yaxes(range=[min(seen) - room, max(seen) + room], nticks=4, tickformat=".0%" if panel.share else ".2f", **at)
    figure.update_xaxes(showgrid=False, tickvals=_ticks(names), type="category", **at)
    _head(figure, panel, theme, at)


def _markers(versions: Sequence[FittedVersion], theme: Theme) -> dict[str, Any]:
    """The champion filled with the accent, the challenger as a ring of it."""
    marked = {"champion": theme.accent, "challenger": theme.accent}
    return {
        "size": [10 if each.role else 6 for each in versions],
        "symbol": ["circle-open" if each.role == "challenger" else "circle" for each in versions],
        "color": [marked.get(each.role, theme.font) for each in versions],
        "line": {"width": 2},
        "opacity": 1,
    }


def _ticks(names: Sequence[str]) -> list[str]:
    """Every name, or the last one and every second, third ... before it."""
    step = -(-len(names) // 8)
    return list(names[::-1][::step])


def _head(figure: go.Figure, panel: _Panel, theme: Theme, at: dict[str, Any]) -> None:
    subplot = figure.get_subplot(at["row"], at["col"])
    text = f"<b>{panel.words}</b>  <span style='font-size:11px;color:{theme.ticks}'>{panel.term}</span>"
    figure.add_annotation(
        x=subplot.xaxis.domain[0], y=subplot.yaxis.domain[1], xref="paper", yref="paper", xshift=-36, yshift=6, xanchor="left",
        yanchor="bottom", showarrow=False, text=text, font={"size": 12, "color": theme.ink},
    )  # fmt: skip


def _hover(panel: _Panel, version: FittedVersion) -> str:
    lines = [f"<b>Version {version.number}</b>{f', {version.role}' if version.role else ''}"]
    lines.append(f"{panel.words.lower()} {_shown(panel, version.figures.get(panel.name))}")
    if panel.null in version.figures:
        lines.append(f"shuffled columns {_shown(panel, version.figures[panel.null])}")
    if panel.error in version.figures:
        lines.append(f"standard error {number(version.figures[panel.error], 3)}")
    return "<br>".join(lines)


def _shown(panel: _Panel, value: float | None) -> str:
    if value is None:
        return "not measured"
    return percent(value) if panel.share else number(value, 2)


def _table(panels: Sequence[_Panel], versions: Sequence[FittedVersion]) -> pd.DataFrame:
    columns: dict[str, list[Any]] = {"Version": [f"v{each.number}" for each in versions], "Role": [each.role for each in versions]}
    for panel in panels:
        columns[panel.words] = [each.figures.get(panel.name) for each in versions]
        if panel.null:
            columns[f"{panel.words}, shuffled columns"] = [each.figures.get(panel.null) for each in versions]
        if panel.error:
            columns[f"{panel.words}, standard error"] = [each.figures.get(panel.error) for each in versions]
    return pd.DataFrame(columns)
