"""Schedules: making one, pausing and resuming it, running it now, and what became of it. Their ticks are fired in `ticks`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from segmentation.choosing.selection import DEFAULT_ALGORITHM
from webapp.db import database_time
from webapp.models import Dataset, Schedule, ScheduleKind, ScheduleTick, TickOutcome
from webapp.services.access import Actor, Permission, require, team_dataset, team_row, team_rows
from webapp.services.audit import record_event
from webapp.services.errors import Invalid
from webapp.services.modelling.fit_requests import check_algorithm, check_k, check_seed, checked_features
from webapp.services.scheduling.changes import ScheduleChange, author_may, change_in_words
from webapp.services.scheduling.cron import clean_cron, describe_cron, next_run, next_runs
from webapp.services.scheduling.starting import needed_for, note_start, start_work
from webapp.services.work import jobs
from webapp.services.work.jobs import JobSummary
from webapp.services.zones import zone_of
from webapp.store import Store

WORK = {ScheduleKind.RECLUSTER: "re-clustering", ScheduleKind.IMPORT_FOLDER: "importing the folder"}
"""What each kind does, as the audit log and the command line say it."""
FIT_PARAMETERS = ("algorithm", "k", "seed", "features")


@dataclass(frozen=True)
class TickSummary:
    """One time that a schedule was due: `outcome` as in `TickOutcome`, `message` why; `job` is what was started, as it stands now."""

    due: datetime
    outcome: str
    message: str
    job: JobSummary | None


@dataclass(frozen=True)
class ScheduleSummary:
    """One schedule. `dataset` is a slug, `when` the expression in words, `next_due` on the clocks of `zone` (None while paused)."""

    id: str
    dataset: str
    kind: str
    cron: str
    when: str
    zone: str
    parameters: dict[str, Any]
    enabled: bool
    paused_because: str | None
    created_by: str
    created_at: datetime
    last_due: datetime | None
    next_due: datetime | None
    last: TickSummary | None


@dataclass(frozen=True)
class CronPreview:
    """What an expression would mean for the team: in words, and its next runs on the clocks of `zone`."""

    cron: str
    when: str
    zone: str
    runs: tuple[datetime, ...]


def list_schedules(session: Session, actor: Actor, dataset: str | None = None) -> tuple[ScheduleSummary, ...]:
    """The team's schedules (of one dataset), oldest first."""
    require(actor, Permission.VIEW)
    rows = team_rows(actor, Schedule).order_by(Schedule.created_at, Schedule.id)
    if dataset is not None:
        rows = rows.where(Schedule.dataset_id == team_dataset(session, actor, dataset).id)
    return _summaries(session, actor, session.scalars(rows).all())


def show_schedule(session: Session, actor: Actor, schedule_id: str) -> ScheduleSummary:
    """One schedule of the team."""
    require(actor, Permission.VIEW)
    return _summaries(session, actor, [_row(session, actor, schedule_id)])[0]


def preview_cron(session: Session, actor: Actor, text: str, *, runs: int = 3) -> CronPreview:
    """What a schedule by that expression would do; Invalid where it is none."""
    require(actor, Permission.VIEW)
    cron, zone = clean_cron(text), zone_of(session, actor)
    return CronPreview(cron, describe_cron(cron), zone.key, next_runs(cron, zone, database_time(session), runs))


def add_schedule(
    session: Session, actor: Actor, dataset: str, *, kind: str, cron: str, parameters: Mapping[str, Any] | None = None
) -> ScheduleSummary:
    """Have work come again. `parameters` of a re-cluster are `algorithm`, `k`, `seed` and `features`, each optional; an import has none.

    What a schedule finds never becomes champion by itself.
    """
    if kind not in set(ScheduleKind):
        raise Invalid(f"There is no schedule of the kind {kind!r}. Choose from: {', '.join(ScheduleKind)}.", details={"field": "kind"})
    require(actor, needed_for(kind))
    owner, now, expression = team_dataset(session, actor, dataset), database_time(session), clean_cron(cron)
    row = Schedule(
        team_id=actor.team_id,
        dataset_id=owner.id,
        kind=ScheduleKind(kind),
        cron=expression,
        parameters=_checked_parameters(kind, parameters or {}),
        enabled=True,
        created_by=actor.name,
        user_id=actor.user_id,
        token_id=actor.token_id,
        created_at=now,
        next_due=next_run(expression, zone_of(session, actor), now),
    )
    session.add(row)
    session.flush()
    _record(session, actor, "schedule.added", row)
    return show_schedule(session, actor, row.id)


