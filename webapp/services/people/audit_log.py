"""Reading the audit log: search, filters, pages, newest first."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, cast, func, not_, or_, select
from sqlalchemy.orm import Session

from segmentation.formulas import harmless
from webapp.models import AuditEvent, Campaign, Segment
from webapp.services.access import Actor, audit_rows, team_rows
from webapp.services.audit import record_event
from webapp.services.errors import Invalid
from webapp.services.people.audit_words import GROUPS, PREFIXES, SIGN_INS, actions_meaning, sentence

PAGE_SIZE = 50
LONGEST_SEARCH = 200
EXPORT_SIZE = 1_000
MOST_PEOPLE = 500
FILTERS = ("q", "group", "person", "from", "to")
"""The filters, as addresses call them."""
COLUMNS = ("at", "actor", "what", "action", "subject", "details")


@dataclass(frozen=True)
class AuditFilter:
    """What is asked for; empty parts ask for everything. Days are those of `zone`, both included."""

    text: str = ""
    group: str = ""
    person: str = ""
    first: date | None = None
    last: date | None = None
    zone: tzinfo = UTC


@dataclass(frozen=True)
class AuditEntry:
    """An event of the log with what it means in words."""

    id: str
    at: datetime
    actor: str
    action: str
    subject: str
    details: dict[str, Any]
    what: str


@dataclass(frozen=True)
class AuditPage:
    """Events, newest first; `older` is where the next page begins, None at the end."""

    entries: tuple[AuditEntry, ...]
    older: str | None


def read_filter(query: Mapping[str, str], zone: tzinfo) -> AuditFilter:
    """What the address asks for; what cannot be read is left out."""
    return AuditFilter(
        text=query.get("q", "")[:LONGEST_SEARCH],
        group=query.get("group", ""),
        person=query.get("person", ""),
        first=read_day(query.get("from")),
        last=read_day(query.get("to")),
        zone=zone,
    )


def read_day(text: str | None) -> date | None:
    """An ISO day, or None."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def list_events(session: Session, actor: Actor, asked: AuditFilter, *, before: str = "", limit: int = PAGE_SIZE) -> AuditPage:
    """The events that fit `asked`, from just before the place `before` on; Invalid where that is no place."""
    query = _filtered(audit_rows(actor), asked)
    if before:
        at, last_id = _read_place(before)
        query = query.where(or_(AuditEvent.at < at, and_(AuditEvent.at == at, AuditEvent.id < last_id)))
    rows = session.scalars(query.order_by(AuditEvent.at.desc(), AuditEvent.id.desc()).limit(limit + 1)).all()
    shown = rows[:limit]
    older = f"{shown[-1].at.isoformat()}~{shown[-1].id}" if len(rows) > limit else None
    return AuditPage(_entries(session, actor, shown), older)


def count_events(session: Session, actor: Actor, asked: AuditFilter) -> int:
    """How many events fit."""
    return session.scalar(select(func.count()).select_from(_filtered(audit_rows(actor), asked).subquery())) or 0


def list_actors(session: Session, actor: Actor) -> tuple[str, ...]:
    """Everybody who did something, by name: members of today and of earlier, tokens, the command line."""
    names = audit_rows(actor).with_only_columns(AuditEvent.actor).distinct().order_by(AuditEvent.actor).limit(MOST_PEOPLE)
    return tuple(session.scalars(names))


def record_download(session: Session, actor: Actor, asked: AuditFilter) -> None:
    """Taking the log away is an event itself."""
    parts = {"text": asked.text, "group": asked.group, "person": asked.person, "first": asked.first, "last": asked.last}
    record_event(session, actor, "audit.exported", "", **{name: str(value) for name, value in parts.items() if value})
    session.flush()


