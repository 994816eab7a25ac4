"""The RFM grid: customers by two scores, as shares, spend or rates of an outcome."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go

from segmentation.exploring.rfm import LABELS, RfmName, group_scores
from segmentation.exploring.rfm_summary import RfmCell, RfmSummary, Tally
from segmentation.palette import Theme
from segmentation.plots.cells import cell_ink
from segmentation.plots.chart import Chart, blank, label_at, plain_axis
from segmentation.wording import lower_first, money, number, percent, times, upper_first

Shown = Literal["customers", "spend", "outcome"]

ROW, TOP, BOTTOM = 52, 8, 56
PURPOSE: dict[RfmName, str] = {"recency": "most lately", "frequency": "most often", "monetary": "most"}
DOUBLINGS = 2
"""From the middle of the colour scale to its end."""


@dataclass(frozen=True)
class _Look:
    """What the cells show: a figure, its words, and the figure that is neither above nor below average (None: a plain scale)."""

    figure: Callable[[Tally], float | None]
    words: Callable[[Tally], str]
    middle: float | None
    subtitle: str


def rfm_grid(
    summary: RfmSummary,
    *,
    theme: Theme,
    narrow: bool,
    currency: str | None = None,
    shown: Shown = "customers",
    outcome: str | None = None,
) -> Chart:
    """The grid, coloured by share of customers, mean spend, or the rate of the outcome called `outcome`.

    What the data does not have falls back on customers.
    """
    look = _look(summary, _available(summary, shown, outcome), currency, outcome)
    title = rfm_title(summary, shown=shown, outcome=outcome, currency=currency)
    rows, columns = LABELS[summary.rows], LABELS[summary.columns]
    return Chart(
        figure=_figure(summary, look, theme, narrow, currency, outcome),
        title=title,
        subtitle=f"{look.subtitle}. Rows: {lower_first(rows)}; columns: {lower_first(columns)}; 5 is best. "
        f"{summary.everyone.customers:,} customers.",
        explanation=f"Every customer has a score from 1 to 5 for each measure; the best lie at the top right. Rows are scores for "
        f"{lower_first(rows)}, columns for {lower_first(columns)}; the values behind each score stand at the edge. A cell with few "
        "customers says little: its interval is in the table.",
        summary=f"{title}. {_extremes(summary, look)}",
        table=_table(summary, outcome),
    )


def rfm_title(summary: RfmSummary, *, shown: Shown = "customers", outcome: str | None = None, currency: str | None = None) -> str:
    """The best cell beside all customers, by what is shown."""
    best, everyone = _best(summary).tally, summary.everyone
    who = f"Those who bought {PURPOSE[summary.rows]} and {PURPOSE[summary.columns]}"
    shown = _available(summary, shown, outcome)
    if not best.customers:
        return f"Nobody bought both {PURPOSE[summary.rows]} and {PURPOSE[summary.columns]}"
    if shown == "outcome" and best.rate is not None and best.low is not None and best.high is not None and everyone.rate is not None:
        if best.low <= everyone.rate <= best.high:
            return f"{outcome}: the best-scored customers do not differ clearly from all ({percent(everyone.rate)})"
        return f"{outcome}: {percent(best.rate)} of the best-scored customers, {percent(everyone.rate)} of all"
    if shown == "spend" and best.spend_mean is not None and everyone.spend_mean is not None and everyone.spend_mean > 0:
        return f"{who} spend {money(best.spend_mean, currency)} on average, {times(best.spend_mean / everyone.spend_mean)} the mean of all"
    return f"{who} are {percent(best.share)} of customers" + _and_spend(best)


def score_words(summary: RfmSummary, name: RfmName, currency: str | None = None) -> dict[int, str]:
    """What each score stands for, best first: `5` -> `up to 19`, `4` -> `20 to 39`."""
    cuts, step = summary.cuts.of(name), 1 if name in summary.whole else 0
    if not cuts:
        return {group_scores(1)[0]: "everybody"}
    start, end = (
        [_point(name, math.floor(cut) + 1 if step else cut, currency) for cut in cuts],
        [_point(name, cut, currency) for cut in cuts],
    )
    inside = [low if low == high else f"{low} to {high}" for low, high in zip(start[:-1], end[1:], strict=True)]
    rising = [f"up to {end[0]}", *inside, f"over {end[-1]}"]
    scores = group_scores(len(rising))
    return dict(sorted(zip(scores if name != "recency" else scores[::-1], rising, strict=True), reverse=True))


def _point(name: RfmName, value: float, currency: str | None) -> str:
    if name == "monetary":
        return money(value, currency)
    return number(value, 0 if float(value).is_integer() else 1)


def _available(summary: RfmSummary, shown: Shown, outcome: str | None) -> Shown:
    missing = (shown == "spend" and summary.everyone.spend_mean is None) or (
        shown == "outcome" and (summary.everyone.rate is None or outcome is None)
    )
    return "customers" if missing else shown


def _look(summary: RfmSummary, shown: Shown, currency: str | None, outcome: str | None) -> _Look:
    if shown == "spend":
        return _Look(
            lambda tally: tally.spend_mean, lambda tally: money(tally.spend_mean or 0.0, currency, short=True), summary.everyone.spend_mean,
            "Mean spend, blue below the mean of all, orange above",
        )  # fmt: skip
    if shown == "outcome":
        return _Look(
            lambda tally: tally.rate, lambda tally: percent(tally.rate or 0.0), summary.everyone.rate,
            f"Rate of {lower_first(outcome or '')}, blue below the rate of all, orange above",
        )  # fmt: skip
    return _Look(lambda tally: tally.share, lambda tally: f"{tally.share:.1%}", None, "Share of customers")


def _best(summary: RfmSummary) -> RfmCell:
    return max(summary.cells, key=lambda cell: (cell.row, cell.column))


def _and_spend(tally: Tally) -> str:
    return f" and bring {percent(tally.spend_share)} of spend" if tally.spend_share is not None else ""


def _extremes(summary: RfmSummary, look: _Look) -> str:
    """The highest and the lowest cell that has customers."""
    known = [(figure, cell) for cell in summary.cells if cell.tally.customers and (figure := look.figure(cell.tally)) is not None]
    if not known:
        return "No cell has customers."
    named = [("Highest", max(known, key=lambda pair: pair[0])[1]), ("lowest", min(known, key=lambda pair: pair[0])[1])]
    rows, columns = (lower_first(LABELS[name]) for name in (summary.rows, summary.columns))
    return (
        "; ".join(f"{word}: {look.words(cell.tally)} at {rows} score {cell.row}, {columns} score {cell.column}" for word, cell in named)
        + "."
    )


def _figure(summary: RfmSummary, look: _Look, theme: Theme, narrow: bool, currency: str | None, outcome: str | None) -> go.Figure:
    rows = sorted({cell.row for cell in summary.cells})
    columns = sorted({cell.column for cell in summary.cells})
    at = {(cell.row, cell.column): cell for cell in summary.cells}
    grid = [[at[row, column].tally for column in columns] for row in rows]
    figures = [[look.figure(tally) if tally.customers else None for tally in line] for line in grid]
    figure = blank(theme, TOP + BOTTOM + ROW * len(rows), margin={"l": 8, "r": 8, "t": TOP, "b": BOTTOM})
    figure.add_heatmap(
        z=[[None if each is None else _strength(look, each) for each in line] for line in figures],
        x=list(range(len(columns))),
        y=list(range(len(rows))),
        showscale=False,
        xgap=2,
        ygap=2,
        hoverongaps=False,
        text=[[_cell_words(summary, r, c, at[r, c].tally, currency, outcome) for c in columns] for r in rows],
        texttemplate="",
        hovertemplate="%{text}<extra></extra>",
        **_scale(look, figures, theme),
    )
    for y, line in enumerate(grid):
        for x, tally in enumerate(line):
            text = look.words(tally) if tally.customers and figures[y][x] is not None else "–"
            label_at(figure, x, y, text, colour=_ink(look, figures[y][x], theme))
    _axes(figure, summary, rows, columns, narrow, currency)
    return figure


def _strength(look: _Look, figure: float) -> float:
    """Where a figure lies on the colour scale: −1 for a quarter of the average or less, 1 for four times and more; a share as it is."""
    if look.middle is None:
        return figure
    return max(-1.0, min(1.0, math.log2(max(figure, 1e-12) / look.middle) / DOUBLINGS)) if look.middle > 0 else 0.0


def _scale(look: _Look, figures: list[list[float | None]], theme: Theme) -> dict[str, Any]:
    if look.middle is None:
        highest = max((each for line in figures for each in line if each is not None), default=1.0)
        return {
            "zmin": 0,
            "zmax": highest,
            "colorscale": [[0, theme.density[1][1]], *([share, colour] for share, colour in theme.density[2:])],
        }
    return {"zmin": -1, "zmax": 1, "colorscale": [list(stop) for stop in theme.diverging]}


def _ink(look: _Look, figure: float | None, theme: Theme) -> str:
    if figure is None:
        return theme.ticks
    return theme.ink if look.middle is None else cell_ink(theme, _strength(look, figure))


def _axes(figure: go.Figure, summary: RfmSummary, rows: list[int], columns: list[int], narrow: bool, currency: str | None) -> None:
    across, up = score_words(summary, summary.columns, currency), score_words(summary, summary.rows, currency)
    figure.update_xaxes(
        **plain_axis(
            tickvals=list(range(len(columns))),
            ticktext=[f"<b>{score}</b><br>{_short(across[score], narrow)}" for score in columns],
            range=[-0.5, len(columns) - 0.5],
            title={"text": f"{LABELS[summary.columns].lower()} (score)"},
        )
    )
    figure.update_yaxes(
        **plain_axis(
            tickvals=list(range(len(rows))),
            ticktext=[f"<b>{score}</b>  {_short(up[score], narrow)}" for score in rows],
            range=[-0.5, len(rows) - 0.5],
            title={"text": f"{LABELS[summary.rows].lower()} (score)"},
        )
    )


def _short(words: str, narrow: bool) -> str:
    """On a phone the end of a range alone: `194 to 635` -> `≤ 635`; beside a score, "to" would read as a range from it."""
    return f"≤ {words.split(' to ')[-1]}" if narrow and " to " in words else words


def _cell_words(summary: RfmSummary, row: int, column: int, tally: Tally, currency: str | None, outcome: str | None) -> str:
    rows, columns = LABELS[summary.rows].lower(), LABELS[summary.columns].lower()
    parts = [f"<b>{upper_first(rows)} score {row}, {columns} score {column}</b>", f"{tally.customers:,} customers ({percent(tally.share)})"]
    if tally.spend_mean is not None:
        parts.append(
            f"mean spend {money(tally.spend_mean, currency)}" + (f", {percent(tally.spend_share)} of all" if tally.spend_share else "")
        )
    if outcome and tally.rate is not None and tally.low is not None and tally.high is not None:
        parts.append(f"{lower_first(outcome)} {percent(tally.rate)} (95% interval {percent(tally.low)} to {percent(tally.high)})")
    return "<br>".join(parts)


def _table(summary: RfmSummary, outcome: str | None) -> pd.DataFrame:
    rows = [
        {f"{LABELS[summary.rows]}, score": cell.row, f"{LABELS[summary.columns]}, score": cell.column, **tally_row(cell.tally, outcome)}
        for cell in reversed(summary.cells)
    ]
    return pd.DataFrame(rows).dropna(axis="columns", how="all")


def tally_row(tally: Tally, outcome: str | None) -> dict[str, Any]:
    """A tally as a row of a table."""
    rates = {f"{outcome}, rate": tally.rate, "Rate low": tally.low, "Rate high": tally.high} if outcome else {}
    figures = {"Share": tally.share, "Spend": tally.spend, "Mean spend": tally.spend_mean, **rates}
    return {"Customers": tally.customers, **{name: None if value is None else round(value, 4) for name, value in figures.items()}}