def change_schedule(
    session: Session, actor: Actor, schedule_id: str, *, cron: str | None = None, parameters: Mapping[str, Any] | None = None
) -> ScheduleSummary:
    """Another time, or other parameters as a whole (None: as they are). A paused one stays so.

    It goes on in the name of its author, who may do as much as is needed to change it; where they may do that no longer, in the actor's.
    """
    row = _changeable(session, actor, schedule_id)
    wanted, asked = _wanted(row, cron, parameters)
    if (wanted, asked) != (row.cron, row.parameters):
        change = change_in_words(session, actor, row, wanted, asked)
        row.cron, row.parameters = wanted, asked
        if not author_may(session, row):
            _act_as(row, actor)
        if row.enabled:
            row.next_due = next_run(row.cron, zone_of(session, actor), database_time(session))
        _record(session, actor, "schedule.changed", row, before=change.before, after=change.after, acts_as=change.acts_as)
    return show_schedule(session, actor, row.id)


def preview_change(
    session: Session, actor: Actor, schedule_id: str, *, cron: str | None = None, parameters: Mapping[str, Any] | None = None
) -> ScheduleChange:
    """What `change_schedule` with the same would make another; Invalid where it would refuse."""
    row = _row(session, actor, schedule_id)
    require(actor, needed_for(row.kind))
    return change_in_words(session, actor, row, *_wanted(row, cron, parameters))


def pause_schedule(session: Session, actor: Actor, schedule_id: str) -> ScheduleSummary:
    """Fire no tick until it is resumed. What runs already goes on."""
    row = _changeable(session, actor, schedule_id)
    if row.enabled:
        row.enabled, row.next_due = False, None
        _record(session, actor, "schedule.paused", row)
    return show_schedule(session, actor, row.id)


def resume_schedule(session: Session, actor: Actor, schedule_id: str) -> ScheduleSummary:
    """Go on from the next due moment, in the name of whoever resumes it; what was due meanwhile stays undone."""
    row = _changeable(session, actor, schedule_id)
    if not row.enabled:
        row.enabled, row.paused_because = True, None
        _act_as(row, actor)
        row.next_due = next_run(row.cron, zone_of(session, actor), database_time(session))
        _record(session, actor, "schedule.resumed", row)
    return show_schedule(session, actor, row.id)


def remove_schedule(session: Session, actor: Actor, schedule_id: str) -> ScheduleSummary:
    """Delete it, and what was noted of its ticks; their jobs stay in the history. Answers what it was."""
    row = _changeable(session, actor, schedule_id)
    removed = show_schedule(session, actor, row.id)
    _record(session, actor, "schedule.removed", row)
    session.execute(delete(ScheduleTick).where(ScheduleTick.schedule_id == row.id))
    session.delete(row)
    session.flush()
    return removed


def run_schedule(session: Session, actor: Actor, schedule_id: str, *, store: Store | None = None) -> JobSummary:
    """Do now what it does when it is due, paused or not; Conflict while such work runs already.

    The job is done already where it made the very version that would be made.
    """
    row = _changeable(session, actor, schedule_id)
    job, now = start_work(session, actor, row, store), database_time(session)
    tick = ScheduleTick(team_id=row.team_id, schedule_id=row.id, due=now, fired_at=now, outcome=TickOutcome.STARTED)
    tick.message = f"Asked for by {actor.name}."
    note_start(session, actor, tick, job)
    session.add(tick)
    _record(session, actor, "schedule.run", row)
    return jobs.show_job(session, actor, job.id)


