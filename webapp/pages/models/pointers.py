"""The champion with its challenger beside it, which version was live when, and how promoting would change things."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from dash import dcc, html
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.models.actions import promote_button, rollback_button, withdraw_button
from webapp.pages.models.ids import Ids
from webapp.services.access import Permission
from webapp.services.modelling.fit_requests import algorithm_name
from webapp.services.modelling.promotions import Stretch
from webapp.services.modelling.versions import LONGEST_NOTE, VersionSummary
from webapp.services.zones import zone_of
from webapp.ui.components import Child, aria, badge, button, card, data
from webapp.ui.format import MISSING, by, day, duration, exact_time, moment, number, relative_time
from webapp.ui.forms import labelled, text_input
from webapp.ui.places import models_address
from webapp.ui.tables import Column, table
from webapp.ui.terms import REPEATABILITY, SEPARATION, SMALLEST, Term
from webapp.ui.wording import VERDICT_WORDS


@dataclass(frozen=True)
class _Beside:
    """One line of champion and challenger: what it is called, and what it says of either."""

    words: str
    shown: Callable[[VersionSummary], str]
    title: str = ""


def _figure(term: Term) -> _Beside:
    return _Beside(term.words, lambda version: term.shown(version.figures.get(term.name)), term.title)


BESIDE = (
    _Beside("Segments", lambda version: number(version.k)),
    _Beside("Verdict", lambda version: VERDICT_WORDS.get(version.verdict or "", MISSING)),
    *map(_figure, (SEPARATION, REPEATABILITY, SMALLEST)),
    _Beside("Method", lambda version: algorithm_name(version.algorithm)),
    _Beside("Snapshot", lambda version: number(version.snapshot)),
    _Beside("Made", lambda version: relative_time(version.created_at, datetime.now(UTC))),
)
LIVE_TEXT = "Which version pages, exports and new tags spoke of, from when to when."
MOST_STRETCHES = 12
"""Times that the table lists; the band has them all."""

SPOKEN_SHARE = 0.12
"""A stretch with a smaller share of the band has no room for its version's name."""


def challenger_card(view: View, listed: Sequence[VersionSummary]) -> Component | None:
    """Champion and challenger side by side; nothing where one of them is missing."""
    champion = next((each for each in listed if each.champion), None)
    challenger = next((each for each in listed if each.challenger), None)
    if champion is None or challenger is None:
        return None
    columns: list[Column[_Beside]] = [
        Column("Figure", lambda each: html.Span(each.words, title=each.title or None)),
        Column(_who(view, champion, "Champion"), lambda each: each.shown(champion), numeric=True),
        Column(_who(view, challenger, "Challenger"), lambda each: each.shown(challenger), numeric=True),
    ]
    body = table(columns, BESIDE, caption="Champion and challenger", class_name="sc-beside", dense=True)
    note = [html.P(["Why it challenges: ", challenger.note], className="sc-muted")] if challenger.note else []
    foot = [withdraw_button(view), html.Span(promote_button(view, challenger, small=True, at="challenger"), className="end")]
    sub = "Compare them before you decide. Nothing changes for your team until somebody promotes the challenger."
    return card(challenger_title(champion, challenger), sub, [body, *note], foot=foot if any(foot) else None, flush=True)


def challenger_title(champion: VersionSummary, challenger: VersionSummary) -> str:
    """Which of the two separates segments better, where that is known."""
    now, then = (each.figures.get(SEPARATION.name) for each in (challenger, champion))
    subject = f"Version {challenger.number} challenges version {champion.number}"
    if now is None or then is None:
        return subject
    if SEPARATION.shown(now) == SEPARATION.shown(then):
        return f"{subject} and separates segments as well"
    return f"{subject} and separates segments {'better' if now > then else 'less well'}"


def _who(view: View, version: VersionSummary, role: str) -> Component:
    link = dcc.Link(f"v{version.number}", href=models_address(view.actor.team_slug, view.dataset or "", version=version.number))
    return html.Span([link, " ", badge(role, "good" if role == "Champion" else "info")])


