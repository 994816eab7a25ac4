"""What meets in a month, in words: segments that hear from the team more than once, and at the same time."""

from __future__ import annotations

from calendar import month_name

from dash import html
from dash.development.base_component import Component

from webapp.services.planning.campaign_calendar import Calendar, CalendarRow, Span
from webapp.ui import format
from webapp.ui.components import card, segment_mark

MOST_PAIRS = 3


def month_title(shown: Calendar) -> str:
    """The finding: which segment most campaigns of the month reach; else how many campaigns it has."""
    month = month_name[shown.month.number]
    busiest = max(shown.rows, key=lambda line: len(line.campaigns), default=None)
    if busiest is not None and len(busiest.campaigns) > 1:
        return reach_words(shown, busiest)
    campaigns = {each.id for line in shown.rows for each in line.campaigns} | {each.id for each in shown.loose}
    return f"{format.count(len(campaigns), 'campaign')} in {month}" if campaigns else f"No campaign in {month}"


def reach_words(shown: Calendar, line: CalendarRow) -> str:
    """`3 campaigns reach Loyal families in December`."""
    verb = "reaches" if len(line.campaigns) == 1 else "reach"
    return f"{format.count(len(line.campaigns), 'campaign')} {verb} {line.name} in {month_name[shown.month.number]}"


def meeting_list(shown: Calendar) -> Component | None:
    """Every segment that several campaigns of the month reach, with those that run in the same days; nothing where there is none."""
    several = [line for line in shown.rows if len(line.campaigns) > 1]
    if not several:
        return None
    items = [
        html.Li([segment_mark(line.slot), html.Div([html.B(reach_words(shown, line)), html.Span(together_words(line))], className="w")])
        for line in several
    ]
    sub = "Customers of one segment get each of its campaigns. Move one where that is too much."
    return card("More than one campaign for the same customers", sub, html.Ul(items, className="sc-list"), flush=True)


def together_words(line: CalendarRow) -> str:
    """Which of them run at the same time, and when; or that none does."""
    if not line.together:
        return "One after another: no two at the same time."
    pairs = [f"{one.name} and {other.name} at the same time, {span_words(shared)}" for one, other, shared in line.together[:MOST_PAIRS]]
    rest = len(line.together) - len(pairs)
    return "; ".join(pairs) + (f"; and {format.count(rest, 'more pair')}" if rest else "") + "."


def span_words(span: Span) -> str:
    """`3 to 9 Dec`, `9 Dec`: days of one month."""
    last = f"{span.last.day} {span.last:%b}"
    return last if span.first == span.last else f"{span.first.day} to {last}"