def csv_lines(entries: Sequence[AuditEntry]) -> str:
    """Entries as lines of a CSV with `COLUMNS`, times in UTC, no cell a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for entry in entries:
        details = json.dumps(entry.details, ensure_ascii=False) if entry.details else ""
        cells = (entry.at.astimezone(UTC).isoformat(), entry.actor, entry.what, entry.action, entry.subject, details)
        writer.writerow([harmless(cell) for cell in cells])
    return text.getvalue()


def all_pages(session: Session, actor: Actor, asked: AuditFilter) -> Iterator[AuditPage]:
    """Every event that fits, in pages of a size to stream."""
    before = ""
    while True:
        page = list_events(session, actor, asked, before=before, limit=EXPORT_SIZE)
        yield page
        if page.older is None:
            return
        before = page.older


def _filtered(query: Select[AuditEvent], asked: AuditFilter) -> Select[AuditEvent]:
    if text := asked.text.replace("\x00", "").strip():
        query = query.where(_holds(text))
    if asked.group in GROUPS:
        query = query.where(_of_group(asked.group))
    if person := asked.person.replace("\x00", ""):
        query = query.where(AuditEvent.actor == person)
    if asked.first is not None:
        query = query.where(AuditEvent.at >= _midnight(asked.first, asked.zone))
    if asked.last is not None and asked.last < date.max:
        query = query.where(AuditEvent.at < _midnight(asked.last + timedelta(days=1), asked.zone))
    return query


def _holds(text: str) -> ColumnElement[bool]:
    """Who, what, to what and its details; also what the action is called in words. Details are kept as JSON, which writes ü as \\u00fc."""
    wanted, written = text.lower(), json.dumps(text.lower())[1:-1]
    places = (AuditEvent.actor, AuditEvent.action, AuditEvent.subject)
    details = func.lower(cast(AuditEvent.details, Text))
    found = [func.lower(place).contains(wanted, autoescape=True) for place in places]
    return or_(
        *found,
        details.contains(wanted, autoescape=True),
        details.contains(written, autoescape=True),
        AuditEvent.action.in_(actions_meaning(text)),
    )


def _of_group(group: str) -> ColumnElement[bool]:
    if group == "sign-ins":
        return AuditEvent.action.in_(SIGN_INS)
    if group == "other":
        return and_(*(not_(AuditEvent.action.startswith(f"{prefix}.", autoescape=True)) for names in PREFIXES.values() for prefix in names))
    begins = or_(*(AuditEvent.action.startswith(f"{prefix}.", autoescape=True) for prefix in PREFIXES[group]))
    return and_(begins, AuditEvent.action.not_in(SIGN_INS))


def _midnight(day: date, zone: tzinfo) -> datetime:
    try:
        return datetime.combine(day, time.min, zone).astimezone(UTC)
    except OverflowError:  # the year 1 in zones east of Greenwich
        return datetime.min.replace(tzinfo=UTC)


def _read_place(text: str) -> tuple[datetime, str]:
    at, _, last_id = text.partition("~")
    try:
        moment = datetime.fromisoformat(at)
        moment = (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).astimezone(UTC)
    except (ValueError, OverflowError):  # a day before the year 1, once in UTC
        raise Invalid("This page of the log does not exist. Begin at the newest.", details={"field": "before"}) from None
    return moment, last_id.replace("\x00", "")[:32]


def _entries(session: Session, actor: Actor, rows: Sequence[AuditEvent]) -> tuple[AuditEntry, ...]:
    names = _known_names(session, actor, rows)
    return tuple(
        AuditEntry(
            row.id,
            row.at,
            row.actor,
            row.action,
            row.subject,
            dict(row.details),
            sentence(row.action, row.subject, row.details, known_names=names),
        )
        for row in rows
    )


def _known_names(session: Session, actor: Actor, rows: Sequence[AuditEvent]) -> dict[str, str]:
    """What the campaigns (by id) and segments (by key) that the events are about are called now."""
    about = {row.subject for row in rows} | {str(row.details["segment"]) for row in rows if row.details.get("segment")}
    campaigns = session.scalars(team_rows(actor, Campaign).where(Campaign.id.in_(about)))
    segments = session.scalars(team_rows(actor, Segment).where(Segment.key.in_(about)))
    return {row.id: row.name for row in campaigns} | {row.key: row.shown_name for row in segments}
