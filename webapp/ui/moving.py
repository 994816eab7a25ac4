"""Movement wherever it is shown: the moments it lies between, counting it, what dominates, and the way to the customers of a flow."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from dash import ALL, Input, Output, ctx, dcc, html, no_update
from dash.development.base_component import Component

from segmentation.movement import Causes
from segmentation.palette import SegmentStyle
from segmentation.plots import Chart
from webapp.edge import Callbacks, Display, View
from webapp.services.access import Permission
from webapp.services.segmenting import movements
from webapp.services.segmenting.flows import NO_SEGMENT
from webapp.services.segmenting.movements import Asked, Moment, MovementReport, Uncounted
from webapp.ui import jobs
from webapp.ui.components import Child, button, card, empty_state, icon, segment_label
from webapp.ui.drawing import escaped_style, unescaped_words
from webapp.ui.format import count, currency_sign, day, number
from webapp.ui.places import customers_address
from webapp.ui.theme import theme_of

_TOKEN = re.compile(r"(?:v(\d{1,9}))?(?:s(\d{1,9}))?")
CLEARLY = 1.5
"""Times as many customers as by the next cause, for one to dominate."""
CAUSES = ("customers joined or left", "the customers moved", "the model moved")
"""What changes segments, in the order of their parts."""


def read_token(text: str | None) -> Asked | None:
    """What an address asks for: "v3", "v3s5" or "s5"; None where it is nothing of that kind."""
    found = _TOKEN.fullmatch(text or "")
    if not text or found is None:
        return None
    version, snapshot = (int(part) if part else None for part in found.groups())
    return Asked(version, snapshot)


def token(moment: Moment) -> str:
    """The text of a moment in an address, which always means the same."""
    return f"v{moment.version}" if moment.fitted else f"v{moment.version}s{moment.snapshot}"


def moment_words(moment: Moment) -> str:
    """`version 3 (28 Feb 2026)`, `28 Feb 2026 by version 1`."""
    return f"version {moment.version} ({day(moment.as_of)})" if moment.fitted else f"{day(moment.as_of)} by version {moment.version}"


def counting_card(view: View, at: str, waiting: Uncounted) -> html.Section:
    """In place of what is not counted yet: how far that is, or the button that has it counted. `at` tells the buttons of pages apart."""
    between = f"From {moment_words(waiting.before)} to {moment_words(waiting.after)}."
    if waiting.job is not None:
        return card("Being counted", f"{between} It shows here by itself.", jobs.job_card(waiting.job, view, at=at))
    where = {"type": f"{at}-count", "before": token(waiting.before), "after": token(waiting.after)}
    action = button("Count who moved", id=where, icon_name="arrow-left-right", kind="primary")
    if waiting.failed:
        text = f"The last count came to nothing: {waiting.failed} Nothing else was changed. Try again, or ask your admin."
        return card(body=empty_state("exclamation-triangle", "Not counted", text, action))
    text = f"{between} Everybody is placed by both versions once, in the background; it is kept from then on."
    return card(body=empty_state("arrow-left-right", "Not counted yet", text, action))


def register_counting(callbacks: Callbacks, at: str) -> None:
    """Declare the callback of that button for the page called `at`."""

    @callbacks.on(
        Output(jobs.Ids.NUDGE, "data", allow_duplicate=True),
        Input({"type": f"{at}-count", "before": ALL, "after": ALL}, "n_clicks"),
        needs=Permission.VIEW_CUSTOMERS,
        writes=True,
        prevent_initial_call=True,
    )
    def count_pair(view: View, _clicks: list[int | None]) -> Any:
        pressed = ctx.triggered_id if ctx.triggered and ctx.triggered[0]["value"] else None
        return count_pressed(view, pressed)


def count_pressed(view: View, pressed: Any) -> Any:
    """Have the movement counted that the pressed button names."""
    before, after = (read_token(pressed.get(side)) for side in ("before", "after")) if pressed else (None, None)
    if before is None or after is None or view.dataset is None:
        return no_update
    job = movements.count_movement(view.session, view.actor, view.dataset, before, after)
    jobs.read_again({"movement": job.id if job else None})
    return job.id if job else no_update


def cause_sentence(report: MovementReport) -> str:
    """What changed segments most: who joined or left, what customers did, or the model."""
    split = report.customers
    if split.customers is None or split.model is None or split.causes is None:
        return f"{count(split.total.moved, 'customer')} changed segment. What made them cannot be told: {report.problem}"
    joined, left = sum(split.customers.joined), sum(split.customers.left)
    own, model = split.customers.moved, split.model.moved
    if not (joined or left or own or model):
        return "Nobody joined, left or changed segment."
    parts = f"{count(joined, 'customer')} joined, {number(left)} left; {causes_words(split.causes)}"
    (most, cause), (second, other), _ = sorted(zip((joined + left, own, model), CAUSES, strict=True), key=lambda each: -each[0])
    return f"Mostly {cause}: {parts}" if most >= CLEARLY * second else f"About as much {cause} as {other}: {parts}"


def causes_words(causes: Causes) -> str:
    """`702 changed segment: 30 by what they did, 668 because the model changed, 4 by both.` The parts add up."""
    changed = causes.own + causes.model + causes.both
    why = f": {number(causes.own)} by what they did, {number(causes.model)} because the model changed"
    both = f", {number(causes.both)} by both" if causes.both else ""
    back = f" {number(causes.back)} more moved and {'was' if causes.back == 1 else 'were'} put back by the model." if causes.back else ""
    return f"{number(changed) if changed else 'nobody'} changed segment{f'{why}{both}' if changed else ''}.{back}"


def cause_verb(report: MovementReport, group: int) -> str:
    """What made one segment grow or shrink, in a few words."""
    split = report.customers
    if split.after[group] == split.before[group]:
        return "as large as before"
    if split.customers is None or split.model is None:
        return "not split"
    customers = split.customers
    nets = (customers.joined[group] - customers.left[group], customers.moved_in(group) - customers.moved_out(group), split.model.net(group))
    return f"mostly {max(zip(map(abs, nets), CAUSES, strict=True), key=lambda each: each[0])[1]}"


def group_key(report: MovementReport, group: int) -> str:
    """The group's key in filters."""
    return report.groups[group].key if group < len(report.groups) else NO_SEGMENT


