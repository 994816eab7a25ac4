"""The audit log: search, filters and pages in the address, each event in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html, no_update
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.team.ids import FILTER, Ids
from webapp.pages.team.parts import chosen_tab, tab_address
from webapp.services.people import audit_log
from webapp.services.people.audit_log import FILTERS, AuditEntry, AuditFilter, AuditPage, read_filter
from webapp.services.people.audit_words import GROUPS
from webapp.services.zones import zone_of
from webapp.ui.components import Child, aria, button, card, empty_state, page_head, skeleton
from webapp.ui.format import MISSING, by, count, exact_time, moment, number
from webapp.ui.forms import date_input, field, select
from webapp.ui.places import audit_csv_address
from webapp.ui.tables import Column, table


def asked_for(view: View) -> AuditFilter:
    """What the address asks for, in the team's days."""
    return read_filter(view.query, zone_of(view.session, view.actor))


def audit_head(view: View) -> Component:
    """How many events fit, and the same as a file."""
    asked = asked_for(view)
    total = audit_log.count_events(view.session, view.actor, asked)
    sub = f"{count(total, 'event')}{' that fit' if is_filtered(asked) else ''}. Nobody can change the log."
    return page_head("Team", sub, [download_button(view)])


ANY = "*"
"""What a list holds for "no filter", which has no place in the address."""


@dataclass(frozen=True)
class LogPage:
    """A page of the log, as it is shown."""

    asked: AuditFilter
    page: AuditPage
    total: int


def is_filtered(asked: AuditFilter) -> bool:
    return bool(asked.text or asked.group or asked.person or asked.first or asked.last)


def download_button(view: View) -> Component:
    """The same events as a CSV; that they were taken is an event too."""
    chosen = {name: view.query[name] for name in FILTERS if view.query.get(name)}
    return button("Download CSV", href=audit_csv_address(view.actor.team_slug, **chosen), icon_name="download", download="")


def audit_tab(view: View) -> list[Child]:
    """The filters, and the place of what fits; a callback fills it, so that the fields stay as they are while somebody types."""
    return [card(body=filters(view), className="sc-stack"), html.Div(skeleton(420), id=Ids.EVENTS)]


def filters(view: View) -> Component:
    people = {ANY: "Everybody"} | {name: by(name) for name in audit_log.list_actors(view.session, view.actor)}
    shown = field_values(view)
    search = dbc.Input(
        id=_filter("q"),
        type="search",
        value=shown["q"],
        placeholder="Who, what or to what",
        maxlength=120,
        debounce=True,
        autocomplete="off",
    )
    fields = [
        field("Search", search),
        field("Kind", select(_filter("group"), {ANY: "Every kind"} | GROUPS, value=shown["group"])),
        field("Person", select(_filter("person"), people, value=shown["person"])),
        field("From", date_input(_filter("from"), value=shown["from"])),
        field("To", date_input(_filter("to"), value=shown["to"])),
    ]
    return html.Div([*fields, html.Div(id=Ids.CLEAR, className="sc-filter-clear")], className="sc-filter-row")


def field_values(view: View) -> dict[str, str]:
    """What the fields show for the address, by their names."""
    asked = asked_for(view)
    return {
        "q": asked.text,
        "group": asked.group if asked.group in GROUPS else ANY,
        "person": asked.person or ANY,
        "from": asked.first.isoformat() if asked.first else "",
        "to": asked.last.isoformat() if asked.last else "",
    }


def show_events(view: View) -> tuple[Any, Any]:
    """What fits, and the way to clear the filters; on another tab nothing changes."""
    if chosen_tab(view) != "audit":
        return no_update, no_update
    asked = asked_for(view)
    page = audit_log.list_events(view.session, view.actor, asked, before=view.query.get("before", ""))
    total = audit_log.count_events(view.session, view.actor, asked)
    clear = button("Clear", href=tab_address(view, "audit"), kind="ghost") if is_filtered(asked) else None
    return events_card(view, LogPage(asked, page, total)), clear


def _filter(name: str) -> dict[str, str]:
    return {"type": FILTER, "name": name}


def filter_address(view: View, fields: Mapping[str, Any]) -> str | None:
    """Where the log is that the fields ask for; None where that is here already."""
    typed = {name: str(fields.get(name) or "").strip() for name in FILTERS}
    chosen = {name: "" if text == ANY else text for name, text in typed.items()}
    if all(chosen[name] == view.query.get(name, "").strip() for name in FILTERS):
        return None
    return tab_address(view, "audit", **{name: value for name, value in chosen.items() if value})


def follow_filter(view: View, fields: Mapping[str, Any]) -> Any:
    """Go where the fields say; fields that only appear say what is shown already."""
    return (filter_address(view, fields) if fields else None) or no_update


def events_card(view: View, log: LogPage) -> Component:
    if not log.page.entries:
        every = button("See everything", href=tab_address(view, "audit"))
        return card(body=empty_state("search", "Nothing fits", "Take another word, kind, person or time.", every))
    foot = pager(view, log)
    return card("What happened", f"Newest first, in {log.asked.zone} time.", events_table(log), foot=foot, flush=True)


def events_table(log: LogPage) -> Component:
    zone = log.asked.zone
    columns: list[Column[AuditEntry]] = [
        Column("When", lambda entry: html.Span(moment(entry.at, zone), title=exact_time(entry.at), className="sc-when")),
        Column("Who", lambda entry: html.Span(by(entry.actor), className="sc-long"), wide=True),
        Column("What", _what),
    ]
    return table(columns, log.page.entries, caption="Events, newest first", class_name="sc-audit")


def _what(entry: AuditEntry) -> list[Child]:
    who = html.Span(by(entry.actor), className="sc-under sc-only-sm sc-long")
    return [html.Span(entry.what), who, details(entry)]


def details(entry: AuditEntry) -> Component:
    """Everything that was kept of the event, on demand."""
    kept: dict[str, Any] = {"action": entry.action, "time": exact_time(entry.at), "about": entry.subject, **entry.details}
    pairs = [[html.Dt(name.replace("_", " ")), html.Dd(_plain(value))] for name, value in kept.items() if value not in ("", None)]
    return html.Details([html.Summary("Details"), html.Dl([part for pair in pairs for part in pair])], className="sc-event")


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_plain(part)}" for name, part in value.items()) or MISSING
    if isinstance(value, list):
        return ", ".join(_plain(part) for part in value) or MISSING
    return number(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)


def pager(view: View, log: LogPage) -> Component:
    """To older events, and back to the newest."""
    chosen = {name: view.query[name] for name in FILTERS if view.query.get(name)}
    shown = f"{number(len(log.page.entries))} of {count(log.total, 'event')}"
    parts: list[Child] = [html.Span(shown, className="mute")]
    links: list[Child] = []
    if view.query.get("before"):
        links.append(dcc.Link("Newest", href=tab_address(view, "audit", **chosen), className="btn btn-ghost btn-sm"))
    if log.page.older:
        older = tab_address(view, "audit", **chosen, before=log.page.older)
        links.append(dcc.Link("Older", href=older, className="btn btn-secondary btn-sm"))
    return html.Nav([*parts, html.Div(links, className="sc-actions")], className="sc-pager", **aria(label="Pages of the log"))
