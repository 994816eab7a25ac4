"""How often an outcome happens by the values of one measure or category, against how often it happens to everybody."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from segmentation.describing.profile_types import Measure, Unit
from segmentation.exploring.association import strength_word
from segmentation.exploring.exploration_types import Association, Exploration, ExploredOutcome, GroupRate
from segmentation.palette import Theme
from segmentation.plots.chart import INTERVAL, Chart, blank, label_at, percent_ticks, plain_axis
from segmentation.plots.exploration import looked_at
from segmentation.wording import lower_first, percent, quantity

ROW, TOP, BOTTOM = 44, 28, 28
LONG = {False: 30, True: 14}
UNITS: dict[Unit, str] = {"years": "in years", "months": "in months", "days": "in days", "share": "as a share"}


def outcome_rates(
    exploration: Exploration,
    outcome: ExploredOutcome,
    association: Association,
    *,
    theme: Theme,
    narrow: bool,
    currency: str | None = None,
) -> Chart:
    """The outcome's rate in each group of one of its `associations`, with Wilson's intervals."""
    measure = exploration.named(association.measure)
    words = group_words(association, measure, currency)
    title = outcome_title(outcome, association, measure, currency)
    unit = f" {UNITS[measure.unit]}" if measure.unit in UNITS and not association.groups[0].label else ""
    return Chart(
        figure=_figure(outcome, association, words, theme, narrow),
        title=title,
        subtitle=f"Share of customers by {lower_first(measure.label)}{unit}, with 95% intervals; dotted: all customers. "
        f"{looked_at(exploration)}",
        explanation="Each dot is the share of a group's customers to whom it happened; the line is the interval that holds the true share "
        "with 95% confidence (Wilson). Orange groups lie clearly above the rate of all customers, blue ones clearly below. This is what "
        "goes together; it does not say what causes it, and the groups also differ in other ways.",
        summary=f"{title}. All customers {percent(outcome.rate)}. The link is {strength_word(association.strength)}. "
        + " ".join(_sentence(word, group) for word, group in zip(words, association.groups, strict=True)),
        table=pd.DataFrame(
            {
                measure.label: words,
                "Customers": [group.customers for group in association.groups],
                outcome.label: [group.hits for group in association.groups],
                "Rate": [round(group.rate, 4) for group in association.groups],
                "Rate low": [round(group.low, 4) for group in association.groups],
                "Rate high": [round(group.high, 4) for group in association.groups],
            }
        ),
    )


def outcome_title(outcome: ExploredOutcome, association: Association, measure: Measure, currency: str | None = None) -> str:
    """The highest and lowest rate among groups whose interval leaves out the rate of all, where the link holds at all."""
    pairs = list(zip(association.groups, group_words(association, measure, currency), strict=True))
    above = [pair for pair in pairs if pair[0].low > outcome.rate]
    below = [pair for pair in pairs if pair[0].high < outcome.rate]
    if not association.clear or not (above or below):
        return f"{outcome.label}: no clear link with {lower_first(measure.label)}"
    parts = []
    if above:
        group, words = max(above, key=lambda pair: pair[0].rate)
        parts.append(f"{percent(group.rate)} where {lower_first(measure.label)} is {_inside(words, group)}")
    if below:
        group, words = min(below, key=lambda pair: pair[0].rate)
        parts.append(f"{percent(group.rate)} where {'it' if above else lower_first(measure.label)} is {_inside(words, group)}")
    if len(parts) < 2:
        parts.append(f"{percent(outcome.rate)} of all")
    return f"{outcome.label}: {', '.join(parts)}"


def group_words(association: Association, measure: Measure, currency: str | None = None) -> list[str]:
    """What each group is called: `up to 12`, `13 to 20`, `Married`."""
    groups = association.groups
    return [group.label or _range(group, measure, currency, place, len(groups)) for place, group in enumerate(groups)]


def _range(group: GroupRate, measure: Measure, currency: str | None, place: int, count: int) -> str:
    if group.start is None or group.end is None:
        return ""
    start, end = (quantity(value, measure.unit, currency) for value in (group.start, group.end))
    if start == end:
        return start
    if place == 0:
        return f"up to {end}"
    return f"{start} or more" if place == count - 1 else f"{start} to {end}"


def _inside(words: str, group: GroupRate) -> str:
    """A group's name inside a sentence: `yes` and `no` lose their capital, other words keep it."""
    return words.lower() if group.label in ("Yes", "No") else words


def _sentence(words: str, group: GroupRate) -> str:
    return f"{words}: {percent(group.rate)} of {group.customers:,}, interval {percent(group.low)} to {percent(group.high)}."


def _figure(outcome: ExploredOutcome, association: Association, words: list[str], theme: Theme, narrow: bool) -> go.Figure:
    groups = association.groups
    figure = blank(theme, TOP + BOTTOM + ROW * len(groups), margin={"l": 8, "r": 8, "t": TOP, "b": BOTTOM})
    highest = max(*(group.high for group in groups), outcome.rate)
    end = highest * (1.5 if narrow else 1.25)
    figure.add_shape(
        type="line",
        x0=outcome.rate,
        x1=outcome.rate,
        y0=-0.5,
        y1=len(groups) - 0.5,
        line={"width": 1.5, "dash": "dot", "color": theme.rest},
    )
    label_at(figure, outcome.rate, -0.5, f"all {percent(outcome.rate)}", colour=theme.ticks, size=11, yanchor="bottom")
    for place, (group, name) in enumerate(zip(groups, words, strict=True)):
        _group(figure, place, group, name, outcome, theme)
    figure.update_xaxes(range=[0, end], **percent_ticks(min(highest, 1.0)))
    shown = [name if len(name) <= LONG[narrow] else f"{name[: LONG[narrow] - 1]}…" for name in words]
    figure.update_yaxes(**plain_axis(tickvals=list(range(len(groups))), ticktext=shown, range=[len(groups) - 0.5, -0.5]))
    return figure


def _group(figure: go.Figure, place: int, group: GroupRate, name: str, outcome: ExploredOutcome, theme: Theme) -> None:
    low_end, high_end = theme.diverging[0][1], theme.diverging[-1][1]
    colour = high_end if group.low > outcome.rate else low_end if group.high < outcome.rate else theme.rest
    hover = (
        f"<b>{name}</b><br>{group.hits:,} of {group.customers:,} customers: {group.rate:.1%} "
        f"(95% interval {group.low:.1%} to {group.high:.1%})<extra></extra>"
    )
    line = {"width": INTERVAL, "color": colour}
    figure.add_scatter(x=[group.low, group.high], y=[place, place], mode="lines", line=line, hoverinfo="skip")
    marker = {"size": 10, "color": colour, "line": {"width": 1, "color": theme.surface}}
    figure.add_scatter(x=[group.rate], y=[place], mode="markers", marker=marker, hovertemplate=hover)
    text = f"<b>{percent(group.rate)}</b> <span style='color:{theme.ticks}'>of {group.customers:,}</span>"
    label_at(figure, group.high, place, text, colour=theme.ink, xanchor="left", xshift=6, bgcolor=theme.surface, borderpad=1)