def group_label(report: MovementReport, group: int, *, short: bool = False) -> Component:
    """The group with its mark."""
    if group < len(report.groups):
        return segment_label(report.groups[group], short=short)
    return html.Span("No segment", className="sc-muted")


def customers_href(view: View, report: MovementReport, query: str) -> str:
    """The address of the grid with the customers of a flow, from where they can be exported."""
    return customers_address(view.actor.team_slug, view.dataset or "", v=shown_version(report), f=query)


def shown_version(report: MovementReport) -> int | None:
    """The version by which an address lists the customers of a flow; None for the champion."""
    version = report.listed or report.after.version
    return None if version == report.after.version and report.after.champion else version


def customers_link(view: View, report: MovementReport, text: Child, query: str, *, joined: bool = False) -> Child:
    """Leads there; plain text where no list could show those who `joined`."""
    return text if joined and report.listed is None else dcc.Link(text, href=customers_href(view, report, query))


def unlisted_note(report: MovementReport) -> Child:
    """Why newcomers cannot be listed, where that is so."""
    if report.listed is not None:
        return None
    text = f"No version was fitted on the customers of {day(report.after.as_of)}, so lists leave out who joined. Re-cluster to have them."
    return html.P([icon("info-circle"), text], className="sc-filter-note")


def drawn_between(
    plot: Callable[..., Chart | None], figures: Any, *styles: tuple[SegmentStyle, ...], display: Display, currency: str | None, **how: Any
) -> Chart | None:
    """What `plot` makes of `figures` over segments, safe to draw whatever these are called."""
    escaped = [tuple(escaped_style(style) for style in each) for each in styles]
    look = {"theme": theme_of(display), "narrow": display.narrow, "currency": currency_sign(currency) or None}
    chart = plot(figures, *escaped, **look, **how)
    return None if chart is None else unescaped_words(chart)