def live_card(view: View, history: Sequence[Stretch], target: int | None) -> Component | None:
    """A band of all times with the versions in it, and the newest times as a table; `target` is what a rollback leads to."""
    if not history:
        return None
    now, told = datetime.now(UTC), end_words(history, zone_of(view.session, view.actor))
    columns: list[Column[Stretch]] = [
        Column("Version", lambda each: _version(view, each)),
        Column("Live from", lambda each: html.Span(told(each.since), title=exact_time(each.since))),
        Column("To", lambda each: html.Span(told(each.until), title=exact_time(each.until)) if each.until else "now"),
        Column("For", lambda each: _length(each, now), numeric=True, wide=True),
        Column("Why", _why, wide=True),
    ]
    body: list[Child] = [
        _band(history, now, told),
        table(
            columns, history[:MOST_STRETCHES], caption="Which version was live when, newest first", class_name="sc-stretches", listed=True
        ),
    ]
    return card(
        _live_title(history, now), LIVE_TEXT, body, tools=rollback_button(view, target), foot=why_form(view, history[0]), flush=True
    )


def why_form(view: View, current: Stretch) -> Component | None:
    """After a rollback, which is one click and asks nothing: a line to say why, for who may; nothing once somebody has."""
    if not current.rollback or current.note or not view.actor.may(Permission.PROMOTE):
        return None
    control = labelled(
        "Why the champion was rolled back", text_input(Ids.WHY, placeholder="Why the team went back", max_length=LONGEST_NOTE)
    )
    return html.Div([control, button("Save the reason", id=Ids.WHY_SAVE, small=True)], className="sc-keep-form")


def _live_title(history: Sequence[Stretch], now: datetime) -> str:
    current = history[0]
    return f"Version {current.version} has been live for {_length(current, now)}"


def end_words(history: Sequence[Stretch], zone: tzinfo) -> Callable[[datetime], str]:
    """How the ends of stretches are told: the day in `zone`, with the time of a day on which the champion moved more than once."""
    moves = Counter(each.since.astimezone(zone).date() for each in history)

    def told(when: datetime) -> str:
        return moment(when, zone) if moves[when.astimezone(zone).date()] > 1 else day(when.astimezone(zone))

    return told


def _length(stretch: Stretch, now: datetime) -> str:
    """`3 days`, or hours and minutes where it was shorter."""
    seconds = ((stretch.until or now) - stretch.since).total_seconds()
    days = int(seconds // 86_400)
    if seconds < 60:
        return "less than a minute"
    return f"{number(days)} {'day' if days == 1 else 'days'}" if days else duration(seconds)


def _version(view: View, stretch: Stretch) -> list[Child]:
    link = dcc.Link(f"v{stretch.version}", href=models_address(view.actor.team_slug, view.dataset or "", version=stretch.version))
    return [link, html.Span("by rollback", className="sc-under")] if stretch.rollback else [link]


def _why(stretch: Stretch) -> Component:
    """The note, and whose it is."""
    note = html.Span(stretch.note or MISSING, className="sc-clamp", title=stretch.note or None)
    return html.Div([note, html.Span(by(stretch.by), className="sc-under")])


def _band(history: Sequence[Stretch], now: datetime, told: Callable[[datetime], str]) -> Component:
    """Oldest left. The table says the same in words."""
    lengths = [max(1.0, ((each.until or now) - each.since).total_seconds()) for each in history]
    whole = sum(lengths)
    parts = []
    for each, length in reversed(list(zip(history, lengths, strict=True))):
        words = f"v{each.version}" if length / whole >= SPOKEN_SHARE else ""
        title = f"Version {each.version}, {told(each.since)} to {told(each.until) if each.until else 'now'}"
        now_class = "now" if each.until is None else ""
        parts.append(html.Span(words, title=title, className=now_class or None, style={"flexGrow": length / whole}))
    band = html.Div(parts, className="sc-live-band", **aria(hidden="true"))
    ends = html.Div([html.Span(told(history[-1].since)), html.Span("now")], className="sc-live-ends", **aria(hidden="true"))
    return html.Div([band, ends], className="sc-live", **data(stretches=str(len(history))))
