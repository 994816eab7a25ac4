"""The worker's side of schedules: which are due, and firing each due moment once, whoever else tries.

Without an actor, as a worker serves every team; each tick acts as whoever made its schedule, as long as they may.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from segmentation.errors import SegmentationError
from webapp.db import database_time
from webapp.inbox import Inbox
from webapp.models import Dataset, Schedule, ScheduleKind, ScheduleTick, Team, TickOutcome
from webapp.services.access import operator
from webapp.services.audit import record_event
from webapp.services.errors import Forbidden, NotFound, ServiceError
from webapp.services.scheduling.cron import latest_due, next_run
from webapp.services.scheduling.starting import BUSY, acting_for, note_start, start_work
from webapp.services.zones import zone_of
from webapp.store import Store

REMEMBERED = timedelta(days=90)
"""How long it is kept what became of a tick."""


def find_due(session: Session, now: datetime | None = None) -> tuple[str, ...]:
    """Ids of the schedules with a due moment that nobody has fired, the longest due first. Takes no lock."""
    moment = now or database_time(session)
    due = select(Schedule.id).where(Schedule.enabled, Schedule.next_due <= moment).order_by(Schedule.next_due, Schedule.id)
    return tuple(session.scalars(due))


def fire_tick(
    session: Session, schedule_id: str, inbox: Inbox, now: datetime | None = None, *, store: Store | None = None
) -> TickOutcome | None:
    """Fire the latest due moment of a schedule, and leave out those missed before it; None where somebody else was first.

    The row is locked (PostgreSQL passes over one that is, SQLite writes one at a time), and the unique tick is what holds beyond that.
    """
    schedule = session.get(Schedule, schedule_id, with_for_update={"skip_locked": True}, populate_existing=True)
    now = now or database_time(session)
    if schedule is None or not schedule.enabled or schedule.next_due is None or schedule.next_due > now:
        return None
    team = session.get_one(Team, schedule.team_id)
    zone = zone_of(session, operator(team))
    first, due = schedule.next_due, latest_due(schedule.cron, zone, schedule.next_due, now)
    schedule.last_due, schedule.next_due = due, next_run(schedule.cron, zone, now)
    tick = ScheduleTick(team_id=team.id, schedule_id=schedule.id, due=due, fired_at=now, outcome=TickOutcome.STARTED)
    session.add(tick)
    session.flush()  # the unique index speaks before anything is asked for
    _fire(session, schedule, tick, team, inbox, store)
    if first < due:
        tick.message = f"{tick.message} No worker was running when it was due before; this run stands for all of those.".strip()
    session.execute(delete(ScheduleTick).where(ScheduleTick.schedule_id == schedule.id, ScheduleTick.fired_at < now - REMEMBERED))
    session.flush()
    return tick.outcome


def _fire(session: Session, schedule: Schedule, tick: ScheduleTick, team: Team, inbox: Inbox, store: Store | None) -> None:
    try:
        actor = acting_for(session, schedule)
    except (Forbidden, NotFound):
        _pause(session, schedule, tick, team)
        return
    try:
        with session.begin_nested():
            if schedule.kind == ScheduleKind.IMPORT_FOLDER:
                waiting = inbox.waiting(team.slug, session.get_one(Dataset, schedule.dataset_id).slug)
                if not waiting.whole:
                    tick.outcome, tick.message = TickOutcome.IDLE, waiting.young_in_words or "No file was there."
                    return
            note_start(session, actor, tick, start_work(session, actor, schedule, store))
    except (ServiceError, SegmentationError) as refusal:
        tick.outcome = TickOutcome.SKIPPED if refusal.code == BUSY else TickOutcome.REFUSED
        tick.message = refusal.message


def _pause(session: Session, schedule: Schedule, tick: ScheduleTick, team: Team) -> None:
    reason = f"{schedule.created_by} may not do this in {team.name} any more. Whoever may can resume it, in their own name."
    schedule.enabled, schedule.next_due, schedule.paused_because = False, None, reason
    tick.outcome, tick.message = TickOutcome.PAUSED, reason
    record_event(session, operator(team), "schedule.stopped", schedule.id, maker=schedule.created_by)
