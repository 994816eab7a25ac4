"""How many segments: every figure of a sweep over k on one axis, each beside what shuffled columns give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from segmentation.choosing.selection import Candidate
from segmentation.choosing.verdict import SMALLEST_SHARE, WORDS, Lack, lacks
from segmentation.palette import Theme
from segmentation.plots.chart import LINE, Chart, template
from segmentation.wording import number, percent, upper_first

PANEL, NARROW_PANEL = 76, 66
HEAD, FOOT = 28, 44
"""Heights in px: of one panel, of the words above each, of the shared axis below the last."""

BAND = 0.36
"""Half the width of the band behind the chosen number, in segments."""

ROOM = 0.2
"""Part of a panel's height that its two lines must be apart for words at the dotted one."""

LEAST_HEIGHT = 0.1
"""A panel spans at least so much, so that differences that mean nothing do not look large."""


@dataclass(frozen=True)
class _Panel:
    """One figure over k. `null` is what shuffled columns give, `low` the lower end of a band, `error` half of an interval."""

    words: str
    short: str
    term: str
    value: Callable[[Candidate], float | None]
    null: Callable[[Candidate], float | None] | None = None
    low: Callable[[Candidate], float] | None = None
    error: Callable[[Candidate], float] | None = None
    line: tuple[float, str] | None = None
    share: bool = False


PANELS = (
    _Panel("How well separated", "Separated", "silhouette", lambda c: c.silhouette, lambda c: c.silhouette_null),
    _Panel("How far from shuffled columns", "From shuffled", "gap ± 1 s.e.", lambda c: c.gap, error=lambda c: c.gap_error),
    _Panel(
        "How repeatable",
        "Repeatable",
        "agreement between resamples (ARI), band to the 10th percentile",
        lambda c: c.stability_ari,
        lambda c: c.stability_null,
        low=lambda c: c.stability_low,
    ),
    _Panel(
        "How well one half foretells the other",
        "Foretold",
        "prediction strength",
        lambda c: c.prediction_strength,
        lambda c: c.prediction_strength_null,
    ),
    _Panel(
        "How much is left inside segments",
        "Left inside",
        "share of the variance (elbow)",
        lambda c: 1 - c.explained,
        lambda c: 1 - c.explained_null,
        share=True,
    ),
    _Panel(
        "Smallest segment",
        "Smallest",
        "share of customers",
        lambda c: c.smallest_share,
        line=(SMALLEST_SHARE, f"{SMALLEST_SHARE:.0%} is needed"),
        share=True,
    ),
)


def k_panel(candidates: Sequence[Candidate], chosen: int, *, theme: Theme, narrow: bool, method: str = "") -> Chart:
    """The figures of one algorithm's `candidates` over k, with `chosen` marked in each panel.

    `method` names the algorithm in the subtitle. ValueError where `chosen` is not among the candidates. Figures that an early
    version did not measure have no panel.
    """
    shown = sorted(candidates, key=lambda candidate: candidate.k)
    title = k_panel_title(shown, chosen)
    panels = [panel for panel in PANELS if all(panel.value(candidate) is not None for candidate in shown)]
    return Chart(
        figure=_figure(panels, shown, chosen, theme, narrow),
        title=title,
        subtitle=f"{f'{method}. ' if method else ''}Dotted: the same columns, each shuffled on its own",
        explanation="Every panel holds one figure over the number of segments. Shuffling each column on its own keeps what every column "
        "looks like and removes all structure between them: a figure means something as far as it lies beyond the dotted line. "
        "The band marks the number that was chosen.",
        summary=f"{title}. " + " ".join(_sentence(panel, candidate) for panel in panels for candidate in shown if candidate.k == chosen),
        table=_table(panels, shown),
    )


def k_panel_title(candidates: Sequence[Candidate], chosen: int) -> str:
    """What holds of the chosen number: separation, repeatability and size, each against the limit that the verdict uses."""
    found = [candidate for candidate in candidates if candidate.k == chosen]
    if not found:
        raise ValueError(f"There is no candidate with {chosen} segments.")
    holds, lacks = _holds(found[0])
    subject = f"{upper_first(WORDS[chosen])} segments"
    if not lacks:
        return f"{subject}: {holds[0]}, {holds[1]} and {holds[2]}"
    if not holds:
        return f"{subject}: {lacks[0]}, {lacks[1]} and {lacks[2]}"
    return f"{subject}: {' and '.join(holds)}, but {' and '.join(lacks)}"


def _holds(candidate: Candidate) -> tuple[list[str], list[str]]:
    """What speaks for a candidate, and what against it."""
    missing = lacks(candidate)
    words: tuple[tuple[Lack, str, str], ...] = (
        ("separation", "better separated than shuffled columns", "hardly better separated than shuffled columns"),
        ("repeatability", "repeatable", "not repeatable"),
        ("size", "large enough", "one too small"),
    )
    return [good for name, good, _ in words if name not in missing], [bad for name, _, bad in words if name in missing]