def replan_schedules(session: Session, actor: Actor) -> None:
    """Have all of the team's schedules go by its zone, which has changed. For services only."""
    zone, now = zone_of(session, actor), database_time(session)
    for row in session.scalars(team_rows(actor, Schedule).where(Schedule.enabled)):
        row.next_due = next_run(row.cron, zone, now)
    session.flush()


def _act_as(row: Schedule, actor: Actor) -> None:
    """From now on in the actor's name; of user and token each actor has one at most, and the command line neither."""
    row.created_by, row.user_id, row.token_id = actor.name, actor.user_id, actor.token_id


def _wanted(row: Schedule, cron: str | None, parameters: Mapping[str, Any] | None) -> tuple[str, dict[str, Any]]:
    """The expression and the parameters as they would be; None is what they are."""
    expression = row.cron if cron is None else clean_cron(cron)
    return expression, dict(row.parameters) if parameters is None else _checked_parameters(row.kind, parameters)


def _checked_parameters(kind: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    allowed = FIT_PARAMETERS if kind == ScheduleKind.RECLUSTER else ()
    if unknown := sorted(set(parameters) - set(allowed)):
        raise Invalid(f"A schedule of this kind has no parameter {unknown[0]!r}.", details={"field": unknown[0]})
    if kind != ScheduleKind.RECLUSTER:
        return {}
    algorithm, k, seed = parameters.get("algorithm") or DEFAULT_ALGORITHM, parameters.get("k"), parameters.get("seed") or 0
    check_algorithm(algorithm)
    check_k(k)
    check_seed(seed)
    return {"algorithm": algorithm, "k": k, "seed": seed, "features": checked_features(parameters.get("features"))}


def _row(session: Session, actor: Actor, schedule_id: str) -> Schedule:
    return team_row(session, actor, Schedule, "schedule", id=schedule_id)


def _changeable(session: Session, actor: Actor, schedule_id: str) -> Schedule:
    """The schedule, which nobody else fires or changes until this transaction ends."""
    row = _row(session, actor, schedule_id)
    require(actor, needed_for(row.kind))
    session.refresh(row, with_for_update=True)
    return row


def _record(session: Session, actor: Actor, action: str, row: Schedule, **more: str) -> None:
    owner = team_row(session, actor, Dataset, "dataset", id=row.dataset_id)
    stated = {"dataset": owner.slug, "work": WORK[ScheduleKind(row.kind)], "cron": row.cron, "when": describe_cron(row.cron)}
    record_event(session, actor, action, row.id, **stated, **more)
    session.flush()


def _summaries(session: Session, actor: Actor, rows: Sequence[Schedule]) -> tuple[ScheduleSummary, ...]:
    zone = zone_of(session, actor)
    slugs = {row.id: row.slug for row in session.scalars(team_rows(actor, Dataset).where(Dataset.id.in_({row.dataset_id for row in rows})))}
    last = _last_ticks(session, actor, [row.id for row in rows])
    return tuple(
        ScheduleSummary(
            id=row.id,
            dataset=slugs[row.dataset_id],
            kind=str(row.kind),
            cron=row.cron,
            when=describe_cron(row.cron),
            zone=zone.key,
            parameters=dict(row.parameters),
            enabled=row.enabled,
            paused_because=row.paused_because,
            created_by=row.created_by,
            created_at=row.created_at,
            last_due=row.last_due.astimezone(zone) if row.last_due else None,
            next_due=row.next_due.astimezone(zone) if row.next_due else None,
            last=last.get(row.id),
        )
        for row in rows
    )


def _last_ticks(session: Session, actor: Actor, schedule_ids: Sequence[str]) -> dict[str, TickSummary]:
    """The newest tick of each schedule. A team has few schedules, so each is asked for."""
    found = {}
    for schedule_id in schedule_ids:
        newest = select(ScheduleTick).where(ScheduleTick.schedule_id == schedule_id).order_by(ScheduleTick.fired_at.desc()).limit(1)
        if (tick := session.scalars(newest).one_or_none()) is not None:
            job = jobs.show_job(session, actor, tick.job_id) if tick.job_id else None
            found[schedule_id] = TickSummary(tick.due, str(tick.outcome), tick.message, job)
    return found
