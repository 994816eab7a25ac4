"""The calendar: a month as a table with a row for each segment and a bar for each campaign; on a phone the same as a list."""

from __future__ import annotations

from calendar import day_abbr, month_name
from collections.abc import Sequence
from datetime import date

from dash import dcc, html
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.campaigns.agenda import agenda
from webapp.pages.campaigns.filters import here
from webapp.pages.campaigns.lanes import Bar, Lane, lanes
from webapp.pages.campaigns.meeting import meeting_list, month_title
from webapp.services.planning.campaign_calendar import Calendar, CalendarRow, Month
from webapp.services.planning.campaigns import CampaignSummary
from webapp.ui import format
from webapp.ui.campaign_form import CHANNEL_WORDS, STATUS_WORDS, campaign_days
from webapp.ui.campaign_tags import campaign_link
from webapp.ui.components import Child, aria, button, card, empty_state, hidden_text, icon, row, segment_mark
from webapp.ui.places import campaign_address, segment_address
from webapp.ui.segments_ui import STATUS_ICONS, segment_name, status_badge
from webapp.ui.tables import scroll

WEEKEND = (5, 6)
KEY = ("draft", "planned", "running", "done")


def calendar_body(view: View, shown: Calendar, campaigns: Sequence[CampaignSummary]) -> list[Child]:
    """The month, what meets in it, and beside it the campaigns without dates."""
    if not shown.rows and not shown.loose:
        text = "Once there are segments, each has a row here, with the campaigns that it is tagged for."
        month: Component = card(month_words(shown.month), body=empty_state("grid-1x2", "There are no segments yet", text))
    else:
        month = month_card(view, shown, campaigns)
    beside = undated_card(view, shown.undated)
    parts = [month, meeting_list(shown)]
    return [html.Div(row((9, html.Div(parts, className="sc-above-each-other")), (3, beside)), className="sc-calendar-row")]


def month_card(view: View, shown: Calendar, campaigns: Sequence[CampaignSummary]) -> Component:
    """Title, way to other months, and the month itself, as a table and for phones as a list."""
    dated = {campaign.id: campaign for line in shown.rows for campaign in line.campaigns} | {each.id: each for each in shown.loose}
    body: list[Child] = [
        month_table(view, shown),
        agenda(view, sorted(dated.values(), key=lambda each: (each.starts_on or date.min, each.name)), "Campaigns of this month"),
        nothing_here(view, shown, campaigns) if not dated else None,
    ]
    sub = f"{month_words(shown.month)}, {key_words(shown)}"
    return card(month_title(shown), sub, body, tools=month_links(view, shown), foot=status_key(), flush=True)


def status_key() -> Component:
    """What the signs and grounds of the bars mean."""
    parts = [html.Span([icon(STATUS_ICONS[status]), STATUS_WORDS[status]], className=f"sc-bar {status} key") for status in KEY]
    return html.Div(parts, className="sc-bar-key sc-hide-sm")


def month_words(month: Month) -> str:
    """`December 2026`."""
    return f"{month_name[month.number]} {month.year}"


def key_words(shown: Calendar) -> str:
    """What the line is, where it is in sight."""
    return (
        f"the line is today, {format.day(shown.today)}" if Month.of(shown.today) == shown.month else f"today is {format.day(shown.today)}"
    )


def month_links(view: View, shown: Calendar) -> list[Child]:
    """Earlier, this month, later: each an address."""

    def link(months: int, icon_name: str, word: str) -> Component:
        month = shown.month.moved(months)
        words: list[Child] = [icon(icon_name), hidden_text(f"{word}: {month_words(month)}")]
        return dcc.Link(words, href=here(view, month=month), className="btn btn-ghost btn-icon btn-sm", title=month_words(month))

    now = button("This month", href=here(view, month=None), kind="ghost", small=True) if Month.of(shown.today) != shown.month else None
    return [now, link(-1, "chevron-left", "Earlier"), link(1, "chevron-right", "Later")]


def month_table(view: View, shown: Calendar) -> Component:
    """Days as columns; the line of today lies over them."""
    days = range(1, shown.month.days + 1)
    head = html.Tr([html.Th("Segment", scope="col", className="seg"), *[day_head(shown, day) for day in days]])
    body = [line for each in shown.rows for line in segment_lines(view, each, shown.month)]
    if shown.loose:
        body += lane_rows(view, html.Span("No segment yet", className="mute"), lanes(shown.loose, shown.month), shown.month)
    caption = html.Caption(f"Campaigns by segment in {month_words(shown.month)}", className="visually-hidden")
    grid = html.Table([caption, html.Thead(head), html.Tbody(body)], className="sc-calendar", style={"--days": shown.month.days})
    return html.Div(scroll(html.Div([grid, today_line(shown)], className="sc-calendar-in"), "Calendar"), className="sc-hide-sm")