def _sentence(panel: _Panel, candidate: Candidate) -> str:
    value, null = panel.value(candidate), panel.null(candidate) if panel.null else None
    against = f" against {_shown(panel, null)}" if null is not None else ""
    return f"{panel.words} ({panel.term}): {_shown(panel, value)}{against}."


def _shown(panel: _Panel, value: float | None) -> str:
    if value is None:
        return "not measured"
    return percent(value) if panel.share else number(value, 2)


def _figure(panels: Sequence[_Panel], shown: Sequence[Candidate], chosen: int, theme: Theme, narrow: bool) -> go.Figure:
    tall = NARROW_PANEL if narrow else PANEL
    inner = len(panels) * tall + (len(panels) - 1) * HEAD
    figure = make_subplots(rows=len(panels), cols=1, shared_xaxes=True, vertical_spacing=HEAD / inner if len(panels) > 1 else 0.0)
    figure.update_layout(template=template(theme), height=inner + HEAD + FOOT, margin={"l": 40, "r": 16, "t": HEAD, "b": FOOT})
    for row, panel in enumerate(panels, start=1):
        _draw(figure, panel, shown, chosen, theme, row)
        _head(figure, panel, row, theme, narrow)
    _name_lines(figure, panels, shown, chosen, theme)
    ks = [candidate.k for candidate in shown]
    low, high = min(ks) - 0.5, max(ks) + 0.5
    figure.add_shape(
        type="rect", xref="x", yref="paper", x0=chosen - BAND, x1=chosen + BAND, y0=0, y1=1,
        fillcolor=theme.chosen_band, line_width=0, layer="below",
    )  # fmt: skip
    figure.update_xaxes(range=[low, high], showgrid=False, tickvals=ks, ticktext=[f"<b>{k}</b>" if k == chosen else str(k) for k in ks])
    figure.update_xaxes(title={"text": "number of segments"}, row=len(panels), col=1)
    figure.update_yaxes(automargin=False)
    return figure


def _draw(figure: go.Figure, panel: _Panel, shown: Sequence[Candidate], chosen: int, theme: Theme, row: int) -> None:
    ks = [candidate.k for candidate in shown]
    values = [float(panel.value(candidate) or 0.0) for candidate in shown]
    nulls = [panel.null(candidate) if panel.null else None for candidate in shown]
    at: dict[str, Any] = {"row": row, "col": 1}
    if panel.low is not None:
        _draw_band(figure, ks, values, [panel.low(candidate) for candidate in shown], theme, at)
    if any(null is not None for null in nulls):
        figure.add_scatter(
            x=ks, y=nulls, mode="lines", line={"width": 1.5, "dash": "dot", "color": theme.rest}, hoverinfo="skip", **at
        )  # fmt: skip
    if panel.line is not None:
        figure.add_hline(y=panel.line[0], line={"width": 1, "dash": "dash", "color": theme.zero_line}, exclude_empty_subplots=False, **at)
    _draw_values(figure, panel, shown, values, chosen, theme, at)
    lows = [panel.low(candidate) for candidate in shown] if panel.low is not None else []
    line = [panel.line[0]] if panel.line is not None else []
    low, high = _span([*values, *lows, *line, *(null for null in nulls if null is not None)])
    ticks = _ticks(low, high)
    figure.update_yaxes(range=[low, high], tickvals=ticks, ticktext=[_tick(panel, tick) for tick in ticks], **at)


def _draw_band(figure: go.Figure, ks: list[int], values: list[float], lows: list[float], theme: Theme, at: dict[str, Any]) -> None:
    figure.add_scatter(
        x=[*ks, *reversed(ks)],
        y=[*values, *reversed(lows)],
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=theme.rest_area,
        hoverinfo="skip",
        **at,
    )


def _draw_values(
    figure: go.Figure, panel: _Panel, shown: Sequence[Candidate], values: list[float], chosen: int, theme: Theme, at: dict[str, Any]
) -> None:
    """The line, its points (the chosen one in the accent with its figure), and what the pointer tells."""
    picked = [candidate.k == chosen for candidate in shown]
    colours = [theme.accent if pick else theme.font for pick in picked]
    error = {"array": [panel.error(candidate) for candidate in shown], "thickness": 1.5, "width": 3} if panel.error is not None else None
    figure.add_scatter(
        x=[candidate.k for candidate in shown],
        y=values,
        mode="lines+markers+text",
        line={"width": LINE, "color": theme.font},
        marker={"size": [9 if pick else 5 for pick in picked], "color": colours, "opacity": 1},
        error_y=error and {**error, "color": theme.font},
        text=[f"<b>{_shown(panel, value)}</b>" if pick else "" for value, pick in zip(values, picked, strict=True)],
        textposition=["bottom center" if _under_null(panel, candidate) else "top center" for candidate in shown],
        textfont={"size": 12, "color": theme.accent},
        cliponaxis=False,
        hovertext=[_hover(panel, candidate) for candidate in shown],
        hovertemplate="%{hovertext}<extra></extra>",
        **at,
    )


def _under_null(panel: _Panel, candidate: Candidate) -> bool:
    null = panel.null(candidate) if panel.null else None
    return null is not None and null > float(panel.value(candidate) or 0.0)