def day_head(shown: Calendar, day: int) -> html.Th:
    """The day's number; weekends are quieter, today is marked."""
    when = date(shown.month.year, shown.month.number, day)
    names = [name for name, on in (("today", when == shown.today), ("off", when.weekday() in WEEKEND)) if on]
    words: list[Child] = [hidden_text(f"{day_abbr[when.weekday()]} "), str(day)]
    now = aria(current="date") if when == shown.today else {}
    return html.Th(words, scope="col", className=" ".join(["day", *names]), title=f"{day_abbr[when.weekday()]} {format.day(when)}", **now)


def today_line(shown: Calendar) -> Component | None:
    if Month.of(shown.today) != shown.month:
        return None
    return html.Div(className="sc-today", style={"--at": (shown.today.day - 0.5) / shown.month.days}, **aria(hidden="true"))


def segment_lines(view: View, line: CalendarRow, month: Month) -> list[Component]:
    """The rows of one segment: as many as it has campaigns side by side."""
    href = None if line.retired else segment_address(view.actor.team_slug, view.dataset or "", line.key, tab="campaigns")
    size = "" if line.retired else format.count(line.customers, "customer")
    name: list[Child] = [segment_name(line.slot, line.name, href, retired=line.retired), html.Span(size, className="sc-under")]
    return lane_rows(view, name, lanes(line.campaigns, month), month)


def lane_rows(view: View, name: Child | list[Child], found: Sequence[Lane], month: Month) -> list[Component]:
    rows: list[Component] = []
    for place, lane in enumerate(found):
        first = [html.Th(name, scope="row", rowSpan=len(found))] if place == 0 else []
        rows.append(html.Tr([*first, *lane_cells(view, lane, month)], className="last" if place == len(found) - 1 else None))
    return rows


def lane_cells(view: View, lane: Lane, month: Month) -> list[Component]:
    """Bars over their days, and the days between."""
    cells: list[Component] = []
    day = 1
    for bar in lane:
        if bar.first > day:
            cells.append(html.Td(colSpan=bar.first - day))
        cells.append(html.Td(bar_link(view, bar), colSpan=bar.days, className="bar"))
        day = bar.last + 1
    if day <= month.days:
        cells.append(html.Td(None if lane else hidden_text("No campaign"), colSpan=month.days - day + 1))
    return cells


def bar_link(view: View, bar: Bar) -> dcc.Link:
    """A campaign's bar: icon, name and status; channel and dates on hover and for screen readers."""
    campaign, word = bar.campaign, STATUS_WORDS.get(bar.campaign.status, bar.campaign.status)
    about = f"{word}, {CHANNEL_WORDS.get(campaign.channel, campaign.channel)}, {campaign_days(campaign)}"
    words: list[Child] = [
        icon(STATUS_ICONS[campaign.status]),
        html.Bdi(campaign.name, className="n"),
        html.Span(word, className="w", **aria(hidden="true")),
        hidden_text(f", {about}"),
    ]
    names = ["sc-bar", campaign.status, f"name-{bar.name}", *(name for name, on in (("before", bar.before), ("after", bar.after)) if on)]
    href = campaign_address(view.actor.team_slug, view.dataset or "", campaign.id)
    return dcc.Link(words, href=href, className=" ".join(names), title=f"{campaign.name}: {about}")


def nothing_here(view: View, shown: Calendar, campaigns: Sequence[CampaignSummary]) -> Component:
    """Says that the month is empty, and which one is next."""
    later = [each for each in campaigns if each.starts_on and each.starts_on > shown.month.last]
    words: list[Child] = [f"No campaign has a day in {month_words(shown.month)}."]
    if later:
        first = min(later, key=lambda each: (each.starts_on or date.max, each.name))
        month = Month.of(first.starts_on or date.max)
        words += [" The next one starts in ", dcc.Link(month_words(month), href=here(view, month=month)), "."]
    return html.P(words, className="sc-calendar-empty")


def undated_card(view: View, campaigns: Sequence[CampaignSummary]) -> Component:
    """Campaigns that are not in any month yet."""
    if not campaigns:
        return card("Without dates", body=html.P("Every campaign has its dates.", className="sc-muted"))
    items = [undated_item(view, campaign) for campaign in campaigns]
    return card("Without dates", "They appear in the calendar once they have some.", html.Ul(items, className="sc-list"), flush=True)


def undated_item(view: View, campaign: CampaignSummary) -> html.Li:
    link = campaign_link(campaign.name, campaign_address(view.actor.team_slug, view.dataset or "", campaign.id))
    marks = [html.Span([segment_mark(tag.slot), hidden_text(tag.segment_name)], title=tag.segment_name) for tag in campaign.tags]
    words: list[Child] = [html.B(link), html.Div([status_badge(campaign.status), *marks], className="sc-marks")]
    return html.Li(html.Div(words, className="w"))