def _hover(panel: _Panel, candidate: Candidate) -> str:
    lines = [f"<b>{candidate.k} segments</b>", f"{panel.words.lower()} {_shown(panel, panel.value(candidate))}"]
    if panel.null is not None:
        lines.append(f"shuffled columns {_shown(panel, panel.null(candidate))}")
    if panel.low is not None:
        lines.append(f"10th percentile {_shown(panel, panel.low(candidate))}")
    if panel.error is not None:
        lines.append(f"standard error {panel.error(candidate):.3f}")
    return "<br>".join(lines)


def _head(figure: go.Figure, panel: _Panel, row: int, theme: Theme, narrow: bool) -> None:
    """The question in words, and the term beside it where there is room."""
    top = figure.get_subplot(row, 1).yaxis.domain[1]
    term = panel.term.partition(",")[0] if narrow else panel.term
    text = f"<b>{panel.short if narrow else panel.words}</b>  <span style='font-size:11px;color:{theme.ticks}'>{term}</span>"
    figure.add_annotation(
        x=0, y=top, xref="paper", yref="paper", xshift=-40, yshift=5, xanchor="left", yanchor="bottom", showarrow=False, text=text,
        font={"size": 12, "color": theme.ink},
    )  # fmt: skip


def _name_lines(figure: go.Figure, panels: Sequence[_Panel], shown: Sequence[Candidate], chosen: int, theme: Theme) -> None:
    """Words at the dotted and dashed lines, where the panel's own line leaves room."""
    for row, panel in enumerate(panels, start=1):
        if panel.line is not None:
            _small(figure, shown[0].k, panel.line[0], panel.line[1], theme, row, above=shown[0].smallest_share < panel.line[0])
        if panel.null is not None:
            _name_shuffled(figure, panel, shown, chosen, theme, row)


def _name_shuffled(figure: go.Figure, panel: _Panel, shown: Sequence[Candidate], chosen: int, theme: Theme, row: int) -> None:
    """ "shuffled columns" at the end of the dotted line that is further from the panel's own line, and not at the chosen number."""
    low, high = figure.get_subplot(row, 1).yaxis.range
    null = panel.null or panel.value
    ends = ((shown[0], shown[min(1, len(shown) - 1)]), (shown[-1], shown[max(-2, -len(shown))]))
    apart = [(candidate, (null(candidate) or 0.0) - (panel.value(candidate) or 0.0)) for candidate, _ in ends]
    flat = {end.k: abs((null(end) or 0.0) - (null(beside) or 0.0)) < ROOM * (high - low) for end, beside in ends}
    free = [pair for pair in apart if pair[0].k != chosen and flat[pair[0].k] and abs(pair[1]) >= ROOM * (high - low)]
    if free:
        candidate, lead = max(free, key=lambda pair: abs(pair[1]))
        _small(
            figure,
            candidate.k,
            float(null(candidate) or 0.0),
            "shuffled columns",
            theme,
            row,
            above=lead > 0,
            last=candidate is shown[-1],
        )


def _small(figure: go.Figure, x: float, y: float, text: str, theme: Theme, row: int, *, above: bool, last: bool = False) -> None:
    """Words above or below a line, from its first point on or up to its last."""
    figure.add_annotation(
        x=x + (BAND if last else -BAND), y=y, text=text, showarrow=False, xanchor="right" if last else "left",
        yanchor="bottom" if above else "top", yshift=1 if above else -1, font={"size": 11, "color": theme.ticks}, row=row, col=1,
    )  # fmt: skip


def _span(values: Sequence[float]) -> tuple[float, float]:
    """A range with room for the words above and below the lines."""
    low, high = min(values), max(values)
    middle, half = (low + high) / 2, max(high - low, LEAST_HEIGHT) / 2
    return middle - 1.6 * half, middle + 1.8 * half


def _ticks(low: float, high: float) -> list[float]:
    """Two or three round values inside the range."""
    step = next(step for step in (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0) if (high - low) / step <= 3.5 or step == 5.0)
    first = int(low / step) + (1 if low > 0 else 0)
    return [round(step * count, 2) for count in range(first, int(high / step + 1e-9) + 1)]


def _tick(panel: _Panel, value: float) -> str:
    return percent(value) if panel.share else number(value, 2 if round(value * 10) != value * 10 else 1)


def _table(panels: Sequence[_Panel], shown: Sequence[Candidate]) -> pd.DataFrame:
    columns: dict[str, list[Any]] = {"Segments": [candidate.k for candidate in shown]}
    for panel in panels:
        columns[f"{panel.words} ({panel.term.partition(',')[0]})"] = [panel.value(candidate) for candidate in shown]
        if panel.null is not None:
            columns[f"{panel.words}, shuffled columns"] = [panel.null(candidate) for candidate in shown]
        if panel.error is not None:
            columns["Standard error of the gap"] = [panel.error(candidate) for candidate in shown]
        if panel.low is not None:
            columns[f"{panel.words}, 10th percentile"] = [panel.low(candidate) for candidate in shown]
    return pd.DataFrame(columns)
